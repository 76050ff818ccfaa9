"""The calls of TensorFlow's public security advisories: each ends with an error or TensorFlow's value.

Calls of ops that are registered run twice, with inputs as constants and with inputs fed.  Ops that are not registered
must be refused by name before anything runs.  What advisories say of checkpoints, files and whole graphs is tested in
`tests/checkpoint` and `test_graph_faults`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minihub_runtime.ops.registry import REGISTRY
from tests.engine.children import DEADLINE, Child
from tests.shared import SHARED

FILE = SHARED / "faults" / "advisories.jsonl"

pytestmark = [
    pytest.mark.skipif(not FILE.is_file(), reason="../shared is absent: no advisories to read"),
    pytest.mark.skipif(
        not Path("/proc/self/statm").exists(), reason="memory is limited on Linux only"
    ),
]

#: Seconds of processor time that a case may take before its process is ended.
LIMIT = 20

#: Where the recorded value is what TensorFlow makes of an overflow or of memory it has not written.
DEPARTURES = {
    "TFSA-2022-028.0": "Range refuses sizes of 2**63 or more, where TensorFlow's size overflows",
    "TFSA-2022-119.0": "Svd without compute_uv gives empty u and v, where TensorFlow leaves them unset",
}

#: Case → the calls that prepare it, then its own.
CALLS: dict[str, list[dict[str, Any]]] = {}
if FILE.is_file():
    for line in FILE.read_text(encoding="utf-8").splitlines():
        before: list[dict[str, Any]] = []
        for call in json.loads(line)["poc"]:
            # The one call in prose, of wrong types and states of tables, is in `tests/samples/lookup.py`.
            if call.get("level", "op") != "op" or "attrs" not in call:
                continue
            if call.get("role") == "setup":
                before.append(call)
                CALLS[call["case"]] = [call]
            else:
                CALLS[call["case"]] = [*before, call]

REGISTERED = [name for name, calls in CALLS.items() if all(c["op"] in REGISTRY for c in calls)]
OTHERS = [name for name in CALLS if name not in REGISTERED]


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    made = Child("tests.engine.advisory_child")
    yield made
    made.stop()


def ask(child: Child, name: str, fed: bool) -> dict[str, Any]:
    """What a case gives."""
    case = {"calls": CALLS[name], "fed": fed, "limit_s": LIMIT, "deadline_s": DEADLINE}
    return child.ask(case)


def evaluate(text: str) -> Any:
    """Values from the way Python shows them."""
    return np.asarray(eval(text, {"__builtins__": {}}, {"inf": math.inf, "nan": math.nan}))


def assert_recorded(outputs: list[dict[str, Any]], recorded: list[dict[str, Any]]) -> None:
    """Raise AssertionError unless the outputs are those TensorFlow gave."""
    assert len(outputs) == len(recorded)
    for ours, theirs in zip(outputs, recorded, strict=True):
        assert ours["shape"] == theirs["shape"]
        assert ours["dtype"].removeprefix("q") == theirs["dtype"].removeprefix("q")
        if "values" in ours and "values" in theirs:
            np.testing.assert_allclose(evaluate(ours["values"]), evaluate(theirs["values"]), 1e-6)


@pytest.mark.parametrize("fed", [False, True], ids=["constants", "fed"])
@pytest.mark.parametrize("name", REGISTERED)
def test_advisory(name: str, fed: bool, child: Child) -> None:
    call = CALLS[name][-1]
    got = ask(child, name, fed)
    assert "escaped" not in got, got
    if "error" in got:
        assert call["expect"] != "value" or name in DEPARTURES, got
        assert got["error"] != "DeadlineExceededError", "it must end of itself"
        # The run loop shows the inputs' shapes where no check of the kernel foresaw what was wrong.
        assert "(inputs of shapes" not in got["message"], got["message"]
        return
    assert call["expect"] in ("value", "either"), f"{call} must be refused, not {got}"
    theirs = call["tf_2_15_1"]["fed"]
    if theirs["stage"] == "ok" and name not in DEPARTURES:
        assert_recorded(got["outputs"], theirs["outputs"])


@pytest.mark.parametrize("name", OTHERS)
def test_op_that_is_not_registered(name: str, child: Child) -> None:
    got = ask(child, name, fed=True)
    assert got.get("error") == "UnsupportedOpsError", got
    assert CALLS[name][-1]["op"] in got["message"]
