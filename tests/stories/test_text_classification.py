"""Texts are classified on modules that the program did not write itself, and as docs/finetuning.md tells."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from minihub import demo
from tests.shared import SHARED, needs_shared
from tests.stories.test_tf1_programs import IMPORTS, load_program

PAGE = Path(__file__).resolve().parents[2] / "docs" / "finetuning.md"
RECORDED = str(SHARED / "modules" / "nnlm" / "module")


@pytest.mark.parametrize("train_module", [False, True])
@pytest.mark.parametrize(
    "handle", [demo.FOLDER, pytest.param(RECORDED, marks=needs_shared)], ids=["demo", "nnlm"]
)
def test_texts_are_classified(tmp_path: Path, handle: str, train_module: bool) -> None:
    program = load_program("text_classification", IMPORTS)
    estimator, _, metrics = program.train_and_evaluate(
        handle, train_module, str(tmp_path), steps=60
    )
    assert metrics["seen"]["accuracy"] > 0.95
    assert metrics["other"]["accuracy"] > 0.9
    assert metrics["seen"]["global_step"] == 60
    features, labels = program.load_notes(64, seed=2)
    classes = program.classes_of(estimator, features)
    assert (classes == labels).mean() == pytest.approx(metrics["other"]["accuracy"])
    slots = [name for name in estimator.get_variable_names() if name.endswith("/Adagrad")]
    assert any("hub_module_embedding" in name for name in slots) == train_module


def test_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    section = PAGE.read_text(encoding="utf-8").partition("## With an Estimator")[2]
    first, second = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert '"minihub/demo_module"' in first
    names: dict[str, object] = {}
    for code in (first.replace('"minihub/demo_module"', repr(demo.FOLDER)), second):
        statements, _, asked = code.strip().rpartition("\n")
        exec(statements, names)
        assert eval(asked, names) == 1.0
