"""Convolutions fused with mirror padding and resizing, as old mobile graphs have them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.convolution import conv2d
from minihub_runtime.ops.padding import pairs_of
from minihub_runtime.ops.registry import FLOATS, REGISTRY, ROUNDING, Array, op, types
from minihub_runtime.ops.windows import layout_of, ranked
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

Padding = Literal["SAME", "VALID"]
Mode = Literal["REFLECT", "SYMMETRIC"]


def _mirror(images: Array, paddings: Array, mode: str) -> Array:
    """`images` with mirrored rows and columns around them."""
    require(
        paddings.shape == (4, 2), f"paddings must have shape [4, 2], not {list(paddings.shape)}"
    )
    pairs = [(int(a), int(b)) for a, b in paddings]
    require(pairs[0] == (0, 0) == pairs[3], f"paddings of batch and depth must be 0, not {pairs}")
    for (before, after), size in zip(pairs, images.shape, strict=True):
        limit = size - 1 if mode == "REFLECT" else size
        if (before, after) != (0, 0) and not 0 <= min(before, after) <= max(before, after) <= limit:
            raise InvalidArgumentError(
                f"paddings must lie in [0, {limit}] with {mode} and size {size}, not {pairs}"
            )
    return np.pad(images, pairs, mode="reflect" if mode == "REFLECT" else "symmetric")


def _convolve(images: Array, filter: Array, strides: list[int], padding: Padding) -> Array:
    found: Array = conv2d.kernel(images, filter, strides=strides, padding=padding)
    require(found.size > 0, f"the result must not be empty, not of shape {list(found.shape)}")
    return found


@op(
    "FusedPadConv2D(input: T, paddings: int32, filter: T) -> output: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/conv_ops_using_gemm.cc",
)
def fused_pad_conv2d(
    input: Array,
    paddings: Array,
    filter: Array,
    *,
    mode: Mode,
    strides: list[int],
    padding: Padding,
) -> Array:
    """MirrorPad, then Conv2D.

    Shapes: `[n, h, w, c], [4, 2], [kh, kw, c, o] -> [n, h', w', o]`.
    Raises: InvalidArgumentError as MirrorPad and Conv2D do, for padded batch or depth, for an empty result.
    """
    require_rank(input, 4, "input")
    require_rank(filter, 4, "filter")
    _check_depth(input, filter)
    return _convolve(_mirror(input, paddings, mode), filter, strides, padding)


def _check_depth(input: Array, filter: Array) -> None:
    require(
        input.shape[-1] == filter.shape[2],
        f"input depth must equal filter depth {filter.shape[2]}, not {input.shape[-1]}",
    )


def _shape(
    shape: tuple[int | None, ...],
    paddings: Spec,
    filter: Spec,
    strides: list[int],
    padding: str,
) -> Shape:
    taps = ranked(filter, 4, "filter")
    merge(paddings.shape, (4, 2))
    if paddings.value is None:
        sizes: list[int | None] = [None, None]
    else:
        merge((shape[3],), (taps[2],))
        pairs = pairs_of(paddings.value, 4)[1:3]
        sizes = [None if n is None else n + sum(pair) for n, pair in zip(shape[1:3], pairs)]
    layout = layout_of("NHWC", padding, strides)
    return layout.order(shape[0], layout.output_sizes(sizes, taps[:2]), taps[3])


@fused_pad_conv2d.shape
def fused_pad_conv2d_shape(
    input: Spec, paddings: Spec, filter: Spec, strides: list[int], padding: str
) -> Shape:
    """That of Conv2D of the padded input."""
    shape = ranked(input, 4, "input")
    return _shape(shape, paddings, filter, strides, padding)


@op(
    "FusedResizeAndPadConv2D(input: T, size: int32, paddings: int32, filter: T) -> output: T",
    T=types("float16 float32 float64"),
    precision=ROUNDING,
    source="core/kernels/conv_ops_using_gemm.cc",
)
def fused_resize_and_pad_conv2d(
    input: Array,
    size: Array,
    paddings: Array,
    filter: Array,
    *,
    resize_align_corners: bool = False,
    mode: Mode,
    strides: list[int],
    padding: Padding,
) -> Array:
    """ResizeBilinear, then MirrorPad, then Conv2D.

    Shapes: `[n, h, w, c], [2], [4, 2], [kh, kw, c, o] -> [n, h', w', o]`.
    Raises: InvalidArgumentError as the three ops do, for padded batch or depth, for an empty result.
    Differs: float64 images are resized in float32, as ResizeBilinear does.
    """
    require_rank(input, 4, "input")
    require_rank(filter, 4, "filter")
    _check_depth(input, filter)
    resize = REGISTRY["ResizeBilinear"]
    resized = resize(images=input, size=size, align_corners=resize_align_corners)
    padded = _mirror(resized.astype(input.dtype, copy=False), paddings, mode)
    return _convolve(padded, filter, strides, padding)


@fused_resize_and_pad_conv2d.shape
def fused_resize_and_pad_conv2d_shape(
    input: Spec, size: Spec, paddings: Spec, filter: Spec, strides: list[int], padding: str
) -> Shape:
    """That of Conv2D of the resized and padded input."""
    shape = ranked(input, 4, "input")
    sizes = merge(size.as_shape, (None, None)) or ()
    return _shape((shape[0], *sizes, shape[3]), paddings, filter, strides, padding)
