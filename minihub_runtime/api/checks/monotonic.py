"""Whether values ascend.

Source: tensorflow/python/ops/check_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.checks.types import is_numeric_tensor
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.reduction import reduce_all
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.api.slicing import strided_slice
from minihub_runtime.public import public

__all__ = ["is_non_decreasing", "is_strictly_increasing"]


@public("debugging.is_non_decreasing", "is_non_decreasing", "math.is_non_decreasing")
def is_non_decreasing(x: Any, name: str | None = None) -> Any:
    """Whether no element is smaller than the one before it; elements in row-major order.

    Raises:
        TypeError: these are no numbers.
    """
    with name_scope(name, "is_non_decreasing", [x]):
        steps = _steps(x)
        zero = convert_to_tensor(0, steps.dtype)
        return reduce_all(build("LessEqual", x=zero, y=steps))


@public("debugging.is_strictly_increasing", "is_strictly_increasing", "math.is_strictly_increasing")
def is_strictly_increasing(x: Any, name: str | None = None) -> Any:
    """Whether every element is larger than the one before it; elements in row-major order.

    Raises:
        TypeError: these are no numbers.
    """
    with name_scope(name, "is_strictly_increasing", [x]):
        steps = _steps(x)
        zero = convert_to_tensor(0, steps.dtype)
        return reduce_all(build("Less", x=zero, y=steps))


def _steps(x: Any) -> Any:
    """The differences of neighbours."""
    x = reshape(x, [-1])
    if not is_numeric_tensor(x):
        raise TypeError(f"Expected x to be numeric, instead found: {x}")
    is_short = build("Less", x=size(x), y=2)
    count: Any = shape(x) - 1
    return cond(
        is_short,
        lambda: convert_to_tensor([], x.dtype),
        lambda: strided_slice(x, [1], [1] + count) - strided_slice(x, [0], count),  # noqa: RUF005
    )
