"""The gradient of batch normalisation."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minihub_runtime.memory import contiguous, empty
from minihub_runtime.ops.channel_blocks import blocks_of
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.normalization import (
    CHANNELS_LAST,
    FLOAT_ONLY,
    Format,
    Format2D,
    channel_axis,
    channels_last,
    check_image,
    check_vector,
    image_shape,
    near_zero,
    restore,
)
from minihub_runtime.ops.registry import HALF_FLOATS, REGISTRY, ROUNDING, Array, op
from minihub_runtime.ops.windows import narrow, widen
from minihub_runtime.shapes import Shape, Spec, merge
from minihub_runtime.threads import spread

__all__ = ["fused_batch_norm_grad_v3"]


def _slopes(
    x: Array, grad: Array, scale: Array, mean: Array, variance: Array, is_training: bool
) -> tuple[Array, Array, Array]:
    """The gradients with respect to channels-last `x`, scale and offset; `variance` is that with epsilon."""
    channels = x.shape[-1]
    blocks = blocks_of(channels, x.size)
    # There are none where elements need not be centred.
    means = None if near_zero(mean, variance) else blocks.repeated(mean)
    parts = blocks.parts(x.size)
    # Of each part.
    offsets: list[list[Array]] = [[] for _ in parts]
    projected: list[list[Array]] = [[] for _ in parts]

    def add_up(number: int) -> None:
        for block, slope in blocks.of(parts[number], x, grad):
            blocks.add_up(offsets[number], slope)
            blocks.add_up_products(projected[number], blocks.centered(block, means), slope)

    spread(add_up, range(len(parts)), x.size, products=True)
    total, products = blocks.total(offsets), blocks.total(projected)
    if means is None:
        products -= mean * total
    inverse = 1 / np.sqrt(variance)
    offset_grad, products = total.astype(np.float32), products.astype(np.float32)
    factor = scale * inverse
    found = empty(x.shape, x.dtype)
    count = np.float32(x.size // channels)
    pull, shift = np.square(inverse) * products / count, offset_grad / count
    if means is None:
        shift = shift - mean * pull
    pulls, shifts, factors = map(blocks.repeated, (pull, shift, factor))

    def compute(part: tuple[int, int]) -> None:
        for block, slope, place in blocks.of(part, x, grad, found):
            n = block.shape[1]
            if is_training:
                away = block if means is None else np.subtract(block, means[:n], out=place)
                np.multiply(away, pulls[:n], out=place)
                np.subtract(slope, place, out=place)
                np.subtract(place, shifts[:n], out=place)
                np.multiply(place, factors[:n], out=place)
            else:
                np.multiply(slope, factors[:n], out=place)

    spread(compute, parts, x.size)
    return found, products * inverse, offset_grad


def _batch_norm_grad(
    y_backprop: Array,
    x: Array,
    scale: Array,
    mean: Array,
    variance: Array,
    epsilon: float,
    data_format: str,
    is_training: bool,
) -> tuple[Array, Array, Array, Array, Array]:
    """The outputs of the FusedBatchNormGrad family."""
    check_image(x)
    if x.shape != y_backprop.shape:
        require(
            False,
            f"y_backprop must have the shape of x, {list(x.shape)}, not {list(y_backprop.shape)}",
        )
    channels = x.shape[channel_axis(x.ndim, data_format)]
    for vector, name in (
        (scale, "scale"),
        (mean, "reserve_space_1"),
        (variance, "reserve_space_2"),
    ):
        check_vector(vector, channels, name)
    empty = narrow(np.zeros(0, np.float32), mean.dtype)
    last = channels_last(widen(x), data_format)
    slopes = channels_last(widen(y_backprop), data_format)
    if x.size == 0:
        nothing = np.zeros(channels, np.float32)
        return (np.empty_like(x), nothing, nothing.copy(), empty, empty.copy())
    with np.errstate(all="ignore"):
        found, scale_grad, offset_grad = _slopes(
            contiguous(last),
            contiguous(slopes),
            widen(scale),
            widen(mean),
            widen(variance) + np.float32(epsilon),
            is_training,
        )
    image = narrow(restore(found, data_format), x.dtype)
    kind = mean.dtype
    return (image, narrow(scale_grad, kind), narrow(offset_grad, kind), empty, empty.copy())


def _grad_shape(
    y_backprop: Spec,
    x: Spec,
    scale: Spec,
    reserve_space_1: Spec,
    reserve_space_2: Spec,
    data_format: str,
) -> list[Shape]:
    vectors = [scale, reserve_space_1, reserve_space_2]
    shape, channels = image_shape(x, data_format, vectors, "x")
    return [merge(shape, y_backprop.shape), (channels,), (channels,), (0,), (0,)]


@op(
    "FusedBatchNormGrad(y_backprop: T, x: T, scale: T, reserve_space_1: T, reserve_space_2: T) -> "
    "x_backprop: T, scale_backprop: T, offset_backprop: T, reserve_space_3: T, reserve_space_4: T",
    T=FLOAT_ONLY,
    precision=ROUNDING,
    source="core/kernels/fused_batch_norm_op.cc",
    shape=_grad_shape,
)
def fused_batch_norm_grad(
    y_backprop: Array,
    x: Array,
    scale: Array,
    reserve_space_1: Array,
    reserve_space_2: Array,
    *,
    epsilon: float = 9.999999747378752e-05,
    data_format: Format2D = "NHWC",
    is_training: bool = True,
) -> tuple[Array, ...]:
    """The gradients of FusedBatchNorm with respect to `x`, `scale` and `offset`; the last two outputs are empty.

    The reserve inputs are the moments: of the batch in training, else those that were given.

    Shapes: `[n, h, w, c], [n, h, w, c], [c], [c], [c] -> [n, h, w, c], [c], [c], [0], [0]`.
    Raises: InvalidArgumentError for another rank, different shapes or vectors of another length.
    """
    moments = (reserve_space_1, reserve_space_2)
    return _batch_norm_grad(y_backprop, x, scale, *moments, epsilon, data_format, is_training)


@op(
    "FusedBatchNormGradV2(y_backprop: T, x: T, scale: float32, reserve_space_1: U, "
    "reserve_space_2: U) -> x_backprop: T, scale_backprop: U, offset_backprop: U, "
    "reserve_space_3: U, reserve_space_4: U",
    T=HALF_FLOATS,
    U=FLOAT_ONLY,
    like=fused_batch_norm_grad,
)
def fused_batch_norm_grad_v2(
    y_backprop: Array,
    x: Array,
    scale: Array,
    reserve_space_1: Array,
    reserve_space_2: Array,
    *,
    epsilon: float = 9.999999747378752e-05,
    data_format: Format2D = "NHWC",
    is_training: bool = True,
) -> tuple[Array, ...]:
    """FusedBatchNormGrad whose images may have 16 bits."""
    moments = (reserve_space_1, reserve_space_2)
    return _batch_norm_grad(y_backprop, x, scale, *moments, epsilon, data_format, is_training)


@op(
    "FusedBatchNormGradV3(y_backprop: T, x: T, scale: float32, reserve_space_1: U, "
    "reserve_space_2: U, reserve_space_3: U) -> x_backprop: T, scale_backprop: U, "
    "offset_backprop: U, reserve_space_4: U, reserve_space_5: U",
    T=HALF_FLOATS,
    U=FLOAT_ONLY,
    like=fused_batch_norm_grad,
)
def fused_batch_norm_grad_v3(
    y_backprop: Array,
    x: Array,
    scale: Array,
    reserve_space_1: Array,
    reserve_space_2: Array,
    reserve_space_3: Array,
    *,
    epsilon: float = 9.999999747378752e-05,
    data_format: Format = "NHWC",
    is_training: bool = True,
) -> tuple[Array, ...]:
    """FusedBatchNormGradV2 in two or three dimensions; the last input does not count."""
    moments = (reserve_space_1, reserve_space_2)
    return _batch_norm_grad(y_backprop, x, scale, *moments, epsilon, data_format, is_training)


def _composed(
    ops: Ops,
    slope: Term,
    x: Term,
    scale: Term,
    moments: tuple[Term, Term],
    epsilon: float,
    data_format: str,
    is_training: bool,
) -> list[Term]:
    """The outputs of a gradient of the fused op, composed of ops that have gradients themselves."""
    kind = x.dtype
    if kind.name in ("float16", "bfloat16"):
        x, slope = ops.Cast(x, DstT="float32"), ops.Cast(slope, DstT="float32")
    channel = 1 if data_format in CHANNELS_LAST else len(data_format) - 1
    axes = [axis for axis in range(len(data_format)) if axis != channel]
    spread = [-1 if axis == channel else 1 for axis in range(len(data_format))]
    wide = ops.Reshape(scale, spread)
    if not is_training:
        mean, variance = (ops.Reshape(moment, spread) for moment in moments)
        root = ops.Rsqrt(variance + epsilon)
        of_x, of_scale = slope * wide * root, ops.Sum(slope * (x - mean) * root, axes)
    else:
        mean = ops.Mean(x, axes, keep_dims=True)
        deviation = ops.SquaredDifference(x, ops.StopGradient(mean))
        variance = ops.Mean(deviation, axes, keep_dims=True)
        root, offset = ops.Rsqrt(variance + epsilon), x - mean
        of_x = (
            wide
            * root
            * (
                slope
                - ops.Mean(slope, axes, keep_dims=True)
                - ops.Reciprocal(variance + epsilon)
                * ops.Mean(slope * offset, axes, keep_dims=True)
                * offset
            )
        )
        of_scale = ops.Reshape(root, [-1]) * ops.Sum(slope * offset, axes)
    return [ops.Cast(of_x, DstT=kind), of_scale, ops.Sum(slope, axes)]


def _batch_norm_grad_gradient(
    ops: Ops,
    grads: list[Term],
    y_backprop: Term,
    x: Term,
    scale: Term,
    reserve_space_1: Term,
    reserve_space_2: Term,
    epsilon: float,
    data_format: str,
    is_training: bool,
    reserved: int = 2,
) -> tuple[Any, ...]:
    moments = (reserve_space_1, reserve_space_2)
    outputs = _composed(ops, y_backprop, x, scale, moments, epsilon, data_format, is_training)
    of_inputs = ops.gradients(outputs, [y_backprop, x, scale], grads[:3])
    return (*of_inputs, *[None] * reserved)


REGISTRY["FusedBatchNormGrad"].gradient(_batch_norm_grad_gradient)
REGISTRY["FusedBatchNormGradV2"].gradient(_batch_norm_grad_gradient)
fused_batch_norm_grad_v3.gradient(functools.partial(_batch_norm_grad_gradient, reserved=3))
