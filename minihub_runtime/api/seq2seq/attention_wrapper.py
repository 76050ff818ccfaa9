"""`tf.contrib.seq2seq`: a cell that attends to a memory.

Source: tensorflow/contrib/seq2seq/python/ops/attention_wrapper.py of TensorFlow 1.15.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.compatibility import dimension_value
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.graph import Operation, control_dependencies, name_scope
from minihub_runtime.api.identity import identity
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layers.core import Dense
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.reduction import reduce_all
from minihub_runtime.api.rnn.cells import RNNCell
from minihub_runtime.api.rnn.combined_cells import assert_like_rnncell
from minihub_runtime.api.rnn.states import zero_state_tensors
from minihub_runtime.api.rnn.stepping import initial_state_of
from minihub_runtime.api.seq2seq.attention import AttentionMechanism, known_or_tensor
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.trackable import is_trackable
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["AttentionWrapper", "AttentionWrapperState"]


class _State(NamedTuple):
    cell_state: Any
    attention: Any
    time: Any
    alignments: Any
    alignment_history: Any
    attention_state: Any


@public("contrib.seq2seq.AttentionWrapperState")
class AttentionWrapperState(_State):
    """The state of an AttentionWrapper.

    Attributes:
        cell_state: the state of the cell inside.
        attention: the attention of the step before.
        time: the number of the step, int32.
        alignments: the alignments of the step before; a tuple where there are several mechanisms.
        alignment_history: TensorArrays of the alignments of all steps, if they are kept; else ().
        attention_state: the states of the mechanisms.
    """

    __slots__ = ()

    def clone(self, **kwargs: Any) -> AttentionWrapperState:
        """This state with other parts, which must have the shapes of those they replace.

        Raises:
            ValueError: a shape is another.
        """
        return nest.map_structure(  # type: ignore[no-any-return]
            _with_same_shape, self, self._replace(**kwargs)
        )


def _with_same_shape(old: Any, new: Any) -> Any:
    """`new`, for which holds what is known of the shape of `old`; a run looks at what is not known.

    Raises:
        ValueError: the shapes differ.
    """
    if not (isinstance(old, Tensor) and isinstance(new, Tensor)) or old is new:
        return new
    if not new.shape.is_compatible_with(old.shape):
        raise ValueError(
            f"Invalid shape for tensor {new.name}, expected {old.shape}, got {new.shape}."
        )
    if not (new.shape.is_fully_defined() and old.shape.is_fully_defined()):
        with name_scope(f"{new.op.name}/", values=[old, new]):
            wanted, found = shape(old), shape(new)
            same = reduce_all(build("Equal", x=wanted, y=found))
            data = [f"Wrong shape for {new.name} [expected] [actual].", wanted, found]
            with control_dependencies([Assert(same, data)]):
                new = identity(new)
        new.set_shape(old.shape)
    return new


def _compute_attention(
    attention_mechanism: Any, cell_output: Any, attention_state: Any, attention_layer: Any
) -> tuple[Any, Any, Any]:
    """Attention, alignments and next state of a mechanism for what the cell gave."""
    alignments, next_state = attention_mechanism(cell_output, state=attention_state)
    context = squeeze(matmul(expand_dims(alignments, 1), attention_mechanism.values), [1])
    if attention_layer is None:
        return context, alignments, next_state
    return attention_layer(concat([cell_output, context], 1)), alignments, next_state


def _join(inputs: Any, attention: Any) -> Any:
    return concat([inputs, attention], -1)


def _several(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


@public("contrib.seq2seq.AttentionWrapper")
class AttentionWrapper(RNNCell):
    """A cell around another whose inputs have the attention of the step before, and which attends to a memory then.

    For a BeamSearchDecoder, memory, its lengths and the state of the encoder go through `tile_batch`, and `zero_state` is
    asked for as many sequences as there are beams in all.

    Args:
        cell: the cell inside.
        attention_mechanism: a mechanism, or a list of such.
        attention_layer_size: the size of a layer of context and output of the cell, or a list; without it the attention
            is the context.
        alignment_history: whether the state keeps the alignments of all steps.
        cell_input_fn: a function of inputs and attention; by default one stands behind the other.
        output_attention: whether the output is the attention, as with Luong, or that of the cell, as with Bahdanau.
        initial_cell_state: what `zero_state` takes for the state of the cell.
        name: name of the cell, and of its scope.
        attention_layer: a layer of context and output of the cell, or a list, in the place of `attention_layer_size`.
        attention_fn: a function of mechanism, output of the cell, state of the mechanism and layer that gives attention,
            alignments and next state.
        dtype: the type of the cell.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: there are not as many layers as mechanisms, or both size and layer are given.
    """

    def __init__(
        self,
        cell: Any,
        attention_mechanism: Any,
        attention_layer_size: Any = None,
        alignment_history: bool = False,
        cell_input_fn: Callable[[Any, Any], Any] | None = None,
        output_attention: bool = True,
        initial_cell_state: Any = None,
        name: str | None = None,
        attention_layer: Any = None,
        attention_fn: Callable[..., Any] | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        assert_like_rnncell("cell", cell)
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        mechanisms = _several(attention_mechanism)
        for mechanism in mechanisms:
            if not isinstance(mechanism, AttentionMechanism):
                raise TypeError(
                    "attention_mechanism must be an AttentionMechanism or list of multiple "
                    f"AttentionMechanism instances, saw type: {type(mechanism).__name__}"
                )
        if cell_input_fn is not None and not callable(cell_input_fn):
            raise TypeError(
                f"cell_input_fn must be callable, saw type: {type(cell_input_fn).__name__}"
            )
        if attention_layer_size is not None and attention_layer is not None:
            raise ValueError("Only one of attention_layer_size and attention_layer should be set")
        self._cell = cell
        self._attention_mechanisms = mechanisms
        self._cell_input_fn = cell_input_fn or _join
        self._attention_fn = attention_fn or _compute_attention
        self._output_attention = output_attention
        self._alignment_history = alignment_history
        self._attention_layers: tuple[Any, ...] | None = None
        depths = [dimension_value(one.values.shape[-1]) for one in mechanisms]
        if attention_layer_size is not None:
            sizes = self._one_each(attention_layer_size, "attention_layer_size", "integer")
            self._attention_layers = tuple(
                Dense(size, name="attention_layer", use_bias=False, dtype=one.dtype)
                for size, one in zip(sizes, mechanisms, strict=True)
            )
        elif attention_layer is not None:
            self._attention_layers = self._one_each(attention_layer, "attention_layer", "layer")
            sizes = tuple(
                dimension_value(layer.compute_output_shape([None, cell.output_size + depth])[-1])
                for layer, depth in zip(self._attention_layers, depths, strict=True)
            )
        else:
            sizes = tuple(depths)
        self._attention_layer_size = sum(sizes)
        with name_scope(name, "AttentionWrapperInit"):
            self._initial_cell_state = initial_cell_state
            if initial_cell_state is not None:
                batch_size = known_or_tensor(nest.flatten(initial_cell_state)[-1], 0)
                self._initial_cell_state = self._checked(
                    initial_cell_state,
                    batch_size,
                    "check_initial_cell_state",
                    "When constructing AttentionWrapper",
                    "initial_cell_state.  Are you using the BeamSearchDecoder?  You may need to tile "
                    "your initial state via the tf.contrib.seq2seq.tile_batch function with argument "
                    "multiple=beam_width.",
                )

    def _one_each(self, value: Any, argument: str, kind: str) -> tuple[Any, ...]:
        """As many values as there are mechanisms."""
        values, wanted = _several(value), len(self._attention_mechanisms)
        if len(values) != wanted:
            raise ValueError(
                f"If provided, {argument} must contain exactly one {kind} per attention_mechanism, "
                f"saw: {len(values)} vs {wanted}"
            )
        return values

    def _trackable_children(self) -> dict[str, Any]:
        return {"_cell": self._cell} if is_trackable(self._cell) else {}

    def _checked(self, values: Any, batch_size: Any, name: str, when: str, what: str) -> Any:
        """Values that wait for a check that there are as many sequences as in the memories."""
        message = (
            f"{when} {self._base_name}: Non-matching batch sizes between the memory (encoder "
            f"output) and {what}"
        )
        checks: list[Operation] = [
            assert_equal(batch_size, mechanism.batch_size, message=message)
            for mechanism in self._attention_mechanisms
        ]
        with control_dependencies(checks):
            return nest.map_structure(lambda value: identity(value, name=name), values)

    def _item_or_tuple(self, values: Iterable[Any]) -> Any:
        """A tuple where the mechanisms came as a list, else the only item."""
        items = tuple(values)
        return items if self._is_multi else items[0]

    @property
    def output_size(self) -> Any:
        """The size of the attention, or that of the output of the cell."""
        return self._attention_layer_size if self._output_attention else self._cell.output_size

    @property
    def state_size(self) -> AttentionWrapperState:
        """The sizes of an AttentionWrapperState."""
        mechanisms = self._attention_mechanisms
        return AttentionWrapperState(
            cell_state=self._cell.state_size,
            time=TensorShape([]),
            attention=self._attention_layer_size,
            alignments=self._item_or_tuple(one.alignments_size for one in mechanisms),
            attention_state=self._item_or_tuple(one.state_size for one in mechanisms),
            alignment_history=self._item_or_tuple(
                one.alignments_size if self._alignment_history else () for one in mechanisms
            ),
        )

    def zero_state(self, batch_size: Any, dtype: Any) -> AttentionWrapperState:
        """The state before the first step.

        Raises:
            InvalidArgumentError: there are as many sequences neither as in the memories nor as the batch tells, now or in a
                run.
        """
        mechanisms = self._attention_mechanisms
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            cell_state = initial_state_of(self._cell, self._initial_cell_state, batch_size, dtype)
            cell_state = self._checked(
                cell_state,
                batch_size,
                "checked_cell_state",
                "When calling zero_state of AttentionWrapper",
                "the requested batch size.  Are you using the BeamSearchDecoder?  If so, make sure "
                "your encoder output has been tiled to beam_width via "
                "tf.contrib.seq2seq.tile_batch, and the batch_size= argument passed to zero_state "
                "is batch_size * beam_width.",
            )
            alignments = [one.initial_alignments(batch_size, dtype) for one in mechanisms]
            return AttentionWrapperState(
                cell_state=cell_state,
                time=zeros([], dtype=int32),
                attention=zero_state_tensors(self._attention_layer_size, batch_size, dtype),
                alignments=self._item_or_tuple(alignments),
                attention_state=self._item_or_tuple(
                    one.initial_state(batch_size, dtype) for one in mechanisms
                ),
                alignment_history=self._item_or_tuple(
                    TensorArray(dtype, size=0, dynamic_size=True, element_shape=part.shape)
                    if self._alignment_history
                    else ()
                    for part in alignments
                ),
            )

    def call(self, inputs: Any, state: Any) -> Any:
        """One step: the cell, and the attention to the memory for what the cell gives.

        Raises:
            TypeError: the state is none of an AttentionWrapper.
        """
        if not isinstance(state, AttentionWrapperState):
            raise TypeError(
                "Expected state to be instance of AttentionWrapperState. Received type "
                f"{type(state)} instead."
            )
        cell_inputs = self._cell_input_fn(inputs, state.attention)
        cell_output, next_cell_state = self._cell(cell_inputs, state.cell_state)
        cell_output = self._checked(
            cell_output,
            known_or_tensor(cell_output, 0),
            "checked_cell_output",
            "When applying AttentionWrapper",
            "the query (decoder output).  Are you using the BeamSearchDecoder?  You may need to tile "
            "your memory input via the tf.contrib.seq2seq.tile_batch function with argument "
            "multiple=beam_width.",
        )
        states, histories = state.attention_state, state.alignment_history
        if not self._is_multi:
            states, histories = [states], [histories]
        found = [
            self._attention_fn(
                mechanism,
                cell_output,
                states[place],
                self._attention_layers[place] if self._attention_layers else None,
            )
            for place, mechanism in enumerate(self._attention_mechanisms)
        ]
        attentions, alignments, next_states = zip(*found, strict=True)
        attention = concat(list(attentions), 1)
        next_state = AttentionWrapperState(
            time=state.time + 1,
            cell_state=next_cell_state,
            attention=attention,
            attention_state=self._item_or_tuple(next_states),
            alignments=self._item_or_tuple(alignments),
            alignment_history=self._item_or_tuple(
                history.write(state.time, part) if self._alignment_history else ()
                for history, part in zip(histories, alignments, strict=True)
            ),
        )
        return (attention if self._output_attention else cell_output), next_state
