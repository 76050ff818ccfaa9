"""Estimators that end with public heads: trained for some steps, evaluated, asked and exported, with TensorFlow's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs.canned_estimators import (
    BINARY,
    CLASSES,
    NUMBERS,
    Columns,
    canned,
    examples,
    first_predictions,
    rounded,
    settings,
    trained,
)
from tests.api.programs.heads import plain_predictions

#: Six examples of any of three classes.
INDICATORS = [[1, 0, 0], [0, 1, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0], [1, 0, 1]]
TAGS = ([[0, 0], [1, 0], [1, 1], [3, 0], [4, 0], [5, 1]], ["x", "y", "z", "x", "y", "z"], [6, 2])


def descent(tf: Any, rate: float) -> Any:
    """Gradient descent as heads take it: TensorFlow wants Keras's."""
    if not tf.__name__.startswith("tensorflow"):
        return tf.train.GradientDescentOptimizer(rate)
    made = tf.keras.optimizers.legacy.SGD(rate)
    made.iterations = tf.train.get_or_create_global_step()
    return made


def asked(tf: Any, estimator: Any, labels: Any, steps: int = 4) -> Any:
    """Metrics and predictions of an estimator that is trained; labels are a function."""

    def input_fn() -> Any:
        return examples(tf), labels()

    estimator.train(input_fn, steps=steps)
    metrics = estimator.evaluate(input_fn, steps=2)
    predictions = plain_predictions(first_predictions(tf, estimator))
    return [
        sorted((key, rounded(value)) for key, value in metrics.items()),
        sorted((key, rounded(value)) for key, value in predictions.items()),
    ]


@canned
def both_models_with_any_number_of_classes(tf: Any, columns: Any, folder: str) -> Any:
    head = tf.estimator.MultiLabelHead(
        3, weight_column="weight", thresholds=[0.4], classes_for_class_based_metrics=[1]
    )
    estimator = tf.estimator.DNNLinearCombinedEstimator(
        head,
        linear_feature_columns=[columns.words, columns.buckets],
        linear_optimizer=tf.train.GradientDescentOptimizer(0.1),
        dnn_feature_columns=[columns.age, columns.embedding],
        dnn_optimizer=tf.train.AdagradOptimizer(0.05),
        dnn_hidden_units=[4],
        config=settings(tf, folder),
    )
    return trained(tf, estimator, INDICATORS)


@canned
def both_models_with_sparse_names(tf: Any, columns: Any, folder: str) -> Any:
    head = tf.estimator.MultiLabelHead(3, label_vocabulary=["x", "y", "z"], name="tags")
    estimator = tf.estimator.DNNLinearCombinedEstimator(
        head,
        dnn_feature_columns=[columns.age, columns.embedding],
        dnn_optimizer="SGD",
        dnn_hidden_units=[3],
        config=settings(tf, folder),
    )
    return asked(tf, estimator, lambda: tf.SparseTensor(*TAGS))


@canned
def a_network_evaluates_what_both_models_trained(tf: Any, columns: Any, folder: str) -> Any:
    """A model function of another Estimator goes on from the checkpoint."""
    head, used = tf.estimator.MultiClassHead(3), [columns.age, columns.embedding]
    config = settings(tf, folder)
    trainer = tf.estimator.DNNLinearCombinedEstimator(
        head, dnn_feature_columns=used, dnn_hidden_units=[4], config=config
    )
    trainer.train(lambda: (examples(tf), tf.constant(CLASSES)), steps=3)
    network = tf.estimator.DNNEstimator(head, [4], used, config=config)
    metrics = network.evaluate(lambda: (examples(tf), tf.constant(CLASSES)), steps=1)
    return [
        sorted((key, rounded(value)) for key, value in metrics.items()),
        {key: rounded(value) for key, value in first_predictions(tf, network).items()},
    ]


@canned
def a_bias_of_counts(tf: Any, columns: Any, folder: str) -> Any:
    head = tf.estimator.PoissonRegressionHead(weight_column="weight")
    estimator = tf.estimator.BaselineEstimator(head, config=settings(tf, folder))
    return trained(tf, estimator, np.abs(NUMBERS))


@canned
def a_bias_of_two_classes(tf: Any, columns: Any, folder: str) -> Any:
    head = tf.estimator.BinaryClassHead(loss_reduction="sum")
    estimator = tf.estimator.BaselineEstimator(
        head, optimizer=tf.train.GradientDescentOptimizer(0.1), config=settings(tf, folder)
    )
    return trained(tf, estimator, BINARY)


@canned
def both_models_with_several_heads(tf: Any, columns: Any, folder: str) -> Any:
    kinds = tf.estimator
    head = kinds.MultiHead(
        [
            kinds.BinaryClassHead(name="sort", weight_column="weight"),
            kinds.RegressionHead(name="size", label_dimension=2),
            kinds.MultiLabelHead(3, name="tags"),
        ],
        head_weights=[1.0, 0.5, 2.0],
    )
    estimator = kinds.DNNLinearCombinedEstimator(
        head,
        linear_feature_columns=[columns.words],
        dnn_feature_columns=[columns.age],
        dnn_hidden_units=[4],
        config=settings(tf, folder),
    )

    def labels() -> Any:
        return {
            "sort": tf.constant(BINARY),
            "size": tf.constant(np.float32(NUMBERS) * [1.0, -0.5], tf.float32),
            "tags": tf.constant(INDICATORS),
        }

    return asked(tf, estimator, labels)


@canned
def a_linear_model_with_an_optimizer_that_the_head_takes(tf: Any, columns: Any, folder: str) -> Any:
    """TensorFlow's linear Estimator of the newer kind, as the older one gives heads an optimiser they refuse."""
    kinds, optimizer = tf.estimator, descent(tf, 0.1)
    if tf.__name__.startswith("tensorflow"):
        import tensorflow

        kinds = tensorflow.estimator
        optimizer = tf.keras.optimizers.legacy.SGD(0.1)
    head = tf.estimator.MultiLabelHead(3, weight_column="weight")
    estimator = kinds.LinearEstimator(
        head,
        [columns.age, columns.words, columns.buckets],
        optimizer=optimizer,
        config=settings(tf, folder),
    )
    return asked(tf, estimator, lambda: tf.constant(INDICATORS))


def model_with(tf: Any, head: Any, **step: Any) -> Any:
    """A model function of a linear model, with updates and regularisation."""

    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        weights = tf.get_variable(
            "weights", initializer=np.linspace(-1, 1, head.logits_dimension, dtype=np.float32)
        )
        fixed = tf.get_variable("fixed", initializer=np.float32(0.5))
        marks = np.arange(head.logits_dimension, dtype=np.float32) - 0.5
        seen = tf.get_variable("seen", initializer=0, trainable=False)
        given = {key: make(tf, weights, fixed, seen) for key, make in step.items()}
        return head.create_estimator_spec(
            features=features,
            mode=mode,
            labels=labels,
            logits=features["age"] / 50.0 * weights + fixed * marks,
            regularization_losses=[tf.reduce_sum(tf.square(weights))],
            **given,
        )

    return model_fn


def of_own_model(tf: Any, head: Any, folder: str, labels: Any, **step: Any) -> Any:
    estimator = tf.estimator.Estimator(model_with(tf, head, **step), config=settings(tf, folder))
    return [
        *asked(tf, estimator, labels),
        [(n, rounded(estimator.get_variable_value(n))) for n in ("fixed", "seen", "weights")],
    ]


@canned
def a_model_with_a_function_for_the_step(tf: Any, columns: Any, folder: str) -> Any:
    head = tf.estimator.MultiClassHead(3, name="kind", label_vocabulary=["a", "b", "c"])

    def train_op_fn(tf: Any, weights: Any, fixed: Any, seen: Any) -> Any:
        step = tf.train.get_global_step()
        return lambda loss: tf.train.AdamOptimizer(0.1).minimize(loss, global_step=step)

    return of_own_model(
        tf,
        head,
        folder,
        lambda: tf.constant(["c", "a", "b", "c", "a", "b"]),
        train_op_fn=train_op_fn,
        update_ops=lambda tf, weights, fixed, seen: [seen.assign_add(2)],
    )


@canned
def a_model_with_an_optimizer_and_its_variables(tf: Any, columns: Any, folder: str) -> Any:
    head = tf.estimator.LogisticRegressionHead("weight")
    return of_own_model(
        tf,
        head,
        folder,
        lambda: tf.constant([0.0, 0.25, 1.0, 0.5, 0.75, 1.0]),
        optimizer=lambda tf, weights, fixed, seen: descent(tf, 0.5),
        trainable_variables=lambda tf, weights, fixed, seen: [weights],
        update_ops=lambda tf, weights, fixed, seen: (seen.assign_add(1),),
    )


def signatures(tf: Any, path: bytes, values: list[float]) -> Any:
    """Signatures of a SavedModel: methods, inputs, outputs, and what they give for examples."""
    serialized = [
        tf.train.Example(
            features=tf.train.Features(
                feature={"age": tf.train.Feature(float_list=tf.train.FloatList(value=[value]))}
            )
        ).SerializeToString()
        for value in values
    ]
    found = {}
    with tf.Graph().as_default(), tf.Session() as session:
        model = tf.saved_model.load(session, ["serve"], path.decode())
        for name, signature in sorted(model.signature_def.items()):
            (given,) = signature.inputs.values()
            outputs = {key: info.name for key, info in sorted(signature.outputs.items())}
            got = session.run(outputs, {given.name: serialized})
            found[name] = [
                signature.method_name,
                sorted(signature.inputs),
                {key: rounded(value) for key, value in got.items()},
            ]
    return found


@canned
def heads_are_served(tf: Any, columns: Any, folder: str) -> Any:
    kinds = tf.estimator
    heads = [
        (kinds.MultiLabelHead(3, label_vocabulary=["x", "y", "z"]), INDICATORS),
        (kinds.PoissonRegressionHead(), np.abs(NUMBERS)),
        (
            kinds.MultiHead([kinds.BinaryClassHead(name="a"), kinds.RegressionHead(name="b")]),
            {"a": BINARY, "b": NUMBERS},
        ),
    ]
    found = []
    for place, (head, labels) in enumerate(heads):
        estimator = kinds.DNNLinearCombinedEstimator(
            head,
            linear_feature_columns=[Columns(tf).age],
            linear_optimizer=tf.train.GradientDescentOptimizer(0.1),
            config=settings(tf, f"{folder}/{place}"),
        )

        def input_fn(labels: Any = labels) -> Any:
            named = isinstance(labels, dict)
            made = (
                {key: tf.constant(value) for key, value in labels.items()}
                if named
                else tf.constant(labels)
            )
            return examples(tf), made

        estimator.train(input_fn, steps=2)
        receiver = kinds.export.build_parsing_serving_input_receiver_fn(
            {"age": tf.FixedLenFeature([1], tf.float32)}
        )
        path = estimator.export_saved_model(f"{folder}/served{place}", receiver)
        found.append(signatures(tf, path, [3.0, -20.0]))
    return found
