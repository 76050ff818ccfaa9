"""`tf.contrib.losses` and `tf.contrib.slim.losses`: `tf.losses` with predictions before labels.

Weights may have fewer dimensions than losses: theirs are the first ones.

Source: tf_slim/losses/loss_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api import losses as of
from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.public import public

__all__ = ["compute_weighted_loss"]


def _public(name: str) -> Callable[[Any], Any]:
    return public(f"contrib.losses.{name}", f"contrib.slim.losses.{name}")


_public("add_loss")(add_arg_scope(of.add_loss))
_public("get_losses")(of.get_losses)
_public("get_regularization_losses")(of.get_regularization_losses)


@_public("get_total_loss")
def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss") -> Any:
    """The sum of all losses of the graph.

    Args:
        add_regularization_losses: whether those of regularizers count.
        name: wanted name.

    Raises:
        ValueError: there are none.
    """
    found = of.get_losses()
    if add_regularization_losses:
        found = [*found, *of.get_regularization_losses()]
    return add_n(found, name=name)


@_public("compute_weighted_loss")
def compute_weighted_loss(losses: Any, weights: Any = 1.0, scope: str | None = None) -> Any:
    """The mean of losses times weights over those whose weight is not zero, added to the collection of losses.

    Args:
        losses: a tensor of known rank.
        weights: a number, or numbers for the first dimensions of `losses`.
        scope: wanted name of the scope.

    Raises:
        ValueError: a rank is not known, or shapes do not fit.
    """
    with name_scope(scope, "weighted_loss", [losses, weights]) as inner:
        losses, weights = convert_to_tensor(losses), convert_to_tensor(weights)
        if losses.shape.ndims is None or weights.shape.ndims is None:
            raise ValueError("the ranks of losses and of weights must be known")
        if weights.shape.ndims > 1 and weights.shape.as_list()[-1] in (1, None):
            weights = squeeze(weights, [-1])
        if weights.shape.ndims:
            for _ in range(losses.shape.ndims - weights.shape.ndims):
                weights = expand_dims(weights, -1)
        return of.compute_weighted_loss(losses, weights, inner)


def _reduced(
    function: Callable[..., Any],
    default_name: str,
    labels: Any,
    predictions: Any,
    weights: Any,
    scope: str | None,
    **options: Any,
) -> Any:
    """A loss of `tf.losses` whose elements are weighted by `compute_weighted_loss`."""
    with name_scope(scope, default_name, [predictions, labels, weights]) as inner:
        each = function(
            labels,
            predictions,
            scope=inner,
            loss_collection=None,
            reduction=of.Reduction.NONE,
            **options,
        )
        if "axis" in options:
            each = squeeze(each, [options["axis"]])
        return compute_weighted_loss(each, weights, inner)


def _plain(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A loss without further arguments."""

    def loss(
        predictions: Any, labels: Any = None, weights: Any = 1.0, scope: str | None = None
    ) -> Any:
        return _reduced(function, name, labels, predictions, weights, scope)

    loss.__name__ = loss.__qualname__ = name
    loss.__doc__ = f"As `tf.losses.{name}`, of predictions and labels."
    return loss


for _name, _function in (
    ("absolute_difference", of.absolute_difference),
    ("mean_squared_error", of.mean_squared_error),
):
    _public(_name)(_plain(_function, _name))


@_public("log_loss")
def log_loss(
    predictions: Any,
    labels: Any = None,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
) -> Any:
    """As `tf.losses.log_loss`, of predictions and labels."""
    return _reduced(of.log_loss, "log_loss", labels, predictions, weights, scope, epsilon=epsilon)


@_public("hinge_loss")
def hinge_loss(logits: Any, labels: Any = None, scope: str | None = None) -> Any:
    """As `tf.losses.hinge_loss`, of logits and labels: neither reduced nor added to the losses."""
    return of.hinge_loss(
        labels, logits, scope=scope, loss_collection=None, reduction=of.Reduction.NONE
    )


@_public("sigmoid_cross_entropy")
def sigmoid_cross_entropy(
    logits: Any,
    multi_class_labels: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
) -> Any:
    """As `tf.losses.sigmoid_cross_entropy`, of logits and labels."""
    return _reduced(
        of.sigmoid_cross_entropy,
        "sigmoid_cross_entropy_loss",
        multi_class_labels,
        logits,
        weights,
        scope,
        label_smoothing=label_smoothing,
    )


@_public("softmax_cross_entropy")
def softmax_cross_entropy(
    logits: Any,
    onehot_labels: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
) -> Any:
    """As `tf.losses.softmax_cross_entropy`, of logits and labels."""
    return _reduced(
        of.softmax_cross_entropy,
        "softmax_cross_entropy_loss",
        onehot_labels,
        logits,
        weights,
        scope,
        label_smoothing=label_smoothing,
    )


@_public("sparse_softmax_cross_entropy")
def sparse_softmax_cross_entropy(
    logits: Any, labels: Any, weights: Any = 1.0, scope: str | None = None
) -> Any:
    """As `tf.losses.sparse_softmax_cross_entropy`, of logits and labels."""
    return _reduced(
        of.sparse_softmax_cross_entropy,
        "sparse_softmax_cross_entropy_loss",
        labels,
        logits,
        weights,
        scope,
    )


@_public("cosine_distance")
def cosine_distance(
    predictions: Any,
    labels: Any = None,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    dim: int | None = None,
) -> Any:
    """As `tf.losses.cosine_distance`, of predictions and labels.

    Raises:
        ValueError: neither `axis` nor its older name `dim` is given.
    """
    axis = dim if axis is None else axis
    if axis is None:
        raise ValueError("You must specify 'axis'.")
    return _reduced(
        of.cosine_distance,
        "cosine_distance_loss",
        labels,
        predictions,
        weights,
        scope,
        axis=axis,
    )
