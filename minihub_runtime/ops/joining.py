"""Joining tensors and taking them apart: pack, unpack, concat, split; updates of whole rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import (
    bfloat16,
    float_to_bfloat16,
    to_float,
)
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.array import scalar_of, shape_of
from minihub_runtime.ops.checking import axis_in_range, require, require_rank, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Slices, Term, positive, rank_of, sizes_of
from minihub_runtime.ops.registry import ANY, INDEX, Array, at_least, op, types, without_gradient
from minihub_runtime.shapes import Shape, Spec, compatible, dims, merge, show

__all__: list[str] = []


@op("Pack(values: N * T) -> output: T", T=ANY, source="core/kernels/pack_op.cc")
def pack(values: Sequence[Array], *, axis: int = 0) -> Array:
    """The tensors stacked along a new axis.

    Raises: InvalidArgumentError if their shapes differ or `axis` is out of range.
    """
    shape = shape_of(values[0])
    for place, value in enumerate(values):
        if shape_of(value) != shape:
            raise InvalidArgumentError(
                f"values must have one shape, but values[0] has {list(shape)} and "
                f"values[{place}] {list(shape_of(value))}"
            )
    at = axis_in_range(axis, len(shape) + 1)
    if not shape:
        first = scalar_of(values[0])
        result: Array = np.empty(len(values), dtype=first.dtype)
        for place, value in enumerate(values):
            result[place] = value[()] if isinstance(value, np.ndarray) else value
        return result
    return np.stack(values, axis=at)


@pack.shape
def pack_shape(values: Sequence[Spec], axis: int) -> Shape:
    shape: Shape = None
    for spec in values:
        shape = merge(shape, spec.shape)
    if shape is None:
        return None
    at = axis_in_range(axis, len(shape) + 1)
    return (*shape[:at], len(values), *shape[at:])


@op(
    "Unpack(value: T) -> output: num * T",
    num=at_least(0),
    T=ANY,
    views=True,
    source="core/kernels/unpack_op.cc",
)
def unpack(value: Array, *, num: int, axis: int = 0) -> tuple[Array, ...]:
    """The `num` slices of `value` along `axis`, as views.

    Raises: InvalidArgumentError if that axis is out of range or has another size.
    """
    at = axis_in_range(axis, value.ndim)
    require(value.shape[at] == num, f"axis {at} must have size {num}, not {value.shape[at]}")
    # The ellipsis makes the items of a vector arrays, not scalars.
    first = np.moveaxis(value, at, 0)
    return tuple(first[place, ...] for place in range(num))


@unpack.shape
def unpack_shape(value: Spec, num: int, axis: int) -> list[Shape]:
    if value.shape is None:
        return [None] * num
    at = axis_in_range(axis, len(value.shape))
    require(value.shape[at] in (num, None), f"axis {at} must have size {num}, not {value.shape}")
    return [(*value.shape[:at], *value.shape[at + 1 :])] * num


def _concat(values: Sequence[Array], axis: Array) -> Array:
    require(axis.size == 1 and axis.ndim <= 1, f"axis must be a scalar, not {list(axis.shape)}")
    first = values[0]
    at = axis_in_range(axis.reshape(-1)[0], max(first.ndim, 1))
    require(first.ndim >= 1, "values must have rank >= 1, not 0")
    try:
        return np.concatenate(values, axis=at)
    except ValueError as error:
        shapes = [list(value.shape) for value in values]
        raise InvalidArgumentError(
            f"values must have one shape except along axis {at}, not {shapes[:10]}"
        ) from error


def _concat_shape(values: Sequence[Spec], axis: Spec) -> Shape:
    merge(axis.shape, ())
    ranks = {len(spec.shape) for spec in values if spec.shape is not None}
    require(len(ranks) <= 1, f"values must have one rank, not {sorted(ranks)}")
    if not ranks:
        return None
    rank = ranks.pop()
    require(rank >= 1, "values must have rank >= 1, not 0")
    if axis.value is None:
        return (None,) * rank
    at = axis_in_range(axis.value, rank)
    before: Shape = (None,) * at
    after: Shape = (None,) * (rank - at - 1)
    total: int | None = 0
    for spec in values:
        if spec.shape is None:
            total = None
            continue
        before, after = merge(before, spec.shape[:at]), merge(after, spec.shape[at + 1 :])
        length = spec.shape[at]
        total = None if total is None or length is None else total + length
    assert before is not None
    assert after is not None
    return (*before, total, *after)


@op(
    "ConcatV2(values: N * T, axis: Tidx) -> output: T",
    N=at_least(2),
    T=ANY,
    Tidx=INDEX.default_to("int32"),
    source="core/kernels/concat_op.cc",
    shape=_concat_shape,
)
def concat_v2(values: Sequence[Array], axis: Array) -> Array:
    """The tensors one after the other along `axis`.

    Raises: InvalidArgumentError if their other sizes differ or `axis` is out of range.
    """
    return _concat(values, axis)


@op(
    "Concat(concat_dim: int32, values: N * T) -> output: T",
    N=at_least(2),
    T=ANY,
    source="core/kernels/concat_op.cc",
    shape=lambda concat_dim, values: _concat_shape(values, concat_dim),
)
def concat(concat_dim: Array, values: Sequence[Array]) -> Array:
    """The tensors one after the other along `concat_dim`.

    Raises: InvalidArgumentError if their other sizes differ or `concat_dim` is out of range.
    """
    return _concat(values, concat_dim)


@op(
    "ConcatOffset(concat_dim: int32, shape: N * shape_type) -> offset: N * shape_type",
    N=at_least(2),
    shape_type=INDEX.default_to("int32"),
    source="core/kernels/concat_op.cc",
    shape=lambda concat_dim, shape: [spec.shape for spec in shape],
)
def concat_offset(concat_dim: Array, shape: Sequence[Array]) -> tuple[Array, ...]:
    """Where each of the tensors of the given shapes begins in their concatenation.

    Raises: InvalidArgumentError if their other sizes differ or `concat_dim` is out of range.
    """
    require(concat_dim.ndim == 0, f"concat_dim must be a scalar, not {list(concat_dim.shape)}")
    for vector in shape:
        require_rank(vector, 1, "each shape")
    at = axis_in_range(concat_dim, shape[0].size, "concat_dim")
    offsets = []
    start = 0
    first = shape[0].tolist()
    for place, vector in enumerate(shape):
        sizes = vector.tolist()
        if [*sizes[:at], *sizes[at + 1 :]] != [*first[:at], *first[at + 1 :]]:
            raise InvalidArgumentError(
                f"shapes must agree except along axis {at}, but shape[0] is {first} "
                f"and shape[{place}] {sizes}"
            )
        offset = np.zeros(len(sizes), vector.dtype)
        offset[at] = start
        offsets.append(offset)
        start += sizes[at]
    return tuple(offsets)


def _pieces(value: Array, at: int, lengths: Sequence[int]) -> tuple[Array, ...]:
    """Views of `value` of the given lengths along axis `at`."""
    before = (slice(None),) * at
    pieces, start = [], 0
    for length in lengths:
        index = (*before, slice(start, start + length))
        pieces.append(value[index])
        start += length
    return tuple(pieces)


@op(
    "Split(split_dim: int32, value: T) -> output: num_split * T",
    T=ANY,
    views=True,
    source="core/kernels/split_op.cc",
)
def split(split_dim: Array, value: Array, *, num_split: int) -> tuple[Array, ...]:
    """`num_split` equal parts of `value` along `split_dim`, as views.

    Raises: InvalidArgumentError if that axis is out of range or does not divide.
    """
    require_scalar(split_dim, "split_dim")
    at = axis_in_range(split_dim, value.ndim, "split_dim")
    length, rest = divmod(value.shape[at], num_split)
    if rest:
        raise InvalidArgumentError(
            f"num_split = {num_split} must divide axis {at}, which has size {value.shape[at]}"
        )
    return _pieces(value, at, [length] * num_split)


@split.shape
def split_shape(split_dim: Spec, value: Spec, num_split: int) -> list[Shape]:
    if value.shape is None:
        return [None] * num_split
    if split_dim.value is None:
        return [(None,) * len(value.shape)] * num_split
    require_scalar(split_dim.value, "split_dim")
    at = axis_in_range(split_dim.value, len(value.shape), "split_dim")
    length = value.shape[at]
    if length is not None:
        require(length % num_split == 0, f"num_split = {num_split} must divide {length}")
        length //= num_split
    return [(*value.shape[:at], length, *value.shape[at + 1 :])] * num_split


def _lengths(size_splits: Array, total: int, num_split: int) -> list[int]:
    """The lengths of the parts, the one -1 computed.

    Raises: InvalidArgumentError unless they sum to `total`.
    """
    require(
        size_splits.ndim == 1 and size_splits.size == num_split,
        f"size_splits must be a vector of {num_split} elements, not of shape "
        f"{list(size_splits.shape)}",
    )
    lengths: list[int] = size_splits.tolist()
    holes = [place for place, n in enumerate(lengths) if n == -1]
    require(len(holes) <= 1, f"at most one of size_splits may be -1, not {lengths}")
    known = sum(n for n in lengths if n != -1)
    if holes:
        lengths[holes[0]] = total - known
    require(
        known <= total if holes else known == total,
        f"size_splits must sum to {total}, not {lengths}",
    )
    require(min(lengths, default=0) >= 0, f"size_splits must be >= 0, not {lengths}")
    return lengths


@op(
    "SplitV(value: T, size_splits: Tlen, split_dim: int32) -> output: num_split * T",
    T=ANY,
    Tlen=types("int8 int32 int64", default="int64"),
    views=True,
    source="core/kernels/split_v_op.cc",
)
def split_v(
    value: Array, size_splits: Array, split_dim: Array, *, num_split: int
) -> tuple[Array, ...]:
    """Parts of `value` of lengths `size_splits` along `split_dim`, as views; one length may be -1.

    Raises: InvalidArgumentError if that axis is out of range or the lengths do not sum to its size.
    """
    require(split_dim.size == 1, f"split_dim must be a scalar, not {list(split_dim.shape)}")
    at = axis_in_range(split_dim.reshape(-1)[0], value.ndim, "split_dim")
    return _pieces(value, at, _lengths(size_splits, value.shape[at], num_split))


@split_v.shape
def split_v_shape(value: Spec, size_splits: Spec, split_dim: Spec, num_split: int) -> list[Shape]:
    if size_splits.shape is not None:
        fits = compatible(size_splits.shape, (num_split,))
        require(fits, f"size_splits must have shape [{num_split}], not {show(size_splits.shape)}")
    if value.shape is None:
        return [None] * num_split
    if split_dim.value is None:
        # The one part of all is the whole.
        return [value.shape] if num_split == 1 else [(None,) * len(value.shape)] * num_split
    require_scalar(split_dim.value, "split_dim")
    at = axis_in_range(split_dim.value, len(value.shape), "split_dim")
    before, after, total = value.shape[:at], value.shape[at + 1 :], value.shape[at]
    if size_splits.value is None:
        return [value.shape] if num_split == 1 else [(*before, None, *after)] * num_split
    if total is not None:
        return [(*before, n, *after) for n in _lengths(size_splits.value, total, num_split)]
    return [(*before, n, *after) for n in dims(size_splits.value) or ()]


@op(
    "ParallelConcat(values: N * T) -> output: T",
    T=ANY,
    source="core/kernels/inplace_ops.cc",
)
def parallel_concat(values: Sequence[Array], *, shape: Shape) -> Array:
    """Tensors whose first size is 1, one after the other; the result has `shape`.

    Raises: InvalidArgumentError if `shape` is not the shape of the result.
    """
    for value in values:
        require(
            value.ndim > 0 and value.shape[0] == 1,
            f"values must have a first dimension of size 1, not shape {list(value.shape)}",
        )
    found = _concat(values, np.zeros((), np.int32))
    require(found.shape == shape, f"shape must be {list(found.shape)}, not {show(shape)}")
    return found


@parallel_concat.shape
def parallel_concat_shape(values: Sequence[Spec], shape: Shape) -> Shape:
    if shape is None or None in shape:
        require(False, f"shape must have all its sizes, not be {show(shape)}")
    assert shape is not None
    for value in values:
        merge(value.shape, (1, *shape[1:]))
    return shape


def _rows(x: Array, i: Array, v: Array) -> Array:
    """The rows that an in-place update of TensorFlow touches: indices wrap around.

    Raises: InvalidArgumentError unless `v` has one row per index, of the shape of those of `x`.
    """
    require_rank(i, 1, "i")
    require(
        x.ndim == v.ndim and x.ndim >= 1,
        f"x and v must have one rank >= 1, not shapes {list(x.shape)} and {list(v.shape)}",
    )
    if v.shape != (i.size, *x.shape[1:]):
        raise InvalidArgumentError(
            f"v must have shape {[i.size, *x.shape[1:]]}, not {list(v.shape)}"
        )
    return np.mod(i, x.shape[0]) if x.shape[0] else i[:0]


def _inplace(name: str, ufunc: Any) -> None:
    """Register one of the ops that change whole rows of a copy."""

    def kernel(x: Array, i: Array, v: Array) -> Array:
        """`x` with the rows `i` changed by those of `v`, one after the other; indices wrap around."""
        rows = _rows(x, i, v)
        if x.shape[0] == 0:
            return x.copy()
        if ufunc is None:
            result = x.copy()
            result[rows] = v
            return result
        wide = x.dtype == bfloat16.numpy
        result = to_float(x).copy()
        with np.errstate(all="ignore"):
            for row, value in zip(rows.tolist(), to_float(v), strict=True):
                changed = ufunc(result[row], value)
                result[row] = to_float(float_to_bfloat16(changed)) if wide else changed
        return float_to_bfloat16(result) if wide else result

    op(
        f"{name}(x: T, i: int32, v: T) -> y: T",
        T=ANY,
        source="core/kernels/inplace_ops.cc",
        shape=lambda x: x.shape,
    )(kernel)


for _name, _ufunc in (("InplaceUpdate", None), ("InplaceAdd", np.add), ("InplaceSub", np.subtract)):
    _inplace(_name, _ufunc)


@pack.gradient
def pack_gradient(ops: Ops, grad: Term, values: list[Term], axis: int) -> list[Term]:
    return ops.Unpack(grad, num=len(values), axis=axis)


@unpack.gradient
def unpack_gradient(ops: Ops, grads: list[Term], axis: int) -> Term:
    return ops.Pack(grads, axis=axis)


def _concat_gradient(ops: Ops, grad: Term, values: list[Term], axis: Term) -> list[Term]:
    """The part of `grad` that belongs to each value."""
    if len(values) == 1:
        return [grad]
    place = positive(axis, rank_of(ops, values[0]))
    if isinstance(grad, Slices):
        return _sliced_concat_gradient(ops, grad, values, place)
    sizes = [sizes_of(ops, value) for value in values]
    offsets = ops.ConcatOffset(place, sizes)
    return [ops.Slice(grad, begin, length) for begin, length in zip(offsets, sizes, strict=True)]


def _sliced_concat_gradient(ops: Ops, grad: Slices, values: list[Term], axis: Any) -> list[Term]:
    """The same of slices: joined along the first axis each value gets those of its rows, else a part of all."""
    parts: list[Term] = []
    sizes = [ops.Shape(value) for value in values]
    if isinstance(axis, Term):
        raise ValueError("Can only compute IndexedSlices gradient with statically-known concat_dim")
    if axis > 0:
        for begin, length in zip(ops.ConcatOffset(axis, sizes), sizes, strict=True):
            kept = ops.Slice(grad.values, begin, ops.ConcatV2([[-1], length[1:]], 0))
            parts.append(Slices(kept, grad.indices, length))
        return parts
    start: Term = ops.constant(0, grad.indices.dtype)
    for length in sizes:
        end = start + ops.Cast(length[0], DstT=grad.indices.dtype)
        mine = ops.LogicalAnd(ops.GreaterEqual(grad.indices, start), ops.Less(grad.indices, end))
        chosen = ops.Squeeze(ops.Where(mine), squeeze_dims=[1])
        parts.append(
            Slices(
                ops.GatherV2(grad.values, chosen, 0),
                ops.GatherV2(grad.indices, chosen, 0) - start,
                length,
            )
        )
        start = end
    return parts


@concat.gradient
def concat_gradient(
    ops: Ops, grad: Term, values: list[Term], concat_dim: Term
) -> tuple[None, list[Term]]:
    return None, _concat_gradient(ops, grad, values, concat_dim)


@concat_v2.gradient
def concat_v2_gradient(
    ops: Ops, grad: Term, values: list[Term], axis: Term
) -> tuple[list[Term], None]:
    return _concat_gradient(ops, grad, values, axis), None


def _joined(ops: Ops, grads: list[Term], axis: Term) -> Term:
    """The gradients of parts as that of the whole; ConcatV2 takes two at least."""
    return grads[0] if len(grads) == 1 else ops.ConcatV2(grads, axis)


@split.gradient
def split_gradient(ops: Ops, grads: list[Term], split_dim: Term) -> tuple[None, Term]:
    return None, _joined(ops, grads, split_dim)


@split_v.gradient
def split_v_gradient(ops: Ops, grads: list[Term], split_dim: Term) -> tuple[Term, None, None]:
    return _joined(ops, grads, split_dim), None, None


without_gradient("ConcatOffset")
