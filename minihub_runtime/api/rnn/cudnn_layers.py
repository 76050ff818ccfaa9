"""`tf.contrib.cudnn_rnn`: its layers, computed with the cells that mean the same on any machine.

TensorFlow keeps all weights in one variable whose layout belongs to a GPU, and saves them under the names that the compatible
cells have.  Here the variables are those of the cells, so that what was saved on a GPU is restored as it is.

Source: tensorflow/contrib/cudnn_rnn/python/layers/cudnn_rnn.py, ops/cudnn_rnn_ops.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any, ClassVar

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.initializers import Constant, GlorotUniform
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layers.base import InputSpec, Layer
from minihub_runtime.api.layout import transpose
from minihub_runtime.api.nn.dropout import dropout as drop
from minihub_runtime.api.rnn.cells import BasicRNNCell, tanh
from minihub_runtime.api.rnn.cudnn_cells import CudnnCompatibleGRUCell
from minihub_runtime.api.rnn.fused import (
    FusedRNNCellAdaptor,
    LSTMBlockFusedCell,
    TimeReversedFusedRNN,
)
from minihub_runtime.api.rnn.lstm_cells import LSTMCell, LSTMStateTuple
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.dtypes import as_dtype, float16, float32, float64
from minihub_runtime.public import public

__all__ = ["CudnnGRU", "CudnnLSTM", "CudnnRNNRelu", "CudnnRNNTanh"]

#: The arguments of all layers.
_ARGUMENTS = """

    Args:
        num_layers: the number of layers.
        num_units: the number of units of each, in each direction.
        input_mode: "linear_input", or "auto_select" for inputs of another size than the units.
        direction: "unidirectional" or "bidirectional".
        dropout: the chance of what goes from layer to layer to be dropped in training.
        seed: the seed of that and of the kernels.
        dtype: float16, float32 or float64.
        kernel_initializer: of each gate's weights of inputs and of outputs, `[units, size]`; glorot_uniform by default.
        bias_initializer: of each gate's biases of inputs and of outputs; zeros by default.
        name: name of the layer, and of its scope.

    Raises:
        ValueError: a mode, a direction or a type is none.
    """


def _documented(cls: Any) -> Any:
    cls.__doc__ = f"{cls.__doc__}{_ARGUMENTS}"
    return cls


class _CudnnLayer(Layer):
    """Layers of recurrent cells over sequences."""

    _MODE: ClassVar[str]
    _GATES: ClassVar[int]
    #: The number of tensors of a state.
    _STATES: ClassVar[int] = 1

    def __init__(
        self,
        num_layers: int,
        num_units: int,
        input_mode: str = "linear_input",
        direction: str = "unidirectional",
        dropout: float = 0.0,
        seed: int | None = None,
        dtype: Any = float32,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(dtype=dtype, name=name)
        for what, value, known in (
            ("direction", direction, ("unidirectional", "bidirectional")),
            ("input_mode", input_mode, ("linear_input", "skip_input", "auto_select")),
        ):
            if value not in known:
                raise ValueError(f"Invalid {what}: {value}, expecting {' or '.join(known)}")
        if as_dtype(dtype) not in (float16, float32, float64):
            raise ValueError(f"Only support float16, float32, float64, provided {dtype}")
        self._num_layers = num_layers
        self._num_units = num_units
        self._input_mode = input_mode
        self._direction = direction
        self._dropout = dropout
        self._seed = seed
        self._plain_dtype = as_dtype(dtype)
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer
        self._input_size: int | None = None
        #: The cells of each layer, forwards and backwards.
        self._cells = [[self._cell() for _ in range(self.num_dirs)] for _ in range(num_layers)]

    def _cell(self) -> Layer:
        raise NotImplementedError

    @property
    def num_layers(self) -> int:
        """The number of layers."""
        return self._num_layers

    @property
    def num_units(self) -> int:
        """The number of units of each layer in each direction."""
        return self._num_units

    @property
    def input_mode(self) -> str:
        """Whether inputs are mapped to the units."""
        return self._input_mode

    @property
    def rnn_mode(self) -> str:
        """The kind of cells: "lstm", "gru", "rnn_tanh" or "rnn_relu"."""
        return self._MODE

    @property
    def direction(self) -> str:
        """Whether there are cells for one direction or both."""
        return self._direction

    @property
    def num_dirs(self) -> int:
        """The number of directions."""
        return 1 if self._direction == "unidirectional" else 2

    @property
    def saveable(self) -> None:
        """Nothing: the variables are saved as they are."""
        return None

    @property
    def input_size(self) -> int:
        """The last size of the inputs.

        Raises:
            ValueError: the layer is not built.
        """
        if not self._input_size:
            raise ValueError("'input_size' is unknown since layer has not been built.")
        return self._input_size

    @property
    def canonical_weight_shapes(self) -> list[tuple[int, int]]:
        """The shapes of the gates' weights in each layer: of inputs and of outputs, for each direction."""
        units = self._num_units
        return [
            (units, size)
            for layer in range(self._num_layers)
            for _ in range(self.num_dirs)
            for size in (self._depth(layer), units)
            for _ in range(self._GATES)
        ]

    @property
    def canonical_bias_shapes(self) -> list[list[int]]:
        """The shapes of the gates' biases in each layer."""
        return [[self._num_units]] * (2 * self._GATES * self.num_dirs * self._num_layers)

    def state_shape(self, batch_size: Any) -> tuple[list[Any], ...]:
        """The shapes of the tensors of a state, `[layers · directions, batch, units]`."""
        return ([self._num_layers * self.num_dirs, batch_size, self._num_units],) * self._STATES

    @property
    def trainable_weights(self) -> list[Any]:
        """The trainable variables of all cells."""
        return [w for cells in self._cells for cell in cells for w in cell.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The other variables of all cells."""
        return [w for cells in self._cells for cell in cells for w in cell.non_trainable_weights]

    def _trackable_children(self) -> dict[str, Any]:
        cells = [cell for cells in self._cells for cell in cells]
        return {f"cell-{place}": cell for place, cell in enumerate(cells)}

    def _depth(self, layer: int) -> int:
        return self.input_size if layer == 0 else self.num_dirs * self._num_units

    def build(self, input_shape: Any) -> None:
        """Note the size of the inputs; the variables come with the call.

        Raises:
            ValueError: the inputs have not three dimensions, or the last size is not known.
            NotImplementedError: the inputs would not be mapped to the units.
        """
        known = TensorShape(input_shape)
        if known.rank != 3:
            raise ValueError(f"Expecting input_shape with 3 dims, got {known.rank}")
        size = known.as_list()[-1]
        if size is None:
            raise ValueError(
                "The last dimension of the inputs to `CudnnRNN` should be defined. Found `None`."
            )
        skips = size == self._num_units and self._input_mode == "auto_select"
        if skips or self._input_mode == "skip_input":
            raise NotImplementedError(
                "inputs that skip the linear map are not computed here: input_mode must be 'linear_input' "
                f"for inputs of {size} numbers and {self._num_units} units, not {self._input_mode!r}"
            )
        self._input_size = size
        self.input_spec = InputSpec(ndim=3, axes={-1: size})

    def _first_kernel(self, layer: int) -> Any:
        """An initializer that draws the weights of each gate by themselves."""
        units, depth = self._num_units, self._depth(layer)
        drawn = self._kernel_initializer or GlorotUniform(seed=self._seed, dtype=self._plain_dtype)

        def first(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
            rows, size = (int(size) for size in shape)
            parts = [rows] if rows in (depth, units) else [depth, units]
            gates = [
                concat([transpose(drawn([units, part], dtype=dtype)) for part in parts], 0)
                for _ in range(size // units)
            ]
            return concat(gates, 1)

        return first

    def _first_bias(self, count: int) -> Any:
        """An initializer of the sum of a number of biases."""
        drawn = self._bias_initializer or Constant(0.0, dtype=self._plain_dtype)

        def first(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
            whole = drawn(shape, dtype=dtype)
            return whole if count == 1 else whole + drawn(shape, dtype=dtype)

        return first

    def _getter(self, layer: int) -> Any:
        def get(getter: Any, name: str, *args: Any, **kwargs: Any) -> Any:
            # Gates have the sum of what TensorFlow keeps as two biases; the candidate of a GRU has both.
            bias = self._first_bias(1 if "/candidate/" in name else 2)
            kwargs["initializer"] = bias if name.endswith("bias") else self._first_kernel(layer)
            return getter(name, *args, **kwargs)

        return get

    def _scope_of(self, layer: int, way: int) -> str:
        if self.num_dirs == 1:
            return f"rnn/multi_rnn_cell/cell_{layer}"
        return f"stack_bidirectional_rnn/cell_{layer}/bidirectional_rnn/{('fw', 'bw')[way]}"

    def _run(self, layer: int, way: int, inputs: Any, state: list[Any], lengths: Any) -> Any:
        """Outputs and state of one layer in one direction."""
        cell = self._cells[layer][way]
        whole = isinstance(cell, LSTMBlockFusedCell)
        runner: Any = cell if whole else FusedRNNCellAdaptor(cell, use_dynamic_rnn=True)
        runner = TimeReversedFusedRNN(runner) if way else runner
        first = LSTMStateTuple(*state[::-1]) if len(state) == 2 else state[0]
        name = self._scope_of(layer, way)
        with variable_scope(name, custom_getter=self._getter(layer)) as scope:
            outputs, last = runner(
                inputs,
                initial_state=first,
                sequence_length=lengths,
                scope=None if whole else scope,
            )
        return outputs, [last.h, last.c] if len(state) == 2 else [last]

    def call(
        self,
        inputs: Any,
        initial_state: Any = None,
        sequence_lengths: Any = None,
        time_major: bool = True,
        training: bool = True,
    ) -> Any:
        """The outputs of the last layer, directions side by side, and the last states of all.

        Args:
            inputs: `[time, batch, depth]`.
            initial_state: a tuple: `h` and, for an LSTM, `c`, each `[layers · directions, batch, units]`; zeros by
                default.
            sequence_lengths: int32 `[batch]`; by default all steps.
            time_major: whether the time is first, else the batch is, in inputs, outputs and states.
            training: whether there is dropout.

        Raises:
            TypeError: the state is no tuple.
        """
        if initial_state is not None and not isinstance(initial_state, tuple):
            raise TypeError(f"Invalid initial_state type: {initial_state}, expecting tuple.")
        dtype = self._plain_dtype
        values = convert_to_tensor(inputs, dtype=dtype)
        values = values if time_major else transpose(values, [1, 0, 2])
        if initial_state is None:
            batch = values.shape.as_list()[1] or shape(values)[1]
            states = [zeros(sizes, dtype=dtype) for sizes in self.state_shape(batch)]
        else:
            states = [convert_to_tensor(state, dtype=dtype) for state in initial_state]
            states = states if time_major else [transpose(state, [1, 0, 2]) for state in states]
        last: list[list[Any]] = []
        for layer in range(self._num_layers):
            if layer and training and self._dropout:
                values = drop(values, rate=self._dropout, seed=self._seed)
            found = []
            for way in range(self.num_dirs):
                own = [state[layer * self.num_dirs + way] for state in states]
                outputs, new = self._run(layer, way, values, own, sequence_lengths)
                found.append(outputs)
                last.append(new)
            values = found[0] if len(found) == 1 else concat(found, 2)
        axis = 0 if time_major else 1
        new_states = tuple(stack(list(parts), axis) for parts in zip(*last, strict=True))
        return (values if time_major else transpose(values, [1, 0, 2])), new_states


@public("contrib.cudnn_rnn.CudnnLSTM")
@_documented
class CudnnLSTM(_CudnnLayer):
    """Layers of long short-term memories, with the variables of CudnnCompatibleLSTMCell."""

    _MODE, _GATES, _STATES = "lstm", 4, 2

    def _cell(self) -> Layer:
        name = "cudnn_compatible_lstm_cell"
        if self._plain_dtype == float64:
            return LSTMCell(self._num_units, forget_bias=0, name=name)
        return LSTMBlockFusedCell(self._num_units, forget_bias=0, name=name)


@public("contrib.cudnn_rnn.CudnnGRU")
@_documented
class CudnnGRU(_CudnnLayer):
    """Layers of gated recurrent units, with the variables of CudnnCompatibleGRUCell."""

    _MODE, _GATES = "gru", 3

    def _cell(self) -> Layer:
        return CudnnCompatibleGRUCell(self._num_units)


@public("contrib.cudnn_rnn.CudnnRNNTanh")
@_documented
class CudnnRNNTanh(_CudnnLayer):
    """Layers of plain recurrent units, with the variables of BasicRNNCell."""

    _MODE, _GATES = "rnn_tanh", 1

    def _cell(self) -> Layer:
        return BasicRNNCell(self._num_units, activation=tanh)


@public("contrib.cudnn_rnn.CudnnRNNRelu")
@_documented
class CudnnRNNRelu(_CudnnLayer):
    """Layers of plain recurrent units with relu, with the variables of BasicRNNCell."""

    _MODE, _GATES = "rnn_relu", 1

    def _cell(self) -> Layer:
        return BasicRNNCell(self._num_units, activation=lambda x: build("Relu", features=x))
