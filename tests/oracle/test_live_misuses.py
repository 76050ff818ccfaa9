"""Which `except` clauses catch the errors of tensorflow_hub where it is misused.

`MINIHUB_STORE=1` stores them for `tests/hub/test_misuses.py`.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub.misuses import ANSWERS, MISUSES, answers, outcome

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")
    tensorflow_hub = pytest.importorskip("tensorflow_hub", reason="the oracle environment has it")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]

#: Misuse → outcome, in this run.
FOUND: dict[str, Any] = {}


@pytest.fixture(scope="module", autouse=True)
def _store(_tf1: None) -> Iterator[None]:
    tensorflow.logging.set_verbosity(tensorflow.logging.FATAL)
    yield
    if os.environ.get("MINIHUB_STORE") and FOUND:
        stored = {**(answers() if ANSWERS.exists() else {}), **FOUND}
        lines = ",\n".join(
            f"{json.dumps(name)}: {json.dumps(stored[name])}" for name in sorted(MISUSES)
        )
        ANSWERS.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8", newline="\n")


@pytest.mark.parametrize("name", MISUSES)
def test_the_stored_answers_are_tensorflows(name: str, tmp_path: Path) -> None:
    FOUND[name] = outcome(name, tensorflow_hub, tensorflow, tmp_path)
    if not os.environ.get("MINIHUB_STORE"):
        assert answers()[name].get("caught_by") == FOUND[name].get("caught_by")
