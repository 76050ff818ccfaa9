"""Traces of runs: what RunMetadata says of operations, timelines, and when they are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf
from minihub_runtime.engine.recording import recording
from minihub_runtime.train.profiler_hook import timeline

TRACED = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)


def traced(fetch: Any, feeds: Any = None) -> Any:
    """The RunMetadata of a run."""
    metadata = tf.RunMetadata()
    with tf.Session() as session:
        session.run(fetch, feeds, options=TRACED, run_metadata=metadata)
    return metadata


def test_the_times_of_operations() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2, 2], name="x")
        y = tf.matmul(x, x, name="product")
        metadata = traced(tf.sin(y, name="sine"), {x: [[1.0, 2.0], [3.0, 4.0]]})
    (device,) = metadata.step_stats.dev_stats
    assert device.device == "/job:localhost/replica:0/task:0/device:CPU:0"
    product, sine = device.node_stats
    assert product.timeline_label == "product = MatMul(x, x)"
    assert sine.timeline_label == "sine = Sin(product)"
    assert product.all_start_micros <= sine.all_start_micros
    assert product.all_end_rel_micros >= 1
    assert product.thread_id == sine.thread_id == 0


@pytest.mark.parametrize("options", [None, tf.RunOptions(), TRACED])
def test_runs_are_traced_only_where_both_are_given(options: Any) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        metadata = tf.RunMetadata()
        x = tf.placeholder_with_default(1.0, [])
        session.run(x + 1, options=options, run_metadata=metadata)
        assert bool(metadata.step_stats.dev_stats) == (options is TRACED)
        assert session.run(x + 1, options=TRACED) == 2


def test_one_trace_at_a_time() -> None:
    with (
        tf.Graph().as_default(),
        recording(),
        pytest.raises(tf.errors.FailedPreconditionError, match="must end before another begins"),
    ):
        traced(tf.constant(1.0) + 1)


def test_a_run_that_fails_ends_its_trace() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.int32, [])
        with pytest.raises(tf.errors.InvalidArgumentError):
            traced(1 // x, {x: 0})
        assert traced(1 // x, {x: 1}).step_stats.dev_stats


def test_timelines() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float64, [], name="x")  # of a type whose ops are not fused
        stats = traced(tf.sin(tf.cos(x, name="c"), name="s"), {x: 1.0}).step_stats
    name, first, second, start, end = timeline(stats)["traceEvents"]
    assert name["args"] == {"name": f"{stats.dev_stats[0].device} Compute"}
    assert (first["name"], first["ph"], first["args"]) == (
        "Cos",
        "X",
        {"name": "c", "op": "Cos", "input0": "x"},
    )
    assert second["args"] == {"name": "s", "op": "Sin", "input0": "c"}
    assert (start["ph"], end["ph"], start["id"]) == ("s", "t", end["id"])
    assert start["ts"] == first["ts"] + first["dur"]
    assert end["ts"] == second["ts"]
    assert len(timeline(stats, show_dataflow=False)["traceEvents"]) == 3


def test_the_hook_writes_every_so_often(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        train_op = tf.train.create_global_step().assign_add(1)
        hooks = [
            tf.train.StopAtStepHook(last_step=6),
            tf.train.ProfilerHook(save_steps=2, output_dir=str(tmp_path)),
        ]
        with tf.train.MonitoredSession(hooks=hooks) as session:
            while not session.should_stop():
                session.run(train_op)
    names = sorted(path.name for path in tmp_path.glob("timeline-*"))
    assert names == ["timeline-2.json", "timeline-4.json", "timeline-6.json"]
    events = json.loads((tmp_path / names[0]).read_text("utf-8"))["traceEvents"]
    assert "AssignAddVariableOp" in {event["name"] for event in events}
    (path,) = tmp_path.glob("events.*")
    tf.summary.FileWriterCache.get(str(tmp_path)).flush()
    tags = [event.tagged_run_metadata.tag for event in tf.train.summary_iterator(str(path))]
    assert [tag for tag in tags if tag] == ["step_2", "step_4", "step_6"]


def test_what_the_hook_refuses(tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError, match="show_memory is not supported"):
        tf.train.ProfilerHook(save_steps=1, output_dir=str(tmp_path), show_memory=True)
    with pytest.raises(ValueError, match="Either every_secs or every_steps"):
        tf.train.ProfilerHook(output_dir=str(tmp_path))


def test_a_hook_without_a_folder_writes_where_the_program_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="Either every_secs or every_steps"):
        tf.train.ProfilerHook()
    with tf.Graph().as_default():
        train_op = tf.train.get_or_create_global_step().assign_add(1)
        hook = tf.train.ProfilerHook(save_steps=1)
        with tf.train.MonitoredSession(hooks=[hook]) as session:
            for _ in range(2):
                session.run(train_op)
    tf.summary.FileWriterCache.clear()
    assert [path.name for path in tmp_path.glob("timeline-*")] == ["timeline-2.json"]
    assert len([*tmp_path.glob("events.*")]) == 1
