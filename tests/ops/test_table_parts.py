"""Where the rows of tables in several parts lie, and which rows there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.table_parts import TableParts

WIDTH = 2


def parts_of(sizes: list[int]) -> tuple[TableParts, list[np.ndarray]]:
    tables = [np.empty((size, WIDTH), np.float32) for size in sizes]
    return TableParts(tables), tables


@pytest.mark.parametrize(
    ("sizes", "in_turn"),
    [([3], True), ([3, 3, 2], True), ([1, 1, 0], True), ([2, 3], False), ([5, 1], False)],
)
@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_ids_go_to_the_parts_in_turn(sizes: list[int], in_turn: bool, kind: Any) -> None:
    parts, _ = parts_of(sizes)
    assert (parts.total, parts.rest, parts.in_turn) == (sum(sizes), (WIDTH,), in_turn)
    starts = [sum(sizes[:part]) for part in range(len(sizes))]
    known = [i for i in range(20) if i // len(sizes) < sizes[i % len(sizes)]]
    places, which = parts.places_of_ids(np.array(known, kind), "ids")
    assert which.tolist() == [i % len(sizes) for i in known]
    assert places.tolist() == [starts[i % len(sizes)] + i // len(sizes) for i in known]
    for wrong in {*range(-3, 20)} - {*known}:
        with pytest.raises(InvalidArgumentError, match=r"ids of table \d\["):
            parts.places_of_ids(np.array([*known, wrong], kind), "ids")


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_rows_lie_behind_the_parts_before_theirs(kind: Any) -> None:
    parts, _ = parts_of([4, 2, 3])
    rows, which = np.array([3, 1, 0, 2], kind), np.array([0, 1, 1, 2], np.int32)
    assert parts.places(rows, which, "rows", "parts").tolist() == [3, 5, 4, 8]
    assert parts.places(rows[:0], which[:0], "rows", "parts").tolist() == []
    with pytest.raises(InvalidArgumentError, match=r"rows of table 1\[0\] = 2"):
        parts.places(np.array([3, 2, 0, 2], kind), which, "rows", "parts")
    with pytest.raises(InvalidArgumentError, match=r"rows of table 2\[0\] = -1"):
        parts.places(np.array([3, 1, 0, -1], kind), which, "rows", "parts")
    for part in (-1, 3):
        with pytest.raises(InvalidArgumentError, match=rf"parts\[2\] = {part}"):
            parts.places(rows, np.array([0, 1, part, 2], np.int32), "rows", "parts")


def test_one_part_is_the_table() -> None:
    parts, _ = parts_of([4])
    rows = np.array([3, 0])
    assert parts.places(rows, None, "rows", "parts") is rows
    with pytest.raises(InvalidArgumentError, match=r"rows\[0\] = 4"):
        parts.places(np.array([4]), None, "rows", "parts")


def test_tables_are_known_again_and_not_held() -> None:
    parts, tables = parts_of([2, 3])
    assert parts.are(tables)
    assert not parts.are([tables[0], tables[1].copy()])
    tables.pop()
    assert not parts.are([tables[0], np.empty((3, WIDTH), np.float32)])
