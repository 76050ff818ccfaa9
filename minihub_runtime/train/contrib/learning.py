"""`tf.contrib.slim.learning`: operations that train as slim makes them, and one step.

Source: tf_slim/learning.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.public import public
from minihub_runtime.train.contrib import training
from minihub_runtime.train.contrib.training import (
    GLOBAL_STEP,
    clip_gradient_norms,
    multiply_gradients,
    summaries_of_gradients,
)
from minihub_runtime.train.optimizers.base import Optimizer

__all__ = ["add_gradients_summaries", "create_train_op", "train_step"]


@public("contrib.slim.learning.add_gradients_summaries")
def add_gradients_summaries(grads_and_vars: Iterable[tuple[Any, Any]]) -> list[Any]:
    """Summaries of gradients: a histogram and the norm of each, below the names of the variables.

    Args:
        grads_and_vars: (gradient, variable) pairs.
    """
    return summaries_of_gradients(grads_and_vars, "/")


@public("contrib.slim.learning.create_train_op")
def create_train_op(
    total_loss: Any,
    optimizer: Optimizer,
    global_step: Any = GLOBAL_STEP,
    update_ops: Any = None,
    variables_to_train: Any = None,
    clip_gradient_norm: float = 0,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: int | None = None,
    colocate_gradients_with_ops: bool = False,
    gradient_multipliers: Mapping[Any, Any] | None = None,
    check_numerics: bool = True,
) -> Any:
    """As `contrib.training.create_train_op`, with gradients multiplied and then clipped.

    Args:
        total_loss: see there, like the arguments that are not described.
        optimizer: see there.
        global_step: see there.
        update_ops: see there.
        variables_to_train: see there.
        clip_gradient_norm: the largest norm of a gradient; 0 for none.
        summarize_gradients: see there.
        gate_gradients: see there.
        aggregation_method: see there.
        colocate_gradients_with_ops: see there.
        gradient_multipliers: see `multiply_gradients`.
        check_numerics: see there.
    """

    def transformed(gradients: Any) -> Any:
        if gradient_multipliers:
            with name_scope("multiply_grads"):
                gradients = multiply_gradients(gradients, gradient_multipliers)
        if clip_gradient_norm > 0:
            with name_scope("clip_grads"):
                gradients = clip_gradient_norms(gradients, clip_gradient_norm)
        return gradients

    return training.create_train_op(
        total_loss,
        optimizer,
        global_step,
        update_ops,
        variables_to_train,
        transformed,
        summarize_gradients,
        gate_gradients,
        aggregation_method,
        colocate_gradients_with_ops,
        check_numerics,
    )


@public("contrib.slim.learning.train_step")
def train_step(
    sess: Any, train_op: Any, global_step: Any, train_step_kwargs: Mapping[str, Any]
) -> tuple[Any, Any]:
    """One step, logged if it is due.

    Args:
        sess: a session.
        train_op: what is run.
        global_step: the global step.
        train_step_kwargs: boolean tensors `should_log` and `should_stop`, each of which may be missing.

    Returns:
        What `train_op` gave, and whether to stop.

    Raises:
        NotImplementedError: steps are to be traced.
    """
    if "should_trace" in train_step_kwargs:
        raise NotImplementedError("contrib.slim.learning.train_step: should_trace")
    start = time.monotonic()
    loss, step = sess.run([train_op, global_step])
    elapsed = time.monotonic() - start
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        LOGGER.info("global step %d: loss = %.4f (%.3f sec/step)", step, loss, elapsed)
    if "should_stop" in train_step_kwargs:
        return loss, sess.run(train_step_kwargs["should_stop"])
    return loss, False
