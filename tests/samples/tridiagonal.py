"""Samples of `ops/tridiagonal.py`."""

from tests.samples import Sample, array, f32, f64, normal

THREE = f64([[1, 2, 0], [4, 5, 6], [0, 1, 1]])
DIAGONALS = normal(2, 3, 5, dtype="float64")
BANDS = f64([[2, 2, 3], [9, 1, 1]])


def system(diagonals, rhs):
    return dict(diagonals=diagonals, rhs=rhs)


def banded(matrix, rhs):
    return dict(matrix=matrix, rhs=rhs)


def complex_normal(*shape):
    return array(
        normal(*shape, dtype="float64") + 1j * normal(*shape, seed=1, dtype="float64"), "complex128"
    )


ONES = f64([[1], [1], [1]])
SAMPLES = [
    Sample("TridiagonalSolve", "three", system(THREE, ONES)),
    Sample("TridiagonalSolve", "batch", system(DIAGONALS, normal(2, 5, 2, dtype="float64"))),
    Sample("TridiagonalSolve", "batch_float", system(normal(3, 3, 4), normal(3, 4, 2)), loose=10),
    Sample(
        "TridiagonalSolve",
        "complex",
        system(complex_normal(2, 3, 4), complex_normal(2, 4, 3)),
        loose=10,
    ),
    Sample("TridiagonalSolve", "no_pivoting", system(THREE, ONES), dict(partial_pivoting=False)),
    Sample("TridiagonalSolve", "one", system(f64([[0], [2], [0]]), f64([[1, 3]]))),
    Sample("TridiagonalSolve", "two", system(f64([[1, 0], [0, 5], [0, 2]]), f64([[1], [3]]))),
    Sample("TridiagonalSolve", "singular", system(f64([[1, 0], [1, 1], [0, 1]]), f64([[1], [3]]))),
    Sample("TridiagonalSolve", "two_diagonals", system(f64([[1, 2, 3]] * 2), ONES), error="3 rows"),
    Sample("TridiagonalSolve", "rows", system(THREE, f64([[1], [1]])), error="must fit|compatible"),
    Sample(
        "TridiagonalMatMul",
        "batch",
        dict(
            superdiag=normal(2, 1, 4),
            maindiag=normal(2, 1, 4, seed=1),
            subdiag=normal(2, 1, 4, seed=2),
            rhs=normal(2, 4, 3),
        ),
    ),
    Sample(
        "TridiagonalMatMul",
        "three",
        dict(
            superdiag=f64([[1, 2, 0]]),
            maindiag=f64([[4, 5, 6]]),
            subdiag=f64([[0, 1, 1]]),
            rhs=f64([[0, 1], [2, 3], [4, 5]]),
        ),
    ),
    Sample(
        "TridiagonalMatMul",
        "short",
        dict(
            superdiag=f32([[1, 2]]),
            maindiag=f32([[4, 5, 6]]),
            subdiag=f32([[0, 1, 1]]),
            rhs=f32([[0, 1], [2, 3], [4, 5]]),
        ),
        error="superdiag must have shape",
    ),
    Sample(
        "BandedTriangularSolve",
        "singular",
        banded(f64([[2, 0, 3], [9, 1, 1]]), ONES),
        error="invertible",
    ),
    Sample(
        "BandedTriangularSolve", "rows", banded(BANDS, f64([[1], [1]])), error="must fit|compatible"
    ),
    Sample(
        "BandedTriangularSolve",
        "more_bands_than_rows",
        banded(f64([[1] * 3] * 4), ONES),
        error="more bands",
    ),
    Sample(
        "BandedTriangularSolve",
        "batch",
        banded(normal(2, 2, 4, dtype="float64"), normal(2, 4, 3, dtype="float64")),
        loose=100,
    ),
]
for _lower in (False, True):
    for _adjoint in (False, True):
        SAMPLES += [
            Sample(
                "BandedTriangularSolve",
                f"lower_{_lower}_adjoint_{_adjoint}",
                banded(BANDS if _lower else BANDS[::-1].copy(), ONES),
                dict(lower=_lower, adjoint=_adjoint),
            ),
            Sample(
                "BandedTriangularSolve",
                f"complex_{_lower}_{_adjoint}",
                banded(complex_normal(3, 5), complex_normal(5, 2)),
                dict(lower=_lower, adjoint=_adjoint),
                loose=100,
            ),
        ]
