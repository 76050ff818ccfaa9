"""`tf.losses`: losses with weights, reduced and collected.

Source: tensorflow/python/ops/losses/losses_impl.py, util.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import abs, add, div_no_nan
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.filling import ones_like, zeros_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import (
    GraphKeys,
    Tensor,
    add_to_collection,
    control_dependencies,
    get_collection,
    name_scope,
)
from minihub_runtime.api.nn.cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
)
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import rank, shape, size
from minihub_runtime.api.weights import (
    assert_broadcastable,
    broadcast_weights,
    squeeze_to_match,
)
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = [
    "Reduction",
    "absolute_difference",
    "add_loss",
    "compute_weighted_loss",
    "cosine_distance",
    "get_losses",
    "get_regularization_loss",
    "get_regularization_losses",
    "get_total_loss",
    "hinge_loss",
    "huber_loss",
    "log_loss",
    "mean_pairwise_squared_error",
    "mean_squared_error",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]


@public("losses.Reduction")
class Reduction:
    """How losses become one."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them."""
        return (
            cls.NONE,
            cls.SUM,
            cls.MEAN,
            cls.SUM_OVER_BATCH_SIZE,
            cls.SUM_OVER_NONZERO_WEIGHTS,
            cls.SUM_BY_NONZERO_WEIGHTS,
        )

    @classmethod
    def validate(cls, key: str) -> None:
        """Raise ValueError if `key` is none of them."""
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}. Key should be one of {cls.all()}.")


# Collections


@public("losses.add_loss")
def add_loss(loss: Any, loss_collection: Any = GraphKeys.LOSSES) -> None:
    """Add a loss to a collection, if there is one."""
    if loss_collection:
        add_to_collection(loss_collection, loss)


@public("losses.get_losses")
def get_losses(scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES) -> list[Any]:
    """The losses of a collection."""
    return get_collection(loss_collection, scope)


@public("losses.get_regularization_losses")
def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """The losses that regularizers added."""
    return get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


@public("losses.get_regularization_loss")
def get_regularization_loss(
    scope: str | None = None, name: str = "total_regularization_loss"
) -> Tensor:
    """The sum of the losses that regularizers added; zero if there are none."""
    found = get_regularization_losses(scope)
    return _sum(found, name) if found else constant(0.0)


@public("losses.get_total_loss")
def get_total_loss(
    add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None
) -> Tensor:
    """The sum of all losses.

    Raises:
        ValueError: there are none.
    """
    found = get_losses(scope=scope)
    if add_regularization_losses:
        found += get_regularization_losses(scope=scope)
    return _sum(found, name)


def _sum(found: list[Any], name: str) -> Tensor:
    if not found:
        raise ValueError(
            "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and "
            "shape."
        )
    made: Tensor
    if len(found) == 1:
        made = build("Identity", name=name, input=found[0]) if name else found[0]
    else:
        made = build("AddN", name=name, inputs=found)
    return made


# Weights and reductions


def _safe_mean(losses: Tensor, count: Tensor) -> Any:
    return div_no_nan(reduce_sum(losses), count, name="value")


def _num_elements(losses: Tensor) -> Any:
    with name_scope(None, "num_elements", [losses]) as scope:
        return cast(size(losses, name=scope), dtype=losses.dtype)


def _num_present(losses: Tensor, weights: Any, per_batch: bool = False) -> Tensor:
    """How many losses have a weight that is not zero, in all or for each of the batch."""
    with name_scope(None, "num_present", [losses, weights]) as scope:
        weights = cast(weights, dtype=float32)
        present = where(build("Equal", x=weights, y=0.0), zeros_like(weights), ones_like(weights))
        present = broadcast_weights(present, losses)
        if not per_batch:
            return reduce_sum(present, name=scope)
        axes = range(1, rank(present))
        return reduce_sum(present, axis=axes, keepdims=True, name=scope)


@public("losses.compute_weighted_loss")
def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Losses times weights, reduced.

    Args:
        losses: `[batch, …]`.
        weights: a number, or numbers of the same rank whose dimensions are one or those of `losses`.
        scope: wanted name of the scope.
        loss_collection: the collection that the result is added to, or None.
        reduction: a `Reduction`.

    Returns:
        A scalar, or, for `Reduction.NONE`, the shape of `losses`; of the type of `losses`.

    Raises:
        ValueError: weights do not broadcast, or the reduction is another.
    """
    Reduction.validate(reduction)
    with (
        name_scope(scope, "weighted_loss", [losses, weights]),
        control_dependencies([assert_broadcastable(weights, losses)]),
    ):
        losses = convert_to_tensor(losses)
        dtype = losses.dtype
        losses = cast(losses, dtype=float32)
        weights = cast(weights, dtype=float32)
        loss = build("Mul", x=losses, y=weights)
        if reduction != Reduction.NONE:
            loss = reduce_sum(loss)
            if reduction == Reduction.MEAN:
                loss = _safe_mean(loss, reduce_sum(ones_like(losses) * weights))
            elif reduction == Reduction.SUM_BY_NONZERO_WEIGHTS:
                loss = _safe_mean(loss, _num_present(losses, weights))
            elif reduction == Reduction.SUM_OVER_BATCH_SIZE:
                loss = _safe_mean(loss, _num_elements(losses))
        made: Tensor = cast(loss, dtype)
        add_loss(made, loss_collection)
        return made


# Losses


def _require(**arguments: Any) -> None:
    for name, value in arguments.items():
        if value is None:
            raise ValueError(f"Argument `{name}` must not be None.")


def _floats(values: Any, labels: Any) -> tuple[Tensor, Tensor]:
    """Predictions or logits, and labels, as float32 of compatible shapes."""
    values = cast(values, dtype=float32)
    labels = cast(labels, dtype=float32)
    values.shape.assert_is_compatible_with(labels.shape)
    return values, labels


@public("losses.absolute_difference")
def absolute_difference(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """`|predictions - labels|`, weighted and reduced as by `compute_weighted_loss`."""
    _require(labels=labels, predictions=predictions)
    with name_scope(scope, "absolute_difference", [predictions, labels, weights]) as inner:
        predictions, labels = _floats(predictions, labels)
        losses = abs(build("Sub", x=predictions, y=labels))
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@public("losses.cosine_distance")
def cosine_distance(
    labels: Any,
    predictions: Any,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
    dim: int | None = None,
) -> Tensor:
    """One less the scalar product along an axis, weighted and reduced as by `compute_weighted_loss`.

    Args:
        labels: vectors of length one.
        predictions: vectors of length one.
        axis: the axis along which they stand.
        weights: see `compute_weighted_loss`; the axis has size one.
        scope: wanted name of the scope.
        loss_collection: the collection that the result is added to, or None.
        reduction: a `Reduction`.
        dim: another name of `axis`.

    Raises:
        ValueError: shapes do not fit, an argument is missing, or `axis` and `dim` are both given.
    """
    axis = deprecated_argument_lookup("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("You must specify argument `axis`.")
    _require(labels=labels, predictions=predictions)
    with name_scope(scope, "cosine_distance_loss", [predictions, labels, weights]) as inner:
        predictions, labels = _floats(predictions, labels)
        products = build("Mul", x=predictions, y=labels)
        losses = 1 - reduce_sum(products, axis=(axis,), keepdims=True)
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@public("losses.hinge_loss")
def hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """`max(0, 1 - (2 · labels - 1) · logits)`, weighted and reduced as by `compute_weighted_loss`."""
    _require(labels=labels, logits=logits)
    with name_scope(scope, "hinge_loss", [logits, labels, weights]) as inner:
        logits, labels = _floats(logits, labels)
        ones = ones_like(labels)
        signs = build("Sub", x=2 * labels, y=ones)
        losses = build("Relu", features=build("Sub", x=ones, y=build("Mul", x=signs, y=logits)))
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@public("losses.huber_loss")
def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Half the square of differences up to `delta`, linear beyond; weighted and reduced as by `compute_weighted_loss`."""
    _require(labels=labels, predictions=predictions)
    with name_scope(scope, "huber_loss", [predictions, labels, weights]) as inner:
        predictions, labels = _floats(predictions, labels)
        distance = abs(build("Sub", x=predictions, y=labels))
        quadratic = build("Minimum", x=distance, y=delta)
        linear = build("Sub", x=distance, y=quadratic)
        half = convert_to_tensor(0.5, dtype=quadratic.dtype)
        losses = add(
            build("Mul", x=half, y=build("Mul", x=quadratic, y=quadratic)),
            build("Mul", x=delta, y=linear),
        )
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@public("losses.log_loss")
def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """The cross entropy of chances, weighted and reduced as by `compute_weighted_loss`."""
    _require(labels=labels, predictions=predictions)
    with name_scope(scope, "log_loss", [predictions, labels, weights]) as inner:
        predictions, labels = _floats(predictions, labels)
        losses = -build("Mul", x=labels, y=build("Log", x=predictions + epsilon)) - build(
            "Mul", x=1 - labels, y=build("Log", x=1 - predictions + epsilon)
        )
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@public("losses.mean_pairwise_squared_error")
def mean_pairwise_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
) -> Tensor:
    """The mean of the squared differences between the differences of all pairs of an example.

    Args:
        labels: `[batch, …]`.
        predictions: of the same shape.
        weights: a number, or one for each example, or numbers that broadcast.
        scope: wanted name of the scope.
        loss_collection: the collection that the result is added to, or None.

    Returns:
        A float32 scalar.

    Raises:
        ValueError: shapes do not fit, or an argument is missing.
    """
    _require(labels=labels, predictions=predictions)
    with name_scope(scope, "mean_pairwise_squared_error", [predictions, labels, weights]):
        weights = cast(weights, dtype=float32)
        labels = cast(labels, dtype=float32)
        with control_dependencies([assert_broadcastable(weights, labels)]):
            predictions = cast(predictions, dtype=float32)
            predictions.shape.assert_is_compatible_with(labels.shape)
            diffs = build("Sub", x=predictions, y=labels)
            axes = range(1, rank(diffs))
            squares = reduce_sum(build("Square", x=diffs), axis=axes, keepdims=True)
            count = _num_present(diffs, weights, per_batch=True)
            first = 2.0 * div_no_nan(squares, build("Maximum", x=count - 1, y=0), name="value")
            total = reduce_sum(diffs, axis=axes, keepdims=True)
            second = 2.0 * div_no_nan(
                build("Square", x=total),
                build("Maximum", x=build("Mul", x=count, y=count - 1), y=0),
                name="value",
            )
            loss = reduce_sum(build("Mul", x=first - second, y=weights))
            loss = where(reduce_sum(count) > 0, loss, zeros_like(loss), name="value")
            add_loss(loss, loss_collection)
            return loss


@public("losses.mean_squared_error")
def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """`(predictions - labels)²`, weighted and reduced as by `compute_weighted_loss`."""
    _require(labels=labels, predictions=predictions)
    with name_scope(scope, "mean_squared_error", [predictions, labels, weights]) as inner:
        predictions, labels = _floats(predictions, labels)
        losses = build("SquaredDifference", x=predictions, y=labels)
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@public("losses.sigmoid_cross_entropy")
def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: Any = 0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """`tf.nn.sigmoid_cross_entropy_with_logits`, weighted and reduced as by `compute_weighted_loss`.

    Args:
        multi_class_labels: zeros and ones, `[batch, classes]`.
        logits: of the same shape.
        weights: see `compute_weighted_loss`.
        label_smoothing: how far labels are moved towards one half.
        scope: wanted name of the scope.
        loss_collection: the collection that the result is added to, or None.
        reduction: a `Reduction`.

    Raises:
        ValueError: shapes do not fit, or an argument is missing.
    """
    _require(multi_class_labels=multi_class_labels, logits=logits)
    inputs = [logits, multi_class_labels, weights]
    with name_scope(scope, "sigmoid_cross_entropy_loss", inputs) as inner:
        logits = convert_to_tensor(logits)
        labels = cast(multi_class_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@public("losses.softmax_cross_entropy")
def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: Any = 0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """`tf.nn.softmax_cross_entropy_with_logits`, weighted and reduced as by `compute_weighted_loss`.

    Args:
        onehot_labels: `[batch, classes]`.
        logits: of the same shape.
        weights: see `compute_weighted_loss`.
        label_smoothing: how far labels are moved towards one over the number of classes.
        scope: wanted name of the scope.
        loss_collection: the collection that the result is added to, or None.
        reduction: a `Reduction`.

    Raises:
        ValueError: shapes do not fit, or an argument is missing.
    """
    _require(onehot_labels=onehot_labels, logits=logits)
    inputs = [logits, onehot_labels, weights]
    with name_scope(scope, "softmax_cross_entropy_loss", inputs) as inner:
        logits = convert_to_tensor(logits)
        labels = cast(onehot_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            classes = cast(shape(labels)[-1], logits.dtype)
            right = 1.0 - label_smoothing
            wrong = label_smoothing / classes
            labels = labels * right + wrong
        labels = build("StopGradient", name="labels_stop_gradient", input=labels)
        losses = softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@public("losses.sparse_softmax_cross_entropy")
def sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """`tf.nn.sparse_softmax_cross_entropy_with_logits`, weighted and reduced as by `compute_weighted_loss`.

    Args:
        labels: class numbers, `[batch, …]`, also with a last dimension of size one.
        logits: `[batch, …, classes]`.
        weights: see `compute_weighted_loss`.
        scope: wanted name of the scope.
        loss_collection: the collection that the result is added to, or None.
        reduction: a `Reduction`.

    Raises:
        ValueError: shapes do not fit, or an argument is missing.
    """
    _require(labels=labels, logits=logits)
    with name_scope(scope, "sparse_softmax_cross_entropy_loss", [logits, labels, weights]) as inner:
        labels, logits, weights = squeeze_to_match(labels, logits, weights, expected_rank_diff=1)
        losses = sparse_softmax_cross_entropy_with_logits(
            labels=labels, logits=logits, name="xentropy"
        )
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)
