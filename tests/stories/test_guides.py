"""The programs of docs/migrating.md and docs/deploying.md run, on the module that is shipped."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

import minihub
import minihub_runtime
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


def test_the_front_page_leads_to_every_document() -> None:
    front = (DOCUMENTS.parent / "README.md").read_text("utf-8")
    assert [x.name for x in DOCUMENTS.glob("*.md") if f"(docs/{x.name})" not in front] == []


def test_the_front_page_has_every_setting() -> None:
    told = set(
        re.findall(r"^\| `([A-Z_]+)` \|", (DOCUMENTS.parent / "README.md").read_text("utf-8"), re.M)
    )
    read = re.compile(r"env(?:iron)?(?:\.get\(|, |\[)\"((?:MINIHUB|TFHUB)_[A-Z_]+)\"")
    packages = (Path(package.__file__ or "").parent for package in (minihub, minihub_runtime))
    files = [file for folder in packages for file in folder.rglob("*.py")]
    assert told == {name for file in files for name in read.findall(file.read_text("utf-8"))}


def test_the_guide_names_what_there_is_of_contrib() -> None:
    text = (DOCUMENTS / "migrating.md").read_text("utf-8")
    (told,) = re.findall(r"Of `tf.contrib` there are(.*?)\.\n", text, re.DOTALL)
    public = {name for name in dir(minihub_runtime.contrib) if not name.startswith("_")}
    assert set(re.findall(r"`(\w+)`", told)) == public
