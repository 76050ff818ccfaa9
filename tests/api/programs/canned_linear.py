"""Estimators with linear models, with both a linear model and a network, and with a bias alone."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tests.api.programs.canned_estimators import (
    BINARY,
    CLASSES,
    NUMBERS,
    canned,
    settings,
    trained,
)


@canned
def linear_model_of_two_classes(tf: Any, columns: Any, folder: str) -> Any:
    estimator = tf.estimator.LinearClassifier(
        [columns.age, columns.words, columns.buckets],
        sparse_combiner="mean",
        config=settings(tf, folder),
    )
    return trained(tf, estimator, BINARY)


@canned
def linear_model_of_four_classes(tf: Any, columns: Any, folder: str) -> Any:
    estimator = tf.estimator.LinearClassifier(
        [columns.age, columns.words, columns.embedding],
        n_classes=4,
        optimizer=tf.train.GradientDescentOptimizer(0.1),
        partitioner=tf.fixed_size_partitioner(2),
        config=settings(tf, folder),
    )
    return trained(tf, estimator, CLASSES)


@canned
def linear_model_of_shared_embeddings(tf: Any, columns: Any, folder: str) -> Any:
    estimator = tf.estimator.LinearClassifier(
        [columns.age, *columns.shared],
        optimizer=tf.train.GradientDescentOptimizer(0.1),
        config=settings(tf, folder),
    )
    return trained(tf, estimator, BINARY)


@canned
def linear_model_of_numbers(tf: Any, columns: Any, folder: str) -> Any:
    estimator = tf.estimator.LinearRegressor(
        [columns.age, columns.words],
        label_dimension=2,
        optimizer=None,
        config=settings(tf, folder),
    )
    return trained(tf, estimator, np.float32(NUMBERS) * [1.0, -0.5])


@canned
def both_models_of_two_classes(tf: Any, columns: Any, folder: str) -> Any:
    estimator = tf.estimator.DNNLinearCombinedClassifier(
        linear_feature_columns=[columns.words, columns.buckets],
        linear_optimizer=tf.train.FtrlOptimizer(0.1),
        dnn_feature_columns=[columns.age, columns.embedding],
        dnn_optimizer=tf.train.AdagradOptimizer(0.1),
        dnn_hidden_units=[4],
        config=settings(tf, folder),
    )
    return trained(tf, estimator, BINARY)


@canned
def both_models_of_numbers(tf: Any, columns: Any, folder: str) -> Any:
    estimator = tf.estimator.DNNLinearCombinedRegressor(
        linear_feature_columns=[columns.words],
        dnn_feature_columns=[columns.age],
        dnn_hidden_units=[3],
        dnn_optimizer="RMSProp",
        batch_norm=True,
        config=settings(tf, folder),
    )
    return trained(tf, estimator, NUMBERS, steps=10)


@canned
def one_model_of_both(tf: Any, columns: Any, folder: str) -> Any:
    linear = tf.estimator.DNNLinearCombinedClassifier(
        linear_feature_columns=[columns.words], config=settings(tf, os.path.join(folder, "a"))
    )
    network = tf.estimator.DNNLinearCombinedClassifier(
        dnn_feature_columns=[columns.age],
        dnn_hidden_units=[2],
        config=settings(tf, os.path.join(folder, "b")),
    )
    return [trained(tf, linear, BINARY, 3), trained(tf, network, BINARY, 3)]


@canned
def a_bias_alone(tf: Any, columns: Any, folder: str) -> Any:
    classifier = tf.estimator.BaselineClassifier(
        n_classes=3, weight_column="weight", config=settings(tf, os.path.join(folder, "a"))
    )
    regressor = tf.estimator.BaselineRegressor(
        optimizer="SGD", config=settings(tf, os.path.join(folder, "b"))
    )
    return [trained(tf, classifier, CLASSES), trained(tf, regressor, NUMBERS, 3)]
