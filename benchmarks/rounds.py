"""Subjects measured side by side: A B, B A, A B, …, each round giving one time per subject.

What disturbs the machine for a while disturbs all subjects of a round, so that ratios are taken round by round.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from benchmarks.processes import WorkError
from benchmarks.subjects import UnsupportedError

__all__ = ["Measured", "compare", "difference", "interleave", "measure_kept"]

Array = np.ndarray[Any, Any]

#: Warm-up ends when a subject has run for so long and so often, as engines try ways to share work in their first runs.
_WARM_SECONDS, _WARM_RUNS = 0.3, 12
#: It ends in any case when it has run for so long.
_LONG_SECONDS = 5.0
#: How long threads of a subject may go on waiting actively after its work is done, which would slow down the next one.
_QUIET_SECONDS = 0.2


class Worker(Protocol):
    """What is asked to do work: `processes.Process`, or a stand-in of it."""

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """The answer to a request."""

    def answer(self, key: str) -> dict[str, Array]:
        """The results of one run of what was prepared."""


@dataclasses.dataclass
class Measured:
    """What one subject gave for one workload.

    Attributes:
        seconds: one per round; empty if it could not do it.
        memory: bytes at the peak, one per round, where that is measured.
        error: the largest difference from the reference, as a part of the largest value.
        reason: why it could not do it, or its answer was wrong; "" if all is well.
    """

    seconds: list[float] = dataclasses.field(default_factory=list)
    memory: list[float] = dataclasses.field(default_factory=list)
    error: float | None = None
    reason: str = ""


def difference(found: Mapping[str, Array], wanted: Mapping[str, Array]) -> float:
    """The largest difference between results of one name, as a part of the largest value wanted.

    Raises:
        ValueError: names or shapes differ, or a value is no number where the other is.
    """
    if set(found) != set(wanted):
        raise ValueError(f"results must be {sorted(wanted)}, not {sorted(found)}")
    worst = 0.0
    for name, right in wanted.items():
        left = found[name]
        if left.shape != right.shape:
            raise ValueError(f"{name} must have shape {right.shape}, not {left.shape}")
        if not right.size:
            continue
        if not np.isfinite(left).all() or not np.isfinite(right).all():
            raise ValueError(f"{name} must hold finite numbers")
        scale = float(np.abs(right).max())
        gap = float(np.abs(left.astype(np.float64) - right).max())
        worst = max(worst, gap / scale if scale else gap)
    return worst


def compare(
    results: Mapping[str, Measured],
    answers: Mapping[str, Mapping[str, Array]],
    reference: Sequence[str],
    tolerance: float,
) -> None:
    """Note how far each answer is from the first of `reference` that there is, and a reason if that is too far."""
    wanted = next((answers[name] for name in reference if name in answers), None)
    for name, answer in answers.items():
        # What only costs time, as the limit does, returns nothing.
        if not wanted or not answer:
            continue
        try:
            error = results[name].error = difference(answer, wanted)
        except ValueError as problem:
            results[name].reason = f"answers differ: {problem}"
            continue
        if error > tolerance:
            results[name].reason = f"answers differ by {error:.1e}"


def interleave(
    names: Sequence[str], rounds: int, once: Callable[[str], float]
) -> dict[str, list[float]]:
    """Times of each subject, one per round.

    Args:
        names: the subjects.
        rounds: how many rounds.
        once: gives the time of a subject now.
    """
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        # Turned every other round, so that none is always first.
        for name in names if number % 2 == 0 else reversed(names):
            times[name].append(once(name))
    return times


def measure_kept(
    workers: Mapping[str, Worker],
    task: Mapping[str, Any],
    *,
    reference: Sequence[str],
    tolerance: float,
    rounds: int,
    seconds: float,
    memory: bool = False,
) -> dict[str, Measured]:
    """Times of a task in processes that are alive.

    Args:
        workers: subject → its process.
        task: the fields of the `Task`.
        reference: subjects whose answer the others are compared with, the first one that has it.
        tolerance: how far answers may differ; the times of one that differs more are not taken.
        rounds: how many.
        seconds: of work that each subject does in a round, at least one run.
        memory: also take the memory that a run needs beyond what is held before it.
    """
    results = {name: Measured() for name in workers}
    answers: dict[str, dict[str, Array]] = {}
    took: dict[str, float] = {}
    for name, worker in workers.items():
        try:
            worker.ask("prepare", key="task", task=dict(task))
            started = time.perf_counter()
            answers[name] = worker.answer("task")
            took[name] = time.perf_counter() - started
        except (UnsupportedError, WorkError) as error:
            results[name].reason = str(error)
    compare(results, answers, reference, tolerance)
    able = [name for name in answers if not results[name].reason]
    counts = {}
    for name in able:
        # What takes long was long enough to settle.
        each = took[name] if took[name] > _LONG_SECONDS else _warm(workers[name])
        counts[name] = max(1, min(10_000, round(seconds / each)))

    def once(name: str) -> float:
        time.sleep(_QUIET_SECONDS)
        found = workers[name].ask("time", key="task", count=counts[name])["seconds"]
        # What disturbs a run only ever adds to its time.
        return float(min(found))

    for name, times in interleave(able, rounds, once).items():
        results[name].seconds = times
        if memory:
            results[name].memory.append(workers[name].ask("memory", key="task")["bytes"])
    for name in answers:
        workers[name].ask("drop", key="task")
    return results


def _warm(worker: Worker) -> float:
    """Run until caches, threads and plans have settled; the seconds of one run."""
    time.sleep(_QUIET_SECONDS)
    started, last = time.perf_counter(), 0.0
    for number in itertools.count(1):
        last = worker.ask("time", key="task", count=1)["seconds"][0]
        passed = time.perf_counter() - started
        if passed > _LONG_SECONDS or (passed > _WARM_SECONDS and number >= _WARM_RUNS):
            break
    return max(last, 1e-7)
