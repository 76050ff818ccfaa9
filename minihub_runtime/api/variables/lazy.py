"""Tensors that are built anew wherever they are used.

Source: tensorflow/python/ops/variable_scope.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.graph import Graph, Operation, Tensor
from minihub_runtime.api.operators import Operators
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import DType

__all__ = ["LazyTensor"]


class LazyTensor(Operators):
    """The loss of a variable: in a loop or a branch it must be built there.

    Args:
        thunk: what builds it.
    """

    def __init__(self, thunk: Callable[[], Any]) -> None:
        self._thunk = thunk
        self._master: Tensor = thunk()

    def _operand(self) -> Any:
        return self._thunk()

    def _dense_value(self, as_ref: bool = False) -> Any:
        return self._thunk()

    def _as_graph_element(self) -> Tensor:
        return self._master

    @property
    def name(self) -> str:
        """The name of the tensor that was built first."""
        return self._master.name

    @property
    def op(self) -> Operation:
        """The operation that was built first."""
        return self._master.op

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        return self._master.graph

    @property
    def device(self) -> str:
        """The device of the operation."""
        return self._master.op.device

    @property
    def dtype(self) -> DType:
        """The element type."""
        return self._master.dtype

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape."""
        return self._master.shape

    @property
    def value_index(self) -> int:
        """Which output of the operation it is."""
        return self._master.value_index

    def get_shape(self) -> TensorShape:
        """What is known of the shape."""
        return self.shape

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value in `session` or the default session."""
        return self._thunk().eval(feed_dict, session)

    def __repr__(self) -> str:
        return str(self._master)
