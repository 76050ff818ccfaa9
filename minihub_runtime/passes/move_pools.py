"""Means of windows and 1×1 convolutions change places where that is less work.

    AvgPool(x), then Conv2D(·, w)   →   Conv2D(x, w), then AvgPool     steps of one, and fewer channels behind the convolution
    Conv2D(x, w), then AvgPool      →   AvgPool(x), then Conv2D        longer steps, and so fewer places behind the pool

Both are sums, one over places and one over channels, and a bias stays what it is in a mean.  Inception pools in front of
convolutions, DenseNet behind them.
"""

from __future__ import annotations

import math

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node
from minihub_runtime.passes.region import Region

__all__ = ["move_pools"]

CONVOLUTIONS = frozenset({"Conv2D", "_AffineConv2D"})
#: Activations that are an op of this name.
ACTIVATIONS = frozenset({"Relu", "Relu6"})
#: Channels behind a convolution from which on to sum them up takes longer than to pool those in front of it.
MANY = 32


def move_pools(region: Region) -> None:
    """Let all that a region has of them change places."""
    for pool in [node for node in region.live().values() if node.op == "AvgPool"]:
        if pool.attrs.get("T") is not float32:
            continue
        steps = math.prod(pool.attrs["strides"])
        after = region.only_reader(pool)
        before = region.producer(pool.inputs[0], *CONVOLUTIONS)
        if steps == 1 and after is not None and after.op in CONVOLUTIONS:
            _convolve_first(region, pool, after)
        elif steps > 1 and before is not None and region.only_reader(before) is pool:
            _pool_first(region, pool, before)


def _channels(region: Region, pool: Node, conv: Node) -> tuple[int, int] | None:
    """The channels in front of and behind a convolution that sees single places of one layout with a pool; None for others."""
    attrs = conv.attrs
    if (
        attrs.get("T") is not float32
        or attrs.get("data_format", "NHWC") != pool.attrs.get("data_format", "NHWC")
        or any(attrs.get("explicit_paddings", ()))
        or {*attrs["strides"]} != {1}
        or not all(map(region.static, conv.inputs[1:]))
    ):
        return None
    filter = conv.inputs[1]
    while (scaled := region.producer(filter, "_ScaledFilter")) is not None:
        filter = scaled.inputs[0]
    shape = region.shape(filter)
    if shape is None or shape[:2] != (1, 1):
        return None
    before, behind = shape[2:]
    return None if before is None or behind is None else (before, behind)


def _convolve_first(region: Region, pool: Node, conv: Node) -> None:
    """`conv`, which reads `pool` alone, comes first if it has fewer channels behind it."""
    channels = _channels(region, pool, conv)
    activation = conv.attrs.get("activation", "")
    if channels is None or channels[1] >= channels[0] or activation not in ("", *ACTIVATIONS):
        return
    attrs = {**conv.attrs, "activation": ""} if activation else conv.attrs
    convolved = region.add(conv.name, conv.op, (pool.inputs[0], *conv.inputs[1:]), **attrs)
    controls = (*pool.controls, *conv.controls)
    if not activation:
        region.put(Node(conv.name, pool.op, (convolved,), controls, pool.attrs))
        return
    pooled = region.add(conv.name, pool.op, (convolved,), **pool.attrs)
    region.put(Node(conv.name, activation, (pooled,), controls, {"T": float32}))


def _pool_first(region: Region, pool: Node, conv: Node) -> None:
    """`pool`, which alone reads `conv`, comes first if it has no activation to wait for, and many channels."""
    channels = _channels(region, pool, conv)
    if channels is None or conv.attrs.get("activation", "") or channels[1] < min(MANY, channels[0]):
        return
    pooled = region.add(pool.name, pool.op, (conv.inputs[0],), **pool.attrs)
    controls = (*conv.controls, *pool.controls)
    region.put(Node(pool.name, conv.op, (pooled, *conv.inputs[1:]), controls, conv.attrs))
