"""Programs in the style of TF1 that run with either library: `tf` and `hub` are TensorFlow's, or ours.

Each makes ready what is not measured and returns the function that is.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.inputs import make_labels
from benchmarks.subjects import Task, Work

__all__ = ["PROGRAMS"]

#: How many rows of a table a step looks up.
_LOOKED_UP = 1024
_CLASSES = 10


def _adds(tf: Any, hub: Any, task: Task, config: Any) -> Work:
    """A chain of additions to a small vector, run again and again."""
    with tf.Graph().as_default() as graph:
        # An unknown shape keeps TensorFlow from putting the chain together into one op.
        x = tf.placeholder(tf.float32, None)
        y = x
        for _ in range(task.size):
            y = tf.add(y, x)
    session = tf.Session(graph=graph, config=config)
    feeds = {x: np.ones(4, np.float32)}
    return lambda: {"default": session.run(y, feeds)}


def _graph(tf: Any, hub: Any, task: Task, config: Any) -> Work:
    """From the bytes of a graph of so many nodes to its first result."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, None, "x")
        y = x
        for _ in range(task.size):
            y = tf.add(y, x)
        tf.identity(y, "y")
    data = graph.as_graph_def().SerializeToString()
    value = np.ones(4, np.float32)

    def work() -> dict[str, Any]:
        proto = tf.GraphDef()
        proto.ParseFromString(data)
        with tf.Graph().as_default() as read:
            tf.import_graph_def(proto, name="")
        with tf.Session(graph=read, config=config) as session:
            return {"default": session.run("y:0", {"x:0": value})}

    return work


def _tables(tf: Any, task: Task, config: Any) -> tuple[Any, list[Any], Any, str]:
    """Graph, variables and saver of the large checkpoint, and its prefix."""
    shapes: Mapping[str, list[int]] = task.network_facts()["variables"]
    with tf.Graph().as_default() as graph:
        variables = [
            tf.get_variable(name, shape, initializer=tf.zeros_initializer(), use_resource=True)
            for name, shape in shapes.items()
        ]
        saver = tf.train.Saver(variables)
    return graph, variables, saver, str(task.folder / "module" / "variables" / "variables")


def _restore(tf: Any, hub: Any, task: Task, config: Any) -> Work:
    """A checkpoint of 500 MB becomes variables that can be used: some of each is."""
    graph, variables, saver, prefix = _tables(tf, task, config)
    with graph.as_default():
        used = tf.stack([tf.gather(variable, [1, 1000]) for variable in variables])

    def work() -> dict[str, Any]:
        with tf.Session(graph=graph, config=config) as session:
            saver.restore(session, prefix)
            return {"default": session.run(used)}

    return work


def _save(tf: Any, hub: Any, task: Task, config: Any) -> Work:
    """Variables of 500 MB become a checkpoint of a name of its own, as in training.

    The one before is deleted first: the next ones would wait for the disk, which has a checkpoint a second to write otherwise.
    """
    graph, _, saver, prefix = _tables(tf, task, config)
    session = tf.Session(graph=graph, config=config)
    saver.restore(session, prefix)
    # Beside the networks, as the folder of temporary files may be one in memory.
    folder = tempfile.TemporaryDirectory(prefix=".saved-", dir=task.models)
    steps = itertools.count()

    def work() -> dict[str, Any]:
        for entry in os.scandir(folder.name):
            os.unlink(entry)
        with graph.as_default():
            prefix = os.path.join(folder.name, "model")
            path = saver.save(session, prefix, global_step=next(steps), write_meta_graph=False)
        return {"bytes": np.int64(os.path.getsize(f"{path}.data-00000-of-00001"))}

    return work


def _rows(tf: Any, hub: Any, task: Task, config: Any) -> Work:
    """A step of training on a few rows of a large table."""
    width = 128
    with tf.Graph().as_default() as graph:
        table = tf.get_variable(
            "table", [task.size, width], initializer=tf.zeros_initializer(), use_resource=True
        )
        ids = tf.placeholder(tf.int64, [None])
        wanted = tf.placeholder(tf.float32, [None, width])
        loss = tf.reduce_mean(tf.square(tf.nn.embedding_lookup(table, ids) - wanted))
        train = tf.train.GradientDescentOptimizer(10.0).minimize(loss)
        start = tf.global_variables_initializer()
    session = tf.Session(graph=graph, config=config)
    session.run(start)
    random = np.random.RandomState(3)
    feeds = {
        ids: random.randint(0, task.size, _LOOKED_UP),
        wanted: random.random_sample((_LOOKED_UP, width)).astype(np.float32),
    }
    return _stepping(session, loss, train, feeds)


def _step(tf: Any, hub: Any, task: Task, config: Any) -> Work:
    """A step of fine-tuning: a head on a module, whose variables change too."""
    facts = task.network_facts()
    with tf.Graph().as_default() as graph:
        tags = {"train"} if facts["trained"] else None
        module = hub.Module(str(task.folder / "module"), trainable=True, tags=tags)
        given = {
            key: tf.placeholder(info.dtype, info.get_shape())
            for key, info in module.get_input_info_dict().items()
        }
        features = module(given)
        labels = tf.placeholder(tf.int64, [None])
        width = features.shape.as_list()[-1]
        kernel = tf.get_variable("head/kernel", initializer=_head(width), use_resource=True)
        bias = tf.get_variable("head/bias", [_CLASSES], initializer=tf.zeros_initializer())
        logits = tf.matmul(features, kernel) + bias
        loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            train = _OPTIMISERS[task.network](tf).minimize(loss)
        start = [tf.global_variables_initializer(), tf.tables_initializer()]
    session = tf.Session(graph=graph, config=config)
    session.run(start)
    feeds = {given[key]: value for key, value in task.inputs().items()}
    feeds[labels] = make_labels(task.batch, _CLASSES)
    return _stepping(session, loss, train, feeds)


def _head(width: int) -> Any:
    return (np.random.RandomState(9).standard_normal((width, _CLASSES)) * 0.05).astype(np.float32)


#: What people train these with.
_OPTIMISERS: Mapping[str, Callable[[Any], Any]] = {
    "bilstm": lambda tf: tf.train.AdamOptimizer(1e-4),
    "mobilenet_v2_224": lambda tf: tf.train.MomentumOptimizer(1e-3, 0.9),
    "nnlm": lambda tf: tf.train.AdagradOptimizer(0.003),
}


def _stepping(session: Any, loss: Any, train: Any, feeds: Any) -> Work:
    """Steps; the first one is done here, so that the loss of the second tells whether it was right."""
    session.run(train, feeds)

    def work() -> dict[str, Any]:
        value, _ = session.run([loss, train], feeds)
        return {"loss": value}

    return work


PROGRAMS: Mapping[str, Callable[[Any, Any, Task, Any], Work]] = {
    "adds": _adds,
    "graph": _graph,
    "restore": _restore,
    "rows": _rows,
    "save": _save,
    "step": _step,
}
