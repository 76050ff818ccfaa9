"""The threads of a Supervisor, which TensorFlow's cannot run where eager execution is on in its process."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import minihub_runtime as tf


def test_standard_services_save_and_write_summaries(tmp_path: Path) -> None:
    folder = str(tmp_path)
    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        tf.summary.scalar("step", step)
        train = tf.assign_add(step, 1)
        supervisor = tf.train.Supervisor(
            logdir=folder, save_summaries_secs=600, save_model_secs=600
        )
        with supervisor.managed_session() as session:
            for _ in range(2):
                session.run(train)
            supervisor.summary_computed(session, session.run(supervisor.summary_op))
            # The first of each comes at once.
            for _ in range(300):
                if tf.train.latest_checkpoint(folder) and len(tags(folder)) == 2:
                    break
                supervisor.coord.wait_for_stop(0.1)
                supervisor.summary_writer.flush()
    assert not any(isinstance(thread, tf.train.LooperThread) for thread in threading.enumerate())
    kinds = {event.WhichOneof("what") for event in events(folder)}
    assert kinds == {"file_version", "graph_def", "meta_graph_def", "session_log", "summary"}
    assert tags(folder) == {"step", "global_step/sec"}
    assert tf.train.latest_checkpoint(folder)
    assert "graph.pbtxt" in os.listdir(folder)


def events(folder: str) -> list[Any]:
    """What the files of events hold."""
    names = [name for name in os.listdir(folder) if "events" in name]
    return [
        event for name in names for event in tf.train.summary_iterator(os.path.join(folder, name))
    ]


def tags(folder: str) -> set[str]:
    """Of all summaries."""
    return {value.tag for event in events(folder) for value in event.summary.value}
