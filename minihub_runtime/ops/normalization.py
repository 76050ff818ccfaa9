"""Batch normalisation; the operations that are its gradient have a file of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from minihub_runtime.memory import contiguous
from minihub_runtime.ops.channel_blocks import blocks_of
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import HALF_FLOATS, REGISTRY, ROUNDING, Array, op, types
from minihub_runtime.ops.unwrapped import einsum
from minihub_runtime.ops.windows import allocate, narrow, widen
from minihub_runtime.shapes import Shape, Spec, merge, show
from minihub_runtime.threads import spread

__all__ = [
    "CHANNELS_LAST",
    "FLOAT_ONLY",
    "Format",
    "Format2D",
    "averages",
    "channel_axis",
    "channels_last",
    "check_image",
    "check_vector",
    "check_vectors",
    "fused_batch_norm_v3",
    "image_shape",
    "near_zero",
    "normalize_batch",
    "restore",
]

Format2D = Literal["NHWC", "NCHW"]
Format = Literal["NHWC", "NCHW", "NDHWC", "NCDHW"]
#: Rows that tell about where the mean is.
GUESSED = 64
#: Variances that a mean may be away from the guess, squared; beyond that they are worked out anew.
FAR = 4
#: Variances that a mean may be away from zero, squared, so that what is as large may be subtracted last.
NEAR = 16
FLOAT_ONLY = types("float32")


def channel_axis(rank: int, data_format: str) -> int:
    """Where the channels of images of this rank and layout lie."""
    return rank - 1 if data_format.endswith("C") else 1


def channels_last(x: Array, data_format: str) -> Array:
    """Images of a layout with the channels last."""
    return x if data_format.endswith("C") else np.ascontiguousarray(np.moveaxis(x, 1, -1))


def restore(x: Array, data_format: str) -> Array:
    """Images with the channels last in a layout."""
    return x if data_format.endswith("C") else np.ascontiguousarray(np.moveaxis(x, -1, 1))


def check_image(x: Array, name: str = "x") -> None:
    """Raise InvalidArgumentError unless the rank is that of images in two or three dimensions."""
    if x.ndim not in (4, 5):
        require(False, f"{name} must have rank 4 or 5, not shape {list(x.shape)}")


def check_vector(vector: Array, channels: int, name: str) -> None:
    """Raise InvalidArgumentError unless there is one number for each channel."""
    require_rank(vector, 1, name)
    if len(vector) != channels:
        require(False, f"{name} must have {channels} elements, one per channel, not {len(vector)}")


def near_zero(mean: Array, variance: Array, near: float = NEAR) -> bool:
    """Whether elements need not be centred before they are multiplied and added up: little of them cancels.

    Args:
        mean: of each channel.
        variance: of each.
        near: variances that a mean may be away from zero, squared.
    """
    return bool((np.square(mean) <= near * variance).all())


def _normalize(
    x: Array,
    scale: Array,
    offset: Array,
    mean: Array,
    variance: Array,
    epsilon: float,
    out: Array | None,
    finish: Callable[[Array], None] | None = None,
) -> Array:
    """Channels-last `x` with this mean and variance, scaled and shifted; `finish` is called with each block of it."""
    square = variance + variance.dtype.type(epsilon)
    factor = scale / np.sqrt(square)
    x = contiguous(x)
    result = allocate(x.shape, x.dtype, out)
    if x.size:
        blocks = blocks_of(x.shape[-1], x.size)
        means = None
        if near_zero(mean, square):
            offset = offset - mean * factor
        else:
            means = blocks.repeated(mean)
        factors, offsets = blocks.repeated(factor), blocks.repeated(offset)

        def compute(part: tuple[int, int]) -> None:
            for block, place in blocks.of(part, x, result):
                n = block.shape[1]
                away = block if means is None else np.subtract(block, means[:n], out=place)
                np.multiply(away, factors[:n], out=place)
                np.add(place, offsets[:n], out=place)
                if finish is not None:
                    finish(place)

        spread(compute, blocks.parts(x.size), x.size)
    return result


def _normalize_first(
    x: Array, scale: Array, offset: Array, mean: Array, variance: Array, epsilon: float
) -> Array:
    """Like `_normalize`, with the channels second; nothing is transposed."""
    factor = scale / np.sqrt(variance + variance.dtype.type(epsilon))
    shape = (-1, *(1,) * (x.ndim - 2))
    result = x - mean.reshape(shape)
    result *= factor.reshape(shape)
    result += offset.reshape(shape)
    return result


def _moments(x: Array) -> tuple[Array, Array, int]:
    """Mean and variance of each channel, and how many elements each has."""
    channels = x.shape[-1]
    count = x.size // channels
    x = contiguous(x)
    # Deviations from a guess at the mean tell both in one go, where the guess is a good one; zero is one that takes less time.
    sample = x.reshape(-1, channels)[:GUESSED].astype(np.float64)
    guess = np.add.reduce(sample, axis=0) / len(sample)
    about = einsum("rc,rc->c", sample, sample) / len(sample) - np.square(guess)
    center = None if near_zero(guess, about) else guess.astype(x.dtype)
    total, squares = _deviations(x, center)
    away = total / count
    variance = squares / count - away * away
    mean = (away if center is None else center + away).astype(x.dtype)
    if not (np.square(away) <= (NEAR if center is None else FAR) * variance).all():
        total, squares = _deviations(x, mean)
        variance = squares / count
    return mean, np.maximum(variance, 0).astype(x.dtype), count


def _deviations(x: Array, center: Array | None) -> tuple[Array, Array]:
    """What the elements of each channel are above a vector, if there is one, and the squares of that, added up."""
    channels = x.shape[-1]
    blocks = blocks_of(channels, x.size)
    centers = None if center is None else blocks.repeated(center)
    parts = blocks.parts(x.size)
    # Of each part.
    sums: list[list[Array]] = [[] for _ in parts]
    squares: list[list[Array]] = [[] for _ in parts]

    def compute(number: int) -> None:
        for (block,) in blocks.of(parts[number], x):
            away = blocks.centered(block, centers)
            blocks.add_up(sums[number], away)
            blocks.add_up_products(squares[number], away, away)

    spread(compute, range(len(parts)), x.size, products=True)
    return blocks.total(sums), blocks.total(squares)


def averages(
    batch_mean: Array,
    batch_variance: Array,
    count: int,
    mean: Array,
    variance: Array,
    factor: float,
) -> tuple[Array, Array]:
    """The moments that training keeps: of the batch, the variance corrected for its size, mixed with those before.

    Args:
        batch_mean: of the batch.
        batch_variance: of the batch.
        count: elements of a channel.
        mean: the one before.
        variance: the one before.
        factor: the share of the batch.
    """
    unbiased = batch_variance * np.float32(count / max(count - 1, 1))
    if factor == 1:
        return batch_mean, unbiased
    new, old = np.float32(factor), np.float32(1 - factor)
    return old * mean + new * batch_mean, old * variance + new * unbiased


def check_vectors(
    channels: int,
    scale: Array,
    offset: Array,
    mean: Array,
    variance: Array,
    used: bool,
) -> None:
    """Raise unless there is a number for each channel; moments that are not used may have any length."""
    check_vector(scale, channels, "scale")
    check_vector(offset, channels, "offset")
    require_rank(mean, 1, "mean")
    require_rank(variance, 1, "variance")
    if used:
        check_vector(mean, channels, "mean")
        check_vector(variance, channels, "variance")


def normalize_batch(
    x: Array,
    scale: Array,
    offset: Array,
    mean: Array,
    variance: Array,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: str,
    is_training: bool,
    out: Array | None = None,
    finish: Callable[[Array], None] | None = None,
) -> tuple[Array, Array, Array, Array, Array]:
    """The first five outputs of the FusedBatchNorm family; of training, `finish` is called with each block of `y`."""
    check_image(x)
    channels = x.shape[channel_axis(x.ndim, data_format)]
    used = not is_training or exponential_avg_factor != 1
    check_vectors(channels, scale, offset, mean, variance, used)
    wide = widen(x)
    weights = (widen(scale), widen(offset), widen(mean), widen(variance))
    kind = scale.dtype
    if x.size == 0:
        nothing = np.full(channels, np.nan, np.float32)
        saved = np.zeros(channels, np.float32)
        found = [narrow(array, kind) for array in (nothing, nothing, saved, saved)]
        return (np.empty_like(x), found[0], found[1], found[2], found[3])
    with np.errstate(all="ignore"):
        if not is_training:
            if data_format.endswith("C"):
                y = _normalize(wide, *weights, epsilon, out)
            else:
                y = _normalize_first(wide, *weights, epsilon)
            # TensorFlow leaves what only the gradient of training needs unset.
            unused = np.zeros(channels, np.float32)
            return (
                narrow(y, x.dtype),
                mean.copy(),
                variance.copy(),
                narrow(unused, kind),
                narrow(unused, kind),
            )
        last = channels_last(wide, data_format)
        batch_mean, batch_variance, count = _moments(last)
        y = _normalize(
            last, weights[0], weights[1], batch_mean, batch_variance, epsilon, out, finish
        )
        new_mean, unbiased = averages(
            batch_mean, batch_variance, count, weights[2], weights[3], exponential_avg_factor
        )
    return (
        narrow(restore(y, data_format), x.dtype),
        narrow(new_mean, kind),
        narrow(unbiased, kind),
        narrow(batch_mean, kind),
        narrow(batch_variance, kind),
    )


def image_shape(
    x: Spec, data_format: str, vectors: Sequence[Spec], name: str
) -> tuple[Shape, int | None]:
    """The static shape of an image whose channels the vectors have too, and the number of channels."""
    channels: int | None = None
    for vector in vectors:
        found = merge(vector.shape, (channels,))
        channels = found[0] if found else None
    rank = 5 if "D" in data_format else 4
    if x.shape is not None:
        fits = len(x.shape) == rank
        require(fits, f"{name} must have rank {rank} as {data_format}, not shape {show(x.shape)}")
    axis = channel_axis(rank, data_format)
    known: list[int | None] = [None] * rank
    known[axis] = channels
    shape = merge(x.shape, tuple(known))
    return shape, shape[axis] if shape else None


def _norm_shape(
    x: Spec,
    scale: Spec,
    offset: Spec,
    mean: Spec,
    variance: Spec,
    data_format: str,
    is_training: bool,
    exponential_avg_factor: float,
) -> list[Shape]:
    given = [] if is_training and exponential_avg_factor == 1 else [mean, variance]
    vectors = [scale, offset, *given]
    shape, channels = image_shape(x, data_format, vectors, "x")
    return [shape, *[(channels,)] * 4]


@op(
    "FusedBatchNorm(x: T, scale: T, offset: T, mean: T, variance: T) -> "
    "y: T, batch_mean: T, batch_variance: T, reserve_space_1: T, reserve_space_2: T",
    T=FLOAT_ONLY,
    precision=ROUNDING,
    source="core/kernels/fused_batch_norm_op.cc",
    shape=_norm_shape,
)
def fused_batch_norm(
    x: Array,
    scale: Array,
    offset: Array,
    mean: Array,
    variance: Array,
    *,
    epsilon: float = 9.999999747378752e-05,
    exponential_avg_factor: float = 1.0,
    data_format: Format2D = "NHWC",
    is_training: bool = True,
) -> tuple[Array, ...]:
    """`x` with the mean and variance of each channel taken out, times `scale`, plus `offset`.

    In training the moments are those of the batch; `batch_variance` is then corrected for the sample size
    (Bessel), both are mixed into `mean` and `variance` with weight `exponential_avg_factor`, and the reserve
    outputs keep the uncorrected moments for the gradient.  Otherwise the moments are the inputs.

    Shapes: `[n, h, w, c], [c], [c], [c] or [0], [c] or [0] -> [n, h, w, c], [c], [c], [c], [c]`.
    Raises: InvalidArgumentError for another rank or vectors of another length.
    """
    return normalize_batch(
        x, scale, offset, mean, variance, epsilon, exponential_avg_factor, data_format, is_training
    )


@op(
    "FusedBatchNormV2(x: T, scale: U, offset: U, mean: U, variance: U) -> "
    "y: T, batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U",
    T=HALF_FLOATS,
    U=FLOAT_ONLY,
    like=fused_batch_norm,
)
def fused_batch_norm_v2(
    x: Array,
    scale: Array,
    offset: Array,
    mean: Array,
    variance: Array,
    *,
    epsilon: float = 9.999999747378752e-05,
    exponential_avg_factor: float = 1.0,
    data_format: Format2D = "NHWC",
    is_training: bool = True,
) -> tuple[Array, ...]:
    """FusedBatchNorm whose images may have 16 bits; the vectors have 32."""
    return normalize_batch(
        x, scale, offset, mean, variance, epsilon, exponential_avg_factor, data_format, is_training
    )


@op(
    "FusedBatchNormV3(x: T, scale: U, offset: U, mean: U, variance: U) -> "
    "y: T, batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U, "
    "reserve_space_3: U",
    T=HALF_FLOATS,
    U=types("bfloat16 float32"),
    like=fused_batch_norm,
)
def fused_batch_norm_v3(
    x: Array,
    scale: Array,
    offset: Array,
    mean: Array,
    variance: Array,
    *,
    epsilon: float = 9.999999747378752e-05,
    exponential_avg_factor: float = 1.0,
    data_format: Format = "NHWC",
    is_training: bool = True,
) -> tuple[Array, ...]:
    """FusedBatchNormV2 in two or three dimensions; the last output is 0, a place for GPU kernels."""
    found = normalize_batch(
        x, scale, offset, mean, variance, epsilon, exponential_avg_factor, data_format, is_training
    )
    return (*found, narrow(np.zeros((), np.float32), scale.dtype))


@fused_batch_norm_v3.shape
def fused_batch_norm_v3_shape(
    x: Spec,
    scale: Spec,
    offset: Spec,
    mean: Spec,
    variance: Spec,
    data_format: str,
    is_training: bool,
    exponential_avg_factor: float,
) -> list[Shape]:
    """The shape of `x`, four vectors of channels, and one that depends on the device."""
    found = _norm_shape(
        x, scale, offset, mean, variance, data_format, is_training, exponential_avg_factor
    )
    return [*found, None]


#: A layout with the channels in front → that with the channels last, and the axes that lead there and back.
CHANNELS_LAST = {
    "NCHW": ("NHWC", [0, 2, 3, 1], [0, 3, 1, 2]),
    "NCDHW": ("NDHWC", [0, 2, 3, 4, 1], [0, 4, 1, 2, 3]),
}


def _batch_norm_gradient(
    ops: Ops,
    grad: Term,
    x: Term,
    scale: Term,
    mean: Term,
    variance: Term,
    reserve_space_1: Term,
    reserve_space_2: Term,
    epsilon: float,
    data_format: str,
    is_training: bool,
    reserve_space_3: Term | None = None,
    gradient: str = "FusedBatchNormGrad",
) -> tuple[Term, Term, Term, None, None]:
    moments = (reserve_space_1, reserve_space_2)
    back: list[int] | None = None
    if not is_training:
        # As in TensorFlow, whose kernels for fixed moments want the channels last.
        moments = (mean, variance)
        if data_format in CHANNELS_LAST:
            data_format, order, back = CHANNELS_LAST[data_format]
            x, grad = ops.Transpose(x, order), ops.Transpose(grad, order)
    of_x, of_scale, of_offset, _, _ = getattr(ops, gradient)(
        grad,
        x,
        scale,
        *moments,
        *(() if reserve_space_3 is None else (reserve_space_3,)),
        epsilon=epsilon,
        data_format=data_format,
        is_training=is_training,
    )
    return of_x if back is None else ops.Transpose(of_x, back), of_scale, of_offset, None, None


for _version in ("", "V2", "V3"):
    REGISTRY[f"FusedBatchNorm{_version}"].gradient(
        functools.partial(_batch_norm_gradient, gradient=f"FusedBatchNormGrad{_version}")
    )
