"""Estimators of classes.

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
from minihub_runtime.train.estimator.heads.multi_class import binary_or_multi_class_head
from minihub_runtime.train.estimator.run_config import RunConfig

__all__ = [
    "BaselineClassifier",
    "DNNClassifier",
    "DNNLinearCombinedClassifier",
    "LinearClassifier",
]


@public("estimator.DNNClassifier")
class DNNClassifier(Estimator):
    """Tells classes with a network of dense layers on dense feature columns.

        text = hub.text_embedding_column("text", "https://tfhub.dev/google/nnlm-en-dim128/1")
        estimator = tf.estimator.DNNClassifier([100, 20], [text], optimizer=tf.train.AdagradOptimizer(0.003))
        estimator.train(input_fn, steps=1000)

    Args:
        hidden_units: the sizes of the hidden layers.
        feature_columns: dense columns.
        model_dir: see `Estimator`.
        n_classes: how many classes there are.
        weight_column: the key or numeric column of weights of examples.
        label_vocabulary: the names of the classes, if labels are names; otherwise labels are numbers from 0.
        optimizer: an optimiser, a function that returns one, or the name of one, whose learning rate is 0.05: "Adagrad",
            "Adam", "Ftrl", "RMSProp" or "SGD".
        activation_fn: of the hidden layers.
        dropout: which part of the outputs of a hidden layer is set to zero in training, or None.
        input_layer_partitioner: divides the variables of columns; without one, variables of 64 MiB or more are divided
            where there are parameter servers.
        config: see `Estimator`.
        warm_start_from: see `Estimator`.
        loss_reduction: how the losses of examples become one.
        batch_norm: whether the outputs of hidden layers are normalised.

    Raises:
        ValueError: there are fewer than two classes, or a loss cannot be reduced that way.
    """

    def __init__(
        self,
        hidden_units: Iterable[int],
        feature_columns: Any,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        optimizer: Any = "Adagrad",
        activation_fn: Any = relu,
        dropout: float | None = None,
        input_layer_partitioner: Any = None,
        config: RunConfig | None = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        batch_norm: bool = False,
    ) -> None:
        head = binary_or_multi_class_head(
            n_classes, weight_column, label_vocabulary, loss_reduction
        )
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


@public("estimator.LinearClassifier")
class LinearClassifier(Estimator):
    """Tells classes with a linear model of feature columns.

    Args:
        feature_columns: dense and categorical columns.
        model_dir: see `Estimator`.
        n_classes: how many classes there are.
        weight_column: the key or numeric column of weights of examples.
        label_vocabulary: the names of the classes, if labels are names; otherwise labels are numbers from 0.
        optimizer: an optimiser, a function that returns one, or the name of one, whose learning rate is 0.2: "Adagrad",
            "Adam", "Ftrl", "RMSProp" or "SGD"; None for Ftrl at 0.2 or one by the root of the number of columns, whichever
            is less.
        config: see `Estimator`.
        partitioner: divides the variables.
        warm_start_from: see `Estimator`.
        loss_reduction: how the losses of examples become one.
        sparse_combiner: how the weights of the categories of an example are combined: "sum", "mean" or "sqrtn".

    Raises:
        ValueError: there are fewer than two classes, or a loss cannot be reduced that way.
    """

    def __init__(
        self,
        feature_columns: Any,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        optimizer: Any = "Ftrl",
        config: RunConfig | None = None,
        partitioner: Any = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        sparse_combiner: str = "sum",
    ) -> None:
        head = binary_or_multi_class_head(
            n_classes, weight_column, label_vocabulary, loss_reduction
        )
        model_fn = linear_model_fn(head, feature_columns, optimizer, partitioner, sparse_combiner)
        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


@public("estimator.DNNLinearCombinedClassifier")
class DNNLinearCombinedClassifier(Estimator):
    """Tells classes with a linear model and a network of dense layers, whose logits are added.

    Args:
        model_dir: see `Estimator`.
        linear_feature_columns: the columns of the linear model.
        linear_optimizer: as in `LinearClassifier`; the learning rate of one by name is 0.005 at most.
        dnn_feature_columns: the columns of the network.
        dnn_optimizer: as in `DNNClassifier`; the learning rate of one by name is 0.001.
        dnn_hidden_units: the sizes of the hidden layers.
        dnn_activation_fn: of the hidden layers.
        dnn_dropout: which part of the outputs of a hidden layer is set to zero in training, or None.
        n_classes: how many classes there are.
        weight_column: the key or numeric column of weights of examples.
        label_vocabulary: the names of the classes, if labels are names; otherwise labels are numbers from 0.
        input_layer_partitioner: divides the variables of columns.
        config: see `Estimator`.
        warm_start_from: see `Estimator`.
        loss_reduction: how the losses of examples become one.
        batch_norm: whether the outputs of hidden layers are normalised.
        linear_sparse_combiner: how the weights of the categories of an example are combined.

    Raises:
        ValueError: there are no columns, fewer than two classes, or a loss cannot be reduced that way.
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
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        input_layer_partitioner: Any = None,
        config: RunConfig | None = None,
        warm_start_from: Any = None,
        loss_reduction: str = Reduction.SUM,
        batch_norm: bool = False,
        linear_sparse_combiner: str = "sum",
    ) -> None:
        head = binary_or_multi_class_head(
            n_classes, weight_column, label_vocabulary, loss_reduction
        )
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
        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


@public("estimator.BaselineClassifier")
class BaselineClassifier(Estimator):
    """Tells every example the same classes, as often as they occur.

    Args:
        model_dir: see `Estimator`.
        n_classes: how many classes there are.
        weight_column: the key or numeric column of weights of examples.
        label_vocabulary: the names of the classes, if labels are names; otherwise labels are numbers from 0.
        optimizer: an optimiser, a function that returns one, or the name of one, whose learning rate is 0.3.
        config: see `Estimator`.
        loss_reduction: how the losses of examples become one.

    Raises:
        ValueError: there are fewer than two classes, or a loss cannot be reduced that way.
    """

    def __init__(
        self,
        model_dir: Any = None,
        n_classes: int = 2,
        weight_column: Any = None,
        label_vocabulary: Any = None,
        optimizer: Any = "Ftrl",
        config: RunConfig | None = None,
        loss_reduction: str = Reduction.SUM,
    ) -> None:
        head = binary_or_multi_class_head(
            n_classes, weight_column, label_vocabulary, loss_reduction
        )
        super().__init__(baseline_model_fn(head, optimizer, weight_column), model_dir, config)
