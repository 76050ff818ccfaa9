"""`tf.contrib.seq2seq`: what a BasicDecoder takes as its next inputs.

Source: tensorflow/contrib/seq2seq/python/ops/helper.py of TensorFlow 1.15.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any

from minihub_runtime.api.arithmetic import divide
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import zeros_like
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.nn.embedding import embedding_lookup
from minihub_runtime.api.reduction import argmax, reduce_all
from minihub_runtime.api.rnn.dynamic import swap_batch_and_time
from minihub_runtime.api.seq2seq.drawing import categorical_sample
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = [
    "CustomHelper",
    "GreedyEmbeddingHelper",
    "Helper",
    "InferenceHelper",
    "SampleEmbeddingHelper",
    "TrainingHelper",
    "embedding_function",
    "tokens",
    "unstacked",
]


def embedding_function(embedding: Any) -> Callable[[Any], Any]:
    """A function of ids that gives inputs: `embedding` itself, or the lookup in that table."""
    if callable(embedding):
        return embedding  # type: ignore[no-any-return]
    return lambda ids: embedding_lookup(embedding, ids)


def tokens(start_tokens: Any, end_token: Any) -> tuple[Tensor, Tensor]:
    """The tokens that begin sequences, int32 [batch], and the one that ends them, an int32 scalar.

    Raises:
        ValueError: they have other ranks.
    """
    start = convert_to_tensor(start_tokens, dtype=int32, name="start_tokens")
    end = convert_to_tensor(end_token, dtype=int32, name="end_token")
    if start.shape.ndims != 1:
        raise ValueError("start_tokens must be a vector")
    if end.shape.ndims != 0:
        raise ValueError("end_token must be a scalar")
    return start, end


def unstacked(inputs: Tensor) -> TensorArray:
    """The steps of inputs, `[time, batch, …]`."""
    array = TensorArray(dtype=inputs.dtype, size=shape(inputs)[0], element_shape=inputs.shape[1:])
    return array.unstack(inputs)


def _not_finished(batch_size: Any) -> Tensor:
    made: Tensor = build("Tile", input=[False], multiples=[batch_size])
    return made


@public("contrib.seq2seq.Helper")
class Helper(abc.ABC):
    """What samples from the outputs of a BasicDecoder and makes its next inputs of that."""

    @property
    @abc.abstractmethod
    def batch_size(self) -> Any:
        """The number of sequences."""
        raise NotImplementedError("batch_size has not been implemented")

    @property
    @abc.abstractmethod
    def sample_ids_shape(self) -> Any:
        """The shape of a sample, without the batch."""
        raise NotImplementedError("sample_ids_shape has not been implemented")

    @property
    @abc.abstractmethod
    def sample_ids_dtype(self) -> Any:
        """The type of a sample."""
        raise NotImplementedError("sample_ids_dtype has not been implemented")

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> Any:
        """Which sequences have finished before the first step, and its inputs."""

    @abc.abstractmethod
    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """The samples of a step."""

    @abc.abstractmethod
    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> Any:
        """Which sequences have finished, the inputs of the next step, and its state."""


class _IdHelper(Helper):
    """A helper whose samples are ids: int32 scalars."""

    _batch_size: Any

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return self._batch_size

    @property
    def sample_ids_shape(self) -> Any:
        """That of a scalar."""
        return TensorShape([])

    @property
    def sample_ids_dtype(self) -> Any:
        """`tf.int32`."""
        return int32


@public("contrib.seq2seq.CustomHelper")
class CustomHelper(Helper):
    """A helper made of functions.

    Args:
        initialize_fn: a function without arguments that gives what has finished, and the first inputs.
        sample_fn: a function of `time`, `outputs` and `state` that gives samples.
        next_inputs_fn: a function of these and `sample_ids` that gives what has finished, next inputs and next state.
        sample_ids_shape: the shape of a sample; by default that of a scalar.
        sample_ids_dtype: its type, int32 by default.
    """

    def __init__(
        self,
        initialize_fn: Callable[..., Any],
        sample_fn: Callable[..., Any],
        next_inputs_fn: Callable[..., Any],
        sample_ids_shape: Any = None,
        sample_ids_dtype: Any = None,
    ) -> None:
        self._initialize_fn = initialize_fn
        self._sample_fn = sample_fn
        self._next_inputs_fn = next_inputs_fn
        self._batch_size: Any = None
        self._sample_ids_shape = TensorShape(sample_ids_shape or [])
        self._sample_ids_dtype = sample_ids_dtype or int32

    @property
    def batch_size(self) -> Any:
        """The number of sequences.

        Raises:
            ValueError: `initialize` was not called yet, which tells it.
        """
        if self._batch_size is None:
            raise ValueError("batch_size accessed before initialize was called")
        return self._batch_size

    @property
    def sample_ids_shape(self) -> Any:
        """The shape of a sample."""
        return self._sample_ids_shape

    @property
    def sample_ids_dtype(self) -> Any:
        """The type of a sample."""
        return self._sample_ids_dtype

    def initialize(self, name: str | None = None) -> Any:
        """What `initialize_fn` gives."""
        with name_scope(name, f"{type(self).__name__}Initialize"):
            finished, inputs = self._initialize_fn()
            if self._batch_size is None:
                self._batch_size = size(finished)
        return finished, inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What `sample_fn` gives."""
        with name_scope(name, f"{type(self).__name__}Sample", (time, outputs, state)):
            return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> Any:
        """What `next_inputs_fn` gives."""
        with name_scope(name, f"{type(self).__name__}NextInputs", (time, outputs, state)):
            return self._next_inputs_fn(
                time=time, outputs=outputs, state=state, sample_ids=sample_ids
            )


@public("contrib.seq2seq.TrainingHelper")
class TrainingHelper(_IdHelper):
    """Inputs that are given; samples are where outputs are largest, and nothing comes of them.

    Args:
        inputs: `[batch, time, …]`.
        sequence_length: int32 [batch].
        time_major: whether inputs are `[time, batch, …]`.
        name: wanted name of the scope.

    Raises:
        ValueError: `sequence_length` is no vector.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        time_major: bool = False,
        name: str | None = None,
    ) -> None:
        with name_scope(name, "TrainingHelper", [inputs, sequence_length]):
            inputs = convert_to_tensor(inputs, name="inputs")
            self._inputs = inputs
            if not time_major:
                inputs = swap_batch_and_time(inputs)
            self._input_tas = unstacked(inputs)
            self._sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            if self._sequence_length.shape.ndims != 1:
                raise ValueError(
                    "Expected sequence_length to be a vector, but received shape: "
                    f"{self._sequence_length.shape}"
                )
            self._zero_inputs = zeros_like(inputs[0, :])
            self._batch_size = size(self._sequence_length)

    @property
    def inputs(self) -> Any:
        """The inputs, as they were given."""
        return self._inputs

    @property
    def sequence_length(self) -> Any:
        """The lengths of the sequences."""
        return self._sequence_length

    def initialize(self, name: str | None = None) -> Any:
        """Sequences without a step have finished; the first inputs."""
        with name_scope(name, "TrainingHelperInitialize"):
            finished = build("Equal", x=0, y=self._sequence_length)
            return finished, self._read(0, finished)

    def _read(self, time: Any, finished: Any) -> Any:
        """The inputs of a step, zeros if there is none."""
        return cond(
            reduce_all(finished), lambda: self._zero_inputs, lambda: self._input_tas.read(time)
        )

    def sample(
        self, time: Any, outputs: Any, state: Any = None, name: str | None = None, **kwargs: Any
    ) -> Any:
        """Where outputs are largest."""
        with name_scope(name, "TrainingHelperSample", [time, outputs]):
            return cast(argmax(outputs, axis=-1), int32)

    def next_inputs(
        self,
        time: Any,
        outputs: Any,
        state: Any,
        sample_ids: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """The inputs of the next step."""
        with name_scope(name, "TrainingHelperNextInputs", [time, outputs, state]):
            next_time = time + 1
            finished = next_time >= self._sequence_length
            return finished, self._read(next_time, finished), state


@public("contrib.seq2seq.GreedyEmbeddingHelper")
class GreedyEmbeddingHelper(_IdHelper):
    """Each step gets the embedding of the most probable id of the step before.

    Args:
        embedding: a function of ids, or the table of `tf.nn.embedding_lookup`.
        start_tokens: int32 [batch].
        end_token: the id that ends a sequence.

    Raises:
        ValueError: tokens have another rank.
    """

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any) -> None:
        self._embedding_fn = embedding_function(embedding)
        self._start_tokens, self._end_token = tokens(start_tokens, end_token)
        self._batch_size = size(self._start_tokens)
        self._start_inputs = self._embedding_fn(self._start_tokens)

    def initialize(self, name: str | None = None) -> Any:
        """No sequence has finished; the embeddings of the first tokens."""
        return _not_finished(self._batch_size), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """The most probable ids.

        Raises:
            TypeError: outputs are not one tensor.
        """
        return argmax(_logits(outputs), axis=-1, output_type=int32)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> Any:
        """The embeddings of the samples; sequences have finished whose sample is the last token."""
        finished = build("Equal", x=sample_ids, y=self._end_token)
        # What comes after the end of all sequences is not looked at.
        inputs = cond(
            reduce_all(finished),
            lambda: self._start_inputs,
            lambda: self._embedding_fn(sample_ids),
        )
        return finished, inputs, state


def _logits(outputs: Any) -> Tensor:
    if not isinstance(outputs, Tensor):
        raise TypeError(f"Expected outputs to be a single Tensor, got: {type(outputs)}")
    return outputs


@public("contrib.seq2seq.SampleEmbeddingHelper")
class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """Each step gets the embedding of an id that is drawn by the outputs of the step before.

    Args:
        embedding: a function of ids, or the table of `tf.nn.embedding_lookup`.
        start_tokens: int32 [batch].
        end_token: the id that ends a sequence.
        softmax_temperature: what logits are divided by; less than 1 favours what is probable anyway.
        seed: the seed of the draws.

    Raises:
        ValueError: tokens have another rank.
    """

    def __init__(
        self,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        softmax_temperature: Any = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(embedding, start_tokens, end_token)
        self._softmax_temperature = softmax_temperature
        self._seed = seed

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Drawn ids.

        Raises:
            TypeError: outputs are not one tensor.
        """
        logits = _logits(outputs)
        if self._softmax_temperature is not None:
            logits = divide(logits, self._softmax_temperature)
        return categorical_sample(logits, seed=self._seed)


@public("contrib.seq2seq.InferenceHelper")
class InferenceHelper(Helper):
    """A helper of a function that samples.

    Args:
        sample_fn: a function of outputs that gives samples.
        sample_shape: the shape of a sample.
        sample_dtype: its type.
        start_inputs: the first inputs.
        end_fn: a function of samples that tells which sequences have finished, bool [batch].
        next_inputs_fn: a function of samples that gives the next inputs; by default these are the samples.
    """

    def __init__(
        self,
        sample_fn: Callable[[Any], Any],
        sample_shape: Any,
        sample_dtype: Any,
        start_inputs: Any,
        end_fn: Callable[[Any], Any],
        next_inputs_fn: Callable[[Any], Any] | None = None,
    ) -> None:
        self._sample_fn = sample_fn
        self._end_fn = end_fn
        self._sample_shape = TensorShape(sample_shape)
        self._sample_dtype = sample_dtype
        self._next_inputs_fn = next_inputs_fn
        self._batch_size = shape(start_inputs)[0]
        self._start_inputs = convert_to_tensor(start_inputs, name="start_inputs")

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        return self._batch_size

    @property
    def sample_ids_shape(self) -> Any:
        """The shape of a sample."""
        return self._sample_shape

    @property
    def sample_ids_dtype(self) -> Any:
        """The type of a sample."""
        return self._sample_dtype

    def initialize(self, name: str | None = None) -> Any:
        """No sequence has finished; the first inputs."""
        return _not_finished(self._batch_size), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What `sample_fn` gives."""
        return self._sample_fn(outputs)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> Any:
        """What the functions give for the samples."""
        inputs = sample_ids if self._next_inputs_fn is None else self._next_inputs_fn(sample_ids)
        return self._end_fn(sample_ids), inputs, state
