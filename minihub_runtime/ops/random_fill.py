"""Philox words as numbers: uniform, normal and truncated normal ones of any type, and integers.

Every function takes the stream, how many numbers are wanted and their type; the stream goes ahead by what was used.

Source: tsl/lib/random/random_distributions.h, tensorflow/core/kernels/random_op_cpu.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import narrow

__all__ = [
    "Fill",
    "full_integers",
    "integers",
    "normal",
    "normal_doubles",
    "truncated_normal",
    "uniform",
    "uniform_doubles",
]

#: Numbers of a type from a stream, as a vector.
Fill: TypeAlias = Callable[[Philox, int, DType], Array]

# Words or groups that are worked on at a time: what fits a processor's cache.
_CHUNK = 1 << 15

# Random bits of a uniform number; the rest of its word is not used.
_MANTISSA = {"float16": 10, "bfloat16": 7, "float32": 23}

_TRUNCATED_AT = 2.0


def _uniform_floats(words: NDArray[np.uint32], bits: int = 23) -> NDArray[np.float32]:
    """A float32 in [0, 1) with so many random bits per word."""
    return (words & np.uint32((1 << bits) - 1)).astype(np.float32) * np.float32(2.0**-bits)


def uniform_doubles(words: NDArray[np.uint32]) -> NDArray[np.float64]:
    """A float64 in [0, 1) per two words along the last axis."""
    high = (words[..., 0::2] & np.uint32(0xFFFFF)).astype(np.float64)
    high *= 2.0**-20
    high += words[..., 1::2] * 2.0**-52
    return high


def _normal_floats(words: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Two normal float32 per two words, by the transform of Box and Muller.

    The sine and the cosine are taken in float64, because float32 functions err by more than rounding.
    """
    radius = np.maximum(_uniform_floats(words[..., 0::2]), np.float32(1e-7))
    radius = np.sqrt(np.float32(-2) * np.log(radius.astype(np.float64)).astype(np.float32))
    angle = _uniform_floats(words[..., 1::2]).astype(np.float64) * (2 * np.pi)
    wide = angle.astype(np.float32).astype(np.float64)
    result = np.empty(words.shape, np.float32)
    np.multiply(np.sin(wide).astype(np.float32), radius, out=result[..., 0::2])
    np.multiply(np.cos(wide).astype(np.float32), radius, out=result[..., 1::2])
    return result


def normal_doubles(words: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Two normal float64 per four words along the last axis."""
    uniforms = uniform_doubles(words)
    radius = np.sqrt(-2 * np.log(np.maximum(uniforms[..., 0::2], 1e-7)))
    angle = uniforms[..., 1::2] * (2 * np.pi)
    result = np.empty(uniforms.shape)
    np.multiply(np.sin(angle), radius, out=result[..., 0::2])
    np.multiply(np.cos(angle), radius, out=result[..., 1::2])
    return result


def uniform(stream: Philox, count: int, dtype: DType) -> Array:
    """Numbers in [0, 1)."""
    if dtype is dtypes.float64:
        return uniform_doubles(stream.words(2 * count))
    return narrow(_uniform_floats(stream.words(count), _MANTISSA[dtype.name]), dtype.numpy)


def normal(stream: Philox, count: int, dtype: DType) -> Array:
    """Numbers with mean 0 and variance 1."""
    wide = dtype is dtypes.float64
    result = np.empty(count, np.float64 if wide else np.float32)
    for start in range(0, count, _CHUNK):
        part = result[start : start + _CHUNK]
        # A whole block, also if less than its numbers are wanted.
        if wide:
            part[:] = normal_doubles(stream.words(4 * (-(-len(part) // 2))))[: len(part)]
        else:
            part[:] = _normal_floats(stream.words(4 * (-(-len(part) // 4))))[: len(part)]
    return narrow(result, dtype.numpy)


def truncated_normal(stream: Philox, count: int, dtype: DType) -> Array:
    """Normal numbers between -2 and 2; those beyond are drawn again.

    The numbers come in groups of as many as a block gives, and each group has blocks of its own.
    """
    wide = dtype is dtypes.float64
    per_group = 2 if wide else 4
    groups = -(-count // per_group)
    result = np.empty((groups, per_group), np.float64 if wide else np.float32)
    for start in range(0, groups, _CHUNK):
        part = result[start : start + _CHUNK]
        numbers = np.arange(start, start + len(part), dtype=np.uint64)
        # 256 words are set aside for each number.
        _fill_groups(stream, numbers * np.uint64(per_group * 256 // 4), part)
    return narrow(result.reshape(-1)[:count], dtype.numpy)


def _fill_groups(stream: Philox, offsets: NDArray[np.uint64], result: Array) -> None:
    """Fill each row from the blocks at its offset, as many as it takes."""
    per_group = result.shape[1]
    transform = normal_doubles if result.dtype == np.float64 else _normal_floats
    filled = np.zeros(len(result), np.int64)
    pending = np.arange(len(result))
    tried = 0
    while pending.size:
        drawn = transform(stream.blocks_at(offsets[pending] + np.uint64(tried)))
        accepted = np.abs(drawn) < _TRUNCATED_AT
        places = filled[pending, np.newaxis] + np.cumsum(accepted, axis=1) - 1
        kept = accepted & (places < per_group)
        result[pending[np.nonzero(kept)[0]], places[kept]] = drawn[kept]
        filled[pending] += accepted.sum(axis=1)
        pending = pending[filled[pending] < per_group]
        tried += 1


def full_integers(stream: Philox, count: int, dtype: DType) -> Array:
    """Integers of the whole range of a type of 32 or 64 bits."""
    if dtype.size == 4:
        return stream.words(count).view(dtype.numpy)
    words = stream.words(2 * count)
    both = words[0::2] | (words[1::2].astype(np.uint64) << np.uint64(32))
    return both.view(dtype.numpy)


def integers(stream: Philox, count: int, low: int, high: int, dtype: DType) -> Array:
    """Integers in [low, high).

    Raises:
        InvalidArgumentError: the range is empty.
    """
    require(low < high, f"minval must be < maxval, not {low} and {high}")
    unsigned = np.dtype(f"u{dtype.size}")
    drawn = full_integers(stream, count, dtype).view(unsigned)
    drawn %= unsigned.type(high - low)
    drawn += unsigned.type(low % (1 << (8 * dtype.size)))
    return drawn.view(dtype.numpy)
