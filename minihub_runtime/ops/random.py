"""Random ops whose stream belongs to the node: each run of a session goes on where the last one ended."""

from __future__ import annotations

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError
from minihub_runtime.ops import random_fill
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.philox import Philox, WordStream
from minihub_runtime.ops.random_arguments import (
    BLOCKS_PER_OUTPUT,
    drawn_shape,
    requested_shape,
    session_stream,
    static_vector,
)
from minihub_runtime.ops.registry import (
    ANY,
    EXACT,
    FLOATS,
    INDEX,
    RANDOM,
    Array,
    Op,
    Precision,
    op,
    types,
    without_gradient,
)
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import Shape, Spec, size

__all__ = ["permutation"]

_SOURCE = "core/kernels/random_op.cc"


def _drawing(name: str, fill: random_fill.Fill, precision: Precision, doc: str) -> Op:
    """An op that draws numbers of one distribution in a wanted shape."""

    def kernel(ctx: Context, shape: Array, *, seed: int = 0, seed2: int = 0, dtype: DType) -> Array:
        sizes = requested_shape(shape, dtype)
        count = size(sizes)
        stream = session_stream(ctx, seed, seed2).reserve(count * BLOCKS_PER_OUTPUT)
        return fill(stream, count, dtype).reshape(sizes)

    kernel.__doc__ = f"""{doc}

    Shapes: `[rank] -> shape`. Seeds that are both 0 stand for ones drawn from the system.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes.
    """
    return op(
        f"{name}(shape: T) -> output: dtype",
        dtype=FLOATS,
        T=INDEX,
        stateful=True,
        precision=precision,
        source=_SOURCE,
        shape=drawn_shape,
    )(kernel)


random_uniform = _drawing("RandomUniform", random_fill.uniform, EXACT, "Numbers in [0, 1).")
random_standard_normal = _drawing(
    "RandomStandardNormal", random_fill.normal, RANDOM, "Numbers with mean 0 and variance 1."
)
truncated_normal = _drawing(
    "TruncatedNormal",
    random_fill.truncated_normal,
    RANDOM,
    "Numbers with mean 0 and variance 1, without those beyond -2 and 2.",
)


def _int_shape(shape: Spec, minval: Spec, maxval: Spec) -> Shape:
    return drawn_shape(shape)


@op(
    "RandomUniformInt(shape: T, minval: Tout, maxval: Tout) -> output: Tout",
    Tout=INDEX,
    T=INDEX,
    stateful=True,
    source=_SOURCE,
    shape=_int_shape,
    ranks={"minval": 0, "maxval": 0},
)
def random_uniform_int(
    ctx: Context, shape: Array, minval: Array, maxval: Array, *, seed: int = 0, seed2: int = 0
) -> Array:
    """Integers in [minval, maxval); numbers at its start come a little more often where 2**32 is no multiple.

    Shapes: `[rank], [], [] -> shape`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes and minval < maxval; an empty result needs no
        such range.
    """
    require_scalar(minval, "minval")
    require_scalar(maxval, "maxval")
    dtype = as_dtype(minval.dtype)
    sizes = requested_shape(shape, dtype)
    count = size(sizes)
    if count == 0:
        return np.empty(sizes, dtype.numpy)
    stream = session_stream(ctx, seed, seed2).reserve(count * BLOCKS_PER_OUTPUT)
    return random_fill.integers(stream, count, int(minval), int(maxval), dtype).reshape(sizes)


def permutation(stream: Philox, count: int) -> list[int]:
    """The numbers below `count` in random order: each place in turn swaps with a later one, or itself."""
    order = list(range(count))
    limits = np.arange(count, 1, -1, dtype=np.uint32)
    steps = stream.words(count - 1) % limits
    for place, step in enumerate(steps.tolist()):
        other = place + step
        order[place], order[other] = order[other], order[place]
    return order


@op(
    "RandomShuffle(value: T) -> output: T",
    T=ANY,
    stateful=True,
    views=True,
    source="core/kernels/random_shuffle_op.cc",
    shape=same,
)
def random_shuffle(ctx: Context, value: Array, *, seed: int = 0, seed2: int = 0) -> Array:
    """The rows of `value` in random order; a scalar as it is.

    Shapes: `s -> s`.
    """
    stream = session_stream(ctx, seed, seed2)
    if value.ndim == 0 or value.size <= 1 or len(value) <= 1:
        return value
    # One word for each row but the last.
    return value[permutation(stream.reserve((len(value) + 2) // 4), len(value))]


def _cropped(image: Spec, size: Spec) -> Shape:
    if image.shape is not None and len(image.shape) != 3:
        raise InvalidArgumentError(f"image must have rank 3, not {len(image.shape)}")
    static_vector(size, 2, "size")
    sizes = (None, None) if size.value is None else tuple(int(n) for n in size.value)
    return (*sizes, image.dim(2))


@op(
    "RandomCrop(image: T, size: int64) -> output: T",
    T=types("uint8 int8 int16 int32 int64 float32 float64"),
    stateful=True,
    views=True,
    source="core/kernels/random_crop_op.cc",
    shape=_cropped,
)
def random_crop(ctx: Context, image: Array, size: Array, *, seed: int = 0, seed2: int = 0) -> Array:
    """A part of an image of the given height and width, from anywhere in it.

    Shapes: `[h, w, c], [2] -> [size[0], size[1], c]`.
    Raises: InvalidArgumentError for other shapes or a negative size; FailedPreconditionError for an image that is
        smaller than its part.
    Differs: TensorFlow aborts for a negative size.
    """
    require_rank(image, 3, "image")
    require(size.shape == (2,), f"size must have shape [2], not {list(size.shape)}")
    wanted = size.tolist()
    require(min(wanted) >= 0, f"size must not be negative, not {wanted}")
    starts = [0, 0]
    stream = WordStream(session_stream(ctx, seed, seed2).reserve(1))
    for axis, name in ((1, "width"), (0, "height")):
        room = image.shape[axis] - wanted[axis]
        if room < 0:
            raise FailedPreconditionError(
                f"{name} must be at least {wanted[axis]}, not {image.shape[axis]}"
            )
        if room:
            starts[axis] = stream.word() % (room + 1)
    top, left = starts
    return image[top : top + wanted[0], left : left + wanted[1]]


without_gradient(
    "RandomCrop", "RandomShuffle", "RandomStandardNormal", "RandomUniform", "TruncatedNormal"
)
