"""Checks that kernels share, so that one mistake has one wording.

NumPy accepts more than TensorFlow: negative indices, any reshape, wide broadcasting.  What TensorFlow refuses, kernels
refuse, with a message that says what must hold and then what was found.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.errors import InvalidArgumentError, ResourceExhaustedError
from minihub_runtime.shapes import size

__all__ = [
    "MEMORY_LIMIT",
    "UNSIGNED",
    "allocatable",
    "axis_in_range",
    "indices_in_range",
    "require",
    "require_rank",
    "require_scalar",
]

#: The most bytes one result may take whose size the values of a graph decide.
MEMORY_LIMIT = 1 << 34
#: Types of indices → the same without a sign, where negative numbers are larger than all others.
UNSIGNED = {np.dtype(np.int32): np.uint32, np.dtype(np.int64): np.uint64}


def require(condition: Any, message: str) -> None:
    """Raise InvalidArgumentError(message) unless `condition` holds.

    Build a costly message only after a failed check: `if not ok: require(False, f"…")`.
    """
    if not condition:
        raise InvalidArgumentError(message)


def require_rank(array: NDArray[Any], rank: int, name: str) -> None:
    """Raise unless `array` has `rank` dimensions."""
    if array.ndim != rank:
        raise InvalidArgumentError(f"{name} must have rank {rank}, not shape {list(array.shape)}")


def require_scalar(array: NDArray[Any], name: str) -> None:
    """Raise unless `array` is a scalar."""
    if array.ndim:
        raise InvalidArgumentError(f"{name} must be a scalar, not of shape {list(array.shape)}")


def axis_in_range(axis: Any, rank: int, name: str = "axis") -> int:
    """`axis` as an index in [0, rank); negative ones count from the end."""
    index = int(axis)
    if not -rank <= index < rank:
        raise InvalidArgumentError(f"{name} must lie in [{-rank}, {rank}), not {index}")
    return index + rank if index < 0 else index


def indices_in_range(indices: NDArray[Any], limit: int, name: str = "indices") -> None:
    """Raise unless every index lies in [0, limit)."""
    if indices.size == 0:
        return
    if indices.size <= 32:
        # For a few numbers a list is several times as fast as two reductions.
        few = indices.reshape(-1).tolist()
        low, high = min(few), max(few)
    else:
        unsigned = UNSIGNED.get(indices.dtype)
        if unsigned is not None and int(indices.view(unsigned).max()) < limit < 1 << 31:
            return
        low, high = int(indices.min()), int(indices.max())
    if low < 0 or high >= limit:
        wrong = (indices < 0) | (indices >= limit)
        place = [int(i) for i in np.argwhere(wrong)[0]]
        at = "".join(f"[{i}]" for i in place)
        value = int(indices[tuple(place)])
        raise InvalidArgumentError(f"{name}{at} = {value} must lie in [0, {limit})")


@functools.lru_cache(maxsize=4096)
def _fits(sizes: tuple[int, ...], itemsize: int) -> bool:
    """Whether there is nothing to say against an array of these sizes, none of them zero."""
    return min(sizes, default=0) > 0 and size(sizes) * itemsize <= MEMORY_LIMIT


def allocatable(
    shape: Iterable[Any], dtype: np.dtype[Any] | type, name: str = "the result"
) -> tuple[int, ...]:
    """`shape` as Python integers, if an array of it may be made.

    Raises:
        InvalidArgumentError: a size is negative, or the number of elements does not fit 63 bits.
        ResourceExhaustedError: it takes more than MEMORY_LIMIT bytes.
    """
    sizes = tuple(map(int, shape))
    itemsize = dtype.itemsize if isinstance(dtype, np.dtype) else np.dtype(dtype).itemsize
    if _fits(sizes, itemsize):
        return sizes
    total = size(sizes) * itemsize
    if min(sizes, default=0) < 0:
        raise InvalidArgumentError(f"{name} must have sizes >= 0, not shape {list(sizes)}")
    # NumPy makes no array whose other sizes overflow, not even if one size is zero; it counts bytes.
    if size(n for n in sizes if n) * (1 if total else itemsize) >= 1 << 63:
        raise InvalidArgumentError(
            f"{name} must have less than 2**63 elements, not shape {list(sizes)}"
        )
    if total > MEMORY_LIMIT:
        raise ResourceExhaustedError(
            f"{name} must take at most {MEMORY_LIMIT} bytes, not shape {list(sizes)} of {dtype}"
        )
    return sizes
