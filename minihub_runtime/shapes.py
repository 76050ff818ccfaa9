"""Static shapes: what is known of a tensor's shape before anything runs.

A `Shape` is a tuple of sizes, None for an unknown size, or None where not even the rank is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError

__all__ = [
    "Shape",
    "Source",
    "Spec",
    "broadcast",
    "common",
    "compatible",
    "concrete",
    "dims",
    "includes",
    "merge",
    "show",
    "size",
]

Shape: TypeAlias = "tuple[int | None, ...] | None"


class Source(Protocol):
    """Who knows what a tensor holds before anything runs."""

    def value(self) -> NDArray[Any] | None:
        """The value, None if it is not known."""

    def as_shape(self) -> Shape:
        """What is known of the shape whose sizes are the elements."""


class Spec:
    """What a shape rule may know of an input.

    Attributes:
        dtype: its element type.
        shape: its static shape.
        behind: for the handle of a variable, what is known of its value, else None.
    """

    __slots__ = ("_source", "_value", "behind", "dtype", "shape")

    def __init__(
        self,
        dtype: DType,
        shape: Shape = None,
        value: NDArray[Any] | None = None,
        behind: Spec | None = None,
        source: Source | None = None,
    ) -> None:
        self.dtype = dtype
        self.shape = shape
        self.behind = behind
        self._value = value
        self._source = source

    @property
    def value(self) -> NDArray[Any] | None:
        """Its value where that is a constant, else None; worked out when a rule asks."""
        if self._value is None and self._source is not None:
            self._value = self._source.value()
        return self._value

    @property
    def as_shape(self) -> Shape:
        """What is known of the shape whose sizes are the elements; a scalar stands for any shape."""
        if self._source is not None:
            return self._source.as_shape()
        if self._value is not None:
            return None if self._value.ndim == 0 else dims(self._value)
        if self.shape is None or len(self.shape) != 1 or self.shape[0] is None:
            return None
        return (None,) * self.shape[0]

    @property
    def rank(self) -> int | None:
        """The number of dimensions, None if unknown."""
        return None if self.shape is None else len(self.shape)

    @property
    def shape_behind(self) -> Shape:
        """For the handle of a variable, what is known of the shape of its value."""
        return None if self.behind is None else self.behind.shape

    def dim(self, axis: int) -> int | None:
        """The size along `axis`, None if unknown."""
        return None if self.shape is None else self.shape[axis]


def merge(a: Shape, b: Shape) -> Shape:
    """What is known of a tensor that has both shapes.

    Raises:
        InvalidArgumentError: no shape fits both.
    """
    if a is None or b is None:
        return b if a is None else a
    if not compatible(a, b):
        raise InvalidArgumentError(f"shapes must be compatible, not {show(a)} and {show(b)}")
    return tuple(y if x is None else x for x, y in zip(a, b, strict=True))


def compatible(a: Shape, b: Shape) -> bool:
    """Whether one concrete shape could be both `a` and `b`."""
    if a is None or b is None:
        return True
    return len(a) == len(b) and all(
        x is None or y is None or x == y for x, y in zip(a, b, strict=True)
    )


def includes(wide: Shape, narrow: Shape) -> bool:
    """Whether every concrete shape that could be `narrow` could be `wide`."""
    if wide is None:
        return True
    return (
        narrow is not None
        and len(wide) == len(narrow)
        and all(x is None or x == y for x, y in zip(wide, narrow, strict=True))
    )


def common(shapes: Iterable[Shape]) -> Shape:
    """What is known of a tensor that has one of the shapes."""
    first, *others = shapes
    if first is None or any(shape is None or len(shape) != len(first) for shape in others):
        return None
    columns = zip(first, *(shape for shape in others if shape is not None), strict=True)
    return tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in columns)


def broadcast(*shapes: Shape) -> Shape:
    """The shape of an element-wise result.

    Raises:
        InvalidArgumentError: two known sizes differ and neither is 1.
    """
    if any(shape is None for shape in shapes):
        return None
    known = [shape for shape in shapes if shape is not None]
    rank = max((len(shape) for shape in known), default=0)
    result: list[int | None] = []
    for axis in range(-rank, 0):
        sizes = [shape[axis] for shape in known if len(shape) >= -axis]
        fixed = {n for n in sizes if n is not None and n != 1}
        if len(fixed) > 1:
            shown = " and ".join(show(shape) for shape in known)
            raise InvalidArgumentError(f"shapes must broadcast, not {shown}")
        if fixed:
            result.append(fixed.pop())
        else:
            result.append(None if None in sizes else 1)
    return tuple(result)


def concrete(shape: Shape) -> tuple[int, ...] | None:
    """`shape` if every size is known, else None."""
    if shape is None or any(n is None for n in shape):
        return None
    return tuple(n for n in shape if n is not None)


def dims(value: NDArray[Any] | Sequence[int] | None) -> Shape:
    """The shape a constant shape tensor asks for: -1 is an unknown size, None an unknown rank.

    Raises:
        InvalidArgumentError: a size is below -1.
    """
    if value is None:
        return None
    sizes = np.asarray(value).reshape(-1).tolist()
    if min(sizes, default=0) < -1:
        raise InvalidArgumentError(f"the sizes of a shape must be >= -1, not {sizes}")
    return tuple(None if n == -1 else n for n in sizes)


def size(shape: Iterable[int]) -> int:
    """The number of elements, as a Python integer that cannot overflow."""
    total = 1
    for n in shape:
        total *= int(n)
    return total


def show(shape: Shape) -> str:
    """`[2,?]` for (2, None), `<unknown>` for None: the form TensorFlow prints."""
    if shape is None:
        return "<unknown>"
    return "[" + ",".join("?" if n is None else str(n) for n in shape) + "]"
