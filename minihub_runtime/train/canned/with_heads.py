"""Estimators with heads that are given.

Source: tensorflow_estimator/python/estimator/canned/dnn.py, linear.py, dnn_linear_combined.py, baseline.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minihub_runtime.public import public
from minihub_runtime.train.canned.dnn_model import relu
from minihub_runtime.train.canned.model_functions import (
    baseline_model_fn,
    combined_model_fn,
    dnn_model_fn,
    linear_model_fn,
)
from minihub_runtime.train.estimator.estimator import Estimator
from minihub_runtime.train.estimator.run_config import RunConfig

__all__ = ["BaselineEstimator", "DNNEstimator", "DNNLinearCombinedEstimator", "LinearEstimator"]


@public("estimator.DNNEstimator")
class DNNEstimator(Estimator):
    """A network of dense layers on dense feature columns; see `DNNClassifier`.

    Args:
        head: what becomes of the logits, a `tf.estimator.Head`.
        hidden_units: see `DNNClassifier`.
        feature_columns: see `DNNClassifier`.
        model_dir: see `Estimator`.
        optimizer: see `DNNClassifier`.
        activation_fn: see `DNNClassifier`.
        dropout: see `DNNClassifier`.
        input_layer_partitioner: see `DNNClassifier`.
        config: see `Estimator`.
        warm_start_from: see `Estimator`.
        batch_norm: see `DNNClassifier`.
    """

    def __init__(
        self,
        head: Any,
        hidden_units: Iterable[int],
        feature_columns: Any,
        model_dir: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = relu,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: RunConfig | None = None,
        warm_start_from: Any = None,
        batch_norm: bool = False,
    ) -> None:
        model_fn = dnn_model_fn(
            head,
            hidden_units,
            feature_columns,
            optimizer,
            activation_fn,
            dropout,
            input_layer_partitioner,
            batch_norm,
        )
        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


@public("estimator.LinearEstimator")
class LinearEstimator(Estimator):
    """A linear model of feature columns; see `LinearClassifier`.

    Args:
        head: what becomes of the logits, a `tf.estimator.Head`.
        feature_columns: see `LinearClassifier`.
        model_dir: see `Estimator`.
        optimizer: see `LinearClassifier`.
        config: see `Estimator`.
        partitioner: see `LinearClassifier`.
        sparse_combiner: see `LinearClassifier`.
        warm_start_from: see `Estimator`.
    """

    def __init__(
        self,
        head: Any,
        feature_columns: Any,
        model_dir: Any = None,
        optimizer: Any = "Ftrl",
        config: RunConfig | None = None,
        partitioner: Any = None,
        sparse_combiner: str = "sum",
        warm_start_from: Any = None,
    ) -> None:
        model_fn = linear_model_fn(head, feature_columns, optimizer, partitioner, sparse_combiner)
        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


@public("estimator.DNNLinearCombinedEstimator")
class DNNLinearCombinedEstimator(Estimator):
    """A linear model and a network of dense layers; see `DNNLinearCombinedClassifier`.

    Args:
        head: what becomes of the logits, a `tf.estimator.Head`.
        model_dir: see `Estimator`.
        linear_feature_columns: see `DNNLinearCombinedClassifier`.
        linear_optimizer: see `DNNLinearCombinedClassifier`.
        dnn_feature_columns: see `DNNLinearCombinedClassifier`.
        dnn_optimizer: see `DNNLinearCombinedClassifier`.
        dnn_hidden_units: see `DNNLinearCombinedClassifier`.
        dnn_activation_fn: see `DNNLinearCombinedClassifier`.
        dnn_dropout: see `DNNLinearCombinedClassifier`.
        input_layer_partitioner: see `DNNLinearCombinedClassifier`.
        config: see `Estimator`.
        batch_norm: see `DNNLinearCombinedClassifier`.
        linear_sparse_combiner: see `DNNLinearCombinedClassifier`.

    Raises:
        ValueError: there are no columns.
    """

    def __init__(
        self,
        head: Any,
        model_dir: Any = None,
        linear_feature_columns: Any = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Any = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Any = None,
        dnn_activation_fn: Any = relu,
        dnn_dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: RunConfig | None = None,
        batch_norm: bool = False,
        linear_sparse_combiner: str = "sum",
    ) -> None:
        model_fn = combined_model_fn(
            head,
            linear_feature_columns,
            linear_optimizer,
            dnn_feature_columns,
            dnn_optimizer,
            dnn_hidden_units,
            dnn_activation_fn,
            dnn_dropout,
            input_layer_partitioner,
            batch_norm,
            linear_sparse_combiner,
        )
        super().__init__(model_fn, model_dir, config)


@public("estimator.BaselineEstimator")
class BaselineEstimator(Estimator):
    """A bias alone; see `BaselineClassifier`.

    Args:
        head: what becomes of the logits, a `tf.estimator.Head`.
        model_dir: see `Estimator`.
        optimizer: see `BaselineClassifier`.
        config: see `Estimator`.
    """

    def __init__(
        self,
        head: Any,
        model_dir: Any = None,
        optimizer: Any = "Ftrl",
        config: RunConfig | None = None,
    ) -> None:
        super().__init__(baseline_model_fn(head, optimizer), model_dir, config)
