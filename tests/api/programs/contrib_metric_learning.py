"""Losses of `tf.contrib.losses` that have rules of their own: for weights, for pairs, and for embeddings."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, results
from tests.api.programs.contrib import run, slim

EMBEDDINGS = np.random.RandomState(1).normal(size=(6, 3)).astype(np.float32)
OTHERS = np.random.RandomState(2).normal(size=(6, 3)).astype(np.float32)
LABELS = [0, 1, 0, 2, 1, 0]


@results
def losses_for_embeddings(tf: Any) -> Any:
    learning = slim(tf).losses.metric_learning
    x, y = tf.constant(EMBEDDINGS), tf.constant(OTHERS)
    unit = tf.nn.l2_normalize(x, 1)
    labels = tf.constant(LABELS)
    several = [
        tf.SparseTensor([[i] for i in row], [1] * len(row), [4])
        for row in ([0], [0, 1], [2], [1, 2, 3], [3], [0, 3])
    ]
    made = [
        learning.contrastive_loss(tf.constant([1, 0, 1, 0, 0, 1]), x, y),
        learning.contrastive_loss(tf.constant([1.0, 0, 1, 0, 0, 1]), x, y, margin=3.0),
        learning.triplet_semihard_loss(labels, unit),
        learning.triplet_semihard_loss(labels, x, 0.25),
        learning.lifted_struct_loss(labels, x),
        learning.lifted_struct_loss(labels, unit, margin=0.5),
        learning.npairs_loss(labels, x, y),
        learning.npairs_loss(labels, x, y, reg_lambda=0.5),
        learning.npairs_loss_multilabel(several, x, y),
    ]
    slopes = [tf.gradients(loss, x)[0] for loss in made]
    # Two examples at one place have no distance, of which there is no slope.
    same = tf.constant(np.repeat(EMBEDDINGS[:3], 2, axis=0))
    lifted = learning.lifted_struct_loss(labels, same)
    slopes.append(tf.gradients(lifted, same)[0])
    fed = tf.placeholder(tf.int64, [None])
    from_feeds = learning.triplet_semihard_loss(fed, x)
    return [
        [t.op.name for t in made[:6]],
        run(tf, {fed: LABELS}, *made, lifted, from_feeds),
        run(tf, {}, *slopes),
        attempt(lambda: learning.npairs_loss_multilabel([labels], x, y)),
        len(tf.get_collection("losses")),
        slim(tf).losses.npairs_loss is learning.npairs_loss,
    ]


@results
def pairs_and_weights_of_losses(tf: Any) -> Any:
    losses = slim(tf).losses
    x, y = tf.constant(EMBEDDINGS), tf.constant(OTHERS)
    rows = tf.constant([1.0, 0.0, 2.0, 0.5, 0.0, 1.0])
    made = [
        losses.mean_pairwise_squared_error(x, y),
        losses.mean_pairwise_squared_error(x, y, 2.0, "named"),
        losses.mean_pairwise_squared_error(x, y, rows),
        losses.mean_pairwise_squared_error(x, y, 0.0 * rows),
        losses.mean_pairwise_squared_error(tf.reshape(x, [3, 2, 3]), tf.reshape(y, [3, 2, 3]), 3),
        losses.mean_pairwise_squared_error(tf.cast(x, tf.float64), tf.cast(y, tf.float64), 0.0),
        # One weight for several of the batch is counted once.
        losses.absolute_difference(x, y, [2.0]),
        losses.absolute_difference(x, y, [[2.0]]),
        losses.mean_squared_error(x, y, tf.ones([6, 3])),
        losses.compute_weighted_loss(tf.constant([1, 2, 4]), [1, 0, 1]),
        losses.compute_weighted_loss(tf.ones([2, 3, 2]), tf.ones([2, 3, 1])),
    ]
    slopes = tf.gradients(made[0] + made[2], x)
    fed = tf.placeholder(tf.float32)
    return [
        [t.name for t in tf.get_collection("losses")],
        [t.dtype for t in made],
        run(tf, {}, *made, *slopes),
        attempt(lambda: losses.mean_pairwise_squared_error(x, y, fed)),
        attempt(lambda: losses.mean_pairwise_squared_error(fed, y)),
        attempt(lambda: losses.mean_pairwise_squared_error(x, tf.transpose(y))),
        attempt(lambda: losses.mean_squared_error(x, y, [1.0, 2.0])),
    ]


@results
def collections_of_losses(tf: Any) -> Any:
    s = slim(tf)
    x, y = tf.constant(EMBEDDINGS), tf.constant(OTHERS)
    with s.arg_scope([s.losses.add_loss], loss_collection=None):
        s.losses.absolute_difference(x, y)
        s.losses.mean_pairwise_squared_error(x, y)
        s.losses.add_loss(tf.constant(1.0))
    with s.arg_scope([s.losses.add_loss], loss_collection="mine"):
        s.losses.mean_squared_error(x, y)
        s.losses.softmax_cross_entropy(x, tf.nn.softmax(y))
        s.losses.add_loss(tf.constant(1.0, name="other"), loss_collection="others")
    s.losses.log_loss(tf.sigmoid(x), tf.sigmoid(y))
    return [[t.name for t in tf.get_collection(key)] for key in ("losses", "mine", "others")]
