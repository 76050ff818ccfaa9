"""The loop of `tf.contrib.slim.learning.train`; the numbers are what tf_slim gives."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from tests.api.programs.contrib_training import a_loss


def test_loops_of_steps(tmp_path: Path) -> None:
    s = tf.contrib.slim
    found: list[Any] = []

    def train(folder: Any, **arguments: Any) -> None:
        with tf.Graph().as_default():
            loss = a_loss(tf)
            tf.summary.scalar("loss", loss)
            operation = s.learning.create_train_op(loss, tf.train.GradientDescentOptimizer(0.1))
            found.append(s.learning.train(operation, folder, **arguments))
            latest = tf.train.latest_checkpoint(folder) if folder else None
            found.append(latest and os.path.basename(latest))

    def first(session: Any) -> None:
        found.append([v.tolist() for v in session.run(tf.trainable_variables())])

    def step(session: Any, operation: Any, steps: Any, arguments: Any) -> Any:
        loss, _ = s.learning.train_step(session, operation, steps, {})
        return loss, bool(loss < arguments["limit"])

    folder = str(tmp_path)
    train(folder, number_of_steps=3, init_fn=first)
    # The checkpoint is restored, so nothing is initialised.
    train(folder, number_of_steps=5, init_fn=first, log_every_n_steps=2)
    train(os.path.join(folder, "more"), train_step_fn=step, train_step_kwargs={"limit": 2.0})
    written = sorted(os.path.basename(p) for p in glob.glob(os.path.join(folder, "*.index")))
    tags = sorted({
        item.tag
        for path in glob.glob(os.path.join(folder, "events*"))
        for event in tf.train.summary_iterator(path)
        for item in event.summary.value
        if item.tag == "loss"
    })  # fmt: skip
    tf.summary.FileWriterCache.clear()
    train(None, number_of_steps=2)
    with tf.Graph().as_default():
        batches = tf.data.Dataset.range(3)
        batch = tf.data.make_one_shot_iterator(batches).get_next()
        v = tf.get_variable("v", [], initializer=tf.ones_initializer())
        loss = v * tf.cast(batch, tf.float32)
        operation = s.learning.create_train_op(loss, tf.train.GradientDescentOptimizer(0.1))
        found.append(s.learning.train(operation, None))
    numbers = [float(item) for item in found if isinstance(item, np.floating)]
    assert numbers == pytest.approx([2.4617999, 0.98567307, 1.5528718, 3.9450002, 1.8])
    assert found[0] == [[1.0, -2.0], [[0.0, 0.25], [0.5, 0.75], [1.0, 1.25], [1.5, 1.75]], [0.5]]
    paths = [item for item in found if isinstance(item, str)]
    assert paths == ["model.ckpt-3", "model.ckpt-5", "model.ckpt-4"]
    assert written == [f"model.ckpt-{step}.index" for step in (0, 3, 5)]
    assert tags == ["loss"]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"train_op": None}, ValueError),
        ({"summary_op": None}, ValueError),
        ({"saver": 5}, ValueError),
        ({"number_of_steps": 0}, ValueError),
        ({"trace_every_n_steps": 5}, ValueError),
        ({"trace_every_n_steps": 5, "logdir": "folder"}, NotImplementedError),
        ({"is_chief": False}, NotImplementedError),
        ({"sync_optimizer": []}, NotImplementedError),
    ],
)
def test_arguments_that_do_not_fit(arguments: dict[str, Any], kind: type[Exception]) -> None:
    with tf.Graph().as_default(), pytest.raises(kind):
        tf.contrib.slim.learning.train(**{"train_op": tf.constant(1), "logdir": None, **arguments})
