"""Scales, biases and relus of channels as thresholds: what `passes.fold_thresholds` makes of them."""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.channel_blocks import blocks_of
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.windows import allocate
from minihub_runtime.threads import spread

__all__ = ["Thresholds"]

FLOAT = types("float32")
SOURCE = "core/kernels/fused_batch_norm_op.cc"
#: A threshold so far away is never met; the factor of its channel is as good as zero.
FARTHEST = 1e30


class Thresholds:
    """What the channels of an array must not fall below, or exceed.

    Args:
        low: one number for each channel; minus infinity for none.
        high: the same.
    """

    def __init__(self, low: Array, high: Array) -> None:
        limits = [(np.maximum, low), (np.minimum, high)]
        self._limits = [
            (function, numbers) for function, numbers in limits if np.isfinite(numbers).any()
        ]

    def clamp(self, x: Array, result: Array) -> None:
        """Put the clamped rows of `x`, `(n, channels)`, into `result`, both contiguous."""
        blocks = blocks_of(x.shape[1], x.size)
        limits = [(function, blocks.repeated(numbers)) for function, numbers in self._limits]

        def compute(part: tuple[int, int]) -> None:
            for block, place in blocks.of(part, x, result):
                source = block
                for function, numbers in limits:
                    function(source, numbers[: block.shape[1]], out=place)
                    source = place
                if not limits:
                    np.copyto(place, block)

        spread(compute, blocks.parts(x.size), x.size * max(1, len(limits)) // 4)


@op(
    "_Thresholds(factor: T, bias: T) -> thresholds: variant, multiplier: T, shift: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=lambda factor, bias: [None, None, None],
)
def thresholds(factor: Array, bias: Array) -> tuple[Thresholds, Array, Array]:
    """What clamps x, and a multiplier and a shift, so that `relu(factor * x + bias)` is `multiplier * clamped(x) + shift`.

    Shapes: `[c], [c] -> [], [c], [c]`.
    """
    with np.errstate(all="ignore"):
        place = -bias / factor
        met = np.abs(place) < FARTHEST
        low = np.where(met & (factor > 0), place, -np.inf)
        high = np.where(met & (factor < 0), place, np.inf)
        # The others are the same everywhere: zero, times nothing, plus that.
        low, high = (np.where(met, limits, 0).astype(np.float32) for limits in (low, high))
        return (
            Thresholds(low, high),
            np.where(met, factor, 0).astype(np.float32),
            np.where(met, bias, np.maximum(bias, 0)).astype(np.float32),
        )


@op(
    "_Clamped(x: T, thresholds: variant) -> y: T",
    T=FLOAT,
    source=SOURCE,
    shape=lambda x, thresholds: x.shape,
)
def clamped(x: Array, thresholds: Thresholds, *, out: Array | None = None) -> Array:
    """Each channel, the last axis, within its thresholds.

    Shapes: `[…, c], [] -> […, c]`.
    """
    x = np.ascontiguousarray(x)
    result = allocate(x.shape, x.dtype, out)
    if x.size:
        thresholds.clamp(x.reshape(-1, x.shape[-1]), result.reshape(-1, x.shape[-1]))
    return result


@op(
    "_FoldedFilter(filter: T, multiplier: T) -> folded: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def folded_filter(filter: Array, multiplier: Array) -> Array:
    """A filter for inputs that were not multiplied.

    Shapes: `[1, 1, c, o], [c] -> [1, 1, c, o]`.
    """
    return np.ascontiguousarray(filter * multiplier[:, np.newaxis])


@op(
    "_FoldedBias(bias: T, filter: T, shift: T) -> folded: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def folded_bias(bias: Array, filter: Array, shift: Array) -> Array:
    """The bias of a convolution whose inputs lack a shift, summed up in float64; an empty one is none.

    Shapes: `[o]` or `[0], [1, 1, c, o], [c] -> [o]`.
    """
    sums = shift.astype(np.float64) @ filter.reshape(filter.shape[-2:]).astype(np.float64)
    return (sums + bias.reshape(-1) if bias.size else sums).astype(np.float32)
