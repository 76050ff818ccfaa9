"""`tf.contrib.seq2seq`: training that takes now and then what the model itself said as the next input.

Source: tensorflow/contrib/seq2seq/python/ops/helper.py of TensorFlow 1.15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import fill
from minihub_runtime.api.gathering import where
from minihub_runtime.api.gathering_nd import gather_nd
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.reduction import reduce_all, reduce_any
from minihub_runtime.api.rnn.dynamic import swap_batch_and_time
from minihub_runtime.api.seq2seq.drawing import bernoulli_sample, categorical_sample
from minihub_runtime.api.seq2seq.helpers import TrainingHelper, embedding_function, unstacked
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import bool_, int32
from minihub_runtime.public import public

__all__ = ["ScheduledEmbeddingTrainingHelper", "ScheduledOutputTrainingHelper"]


def _probability(sampling_probability: Any) -> Tensor:
    """The probability as a tensor.

    Raises:
        ValueError: it is neither a scalar nor a vector.
    """
    made = convert_to_tensor(sampling_probability, name="sampling_probability")
    if made.shape.ndims not in (0, 1):
        raise ValueError(
            f"sampling_probability must be either a scalar or a vector. saw shape: {made.shape}"
        )
    return made


def _where(condition: Any) -> Tensor:
    """Where it holds, int32 [n, 1]."""
    made: Tensor = cast(where(condition), int32)
    return made


def _woven(sampled: Any, places: Tensor, given: Any, other_places: Tensor) -> Tensor:
    """Inputs with the sampled rows at `places`, and those of `given` at the others."""
    sizes = shape(given)
    parts = ((places, sampled), (other_places, gather_nd(given, other_places)))
    first, second = (
        build("ScatterNd", indices=indices, updates=updates, shape=sizes)
        for indices, updates in parts
    )
    made: Tensor = first + second
    return made


@public("contrib.seq2seq.ScheduledEmbeddingTrainingHelper")
class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """Inputs that are given, or with some probability embeddings of ids that are drawn by the outputs.

    Samples are the drawn ids, and -1 where none was drawn.

    Args:
        inputs: `[batch, time, …]`.
        sequence_length: int32 [batch].
        embedding: a function of ids, or the table of `tf.nn.embedding_lookup`.
        sampling_probability: how often ids are drawn, from 0 to 1: a scalar, or one for each sequence.
        time_major: whether inputs are `[time, batch, …]`.
        seed: the seed of the ids.
        scheduling_seed: the seed of the choice.
        name: wanted name of the scope.

    Raises:
        ValueError: an argument has another rank.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        embedding: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        scheduling_seed: int | None = None,
        name: str | None = None,
    ) -> None:
        with name_scope(
            name, "ScheduledEmbeddingSamplingWrapper", [embedding, sampling_probability]
        ):
            self._embedding_fn = embedding_function(embedding)
            self._sampling_probability = _probability(sampling_probability)
            self._seed = seed
            self._scheduling_seed = scheduling_seed
            super().__init__(inputs, sequence_length, time_major=time_major, name=name)

    def sample(
        self, time: Any, outputs: Any, state: Any = None, name: str | None = None, **kwargs: Any
    ) -> Any:
        """Drawn ids, or -1."""
        with name_scope(name, "ScheduledEmbeddingTrainingHelperSample", [time, outputs, state]):
            chosen = bernoulli_sample(
                self._sampling_probability, bool_, self.batch_size, self._scheduling_seed
            )
            drawn = categorical_sample(outputs, seed=self._seed)
            return where(chosen, drawn, fill([self.batch_size], -1))

    def next_inputs(
        self,
        time: Any,
        outputs: Any,
        state: Any,
        sample_ids: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """The given inputs of the next step, with embeddings where ids were drawn."""
        with name_scope(
            name,
            "ScheduledEmbeddingTrainingHelperNextInputs",
            [time, outputs, state, sample_ids],
        ):
            finished, given, state = super().next_inputs(time, outputs, state, name=name)

            def mixed() -> Tensor:
                places, others = _where(sample_ids > -1), _where(sample_ids <= -1)
                return _woven(
                    self._embedding_fn(gather_nd(sample_ids, places)), places, given, others
                )

            return finished, cond(reduce_all(finished), lambda: given, mixed), state


@public("contrib.seq2seq.ScheduledOutputTrainingHelper")
class ScheduledOutputTrainingHelper(TrainingHelper):
    """Inputs that are given, or with some probability the outputs of the step before.

    Samples are 1 where outputs are taken, else 0.

    Args:
        inputs: `[batch, time, …]`.
        sequence_length: int32 [batch].
        sampling_probability: how often outputs are taken, from 0 to 1: a scalar, or one for each sequence.
        time_major: whether inputs are `[time, batch, …]`.
        seed: the seed of the choice.
        next_inputs_fn: a function of outputs that makes inputs of them.
        auxiliary_inputs: `[batch, time, …]`, what stands behind inputs and outputs in the last dimension.
        name: wanted name of the scope.

    Raises:
        ValueError: an argument has another rank.
    """

    def __init__(
        self,
        inputs: Any,
        sequence_length: Any,
        sampling_probability: Any,
        time_major: bool = False,
        seed: int | None = None,
        next_inputs_fn: Callable[[Any], Any] | None = None,
        auxiliary_inputs: Any = None,
        name: str | None = None,
    ) -> None:
        with name_scope(
            name, "ScheduledOutputTrainingHelper", [inputs, auxiliary_inputs, sampling_probability]
        ):
            self._sampling_probability = _probability(sampling_probability)
            self._auxiliary_input_tas = None
            if auxiliary_inputs is not None:
                inputs = convert_to_tensor(inputs, name="inputs")
                auxiliary_inputs = convert_to_tensor(auxiliary_inputs, name="auxiliary_inputs")
                inputs = concat((inputs, auxiliary_inputs), -1)
                if not time_major:
                    auxiliary_inputs = swap_batch_and_time(auxiliary_inputs)
                self._auxiliary_input_tas = unstacked(auxiliary_inputs)
            self._seed = seed
            self._next_inputs_fn = next_inputs_fn
            super().__init__(inputs, sequence_length, time_major=time_major, name=name)

    def sample(
        self, time: Any, outputs: Any, state: Any = None, name: str | None = None, **kwargs: Any
    ) -> Any:
        """Whether outputs are taken."""
        with name_scope(name, "ScheduledOutputTrainingHelperSample", [time, outputs, state]):
            return bernoulli_sample(
                self._sampling_probability, sample_shape=self.batch_size, seed=self._seed
            )

    def next_inputs(
        self,
        time: Any,
        outputs: Any,
        state: Any,
        sample_ids: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """The given inputs of the next step, with outputs where they are taken."""
        with name_scope(
            name, "ScheduledOutputTrainingHelperNextInputs", [time, outputs, state, sample_ids]
        ):
            finished, given, state = super().next_inputs(time, outputs, state, name=name)
            taken = cast(sample_ids, bool_)

            def with_auxiliary(values: Any, places: Tensor | None = None) -> Any:
                if self._auxiliary_input_tas is None:
                    return values
                behind = self._auxiliary_input_tas.read(time + 1)
                if places is not None:
                    behind = gather_nd(behind, places)
                return concat((values, behind), -1)

            def mixed() -> Tensor:
                if self._next_inputs_fn is None:
                    return where(taken, with_auxiliary(outputs), given)
                places, others = _where(taken), _where(build("LogicalNot", x=taken))
                sampled = self._next_inputs_fn(gather_nd(outputs, places))
                return _woven(with_auxiliary(sampled, places), places, given, others)

            none = build("LogicalNot", x=reduce_any(taken))
            stays = build("LogicalOr", x=reduce_all(finished), y=none)
            return finished, cond(stays, lambda: given, mixed), state
