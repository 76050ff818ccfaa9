"""Event files: what is written is read again, by steps; names, flushes, closed writers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf
from minihub_runtime.api.summary import event_file
from minihub_runtime.protos import GraphDef, MetaGraphDef, SummaryMetadata


def events(folder: Path) -> list[Any]:
    """The events of all files of a folder, in the order of the files' names."""
    return [event for path in sorted(folder.iterdir()) for event in tf.train.summary_iterator(path)]


def summary(tag: str, value: float) -> Any:
    return tf.Summary(value=[tf.Summary.Value(tag=tag, simple_value=value)])


def test_events_come_back(tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph, tf.summary.FileWriter(tmp_path / "run", graph) as writer:
        merged = tf.summary.merge([tf.summary.scalar("loss", 1.5)])
        with tf.Session() as session:
            writer.add_summary(session.run(merged), 7)
        writer.add_summary(summary("other", 2), global_step=8)
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 9)
        writer.add_event(tf.Event(step=10, log_message=tf.LogMessage(message="text")))
        assert writer.get_logdir() == str(tmp_path / "run")
    first, *rest = events(tmp_path / "run")
    assert first.file_version == "brain.Event:2"
    assert first.source_metadata.writer == "tensorflow.core.util.events_writer"
    kinds = ["graph_def", "meta_graph_def", "summary", "summary", "session_log", "log_message"]
    assert [event.WhichOneof("what") for event in rest] == kinds
    assert [event.step for event in rest] == [0, 0, 7, 8, 9, 10]
    assert rest[2].summary == summary("loss", 1.5)
    assert all(event.wall_time >= first.wall_time for event in rest[:5])


def test_graphs_are_written_with_shapes(tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        tf.placeholder(tf.float32, [None, 2], "x")
    with tf.summary.FileWriter(tmp_path) as writer:
        writer.add_graph(graph)
        writer.add_graph(None, graph_def=graph.as_graph_def())
        writer.add_meta_graph(MetaGraphDef())
        with pytest.raises(ValueError, match="Please pass only graph, or graph_def"):
            writer.add_graph(graph, graph_def=graph.as_graph_def())
        with pytest.raises(TypeError, match="must be an instance of `Graph`"):
            writer.add_graph("graph")
        with pytest.raises(TypeError, match="must be type MetaGraphDef"):
            writer.add_meta_graph(graph)
    _, with_shapes, without, _ = events(tmp_path)
    shapes = GraphDef.FromString(with_shapes.graph_def).node[0].attr["_output_shapes"].list.shape
    assert [dim.size for dim in shapes[0].dim] == [-1, 2]
    assert "_output_shapes" not in GraphDef.FromString(without.graph_def).node[0].attr


def test_metadata_are_written_once(tmp_path: Path) -> None:
    value = tf.Summary.Value(tag="t", metadata=SummaryMetadata(display_name="shown"))
    given = tf.Summary(value=[value])
    with tf.summary.FileWriter(tmp_path) as writer:
        writer.add_summary(given)
        writer.add_summary(given.SerializeToString())
    _, first, second = events(tmp_path)
    assert first.summary.value[0].metadata.display_name == "shown"
    assert not second.summary.value[0].HasField("metadata")
    assert given.value[0].HasField("metadata")


def test_run_metadata_have_tags_of_their_own(tmp_path: Path) -> None:
    from minihub_runtime.protos import RunMetadata

    with tf.summary.FileWriter(tmp_path) as writer:
        writer.add_run_metadata(RunMetadata(), "step1", 1)
        with pytest.raises(ValueError, match="already used for this event type"):
            writer.add_run_metadata(RunMetadata(), "step1")
    assert events(tmp_path)[1].tagged_run_metadata.tag == "step1"


def test_closed_writers_warn_and_open_again(tmp_path: Path) -> None:
    writer = tf.summary.FileWriter(tmp_path, filename_suffix=".mine")
    assert not list(tmp_path.iterdir())
    writer.add_summary(summary("a", 1))
    writer.close()
    with pytest.warns(UserWarning, match="closed FileWriter"):
        writer.add_summary(summary("lost", 1))
    with pytest.warns(UserWarning, match="closed FileWriter"):
        writer.flush()
    writer.reopen()
    writer.add_summary(summary("b", 2))
    writer.close()
    found = sorted(tmp_path.iterdir())
    assert len(found) == 2, "a file is never replaced"
    assert all(".out.tfevents." in path.name and path.name.endswith(".mine") for path in found)
    tags = {value.tag for event in events(tmp_path) for value in event.summary.value}
    assert tags == {"a", "b"}


def test_writers_that_begin_at_one_time_have_files_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The others' files come into being after each has looked for them.
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    monkeypatch.setattr(event_file.time, "time", lambda: 1000.0)
    for tag in "ab":
        with tf.summary.FileWriter(tmp_path) as writer:
            writer.add_summary(summary(tag, 1))
    tags = {value.tag for event in events(tmp_path) for value in event.summary.value}
    assert tags == {"a", "b"}


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    writer = tf.summary.FileWriter(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(tf.errors.NotFoundError, match="No such file or directory"):
        writer.add_summary(summary("a", 1))


def test_events_are_flushed_when_time_has_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(event_file.time, "time", lambda: now)
    writer = tf.summary.FileWriter(tmp_path, flush_secs=10)
    sizes = []
    for later in (0, 5, 11):
        now = 1000.0 + later
        writer.add_summary(summary("t", later))
        sizes.append(os.path.getsize(next(tmp_path.iterdir())))
    assert sizes[0] == sizes[1] < sizes[2]
    writer.add_summary(summary("t", 12))
    writer.flush()
    assert os.path.getsize(next(tmp_path.iterdir())) > sizes[2]
    writer.close()


def test_one_writer_for_each_folder(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        first = tf.summary.FileWriterCache.get(tmp_path / "a")
        assert tf.summary.FileWriterCache.get(tmp_path / "a") is first
        assert tf.summary.FileWriterCache.get(tmp_path / "b") is not first
    tf.summary.FileWriterCache.clear()
    with pytest.warns(UserWarning, match="closed FileWriter"):
        first.flush()
    assert events(tmp_path / "a")[1].WhichOneof("what") == "graph_def"
