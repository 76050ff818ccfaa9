"""Workers in processes of their own, on modules of the tests; nothing here looks at how long anything takes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.inputs import sentences, write_inputs
from benchmarks.processes import Once, Process, Setting, WorkError
from benchmarks.runs import Run, rows_of
from benchmarks.subjects import Task, UnsupportedError
from benchmarks.workloads import Workload

MODULES = Path(__file__).parents[1] / "data" / "modules"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with one network, of one product."""
    folder = tmp_path / "half"
    folder.mkdir()
    (folder / "module").symlink_to(MODULES / "half_plus_two")
    described = {
        "inputs": {"default": {"dtype": "float32", "shape": [None], "tensor": "x"}},
        "outputs": {"default": {"tensor": "y"}},
        "vocabulary": 0,
        "matmuls": [[1, 2, 3, 4, 2], [5, 2, 3, 4, 1]],
        "onnx": None,
    }
    (folder / "network.json").write_text(json.dumps(described), encoding="utf-8")
    return tmp_path


@pytest.fixture
def setting() -> Setting:
    return Setting({"own": sys.executable, "tensorflow": "nowhere", "peers": "nowhere"}, 1)


def task(models: Path, **fields: Any) -> Task:
    return Task("call", str(models), 1, "half", 3, **fields)


def test_a_worker_answers_and_is_timed(models: Path, setting: Setting) -> None:
    worker = Process(setting, "minihub")
    try:
        worker.ask("prepare", key="k", task=vars(task(models)))
        inputs = task(models).inputs()["default"]
        np.testing.assert_allclose(worker.answer("k")["default"], inputs * 0.5 + 2.0)
        assert len(worker.ask("time", key="k", count=4)["seconds"]) == 4
        assert worker.ask("facts")["facts"]["numpy"] == np.__version__
        with pytest.raises(UnsupportedError, match="no dance"):
            worker.ask("prepare", key="k", task={**vars(task(models)), "kind": "dance"})
        worker.ask("drop", key="k")
        with pytest.raises(WorkError, match="KeyError"):
            worker.ask("time", key="k", count=1)
    finally:
        worker.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for Python")
def test_a_worker_that_ends_says_its_last_line(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho first >&2\necho no such library >&2\n", encoding="utf-8")
    python.chmod(0o755)
    worker = Process(Setting({"peers": str(python)}, 1), "tract")
    try:
        with pytest.raises(WorkError, match="tract ended: no such library"):
            worker.ask("facts")
    finally:
        worker.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for Python")
def test_a_worker_that_does_not_answer_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.processes.PATIENCE", 0.1)
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nread line; exec sleep 600\n", encoding="utf-8")
    python.chmod(0o755)
    worker = Process(Setting({"peers": str(python)}, 1), "tract")
    try:
        with pytest.raises(WorkError, match="tract ended"):
            worker.ask("facts")
        assert worker.ended()
    finally:
        worker.close()


def test_bytecode_is_kept(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in setting.environment("minihub")


def test_a_fresh_process_gives_time_memory_and_answer(models: Path, setting: Setting) -> None:
    once = Once(setting, "minihub", task(models))
    inputs = task(models).inputs()["default"]
    np.testing.assert_allclose(once.answer["default"], inputs * 0.5 + 2.0)
    assert once.seconds > 0
    assert once.memory > 1 << 20


def test_inputs_at_hand_are_those_that_were_made(models: Path, tmp_path: Path) -> None:
    made = {"ids": np.arange(6).reshape(2, 3), "sentences": sentences(4, 3, 50)}
    folder = tmp_path / "given"
    folder.mkdir()
    write_inputs(str(folder), made)
    found = task(models, given=str(folder)).inputs()
    assert set(found) == set(made)
    for name, value in made.items():
        np.testing.assert_array_equal(found[name], value)
        assert found[name].dtype == value.dtype


@pytest.mark.parametrize("kind", ["call", "cold"])
def test_a_whole_run_without_peers(models: Path, setting: Setting, kind: str) -> None:
    run = Run(setting, str(models), [], rounds=2, seconds=1e-6)
    try:
        workload = Workload(f"{kind} half", kind, "half", 3, bar=1.0)
        rows = rows_of(workload, run.measure(workload))
        facts = run.facts()
    finally:
        run.close()
    assert rows[0]["reason"] == ""
    assert "minihub" in rows[0]["subjects"]
    if kind == "call":
        assert "numpy" in rows[0]["subjects"]
        assert "minihub" in facts
    else:
        assert rows[1]["unit"] == "B"


def test_peers_that_are_not_installed_are_shown_as_such(models: Path, setting: Setting) -> None:
    run = Run(setting, str(models), ["tensorflow", "tract"], rounds=1, seconds=1e-6)
    try:
        workload = Workload("half", "call", "half", 3)
        (row,) = rows_of(workload, run.measure(workload))
    finally:
        run.close()
    assert row["absent"] == {
        "tensorflow": "there is no tensorflow Python",
        "tensorflow-onednn": "there is no tensorflow Python",
        "tract": "there is no peers Python",
    }
