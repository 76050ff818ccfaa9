"""Connectionist temporal classification: losses of label sequences, and decoders.

Source: tensorflow/python/ops/ctc_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.gathering import where
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import transpose
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import bfloat16, float16, float32
from minihub_runtime.public import public

__all__ = [
    "ctc_beam_search_decoder",
    "ctc_beam_search_decoder_v2",
    "ctc_greedy_decoder",
    "ctc_loss",
    "ctc_loss_v2",
]


@public("nn.ctc_loss")
def ctc_loss(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Tensor:
    """The loss of label sequences whose places in time are not known; the last class is the blank.

    Args:
        labels: an int32 SparseTensor, `[batch, labels]`.
        inputs: logits, `[time, batch, classes]`.
        sequence_length: int32 [batch].
        preprocess_collapse_repeated: whether equal labels one after the other become one first.
        ctc_merge_repeated: whether equal classes one after the other are one label.
        ignore_longer_outputs_than_inputs: whether labels longer than their sequence have no loss, rather than being
            an error.
        time_major: whether the time stands first; else `[batch, time, classes]`.
        logits: another name of `inputs`.

    Returns:
        Losses, `[batch]`.

    Raises:
        TypeError: `labels` is not sparse.
        ValueError: `inputs` and `logits` are both given.
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError(
            f"Expected argument `labels` to be a SparseTensor. Received labels={labels} of type: "
            f"{type(labels).__name__}"
        )
    inputs = deprecated_argument_lookup("logits", logits, "inputs", inputs)
    inputs = convert_to_tensor(inputs, name="logits")
    if not time_major:
        inputs = transpose(inputs, [1, 0, 2])
    dtype = inputs.dtype
    is_half = dtype in (float16, bfloat16)
    if is_half:
        inputs = cast(inputs, float32)
    loss: Tensor = build(
        "CTCLoss",
        inputs=inputs,
        labels_indices=labels.indices,
        labels_values=labels.values,
        sequence_length=sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated,
        ctc_merge_repeated=ctc_merge_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs,
    )[0]
    if is_half:
        loss = cast(loss, dtype)
    return loss


@public("nn.ctc_loss_v2")
def ctc_loss_v2(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: int | None = None,
    name: str | None = None,
) -> Tensor:
    """`ctc_loss` of any blank class, of sparse labels.

    Args:
        labels: an int32 SparseTensor, `[batch, labels]`.
        logits: `[time, batch, classes]`.
        label_length: has no effect for sparse labels.
        logit_length: int32 [batch].
        logits_time_major: whether the time stands first; else `[batch, time, classes]`.
        unique: has no effect for sparse labels.
        blank_index: the blank class; a negative number counts from the end.
        name: has no effect for sparse labels.

    Raises:
        NotImplementedError: the labels are dense.
        ValueError: there is no blank class.
    """
    if not isinstance(labels, SparseTensor):
        raise NotImplementedError(
            "tf.nn.ctc_loss_v2 of dense labels is not supported: give a tf.SparseTensor of them"
        )
    if blank_index is None:
        raise ValueError("Argument `blank_index` must be provided when labels is a SparseTensor.")
    count = logits.shape.as_list()[2] or shape(logits)[2]
    if blank_index < 0:
        blank_index += count
    if not isinstance(count, int) or blank_index != count - 1:
        logits = concat(
            [
                logits[:, :, :blank_index],
                logits[:, :, blank_index + 1 :],
                logits[:, :, blank_index : blank_index + 1],
            ],
            axis=2,
        )
        values = where(labels.values < blank_index, labels.values, labels.values - 1)
        labels = SparseTensor(labels.indices, values, labels.dense_shape)
    return ctc_loss(
        labels, inputs=logits, sequence_length=logit_length, time_major=logits_time_major
    )


@public("nn.ctc_greedy_decoder")
def ctc_greedy_decoder(
    inputs: Any, sequence_length: Any, merge_repeated: bool = True, blank_index: int | None = None
) -> tuple[list[SparseTensor], Tensor]:
    """The labels of the likeliest class of each step.

    Args:
        inputs: logits, `[time, batch, classes]`.
        sequence_length: int32 [batch].
        merge_repeated: whether equal classes one after the other are one label.
        blank_index: the blank class, by default the last.

    Returns:
        A list of one int64 SparseTensor `[batch, labels]`, and the sums of the negative logits, `[batch, 1]`.
    """
    indices, values, dense_shape, log_probabilities = build(
        "CTCGreedyDecoder",
        inputs=inputs,
        sequence_length=sequence_length,
        merge_repeated=merge_repeated,
        blank_index=blank_index,
    )
    return [SparseTensor(indices, values, dense_shape)], log_probabilities


@public("nn.ctc_beam_search_decoder")
def ctc_beam_search_decoder(
    inputs: Any,
    sequence_length: Any,
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
) -> tuple[list[SparseTensor], Tensor]:
    """The likeliest label sequences, found by a beam search; the last class is the blank.

    Args:
        inputs: logits, `[time, batch, classes]`.
        sequence_length: int32 [batch].
        beam_width: how many beginnings are followed.
        top_paths: how many sequences are wanted.
        merge_repeated: whether equal labels one after the other become one in the output.

    Returns:
        A list of int64 SparseTensors `[batch, labels]`, the likeliest first, and the logarithms of their chances,
        `[batch, top_paths]`.
    """
    indices, values, shapes, log_probabilities = build(
        "CTCBeamSearchDecoder",
        inputs=inputs,
        sequence_length=sequence_length,
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=merge_repeated,
    )
    parts = zip(indices, values, shapes, strict=True)
    return [SparseTensor(*part) for part in parts], log_probabilities


@public("nn.ctc_beam_search_decoder_v2")
def ctc_beam_search_decoder_v2(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[SparseTensor], Tensor]:
    """`ctc_beam_search_decoder` that leaves equal labels one after the other in the output."""
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, False)
