"""The programs of docs/training.md run, on the module that is shipped."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime as tf

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "minihub" / "demo_module"
DOCUMENT = ROOT / "docs" / "training.md"
HANDLE = "https://tfhub.dev/google/nnlm-en-dim128/1"


def programs() -> list[str]:
    """The programs of the document."""
    return re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)


def test_gradients_of_parts_are_those_of_the_whole() -> None:
    _, _, _, program, *_ = programs()
    random = np.random.default_rng(3)
    x, y = (random.standard_normal((8, width)).astype(np.float32) for width in (3, 1))
    found = []
    for count in (1, 4):
        parts = list(zip(np.split(x, count), np.split(y, count), strict=True))
        names = {"tf": tf, "parts": parts, "steps": 5}
        with tf.Graph().as_default():
            tf.set_random_seed(4)
            exec(program, names)
        found.append(names["found"])
    for whole, summed in zip(*found, strict=True):
        np.testing.assert_allclose(summed, whole, rtol=1e-5, atol=1e-6)
        assert np.abs(whole).min() > 1e-3


def test_a_model_ends_with_a_head(tmp_path: Path) -> None:
    _, _, program, *_ = programs()
    names = {"hub": minihub, "tf": tf}
    exec(program.replace(HANDLE, MODULE.as_posix()), names)

    def input_fn() -> Any:
        labels = tf.sparse.from_dense([["files", ""], ["errors", "network"]])
        return {"text": tf.constant(["open a file", "the network failed"])}, labels

    estimator = tf.estimator.Estimator(names["model_fn"], str(tmp_path))
    estimator.train(input_fn, steps=60)
    found = estimator.evaluate(input_fn, steps=1)
    assert found["auc"] == found["accuracy/positive_threshold_0.5"] == 1
    (first, _) = next(estimator.predict(lambda: input_fn()[0], yield_single_examples=False))[
        "probabilities"
    ]
    assert (first > 0.5).tolist() == [True, False, False]


def test_gradients_are_clipped(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, _, _, program, *_ = programs()
    with tf.Graph().as_default():
        exec(program, {"tf": tf})
    comment = re.search(r"# (.*)$", program, re.MULTILINE)
    assert comment is not None
    assert capsys.readouterr().out == f"{comment[1]}\n"


def test_programs_of_slim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program = next(program for program in programs() if "contrib.slim" in program)

    def hidden() -> Any:
        return tf.contrib.slim.fully_connected(tf.ones([4, 3]), 4, scope="hidden")

    (tmp_path / "start").mkdir()
    with tf.Graph().as_default(), tf.Session() as session:
        hidden()
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, "start/model.ckpt")
    with tf.Graph().as_default():
        names = {"tf": tf, "features": hidden(), "labels": tf.constant([0, 1, 2, 3])}
        exec(program.replace("1000", "3"), names)
    assert tf.train.latest_checkpoint("model").endswith("model.ckpt-3")


def test_the_program_of_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, second, *_ = programs()
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
