"""Which of several ranges a number falls into."""

from __future__ import annotations

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.registry import Array, op, types
from minihub_runtime.ops.shape_rules import same

__all__: list[str] = []


@op(
    "Bucketize(input: T) -> output: int32",
    T=types("int32 int64 float32 float64"),
    shape=same,
    source="core/kernels/bucketize_op.cc",
)
def bucketize(input: Array, *, boundaries: list[float]) -> Array:
    """How many of the sorted `boundaries` are <= each element; a NaN falls into the last bucket.

    Raises: InvalidArgumentError unless the boundaries are sorted.
    """
    edges = np.asarray(boundaries, dtype=np.float32)
    if (edges[1:] < edges[:-1]).any():
        raise InvalidArgumentError(f"boundaries must be sorted, not {boundaries}")
    # C++ compares integers with the boundaries as float32, doubles as float64.
    kind = np.float64 if input.dtype == np.float64 else np.float32
    found = np.searchsorted(edges.astype(kind), input.astype(kind, copy=False), "right")
    return np.asarray(found, dtype=np.int32)
