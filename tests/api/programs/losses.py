"""Losses with weights, reduced and collected."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results
from tests.api.programs.convolution import numbers, run


@program
def losses(tf: Any) -> Any:
    predictions, labels = tf.constant(numbers(3, 4)), np.abs(numbers(3, 4)) / 2
    logits = numbers(3, 4)
    chances = tf.constant(np.abs(numbers(3, 4)) / 2)
    classes = np.eye(4)[[1, 3, 0]]
    found = [
        tf.losses.absolute_difference(labels, predictions),
        tf.losses.absolute_difference(labels.astype(np.float64), predictions, scope="named"),
        tf.losses.cosine_distance(labels, predictions, axis=1),
        tf.losses.cosine_distance(labels, predictions, dim=0, weights=2.0),
        tf.losses.hinge_loss(labels, logits),
        tf.losses.huber_loss(labels, predictions),
        tf.losses.huber_loss(labels, predictions, delta=0.5),
        tf.losses.log_loss(labels, chances),
        tf.losses.log_loss(labels, chances, epsilon=1e-3),
        tf.losses.mean_pairwise_squared_error(labels, predictions),
        tf.losses.mean_squared_error(labels, predictions),
        tf.losses.sigmoid_cross_entropy(labels, logits),
        tf.losses.sigmoid_cross_entropy(labels.astype(int), logits, label_smoothing=0.1),
        tf.losses.softmax_cross_entropy(classes, logits),
        tf.losses.softmax_cross_entropy(classes.astype(int), logits, label_smoothing=0.1),
        tf.losses.sparse_softmax_cross_entropy([1, 3, 0], logits),
        tf.losses.sparse_softmax_cross_entropy([[1], [3], [0]], logits, [[1.0], [0.0], [2.0]]),
    ]
    return [
        run(tf, *found),
        [loss.name for loss in tf.losses.get_losses()],
        [loss.name for loss in tf.losses.get_losses("named")],
    ]


@program
def weights_and_reductions(tf: Any) -> Any:
    predictions, labels = tf.constant(numbers(3, 4)), tf.constant(numbers(3, 4) * 2)
    kinds = tf.losses.Reduction
    weights = [
        1.0,
        0.0,
        2.5,
        tf.constant(3),
        np.array([[1], [0], [2]]),
        numbers(3, 4),
        [[1, 0, 2, 0]],
    ]
    found = [tf.losses.mean_squared_error(labels, predictions, weight) for weight in weights]
    for kind in (kinds.NONE, kinds.SUM, kinds.MEAN, kinds.SUM_OVER_BATCH_SIZE):
        found.append(
            tf.losses.mean_squared_error(labels, predictions, [[1], [0], [2]], reduction=kind)
        )
    for weight in (0.0, 2.0, [[1.0], [0.0], [2.0]], [[0.0], [0.0], [0.0]]):
        found.append(tf.losses.mean_pairwise_squared_error(labels, predictions, weight))
    found += [
        tf.losses.compute_weighted_loss([1, 2, 3], [1.0, 0.0, 2.0]),
        tf.losses.compute_weighted_loss(np.float64([1, 2]), 0.5, loss_collection=None),
        tf.losses.compute_weighted_loss(2.0, scope="mine", loss_collection="others"),
    ]
    return [run(tf, *found), len(tf.get_collection("others")), len(tf.losses.get_losses()), kinds.all()]  # fmt: skip


@program
def totals(tf: Any) -> Any:
    first = [tf.losses.get_regularization_loss(), tf.losses.get_regularization_losses()]
    one, two = tf.constant(1.0), tf.constant(2.0)
    tf.losses.add_loss(one)
    tf.losses.add_loss(two, None)
    tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, tf.constant(4.0))
    found = [
        tf.losses.get_total_loss(),
        tf.losses.get_total_loss(False, name="plain"),
        tf.losses.get_regularization_loss(name="regular"),
    ]
    tf.losses.add_loss(two)
    found.append(tf.losses.get_total_loss(add_regularization_losses=False))
    return [run(tf, *found), first]


@program
def wrong_losses(tf: Any) -> Any:
    x = tf.constant(numbers(3, 4))
    squared = tf.losses.mean_squared_error
    with tf.Graph().as_default():
        return [
            message(lambda: squared(None, x)),
            message(lambda: squared(x, None)),
            message(lambda: squared(numbers(3, 3), numbers(3, 4))),
            message(lambda: squared(numbers(3, 4), numbers(3, 4), [1.0, 2.0])).split("Received")[0],
            message(lambda: squared([1.0, 2], [2.0, 3], [1.0, 2.0, 3.0])).split("Received")[0],
            message(lambda: squared([1.0, 2], [2.0, 3], reduction="sum")),
            message(lambda: tf.losses.cosine_distance([1.0], [1.0])),
            message(lambda: tf.losses.softmax_cross_entropy(None, [1.0])),
            message(lambda: tf.losses.sigmoid_cross_entropy([1.0], None)),
            message(lambda: tf.losses.hinge_loss([1.0], None)),
            message(tf.losses.get_total_loss),
        ]


@program
def weights_of_unknown_shape(tf: Any) -> Any:
    values = tf.placeholder_with_default(numbers(3, 4), [None, 4])
    column = tf.placeholder_with_default(np.float32([[1], [0], [2]]), [None, 1])
    scalar = tf.placeholder_with_default(np.float32(2), None)
    bad = tf.placeholder_with_default(np.float32([[1, 2]]), None)
    squared = tf.losses.mean_squared_error
    found = [squared(values, values * 2, column), squared(values, values * 2, scalar)]
    wrong = squared(values, values * 2, bad)

    def refused() -> Any:
        with tf.Session() as session:
            try:
                return session.run(wrong)
            except tf.errors.InvalidArgumentError as error:
                return "weights can not be broadcast to values." in str(error)

    return [run(tf, *found), refused()]


@results
def classes_of_unknown_shape(tf: Any) -> Any:
    logits = tf.placeholder_with_default(numbers(3, 4), [None, 4])
    loose = tf.placeholder_with_default(numbers(3, 4), None)
    labels = tf.placeholder_with_default(np.array([[1], [3], [0]]), None)
    weights = tf.placeholder_with_default(np.float32([[1], [0], [2]]), None)
    sparse = tf.losses.sparse_softmax_cross_entropy
    return run(
        tf, sparse([1, 3, 0], logits), sparse([1, 3, 0], loose), sparse(labels, logits, weights)
    )
