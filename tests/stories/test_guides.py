"""The programs of README.md and of the guides in docs/ run, on the module that is shipped."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime as tf
from minihub.demo import FOLDER

ROOT = Path(__file__).parents[2]
NNLM = "https://tfhub.dev/google/nnlm-en-dim128/1"


def programs(document: str) -> list[str]:
    """The programs that a document shows, with the module that is shipped for those it names."""
    text = (ROOT / document).read_text("utf-8")
    found = re.findall(r"^ *```python\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    handles = f'"(?:{re.escape(NNLM)}|/models/nnlm|minihub/demo_module)"'
    return [re.sub(handles, lambda match: repr(FOLDER), textwrap.dedent(p)) for p in found]


def run(document: str, names: dict[str, Any] | None = None) -> dict[str, Any]:
    """The names that the programs of a document make, one after the other, with those that it takes for granted."""
    names = {} if names is None else names
    for program in programs(document):
        exec(compile(program, document, "exec"), names)
    return names


@pytest.fixture(autouse=True)
def _a_graph_and_a_folder_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    with tf.Graph().as_default():
        yield


def test_an_old_program_gives_what_the_function_gives() -> None:
    names = run("docs/migrating.md")
    expected = minihub.load(FOLDER)(["a sentence", "another one"])
    np.testing.assert_allclose(names["found"], expected, rtol=1e-6)


def test_a_service_answers_with_lists() -> None:
    (program, *_) = programs("docs/deploying.md")
    names: dict[str, Any] = {}
    exec(program, names)
    (vector,) = names["handler"]({"sentences": ["open a file"]}, None)
    assert len(vector) == 32


def test_readme() -> None:
    names = run(
        "README.md", {"sentences": ["open a file", "raise"] * 10, "labels": ["a", "b"] * 10}
    )
    assert minihub.load("my_module")([[1.0, 2.0, 3.0]]).shape == (1, 2)
    assert set(minihub.load("my_classifier").signatures) == {"default", "classification"}
    assert names["tuned"].predict(["raise"]).shape == (1,)


def test_creating() -> None:
    run("docs/creating.md")
    assert minihub.load("my_module")([[1.0, 2.0, 3.0]]).shape == (1, 2)


def test_a_page() -> None:
    run("docs/pages.md")
    assert Path("demo.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_input_pipelines() -> None:
    rows = "".join(f"row {i}\t{i % 2}\n" for i in range(40))
    for name in ("reviews", "reviews-0", "reviews-1"):
        Path(f"{name}.tsv").write_text(f"text\tlabel\n{rows}", "utf-8")
    Path("houses-0.csv").write_text("rooms,town,price\n" + "3,b,1.5\n" * 8, "utf-8")
    names = run("docs/input-pipelines.md")
    assert set(names["features"]) == {"rooms", "town"}


def test_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (20, 10)).save("photo.jpg")
    load = minihub.load
    module = ROOT / "tests" / "data" / "modules" / "image"
    monkeypatch.setattr(
        minihub, "load", lambda handle: load(module if "imagenet" in handle else handle)
    )
    names = run("docs/loading.md")
    assert names["vectors"].shape == (2, 32)
    assert len(names["features"]) == 1


def test_settings_are_those_that_the_resolver_reads() -> None:
    from minihub.resolve import settings

    table = (ROOT / "docs" / "handles.md").read_text("utf-8").partition("## Settings")[2]
    names = re.compile(r"\b(?:TFHUB|MINIHUB)_[A-Z_]+\b")
    assert set(names.findall(table)) == set(names.findall(settings.__doc__ or ""))


def test_links_lead_somewhere() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        text = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text("utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(((?!https?:)[^)#]+)", text):
            assert (document.parent / target).exists(), (document.name, target)


def test_every_guide_is_named_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert all(f"(docs/{path.name})" in readme for path in (ROOT / "docs").glob("*.md"))


def test_the_guide_names_what_there_is_of_contrib() -> None:
    text = (ROOT / "docs" / "migrating.md").read_text("utf-8")
    (told,) = re.findall(r"Of `tf.contrib` there are(.*?)\.\n", text, re.DOTALL)
    public = {name for name in dir(tf.contrib) if not name.startswith("_")}
    assert set(re.findall(r"`(\w+)`", told)) == public
