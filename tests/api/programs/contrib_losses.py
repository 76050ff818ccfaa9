"""Losses and metrics of `tf.contrib`, which take predictions before labels."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from tests.api.programs import attempt, results
from tests.api.programs.contrib import run, slim


@results
def losses_of_predictions(tf: Any) -> Any:
    s = slim(tf)
    logits = tf.constant(np.arange(12.0, dtype=np.float32).reshape(4, 3) % 5 - 2)
    onehot = tf.constant(np.eye(3, dtype=np.float32)[[0, 2, 1, 1]])
    ids = tf.constant([0, 2, 1, 1])
    chances = tf.nn.sigmoid(logits)
    rows = tf.constant([1.0, 0.0, 2.0, 0.5])
    w = {"weights": rows}
    made = [
        s.losses.softmax_cross_entropy(logits, onehot),
        s.losses.softmax_cross_entropy(logits, onehot, rows, 0.1, "named"),
        s.losses.sparse_softmax_cross_entropy(logits, ids),
        s.losses.sparse_softmax_cross_entropy(logits, tf.reshape(ids, [4, 1]), **w),
        s.losses.sigmoid_cross_entropy(logits, onehot, 2.0),
        s.losses.sigmoid_cross_entropy(logits, onehot, label_smoothing=0.2, **w),
        s.losses.log_loss(chances, onehot, rows),
        s.losses.log_loss(chances, onehot, epsilon=0.1),
        s.losses.mean_squared_error(logits, onehot, tf.reshape(rows, [4, 1])),
        s.losses.absolute_difference(logits, onehot, 0.0),
        s.losses.absolute_difference(logits, onehot, rows),
        s.losses.cosine_distance(tf.nn.l2_normalize(logits, 1), onehot, 1),
        s.losses.cosine_distance(tf.nn.l2_normalize(logits, 1), onehot, dim=1, weights=rows),
        s.losses.compute_weighted_loss(tf.square(logits), rows),
        s.losses.compute_weighted_loss(tf.ones([2, 3, 2]), tf.constant([[1.0, 0.0, 2.0]] * 2)),
    ]
    hinge = s.losses.hinge_loss(logits, onehot)
    s.losses.add_loss(tf.constant(2.0, name="mine"))
    tf.add_to_collection("regularization_losses", tf.constant(5.0, name="weight"))
    totals = [s.losses.get_total_loss(), s.losses.get_total_loss(False, "named_total")]
    return [
        [t.name for t in [*s.losses.get_losses(), *s.losses.get_losses("named"), *totals]],
        [t.name for t in s.losses.get_regularization_losses()],
        run(tf, {}, *made, hinge, *totals),
        attempt(lambda: s.losses.cosine_distance(logits, onehot)),
        attempt(lambda: s.losses.mean_squared_error(logits, ids)),
        attempt(lambda: s.losses.compute_weighted_loss(tf.placeholder(tf.float32))),
    ]


#: Metrics of predictions and labels, and what they must be given besides.
METRICS: dict[str, list[Any]] = {
    "accuracy": [],
    "auc": [],
    "false_negatives": [],
    "false_positives": [],
    "mean_absolute_error": [],
    "mean_cosine_distance": [0],
    "mean_iou": [2],
    "mean_relative_error": [np.array([1.0, 2.0, 1.0, 2.0], np.float32)],
    "mean_squared_error": [],
    "precision": [],
    "precision_at_thresholds": [[0.25, 0.75]],
    "recall": [],
    "recall_at_thresholds": [[0.25, 0.75]],
    "root_mean_squared_error": [],
    "sensitivity_at_specificity": [0.5],
    "specificity_at_sensitivity": [0.5],
    "true_negatives": [],
    "true_positives": [],
}


@results
def streaming_metrics(tf: Any) -> Any:
    s = slim(tf)
    predictions = tf.constant([0.0, 1.0, 1.0, 1.0])
    labels = tf.constant([0.0, 1.0, 0.0, 1.0])
    weights = tf.constant([1.0, 1.0, 0.5, 2.0])
    scores = tf.constant([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])
    classes = tf.constant([[1], [2]], tf.int64)
    pairs = {}
    for name, more in METRICS.items():
        metric = getattr(s.metrics, f"streaming_{name}")
        if name != "mean_cosine_distance":
            pairs[name] = metric(predictions, labels, *more, weights)
        pairs[f"{name}/plain"] = metric(predictions, labels, *more, name=f"my_{name}")
    pairs["mean"] = s.metrics.streaming_mean(predictions, weights)
    pairs["mean_tensor"] = s.metrics.streaming_mean_tensor(predictions)
    pairs["less"] = s.metrics.streaming_percentage_less(predictions, 0.5, weights)
    pairs["recall_at_k"] = s.metrics.streaming_sparse_recall_at_k(scores, classes, 2)
    pairs["precision_at_k"] = s.metrics.streaming_sparse_precision_at_k(scores, classes, 1, 1)
    pairs["average"] = s.metrics.streaming_sparse_average_precision_at_k(scores, classes, 2)
    pairs["auc/PR"] = s.metrics.streaming_auc(
        predictions, labels, None, 20, ["values"], ["updates"], "PR", "named"
    )
    values, updates = s.metrics.aggregate_metric_map(pairs)
    listed = s.metrics.aggregate_metrics(*pairs.values())
    batch = [
        s.metrics.accuracy(tf.constant([1, 2, 3]), tf.constant([1, 0, 3])),
        s.metrics.accuracy(tf.constant([True, False]), tf.constant([True, True]), [1.0, 3.0]),
    ]
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(updates)
        session.run(updates)
        found = session.run([values, batch])
    functions = {n: getattr(s.metrics, f"streaming_{n}") for n in sorted(METRICS)}
    return [
        found,
        [len(part) for part in listed],
        [t.name for key in ("values", "updates") for t in tf.get_collection(key)],
        [[name, list(inspect.signature(f).parameters)] for name, f in functions.items()],
        attempt(s.metrics.aggregate_metrics),
        attempt(lambda: s.metrics.accuracy(labels, labels)),
        attempt(lambda: s.metrics.accuracy(labels, classes)),
    ]
