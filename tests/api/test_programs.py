"""The programs that `tests/oracle/test_live_graphs.py` compares with TensorFlow run, and give what TensorFlow gave."""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf
from tests.api.programs import PROGRAMS, outcome

ANSWERS = Path(__file__).with_name("answers")


def as_json(value: Any) -> Any:
    """A value as JSON gives it back."""
    return json.loads(json.dumps(value, default=repr))


@functools.cache
def answers(subject: str) -> Any:
    """Name → TensorFlow's graph and result, of the programs of a subject."""
    path = ANSWERS / f"{subject}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def difference(found: Any, wanted: Any, where: str = "") -> str:
    """Where two values differ first, and how; empty if they do not.  Floats compare to rounding."""
    if isinstance(wanted, float) and isinstance(found, float):
        same = (found == wanted) or (math.isnan(found) and math.isnan(wanted))
        same = same or math.isclose(found, wanted, rel_tol=2e-5, abs_tol=1e-6)
    elif isinstance(wanted, list) and isinstance(found, list):
        for place, pair in enumerate(zip(found, wanted)):
            inner = difference(*pair, f"{where}[{place}]")
            if inner:
                return inner
        same = len(found) == len(wanted)
        if not same:
            extra = (found if len(found) > len(wanted) else wanted)[min(len(found), len(wanted))]
            return f"{where}: {len(found)} items, not {len(wanted)}; one too many is {extra}"
    elif isinstance(wanted, dict) and isinstance(found, dict):
        if found.keys() != wanted.keys():
            return f"{where}: keys {sorted(found)}, not {sorted(wanted)} in {found} and {wanted}"
        return next(
            filter(None, (difference(found[k], wanted[k], f"{where}.{k}") for k in wanted)), ""
        )
    else:
        same = type(found) is type(wanted) and found == wanted
    return "" if same else f"{where}: {found!r}, not {wanted!r}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_stored_answer(name: str) -> None:
    which = PROGRAMS[name]
    graph, result = answers(which.subject)[which.name]
    found, got = as_json(outcome(tf, which))
    assert not difference(got, result)
    assert not difference(found, graph)


def test_every_program_has_an_answer() -> None:
    stored = {f"{p.stem}.{name}" for p in ANSWERS.glob("*.json") for name in answers(p.stem)}
    assert sorted(stored) == sorted(PROGRAMS)
    assert all(path.stat().st_size < 1_000_000 for path in ANSWERS.glob("*.json"))


@pytest.mark.parametrize(
    ("found", "wanted"),
    [(1.0, 1.001), (1, 1.0), ([1], [1, 2]), ({"a": 1}, {"b": 1}), ("x", "y"), ([[1], 2], [[2], 2])],
)
def test_a_difference_is_seen(found: Any, wanted: Any) -> None:
    assert difference(found, wanted)
