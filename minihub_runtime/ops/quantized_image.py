"""Quantised images that are resized or normalised."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, bits, from_bits
from minihub_runtime.dtypes import float32 as float32_type
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.image_resize import check_images, linear_places
from minihub_runtime.ops.image_shapes import sized_image
from minihub_runtime.ops.image_taps import image_blocks
from minihub_runtime.ops.quantization import (
    QUANTIZED,
    eigen_quantize,
    float_of,
    level_of,
    limits,
    one_range,
)
from minihub_runtime.ops.quantized_math import needs, scalars, sums
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.sparse import with_rank
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

_F = np.float32

#: Bits of the shares with which levels are mixed.
_RESOLUTION = {"quint8": 7, "qint32": 30}


def _parted(values: Array, shift: int) -> Array:
    """Whole numbers over a power of two, towards zero."""
    values = values + (values < 0) * ((1 << shift) - 1)
    values >>= shift
    return values


def _mixed(x: Array, places: Any, others: Any, shift: int) -> Array:
    """int64 levels `[n, height, width, c]` between four pixels each, with shares of `shift` bits."""
    top, bottom, down = places
    left, right, across = others
    share_down, share_across = (
        (share * _F(1 << shift)).astype(np.int64) for share in (down, across)
    )
    share_down = share_down[:, None, None]
    share_across = share_across[:, None]
    rows = [x.take(row, axis=1) for row in (top, bottom)]
    upper, lower = (
        (row.take(left, axis=2) << shift)
        + (row.take(right, axis=2) - row.take(left, axis=2)) * share_across
        for row in rows
    )
    between = upper + _parted(lower - upper, shift) * share_down
    return _parted(between + (1 << (shift - 1)), shift)


def _lerped(x: Array, places: Any, others: Any) -> Array:
    """The same of float32 pixels."""
    top, bottom, down = places
    left, right, across = others
    rows = [x.take(row, axis=1) for row in (top, bottom)]
    upper, lower = (
        row.take(left, axis=2)
        + (row.take(right, axis=2) - row.take(left, axis=2)) * across[:, None]
        for row in rows
    )
    found: Array = upper + (lower - upper) * down[:, None, None]
    return found


@op(
    "QuantizedResizeBilinear(images: T, size: int32, min: float32, max: float32)"
    " -> resized_images: T, out_min: float32, out_max: float32",
    T=types("quint8 qint32 float32"),
    source="core/kernels/quantized_resize_bilinear_op.cc",
)
def quantized_resize_bilinear(
    images: Array,
    size: Array,
    min: Array,
    max: Array,
    *,
    align_corners: bool = False,
    half_pixel_centers: bool = False,
    T: DType,
) -> tuple[Array, Array, Array]:
    """ResizeBilinear on levels, in whole numbers, with their range; floats are mixed as they are.

    Shapes: `[batch, height, width, channels]`, `[2]` -> `[batch, *size, channels]`.
    Raises: InvalidArgumentError for empty images, a size that is not positive, or a range of no scalars.
    """
    one_range(min, max, "min max")
    batch, height, width, channels = shape = check_images(images, size, 8)
    _, in_height, in_width, _ = images.shape
    if (height, width) == (in_height, in_width):
        return images, min, max
    places, others = (
        linear_places(before, after, align_corners, half_pixel_centers)
        for before, after in ((in_height, height), (in_width, width))
    )
    plain = T is float32_type
    pixels = images if plain else bits(images)
    result = np.empty(shape, pixels.dtype)
    with np.errstate(all="ignore"):
        for block in image_blocks(batch, height * width * channels):
            if plain:
                result[block] = _lerped(pixels[block], places, others)
            else:
                # TensorFlow's qint32 becomes a whole number by way of a float.
                levels = pixels[block].astype(_F).astype(np.int64)
                result[block] = _mixed(levels, places, others, _RESOLUTION[T.name])
    return result if plain else from_bits(result, T), min, max


@quantized_resize_bilinear.shape
def quantized_resize_bilinear_shape(images: Spec, size: Spec, min: Spec, max: Spec) -> list[Shape]:
    """The images' of that size."""
    scalars(min, max)
    return [sized_image(images, size), (), ()]


def _depth(t: Spec, vectors: tuple[Spec, ...]) -> Shape:
    depth = with_rank(t, 4, "t")[3:]
    for vector in vectors:
        depth = merge(depth, with_rank(vector, 1, "m, v, beta and gamma")) or depth
    return depth


@op(
    "QuantizedBatchNormWithGlobalNormalization(t: Tinput, t_min: float32, t_max: float32, m: Tinput, "
    "m_min: float32, m_max: float32, v: Tinput, v_min: float32, v_max: float32, beta: Tinput, "
    "beta_min: float32, beta_max: float32, gamma: Tinput, gamma_min: float32, gamma_max: float32) "
    "-> result: out_type, result_min: float32, result_max: float32",
    Tinput=QUANTIZED,
    out_type=QUANTIZED,
    source="core/kernels/quantized_batch_norm_op.cc",
)
def quantized_batch_norm(
    t: Array,
    t_min: Array,
    t_max: Array,
    m: Array,
    m_min: Array,
    m_max: Array,
    v: Array,
    v_min: Array,
    v_max: Array,
    beta: Array,
    beta_min: Array,
    beta_max: Array,
    gamma: Array,
    gamma_min: Array,
    gamma_max: Array,
    *,
    Tinput: DType,
    out_type: DType,
    variance_epsilon: float,
    scale_after_normalization: bool,
) -> tuple[Array, Array, Array]:
    """BatchNormWithGlobalNormalization on levels, as 32-bit numbers of a range of ± 2**20.

    Shapes: `[n, h, w, c]`, and `[c]` four times -> `[n, h, w, c]`. What does not fit into 32 bits wraps around.
    Raises: InvalidArgumentError for other shapes.
    """
    needs(Tinput, "quint8", "QuantizedBatchNormWithGlobalNormalization")
    needs(out_type, "qint32", "QuantizedBatchNormWithGlobalNormalization with a result")
    require_rank(t, 4, "t")
    kind, wide = limits(Tinput), limits(out_type)
    ends = one_range(t_min, t_max, "t_min t_max")
    high = _F(1 << 20)
    low = -high
    found = []
    with np.errstate(all="ignore"):
        for name, vector, least, most in (
            ("m", m, m_min, m_max),
            ("v", v, v_min, v_max),
            ("beta", beta, beta_min, beta_max),
            ("gamma", gamma, gamma_min, gamma_max),
        ):
            if vector.shape != t.shape[3:]:
                wanted, shape = list(t.shape[3:]), list(vector.shape)
                require(False, f"{name} must have shape {wanted}, not {shape}")
            pair = one_range(least, most, f"{name}_min {name}_max")
            found.append(float_of(bits(vector), *pair, kind))
        mean, variance, shift, factor = found
        scale = _F(1) / np.sqrt(variance + _F(variance_epsilon))
        if scale_after_normalization:
            scale = scale * factor
        offset = level_of(-mean * scale + shift, low, high, wide)
        scale = level_of(scale, low, high, wide)
        one = int(level_of(_F(1), low, high, wide))
        # A byte has few levels, so each is moved to the other range once.
        table = level_of(float_of(np.arange(kind.steps), *ends, kind), low, high, wide)
        product = (table[bits(t)] * scale).astype(np.int32).astype(np.int64)
        whole = np.abs(product) // one * np.sign(product)
    return sums(whole + offset), np.asarray(low), np.asarray(high)


@quantized_batch_norm.shape
def quantized_batch_norm_shape(
    t: Spec,
    t_min: Spec,
    t_max: Spec,
    m: Spec,
    m_min: Spec,
    m_max: Spec,
    v: Spec,
    v_min: Spec,
    v_max: Spec,
    beta: Spec,
    beta_min: Spec,
    beta_max: Spec,
    gamma: Spec,
    gamma_min: Spec,
    gamma_max: Spec,
) -> list[Shape]:
    """The shape of the images."""
    scalars(t_min, t_max, m_min, m_max, v_min, v_max, beta_min, beta_max, gamma_min, gamma_max)
    return [(*with_rank(t, 4, "t")[:3], *(_depth(t, (m, v, beta, gamma)) or (None,))), (), ()]


@op(
    "QuantizedInstanceNorm(x: T, x_min: float32, x_max: float32)"
    " -> y: T, y_min: float32, y_max: float32",
    T=QUANTIZED,
    precision=ROUNDING,
    source="core/kernels/quantized_instance_norm.cc",
)
def quantized_instance_norm(
    x: Array,
    x_min: Array,
    x_max: Array,
    *,
    output_range_given: bool = False,
    given_y_min: float = 0.0,
    given_y_max: float = 0.0,
    variance_epsilon: float = 9.999999747378752e-06,
    min_separation: float = 0.0010000000474974513,
    T: DType,
) -> tuple[Array, Array, Array]:
    """Each channel of each image less its mean, over its deviation, as levels of the range of all that, or of a given one.

    Shapes: `[n, h, w, c]` -> the same.
    Raises: InvalidArgumentError for another rank, and for a range whose ends are no scalars in their order.
    """
    needs(T, "quint8", "QuantizedInstanceNorm")
    require_rank(x, 4, "x")
    if output_range_given and not given_y_min < given_y_max:
        require(False, f"given_y_min must be less than {given_y_max}, not {given_y_min}")
    low, high = one_range(x_min, x_max, "x_min x_max")
    require(low < high, f"x_min must be less than {high}, not {low}")
    with np.errstate(all="ignore"):
        scale = (high - low) / _F(255)
        levels = bits(x).astype(_F)
        count = _F(x.shape[1] * x.shape[2])
        centred = scale * (levels - levels.sum(axis=(1, 2), keepdims=True) / count)
        variance = np.square(centred).sum(axis=(1, 2), keepdims=True) / count
        normal = centred * (_F(1) / np.sqrt(variance + _F(variance_epsilon)))
        if output_range_given:
            ends = _F(given_y_min), _F(given_y_max)
        else:
            ends = normal.min(initial=np.inf), normal.max(initial=-np.inf)
        if ends[1] - ends[0] < _F(min_separation):
            ends = ends[0], ends[0] + _F(min_separation)
        found = eigen_quantize(normal, *ends, limits(T)).astype(np.uint8)
    return from_bits(found, T), np.asarray(ends[0]), np.asarray(ends[1])


@quantized_instance_norm.shape
def quantized_instance_norm_shape(x: Spec, x_min: Spec, x_max: Spec) -> list[Shape]:
    """The shape of the images."""
    scalars(x_min, x_max)
    return [with_rank(x, 4, "x"), (), ()]
