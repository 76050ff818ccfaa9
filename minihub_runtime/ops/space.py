"""Moving blocks of pixels between space, depth and batch."""

from __future__ import annotations

from typing import Literal

import numpy as np

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.array import zeros
from minihub_runtime.ops.checking import allocatable, require, require_rank
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term
from minihub_runtime.ops.padding import pairs_of
from minihub_runtime.ops.registry import ANY, INDEX, Array, at_least, op
from minihub_runtime.shapes import Shape, Spec, merge, show, size

__all__ = ["times"]

ImageFormat = Literal["NHWC", "NCHW", "NCHW_VECT_C"]


def _image(input: Array, data_format: str) -> Array:
    """The batch of images with channels last."""
    if data_format == "NCHW_VECT_C":
        raise UnimplementedError("data_format must be NHWC or NCHW, not NCHW_VECT_C")
    require_rank(input, 4, "input")
    return input.transpose(0, 2, 3, 1) if data_format == "NCHW" else input


def _back(image: Array, data_format: str) -> Array:
    """The images in their format again, contiguous."""
    return np.ascontiguousarray(image.transpose(0, 3, 1, 2) if data_format == "NCHW" else image)


def _image_shape(shape: Shape, data_format: str) -> tuple[int | None, ...] | None:
    if data_format == "NCHW_VECT_C":
        return None
    if shape is None:
        return (None,) * 4
    require(len(shape) == 4, f"input must have rank 4, not shape {show(shape)}")
    return tuple(shape[i] for i in (0, 2, 3, 1)) if data_format == "NCHW" else shape


def _back_shape(sizes: tuple[int | None, ...], data_format: str) -> Shape:
    return tuple(sizes[i] for i in (0, 3, 1, 2)) if data_format == "NCHW" else sizes


def _divided(n: int | None, divisor: int, name: str) -> int | None:
    if n is not None and n % divisor:
        raise InvalidArgumentError(f"{name} must be divisible by {divisor}, not {n}")
    return None if n is None else n // divisor


def times(n: int | None, factor: int) -> int | None:
    """A size times a number; unknown stays unknown."""
    return None if n is None else n * factor


@op(
    "DepthToSpace(input: T) -> output: T",
    T=ANY,
    block_size=at_least(2),
    views=True,
    source="core/kernels/depthtospace_op.cc",
)
def depth_to_space(input: Array, *, block_size: int, data_format: ImageFormat = "NHWC") -> Array:
    """Each pixel's channels spread over a block of `block_size` × `block_size` pixels.

    Differs: NCHW works too; TensorFlow has it on GPUs alone.
    Raises: InvalidArgumentError unless the depth is divisible by the area of the block.
    """
    image = _image(input, data_format)
    n, h, w, c = image.shape
    depth = _divided(c, block_size * block_size, "the depth")
    assert depth is not None
    blocks = image.reshape(n, h, w, block_size, block_size, depth).transpose(0, 1, 3, 2, 4, 5)
    return _back(blocks.reshape(n, h * block_size, w * block_size, depth), data_format)


@depth_to_space.shape
def depth_to_space_shape(input: Spec, block_size: int, data_format: str) -> Shape:
    sizes = _image_shape(input.shape, data_format)
    if sizes is None:
        return None
    n, h, w, c = sizes
    depth = _divided(c, block_size * block_size, "the depth")
    return _back_shape((n, times(h, block_size), times(w, block_size), depth), data_format)


@op(
    "SpaceToDepth(input: T) -> output: T",
    T=ANY,
    block_size=at_least(2),
    views=True,
    source="core/kernels/spacetodepth_op.cc",
)
def space_to_depth(input: Array, *, block_size: int, data_format: ImageFormat = "NHWC") -> Array:
    """Each block of `block_size` × `block_size` pixels as one pixel with their channels.

    Differs: NCHW works too; TensorFlow has it on GPUs alone.
    Raises: InvalidArgumentError unless height and width are divisible by `block_size`.
    """
    image = _image(input, data_format)
    n, h, w, c = image.shape
    rows, columns = _divided(h, block_size, "the height"), _divided(w, block_size, "the width")
    assert rows is not None
    assert columns is not None
    blocks = image.reshape(n, rows, block_size, columns, block_size, c).transpose(0, 1, 3, 2, 4, 5)
    return _back(blocks.reshape(n, rows, columns, block_size * block_size * c), data_format)


@space_to_depth.shape
def space_to_depth_shape(input: Spec, block_size: int, data_format: str) -> Shape:
    sizes = _image_shape(input.shape, data_format)
    if sizes is None:
        return None
    n, h, w, c = sizes
    rows, columns = _divided(h, block_size, "the height"), _divided(w, block_size, "the width")
    return _back_shape((n, rows, columns, times(c, block_size * block_size)), data_format)


def _blocks(block_shape: Array, rank: int) -> list[int]:
    """`block_shape` as Python integers.

    Raises: InvalidArgumentError unless it has at most one number >= 1 per axis after the first.
    """
    require_rank(block_shape, 1, "block_shape")
    require(
        block_shape.size < rank,
        f"input must have rank >= {1 + block_shape.size} for this block_shape, not {rank}",
    )
    blocks: list[int] = block_shape.tolist()
    require(min(blocks, default=1) >= 1, f"block_shape must be >= 1, not {blocks}")
    return blocks


def _space_to_batch(input: Array, block_shape: Array, paddings: Array) -> Array:
    blocks = _blocks(block_shape, input.ndim)
    count = len(blocks)
    pairs = pairs_of(paddings, count)
    batch, rest = input.shape[0], input.shape[1 + count :]
    padded = [n + sum(pair) for n, pair in zip(input.shape[1:], pairs)]
    for n, block in zip(padded, blocks, strict=True):
        _divided(n, block, "the padded size")
    allocatable((batch, *padded, *rest), input.dtype)
    if any(map(any, pairs)):
        wide = zeros((batch, *padded, *rest), as_dtype(input.dtype))
        index = (slice(None), *(slice(p, p + n) for n, (p, _) in zip(input.shape[1:], pairs)))
        wide[index] = input
    else:
        wide = input
    parts = [m for n, block in zip(padded, blocks, strict=True) for m in (n // block, block)]
    split = wide.reshape(batch, *parts, *rest)
    places = range(count)
    order = [
        *(2 + 2 * i for i in places),
        0,
        *(1 + 2 * i for i in places),
        *range(1 + 2 * count, split.ndim),
    ]
    small = [n // block for n, block in zip(padded, blocks, strict=True)]
    return split.transpose(order).reshape(batch * size(blocks), *small, *rest)


def _batch_to_space(input: Array, block_shape: Array, crops: Array) -> Array:
    blocks = _blocks(block_shape, input.ndim)
    count = len(blocks)
    pairs = pairs_of(crops, count, "crops")
    rest = input.shape[1 + count :]
    batch = _divided(input.shape[0], size(blocks), "the batch")
    assert batch is not None
    big = [n * block for n, block in zip(input.shape[1:], blocks)]
    for n, pair in zip(big, pairs, strict=True):
        require(n - sum(pair) >= 0, f"crops must fit the size {n}, not {list(pair)}")
    split = input.reshape(*blocks, batch, *input.shape[1:])
    order = [count]
    for i in range(count):
        order += [count + 1 + i, i]
    order += range(1 + 2 * count, split.ndim)
    wide = split.transpose(order).reshape(batch, *big, *rest)
    inner = (slice(p, n - q) for n, (p, q) in zip(big, pairs, strict=True))
    index = (slice(None), *inner)
    return np.ascontiguousarray(wide[index])


def _block_shape_rule(input: Spec, block_shape: Spec, pads: Spec, grow: bool) -> Shape:
    """The shape after SpaceToBatch, or, with `grow`, after BatchToSpace."""
    require(block_shape.rank in (1, None), f"block_shape must have rank 1, not {block_shape.rank}")
    length = None if block_shape.shape is None else block_shape.shape[0]
    if input.shape is None:
        return None
    require(length is None or length < len(input.shape), f"input must have rank > {length}")
    merge(pads.shape, (length, 2))
    if length is None:
        return (None,) * len(input.shape)
    sizes: list[int | None] = [*[None] * (1 + length), *input.shape[1 + length :]]
    if length == 0:
        return input.shape
    if block_shape.value is None:
        return tuple(sizes)
    blocks = _blocks(block_shape.value, len(input.shape))
    batch = input.shape[0]
    sizes[0] = _divided(batch, size(blocks), "the batch") if grow else times(batch, size(blocks))
    if pads.value is None:
        return tuple(sizes)
    pairs = pairs_of(pads.value, length, "crops" if grow else "paddings")
    for axis, (block, pair) in enumerate(zip(blocks, pairs, strict=True), 1):
        n = input.shape[axis]
        if n is None:
            continue
        sizes[axis] = (
            n * block - sum(pair) if grow else _divided(n + sum(pair), block, "the padded size")
        )
        if grow:
            require(n * block >= sum(pair), f"crops must fit the size {n * block}")
    return tuple(sizes)


@op(
    "SpaceToBatchND(input: T, block_shape: Tblock_shape, paddings: Tpaddings) -> output: T",
    T=ANY,
    Tblock_shape=INDEX.default_to("int32"),
    Tpaddings=INDEX.default_to("int32"),
    views=True,
    source="core/kernels/spacetobatch_op.cc",
)
def space_to_batch_nd(input: Array, block_shape: Array, paddings: Array) -> Array:
    """`input` padded with zeros; each place in a block of the axes after the first becomes a batch of its own.

    Raises: InvalidArgumentError unless the blocks divide the padded sizes.
    """
    return _space_to_batch(input, block_shape, paddings)


@space_to_batch_nd.shape
def space_to_batch_nd_shape(input: Spec, block_shape: Spec, paddings: Spec) -> Shape:
    return _block_shape_rule(input, block_shape, paddings, grow=False)


@op(
    "BatchToSpaceND(input: T, block_shape: Tblock_shape, crops: Tcrops) -> output: T",
    T=ANY,
    Tblock_shape=INDEX.default_to("int32"),
    Tcrops=INDEX.default_to("int32"),
    views=True,
    source="core/kernels/batchtospace_op.cc",
)
def batch_to_space_nd(input: Array, block_shape: Array, crops: Array) -> Array:
    """The inverse of SpaceToBatchND; `crops` are cut off at the end.

    Raises: InvalidArgumentError unless the batch is divisible by the volume of a block, and the crops fit.
    """
    return _batch_to_space(input, block_shape, crops)


@batch_to_space_nd.shape
def batch_to_space_nd_shape(input: Spec, block_shape: Spec, crops: Spec) -> Shape:
    return _block_shape_rule(input, block_shape, crops, grow=True)


def _square(block_size: int) -> Array:
    return np.asarray([block_size, block_size], dtype=np.int64)


def _square_spec(block_size: int, like: Spec) -> Spec:
    return Spec(like.dtype, (2,), _square(block_size))


@op(
    "SpaceToBatch(input: T, paddings: Tpaddings) -> output: T",
    T=ANY,
    Tpaddings=INDEX.default_to("int32"),
    block_size=at_least(2),
    views=True,
    source="core/kernels/spacetobatch_op.cc",
    ranks={"paddings": 2},
)
def space_to_batch(input: Array, paddings: Array, *, block_size: int) -> Array:
    """As SpaceToBatchND with square blocks, for images.

    Raises: InvalidArgumentError unless `input` has rank 4 and the blocks divide its padded sizes.
    """
    require_rank(input, 4, "input")
    return _space_to_batch(input, _square(block_size), paddings)


@space_to_batch.shape
def space_to_batch_shape(input: Spec, paddings: Spec, block_size: int) -> Shape:
    shape = (None,) * 4 if input.shape is None else input.shape
    require(len(shape) == 4, f"input must have rank 4, not shape {show(shape)}")
    known = Spec(input.dtype, shape)
    return _block_shape_rule(known, _square_spec(block_size, input), paddings, grow=False)


@op(
    "BatchToSpace(input: T, crops: Tidx) -> output: T",
    T=ANY,
    block_size=at_least(2),
    Tidx=INDEX.default_to("int32"),
    views=True,
    source="core/kernels/batchtospace_op.cc",
    ranks={"crops": 2},
)
def batch_to_space(input: Array, crops: Array, *, block_size: int) -> Array:
    """As BatchToSpaceND with square blocks, for images.

    Raises: InvalidArgumentError unless `input` has rank 4, its batch is divisible and the crops fit.
    """
    require_rank(input, 4, "input")
    return _batch_to_space(input, _square(block_size), crops)


@batch_to_space.shape
def batch_to_space_shape(input: Spec, crops: Spec, block_size: int) -> Shape:
    shape = (None,) * 4 if input.shape is None else input.shape
    require(len(shape) == 4, f"input must have rank 4, not shape {show(shape)}")
    known = Spec(input.dtype, shape)
    return _block_shape_rule(known, _square_spec(block_size, input), crops, grow=True)


@depth_to_space.gradient
def depth_to_space_gradient(ops: Ops, grad: Term, attrs: Attrs) -> Term:
    return ops.SpaceToDepth(grad, **attrs)


@space_to_depth.gradient
def space_to_depth_gradient(ops: Ops, grad: Term, attrs: Attrs) -> Term:
    return ops.DepthToSpace(grad, **attrs)


@space_to_batch_nd.gradient
def space_to_batch_nd_gradient(
    ops: Ops, grad: Term, block_shape: Term, paddings: Term
) -> tuple[Term, None, None]:
    return ops.BatchToSpaceND(grad, block_shape, paddings), None, None


@batch_to_space_nd.gradient
def batch_to_space_nd_gradient(
    ops: Ops, grad: Term, block_shape: Term, crops: Term
) -> tuple[Term, None, None]:
    return ops.SpaceToBatchND(grad, block_shape, crops), None, None


@space_to_batch.gradient
def space_to_batch_gradient(
    ops: Ops, grad: Term, paddings: Term, block_size: int
) -> tuple[Term, None]:
    return ops.BatchToSpace(grad, paddings, block_size=block_size), None


@batch_to_space.gradient
def batch_to_space_gradient(
    ops: Ops, grad: Term, crops: Term, block_size: int
) -> tuple[Term, None]:
    return ops.SpaceToBatch(grad, crops, block_size=block_size), None
