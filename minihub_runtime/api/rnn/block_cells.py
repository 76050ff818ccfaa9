"""`tf.contrib.rnn`: GRU cells that are one operation.

Source: tensorflow/contrib/rnn/python/ops/gru_ops.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.contrib.deprecation import deprecated_args
from minihub_runtime.api.initializers import Constant
from minihub_runtime.api.layers.base import InputSpec
from minihub_runtime.api.rnn.cells import LayerRNNCell
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.public import public

__all__ = ["GRUBlockCell", "GRUBlockCellV2"]


@public("contrib.rnn.GRUBlockCell")
class GRUBlockCell(LayerRNNCell):
    """A gated recurrent unit whose step is one operation, with the variables `w_ru`, `b_ru`, `w_c` and `b_c`.

    Args:
        num_units: the number of units.
        cell_size: the same, by its old name.
        reuse: whether variables of the scope are used again.
        name: name of the cell, and of its scope.

    Raises:
        ValueError: both sizes are given, or none.
    """

    #: The names of the variables of gates and candidate.
    _NAMES = ("w_ru", "b_ru", "w_c", "b_c")

    @deprecated_args(None, "cell_size is deprecated, use num_units instead", "cell_size")
    def __init__(
        self,
        num_units: int | None = None,
        cell_size: int | None = None,
        reuse: bool | None = None,
        name: str | None = "gru_cell",
    ) -> None:
        super().__init__(_reuse=reuse, name=name)
        if (cell_size is None) == (num_units is None):
            raise ValueError("Exactly one of num_units or cell_size must be provided.")
        self._cell_size: Any = cell_size if num_units is None else num_units
        self.input_spec = InputSpec(ndim=2)

    @property
    def state_size(self) -> int:
        """The number of units."""
        return int(self._cell_size)

    @property
    def output_size(self) -> int:
        """The number of units."""
        return int(self._cell_size)

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias of the gates, and those of the candidate.

        Raises:
            ValueError: the last size of the inputs is not known.
        """
        depth = TensorShape(input_shape).as_list()[1]
        if depth is None:
            raise ValueError("Expecting input_size to be set.")
        units = self._cell_size
        gate_kernel, gate_bias, kernel, bias = self._NAMES
        self._gate_kernel = self.add_weight(gate_kernel, [depth + units, 2 * units])
        self._gate_bias = self.add_weight(gate_bias, [2 * units], initializer=Constant(1.0))
        self._candidate_kernel = self.add_weight(kernel, [depth + units, units])
        self._candidate_bias = self.add_weight(bias, [units], initializer=Constant(0.0))
        self.built = True

    def call(self, inputs: Any, h_prev: Any) -> Any:
        """Output and new state are the same.

        Raises:
            ValueError: the state has another size than the units.
        """
        size = h_prev.shape.with_rank(2)[1]
        if size != self._cell_size:
            raise ValueError(f"Shape of h_prev[1] incorrect: cell_size {self._cell_size} vs {size}")
        _, _, _, new = build(
            "GRUBlockCell",
            x=inputs,
            h_prev=h_prev,
            w_ru=self._gate_kernel,
            w_c=self._candidate_kernel,
            b_ru=self._gate_bias,
            b_c=self._candidate_bias,
        )
        return new, new


@public("contrib.rnn.GRUBlockCellV2")
class GRUBlockCellV2(GRUBlockCell):
    """A GRUBlockCell with the variables of `tf.nn.rnn_cell.GRUCell`.

    Args:
        num_units: the number of units.
        cell_size: the same, by its old name.
        reuse: whether variables of the scope are used again.
        name: name of the cell, and of its scope.
    """

    _NAMES = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")
