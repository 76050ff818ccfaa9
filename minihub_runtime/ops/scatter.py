"""Writing by index into new tensors: scatter, partition and stitch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import (
    DType,
    as_dtype,
    bfloat16,
    float_to_bfloat16,
    to_float,
)
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.array import zeros
from minihub_runtime.ops.checking import allocatable, indices_in_range, require, require_rank
from minihub_runtime.ops.gather import flat_places
from minihub_runtime.ops.gradient_rules import Ops, Term, sizes_of
from minihub_runtime.ops.registry import ANY, INDEX, REGISTRY, ROUNDING, Array, at_least, op, types
from minihub_runtime.ops.segment import reduce_by
from minihub_runtime.shapes import Shape, Spec, compatible, merge, show, size

__all__ = ["check_scatter", "combine", "scatter_rows"]


def combine(rows: Array, places: Array, updates: Array, how: str) -> Array:
    """`rows` (a fresh array, changed and returned) with each update applied to the row at its place.

    Args:
        rows: of shape [n, width].
        places: of shape [m], within [0, n).
        updates: of shape [m, width].
        how: `update`, `add`, `subtract`, `minimum` or `maximum`.
    """
    if how == "update":
        # Of several updates of one row the last stands, which NumPy's assignment keeps too.
        rows[places] = updates
        return rows
    if rows.dtype == object:
        for place, update in zip(places.tolist(), updates, strict=True):
            rows[place] = rows[place] + update
        return rows
    if rows.dtype == np.bool_:
        np.logical_or.at(rows, places, updates)
        return rows
    with np.errstate(all="ignore"):
        order = np.argsort(places, kind="stable")
        held = places[order]
        if (held[1:] != held[:-1]).all():
            rows[places] = _changed(rows[places], updates, how)
            return rows
        starts = np.flatnonzero(np.concatenate(([True], held[1:] != held[:-1])))
        sums = reduce_by(FOLDS.get(how, np.add), updates, order, starts)
        touched = held[starts]
        rows[touched] = _changed(rows[touched], sums, how)
    return rows


# A difference is the row minus the sum of the updates. A NaN among the updates changes no minimum or maximum.
FOLDS = {"minimum": np.fmin, "maximum": np.fmax}


def _changed(rows: Array, updates: Array, how: str) -> Array:
    """The rows after one update each; where a NaN is compared, the row stays."""
    if how in FOLDS:
        better = updates < rows if how == "minimum" else updates > rows
        return np.where(better, updates, rows)
    return np.add(rows, updates) if how == "add" else np.subtract(rows, updates)


def scatter_rows(base: Array, indices: Array, updates: Array, how: str) -> Array:
    """`base` (a fresh array, changed) with `updates` applied at the index vectors of `indices`.

    Raises: InvalidArgumentError if the shapes do not fit or an index is out of range.
    """
    shape = base.shape
    require(indices.ndim >= 1, "indices must have rank >= 1, not 0")
    require(updates.ndim >= 1, "updates must have rank >= 1, not 0")
    if indices.ndim == 1:
        indices = indices[:, None]
    depth = indices.shape[-1]
    require(depth <= len(shape), f"the last size of indices must be <= {len(shape)}, not {depth}")
    wanted = (*indices.shape[:-1], *shape[depth:])
    if updates.shape != wanted:
        raise InvalidArgumentError(
            f"updates must have shape {list(wanted)}, not {list(updates.shape)}"
        )
    count = size(indices.shape[:-1])
    if count == 0:
        return base
    outer = shape[:depth]
    require(
        depth > 0 and (base.size > 0 or updates.size == 0),
        f"updates must have places to go, but indices of length {depth} into {list(shape)} have none",
    )
    places = flat_places(indices.reshape(count, depth), outer)
    if updates.size == 0:
        return base
    wide = base.dtype == bfloat16.numpy
    rows = to_float(base).reshape(size(outer), -1)
    rows = combine(rows, places, to_float(updates).reshape(count, -1), how)
    result = rows.reshape(shape)
    return float_to_bfloat16(result) if wide else result


@op(
    "ScatterNd(indices: Tindices, updates: T, shape: Tindices) -> output: T",
    T=ANY,
    Tindices=types("int16 int32 int64"),
    precision=ROUNDING,
    source="core/kernels/scatter_nd_op.cc",
    ranks={"shape": 1},
)
def scatter_nd(indices: Array, updates: Array, shape: Array, *, T: DType) -> Array:
    """Zeros of `shape` with `updates` added at the index vectors of `indices`; strings are joined.

    Raises: InvalidArgumentError if the shapes do not fit or an index is out of range.
    """
    require_rank(shape, 1, "shape")
    return scatter_rows(zeros(shape, T), indices, updates, "add")


@scatter_nd.shape
def scatter_nd_shape(indices: Spec, updates: Spec, shape: Spec) -> Shape:
    wanted = shape.as_shape
    require(updates.shape != (), "updates must have rank >= 1, not 0")
    check_scatter(indices.shape, updates.shape, wanted)
    return wanted


def check_scatter(indices: Shape, updates: Shape, wanted: Shape) -> None:
    """Raise InvalidArgumentError if known shapes do not fit."""
    require(indices != (), "indices must have rank >= 1, not 0")
    if indices is None or updates is None or wanted is None:
        return
    depth = indices[-1]
    if depth is None:
        return
    require(depth <= len(wanted), f"the last size of indices must be <= {len(wanted)}")
    asked = (*indices[:-1], *wanted[depth:])
    require(
        compatible(asked, updates), f"updates must have shape {show(asked)}, not {show(updates)}"
    )


def _tensor_scatter_shape(tensor: Spec, indices: Spec, updates: Spec) -> Shape:
    require(tensor.shape != (), "tensor must have rank >= 1, not 0")
    check_scatter(indices.shape, updates.shape, tensor.shape)
    return tensor.shape


def _added_shape(input: Spec, indices: Spec, updates: Spec) -> Shape:
    return _tensor_scatter_shape(input, indices, updates)


@op(
    "ScatterNdNonAliasingAdd(input: T, indices: Tindices, updates: T) -> output: T",
    T=types(
        "float32 float64 int32 uint8 int16 int8 complex64 int64 qint8 quint8 qint32 bfloat16 "
        "qint16 quint16 uint16 complex128 float16 uint32 uint64 bool"
    ),
    Tindices=INDEX,
    precision=ROUNDING,
    source="core/kernels/scatter_nd_op.cc",
    shape=_added_shape,
)
def scatter_nd_non_aliasing_add(input: Array, indices: Array, updates: Array) -> Array:
    """`input` with `updates` added at the index vectors of `indices`; for bool, or.

    Raises: InvalidArgumentError if the shapes do not fit or an index is out of range.
    """
    return scatter_rows(input.copy(), indices, updates, "add")


def _tensor_scatter(name: str, how: str) -> None:
    """Register one of the ops that change a copy of a tensor at index vectors."""

    def kernel(tensor: Array, indices: Array, updates: Array) -> Array:
        """A copy of `tensor` changed by `updates` at the index vectors of `indices`.

        Raises: InvalidArgumentError if the shapes do not fit or an index is out of range.
        """
        require(tensor.ndim >= 1, "tensor must have rank >= 1, not 0")
        return scatter_rows(tensor.copy(), indices, updates, how)

    op(
        f"{name}(tensor: T, indices: Tindices, updates: T) -> output: T",
        T=ANY,
        Tindices=types("int16 int32 int64 uint16") if how == "update" else INDEX,
        precision=ROUNDING,
        source="core/kernels/scatter_nd_op.cc",
        shape=_tensor_scatter_shape,
    )(kernel)


for _name, _how in {
    "TensorScatterUpdate": "update",
    "TensorScatterAdd": "add",
    "TensorScatterSub": "subtract",
    "TensorScatterMin": "minimum",
    "TensorScatterMax": "maximum",
}.items():
    _tensor_scatter(_name, _how)


@op(
    "DynamicPartition(data: T, partitions: int32) -> outputs: num_partitions * T",
    T=ANY,
    source="core/kernels/dynamic_partition_op.cc",
)
def dynamic_partition(data: Array, partitions: Array, *, num_partitions: int) -> tuple[Array, ...]:
    """The slices of `data` sorted into `num_partitions` tensors, in their order.

    Raises: InvalidArgumentError unless the shape of `data` begins with that of `partitions`, and for
    partitions out of range.
    """
    prefix = data.shape[: partitions.ndim]
    if prefix != partitions.shape:
        raise InvalidArgumentError(
            f"data must have a shape that begins with {list(partitions.shape)}, that of "
            f"partitions, not {list(data.shape)}"
        )
    indices_in_range(partitions, num_partitions, "partitions")
    rows = data.reshape(partitions.size, *data.shape[partitions.ndim :])
    flat = partitions.reshape(-1)
    if num_partitions == 1:
        return (rows.copy(),)
    if num_partitions <= 8:
        return tuple(rows[flat == number] for number in range(num_partitions))
    order = np.argsort(flat, kind="stable")
    counts = np.bincount(flat, minlength=num_partitions)
    grouped, ends = rows[order], np.cumsum(counts).tolist()
    return tuple(grouped[start:end] for start, end in zip([0, *ends], ends, strict=False))


@dynamic_partition.shape
def dynamic_partition_shape(data: Spec, partitions: Spec, num_partitions: int) -> list[Shape]:
    if partitions.shape is None or data.shape is None:
        return [None] * num_partitions
    rank = len(partitions.shape)
    merge(data.shape[:rank], partitions.shape)
    return [(None, *data.shape[rank:])] * num_partitions


def _stitch(indices: Sequence[Array], data: Sequence[Array]) -> Array:
    rest: tuple[int, ...] | None = None
    for place, (index, values) in enumerate(zip(indices, data, strict=True)):
        if values.shape[: index.ndim] != index.shape:
            raise InvalidArgumentError(
                f"data[{place}] must have a shape that begins with {list(index.shape)}, that of "
                f"indices[{place}], not {list(values.shape)}"
            )
        inner = values.shape[index.ndim :]
        if rest is not None and inner != rest:
            raise InvalidArgumentError(
                f"data must have one shape after that of indices, not {list(rest)} and "
                f"{list(inner)}"
            )
        rest = inner
    assert rest is not None
    places = np.concatenate([index.reshape(-1) for index in indices])
    limit = int(places.max(initial=-1)) + 1
    indices_in_range(places, limit)
    shape = allocatable((limit, *rest), data[0].dtype)
    merged = zeros(shape, as_dtype(data[0].dtype))
    for index, values in zip(indices, data, strict=True):
        merged[index.reshape(-1)] = values.reshape(index.size, *rest)
    return merged


def _stitch_shape(indices: Sequence[Spec], data: Sequence[Spec]) -> Shape:
    rest: Shape = None
    limit: int | None = -1
    for index, values in zip(indices, data, strict=True):
        if index.value is None:
            limit = None
        elif limit is not None:
            limit = max(limit, int(index.value.max(initial=-1)))
        if index.shape is not None and values.shape is not None:
            rank = len(index.shape)
            merge(values.shape[:rank], index.shape)
            rest = merge(rest, values.shape[rank:])
    if rest is None:
        return None
    return (None if limit is None else limit + 1, *rest)


@op(
    "DynamicStitch(indices: N * int32, data: N * T) -> merged: T",
    N=at_least(1),
    T=ANY,
    source="core/kernels/dynamic_stitch_op.cc",
    shape=_stitch_shape,
)
def dynamic_stitch(indices: Sequence[Array], data: Sequence[Array]) -> Array:
    """One tensor with the slices of all of `data` at their indices; of several at one place the last.

    Differs: rows that no index names hold zeros; in TensorFlow they hold whatever was in memory.
    Raises: InvalidArgumentError if the shapes do not fit or an index is negative.
    """
    return _stitch(indices, data)


@op(
    "ParallelDynamicStitch(indices: N * int32, data: N * T) -> merged: T",
    N=at_least(1),
    T=ANY,
    like=dynamic_stitch,
)
def parallel_dynamic_stitch(indices: Sequence[Array], data: Sequence[Array]) -> Array:
    """As DynamicStitch; of several slices at one place the last, where TensorFlow takes any."""
    return _stitch(indices, data)


@scatter_nd.gradient
def scatter_nd_gradient(ops: Ops, grad: Term, indices: Term) -> tuple[None, Term, None]:
    return None, ops.GatherNd(grad, indices), None


@scatter_nd_non_aliasing_add.gradient
def scatter_nd_non_aliasing_add_gradient(
    ops: Ops, grad: Term, indices: Term
) -> tuple[Term, None, Term]:
    return grad, None, ops.GatherNd(grad, indices)


def _update_gradient(ops: Ops, grad: Term, indices: Term, updates: Term) -> tuple[Term, None, Term]:
    kept = ops.TensorScatterUpdate(grad, indices, ops.ZerosLike(updates))
    return kept, None, ops.GatherNd(grad, indices)


def _sub_gradient(ops: Ops, grad: Term, indices: Term) -> tuple[Term, None, Term]:
    return grad, None, -ops.GatherNd(grad, indices)


def _extreme_gradient(
    ops: Ops, grad: Term, tensor: Term, indices: Term, updates: Term, output: Term
) -> tuple[Term, None, Term]:
    """What is equal to the result shares the gradient."""
    held = ops.Cast(ops.Equal(tensor, output), DstT=grad.dtype)
    given = ops.Cast(ops.Equal(updates, ops.GatherNd(output, indices)), DstT=grad.dtype)
    count = held + ops.ScatterNd(indices, given, sizes_of(ops, tensor, indices.dtype))
    return grad * held / count, None, ops.GatherNd(grad / count, indices) * given


_RULES: dict[str, Any] = {
    "TensorScatterAdd": scatter_nd_non_aliasing_add_gradient,
    "TensorScatterMax": _extreme_gradient,
    "TensorScatterMin": _extreme_gradient,
    "TensorScatterSub": _sub_gradient,
    "TensorScatterUpdate": _update_gradient,
}
for _name, _rule in _RULES.items():
    REGISTRY[_name].gradient(_rule)


@dynamic_partition.gradient
def dynamic_partition_gradient(
    ops: Ops, grads: list[Term], data: Term, partitions: Term, num_partitions: int
) -> tuple[Term, None]:
    places = ops.Reshape(ops.Range(0, ops.Size(partitions), 1), ops.Shape(partitions))
    parts = ops.DynamicPartition(places, partitions, num_partitions=num_partitions)
    joined = ops.ParallelDynamicStitch(parts, grads)
    return ops.Reshape(joined, sizes_of(ops, data)), None


@dynamic_stitch.gradient
@parallel_dynamic_stitch.gradient
def dynamic_stitch_gradient(ops: Ops, grad: Term, indices: list[Term]) -> tuple[None, list[Term]]:
    return None, [ops.GatherV2(grad, places, 0) for places in indices]
