"""The programs that `tests/oracle/test_live_graphs.py` compares with TensorFlow run, and give what TensorFlow gave."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf
from tests.api.programs import PROGRAMS, outcome

ANSWERS = Path(__file__).with_name("programs.json")


def as_json(value: Any) -> Any:
    """A value as JSON gives it back."""
    return json.loads(json.dumps(value, default=repr))


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_stored_answer(name: str) -> None:
    graph, result = json.loads(ANSWERS.read_text(encoding="utf-8"))[name]
    found, got = as_json(outcome(tf, PROGRAMS[name]))
    assert got == result
    assert found == graph


def test_every_program_has_an_answer() -> None:
    assert sorted(json.loads(ANSWERS.read_text(encoding="utf-8"))) == sorted(PROGRAMS)
    assert os.path.getsize(ANSWERS) < 500_000
