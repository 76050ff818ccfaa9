"""Products of matrices by BLAS."""

from __future__ import annotations

import numpy as np

from minihub_runtime import blas
from minihub_runtime.ops.registry import Array

__all__ = ["multiply"]

#: Multiplications from which on BLAS itself uses several threads.
SHARED = 1 << 18
#: Multiplications of a product of a millisecond, about.
LONG = 1 << 25


def multiply(left: Array, right: Array, out: Array | None = None) -> Array:
    """The products of two stacks of matrices of one type, which may hold infinities.

    Short ones stay in this thread.  The threads of BLAS meet at the end of each product, and where other programs use the cores,
    one of them may wait there for the other many times longer than either computes.
    """
    cost = left.shape[-2] * left.shape[-1] * right.shape[-1]
    with np.errstate(all="ignore"):
        if SHARED < cost < LONG:
            with blas.single():
                return np.asarray(np.matmul(left, right, out=out))
        return np.asarray(np.matmul(left, right, out=out))
