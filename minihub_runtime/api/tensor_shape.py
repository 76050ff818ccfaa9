"""TensorShape and Dimension: static shapes as TF1 programs see them.

Source: tensorflow/python/framework/tensor_shape.py.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minihub_runtime.public import public
from minihub_runtime.shapes import Shape, compatible, merge

__all__ = ["Dimension", "TensorShape", "as_shape"]


@public("Dimension")
class Dimension:
    """One size of a shape, None if it is unknown."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        if isinstance(value, Dimension):
            value = value.value
        if isinstance(value, float | np.floating) and value.is_integer():
            # `units / 2` is a float in Python 3; TensorFlow 1 takes it where nothing is lost.
            value = int(value)
        self.value: int | None = None if value is None else operator.index(value)
        if self.value is not None and self.value < 0:
            raise ValueError(f"Dimension {value} must be >= 0")

    def __int__(self) -> int:
        if self.value is None:
            raise TypeError("an unknown dimension has no integer value")
        return self.value

    __index__ = __int__

    def _compare(self, other: Any, compare: Callable[[int, int], bool]) -> Any:
        """None where a size is unknown, as in TensorFlow."""
        try:
            theirs = Dimension(other).value
        except (TypeError, ValueError):
            return NotImplemented
        if self.value is None or theirs is None:
            return None
        return compare(self.value, theirs)

    def __eq__(self, other: object) -> Any:
        return self._compare(other, operator.eq)

    def __ne__(self, other: object) -> Any:
        return self._compare(other, operator.ne)

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, operator.ge)

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Dimension({self.value!r})"

    def __str__(self) -> str:
        return "?" if self.value is None else str(self.value)

    def _with(self, other: Any, combine: Any) -> Dimension:
        theirs = Dimension(other).value
        if self.value is None or theirs is None:
            return Dimension(None)
        return Dimension(combine(self.value, theirs))

    def __add__(self, other: Any) -> Dimension:
        return self._with(other, operator.add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Dimension:
        return self._with(other, operator.sub)

    def __rsub__(self, other: Any) -> Dimension:
        return Dimension(other) - self

    def __mul__(self, other: Any) -> Dimension:
        return self._with(other, operator.mul)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Dimension:
        return self._with(other, operator.floordiv)

    def __rfloordiv__(self, other: Any) -> Dimension:
        return Dimension(other) // self

    def __mod__(self, other: Any) -> Dimension:
        return self._with(other, operator.mod)

    def __rmod__(self, other: Any) -> Dimension:
        return Dimension(other) % self

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both could be the same size."""
        theirs = Dimension(other).value
        return self.value is None or theirs is None or self.value == theirs

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless both could be the same size."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {other} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """What is known of a size that is both.

        Raises:
            ValueError: they differ.
        """
        theirs = Dimension(other)
        if not self.is_compatible_with(theirs):
            raise ValueError(f"Dimensions {self} and {theirs} are not compatible")
        return theirs if self.value is None else self


@public("TensorShape")
class TensorShape:
    """What is known of a tensor's shape.

    Iteration and indexing give Dimensions, as TF1 does.
    """

    __slots__ = ("_dims",)

    def __init__(self, dims: Any) -> None:
        if isinstance(dims, TensorShape):
            self._dims: Shape = dims._dims
        elif dims is None:
            self._dims = None
        elif hasattr(dims, "unknown_rank"):
            from minihub_runtime.codec import shape_from_proto

            self._dims = shape_from_proto(dims)
        elif not np.iterable(dims):
            # A single size: a number, a Dimension, or a NumPy array without dimensions.
            self._dims = (Dimension(dims).value,)
        else:
            self._dims = tuple(Dimension(n).value for n in dims)

    @property
    def dims(self) -> list[Dimension] | None:
        """The dimensions, None if the rank is unknown."""
        return None if self._dims is None else [Dimension(n) for n in self._dims]

    @property
    def ndims(self) -> int | None:
        """The number of dimensions, None if unknown."""
        return None if self._dims is None else len(self._dims)

    rank = ndims

    def as_tuple(self) -> Shape:
        """The plain form: a tuple of sizes, or None."""
        return self._dims

    def as_list(self) -> list[int | None]:
        """The sizes.

        Raises:
            ValueError: the rank is unknown.
        """
        if self._dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._dims)

    def as_proto(self) -> Any:
        """The TensorShapeProto."""
        from minihub_runtime.codec import shape_to_proto

        return shape_to_proto(self._dims)

    def num_elements(self) -> int | None:
        """The number of elements, None if unknown."""
        if not self.is_fully_defined():
            return None
        total = 1
        for n in self._dims or ():
            total *= n or 0
        return total

    def is_fully_defined(self) -> bool:
        """Whether every size is known."""
        return self._dims is not None and all(n is not None for n in self._dims)

    def assert_is_fully_defined(self) -> None:
        """Raise ValueError unless every size is known."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def is_compatible_with(self, other: Any) -> bool:
        """Whether one concrete shape could be both."""
        return compatible(self._dims, as_shape(other)._dims)

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless one concrete shape could be both."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {as_shape(other)} are incompatible")

    def merge_with(self, other: Any) -> TensorShape:
        """What is known of a shape that is both.

        Raises:
            ValueError: they are not compatible.
        """
        other = as_shape(other)
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are not compatible")
        return TensorShape(merge(self._dims, other._dims))

    def concatenate(self, other: Any) -> TensorShape:
        """The dimensions of both, one after the other."""
        theirs = as_shape(other)._dims
        if self._dims is None or theirs is None:
            return TensorShape(None)
        return TensorShape(self._dims + theirs)

    def with_rank(self, rank: int) -> TensorShape:
        """This shape, of which the rank must be `rank`.

        Raises:
            ValueError: it is another.
        """
        try:
            return self.merge_with(TensorShape([None] * rank))
        except ValueError:
            raise ValueError(f"Shape {self} must have rank {rank}") from None

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """This shape, whose rank must be at least `rank`.

        Raises:
            ValueError: it is smaller.
        """
        if self.ndims is not None and self.ndims < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """This shape, whose rank must be at most `rank`.

        Raises:
            ValueError: it is larger.
        """
        if self.ndims is not None and self.ndims > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def assert_has_rank(self, rank: int) -> None:
        """Raise ValueError if the rank is another."""
        if self.ndims not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def assert_same_rank(self, other: Any) -> None:
        """Raise ValueError if the ranks differ."""
        theirs = as_shape(other)
        if self.ndims is not None and theirs.ndims not in (None, self.ndims):
            raise ValueError(f"Shapes {self} and {theirs} must have the same rank")

    def __len__(self) -> int:
        if self._dims is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._dims)

    def __bool__(self) -> bool:
        return self._dims is not None

    def __iter__(self) -> Iterator[Dimension]:
        if self._dims is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter([Dimension(n) for n in self._dims])

    def __getitem__(self, key: Any) -> Any:
        if self._dims is None:
            return TensorShape(None) if isinstance(key, slice) else Dimension(None)
        if isinstance(key, slice):
            return TensorShape(self._dims[key])
        return Dimension(self._dims[key])

    def __eq__(self, other: object) -> bool:
        try:
            return self._dims == as_shape(other)._dims
        except (TypeError, ValueError):
            return NotImplemented

    def __hash__(self) -> int:
        return hash(self._dims)

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __str__(self) -> str:
        if self._dims is None:
            return "<unknown>"
        if len(self._dims) == 1:
            return f"({'?' if self._dims[0] is None else self._dims[0]},)"
        return f"({', '.join('?' if n is None else str(n) for n in self._dims)})"

    def __repr__(self) -> str:
        if self._dims is None:
            return "TensorShape(None)"
        return f"TensorShape({[Dimension(n) for n in self._dims]!r})"

    def __reduce__(self) -> tuple[Any, tuple[Any]]:
        return TensorShape, (self._dims,)


def as_shape(value: Any) -> TensorShape:
    """`value` as a TensorShape."""
    return value if isinstance(value, TensorShape) else TensorShape(value)
