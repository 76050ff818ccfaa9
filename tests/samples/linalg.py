"""Samples of `ops/linalg.py` and `ops/linear_systems.py`."""

import numpy as np

from tests.samples import Sample, array, bf16, c128, f16, f32, f64, i32, normal

INF, NAN = np.inf, np.nan
BATCH = normal(2, 3, 3, dtype="float64")
SIGNS = "signs of the vectors are not determined"


def complex_normal(*shape):
    return array(
        normal(*shape, dtype="float64") + 1j * normal(*shape, seed=1, dtype="float64"), "complex128"
    )


def well_conditioned(*shape, dtype="float32"):
    """Matrices that are far from singular."""
    return array(normal(*shape, dtype="float64") + 3 * np.eye(shape[-1]), dtype)


def positive(x, dtype):
    return array(x @ np.conj(np.swapaxes(x, -1, -2)) + np.eye(x.shape[-1]), dtype)


def system(matrix, rhs):
    return dict(matrix=matrix, rhs=rhs)


def squares(matrix, rhs, penalty=0.5):
    return dict(matrix=matrix, rhs=rhs, l2_regularizer=f64(penalty))


TALL = f64([[1, 2], [3, 4], [5, 6]])
COMPLEX = complex_normal(2, 3, 3)
SINGULAR = f32([[1, 1], [1, 1]])
TRIANGLE = f32([[2, 9], [1, 4]])
ONES = f32([[1], [1]])

#: Matrices whose determinants are not known, of which one has an inverse of NaN and the other none.
UNKNOWN = f32([[[1, NAN], [2, 3]], [[2, 1], [1, 1]]])
UNKNOWN_PIVOT = f32([[1, 2], [NAN, 3]])

SAMPLES = [
    Sample("Cholesky", "batch", dict(input=positive(BATCH, "float32"))),
    Sample("Cholesky", "complex", dict(input=positive(COMPLEX, "complex128"))),
    Sample("Cholesky", "upper_ignored", dict(input=f32([[4, 99], [2, 3]]))),
    Sample("Cholesky", "indefinite", dict(input=f32([[[1, 2], [2, 1]], [[4, 0], [0, 9]]]))),
    Sample("Cholesky", "empty", dict(input=f32([]).reshape(0, 3, 3))),
    Sample("Cholesky", "rectangle", dict(input=normal(2, 3)), error="square|compatible"),
    Sample("Cholesky", "half", dict(input=f16([[4]])), error="CPU kernel"),
    Sample("Qr", "square", dict(input=BATCH)),
    Sample("Qr", "tall", dict(input=normal(4, 2))),
    Sample("Qr", "tall_full", dict(input=normal(4, 2)), dict(full_matrices=True)),
    Sample("Qr", "wide", dict(input=normal(2, 4))),
    Sample("Qr", "wide_full", dict(input=normal(2, 2, 4)), dict(full_matrices=True)),
    Sample("Qr", "complex", dict(input=COMPLEX)),
    Sample("Qr", "diagonal", dict(input=f64(np.diag([-1.0, 2, -3])))),
    Sample("Qr", "empty", dict(input=f32([]).reshape(0, 2))),
    Sample("Qr", "empty_full", dict(input=f32([]).reshape(3, 0)), dict(full_matrices=True)),
    Sample("Qr", "vector", dict(input=f32([1])), error="rank >= 2"),
    Sample("Svd", "tall", dict(input=normal(4, 2)), differs=SIGNS),
    Sample(
        "Svd", "wide_full", dict(input=normal(2, 2, 4)), dict(full_matrices=True), differs=SIGNS
    ),
    Sample("Svd", "complex", dict(input=COMPLEX), differs=SIGNS),
    Sample("Svd", "nan", dict(input=f32([[NAN, 1], [1, 1]]))),
    Sample("Svd", "empty", dict(input=f32([]).reshape(0, 2))),
    Sample("Svd", "empty_full", dict(input=f32([]).reshape(3, 0)), dict(full_matrices=True)),
    Sample("Svd", "vector", dict(input=f32([1])), error="rank >= 2"),
    Sample("SelfAdjointEigV2", "batch", dict(input=BATCH), differs=SIGNS),
    Sample("SelfAdjointEigV2", "complex", dict(input=COMPLEX), differs=SIGNS),
    Sample("SelfAdjointEigV2", "empty", dict(input=f64([]).reshape(0, 0))),
    Sample("SelfAdjointEigV2", "nan", dict(input=f64([[NAN, 1], [1, 1]])), error="must be finite"),
    Sample("SelfAdjointEigV2", "rectangle", dict(input=normal(2, 3)), error="square|compatible"),
    Sample(
        "Eig",
        "rotation",
        dict(input=f64([[0, 1, 0], [-1, 0, 0], [0, 0, 2]])),
        dict(Tout="complex128"),
    ),
    Sample("Eig", "float", dict(input=normal(3, 3)), dict(Tout="complex64"), differs=SIGNS),
    Sample("Eig", "complex", dict(input=COMPLEX), dict(Tout="complex128"), differs=SIGNS),
    Sample(
        "Eig", "nan", dict(input=f64([[NAN, 1], [1, 1]])), dict(Tout="complex128"), error="finite"
    ),
    Sample(
        "Eig", "wrong_result", dict(input=f64([[1]])), dict(Tout="complex64"), error="Tout must be"
    ),
    Sample("Lu", "batch", dict(input=BATCH), dict(output_idx_type="int64")),
    Sample("Lu", "matrix", dict(input=normal(4, 4)), loose=10),
    Sample("Lu", "complex", dict(input=COMPLEX)),
    Sample("Lu", "empty", dict(input=f32([]).reshape(0, 0))),
    Sample("Lu", "singular", dict(input=SINGULAR), error="invertible"),
    Sample("Lu", "rectangle", dict(input=normal(2, 3)), error="square|compatible"),
    Sample("MatrixInverse", "batch", dict(input=BATCH), loose=10),
    Sample("MatrixInverse", "float", dict(input=well_conditioned(3, 3))),
    Sample("MatrixInverse", "adjoint", dict(input=COMPLEX), dict(adjoint=True), loose=10),
    Sample("MatrixInverse", "half", dict(input=f16([[2, 1], [1, 1]]))),
    Sample("MatrixInverse", "empty", dict(input=f32([]).reshape(0, 0))),
    Sample("MatrixInverse", "singular", dict(input=SINGULAR), error="invertible"),
    Sample("MatrixInverse", "rectangle", dict(input=normal(2, 3)), error="square|compatible"),
    Sample("MatrixInverse", "unknown", dict(input=UNKNOWN)),
    Sample("MatrixInverse", "unknown_complex", dict(input=UNKNOWN.astype(np.complex64))),
    Sample("MatrixInverse", "unknown_pivot", dict(input=UNKNOWN_PIVOT), error="invertible"),
    Sample(
        "MatrixInverse", "unknown_row", dict(input=UNKNOWN), dict(adjoint=True), error="invertible"
    ),
    Sample("MatrixDeterminant", "batch", dict(input=BATCH)),
    Sample("MatrixDeterminant", "unknown", dict(input=UNKNOWN)),
    Sample("MatrixDeterminant", "unknown_pivot", dict(input=UNKNOWN_PIVOT)),
    Sample("MatrixDeterminant", "unknown_complex", dict(input=UNKNOWN.astype(np.complex64))),
    Sample("LogMatrixDeterminant", "unknown", dict(input=UNKNOWN)),
    Sample("LogMatrixDeterminant", "unknown_complex", dict(input=UNKNOWN.astype(np.complex64))),
    Sample("LogMatrixDeterminant", "infinite", dict(input=f32([[INF, 2], [3, 4]]))),
    Sample("MatrixSolve", "unknown", system(UNKNOWN, np.ones((2, 2, 1), np.float32))),
    Sample(
        "MatrixSolve",
        "unknown_pivot",
        system(UNKNOWN_PIVOT, np.ones((2, 1), np.float32)),
        error="invertible",
    ),
    Sample("MatrixDeterminant", "complex", dict(input=COMPLEX)),
    Sample("MatrixDeterminant", "float", dict(input=well_conditioned(4, 4))),
    Sample("MatrixDeterminant", "singular", dict(input=SINGULAR)),
    Sample("MatrixDeterminant", "empty_matrix", dict(input=f32([]).reshape(0, 0))),
    Sample("MatrixDeterminant", "empty_batch", dict(input=f32([]).reshape(0, 2, 2))),
    Sample("MatrixDeterminant", "infinite", dict(input=f32([[INF, 2], [3, 4]]))),
    Sample("MatrixDeterminant", "rectangle", dict(input=normal(2, 3)), error="square|compatible"),
    Sample("LogMatrixDeterminant", "batch", dict(input=BATCH)),
    Sample("LogMatrixDeterminant", "complex", dict(input=COMPLEX)),
    Sample(
        "LogMatrixDeterminant", "singular", dict(input=f32([[[1, 2], [3, 4]], [[0, 0], [0, 0]]]))
    ),
    Sample("LogMatrixDeterminant", "empty", dict(input=f32([]).reshape(0, 0))),
    Sample(
        "LogMatrixDeterminant", "rectangle", dict(input=normal(2, 3)), error="square|compatible"
    ),
    Sample("MatrixSolve", "batch", system(BATCH, normal(2, 3, 2, dtype="float64")), loose=10),
    Sample(
        "MatrixSolve",
        "adjoint",
        system(COMPLEX, complex_normal(2, 3, 1)),
        dict(adjoint=True),
        loose=10,
    ),
    Sample("MatrixSolve", "float", system(well_conditioned(3, 3), normal(3, 4))),
    Sample("MatrixSolve", "no_columns", system(well_conditioned(2, 2), f32([]).reshape(2, 0))),
    Sample("MatrixSolve", "empty", system(f32([]).reshape(0, 0), f32([]).reshape(0, 3))),
    Sample("MatrixSolve", "singular", system(SINGULAR, ONES), error="invertible"),
    Sample("MatrixSolve", "rows", system(SINGULAR, normal(3, 1)), error="as many rows|compatible"),
    Sample(
        "MatrixSolve",
        "batches",
        system(normal(2, 2, 2), normal(1, 2, 1)),
        error="the same|compatible",
    ),
    Sample("MatrixSolveLs", "tall", squares(TALL, f64([[1], [2], [4]]))),
    Sample("MatrixSolveLs", "wide", squares(TALL.T.copy(), f64([[1, 2], [2, 0]]))),
    Sample("MatrixSolveLs", "batch", squares(normal(2, 4, 2), normal(2, 4, 1))),
    Sample("MatrixSolveLs", "complex", squares(complex_normal(3, 2), complex_normal(3, 1))),
    Sample("MatrixSolveLs", "slow", squares(TALL, f64([[1], [2], [4]])), dict(fast=False)),
    Sample(
        "MatrixSolveLs",
        "slow_deficient",
        squares(f64(np.ones((3, 2))), f64([[1], [2], [4]])),
        dict(fast=False),
    ),
    Sample(
        "MatrixSolveLs",
        "deficient",
        squares(f64(np.ones((3, 2))), f64([[1], [2], [4]]), 0),
        error="full rank",
    ),
    Sample(
        "MatrixSolveLs",
        "negative",
        squares(TALL, f64([[1], [2], [4]]), -1),
        error="not be negative",
    ),
    Sample(
        "MatrixSolveLs", "rows", squares(TALL, f64([[1], [2]])), error="as many rows|compatible"
    ),
    Sample("MatrixTriangularSolve", "upper", system(TRIANGLE, ONES), dict(lower=False)),
    Sample("MatrixTriangularSolve", "lower", system(TRIANGLE, ONES)),
    Sample(
        "MatrixTriangularSolve",
        "adjoint",
        system(COMPLEX, complex_normal(2, 3, 2)),
        dict(adjoint=True),
        loose=10,
    ),
    Sample(
        "MatrixTriangularSolve",
        "upper_adjoint",
        system(COMPLEX, complex_normal(2, 3, 2)),
        dict(lower=False, adjoint=True),
        loose=10,
    ),
    Sample(
        "MatrixTriangularSolve",
        "blocks",
        system(well_conditioned(70, 70, dtype="float64"), f64(np.ones((70, 1)))),
        loose=100,
    ),
    Sample("MatrixTriangularSolve", "broadcast_rhs", system(well_conditioned(3, 2, 2), ONES)),
    Sample("MatrixTriangularSolve", "broadcast_matrix", system(TRIANGLE, normal(3, 2, 2))),
    Sample("MatrixTriangularSolve", "singular", system(f32([[0, 9], [1, 4]]), ONES)),
    Sample(
        "MatrixTriangularSolve",
        "half",
        system(f16([[2, 9], [1, 4]]), f16([[1], [1]])),
        error="CPU kernel",
    ),
    Sample(
        "MatrixTriangularSolve",
        "bfloat16",
        system(bf16([[2, 9], [1, 4]]), bf16([[1], [1]])),
        error="CPU kernel",
    ),
    Sample("MatrixTriangularSolve", "empty", system(f32([]).reshape(0, 0), f32([]).reshape(0, 1))),
    Sample(
        "MatrixTriangularSolve", "rows", system(TRIANGLE, normal(3, 1)), error="must fit|compatible"
    ),
    Sample(
        "MatrixTriangularSolve", "rectangle", system(normal(2, 3), ONES), error="square|compatible"
    ),
    Sample("MatrixTriangularSolve", "vector", system(TRIANGLE, f32([1, 1])), error="rank >= 2"),
]
SAMPLES += [
    Sample(
        "Eig", "ints", dict(input=i32([[1]])), dict(Tout="complex64"), error="'T' must be one of"
    ),
    Sample("MatrixDeterminant", "one", dict(input=c128([[1 + 2j]]))),
]
