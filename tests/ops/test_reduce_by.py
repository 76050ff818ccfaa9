"""Runs of rows folded together, one by one, in threads: as a plain loop does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime import threads
from minihub_runtime.ops import segment
from minihub_runtime.ops.segment import reduce_by, run_lengths, sorted_runs
from minihub_runtime.threads import num_threads, set_num_threads

WIDTH = 7


def one_by_one(ufunc: Any, rows: np.ndarray, lengths: list[int]) -> np.ndarray:
    results, start = [], 0
    for length in lengths:
        folded = rows[start].copy()
        for row in rows[start + 1 : start + length]:
            folded = ufunc(folded, row)
        results.append(folded)
        start += length
    return np.array(results, rows.dtype)


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.minimum, np.maximum])
@pytest.mark.parametrize("kind", [np.float32, np.int8])
@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    "lengths",
    [[1, 1, 1], [4], [3] * 20, [5, 1, 2], [2, 3, 3, 1] * 30, [90, 1, 2, 1], [1, 2] * 64 + [70]],
)
@pytest.mark.parametrize("resident", [1, 1 << 20])
def test_runs_are_folded_row_after_row(
    ufunc: Any,
    kind: Any,
    ordered: bool,
    lengths: list[int],
    resident: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(segment, "RESIDENT", resident)
    random = np.random.default_rng(len(lengths))
    data = random.integers(-3, 4, (150, WIDTH)).astype(kind)
    if kind is np.float32:
        data *= random.random(data.shape, np.float32)
    total = sum(lengths)
    order = random.integers(0, len(data), total) if ordered else None
    rows = data[np.arange(total) % len(data)] if order is None else data[order]
    starts = np.cumsum(lengths) - lengths
    found = reduce_by(ufunc, data if ordered else rows, order, starts)
    # The same sums in the same order, so that not even a last bit differs.
    np.testing.assert_array_equal(found, one_by_one(ufunc, rows, lengths))
    assert found.dtype == kind


def test_threads_fold_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    data = random.random((500, 16), np.float32)
    order, starts = random.integers(0, 500, 6000), np.arange(0, 6000, 12)
    expected = reduce_by(np.add, data, order, starts)
    monkeypatch.setattr(segment, "RESIDENT", 1 << 12)
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    before = num_threads()
    set_num_threads(3)
    try:
        np.testing.assert_array_equal(reduce_by(np.add, data, order, starts), expected)
    finally:
        set_num_threads(before)


def test_runs_of_sorted_ids() -> None:
    starts, ids = sorted_runs(np.array([2, 2, 5, 5, 5, 9]))
    assert (starts.tolist(), ids.tolist()) == ([0, 2, 5], [2, 5, 9])
    assert run_lengths(starts, 6).tolist() == [2, 3, 1]
    starts, ids = sorted_runs(np.array([4]))
    assert (starts.tolist(), ids.tolist()) == ([0], [4])
