"""What must hold of logits, labels, weights and functions that compute losses.

Source: tensorflow_estimator/python/estimator/canned/head.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.ranks import assert_rank_at_least
from minihub_runtime.api.checks.values import (
    assert_equal,
    assert_less_equal,
    assert_non_negative,
)
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.feature_column.base import DenseColumn
from minihub_runtime.api.feature_column.numeric import numeric_column
from minihub_runtime.api.feature_column.transformation import FeatureTransformationCache
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.identity import identity
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.losses import Reduction
from minihub_runtime.api.reduction import reduce_all, reduce_any
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.sparse.conversion import convert_to_tensor_or_sparse_tensor
from minihub_runtime.dtypes import float32
from minihub_runtime.train.estimator.calling import accepted, argument_names

__all__ = [
    "call_loss_fn",
    "check_loss_fn",
    "check_loss_reduction",
    "check_one_step",
    "check_thresholds",
    "checked_labels",
    "checked_logits",
    "checked_range",
    "checked_weights",
]


def check_loss_reduction(loss_reduction: str) -> None:
    """Raise ValueError unless losses become one that way."""
    if loss_reduction not in Reduction.all() or loss_reduction == Reduction.NONE:
        raise ValueError(f"Invalid loss_reduction: {loss_reduction}")


def check_thresholds(thresholds: Sequence[float]) -> None:
    """Raise ValueError unless all thresholds lie between 0 and 1."""
    if not all(0 < threshold < 1 for threshold in thresholds):
        raise ValueError(f"thresholds not in (0, 1): {thresholds}.")


def check_one_step(optimizer: Any, train_op_fn: Any) -> None:
    """Raise ValueError unless exactly one of two ways to make a step is given."""
    if optimizer is not None and train_op_fn is not None:
        raise ValueError("train_op_fn and optimizer cannot both be set.")
    if optimizer is None and train_op_fn is None:
        raise ValueError("train_op_fn and optimizer cannot both be None.")


def checked_logits(logits: Any, dimension: int) -> Any:
    """Logits `[D0, …, DN, dimension]` as float32.

    Raises:
        ValueError: their last dimension is known and another.
    """
    with name_scope(None, "logits", (logits,)) as scope:
        logits = cast(logits, float32)
        found = shape(logits)
        ranks = assert_rank_at_least(
            logits,
            2,
            data=[found],
            message="logits shape must be [D0, D1, ... DN, logits_dimension]",
        )
        with control_dependencies([ranks]):
            static = logits.shape
            if static.ndims is not None and static.as_list()[-1] is not None:
                if static.as_list()[-1] != dimension:
                    raise ValueError(
                        f"logits shape must be [D0, D1, ... DN, logits_dimension={dimension}], got {static}."
                    )
                return logits
            same = assert_equal(
                dimension,
                found[-1],
                data=[found],
                message=f"logits shape must be [D0, D1, ... DN, logits_dimension={dimension}]",
            )
            with control_dependencies([same]):
                return identity(logits, name=scope)


def checked_labels(labels: Any, logits: Any, dimension: int) -> Any:
    """Labels `[D0, …, DN, dimension]`; a dimension of one may be left out.

    Raises:
        ValueError: there are none, they are sparse, or their last dimension is known and another.
    """
    if labels is None:
        raise ValueError(
            "You must provide a labels Tensor. Given: None. Suggested troubleshooting steps: Check that "
            "your data contain your label feature. Check that your input_fn properly parses and returns "
            "labels."
        )
    with name_scope(None, "labels", (labels, logits)) as scope:
        labels = convert_to_tensor_or_sparse_tensor(labels)
        if isinstance(labels, SparseTensor):
            raise ValueError(
                "SparseTensor labels are not supported. labels must be a Tensor of shape [D0, D1, ..., DN, "
                f"{dimension}], e.g. [batch_size, {dimension}]. Suggested Fix (1): Check the label feature in "
                f"your data. Each example must contain {dimension} value(s). If not, your choice of label was "
                "probably incorrect. Suggested Fix (2): In your input_fn, use tf.sparse_tensor_to_dense() to "
                "turn labels into a Tensor."
            )
        ranks = labels.shape.ndims, logits.shape.ndims
        if None not in ranks and ranks[0] == ranks[1] - 1:
            labels = expand_dims(labels, -1)
        labels_shape, logits_shape = shape(labels), shape(logits)
        message = (
            f"labels shape must be [D0, D1, ... DN, {dimension}]. Suggested Fix: check your n_classes "
            "argument to the estimator and/or the shape of your label."
        )
        ranked = assert_rank_at_least(labels, 2, message=message)
        with control_dependencies([ranked]):
            if labels.shape.ndims is not None:
                found = labels.shape.as_list()[-1]
                if found is not None and found != dimension:
                    raise ValueError(
                        f"Mismatched label shape. Expected labels dimension={dimension}.  Received {found}. "
                        "Suggested Fix:If your classifier expects one-hot encoding label,check your n_classes "
                        "argument to the estimator and/or the shape of your label. Otherwise, check the shape "
                        "of your label."
                    )
            expected = concat([logits_shape[:-1], [dimension]], axis=0)
            same = assert_equal(
                expected,
                labels_shape,
                message=message,
                data=["expected_labels_shape: ", expected, "labels_shape: ", labels_shape],
            )
            with control_dependencies([same]):
                return identity(labels, name=scope)


def checked_weights(
    features: Mapping[str, Any],
    weight_column: Any,
    logits: Any,
    per_logit: bool = False,
    kind: type[DenseColumn] = DenseColumn,
) -> Any:
    """The weights of examples, `[D0, …, DN, 1]`; 1.0 without a column.

    Args:
        features: name → tensor.
        weight_column: a name, or a column.
        logits: `[D0, …, DN, dimension]`.
        per_logit: whether weights may have the shape of the logits, too.
        kind: of the column.

    Raises:
        TypeError: the column is of another type.
        ValueError: the weights are no numbers.
    """
    kinds = "[D0, D1, ... DN] or [D0, D1, ... DN, 1]"
    if per_logit:
        kinds = "[D0, D1, ... DN], [D0, D1, ... DN, 1] or [D0, D1, ... DN, logits_dimension]"
    message = f"weights shape must be {kinds}"
    values = (*features.values(), logits)
    with name_scope(None, "weights", values) as scope:
        if weight_column is None:
            return 1.0
        if isinstance(weight_column, str):
            weight_column = numeric_column(weight_column, shape=(1,))
        if not isinstance(weight_column, kind):
            name = "_DenseColumn" if kind is DenseColumn else kind.__name__
            raise TypeError(
                f"Weight column must be either a string or {name}. Given type: {type(weight_column)}."
            )
        weights = weight_column.get_dense_tensor(FeatureTransformationCache(features), None)
        if not (weights.dtype.is_floating or weights.dtype.is_integer):
            raise ValueError(
                f"Weight column should be castable to float. Given dtype: {weights.dtype}"
            )
        weights = cast(weights, name="weights", dtype=float32)
        weights_shape = shape(weights, name="weights_shape")
        logits_shape = shape(logits, name="logits_shape")
        data = ["logits_shape: ", logits_shape, "weights_shape: ", weights_shape]
        ranks = weights.shape.ndims, logits.shape.ndims
        if None not in ranks and ranks[0] == ranks[1] - 1:
            same = assert_equal(logits_shape[:-1], weights_shape, message=message, data=data)
            with control_dependencies([same]):
                return expand_dims(weights, -1, name=scope)
        expected = concat([logits_shape[:-1], [1]], axis=0)
        if per_logit:
            either = [
                reduce_all(build("Equal", x=logits_shape, y=weights_shape)),
                reduce_all(build("Equal", x=expected, y=weights_shape)),
            ]
            same = Assert(reduce_any(either), data=[message, *data])
        else:
            same = assert_equal(expected, weights_shape, message=message, data=data)
        with control_dependencies([same]):
            return identity(weights, name=scope)


def checked_range(labels: Any, n_classes: int, message: str | None = None) -> Any:
    """Labels of classes, all of which must lie in `[0, n_classes)` when the graph runs.

    Args:
        labels: numbers.
        n_classes: how many classes there are.
        message: what to say otherwise.
    """
    with name_scope(None, "assert_range", (labels,)):
        small = assert_less_equal(
            labels,
            convert_to_tensor(n_classes - 1, dtype=labels.dtype),
            message=message or "Labels must <= n_classes - 1",
        )
        large = assert_non_negative(labels, message=message or "Labels must >= 0")
        with control_dependencies((small, large)):
            return identity(labels)


def check_loss_fn(loss_fn: Callable[..., Any], optional: Collection[str] = ("features",)) -> None:
    """Raise ValueError unless a function takes labels and logits, and at most what is `optional` besides."""
    names = argument_names(loss_fn)
    for required in ("labels", "logits"):
        if required not in names:
            raise ValueError(f"loss_fn must contain argument: {required}. Given arguments: {names}")
    unexpected = sorted(set(names) - {"labels", "logits", *optional})
    if unexpected:
        raise ValueError(f"loss_fn has unexpected args: {unexpected}")


def call_loss_fn(
    loss_fn: Callable[..., Any],
    labels: Any,
    logits: Any,
    features: Mapping[str, Any],
    dimension: int = 1,
) -> Any:
    """What a function says the losses are, which must be `[D0, …, DN, dimension]` when the graph runs."""
    with name_scope(None, "call_loss_fn", [labels, logits, *features.values()]):
        losses = loss_fn(labels=labels, logits=logits, **accepted(loss_fn, features=features))
        logits_shape = shape(logits, name="logits_shape")
        expected = concat([logits_shape[:-1], [dimension]], axis=0, name="expected_loss_shape")
        found = shape(losses, name="loss_shape")
        same = Assert(
            reduce_all(build("Equal", x=found, y=expected)),
            data=[
                f"loss_fn must return Tensor of shape [D0, D1, ... DN, {dimension}]. ",
                "logits_shape: ",
                logits_shape,
                "loss_shape: ",
                found,
            ],
            name="check_loss_shape",
        )
        with control_dependencies([same]):
            return identity(losses)
