"""Programs written for TensorFlow 1 run when their two import lines are changed, and give what TensorFlow gave."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.authoring.answers import stored_outputs, to_json
from tests.authoring.running import as_array, same_outputs

PROGRAMS = Path(__file__).with_name("tf1_programs")
ANSWERS = PROGRAMS / "answers.json"
NAMES = sorted(path.stem for path in PROGRAMS.glob("*.py") if path.stem != "__init__")

#: What a user changes.
IMPORTS = {
    "import tensorflow.compat.v1 as tf\n": "import minihub_runtime as tf\n",
    "import tensorflow_hub as hub\n": "import minihub as hub\n",
}


def load_program(name: str, imports: dict[str, str]) -> ModuleType:
    """A program as a module, with other import lines."""
    path = PROGRAMS / f"{name}.py"
    text = path.read_text(encoding="utf-8")
    for before, after in imports.items():
        text = text.replace(before, after)
    module = ModuleType(name)
    exec(compile(text, str(path), "exec"), module.__dict__)
    return module


def run_program(name: str, folder: Path, imports: dict[str, str]) -> dict[str, Any]:
    """The arrays that a program's `main` returns, as `same_outputs` compares them."""
    return arrays_of(load_program(name, imports).main(str(folder)))


def arrays_of(results: dict[str, Any]) -> dict[str, Any]:
    """What a program returns, as `same_outputs` compares it."""
    return {key: [as_array(value)] for key, value in results.items()}


@pytest.mark.parametrize("name", NAMES)
def test_the_program_gives_tensorflows_answers(name: str, tmp_path: Path) -> None:
    wanted = stored_outputs(json.loads(ANSWERS.read_text(encoding="utf-8"))[name])
    assert not same_outputs(run_program(name, tmp_path, IMPORTS), wanted)


def test_the_import_lines_are_all_that_is_changed() -> None:
    assert len(NAMES) >= 10
    for name in NAMES:
        text = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
        assert "import tensorflow.compat.v1 as tf\n" in text
        assert "minihub" not in text


def test_answers_survive_being_stored() -> None:
    outputs = {"x": [np.float32([0.1, np.pi])], "s": [as_array(np.array(["ß", "a"]))]}
    assert not same_outputs(stored_outputs(json.loads(json.dumps(to_json(outputs)))), outputs)
