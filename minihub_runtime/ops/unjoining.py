"""The gradient of a concatenation in one step: what `passes.fuse_unjoining` makes of offsets and slices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minihub_runtime.ops.registry import ANY, REGISTRY, Array, at_least, op
from minihub_runtime.shapes import Shape, Spec

__all__: list[str] = []


def _shapes(parts: Sequence[Spec]) -> list[Shape]:
    return [part.shape for part in parts]


@op(
    "_Unjoin(joined: T, parts: N * T) -> pieces: N * T",
    T=ANY,
    N=at_least(2),
    views=True,
    source="python/ops/array_grad.py",
    shape=_shapes,
)
def unjoin(joined: Array, parts: Sequence[Array], *, axis: int) -> list[Array]:
    """Pieces of `joined`, of the shapes of `parts`, one behind another along `axis`; what `ConcatOffset` and `Slice` give.

    Shapes: `s`, `N * t -> N * t`.
    Raises: InvalidArgumentError where shapes do not fit.
    """
    before = (slice(None),) * axis
    pieces, start = [], 0
    for part in parts:
        if not 0 <= axis < min(part.ndim, joined.ndim):
            return _slices(joined, parts, axis)
        stop = start + part.shape[axis]
        place = (*before, slice(start, stop))
        piece = joined[place]
        if piece.shape != part.shape:
            return _slices(joined, parts, axis)
        pieces.append(piece)
        start = stop
    return pieces


def _slices(joined: Array, parts: Sequence[Array], axis: int) -> list[Array]:
    """The pieces, from the ops that say what does not fit."""
    sizes = [np.array(part.shape, np.int32) for part in parts]
    offsets = REGISTRY["ConcatOffset"].kernel(np.array(axis, np.int32), sizes)
    take = REGISTRY["Slice"].kernel
    return [take(joined, offset, size) for offset, size in zip(offsets, sizes, strict=True)]
