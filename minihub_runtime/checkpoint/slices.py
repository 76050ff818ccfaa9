r"""Slices of tensors: what they are, how a specification spells them, and the keys they are stored under.

A partitioned variable is one tensor in a checkpoint: an entry under its name lists the slices, and each slice
has an entry of its own, under a key that encodes name and slice so that keys sort as (name, slice) would:

    key    := number(0) string(name) number(rank) (signed(start) signed(length))*
    number := length in bytes, then the bytes, highest first, without leading zeros
    string := the bytes, \0 as \0\xff and \xff as \xff\0, then \0\1
    signed := sign and length as leading bits of equal value, then the number in two's complement

A length of -1 stands for everything along an axis.

Source: tensorflow/core/util/saved_tensor_slice_util.cc, core/lib/strings/ordered_code.cc, core/framework/tensor_slice.cc.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minihub_runtime.errors import DataLossError, InvalidArgumentError, clip
from minihub_runtime.shapes import show, size

__all__ = [
    "Box",
    "TensorSlice",
    "overlapping",
    "parse_shape_and_slice",
    "pieces_of",
    "slice_key",
    "wanted_part",
]

_SPECIFICATION = r"(?:[0-9]+ )+(?:-|[0-9]+,[0-9]+)(?::(?:-|[0-9]+,[0-9]+))*"
_WHOLE = -1


class TensorSlice(NamedTuple):
    """A box of elements of a tensor.

    Attributes:
        starts: the first index along each axis; 0 where the slice takes the whole axis.
        lengths: the number of indices along each axis; -1 where the slice takes the whole axis.
    """

    starts: tuple[int, ...]
    lengths: tuple[int, ...]

    @classmethod
    def whole(cls, rank: int) -> TensorSlice:
        """The slice that is the whole of any tensor of that rank."""
        return cls((0,) * rank, (_WHOLE,) * rank)

    def box(self, shape: Sequence[int]) -> Box:
        """Offsets and sizes of this slice in a tensor of that shape.

        Raises:
            InvalidArgumentError: it does not lie within the tensor, or has no elements.
        """
        if len(self.starts) != len(shape):
            raise InvalidArgumentError(
                f"a slice of a tensor of shape {show(tuple(shape))} must have rank {len(shape)},"
                f" not {len(self.starts)}"
            )
        sizes = []
        for start, length, dimension in zip(self.starts, self.lengths, shape, strict=True):
            if start == 0 and length == _WHOLE:
                sizes.append(dimension)
            elif start < 0 or length <= 0 or start + length > dimension:
                raise InvalidArgumentError(
                    f"a slice must start at 0 or later, have a length of 1 or more, and end within {dimension},"
                    f" not start at {start} with length {length}"
                )
            else:
                sizes.append(length)
        return Box(self.starts, tuple(sizes))


class Box(NamedTuple):
    """A slice in a tensor of known shape.

    Attributes:
        offsets: the first index along each axis.
        sizes: the number of indices along each axis.
    """

    offsets: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def volume(self) -> int:
        """The number of elements."""
        return size(self.sizes)

    def intersection(self, other: Box) -> Box | None:
        """The box that both share, None if they share nothing."""
        offsets, sizes = [], []
        for a, n, b, m in zip(self.offsets, self.sizes, other.offsets, other.sizes, strict=True):
            start = max(a, b)
            length = min(a + n, b + m) - start
            if length <= 0:
                return None
            offsets.append(start)
            sizes.append(length)
        return Box(tuple(offsets), tuple(sizes))

    def __str__(self) -> str:
        """As NumPy would index it: `[0:4, 0:16]`."""
        ranges = (f"{a}:{a + n}" for a, n in zip(self.offsets, self.sizes, strict=True))
        return f"[{', '.join(ranges)}]"

    def within(self, outer: Box) -> tuple[slice, ...]:
        """The NumPy index of this box in an array that holds `outer`."""
        return tuple(
            slice(a - b, a - b + n)
            for a, n, b in zip(self.offsets, self.sizes, outer.offsets, strict=True)
        )


def overlapping(boxes: Sequence[Box]) -> bool:
    """Whether any two of the boxes, all of one rank and none empty, share an element."""
    starts = np.array([box.offsets for box in boxes], np.int64)
    ends = starts + np.array([box.sizes for box in boxes], np.int64)
    return any(
        bool(((starts[i] < ends[i + 1 :]) & (starts[i + 1 :] < ends[i])).all(axis=1).any())
        for i in range(len(boxes) - 1)
    )


def pieces_of(stored: Sequence[Box], wanted: Box, name: str, prefix: str) -> list[tuple[int, Box]]:
    """Which of the stored slices of a tensor have elements of a part, and what they share with it.

    Raises:
        DataLossError: slices overlap there, or are not all of it.
    """
    found = [(number, box.intersection(wanted)) for number, box in enumerate(stored)]
    pieces = [(number, common) for number, common in found if common is not None]
    if overlapping([common for _, common in pieces]):
        raise DataLossError(
            f"the stored slices of {clip(name)!r} must be disjoint, but some overlap"
        )
    volume = sum(common.volume for _, common in pieces)
    if volume != wanted.volume:
        raise DataLossError(
            f"the stored slices of {clip(name)!r} must have all {wanted.volume} elements of the part {wanted} that is wanted,"
            f" but have {volume} ({clip(prefix)})"
        )
    return pieces


def wanted_part(name: str, slice: str, found: tuple[int, ...], prefix: str) -> Box:
    """The part of a variable that a shape and slice name, which must be those of a tensor of shape `found`.

    Raises:
        InvalidArgumentError: they are not.
    """
    try:
        shape, part = parse_shape_and_slice(slice)
        wanted = part.box(shape)
    except InvalidArgumentError as error:
        raise InvalidArgumentError(
            f"the part {clip(slice)!r} of variable {clip(name)!r}: {error.message}"
        ) from None
    if shape != found:
        raise InvalidArgumentError(
            f"variable {clip(name)!r}, of which the part {wanted} is wanted, must have the shape {show(shape)} in the checkpoint"
            f" {clip(prefix)}, not {show(found)}"
        )
    return wanted


def parse_shape_and_slice(specification: str) -> tuple[tuple[int, ...], TensorSlice]:
    """Full shape and slice of a string such as `8 16 0,4:-`: rows 0 to 3 of a tensor of shape [8,16].

    Raises:
        InvalidArgumentError: the string is not of that form.
    """
    if not re.fullmatch(_SPECIFICATION, specification, re.ASCII):
        raise InvalidArgumentError(
            "a shape and slice must look like '8 16 0,4:-': dimensions, then for each axis 'start,length' or '-',"
            f" not {clip(specification)!r}"
        )
    *dimensions, extents = specification.split(" ")
    if any(len(number) > 19 for number in re.findall("[0-9]+", specification)):
        raise InvalidArgumentError(
            f"numbers of a shape and slice must fit in 64 bits, not be {clip(specification)!r}"
        )
    pairs = [
        (0, _WHOLE) if extent == "-" else tuple(int(number) for number in extent.split(","))
        for extent in extents.split(":")
    ]
    part = TensorSlice(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))
    return tuple(int(dimension) for dimension in dimensions), part


def slice_key(name: bytes, part: TensorSlice) -> bytes:
    """The key of the entry that holds slice `part` of the tensor `name`."""
    escaped = _escaped(name)
    key = _number(0) + escaped + b"\0\1" + _number(len(part.starts))
    for start, length in zip(part.starts, part.lengths, strict=True):
        key += _signed(start) + _signed(length)
    return key


def _escaped(name: bytes) -> bytes:
    return b"".join({0: b"\0\xff", 255: b"\xff\0"}.get(byte, bytes([byte])) for byte in name)


def _number(value: int) -> bytes:
    length = (value.bit_length() + 7) // 8
    return bytes([length]) + value.to_bytes(length, "big")


def _signed(value: int) -> bytes:
    # Of the 8n bits of n bytes, the first n are 1 for numbers >= 0 and 0 for others; two's complement fills the rest.
    length = (value if value >= 0 else ~value).bit_length() // 7 + 1
    header = ((1 << length) - 1) << (7 * length)
    return ((value & ((1 << (8 * length)) - 1)) ^ header).to_bytes(length, "big")
