"""How the losses of examples become one.

Source: keras/src/utils/losses_utils.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import div_no_nan
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.metrics.accumulating import matched
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import size
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = ["Reduction", "check_reduction", "weighted_loss"]


@public("keras.losses.Reduction")
class Reduction:
    """How the losses of examples become one; those of `tf.losses` are others, which `tf.losses.Reduction` has.

    Attributes:
        AUTO: as SUM_OVER_BATCH_SIZE.
        NONE: they stay as they are; heads refuse it.
        SUM: the sum of the losses times their weights.
        SUM_OVER_BATCH_SIZE: that, divided by how many losses there are, whatever their weights.
    """

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them."""
        return (cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE)

    @classmethod
    def validate(cls, key: str) -> None:
        """Raise ValueError unless `key` is one of them."""
        if key not in cls.all():
            raise ValueError(f'Invalid Reduction Key: {key}. Expected keys are "{cls.all()}"')


def check_reduction(loss_reduction: str) -> None:
    """Raise ValueError unless the losses of a head become one that way."""
    if loss_reduction not in Reduction.all() or loss_reduction == Reduction.NONE:
        valid = ", ".join(repr(key) for key in Reduction.all() if key != Reduction.NONE)
        raise ValueError(
            f"Invalid loss_reduction: {loss_reduction}. It must be one of {valid}, which "
            "`tf.keras.losses.Reduction` names; `tf.losses.Reduction` names others."
        )


def weighted_loss(losses: Any, weights: Any, reduction: str) -> Any:
    """The losses of a batch as one, a scalar of their type.

    Args:
        losses: numbers.
        weights: a number, or numbers that broadcast to the losses.
        reduction: one of `Reduction` but NONE.
    """
    with name_scope(None, "weighted_loss", (losses, weights)):
        losses = convert_to_tensor(losses)
        given = losses.dtype
        losses = losses if given.is_floating else cast(losses, float32)
        losses, _, weights = matched(losses, None, cast(weights, losses.dtype))
        weighted = build("Mul", x=losses, y=weights)
        loss = reduce_sum(weighted)
        if reduction != Reduction.SUM:
            count = cast(size(weighted, name="num_elements"), weighted.dtype)
            loss = div_no_nan(loss, count, name="value")
        return loss if given.is_floating else cast(loss, given)
