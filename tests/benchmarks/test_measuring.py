"""Answers are compared before times are taken, and times are taken in turns; with engines that are stand-ins."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest

from benchmarks.rounds import Measured, difference, interleave, measure_kept
from benchmarks.runs import rows_of
from benchmarks.subjects import Task, UnsupportedError
from benchmarks.worker import peak_memory, serve
from benchmarks.workloads import Workload

TASK = {"kind": "call", "models": "", "threads": 1}


class Engine:
    """Gives a number for any task, or refuses it."""

    def __init__(self, value: float | None = 1.0, refuse: Exception | None = None) -> None:
        self.value, self.refuse, self.runs = value, refuse, 0

    def facts(self) -> dict[str, str]:
        return {"stand-in": "1"}

    def prepare(self, task: Task) -> Any:
        if self.refuse is not None:
            raise self.refuse

        def work() -> dict[str, Any]:
            self.runs += 1
            return {} if self.value is None else {"default": np.float32([self.value, 2.0])}

        return work


class Inline:
    """A worker in this process: what it is asked goes through the same text as with a process of its own."""

    def __init__(self, engine: Engine, log: list[str] | None = None, name: str = "") -> None:
        self.engine, self.log, self.name = engine, log, name
        self.ready: dict[str, Any] = {}

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        from benchmarks import processes

        if self.log is not None and do == "time":
            self.log.append(self.name)
        answers = io.StringIO()
        work = self.ready

        class Kept:
            """Hands out what an earlier request prepared."""

            prepare = staticmethod(self.engine.prepare)
            facts = staticmethod(self.engine.facts)

        lines = []
        if do in ("answer", "time", "drop") and work:
            lines.append(json.dumps({"do": "prepare", "key": "task", "task": TASK}))
        lines.append(json.dumps({"do": do, **request}))
        serve(Kept, io.StringIO("\n".join(lines)), answers)
        if do == "prepare":
            work["task"] = True
        return processes._checked(answers.getvalue().splitlines()[-1], self.name, None)

    def answer(self, key: str) -> dict[str, Any]:
        return dict(self.engine.prepare(Task(**TASK))())


def measure(engines: dict[str, Engine], log: list[str] | None = None) -> dict[str, Measured]:
    return measure_kept(
        {name: Inline(engine, log, name) for name, engine in engines.items()},
        TASK,
        reference=["tensorflow"],
        tolerance=1e-3,
        rounds=3,
        seconds=1e-6,
    )


def test_each_round_gives_one_time_per_subject() -> None:
    found = measure({"minihub": Engine(), "tensorflow": Engine()})
    assert {name: len(result.seconds) for name, result in found.items()} == {
        "minihub": 3,
        "tensorflow": 3,
    }
    assert found["minihub"].error == 0
    assert found["minihub"].reason == ""


def test_an_answer_that_differs_is_not_timed() -> None:
    found = measure({"minihub": Engine(1.1), "tensorflow": Engine()})
    assert found["minihub"].seconds == []
    assert "answers differ by 5.0e-02" in found["minihub"].reason
    assert len(found["tensorflow"].seconds) == 3


def test_what_returns_nothing_is_not_compared() -> None:
    found = measure({"numpy": Engine(None), "tensorflow": Engine()})
    assert len(found["numpy"].seconds) == 3
    assert found["numpy"].error is None


@pytest.mark.parametrize(
    ("refuse", "reason"),
    [
        (UnsupportedError("no strings here"), "no strings here"),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero"),
    ],
)
def test_an_engine_that_cannot_says_why(refuse: Exception, reason: str) -> None:
    found = measure({"minihub": Engine(), "tensorflow": Engine(refuse=refuse)})
    assert found["tensorflow"].reason == reason
    assert found["tensorflow"].seconds == []
    assert len(found["minihub"].seconds) == 3


def test_subjects_take_turns() -> None:
    order: list[str] = []

    def once(name: str) -> float:
        order.append(name)
        return float(len(order))

    assert interleave(["a", "b"], 3, once) == {"a": [1.0, 4.0, 5.0], "b": [2.0, 3.0, 6.0]}
    assert order == ["a", "b", "b", "a", "a", "b"]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"b": np.zeros(2)}, "results must be"),
        ({"a": np.zeros(3)}, "must have shape"),
        ({"a": np.array([0.0, np.nan])}, "must hold finite numbers"),
    ],
)
def test_results_that_cannot_be_compared(found: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        difference(found, {"a": np.zeros(2)})


def test_differences_are_parts_of_the_largest_value() -> None:
    assert difference({"a": np.array([1.0, 8.0])}, {"a": np.array([2.0, 10.0])}) == 0.2
    assert difference({"a": np.zeros((0, 2))}, {"a": np.zeros((0, 2))}) == 0
    assert difference({"a": np.array([0.5])}, {"a": np.array([0.0])}) == 0.5


def timed(*seconds: float, memory: tuple[float, ...] = ()) -> Measured:
    return Measured(list(seconds), list(memory), 1e-7)


def test_the_faster_of_two_settings_counts_and_ratios_are_by_round() -> None:
    workload = Workload("w", "call", bar=1.0, limit=0.7)
    (row,) = rows_of(
        workload,
        {
            "minihub": timed(2.0, 4.0, 6.0),
            "tensorflow": timed(9.0, 9.0, 9.0),
            "tensorflow-onednn": timed(1.0, 4.0, 12.0),
            "numpy": timed(1.0, 3.0, 3.0),
        },
    )
    assert row["ratios"]["tensorflow"]["median"] == 1.0
    assert row["ratios"]["tensorflow"]["low"] == 0.75
    assert row["met"] is True
    assert row["limit"]["median"] == 0.5


def test_memory_has_a_line_and_a_bar_of_its_own() -> None:
    workload = Workload("cold start w", "cold", bar=0.1, memory_bar=0.35)
    time, memory = rows_of(
        workload,
        {"minihub": timed(1.0, memory=(40.0,)), "tensorflow": timed(4.0, memory=(100.0,))},
    )
    assert (time["workload"], time["met"]) == ("cold start w", False)
    assert (memory["workload"], memory["bar"], memory["met"]) == (
        "memory of cold start w",
        0.35,
        False,
    )
    assert memory["ratios"]["tensorflow"]["median"] == 0.4


def test_without_tensorflow_nothing_is_met_or_missed() -> None:
    (row,) = rows_of(Workload("w", "call", bar=1.0), {"minihub": timed(1.0)})
    assert "met" not in row
    assert row["ratios"] == {}


def test_the_peak_of_memory_rises_with_what_is_held() -> None:
    before = peak_memory()
    held = np.ones(before // 8 + (1 << 24))
    assert peak_memory() >= held.nbytes
