"""The programs in `examples/` run as a user runs them, and what they write is as it should be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minihub
from minihub.checking import check_module

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(name: str, *arguments: object) -> str:
    """What an example prints, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(EXAMPLES.parent), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def problems(folder: Path) -> list[str]:
    return [finding.text for finding in check_module(str(folder)) if finding.level != "note"]


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_how_to_use_it_is_said(name: str) -> None:
    ran = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(EXAMPLES.parent), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert f"python examples/{name}.py FOLDER" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_half_plus_two(tmp_path: Path) -> None:
    assert run("half_plus_two", tmp_path / "m") == "[2.5 3.  3.5]\n"
    assert problems(tmp_path / "m") == []


def test_fruit_to_pet(tmp_path: Path) -> None:
    told = run("fruit_to_pet", tmp_path / "m")
    assert told.splitlines() == ["cats: [3. 1.]", "cats of apples: [3.]", "dogs: [1. 9.]"]
    module = minihub.load(tmp_path / "m")
    assert sorted(module.signatures) == ["default", "fruit_to_pet"]
    pets = module(apples=[1.0], oranges=[1.0], signature="fruit_to_pet", as_dict=True)
    assert np.allclose(pets["dogs"], [1.15])
    assert problems(tmp_path / "m") == []


def test_text_embedding(tmp_path: Path) -> None:
    told = run("text_embedding", tmp_path / "m")
    assert told.startswith("7 words of 3 numbers\n")
    assert problems(tmp_path / "m") == []
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("a 1 0\nb 0 1\n")
    assert "2 words of 2 numbers" in run("text_embedding", tmp_path / "n", vectors)


def test_image_classifier(tmp_path: Path) -> None:
    told = run("image_classifier", tmp_path / "m")
    assert int(told.partition("%")[0]) >= 90
    assert problems(tmp_path / "m") == []
    module = minihub.load(tmp_path / "m")
    assert sorted(module.signatures) == ["default", "image_classification", "image_feature_vector"]
    assert minihub.get_expected_image_size(minihub.load_module_spec(tmp_path / "m")) == [16, 16]


def test_every_example_is_run() -> None:
    tested = {"half_plus_two", "fruit_to_pet", "text_embedding", "image_classifier"}
    # The demo module is made once; its result is in the package, and `tests/cli/test_create.py` runs it.
    assert {path.stem for path in EXAMPLES.glob("*.py")} == tested | {"build_demo_module"}


@pytest.mark.parametrize("name", ["half_plus_two", "fruit_to_pet"])
def test_a_second_run_leaves_the_first_alone(name: str, tmp_path: Path) -> None:
    run(name, tmp_path / "m")
    before = (tmp_path / "m" / "saved_model.pb").read_bytes()
    with pytest.raises(AssertionError, match="holds a module"):
        run(name, tmp_path / "m")
    assert (tmp_path / "m" / "saved_model.pb").read_bytes() == before
