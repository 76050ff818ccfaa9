"""Functions of single elements, of ragged tensors.

Source: tensorflow/python/ops/ragged/ragged_dispatch.py, ragged_functional_ops.py.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.ragged.row_partition import RowPartition
from minihub_runtime.api.ragged.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    is_ragged,
    match_row_splits_dtypes,
)
from minihub_runtime.public import public

__all__ = ["binary", "map_flat_values", "unary"]


def unary(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A function of dense tensors, applied to the values of the ragged tensor that is its first argument."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    first = next(iter(bound.arguments))

    def apply(x: Any) -> Any:
        if isinstance(x, RaggedTensor):
            return x.with_values(apply(x.values))
        bound.arguments[first] = x
        return function(*bound.args, **bound.kwargs)

    with _named(bound, first):
        return apply(convert_to_tensor_or_ragged_tensor(bound.arguments[first]))


def _named(bound: inspect.BoundArguments, *operands: str) -> contextlib.AbstractContextManager[Any]:
    """The scope that a name asks for; it is a name of the whole and no argument of what is applied."""
    name = bound.arguments.pop("name", None)
    if name is None:
        return contextlib.nullcontext()
    return name_scope(name, None, [bound.arguments[operand] for operand in operands])


def binary(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A function of two dense tensors, applied to tensors of which one or both are ragged, with broadcasting.

    Raises:
        ValueError: the splits have different types, or a rank is not known.
    """
    bound = inspect.signature(function).bind(*args, **kwargs)
    first, second = list(bound.arguments)[:2]
    with _named(bound, first, second):
        x, y = bound.arguments[first], bound.arguments[second]
        x_is_ragged, y_is_ragged = is_ragged(x), is_ragged(y)
        x = convert_to_tensor_or_ragged_tensor(x, preferred_dtype=y.dtype if y_is_ragged else None)
        y = convert_to_tensor_or_ragged_tensor(y, preferred_dtype=x.dtype)
        if x_is_ragged and y_is_ragged:
            match_row_splits_dtypes(x, y)
        if _need_broadcasting(x, y, x_is_ragged, y_is_ragged):
            x, y = _broadcast(x, y)
        bound.arguments[first] = x.flat_values if is_ragged(x) else x
        bound.arguments[second] = y.flat_values if is_ragged(y) else y
        values = function(*bound.args, **bound.kwargs)
        return (x if is_ragged(x) else y).with_flat_values(values)


def _need_broadcasting(x: Any, y: Any, x_is_ragged: bool, y_is_ragged: bool) -> bool:
    """Whether the rows count; they do not if they are the same, nor for a dense tensor of lower rank than the values."""
    if x_is_ragged and y_is_ragged:
        mine, theirs = x.nested_row_partitions, y.nested_row_partitions
        return len(mine) != len(theirs) or any(
            a is not b for a, b in zip(mine, theirs, strict=True)
        )
    ragged, dense = (x, y) if x_is_ragged else (y, x)
    return bool(ragged.flat_values.shape.ndims <= dense.shape.ndims)


def _broadcast(x: Any, y: Any) -> tuple[Any, Any]:
    from minihub_runtime.api.ragged.dynamic_shape import (
        RaggedTensorDynamicShape,
        broadcast_dynamic_shape,
        broadcast_to,
    )

    dtype = (x if is_ragged(x) else y).row_splits.dtype
    shape_x = RaggedTensorDynamicShape.from_tensor(x, dtype)
    shape_y = RaggedTensorDynamicShape.from_tensor(y, dtype)
    shape = broadcast_dynamic_shape(shape_x, shape_y)
    with control_dependencies(shape.checks):
        return (
            _after(broadcast_to(x, shape, broadcast_inner_dimensions=False)),
            _after(broadcast_to(y, shape, broadcast_inner_dimensions=False)),
        )


def _after(tensor: Any) -> Any:
    """The tensor, once the checks that control what is added now have been made."""
    if not is_ragged(tensor):
        return build("Identity", input=tensor)
    return tensor.with_flat_values(build("Identity", input=tensor.flat_values))


@public("ragged.map_flat_values")
def map_flat_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A function applied to the flat values of ragged tensors of the same rows.

    Args:
        op: takes the flat values in the place of each RaggedTensor, and keeps their number.
        *args: its arguments, among them RaggedTensors, also inside lists and mappings.
        **kwargs: more of them.

    Returns:
        A RaggedTensor of the same rows; without RaggedTensors, what `op` returns.

    Raises:
        ValueError: it is known that numbers differ, or the tensors have other ragged ranks or types of splits.
    """
    partitions: list[tuple[RowPartition, ...]] = []
    counts: set[int] = set()
    inner_args = _flat(args, partitions, counts)
    inner_kwargs = _flat(kwargs, partitions, counts)
    if not partitions:
        return op(*args, **kwargs)
    if len(counts) > 1:
        raise ValueError(
            "Input RaggedTensors' flat_values must all have the same outer-dimension size.  Got "
            f"sizes: {counts}"
        )
    if len({levels[0].dtype for levels in partitions}) > 1:
        raise ValueError(
            "Input RaggedTensors have mismatched row partition dtypes; use "
            "RaggedTensor.with_row_splits_dtype() to convert them to compatible dtypes."
        )
    output = op(*inner_args, **inner_kwargs)
    if counts and not output.shape[:1].is_compatible_with([*counts]):
        raise ValueError(
            "tf.ragged.map_flat_values requires that the output of `op` have the same outer-dimension "
            f"size as flat_values of any ragged inputs. (output shape: {output.shape}; expected outer "
            f"dimension size: {counts.pop()})"
        )
    return RaggedTensor._from_nested_row_partitions(output, _merged(partitions))


def _flat(value: Any, partitions: list[tuple[RowPartition, ...]], counts: set[int]) -> Any:
    """The value with flat values in the place of ragged tensors, of which rows and numbers are noted."""
    if is_ragged(value):
        ragged = convert_to_tensor_or_ragged_tensor(value)
        partitions.append(ragged.nested_row_partitions)
        count = ragged.flat_values.shape[0].value
        if count is not None:
            counts.add(count)
        return ragged.flat_values
    if isinstance(value, (list, tuple)):
        return type(value)([_flat(item, partitions, counts) for item in value])
    if isinstance(value, dict):
        return {key: _flat(item, partitions, counts) for key, item in value.items()}
    return value


def _merged(partitions: list[tuple[RowPartition, ...]]) -> list[RowPartition]:
    merged = list(partitions[0])
    for levels in partitions[1:]:
        if len(levels) != len(merged):
            raise ValueError("All ragged inputs must have the same ragged_rank.")
        merged = [mine.merge_with(theirs) for mine, theirs in zip(merged, levels)]
    return merged
