"""Gradients of convolutions with respect to inputs that an activation made, times its slope: what `passes.mask_gradients` makes.

A few images at a time are computed and masked while they are in the cache.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from minihub_runtime.memory import contiguous, empty
from minihub_runtime.ops.activation import keep_between
from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.convolution_gradient import (
    conv2d_backprop_input,
    depthwise_conv2d_native_backprop_input,
)
from minihub_runtime.ops.registry import ROUNDING, Array, Op, op
from minihub_runtime.shapes import Shape, Spec, merge
from minihub_runtime.threads import num_threads, pays, side_by_side

__all__ = ["LIMITS"]

Activation = Literal["Relu", "Relu6"]
#: Activation → what its results are at most.
LIMITS: dict[str, float | None] = {"Relu": None, "Relu6": 6}
#: Bytes of the images that are computed before they are masked, if that is an image or more.
TOGETHER = 1 << 21
#: Nanoseconds that an element takes at least.
COST = 2


def _shape(input_sizes: Spec, features: Spec) -> Shape:
    asked = input_sizes.as_shape
    return features.shape if asked is None or len(asked) != 4 else merge(asked, features.shape)


def _masked(
    gradient: Op,
    input_sizes: Array,
    filter: Array,
    out_backprop: Array,
    features: Array,
    activation: str,
    **attrs: Any,
) -> Array:
    if input_sizes.shape != (4,) or tuple(input_sizes) != features.shape:
        require(
            False,
            f"features must have the shape that input_sizes say, {input_sizes.tolist()}, "
            f"not {list(features.shape)}",
        )
    count = len(features)
    if out_backprop.shape[:1] != (count,):
        require(
            False, f"out_backprop must have {count} images, not shape {list(out_backprop.shape)}"
        )
    features = contiguous(features)
    result = empty(features.shape, features.dtype)
    limit = LIMITS[activation]

    def compute(images: tuple[int, int]) -> None:
        low, high = images
        place = result[low:high]
        sizes = np.array([high - low, *features.shape[1:]], np.int32)
        found = gradient.kernel(sizes, filter, out_backprop[low:high], out=place, **attrs)
        keep_between(found, features[low:high], limit, place)

    image = math.prod(features.shape[1:]) * features.itemsize
    if pays(COST * features.size):
        least = -(-count // max(num_threads(), count * image // TOGETHER))
        side_by_side(compute, runs(count, max(1, least)))
    else:
        compute((0, count))
    return result


@op(
    "_MaskedConv2DBackpropInput(input_sizes: int32, filter: float32, out_backprop: float32, "
    "features: float32) -> output: float32",
    precision=ROUNDING,
    source="core/kernels/conv_grad_input_ops.h",
    shape=_shape,
)
def masked_conv2d_backprop_input(
    input_sizes: Array,
    filter: Array,
    out_backprop: Array,
    features: Array,
    *,
    strides: list[int],
    padding: str,
    explicit_paddings: list[int] = [],
    dilations: list[int] = [1, 1, 1, 1],
    activation: Activation,
) -> Array:
    """Conv2DBackpropInput, then the gradient of `activation` with respect to its features.

    Shapes: `[4], [kh, kw, c / groups, o], [n, h', w', o], [n, h, w, c] -> [n, h, w, c]`.
    Raises: InvalidArgumentError as Conv2DBackpropInput, and where `input_sizes` are not the shape of `features`.
    """
    return _masked(
        conv2d_backprop_input,
        input_sizes,
        filter,
        out_backprop,
        features,
        activation,
        strides=strides,
        padding=padding,
        explicit_paddings=explicit_paddings,
        dilations=dilations,
    )


@op(
    "_MaskedDepthwiseConv2dNativeBackpropInput(input_sizes: int32, filter: float32, "
    "out_backprop: float32, features: float32) -> output: float32",
    precision=ROUNDING,
    source="core/kernels/depthwise_conv_grad_op.cc",
    shape=_shape,
)
def masked_depthwise_conv2d_native_backprop_input(
    input_sizes: Array,
    filter: Array,
    out_backprop: Array,
    features: Array,
    *,
    strides: list[int],
    padding: str,
    explicit_paddings: list[int] = [],
    dilations: list[int] = [1, 1, 1, 1],
    activation: Activation,
) -> Array:
    """DepthwiseConv2dNativeBackpropInput, then the gradient of `activation` with respect to its features.

    Shapes: `[4], [kh, kw, c, m], [n, h', w', c·m], [n, h, w, c] -> [n, h, w, c]`.
    Raises: InvalidArgumentError as that does, and where `input_sizes` are not the shape of `features`.
    """
    return _masked(
        depthwise_conv2d_native_backprop_input,
        input_sizes,
        filter,
        out_backprop,
        features,
        activation,
        strides=strides,
        padding=padding,
        explicit_paddings=explicit_paddings,
        dilations=dilations,
    )
