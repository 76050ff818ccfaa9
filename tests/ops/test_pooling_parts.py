"""Pools that threads share give what one thread gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from minihub_runtime import threads
from minihub_runtime.ops import pooling
from minihub_runtime.ops.registry import REGISTRY


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Small work is shared, too; how many parts there were each time."""
    seen: list[int] = []

    def spread(task: Any, found: Any, cost: int) -> None:
        todo = list(found)
        seen.append(len(todo))
        threads.spread(task, todo, cost)

    monkeypatch.setattr(pooling, "PART", 1 << 9)
    monkeypatch.setattr(pooling, "spread", spread)
    before = threads.num_threads()
    threads.set_num_threads(2)
    yield seen
    threads.set_num_threads(before)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(
    ("ksize", "strides"),
    [((3, 3), (1, 1)), ((3, 2), (2, 1)), ((1, 3), (1, 2)), ((5, 1), (3, 1)), ((1, 1), (2, 2))],
)
@pytest.mark.parametrize("op", ["MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D"])
def test_parts_are_those_of_the_whole(
    op: str,
    ksize: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
    parts: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deep = op.endswith("3D")
    x = (
        np.random.RandomState(5)
        .standard_normal((2, *((6,) if deep else ()), 11, 9, 5))
        .astype(np.float32)
    )
    x[0, 3] = np.nan
    attrs = {
        "ksize": [1, *((2,) if deep else ()), *ksize, 1],
        "strides": [1, *((1,) if deep else ()), *strides, 1],
        "padding": padding,
    }
    expected = REGISTRY[op].kernel(x, **attrs)
    assert not parts
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    found = REGISTRY[op].kernel(x, **attrs)
    assert parts
    assert max(parts) > 1
    # Sums begin with the taps that all outputs of a part have.
    np.testing.assert_allclose(found, expected, rtol=0, atol=0 if "Max" in op else 1e-6)


def test_boxes_of_one_element_are_copied(parts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    x = np.ones((1, 4, 4, 1), np.float32)
    found = REGISTRY["MaxPool"].kernel(x, ksize=[1] * 4, strides=[1] * 4, padding="SAME")
    assert found is not x
    assert not parts
    np.testing.assert_array_equal(found, x)
