"""Malformed and hostile graphs end with an error or with TensorFlow's value: no hang, no crash, no heap of memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.children import DEADLINE, Child
from tests.shared import SHARED

FILE = SHARED / "faults" / "graph_cases.jsonl"

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


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    made = Child("tests.engine.fault_child")
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
    got = child.ask({**case, "graph": graph_of(case), "deadline_s": DEADLINE})
    expect = case["expect"]
    if "error" in got:
        assert expect != "value", got
        assert got["error"] != "DeadlineExceededError", "it must end of itself"
        assert got["message"].strip(), "an error must have a message"
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
