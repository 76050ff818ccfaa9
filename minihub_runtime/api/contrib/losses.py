"""`tf.contrib.losses` and `tf.contrib.slim.losses`: `tf.losses` with predictions before labels.

Weights may have fewer dimensions than losses: theirs are the first ones.

Source: tf_slim/losses/loss_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api import losses as of
from minihub_runtime.api.arithmetic import div_no_nan
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.filling import ones, zeros_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import GraphKeys, name_scope
from minihub_runtime.api.layout import reshape, squeeze
from minihub_runtime.api.reduction import reduce_prod, reduce_sum
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.api.slicing import slice
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = ["compute_weighted_loss"]


def _public(name: str) -> Callable[[Any], Any]:
    return public(f"contrib.losses.{name}", f"contrib.slim.losses.{name}")


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


@_public("add_loss")
@add_arg_scope
def add_loss(loss: Any, loss_collection: Any = GraphKeys.LOSSES) -> None:
    """Add a loss to a collection, if there is one; an `arg_scope` says which that is for all losses of this module."""
    of.add_loss(loss, loss_collection)


def _of_known_rank(losses: Any, weights: Any) -> Any:
    """Weights as float32.

    Raises:
        ValueError: a rank is not known.
    """
    weights = cast(convert_to_tensor(weights), float32)
    if losses.shape.ndims is None or weights.shape.ndims is None:
        raise ValueError("the ranks of losses and of weights must be known")
    return weights


def _scaled(losses: Any, weights: Any) -> Any:
    """The sum of losses times weights, which are those of their first dimensions."""
    reduced = reduce_sum(losses, axis=list(range(weights.shape.ndims, losses.shape.ndims)))
    return reduce_sum(build("Mul", x=reduced, y=weights))


def _num_present(losses: Any, weights: Any) -> Any:
    """How many losses of each of the batch have a weight that is not zero.

    The weights that are there are counted, also where one of them stands for several of the batch.
    """
    count = weights.shape.ndims
    if not count:
        batch = reshape(slice(shape(losses), [0], [1]), [])
        each = cast(size(losses), float32) / cast(batch, float32)
        each = where(build("Equal", x=weights, y=0.0), 0.0, each)
        return build("Mul", x=ones(reshape(batch, [1])), y=each)
    present = cast(build("NotEqual", x=weights, y=0.0), float32)
    of_batch = reduce_sum(present, axis=list(range(1, count)))
    times = cast(reduce_prod(slice(shape(losses), [count], [-1])), float32)
    return build("Mul", x=of_batch, y=times)


@_public("compute_weighted_loss")
def compute_weighted_loss(losses: Any, weights: Any = 1.0, scope: str | None = None) -> Any:
    """The mean of losses times weights over those whose weight is not zero, given to `add_loss`.

    Args:
        losses: `[batch, …]`, a tensor of known rank.
        weights: a number, or numbers for the first dimensions of `losses`.
        scope: wanted name of the scope.

    Raises:
        ValueError: a rank is not known, or shapes do not fit.
    """
    with name_scope(scope, "weighted_loss", [losses, weights]):
        losses = convert_to_tensor(losses)
        dtype = losses.dtype
        losses = cast(losses, float32)
        weights = _of_known_rank(losses, weights)
        if weights.shape.ndims > 1 and weights.shape.as_list()[-1] in (1, None):
            weights = squeeze(weights, [-1])
        total = reduce_sum(_scaled(losses, weights))
        present = reduce_sum(_num_present(losses, weights))
        mean = cast(div_no_nan(total, present, name="value"), dtype)
        add_loss(mean)
        return mean


@_public("mean_pairwise_squared_error")
def mean_pairwise_squared_error(
    predictions: Any, labels: Any = None, weights: Any = 1.0, scope: str | None = None
) -> Any:
    """The mean of the squared differences between the differences of all pairs of an example, each with itself too.

    `tf.losses.mean_pairwise_squared_error` leaves the pairs of each with itself out.

    Args:
        predictions: `[batch, …]`, of known rank.
        labels: of the same shape.
        weights: a number, or one for each of the batch.
        scope: wanted name of the scope.

    Raises:
        ValueError: a rank is not known, or shapes do not fit.
    """
    with name_scope(scope, "mean_pairwise_squared_error", [predictions, labels, weights]):
        predictions, labels = cast(predictions, float32), cast(labels, float32)
        predictions.shape.assert_is_compatible_with(labels.shape)
        diffs = build("Sub", x=predictions, y=labels)
        weights = _of_known_rank(diffs, weights)
        axes = list(range(1, diffs.shape.ndims))
        squares = reduce_sum(build("Square", x=diffs), axis=axes)
        count = _num_present(diffs, weights)
        first = 2.0 * div_no_nan(squares, count, name="value")
        squared_sum = build("Square", x=reduce_sum(diffs, axis=axes))
        second = 2.0 * div_no_nan(squared_sum, build("Square", x=count), name="value")
        loss = _scaled(first - second, weights)
        loss = where(reduce_sum(count) > 0, loss, zeros_like(loss), name="value")
        add_loss(loss)
        return loss


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
