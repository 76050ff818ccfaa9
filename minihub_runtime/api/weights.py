"""Weights of values: checked to broadcast, broadcast, and freed of dimensions of size one.

Source: tensorflow/python/ops/weights_broadcast_ops.py, confusion_matrix.py, losses/losses_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.cond import cond
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.sizes import rank, shape, size

__all__ = [
    "assert_broadcastable",
    "broadcast_weights",
    "remove_squeezable_dimensions",
    "squeeze_to_match",
]

_MISFIT = "weights can not be broadcast to values."


def assert_broadcastable(weights: Any, values: Any) -> Any:
    """An operation that fails unless weights are a scalar, or of the rank of `values` with dimensions of one or theirs.

    Raises:
        ValueError: it is known already that they are neither.
    """
    with name_scope(None, "assert_broadcastable", [weights, values]) as scope:
        with name_scope(None, "weights", [weights]) as weights_scope:
            weights = convert_to_tensor(weights, name=weights_scope)
            weights_shape = shape(weights, name="shape")
            weights_rank = rank(weights, name="rank")
        with name_scope(None, "values", [values]) as values_scope:
            values = convert_to_tensor(values, name=values_scope)
            values_shape = shape(values, name="shape")
            values_rank = rank(values, name="rank")
        done = _static_check(weights, values)
        if done is not None:
            return build("NoOp", name=done)
        is_scalar = build("Equal", name="is_scalar", x=0, y=weights_rank)
        data = [
            _MISFIT,
            "weights.shape=",
            weights.name,
            weights_shape,
            "values.shape=",
            values.name,
            values_shape,
            "is_scalar=",
            is_scalar,
        ]
        is_valid = cond(
            is_scalar,
            lambda: is_scalar,
            lambda: _is_valid_nonscalar(weights_rank, weights_shape, values_rank, values_shape),
            name="is_valid_shape",
        )
        return Assert(is_valid, data, name=scope)


def _static_check(weights: Any, values: Any) -> str | None:
    """The name of the check that passes, None if it must wait for the run."""
    wanted, found = values.shape, weights.shape
    if wanted.rank is None or found.rank is None:
        return None
    if found.rank == 0:
        return "static_scalar_check_success"
    if found.rank != wanted.rank:
        raise ValueError(
            f"{_MISFIT} values.rank={wanted.rank}. weights.rank={found.rank}. "
            f"values.shape={wanted}. weights.shape={found}. "
            f"Received weights={weights}, values={values}"
        )
    if not (wanted.is_fully_defined() and found.is_fully_defined()):
        return None
    for dim, (length, whole) in enumerate(zip(found.as_list(), wanted.as_list(), strict=True)):
        if length not in (1, whole):
            raise ValueError(
                f"{_MISFIT} Mismatch at dim {dim}. values.shape={wanted.as_list()}, "
                f"weights.shape={found.as_list()}. Received weights={weights}, values={values}"
            )
    return "static_dims_check_success"


def _is_valid_nonscalar(
    weights_rank: Any, weights_shape: Any, values_rank: Any, values_shape: Any
) -> Any:
    inputs = [weights_rank, weights_shape, values_rank, values_shape]
    with name_scope(None, "has_valid_nonscalar_shape", inputs) as scope:
        is_same_rank = build("Equal", name="is_same_rank", x=values_rank, y=weights_rank)
        return cond(
            is_same_rank,
            lambda: _has_valid_dims(weights_shape, values_shape),
            lambda: is_same_rank,
            name=scope,
        )


def _has_valid_dims(weights_shape: Any, values_shape: Any) -> Any:
    with name_scope(None, "has_invalid_dims", [weights_shape, values_shape]) as scope:
        lengths = expand_dims(values_shape, -1)
        valid = concat((lengths, ones_like(lengths)), axis=1)
        found = expand_dims(weights_shape, -1)
        _, invalid, _ = build(
            "DenseToDenseSetOperation", set1=found, set2=valid, set_operation="a-b"
        )
        count = size(invalid, name="num_invalid_dims")
        return build("Equal", name=scope, x=0, y=count)


def broadcast_weights(weights: Any, values: Any) -> Any:
    """Weights of the shape of `values`.

    Raises:
        ValueError: it is known already that they do not broadcast.
    """
    with name_scope(None, "broadcast_weights", [weights, values]) as scope:
        values = convert_to_tensor(values, name="values")
        weights = convert_to_tensor(weights, dtype=values.dtype.base_dtype, name="weights")
        if (
            weights.shape.is_fully_defined()
            and values.shape.is_fully_defined()
            and weights.shape.is_compatible_with(values.shape)
        ):
            return weights
        with control_dependencies([assert_broadcastable(weights, values)]):
            return build("Mul", name=scope, x=weights, y=ones_like(values))


def remove_squeezable_dimensions(
    labels: Any, predictions: Any, expected_rank_diff: int = 0, name: str | None = None
) -> tuple[Any, Any]:
    """Labels and predictions, of which one has lost its last dimension if the ranks differ otherwise than expected.

    Args:
        labels: a tensor.
        predictions: a tensor.
        expected_rank_diff: how much higher the rank of the predictions should be.
        name: wanted name.
    """
    with name_scope(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions = convert_to_tensor(predictions)
        labels = convert_to_tensor(labels)
        if labels.shape.rank is not None and predictions.shape.rank is not None:
            diff = predictions.shape.rank - labels.shape.rank
            if diff == expected_rank_diff + 1 and _may_lose_last(predictions):
                predictions = squeeze(predictions, [-1])
            elif diff == expected_rank_diff - 1 and _may_lose_last(labels):
                labels = squeeze(labels, [-1])
            return labels, predictions
        diff = rank(predictions) - rank(labels)
        if _may_lose_last(predictions):
            predictions = _squeezed_if(expected_rank_diff + 1, diff, predictions)
        if _may_lose_last(labels):
            labels = _squeezed_if(expected_rank_diff - 1, diff, labels)
        return labels, predictions


def _may_lose_last(tensor: Any) -> bool:
    return tensor.shape.rank is None or tensor.shape.as_list()[-1] in (1, None)


def _squeezed_if(wanted: int, found: Any, tensor: Any) -> Any:
    return cond(build("Equal", x=wanted, y=found), lambda: squeeze(tensor, [-1]), lambda: tensor)


def squeeze_to_match(
    labels: Any, predictions: Any, weights: Any = None, expected_rank_diff: int = 0
) -> tuple[Any, Any, Any]:
    """`remove_squeezable_dimensions` that frees weights of a last dimension that labels do not have, too."""
    labels, predictions = remove_squeezable_dimensions(
        labels, predictions, expected_rank_diff=expected_rank_diff
    )
    if weights is None:
        return labels, predictions, None
    weights = convert_to_tensor(weights)
    if labels.shape.rank is not None and weights.shape.rank is not None:
        if weights.shape.rank - labels.shape.rank == 1:
            weights = squeeze(weights, [-1])
        return labels, predictions, weights
    diff = rank(weights) - rank(labels)
    if weights.shape.rank != 0 and _may_lose_last(weights):
        weights = _squeezed_if(1, diff, weights)
    return labels, predictions, weights
