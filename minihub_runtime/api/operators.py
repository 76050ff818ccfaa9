"""What Python's operators do with tensors, variables and sparse tensors.

The classes inherit these methods; what is behind them is built of ops, which are built of tensors, and so is imported when
an operator is used first.

Source: tensorflow/python/ops/math_ops.py, array_ops.py, variables.py, framework/tensor.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Operators", "SparseOperators"]


class Operators:
    """The operators of tensors, and of what stands for a tensor; `==` and `!=` compare identity, as in TF1."""

    #: NumPy arrays leave operators to the tensor on their right.
    __array_priority__ = 100

    def _operand(self) -> Any:
        """The tensor that takes part."""
        return self

    def __add__(self, other: Any) -> Any:
        return _binary("add", self._operand(), other)

    def __radd__(self, other: Any) -> Any:
        return _reflected("add", self._operand(), other)

    def __sub__(self, other: Any) -> Any:
        return _binary("sub", self._operand(), other)

    def __rsub__(self, other: Any) -> Any:
        return _reflected("sub", self._operand(), other)

    def __mul__(self, other: Any) -> Any:
        return _binary("mul", self._operand(), other)

    def __rmul__(self, other: Any) -> Any:
        return _reflected("mul", self._operand(), other)

    def __truediv__(self, other: Any) -> Any:
        return _binary("truediv", self._operand(), other)

    def __rtruediv__(self, other: Any) -> Any:
        return _reflected("truediv", self._operand(), other)

    def __floordiv__(self, other: Any) -> Any:
        return _binary("floordiv", self._operand(), other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _reflected("floordiv", self._operand(), other)

    def __mod__(self, other: Any) -> Any:
        return _binary("mod", self._operand(), other)

    def __rmod__(self, other: Any) -> Any:
        return _reflected("mod", self._operand(), other)

    def __pow__(self, other: Any) -> Any:
        return _binary("pow", self._operand(), other)

    def __rpow__(self, other: Any) -> Any:
        return _reflected("pow", self._operand(), other)

    def __matmul__(self, other: Any) -> Any:
        return _binary("matmul", self._operand(), other)

    def __rmatmul__(self, other: Any) -> Any:
        return _reflected("matmul", self._operand(), other)

    def __and__(self, other: Any) -> Any:
        return _binary("and", self._operand(), other)

    def __rand__(self, other: Any) -> Any:
        return _reflected("and", self._operand(), other)

    def __or__(self, other: Any) -> Any:
        return _binary("or", self._operand(), other)

    def __ror__(self, other: Any) -> Any:
        return _reflected("or", self._operand(), other)

    def __xor__(self, other: Any) -> Any:
        return _binary("xor", self._operand(), other)

    def __rxor__(self, other: Any) -> Any:
        return _reflected("xor", self._operand(), other)

    def __lt__(self, other: Any) -> Any:
        return _build("Less", x=self._operand(), y=other)

    def __le__(self, other: Any) -> Any:
        return _build("LessEqual", x=self._operand(), y=other)

    def __gt__(self, other: Any) -> Any:
        return _build("Greater", x=self._operand(), y=other)

    def __ge__(self, other: Any) -> Any:
        return _build("GreaterEqual", x=self._operand(), y=other)

    def __neg__(self) -> Any:
        return _build("Neg", x=self._operand())

    def __abs__(self) -> Any:
        from minihub_runtime.api.arithmetic import abs

        return abs(self._operand())

    def __invert__(self) -> Any:
        x = self._operand()
        return _build("LogicalNot" if x.dtype.base_dtype.is_bool else "Invert", x=x)

    def __getitem__(self, key: Any) -> Any:
        from minihub_runtime.api.slicing import get_item

        return get_item(self._operand(), key)


class SparseOperators:
    """The operators of sparse tensors: products and quotients with dense ones."""

    __array_priority__ = 100

    def __mul__(self, other: Any) -> Any:
        return _sparse_binary("mul", self, other)

    def __truediv__(self, other: Any) -> Any:
        return _sparse_binary("truediv", self, other)


def _build(op: str, **arguments: Any) -> Any:
    from minihub_runtime.api.building import build

    return build(op, **arguments)


def _function(operator: str) -> Callable[..., Any]:
    """The function behind an operator."""
    from minihub_runtime.api.arithmetic import OPERATORS

    return OPERATORS[operator]


def _binary(operator: str, x: Any, y: Any) -> Any:
    """`x operator y`; where the tensor `x` cannot, `y` is asked."""
    from minihub_runtime.api.graph import name_scope

    with name_scope(None, operator, [x, y]) as scope:
        try:
            return _function(operator)(x, y, name=scope)
        except (TypeError, ValueError) as error:
            reflected = getattr(y, f"__r{operator}__", None)
            if reflected is None:
                raise
            try:
                result = reflected(x)
            except (TypeError, ValueError):
                raise error from None
            if result is NotImplemented:
                raise
            return result


def _reflected(operator: str, y: Any, x: Any) -> Any:
    """`x operator y`, where `x` is no tensor and takes the type of `y`."""
    from minihub_runtime.api.conversion import convert_to_tensor
    from minihub_runtime.api.graph import name_scope

    with name_scope(None, operator, [x, y]) as scope:
        x = convert_to_tensor(x, y.dtype.base_dtype, "x")
        return _function(operator)(x, y, name=scope)


def _sparse_binary(operator: str, x: Any, y: Any) -> Any:
    """`x operator y` of a sparse and a dense tensor; a sparse tensor."""
    from minihub_runtime.api.arithmetic import SPARSE_OPERATORS
    from minihub_runtime.api.conversion import convert_to_tensor
    from minihub_runtime.api.graph import name_scope

    with name_scope(None, operator, [x, y]) as scope:
        y = convert_to_tensor(y, x.dtype.base_dtype, "y")
        values = SPARSE_OPERATORS[operator](x.indices, x.values, x.dense_shape, y, name=scope)
        return type(x)(x.indices, values, x.dense_shape)
