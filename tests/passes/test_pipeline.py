"""Any of the passes may be left out: answers stay."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.recording import recording
from minihub_runtime.passes.pipeline import PIPELINE
from tests.passes.networks import IMAGES, batch_norm, conv, depthwise, padded
from tests.passes.networks import variable as variable_of
from tests.passes.plans import plan_of


def network(x: Any) -> Any:
    """Something for each pass about images, and words with their embeddings."""
    with tf.variable_scope("narrow"):
        y = tf.nn.relu6(batch_norm(conv(padded(x), padding="VALID")))
    with tf.variable_scope("up"):
        shape = tf.stack([tf.shape(y)[0], 18, 16, 4])
        y = tf.nn.conv2d_transpose(y, variable_of("w", 3, 3, 4, 5), shape, 2, "SAME")
    with tf.variable_scope("each"):
        y = tf.nn.elu(tf.nn.bias_add(depthwise(y), variable_of("bias", 8)))
    y = tf.reduce_mean(y, [1, 2])
    with tf.variable_scope("words"):
        ids = tf.cast(tf.abs(10 * x[:, :, 0, 0]), tf.int64) % 5
        places = tf.where(ids >= 0)
        sparse = tf.SparseTensor(places, tf.reshape(ids, [-1]), tf.shape(ids, out_type=tf.int64))
        table = variable_of("table", 5, 3)
        found = tf.nn.embedding_lookup_sparse(table, sparse, None, combiner="mean")
    weights = variable_of("turn", 3, 3)
    _, state = tf.while_loop(
        lambda i, s: i < 3,
        lambda i, s: (i + 1, tf.tanh(tf.matmul(s, weights) + tf.matmul(found, weights))),
        [0, found],
    )
    return tf.sigmoid(tf.matmul(tf.concat([y, state], 1), variable_of("last", 11, 2)))


GENERATOR = random.Random(5)
SUBSETS = sorted(
    {
        (),
        *((name,) for name in PIPELINE),
        *(tuple(name for name in PIPELINE if name != left_out) for left_out in PIPELINE),
        *(tuple(name for name in PIPELINE if GENERATOR.random() < 0.5) for _ in range(4)),
    }
)


@pytest.mark.parametrize("names", SUBSETS, ids=lambda names: "+".join(names) or "none")
def test_subsets_of_passes_give_the_same(names: tuple[str, ...]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, *IMAGES.shape[1:]])
        y = network(x)
        session.run(tf.global_variables_initializer())
        (expected,) = plan_of(session, y, x).run([IMAGES])
        (found,) = plan_of(session, y, x, passes=names).run([IMAGES])
    assert np.ptp(expected) > 1e-3
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_functions_that_a_plan_calls_are_rewritten_by_its_passes_alone() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, *IMAGES.shape[1:]])
        y = network(x)
        session.run(tf.global_variables_initializer())
        for passes in (None, ()):
            plan = plan_of(session, y, x, passes)
            # Bodies are prepared by the first run; the second one is like any other.
            plan.run([IMAGES])
            with recording() as calls:
                plan.run([IMAGES])
            # The activation of the loop, which only a rewritten body has within another step.
            assert ("Tanh" in {call.node.op for call in calls}) == (passes == ())
