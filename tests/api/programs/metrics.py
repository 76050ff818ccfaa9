"""Numbers that are gathered over batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results

LABELS = np.array([[1, 0, 1], [1, 1, 0]])
GUESSES = np.array([[1, 1, 1], [0, 1, 0]])
CHANCES = np.array([[0.9, 0.4, 0.75], [0.3, 0.6, 0.1]], np.float32)
WEIGHTS = np.array([[1.0, 2.0, 0.5], [0.0, 1.0, 3.0]], np.float32)


def run(tf: Any, *metrics: Any) -> Any:
    """The values of metrics after none, one and two batches, and their variables."""
    values, updates = [pair[0] for pair in metrics], [pair[1] for pair in metrics]
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        found = [session.run(values)]
        for _ in range(2):
            found.append(session.run(updates))
            found.append(session.run(values))
    return [
        [np.round(np.asarray(value, np.float64), 4) for step in found for value in step],
        [v.name for v in tf.local_variables()],
        [v.name for v in tf.get_collection(tf.GraphKeys.METRIC_VARIABLES)],
    ]


@program
def means(tf: Any) -> Any:
    m = tf.metrics
    values = tf.constant(CHANCES)
    found = [
        m.mean(values),
        m.mean([1, 2, 3], [1.0, 0.0, 2.0], ["mine"], ["updates"], "named"),
        m.mean(values, WEIGHTS[:, :1]),
        m.mean_tensor(values, WEIGHTS),
        m.mean_tensor([1.0, 2.0]),
        m.percentage_below(values, 0.5),
        m.percentage_below(values, 0.5, WEIGHTS, name="below"),
    ]
    kept = [[t.name for t in tf.get_collection(key)] for key in ("mine", "updates")]
    return [run(tf, *found), kept]


@program
def errors(tf: Any) -> Any:
    m = tf.metrics
    labels, guesses = tf.constant(CHANCES), tf.constant(CHANCES[::-1].copy())
    found = [
        m.mean_absolute_error(labels, guesses),
        m.mean_absolute_error(labels, guesses, WEIGHTS, name="named"),
        m.mean_squared_error(labels, guesses),
        m.mean_squared_error(labels, tf.expand_dims(guesses, -1), WEIGHTS[..., np.newaxis]),
        m.root_mean_squared_error(labels, guesses),
        m.root_mean_squared_error(labels, guesses, 2.0, ["mine"], ["updates"]),
        m.mean_relative_error(labels, guesses, tf.constant(WEIGHTS)),
        m.mean_cosine_distance(labels, guesses, 1),
        m.mean_cosine_distance(labels, guesses, 1, WEIGHTS[:, :1], ["mine"], ["updates"]),
    ]
    kept = [[t.name for t in tf.get_collection(key)] for key in ("mine", "updates")]
    return [run(tf, *found), kept]


@program
def accuracies(tf: Any) -> Any:
    m = tf.metrics
    labels, guesses = tf.constant(LABELS), tf.constant(GUESSES)
    found = [
        m.accuracy(labels, guesses),
        m.accuracy(LABELS, GUESSES.astype(np.int32), WEIGHTS, name="named"),
        m.accuracy(labels[0], tf.expand_dims(guesses[0], -1)),
        m.mean_per_class_accuracy(labels, guesses, 3),
        m.mean_per_class_accuracy(labels, tf.cast(guesses, tf.int32), 2, tf.constant(WEIGHTS)),
    ]
    return run(tf, *found)


@program
def counts(tf: Any) -> Any:
    m = tf.metrics
    found = []
    for metric in (m.true_positives, m.true_negatives, m.false_positives, m.false_negatives):
        found += [metric(LABELS, GUESSES), metric(LABELS > 0, GUESSES, WEIGHTS, name="named")]
    for metric in (m.precision, m.recall):
        found += [metric(LABELS, GUESSES), metric(LABELS, GUESSES, 2.0, ["mine"], ["updates"], "n")]
    found.append(m.precision([0.0], [0.0]))
    kept = [[t.name for t in tf.get_collection(key)] for key in ("mine", "updates")]
    return [run(tf, *found), kept]


@program
def counts_at_thresholds(tf: Any) -> Any:
    m = tf.metrics
    chances = tf.constant(CHANCES)
    limits = [0.25, 0.5]
    found = [
        m.true_positives_at_thresholds(LABELS, chances, limits),
        m.true_negatives_at_thresholds(LABELS, chances, limits, WEIGHTS),
        m.false_positives_at_thresholds(LABELS, chances, limits, name="named"),
        m.false_negatives_at_thresholds(LABELS, chances, limits, WEIGHTS[:1]),
        m.precision_at_thresholds(LABELS, chances, limits),
        m.recall_at_thresholds(LABELS, chances, limits, WEIGHTS, ["mine"], ["updates"]),
    ]
    kept = [[t.name for t in tf.get_collection(key)] for key in ("mine", "updates")]
    return [run(tf, *found), kept]


@program
def areas_under_curves(tf: Any) -> Any:
    m = tf.metrics
    chances = tf.constant(CHANCES)
    found = [
        m.auc(LABELS, chances, num_thresholds=5),
        m.auc(LABELS, chances, WEIGHTS, 5, curve="PR", summation_method="careful_interpolation"),
        m.auc(LABELS, chances, num_thresholds=5, curve="PR", name="named"),
        m.auc(LABELS, chances, summation_method="minoring", thresholds=[0.7, 0.2]),
        m.auc(LABELS, chances, summation_method="majoring", thresholds=[0.7, 0.2]),
        m.sensitivity_at_specificity(LABELS, chances, 0.5, num_thresholds=5),
        m.specificity_at_sensitivity(LABELS, chances, 0.5, num_thresholds=5),
    ]
    return run(tf, *found)


@program
def wrong_metrics(tf: Any) -> Any:
    m = tf.metrics
    with tf.Graph().as_default():
        chances = tf.constant(CHANCES)
        return [
            message(lambda: m.auc(LABELS, chances, curve="ROCK")),
            message(lambda: m.auc(LABELS, chances, summation_method="best")),
            message(lambda: m.sensitivity_at_specificity(LABELS, chances, 2.0)),
            message(lambda: m.specificity_at_sensitivity(LABELS, chances, -1.0)),
            message(lambda: m.accuracy(LABELS, GUESSES[:, :2])),
            message(lambda: m.mean([1.0, 2.0], [1.0, 2.0, 3.0])).split("Received")[0],
        ]


SCORES = np.array([[0.1, 0.5, 0.3, 0.2], [0.7, 0.1, 0.15, 0.05], [0.2, 0.3, 0.1, 0.4]], np.float32)
CLASSES = np.array([[1], [3], [0]])
TWO_CLASSES = np.array([[1, 2], [3, 0], [0, 1]])


@results
def the_k_best(tf: Any) -> Any:
    m = tf.metrics
    scores = tf.constant(SCORES)
    best = tf.constant([[1, 2], [0, 2], [3, 1]])
    sparse = tf.SparseTensor(
        [[0, 0], [0, 1], [1, 0], [2, 0], [2, 1]], np.array([1, 2, 3, 0, 1]), [3, 2]
    )
    weights = np.array([1.0, 0.0, 2.0], np.float32)
    found = [
        m.precision_at_k(tf.constant(CLASSES), scores, 2),
        m.precision_at_k(tf.constant(TWO_CLASSES), scores, 2, weights=weights, name="named"),
        m.precision_at_k(tf.constant(TWO_CLASSES), scores, 2, class_id=1),
        m.precision_at_k(sparse, scores, 2),
        m.precision_at_top_k(tf.constant(CLASSES[:, 0]), best),
        m.sparse_precision_at_k(sparse, scores, 3, class_id=0),
        m.recall_at_k(tf.constant(CLASSES), scores, 2),
        m.recall_at_k(sparse, scores, 2, weights=weights),
        m.recall_at_k(tf.constant(TWO_CLASSES), scores, 3, class_id=1),
        m.recall_at_top_k(tf.constant(TWO_CLASSES), best, 2),
        m.average_precision_at_k(tf.constant(TWO_CLASSES), scores, 3),
        m.average_precision_at_k(tf.constant(TWO_CLASSES), scores, 2, weights),
        m.average_precision_at_k(sparse, scores, 3),
        m.sparse_average_precision_at_k(tf.constant(CLASSES[:, 0]), scores, 2),
        m.mean_iou(tf.constant(LABELS), tf.constant(GUESSES), 2),
        m.mean_iou(tf.constant(LABELS), tf.constant(GUESSES), 3, tf.constant(WEIGHTS)),
    ]
    return run(tf, *found)[0]
