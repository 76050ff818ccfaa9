"""Pooling in the forms TensorFlow's CPU kernels refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.dtypes import bits, from_bits, qint8, quint8
from minihub_runtime.errors import InvalidArgumentError, OpError
from minihub_runtime.ops.registry import REGISTRY


def draw(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("name", ["MaxPool", "AvgPool"])
def test_channels_first_is_channels_last_transposed(name: str) -> None:
    image = draw(2, 9, 8, 3)
    last = REGISTRY[name].kernel(image, ksize=[1, 3, 2, 1], strides=[1, 2, 1, 1], padding="SAME")
    first = REGISTRY[name].kernel(
        np.ascontiguousarray(image.transpose(0, 3, 1, 2)),
        ksize=[1, 1, 3, 2],
        strides=[1, 1, 2, 1],
        padding="SAME",
        data_format="NCHW",
    )
    np.testing.assert_allclose(first.transpose(0, 2, 3, 1), last, rtol=1e-6)


@pytest.mark.parametrize("name", ["MaxPool3D", "AvgPool3D"])
def test_channels_first_in_three_dimensions(name: str) -> None:
    image = draw(1, 4, 5, 6, 2)
    last = REGISTRY[name].kernel(
        image, ksize=[1, 2, 3, 2, 1], strides=[1, 2, 1, 1, 1], padding="SAME"
    )
    first = REGISTRY[name].kernel(
        np.ascontiguousarray(image.transpose(0, 4, 1, 2, 3)),
        ksize=[1, 1, 2, 3, 2],
        strides=[1, 1, 2, 1, 1],
        padding="SAME",
        data_format="NCDHW",
    )
    np.testing.assert_allclose(first.transpose(0, 2, 3, 4, 1), last, rtol=1e-6)


def test_quantised_maximum_compares_the_integers() -> None:
    numbers = np.arange(-8, 8, dtype=np.int8).reshape(1, 4, 4, 1)
    got = REGISTRY["MaxPool"].kernel(
        from_bits(numbers, qint8), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID"
    )
    assert got.dtype == qint8.numpy
    assert bits(got).ravel().tolist() == [-3, -1, 5, 7]


@pytest.mark.parametrize("name", ["MaxPool", "AvgPool"])
def test_the_result_is_never_the_input(name: str) -> None:
    image = draw(1, 2, 2, 1)
    got = REGISTRY[name].kernel(image, ksize=[1] * 4, strides=[1] * 4, padding="SAME")
    assert not np.shares_memory(got, image)


def test_large_windows_cost_the_sum_of_their_sides() -> None:
    image = draw(1, 64, 64, 4)
    got = REGISTRY["MaxPool"].kernel(
        image, ksize=[1, 63, 61, 1], strides=[1, 1, 1, 1], padding="SAME"
    )
    corner = image[:, :32, :31].max(axis=(1, 2))
    np.testing.assert_array_equal(got[:, 0, 0], corner)


def test_places_of_maxima_outside_the_input_are_refused() -> None:
    # TensorFlow ends the process.
    with pytest.raises(InvalidArgumentError, match="places of the input"):
        REGISTRY["MaxPoolGradWithArgmax"](
            draw(1, 2, 2, 1),
            draw(1, 1, 1, 1),
            np.full((1, 1, 1, 1), 4, np.int64),
            ksize=[1, 2, 2, 1],
            strides=[1, 2, 2, 1],
            padding="VALID",
        )


@pytest.mark.parametrize("name", ["MaxPool", "QuantizedMaxPool", "QuantizedAvgPool"])
def test_the_stride_over_depth_is_ignored(name: str) -> None:
    # TensorFlow's kernels do so too; its static shape, unlike the result's, follows that stride.
    image, ends = np.arange(40, dtype=np.uint8).reshape(1, 5, 4, 2), (np.float32(0), np.float32(1))
    inputs = (from_bits(image, quint8), *map(np.asarray, ends)) if name != "MaxPool" else (image,)
    results = [
        REGISTRY[name](*inputs, ksize=[1, 2, 2, 1], strides=[1, 2, 2, depth], padding="SAME")
        for depth in (1, 2)
    ]
    usual, found = (result if name == "MaxPool" else result[0] for result in results)
    np.testing.assert_array_equal(found, usual)
    with pytest.raises(OpError, match="strides must be"):
        REGISTRY[name](*inputs, ksize=[1, 2, 2, 1], strides=[2, 2, 2, 1], padding="SAME")
