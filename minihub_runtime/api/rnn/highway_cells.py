"""`tf.contrib.rnn`: a wrapper that lets inputs by a cell, and one that changes nothing.

Source: tensorflow/contrib/rnn/python/ops/rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.initializers import Constant
from minihub_runtime.api.nn.activation import xw_plus_b
from minihub_runtime.api.rnn.combined_cells import WrapperCell
from minihub_runtime.api.rnn.linear import sigmoid
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.public import public

__all__ = ["CompiledWrapper", "HighwayWrapper"]


@public("contrib.rnn.HighwayWrapper")
class HighwayWrapper(WrapperCell):
    """A cell whose outputs are `carry · inputs + transform · outputs`, Srivastava et al. 2015.

    Its variables `carry_w`, `carry_b`, `transform_w` and `transform_b` are in the scope of the call.

    Args:
        cell: the cell, whose outputs have the sizes of its inputs.
        couple_carry_transform_gates: whether `transform` is `1 - carry`.
        carry_bias_init: the first bias of `carry`; that of `transform` is its opposite.
    """

    _CHILD = "_cell"

    def __init__(
        self, cell: Any, couple_carry_transform_gates: bool = True, carry_bias_init: float = 1.0
    ) -> None:
        super().__init__(cell)
        self._couple_carry_transform_gates = couple_carry_transform_gates
        self._carry_bias_init = carry_bias_init

    def _gate(self, values: Tensor, name: str, bias: float) -> Any:
        size = values.shape.with_rank(2).as_list()[1]
        weight = get_variable(f"{name}_w", [size, size])
        shift = get_variable(f"{name}_b", [size], initializer=Constant(bias))
        return sigmoid(xw_plus_b(values, weight, shift))

    def _highway(self, inputs: Tensor, output: Tensor) -> Any:
        carry = self._gate(inputs, "carry", self._carry_bias_init)
        if self._couple_carry_transform_gates:
            transform = 1 - carry
        else:
            transform = self._gate(inputs, "transform", -self._carry_bias_init)
        return inputs * carry + output * transform

    def _call_wrapped_cell(self, inputs: Any, state: Any, **kwargs: Any) -> Any:
        outputs, new_state = self.cell(inputs, state, **kwargs)
        nest.assert_same_structure(inputs, outputs)
        nest.map_structure(lambda x, y: x.shape.assert_is_compatible_with(y.shape), inputs, outputs)
        return nest.map_structure(self._highway, inputs, outputs), new_state


@public("contrib.rnn.CompiledWrapper")
class CompiledWrapper(WrapperCell):
    """A cell that computes what another does: graphs are compiled as wholes here.

    Args:
        cell: the cell.
        compile_stateful: has no effect.
    """

    _CHILD = "_cell"

    def __init__(self, cell: Any, compile_stateful: bool = False) -> None:
        super().__init__(cell)
        self._compile_stateful = compile_stateful

    def _call_wrapped_cell(self, inputs: Any, state: Any, **kwargs: Any) -> Any:
        return self.cell(inputs, state, **kwargs)
