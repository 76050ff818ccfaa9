"""Sparse tensors of examples that go through queues: the queue holds the numbers under which they are kept.

Source: tensorflow/python/training/input.py, tensorflow/python/ops/sparse_ops.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.cond import smart_cond
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.filling import ones
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import Operation, Tensor, get_default_graph
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.sparse.shaping import sparse_retain
from minihub_runtime.dtypes import int64

__all__ = ["Kept", "restored", "stored"]

_KEEPING = ("AddSparseToTensorsMap", "AddManySparseToTensorsMap")


@dataclasses.dataclass(frozen=True)
class Kept:
    """Where the sparse tensors of one component are kept.

    Attributes:
        operation: what keeps them.
        rank: of an example; None if it is not known.
    """

    operation: Operation
    rank: int | None


def stored(
    sets: list[list[Any]], enqueue_many: bool, keep: Tensor
) -> tuple[list[list[Any]], list[Kept | None]]:
    """Sets of tensors with numbers in the places of sparse ones, and where those are kept.

    Args:
        sets: several sets, of which the same components are sparse.
        enqueue_many: whether the rows are examples.
        keep: whether they are kept, a scalar, or for each example.

    Raises:
        ValueError: other components are sparse, or of other ranks.
    """
    first, places = _stored(sets[0], enqueue_many, keep, [None] * len(sets[0]))
    found = [first]
    for tensors in sets[1:]:
        numbers, others = _stored(tensors, enqueue_many, keep, places)
        if not all(map(_fit, places, others)):
            raise ValueError(f"Inconsistent SparseTensors list: {sets[0]} vs. {tensors}")
        found.append(numbers)
    return found, places


def _fit(one: Kept | None, other: Kept | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.rank is None or other.rank is None or one.rank == other.rank


def _stored(
    tensors: Sequence[Any], enqueue_many: bool, keep: Tensor, shared: Sequence[Kept | None]
) -> tuple[list[Any], list[Kept | None]]:
    numbers = [
        _numbers(tensor, enqueue_many, keep, place.operation.name if place else None)
        if isinstance(tensor, SparseTensor)
        else tensor
        for tensor, place in zip(tensors, shared, strict=False)
    ]
    places = [
        Kept(place.operation if place else _keeping(number), _rank(tensor, enqueue_many))
        if isinstance(tensor, SparseTensor)
        else None
        for tensor, number, place in zip(tensors, numbers, shared, strict=False)
    ]
    return [
        number if place is None else expand_dims(number, [-1])
        for number, place in zip(numbers, places, strict=True)
    ], places


def _rank(tensor: SparseTensor, enqueue_many: bool) -> int | None:
    rank: int | None = tensor.dense_shape.shape.with_rank(1).as_list()[0]
    return rank - 1 if rank is not None and enqueue_many else rank


def _numbers(tensor: SparseTensor, enqueue_many: bool, keep: Tensor, shared: str | None) -> Tensor:
    """The number of a sparse tensor, or the numbers of its rows; -1 where they are not kept."""
    if keep.shape.ndims == 1:
        kept = sparse_retain(tensor, gather(keep, tensor.indices[:, 0]))
        return _added(_KEEPING[1], kept, shared)
    if not enqueue_many:
        number: Tensor = smart_cond(
            keep, lambda: _added(_KEEPING[0], tensor, shared), lambda: constant(-1, int64)
        )
        return number
    numbers: Tensor = smart_cond(
        keep,
        lambda: _added(_KEEPING[1], tensor, shared),
        lambda: -1 * ones(shape(tensor)[0:1], int64),
    )
    numbers.set_shape([None])
    return numbers


def _added(op_name: str, tensor: SparseTensor, shared: str | None) -> Tensor:
    made: Tensor = build(
        op_name,
        sparse_indices=tensor.indices,
        sparse_values=tensor.values,
        sparse_shape=tensor.dense_shape,
        shared_name=shared or "",
    )
    return made


def _keeping(number: Tensor) -> Operation:
    """The operation that keeps tensors, which may stand in a branch."""
    for tensor in number.op.inputs:
        if tensor.op.type in _KEEPING:
            return tensor.op
    return number.op


def restored(batches: Any, places: Sequence[Kept | None]) -> Any:
    """Batches with sparse tensors in the places of their numbers; none is there before all are."""
    if not any(places):
        return batches
    several = isinstance(batches, (list, tuple))
    tensors = [
        _taken(squeeze(batch, [1]), place) if place else batch
        for batch, place in zip(batches if several else [batches], places, strict=True)
    ]
    waiting = [_waiting(tensor, tensors) for tensor in tensors]
    # One alone has nothing to wait for, though TensorFlow's graph has the operations.
    return waiting if several else tensors[0]


def _waiting(tensor: Any, tensors: Sequence[Any]) -> Any:
    waited = [item.values if isinstance(item, SparseTensor) else item for item in tensors]
    if not isinstance(tensor, SparseTensor):
        return with_dependencies(waited, tensor)
    parts = (tensor.indices, tensor.values, tensor.dense_shape)
    return SparseTensor(*(with_dependencies(waited, part) for part in parts))


def _taken(numbers: Tensor, place: Kept) -> SparseTensor:
    operation, rank = place.operation, None if place.rank is None else place.rank + 1
    if operation.type not in _KEEPING:
        raise TypeError(
            "sparse_map_op must be one of AddSparseToTensorsMap or AddSparseToTensorsMap. Instead, "
            f"found `{operation.type}`."
        )
    with get_default_graph().colocate_with(operation):
        indices, values, sizes = build(
            "TakeManySparseFromTensorsMap",
            sparse_handles=numbers,
            dtype=operation.get_attr("T"),
            container=operation.get_attr("container"),
            shared_name=operation.get_attr("shared_name").decode() or operation.name,
        )
    indices.set_shape([None, rank])
    sizes.set_shape([rank])
    return SparseTensor(indices, values, sizes)
