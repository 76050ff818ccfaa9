"""Cross-entropy losses, and whether targets are among the best."""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.checking import indices_in_range, require, require_rank, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import FLOATS, INDEX, ROUNDING, Array, op, without_gradient
from minihub_runtime.ops.windows import narrow, ranked, widen
from minihub_runtime.shapes import Shape, Spec, broadcast, merge

__all__: list[str] = []


def _log_sum_and_softmax(logits: Array) -> tuple[Array, Array, Array]:
    """Logits below their largest, the logarithm of their exponentials' sum, and the softmax."""
    largest = np.maximum.reduce(logits, axis=-1, keepdims=True, initial=-np.inf)
    shifted = np.subtract(logits, largest, order="C")
    scaled = np.exp(shifted)
    total = np.add.reduce(scaled, axis=-1, keepdims=True)
    scaled /= total
    return shifted, np.log(total), scaled


def _cross_entropy_shape(features: Spec, labels: Spec) -> list[Shape]:
    matrix = (None, None)
    shapes = (matrix if spec.shape is None else spec.shape for spec in (features, labels))
    found = broadcast(*shapes) or ()
    require(len(found) == 2, f"features and labels must broadcast to rank 2, not {len(found)}")
    return [found[:1], found]


@op(
    "SoftmaxCrossEntropyWithLogits(features: T, labels: T) -> loss: T, backprop: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/xent_op.cc",
    shape=_cross_entropy_shape,
)
def softmax_cross_entropy_with_logits(features: Array, labels: Array) -> tuple[Array, Array]:
    """The cross entropy of each row of `labels` against the softmax of `features`, and its gradient.

    Shapes: `[n, c], [n, c] -> [n], [n, c]`; the inputs broadcast.
    Raises: InvalidArgumentError if they do not broadcast to a matrix.
    """
    try:
        shape = np.broadcast_shapes(features.shape, labels.shape)
    except ValueError:
        shape = ()
    require(
        len(shape) == 2,
        f"features and labels must broadcast to rank 2, not {list(features.shape)} "
        f"and {list(labels.shape)}",
    )
    x, y = np.broadcast_to(widen(features), shape), np.broadcast_to(widen(labels), shape)
    shifted, log_sum, chances = _log_sum_and_softmax(x)
    loss = (y * (log_sum - shifted)).sum(axis=1)
    backprop = chances - y
    return narrow(loss, features.dtype), narrow(backprop, features.dtype)


def _sparse_shape(features: Spec, labels: Spec) -> list[Shape]:
    matrix, vector = ranked(features, 2, "features"), ranked(labels, 1, "labels")
    rows = merge(vector, matrix[:1])
    return [rows, (*(rows or (None,)), matrix[1])]


@op(
    "SparseSoftmaxCrossEntropyWithLogits(features: T, labels: Tlabels) -> loss: T, backprop: T",
    T=FLOATS,
    Tlabels=INDEX.default_to("int64"),
    precision=ROUNDING,
    source="core/kernels/sparse_xent_op.cc",
    shape=_sparse_shape,
)
def sparse_softmax_cross_entropy_with_logits(features: Array, labels: Array) -> tuple[Array, Array]:
    """SoftmaxCrossEntropyWithLogits for labels that are class numbers.

    Shapes: `[n, c], [n] -> [n], [n, c]`.
    Raises: InvalidArgumentError for other ranks, different lengths, no classes, labels outside [0, c).
    """
    require_rank(features, 2, "features")
    require_rank(labels, 1, "labels")
    count, classes = features.shape
    if count != len(labels):
        require(
            False, f"labels must have {count} elements, as features has rows, not {len(labels)}"
        )
    if not classes:
        require(False, f"features must have at least one class, not shape {list(features.shape)}")
    indices_in_range(labels, classes, "labels")
    chosen = np.arange(0, count * classes, classes) + labels
    shifted, log_sum, chances = _log_sum_and_softmax(widen(features))
    loss = log_sum[:, 0] - shifted.take(chosen)
    flat = chances.reshape(-1)
    flat[chosen] = flat.take(chosen) - 1
    return narrow(loss, features.dtype), narrow(chances, features.dtype)


def _in_top_k(predictions: Array, targets: Array, k: int) -> Array:
    require_rank(predictions, 2, "predictions")
    require_rank(targets, 1, "targets")
    require(
        len(predictions) == len(targets),
        f"targets must have {len(predictions)} elements, as predictions has rows, "
        f"not {len(targets)}",
    )
    inside = (targets >= 0) & (targets < predictions.shape[1])
    if predictions.size == 0:
        return np.zeros(len(targets), np.bool_)
    chosen = predictions[np.arange(len(targets)), np.where(inside, targets, 0)]
    better = (predictions > chosen[:, np.newaxis]).sum(axis=1)
    # A row with an infinite or NaN prediction has no order, and nothing is in it.
    return inside & np.isfinite(predictions).all(axis=1) & (better < k)


def _targets_shape(predictions: Spec, targets: Spec) -> Shape:
    rows = ranked(predictions, 2, "predictions")[:1]
    return merge(rows, ranked(targets, 1, "targets"))


@op(
    "InTopK(predictions: float32, targets: T) -> precision: bool",
    T=INDEX.default_to("int32"),
    source="core/kernels/in_topk_op.h",
    shape=_targets_shape,
)
def in_top_k(predictions: Array, targets: Array, *, k: int) -> Array:
    """Whether each target's prediction is among the `k` largest of its row; ties count as in.

    Shapes: `[n, c], [n] -> [n]`. A target outside [0, c) is not in.
    Raises: InvalidArgumentError for other ranks or different lengths.
    """
    return _in_top_k(predictions, targets, k)


@op(
    "InTopKV2(predictions: float32, targets: T, k: T) -> precision: bool",
    T=INDEX.default_to("int32"),
    source="core/kernels/in_topk_op.h",
    shape=_targets_shape,
)
def in_top_k_v2(predictions: Array, targets: Array, k: Array) -> Array:
    """InTopK with `k` as a tensor.

    Shapes: `[n, c], [n], [] -> [n]`.
    """
    require_scalar(k, "k")
    return _in_top_k(predictions, targets, int(k))


def _softmax_gradient(ops: Ops, grads: list[Term], features: Term, backprop: Term) -> Term:
    """The gradient of the logits: that of the loss, and that of its own gradient, if anything depends on it."""
    loss, slope = grads
    first: Term = ops.ExpandDims(loss, -1) * backprop
    if slope.known_zero:
        return first
    softmax = ops.Softmax(features)
    inner = ops.BatchMatMulV2(ops.ExpandDims(slope, 1), ops.ExpandDims(softmax, 2))
    return first + (slope - ops.Squeeze(inner, squeeze_dims=[1])) * softmax


@softmax_cross_entropy_with_logits.gradient
def softmax_cross_entropy_with_logits_gradient(
    ops: Ops, grads: list[Term], features: Term, backprop: Term
) -> tuple[Term, Term]:
    labels = ops.ExpandDims(grads[0], -1) * -ops.LogSoftmax(features)
    return _softmax_gradient(ops, grads, features, backprop), labels


@sparse_softmax_cross_entropy_with_logits.gradient
def sparse_softmax_cross_entropy_with_logits_gradient(
    ops: Ops, grads: list[Term], features: Term, backprop: Term
) -> tuple[Term, None]:
    return _softmax_gradient(ops, grads, features, backprop), None


without_gradient("InTopK", "InTopKV2")
