"""Networks of dense layers on feature columns.

Source: tensorflow_estimator/python/estimator/canned/dnn.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from minihub_runtime.api.feature_column.input_layer import InputLayer
from minihub_runtime.api.feature_column.layers import DenseFeatures, have_state
from minihub_runtime.api.graph import get_default_graph, name_scope
from minihub_runtime.api.initializers import GlorotUniform
from minihub_runtime.api.layers.core import Dense
from minihub_runtime.api.layers.dropout import Dropout
from minihub_runtime.api.layers.normalization import BatchNormalization
from minihub_runtime.api.nn.moments import zero_fraction
from minihub_runtime.api.summary.operations import histogram, scalar
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.public import find, public
from minihub_runtime.train.estimator.mode_keys import ModeKeys

__all__ = ["DNNModel", "dnn_logit_fn_builder", "relu", "summarize_layer"]

#: What hidden layers compute by default.
relu = find("nn.relu")


def summarize_layer(value: Any, tag: str) -> None:
    """Write how many outputs of a layer are zero, and how they are distributed.

    Args:
        value: the outputs.
        tag: what the names of the summaries begin with.
    """
    scalar(f"{tag}/fraction_of_zero_values", zero_fraction(value))
    histogram(f"{tag}/activation", value)


class DNNModel:
    """Dense columns, hidden layers and logits, in the variable scope that is open when it is made.

    Args:
        units: how many logits there are.
        hidden_units: the sizes of the hidden layers.
        feature_columns: dense columns.
        activation_fn: of the hidden layers.
        dropout: which part of the outputs of a hidden layer is set to zero in training, or None.
        input_layer_partitioner: divides the variables of columns.
        batch_norm: whether the outputs of hidden layers are normalised.
    """

    def __init__(
        self,
        units: int,
        hidden_units: Iterable[int],
        feature_columns: Any,
        activation_fn: Any,
        dropout: float | None,
        input_layer_partitioner: Any,
        batch_norm: bool,
    ) -> None:
        self._inputs: Any
        if have_state(feature_columns):
            self._inputs = DenseFeatures(feature_columns, name="input_layer")
        else:
            self._inputs = InputLayer(feature_columns, name="input_layer", create_scope_now=False)
        self._partitioner = input_layer_partitioner
        self._hidden: list[tuple[str, Any, Any, Any]] = []
        for number, size in enumerate(hidden_units):
            with variable_scope(f"hiddenlayer_{number}") as scope:
                dense = _dense(size, activation_fn, scope)
                dropped = None if dropout is None else Dropout(rate=dropout)
                normalized = (
                    BatchNormalization(
                        momentum=0.999,
                        trainable=True,
                        name=f"batchnorm_{number}",
                        _scope=f"batchnorm_{number}",
                    )
                    if batch_norm
                    else None
                )
                self._hidden.append((scope.name, dense, dropped, normalized))
        with variable_scope("logits") as scope:
            self._logits = _dense(units, None, scope)
            self._logits_name = scope.name

    def __call__(self, features: dict[Any, Any], mode: str) -> Any:
        """The logits, float32, `[batch, units]`.

        Args:
            features: key → tensor.
            mode: one of the ModeKeys.
        """
        training = mode == ModeKeys.TRAIN
        # Names of operations stand in the scope around, whatever the model is called.
        around = get_default_graph().get_name_scope()
        with name_scope("dnn"):
            pass
        with name_scope(f"{around}/" if around else ""):
            with variable_scope("input_from_feature_columns", partitioner=self._partitioner):
                net = self._inputs(features)
            for name, dense, dropped, normalized in self._hidden:
                net = dense(net)
                if dropped is not None and training:
                    net = dropped(net, training=True)
                if normalized is not None:
                    net = normalized(net, training=training)
                summarize_layer(net, name)
            logits = self._logits(net)
            summarize_layer(logits, self._logits_name)
            return logits


def _dense(units: int, activation: Any, scope: Any) -> Dense:
    return Dense(
        units,
        activation=activation,
        kernel_initializer=GlorotUniform(),
        name=scope,
        _scope=scope,
    )


@public("estimator.experimental.dnn_logit_fn_builder")
def dnn_logit_fn_builder(
    units: int,
    hidden_units: Iterable[int],
    feature_columns: Any,
    activation_fn: Any,
    dropout: float | None,
    input_layer_partitioner: Any,
    batch_norm: bool,
) -> Callable[..., Any]:
    """A function of `features` and `mode` that builds the logits of a network of dense layers.

    Args:
        units: how many logits there are.
        hidden_units: the sizes of the hidden layers.
        feature_columns: dense columns.
        activation_fn: of the hidden layers.
        dropout: which part of the outputs of a hidden layer is set to zero in training, or None.
        input_layer_partitioner: divides the variables of columns.
        batch_norm: whether the outputs of hidden layers are normalised.

    Raises:
        ValueError: `units` is no integer.
    """
    if not isinstance(units, int):
        raise ValueError(f"units must be an int.  Given type: {type(units)}")

    def dnn_logit_fn(features: dict[Any, Any], mode: str) -> Any:
        model = DNNModel(
            units,
            hidden_units,
            feature_columns,
            activation_fn,
            dropout,
            input_layer_partitioner,
            batch_norm,
        )
        return model(features, mode)

    return dnn_logit_fn
