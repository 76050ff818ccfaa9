"""Samples of `ops/sparse.py`."""

from typing import Any

import numpy as np

from tests.samples import Sample, b, bf16, boolean, f32, i32, i64, u8


def dense(
    indices: Any, output_shape: Any, values: Any, default: Any, index: Any = i64
) -> dict[str, Any]:
    """The inputs of SparseToDense."""
    return dict(
        sparse_indices=index(indices),
        output_shape=index(output_shape),
        sparse_values=values,
        default_value=default,
    )


def triple(indices: Any, values: Any, shape: Any, prefix: str = "") -> dict[str, Any]:
    """A sparse tensor under names with a prefix."""
    rows = i64(indices).reshape(len(indices), len(shape))
    return {f"{prefix}indices": rows, f"{prefix}values": values, f"{prefix}shape": i64(shape)}


def fill(indices: Any, values: Any, shape: Any, default: Any) -> dict[str, Any]:
    """The inputs of SparseFillEmptyRows."""
    rows = i64(indices).reshape(len(indices), len(shape))
    return dict(indices=rows, values=values, dense_shape=i64(shape), default_value=default)


SAMPLES = [
    Sample("SparseToDense", "matrix", dense([[0, 1], [1, 0]], [2, 3], f32([5, 6]), f32(-1))),
    Sample("SparseToDense", "scalar_index", dense(2, [4], f32(5), f32(0), i32)),
    Sample("SparseToDense", "vector_of_indices", dense([1, 3], [5], i32([7, 8]), i32(0), i32)),
    Sample("SparseToDense", "one_value", dense([1, 3], [5], b("x"), b("-"))),
    Sample("SparseToDense", "strings", dense([[0, 0]], [1, 2], b(["a"]), b(""))),
    Sample("SparseToDense", "booleans", dense([[0, 0]], [1, 2], boolean([True]), boolean(False))),
    Sample("SparseToDense", "bfloat16", dense([[0, 0]], [1, 2], bf16([1.5]), bf16(2))),
    Sample("SparseToDense", "bytes", dense([[0, 0, 1]], [1, 2, 2], u8([200]), u8(1))),
    Sample("SparseToDense", "no_values", dense(np.zeros((0, 2)), [2, 2], f32([]), f32(3))),
    Sample("SparseToDense", "no_values_vector", dense([], [3], f32([]), f32(3))),
    Sample("SparseToDense", "empty_result", dense(np.zeros((0, 2)), [0, 2], f32([]), f32(3))),
    Sample(
        "SparseToDense",
        "repeats_unchecked",
        dense([3, 1, 3], [5], f32([1, 2, 3]), f32(0)),
        dict(validate_indices=False),
    ),
    Sample(
        "SparseToDense", "repeats", dense([1, 1], [5], f32([1, 2]), f32(0)), error="without repeats"
    ),
    Sample(
        "SparseToDense", "unordered", dense([3, 1], [5], f32([1, 2]), f32(0)), error="must ascend"
    ),
    Sample("SparseToDense", "outside", dense([7], [5], f32([1]), f32(0)), error="must lie in"),
    Sample(
        "SparseToDense",
        "outside_unchecked",
        dense([[0, -1]], [5, 5], f32([1]), f32(0)),
        dict(validate_indices=False),
        error="must lie in",
    ),
    Sample(
        "SparseToDense", "value_count", dense([1, 2], [5], f32([1]), f32(0)), error="sparse_values"
    ),
    Sample("SparseToDense", "rank3", dense([[[1]]], [5], f32([1]), f32(0)), error="rank <= 2"),
    Sample(
        "SparseToDense", "shape_rank", dense([[1]], [5, 2], f32([1]), f32(0)), error="output_shape"
    ),
    Sample("SparseToDense", "negative", dense([[1]], [-5], f32([1]), f32(0)), error=">= 0"),
    Sample("SparseToDense", "default", dense([[1]], [5], f32([1]), f32([0])), error="scalar"),
    Sample("SparseReorder", "sorted", triple([[0, 1], [1, 0]], f32([1, 2]), [2, 2], "input_")),
    Sample(
        "SparseReorder",
        "unsorted",
        triple([[2, 1], [0, 1], [2, 0], [0, 0]], b(["a", "b", "c", "d"]), [3, 2], "input_"),
    ),
    Sample("SparseReorder", "no_values", triple([], f32([]), [3, 2], "input_")),
    Sample(
        "SparseReorder",
        "booleans",
        triple([[2, 1], [0, 1]], boolean([True, False]), [3, 2], "input_"),
    ),
    Sample(
        "SparseReorder",
        "too_few_values",
        triple([[2, 1], [0, 1]], f32([1]), [3, 2], "input_"),
        error="one row per value",
    ),
    Sample(
        "SparseReorder",
        "columns",
        dict(input_indices=i64([[1, 2]]), input_values=f32([1]), input_shape=i64([3])),
        error="one column per dimension",
    ),
    Sample(
        "SparseReorder",
        "rank",
        dict(input_indices=i64([1]), input_values=f32([1]), input_shape=i64([3])),
        error="rank 2",
    ),
    *(
        Sample(
            "SparseReshape",
            label,
            dict(
                input_indices=i64(rows).reshape(len(rows), len(old)),
                input_shape=i64(old),
                new_shape=i64(new),
            ),
            error=error,
        )
        for label, rows, old, new, error in [
            ("flatten", [[0, 1], [1, 2]], [2, 3], [6], None),
            ("split", [[5], [0], [3]], [6], [2, 3], None),
            ("unknown", [[0, 1, 2], [1, 0, 0]], [2, 2, 3], [4, -1], None),
            ("same", [[0, 1]], [2, 3], [2, 3], None),
            ("same_unknown", [[0, 1]], [2, 3], [-1, 3], None),
            ("no_values", [], [2, 3], [3, -1], None),
            ("empty", [], [0, 3], [3, 0], None),
            ("to_scalar", [[0]], [1], [], None),
            ("wide", [[123456, 7]], [10**9, 10**9], [10**6, 10**12], None),
            ("two_unknown", [[0, 1]], [2, 3], [-1, -1], "one -1"),
            ("does_not_divide", [[0, 1]], [2, 3], [4, -1], "divide"),
            ("count", [[0, 1]], [2, 3], [5], "6 elements"),
            ("negative", [[0, 1]], [2, 3], [-2, -3], ">= 0"),
            ("empty_unknown", [], [0, 3], [0, -1], "divide"),
            ("values_in_empty", [[0, 0]], [0, 3], [3, 0], "empty"),
            ("overflow", [[0, 0]], [2**40, 2**40], [1, -1], "2\\*\\*63"),
        ]
    ),
    Sample(
        "SparseReshape",
        "rank",
        dict(input_indices=i64([1]), input_shape=i64([2]), new_shape=i64([2])),
        error="rank 2",
    ),
    Sample(
        "SparseFillEmptyRows",
        "some",
        fill([[0, 1], [0, 3], [2, 0], [3, 1]], f32([1, 2, 3, 4]), [5, 6], f32(-1)),
    ),
    Sample("SparseFillEmptyRows", "full", fill([[0, 1], [1, 3]], i64([1, 2]), [2, 6], i64(-1))),
    Sample(
        "SparseFillEmptyRows",
        "unordered",
        fill([[2, 1], [0, 3], [2, 0], [1, 1]], b(["a", "b", "c", "d"]), [3, 6], b("?")),
    ),
    Sample(
        "SparseFillEmptyRows",
        "unordered_gaps",
        fill([[3, 1], [0, 3], [3, 0]], f32([1, 2, 3]), [5, 6], f32(9)),
    ),
    Sample("SparseFillEmptyRows", "no_values", fill([], f32([]), [3, 2], f32(7))),
    Sample("SparseFillEmptyRows", "no_rows", fill([], f32([]), [0, 2], f32(7))),
    Sample("SparseFillEmptyRows", "vector", fill([[1]], f32([5]), [3], f32(7))),
    Sample(
        "SparseFillEmptyRows",
        "rank3",
        fill([[1, 2, 3]], boolean([True]), [3, 4, 5], boolean(False)),
    ),
    Sample(
        "SparseFillEmptyRows",
        "outside",
        fill([[3, 0]], f32([1]), [3, 2], f32(7)),
        error="must lie in",
    ),
    Sample(
        "SparseFillEmptyRows",
        "negative",
        fill([[-1, 0]], f32([1]), [3, 2], f32(7)),
        error="must lie in",
    ),
    Sample(
        "SparseFillEmptyRows",
        "in_no_rows",
        fill([[0, 0]], f32([1]), [0, 2], f32(7)),
        error="must lie in",
    ),
    Sample(
        "SparseFillEmptyRows",
        "default",
        fill([[0, 0]], f32([1]), [2, 2], f32([7])),
        error="default_value",
    ),
    Sample(
        "SparseFillEmptyRows",
        "count",
        fill([[0, 0]], f32([1, 2]), [2, 2], f32(7)),
        error="one row per value|must be compatible",
    ),
    Sample(
        "SparseFillEmptyRows",
        "negative_shape",
        fill([[0, 0]], f32([1]), [-2, 2], f32(7)),
        error=">= 0",
    ),
    Sample(
        "SparseFillEmptyRowsGrad",
        "some",
        dict(reverse_index_map=i64([0, 2, 3]), grad_values=f32([1, 2, 4, 8, 16])),
    ),
    Sample("SparseFillEmptyRowsGrad", "none", dict(reverse_index_map=i64([]), grad_values=f32([]))),
    Sample(
        "SparseFillEmptyRowsGrad",
        "outside",
        dict(reverse_index_map=i64([5]), grad_values=f32([1])),
        error="must lie in",
    ),
    Sample(
        "SparseFillEmptyRowsGrad",
        "negative",
        dict(reverse_index_map=i64([-1]), grad_values=f32([1])),
        error="must lie in",
    ),
]
