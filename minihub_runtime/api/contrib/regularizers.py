"""`tf.contrib.layers`: losses of weights.

Source: tf_slim/layers/regularizers.py.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import GraphKeys, Tensor, get_default_graph, name_scope
from minihub_runtime.api.regularizers import total_of_absolutes
from minihub_runtime.public import public

__all__ = [
    "apply_regularization",
    "l1_l2_regularizer",
    "l1_regularizer",
    "l2_regularizer",
    "sum_regularizer",
]

Regularizer = Callable[[Any], Any]

T = TypeVar("T")


def _public(name: str) -> Callable[[T], T]:
    """The names below `contrib.layers` and `contrib.slim`, and below the module of regularizers of each."""
    places = ("layers", "layers.regularizers", "slim", "slim.regularizers")
    return public(*(f"contrib.{place}.{name}" for place in places))


def _check_scale(scale: Any, name: str = "scale") -> None:
    """Raise ValueError for an integer, which is a mistake as a rule, or a negative number."""
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"{name} cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real) and scale < 0.0:
        raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}")


def _scaled(scale: Any, scope: str | None, name: str, measure: Callable[[Any], Any]) -> Regularizer:
    """A regularizer: `scale` times what is measured; one that adds nothing if the scale is 0."""
    _check_scale(scale)
    if isinstance(scale, numbers.Real) and scale == 0.0:
        return lambda _: None

    def regularizer(weights: Any) -> Any:
        with name_scope(scope, name, [weights]) as own:
            factor = convert_to_tensor(scale, weights.dtype.base_dtype, "scale")
            return build("Mul", name=own, x=factor, y=measure(weights))

    return regularizer


@_public("l1_regularizer")
def l1_regularizer(scale: Any, scope: str | None = None) -> Regularizer:
    """A function of weights: `scale` times the sum of their absolute values.

    Raises:
        ValueError: the scale is negative, or an integer.
    """
    return _scaled(scale, scope, "l1_regularizer", total_of_absolutes)


@_public("l2_regularizer")
def l2_regularizer(scale: Any, scope: str | None = None) -> Regularizer:
    """A function of weights: `scale` times half the sum of their squares.

    Raises:
        ValueError: the scale is negative, or an integer.
    """
    return _scaled(scale, scope, "l2_regularizer", lambda weights: build("L2Loss", t=weights))


@_public("l1_l2_regularizer")
def l1_l2_regularizer(
    scale_l1: Any = 1.0, scale_l2: Any = 1.0, scope: str | None = None
) -> Regularizer | None:
    """The sum of `l1_regularizer` and `l2_regularizer`.

    Raises:
        ValueError: a scale is negative, or an integer.
    """
    _check_scale(scale_l1, "scale_l1")
    _check_scale(scale_l2, "scale_l2")
    scope = scope or "l1_l2_regularizer"
    if scale_l1 == 0.0:
        return l2_regularizer(scale_l2, scope)
    if scale_l2 == 0.0:
        return l1_regularizer(scale_l1, scope)
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope)


@_public("sum_regularizer")
def sum_regularizer(
    regularizer_list: Sequence[Regularizer | None], scope: str | None = None
) -> Regularizer | None:
    """A function of weights: the sum of several; None if there are none."""
    parts = [regularizer for regularizer in regularizer_list if regularizer is not None]
    if not parts:
        return None

    def regularizer(weights: Any) -> Any:
        with name_scope(scope, "sum_regularizer", [weights]) as own:
            losses = [part(weights) for part in parts]
            found = [loss for loss in losses if loss is not None]
            if not found:
                return None
            if len(found) == 1:
                return build("Identity", name=own, input=found[0])
            return build("AddN", name=own, inputs=found)

    return regularizer


@_public("apply_regularization")
def apply_regularization(regularizer: Regularizer, weights_list: Any = None) -> Tensor:
    """The sum of the losses of several weights, added to `REGULARIZATION_LOSSES`.

    Args:
        regularizer: a function of weights.
        weights_list: the weights; by default the collection `WEIGHTS`.

    Raises:
        ValueError: there are no weights, or a loss is no scalar.
    """
    graph = get_default_graph()
    weights = weights_list or graph.get_collection(GraphKeys.WEIGHTS)
    if not weights:
        raise ValueError("No weights to regularize.")
    with name_scope("get_regularization_penalty", values=weights) as scope:
        losses = [regularizer(item) for item in weights]
        losses = [constant(0.0) if loss is None else loss for loss in losses]
        for loss in losses:
            if loss.shape.ndims != 0:
                raise ValueError(
                    "regularizer must return a scalar Tensor instead of a Tensor with rank "
                    f"{loss.shape.ndims}."
                )
        if len(losses) == 1:
            total: Tensor = build("Identity", name=scope, input=losses[0])
        else:
            total = build("AddN", name=scope, inputs=losses)
        graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
        return total
