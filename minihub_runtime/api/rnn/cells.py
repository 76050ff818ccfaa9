"""Recurrent cells: one step of time each.

Source: keras/layers/rnn/legacy_cells.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.initializers import Constant, Initializer, Zeros
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layers.base import InputSpec, Layer
from minihub_runtime.api.layers.settings import activation_of, initializer_of
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.rnn.states import zero_state_tensors
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables import get_variable_scope, trainable_variables, variable_scope
from minihub_runtime.api.variables.partitioned import PartitionedVariable
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.public import public

__all__ = [
    "BasicRNNCell",
    "GRUCell",
    "LayerRNNCell",
    "NumUnitsCell",
    "RNNCell",
    "check_dtype",
    "check_tensors",
    "depth_of",
    "parts",
    "tanh",
]


def check_dtype(dtype: Any) -> None:
    """Raise ValueError if cells do not compute with a type."""
    if dtype is None:
        return
    dtype = as_dtype(dtype)
    if not (dtype.is_floating or dtype.is_complex):
        raise ValueError(
            f"RNN cell only supports floating point inputs, but received dtype: {dtype}"
        )


def check_tensors(*structures: Any) -> None:
    """Raise ValueError if cells do not compute with the type of a tensor."""
    for tensor in nest.flatten(structures):
        check_dtype(tensor.dtype)


def depth_of(inputs_shape: Any) -> int:
    """The last size of inputs.

    Raises:
        ValueError: it is not known.
    """
    sizes = TensorShape(inputs_shape).as_list()
    if sizes[-1] is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, received shape: {tuple(sizes)}")
    return sizes[-1]


def parts(value: Tensor, count: int, axis: Any) -> list[Tensor]:
    """A tensor in equal parts."""
    made: list[Tensor] = build("Split", name="split", split_dim=axis, value=value, num_split=count)
    return made


def tanh(x: Any) -> Tensor:
    """The activation of cells that are not told another."""
    made: Tensor = build("Tanh", x=x)
    return made


@public("nn.rnn_cell.RNNCell", "contrib.rnn.RNNCell")
class RNNCell(Layer):
    """A cell: `output, new_state = cell(inputs, state)`.

    A subclass has the properties `state_size` and `output_size`, numbers, shapes or structures of these, and the method
    `call(inputs, state)`; variables that it gets there belong to it.
    """

    def __init__(
        self, trainable: bool = True, name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._is_tf_rnn_cell = True

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """Run one step.

        Args:
            inputs: `[batch, …]`, or a structure of such.
            state: a structure as `state_size`, each tensor with the batch first.
            scope: the scope of the variables; by default that of the first call.

        Returns:
            The output and the new state.
        """
        if scope is not None:
            with variable_scope(scope, custom_getter=self._rnn_get_variable) as opened:
                return super().__call__(inputs, state, scope=opened)
        kept = getattr(self, "rnncell_scope", None)
        if kept is None:
            kept = variable_scope(get_variable_scope(), custom_getter=self._rnn_get_variable)
            self.rnncell_scope = kept
        with kept:
            return super().__call__(inputs, state)

    def _rnn_get_variable(self, getter: Any, *args: Any, **kwargs: Any) -> Any:
        variable = getter(*args, **kwargs)
        trainable = trainable_variables()
        is_trainable = any(variable is known for known in trainable) or (
            isinstance(variable, PartitionedVariable)
            and any(next(iter(variable)) is known for known in trainable)
        )
        weights = self._trainable_weights if is_trainable else self._non_trainable_weights
        if all(variable is not known for known in weights):
            weights.append(variable)
        return variable

    @property
    def state_size(self) -> Any:
        """The sizes of the state."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The sizes of the output."""
        raise NotImplementedError("Abstract method")

    def build(self, _: Any) -> None:
        """Nothing: variables come with the call."""

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """The state before the first step: `zero_state`.

        Args:
            inputs: what tells batch size and type.
            batch_size: needed without inputs.
            dtype: needed without inputs.

        Raises:
            ValueError: they are missing or differ.
        """
        if inputs is not None:
            inputs = convert_to_tensor(inputs, name="inputs")
            static = inputs.shape.dims[0].value
            if batch_size is not None:
                known = constant_value(batch_size) if isinstance(batch_size, Tensor) else batch_size
                if static != known:
                    raise ValueError(
                        "batch size from input tensor is different from the input param. Input "
                        f"tensor batch: {static}, batch_size: {batch_size}"
                    )
            if dtype is not None and inputs.dtype != dtype:
                raise ValueError(
                    "dtype from input tensor is different from the input param. Input tensor "
                    f"dtype: {inputs.dtype}, dtype: {dtype}"
                )
            batch_size = static or shape(inputs)[0]
            dtype = inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros for a state: of a number, and of the type of the computation."""
        with name_scope(f"{type(self).__name__}ZeroState"):
            return zero_state_tensors(self.state_size, batch_size, dtype)


@public("contrib.rnn.LayerRNNCell")
class LayerRNNCell(RNNCell):
    """A cell whose variables are those of a layer."""

    def __call__(
        self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Run one step; see `RNNCell`."""
        return Layer.__call__(self, inputs, state, *args, scope=scope, **kwargs)


class NumUnitsCell(LayerRNNCell):
    """A cell of a number of units with an activation.

    Args:
        num_units: the number of units.
        activation: a function or the name of one; tanh by default.
        reuse: whether variables of the scope are used again.
        name: name of the cell, and of its scope.
        dtype: type of its variables; by default that of the first inputs.
        **kwargs: further arguments of a layer, such as `trainable`.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any,
        reuse: bool | None,
        name: Any,
        dtype: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_dtype(self.dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = activation_of(activation) if activation else tanh

    @property
    def state_size(self) -> Any:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> Any:
        """The number of units."""
        return self._num_units


@public("nn.rnn_cell.BasicRNNCell", "contrib.rnn.BasicRNNCell")
class BasicRNNCell(NumUnitsCell):
    """`activation([inputs, state] @ kernel + bias)`.

    Args:
        num_units: the number of units.
        activation: a function or the name of one; tanh by default.
        reuse: whether variables of the scope are used again.
        name: name of the cell, and of its scope.
        dtype: type of its variables; by default that of the first inputs.
        **kwargs: further arguments of a layer, such as `trainable`.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)

    def build(self, inputs_shape: Any) -> None:
        """Make `kernel` [inputs + units, units] and `bias` [units]."""
        check_dtype(self.dtype)
        depth = depth_of(inputs_shape)
        self._kernel = self.add_weight("kernel", shape=[depth + self._num_units, self._num_units])
        self._bias = self.add_weight(
            "bias", shape=[self._num_units], initializer=Zeros(dtype=self.dtype)
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """Output and new state are the same."""
        check_tensors(inputs, state)
        gates = matmul(concat([inputs, state], 1), self._kernel)
        output = self._activation(bias_add(gates, self._bias))
        return output, output


@public("nn.rnn_cell.GRUCell", "contrib.rnn.GRUCell")
class GRUCell(NumUnitsCell):
    """A gated recurrent unit, Cho et al. 2014.

    Args:
        num_units: the number of units.
        activation: a function or the name of one; tanh by default.
        reuse: whether variables of the scope are used again.
        kernel_initializer: of the kernels.
        bias_initializer: of the biases; by default ones for the gates and zeros for the candidate.
        name: name of the cell, and of its scope.
        dtype: type of its variables; by default that of the first inputs.
        **kwargs: further arguments of a layer, such as `trainable`.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: bool | None = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._kernel_initializer = initializer_of(kernel_initializer)
        self._bias_initializer = initializer_of(bias_initializer)

    def build(self, inputs_shape: Any) -> None:
        """Make `gates/kernel`, `gates/bias`, `candidate/kernel` and `candidate/bias`."""
        check_dtype(self.dtype)
        depth = depth_of(inputs_shape)
        units = self._num_units
        self._add_gates(depth)
        self._candidate_kernel = self.add_weight(
            "candidate/kernel", shape=[depth + units, units], initializer=self._kernel_initializer
        )
        self._candidate_bias = self._add_bias("candidate/bias", units, Zeros(dtype=self.dtype))
        self.built = True

    def _add_gates(self, depth: int) -> None:
        units = self._num_units
        self._gate_kernel = self.add_weight(
            "gates/kernel", shape=[depth + units, 2 * units], initializer=self._kernel_initializer
        )
        self._gate_bias = self._add_bias("gates/bias", 2 * units, Constant(1.0, dtype=self.dtype))

    def _add_bias(self, name: str, size: int, default: Initializer) -> Any:
        given = self._bias_initializer
        return self.add_weight(name, [size], initializer=default if given is None else given)

    def call(self, inputs: Any, state: Any) -> Any:
        """Output and new state are the same."""
        check_tensors(inputs, state)
        reset, update = self._gates(inputs, state)
        kept = reset * state
        candidate = matmul(concat([inputs, kept], 1), self._candidate_kernel)
        candidate = self._activation(bias_add(candidate, self._candidate_bias))
        new = update * state + (1 - update) * candidate
        return new, new

    def _gates(self, inputs: Any, state: Any) -> Any:
        gates = bias_add(matmul(concat([inputs, state], 1), self._gate_kernel), self._gate_bias)
        return parts(build("Sigmoid", x=gates), 2, 1)
