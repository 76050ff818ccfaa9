"""`tf.contrib.losses.metric_learning`: losses that bring what has the same label together, and keep the rest apart.

Source: tf_slim/losses/metric_learning.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.arithmetic import truediv
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones, ones_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.cross_entropy import softmax_cross_entropy_with_logits
from minihub_runtime.api.reduction import reduce_max, reduce_mean, reduce_min, reduce_sum
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.api.sparse.arithmetic import sparse_minimum
from minihub_runtime.api.sparse.reductions import sparse_reduce_sum
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = [
    "contrastive_loss",
    "lifted_struct_loss",
    "npairs_loss",
    "npairs_loss_multilabel",
    "triplet_semihard_loss",
]


def _public(name: str) -> Callable[[Any], Any]:
    return public(
        f"contrib.losses.metric_learning.{name}",
        f"contrib.slim.losses.metric_learning.{name}",
        f"contrib.slim.losses.{name}",
    )


def _pairwise_distance(feature: Any, squared: bool = False) -> Any:
    """The distance of each row from each, `[rows, rows]`; what rounding takes below zero is zero."""
    feature = convert_to_tensor(feature)
    columns = reduce_sum(build("Square", x=feature), axis=[1], keepdims=True)
    rows = reduce_sum(build("Square", x=transpose(feature)), axis=[0], keepdims=True)
    found = columns + rows - 2.0 * matmul(feature, transpose(feature))
    found = build("Maximum", x=found, y=0.0)
    is_zero = build("LessEqual", x=found, y=0.0)
    if not squared:
        # The gradient of the root is not finite at zero.
        found = build("Sqrt", x=found + cast(is_zero, float32) * 1e-16)
    found *= cast(build("LogicalNot", x=is_zero), float32)
    return found * (ones_like(found) - _identity(shape(feature)[0]))


def _identity(count: Any) -> Any:
    return build("Diag", diagonal=ones(stack([count])))


def _adjacency(labels: Any) -> Any:
    """Which labels are equal, `[batch, batch]`.

    Raises:
        ValueError: the labels are no vector.
    """
    labels = convert_to_tensor(labels)
    labels.shape.assert_has_rank(1)
    column = reshape(labels, [shape(labels)[0], 1])
    return build("Equal", x=column, y=transpose(column))


def _tile(tensor: Any, multiples: Any) -> Any:
    return build("Tile", input=tensor, multiples=multiples)


@_public("contrastive_loss")
def contrastive_loss(
    labels: Any, embeddings_anchor: Any, embeddings_positive: Any, margin: float = 1.0
) -> Any:
    """The mean of squared distances of pairs that belong together, and of what others lack to a margin.

    Args:
        labels: `[batch]`, one for pairs that belong together and zero for others.
        embeddings_anchor: `[batch, size]`.
        embeddings_positive: `[batch, size]`.
        margin: how far apart other pairs shall be.

    Returns:
        A scalar.
    """
    squares = build("SquaredDifference", x=embeddings_anchor, y=embeddings_positive)
    distances = build("Sqrt", x=reduce_sum(squares, 1))
    lack = build("Maximum", x=margin - distances, y=0.0)
    together = cast(labels, distances.dtype)
    losses = together * build("Square", x=distances)
    return reduce_mean(losses + (1.0 - together) * build("Square", x=lack), name="contrastive_loss")


def _masked_maximum(data: Any, mask: Any) -> Any:
    """The largest number of each row among those that the mask, of zeros and ones, chooses."""
    least = reduce_min(data, 1, keepdims=True)
    return reduce_max(build("Mul", x=data - least, y=mask), 1, keepdims=True) + least


def _masked_minimum(data: Any, mask: Any) -> Any:
    """The smallest number of each row among those that the mask, of zeros and ones, chooses."""
    most = reduce_max(data, 1, keepdims=True)
    return reduce_min(build("Mul", x=data - most, y=mask), 1, keepdims=True) + most


@_public("triplet_semihard_loss")
def triplet_semihard_loss(labels: Any, embeddings: Any, margin: float = 1.0) -> Any:
    """How much nearer than a margin others come to pairs of a label, in the mean of these pairs.

    Of the others the nearest one counts that is farther away than the pair is, or the farthest if there is none.

    Args:
        labels: class numbers, `[batch]`.
        embeddings: `[batch, size]`, of length one.
        margin: how much farther away others shall be.

    Returns:
        A float32 scalar.

    Raises:
        ValueError: the labels are no vector.
    """
    adjacency = _adjacency(labels)
    count = size(labels)
    distances = _pairwise_distance(embeddings, squared=True)
    others = build("LogicalNot", x=adjacency)
    # Row `j · batch + i` compares the distances from `i` with that of the pair of `i` and `j`.
    tiled = _tile(distances, [count, 1])
    is_farther = build("Greater", x=tiled, y=reshape(transpose(distances), [-1, 1]))
    outside = cast(build("LogicalAnd", x=_tile(others, [count, 1]), y=is_farther), float32)
    is_some = reduce_sum(outside, 1, keepdims=True) > 0.0
    is_some = transpose(reshape(is_some, [count, count]))
    nearest = transpose(reshape(_masked_minimum(tiled, outside), [count, count]))
    farthest = _tile(_masked_maximum(distances, cast(others, float32)), [1, count])
    losses = margin + (distances - where(is_some, nearest, farthest))
    pairs = cast(adjacency, float32) - _identity(count)
    total = reduce_sum(build("Maximum", x=losses * pairs, y=0.0))
    return truediv(total, reduce_sum(pairs), name="triplet_semihard_loss")


def _npairs(alike: Any, anchor: Any, positive: Any, reg_lambda: float, print_losses: bool) -> Any:
    """The cross entropy of similarities and how alike labels are, and a regularizer.

    Args:
        alike: float32 `[batch, batch]`; rows are divided by their sums.
        anchor: `[batch, size]`.
        positive: `[batch, size]`.
        reg_lambda: how much the lengths count.
        print_losses: print both parts in each run.
    """
    lengths = [reduce_mean(reduce_sum(build("Square", x=x), 1)) for x in (anchor, positive)]
    l2loss = build("Mul", name="l2loss", x=0.25 * reg_lambda, y=lengths[0] + lengths[1])
    similarity = matmul(anchor, positive, transpose_b=True)
    alike = alike / reduce_sum(alike, 1, keepdims=True)
    entropy = softmax_cross_entropy_with_logits(logits=similarity, labels=alike)
    entropy = reduce_mean(entropy, name="xentropy")
    if print_losses:
        entropy = build("Print", input=entropy, data=["cross entropy:", entropy, "l2loss:", l2loss])
    return l2loss + entropy


@_public("npairs_loss")
def npairs_loss(
    labels: Any,
    embeddings_anchor: Any,
    embeddings_positive: Any,
    reg_lambda: float = 0.002,
    print_losses: bool = False,
) -> Any:
    """The cross entropy of which positive belongs to each anchor, by scalar products, and a regularizer.

    Args:
        labels: class numbers, `[pairs]`.
        embeddings_anchor: `[pairs, size]`.
        embeddings_positive: `[pairs, size]`.
        reg_lambda: how much the squared lengths count.
        print_losses: print both parts in each run.

    Returns:
        A float32 scalar.

    Raises:
        ValueError: the labels are no vector.
    """
    alike = cast(_adjacency(labels), float32)
    return _npairs(alike, embeddings_anchor, embeddings_positive, reg_lambda, print_losses)


@_public("npairs_loss_multilabel")
def npairs_loss_multilabel(
    sparse_labels: Sequence[SparseTensor],
    embeddings_anchor: Any,
    embeddings_positive: Any,
    reg_lambda: float = 0.002,
    print_losses: bool = False,
) -> Any:
    """As `npairs_loss`, of pairs with several labels, which are alike as many as they share.

    Args:
        sparse_labels: for each pair a SparseTensor `[classes]` of zeros and ones.
        embeddings_anchor: `[pairs, size]`.
        embeddings_positive: `[pairs, size]`.
        reg_lambda: how much the squared lengths count.
        print_losses: print both parts in each run.

    Returns:
        A float32 scalar.

    Raises:
        TypeError: the labels are no SparseTensors.
    """
    if not all(isinstance(labels, SparseTensor) for labels in sparse_labels):
        raise TypeError(f"sparse_labels must be a list of SparseTensors, but got {sparse_labels}")
    with name_scope("NpairsLossMultiLabel"):
        # Of zeros and ones, the smaller is the product.
        shared = [
            [reshape(sparse_reduce_sum(sparse_minimum(a, b)), []) for b in sparse_labels]
            for a in sparse_labels
        ]
        alike = cast(stack([stack(row) for row in shared]), float32)
        return _npairs(alike, embeddings_anchor, embeddings_positive, reg_lambda, print_losses)


@_public("lifted_struct_loss")
def lifted_struct_loss(labels: Any, embeddings: Any, margin: float = 1.0) -> Any:
    """How far pairs of a label are apart, and how near all others come to either of them, smoothly.

    Args:
        labels: class numbers, `[batch]`.
        embeddings: `[batch, size]`.
        margin: how far away others shall be.

    Returns:
        A float32 scalar.

    Raises:
        ValueError: the labels are no vector.
    """
    adjacency = _adjacency(labels)
    count = size(labels)
    distances = _pairwise_distance(embeddings)
    lack = margin - distances
    others = cast(build("LogicalNot", x=adjacency), float32)
    # The largest exponent of either is taken out of the sums, in which it would overflow.
    largest = _masked_maximum(lack, others)
    largest = build("Maximum", x=largest, y=transpose(largest))
    exponents = _tile(lack, [count, 1]) - reshape(transpose(largest), [-1, 1])
    sums = reduce_sum(build("Exp", x=exponents) * _tile(others, [count, 1]), 1, keepdims=True)
    sums = reshape(sums, [count, count])
    losses = largest + build("Log", x=sums + transpose(sums)) + distances
    pairs = cast(adjacency, float32) - _identity(count)
    squares = build("Square", x=build("Maximum", x=losses * pairs, y=0.0))
    # Each pair stands twice in the matrix, and half of the square counts.
    return truediv(0.25 * reduce_sum(squares), reduce_sum(pairs) / 2.0, name="liftedstruct_loss")
