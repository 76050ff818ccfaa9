"""Elements of ragged tensors that conditions choose."""

from __future__ import annotations

from typing import Any

from tests.api.programs import attempt, program
from tests.api.ragged_values import nested, rows, run, told


@program
def choices(tf: Any) -> Any:
    x, other = rows(tf), tf.ragged.constant([[10.0, 20.0], [], [30.0]])
    mask = tf.ragged.constant([[True, False], [], [False]])
    results = [
        tf.where(mask), tf.where(mask, x, other), tf.where([True, False, True], x, other), tf.where(tf.ragged.constant([[[True]], []])),
        tf.where_v2(mask, x, other), tf.where_v2(mask, x, 0.0), tf.where_v2(x > 0, x, -x), tf.where(mask, x, other, name="w"),
        tf.ragged.boolean_mask(x, [True, False, True]), tf.ragged.boolean_mask(x, mask, name="m"),
        tf.ragged.boolean_mask([[1, 2], [3, 4]], [[True, False], [True, True]]), tf.ragged.boolean_mask([1, 2], [True, False]),
        tf.ragged.boolean_mask(nested(tf), tf.ragged.constant([[True, False], [True]])),
        tf.ragged.boolean_mask([[1, 2], [3, 4]], tf.ragged.constant([[True, False], [True, True]])),
        tf.ragged.boolean_mask(tf.ones([1, 2, 2]), tf.constant([[[True, False], [True, True]]])),
        tf.ragged.boolean_mask(nested(tf), tf.constant([True, False])),
    ]  # fmt: skip
    return [
        run(tf, *results), told(results), attempt(lambda: tf.where(mask, x)), attempt(lambda: tf.where(mask, [1.0], x)),
        attempt(lambda: tf.ragged.boolean_mask(x, True)),
    ]  # fmt: skip
