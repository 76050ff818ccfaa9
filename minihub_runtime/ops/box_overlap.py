"""How much boxes overlap, and which of those that do are kept."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np

from minihub_runtime.ops.registry import Array

__all__ = ["BoxCorners", "Later", "Similarity", "hard_suppression", "soft_suppression"]

# The similarity of one box, by number, with several others.
Similarity = Callable[[int, Array], Array]
# The similarity of the candidate at a place with all after it.
Later = Callable[[int], Array]


class BoxCorners:
    """Boxes with their corners in order, and the overlap of one with others.

    The order of the float32 operations is TensorFlow's: thresholds fall on exact values more often than one thinks.
    """

    def __init__(self, boxes: Array) -> None:
        wide = boxes.astype(np.float32, copy=False)
        self.top, self.left = (np.minimum(wide[:, i], wide[:, i + 2]) for i in (0, 1))
        self.bottom, self.right = (np.maximum(wide[:, i], wide[:, i + 2]) for i in (0, 1))
        with np.errstate(invalid="ignore", over="ignore"):
            self.area = (self.bottom - self.top) * (self.right - self.left)

    def overlap(self, number: int, others: Array | slice) -> Array:
        """Intersection over union of one box with others; 0 for boxes without area."""
        areas = self.area[others]
        if self.area[number] <= 0:
            return np.zeros_like(areas)
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            common = np.minimum(self.bottom[number], self.bottom[others])
            common -= np.maximum(self.top[number], self.top[others])
            np.maximum(common, 0, out=common)
            across = np.minimum(self.right[number], self.right[others])
            across -= np.maximum(self.left[number], self.left[others])
            np.maximum(across, 0, out=across)
            common *= across
            share = self.area[number] + areas
            share -= common
            np.divide(common, share, out=share)
        share[areas <= 0] = 0
        return share

    def later(self, place: int) -> Array:
        """The overlap of one box with all after it."""
        return self.overlap(place, slice(place + 1, None))


def hard_suppression(later: Later, count: int, candidates: int, threshold: np.floating) -> Array:
    """The places kept of candidates, best first: each one drops the later ones that are too similar to it."""
    kept: list[int] = []
    kind = type(threshold)
    alive = np.ones(candidates, bool)
    place = 0
    while len(kept) < count and place < candidates:
        place += int(alive[place:].argmax())
        if not alive[place]:
            break
        kept.append(place)
        if len(kept) < count:
            alive[place + 1 :] &= ~(later(place).astype(kind, copy=False) > threshold)
        place += 1
    return np.array(kept, np.int64)


def soft_suppression(
    similarity: Similarity,
    scores: Array,
    count: int,
    threshold: np.floating,
    least: np.floating,
    sigma: np.floating,
) -> tuple[Array, Array]:
    """Kept places and their scores, where each kept box lowers the scores of the ones similar to it.

    With sigma 0 this is hard suppression, down to what NaN does.
    """
    kind = scores.dtype.type
    soft = bool(sigma > 0)
    scale = kind(-0.5) / sigma if soft else kind(0)
    kept: list[int] = []
    kept_scores: list[np.floating] = []
    queue = [(-float(scores[i]), int(i), 0) for i in np.flatnonzero(scores > least)]
    heapq.heapify(queue)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        while len(kept) < count and queue:
            negative, number, begin = heapq.heappop(queue)
            score = kind(-negative)
            dropped = False
            if begin < len(kept):
                others = np.array(kept[begin:][::-1])
                same = similarity(number, others).astype(kind, copy=False)
                weight = np.exp(scale * same * same)
                if not soft:
                    weight = np.where(same <= threshold, weight, kind(0))
                run = np.multiply.accumulate(np.append(score, weight).astype(kind, copy=False))[1:]
                stop = run <= least
                hard = np.zeros_like(stop) if soft else same > threshold
                ends = np.flatnonzero(stop | hard)
                last = int(ends[0]) if len(ends) else len(run) - 1
                dropped = bool(hard[last])
                score = run[last]
            if dropped:
                continue
            if score == kind(-negative):
                kept.append(number)
                kept_scores.append(score)
            elif score > least:
                heapq.heappush(queue, (-float(score), number, len(kept)))
    return np.array(kept, np.int32), np.array(kept_scores, kind)
