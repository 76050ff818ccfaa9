"""The programs for TensorFlow 1 run in TensorFlow as they are, and their stored answers are its.

`MINIHUB_STORE=1` stores them.
"""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path

import pytest

from tests.authoring.answers import stored_outputs, to_json
from tests.authoring.running import same_outputs
from tests.stories.test_tf1_programs import ANSWERS, NAMES, run_program

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]


@pytest.mark.parametrize("name", NAMES)
def test_the_stored_answer(name: str, tmp_path: Path) -> None:
    found = run_program(name, tmp_path, {})
    answers = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.exists() else {}
    if os.environ.get("MINIHUB_STORE"):
        answers[name] = to_json(found)
        lines = ",\n".join(
            f"{json.dumps(key)}: {json.dumps(answers[key], separators=(',', ':'))}"
            for key in sorted(answers)
            if key in NAMES
        )
        ANSWERS.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8", newline="\n")
    assert not same_outputs(found, stored_outputs(answers[name]))
