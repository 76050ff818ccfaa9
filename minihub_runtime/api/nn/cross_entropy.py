"""Losses of logits, element by element or row by row.

Source: tensorflow/python/ops/nn_ops.py, nn_impl.py.
"""

from __future__ import annotations

import math
from typing import Any

from minihub_runtime.api.arithmetic import add
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.filling import ones_like, zeros_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import Tensor, control_dependencies, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.ranges import range
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.api.slicing import slice
from minihub_runtime.dtypes import bfloat16, float16, float32
from minihub_runtime.public import public

__all__ = [
    "log_poisson_loss",
    "sigmoid_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits_v2",
    "sparse_softmax_cross_entropy_with_logits",
    "weighted_cross_entropy_with_logits",
]


def _require_both(function: str, labels: Any, logits: Any) -> None:
    if labels is None or logits is None:
        raise ValueError(
            f"Both `labels` and `logits` must be provided for {function}"
            f"Received: labels={labels} and logits={logits}"
        )


def _require_same_shape(first: Tensor, second: Tensor, names: str) -> None:
    if not second.shape.is_compatible_with(first.shape):
        raise ValueError(
            f"{names} must have the same shape, received ({first.shape} vs {second.shape})."
        )


@public("nn.softmax_cross_entropy_with_logits_v2")
def softmax_cross_entropy_with_logits_v2(
    labels: Any, logits: Any, axis: Any = None, name: str | None = None, dim: Any = None
) -> Tensor:
    """The cross entropy of distributions against the softmax of logits.

    Args:
        labels: distributions along the axis.
        logits: of the same shape.
        axis: the axis of the classes, by default the last.
        name: wanted name.
        dim: another name of `axis`.

    Returns:
        Losses, of the shape without the axis.

    Raises:
        ValueError: `axis` and `dim` are both given, or shapes do not fit.
    """
    axis = deprecated_argument_lookup("axis", axis, "dim", dim)
    axis = -1 if axis is None else axis
    with name_scope(name, "softmax_cross_entropy_with_logits", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        is_half = logits.dtype in (float16, bfloat16)
        precise = cast(logits, float32) if is_half else logits
        labels = cast(labels, precise.dtype)
        ranks = rank(precise)
        if axis != -1:
            precise = _move_to_end(precise, axis, ranks)
            labels = _move_to_end(labels, axis, ranks)
        sizes = shape(precise)
        precise = _flatten_outer_dims(precise)
        labels = _flatten_outer_dims(labels)
        cost, _ = build(
            "SoftmaxCrossEntropyWithLogits", name=scope, features=precise, labels=labels
        )
        cost = reshape(cost, slice(sizes, [0], [build("Sub", x=ranks, y=1)]))
        if logits.shape.rank is not None:
            known = logits.shape.as_list()
            del known[axis]
            cost.set_shape(known)
        return cast(cost, logits.dtype) if is_half else cost


def _move_to_end(tensor: Tensor, axis: Any, ranks: Any) -> Tensor:
    return transpose(tensor, concat([range(axis), range(axis + 1, ranks), [axis]], 0))


def _flatten_outer_dims(logits: Tensor) -> Tensor:
    """A matrix whose rows are the last dimension."""
    ranks = rank(logits)
    last = slice(shape(logits), [build("Sub", x=ranks, y=1)], [1])
    flat: Tensor = reshape(logits, concat([[-1], last], 0))
    if logits.shape.rank is not None:
        *outer, width = logits.shape.as_list()
        if None not in outer:
            flat.set_shape([math.prod(outer), width])
    return flat


@public("nn.softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(
    labels: Any = None,
    logits: Any = None,
    dim: Any = -1,
    name: str | None = None,
    axis: Any = None,
) -> Tensor:
    """`softmax_cross_entropy_with_logits_v2` whose gradient does not reach the labels.

    Raises:
        ValueError: `labels` or `logits` is missing, or shapes do not fit.
    """
    dim = deprecated_argument_lookup("axis", axis, "dim", dim)
    _require_both("softmax_cross_entropy_with_logits", labels, logits)
    with name_scope(name, "softmax_cross_entropy_with_logits_sg", [logits, labels]) as scope:
        labels = build("StopGradient", name="labels_stop_gradient", input=labels)
    return softmax_cross_entropy_with_logits_v2(labels, logits, axis=dim, name=scope)


@public("nn.sparse_softmax_cross_entropy_with_logits")
def sparse_softmax_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """The cross entropy of class numbers against the softmax of logits.

    Args:
        labels: int32 or int64, `s`.
        logits: `s + [classes]`.
        name: wanted name.

    Returns:
        Losses, `s`.

    Raises:
        ValueError: `labels` or `logits` is missing, or shapes do not fit.
    """
    _require_both("sparse_softmax_cross_entropy_with_logits", labels, logits)
    with name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        is_half = logits.dtype is float16
        precise = cast(logits, float32) if is_half else logits
        labels_static = labels.shape
        labels_shape = shape(labels)
        known = labels_static.is_fully_defined() and logits.shape[:-1].is_fully_defined()
        if logits.shape.rank == 0:
            raise ValueError(f"`logits` cannot be a scalar. Received logits={logits}`")
        if (
            logits.shape.rank is not None
            and labels_static.rank is not None
            and labels_static.rank != logits.shape.rank - 1
        ):
            raise ValueError(
                "`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
                f"labels.shape={labels_static} of rank {labels_static.rank} and "
                f"logits.shape={logits.shape} of rank {logits.shape.rank}"
            )
        if known and labels_static != logits.shape[:-1]:
            raise ValueError(
                "`labels.shape` must equal `logits.shape` except for the last dimension. Received: "
                f"labels.shape={labels_static} and logits.shape={logits.shape}"
            )
        if logits.shape.rank == 2:
            cost = _of_rows(precise, labels, name)
            return cast(cost, float16) if is_half else cost
        checks = [] if known else [assert_equal(shape(labels), shape(logits)[:-1])]
        with control_dependencies(checks):
            classes = shape(logits)[rank(logits) - 1]
            precise = reshape(precise, [-1, classes])
            labels = reshape(labels, [-1])
            cost = reshape(_of_rows(precise, labels, name), labels_shape)
            cost.set_shape(labels_static)
            return cast(cost, float16) if is_half else cost


def _of_rows(logits: Tensor, labels: Tensor, name: str | None) -> Tensor:
    cost: Tensor = build(
        "SparseSoftmaxCrossEntropyWithLogits", name=name, features=logits, labels=labels
    )[0]
    return cost


@public("nn.sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """The cross entropy of chances against the sigmoid of logits, element by element.

    Raises:
        ValueError: `labels` or `logits` is missing, or their shapes differ.
    """
    _require_both("sigmoid_cross_entropy_with_logits", labels, logits)
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _require_same_shape(logits, labels, "`logits` and `labels`")
        # max(x, 0) and -|x|, written so that both have the gradient 1/2 · … at zero that the sigmoid has.
        zeros = zeros_like(logits, dtype=logits.dtype)
        positive = logits >= zeros
        above = where(positive, logits, zeros)
        below = where(positive, -logits, logits)
        made: Tensor = add(
            above - logits * labels, build("Log1p", x=build("Exp", x=below)), name=scope
        )
        return made


@public("nn.weighted_cross_entropy_with_logits")
def weighted_cross_entropy_with_logits(
    labels: Any = None,
    logits: Any = None,
    pos_weight: Any = None,
    name: str | None = None,
    targets: Any = None,
) -> Tensor:
    """`sigmoid_cross_entropy_with_logits` in which positive labels count `pos_weight` times.

    Args:
        labels: chances.
        logits: of the same shape.
        pos_weight: a number, or numbers that broadcast.
        name: wanted name.
        targets: another name of `labels`.

    Raises:
        ValueError: the shapes differ, or `labels` and `targets` are both given.
    """
    labels = deprecated_argument_lookup("labels", labels, "targets", targets)
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _require_same_shape(logits, labels, "`logits` and `labels`")
        weight = 1 + (pos_weight - 1) * labels
        made: Tensor = add(
            (1 - labels) * logits,
            weight
            * (
                build("Log1p", x=build("Exp", x=-build("Abs", x=logits)))
                + build("Relu", features=-logits)
            ),
            name=scope,
        )
        return made


@public("nn.log_poisson_loss")
def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """The Poisson loss of logarithms of expected counts.

    Args:
        targets: counts.
        log_input: logarithms of expected counts, of the same shape.
        compute_full_loss: whether to add Stirling's approximation of what depends on the counts only.
        name: wanted name.

    Raises:
        ValueError: the shapes differ.
    """
    with name_scope(name, "log_poisson_loss", [log_input, targets]):
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        _require_same_shape(log_input, targets, "`log_input` and `targets`")
        result: Tensor = build("Exp", x=log_input) - log_input * targets
        if compute_full_loss:
            half = constant(0.5, dtype=targets.dtype)
            two_pi = constant(2 * math.pi, dtype=targets.dtype)
            stirling = (
                targets * build("Log", x=targets)
                - targets
                + half * build("Log", x=two_pi * targets)
            )
            zeros = zeros_like(targets, dtype=targets.dtype)
            ones = ones_like(targets, dtype=targets.dtype)
            small = build("LogicalAnd", x=targets >= zeros, y=targets <= ones)
            result += where(small, zeros, stirling)
        return result
