"""Metrics of `tf.contrib.metrics` that `tf.metrics` has not, over several batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.api.programs import attempt, results
from tests.api.programs.contrib import slim

STATE = np.random.RandomState(3)
SCORES = STATE.uniform(size=(3, 8)).astype(np.float32).round(1)
LABELS = STATE.randint(0, 2, size=(3, 8))
WEIGHTS = STATE.choice([0.5, 1.0, 2.0], size=(3, 8)).astype(np.float32)
Metrics = Callable[[Any, Any, Any], dict[str, Any]]


def over_batches(tf: Any, metrics: Metrics) -> Any:
    """Names of variables; what updates give for each batch, and what the metrics are after it."""
    scores = tf.placeholder(tf.float32, [None])
    labels = tf.placeholder(tf.int64, [None])
    weights = tf.placeholder(tf.float32, [None])
    found = metrics(scores, labels, weights)
    values = {name: value for name, (value, _) in found.items()}
    updates = {name: update for name, (_, update) in found.items()}
    given = []
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        for batch in zip(SCORES, LABELS, WEIGHTS, strict=True):
            feeds = dict(zip((scores, labels, weights), batch, strict=True))
            given.append(session.run(updates, feeds))
            given.append(session.run(values, feeds))
    collected = [tf.get_collection(name) for name in ("values", "updates")]
    return [
        [v.op.name for v in tf.local_variables()],
        [t.op.name if hasattr(t, "op") else t.name for items in collected for t in items],
        given,
    ]


@results
def rates_at_thresholds(tf: Any) -> Any:
    s = slim(tf).metrics
    limits = [0.25, 0.5, 0.75]

    def metrics(scores: Any, labels: Any, weights: Any) -> dict[str, Any]:
        made = {}
        for what in ("true_positives", "true_negatives", "false_positives", "false_negatives"):
            count = getattr(s, f"streaming_{what}_at_thresholds")
            made[what] = count(3.0 * scores, labels, limits)
            made[f"{what}/weighted"] = count(scores, labels, limits, weights)
        for what in ("false_positive_rate", "false_negative_rate"):
            rate = getattr(s, f"streaming_{what}")
            made[what] = rate(scores > 0.5, labels, weights, ["values"], ["updates"])
            rate = getattr(s, f"streaming_{what}_at_thresholds")
            made[f"{what}/at"] = rate(scores, labels, limits, None, ["values"], ["updates"])
            made[f"{what}/named"] = rate(scores, labels, limits, weights, name=f"my_{what}")
        return made

    x = tf.constant([0.5, 2.0])
    return [
        over_batches(tf, metrics),
        attempt(lambda: s.streaming_false_positive_rate(x, tf.ones([3]))),
        attempt(lambda: s.streaming_false_positive_rate_at_thresholds(x, tf.ones([3]), limits)),
    ]


@results
def best_thresholds(tf: Any) -> Any:
    s = slim(tf).metrics

    def metrics(scores: Any, labels: Any, weights: Any) -> dict[str, Any]:
        keys = (["values"], ["updates"])
        return {
            "points": s.streaming_curve_points(labels, scores, weights, 5, *keys),
            "points/PR": s.streaming_curve_points(labels, scores, num_thresholds=4, curve="PR"),
            "f1": s.f1_score(labels, scores, weights, 20, *keys),
            "f1/plain": s.f1_score(labels, scores, name="mine"),
            "recall": s.recall_at_precision(labels, scores, 0.6, weights, 50, *keys),
            "recall/strict": s.recall_at_precision(labels, scores, 0.6, strict_mode=True),
            "recall/none": s.recall_at_precision(labels, scores, 1.0, strict_mode=True),
            "precision": s.precision_at_recall(labels, scores, 0.7, weights, 50, *keys),
            "precision/all": s.precision_at_recall(labels, scores, 1.0),
            "equal": s.precision_recall_at_equal_thresholds(labels > 0, scores, None, 6),
            "equal/weighted": s.precision_recall_at_equal_thresholds(
                labels > 0, scores, weights, 3
            ),
        }

    x, y = tf.constant([0.5, 1.5]), tf.constant([1, 0])
    return [
        over_batches(tf, metrics),
        attempt(lambda: s.recall_at_precision(y, x, 1.5)),
        attempt(lambda: s.precision_at_recall(y, x, -0.5)),
        attempt(lambda: s.streaming_curve_points(y, x, curve="other")),
        attempt(lambda: s.precision_recall_at_equal_thresholds(y, x)),
    ]


@results
def statistics_of_pairs(tf: Any) -> Any:
    s = slim(tf).metrics

    def metrics(scores: Any, labels: Any, weights: Any) -> dict[str, Any]:
        keys = (["values"], ["updates"])
        floats = tf.cast(labels, tf.float32)
        classes = tf.cast(4 * scores, tf.int64) % 3
        return {
            "count": s.count(scores, None, *keys),
            "count/weighted": s.count(labels, weights, name="mine"),
            "covariance": s.streaming_covariance(scores, floats, None, *keys),
            "covariance/weighted": s.streaming_covariance(scores, floats, weights),
            "pearson": s.streaming_pearson_correlation(scores, floats, None, *keys),
            "pearson/weighted": s.streaming_pearson_correlation(scores, floats, weights),
            "kappa": s.cohen_kappa(labels, classes, 3, None, *keys),
            "kappa/weighted": s.cohen_kappa(tf.reshape(labels, [-1, 1]), classes, 3, weights),
            "histogram": s.auc_using_histogram(labels > 0, scores, [0.0, 1.0], 10),
        }

    x, y = tf.constant([0.5]), tf.constant([1.0])
    single, update = s.streaming_covariance(x, y, name="single")
    found = over_batches(tf, metrics)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        of_one = session.run([single, update])
    return [
        found,
        of_one,
        attempt(lambda: s.cohen_kappa(tf.constant([1]), tf.constant([1]), 1)),
        attempt(lambda: s.streaming_covariance(x, tf.ones([2]))),
        attempt(lambda: s.auc_using_histogram(y, x, [0.0, 1.0])),
    ]


@results
def gathered_values(tf: Any) -> Any:
    s = slim(tf).metrics

    def metrics(scores: Any, labels: Any, weights: Any) -> dict[str, Any]:
        keys = (["values"], ["updates"])
        pairs = tf.stack([scores, weights])
        concatenated = {
            "all": s.streaming_concat(scores, 0, None, *keys),
            "some": s.streaming_concat(labels, max_size=13, name="some"),
            "second": s.streaming_concat(pairs, 1),
            "words": s.streaming_concat(tf.as_string(labels), -1),
        }
        areas = {
            "auc": s.streaming_dynamic_auc(labels, scores),
            "auc/PR": s.streaming_dynamic_auc(labels, scores, "PR", weights=weights),
            "auc/same": s.streaming_dynamic_auc(tf.ones_like(labels), scores, "ROC", *keys),
            "limits": s.auc_with_confidence_intervals(labels, scores),
            "limits/weighted": s.auc_with_confidence_intervals(labels, scores, weights, 0.8, False),
            "limits/same": s.auc_with_confidence_intervals(tf.zeros_like(labels), scores),
        }
        return concatenated | areas

    fed = tf.placeholder(tf.float32)
    return [
        over_batches(tf, metrics),
        attempt(lambda: s.streaming_concat(fed)),
        attempt(lambda: s.streaming_concat(tf.placeholder(tf.float32, [None, None]))),
        attempt(lambda: s.streaming_concat(tf.ones([2]), 1)),
        attempt(lambda: s.streaming_dynamic_auc(fed, fed, "other")),
        attempt(lambda: s.auc_with_confidence_intervals(fed, fed, alpha=1.0)),
    ]


@results
def best_k_classes(tf: Any) -> Any:
    s = slim(tf).metrics
    scores = tf.constant(SCORES[:, :4])
    labels = tf.constant([1, 0, 3])
    best = tf.nn.top_k(scores, 3)[1]
    column = tf.constant([[1], [0], [3]], tf.int64)
    weights = tf.constant([1.0, 2.0, 0.5])
    keys = (["values"], ["updates"])
    pairs = [
        s.streaming_recall_at_k(scores, labels, 2),
        s.streaming_recall_at_k(scores, labels, 3, weights, *keys),
        s.streaming_sparse_precision_at_top_k(best, column),
        s.streaming_sparse_precision_at_top_k(best, column, 1, weights, *keys),
        s.sparse_recall_at_top_k(column, best),
        s.sparse_recall_at_top_k(column, best, 3, weights, *keys),
        s.streaming_sparse_average_precision_at_top_k(best, column),
        s.streaming_sparse_average_precision_at_top_k(best, column, weights, *keys, "named"),
    ]
    values, updates = s.aggregate_metrics(*pairs)
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        found = [session.run(step) for step in (updates, updates, values)]
    return [
        found,
        [v.op.name for v in tf.local_variables()],
        [t.op.name for key in ("values", "updates") for t in tf.get_collection(key)],
    ]
