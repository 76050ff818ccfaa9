"""TensorFlow with tensorflow_hub's `hub.Module` in a session of TF1."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.programs import PROGRAMS
from benchmarks.subjects import Task, UnsupportedError, Work

__all__ = ["facts", "prepare"]


def facts() -> dict[str, str]:
    """Versions."""
    import tensorflow
    import tensorflow_hub as hub

    return {"tensorflow": tensorflow.__version__, "tensorflow_hub": hub.__version__}


def prepare(task: Task) -> Work:
    """The function that does a task once."""
    if task.kind == "import":
        return _import
    import tensorflow.compat.v1 as tf
    import tensorflow_hub as hub

    tf.disable_v2_behavior()
    tf.logging.set_verbosity(tf.logging.ERROR)
    if task.kind == "call":
        return _call(tf, hub, task)
    if task.kind in PROGRAMS:
        return PROGRAMS[task.kind](tf, hub, task, session_config(tf, task))
    raise UnsupportedError(f"TensorFlow has no {task.kind}")


def _import() -> dict[str, Any]:
    import tensorflow.compat.v1 as tf
    import tensorflow_hub as hub

    _ = hub.Module, tf.Session
    return {}


def session_config(tf: Any, task: Task) -> Any:
    """Settings that hold a session to the threads of a task."""
    return tf.ConfigProto(
        intra_op_parallelism_threads=task.threads, inter_op_parallelism_threads=task.threads
    )


def _call(tf: Any, hub: Any, task: Task) -> Work:
    with tf.Graph().as_default() as graph:
        module = hub.Module(str(task.folder / "module"))
        given = {
            key: tf.placeholder(info.dtype, info.get_shape())
            for key, info in module.get_input_info_dict().items()
        }
        made = module(given, as_dict=True)
        session = tf.Session(graph=graph, config=session_config(tf, task))
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        graph.finalize()
    feeds = {given[key]: value for key, value in task.inputs().items()}

    def call() -> dict[str, Any]:
        result: dict[str, Any] = session.run(made, feeds)
        return result

    return call
