"""Estimators with heads that are given are those of the same model with a head of their own; what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.train.canned.model_functions import baseline_model_fn
from minihub_runtime.train.estimator.heads.binary import BinaryHead

COLUMNS = [tf.feature_column.numeric_column("x", 2)]
E = tf.estimator


def input_fn() -> Any:
    x = tf.constant([[0.5, -1.0], [1.0, 2.0], [-0.3, 0.2]])
    return {"x": x}, tf.constant([[1], [0], [1]])


def config(folder: Path) -> Any:
    return E.RunConfig(str(folder), tf_random_seed=4)


@pytest.mark.parametrize(
    ("with_head", "own"),
    [
        (
            lambda head, run: E.DNNEstimator(head, [3], COLUMNS, config=run),
            lambda run: E.DNNClassifier([3], COLUMNS, config=run),
        ),
        (
            lambda head, run: E.LinearEstimator(head, COLUMNS, optimizer="SGD", config=run),
            lambda run: E.LinearClassifier(COLUMNS, optimizer="SGD", config=run),
        ),
        (
            lambda head, run: E.DNNLinearCombinedEstimator(
                head,
                linear_feature_columns=COLUMNS,
                linear_optimizer="SGD",
                dnn_feature_columns=COLUMNS,
                dnn_hidden_units=[2],
                config=run,
            ),
            lambda run: E.DNNLinearCombinedClassifier(
                linear_feature_columns=COLUMNS,
                linear_optimizer="SGD",
                dnn_feature_columns=COLUMNS,
                dnn_hidden_units=[2],
                config=run,
            ),
        ),
        (
            lambda head, run: E.BaselineEstimator(head, optimizer="Adam", config=run),
            lambda run: E.BaselineClassifier(optimizer="Adam", config=run),
        ),
    ],
    ids=["network", "linear", "both", "bias"],
)
def test_a_head_that_is_given(
    tmp_path: Path, with_head: Callable[..., Any], own: Callable[..., Any]
) -> None:
    one = with_head(BinaryHead(), config(tmp_path / "given")).train(input_fn, steps=3)
    other = own(config(tmp_path / "own")).train(input_fn, steps=3)
    assert one.get_variable_names() == other.get_variable_names()
    for name in one.get_variable_names():
        np.testing.assert_array_equal(one.get_variable_value(name), other.get_variable_value(name))
    assert one.evaluate(input_fn, steps=1) == other.evaluate(input_fn, steps=1)


def test_a_bias_needs_features() -> None:
    model_fn = baseline_model_fn(BinaryHead(), "SGD", weight_column="weight")
    with pytest.raises(ValueError, match="size of a batch; found none"):
        model_fn({"weight": tf.ones([2])}, tf.ones([2, 1]), "eval")


def test_weights_of_a_bias_are_a_column_or_a_key() -> None:
    column = tf.feature_column.categorical_column_with_identity("weight", 3)
    model_fn = baseline_model_fn(BinaryHead(), "SGD", weight_column=column)
    with pytest.raises(TypeError, match="must be either a string or NumericColumn"):
        model_fn({"x": tf.ones([2])}, tf.ones([2, 1]), "eval")
