"""The programs that both libraries run, here with ours and small."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.subjects import Task, UnsupportedError, minihub, plain_numpy


@pytest.mark.parametrize("kind", ["adds", "graph"])
def test_a_chain_of_additions(kind: str) -> None:
    work = minihub.prepare(Task(kind, "", 1, size=7))
    for _ in range(2):
        np.testing.assert_array_equal(work()["default"], np.full(4, 8.0, np.float32))


def test_the_same_as_a_loop_in_numpy() -> None:
    task = Task("adds", "", 1, size=7)
    np.testing.assert_array_equal(
        plain_numpy.prepare(task)()["default"], minihub.prepare(task)()["default"]
    )


def test_an_import_returns_nothing() -> None:
    assert minihub.prepare(Task("import", "", 1))() == {}


def test_there_is_no_limit_for_a_checkpoint() -> None:
    with pytest.raises(UnsupportedError, match="no limit for save"):
        plain_numpy.prepare(Task("save", "", 1))
