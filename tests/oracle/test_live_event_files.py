"""TensorFlow and TensorBoard read the event files that `minihub_runtime` writes, which reads TensorFlow's."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="TensorFlow brings it"
    )

pytestmark = pytest.mark.filterwarnings("ignore")


def write(tf: Any, folder: Path) -> None:
    """Two steps of a small run."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None], "x")
        tf.summary.scalar("first", x[0])
        tf.summary.histogram("all", x)
        tf.summary.image("picture", tf.reshape(x, [1, 2, 2, 1]))
        tf.summary.text("words", tf.constant("text"))
        merged = tf.summary.merge_all()
        writer = tf.summary.FileWriter(str(folder), graph)
        with tf.Session() as session:
            for step in range(2):
                writer.add_summary(session.run(merged, {x: np.arange(4) + step}), step)
        writer.close()


def read(folder: Path) -> Any:
    """What TensorBoard knows of a run."""
    loaded = accumulator.EventAccumulator(str(folder))
    loaded.Reload()
    return [
        {key: value for key, value in loaded.Tags().items() if key != "run_metadata"},
        [(event.step, event.value) for event in loaded.Scalars("first")],
        [(event.step, event.histogram_value) for event in loaded.Histograms("all")],
        [(event.step, event.width, event.height) for event in loaded.Images("picture/image/0")],
        [node.name for node in loaded.Graph().node],
    ]


def test_tensorboard_reads_both_alike(tmp_path: Path) -> None:
    write(minihub_runtime, tmp_path / "ours")
    write(tensorflow, tmp_path / "theirs")
    assert read(tmp_path / "ours") == read(tmp_path / "theirs")


def test_each_reads_the_files_of_the_other(tmp_path: Path) -> None:
    write(minihub_runtime, tmp_path / "ours")
    write(tensorflow, tmp_path / "theirs")
    for tf, folder in ((tensorflow, "ours"), (minihub_runtime, "theirs")):
        (path,) = (tmp_path / folder).iterdir()
        found = list(tf.train.summary_iterator(str(path)))
        assert [event.WhichOneof("what") for event in found] == [
            "file_version",
            "graph_def",
            "meta_graph_def",
            "summary",
            "summary",
        ]
        assert [value.tag for value in found[3].summary.value][:2] == ["first", "all"]
