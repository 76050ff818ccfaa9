"""Accumulators of gradients: the handles, and putting gradients in and taking them out.

A dense accumulator has a handle by reference and, in newer graphs, one that is a resource; a sparse one the former only.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.accumulators import Accumulator, SparseAccumulator
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.queue import pair
from minihub_runtime.ops.registry import NUMBERS, Array, op
from minihub_runtime.ops.shape_rules import nothing, scalar, unknown
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

_BASE = "core/kernels/conditional_accumulator_base_op.cc"
_DENSE = "core/kernels/conditional_accumulator_op.cc"
_SPARSE = "core/kernels/sparse_conditional_accumulator_op.cc"


def _of(handle: Any) -> Accumulator:
    """The accumulator that a handle stands for."""
    if not isinstance(handle, Accumulator):
        raise InvalidArgumentError(f"handle must be an accumulator, not {type(handle).__name__}")
    return handle


def _exactly(handle: Any, kind: type[Accumulator]) -> Accumulator:
    found = _of(handle)
    require(
        type(found) is kind,
        f"handle must be a {kind.kind}, not a {found.kind}",
    )
    return found


def _number(value: Array, name: str) -> int:
    require_scalar(value, name)
    return int(value)


def _register(prefix: str, handle_type: str, kind: type[Accumulator], source: str) -> None:
    """Register the op that makes an accumulator."""

    def make(
        ctx: Context,
        *,
        dtype: DType,
        shape: Shape,
        container: str = "",
        shared_name: str = "",
        reduction_type: Literal["MEAN", "SUM"] = "MEAN",
    ) -> Accumulator:
        require(
            dtype.name in ("float16", "float32", "float64"),
            f"dtype must be float16, float32 or float64, not {dtype.name}",
        )
        name = shared_name or ctx.node
        return ctx.resource(
            container,
            f"accumulator {name}",
            lambda: kind(name, dtype, shape, reduction_type == "MEAN"),
        )

    make.__doc__ = f"""The accumulator of that name, of {"rows" if kind is SparseAccumulator else "dense gradients"}.

    Raises: InvalidArgumentError for types that are no floats.
    """
    op(
        f"{prefix}{kind.kind}() -> handle: {handle_type}",
        dtype=NUMBERS,
        stateful=True,
        source=source,
        shape=pair,
    )(make)


_register("", "Ref(string)", Accumulator, _DENSE)
_register("Resource", "resource", Accumulator, _DENSE)
_register("", "Ref(string)", SparseAccumulator, _SPARSE)


def _register_uses(prefix: str, handle_type: str) -> None:
    by_handle = handle_type == "resource"

    @op(
        f"{prefix}AccumulatorApplyGradient(handle: {handle_type}, local_step: int64, gradient: dtype)",
        dtype=NUMBERS,
        stateful=by_handle,
        source=_DENSE,
        shape=nothing,
    )
    def apply_gradient(
        handle: Any, local_step: Array, gradient: Array, *, dtype: DType
    ) -> tuple[()]:
        """Nothing, after adding a gradient, unless `local_step` is before the accumulator's time step.

        Raises: InvalidArgumentError for a gradient of another type or shape.
        """
        accumulator = _exactly(handle, Accumulator)
        accumulator.require_type(dtype)
        accumulator.apply(gradient, _number(local_step, "local_step"))
        return ()

    @op(
        f"{prefix}AccumulatorNumAccumulated(handle: {handle_type}) -> num_accumulated: int32",
        stateful=by_handle,
        source=_BASE,
        shape=scalar,
    )
    def num_accumulated(handle: Any) -> Array:
        """How many gradients are in the sum."""
        return np.array(_of(handle).count, np.int32)

    @op(
        f"{prefix}AccumulatorSetGlobalStep(handle: {handle_type}, new_global_step: int64)",
        stateful=by_handle,
        source=_BASE,
        shape=nothing,
    )
    def set_global_step(handle: Any, new_global_step: Array) -> tuple[()]:
        """Nothing, after setting the accumulator's time step."""
        _of(handle).set_step(_number(new_global_step, "new_global_step"))
        return ()

    @op(
        f"{prefix}AccumulatorTakeGradient(handle: {handle_type}, num_required: int32) -> average: dtype",
        dtype=NUMBERS,
        stateful=by_handle,
        source=_DENSE,
        shape=unknown,
    )
    def take_gradient(handle: Any, num_required: Array, *, dtype: DType) -> Array:
        """The mean or the sum of the gradients; afterwards there are none, and the next time step begins.

        Raises: InvalidArgumentError for another type, and a number that is not positive.
        Differs: fewer gradients than `num_required` are a FailedPreconditionError, where TensorFlow waits.
        """
        accumulator = _exactly(handle, Accumulator)
        accumulator.require_type(dtype)
        result: Array = accumulator.take(_number(num_required, "num_required"))
        return result


_register_uses("", "Ref(string)")
_register_uses("Resource", "resource")


@op(
    "SparseAccumulatorApplyGradient(handle: Ref(string), local_step: int64, gradient_indices: int64,"
    " gradient_values: dtype, gradient_shape: int64)",
    dtype=NUMBERS,
    source=_SPARSE,
    shape=nothing,
)
def sparse_accumulator_apply_gradient(
    handle: Any,
    local_step: Array,
    gradient_indices: Array,
    gradient_values: Array,
    gradient_shape: Array,
    *,
    dtype: DType,
    has_known_shape: bool,
) -> tuple[()]:
    """Nothing, after adding rows, unless `local_step` is before the accumulator's time step.

    Raises: InvalidArgumentError for rows of another type or shape, or outside the accumulator's shape.
    """
    accumulator = _exactly(handle, SparseAccumulator)
    accumulator.require_type(dtype)
    shape = gradient_shape if has_known_shape else None
    accumulator.apply((gradient_indices, gradient_values, shape), _number(local_step, "local_step"))
    return ()


def _taken(num_required: Spec) -> list[Shape]:
    merge(num_required.shape, ())
    return [None, None, None]


@op(
    "SparseAccumulatorTakeGradient(handle: Ref(string), num_required: int32)"
    " -> indices: int64, values: dtype, shape: int64",
    dtype=NUMBERS,
    source=_SPARSE,
    shape=_taken,
)
def sparse_accumulator_take_gradient(
    handle: Any, num_required: Array, *, dtype: DType
) -> tuple[Array, Array, Array]:
    """Indices, values and shape of the rows, each the mean over the gradients that had it, or the sum.

    Raises: InvalidArgumentError for another type, and a number that is not positive.
    Differs: fewer gradients than `num_required` are a FailedPreconditionError, where TensorFlow waits.
    """
    accumulator = _exactly(handle, SparseAccumulator)
    accumulator.require_type(dtype)
    result: tuple[Array, Array, Array] = accumulator.take(_number(num_required, "num_required"))
    return result
