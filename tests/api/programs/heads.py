"""The public heads of `tf.estimator` on fixed logits and labels: losses, steps, predictions, metrics and signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.api.programs import attempt, results

__all__ = ["in_mode", "plain_predictions"]

#: Labels of two batches of three.
BINARY = [[0, 1, 1], [1, 0, 0]]
NAMES = [["no", "yes", "yes"], ["yes", "no", "no"]]
CLASSES = [[0, 2, 1], [1, 1, 0]]
CLASS_COLUMNS = [[[0], [2], [1]], [[1], [1], [0]]]
CLASS_NAMES = [[["a"], ["c"], ["b"]], [["b"], ["b"], ["a"]]]
NUMBERS = [[0.5, -1.0, 2.0], [1.0, 0.0, 0.25]]
PAIRS = [[[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]], [[1.0, 1.0], [0.0, 0.0], [0.5, 0.5]]]
COUNTS = [[0, 3, 1], [7, 2, 0]]
CHANCES = [[0.5, 1.0, 0.25], [0.0, 0.75, 1.0]]
INDICATORS = [[[1, 0, 1], [0, 1, 0], [0, 0, 0]], [[1, 1, 1], [0, 0, 1], [0, 1, 0]]]
#: The same, as indices, values and shape.
SPARSE = [
    ([[0, 0], [0, 1], [1, 0]], [0, 2, 1], [3, 2]),
    ([[0, 0], [0, 1], [0, 2], [1, 0], [2, 0]], [0, 1, 2, 2, 1], [3, 3]),
]
SPARSE_NAMES = [(indices, ["xyz"[v] for v in values], shape) for indices, values, shape in SPARSE]
WEIGHTS = [[1.0, 0.5, 2.0], [0.0, 3.0, 1.0]]
PAIRS_OF_WEIGHTS = [[[1.0, 0.0], [0.5, 2.0], [1.0, 1.0]], [[0.0, 0.0], [3.0, 1.0], [1.0, 0.5]]]

Feeds = list[dict[Any, Any]]


def given(tf: Any, batches: list[Any], unknown: bool = False) -> tuple[Any, Feeds]:
    """Something to feed, and what to feed to it for each batch; texts, numbers, sparse ones, and these by name."""
    if isinstance(batches[0], Mapping):
        parts = {key: given(tf, [batch[key] for batch in batches], unknown) for key in batches[0]}
        feeds: Feeds = [{} for _ in batches]
        for _, more in parts.values():
            for feed, one in zip(feeds, more, strict=True):
                feed.update(one)
        return {key: made for key, (made, _) in parts.items()}, feeds
    if isinstance(batches[0], tuple):
        dtype = tf.as_dtype(np.array(batches[0][1]).dtype)
        made = tf.sparse_placeholder(dtype, [None, None])
        return made, [{made: tf.SparseTensorValue(*batch)} for batch in batches]
    array = np.array(batches)
    if array.dtype.kind == "f":
        array = array.astype(np.float32)
    shape = None if unknown else (None, *array.shape[2:])
    made = tf.placeholder(tf.as_dtype(array.dtype), shape)
    return made, [{made: batch} for batch in array]


def plain_predictions(found: Mapping[Any, Any]) -> dict[str, Any]:
    """Predictions with keys that are texts."""
    return {"/".join(key) if isinstance(key, tuple) else key: value for key, value in found.items()}


def in_mode(
    tf: Any, head: Any, batches: list[Any], mode: str, weights: Any = None, **options: Any
) -> Any:
    """What a head gives in one mode, from logits that are drawn."""
    width = head.logits_dimension
    logits = np.random.RandomState(width).randn(2, 3, width).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.train.create_global_step()
        variable = tf.get_variable("w", initializer=np.float32(1.0))
        fed, feeds = given(
            tf,
            [
                {"logits": one, "labels": two, "weights": three}
                for one, two, three in zip(logits, batches, weights or WEIGHTS, strict=True)
            ],
            options.pop("unknown", False),
        )
        if options.pop("regularized", False):
            options["regularization_losses"] = [0.5 * variable, tf.constant(0.25)]
        optimizer = tf.train.GradientDescentOptimizer(0.5)
        spec = head.create_estimator_spec(
            features={"w": fed["weights"]},
            mode=mode,
            logits=fed["logits"] * variable,
            labels=None if mode == "infer" else fed["labels"],
            train_op_fn=lambda loss: optimizer.minimize(loss, global_step=step),
            **options,
        )
        session.run(
            [
                tf.global_variables_initializer(),
                tf.local_variables_initializer(),
                tf.tables_initializer(),
            ]
        )
        if mode == "infer":
            kinds = {key: type(value).__name__ for key, value in spec.export_outputs.items()}
            predict = spec.export_outputs["predict"].outputs
            return [
                plain_predictions(session.run(spec.predictions, feeds[0])),
                kinds,
                session.run(predict, feeds[0]),
            ]
        if mode == "train":
            merged = session.run(tf.summary.merge_all(), feeds[0])
            losses = [session.run([spec.loss, spec.train_op], feed)[0] for feed in feeds]
            tags = [(v.tag, v.simple_value) for v in tf.Summary.FromString(merged).value]
            return [losses, tags, session.run([step, variable])]
        for feed in feeds:
            session.run([update for _, update in spec.eval_metric_ops.values()], feed)
        metrics = {key: value for key, (value, _) in sorted(spec.eval_metric_ops.items())}
        return [session.run(metrics), session.run(spec.loss, feeds[0])]


def in_all_modes(tf: Any, head: Any, batches: list[Any], **options: Any) -> Any:
    return {
        mode: in_mode(tf, head, batches, mode, **options) for mode in ("train", "eval", "infer")
    }


@results
def two_classes(tf: Any) -> Any:
    make = tf.estimator.BinaryClassHead
    plain = make()
    return [
        in_all_modes(tf, plain, BINARY),
        in_all_modes(tf, make(loss_reduction="sum", name="mine"), BINARY, regularized=True),
        (plain.name, plain.logits_dimension, plain.loss_reduction),
    ]


@results
def two_classes_with_thresholds_weights_and_names(tf: Any) -> Any:
    head = tf.estimator.BinaryClassHead(
        weight_column="w", thresholds=[0.3, 0.75], label_vocabulary=["no", "yes"], name="h"
    )
    column = tf.feature_column.numeric_column("w", shape=(), normalizer_fn=lambda w: 2.0 * w)
    weighted = tf.estimator.BinaryClassHead(weight_column=column, loss_reduction="auto")
    return [in_all_modes(tf, head, NAMES), in_mode(tf, weighted, BINARY, "eval")]


@results
def more_classes(tf: Any) -> Any:
    make = tf.estimator.MultiClassHead
    named = make(3, "w", ["a", "b", "c"], loss_reduction="sum", name="h")
    return [
        in_all_modes(tf, make(3), CLASSES, regularized=True),
        in_all_modes(tf, named, CLASS_NAMES),
        (named.name, named.logits_dimension, named.loss_reduction),
    ]


@results
def any_number_of_classes(tf: Any) -> Any:
    make = tf.estimator.MultiLabelHead
    rich = make(
        3,
        weight_column="w",
        thresholds=[0.2, 0.5, 0.6],
        classes_for_class_based_metrics=[2, 0],
        loss_reduction="sum",
        name="h",
    )
    return [
        in_all_modes(tf, make(3), INDICATORS),
        in_all_modes(tf, rich, INDICATORS, regularized=True),
        in_mode(tf, rich, SPARSE, "eval"),
    ]


@results
def any_number_of_classes_by_name(tf: Any) -> Any:
    head = tf.estimator.MultiLabelHead(
        3, label_vocabulary=["x", "y", "z"], classes_for_class_based_metrics=["z", "x"]
    )
    return [in_all_modes(tf, head, SPARSE_NAMES), in_mode(tf, head, INDICATORS, "eval")]


@results
def numbers(tf: Any) -> Any:
    make = tf.estimator.RegressionHead
    return [
        in_all_modes(tf, make(), NUMBERS, regularized=True),
        in_all_modes(tf, make(2, "w", "sum", name="h"), PAIRS),
        in_mode(tf, make(2, "w"), PAIRS, "eval", weights=PAIRS_OF_WEIGHTS),
        in_all_modes(tf, make(inverse_link_fn=tf.exp), NUMBERS),
        in_mode(tf, make(weight_column="w"), COUNTS, "eval"),
    ]


@results
def counts_and_chances(tf: Any) -> Any:
    counts, chances = tf.estimator.PoissonRegressionHead, tf.estimator.LogisticRegressionHead
    return [
        in_all_modes(tf, counts(name="h"), COUNTS),
        in_all_modes(tf, counts(2, "w", "sum", compute_full_loss=False), PAIRS),
        in_all_modes(tf, chances("w", name="h"), CHANCES),
        in_mode(tf, chances(loss_reduction="sum"), CHANCES, "eval"),
    ]


@results
def several_heads(tf: Any) -> Any:
    kinds = tf.estimator
    heads = [
        kinds.MultiClassHead(3, label_vocabulary=["a", "b", "c"], name="a"),
        kinds.MultiLabelHead(3, weight_column="w", thresholds=[0.5], name="b"),
        kinds.RegressionHead(name="c"),
    ]
    labels = [
        {"a": one, "b": two, "c": three}
        for one, two, three in zip(CLASS_NAMES, INDICATORS, NUMBERS, strict=True)
    ]
    both = kinds.MultiHead(heads)
    return [
        in_all_modes(tf, both, labels),
        in_all_modes(tf, kinds.MultiHead(heads, [1.0, 0.25, 3.0]), labels, regularized=True),
        in_mode(tf, kinds.MultiHead(heads[:1]), labels, "eval"),
        (both.name, both.logits_dimension, both.loss_reduction),
    ]


@results
def several_heads_with_logits_by_name(tf: Any) -> Any:
    kinds = tf.estimator
    head = kinds.MultiHead([kinds.BinaryClassHead(name="a"), kinds.RegressionHead(name="b")])
    logits = {"b": tf.constant([[1.0], [2.0]]), "a": tf.constant([[-1.0], [0.5]])}
    labels = {"a": tf.constant([1, 0]), "b": tf.constant([3.0, 1.0])}
    predictions = plain_predictions(head.predictions(logits))
    with tf.Session() as session:
        return session.run([head.loss(labels, logits, features={}), predictions])


@results
def parts_of_predictions(tf: Any) -> Any:
    kinds = tf.estimator
    values = np.float32([[1.0, -1.0, 0.5], [0.0, 2.0, -2.0]])
    found = []
    for head, keys in (
        (kinds.BinaryClassHead(), ["classes", "logistic"]),
        (kinds.BinaryClassHead(), ("class_ids",)),
        (kinds.MultiClassHead(3), ["all_classes", "logits", "class_ids"]),
        (kinds.MultiLabelHead(3), ["classes"]),
    ):
        found.append(head.predictions(tf.constant(values[:, : head.logits_dimension]), keys))
    with tf.Session() as session:
        return session.run([dict(sorted(one.items())) for one in found])


@results
def metrics_and_their_updates(tf: Any) -> Any:
    """Metrics as objects, without an EstimatorSpec."""
    kinds = tf.estimator
    found = []
    for head, labels in (
        (kinds.BinaryClassHead(thresholds=[0.6], name="h"), [[1], [0]]),
        (kinds.MultiClassHead(3), [[1], [0]]),
        (kinds.MultiLabelHead(2), [[1, 0], [1, 1]]),
        (kinds.LogisticRegressionHead(), [[0.25], [1.0]]),
    ):
        with tf.Graph().as_default(), tf.Session() as session:
            logits = np.float32([[1.0, -1.0, 0.5], [0.0, 2.0, -2.0]])[:, : head.logits_dimension]
            new = head.metrics(regularization_losses=[tf.constant(1.5)])
            metrics = head.update_metrics(
                new,
                {},
                tf.constant(logits),
                tf.constant(labels),
                regularization_losses=[tf.constant(1.5)],
            )
            for metric in metrics.values():
                session.run([variable.initializer for variable in metric.variables])
            session.run([metric.updates for metric in metrics.values()])
            named = sorted(metrics.items())
            found.append(session.run({key: metric.result() for key, metric in named}))
            found.append([(key, metric.name) for key, metric in named])
    return found


@results
def losses_of_a_function(tf: Any) -> Any:
    def loss_fn(labels: Any, logits: Any, features: Any = None, loss_reduction: Any = None) -> Any:
        del loss_reduction
        return tf.abs(tf.cast(labels, tf.float32) - logits) * features["w"]

    def first(labels: Any, logits: Any) -> Any:
        return tf.cast(labels, tf.float32) * logits[:, :1]

    kinds = tf.estimator
    features = {"w": tf.constant([[1.0], [2.0]])}
    logits = tf.constant([[1.0, 0.5, 2.0], [-1.0, 0.0, 3.0]])
    losses = [
        kinds.BinaryClassHead(loss_fn=loss_fn).loss([[1], [0]], logits[:, :1], features),
        kinds.RegressionHead(2, loss_fn=loss_fn).loss(
            [[1.0, 2.0], [0.0, 3.0]], logits[:, :2], features
        ),
        kinds.MultiClassHead(3, loss_fn=first, loss_reduction="sum").loss(
            [[2], [1]], logits, features
        ),
    ]
    with tf.Session() as session:
        return session.run(losses)


@results
def examples_in_more_dimensions(tf: Any) -> Any:
    kinds = tf.estimator
    features = {"w": tf.constant([[1.0, 0.5], [2.0, 0.0]])}
    logits = tf.constant(np.random.RandomState(5).randn(2, 2, 3).astype(np.float32))
    found = []
    for head, labels in (
        (kinds.MultiClassHead(3, "w"), tf.constant([[0, 1], [2, 0]])),
        (kinds.MultiLabelHead(3, "w"), tf.constant([[[0, 1, 1], [1, 0, 0]]] * 2)),
        (kinds.RegressionHead(3), tf.constant(np.ones([2, 2, 3], np.float32))),
    ):
        found.append(head.loss(labels, logits, features))
        if not isinstance(head, kinds.MultiClassHead):
            found.append(head.predictions(logits))
    with tf.Session() as session:
        return session.run(found)


@results
def shapes_that_are_known_in_a_run_only(tf: Any) -> Any:
    kinds = tf.estimator
    found = []
    for head, batches in (
        (kinds.BinaryClassHead("w", [0.4], name="a"), [[[0], [1], [1]], [[1], [0], [0]]]),
        (kinds.MultiClassHead(3, "w"), CLASS_COLUMNS),
        (kinds.MultiLabelHead(3, "w", [0.4], classes_for_class_based_metrics=[1]), INDICATORS),
        (kinds.RegressionHead(2, "w"), PAIRS),
    ):
        weights = [[[one] for one in batch] for batch in WEIGHTS]
        for mode in ("train", "eval", "infer"):
            found.append(in_mode(tf, head, batches, mode, weights=weights, unknown=True))
    return found


@results
def logits_at_the_edges(tf: Any) -> Any:
    """Chances of exactly 0 and 1, of thresholds, and of nothing that is a number; no examples at all."""
    kinds = tf.estimator
    found = []
    for head, width in (
        (kinds.BinaryClassHead(thresholds=[0.5]), 1),
        (kinds.MultiClassHead(3), 3),
        (kinds.MultiLabelHead(3, thresholds=[0.25]), 3),
        (kinds.LogisticRegressionHead(), 1),
    ):
        for values in ([200.0, -200.0, 0.0, 0.0], [1.0, np.nan, 0.0, 1.0], []):
            size = len(values)
            logits = np.float32(values)[:, None] * np.ones(width, np.float32)
            labels: Any = np.arange(size, dtype=np.int64)[:, None] % 2
            if isinstance(head, kinds.MultiLabelHead):
                labels = labels * np.int64([1, 0, 1])
            with tf.Graph().as_default(), tf.Session() as session:
                spec = head.create_estimator_spec(
                    {}, "eval", tf.constant(logits), tf.constant(labels)
                )
                session.run(tf.local_variables_initializer())
                session.run([update for _, update in spec.eval_metric_ops.values()])
                values_of = {k: value for k, (value, _) in sorted(spec.eval_metric_ops.items())}
                found.append(session.run([spec.loss, values_of]))
    return found


@results
def labels_of_other_types(tf: Any) -> Any:
    kinds = tf.estimator
    logits = tf.constant(np.random.RandomState(3).randn(2, 3))
    flags = tf.constant([True, False])
    losses = [
        attempt(lambda: kinds.BinaryClassHead().loss(flags, logits[:, :1], {})),
        attempt(lambda: kinds.BinaryClassHead().loss(tf.constant([0.25, 1.0]), logits[:, :1], {})),
        attempt(lambda: kinds.MultiClassHead(3).loss(flags, logits, {})),
        attempt(lambda: kinds.MultiClassHead(3).loss(tf.constant([0, 2], tf.uint8), logits, {})),
        attempt(lambda: kinds.MultiLabelHead(3).loss(tf.constant([[True] * 3] * 2), logits, {})),
        attempt(lambda: kinds.MultiLabelHead(3).loss(tf.constant([[0.5] * 3] * 2), logits, {})),
        attempt(
            lambda: kinds.MultiLabelHead(3).loss(
                tf.constant([[1, 0, 1], [0, 0, 1]], tf.int32), logits, {}
            )
        ),
        attempt(
            lambda: kinds.MultiLabelHead(3).loss(
                tf.SparseTensor([[0, 1], [1, 0]], tf.constant([2, 0], tf.int32), [2, 2]), logits, {}
            )
        ),
        attempt(lambda: kinds.RegressionHead().loss(flags, logits[:, :1], {})),
        attempt(lambda: kinds.RegressionHead().loss(tf.constant([1, 2]), logits[:, :1], {})),
    ]
    with tf.Session() as session:
        return [one if isinstance(one, list) else session.run(one) for one in losses]
