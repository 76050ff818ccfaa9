"""The falling sequences next to others."""

from __future__ import annotations

import numpy as np

from minihub_runtime.dtypes import DType, to_float
from minihub_runtime.errors import UnimplementedError
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import FLOATS, REALS, ROUNDING, Array, op
from minihub_runtime.ops.windows import narrow
from minihub_runtime.shapes import Shape, Spec

__all__: list[str] = []

#: Type of the input → that of the output for which TensorFlow has a kernel.
KERNELS = {
    "int8": "float32",
    "int16": "float32",
    "int32": "float64",
    "int64": "float64",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "float32": "float32",
    "float64": "float64",
}


@op(
    "IsotonicRegression(input: T) -> output: output_dtype, segments: int32",
    T=REALS,
    output_dtype=FLOATS.default_to("float32"),
    precision=ROUNDING,
    source="core/kernels/isotonic_regression_op.cc",
)
def isotonic_regression(input: Array, *, T: DType, output_dtype: DType) -> tuple[Array, Array]:
    """The sequence that never rises and is next to each row by least squares, and the number of the segment at each place.

    A segment is where the sequence is constant because neighbours rose: it has their mean.
    Raises: UnimplementedError for types without a kernel in TensorFlow.
    """
    if KERNELS.get(T.name) != output_dtype.name:
        raise UnimplementedError(
            f"output_dtype must be {KERNELS.get(T.name)} for {T.name}, not {output_dtype.name}"
        )
    values = to_float(input).astype(np.float64)
    result, segments = np.empty(input.shape), np.empty(input.shape, np.int32)
    columns = input.shape[-1] if input.ndim else 1
    for row, means, numbers in zip(
        *(array.reshape(-1, columns) if columns else [] for array in (values, result, segments)),
        strict=True,
    ):
        means[:], numbers[:] = _falling(row.tolist())
    return narrow(result, output_dtype.numpy), segments


def _falling(row: list[float]) -> tuple[Array, Array]:
    """Neighbours that rise are pooled, and so are the pools, until none does."""
    pools: list[tuple[float, int]] = []
    for value in row:
        total, count = value, 1
        while pools and total / count > pools[-1][0] / pools[-1][1]:
            before, length = pools.pop()
            total, count = total + before, count + length
        pools.append((total, count))
    lengths = [count for _, count in pools]
    means = [total / count for total, count in pools]
    return np.repeat(means, lengths), np.repeat(np.arange(len(pools), dtype=np.int32), lengths)


@isotonic_regression.shape
def isotonic_regression_shape(input: Spec) -> list[Shape]:
    return [input.shape, input.shape]


@isotonic_regression.gradient
def isotonic_regression_gradient(ops: Ops, grad: Term, segments: Term) -> Term:
    # The elements of a segment share its gradient.
    sizes = ops.Shape(segments)
    columns = ops.Prod(sizes[-1:], [0])
    rows = ops.Reshape(segments, ops.ConcatV2([ops.constant([-1], "int32"), sizes[-1:]], 0))
    starts = ops.Range(0, ops.Shape(rows)[0], 1) * columns
    ids = ops.Reshape(rows + ops.ExpandDims(starts, -1), [-1])
    count = ops.Size(ids)
    flat = ops.Reshape(grad, [-1])
    sums = ops.UnsortedSegmentSum(flat, ids, count)
    lengths = ops.UnsortedSegmentSum(ops.OnesLike(flat), ids, count)
    return ops.Reshape(ops.GatherV2(sums / lengths, ids, 0), sizes)
