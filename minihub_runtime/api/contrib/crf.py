"""`tf.contrib.crf`: linear-chain conditional random fields, which score sequences of tags.

The score of a sequence is the sum of what its tags score by themselves, step by step, and of what each pair of neighbours
scores.  `crf_log_likelihood` is for training, `crf_decode` finds the best sequence.

Source: tensorflow_core/contrib/crf/python/ops/crf.py (release 1.15); tensorflow_addons/text/crf.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import smart_cond
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.encoding import sequence_mask
from minihub_runtime.api.filling import fill, zeros_like
from minihub_runtime.api.folding import scan
from minihub_runtime.api.gathering import gather, where
from minihub_runtime.api.gathering_nd import gather_nd
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import expand_dims, reshape, transpose
from minihub_runtime.api.ranges import range as number_range
from minihub_runtime.api.reduction import reduce_logsumexp, reduce_max, reduce_sum
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import bool_, int32
from minihub_runtime.public import public

__all__ = [
    "crf_binary_score",
    "crf_constrained_decode",
    "crf_decode",
    "crf_filtered_inputs",
    "crf_log_likelihood",
    "crf_log_norm",
    "crf_multitag_sequence_score",
    "crf_sequence_score",
    "crf_unary_score",
    "viterbi_decode",
]


def _public(function: Any) -> Any:
    return public(f"contrib.crf.{function.__name__}")(function)


def _lengths(sequence_lengths: Any) -> Any:
    return cast(sequence_lengths, int32)


@_public
def crf_filtered_inputs(inputs: Any, tag_bitmap: Any) -> Any:
    """Scores of tags, minus infinity for those that may not be.

    Args:
        inputs: `[batch, steps, tags]`, what each tag scores in each step.
        tag_bitmap: bool of the same shape, which tags may be.
    """
    inputs = convert_to_tensor(inputs)
    never = fill(shape_of(inputs), cast(float("-inf"), inputs.dtype))
    return where(tag_bitmap, inputs, never)


@_public
def crf_unary_score(tag_indices: Any, sequence_lengths: Any, inputs: Any) -> Any:
    """What the tags of sequences score by themselves, `[batch]`; see `crf_sequence_score`."""
    inputs = convert_to_tensor(inputs)
    tags = cast(tag_indices, int32)
    batch, steps, count = (shape_of(inputs)[axis] for axis in (0, 1, 2))
    starts = expand_dims(number_range(batch) * steps * count, 1)
    starts += expand_dims(number_range(steps) * count, 0)
    scores = reshape(gather(reshape(inputs, [-1]), reshape(starts + tags, [-1])), [batch, steps])
    masks = sequence_mask(_lengths(sequence_lengths), shape_of(tags)[1], scores.dtype)
    return reduce_sum(scores * masks, 1)


@_public
def crf_binary_score(tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """What the pairs of neighbours in sequences score, `[batch]`; see `crf_sequence_score`."""
    transitions = convert_to_tensor(transition_params)
    tags = cast(tag_indices, int32)
    pairs = tags[:, :-1] * shape_of(transitions)[0] + tags[:, 1:]
    scores = gather(reshape(transitions, [-1]), pairs)
    masks = sequence_mask(_lengths(sequence_lengths), shape_of(tags)[1], scores.dtype)
    return reduce_sum(scores * masks[:, 1:], 1)


@_public
def crf_sequence_score(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any
) -> Any:
    """The scores of sequences of tags, `[batch]`.

    Args:
        inputs: `[batch, steps, tags]`, what each tag scores in each step.
        tag_indices: integers `[batch, steps]`, the sequences.
        sequence_lengths: integers `[batch]`, how many steps of each count.
        transition_params: `[tags, tags]`, what a tag scores before another.
    """
    unary = crf_unary_score(tag_indices, sequence_lengths, inputs)
    return unary + crf_binary_score(tag_indices, sequence_lengths, transition_params)


@_public
def crf_multitag_sequence_score(
    inputs: Any, tag_bitmap: Any, sequence_lengths: Any, transition_params: Any
) -> Any:
    """The logarithm of the sum of exponentials of the scores of all sequences whose tags may be, `[batch]`.

    Args:
        inputs: see `crf_sequence_score`.
        tag_bitmap: bool `[batch, steps, tags]`, which tags may be.
        sequence_lengths: see `crf_sequence_score`.
        transition_params: likewise.
    """
    filtered = crf_filtered_inputs(inputs, cast(tag_bitmap, bool_))
    return crf_log_norm(filtered, sequence_lengths, transition_params)


def _passed(
    inputs: Any, lengths: Any, step: Callable[[Any, Any], Any], first: Any, unchanged: Any
) -> Any:
    """What a step makes of the state, again and again; in steps beyond the length of a sequence its state stays.

    Args:
        inputs: `[batch, steps, tags]`.
        lengths: `[batch]`.
        step: takes the state and the scores of a step, and returns a list of tensors `[batch, tags]`.
        first: what stands before the second step, a list like that of `step`.
        unchanged: takes such a list, and returns what stands for it where nothing changes.

    Returns:
        For each tensor its values in all steps but the first, `[steps - 1, batch, tags]`.
    """
    count = inputs.shape[1].value
    steps = shape_of(inputs)[1] if count is None else count
    counted = transpose(sequence_mask(lengths, steps))[1:]

    def advance(before: Any, row: Any) -> Any:
        scores, counts = row
        kept = unchanged(before)
        counts = build("LogicalAnd", x=expand_dims(counts, 1), y=build("OnesLike", x=kept[0]) > 0)
        return [where(counts, a, b) for a, b in zip(step(before, scores), kept, strict=True)]

    return scan(advance, (transpose(inputs, [1, 0, 2])[1:], counted), first)


def _if_one_step(inputs: Any, one: Callable[[], Any], several: Callable[[], Any]) -> Any:
    """What the function for sequences of one step returns, which pass nothing on, or else the other."""
    count = inputs.shape[1].value
    pred = count == 1 if count is not None else build("Equal", x=shape_of(inputs)[1], y=1)
    return smart_cond(pred, one, several)


@_public
def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """The logarithm of the sum of exponentials of the scores of all sequences, `[batch]`; 0 for those without a step.

    Args:
        inputs: see `crf_sequence_score`.
        sequence_lengths: likewise.
        transition_params: likewise.
    """
    inputs = convert_to_tensor(inputs)
    lengths = _lengths(sequence_lengths)
    transitions = expand_dims(convert_to_tensor(transition_params), 0)
    first = inputs[:, 0]

    def step(before: Any, scores: Any) -> Any:
        return [scores + reduce_logsumexp(expand_dims(before[0], 2) + transitions, [1])]

    def last() -> Any:
        [alphas] = _passed(inputs, lengths, step, [first], lambda before: before)
        return alphas[-1]

    norm = reduce_logsumexp(_if_one_step(inputs, lambda: first, last), [1])
    return where(lengths <= 0, zeros_like(norm), norm)


@_public
def crf_log_likelihood(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any = None
) -> tuple[Any, Any]:
    """The logarithms of the probabilities of sequences of tags, `[batch]`, and what neighbours score.

    Args:
        inputs: see `crf_sequence_score`.
        tag_indices: likewise.
        sequence_lengths: likewise.
        transition_params: `[tags, tags]`; by default the variable `transitions` of the open variable scope.
    """
    inputs = convert_to_tensor(inputs)
    if transition_params is None:
        count = inputs.shape[2].value
        transition_params = get_variable("transitions", [count, count])
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return score - crf_log_norm(inputs, sequence_lengths, transition_params), transition_params


@_public
def viterbi_decode(score: Any, transition_params: Any) -> tuple[list[Any], Any]:
    """The best sequence of tags, and its score; of arrays, outside of graphs.

    Args:
        score: array `[steps, tags]`, what each tag scores in each step.
        transition_params: array `[tags, tags]`, what a tag scores before another.
    """
    best = score[0]
    before = []
    for scores in score[1:]:
        passed = np.expand_dims(best, 1) + transition_params
        best = (scores + np.max(passed, 0)).astype(score.dtype)
        before.append(np.argmax(passed, 0).astype(np.int32))
    tags = [np.argmax(best)]
    for places in reversed(before):
        tags.append(places[tags[-1]])
    return tags[::-1], np.max(best)


def _best_tags(scores: Any) -> Any:
    return build("ArgMax", input=scores, dimension=1, output_type=int32)


@_public
def crf_decode(potentials: Any, transition_params: Any, sequence_length: Any) -> tuple[Any, Any]:
    """The best sequences of tags, int32 `[batch, steps]` with zeros behind their ends, and their scores, `[batch]`.

    Args:
        potentials: `[batch, steps, tags]`, what each tag scores in each step.
        transition_params: `[tags, tags]`, what a tag scores before another.
        sequence_length: integers `[batch]`, how many steps of each count, at least one.
    """
    inputs = convert_to_tensor(potentials)
    # The first step counts in any case.
    lengths = build("Maximum", x=_lengths(sequence_length), y=1)
    transitions = expand_dims(convert_to_tensor(transition_params), 0)
    first = inputs[:, 0]
    batch, count = shape_of(first)[0], shape_of(first)[1]
    itself = zeros_like(first, int32) + number_range(count)

    def step(before: Any, scores: Any) -> Any:
        passed = expand_dims(before[0], 2) + transitions
        return [scores + reduce_max(passed, [1]), _best_tags(passed)]

    def back(tags: Any, places: Any) -> Any:
        return gather_nd(places, stack([number_range(batch), tags], 1))

    def one() -> Any:
        return expand_dims(_best_tags(first), 1), reduce_max(first, [1])

    def several() -> Any:
        best, places = _passed(
            inputs, lengths, step, [first, itself], lambda before: [before[0], itself]
        )
        last = _best_tags(best[-1])
        earlier = scan(back, places, last, reverse=True)
        tags = transpose(concat([earlier, expand_dims(last, 0)], 0))
        return tags * sequence_mask(lengths, shape_of(tags)[1], int32), reduce_max(best[-1], [1])

    tags, score = _if_one_step(inputs, one, several)
    return tags, score


@_public
def crf_constrained_decode(
    potentials: Any, tag_bitmap: Any, transition_params: Any, sequence_length: Any
) -> tuple[Any, Any]:
    """The best sequences of tags that may be, and their scores; see `crf_decode` and `crf_filtered_inputs`."""
    filtered = crf_filtered_inputs(potentials, tag_bitmap)
    tags, score = crf_decode(filtered, transition_params, sequence_length)
    return tags, score
