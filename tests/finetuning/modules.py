"""Small modules to fine-tune, and examples for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import minihub as hub
import minihub_runtime as tf


def export(module_fn: Any, folder: str | Path, tags_and_args: Any = None) -> str:
    """Write the module of a function with the values of its initialisers."""
    with tf.Graph().as_default():
        tf.set_random_seed(7)
        module = hub.Module(hub.create_module_spec(module_fn, tags_and_args))
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            module.export(folder, session)
    return str(folder)


def normalizing(is_training: bool = False) -> None:
    """Numbers through a dense layer, batch norm and dropout, with a regulariser."""
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    layer = tf.layers.dense(
        x,
        6,
        tf.nn.relu,
        kernel_regularizer=lambda kernel: 1e-3 * tf.nn.l2_loss(kernel),
        kernel_initializer=tf.glorot_uniform_initializer(seed=3),
    )
    layer = tf.layers.batch_normalization(layer, training=is_training, momentum=0.5)
    if is_training:
        layer = tf.nn.dropout(layer, rate=0.1, seed=5)
    hub.add_signature("features", {"x": x}, {"default": layer, "wide": tf.tile(layer, [1, 2])})


NORMALIZING = [(set(), {}), ({"train"}, {"is_training": True})]


def colours() -> None:
    """Mean colour of the four quarters of a picture."""
    images = tf.placeholder(tf.float32, [None, 8, 8, 3], name="images")
    pooled = tf.nn.avg_pool(images, [1, 4, 4, 1], [1, 4, 4, 1], "VALID")
    hub.add_signature(inputs={"images": images}, outputs=tf.reshape(pooled, [-1, 12]))


def points(count: int, seed: int = 0) -> tuple[Any, Any]:
    """float32 [count, 4], and on which side of a plane each lies."""
    x = np.random.default_rng(seed).standard_normal((count, 4)).astype(np.float32)
    return x, np.where(x @ np.float32([1, -2, 0.5, 1]) > 0, "above", "below")


SENTENCES = [
    f"{verb} the {noun}"
    for verb in ("open", "close", "write", "read", "raise", "catch", "ignore", "handle")
    for noun in ("file", "archive", "exception", "error")
]
LABELS = [
    "errors" if sentence.endswith(("exception", "error")) else "files" for sentence in SENTENCES
]
