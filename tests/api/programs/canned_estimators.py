"""Estimators with models of their own: trained for some steps, evaluated and asked, with TensorFlow's numbers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.api.programs import message, results
from tests.api.programs.files import in_folder


def examples(tf: Any) -> Any:
    """Six examples; features, and the name, the number and the weight of each one's class."""
    return {
        "age": tf.constant([[31.0], [2.5], [7.0], [45.0], [1.0], [60.0]]),
        "words": tf.constant([["a", "b"], ["c", ""], ["a", "d"], ["b", "b"], ["", ""], ["d", "a"]]),
        "weight": tf.constant([1.0, 2.0, 0.5, 1.0, 3.0, 1.5]),
    }


BINARY = [[1], [0], [1], [1], [0], [1]]
CLASSES = [2, 0, 1, 2, 0, 1]
NAMES = [["c"], ["a"], ["b"], ["c"], ["a"], ["b"]]
NUMBERS = [[0.5], [-1.0], [2.0], [0.0], [1.5], [3.0]]


class Columns:
    """Columns of these features."""

    def __init__(self, tf: Any) -> None:
        columns = tf.feature_column
        self.age = columns.numeric_column("age", normalizer_fn=lambda x: x / 10.0)
        self.words = columns.categorical_column_with_hash_bucket("words", 9)
        self.embedding = columns.embedding_column(self.words, 3)
        self.buckets = columns.bucketized_column(self.age, [0.5, 1.0, 3.5])
        self.shared = columns.shared_embedding_columns([self.words], 2)


def settings(tf: Any, folder: str) -> Any:
    return tf.estimator.RunConfig(
        model_dir=os.path.join(folder, "model"), tf_random_seed=3, log_step_count_steps=1000
    )


def rounded(value: Any) -> Any:
    array = np.asarray(value)
    return np.round(array.astype(np.float64), 4) if array.dtype.kind == "f" else array


def trained(tf: Any, estimator: Any, labels: Any, steps: int = 20) -> Any:
    """Metrics, predictions, and the variables of an estimator that was trained."""

    def input_fn() -> Any:
        return examples(tf), tf.constant(labels)

    estimator.train(input_fn, steps=steps)
    metrics = estimator.evaluate(input_fn, steps=2)
    predictions = first_predictions(tf, estimator)
    return [
        sorted((key, rounded(value)) for key, value in metrics.items()),
        sorted((key, rounded(value)) for key, value in predictions.items()),
        [
            (name, rounded(estimator.get_variable_value(name)))
            for name in estimator.get_variable_names()
        ],
    ]


def first_predictions(tf: Any, estimator: Any) -> Any:
    """The predictions of one batch; the input does not end."""
    for batch in estimator.predict(lambda: (examples(tf), None), yield_single_examples=False):
        return batch
    return None


def canned(act: Callable[[Any, Any, str], Any]) -> Any:
    """A program that has columns and a folder."""

    def run(tf: Any, folder: str) -> Any:
        return act(tf, Columns(tf), folder)

    run.__name__, run.__module__ = act.__name__, act.__module__
    return in_folder(run)


@canned
def network_of_two_classes(tf: Any, columns: Any, folder: str) -> Any:
    estimator = tf.estimator.DNNClassifier(
        [4, 3], [columns.age, columns.embedding], config=settings(tf, folder)
    )
    return trained(tf, estimator, BINARY)


@canned
def network_of_three_classes(tf: Any, columns: Any, folder: str) -> Any:
    estimator = tf.estimator.DNNClassifier(
        hidden_units=[5],
        feature_columns=[columns.embedding, columns.buckets],
        n_classes=3,
        weight_column="weight",
        label_vocabulary=["a", "b", "c"],
        optimizer="Adam",
        activation_fn=tf.nn.tanh,
        dropout=0.3,
        batch_norm=True,
        loss_reduction=tf.losses.Reduction.SUM_OVER_BATCH_SIZE,
        config=settings(tf, folder),
    )
    return trained(tf, estimator, NAMES)


@canned
def network_of_shared_embeddings(tf: Any, columns: Any, folder: str) -> Any:
    estimator = tf.estimator.DNNClassifier(
        [3],
        [columns.age, *columns.shared],
        optimizer=lambda: tf.train.GradientDescentOptimizer(0.05),
        config=settings(tf, folder),
    )
    return trained(tf, estimator, BINARY)


@canned
def network_of_numbers(tf: Any, columns: Any, folder: str) -> Any:
    estimator = tf.estimator.DNNRegressor(
        [4],
        [columns.age, tf.feature_column.indicator_column(columns.words)],
        optimizer="SGD",
        weight_column=tf.feature_column.numeric_column("weight"),
        input_layer_partitioner=tf.fixed_size_partitioner(2),
        config=settings(tf, folder),
    )
    return trained(tf, estimator, NUMBERS, steps=5)


@canned
def wrong_estimators(tf: Any, columns: Any, folder: str) -> Any:
    kinds = tf.estimator

    def build(make: Callable[[], Any], features: Any = None, mode: str = "train") -> Any:
        with tf.Graph().as_default():
            tf.train.create_global_step()
            given = examples(tf) if features is None else features
            model = message(make)
            if not hasattr(model, "model_fn"):
                return model
            return message(
                lambda: model.model_fn(given, tf.constant(BINARY), mode, model.config).mode
            )

    def config() -> Any:
        return settings(tf, folder)

    return [
        build(lambda: kinds.DNNClassifier([2], [columns.age], optimizer="Best", config=config())),
        build(lambda: kinds.DNNClassifier([2], [columns.age], optimizer=3, config=config()))[:52],
        build(lambda: kinds.DNNClassifier([2], [columns.age], config=config()), 3),
        build(lambda: kinds.DNNClassifier([2], [columns.words], config=config())).split(" <")[0][
            :40
        ],
        build(lambda: kinds.LinearClassifier([columns.age], config=config()), 3),
        build(lambda: kinds.LinearClassifier([columns.age], optimizer="Best", config=config())),
        build(lambda: kinds.DNNLinearCombinedClassifier(config=config())),
        build(lambda: kinds.DNNLinearCombinedRegressor(config=config())),
        build(
            lambda: kinds.DNNLinearCombinedClassifier(
                dnn_feature_columns=[columns.age], config=config()
            )
        ),
        build(
            lambda: kinds.DNNLinearCombinedClassifier(
                linear_feature_columns=[columns.age], config=config()
            ),
            3,
        ),
        message(
            lambda: kinds.experimental.dnn_logit_fn_builder(
                "1", [2], [columns.age], tf.nn.relu, None, None, False
            )
        ),
    ]


@results
def specs_of_labels(tf: Any) -> Any:
    columns = Columns(tf)
    used = [columns.age, columns.embedding]
    classes, numbers = (
        tf.estimator.classifier_parse_example_spec,
        tf.estimator.regressor_parse_example_spec,
    )
    weight = tf.feature_column.numeric_column("weight", dtype=tf.int64)

    def shown(spec: Any) -> Any:
        return sorted((key, type(value).__name__, str(tuple(value))) for key, value in spec.items())

    return [
        shown(classes(used, "label")),
        shown(classes(used, "label", tf.string, "a", weight_column="weight")),
        shown(numbers(used, "label", label_dimension=2, weight_column=weight)),
        shown(numbers(used, label_key="label", label_dtype=tf.int64, label_default=3)),
        message(lambda: classes(used, "age")),
        message(lambda: classes(used, "label", weight_column="words")),
        message(lambda: numbers(used, "label", weight_column=columns.words)).split("Given")[0],
    ]
