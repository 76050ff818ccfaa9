"""Malformed and hostile graphs end with an error or with TensorFlow's value: no hang, no crash, no heap of memory."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.shared import SHARED

FILE = SHARED / "faults" / "graph_cases.jsonl"
ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.skipif(not FILE.is_file(), reason="../shared is absent: no faulty graphs to read"),
    pytest.mark.skipif(
        not Path("/proc/self/statm").exists(), reason="memory is limited on Linux only"
    ),
]

CASES: dict[str, dict[str, Any]] = {}
if FILE.is_file():
    for line in FILE.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        CASES[found["id"]] = found


class Child:
    """The process that runs the cases; a new one after a crash or a hang."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.engine.fault_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            assert self.process.stdout is not None
            assert self.process.stdout.readline() == "ready\n"
        return self.process

    def ask(self, case: dict[str, Any]) -> dict[str, Any]:
        process = self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        hung = threading.Event()
        watch = threading.Timer(case["limit_s"], lambda: (hung.set(), process.kill()))
        watch.start()
        process.stdin.write(json.dumps(case) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        watch.cancel()
        if not line:
            self.stop()
            pytest.fail(f"{'hung' if hung.is_set() else 'crashed'}: {case['description']}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    made = Child()
    yield made
    made.stop()


def graph_of(case: dict[str, Any]) -> dict[str, Any]:
    """The case's GraphDef as JSON; the one too long to store is made here."""
    if case["id"] != "chain_20k":
        found: dict[str, Any] = case["graph"]
        return found
    attr = {"T": {"type": "DT_FLOAT"}}
    nodes: list[dict[str, Any]] = [
        {"name": "x", "op": "Placeholder", "attr": {"dtype": {"type": "DT_FLOAT"}}}
    ]
    for i in range(20000):
        before = f"i{i - 1}" if i else "x"
        nodes.append({"name": f"i{i}", "op": "Identity", "input": [before], "attr": attr})
    return {"node": nodes, "versions": {"producer": 27}}


def recorded(text: str) -> Any:
    """A value from the way NumPy shows it."""
    names = {
        "array": np.array,
        "object": object,
        **{n: getattr(np, n) for n in ("float32", "int32")},
    }
    return np.asarray(eval(text, {"__builtins__": {}}, names))


@pytest.mark.parametrize("name", sorted(CASES))
def test_faulty_graph(name: str, child: Child) -> None:
    case = CASES[name]
    got = child.ask({**case, "graph": graph_of(case)})
    expect = case["expect"]
    if "error" in got:
        assert expect != "value", got
        assert got["message"].strip(), "an error must have a message"
        if expect == "deadline":
            assert got["error"] == "DeadlineExceededError"
        return
    assert expect in ("value", "either"), f"must be refused, not {got}"
    theirs = case["tf_2_15_1"]
    if theirs["stage"] != "ok" or got["value"] is None:
        return
    expected = recorded(theirs["outputs"])
    assert got["shape"] == list(expected.shape)
    for ours, found in zip(got["value"], expected.reshape(-1).tolist(), strict=True):
        value = found.decode("latin-1") if isinstance(found, bytes) else found
        assert ours == (pytest.approx(value, rel=1e-6) if isinstance(value, float) else value)
