"""Samples of `ops/diagonal.py`."""

import numpy as np

from tests.samples import Sample, b, bf16, boolean, c64, f32, f64, i32, i64, normal, u8

MATRIX = f64(np.arange(12).reshape(3, 4))
BATCH = normal(2, 4, 3)
ROWS = f32([[1, 2, 3], [4, 5, 6]])


def make(diagonal, k, num_rows=-1, num_cols=-1, padding=9):
    return dict(
        diagonal=diagonal,
        k=i32(k),
        num_rows=i32(num_rows),
        num_cols=i32(num_cols),
        padding_value=np.asarray(padding, diagonal.dtype),
    )


def part(x, k, padding=9):
    return dict(input=x, k=i32(k), padding_value=np.asarray(padding, x.dtype))


def put(x, diagonal, k):
    return dict(input=x, diagonal=diagonal, k=i32(k))


def band(x, lower, upper):
    return dict(input=x, num_lower=i64(lower), num_upper=i64(upper))


ALIGNMENTS = ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT")
SAMPLES = [
    Sample("MatrixDiag", "batch", dict(diagonal=ROWS)),
    Sample("MatrixDiag", "vector", dict(diagonal=i32([1, 2]))),
    Sample("MatrixDiag", "bool", dict(diagonal=boolean([True, False]))),
    Sample("MatrixDiag", "bfloat16", dict(diagonal=bf16([1, 2]))),
    Sample("MatrixDiag", "empty", dict(diagonal=f32([]))),
    Sample("MatrixDiag", "scalar", dict(diagonal=f32(1)), error="rank >= 1"),
    Sample("MatrixDiagPart", "wide", dict(input=MATRIX)),
    Sample("MatrixDiagPart", "tall_batch", dict(input=BATCH)),
    Sample("MatrixDiagPart", "empty", dict(input=f32([]).reshape(0, 3))),
    Sample("MatrixDiagPart", "vector", dict(input=ROWS[0]), error="rank >= 2"),
    Sample("MatrixSetDiag", "wide", dict(input=MATRIX, diagonal=f64([7, 8, 9]))),
    Sample("MatrixSetDiag", "batch", dict(input=BATCH, diagonal=ROWS)),
    Sample(
        "MatrixSetDiag",
        "length",
        dict(input=MATRIX, diagonal=f64([1] * 4)),
        error="must have shape|compatible|must",
    ),
    Sample("Diag", "vector", dict(diagonal=f32([1, 2, 3]))),
    Sample("Diag", "matrix", dict(diagonal=c64([[1, 2j, 3]]))),
    Sample("Diag", "empty", dict(diagonal=f32([]))),
    Sample("Diag", "scalar", dict(diagonal=f32(1)), error="rank >= 1"),
    Sample("DiagPart", "matrix", dict(input=normal(3, 3))),
    Sample("DiagPart", "rank_4", dict(input=normal(2, 3, 2, 3))),
    Sample("DiagPart", "halves_differ", dict(input=normal(2, 3)), error="must be equal"),
    Sample("DiagPart", "odd_rank", dict(input=normal(2, 2, 2)), error="even rank"),
    Sample("MatrixBandPart", "int32_counts", dict(input=BATCH, num_lower=i32(1), num_upper=i32(0))),
    Sample("MatrixBandPart", "bool", band(boolean([[True, True]]), 0, 0)),
    Sample("MatrixBandPart", "bfloat16", band(bf16([[1, 2], [3, 4]]), 0, 0)),
    Sample("MatrixBandPart", "nan_outside", band(f32([[1, np.nan], [np.nan, 4]]), 0, 0)),
    Sample("MatrixBandPart", "too_low", band(MATRIX, 4, 0), error="num_lower must be at most"),
    Sample("MatrixBandPart", "too_high", band(MATRIX, 0, 5), error="num_upper must be at most"),
    Sample("MatrixBandPart", "vector", band(ROWS[0], 0, 0), error="rank >= 2"),
    Sample("MatrixBandPart", "count_vector", band(MATRIX, [0], 0), error="a scalar"),
]
SAMPLES += [
    Sample("MatrixBandPart", f"{low}_{high}".replace("-", "m"), band(MATRIX, low, high))
    for low, high in ((0, 0), (-1, 0), (1, -1), (0, 4), (3, 0), (-1, -1), (1, 2))
]
for _op in ("MatrixDiagV2", "MatrixDiagV3"):
    SAMPLES += [
        Sample(_op, "main", make(ROWS, 0)),
        Sample(_op, "above", make(ROWS, 1)),
        Sample(_op, "below", make(ROWS, -1)),
        Sample(_op, "wide", make(ROWS, 0, 3, 4)),
        Sample(_op, "two_below", make(ROWS, [-1, 0], 3, 4)),
        Sample(_op, "two_above", make(ROWS, [0, 1])),
        Sample(_op, "three", make(normal(2, 3, 3), [-1, 1], 3, 3)),
        Sample(_op, "far_above", make(ROWS, 1, -1, 7)),
        Sample(_op, "tall", make(ROWS, -1, 4, -1)),
        Sample(_op, "ints", make(i32([1, 2]), 0)),
        Sample(_op, "few_rows", make(ROWS, 0, 2, 3), error="num_rows must be at least"),
        Sample(_op, "few_columns", make(ROWS, 0, -1, 2), error="num_cols must be at least"),
        Sample(_op, "both_too_large", make(ROWS, 0, 4, 4), error="must be the least"),
        Sample(_op, "falling", make(ROWS, [1, 0]), error="must not fall"),
        Sample(_op, "three_numbers", make(ROWS, [0, 1, 2]), error="one or two"),
        Sample(_op, "diagonal_count", make(ROWS, [-1, 1]), error="must hold 3"),
        Sample(_op, "rows_vector", make(ROWS, 0, [3], 3), error="a scalar"),
        Sample(_op, "padding_vector", make(ROWS, 0, padding=[9]), error="a scalar"),
    ]
for _op in ("MatrixDiagPartV2", "MatrixDiagPartV3"):
    SAMPLES += [
        Sample(_op, "main", part(MATRIX, 0)),
        Sample(_op, "far_above", part(MATRIX, 3)),
        Sample(_op, "below", part(BATCH, -2)),
        Sample(_op, "three", part(MATRIX, [-1, 1])),
        Sample(_op, "one_of_two", part(MATRIX, [1, 1])),
        Sample(_op, "batch", part(BATCH, [-3, 2])),
        Sample(_op, "empty", part(f32([]).reshape(0, 3), 0)),
        Sample(_op, "uint8", part(u8([[1, 2], [3, 4]]), [0, 1])),
        Sample(_op, "too_far", part(MATRIX, 4), error="must lie in"),
        Sample(_op, "too_low", part(MATRIX, [-5, 0]), error="must lie in"),
        Sample(_op, "falling", part(MATRIX, [1, 0]), error="must not fall"),
        Sample(_op, "no_numbers", part(MATRIX, []), error="one or two"),
        Sample(_op, "vector", part(ROWS[0], 0), error="rank >= 2"),
    ]
for _op in ("MatrixSetDiagV2", "MatrixSetDiagV3"):
    SAMPLES += [
        Sample(_op, "two", put(MATRIX, f64([[7, 8, 9], [1, 2, 3]]), [0, 1])),
        Sample(_op, "two_below", put(MATRIX, f64([[7, 8, 9], [1, 2, 3]]), [-1, 0])),
        Sample(_op, "one", put(BATCH, normal(2, 3), -1)),
        Sample(_op, "empty", put(f32([]).reshape(0, 3), f32([]), 0)),
        Sample(_op, "length", put(MATRIX, f64([1, 2]), 0), error="must have shape"),
        Sample(_op, "too_far", put(MATRIX, f64([1]), 9), error="must lie in"),
    ]
for _align in ALIGNMENTS:
    SAMPLES += [
        Sample("MatrixDiagV3", _align, make(normal(2, 4, 4), [-2, 1], 4, 4), dict(align=_align)),
        Sample("MatrixDiagPartV3", _align, part(MATRIX, [-2, 3]), dict(align=_align)),
        Sample(
            "MatrixSetDiagV3",
            _align,
            put(MATRIX, normal(3, 3, dtype="float64"), [-1, 1]),
            dict(align=_align),
        ),
    ]
SAMPLES.append(
    Sample("MatrixDiagPart", "strings", dict(input=b([["a"]])), error="must have numbers")
)
