"""Nearest centres and points to begin with, beyond what TensorFlow answers."""

from __future__ import annotations

import numpy as np
import pytest

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops import clustering
from minihub_runtime.ops.clustering import kmeans_plus_plus_initialization, nearest_neighbors


def test_a_negative_number_of_neighbours_is_refused() -> None:
    # TensorFlow 2.15 ends the process instead.
    points = np.zeros((2, 2), np.float32)
    with pytest.raises(InvalidArgumentError, match="k >= 0, not -1"):
        nearest_neighbors(points, points, np.array(-1))


@pytest.mark.parametrize("k", [1, 5])
def test_blocks_give_what_the_whole_gives(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    points, centers = (generator.random((n, 4), np.float32) for n in (50, 9))
    whole = nearest_neighbors(points, centers, np.array(k))
    monkeypatch.setattr(clustering, "_BLOCK", 30)
    for found, expected in zip(nearest_neighbors(points, centers, np.array(k)), whole, strict=True):
        assert np.allclose(found, expected)


@pytest.mark.parametrize("retries", [0, 2])
def test_points_that_are_all_alike(retries: int) -> None:
    # TensorFlow 2.15 reads beyond the points.
    points = np.ones((5, 2), np.float32)
    samples = kmeans_plus_plus_initialization(points, np.array(5), np.array(1), np.array(retries))
    assert samples.tolist() == points.tolist()
