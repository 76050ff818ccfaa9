"""Rows that are named more than once: sorted with their places, and added up as a plain loop does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.ops import row_sums
from minihub_runtime.ops.row_sums import sort_stably, sum_runs

WIDTH = 9
#: Most rows are named once, some many times.
LENGTHS = [1, 23, 1, 1, 2, 3, 1, 5, 1, 2, 7, 2, 4, 1, 1, 2, 3, 2, 19, 1]


def sums_of(data: np.ndarray, order: np.ndarray | None, lengths: list[int]) -> np.ndarray:
    """What `sum_runs` makes of runs of these lengths."""
    starts = np.cumsum(lengths) - lengths
    new = np.zeros(sum(lengths), bool)
    new[starts] = True
    return sum_runs(data, order, new, starts)


def one_by_one(data: np.ndarray, order: np.ndarray, lengths: list[int]) -> np.ndarray:
    ends = np.cumsum(lengths)
    runs = [order[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    return np.array([data[run].astype(np.float64).sum(0) for run in runs])


@pytest.mark.parametrize("count", [0, 1, 7, row_sums.MANY, 5000])
@pytest.mark.parametrize("kind", [np.int32, np.int64])
@pytest.mark.parametrize("limit", [3, 900, 1 << 31, 1 << 60])
def test_equals_stay_in_their_order(count: int, kind: Any, limit: int) -> None:
    random = np.random.default_rng(count)
    numbers = random.integers(0, min(limit, np.iinfo(kind).max), count).astype(kind)
    found, order = sort_stably(numbers, limit)
    expected = np.argsort(numbers, kind="stable")
    assert found.dtype == kind
    np.testing.assert_array_equal(order, expected)
    np.testing.assert_array_equal(found, numbers[expected])


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int32, np.complex64])
@pytest.mark.parametrize("rest", [(WIDTH,), (2, 5), (1,), ()])
@pytest.mark.parametrize("lengths", [LENGTHS, [1] * 12, [3, 1, 2], [4] * 9, [1] * 40 + [6]])
def test_runs_are_added_up(kind: Any, rest: tuple[int, ...], lengths: list[int]) -> None:
    random = np.random.default_rng(3)
    data = (random.standard_normal((11, *rest)) * 4).astype(kind)
    order = random.integers(0, len(data), sum(lengths))
    found = sums_of(data, order, lengths)
    assert (found.dtype, found.shape) == (kind, (len(lengths), *rest))
    wide = data.astype(np.complex128) if kind is np.complex64 else data
    expected = np.array(
        [
            wide[run].sum(0, dtype=np.float32 if kind is np.float16 else None)
            for run in np.split(order, np.cumsum(lengths)[:-1])
        ]
    )
    tolerance = 5e-3 if kind is np.float16 else 1e-5
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * 4)


def test_rows_in_their_own_order_are_added_up() -> None:
    data = np.random.default_rng(1).standard_normal((sum(LENGTHS), WIDTH)).astype(np.float32)
    expected = one_by_one(data, np.arange(len(data)), LENGTHS)
    np.testing.assert_allclose(sums_of(data, None, LENGTHS), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_longer_runs_are_products(kind: Any, small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []

    def multiply(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        asked.append(left.shape)
        return left @ right

    monkeypatch.setattr(row_sums, "multiply", multiply)
    if not small:
        monkeypatch.setattr(row_sums, "SMALL_PRODUCT", 0)
    random = np.random.default_rng(2)
    data = random.standard_normal((11, WIDTH)).astype(kind)
    order = random.integers(0, len(data), sum(LENGTHS))
    found = sums_of(data, order, LENGTHS)
    # In a small product shorter ones have part, too.
    assert asked == [(sum(small or length > 1 for length in LENGTHS), len(data))]
    np.testing.assert_allclose(found, one_by_one(data, order, LENGTHS), rtol=1e-5, atol=1e-5)
    # What is named once is the row itself.
    starts = np.cumsum(LENGTHS) - LENGTHS
    alone = [run for run, length in enumerate(LENGTHS) if length == 1]
    np.testing.assert_array_equal(found[alone], data[order[starts[alone]]])


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.nan])
def test_what_is_infinite_stays_in_its_runs(
    wrong: float, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not small:
        monkeypatch.setattr(row_sums, "SMALL_PRODUCT", 0)
    random = np.random.default_rng(4)
    data = random.standard_normal((11, WIDTH)).astype(np.float32)
    data[5, 2] = wrong
    order = random.integers(0, len(data), sum(LENGTHS))
    with np.errstate(all="ignore"):
        found = sums_of(data, order, LENGTHS)
    np.testing.assert_allclose(found, one_by_one(data, order, LENGTHS), rtol=1e-5, atol=1e-5)
    assert np.isfinite(found[:, :2]).all()
