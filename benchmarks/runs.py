"""A whole run: workers started when they are first needed, each workload measured, rows of results."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks.inputs import write_inputs
from benchmarks.processes import Once, Process, Setting, WorkError
from benchmarks.rounds import Measured, compare, interleave, measure_kept
from benchmarks.spread import Spread
from benchmarks.subjects import SUBJECTS, Task, UnsupportedError
from benchmarks.workloads import FRESH, Workload

__all__ = ["Run", "rows_of"]

OURS, LIMIT = "minihub", "numpy"


@dataclasses.dataclass
class Run:
    """The settings of a run and its live workers.

    Attributes:
        setting: how processes are started.
        models: the folder of the networks.
        peers: names of peers.
        rounds: rounds of each workload.
        seconds: work of each subject in a round.
    """

    setting: Setting
    models: str
    peers: Sequence[str]
    rounds: int
    seconds: float
    _workers: dict[str, Process] = dataclasses.field(default_factory=dict)

    def measure(self, workload: Workload) -> dict[str, Measured]:
        """What each subject gave, ours first."""
        task = Task(
            workload.kind if workload.kind != "cold" else "call",
            self.models,
            self.setting.threads,
            workload.network,
            workload.batch,
            workload.size,
        )
        missing = {name: self.setting.missing(name) for name in self._subjects(workload)}
        names = [name for name, reason in missing.items() if not reason]
        with tempfile.TemporaryDirectory() as folder:
            if workload.kind == "cold":
                # A process is to start with inputs at hand, as a user has them.
                write_inputs(folder, task.inputs())
                task = dataclasses.replace(task, given=folder)
            measure = self._fresh if workload.kind in FRESH else self._kept
            found = measure(workload, task, names)
        absent = {name: Measured(reason=reason) for name, reason in missing.items() if reason}
        return {**found, **absent}

    def _subjects(self, workload: Workload) -> list[str]:
        """Who is asked: peers that only know networks for networks, the limit where there is one."""
        wanted = {OURS}
        if not workload.series:
            wanted |= {"tensorflow"} if workload.kind not in ("call", "cold") else set(self.peers)
            wanted &= {OURS, *self.peers}
            if workload.kind in ("call", "adds"):
                wanted.add(LIMIT)
        return [name for name, subject in SUBJECTS.items() if {name, subject.peer} & wanted]

    def _kept(self, workload: Workload, task: Task, names: Sequence[str]) -> dict[str, Measured]:
        for name in names:
            if name not in self._workers or self._workers[name].ended():
                self._workers[name] = Process(self.setting, name)
        return measure_kept(
            {name: self._workers[name] for name in names},
            vars(task),
            reference=_references(names),
            tolerance=workload.tolerance,
            rounds=min(self.rounds, workload.rounds),
            seconds=self.seconds,
            memory=workload.step_memory,
        )

    def _fresh(self, workload: Workload, task: Task, names: Sequence[str]) -> dict[str, Measured]:
        results = {name: Measured() for name in names}
        answers: dict[str, Any] = {}
        for name in names:
            # The first one fills the caches of the file system and of Python's bytecode.
            try:
                answers[name] = Once(self.setting, name, task).answer
            except (UnsupportedError, WorkError) as error:
                results[name].reason = str(error)
        compare(results, answers, _references(names), workload.tolerance)
        able = [name for name in answers if not results[name].reason]

        def once(name: str) -> float:
            found = Once(self.setting, name, task)
            results[name].memory.append(found.memory)
            return found.seconds

        rounds = min(self.rounds, workload.rounds)
        for name, times in interleave(able, rounds, once).items():
            results[name].seconds = times
        return results

    def facts(self) -> dict[str, str]:
        """Versions of what was measured."""
        found: dict[str, str] = {}
        for worker in self._workers.values():
            try:
                found |= worker.ask("facts")["facts"]
            except (WorkError, UnsupportedError):
                continue
        return found

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()


def _references(names: Iterable[str]) -> list[str]:
    """Whose answers count, best first."""
    return sorted(
        (name for name in names if name != LIMIT),
        key=lambda name: (SUBJECTS[name].peer != "tensorflow", name == OURS),
    )


def rows_of(workload: Workload, results: Mapping[str, Measured]) -> list[dict[str, Any]]:
    """Lines of the table: times, and memory where that was measured."""
    rows = [_row(workload, workload.name, results, lambda found: found.seconds, workload.bar, "s")]
    if any(found.memory for found in results.values()):
        name = f"memory of {workload.name}"
        memory = _row(workload, name, results, lambda f: f.memory, workload.memory_bar, "B")
        rows.append(memory)
    return rows


def _row(
    workload: Workload,
    name: str,
    results: Mapping[str, Measured],
    values: Callable[[Measured], list[float]],
    bar: float | None,
    unit: str,
) -> dict[str, Any]:
    ours = results[OURS]
    row: dict[str, Any] = {
        "workload": name,
        "unit": unit,
        "bar": bar,
        "tolerance": workload.tolerance,
        "error": ours.error,
        "reason": ours.reason,
        "subjects": {
            subject: vars(Spread.of(values(found)))
            for subject, found in results.items()
            if values(found)
        },
        "absent": {subject: found.reason for subject, found in results.items() if found.reason},
        "ratios": {},
    }
    if workload.series:
        row |= {"series": workload.series, "at": workload.at}
    mine = values(ours)
    if not mine:
        return row
    peers: dict[str, list[list[float]]] = {}
    for subject, found in results.items():
        peer = SUBJECTS[subject].peer
        if peer and values(found):
            peers.setdefault(peer, []).append(values(found))
    for peer, candidates in peers.items():
        best = min(candidates, key=lambda times: Spread.of(times).median)
        # A step that needs no memory beyond what is held has nothing to compare with.
        if all(best):
            pairs = zip(mine, best, strict=True)
            row["ratios"][peer] = vars(Spread.of([own / other for own, other in pairs]))
    if bar is not None and "tensorflow" in row["ratios"]:
        row["met"] = row["ratios"]["tensorflow"]["median"] <= bar
    limit = results.get(LIMIT)
    if limit is not None and limit.seconds and unit == "s":
        pairs = zip(mine, limit.seconds, strict=True)
        if workload.excess is not None:
            over = Spread.of([(own - other) / workload.size for own, other in pairs])
            row["excess"] = {**vars(over), "bar": workload.excess}
            row["met"] = over.median <= workload.excess
        else:
            row["limit"] = {**vars(Spread.of([other / own for own, other in pairs]))}
            row["limit"]["bar"] = workload.limit
    return row
