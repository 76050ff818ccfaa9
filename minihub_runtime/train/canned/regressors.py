"""Estimators of numbers.

Source: tensorflow_estimator/python/estimator/canned/dnn.py, linear.py, dnn_linear_combined.py, baseline.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minihub_runtime.api.losses import Reduction
from minihub_runtime.public import public
from minihub_runtime.train.canned.dnn_model import relu
from minihub_runtime.train.canned.model_functions import (
    baseline_model_fn,
    combined_model_fn,
    dnn_model_fn,
    linear_model_fn,
)
from minihub_runtime.train.estimator.estimator import Estimator
from minihub_runtime.train.estimator.heads.regression import RegressionHead
from minihub_runtime.train.estimator.run_config import RunConfig

__all__ = ["BaselineRegressor", "DNNLinearCombinedRegressor", "DNNRegressor", "LinearRegressor"]


def _head(label_dimension: int, weight_column: Any, loss_reduction: str) -> RegressionHead:
    return RegressionHead(
        weight_column=weight_column,
        label_dimension=label_dimension,
        loss_reduction=loss_reduction,
    )


@public("estimator.DNNRegressor")
class DNNRegressor(Estimator):
    """Finds numbers with a network of dense layers on dense feature columns; see `DNNClassifier`.

    Args:
        hidden_units: see `DNNClassifier`.
        feature_columns: see `DNNClassifier`.
        model_dir: see `Estimator`.
        label_dimension: how many numbers there are for an example.
        weight_column: the key or numeric column of weights of examples.
        optimizer: see `DNNClassifier`.
        activation_fn: see `DNNClassifier`.
        dropout: see `DNNClassifier`.
        input_layer_partitioner: see `DNNClassifier`.
        config: see `Estimator`.
        warm_start_from: see `Estimator`.
        loss_reduction: how the losses of examples become one.
        batch_norm: see `DNNClassifier`.

    Raises:
        ValueError: there is less than one number, or a loss cannot be reduced that way.
    """

    def __init__(
        self,
        hidden_units: Iterable[int],
        feature_columns: Any,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = relu,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: RunConfig | None = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        batch_norm: bool = False,
    ) -> None:
        model_fn = dnn_model_fn(
            _head(label_dimension, weight_column, loss_reduction),
            hidden_units,
            feature_columns,
            optimizer,
            activation_fn,
            dropout,
            input_layer_partitioner,
            batch_norm,
        )
        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


@public("estimator.LinearRegressor")
class LinearRegressor(Estimator):
    """Finds numbers with a linear model of feature columns; see `LinearClassifier`.

    Args:
        feature_columns: see `LinearClassifier`.
        model_dir: see `Estimator`.
        label_dimension: how many numbers there are for an example.
        weight_column: the key or numeric column of weights of examples.
        optimizer: see `LinearClassifier`.
        config: see `Estimator`.
        partitioner: see `LinearClassifier`.
        warm_start_from: see `Estimator`.
        loss_reduction: how the losses of examples become one.
        sparse_combiner: see `LinearClassifier`.

    Raises:
        ValueError: there is less than one number, or a loss cannot be reduced that way.
    """

    def __init__(
        self,
        feature_columns: Any,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Ftrl",
        config: RunConfig | None = None,
        partitioner: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        sparse_combiner: str = "sum",
    ) -> None:
        head = _head(label_dimension, weight_column, loss_reduction)
        model_fn = linear_model_fn(head, feature_columns, optimizer, partitioner, sparse_combiner)
        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


@public("estimator.DNNLinearCombinedRegressor")
class DNNLinearCombinedRegressor(Estimator):
    """Finds numbers with a linear model and a network of dense layers; see `DNNLinearCombinedClassifier`.

    Args:
        model_dir: see `Estimator`.
        linear_feature_columns: see `DNNLinearCombinedClassifier`.
        linear_optimizer: see `DNNLinearCombinedClassifier`.
        dnn_feature_columns: see `DNNLinearCombinedClassifier`.
        dnn_optimizer: see `DNNLinearCombinedClassifier`.
        dnn_hidden_units: see `DNNLinearCombinedClassifier`.
        dnn_activation_fn: see `DNNLinearCombinedClassifier`.
        dnn_dropout: see `DNNLinearCombinedClassifier`.
        label_dimension: how many numbers there are for an example.
        weight_column: the key or numeric column of weights of examples.
        input_layer_partitioner: see `DNNLinearCombinedClassifier`.
        config: see `Estimator`.
        warm_start_from: see `Estimator`.
        loss_reduction: how the losses of examples become one.
        batch_norm: see `DNNLinearCombinedClassifier`.
        linear_sparse_combiner: see `DNNLinearCombinedClassifier`.

    Raises:
        ValueError: there are no columns, less than one number, or a loss cannot be reduced that way.
    """

    def __init__(
        self,
        model_dir: Any = None,
        linear_feature_columns: Any = None,
        linear_optimizer: Any = "Ftrl",
        dnn_feature_columns: Any = None,
        dnn_optimizer: Any = "Adagrad",
        dnn_hidden_units: Any = None,
        dnn_activation_fn: Any = relu,
        dnn_dropout: float | None = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        input_layer_partitioner: Any = None,
        config: RunConfig | None = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        batch_norm: bool = False,
        linear_sparse_combiner: str = "sum",
    ) -> None:
        model_fn = combined_model_fn(
            _head(label_dimension, weight_column, loss_reduction),
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
        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


@public("estimator.BaselineRegressor")
class BaselineRegressor(Estimator):
    """Tells every example the same numbers.

    Args:
        model_dir: see `Estimator`.
        label_dimension: how many numbers there are for an example.
        weight_column: the key or numeric column of weights of examples.
        optimizer: an optimiser, a function that returns one, or the name of one, whose learning rate is 0.3.
        config: see `Estimator`.
        loss_reduction: how the losses of examples become one.

    Raises:
        ValueError: there is less than one number, or a loss cannot be reduced that way.
    """

    def __init__(
        self,
        model_dir: Any = None,
        label_dimension: int = 1,
        weight_column: Any = None,
        optimizer: Any = "Ftrl",
        config: RunConfig | None = None,
        loss_reduction: str = Reduction.SUM,
    ) -> None:
        head = _head(label_dimension, weight_column, loss_reduction)
        super().__init__(baseline_model_fn(head, optimizer), model_dir, config)
