"""Comparisons with one number or two are NumPy's, whatever it offers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.ops import limits

SIZES = [0, 1, 7, limits.MOST, limits.MOST + 3]


def numbers(size: int, dtype: str) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(size)
    found = (rng.standard_normal(size) * 6).astype(dtype)
    if dtype.startswith("float") and size > 4:
        found[:4] = np.nan, np.inf, -np.inf, -0.0
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int8"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum])
def test_bound(ufunc: np.ufunc, size: int, dtype: str) -> None:
    x = numbers(size, dtype)
    result = np.empty_like(x)
    limits.bound(ufunc, x, 2, result)
    np.testing.assert_array_equal(result, ufunc(x, x.dtype.type(2)))
    limits.bound(ufunc, x, 2, x)
    np.testing.assert_array_equal(result, x)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int8"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("has_ufunc", [False, True])
def test_clamp(has_ufunc: bool, size: int, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_ufunc:
        monkeypatch.setattr(limits, "clip", None)
    x = numbers(size, dtype)
    result = np.empty_like(x)
    limits.clamp(x, 0, 6, result)
    np.testing.assert_array_equal(result, np.clip(x, x.dtype.type(0), x.dtype.type(6)))


def test_several_dimensions() -> None:
    x = numbers(2 * limits.MOST + 8, "float32").reshape(2, -1, 4)
    result = np.empty_like(x)
    limits.bound(np.maximum, x, 0, result)
    np.testing.assert_array_equal(result, np.maximum(x, 0))
