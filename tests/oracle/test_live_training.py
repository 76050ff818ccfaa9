"""Training that TensorFlow began goes on here from its checkpoint, slots included, and the other way round."""

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

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]

OPTIMIZERS = {
    "sgd": lambda tf, _: tf.train.GradientDescentOptimizer(0.1),
    "momentum": lambda tf, _: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adagrad": lambda tf, _: tf.train.AdagradOptimizer(0.1),
    "adagrad_da": lambda tf, step: tf.train.AdagradDAOptimizer(0.1, step),
    "adadelta": lambda tf, _: tf.train.AdadeltaOptimizer(1.0),
    "adam": lambda tf, _: tf.train.AdamOptimizer(0.1),
    "rmsprop": lambda tf, _: tf.train.RMSPropOptimizer(0.1, momentum=0.5, centered=True),
    "ftrl": lambda tf, _: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
}


def trained(
    tf: Any, which: str, folder: Path, steps: int, restored: str | None = None
) -> tuple[dict[str, Any], str]:
    """All variables after some steps, and the checkpoint of them."""
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("net", partitioner=tf.fixed_size_partitioner(2)):
            table = tf.get_variable(
                "table", [6, 3], initializer=tf.ones_initializer(), use_resource=True
            )
        kernel = tf.get_variable("kernel", initializer=np.ones((3, 2), np.float32))
        ids = tf.constant([0, 5, 5, 2])
        rows = tf.nn.embedding_lookup(table, ids, partition_strategy="div")
        target = tf.constant([[0.5, -1.0], [2.0, 0.25], [1.5, 1.0], [0.0, 3.0]])
        loss = tf.reduce_mean(tf.square(tf.matmul(rows, kernel) - target))
        count = tf.train.get_or_create_global_step()
        step = OPTIMIZERS[which](tf, count).minimize(loss, count)
        averages = tf.train.ExponentialMovingAverage(0.9)
        with tf.control_dependencies([step]):
            step = averages.apply([kernel])
        saver = tf.train.Saver()
        if restored is None:
            session.run([v.initializer for v in tf.trainable_variables()])
            session.run(tf.global_variables_initializer())
        else:
            saver.restore(session, restored)
        for _ in range(steps):
            session.run(step)
        values = {v.op.name: session.run(v) for v in tf.global_variables()}
        folder.mkdir(exist_ok=True)
        return values, saver.save(session, str(folder / "model"))


@pytest.mark.parametrize("which", OPTIMIZERS)
@pytest.mark.parametrize("first_is_tensorflow", [True, False])
def test_training_goes_on_elsewhere(which: str, first_is_tensorflow: bool, tmp_path: Path) -> None:
    first, second = (
        (tensorflow, minihub_runtime) if first_is_tensorflow else (minihub_runtime, tensorflow)
    )
    whole, _ = trained(tensorflow, which, tmp_path / "whole", 5)
    _, checkpoint = trained(first, which, tmp_path / "first", 2)
    found, _ = trained(second, which, tmp_path / "second", 3, checkpoint)
    assert found.keys() == whole.keys()
    for name, value in whole.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6, err_msg=name)
