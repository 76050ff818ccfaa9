"""What Python's operators do with ragged tensors: what the functions of the same name do.

Source: tensorflow/python/ops/ragged/ragged_operators.py.
"""

from __future__ import annotations

from typing import Any, NoReturn

from minihub_runtime.public import find

__all__ = ["RaggedOperators"]


class RaggedOperators:
    """The operators of ragged tensors; `==` and `!=` compare identity, as in TF1."""

    #: NumPy arrays leave operators to the tensor on their right.
    __array_priority__ = 100

    def __getitem__(self: Any, key: Any) -> Any:
        from minihub_runtime.api.ragged.indexing import get_item

        return get_item(self, key)

    def __add__(self, other: Any) -> Any:
        return find("add")(self, other)

    def __radd__(self, other: Any) -> Any:
        return find("add")(other, self)

    def __sub__(self, other: Any) -> Any:
        return find("subtract")(self, other)

    def __rsub__(self, other: Any) -> Any:
        return find("subtract")(other, self)

    def __mul__(self, other: Any) -> Any:
        return find("multiply")(self, other)

    def __rmul__(self, other: Any) -> Any:
        return find("multiply")(other, self)

    def __truediv__(self, other: Any) -> Any:
        return find("truediv")(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return find("truediv")(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return find("floordiv")(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return find("floordiv")(other, self)

    def __mod__(self, other: Any) -> Any:
        return find("floormod")(self, other)

    def __rmod__(self, other: Any) -> Any:
        return find("floormod")(other, self)

    def __pow__(self, other: Any) -> Any:
        return find("pow")(self, other)

    def __rpow__(self, other: Any) -> Any:
        return find("pow")(other, self)

    def __and__(self, other: Any) -> Any:
        return find("logical_and")(self, other)

    def __rand__(self, other: Any) -> Any:
        return find("logical_and")(other, self)

    def __or__(self, other: Any) -> Any:
        return find("logical_or")(self, other)

    def __ror__(self, other: Any) -> Any:
        return find("logical_or")(other, self)

    def __xor__(self, other: Any) -> Any:
        return find("logical_xor")(self, other)

    def __rxor__(self, other: Any) -> Any:
        return find("logical_xor")(other, self)

    def __lt__(self, other: Any) -> Any:
        return find("less")(self, other)

    def __le__(self, other: Any) -> Any:
        return find("less_equal")(self, other)

    def __gt__(self, other: Any) -> Any:
        return find("greater")(self, other)

    def __ge__(self, other: Any) -> Any:
        return find("greater_equal")(self, other)

    def __neg__(self) -> Any:
        return find("negative")(self)

    def __abs__(self) -> Any:
        return find("abs")(self)

    def __invert__(self) -> Any:
        return find("logical_not")(self)

    def __bool__(self) -> NoReturn:
        raise TypeError("RaggedTensor may not be used as a boolean.")
