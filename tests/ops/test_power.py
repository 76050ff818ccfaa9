"""Powers of many numbers, whose exponent is one integer or a half."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.ops.registry import REGISTRY

power = REGISTRY["Pow"].kernel
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e30, -1e30, -1e-30, 2.0, -2.0, 0.5, -0.5, -1.0, 1.0]
VALUES = np.concatenate([SPECIAL, np.random.default_rng(0).standard_normal(200)])


@pytest.mark.filterwarnings("ignore:(overflow|divide by zero) encountered:RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("exponent", [2, 3, 4, 0, 1, -1, -2, -3, 7, 1e4])
@pytest.mark.parametrize("which", ["all", "not negative"])
def test_what_single_numbers_give(which: str, exponent: float, dtype: Any) -> None:
    x = VALUES.astype(dtype)
    x = x if which == "all" else x[~(x < 0)]
    y = np.array(exponent, dtype)
    expected = np.array([np.power(number, y) for number in x])
    for out in (None, np.empty_like(x), x):
        found = power(x, y, out=out)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(dtype).eps)
        known = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(expected[known]))


@pytest.mark.filterwarnings("ignore:(invalid value|divide by zero) encountered:RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_powers_of_a_half_are_roots(dtype: Any) -> None:
    # TensorFlow 2.15.1 gives these to a session for a constant exponent.
    x = np.array([-np.inf, -0.0, 0.0, np.inf, np.nan, -1, 4, 0.25, 1], dtype)
    inf, nan = np.inf, np.nan
    for y, expected in (
        (0.5, [nan, -0.0, 0.0, inf, nan, nan, 2, 0.5, 1]),
        (-0.5, [nan, -inf, inf, 0, nan, nan, 0.5, 2, 1]),
    ):
        for out in (None, np.empty_like(x)):
            found = power(x, np.array(y, dtype), **({} if out is None else {"out": out}))
            assert found.dtype == dtype
            assert out is None or found is out
            np.testing.assert_array_equal(found, np.array(expected, dtype))
            np.testing.assert_array_equal(np.signbit(found[1:3]), np.signbit(expected[1:3]))
        one = power(x[6], np.array(y, dtype))
        assert np.asarray(one).dtype == dtype
    numbers = np.array([3, 7, 1e-4, 6e4], dtype)
    np.testing.assert_allclose(
        power(numbers, np.array(-0.5, dtype)),
        power(numbers.astype(np.float64), np.array([-0.5])).astype(dtype),
        rtol=2 * np.finfo(dtype).eps,
    )


@pytest.mark.parametrize("exponents", [0.5, -0.5])
def test_several_exponents_are_those_of_c(exponents: float) -> None:
    x = np.array([-np.inf, 4], np.float32)
    found = power(x, np.array([exponents, exponents], np.float32))
    assert found.tolist() == [np.inf if exponents > 0 else 0, 4**exponents]
