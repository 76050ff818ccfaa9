"""Processes that misbehave are found out: what hangs, waits for ever, crashes or takes a heap of memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.children import Child

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="memory is limited on Linux only"
)


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child("tests.engine.misbehaving_child")
    yield made
    made.stop()


def test_a_case_that_takes_too_much_processor_time_hangs(child: Child) -> None:
    with pytest.raises(AssertionError, match="hung: it took all the processor time"):
        child.ask({"do": "spin"})


def test_a_case_that_waits_for_ever_hangs(child: Child) -> None:
    child.ask({"do": "answer"})
    child.patience = 1.0
    with pytest.raises(AssertionError, match=r"hung: no answer after 1\.0 s"):
        child.ask({"do": "wait"})


def test_a_crash_tells_its_status(child: Child) -> None:
    with pytest.raises(AssertionError, match="crashed, exit status -6"):
        child.ask({"do": "crash"})


def test_a_heap_of_memory_is_refused(child: Child) -> None:
    assert child.ask({"do": "fill"}) == {"error": "MemoryError"}


def test_cases_share_a_process_until_one_ends_it(child: Child) -> None:
    first = child.ask({"do": "answer"})
    assert child.ask({"do": "answer"}) == first
    with pytest.raises(AssertionError, match="crashed"):
        child.ask({"do": "crash"})
    assert child.ask({"do": "answer"}) != first
