"""SavedModels and Estimators as functions, `tf.contrib.predictor`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

X = np.float32([[1, 2, 3], [0, 1, 0]])


def model_fn(features: Any, labels: Any, mode: str) -> Any:
    y = tf.layers.dense(features["x"], 1, kernel_initializer=tf.ones_initializer(), name="y")
    outputs = {"sums": tf.squeeze(y, 1), "halves": y / 2}
    if mode == tf.estimator.ModeKeys.PREDICT:
        half = tf.estimator.export.PredictOutput({"halves": outputs["halves"]})
        exports = {"serving_default": tf.estimator.export.PredictOutput(outputs), "half": half}
        return tf.estimator.EstimatorSpec(mode, outputs, export_outputs=exports)
    loss = tf.reduce_mean(tf.square(outputs["sums"] - labels))
    step = tf.train.get_or_create_global_step()
    train_op = tf.train.GradientDescentOptimizer(0.0).minimize(loss, step)
    return tf.estimator.EstimatorSpec(mode, outputs, loss, train_op)


def input_fn() -> Any:
    return tf.data.Dataset.from_tensors(({"x": X}, np.float32([6, 1])))


def receiver() -> Any:
    x = tf.placeholder(tf.float32, [None, 3], name="given")
    return tf.estimator.export.ServingInputReceiver({"x": x}, {"x": x})


@pytest.fixture(scope="module")
def estimator(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = str(tmp_path_factory.mktemp("model"))
    return tf.estimator.Estimator(model_fn, folder).train(input_fn, steps=1)


@pytest.fixture(scope="module")
def exported(estimator: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    return os.fsdecode(estimator.export_saved_model(tmp_path_factory.mktemp("export"), receiver))


def test_saved_models_are_functions(exported: str) -> None:
    predict = tf.contrib.predictor.from_saved_model(exported)
    found = predict({"x": X})
    np.testing.assert_array_equal(found["sums"], [6, 1])
    np.testing.assert_array_equal(found["halves"], [[3], [0.5]])
    np.testing.assert_array_equal(predict({"x": X[:1]})["sums"], [6])
    assert predict.feed_tensors["x"].name == "given:0"
    assert predict.graph is predict.session.graph
    assert repr(predict) == "<Predictor of ['x'] to ['halves', 'sums']>"


@pytest.mark.parametrize("tags", ["serve", ["serve"]])
def test_signatures_are_chosen_by_name(exported: str, tags: Any) -> None:
    by_key = tf.contrib.predictor.from_saved_model(
        Path(exported), signature_def_key="half", tags=tags, config=tf.ConfigProto()
    )
    assert list(by_key({"x": X})) == ["halves"]


def test_tensors_and_signatures_may_be_given(exported: str) -> None:
    graph = tf.Graph()
    by_names = tf.contrib.predictor.from_saved_model(
        exported,
        input_names={"in": "given:0"},
        output_names={"out": "y/BiasAdd:0"},
        graph=graph,
    )
    assert by_names.graph is graph
    np.testing.assert_array_equal(by_names({"in": X})["out"], [[6], [1]])
    signature = tf.saved_model.build_signature_def(
        {"in": tf.saved_model.build_tensor_info(graph.get_tensor_by_name("given:0"))},
        {"out": tf.saved_model.build_tensor_info(graph.get_tensor_by_name("y/BiasAdd:0"))},
    )
    by_signature = tf.contrib.predictor.from_saved_model(exported, signature_def=signature)
    np.testing.assert_array_equal(by_signature({"in": X})["out"], [[6], [1]])


def test_estimators_are_functions(estimator: Any) -> None:
    predict = tf.contrib.predictor.from_estimator(estimator, receiver)
    np.testing.assert_array_equal(predict({"x": X})["sums"], [6, 1])
    half = tf.contrib.predictor.from_estimator(estimator, receiver, output_key="half")
    assert list(half({"x": X})) == ["halves"]
    half.session.close()


def test_what_cannot_be_is_refused(estimator: Any, exported: str) -> None:
    load = tf.contrib.predictor.from_saved_model
    predict = load(exported)
    with pytest.raises(ValueError, match=r"unexpected keys.*\['z'\]\nexpected: \['x'\]"):
        predict({"z": X})
    with pytest.raises(tf.errors.InvalidArgumentError, match="given"):
        predict({"x": None})
    with pytest.raises(ValueError, match="both"):
        load(exported, input_names={"in": "given:0"})
    with pytest.raises(ValueError, match="at most one"):
        load(exported, "half", input_names={"a": "given:0"}, output_names={"b": "y/BiasAdd:0"})
    with pytest.raises(ValueError, match="'half', 'serving_default'"):
        load(exported, "other")
    with pytest.raises(RuntimeError, match="other"):
        load(exported, tags="other")
    with pytest.raises(TypeError, match="Estimator"):
        tf.contrib.predictor.from_estimator(exported, receiver)
    with pytest.raises(ValueError, match="'half', 'serving_default'"):
        tf.contrib.predictor.from_estimator(estimator, receiver, "other")


def test_older_names_are_the_same_functions() -> None:
    assert tf.contrib.data.map_and_batch is tf.data.experimental.map_and_batch
    assert tf.contrib.data.AUTOTUNE == tf.data.experimental.AUTOTUNE
    assert tf.contrib.tpu.TPUEstimator is tf.estimator.tpu.TPUEstimator
    assert tf.contrib.tpu.TPUConfig is tf.estimator.tpu.TPUConfig
