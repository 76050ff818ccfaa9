"""The program of docs/training.md runs, on the module that is shipped."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import minihub

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "minihub" / "demo_module"
DOCUMENT = ROOT / "docs" / "training.md"
HANDLE = "https://tfhub.dev/google/nnlm-en-dim128/1"


def test_the_program_of_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    program = first.replace(HANDLE, MODULE.as_posix()).replace("max_steps=1000", "max_steps=3")
    assert program.count(MODULE.as_posix()) == program.count("max_steps=3") == 1
    names = {
        "texts": np.array(["good", "bad", "fine", "poor"]),
        "labels": np.array([[1.0], [0.0], [1.0], [0.0]], np.float32),
    }
    exec(program + second, names)
    path = names["path"]
    assert isinstance(path, bytes)
    tuned = minihub.load(f"{path.decode()}/fine_tuned")
    plain = minihub.load(MODULE)
    assert tuned(["good"]).shape == plain(["good"]).shape
    assert not np.array_equal(tuned(["good"]), plain(["good"]))
    written = {item.name for item in Path("model").iterdir()}
    assert {"checkpoint", "graph.pbtxt", "model.ckpt-3.index", "model.ckpt-3.meta"} <= written
