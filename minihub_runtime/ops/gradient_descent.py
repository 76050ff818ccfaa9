"""One step of gradient descent on a variable, which graphs with a signature for training have."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import as_dtype, float_to_bfloat16, to_float
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.registry import NUMBERS, ROUNDING, Array, op
from minihub_runtime.ops.variables import Variable, existing
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

SOURCE = "core/kernels/training_ops.cc:ApplyGradientDescentOp"


def _step(variable: Variable, alpha: Array, delta: Array) -> None:
    """Take `alpha * delta` from the variable."""
    require_scalar(alpha, "alpha")

    def change(old: Array) -> Array:
        require(
            old.shape == delta.shape,
            f"delta must have the variable's shape {list(old.shape)}, not {list(delta.shape)}",
        )
        require(
            old.dtype == delta.dtype,
            f"the variable must be {as_dtype(delta.dtype).name}, not {as_dtype(old.dtype).name}",
        )
        with np.errstate(all="ignore"):
            new = np.asarray(to_float(old) - to_float(alpha) * to_float(delta))
        return float_to_bfloat16(new) if old.dtype.names else new

    variable.update(change)


def _fitting(var: Spec, alpha: Spec, delta: Spec) -> list[Shape]:
    """No outputs; the gradient must fit the variable."""
    merge(alpha.shape, ())
    merge(var.shape_behind, delta.shape)
    return []


@op(
    "ResourceApplyGradientDescent(var: resource, alpha: T, delta: T)",
    T=NUMBERS,
    stateful=True,
    precision=ROUNDING,
    source=SOURCE,
    shape=_fitting,
)
def resource_apply_gradient_descent(
    var: Any, alpha: Array, delta: Array, *, use_locking: bool = False
) -> tuple[()]:
    """Nothing, after taking `alpha * delta` from the variable.

    Raises: InvalidArgumentError for other shapes or types, or an `alpha` that is no scalar.
    """
    _step(existing(var), alpha, delta)
    return ()


def _like_variable(var: Spec, alpha: Spec, delta: Spec) -> Shape:
    merge(alpha.shape, ())
    return merge(var.shape, delta.shape)


@op(
    "ApplyGradientDescent(var: Ref(T), alpha: T, delta: T) -> out: Ref(T)",
    T=NUMBERS,
    precision=ROUNDING,
    source=SOURCE,
    shape=_like_variable,
)
def apply_gradient_descent(
    var: Any, alpha: Array, delta: Array, *, use_locking: bool = False
) -> Variable:
    """The reference, after taking `alpha * delta` from the variable.

    Raises: InvalidArgumentError for other shapes, or an `alpha` that is no scalar.
    """
    target = existing(var)
    _step(target, alpha, delta)
    return target
