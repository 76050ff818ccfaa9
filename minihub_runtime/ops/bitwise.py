"""Integers as rows of bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.ops.broadcasting import elementwise
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.registry import Array, op, types, without_gradient
from minihub_runtime.ops.shape_rules import broadcasted, same
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

_INTEGERS = types("int8 int16 int32 int64 uint8 uint16 uint32 uint64")


def _shift(function: Callable[..., Any]) -> Callable[..., Any]:
    """The shift by `y` limited to [0, width): processors disagree on any other."""

    def shifted(x: Array, y: Array, out: Array | None = None) -> Any:
        # Limits of the type of `y`: NumPy 1.26 would widen a scalar.
        least, most = y.dtype.type(0), y.dtype.type(8 * y.dtype.itemsize - 1)
        return function(x, np.minimum(np.maximum(y, least), most), out=out)

    return shifted


def _binary(name: str, function: Callable[..., Any], doc: str, source: str) -> None:
    def kernel(x: Array, y: Array, *, out: Array | None = None) -> Array:
        return elementwise(function, x, y, out=out)

    kernel.__doc__ = doc
    op(
        f"{name}(x: T, y: T) -> z: T",
        T=_INTEGERS,
        source=f"core/kernels/cwise_op_{source}.cc",
        shape=broadcasted,
    )(kernel)


_binary("BitwiseAnd", np.bitwise_and, "Bits set in both.", "bitwise_and")
_binary("BitwiseOr", np.bitwise_or, "Bits set in either.", "bitwise_or")
_binary("BitwiseXor", np.bitwise_xor, "Bits set in exactly one.", "bitwise_xor")
_binary(
    "LeftShift",
    _shift(np.left_shift),
    "`x` moved `y` bits to the left, `y` limited to [0, width).",
    "left_shift",
)
_binary(
    "RightShift",
    _shift(np.right_shift),
    "`x` moved `y` bits to the right, `y` limited to [0, width); the sign is kept.",
    "right_shift",
)


@op("Invert(x: T) -> y: T", T=_INTEGERS, source="core/kernels/cwise_op_invert.cc", shape=same)
def invert(x: Array, *, out: Array | None = None) -> Array:
    """All bits flipped."""
    return elementwise(np.invert, x, out=out)


@op(
    "PopulationCount(x: T) -> y: uint8",
    T=_INTEGERS,
    source="core/kernels/population_count_op.cc",
    shape=same,
)
def population_count(x: Array) -> Array:
    """The number of set bits."""
    octets = np.ascontiguousarray(x).reshape(-1).view(np.uint8).reshape(x.size, x.itemsize)
    counts = np.unpackbits(octets, axis=1).sum(axis=1, dtype=np.uint8)
    return counts.reshape(x.shape)


@op(
    "CompareAndBitpack(input: T, threshold: T) -> output: uint8",
    T=types("bool float16 float32 float64 int8 int16 int32 int64"),
    source="core/kernels/compare_and_bitpack_op.cc",
)
def compare_and_bitpack(input: Array, threshold: Array) -> Array:
    """Whether each element is above the threshold, eight of a row in one byte, the first in the highest bit.

    A bool element counts as it is, whatever the threshold.
    Shapes: `[…, 8 n], [] -> […, n]`.
    Raises: InvalidArgumentError unless the last size is a multiple of 8, or for a threshold that is no scalar.
    """
    require_scalar(threshold, "threshold")
    require(input.ndim >= 1, "input must have rank >= 1, not 0")
    require(
        input.shape[-1] % 8 == 0,
        f"input must have a last size that is a multiple of 8, not shape {list(input.shape)}",
    )
    return np.packbits(input if input.dtype == np.bool_ else input > threshold, axis=-1)


@compare_and_bitpack.shape
def compare_and_bitpack_shape(input: Spec, threshold: Spec) -> Shape:
    merge(threshold.shape, ())
    if input.shape is None:
        return None
    require(len(input.shape) >= 1, "input must have rank >= 1, not 0")
    last = input.shape[-1]
    if last is None:
        return input.shape
    require(last % 8 == 0, f"input must have a last size that is a multiple of 8, not {last}")
    return (*input.shape[:-1], last // 8)


without_gradient(
    "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Invert", "LeftShift", "PopulationCount", "RightShift"
)
