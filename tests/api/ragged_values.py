"""Ragged tensors for programs, and what programs tell of them."""

from __future__ import annotations

from typing import Any

import numpy as np


def run(tf: Any, *fetches: Any) -> Any:
    """The values of fetches, ragged ones as lists."""
    with tf.Session() as session:
        found = session.run(list(fetches))
    return [listed(item) for item in found]


def listed(item: Any) -> Any:
    if hasattr(item, "row_splits"):
        return [item.to_list(), str(item.row_splits.dtype)]
    if hasattr(item, "dense_shape"):
        return list(item)
    return item


def told(values: Any) -> Any:
    """What is known of tensors."""
    return [
        [
            value.dtype.name,
            str(value.shape),
            getattr(value, "ragged_rank", None),
            getattr(getattr(value, "uniform_row_length", None), "name", None),
        ]
        for value in values
    ]


def loose(tf: Any, value: Any, dtype: Any = None) -> Any:
    """A tensor of which only the rank is known."""
    array = np.asarray(value)
    return tf.placeholder_with_default(tf.constant(array, dtype), [None] * array.ndim)


def failure(tf: Any, fetch: Any) -> Any:
    """The kind of error of a run."""
    with tf.Session() as session:
        try:
            return listed(session.run(fetch))
        except tf.errors.InvalidArgumentError:
            return "InvalidArgumentError"


def rows(tf: Any) -> Any:
    return tf.ragged.constant([[1.0, -2.0], [], [3.0]])


def free(tf: Any, dtype: Any = None) -> Any:
    """A ragged tensor of which nothing is known but the ranks."""
    return tf.RaggedTensor.from_row_splits(
        loose(tf, [1, -2, 3], dtype or tf.float32),
        loose(tf, [0, 2, 2, 3], tf.int64),
        validate=False,
    )


def nested(tf: Any) -> Any:
    return tf.ragged.constant([[[1, 2], []], [[3]]])


def pairs(tf: Any) -> Any:
    return tf.ragged.constant([[[1, 2]], [[3, 4], [5, 6]]], ragged_rank=1)
