"""Samples of `ops/sparse_math.py`."""

from typing import Any

from tests.samples import Sample, bf16, c64, f16, f32, f64, i8, i32, i64, normal
from tests.samples.sparse import triple


def pair(a: Any, b: Any, shape: Any) -> dict[str, Any]:
    """Two sparse tensors of one shape."""
    return {**triple(*a, shape, "a_"), **triple(*b, shape, "b_")}


LEFT = ([[0, 1], [1, 0], [2, 2]], f32([1, -2, 3]))
RIGHT = ([[0, 0], [1, 0], [2, 2]], f32([10, 2, -4]))
SHAPE = [3, 3]

MATRIX = ([[0, 1], [0, 3], [2, 0], [2, 3], [0, 1]], [1, -2, 3, 4, 0.5])


def product(kind: Any, b: Any, shape: Any = (3, 4), index: Any = i64) -> dict[str, Any]:
    """The inputs of SparseTensorDenseMatMul."""
    return dict(a_indices=index(MATRIX[0]), a_values=kind(MATRIX[1]), a_shape=i64(shape), b=b)


def softmax(rows: Any, values: Any, shape: Any) -> dict[str, Any]:
    """The inputs of SparseSoftmax."""
    return triple(rows, values, shape, "sp_")


ROWS = [[0, 0], [0, 2], [1, 1], [2, 0], [2, 1], [2, 2]]

SAMPLES = [
    Sample("SparseAdd", "all", dict(**pair(LEFT, RIGHT, SHAPE), thresh=f32(0))),
    Sample("SparseAdd", "threshold", dict(**pair(LEFT, RIGHT, SHAPE), thresh=f32(1.5))),
    Sample("SparseAdd", "zero_sum", dict(**pair(LEFT, RIGHT, SHAPE), thresh=f32(0.5))),
    Sample("SparseAdd", "no_values", dict(**pair(([], f32([])), RIGHT, SHAPE), thresh=f32(0))),
    Sample(
        "SparseAdd",
        "repeats",
        dict(
            **pair(
                ([[0], [0], [1]], i32([1, 2, 3])), ([[0], [1], [1], [1]], i32([4, 5, 6, 7])), [3]
            ),
            thresh=i32(0),
        ),
    ),
    Sample(
        "SparseAdd",
        "unordered",
        dict(
            **pair(([[2], [0], [1]], i32([1, 2, 3])), ([[1], [2], [0]], i32([4, 5, 6])), [3]),
            thresh=i32(0),
        ),
    ),
    Sample(
        "SparseAdd",
        "short_integers",
        dict(
            **pair(([[0], [1]], i8([-128, 100])), ([[0], [1]], i8([0, 100])), [3]), thresh=i8(100)
        ),
    ),
    Sample(
        "SparseAdd",
        "complex",
        dict(
            **pair(([[0], [1]], c64([1 + 1j, 2])), ([[1], [2]], c64([1j, -1])), [3]),
            thresh=f32(2.5),
        ),
    ),
    Sample(
        "SparseAdd",
        "shapes",
        dict(**triple(*LEFT, [3, 3], "a_"), **triple(*RIGHT, [3, 4], "b_"), thresh=f32(0)),
        error="like a_shape",
    ),
    Sample(
        "SparseAdd",
        "threshold_rank",
        dict(**pair(LEFT, RIGHT, SHAPE), thresh=f32([0])),
        error="scalar",
    ),
    Sample(
        "SparseAddGrad",
        "some",
        dict(
            backprop_val_grad=f32([1, 2, 3]),
            a_indices=i64([[0, 1], [2, 2]]),
            b_indices=i64([[0, 1], [1, 1], [2, 0]]),
            sum_indices=i64([[0, 1], [1, 1], [2, 2]]),
        ),
    ),
    Sample(
        "SparseAddGrad",
        "count",
        dict(
            backprop_val_grad=f32([1, 2]),
            a_indices=i64([[0, 1], [2, 2]]),
            b_indices=i64([[0, 1]]),
            sum_indices=i64([[0, 1], [1, 1], [2, 2]]),
        ),
        error="one value per row",
    ),
    *(
        sample
        for op in ("SparseSparseMaximum", "SparseSparseMinimum")
        for sample in (
            Sample(op, "floats", pair(LEFT, RIGHT, SHAPE)),
            Sample(op, "no_values", pair(([], f32([])), RIGHT, SHAPE)),
            Sample(
                op, "integers", pair(([[0], [2]], i32([1, -2])), ([[0], [1]], i32([3, -4])), [3])
            ),
            Sample(
                op, "bfloat16", pair(([[0], [2]], bf16([1, -2])), ([[0], [1]], bf16([3, -4])), [3])
            ),
            Sample(
                op,
                "shapes",
                {**triple(*LEFT, [3, 3], "a_"), **triple(*RIGHT, [4, 3], "b_")},
                error="like a_shape",
            ),
        )
    ),
    Sample("SparseTensorDenseAdd", "matrix", dict(**triple(*LEFT, SHAPE, "a_"), b=normal(3, 3))),
    Sample(
        "SparseTensorDenseAdd",
        "repeats",
        dict(
            a_indices=i32([[1], [1], [0]]),
            a_values=i32([1, 2, 3]),
            a_shape=i32([2]),
            b=i32([10, 20]),
        ),
    ),
    Sample(
        "SparseTensorDenseAdd",
        "no_values",
        dict(**triple([], f64([]), SHAPE, "a_"), b=normal(3, 3, dtype="float64")),
    ),
    Sample(
        "SparseTensorDenseAdd",
        "bfloat16",
        dict(**triple([[0], [2]], bf16([1, 2]), [3], "a_"), b=bf16([1, 2, 3])),
    ),
    Sample(
        "SparseTensorDenseAdd",
        "shapes",
        dict(**triple(*LEFT, SHAPE, "a_"), b=normal(3, 4)),
        error="b's shape",
    ),
    Sample(
        "SparseTensorDenseAdd",
        "outside",
        dict(**triple([[0, 3]], f32([1]), SHAPE, "a_"), b=normal(3, 3)),
        error="must lie in",
    ),
    Sample("SparseTensorDenseMatMul", "floats", product(f32, normal(4, 2))),
    Sample(
        "SparseTensorDenseMatMul",
        "int32_indices",
        product(f64, normal(4, 2, dtype="float64"), index=i32),
    ),
    Sample(
        "SparseTensorDenseMatMul", "adjoint_a", product(f32, normal(3, 2)), dict(adjoint_a=True)
    ),
    Sample(
        "SparseTensorDenseMatMul", "adjoint_b", product(f32, normal(5, 4)), dict(adjoint_b=True)
    ),
    Sample(
        "SparseTensorDenseMatMul",
        "adjoint_both",
        product(c64, c64(normal(5, 3)) * c64(1 - 2j)),
        dict(adjoint_a=True, adjoint_b=True),
    ),
    Sample(
        "SparseTensorDenseMatMul", "integers", product(i32, i32([[1, 2], [3, 4], [5, 6], [7, 8]]))
    ),
    Sample("SparseTensorDenseMatMul", "bfloat16", product(bf16, normal(4, 2, dtype="bfloat16"))),
    Sample("SparseTensorDenseMatMul", "wide", product(f32, normal(4, 40))),
    Sample(
        "SparseTensorDenseMatMul",
        "no_values",
        dict(**triple([], f32([]), [2, 3], "a_"), b=normal(3, 2)),
    ),
    Sample(
        "SparseTensorDenseMatMul",
        "no_columns",
        dict(**triple([], f32([]), [2, 0], "a_"), b=normal(0, 2)),
    ),
    Sample(
        "SparseTensorDenseMatMul",
        "inner",
        product(f32, normal(3, 2)),
        error="must have 4 rows|compatible",
    ),
    Sample(
        "SparseTensorDenseMatMul",
        "outside",
        product(f32, normal(3, 2), (3, 3)),
        error="must lie in",
    ),
    Sample(
        "SparseTensorDenseMatMul",
        "row_outside",
        product(f32, normal(4, 2), (2, 4)),
        error="must lie in",
    ),
    Sample("SparseTensorDenseMatMul", "rank", product(f32, normal(4)), error="rank 2"),
    Sample("SparseSoftmax", "floats", softmax(ROWS, f32([1, 2, 3, -4, 5, 6]), [3, 3])),
    Sample("SparseSoftmax", "doubles", softmax(ROWS, f64([1, 1000, 3, -4, 5, 6]), [4, 3])),
    Sample("SparseSoftmax", "halves", softmax(ROWS, f16([1, 2, 3, -4, 5, 6]), [3, 3])),
    Sample(
        "SparseSoftmax",
        "rank3",
        softmax([[0, 0, 1], [0, 1, 0], [0, 1, 1]], f32([1, 2, 3]), [1, 2, 2]),
    ),
    Sample("SparseSoftmax", "no_values", softmax([], f32([]), [3, 3])),
    Sample("SparseSoftmax", "rank1", softmax([[0]], f32([1]), [3]), error=">= 2"),
    Sample("SparseSoftmax", "outside", softmax([[0, 3]], f32([1]), [3, 3])),
    *(
        sample
        for op in ("SparseDenseCwiseAdd", "SparseDenseCwiseMul", "SparseDenseCwiseDiv")
        for sample in (
            Sample(op, "matrix", dict(**triple(*LEFT, SHAPE, "sp_"), dense=normal(3, 3))),
            Sample(op, "row", dict(**triple(*LEFT, SHAPE, "sp_"), dense=normal(3))),
            Sample(op, "column", dict(**triple(*LEFT, SHAPE, "sp_"), dense=normal(3, 1))),
            Sample(op, "scalar", dict(**triple(*LEFT, SHAPE, "sp_"), dense=f32(-2.5))),
            Sample(
                op,
                "integers",
                dict(**triple([[0], [1], [2]], i32([7, -7, 7]), [3], "sp_"), dense=i32([2, 2, -2])),
            ),
            Sample(
                op,
                "extremes",
                dict(
                    **triple([[0], [1]], f32([1, 0]), [3], "sp_"), dense=f32([float("inf"), 3, 1])
                ),
            ),
            Sample(
                op,
                "bfloat16",
                dict(**triple([[0], [1]], bf16([1, 3]), [3], "sp_"), dense=bf16([1.5, 7, 1])),
            ),
            Sample(op, "no_values", dict(**triple([], f32([]), SHAPE, "sp_"), dense=normal(3, 3))),
            Sample(
                op,
                "shapes",
                dict(**triple(*LEFT, SHAPE, "sp_"), dense=normal(3, 2)),
                error="must broadcast",
            ),
            Sample(
                op,
                "dense_rank",
                dict(**triple(*LEFT, SHAPE, "sp_"), dense=normal(1, 3, 3)),
                error="must broadcast",
            ),
            Sample(
                op,
                "outside",
                dict(**triple([[3, 0]], f32([1]), SHAPE, "sp_"), dense=normal(3, 3)),
                error="must lie in",
            ),
        )
    ),
    Sample(
        "SparseDenseCwiseDiv",
        "integers_by_zero",
        dict(**triple([[0]], i32([7]), [3], "sp_"), dense=i32([0, 1, 2])),
        error="not be 0",
    ),
]
