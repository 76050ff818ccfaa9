"""The programs of docs/migrating.md and docs/deploying.md run, on the module that is shipped."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

import minihub
from minihub.demo import FOLDER

DOCUMENTS = Path(__file__).parents[2] / "docs"
NNLM = "https://tfhub.dev/google/nnlm-en-dim128/1"


def run(document: str, handle: str) -> dict[str, Any]:
    """The names that the program of a document makes."""
    text = (DOCUMENTS / document).read_text("utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert handle in program
    names: dict[str, Any] = {}
    exec(program.replace(f'"{handle}"', repr(FOLDER)), names)
    return names


def test_an_old_program_gives_what_the_function_gives() -> None:
    names = run("migrating.md", NNLM)
    expected = minihub.load(FOLDER)(["a sentence", "another one"])
    np.testing.assert_allclose(names["found"], expected, rtol=1e-6)


def test_a_service_answers_with_lists() -> None:
    handler = run("deploying.md", "/models/nnlm")["handler"]
    (vector,) = handler({"sentences": ["open a file"]}, None)
    assert len(vector) == 32
