"""The interface of heads.

Source: tensorflow_estimator/python/estimator/head/base_head.py.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.public import public
from minihub_runtime.train.estimator.model_function import EstimatorSpec

__all__ = ["Head"]


@public("estimator.Head")
class Head(abc.ABC):
    """What a model ends with: from logits to predictions, loss, metrics, signatures and a step of training.

        def model_fn(features, labels, mode):
            head = tf.estimator.MultiLabelHead(n_classes=3)
            logits = tf.layers.dense(features["x"], head.logits_dimension)
            return head.create_estimator_spec(
                features, mode, logits, labels, optimizer=tf.train.AdamOptimizer(0.01)
            )

    A head of a program's own implements what is abstract here, and `create_estimator_spec`.

    Differs: everything is built into the default graph, as there is no eager execution.
    """

    @property
    @abc.abstractmethod
    def name(self) -> str | None:
        """The name of the head, which stands behind those of its metrics and summaries, or None."""

    @property
    @abc.abstractmethod
    def logits_dimension(self) -> int:
        """How many logits there are for an example."""

    @property
    @abc.abstractmethod
    def loss_reduction(self) -> str:
        """How the losses of examples become one: one of `tf.keras.losses.Reduction`."""

    @abc.abstractmethod
    def loss(
        self,
        labels: Any,
        logits: Any,
        features: Mapping[str, Any] | None = None,
        mode: str | None = None,
        regularization_losses: Sequence[Any] | None = None,
    ) -> Any:
        """The loss of a batch, a scalar.

        Args:
            labels: of the examples.
            logits: `[D0, …, DN, logits_dimension]`.
            features: name → tensor, where the weights of the examples are.
            mode: one of the ModeKeys, for heads whose loss depends on it.
            regularization_losses: scalars that are added.
        """

    @abc.abstractmethod
    def predictions(self, logits: Any, keys: Sequence[str] | None = None) -> dict[Any, Any]:
        """Key → what is predicted.

        Args:
            logits: `[D0, …, DN, logits_dimension]`.
            keys: which are wanted; all by default.
        """

    @abc.abstractmethod
    def metrics(self, regularization_losses: Sequence[Any] | None = None) -> dict[str, Any]:
        """Name → a new metric, which has no batch yet.

        Args:
            regularization_losses: scalars; with some, the mean of their sum is a metric, too.
        """

    @abc.abstractmethod
    def update_metrics(
        self,
        eval_metrics: dict[str, Any],
        features: Mapping[str, Any] | None,
        logits: Any,
        labels: Any,
        mode: str | None = None,
        regularization_losses: Sequence[Any] | None = None,
    ) -> dict[str, Any]:
        """Let metrics take a batch in; the metrics.

        Args:
            eval_metrics: what `metrics` returned.
            features: see `loss`.
            logits: see `loss`.
            labels: see `loss`.
            mode: see `loss`.
            regularization_losses: see `loss`.
        """

    def create_estimator_spec(
        self,
        features: Mapping[str, Any],
        mode: str,
        logits: Any,
        labels: Any = None,
        optimizer: Any = None,
        trainable_variables: Sequence[Any] | None = None,
        train_op_fn: Callable[[Any], Any] | None = None,
        update_ops: Sequence[Any] | None = None,
        regularization_losses: Sequence[Any] | None = None,
    ) -> EstimatorSpec:
        """What a model function returns.

        Args:
            features: name → tensor.
            mode: one of the ModeKeys.
            logits: `[D0, …, DN, logits_dimension]`.
            labels: of the examples; not for prediction.
            optimizer: a `tf.train.Optimizer`; for training.
            trainable_variables: what it changes; by default the variables of `GraphKeys.TRAINABLE_VARIABLES`.
            train_op_fn: a function from the loss to a step, instead of an optimizer.
            update_ops: operations that belong to a step, such as those of `GraphKeys.UPDATE_OPS`; none by default.
            regularization_losses: scalars that are added to the loss.

        Raises:
            ValueError: shapes or types do not fit; for training, not exactly one of `optimizer` and `train_op_fn` is
                given.
            NotImplementedError: a head of a program's own has none.

        Differs: TensorFlow takes optimisers of Keras here, and wants `trainable_variables` with them; here `optimizer` is
        one of `tf.train`, whose step counts the global step.
        """
        raise NotImplementedError(
            f"Subclasses of Head must implement `create_estimator_spec()`; {type(self).__name__} does not"
        )

    def _summary_key(self, key: str) -> str:
        return f"{key}/{self.name}" if self.name else key
