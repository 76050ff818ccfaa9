"""Erf of float32, which is worked out by another formula than that of float64."""

from __future__ import annotations

import numpy as np
import pytest

from minihub_runtime.ops.registry import REGISTRY

erf = REGISTRY["Erf"].kernel


@pytest.mark.parametrize(("low", "high"), [(-38, -3), (-3, 0), (0, 0.7), (0.7, 38)])
def test_relative_error_is_a_few_roundings(low: float, high: float) -> None:
    x = np.logspace(low, high, 100_001).astype(np.float32)
    right = erf(x.astype(np.float64))
    for sign in (1, -1):
        np.testing.assert_allclose(erf(sign * x), sign * right, rtol=3e-7, atol=0)


def test_never_exceeds_one() -> None:
    x = np.linspace(-20, 20, 400_001, dtype=np.float32)
    assert np.abs(erf(x)).max() == 1


def test_what_is_special() -> None:
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 3e38, -3e38], np.float32)
    found = erf(x)
    np.testing.assert_array_equal(found, np.array([0, -0.0, 1, -1, np.nan, 1, -1], np.float32))
    np.testing.assert_array_equal(np.signbit(found[:2]), [False, True])


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 70_001)])
def test_in_place_as_elsewhere(shape: tuple[int, ...]) -> None:
    x = np.random.RandomState(0).standard_normal(shape).astype(np.float32) * 2
    expected = erf(x)
    assert expected.shape == shape
    found = erf(x, out=x) if shape else erf(x)
    np.testing.assert_array_equal(found, expected)
