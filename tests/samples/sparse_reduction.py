"""Samples of `ops/sparse_reduction.py`."""

from typing import Any

from tests.samples import Sample, bf16, c64, f16, f32, f64, i8, i32, i64
from tests.samples.sparse import triple

ROWS = [[0, 0, 1], [0, 1, 0], [1, 0, 1], [1, 1, 1], [1, 1, 2]]
SHAPE = [3, 2, 3]


def reduction(values: Any, axes: Any, rows: Any = ROWS, shape: Any = SHAPE) -> dict[str, Any]:
    """The inputs of a sparse reduction."""
    return dict(**triple(rows, values, shape, "input_"), reduction_axes=i32(axes))


FLOATS = f32([1, -2, 3, -4.5, -5])


def reductions(op: str) -> list[Sample]:
    """The samples that all sparse reductions share."""
    return [
        Sample(op, "first", reduction(FLOATS, [0])),
        Sample(op, "last", reduction(FLOATS, [-1])),
        Sample(op, "scalar_axis", reduction(FLOATS, 1)),
        Sample(op, "two", reduction(FLOATS, [2, 0])),
        Sample(op, "all", reduction(FLOATS, [0, 1, 2])),
        Sample(op, "no_axes", reduction(FLOATS, [])),
        Sample(op, "repeated_axis", reduction(FLOATS, [1, 1, -2])),
        Sample(op, "keep", reduction(FLOATS, [1], ROWS), dict(keep_dims=True)),
        Sample(op, "keep_all", reduction(FLOATS, [0, 1, 2], ROWS), dict(keep_dims=True)),
        Sample(op, "unordered", reduction(FLOATS, [0], ROWS[::-1])),
        Sample(op, "no_values", reduction(f32([]), [0], [], SHAPE)),
        Sample(op, "bytes", reduction(i8([100, 100, 1, 2, 3]), [1, 2])),
        Sample(op, "doubles", reduction(f64([1, 2, 3, 4, 5]), [0])),
        Sample(op, "halves", reduction(f16([1, 2, 3, 4, 5]), [1])),
        Sample(op, "bfloat16", reduction(bf16([1, 2, 3, 4, 5]), [1])),
        Sample(op, "axis", reduction(FLOATS, [3]), error="reduction_axes"),
        Sample(op, "negative_axis", reduction(FLOATS, [-4]), error="reduction_axes"),
        Sample(op, "axes_rank", reduction(FLOATS, [[0]]), error="reduction_axes"),
        Sample(op, "count", reduction(f32([1]), [0]), error="one row per value"),
    ]


def bins(splits: Any, values: Any, size: Any, weights: Any) -> dict[str, Any]:
    """The inputs of RaggedBincount."""
    return dict(splits=i64(splits), values=values, size=size, weights=weights)


def sparse_bins(rows: Any, values: Any, shape: Any, size: Any, weights: Any) -> dict[str, Any]:
    """The inputs of SparseBincount."""
    parts = triple(rows, values, shape, "")
    return dict(
        indices=parts["indices"],
        values=values,
        dense_shape=parts["shape"],
        size=size,
        weights=weights,
    )


def counted(rows: Any, values: Any, shape: Any, weights: Any) -> dict[str, Any]:
    """The inputs of SparseCountSparseOutput."""
    parts = triple(rows, values, shape, "")
    return dict(
        indices=parts["indices"], values=values, dense_shape=parts["shape"], weights=weights
    )


NONE = f32([])
PLAIN = dict(binary_output=False)
BINARY = dict(binary_output=True)
MATRIX_ROWS = [[0, 0], [0, 1], [2, 0], [2, 3]]

SAMPLES = [
    *reductions("SparseReduceSum"),
    *reductions("SparseReduceSumSparse"),
    *reductions("SparseReduceMax"),
    *reductions("SparseReduceMaxSparse"),
    Sample("SparseReduceSum", "complex", reduction(c64([1, 2j, 3, 4, 5]), [1])),
    Sample(
        "SparseReduceSum", "outside", reduction(FLOATS, [1], [[9, 9, 9]] * 5), error="must lie in"
    ),
    Sample(
        "SparseBincount", "vector", sparse_bins([[0], [2], [3]], i32([1, 1, 9]), [5], i32(4), NONE)
    ),
    Sample(
        "SparseBincount",
        "matrix",
        sparse_bins(MATRIX_ROWS, i64([1, 1, 0, 2]), [3, 4], i64(3), i32([])),
    ),
    Sample(
        "SparseBincount",
        "weights",
        sparse_bins(MATRIX_ROWS, i32([1, 1, 0, 2]), [3, 4], i32(3), f32([1, 2.5, 3, 4])),
    ),
    Sample(
        "SparseBincount",
        "binary",
        sparse_bins(MATRIX_ROWS, i32([1, 1, 0, 2]), [3, 4], i32(3), f64([])),
        BINARY,
    ),
    Sample("SparseBincount", "no_bins", sparse_bins([[0]], i32([1]), [5], i32(0), NONE)),
    Sample(
        "SparseBincount", "size", sparse_bins([[0]], i32([1]), [5], i32(-1), NONE), error="size"
    ),
    Sample(
        "SparseBincount", "negative", sparse_bins([[0]], i32([-1]), [5], i32(3), NONE), error=">= 0"
    ),
    Sample(
        "SparseBincount",
        "row",
        sparse_bins([[4, 0]], i32([1]), [3, 4], i32(3), NONE),
        error="must lie in",
    ),
    Sample("RaggedBincount", "rows", bins([0, 2, 2, 4], i32([1, 1, 0, 9]), i32(3), NONE)),
    Sample(
        "RaggedBincount",
        "weights",
        bins([0, 2, 2, 4], i64([1, 1, 0, 2]), i64(3), f64([1, 2, 3, 4])),
    ),
    Sample(
        "RaggedBincount", "binary", bins([0, 2, 2, 4], i64([1, 1, 0, 2]), i64(3), i64([])), BINARY
    ),
    Sample(
        "RaggedBincount",
        "matrix_of_splits",
        bins([[0, 2], [2, 4]], i64([1, 1, 0, 2]), i64(3), f64([1, 2, 3, 4])),
    ),
    Sample("RaggedBincount", "scalar_splits", bins(0, i64([]), i64(3), i64([]))),
    Sample("RaggedBincount", "no_rows", bins([0], i64([]), i64(3), i64([]))),
    Sample("RaggedBincount", "start", bins([1, 2], i32([1, 1]), i32(3), NONE), error="ascend"),
    Sample("RaggedBincount", "end", bins([0, 3], i32([1, 1]), i32(3), NONE), error="ascend"),
    Sample("RaggedBincount", "negative", bins([0, 2], i32([1, -1]), i32(3), NONE), error=">= 0"),
    Sample("RaggedBincount", "size", bins([0, 2], i32([1, 1]), i32(-3), NONE), error="size"),
    Sample(
        "DenseCountSparseOutput", "vector", dict(values=i32([3, 1, 3, 0]), weights=i64([])), PLAIN
    ),
    Sample(
        "DenseCountSparseOutput",
        "matrix",
        dict(values=i64([[3, 1, 3], [0, 0, 7]]), weights=f32([])),
        dict(minlength=9, **PLAIN),
    ),
    Sample(
        "DenseCountSparseOutput",
        "weights",
        dict(values=i64([[3, 1, 3], [0, 0, 7]]), weights=f32([[1, 2, 3], [4, 5, 6]])),
        dict(maxlength=4, **PLAIN),
    ),
    Sample(
        "DenseCountSparseOutput",
        "binary",
        dict(values=i64([[3, 1, 3], [0, 0, 7]]), weights=f32([])),
        BINARY,
    ),
    Sample("DenseCountSparseOutput", "no_values", dict(values=i64([]), weights=f32([])), PLAIN),
    Sample(
        "DenseCountSparseOutput",
        "rank",
        dict(values=i64([[[1]]]), weights=f32([])),
        PLAIN,
        error="rank",
    ),
    Sample(
        "DenseCountSparseOutput",
        "weights_shape",
        dict(values=i64([1]), weights=f32([1, 2])),
        PLAIN,
        error="weights",
    ),
    Sample(
        "SparseCountSparseOutput", "vector", counted([[0], [3]], i32([2, 2]), [5], i32([])), PLAIN
    ),
    Sample(
        "SparseCountSparseOutput",
        "matrix",
        counted(MATRIX_ROWS, i64([2, 2, 5, 4]), [3, 4], f32([1, 2, 3, 4])),
        PLAIN,
    ),
    Sample(
        "SparseCountSparseOutput",
        "lengths",
        counted(MATRIX_ROWS, i64([2, 2, 5, 4]), [3, 4], f32([])),
        dict(minlength=7, maxlength=5, binary_output=True),
    ),
    Sample(
        "DenseCountSparseOutput",
        "negative",
        dict(values=i64([-1]), weights=f32([])),
        PLAIN,
        error=">= 0",
    ),
    Sample(
        "RaggedCountSparseOutput",
        "negative",
        dict(splits=i64([0, 1]), values=i32([-1]), weights=i32([])),
        PLAIN,
        error=">= 0",
    ),
    Sample(
        "SparseCountSparseOutput",
        "negative",
        counted([[1, 0]], i64([-2]), [3, 4], f32([])),
        PLAIN,
        error=">= 0",
    ),
    Sample(
        "SparseCountSparseOutput",
        "row",
        counted([[5, 0]], i64([2]), [3, 4], f32([])),
        PLAIN,
        error="must lie in",
    ),
    Sample(
        "SparseCountSparseOutput",
        "weights",
        counted([[1, 0]], i64([2]), [3, 4], f32([1, 2])),
        PLAIN,
        error="weights",
    ),
    Sample(
        "SparseCountSparseOutput",
        "no_rows",
        counted([], i64([]), [0, 4], f32([])),
        PLAIN,
        error="must lie in",
    ),
    Sample(
        "RaggedCountSparseOutput",
        "rows",
        dict(splits=i64([0, 2, 2, 4]), values=i32([1, 1, 0, 9]), weights=f32([])),
        PLAIN,
    ),
    Sample(
        "RaggedCountSparseOutput",
        "weights",
        dict(splits=i64([0, 2, 2, 4]), values=i32([1, 1, 0, 9]), weights=i32([1, 2, 3, 4])),
        dict(maxlength=4, **PLAIN),
    ),
    Sample(
        "RaggedCountSparseOutput",
        "binary",
        dict(splits=i64([0, 2, 2, 4]), values=i32([1, 1, 0, 9]), weights=i32([])),
        dict(minlength=20, **BINARY),
    ),
    Sample(
        "RaggedCountSparseOutput",
        "few_splits",
        dict(splits=i64([0]), values=i32([]), weights=i32([])),
        PLAIN,
        error="at least 2",
    ),
    Sample(
        "RaggedCountSparseOutput",
        "end",
        dict(splits=i64([0, 5]), values=i32([1]), weights=i32([])),
        PLAIN,
        error="ascend",
    ),
    Sample(
        "RaggedCountSparseOutput",
        "start",
        dict(splits=i64([1, 1]), values=i32([1]), weights=i32([])),
        PLAIN,
        error="ascend",
    ),
]
