"""`tf.contrib.seq2seq`: a decoder that follows the best beginnings of each sequence.

Source: tensorflow/contrib/seq2seq/python/ops/beam_search_decoder.py of TensorFlow 1.15.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from minihub_runtime.api import logger, nest
from minihub_runtime.api.arithmetic import divide, truediv
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.encoding import one_hot
from minihub_runtime.api.filling import fill, ones_like, zeros
from minihub_runtime.api.gathering import gather, where
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.nn.activation import log_softmax
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import reduce_all, reduce_mean, reduce_sum
from minihub_runtime.api.rnn.combined_cells import assert_like_rnncell
from minihub_runtime.api.rnn.stepping import known_shape
from minihub_runtime.api.seq2seq.attention import known_or_tensor
from minihub_runtime.api.seq2seq.attention_wrapper import AttentionWrapperState
from minihub_runtime.api.seq2seq.basic_decoder import check_output_layer
from minihub_runtime.api.seq2seq.beams import gather_tree, gather_tree_from_array, longest, tile
from minihub_runtime.api.seq2seq.decoding import Decoder, output_size_of
from minihub_runtime.api.seq2seq.helpers import embedding_function, tokens
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import bool_, float32, int32, int64
from minihub_runtime.public import public

__all__ = [
    "BeamSearchDecoder",
    "BeamSearchDecoderOutput",
    "BeamSearchDecoderState",
    "FinalBeamSearchDecoderOutput",
]


@public("contrib.seq2seq.BeamSearchDecoderState")
class BeamSearchDecoderState(NamedTuple):
    """The state of a BeamSearchDecoder.

    Attributes:
        cell_state: the state of the cell, `[batch, beam, …]`.
        log_probs: the logarithms of the probabilities of the beams, `[batch, beam]`.
        finished: which have finished.
        lengths: how many steps they have, int64.
        accumulated_attention_probs: the sums of their alignments, or () without a penalty for coverage.
    """

    cell_state: Any
    log_probs: Any
    finished: Any
    lengths: Any
    accumulated_attention_probs: Any


@public("contrib.seq2seq.BeamSearchDecoderOutput")
class BeamSearchDecoderOutput(NamedTuple):
    """What a step gives, best beam first.

    Attributes:
        scores: `[batch, beam]`.
        predicted_ids: the ids, int32.
        parent_ids: the beam of the step before that each goes on with, int32.
    """

    scores: Any
    predicted_ids: Any
    parent_ids: Any


@public("contrib.seq2seq.FinalBeamSearchDecoderOutput")
class FinalBeamSearchDecoderOutput(NamedTuple):
    """What all steps give.

    Attributes:
        predicted_ids: the sequences, int32 [batch, time, beam], best beam first.
        beam_search_decoder_output: what the steps gave, a BeamSearchDecoderOutput.
    """

    predicted_ids: Any
    beam_search_decoder_output: Any


@public("contrib.seq2seq.BeamSearchDecoder")
class BeamSearchDecoder(Decoder):
    """A decoder that keeps in each step the best beginnings of each sequence.

    The state of the cell is one of `batch · beam` sequences; see `tile_batch`.

    Args:
        cell: the cell.
        embedding: a function of ids, or the table of `tf.nn.embedding_lookup`.
        start_tokens: int32 [batch].
        end_token: the id that ends a sequence.
        initial_state: the state of the cell before the first step, `[batch · beam, …]`.
        beam_width: the number of beams.
        output_layer: a layer of `tf.layers` behind the cell, such as `tf.layers.Dense`.
        length_penalty_weight: how much long sequences gain: scores are divided by `((5 + length) / 6) ** weight`.
        coverage_penalty_weight: how much sequences lose that do not attend to all of the memory.
        reorder_tensor_arrays: whether TensorArrays of the state are stacked in the end, in the order of the sequences.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: tokens have another rank, or the state another shape.
    """

    def __init__(
        self,
        cell: Any,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        initial_state: Any,
        beam_width: int,
        output_layer: Any = None,
        length_penalty_weight: Any = 0.0,
        coverage_penalty_weight: Any = 0.0,
        reorder_tensor_arrays: bool = True,
    ) -> None:
        assert_like_rnncell("cell", cell)
        check_output_layer(output_layer)
        self._cell = cell
        self._output_layer = output_layer
        self._beam_width = beam_width
        self._length_penalty_weight = length_penalty_weight
        self._coverage_penalty_weight = coverage_penalty_weight
        self._reorder_tensor_arrays = reorder_tensor_arrays
        self._embedding_fn = embedding_function(embedding)
        start, self._end_token = tokens(start_tokens, end_token)
        self._batch_size = size(start)
        self._initial_cell_state = nest.map_structure(self._split, initial_state, cell.state_size)
        self._start_tokens = tile(expand_dims(start, 1), [1, beam_width])
        self._start_inputs = self._embedding_fn(self._start_tokens)
        # The beams are all alike before the first step, so only one of them goes on.
        self._finished = self._first_beam(False, True, bool_)

    def _first_beam(self, on_value: Any, off_value: Any, dtype: Any) -> Tensor:
        """One value for the first beam of each sequence, and one for the others."""
        return one_hot(
            zeros([self._batch_size], dtype=int32),
            depth=self._beam_width,
            on_value=on_value,
            off_value=off_value,
            dtype=dtype,
        )

    @property
    def batch_size(self) -> Any:
        """The number of sequences, not of beams."""
        return self._batch_size

    @property
    def tracks_own_finished(self) -> bool:
        """Yes: what has finished changes places among the beams."""
        return True

    @property
    def output_size(self) -> BeamSearchDecoderOutput:
        """A number for each beam, three times."""
        beams = TensorShape([self._beam_width])
        return BeamSearchDecoderOutput(beams, beams, beams)

    @property
    def _dtype(self) -> Any:
        return nest.flatten(self._initial_cell_state)[0].dtype

    @property
    def output_dtype(self) -> BeamSearchDecoderOutput:
        """The type of the state for the scores, and int32."""
        layer_size = output_size_of(self._cell, self._output_layer)
        scores = nest.map_structure(lambda _: self._dtype, layer_size)
        return BeamSearchDecoderOutput(scores, int32, int32)

    def initialize(self, name: str | None = None) -> Any:
        """What has finished, the embeddings of the first tokens, and the state."""
        dtype = self._dtype
        log_probs = self._first_beam(
            convert_to_tensor(0.0, dtype=dtype), convert_to_tensor(-math.inf, dtype=dtype), dtype
        )
        attended = _attention_probs(self._initial_cell_state, self._coverage_penalty_weight)
        state = BeamSearchDecoderState(
            cell_state=self._initial_cell_state,
            log_probs=log_probs,
            finished=self._finished,
            lengths=zeros([self._batch_size, self._beam_width], dtype=int64),
            accumulated_attention_probs=() if attended is None else attended,
        )
        return self._finished, self._start_inputs, state

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """The sequences; their lengths are those of the state."""
        predicted_ids = gather_tree(
            outputs.predicted_ids,
            outputs.parent_ids,
            max_sequence_lengths=longest(final_state.lengths),
            end_token=self._end_token,
        )
        if self._reorder_tensor_arrays:
            cell_state = nest.map_structure(
                lambda part: self._sorted(part, outputs.parent_ids, final_state.lengths),
                final_state.cell_state,
            )
            final_state = final_state._replace(cell_state=cell_state)
        return FinalBeamSearchDecoderOutput(predicted_ids, outputs), final_state

    def _sorted(self, array: Any, parent_ids: Any, lengths: Any) -> Any:
        """What is in a TensorArray, in the order of the sequences; other values, and arrays that do not fit, stay."""
        if not isinstance(array, TensorArray):
            return array
        known = array.element_shape
        if not known.ndims:
            logger.warn(
                "The TensorArray %s in the cell state is not amenable to sorting based on the beam "
                "search result. For a TensorArray to be sorted, its elements shape must be defined "
                "and have at least a rank of 1, but saw shape: %s",
                array.flow.name,
                known,
            )
            return array
        batch_size, width = constant_value(self._batch_size), self._beam_width
        first, second = [*known.as_list(), None][:2]
        if batch_size is not None and first is not None:
            split = first == batch_size and second in (width, None)
            if not (split or first == batch_size * width):
                logger.warn(
                    "TensorArray reordering expects elements to be reshapable to %s which is "
                    "incompatible with the current shape %s. Consider setting "
                    "reorder_tensor_arrays to False to disable TensorArray reordering during the "
                    "beam search.",
                    TensorShape([batch_size, width, None]),
                    known,
                )
                return array
        stacked = array.stack()
        sizes = shape(stacked)
        fits = build("Equal", x=sizes[1], y=self._batch_size * width)
        if stacked.shape.ndims != 2:
            is_split = build(
                "LogicalAnd",
                x=build("Equal", x=sizes[1], y=self._batch_size),
                y=build("Equal", x=sizes[2], y=width),
            )
            fits = build("LogicalOr", x=fits, y=is_split)
        message = (
            "TensorArray reordering expects elements to be reshapable to [batch_size, beam_size, "
            f"-1] which is incompatible with the dynamic shape of {stacked.name} elements. Consider "
            "setting reorder_tensor_arrays to False to disable TensorArray reordering during the "
            "beam search."
        )
        with control_dependencies([Assert(fits, [message])]):
            return gather_tree_from_array(stacked, parent_ids, lengths)

    def _merge(self, t: Any, depth: Any) -> Any:
        """`[batch · beam, …]` of `[batch, beam, …]`, but for TensorArrays and tensors of one dimension or none."""
        if isinstance(t, TensorArray) or _rank(t) < 2:
            return t
        merged = reshape(t, concat(([self._batch_size * self._beam_width], shape(t)[2:]), 0))
        batch_size = constant_value(self._batch_size)
        rows = None if batch_size is None else int(batch_size) * self._beam_width
        merged.set_shape(TensorShape([rows]).concatenate(known_shape(depth)))
        return merged

    def _split(self, t: Any, depth: Any) -> Any:
        """`[batch, beam, …]` of `[batch · beam, …]`, but for TensorArrays and scalars.

        Raises:
            ValueError: the rank is not known, or the sizes are others.
        """
        if isinstance(t, TensorArray) or _rank(t) < 1:
            return t
        split = reshape(t, concat(([self._batch_size, self._beam_width], shape(t)[1:]), 0))
        sizes = [constant_value(self._batch_size), self._beam_width]
        wanted = TensorShape(sizes).concatenate(known_shape(depth))
        if not split.shape.is_compatible_with(wanted):
            raise ValueError(
                "Unexpected behavior when reshaping between beam width and batch size.  The "
                f"reshaped tensor has shape: {split.shape}.  We expected it to have shape "
                f"(batch_size, beam_width, depth) == {wanted}.  Perhaps you forgot to create a "
                "zero_state with batch_size=encoder_batch_size * beam_width?"
            )
        split.set_shape(wanted)
        return split

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """One step of all beams, of whose continuations the best are kept."""
        sizes = self._cell.state_size
        with name_scope(name, "BeamSearchDecoderStep", (time, inputs, state)):
            inputs = nest.map_structure(lambda part: self._merge(part, part.shape[2:]), inputs)
            cell_state = nest.map_structure(self._merge, state.cell_state, sizes)
            outputs, next_cell_state = self._cell(inputs, cell_state)
            outputs = nest.map_structure(lambda part: self._split(part, part.shape[1:]), outputs)
            next_cell_state = nest.map_structure(self._split, next_cell_state, sizes)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            made, next_state = self._best(outputs, next_cell_state, state)
            next_inputs = cond(
                reduce_all(next_state.finished),
                lambda: self._start_inputs,
                lambda: self._embedding_fn(made.predicted_ids),
            )
        return made, next_state, next_inputs, next_state.finished

    def _best(
        self, logits: Any, cell_state: Any, state: BeamSearchDecoderState
    ) -> tuple[BeamSearchDecoderOutput, BeamSearchDecoderState]:
        """The best continuations, and the state that goes with them.

        Args:
            logits: of the next id, `[batch, beam, ids]`.
            cell_state: the state of the cell behind the step.
            state: that of the search before it.
        """
        batch_size, width = self._batch_size, self._beam_width
        going = build("LogicalNot", x=state.finished)
        ids = known_or_tensor(logits, -1)
        log_probs = _ending(log_softmax(logits), self._end_token, state.finished)
        log_probs = expand_dims(state.log_probs, 2) + log_probs
        # Any id but the last makes what is going longer.
        longer = one_hot(
            fill([batch_size, width], self._end_token),
            depth=ids,
            on_value=convert_to_tensor(0, int64),
            off_value=convert_to_tensor(1, int64),
            dtype=int64,
        )
        lengths = longer * expand_dims(cast(going, int64), 2) + expand_dims(state.lengths, 2)
        attended = _attention_probs(cell_state, self._coverage_penalty_weight)
        if attended is not None:
            attended = attended * expand_dims(cast(going, float32), 2)
            attended = state.accumulated_attention_probs + attended
        scores = self._scores(log_probs, lengths, state.finished, attended)
        best, places = build(
            "TopKV2",
            input=reshape(scores, [batch_size, -1]),
            k=convert_to_tensor(width, dtype=int32, name="beam_width"),
        )
        for tensor in (best, places):
            tensor.set_shape([constant_value(batch_size), width])
        new_ids = build("FloorMod", name="next_beam_word_ids", x=places, y=ids)
        parents = cast(truediv(places, ids), int32, name="next_beam_parent_ids")

        def of_parents(values: Any, name: str | None = None) -> Any:
            """What the beams had that the best ones go on with; TensorArrays and scalars stay."""
            if isinstance(values, TensorArray) or _rank(values) < 2:
                return values
            return self._gathered(values, parents, width, name)

        ended = of_parents(state.finished)
        finished = build(
            "LogicalOr",
            name="next_beam_finished",
            x=ended,
            y=build("Equal", x=new_ids, y=self._end_token),
        )
        continued = reshape(log_probs, [batch_size, -1])
        next_state = BeamSearchDecoderState(
            cell_state=nest.map_structure(of_parents, cell_state),
            log_probs=self._gathered(continued, places, width * ids, "next_beam_probs"),
            finished=finished,
            lengths=of_parents(state.lengths) + cast(build("LogicalNot", x=ended), int64),
            accumulated_attention_probs=()
            if attended is None
            else of_parents(attended, "next_accumulated_attention_probs"),
        )
        return BeamSearchDecoderOutput(best, new_ids, parents), next_state

    def _gathered(self, values: Any, places: Any, count: Any, name: str | None = None) -> Tensor:
        """For each sequence as many items as there are beams.

        Args:
            values: the items, `[batch, count, …]`.
            places: which of them, int32 [batch, beam].
            count: how many there are of each sequence.
            name: wanted name of the scope.
        """
        with name_scope(name, "tensor_gather_helper"):
            batch_size, width, sizes = self._batch_size, self._beam_width, shape(values)[2:]
            begins = expand_dims(range(batch_size) * count, 1)
            items = reshape(values, concat(([batch_size * count], sizes), 0))
            found = gather(items, reshape(places + begins, [-1]))
            found = reshape(found, concat(([batch_size, width], sizes), 0), name="output")
            known = TensorShape([constant_value(batch_size), width])
            found.set_shape(known.concatenate(values.shape[2:]))
            return found

    def _scores(self, log_probs: Any, lengths: Any, finished: Any, attended: Any) -> Any:
        """Log probabilities with the penalties for length and coverage.

        Raises:
            ValueError: the weight of coverage is no scalar.
        """
        penalty = _length_penalty(lengths, self._length_penalty_weight)
        scores = divide(log_probs, cast(penalty, log_probs.dtype))
        weight = convert_to_tensor(self._coverage_penalty_weight, name="coverage_penalty_weight")
        if weight.shape.ndims != 0:
            raise ValueError(
                f"coverage_penalty_weight should be a scalar, but saw shape: {weight.shape}"
            )
        if attended is None or constant_value(weight) == 0:
            return scores
        # What lies behind the end of the memory has no attention at all, and needs none.
        attended = where(build("Equal", x=attended, y=0.0), ones_like(attended), attended)
        covered = reduce_sum(build("Log", x=build("Minimum", x=attended, y=1.0)), 2)
        covered = covered * cast(finished, float32) * weight
        return scores + expand_dims(covered, 2)


def _rank(t: Tensor) -> int:
    """The rank of a tensor.

    Raises:
        ValueError: it is not known.
    """
    if t.shape.ndims is None:
        raise ValueError(f"Expected tensor ({t}) to have known rank, but ndims == None.")
    return int(t.shape.ndims)


def _ending(log_probs: Tensor, end_token: Any, finished: Any) -> Tensor:
    """Log probabilities `[batch, beam, ids]`, by which what has finished goes on with the last token alone."""
    ids, dtype = shape(log_probs)[2], log_probs.dtype
    row = one_hot(
        end_token,
        ids,
        dtype=dtype,
        on_value=convert_to_tensor(0.0, dtype=dtype),
        off_value=dtype.min,
    )
    rows = tile(reshape(row, [1, 1, -1]), concat([shape(finished), [1]], 0))
    return where(tile(expand_dims(finished, 2), [1, 1, ids]), rows, log_probs)


def _length_penalty(lengths: Any, weight: Any) -> Any:
    """`((5 + lengths) / 6) ** weight`, the number 1 for a weight of 0."""
    weight = convert_to_tensor(weight, name="penalty_factor")
    weight.set_shape(())
    if constant_value(weight) == 0:
        return 1.0
    return divide((5.0 + cast(lengths, float32)) ** weight, 6.0**weight)


def _attention_probs(cell_state: Any, coverage_penalty_weight: Any) -> Any:
    """The mean alignments of the state of a cell, None without a penalty for coverage.

    Raises:
        ValueError: there is a penalty, but no cell attends to anything.
    """
    if isinstance(coverage_penalty_weight, float | int) and coverage_penalty_weight == 0:
        return None
    states = cell_state if isinstance(cell_state, tuple) else (cell_state,)
    if isinstance(cell_state, AttentionWrapperState):
        states = (cell_state,)
    found = [
        _mean(state.alignments) for state in states if isinstance(state, AttentionWrapperState)
    ]
    if not found:
        raise ValueError("coverage_penalty_weight must be 0.0 if no cell is attentional.")
    return _mean(tuple(found))


def _mean(parts: Any) -> Any:
    """The mean of several tensors; a single one as it is."""
    parts = parts if isinstance(parts, tuple) else (parts,)
    if len(parts) == 1:
        return parts[0]
    return reduce_mean(concat([expand_dims(part, -1) for part in parts], -1), -1)
