"""The same elements in another shape or order: reshape, transpose, reverse, roll."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.array import scalar_of, shape_of
from minihub_runtime.ops.checking import (
    axis_in_range,
    indices_in_range,
    require,
    require_rank,
)
from minihub_runtime.ops.gradient_rules import Ops, Term, inverse_of, sizes_of
from minihub_runtime.ops.registry import ANY, INDEX, Array, at_least, op, types, without_gradient
from minihub_runtime.ops.shape_rules import same_of_rank
from minihub_runtime.ops.windows import ranked
from minihub_runtime.shapes import Shape, Spec, merge, show, size

__all__ = ["complete_shape"]


def complete_shape(asked: Sequence[int], held: Sequence[int]) -> tuple[int, ...]:
    """The shape that `asked` means for a tensor of shape `held`; one size may be -1, which is then computed.

    Sizes of zero on both sides cancel out, so that `[2, 0, -1]` means `[2, 0, 1]` for a tensor of shape [2, 0].

    Raises: InvalidArgumentError if it does not hold the elements.
    """
    sizes = list(asked)
    count = size(held)
    if min(sizes, default=1) > 0 and size(sizes) == count:
        return tuple(sizes)
    holes = [place for place, n in enumerate(sizes) if n == -1]
    require(len(holes) <= 1, f"at most one size of shape may be -1, not {sizes}")
    require(all(n >= -1 for n in sizes), f"sizes of shape must be >= 0, or -1 for one, not {sizes}")
    if holes:
        zero = 0 in sizes
        known = size(n for n in sizes if n > 0)
        sizes[holes[0]] = size(n for n in held if n or not zero) // known
    total = size(sizes)
    require(total == count, f"shape must hold {count} elements, not {total}: {sizes}")
    return tuple(sizes)


@op(
    "Reshape(tensor: T, shape: Tshape) -> output: T",
    T=ANY,
    Tshape=INDEX.default_to("int32"),
    views=True,
    source="core/kernels/reshape_op.h",
    ranks={"shape": 1},
)
def reshape(tensor: Array, shape: Array) -> Array:
    """`tensor` with its elements in row-major order in another shape; one size may be -1.

    Raises: InvalidArgumentError if the shape does not hold as many elements.
    """
    if shape.ndim > 1:
        require(False, f"shape must be a vector, not of shape {list(shape.shape)}")
    held = scalar_of(tensor)
    sizes = shape.reshape(-1).tolist()
    if sizes and held.size and min(sizes) >= -1:
        try:
            return held.reshape(sizes)
        except ValueError:
            # It does not fit, or NumPy reads it otherwise; what follows tells.
            pass
    return held.reshape(complete_shape(sizes, held.shape))


@reshape.shape
def reshape_shape(tensor: Spec, shape: Spec) -> Shape:
    asked = shape.as_shape
    if asked is None or tensor.shape is None:
        return asked
    # Whatever the others are, an array with a size of 0 has no elements.
    holes_in = 0 if 0 in tensor.shape else tensor.shape.count(None)
    holes_out = asked.count(None)
    count = size(n for n in tensor.shape if n is not None)
    known = size(n for n in asked if n is not None)
    if holes_in == 0 and holes_out <= 1:
        fits = count % known == 0 if holes_out and known else count == known
    else:
        fits = holes_in != 1 or holes_out > 0 or known % count == 0
    if not fits:
        require(False, f"shape must hold the elements of {show(tensor.shape)}, not {show(asked)}")
    if holes_in == 0 and holes_out == 1 and known:
        return tuple(count // known if n is None else n for n in asked)
    return asked


@op(
    "ExpandDims(input: T, dim: Tdim) -> output: T",
    T=ANY,
    Tdim=INDEX.default_to("int32"),
    views=True,
    source="core/kernels/reshape_op.h",
)
def expand_dims(input: Array, dim: Array) -> Array:
    """`input` with a dimension of size 1 at `dim`; negative ones count from the end of the result.

    Raises: InvalidArgumentError if `dim` is no single number, or out of range.
    """
    if dim.size != 1:
        require(False, f"dim must have one element, not shape {list(dim.shape)}")
    shape = shape_of(input)
    axis = axis_in_range(dim.item(), len(shape) + 1, "dim")
    return scalar_of(input).reshape(*shape[:axis], 1, *shape[axis:])


@expand_dims.shape
def expand_dims_shape(input: Spec, dim: Spec) -> Shape:
    if input.shape is None:
        return None
    if dim.value is None:
        return (None,) * (len(input.shape) + 1)
    require(dim.value.size == 1, f"dim must have one element, not shape {list(dim.value.shape)}")
    axis = axis_in_range(dim.value.reshape(-1)[0], len(input.shape) + 1, "dim")
    return (*input.shape[:axis], 1, *input.shape[axis:])


@op(
    "Squeeze(input: T) -> output: T",
    T=ANY,
    squeeze_dims=at_least(0),
    views=True,
    source="core/kernels/reshape_op.h",
)
def squeeze(input: Array, *, squeeze_dims: list[int] = []) -> Array:
    """`input` without its dimensions of size 1, or without those of `squeeze_dims`.

    Raises: InvalidArgumentError if one of `squeeze_dims` is out of range or not of size 1.
    """
    shape = shape_of(input)
    if not squeeze_dims:
        return scalar_of(input).reshape([n for n in shape if n != 1])
    dropped = {axis_in_range(axis, len(shape), "squeeze_dims") for axis in squeeze_dims}
    for axis in dropped:
        if shape[axis] != 1:
            raise InvalidArgumentError(
                f"squeeze_dims must have size 1, but dimension {axis} has {shape[axis]}"
            )
    return scalar_of(input).reshape([n for axis, n in enumerate(shape) if axis not in dropped])


@squeeze.shape
def squeeze_shape(input: Spec, squeeze_dims: list[int]) -> Shape:
    if input.shape is None:
        return None
    if not squeeze_dims:
        return None if None in input.shape else tuple(n for n in input.shape if n != 1)
    dropped = {axis_in_range(axis, len(input.shape), "squeeze_dims") for axis in squeeze_dims}
    for axis in dropped:
        if input.shape[axis] not in (1, None):
            raise InvalidArgumentError(
                f"squeeze_dims must have size 1, but dimension {axis} has {input.shape[axis]}"
            )
    return tuple(n for axis, n in enumerate(input.shape) if axis not in dropped)


def _permutation(perm: Array, rank: int) -> list[int]:
    """`perm` as axes.

    Raises: InvalidArgumentError unless it names each axis once.
    """
    require_rank(perm, 1, "perm")
    require(perm.size == rank, f"perm must have {rank} elements, not {perm.size}")
    indices_in_range(perm, rank, "perm")
    axes: list[int] = perm.tolist()
    require(len(set(axes)) == rank, f"perm must name each of {rank} axes once, not {axes}")
    return axes


@op(
    "Transpose(x: T, perm: Tperm) -> y: T",
    T=ANY,
    Tperm=INDEX.default_to("int32"),
    views=True,
    source="core/kernels/transpose_op.cc",
)
def transpose(x: Array, perm: Array) -> Array:
    """`x` with axis `perm[i]` as its axis `i`, as a view.

    Raises: InvalidArgumentError unless `perm` names each axis once.
    """
    return np.transpose(x, _permutation(perm, len(shape_of(x))))


@transpose.shape
def transpose_shape(x: Spec, perm: Spec) -> Shape:
    (count,) = merge((x.rank,), perm.shape) or (None,)
    if count is None:
        return None
    known = x.shape or (None,) * count
    if perm.value is None:
        return (None,) * count
    return tuple(known[axis] for axis in _permutation(perm.value, count))


@op(
    "ConjugateTranspose(x: T, perm: Tperm) -> y: T",
    T=ANY,
    Tperm=INDEX.default_to("int32"),
    views=True,
    shape=transpose_shape,
    source="core/kernels/transpose_op.cc",
)
def conjugate_transpose(x: Array, perm: Array) -> Array:
    """As Transpose, with complex numbers conjugated."""
    turned = np.transpose(x, _permutation(perm, len(shape_of(x))))
    return np.asarray(np.conjugate(turned)) if turned.dtype.kind == "c" else turned


@op(
    "InvertPermutation(x: T) -> y: T",
    T=INDEX.default_to("int32"),
    shape=same_of_rank(1),
    source="core/kernels/transpose_op.cc",
)
def invert_permutation(x: Array) -> Array:
    """`y` such that `y[x[i]] = i`.

    Raises: InvalidArgumentError unless `x` is a vector that has each of 0, 1, …, len(x) - 1 once.
    """
    require_rank(x, 1, "x")
    indices_in_range(x, x.size, "x")
    result = np.full(x.shape, -1, dtype=x.dtype)
    result[x] = np.arange(x.size, dtype=x.dtype)
    require(bool((result >= 0).all()), "x must have each index once, but it repeats one")
    return result


def _flipped(tensor: Array, axes: list[int]) -> Array:
    # Of a scalar NumPy would make a number, not an array.
    return np.flip(tensor, tuple(axes)) if axes else tensor


REVERSIBLE = "float16 float32 float64 complex64 complex128 string"


@op(
    "Reverse(tensor: T, dims: bool) -> output: T",
    T=types(f"uint8 int8 uint16 int16 uint32 int32 uint64 int64 bool bfloat16 {REVERSIBLE}"),
    views=True,
    source="core/kernels/reverse_op.cc",
)
def reverse(tensor: Array, dims: Array) -> Array:
    """`tensor` in opposite order along the axes where `dims` is true, as a view.

    Raises: InvalidArgumentError unless `dims` has one element per axis, at most 8.
    """
    require_rank(dims, 1, "dims")
    require(dims.size == tensor.ndim, f"dims must have {tensor.ndim} elements, not {dims.size}")
    require(tensor.ndim <= 8, f"tensor must have rank <= 8, not {tensor.ndim}")
    if tensor.ndim == 3 and tensor.shape[0] == 0:
        raise InvalidArgumentError("a tensor of rank 3 must have a first dimension > 0, not 0")
    return _flipped(tensor, [axis for axis, chosen in enumerate(dims) if chosen])


@reverse.shape
def reverse_shape(tensor: Spec, dims: Spec) -> Shape:
    length = ranked(dims, 1, "dims")[0]
    require((tensor.rank or 0) <= 8, f"tensor must have rank <= 8, not {tensor.rank}")
    return tensor.shape if length is None else merge(tensor.shape, (None,) * length)


@op(
    "ReverseV2(tensor: T, axis: Tidx) -> output: T",
    Tidx=INDEX.default_to("int32"),
    T=types(f"uint8 int8 uint16 int16 int32 uint32 int64 uint64 bool bfloat16 {REVERSIBLE}"),
    views=True,
    source="core/kernels/reverse_op.cc",
    ranks={"axis": 1},
)
def reverse_v2(tensor: Array, axis: Array) -> Array:
    """`tensor` in opposite order along the given axes, as a view.

    Raises: InvalidArgumentError if an axis is out of range or named twice, or the rank is over 8.
    """
    require_rank(axis, 1, "axis")
    return _flipped(tensor, _reversed_axes(axis, tensor.ndim))


def _reversed_axes(axis: Array, rank: int) -> list[int]:
    axes = [axis_in_range(index, rank) for index in axis.tolist()]
    require(len(set(axes)) == len(axes), f"axis must not name one twice, as {axes} does")
    require(rank <= 8, f"tensor must have rank <= 8, not {rank}")
    return axes


@reverse_v2.shape
def reverse_v2_shape(tensor: Spec, axis: Spec) -> Shape:
    if tensor.shape is not None:
        _reversed_axes(np.zeros(0) if axis.value is None else axis.value, len(tensor.shape))
    return tensor.shape


@op(
    "ReverseSequence(input: T, seq_lengths: Tlen) -> output: T",
    T=ANY,
    Tlen=INDEX.default_to("int64"),
    source="core/kernels/reverse_sequence_op.cc",
    ranks={"seq_lengths": 1},
)
def reverse_sequence(
    input: Array, seq_lengths: Array, *, seq_dim: int, batch_dim: int = 0
) -> Array:
    """`input` with the first `seq_lengths[i]` slices along `seq_dim` reversed in batch row `i`.

    Raises: InvalidArgumentError for equal or invalid axes, and lengths out of range or not one per batch row.
    """
    require_rank(seq_lengths, 1, "seq_lengths")
    require(batch_dim != seq_dim, f"batch_dim and seq_dim must differ, not both be {seq_dim}")
    for value, name in ((seq_dim, "seq_dim"), (batch_dim, "batch_dim")):
        require(0 <= value < input.ndim, f"{name} must lie in [0, {input.ndim}), not {value}")
    rows, steps = input.shape[batch_dim], input.shape[seq_dim]
    require(
        seq_lengths.size == rows,
        f"seq_lengths must have one element per batch row, {rows}, not {seq_lengths.size}",
    )
    indices_in_range(seq_lengths, steps + 1, "seq_lengths")
    place = np.arange(steps)
    lengths = seq_lengths[:, None]
    source = np.where(place < lengths, lengths - 1 - place, place)
    moved = np.moveaxis(input, (batch_dim, seq_dim), (0, 1))
    turned = moved[np.arange(rows)[:, None], source]
    return np.ascontiguousarray(np.moveaxis(turned, (0, 1), (batch_dim, seq_dim)))


@reverse_sequence.shape
def reverse_sequence_shape(input: Spec, seq_lengths: Spec, seq_dim: int, batch_dim: int) -> Shape:
    if input.shape is None:
        return None
    for value, name in ((seq_dim, "seq_dim"), (batch_dim, "batch_dim")):
        require(value < len(input.shape), f"{name} must be < {len(input.shape)}, not {value}")
    require(batch_dim >= 0, f"batch_dim must be >= 0, not {batch_dim}")
    rows: list[int | None] = [None] * len(input.shape)
    rows[batch_dim] = ranked(seq_lengths, 1, "seq_lengths")[0]
    return merge(input.shape, tuple(rows))


@op(
    "Roll(input: T, shift: Tshift, axis: Taxis) -> output: T",
    T=ANY,
    Tshift=INDEX,
    Taxis=INDEX,
    source="core/kernels/roll_op.cc",
)
def roll(input: Array, shift: Array, axis: Array) -> Array:
    """`input` moved by `shift` along `axis`; what falls off the end comes back at the start.

    Shapes: `shift` and `axis` are scalars or vectors of one length; shifts along one axis add up.
    Raises: InvalidArgumentError for a scalar input, other shapes, and axes out of range.
    """
    require(input.ndim >= 1, "input must have rank >= 1, not 0")
    for array, name in ((shift, "shift"), (axis, "axis")):
        require(array.ndim <= 1, f"{name} must be a scalar or vector, not {list(array.shape)}")
    require(
        shift.shape == axis.shape,
        f"shift and axis must have one shape, not {list(shift.shape)} and {list(axis.shape)}",
    )
    shifts = [0] * input.ndim
    for amount, index in zip(shift.reshape(-1).tolist(), axis.reshape(-1).tolist(), strict=True):
        shifts[axis_in_range(index, input.ndim)] += amount
    moved = [place for place, amount in enumerate(shifts) if amount]
    return np.roll(
        input, [shifts[i] % max(input.shape[i], 1) for i in moved] if moved else 0, moved or 0
    )


@roll.shape
def roll_shape(input: Spec, shift: Spec, axis: Spec) -> Shape:
    require(input.shape != (), "input must have rank >= 1, not 0")
    places = merge(shift.shape, axis.shape)
    require(len(places or ()) <= 1, f"shift and axis must be scalars or vectors, not {places}")
    return input.shape


@reshape.gradient
def reshape_gradient(ops: Ops, grad: Term, tensor: Term) -> tuple[Term, None]:
    return ops.Reshape(grad, sizes_of(ops, tensor)), None


@expand_dims.gradient
def expand_dims_gradient(ops: Ops, grad: Term, input: Term) -> tuple[Term, None]:
    return ops.Reshape(grad, sizes_of(ops, input)), None


@squeeze.gradient
def squeeze_gradient(ops: Ops, grad: Term, input: Term) -> Term:
    return ops.Reshape(grad, sizes_of(ops, input))


@transpose.gradient
def transpose_gradient(ops: Ops, grad: Term, perm: Term) -> tuple[Term, None]:
    return ops.Transpose(grad, inverse_of(ops, perm)), None


@conjugate_transpose.gradient
def conjugate_transpose_gradient(ops: Ops, grad: Term, perm: Term) -> tuple[Term, None]:
    return ops.ConjugateTranspose(grad, inverse_of(ops, perm)), None


@reverse.gradient
def reverse_gradient(ops: Ops, grad: Term, dims: Term) -> tuple[Term, None]:
    return ops.Reverse(grad, dims), None


@reverse_v2.gradient
def reverse_v2_gradient(ops: Ops, grad: Term, axis: Term) -> tuple[Term, None]:
    return ops.ReverseV2(grad, axis), None


@reverse_sequence.gradient
def reverse_sequence_gradient(
    ops: Ops, grad: Term, seq_lengths: Term, seq_dim: int, batch_dim: int
) -> tuple[Term, None]:
    return ops.ReverseSequence(grad, seq_lengths, seq_dim=seq_dim, batch_dim=batch_dim), None


@roll.gradient
def roll_gradient(ops: Ops, grad: Term, shift: Term, axis: Term) -> tuple[Term, None, None]:
    return ops.Roll(grad, -shift, axis), None, None


without_gradient("InvertPermutation")
