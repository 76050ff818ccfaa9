"""Sums and means of the rows that indices name, by sorted segment, and their gradients."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minihub_runtime.dtypes import (
    bfloat16,
    bits,
    to_float,
)
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import allocatable, indices_in_range, require, require_rank
from minihub_runtime.ops.gradient_rules import Ops, Slices, Term, sizes_of
from minihub_runtime.ops.registry import FLOATS, INDEX, REALS, REGISTRY, ROUNDING, Array, op
from minihub_runtime.ops.segment import (
    FEW_RUNS,
    PLAIN,
    count_of,
    flat_rows,
    fold_alike,
    reduce_by,
    run_lengths,
    sorted_runs,
    spread,
    starts_of_runs,
    typed,
)
from minihub_runtime.shapes import Shape, Spec, merge, size

__all__ = ["SPARSE_SOURCE", "sparse_segment"]

#: Up to so many rows are gathered at once where they are all of one segment.
FEW = 1 << 10


def sparse_segment(
    data: Array,
    indices: Array,
    segment_ids: Array,
    num_segments: Array | None,
    scale: str,
    known: bool = False,
) -> Array:
    """Sums of the rows of `data` at `indices`, which are `known` to exist or looked at, by sorted segment, divided as `scale` says."""
    require(data.ndim >= 1, "data must have rank >= 1, not 0")
    require_rank(indices, 1, "indices")
    require_rank(segment_ids, 1, "segment_ids")
    if indices.size != segment_ids.size:
        raise InvalidArgumentError(
            f"segment_ids must have {indices.size} elements, as indices, not {segment_ids.size}"
        )
    limit = None if num_segments is None else count_of(num_segments)
    plain = data.dtype.char in PLAIN
    if plain and limit is None and indices.size:
        # Whether all ids are 0 takes longer to find than that the last is not.
        if not segment_ids[-1] and indices.size <= FEW and not segment_ids.any():
            return _only_segment(data, indices, scale)
        places = _of_one_length(indices, segment_ids)
        if places is not None:
            if not known:
                indices_in_range(indices, data.shape[0])
            return _equal_segments(data, places, scale)
    rest = data.shape[1:]
    if indices.size == 0:
        shape = allocatable((limit or 0, *rest), data.dtype)
        kind = bits(to_float(data)).dtype
        return typed(np.zeros((shape[0], size(rest)), dtype=kind), shape, data)
    starts, ids = sorted_runs(segment_ids)
    count = int(ids[-1]) + 1 if limit is None else limit
    shape = (count, *rest)
    if limit is not None or count != len(ids):
        require(int(ids[-1]) < count, f"segment_ids must be < {count}, not {int(ids[-1])}")
        shape = allocatable(shape, data.dtype)
    if not known:
        indices_in_range(indices, data.shape[0])
    # Only the rows in use are widened, so that a table of bfloat16 or float16 stays as it is.
    narrow = not plain and data.dtype in (bfloat16.numpy, np.float16)
    rows = data.reshape(data.shape[0], size(rest))
    order: Array | None = indices
    if narrow:
        rows, order = to_float(rows[indices]).astype(np.float32, copy=False), None
    with np.errstate(all="ignore"):
        lengths = run_lengths(starts, segment_ids.size)
        sums = reduce_by(np.add, rows, order, starts, lengths)
        if scale != "sum":
            divisors = lengths.astype(sums.dtype)
            if scale == "sqrt_n":
                np.sqrt(divisors, out=divisors)
            sums /= divisors[:, None]
        if data.dtype == np.float16:
            sums = sums.astype(np.float16)
    return typed(spread(sums, ids, count, 0), shape, data)


def _only_segment(data: Array, indices: Array, scale: str) -> Array:
    """As `sparse_segment`, for the words of one sentence."""
    indices_in_range(indices, data.shape[0])
    sums = np.add.reduce(data[indices], axis=0, keepdims=True)
    if scale != "sum":
        count = data.dtype.type(indices.size)
        sums /= np.sqrt(count) if scale == "sqrt_n" else count
    return np.asarray(sums)


def _of_one_length(indices: Array, segment_ids: Array) -> Array | None:
    """The k-th indices of all segments for each k, if the segments are 0, 1, 2 and so on, and of one length."""
    count = int(segment_ids[-1]) + 1
    length, rest = divmod(indices.size, count) if count > 0 else (0, 1)
    if rest or not 0 < length <= max(count, FEW_RUNS):
        return None
    ids = segment_ids.reshape(count, length)
    if not (ids == np.arange(count)[:, None]).all():
        return None
    return indices.reshape(count, length).T


def _equal_segments(data: Array, places: Array, scale: str) -> Array:
    """As `sparse_segment`, for segments of one length, whose rows `places` has in its columns."""
    length, count = places.shape
    rest = data.shape[1:]
    width = size(rest)
    sums = np.empty((count, width), data.dtype)
    fold_alike(np.add, data.reshape(data.shape[0], width), places, sums)
    if scale != "sum":
        number = data.dtype.type(length)
        sums /= np.sqrt(number) if scale == "sqrt_n" else number
    return typed(sums, (count, *rest), data)


def _sparse_shape(data: Spec, indices: Spec, segment_ids: Spec, count: int | None) -> Shape:
    for name, spec in (("indices", indices), ("segment_ids", segment_ids)):
        require(spec.rank in (1, None), f"{name} must be a vector")
    merge(indices.shape, segment_ids.shape)
    if data.shape is None:
        return None
    require(len(data.shape) >= 1, "data must have rank >= 1, not 0")
    return (count, *data.shape[1:])


def _numbered_shape(data: Spec, indices: Spec, segment_ids: Spec, num_segments: Spec) -> Shape:
    count = None if num_segments.value is None else count_of(num_segments.value)
    return _sparse_shape(data, indices, segment_ids, count)


SPARSE_SOURCE = "core/kernels/segment_reduction_ops_impl.h"


def _register_sparse(name: str, scale: str, kinds: Any) -> None:
    def kernel(
        data: Array, indices: Array, segment_ids: Array, *, sparse_gradient: bool = False
    ) -> Array:
        """The rows of `data` at `indices`, summed by segment and divided by 1, their number or its square root.

        Raises: InvalidArgumentError for indices out of range, and ids that are negative or decrease.
        """
        return sparse_segment(data, indices, segment_ids, None, scale)

    def numbered(
        data: Array,
        indices: Array,
        segment_ids: Array,
        num_segments: Array,
        *,
        sparse_gradient: bool = False,
    ) -> Array:
        """The rows of `data` at `indices`, summed by segment and divided by 1, their number or its square root.

        Raises: InvalidArgumentError for indices out of range, and ids that are negative, decrease or are
        >= num_segments.
        """
        return sparse_segment(data, indices, segment_ids, num_segments, scale)

    kind: dict[str, Any] = dict(
        T=kinds,
        Tidx=INDEX.default_to("int32"),
        Tsegmentids=INDEX.default_to("int32"),
        precision=ROUNDING,
        source=SPARSE_SOURCE,
    )
    op(
        f"{name}(data: T, indices: Tidx, segment_ids: Tsegmentids) -> output: T",
        **kind,
        shape=lambda data, indices, segment_ids: _sparse_shape(data, indices, segment_ids, None),
    )(kernel)
    op(
        f"{name}WithNumSegments(data: T, indices: Tidx, segment_ids: Tsegmentids, "
        "num_segments: Tnumsegments) -> output: T",
        **kind,
        Tnumsegments=INDEX.default_to("int32"),
        shape=_numbered_shape,
        ranks={"num_segments": 0},
    )(numbered)


_register_sparse("SparseSegmentSum", "sum", REALS)
_register_sparse("SparseSegmentMean", "mean", FLOATS)
_register_sparse("SparseSegmentSqrtN", "sqrt_n", FLOATS)


def _sparse_segment_grad(
    grad: Array, indices: Array, segment_ids: Array, output_dim0: Array, scale: str
) -> Array:
    """The gradient with respect to `data`: each row of `grad` goes to the indices of its segment."""
    require(grad.ndim >= 1, "grad must have rank >= 1, not 0")
    require_rank(indices, 1, "indices")
    require_rank(segment_ids, 1, "segment_ids")
    require(output_dim0.ndim == 0, f"output_dim0 must be a scalar, not {output_dim0.shape}")
    require(
        indices.size == segment_ids.size,
        f"segment_ids must have {indices.size} elements, as indices, not {segment_ids.size}",
    )
    rest = grad.shape[1:]
    shape = allocatable((int(output_dim0), *rest), grad.dtype)
    flat = flat_rows(grad)
    kind = flat.dtype
    if indices.size == 0:
        return typed(np.zeros((shape[0], size(rest)), dtype=kind), shape, grad)
    indices_in_range(segment_ids, grad.shape[0], "segment_ids")
    indices_in_range(indices, shape[0])
    rows = flat.astype(np.float32) if kind == np.float16 else flat
    with np.errstate(all="ignore"):
        if scale != "sum":
            lengths = np.bincount(segment_ids, minlength=grad.shape[0])
            lengths = np.maximum(lengths, 1).astype(rows.dtype)[:, None]
            rows = rows / (np.sqrt(lengths) if scale == "sqrt_n" else lengths)
        order = np.argsort(indices, kind="stable")
        held = indices[order]
        starts = starts_of_runs(held)
        sums = reduce_by(np.add, rows, segment_ids[order], starts)
    return typed(spread(sums.astype(kind), held[starts], shape[0], 0), shape, grad)


def _grad_shape(grad: Spec, indices: Spec, segment_ids: Spec, output_dim0: Spec) -> Shape:
    require(output_dim0.shape in ((), None), "output_dim0 must be a scalar")
    count = None if output_dim0.value is None else int(output_dim0.value)
    return _sparse_shape(grad, indices, segment_ids, count)


def _register_gradient(name: str, scale: str) -> None:
    def kernel(grad: Array, indices: Array, segment_ids: Array, output_dim0: Array) -> Array:
        """The gradient of a sparse segment op with respect to its `data`, which has `output_dim0` rows.

        Raises: InvalidArgumentError for indices or ids out of range.
        """
        return _sparse_segment_grad(grad, indices, segment_ids, output_dim0, scale)

    op(
        f"{name}(grad: T, indices: Tidx, segment_ids: Tsegmentids, output_dim0: int32) "
        "-> output: T",
        T=FLOATS,
        Tidx=INDEX.default_to("int32"),
        Tsegmentids=INDEX.default_to("int32"),
        precision=ROUNDING,
        source=SPARSE_SOURCE,
        shape=_grad_shape,
    )(kernel)


def _slices_shape(
    grad: Spec, indices: Spec, segment_ids: Spec, dense_output_dim0: Spec
) -> list[Shape]:
    require(dense_output_dim0.shape in ((), None), "dense_output_dim0 must be a scalar")
    return [_sparse_shape(grad, indices, segment_ids, None), (None,)]


def _register_slices(name: str, scale: str) -> None:
    def kernel(
        grad: Array, indices: Array, segment_ids: Array, dense_output_dim0: Array
    ) -> tuple[Array, Array]:
        """The rows that are not all zero of the gradient of a sparse segment op, and their rising indices.

        Raises: InvalidArgumentError for indices or ids out of range.
        """
        require_rank(indices, 1, "indices")
        require(dense_output_dim0.ndim == 0, "dense_output_dim0 must be a scalar")
        indices_in_range(indices, int(dense_output_dim0))
        found, places = np.unique(indices, return_inverse=True)
        count = np.array(len(found), np.int32)
        rows = _sparse_segment_grad(
            grad, places.reshape(-1).astype(np.int64), segment_ids, count, scale
        )
        return rows, found

    op(
        f"{name}(grad: T, indices: Tidx, segment_ids: Tsegmentids, dense_output_dim0: int32) "
        "-> output: T, sorted_unique_indices: Tidx",
        T=FLOATS,
        Tidx=INDEX.default_to("int32"),
        Tsegmentids=INDEX.default_to("int32"),
        precision=ROUNDING,
        source=SPARSE_SOURCE,
        shape=_slices_shape,
    )(kernel)


for _name, _scale in (("Sum", "sum"), ("Mean", "mean"), ("SqrtN", "sqrt_n")):
    _register_slices(f"SparseSegment{_name}GradV2", _scale)

_register_gradient("SparseSegmentSumGrad", "sum")
_register_gradient("SparseSegmentMeanGrad", "mean")
_register_gradient("SparseSegmentSqrtNGrad", "sqrt_n")


def _sparse_segment_gradient(
    ops: Ops,
    grad: Term,
    data: Term,
    indices: Term,
    segment_ids: Term,
    sparse_gradient: bool,
    gradient: str = "",
    others: int = 2,
) -> tuple[Term | Slices | None, ...]:
    """The gradient by the op `gradient`, or its rows that are not zero, if the op asks for these; the others of the inputs have none."""
    sizes = sizes_of(ops, data)
    if sparse_gradient:
        values, held = getattr(ops, f"{gradient}V2")(grad, indices, segment_ids, sizes[0])
        return (Slices(values, held, ops.tensor(sizes)), *(None,) * others)
    found = getattr(ops, gradient)(grad, indices, segment_ids, sizes[0])
    return (found, *(None,) * others)


for _name in ("SparseSegmentMean", "SparseSegmentSqrtN", "SparseSegmentSum"):
    for _suffix, _others in (("", 2), ("WithNumSegments", 3)):
        REGISTRY[f"{_name}{_suffix}"].gradient(
            functools.partial(_sparse_segment_gradient, gradient=f"{_name}Grad", others=_others)
        )
