"""Samples of `ops/matrix_functions.py`."""

import numpy as np

from tests.samples import Sample, array, c64, c128, f16, f32, f64, normal
from tests.samples.linalg import INF, NAN, complex_normal, positive, well_conditioned

BATCH = well_conditioned(2, 3, 4, 4, dtype="float64")
COMPLEX = complex_normal(2, 5, 5)
JORDAN = f64([[4, 1, 0], [0, 4, 1], [0, 0, 4]])
CYCLE = c128([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
#: The last version of graphs that MatrixExponential may stand in.
EXPONENTIAL = dict(producer=26)

SAMPLES = [
    Sample("MatrixSquareRoot", "batch", dict(input=BATCH), loose=10),
    Sample("MatrixSquareRoot", "float", dict(input=positive(normal(3, 3), "float32"))),
    Sample("MatrixSquareRoot", "complex", dict(input=COMPLEX), loose=100),
    Sample("MatrixSquareRoot", "complex_float", dict(input=array(COMPLEX, "complex64")), loose=10),
    Sample("MatrixSquareRoot", "repeated", dict(input=JORDAN)),
    Sample("MatrixSquareRoot", "rotation", dict(input=f64([[0, -1], [1, 0]]))),
    Sample("MatrixSquareRoot", "cycle", dict(input=CYCLE)),
    Sample("MatrixSquareRoot", "negative", dict(input=f32([[-1, 0], [0, 4]]))),
    Sample("MatrixSquareRoot", "complex_negative", dict(input=c128([[-1, 0], [0, 4]]))),
    Sample("MatrixSquareRoot", "singular", dict(input=f64([[0, 0], [0, 1]]))),
    Sample("MatrixSquareRoot", "zeros", dict(input=c64(np.zeros((2, 2))))),
    Sample("MatrixSquareRoot", "nan", dict(input=f32([[NAN, 1], [1, 1]]))),
    Sample(
        "MatrixSquareRoot",
        "large",
        dict(input=well_conditioned(24, 24, dtype="float64") * 9),
        loose=100,
    ),
    Sample("MatrixSquareRoot", "empty", dict(input=f32([]).reshape(0, 0))),
    Sample("MatrixSquareRoot", "empty_batch", dict(input=f64([]).reshape(0, 2, 2))),
    Sample("MatrixSquareRoot", "half", dict(input=f16([[4]])), error="CPU kernel"),
    Sample("MatrixSquareRoot", "rectangle", dict(input=normal(2, 3)), error="square|compatible"),
    Sample("MatrixSquareRoot", "vector", dict(input=f32([1])), error="rank >= 2"),
    Sample("MatrixLogarithm", "batch", dict(input=COMPLEX), loose=100),
    Sample("MatrixLogarithm", "float", dict(input=array(COMPLEX[0], "complex64")), loose=10),
    Sample("MatrixLogarithm", "repeated", dict(input=array(JORDAN, "complex128")), loose=10),
    Sample("MatrixLogarithm", "rotation", dict(input=c128([[0, -1], [1, 0]]))),
    Sample("MatrixLogarithm", "negative", dict(input=c64([[-1, 0], [0, -2]]))),
    Sample(
        "MatrixLogarithm",
        "far_apart",
        dict(input=c128([[1e-6, 1, 2], [0, 1e6, 3], [0, 0, 1]])),
        loose=1e3,
    ),
    Sample("MatrixLogarithm", "singular", dict(input=c128([[0, 0], [0, 1]]))),
    Sample("MatrixLogarithm", "infinite", dict(input=c64([[INF, 1], [1, 1]]))),
    Sample("MatrixLogarithm", "empty", dict(input=c64([]).reshape(2, 0, 0))),
    Sample("MatrixLogarithm", "real", dict(input=f32([[1]])), error="'T' must be one of"),
    Sample(
        "MatrixLogarithm", "rectangle", dict(input=c64(normal(2, 3))), error="square|compatible"
    ),
    Sample("MatrixExponential", "batch", dict(input=BATCH), loose=10, **EXPONENTIAL),
    Sample("MatrixExponential", "small", dict(input=f64(np.eye(2) / 1e4)), **EXPONENTIAL),
    Sample("MatrixExponential", "float", dict(input=normal(2, 3, 3)), **EXPONENTIAL),
    Sample(
        "MatrixExponential",
        "norms",
        dict(input=normal(2, 3, 3) * f32([[[0.01]], [[9]]])),
        loose=10,
        **EXPONENTIAL,
    ),
    Sample("MatrixExponential", "complex", dict(input=COMPLEX), loose=10, **EXPONENTIAL),
    Sample(
        "MatrixExponential", "complex_float", dict(input=array(COMPLEX, "complex64")), **EXPONENTIAL
    ),
    Sample(
        "MatrixExponential", "falls", dict(input=f64([[-1000, 3], [0, 1]])), loose=10, **EXPONENTIAL
    ),
    Sample("MatrixExponential", "overflows", dict(input=f32([[1000, 0], [0, 1]])), **EXPONENTIAL),
    Sample(
        "MatrixExponential",
        "nan",
        dict(input=f64([[[NAN, 1], [1, 1]], [[1, 0], [0, 1]]])),
        **EXPONENTIAL,
    ),
    Sample("MatrixExponential", "empty", dict(input=f32([]).reshape(0, 0)), **EXPONENTIAL),
    Sample("MatrixExponential", "half", dict(input=f16([[4]])), error="CPU kernel", **EXPONENTIAL),
    Sample(
        "MatrixExponential",
        "rectangle",
        dict(input=normal(2, 3)),
        error="square|compatible",
        **EXPONENTIAL,
    ),
]
