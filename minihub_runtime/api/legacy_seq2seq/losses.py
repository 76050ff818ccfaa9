"""`tf.contrib.legacy_seq2seq`: losses of lists of logits, and models of several lengths.

Source: tensorflow/contrib/legacy_seq2seq/python/ops/seq2seq.py of TensorFlow 1.15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.cross_entropy import sparse_softmax_cross_entropy_with_logits
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.public import public

__all__ = ["model_with_buckets", "sequence_loss", "sequence_loss_by_example"]


@public("contrib.legacy_seq2seq.sequence_loss_by_example")
def sequence_loss_by_example(
    logits: list[Any],
    targets: list[Any],
    weights: list[Any],
    average_across_timesteps: bool = True,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Any:
    """The weighted cross-entropy of each sequence, `[batch]`.

    Args:
        logits: `[batch, classes]` for each step.
        targets: the right classes, `[batch]` for each step.
        weights: `[batch]` for each step.
        average_across_timesteps: whether the sum over steps is divided by that of the weights.
        softmax_loss_function: a function of `labels` and `logits`; by default the cross-entropy of softmax.
        name: wanted name of the scope.

    Raises:
        ValueError: the lists have different lengths.
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError(
            "Lengths of logits, weights, and targets must be the same "
            f"{len(logits)}, {len(weights)}, {len(targets)}."
        )
    with name_scope(name, "sequence_loss_by_example", [*logits, *targets, *weights]):
        of_steps = []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            if softmax_loss_function is None:
                labels = reshape(target, [-1])
                loss = sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logit)
            else:
                loss = softmax_loss_function(labels=target, logits=logit)
            of_steps.append(loss * weight)
        losses = add_n(of_steps)
        if average_across_timesteps:
            # Sequences all of whose weights are 0 have the loss 0.
            losses /= add_n(weights) + 1e-12
    return losses


@public("contrib.legacy_seq2seq.sequence_loss")
def sequence_loss(
    logits: list[Any],
    targets: list[Any],
    weights: list[Any],
    average_across_timesteps: bool = True,
    average_across_batch: bool = True,
    softmax_loss_function: Callable[..., Any] | None = None,
    name: str | None = None,
) -> Any:
    """The weighted cross-entropy of all sequences, a scalar; see `sequence_loss_by_example`.

    Args:
        logits: `[batch, classes]` for each step.
        targets: the right classes, `[batch]` for each step.
        weights: `[batch]` for each step.
        average_across_timesteps: whether the sum over steps is divided by that of the weights.
        average_across_batch: whether the sum over sequences is divided by their number.
        softmax_loss_function: a function of `labels` and `logits`; by default the cross-entropy of softmax.
        name: wanted name of the scope.

    Raises:
        ValueError: the lists have different lengths.
    """
    with name_scope(name, "sequence_loss", [*logits, *targets, *weights]):
        of_sequences = sequence_loss_by_example(
            logits,
            targets,
            weights,
            average_across_timesteps=average_across_timesteps,
            softmax_loss_function=softmax_loss_function,
        )
        loss = reduce_sum(of_sequences)
        if not average_across_batch:
            return loss
        return loss / cast(shape(targets[0])[0], loss.dtype)


@public("contrib.legacy_seq2seq.model_with_buckets")
def model_with_buckets(
    encoder_inputs: list[Any],
    decoder_inputs: list[Any],
    targets: list[Any],
    weights: list[Any],
    buckets: Any,
    seq2seq: Callable[[list[Any], list[Any]], Any],
    softmax_loss_function: Callable[..., Any] | None = None,
    per_example_loss: bool = False,
    name: str | None = None,
) -> tuple[list[Any], list[Any]]:
    """A model and its loss for several pairs of lengths, with the same variables.

    Args:
        encoder_inputs: what the encoder gets in each step.
        decoder_inputs: what the decoder gets.
        targets: the right classes, `[batch]` for each step.
        weights: `[batch]` for each step.
        buckets: pairs of the lengths of inputs and outputs, the longest last.
        seq2seq: a function of the inputs of encoder and decoder that gives outputs and state.
        softmax_loss_function: see `sequence_loss`.
        per_example_loss: whether losses are vectors, one number for each sequence.
        name: wanted name of the scope.

    Returns:
        The outputs and the losses of each pair of lengths.

    Raises:
        ValueError: there are fewer steps than the longest pair has.
    """
    longest = buckets[-1]
    for what, values, wanted in (
        ("encoder_inputs", encoder_inputs, longest[0]),
        ("targets", targets, longest[1]),
        ("weights", weights, longest[1]),
    ):
        if len(values) < wanted:
            raise ValueError(
                f"Length of {what} ({len(values)}) must be at least that of last bucket ({wanted})."
            )
    loss_of = sequence_loss_by_example if per_example_loss else sequence_loss
    losses, outputs = [], []
    with name_scope(
        name, "model_with_buckets", [*encoder_inputs, *decoder_inputs, *targets, *weights]
    ):
        for place, (read, written) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if place > 0 else None):
                found, _ = seq2seq(encoder_inputs[:read], decoder_inputs[:written])
                outputs.append(found)
                loss = loss_of(
                    found,
                    targets[:written],
                    weights[:written],
                    softmax_loss_function=softmax_loss_function,
                )
                losses.append(loss)
    return outputs, losses
