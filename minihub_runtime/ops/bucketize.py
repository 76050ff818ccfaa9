"""Which of several ranges a number falls into."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require_rank
from minihub_runtime.ops.registry import Array, at_least, op, types
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import Shape, Spec, merge

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


@op(
    "BucketizeWithInputBoundaries(input: T, boundaries: float32) -> output: int32",
    T=types("int32 int64 float32 float64"),
    shape=same,
    source="contrib/boosted_trees/kernels/quantile_ops.cc",
)
def bucketize_with_input_boundaries(input: Array, boundaries: Array) -> Array:
    """How many of the sorted `boundaries`, taken as `input`'s type, are <= each element.

    TensorFlow 1.x only, in tf.contrib.
    Raises: InvalidArgumentError unless the boundaries are sorted.
    """
    with np.errstate(invalid="ignore"):
        edges = boundaries.reshape(-1).astype(input.dtype)
    if (edges[1:] < edges[:-1]).any():
        raise InvalidArgumentError(f"boundaries must be sorted, not {boundaries.tolist()}")
    return np.asarray(np.searchsorted(edges, input, "right"), dtype=np.int32)


@op(
    "BoostedTreesBucketize(float_values: num_features * float32, bucket_boundaries: num_features * float32)"
    " -> buckets: num_features * int32",
    num_features=at_least(0),
    source="core/kernels/boosted_trees/quantile_ops.cc",
)
def boosted_trees_bucketize(
    float_values: Sequence[Array], bucket_boundaries: Sequence[Array]
) -> tuple[Array, ...]:
    """For each feature, the first of its sorted boundaries that is >= each value, or else the last one.

    Raises: InvalidArgumentError for anything but vectors.
    """
    return tuple(map(_first_not_below, float_values, bucket_boundaries))


def _first_not_below(values: Array, boundaries: Array) -> Array:
    require_rank(values, 1, "float_values")
    require_rank(boundaries, 1, "bucket_boundaries")
    if not boundaries.size:
        return np.zeros(values.shape, np.int32)
    found = np.minimum(np.searchsorted(boundaries, values), boundaries.size - 1)
    # No boundary is below a NaN, so the first one is taken.
    return np.where(np.isnan(values), 0, found).astype(np.int32)


@boosted_trees_bucketize.shape
def boosted_trees_bucketize_shape(
    float_values: Sequence[Spec], bucket_boundaries: Sequence[Spec]
) -> list[Shape]:
    for spec in bucket_boundaries:
        merge(spec.shape, (None,))
    return [merge(spec.shape, (None,)) for spec in float_values]
