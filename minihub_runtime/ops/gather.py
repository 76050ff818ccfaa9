"""Reading by index: gather rows, slices or elements; and where a flat index lies."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import (
    allocatable,
    axis_in_range,
    indices_in_range,
    require,
    require_scalar,
)
from minihub_runtime.ops.gradient_rules import (
    Ops,
    Slices,
    Term,
    arange,
    concat,
    positive,
    product,
    rank_of,
    sizes_of,
)
from minihub_runtime.ops.registry import ANY, INDEX, Array, op, types
from minihub_runtime.shapes import Shape, Spec, merge, show, size

__all__ = ["flat_places", "take"]

INDICES = types("int16 int32 int64")


def take(params: Array, indices: Array, axis: int = 0, out: Array | None = None) -> Array:
    """The slices of `params` along `axis` at `indices`, which must be in range.

    Raises: InvalidArgumentError if an index is out of range.
    """
    indices_in_range(indices, params.shape[axis])
    shape = (*params.shape[:axis], *indices.shape, *params.shape[axis + 1 :])
    allocatable(shape, params.dtype)
    if out is not None and out.shape == shape and out.dtype == params.dtype:
        # The indices are checked, and only with a mode does `take` write to `out` without a buffer.
        return np.take(params, indices, axis=axis, out=out, mode="clip")
    if not indices.ndim:
        # A copy, since the caller may keep it while a variable changes.
        return params[(slice(None),) * axis + (int(indices), ...)].copy()
    return np.take(params, indices, axis=axis)


@op(
    "Gather(params: Tparams, indices: Tindices) -> output: Tparams",
    Tparams=ANY,
    Tindices=INDEX,
    source="core/kernels/gather_op.cc",
)
def gather(
    params: Array, indices: Array, *, validate_indices: bool = True, out: Array | None = None
) -> Array:
    """The rows of `params` at `indices`; they are always validated.

    Raises: InvalidArgumentError for a scalar `params` and indices out of range.
    """
    require(params.ndim >= 1, "params must have rank >= 1, not 0")
    return take(params, indices, 0, out)


@gather.shape
def gather_shape(params: Spec, indices: Spec) -> Shape:
    if params.shape is None or indices.shape is None:
        return None
    require(len(params.shape) >= 1, "params must have rank >= 1, not 0")
    return (*indices.shape, *params.shape[1:])


def _batch_dims(batch_dims: int, indices_rank: int, axis: int, params_rank: int) -> int:
    """`batch_dims` as a number >= 0.

    Raises: InvalidArgumentError unless it lies within the ranks and is at most `axis`.
    """
    require(
        -indices_rank <= batch_dims <= indices_rank,
        f"batch_dims must lie in [{-indices_rank}, {indices_rank}], not {batch_dims}",
    )
    count = batch_dims + indices_rank if batch_dims < 0 else batch_dims
    require(count < params_rank or count == 0, f"batch_dims must be < {params_rank}, not {count}")
    require(count <= axis, f"batch_dims must be <= axis = {axis}, not {count}")
    return count


@op(
    "GatherV2(params: Tparams, indices: Tindices, axis: Taxis) -> output: Tparams",
    Tparams=ANY,
    Tindices=INDICES,
    Taxis=INDEX,
    source="core/kernels/gather_op.cc",
)
def gather_v2(
    params: Array,
    indices: Array,
    axis: Array,
    *,
    batch_dims: int = 0,
    out: Array | None = None,
) -> Array:
    """The slices of `params` along `axis` at `indices`, for each of the leading `batch_dims` on its own.

    Raises: InvalidArgumentError for an axis or index out of range, and for batches that differ.
    """
    require_scalar(axis, "axis")
    at = axis_in_range(axis, params.ndim)
    batch = _batch_dims(batch_dims, indices.ndim, at, params.ndim)
    if batch == 0:
        return take(params, indices, at, out)
    if params.shape[:batch] != indices.shape[:batch]:
        raise InvalidArgumentError(
            f"params and indices must have one batch shape, not {list(params.shape[:batch])} "
            f"and {list(indices.shape[:batch])}"
        )
    limit = params.shape[at]
    indices_in_range(indices, limit)
    between, after = params.shape[batch:at], params.shape[at + 1 :]
    result_shape = (*params.shape[:at], *indices.shape[batch:], *after)
    allocatable(result_shape, params.dtype)
    if 0 in params.shape or 0 in indices.shape:
        return np.empty(result_shape, dtype=params.dtype)
    batches = size(params.shape[:batch])
    source = params.reshape(batches, size(between), limit, *after)
    chosen = indices.reshape(batches, 1, -1)
    batch_place, between_place = np.arange(batches), np.arange(size(between))
    found = source[batch_place[:, None, None], between_place[None, :, None], chosen]
    return found.reshape(result_shape)


@gather_v2.shape
def gather_v2_shape(params: Spec, indices: Spec, axis: Spec, batch_dims: int) -> Shape:
    merge(axis.shape, ())
    if params.shape is None or indices.shape is None:
        return None
    rank = len(params.shape)
    require(rank >= 1, "params must have rank >= 1, not 0")
    require(
        -len(indices.shape) <= batch_dims <= len(indices.shape),
        f"batch_dims must lie within the rank {len(indices.shape)} of indices, not {batch_dims}",
    )
    batch = batch_dims + len(indices.shape) if batch_dims < 0 else batch_dims
    if axis.value is None:
        return (None,) * (rank - 1 + len(indices.shape) - batch)
    at = axis_in_range(axis.value, rank)
    _batch_dims(batch_dims, len(indices.shape), at, rank)
    shared = merge(params.shape[:batch], indices.shape[:batch]) or ()
    return (*shared, *params.shape[batch:at], *indices.shape[batch:], *params.shape[at + 1 :])


def flat_places(indices: Array, shape: tuple[int, ...], name: str = "indices") -> Array:
    """Row-major places in an array of `shape` that the index vectors of `indices` mean.

    Shapes: `indices` [n, len(shape)] -> [n].
    Raises: InvalidArgumentError if an index is out of range.
    """
    bounds = np.asarray(shape, dtype=np.int64)
    wrong = (indices < 0) | (indices >= bounds)
    if wrong.any():
        row = int(np.argwhere(wrong)[0, 0])
        raise InvalidArgumentError(
            f"{name}[{row}] = {indices[row].tolist()} must lie within the shape {list(shape)}"
        )
    steps = [size(shape[axis + 1 :]) for axis in range(len(shape))]
    places: Array = indices.astype(np.int64) @ np.asarray(steps, dtype=np.int64)
    return places


@op(
    "GatherNd(params: Tparams, indices: Tindices) -> output: Tparams",
    Tparams=ANY,
    Tindices=INDICES,
    source="core/kernels/gather_nd_op.cc",
)
def gather_nd(params: Array, indices: Array) -> Array:
    """The slices or elements of `params` at the index vectors along the last axis of `indices`.

    Raises: InvalidArgumentError for scalars, vectors longer than the rank, and indices out of range.
    """
    require(params.ndim >= 1, "params must have rank >= 1, not 0")
    require(indices.ndim >= 1, "indices must have rank >= 1, not 0")
    depth = indices.shape[-1]
    require(
        depth <= params.ndim,
        f"the last size of indices must be <= the rank {params.ndim} of params, not {depth}",
    )
    outer, inner = params.shape[:depth], params.shape[depth:]
    rows = size(indices.shape[:-1])
    result_shape = allocatable((*indices.shape[:-1], *inner), params.dtype)
    if rows == 0:
        return np.empty(result_shape, dtype=params.dtype)
    require(params.size > 0, f"params must have elements to gather, not shape {list(params.shape)}")
    places = flat_places(indices.reshape(rows, depth), outer)
    flat = params.reshape(size(outer), *inner)
    return np.take(flat, places, axis=0).reshape(result_shape)


@gather_nd.shape
def gather_nd_shape(params: Spec, indices: Spec) -> Shape:
    if indices.shape is None or params.shape is None:
        return None
    require(len(indices.shape) >= 1, "indices must have rank >= 1, not 0")
    depth = indices.shape[-1]
    if depth is None:
        return None
    require(
        depth <= len(params.shape),
        f"the last size of indices must be <= {len(params.shape)}, not {depth}",
    )
    return (*indices.shape[:-1], *params.shape[depth:])


def _unraveled(indices: Spec, dims: Spec) -> Shape:
    if dims.shape is not None and len(dims.shape) != 1:
        raise InvalidArgumentError(f"dims must have rank 1, not {len(dims.shape)}")
    rank = dims.dim(0)
    if indices.shape is None or not indices.shape:
        return None if indices.shape is None else (rank,)
    return (
        rank,
        None if None in indices.shape else size(n for n in indices.shape if n is not None),
    )


@op(
    "UnravelIndex(indices: Tidx, dims: Tidx) -> output: Tidx",
    Tidx=INDEX.default_to("int32"),
    source="core/kernels/unravel_index_op.cc",
    shape=_unraveled,
)
def unravel_index(indices: Array, dims: Array) -> Array:
    """The coordinates of flat indices in an array of shape `dims`, one row for each dimension.

    Shapes: `[], [rank] -> [rank]`; `[n], [rank] -> [rank, n]`.
    A negative index has the negative coordinates of its opposite.

    Raises: InvalidArgumentError for other ranks, dimensions that are not positive or have too large a product, and
        indices that are too large.
    """
    require(indices.ndim <= 1, f"indices must be a scalar or a vector, not {show(indices.shape)}")
    require(dims.ndim == 1, f"dims must have rank 1, not shape {show(dims.shape)}")
    sizes = dims.tolist()
    require(min(sizes, default=1) > 0, f"dims must be positive, not {sizes}")
    count = size(sizes)
    require(
        count <= np.iinfo(dims.dtype).max,
        f"dims must have a product that fits {dims.dtype}, not {sizes}",
    )
    if indices.size and int(indices.max()) >= count:
        require(False, f"indices must be < {count}, the product of dims, not {int(indices.max())}")
    result = np.empty((len(sizes), *indices.shape), indices.dtype)
    rest = indices.copy()
    for axis in range(len(sizes) - 1, -1, -1):
        # As in C++, remainders have the sign of the index, and quotients are cut.
        result[axis] = np.fmod(rest, dims[axis])
        rest = (rest - result[axis]) // dims[axis]
    return result


def _rows(ops: Ops, grad: Term, params: Term, indices: Term) -> Slices:
    """The gradient of what rows were gathered from."""
    shape = ops.tensor(sizes_of(ops, params))
    flat = ops.Reshape(indices, [-1])
    values = ops.Reshape(grad, concat(ops, [ops.Shape(flat), sizes_of(ops, params)[1:]]))
    return Slices(values, flat, shape)


@gather.gradient
def gather_gradient(ops: Ops, grad: Term, params: Term, indices: Term) -> tuple[Slices, None]:
    return _rows(ops, grad, params, indices), None


@gather_v2.gradient
def gather_v2_gradient(
    ops: Ops, grad: Term, params: Term, indices: Term, axis: Term, batch_dims: int
) -> tuple[Term, None, None]:
    if axis.value is not None and int(axis.value) == 0:
        return _rows(ops, grad, params, indices), None, None
    if batch_dims < 0:
        if indices.rank is None:
            raise ValueError(
                "Currently, it is unsupported to take the gradient of tf.gather when batch_dims < 0 "
                f"and the rank of the indices is unknown. Got batch_dims={batch_dims}."
            )
        batch_dims += indices.rank
    sizes, rank = sizes_of(ops, params), rank_of(ops, params)
    place = positive(axis, rank)
    if isinstance(place, Term):
        sizes = ops.tensor(sizes)
    # The axis moves behind the batch dimensions, and back in the end.
    shape = concat(ops, [sizes[:place], [-1], sizes[place:][1:]])
    batch, behind = arange(ops, 0, batch_dims), arange(ops, place + 1, rank)
    between = arange(ops, batch_dims, place)
    order = concat(ops, [batch, [place], between, behind])
    moved = ops.Transpose(ops.Reshape(grad, shape), order)
    found = _scattered(ops, ops.GatherV2(sizes, order, 0), moved, indices, batch_dims, sizes[place])
    back = concat(ops, [batch, between + 1, [batch_dims], behind])
    return ops.Transpose(found, back), None, None


def _scattered(
    ops: Ops, sizes: Term, values: Term, indices: Term, batch_dims: int, count: Any
) -> Term:
    """`values` summed at the places along the axis behind the batch dimensions that `indices` name.

    Args:
        ops: the namespace.
        sizes: the shape of the result.
        values: the batch dimensions, the number of indices of each batch, and the dimensions behind.
        indices: the batch dimensions first.
        batch_dims: how many there are.
        count: the size of the axis.
    """
    if not batch_dims:
        return ops.UnsortedSegmentSum(values, ops.Reshape(indices, [-1]), count)
    shape = ops.Shape(values)
    flat = concat(ops, [[-1], shape[batch_dims + 1 :]])
    # Each batch gets places of its own.
    places, step = indices, ops.constant(1, indices.dtype)
    limits = ops.Cast(sizes, DstT=indices.dtype)
    for dim in range(batch_dims, 0, -1):
        step = step * limits[dim]
        offsets = ops.Range(ops.constant(0, indices.dtype), limits[dim - 1], 1) * step
        ones = ops.Fill(ops.Reshape(ops.Rank(indices) - dim, [1]), 1)
        spread = concat(ops, [[1] * (dim - 1), sizes[dim - 1 : dim], ones])
        places = places + ops.Reshape(offsets, spread)
    found = ops.UnsortedSegmentSum(
        ops.Reshape(values, flat),
        ops.Reshape(places, [-1]),
        count * product(ops, shape[:batch_dims]),
    )
    return ops.Reshape(found, concat(ops, [shape[:batch_dims], flat]))


@gather_nd.gradient
def gather_nd_gradient(ops: Ops, grad: Term, params: Term, indices: Term) -> tuple[Term, None]:
    shape = ops.tensor(sizes_of(ops, params, indices.dtype))
    if indices.shape is not None and len(indices.shape) == 2 and indices.shape[-1] == 1:
        return Slices(grad, ops.Squeeze(indices, squeeze_dims=[-1]), shape), None
    return ops.ScatterNd(indices, grad, shape), None
