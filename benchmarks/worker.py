"""A process that does the work of one engine on command.

    python -m benchmarks.worker SUBJECT              reads requests as lines of JSON, answers with lines of JSON
    python -m benchmarks.worker SUBJECT TASK FILE    does one task once: a line when the result is there, then a line of facts

What libraries print goes to standard error, so that nothing comes between the answers.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import IO, Any

from benchmarks.subjects import SUBJECTS, Task, UnsupportedError, Work

__all__ = ["main", "peak_memory", "serve"]


def peak_memory() -> int:
    """The most bytes that this process has held in memory since its program began."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main(arguments: Sequence[str]) -> int:
    """Serve requests, or do one task."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    engine = importlib.import_module(f"benchmarks.subjects.{SUBJECTS[arguments[0]].home}")
    if len(arguments) > 1:
        return _once(engine, Task(**json.loads(arguments[1])), arguments[2], answers)
    serve(engine, sys.stdin, answers)
    return 0


def _once(engine: Any, task: Task, path: str, answers: IO[str]) -> int:
    try:
        result = engine.prepare(task)()
    except UnsupportedError as error:
        print(json.dumps({"unsupported": str(error)}), file=answers, flush=True)
        return 0
    print(json.dumps({"done": True}), file=answers, flush=True)
    memory = peak_memory()
    _save(path, result)
    print(json.dumps({"memory": memory}), file=answers, flush=True)
    return 0


def _save(path: str, result: Any) -> None:
    import numpy as np

    arrays: dict[str, Any] = {key: np.asarray(value) for key, value in result.items()}
    np.savez(path, **arrays)


def serve(engine: Any, requests: IO[str], answers: IO[str]) -> None:
    """Answer requests until there are no more.

    Args:
        engine: has `prepare` and `facts`.
        requests: one JSON object a line, `do` being the name of what is wanted.
        answers: gets one line each: what was asked for, or {"unsupported"} or {"error"} with a text.
    """
    ready: dict[str, Work] = {}
    for line in requests:
        request = json.loads(line)
        try:
            answer = _DOES[request.pop("do")](engine, ready, **request)
        except UnsupportedError as error:
            answer = {"unsupported": str(error)}
        except Exception as error:  # an engine's failure is a result, not the end of the run
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def _facts(engine: Any, ready: dict[str, Work]) -> dict[str, Any]:
    return {"facts": engine.facts()}


def _prepare(engine: Any, ready: dict[str, Work], key: str, task: dict[str, Any]) -> dict[str, Any]:
    ready[key] = engine.prepare(Task(**task))
    return {}


def _answer(engine: Any, ready: dict[str, Work], key: str, path: str) -> dict[str, Any]:
    started = time.perf_counter()
    result = ready[key]()
    seconds = time.perf_counter() - started
    _save(path, result)
    return {"seconds": seconds}


def _time(engine: Any, ready: dict[str, Work], key: str, count: int) -> dict[str, Any]:
    work = ready[key]
    seconds = []
    for _ in range(count):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return {"seconds": seconds}


def _memory(engine: Any, ready: dict[str, Work], key: str) -> dict[str, Any]:
    """The bytes at the peak of one run, less those that were held before."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError as error:
        raise UnsupportedError("the peak of memory cannot be reset on this system") from error
    before = peak_memory()
    ready[key]()
    return {"bytes": peak_memory() - before}


def _drop(engine: Any, ready: dict[str, Work], key: str) -> dict[str, Any]:
    ready.pop(key, None)
    return {}


_DOES: dict[str, Callable[..., dict[str, Any]]] = {
    "answer": _answer,
    "drop": _drop,
    "facts": _facts,
    "memory": _memory,
    "prepare": _prepare,
    "time": _time,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
