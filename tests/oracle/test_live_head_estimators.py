"""Estimators on module columns that end with public heads go on where the other library stopped, and serve the same in both."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.oracle.test_live_canned_estimators import (
    LABELS,
    LIBRARIES,
    NUMBERS,
    TEXTS,
    assert_same,
    columns,
    example,
    variables,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]

TAGS = [[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 1, 0]] * 2
BOTH = [("TensorFlow", "minihub_runtime"), ("minihub_runtime", "TensorFlow")]


def head_of(name: str) -> Any:
    kinds = LIBRARIES[name][0].estimator
    return kinds.MultiHead(
        [
            kinds.MultiLabelHead(3, weight_column="number", thresholds=[0.5], name="tags"),
            kinds.BinaryClassHead(name="sort"),
            kinds.RegressionHead(name="size"),
        ],
        [1.0, 2.0, 0.5],
    )


def made(name: str, folder: Path, head: Any = None, network: bool = False) -> Any:
    """An Estimator of both models or, with a `network`, one of the network alone that is called so."""
    tf, hub = LIBRARIES[name]
    dense, sparse = columns(tf, hub)
    config = tf.estimator.RunConfig(str(folder), tf_random_seed=9)
    head = head_of(name) if head is None else head
    if network:
        optimizer = tf.train.GradientDescentOptimizer(0.1)
        return tf.estimator.DNNEstimator(head, [6], dense, optimizer=optimizer, config=config)
    return tf.estimator.DNNLinearCombinedEstimator(
        head,
        linear_feature_columns=sparse,
        linear_optimizer=tf.train.GradientDescentOptimizer(0.1),
        dnn_feature_columns=dense,
        dnn_optimizer=tf.train.AdagradOptimizer(0.05),
        dnn_hidden_units=[6],
        config=config,
    )


def input_function(name: str, parts: tuple[str, ...] = ("tags", "sort", "size")) -> Any:
    """Labels of these heads, of one alone without a name."""
    tf, _ = LIBRARIES[name]
    values = {"tags": TAGS, "sort": LABELS, "size": NUMBERS}

    def input_fn() -> Any:
        features = {"text": tf.constant(TEXTS), "number": tf.constant(np.abs(NUMBERS))}
        labels = {part: tf.constant(values[part]) for part in parts}
        return features, labels if len(parts) > 1 else labels[parts[0]]

    return input_fn


@pytest.mark.parametrize("order", BOTH)
def test_training_goes_on_in_the_other(tmp_path: Path, order: tuple[str, str]) -> None:
    for folder, names in (("alone", ("TensorFlow", "TensorFlow")), ("both", order)):
        for name in names:
            made(name, tmp_path / folder).train(input_function(name), steps=3)
    wanted = made("TensorFlow", tmp_path / "alone")
    assert_same(variables(made(order[-1], tmp_path / "both")), variables(wanted))
    metrics = wanted.evaluate(input_function("TensorFlow"), steps=1)
    assert {"loss/tags", "auc/tags", "accuracy/sort", "label/mean/size"} < metrics.keys()
    for name in LIBRARIES:
        assert_same(made(name, tmp_path / "both").evaluate(input_function(name), steps=1), metrics)


def test_a_network_is_trained_as_the_network_of_both_models_is(tmp_path: Path) -> None:
    """TensorFlow's DNNEstimator of TF1 refuses to train with such a head."""
    found = made(
        "minihub_runtime",
        tmp_path / "ours",
        LIBRARIES["minihub_runtime"][0].estimator.MultiLabelHead(3),
        network=True,
    )
    found.train(input_function("minihub_runtime", ("tags",)), steps=3)
    tf, hub = LIBRARIES["TensorFlow"]
    head = tf.estimator.MultiLabelHead(3)
    trainer = tf.estimator.DNNLinearCombinedEstimator(
        head,
        dnn_feature_columns=columns(tf, hub)[0],
        dnn_optimizer=tf.train.GradientDescentOptimizer(0.1),
        dnn_hidden_units=[6],
        config=tf.estimator.RunConfig(str(tmp_path / "theirs"), tf_random_seed=9),
    )
    trainer.train(input_function("TensorFlow", ("tags",)), steps=3)
    assert_same(variables(found), variables(trainer))
    asked = made("TensorFlow", tmp_path / "ours", head, network=True)
    metrics = asked.evaluate(input_function("TensorFlow", ("tags",)), steps=1)
    assert_same(
        found.evaluate(input_function("minihub_runtime", ("tags",)), steps=1), dict(metrics)
    )


@pytest.mark.parametrize(("writer", "reader"), BOTH)
def test_the_other_serves_it(tmp_path: Path, writer: str, reader: str) -> None:
    tf, _ = LIBRARIES[writer]
    estimator = made(writer, tmp_path / "model").train(input_function(writer), steps=2)
    spec = {
        "text": tf.FixedLenFeature([1], tf.string),
        "number": tf.FixedLenFeature([1], tf.float32),
    }
    receiver = tf.estimator.export.build_parsing_serving_input_receiver_fn(spec)
    path = estimator.export_saved_model(str(tmp_path / "served"), receiver).decode()
    examples = [example(text, number) for text, number in zip(TEXTS, NUMBERS, strict=True)]
    found: list[dict[str, Any]] = []
    for name in (writer, reader):
        reading, _ = LIBRARIES[name]
        with reading.Graph().as_default(), reading.Session() as session:
            model = reading.saved_model.load(session, ["serve"], path)
            found.append({})
            for key, signature in model.signature_def.items():
                (given,) = signature.inputs.values()
                outputs = {k: info.name for k, info in signature.outputs.items()}
                got = session.run(outputs, {given.name: examples})
                found[-1].update({f"{key}: {k}": value for k, value in got.items()})
    assert found[0].keys() == found[1].keys()
    assert {"serving_default: scores", "sort/regression: outputs", "predict: size/predictions"} < (
        found[0].keys()
    )
    for key, value in found[0].items():
        if value.dtype.kind == "f":
            np.testing.assert_allclose(found[1][key], value, rtol=1e-5, atol=1e-6, err_msg=key)
        else:
            assert (found[1][key] == value).all(), key
