"""Nearest centres, and centres to begin k-means with."""

from __future__ import annotations

import math

import numpy as np

from minihub_runtime.ops.checking import require
from minihub_runtime.ops.philox import Philox, WordStream
from minihub_runtime.ops.registry import ROUNDING, Array, op
from minihub_runtime.shapes import Shape, Spec

__all__: list[str] = []

SOURCE = "core/kernels/clustering_ops.cc"
#: Distances that are worked on at a time.
_BLOCK = 1 << 20
#: Draws in vain after which the points that are left are taken alike.
_PATIENCE = 1 << 16


def _half_squares(rows: Array) -> Array:
    return np.float32(0.5) * np.einsum("ij,ij->i", rows, rows)


def _matrix(array: Array, name: str) -> None:
    if array.ndim != 2:
        require(False, f"Input {name} should be a matrix, not of shape {list(array.shape)}.")


def _number(array: Array, name: str) -> int:
    if array.ndim:
        require(False, f"Input {name} should be a scalar, not of shape {list(array.shape)}.")
    return int(array)


@op(
    "NearestNeighbors(points: float32, centers: float32, k: int64) -> "
    "nearest_center_indices: int64, nearest_center_distances: float32",
    precision=ROUNDING,
    source=SOURCE,
)
def nearest_neighbors(points: Array, centers: Array, k: Array) -> tuple[Array, Array]:
    """For each point the `k` nearest centres, nearest first, and their squared distances; of equal ones the first.

    Shapes: `[n, d], [m, d], [] -> [n, min(k, m)], [n, min(k, m)]`.
    Raises: InvalidArgumentError for other ranks, sizes that do not fit, no points, or a negative `k`.
    """
    _matrix(points, "points")
    _matrix(centers, "centers")
    wanted = _number(k, "k")
    require(len(points) > 0, "Expected points.rows() > 0.")
    if points.shape[1] != centers.shape[1]:
        require(
            False,
            "Expected point_dimensions == center_dimensions: "
            f"{points.shape[1]} vs {centers.shape[1]}.",
        )
    require(wanted >= 0, f"Expected k >= 0, not {wanted}.")
    count = min(wanted, len(centers))
    indices = np.empty((len(points), count), np.int64)
    distances = np.empty((len(points), count), np.float32)
    if not count:
        return indices, distances
    norms = _half_squares(centers)
    step = max(1, _BLOCK // len(centers))
    for start in range(0, len(points), step):
        block = points[start : start + step]
        # Half the squared distance but for the point's own norm, which does not change the order.
        partial = norms - block @ centers.T
        if count == 1:
            order = partial.argmin(axis=1)[:, np.newaxis]
        else:
            order = partial.argsort(axis=1, kind="stable")[:, :count]
        nearest = np.take_along_axis(partial, order, axis=1)
        indices[start : start + step] = order
        distances[start : start + step] = 2 * (_half_squares(block)[:, np.newaxis] + nearest)
    return indices, distances


@nearest_neighbors.shape
def nearest_neighbors_shape(points: Spec, centers: Spec, k: Spec) -> list[Shape]:
    """The number of points; how many centres there are is known when they are looked for."""
    return [(points.dim(0), None), (points.dim(0), None)]


class _Seeding:
    """The choice of points for KmeansPlusPlusInitialization.

    Attributes:
        nearest: half the squared distance of each point from the nearest chosen one.
        chosen: numbers of the points, in order.
    """

    def __init__(self, points: Array, seed: int) -> None:
        self.points = points
        self.norms = _half_squares(points)
        self.nearest = np.full(len(points), np.inf, np.float32)
        self.chosen: list[int] = []
        self._taken: set[int] = set()
        self._words = WordStream(Philox(seed))

    def _anywhere(self) -> int:
        """Any point, by rejection of the numbers above the last multiple."""
        count = len(self.points)
        while True:
            low, high = self._words.word(), self._words.word()
            drawn = high << 32 | low
            if count & (count - 1) == 0:
                return drawn & (count - 1)
            if drawn >= ((1 << 64) - 1) % count + 1:
                return drawn % count

    def draw(self, sums: Array) -> int:
        """A point that is not chosen yet, likelier the farther it is; `sums` are the running sums of `nearest`."""
        if not self.chosen:
            return self._anywhere()
        for _ in range(_PATIENCE):
            total = sums[-1]
            if total > 0:
                place = self._words.uniform_float() * total
                index = min(int(np.searchsorted(sums, place, side="right")), len(sums) - 1)
            else:
                index = self._anywhere()
            if index not in self._taken:
                return index
        return next(i for i in range(len(self.points)) if i not in self._taken)

    def nearer(self, index: int) -> Array:
        """`nearest` if a point were chosen."""
        products = self.points @ self.points[index]
        return np.minimum(self.nearest, (self.norms - products) + self.norms[index])

    def choose(self, index: int, nearest: Array) -> None:
        """Choose a point."""
        self.chosen.append(index)
        self._taken.add(index)
        self.nearest = nearest


@op(
    "KmeansPlusPlusInitialization(points: float32, num_to_sample: int64, seed: int64, "
    "num_retries_per_sample: int64) -> samples: float32",
    precision=ROUNDING,
    source=SOURCE,
)
def kmeans_plus_plus_initialization(
    points: Array, num_to_sample: Array, seed: Array, num_retries_per_sample: Array
) -> Array:
    """Points to begin k-means with, each drawn with a probability that grows with its squared distance from those before.

    Of `num_retries_per_sample + 1` draws that one is taken which brings all points nearest; a negative number stands for
    `2 + log(num_to_sample)` retries.

    Shapes: `[n, d], [], [], [] -> [num_to_sample, d]`.
    Raises: InvalidArgumentError for other ranks, no points, or a number of samples that is not in [1, n].
    Differs: where all that is left lies on chosen points, TensorFlow reads beyond the points; here one of those left is taken.
    """
    _matrix(points, "points")
    wanted, key = _number(num_to_sample, "num_to_sample"), _number(seed, "seed")
    retries = _number(num_retries_per_sample, "num_retries_per_sample")
    require(len(points) > 0, "Expected points.rows() > 0.")
    require(wanted > 0, f"Expected num_to_sample > 0, not {wanted}.")
    if wanted > len(points):
        require(False, f"Expected num_to_sample <= points.rows(). {wanted} vs {len(points)}.")
    if retries < 0:
        retries = 2 + int(math.log(wanted))
    seeding = _Seeding(points, key)
    for _ in range(wanted):
        sums = np.cumsum(seeding.nearest)
        best, best_potential, best_nearest = 0, np.float32(np.inf), seeding.nearest
        for _ in range(1 + retries):
            index = seeding.draw(sums)
            nearest = seeding.nearer(index)
            potential = nearest.sum()
            if not retries or potential < best_potential:
                best, best_potential, best_nearest = index, potential, nearest
        seeding.choose(best, best_nearest)
    return points[seeding.chosen]


@kmeans_plus_plus_initialization.shape
def kmeans_plus_plus_initialization_shape(points: Spec) -> Shape:
    """Points of the same dimension."""
    return (None, points.dim(1))


@op(
    "KMC2ChainInitialization(distances: float32, seed: int64) -> index: int64",
    source=SOURCE,
)
def kmc2_chain_initialization(distances: Array, seed: Array) -> Array:
    """The last state of a Markov chain over candidates with these distances: each is gone to with probability `min(1, d' / d)`.

    Shapes: `[n], [] -> []`.
    Raises: InvalidArgumentError for other ranks or no candidates.
    """
    if distances.ndim != 1:
        require(False, f"Input distances should be a vector, not of shape {list(distances.shape)}.")
    words = WordStream(Philox(_number(seed, "seed")))
    require(len(distances) > 0, "Expected distances_tensor.size() > 0.")
    selected = 0
    # The chain depends on all its states, so it is followed one by one.
    for index in range(1, len(distances)):
        if distances[index] > words.uniform_float() * distances[selected]:
            selected = index
    return np.array(selected, np.int64)


@kmc2_chain_initialization.shape
def kmc2_chain_initialization_shape(distances: Spec) -> Shape:
    """A scalar."""
    return ()
