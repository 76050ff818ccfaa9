"""Label sequences as losses of connectionist temporal classification want them: without repetitions, or as numbers of unique ones.

Source: tensorflow/python/ops/ctc_ops.py.
"""

from __future__ import annotations

from typing import Any

import minihub_runtime as tf
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.public import public

__all__ = ["collapse_repeated", "ctc_unique_labels"]


def _size(tensor: Tensor, axis: int) -> Any:
    """A size, as a number if it is known."""
    known = tensor.shape[axis].value
    return known or tf.shape(tensor)[axis]


@public("nn.collapse_repeated")
def collapse_repeated(labels: Any, seq_length: Any, name: str | None = None) -> tuple[Any, Any]:
    """Sequences in which equal labels one after the other become one.

    Args:
        labels: `[batch, time]`.
        seq_length: how many labels of each count, integers `[batch]`.
        name: wanted name of the scope.

    Returns:
        The labels, filled with 0 up to the longest sequence, `[batch, new time]`; and the new lengths, `[batch]`, of the type
        of the old ones.
    """
    with name_scope(name, "collapse_repeated_labels", [labels, seq_length]):
        labels = convert_to_tensor(labels, name="labels")
        seq_length = convert_to_tensor(seq_length, name="seq_length")
        first = tf.ones_like(labels[:, :1], tf.bool)
        changes = tf.concat([first, tf.not_equal(labels[:, 1:], labels[:, :-1])], axis=1)
        kept = tf.logical_and(changes, tf.sequence_mask(seq_length, maxlen=_size(labels, 1)))
        lengths = tf.reduce_sum(tf.cast(kept, tf.int32), axis=1)
        longest = tf.reduce_max(lengths)
        # The labels that are kept go, in their order, where the new sequences have places.
        filled = tf.reshape(tf.sequence_mask(lengths, maxlen=longest), [-1])
        places = tf.boolean_mask(tf.range(_size(filled, 0)), filled)
        flat = tf.scatter_nd(
            indices=tf.expand_dims(places, axis=1),
            updates=tf.boolean_mask(tf.reshape(labels, [-1]), tf.reshape(kept, [-1])),
            shape=tf.shape(filled),
        )
        found = tf.reshape(flat, [_size(labels, 0), longest])
        return found, tf.cast(lengths, seq_length.dtype)


@public("nn.ctc_unique_labels")
def ctc_unique_labels(labels: Any, name: str | None = None) -> list[Any]:
    """The labels that each sequence has, and where among them each of its labels stands.

    Args:
        labels: `[batch, length]`, filled with 0.
        name: wanted name of the scope.

    Returns:
        int64 `[batch, length]`, the unique labels in the order they come in, filled with 0; and int32 `[batch, length]`.
    """
    with name_scope(name, "ctc_unique_labels", [labels]):

        def unique(row: Any) -> list[Any]:
            found = tf.unique(row)
            rest = _size(found.idx, 0) - _size(found.y, 0)
            return [tf.cast(tf.pad(found.y, [[0, rest]]), tf.int64), found.idx]

        labels = convert_to_tensor(labels, name="labels")
        found: list[Any] = tf.map_fn(unique, labels, dtype=[tf.int64, tf.int32])
        return found
