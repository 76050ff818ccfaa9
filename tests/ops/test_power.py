"""Powers of many numbers, whose exponent is one integer."""

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
