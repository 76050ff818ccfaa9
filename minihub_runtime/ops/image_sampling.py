"""Resampling images with a scale, a translation and a kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term
from minihub_runtime.ops.image_shapes import require_output, sized_image, two_sizes
from minihub_runtime.ops.image_taps import Taps, gather, image_blocks, image_float32, scatter
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec

_SOURCE = "core/kernels/image/scale_and_translate_op.cc"

# Weights of one axis; a graph that wants more asks for a kernel far wider than its image.
_MAX_WEIGHTS = 1 << 28


class _Kernel(NamedTuple):
    """A sampling kernel: how far it reaches, and its value at distances >= 0."""

    radius: float
    value: Callable[[Array], Array]


def _lanczos(radius: float) -> _Kernel:
    def value(x: Array) -> Array:
        pi = np.float32(np.pi)
        safe = np.where(x <= 1e-3, np.float32(1), x)
        wave = np.float32(radius) * np.sin(pi * safe) * np.sin(pi * safe / np.float32(radius))
        inside = np.where(x <= 1e-3, np.float32(1), wave / (pi * pi * safe * safe))
        return np.where(x > radius, np.float32(0), inside)

    return _Kernel(radius, value)


def _gaussian(x: Array) -> Array:
    inside = np.exp(-x.astype(np.float64) * x / 0.5)
    return np.where(x >= 1.5, 0, inside).astype(np.float32)


def _box(x: Array) -> Array:
    return np.where(x < 0.5, np.float32(1), np.where(x == 0.5, np.float32(0.5), np.float32(0)))


def _triangle(x: Array) -> Array:
    return np.where(x < 1, np.float32(1) - x, np.float32(0))


def _keys(x: Array) -> Array:
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    near = ((1.5 * x - 2.5) * x) * x + 1
    return np.where(x >= 2, np.float32(0), np.where(x >= 1, far, near))


def _mitchell(x: Array) -> Array:
    far = ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9
    near = ((7 / 6 * x - 2) * x) * x + 8 / 9
    return np.where(x >= 2, np.float32(0), np.where(x >= 1, far, near))


_KERNELS = {
    "lanczos1": _lanczos(1.0),
    "lanczos3": _lanczos(3.0),
    "lanczos5": _lanczos(5.0),
    "gaussian": _Kernel(1.5, _gaussian),
    "box": _Kernel(1.0, _box),
    "triangle": _Kernel(1.0, _triangle),
    "keyscubic": _Kernel(2.0, _keys),
    "mitchellcubic": _Kernel(2.0, _mitchell),
}


def _spans(
    in_size: int, out_size: int, scale: float, translation: float, name: str, antialias: bool
) -> Taps:
    """The part of the input under the kernel of each output place, with weights that sum to one."""
    kernel = _KERNELS[name]
    inverse = np.float32(1.0 / scale)
    shift = -inverse * np.float32(translation)
    # Where the image shrinks, a wider kernel keeps out what the output cannot show.
    stretch = np.float32(max(float(inverse), 1.0)) if antialias else np.float32(1)
    reach = np.float32(kernel.radius) * stretch
    where = (np.arange(out_size, dtype=np.float32) + np.float32(0.5)) * inverse + shift
    inside = (where >= 0) & (where <= in_size)
    where = np.where(inside, where, np.float32(0))
    limit = float(in_size - 1)
    first = np.clip(np.ceil(where - reach - np.float32(0.5)), 0, limit).astype(np.int64)
    last = np.clip(np.floor(where + reach - np.float32(0.5)), 0, limit).astype(np.int64)
    width = int((last - first).max(initial=0)) + 1
    if width * out_size > _MAX_WEIGHTS:
        require(False, f"{width} weights for each of {out_size} places must be less than 2^28")
    wanted = first + np.arange(width)[:, None]
    used = (wanted <= last) & inside
    distance = wanted.astype(np.float32) + np.float32(0.5) - where
    weight = kernel.value(np.abs(distance * (np.float32(1) / stretch))).astype(np.float32)
    weight[~used] = 0
    total = weight.sum(axis=0, dtype=np.float32)
    usable = np.abs(total) >= 1000 * np.finfo(np.float32).tiny
    weight *= np.where(usable, np.float32(1) / np.where(usable, total, 1), np.float32(0))
    return Taps(np.minimum(wanted, in_size - 1), weight, used & (weight != 0))


def _two_floats(values: Array, name: str) -> tuple[float, float]:
    if values.shape != (2,):
        require(False, f"{name} must have shape [2], not {list(values.shape)}")
    return float(values[0]), float(values[1])


def _two_axes(
    sizes: tuple[int, int, int, int],
    scale: Array,
    translation: Array,
    kernel_type: str,
    antialias: bool,
) -> tuple[Taps, Taps]:
    """Taps of rows and columns; `sizes` are the height and width of the input, then of the output."""
    if kernel_type not in _KERNELS:
        require(
            False, f"kernel_type must be one of {', '.join(_KERNELS)}, not {kernel_type[:40]!r}"
        )
    down, across = _two_floats(scale, "scale")
    require(
        0 < down < np.inf and 0 < across < np.inf,
        f"scale must be greater than zero, not {[down, across]}",
    )
    shift_down, shift_across = _two_floats(translation, "translation")
    in_height, in_width, out_height, out_width = sizes
    with np.errstate(over="ignore", invalid="ignore"):
        return (
            _spans(in_height, out_height, down, shift_down, kernel_type, antialias),
            _spans(in_width, out_width, across, shift_across, kernel_type, antialias),
        )


@op(
    "ScaleAndTranslate(images: T, size: int32, scale: float32, translation: float32)"
    " -> resized_images: float32",
    T=types("int8 uint8 int16 uint16 int32 int64 bfloat16 float16 float32 float64"),
    source=_SOURCE,
    precision=ROUNDING,
    shape=lambda images, size, scale, translation: sized_image(images, size),
)
def scale_and_translate(
    images: Array,
    size: Array,
    scale: Array,
    translation: Array,
    *,
    kernel_type: str = "lanczos3",
    antialias: bool = True,
) -> Array:
    """Sample images that were scaled and then moved; places outside the image are zero.

    Shapes: `[batch, height, width, channels]`, `[2]`, `[2]`, `[2]` -> `[batch, *size, channels]`.
    Raises: InvalidArgumentError for empty images, and sizes or scales that are not positive.
    """
    require_rank(images, 4, "images")
    batch, in_height, in_width, channels = images.shape
    if 0 in (in_height, in_width, channels):
        require(False, f"images must not be empty, not of shape {list(images.shape)}")
    height, width = two_sizes(size)
    result = np.zeros(require_output((batch, height, width, channels), 4), np.float32)
    sizes = (in_height, in_width, height, width)
    rows, columns = _two_axes(sizes, scale, translation, kernel_type, antialias)
    with np.errstate(invalid="ignore", over="ignore"):
        for block in image_blocks(batch, height * width * channels):
            x = image_float32(images[block]).reshape(-1, in_height, in_width * channels)
            tall = gather(x, rows).reshape(-1, in_width, channels)
            result[block] = gather(tall, columns).reshape(-1, height, width, channels)
    return result


def _original_shape(grads: Spec, original_image: Spec, scale: Spec, translation: Spec) -> Shape:
    return original_image.shape


@op(
    "ScaleAndTranslateGrad(grads: T, original_image: T, scale: float32, translation: float32)"
    " -> output: T",
    T=types("float32"),
    source=_SOURCE,
    precision=ROUNDING,
    shape=_original_shape,
)
def scale_and_translate_grad(
    grads: Array,
    original_image: Array,
    scale: Array,
    translation: Array,
    *,
    kernel_type: str = "lanczos3",
    antialias: bool = True,
) -> Array:
    """What each pixel of the original gave to the output of ScaleAndTranslate, times `grads`.

    Shapes: `[batch, *size, channels]`, `[_, height, width, _]` -> `[batch, height, width, channels]`.
    Raises: InvalidArgumentError for a scale that is not positive or an unknown kernel.
    """
    require_rank(grads, 4, "grads")
    require_rank(original_image, 4, "original_image")
    height, width = original_image.shape[1:3]
    require_output((grads.shape[0], height, width, grads.shape[3]), 4)
    sizes = (height, width, *grads.shape[1:3])
    rows, columns = _two_axes(sizes, scale, translation, kernel_type, antialias)
    with np.errstate(invalid="ignore", over="ignore"):
        return scatter(grads, rows, columns, height, width, np.dtype(np.float32))


@scale_and_translate.gradient
def _scale_and_translate_gradient(
    ops: Ops, grad: Term, images: Term, scale: Term, translation: Term, attrs: Attrs
) -> tuple[Term, None, None, None]:
    return ops.ScaleAndTranslateGrad(grad, images, scale, translation, **attrs), None, None, None
