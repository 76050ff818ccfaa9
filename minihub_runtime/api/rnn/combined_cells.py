"""Cells made of other cells: stacks, and wrappers that change what goes in or out.

Source: keras/layers/rnn/legacy_cells.py, legacy_cell_wrappers.py.
"""

from __future__ import annotations

import hashlib
import numbers
from collections.abc import Callable
from typing import Any, ClassVar

from minihub_runtime.api import logger, nest
from minihub_runtime.api.arithmetic import divide
from minihub_runtime.api.building import build
from minihub_runtime.api.contexts import device as device_scope
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layers.base import Layer
from minihub_runtime.api.nn.dropout import dropout
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.api.rnn.cells import RNNCell
from minihub_runtime.api.rnn.lstm_cells import LSTMStateTuple
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.trackable import is_trackable
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.public import public

__all__ = [
    "CellAround",
    "DeviceWrapper",
    "DropoutWrapper",
    "MultiRNNCell",
    "ResidualWrapper",
    "WrapperCell",
    "assert_like_rnncell",
]


def assert_like_rnncell(cell_name: str, cell: Any) -> None:
    """Raise TypeError, naming what is missing, if something is not used as a cell is."""
    lacks = [
        ("'output_size' property is missing", not hasattr(cell, "output_size")),
        ("'state_size' property is missing", not hasattr(cell, "state_size")),
        (
            "either 'zero_state' or 'get_initial_state' method is required",
            not (hasattr(cell, "get_initial_state") or hasattr(cell, "zero_state")),
        ),
        ("is not callable", not callable(cell)),
    ]
    errors = [text for text, missing in lacks if missing]
    if errors:
        raise TypeError(
            f"The argument {cell_name!r} ({cell}) is not an RNNCell: {', '.join(errors)}."
        )


@public("nn.rnn_cell.MultiRNNCell", "contrib.rnn.MultiRNNCell")
class MultiRNNCell(RNNCell):
    """Cells of which each gets the output of the one before.

    Args:
        cells: the cells, from inputs to outputs.
        state_is_tuple: whether the state is a tuple of the cells' states, else one tensor with all side by side.

    Raises:
        ValueError: there are no cells, or states that are tuples shall stand side by side.
        TypeError: `cells` is no list.
    """

    def __init__(self, cells: Any, state_is_tuple: bool = True) -> None:
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not nest.is_nested(cells):
            raise TypeError(f"cells must be a list or tuple, but received: {cells}.")
        if len({id(cell) for cell in cells}) < len(cells):
            logger.log_first_n(
                logger.WARN,
                "At least two cells provided to MultiRNNCell are the same object and will share "
                "weights.",
                1,
            )
        self._cells = cells
        self._state_is_tuple = state_is_tuple
        if not state_is_tuple and any(nest.is_nested(cell.state_size) for cell in cells):
            raise ValueError(
                "Some cells return tuples of states, but the flag state_is_tuple is not set. State "
                f"sizes are: {[cell.state_size for cell in cells]}"
            )

    def _trackable_children(self) -> dict[str, Any]:
        cells = {f"cell-{i}": cell for i, cell in enumerate(self._cells)}
        return {name: cell for name, cell in cells.items() if is_trackable(cell)}

    @property
    def state_size(self) -> Any:
        """The sizes of the cells' states: a tuple, or their sum."""
        sizes = [cell.state_size for cell in self._cells]
        return tuple(sizes) if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """The sizes of the last cell's output."""
        return self._cells[-1].output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros for the states of all cells."""
        with name_scope(f"{type(self).__name__}ZeroState"):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    @property
    def trainable_weights(self) -> list[Any]:
        """The trainable variables of all cells."""
        return self._weights_of_cells("trainable_weights") if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The other variables of all cells."""
        weights = self._weights_of_cells("non_trainable_weights")
        return (
            weights if self.trainable else [*self._weights_of_cells("trainable_weights"), *weights]
        )

    def _weights_of_cells(self, kind: str) -> list[Any]:
        return [w for cell in self._cells if isinstance(cell, Layer) for w in getattr(cell, kind)]

    def call(self, inputs: Any, state: Any) -> Any:
        """The output of the last cell and the states of all.

        Raises:
            ValueError: the state should be a tuple and is none.
        """
        output, new_states, position = inputs, [], 0
        for i, cell in enumerate(self._cells):
            with variable_scope(f"cell_{i}"):
                if not self._state_is_tuple:
                    own = slice(state, [0, position], [-1, cell.state_size])
                    position += cell.state_size
                elif nest.is_nested(state):
                    own = state[i]
                else:
                    raise ValueError(
                        f"Expected state to be a tuple of length {len(self.state_size)}, but "
                        f"received: {state}"
                    )
                output, new_state = cell(output, own)
                new_states.append(new_state)
        return output, tuple(new_states) if self._state_is_tuple else concat(new_states, 1)


class CellAround(RNNCell):
    """A cell that has another inside and variables of its own.

    Args:
        cell: the cell inside.
        **kwargs: further arguments of a layer.

    Attributes:
        cell: the cell inside.
    """

    #: The name of the cell inside in checkpoints of objects.
    _CHILD: ClassVar[str] = "_cell"

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        assert_like_rnncell("cell", cell)
        self.cell = cell

    def _trackable_children(self) -> dict[str, Any]:
        return {self._CHILD: self.cell} if is_trackable(self.cell) else {}

    @property
    def state_size(self) -> Any:
        """That of the cell inside."""
        return self.cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the cell inside."""
        return self.cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros for the cell inside."""
        with name_scope(f"{type(self).__name__}ZeroState"):
            return self.cell.zero_state(batch_size, dtype)


class WrapperCell(CellAround):
    """A cell around another, whose variables stay where they are."""

    _CHILD = "cell"

    def _call_wrapped_cell(self, inputs: Any, state: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Run one step; see `RNNCell`."""
        return self._call_wrapped_cell(inputs, state, scope=scope)


@public("nn.rnn_cell.DropoutWrapper", "contrib.rnn.DropoutWrapper")
class DropoutWrapper(WrapperCell):
    """Dropout of inputs, outputs and states of a cell.

    Args:
        cell: the cell.
        input_keep_prob: the chance of an input to stay: a number from 0 to 1, or a scalar.
        output_keep_prob: that of an output.
        state_keep_prob: that of a state.
        variational_recurrent: whether the same are dropped in every step.
        input_size: the sizes of inputs, needed if they are dropped alike in every step.
        dtype: the type of what is drawn, needed for the same reason.
        seed: the seed; those of the parts are made from it.
        dropout_state_filter_visitor: a function of a part of the state that tells whether it is dropped; by default
            the memory of an LSTM and TensorArrays are not.
        **kwargs: further arguments of a layer.

    Raises:
        TypeError: the filter is no function.
        ValueError: a chance is out of range, or what is needed is missing.
    """

    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: int | None = None,
        dropout_state_filter_visitor: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cell, dtype=dtype, **kwargs)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError(
                "dropout_state_filter_visitor must be callable. Received: "
                f"{dropout_state_filter_visitor}"
            )
        self._dropout_state_filter = dropout_state_filter_visitor or _all_but_memory
        with name_scope("DropoutWrapperInit"):
            self._input_keep_prob = _chance("input_keep_prob", input_keep_prob)
            self._state_keep_prob = _chance("state_keep_prob", state_keep_prob)
            self._output_keep_prob = _chance("output_keep_prob", output_keep_prob)
        self._variational_recurrent = variational_recurrent
        self._input_size = input_size
        self._seed = seed
        self._noise: dict[str, Any] = {}
        if variational_recurrent:
            self._draw(dtype)

    def _draw(self, dtype: Any) -> None:
        """Draw what decides what is dropped in every step."""
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")

        def drawn(salt: str, sizes: Any) -> Any:
            def one(place: int, size: Any) -> Tensor:
                shape = concat(([1], TensorShape(size).as_list()), 0)
                return random_uniform(shape, seed=self._gen_seed(salt, place), dtype=dtype)

            return _enumerated_map_up_to(sizes, one, sizes)

        if not isinstance(self._input_keep_prob, numbers.Real) or self._input_keep_prob < 1.0:
            if self._input_size is None:
                raise ValueError(
                    "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, "
                    "input_size must be provided"
                )
            self._noise["input"] = drawn("input", self._input_size)
        self._noise["state"] = drawn("state", self.cell.state_size)
        self._noise["output"] = drawn("output", self.cell.output_size)

    def _gen_seed(self, salt_prefix: str, index: int) -> int | None:
        """The seed of one part."""
        if self._seed is None:
            return None
        text = f"{self._seed}{salt_prefix}_{index}".encode()
        digest = hashlib.md5(text, usedforsecurity=False).hexdigest()
        return int(digest[:8], 16) & 0x7FFFFFFF

    @property
    def wrapped_cell(self) -> Any:
        """The cell inside."""
        return self.cell

    def build(self, inputs_shape: Any) -> None:
        """Build the cell inside."""
        self.cell.build(inputs_shape)
        self.built = True

    def _dropped(self, values: Any, kind: str, keep_prob: Any, shallow: Any = None) -> Any:
        """Values of which some are dropped; `shallow` tells which parts take part."""
        shallow = values if shallow is None else shallow
        noise = [self._noise[kind]] if self._variational_recurrent else []

        def drop(place: int, wanted: Any, value: Any, *drawn: Any) -> Any:
            if isinstance(wanted, bool) and not wanted:
                return value
            if drawn:
                return _same_dropout(value, drawn[0], keep_prob)
            return dropout(value, rate=1.0 - keep_prob, seed=self._gen_seed(kind, place))

        return _enumerated_map_up_to(shallow, drop, shallow, values, *noise)

    def _call_wrapped_cell(self, inputs: Any, state: Any, **kwargs: Any) -> Any:
        if _may_drop(self._input_keep_prob):
            inputs = self._dropped(inputs, "input", self._input_keep_prob)
        output, new_state = self.cell(inputs, state, **kwargs)
        if _may_drop(self._state_keep_prob):
            shallow = nest.get_traverse_shallow_structure(self._dropout_state_filter, new_state)
            new_state = self._dropped(new_state, "state", self._state_keep_prob, shallow)
        if _may_drop(self._output_keep_prob):
            output = self._dropped(output, "output", self._output_keep_prob)
        return output, new_state


def _chance(name: str, value: Any) -> Any:
    """A number if it is known, else a tensor."""
    tensor = convert_to_tensor(value)
    known = constant_value(tensor)
    if known is None:
        return tensor
    if known < 0 or known > 1:
        raise ValueError(f"Parameter {name} must be between 0 and 1. Received {known}")
    return float(known)


def _may_drop(keep_prob: Any) -> bool:
    return not isinstance(keep_prob, float) or keep_prob < 1


def _same_dropout(value: Tensor, noise: Tensor, keep_prob: Any) -> Tensor:
    kept = build("Floor", x=keep_prob + noise)
    result: Tensor = divide(value, keep_prob) * kept
    result.set_shape(value.shape)
    return result


def _enumerated_map_up_to(shallow: Any, function: Callable[..., Any], *structures: Any) -> Any:
    """`nest.map_structure_up_to` of a function that gets the place of its arguments first."""
    place = -1

    def numbered(*arguments: Any) -> Any:
        nonlocal place
        place += 1
        return function(place, *arguments)

    return nest.map_structure_up_to(shallow, numbered, *structures)


def _all_but_memory(substate: Any) -> Any:
    if isinstance(substate, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return not isinstance(substate, TensorArray)


@public("nn.rnn_cell.ResidualWrapper", "contrib.rnn.ResidualWrapper")
class ResidualWrapper(WrapperCell):
    """A cell whose inputs are added to its outputs.

    Args:
        cell: the cell.
        residual_fn: a function of inputs and outputs; by default their sum.
        **kwargs: further arguments of a layer.
    """

    def __init__(
        self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn or _sum

    def _call_wrapped_cell(self, inputs: Any, state: Any, **kwargs: Any) -> Any:
        outputs, new_state = self.cell(inputs, state, **kwargs)
        return self._residual_fn(inputs, outputs), new_state


def _sum(inputs: Any, outputs: Any) -> Any:
    nest.assert_same_structure(inputs, outputs)
    nest.map_structure(lambda x, y: x.shape.assert_is_compatible_with(y.shape), inputs, outputs)
    return nest.map_structure(lambda x, y: x + y, inputs, outputs)


@public("nn.rnn_cell.DeviceWrapper", "contrib.rnn.DeviceWrapper")
class DeviceWrapper(WrapperCell):
    """A cell whose operations ask for a device.

    Args:
        cell: the cell.
        device: a device, or a function of operations.
        **kwargs: further arguments of a layer.
    """

    def __init__(self, cell: Any, device: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._device = device

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros for the cell inside."""
        with name_scope(f"{type(self).__name__}ZeroState"), device_scope(self._device):
            return self.cell.zero_state(batch_size, dtype)

    def _call_wrapped_cell(self, inputs: Any, state: Any, **kwargs: Any) -> Any:
        with device_scope(self._device):
            return self.cell(inputs, state, **kwargs)
