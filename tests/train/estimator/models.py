"""A small model and its data, for whichever of TensorFlow and `minihub_runtime` is given as `tf`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["BATCH", "ROWS", "data", "input_function", "model_function", "receiver_function"]

ROWS, BATCH = 24, 4


def data() -> tuple[Any, Any]:
    """Rows of two numbers and what is to be predicted from them."""
    x = np.linspace(-1, 1, 2 * ROWS).reshape(ROWS, 2).astype(np.float32)
    return x, (x @ np.array([[2.0], [-1.0]], np.float32) + 0.5)


def input_function(tf: Any) -> Callable[[str], Any]:
    """Batches in order; those of training are told by the global step, so that no queue or dataset is needed."""

    def input_fn(mode: str) -> Any:
        step = tf.train.get_global_step() if mode == "train" else tf.constant(0, tf.int64)
        start = tf.cast(tf.mod(step * BATCH, ROWS), tf.int32)
        x, y = (tf.constant(values)[start : start + BATCH] for values in data())
        return {"x": x}, y

    return input_fn


def model_function(tf: Any) -> Callable[..., Any]:
    """A layer that learns with steps of `params["rate"]`, times a dropout if `params["drop"]` is given."""

    def model_fn(features: Any, labels: Any, mode: str, params: Any) -> Any:
        hidden = tf.layers.dense(
            features["x"],
            3,
            activation=tf.nn.tanh,
            kernel_initializer=tf.initializers.glorot_uniform(seed=3),
            name="hidden",
        )
        if params.get("drop"):
            hidden = tf.layers.dropout(hidden, params["drop"], training=mode == "train", seed=5)
        out = tf.layers.dense(
            hidden, 1, kernel_initializer=tf.initializers.glorot_uniform(seed=4), name="out"
        )
        predictions = {"out": out, "twice": out * 2}
        if mode == "infer":
            return tf.estimator.EstimatorSpec(mode, predictions=predictions)
        loss = tf.losses.mean_squared_error(labels, out)
        metrics = {
            "mae": tf.metrics.mean_absolute_error(labels, out),
            "spread": tf.metrics.mean_tensor(tf.reduce_max(tf.abs(out), axis=0)),
        }
        tf.summary.scalar("half", loss / 2)
        train_op = None
        if mode == "train":
            variables = tf.trainable_variables()
            gradients = tf.gradients(loss, variables)
            pairs = zip(variables, gradients, strict=True)
            updates = [variable.assign_sub(params["rate"] * slope) for variable, slope in pairs]
            with tf.control_dependencies(updates):
                train_op = tf.train.get_global_step().assign_add(1)
        return tf.estimator.EstimatorSpec(
            mode, predictions=predictions, loss=loss, train_op=train_op, eval_metric_ops=metrics
        )

    return model_fn


def receiver_function(tf: Any) -> Callable[[], Any]:
    """What a client of the exported model gives."""

    def receiver_fn() -> Any:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        return tf.estimator.export.ServingInputReceiver({"x": x}, {"x": x})

    return receiver_fn
