"""What the fused normalisation of widened channels refuses; its numbers are compared in tests/passes/test_fuse_expansion.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.normalization_expanded import (
    expanded_batch_norm,
    expanded_batch_norm_grad,
)

INPUT = np.ones((2, 3, 3, 2), np.float32)
FILTER = np.ones((1, 1, 2, 5), np.float32)
CHANNELS = np.ones(5, np.float32)
NONE = np.zeros(0, np.float32)


@pytest.mark.parametrize(
    ("place", "given", "words"),
    [
        (0, INPUT[0], "input must have rank 4"),
        (1, FILTER[0], "filter must have rank 4"),
        (1, np.ones((2, 1, 2, 5), np.float32), r"a single tap, not shape \[2, 1, 2, 5\]"),
        (1, np.ones((1, 1, 3, 5), np.float32), "filter depth 3, not 2"),
        (2, CHANNELS[:4], "scale must have 5 elements"),
        (3, CHANNELS[:4], "offset must have 5 elements"),
        (4, CHANNELS[0], "mean must have rank 1"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(place: int, given: Any, words: str) -> None:
    inputs: list[Any] = [INPUT, FILTER, CHANNELS, CHANNELS, NONE, NONE]
    inputs[place] = np.asarray(given)
    with pytest.raises(InvalidArgumentError, match=words):
        expanded_batch_norm.kernel(*inputs)


def test_moments_that_are_mixed_must_have_all_channels() -> None:
    inputs = [INPUT, FILTER, CHANNELS, CHANNELS, NONE, NONE]
    with pytest.raises(InvalidArgumentError, match="mean must have 5 elements"):
        expanded_batch_norm.kernel(*inputs, exponential_avg_factor=0.5)


@pytest.mark.parametrize(
    ("place", "given", "words"),
    [
        (0, np.ones((2, 3, 3, 4), np.float32), r"must have shape \[2, 3, 3, 5\]"),
        (1, INPUT[..., :1], "filter depth 2, not 1"),
        (3, CHANNELS[:4], "scale must have 5 elements"),
        (5, CHANNELS[:4], "variance must have 5 elements"),
        (6, CHANNELS, "center must have 2 elements"),
        (7, np.ones((5, 5), np.float32), r"covariance must have shape \[2, 2\]"),
    ],
)
def test_gradients_that_do_not_fit_are_refused(place: int, given: Any, words: str) -> None:
    inputs: list[Any] = [
        np.ones((2, 3, 3, 5), np.float32),
        INPUT,
        FILTER,
        CHANNELS,
        CHANNELS,
        CHANNELS,
        np.ones(2, np.float32),
        np.eye(2, dtype=np.float32),
    ]
    inputs[place] = given
    with pytest.raises(InvalidArgumentError, match=words):
        expanded_batch_norm_grad.kernel(*inputs)
