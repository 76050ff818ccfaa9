"""Squeeze and excitation: channels scaled by what two small products make of their means, before a 1×1 convolution.

The means are of many numbers, the products of few: what takes the time is what lies around them, and the scaled tensor, the widest
of the network.  The scale goes into the filter of the convolution instead, where that is smaller.  `passes.fuse_gates` makes them.
"""

from __future__ import annotations

import math

import numpy as np

from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.convolution import check_filter
from minihub_runtime.ops.convolving import multiply_rows
from minihub_runtime.ops.finishing import activation, finish_with
from minihub_runtime.ops.products import SPEED, multiply, sum_rows
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.windows import allocate
from minihub_runtime.threads import scratch, spread

__all__: list[str] = []

FLOAT = types("float32")
SOURCE = "core/grappler/optimizers/remapper.cc"


@op(
    "_Excitation(input: T, reduce: T, reduce_bias: T, expand: T, expand_bias: T) -> gate: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def excitation(
    input: Array,
    reduce: Array,
    reduce_bias: Array,
    expand: Array,
    expand_bias: Array,
    *,
    reduce_activation: str = "",
    expand_activation: str = "",
) -> Array:
    """Mean over rows and columns, then two 1×1 convolutions, each with a bias, which may be empty, and an activation.

    Shapes: `[n, h, w, c], [1, 1, c, r], [r], [1, 1, r, e], [e] -> [n, 1, 1, e]`.
    """
    require_rank(input, 4, "input")
    count, rows, columns, channels = input.shape
    found = sum_rows(input.reshape(count, rows * columns, channels))
    np.divide(found, found.dtype.type(rows * columns), found)
    for filter, bias, name in (
        (reduce, reduce_bias, reduce_activation),
        (expand, expand_bias, expand_activation),
    ):
        require_rank(filter, 4, "filter")
        check_filter(found.shape[1], filter)
        found = multiply(found, filter.reshape(filter.shape[2:]))
        # There are too few of them to take pains.
        if bias.size:
            np.add(found, bias.reshape(-1), found)
        if name:
            activation(name)(found)
    return found.reshape(count, 1, 1, found.shape[1])


@op(
    "_GatedConv2D(input: T, gate: T, filter: T, bias: T) -> output: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def gated_conv2d(
    input: Array,
    gate: Array,
    filter: Array,
    bias: Array,
    *,
    activation: str = "",
    out: Array | None = None,
) -> Array:
    """A 1×1 convolution of `input * gate`, a bias, which may be empty, and an activation.

    Shapes: `[n, h, w, c], [n, 1, 1, c], [1, 1, c, o], [o] -> [n, h, w, o]`; either `n` may be 1.
    """
    require_rank(input, 4, "input")
    require_rank(filter, 4, "filter")
    finish = finish_with(bias.reshape(-1) if bias.size else None, [activation])
    count, rows, columns, channels = input.shape
    require(
        gate.shape[1:] == (1, 1, channels),
        f"gate must have shape [n, 1, 1, {channels}], not {list(gate.shape)}",
    )
    check_filter(channels, filter)
    weights: Array = filter.reshape(filter.shape[2:])
    width, area = weights.shape[1], rows * columns
    together = math.lcm(len(gate), count) if count and len(gate) else 0
    result = allocate((together, rows, columns, width), input.dtype, out)
    if result.size == 0:
        return result
    flat = result.reshape(-1, width)
    if len(gate) != count or area < width:
        scaled = scratch("gated", (together, rows, columns, channels), input.dtype)
        np.multiply(input, gate, out=scaled)
        multiply_rows(scaled.reshape(-1, channels), weights, flat, finish)
        return result
    images = np.ascontiguousarray(input).reshape(count, area, channels)

    def compute(image: int) -> None:
        scaled = scratch("gated", weights.shape, weights.dtype)
        np.multiply(weights, gate[image].reshape(channels, 1), out=scaled)
        if count == 1:
            multiply_rows(images[0], scaled, flat, finish)
            return
        target = flat[image * area : (image + 1) * area]
        multiply(images[image], scaled, target, alone=True)
        finish(target)

    spread(compute, range(count), len(flat) * weights.size // SPEED, products=True)
    return result
