"""`tf.train.Checkpoint` beyond what TensorFlow does, and checkpoints that are damaged."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.checkpoint import write_checkpoint
from minihub_runtime.errors import DataLossError, FailedPreconditionError
from minihub_runtime.protos import TrackableObjectGraph
from minihub_runtime.train.object_checkpoints import OBJECT_GRAPH_KEY


@pytest.fixture(autouse=True)
def _graph() -> Any:
    with tf.Graph().as_default():
        yield


def test_saving_again_adds_nothing_to_the_graph(tmp_path: Path) -> None:
    table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.int64, -1)
    checkpoint = tf.train.Checkpoint(v=tf.Variable([1.0]), table=table)
    path = str(tmp_path / "ckpt")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        saved = checkpoint.save(path)
        checkpoint.restore(saved).run_restore_ops()
        session.graph.finalize()
        assert checkpoint.save(path) == f"{path}-2"
        checkpoint.restore(f"{path}-2").assert_consumed().run_restore_ops()


def test_no_session(tmp_path: Path) -> None:
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    for act in (checkpoint.save, checkpoint.write):
        with pytest.raises(RuntimeError, match="without a default session"):
            act(tmp_path / "ckpt")
    with pytest.raises(RuntimeError, match="without a default session"):
        checkpoint.restore(None).initialize_or_restore()
    with tf.Session() as session, pytest.raises(FailedPreconditionError):
        checkpoint.write(tmp_path / "ckpt", session)


def test_a_checkpoint_by_names_needs_no_counter_of_saves(tmp_path: Path) -> None:
    v = tf.get_variable("v", initializer=2.0)
    with tf.Session() as session:
        session.run(v.initializer)
        named = tf.train.Saver().save(session, str(tmp_path / "named"))
        session.run(v.assign(0.0))
        checkpoint = tf.train.Checkpoint(anything=[v])
        status = checkpoint.restore(named)
        status.initialize_or_restore()
        status.assert_consumed()
        assert session.run([v, checkpoint.save_counter]) == [2.0, 0]
        assert checkpoint.save(tmp_path / "ckpt") == str(tmp_path / "ckpt-1")


@pytest.mark.parametrize("expected", [False, True])
def test_what_was_not_restored_is_logged(
    expected: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    v = tf.Variable(1.0)
    with tf.Session() as session:
        session.run(v.initializer)
        path = tf.train.Checkpoint(v=v, inner=[v, tf.train.Checkpoint(w=v)]).save(tmp_path / "ckpt")
    checkpoint = tf.train.Checkpoint()
    status = checkpoint.restore(path)
    if expected:
        status.expect_partial()
    del checkpoint, status
    gc.collect()
    assert ("could not be found in the restored object: (root).v" in caplog.text) is not expected


@pytest.mark.parametrize(
    "graph",
    [
        b"\xff",
        b"",
        TrackableObjectGraph(nodes=[{"children": [{"node_id": 1}]}]).SerializeToString(),
        TrackableObjectGraph(
            nodes=[{"slot_variables": [{"slot_variable_node_id": -1}]}]
        ).SerializeToString(),
    ],
)
def test_damaged_object_graphs(graph: bytes, tmp_path: Path) -> None:
    prefix = str(tmp_path / "ckpt")
    write_checkpoint(prefix, {OBJECT_GRAPH_KEY: np.array(graph, object)})
    with pytest.raises(DataLossError, match="object graph"):
        tf.train.Checkpoint().restore(prefix)


def test_an_attribute_that_is_deleted_is_not_saved(tmp_path: Path) -> None:
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    del checkpoint.v
    with tf.Session():
        path = checkpoint.save(tmp_path / "ckpt")
    assert [name for name, _ in tf.train.list_variables(path)] == [
        OBJECT_GRAPH_KEY,
        "save_counter/.ATTRIBUTES/VARIABLE_VALUE",
    ]
