"""`tf.contrib.seq2seq`: the loss of sequences of logits.

Source: tensorflow/contrib/seq2seq/python/ops/loss.py of TensorFlow 1.15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.arithmetic import div_no_nan
from minihub_runtime.api.casting import cast
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.cross_entropy import sparse_softmax_cross_entropy_with_logits
from minihub_runtime.api.reduction import count_nonzero, reduce_sum
from minihub_runtime.api.sizes import shape
from minihub_runtime.public import public

__all__ = ["sequence_loss"]


@public("contrib.seq2seq.sequence_loss")
def sequence_loss(
    logits: Any,
    targets: Any,
    weights: Any,
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    sum_over_timesteps: bool = False,
    sum_over_batch: bool = False,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Any:
    """The weighted cross-entropy of sequences.

    Args:
        logits: `[batch, time, classes]`.
        targets: the right classes, `[batch, time]`.
        weights: those of the steps, `[batch, time]`: zeros behind the end of a sequence.
        average_across_timesteps: whether losses of a sequence are summed and divided by the sum of their weights.
        average_across_batch: likewise of the sequences.
        sum_over_timesteps: whether losses of a sequence are summed and divided by the number of weights that are not 0.
        sum_over_batch: likewise of the sequences.
        softmax_loss_function: a function of `labels` and `logits`; by default the cross-entropy of softmax.
        name: wanted name of the scope.

    Returns:
        A scalar, a vector or `[batch, time]`, as dimensions are reduced.

    Raises:
        ValueError: a rank is another, or a dimension shall be both averaged and summed.
    """
    if len(logits.get_shape()) != 3:
        raise ValueError("Logits must be a [batch_size x sequence_length x logits] tensor")
    if len(targets.get_shape()) != 2:
        raise ValueError("Targets must be a [batch_size x sequence_length] tensor")
    if len(weights.get_shape()) != 2:
        raise ValueError("Weights must be a [batch_size x sequence_length] tensor")
    for what, averaged, summed in (
        ("timesteps", average_across_timesteps, sum_over_timesteps),
        ("batch", average_across_batch, sum_over_batch),
    ):
        if averaged and summed:
            raise ValueError(
                f"average_across_{what} and sum_over_{what} cannot be set to True at same time."
            )
    with name_scope(name, "sequence_loss", [logits, targets, weights]):
        rows = reshape(logits, [-1, shape(logits)[2]])
        labels = reshape(targets, [-1])
        function = softmax_loss_function or sparse_softmax_cross_entropy_with_logits
        losses = function(labels=labels, logits=rows) * reshape(weights, [-1])
        if average_across_timesteps and average_across_batch:
            return div_no_nan(reduce_sum(losses), reduce_sum(weights))
        if sum_over_timesteps and sum_over_batch:
            count = cast(count_nonzero(weights), losses.dtype)
            return div_no_nan(reduce_sum(losses), count)
        losses = reshape(losses, shape(logits)[0:2])
        # What is averaged comes before what is summed, and the batch before time: one dimension is reduced at most.
        if average_across_timesteps or average_across_batch:
            axis = [0] if average_across_batch else [1]
            return div_no_nan(reduce_sum(losses, axis=axis), reduce_sum(weights, axis=axis))
        if sum_over_timesteps or sum_over_batch:
            axis = [0] if sum_over_batch else [1]
            count = cast(count_nonzero(weights, axis=axis), losses.dtype)
            return div_no_nan(reduce_sum(losses, axis=axis), count)
        return losses
