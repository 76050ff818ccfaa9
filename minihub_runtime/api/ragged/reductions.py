"""Sums, means and the like along dimensions of ragged tensors.

Source: tensorflow/python/ops/ragged/ragged_math_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api import reduction as dense
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.ragged import elementwise
from minihub_runtime.api.ragged.ranges import ragged_range
from minihub_runtime.api.ragged.segment_ids import row_splits_to_segment_ids
from minihub_runtime.api.ragged.segments import SEGMENT_OPS, aggregate
from minihub_runtime.api.ragged.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    is_ragged,
)
from minihub_runtime.api.repeating import get_positive_axis
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import bool_, int32

__all__ = [
    "reduce_aggregate",
    "reduce_all",
    "reduce_any",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_std",
    "reduce_sum",
    "reduce_variance",
]


def reduce_aggregate(
    reduce: Callable[..., Any],
    combine: Callable[..., Any],
    tensor: Any,
    axis: Any,
    keepdims: Any,
    name: str | None = None,
) -> Any:
    """A reduction along dimensions of a ragged tensor.

    Args:
        reduce: the same of dense tensors: takes tensor, axis, keepdims and name.
        combine: the same of segments of dense tensors.
        tensor: the tensor.
        axis: an integer, a list of integers, or a tensor that is known; None for all dimensions.
        keepdims: whether the dimensions are kept with size 1.
        name: a name of the operations.

    Raises:
        ValueError: an axis is not known, or there is no such axis.
    """
    if not is_ragged(tensor):
        return reduce(tensor, axis, keepdims=keepdims, name=name)
    if isinstance(axis, Tensor):
        known = constant_value(axis)
        if known is None:
            raise ValueError("axis must be known at graph construction time.")
        axis = known.tolist()
    if axis is None:
        result = reduce(tensor.flat_values, None, keepdims=keepdims, name=name)
        for _ in tensor.shape[1:] if keepdims else ():
            result = expand_dims(result, axis=0)
        return result
    with name_scope(name, "RaggedReduce", [tensor, axis]):
        if isinstance(axis, (tuple, list)):
            if not axis:
                return tensor
            if len(axis) > 1:
                return _reduce_axes(reduce, combine, tensor, axis, keepdims)
            axis = axis[0]
        tensor = convert_to_tensor_or_ragged_tensor(tensor, name="rt_input")
        axis = get_positive_axis(axis, tensor.shape.ndims, ndims_name="rank(input_tensor)")
        if axis > 1:
            inner = reduce_aggregate(reduce, combine, tensor.values, axis - 1, keepdims)
            return tensor.with_values(inner)
        if axis == 0:
            lengths = tensor.row_splits[1:] - tensor.row_splits[:-1]
            count = build("Maximum", x=dense.reduce_max(lengths), y=0)
            ids = ragged_range(lengths).values
        else:
            count = shape(tensor.row_splits)[0] - 1
            ids = row_splits_to_segment_ids(tensor.row_splits)
        result = aggregate(combine, tensor.values, ids, count)
        return expand_dims(result, axis=axis) if keepdims else result


def _reduce_axes(
    reduce: Callable[..., Any], combine: Callable[..., Any], tensor: Any, axes: Any, keepdims: Any
) -> Any:
    """One axis after the other, the innermost first."""
    ordered = sorted(
        get_positive_axis(axis, tensor.shape.ndims, f"axis[{place}]", "rank(input_tensor)")
        for place, axis in enumerate(axes)
    )
    inner = reduce_aggregate(reduce, combine, tensor, ordered[-1], keepdims)
    return reduce_aggregate(reduce, combine, inner, ordered[:-1], keepdims)


def _arguments(axis: Any, keepdims: Any, reduction_indices: Any, keep_dims: Any) -> tuple[Any, Any]:
    """Axis and keepdims, which have older names."""
    return (
        deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices),
        deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims),
    )


def reduce_sum(
    input_tensor: Any,
    axis: Any = None,
    keepdims: Any = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
) -> Any:
    """`tf.reduce_sum` of a ragged tensor."""
    axis, keepdims = _arguments(axis, keepdims, reduction_indices, keep_dims)
    return reduce_aggregate(
        dense.reduce_sum,
        SEGMENT_OPS["Sum"],
        input_tensor,
        axis,
        keepdims,
        name or "RaggedReduceSum",
    )


def reduce_prod(
    input_tensor: Any,
    axis: Any = None,
    keepdims: Any = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
) -> Any:
    """`tf.reduce_prod` of a ragged tensor."""
    axis, keepdims = _arguments(axis, keepdims, reduction_indices, keep_dims)
    return reduce_aggregate(
        dense.reduce_prod,
        SEGMENT_OPS["Prod"],
        input_tensor,
        axis,
        keepdims,
        name or "RaggedReduceProd",
    )


def reduce_min(
    input_tensor: Any,
    axis: Any = None,
    keepdims: Any = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
) -> Any:
    """`tf.reduce_min` of a ragged tensor."""
    axis, keepdims = _arguments(axis, keepdims, reduction_indices, keep_dims)
    return reduce_aggregate(
        dense.reduce_min,
        SEGMENT_OPS["Min"],
        input_tensor,
        axis,
        keepdims,
        name or "RaggedReduceMin",
    )


def reduce_max(
    input_tensor: Any,
    axis: Any = None,
    keepdims: Any = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
) -> Any:
    """`tf.reduce_max` of a ragged tensor."""
    axis, keepdims = _arguments(axis, keepdims, reduction_indices, keep_dims)
    return reduce_aggregate(
        dense.reduce_max,
        SEGMENT_OPS["Max"],
        input_tensor,
        axis,
        keepdims,
        name or "RaggedReduceMax",
    )


def reduce_mean(
    input_tensor: Any,
    axis: Any = None,
    keepdims: Any = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
) -> Any:
    """`tf.reduce_mean` of a ragged tensor."""
    axis, keepdims = _arguments(axis, keepdims, reduction_indices, keep_dims)
    with name_scope(name, "RaggedReduceMean", [input_tensor, axis]):
        tensor = convert_to_tensor_or_ragged_tensor(input_tensor)
        total = reduce_sum(tensor, axis, keepdims)
        ones = RaggedTensor.from_nested_row_splits(
            ones_like(tensor.flat_values), tensor.nested_row_splits, validate=False
        )
        count = reduce_sum(ones, axis, keepdims)
        if isinstance(total, RaggedTensor):
            return RaggedTensor.from_nested_row_splits(
                total.flat_values / count.flat_values, total.nested_row_splits, validate=False
            )
        return total / count


def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None
) -> Any:
    """`tf.math.reduce_variance` of a ragged tensor.

    Raises:
        ValueError: its numbers are complex.
    """
    with name_scope(name, "RaggedReduceVariance", [input_tensor, axis]):
        tensor = convert_to_tensor_or_ragged_tensor(input_tensor, name="input_tensor")
        if tensor.dtype.is_complex:
            raise ValueError(
                "reduce_variance is not supported for RaggedTensors with complex dtypes."
            )
        mean_of_square = reduce_mean(_applied("Square", tensor), axis=axis, keepdims=keepdims)
        mean = reduce_mean(tensor, axis=axis, keepdims=keepdims)
        square_of_mean = _applied("Square", mean)
        difference = mean_of_square - square_of_mean
        if not isinstance(difference, RaggedTensor):
            return build("Maximum", x=difference, y=0)
        return elementwise.binary(_maximum, difference, 0)


def _maximum(x: Any, y: Any) -> Any:
    return build("Maximum", x=x, y=y)


def _applied(op: str, x: Any) -> Any:
    """An op of single elements, of a dense or a ragged tensor."""
    if isinstance(x, RaggedTensor):
        return x.with_values(_applied(op, x.values))
    return build(op, x=x)


def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None
) -> Any:
    """`tf.math.reduce_std` of a ragged tensor."""
    with name_scope(name, "RaggedReduceStd", [input_tensor, axis]):
        return _applied("Sqrt", reduce_variance(input_tensor, axis=axis, keepdims=keepdims))


def _cast(tensor: Any, dtype: Any) -> Any:
    return elementwise.map_flat_values(cast, tensor, dtype)


def reduce_all(
    input_tensor: Any,
    axis: Any = None,
    keepdims: Any = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
) -> Any:
    """`tf.reduce_all` of a ragged tensor."""
    axis, keepdims = _arguments(axis, keepdims, reduction_indices, keep_dims)
    with name_scope(name, "RaggedReduceAll", [input_tensor, axis]):
        return _cast(reduce_prod(_cast(input_tensor, int32), axis, keepdims), bool_)


def reduce_any(
    input_tensor: Any,
    axis: Any = None,
    keepdims: Any = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
) -> Any:
    """`tf.reduce_any` of a ragged tensor."""
    axis, keepdims = _arguments(axis, keepdims, reduction_indices, keep_dims)
    with name_scope(name, "RaggedReduceAny", [input_tensor, axis]):
        return _cast(reduce_sum(_cast(input_tensor, int32), axis, keepdims), bool_)
