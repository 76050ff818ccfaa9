"""Models as functions that Estimators take.

Source: tensorflow_estimator/python/estimator/canned/dnn.py, linear.py, dnn_linear_combined.py, baseline.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.feature_column.numeric import NumericColumn
from minihub_runtime.api.filling import ones
from minihub_runtime.api.graph import GraphKeys, control_dependencies, get_collection
from minihub_runtime.api.grouping import group
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.global_step import get_global_step
from minihub_runtime.api.variables.partitions import min_max_variable_partitioner
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.api.variables.updates import assign_add
from minihub_runtime.train.canned.dnn_model import dnn_logit_fn_builder, summarize_layer
from minihub_runtime.train.canned.linear_model import linear_logit_fn_builder
from minihub_runtime.train.canned.optimizer_names import optimizer_of
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.estimator.model_function import EstimatorSpec
from minihub_runtime.train.estimator.public_heads.base import Head
from minihub_runtime.train.optimizers.ftrl import FtrlOptimizer

__all__ = [
    "baseline_model_fn",
    "combined_model_fn",
    "dnn_model_fn",
    "linear_model_fn",
]

#: The learning rates of optimisers by name are TensorFlow's, for no better reason.
_DNN_LEARNING_RATE = 0.05
_LINEAR_LEARNING_RATE = 0.2
_COMBINED_DNN_LEARNING_RATE = 0.001
_COMBINED_LINEAR_LEARNING_RATE = 0.005
_BASELINE_LEARNING_RATE = 0.3
#: The fewest bytes of a part of a variable of columns.
_LARGE = 64 << 20

ModelFn = Callable[..., EstimatorSpec]


def _check_features(features: Any) -> None:
    if not isinstance(features, dict):
        raise ValueError(
            f"features should be a dictionary of `Tensor`s. Given type: {type(features)}"
        )


def _replicas(config: Any) -> int:
    return int(config.num_ps_replicas) if config else 0


def _spec_of(
    head: Any, features: Any, mode: str, labels: Any, logits: Any, **step: Any
) -> EstimatorSpec:
    """What a head makes of logits, whose step takes the updates of the model with it."""
    updates = get_collection(GraphKeys.UPDATE_OPS)
    if mode == ModeKeys.TRAIN and updates and isinstance(head, Head):
        # Public heads run what they are given, others what the graph has collected.
        step["update_ops"] = updates
    spec: EstimatorSpec = head.create_estimator_spec(
        features=features, mode=mode, labels=labels, logits=logits, **step
    )
    return spec


def dnn_model_fn(
    head: Any,
    hidden_units: Iterable[int],
    feature_columns: Any,
    optimizer: Any,
    activation_fn: Any,
    dropout: float | None,
    input_layer_partitioner: Any,
    batch_norm: bool,
) -> ModelFn:
    """A model function of a network of dense layers; see `DNNClassifier`.

    Args:
        head: what becomes of the logits.
        hidden_units: see `DNNClassifier`.
        feature_columns: see `DNNClassifier`.
        optimizer: see `DNNClassifier`.
        activation_fn: see `DNNClassifier`.
        dropout: see `DNNClassifier`.
        input_layer_partitioner: see `DNNClassifier`.
        batch_norm: see `DNNClassifier`.
    """
    columns = tuple(feature_columns or [])

    def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
        chosen = optimizer_of(optimizer, _DNN_LEARNING_RATE)
        _check_features(features)
        replicas = _replicas(config)
        partitioner = min_max_variable_partitioner(max_partitions=replicas)
        with variable_scope("dnn", values=tuple(features.values()), partitioner=partitioner):
            logit_fn = dnn_logit_fn_builder(
                head.logits_dimension,
                hidden_units,
                columns,
                activation_fn,
                dropout,
                input_layer_partitioner
                or min_max_variable_partitioner(max_partitions=replicas, min_slice_size=_LARGE),
                batch_norm,
            )
            logits = logit_fn(features=features, mode=mode)
            return _spec_of(head, features, mode, labels, logits, optimizer=chosen)

    return model_fn


def linear_model_fn(
    head: Any, feature_columns: Any, optimizer: Any, partitioner: Any, sparse_combiner: str
) -> ModelFn:
    """A model function of a linear model; see `LinearClassifier`.

    Args:
        head: what becomes of the logits.
        feature_columns: see `LinearClassifier`.
        optimizer: see `LinearClassifier`.
        partitioner: see `LinearClassifier`.
        sparse_combiner: see `LinearClassifier`.
    """
    columns = tuple(feature_columns or [])

    def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
        _check_features(features)
        divided = partitioner or min_max_variable_partitioner(
            max_partitions=_replicas(config), min_slice_size=_LARGE
        )
        with variable_scope("linear", values=tuple(features.values()), partitioner=divided):
            logit_fn = linear_logit_fn_builder(head.logits_dimension, columns, sparse_combiner)
            logits = logit_fn(features=features)
            chosen = optimizer or FtrlOptimizer(
                learning_rate=min(_LINEAR_LEARNING_RATE, 1.0 / math.sqrt(len(columns)))
            )
            chosen = optimizer_of(chosen, _LINEAR_LEARNING_RATE)
            return _spec_of(head, features, mode, labels, logits, optimizer=chosen)

    return model_fn


def combined_model_fn(
    head: Any,
    linear_feature_columns: Any,
    linear_optimizer: Any,
    dnn_feature_columns: Any,
    dnn_optimizer: Any,
    dnn_hidden_units: Any,
    dnn_activation_fn: Any,
    dnn_dropout: float | None,
    input_layer_partitioner: Any,
    batch_norm: bool,
    linear_sparse_combiner: str,
) -> ModelFn:
    """A model function of a linear model and a network, whose logits are added; see `DNNLinearCombinedClassifier`.

    Args:
        head: what becomes of the logits.
        linear_feature_columns: see `DNNLinearCombinedClassifier`.
        linear_optimizer: see `DNNLinearCombinedClassifier`.
        dnn_feature_columns: see `DNNLinearCombinedClassifier`.
        dnn_optimizer: see `DNNLinearCombinedClassifier`.
        dnn_hidden_units: see `DNNLinearCombinedClassifier`.
        dnn_activation_fn: see `DNNLinearCombinedClassifier`.
        dnn_dropout: see `DNNLinearCombinedClassifier`.
        input_layer_partitioner: see `DNNLinearCombinedClassifier`.
        batch_norm: see `DNNLinearCombinedClassifier`.
        linear_sparse_combiner: see `DNNLinearCombinedClassifier`.

    Raises:
        ValueError: there are no columns at all.
    """
    if not linear_feature_columns and not dnn_feature_columns:
        raise ValueError("Either linear_feature_columns or dnn_feature_columns must be defined.")

    def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
        _check_features(features)
        replicas = _replicas(config)
        partitioner = input_layer_partitioner or min_max_variable_partitioner(
            max_partitions=replicas, min_slice_size=_LARGE
        )
        parts: list[tuple[Any, str]] = []
        logits = None
        if dnn_feature_columns:
            chosen = optimizer_of(dnn_optimizer, _COMBINED_DNN_LEARNING_RATE)
            if not dnn_hidden_units:
                raise ValueError(
                    "dnn_hidden_units must be defined when dnn_feature_columns is specified."
                )
            with variable_scope(
                "dnn",
                values=tuple(features.values()),
                partitioner=min_max_variable_partitioner(max_partitions=replicas),
            ) as scope:
                parts.append((chosen, scope.name))
                dnn_logit_fn = dnn_logit_fn_builder(
                    head.logits_dimension,
                    dnn_hidden_units,
                    dnn_feature_columns,
                    dnn_activation_fn,
                    dnn_dropout,
                    partitioner,
                    batch_norm,
                )
                logits = dnn_logit_fn(features=features, mode=mode)
        if linear_feature_columns:
            rate = min(_COMBINED_LINEAR_LEARNING_RATE, 1.0 / math.sqrt(len(linear_feature_columns)))
            chosen = optimizer_of(linear_optimizer, rate)
            with variable_scope(
                "linear", values=tuple(features.values()), partitioner=partitioner
            ) as scope:
                parts.append((chosen, scope.name))
                linear_logit_fn = linear_logit_fn_builder(
                    head.logits_dimension, linear_feature_columns, linear_sparse_combiner
                )
                linear = linear_logit_fn(features=features)
                summarize_layer(linear, scope.name)
            logits = linear if logits is None else logits + linear

        def train_op_fn(loss: Any) -> Any:
            step = get_global_step()
            trained = group(
                *(
                    optimizer.minimize(
                        loss, var_list=get_collection(GraphKeys.TRAINABLE_VARIABLES, scope=name)
                    )
                    for optimizer, name in parts
                )
            )
            with control_dependencies([trained]):
                return assign_add(step, 1).op

        return _spec_of(head, features, mode, labels, logits, train_op_fn=train_op_fn)

    return model_fn


def baseline_model_fn(head: Any, optimizer: Any, weight_column: Any = None) -> ModelFn:
    """A model function of a bias alone; see `BaselineClassifier`.

    Args:
        head: what becomes of the logits.
        optimizer: see `BaselineClassifier`.
        weight_column: the feature that says nothing of the size of a batch.
    """

    def model_fn(features: Any, labels: Any, mode: str) -> EstimatorSpec:
        units = head.logits_dimension
        checks, batch_size = _sizes_of(features, _key_of(weight_column))
        with control_dependencies(checks), variable_scope("baseline"):
            bias = get_variable("bias", shape=[units], initializer=Zeros)
            logits = build("Mul", x=bias, y=ones([batch_size, units]))

        def train_op_fn(loss: Any) -> Any:
            chosen = optimizer_of(optimizer, _BASELINE_LEARNING_RATE)
            return chosen.minimize(loss, global_step=get_global_step())

        return _spec_of(head, features, mode, labels, logits, train_op_fn=train_op_fn)

    return model_fn


def _key_of(weight_column: Any) -> Any:
    if weight_column is None or isinstance(weight_column, str):
        return weight_column
    if not isinstance(weight_column, NumericColumn):
        raise TypeError(
            "Weight column must be either a string or NumericColumn. "
            f"Given type: {type(weight_column)}."
        )
    return weight_column.key


def _sizes_of(features: dict[Any, Any], weight_key: Any) -> tuple[list[Any], Any]:
    """Checks that features have as many examples, and how many these are."""
    checks: list[Any] = []
    batch_size = None
    for key, feature in features.items():
        if key == weight_key:
            continue
        size = shape(feature)[0]
        if batch_size is None:
            batch_size = size
        else:
            checks.append(assert_equal(batch_size, size))
    if batch_size is None:
        raise ValueError(
            "features must hold a feature, which tells the size of a batch; found none"
        )
    return checks, batch_size
