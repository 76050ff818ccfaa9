"""Tensors with a margin.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant_value
from minihub_runtime.api.graph import Tensor
from minihub_runtime.public import public

__all__ = ["pad"]


@public("pad")
def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: Any = 0,
) -> Tensor:
    """`tensor` with elements added around it.

    Args:
        tensor: rank n.
        paddings: [n, 2], how many are added before and after, in each dimension.
        mode: `CONSTANT`, `REFLECT` or `SYMMETRIC`, in capitals or not: what is added.
        name: wanted name.
        constant_values: the value that `CONSTANT` adds.

    Raises:
        ValueError: there is no such mode, or the paddings do not fit.
    """
    mode = mode.upper()
    if mode not in ("CONSTANT", "REFLECT", "SYMMETRIC"):
        raise ValueError(
            'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". '
            f"Received `mode` = {mode}"
        )
    result: Tensor
    if mode != "CONSTANT":
        result = build("MirrorPad", name=name, input=tensor, paddings=paddings, mode=mode)
    elif _is_zero(constant_values):
        result = build("Pad", name=name, input=tensor, paddings=paddings)
    else:
        result = build(
            "PadV2", name=name, input=tensor, paddings=paddings, constant_values=constant_values
        )
    pairs = _known(paddings)
    known = (tensor if isinstance(tensor, Tensor) else result.op.inputs[0]).shape.as_tuple()
    if known is not None and pairs is not None and not result.shape.is_fully_defined():
        result.set_shape([_padded(pair, size) for pair, size in zip(pairs, known, strict=False)])
    return result


def _is_zero(value: Any) -> bool:
    if isinstance(value, Tensor) or np.ndim(value):
        return False
    return bool(value == np.zeros_like(value))


def _known(paddings: Any) -> Any:
    """What is known of the paddings; None for what is not."""
    if isinstance(paddings, Tensor):
        return constant_value(paddings, partial=True)
    if isinstance(paddings, (list, tuple)):
        return [_known(item) for item in paddings]
    return paddings


def _padded(pair: Any, size: int | None) -> int | None:
    if pair is None or size is None or any(part is None for part in pair):
        return None
    return int(sum(pair)) + size
