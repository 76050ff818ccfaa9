"""Batch normalisation and its gradient, wherever the mean lies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.ops.channel_blocks import blocks_of
from minihub_runtime.ops.registry import REGISTRY

EPSILON = 1e-3
#: Deviations that the mean is away from zero: less than what is worked out uncentred, more than that, and much more.
PLACES = [0.0, 1.5, 3.9, 6.0, 300.0]
#: Few elements, blocks with a rest, and more than one block of each thread.
SHAPES = [(2, 1, 1, 3), (3, 7, 5, 24), (2, 40, 50, 144)]
NONE = np.zeros(0, np.float32)


def draw(shape: tuple[int, ...], place: float, surprising: bool = False) -> Any:
    """Channels of different scales whose means are so many deviations from zero; all rows but the first ones, if that surprises."""
    drawn = np.random.default_rng([*shape, int(place)])
    scale = np.geomspace(0.1, 10, shape[-1])
    x = drawn.standard_normal(shape) * scale
    if surprising:
        x.reshape(-1, shape[-1])[64:] += place * scale
    else:
        x += place * scale
    return x.astype(np.float32)


def moments_of(x: Any) -> tuple[Any, Any]:
    rows = x.reshape(-1, x.shape[-1]).astype(np.float64)
    return rows.mean(axis=0), rows.var(axis=0)


@pytest.mark.parametrize("surprising", [False, True])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("shape", SHAPES)
def test_moments_and_results(shape: tuple[int, ...], place: float, surprising: bool) -> None:
    x = draw(shape, place, surprising)
    scale, offset = (draw((shape[-1],), n) for n in (1, 2))
    y, mean, variance, *_ = REGISTRY["FusedBatchNormV3"].kernel(
        x, scale, offset, NONE, NONE, epsilon=EPSILON
    )
    true_mean, true_variance = moments_of(x)
    count = x.size // shape[-1]
    tolerance = 1e-6 * (1 + np.abs(true_mean) / np.sqrt(true_variance))
    assert (np.abs(mean - true_mean) <= tolerance * np.sqrt(true_variance)).all()
    np.testing.assert_allclose(variance, true_variance * count / (count - 1), rtol=2e-5)
    expected = (x - true_mean) / np.sqrt(true_variance + EPSILON) * scale + offset
    errors = np.abs(y - expected) / (1 + np.abs(scale))
    assert (errors <= 5 * tolerance * (1 + np.abs(expected - offset))).all()


@pytest.mark.parametrize("is_training", [True, False])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients(shape: tuple[int, ...], place: float, is_training: bool) -> None:
    x, slopes = draw(shape, place), draw(shape, 1)
    scale = draw((shape[-1],), 3)
    mean, variance = moments_of(x)
    found = REGISTRY["FusedBatchNormGradV3"].kernel(
        slopes,
        x,
        scale,
        mean.astype(np.float32),
        variance.astype(np.float32),
        NONE,
        epsilon=EPSILON,
        is_training=is_training,
    )
    rows, grads = (a.reshape(-1, shape[-1]).astype(np.float64) for a in (x, slopes))
    root = np.sqrt(variance + EPSILON)
    centred = (rows - mean.astype(np.float32)) / root
    of_offset, of_scale = grads.sum(axis=0), (grads * centred).sum(axis=0)
    of_x = grads
    if is_training:
        of_x = grads - of_offset / len(rows) - centred * of_scale / len(rows)
    of_x = (of_x * scale / root).reshape(shape)
    sizes = np.abs(grads).mean(axis=0)
    assert (np.abs(found[0] - of_x) <= 1e-5 * sizes * np.abs(scale / root) * 10).all()
    assert (np.abs(found[1] - of_scale) <= 1e-5 * sizes * len(rows)).all()
    assert (np.abs(found[2] - of_offset) <= 1e-5 * sizes * len(rows)).all()


def test_what_is_no_number_stays_in_its_channel() -> None:
    x = draw((2, 9, 9, 4), 1.0)
    x[0, 3, 3, 1], x[1, 0, 0, 2] = np.nan, np.inf
    scale, offset = np.ones(4, np.float32), np.zeros(4, np.float32)
    y, mean, variance, *_ = REGISTRY["FusedBatchNormV3"].kernel(
        x, scale, offset, NONE, NONE, epsilon=EPSILON
    )
    assert np.isfinite(y[..., [0, 3]]).all()
    assert np.isnan(y[..., 1]).all()
    assert np.isnan(variance[1:3]).all()
    assert np.isnan(mean[1])
    assert mean[2] == np.inf


@pytest.mark.parametrize("channels", [1, 3, 16, 144, 300, 500, 501, 2000])
def test_sums_over_channels(channels: int) -> None:
    x = np.random.default_rng(channels).integers(-8, 9, (1777, channels)).astype(np.float32)
    blocks = blocks_of(channels, x.size)
    sums: list[list[Any]] = []
    squares: list[list[Any]] = []
    for part in blocks.parts(x.size):
        sums.append([])
        squares.append([])
        for (block,) in blocks.of(part, x):
            blocks.add_up(sums[-1], block)
            blocks.add_up_products(squares[-1], block, block)
    assert np.array_equal(blocks.total(sums), x.sum(axis=0))
    assert np.array_equal(blocks.total(squares), np.square(x).sum(axis=0))
    assert np.array_equal(blocks.total([[], []]), np.zeros(channels))
    # NumPy holds the interpreter's lock while it makes a product of 500 elements or fewer.
    assert all(each.size > 500 for each in sums[0][:1])
