"""The step of training that belongs to a loss, and the summaries of it.

Source: tensorflow_estimator/python/estimator/head/base_head.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grouping import group
from minihub_runtime.api.summary.operations import scalar
from minihub_runtime.api.variables.global_step import get_global_step
from minihub_runtime.train.estimator.heads.checking import check_one_step
from minihub_runtime.train.estimator.heads.keys import MetricKeys
from minihub_runtime.train.optimizers.base import Optimizer

__all__ = ["regularized", "summarize", "training_step"]


def regularized(loss: Any, regularization_losses: Sequence[Any] | None) -> Any:
    """A loss with others added.

    Args:
        loss: a scalar.
        regularization_losses: scalars, or None.

    Raises:
        ValueError: they are an empty list.
    """
    if regularization_losses is None:
        return loss
    return loss + add_n(regularization_losses)


def training_step(
    loss: Any,
    optimizer: Any,
    trainable_variables: Sequence[Any] | None,
    train_op_fn: Callable[[Any], Any] | None,
    update_ops: Sequence[Any] | None,
) -> Any:
    """An operation that makes a step, together with updates.

    Args:
        loss: a scalar.
        optimizer: a `tf.train.Optimizer`, or None.
        trainable_variables: what it changes; by default the variables of `GraphKeys.TRAINABLE_VARIABLES`.
        train_op_fn: a function from the loss to a step, or None.
        update_ops: more operations that belong to a step.

    Raises:
        ValueError: not exactly one of `optimizer` and `train_op_fn` is given, or an argument is of another type.
    """
    _check_sequence("update_ops", update_ops)
    with name_scope(""), name_scope("training"):
        check_one_step(optimizer, train_op_fn)
        if train_op_fn is not None:
            step = train_op_fn(loss)
        else:
            _check_optimizer(optimizer)
            _check_sequence("trainable_variables", trainable_variables)
            step = optimizer.minimize(
                loss, global_step=get_global_step(), var_list=trainable_variables
            )
        return step if update_ops is None else group(step, *update_ops)


def _check_sequence(name: str, value: Any) -> None:
    if value is not None and not isinstance(value, (list, tuple)):
        raise ValueError(f"{name} should be a list or a tuple. Given type: {type(value)}.")


def _check_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise ValueError(
            "The given optimizer is not a tf.train.Optimizer instance; those of tf.keras.optimizers are not "
            f"supported. Received optimizer of type {type(optimizer)}"
        )


def summarize(
    loss: Any,
    regularization_losses: Sequence[Any] | None,
    key_of: Callable[[str], str] = str,
) -> None:
    """Summaries of a loss, and of what regularisation adds to it, in the outermost scope.

    Args:
        loss: a scalar.
        regularization_losses: scalars, or None.
        key_of: makes the tags.
    """
    with name_scope(""):
        scalar(key_of(MetricKeys.LOSS), loss)
        if regularization_losses is not None:
            scalar(key_of(MetricKeys.LOSS_REGULARIZATION), add_n(regularization_losses))
