"""Samples of `ops/comparison.py`."""

import numpy as np

from tests.samples import (
    Sample,
    b,
    bf16,
    boolean,
    c64,
    f16,
    f32,
    f64,
    i8,
    i32,
    i64,
    normal,
    quantized,
    u8,
)

INF, NAN = np.inf, np.nan
LEFT = [1, -1, 0, -0.0, INF, -INF, NAN, NAN, 2]
RIGHT = [1, 1, -0.0, 0, INF, INF, NAN, 1, 1]


def choice(condition, t, e):
    return dict(condition=boolean(condition), t=t, e=e)


SAMPLES = []
for _op in ("Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"):
    SAMPLES += [
        Sample(_op, "special", dict(x=f32(LEFT), y=f32(RIGHT))),
        Sample(_op, "double", dict(x=f64(LEFT), y=f64(RIGHT))),
        Sample(_op, "half", dict(x=f16(LEFT), y=f16(RIGHT))),
        Sample(_op, "bfloat16", dict(x=bf16(LEFT), y=bf16(RIGHT))),
        Sample(_op, "broadcast", dict(x=i32([[1], [2]]), y=i32([1, 2, 3]))),
        Sample(_op, "int64_far", dict(x=i64([2**62, 2**62 + 1]), y=i64([2**62 + 1]))),
        Sample(_op, "uint8", dict(x=u8([200, 3]), y=u8([3, 200]))),
        Sample(_op, "scalars", dict(x=i8(1), y=i8(2))),
        Sample(_op, "empty", dict(x=f32([]), y=f32(1))),
        Sample(_op, "shapes", dict(x=f32([1, 2]), y=f32([1, 2, 3])), error="broadcast"),
    ]
for _op in ("Equal", "NotEqual"):
    SAMPLES += [
        Sample(_op, "strings", dict(x=b([["a", "b"]]), y=b([["a"], ["é"]]))),
        Sample(_op, "string_scalars", dict(x=b("a"), y=b("a"))),
        Sample(_op, "complex", dict(x=c64([1 + 2j, 1]), y=c64([1 + 2j, 2]))),
        Sample(_op, "bool", dict(x=boolean([True, False]), y=boolean(True))),
        Sample(
            _op,
            "incompatible",
            dict(x=f32([1, 2]), y=f32([1, 2, 3])),
            dict(incompatible_shape_error=False),
        ),
        Sample(
            _op, "compatible", dict(x=f32([1, 2]), y=f32(2)), dict(incompatible_shape_error=False)
        ),
        Sample(_op, "quantised", dict(x=quantized([1, -3], "qint8"), y=quantized([1, 3], "qint8"))),
    ]
SAMPLES += [
    Sample(
        "ApproximateEqual", "default", dict(x=f32([1, INF, NAN, 2]), y=f32([1.000001, INF, NAN, 3]))
    ),
    Sample(
        "ApproximateEqual", "tolerance", dict(x=f64([1, 2]), y=f64([1.4, 3])), dict(tolerance=0.5)
    ),
    Sample("ApproximateEqual", "ints", dict(x=i32([1]), y=i32([1])), error="CPU kernel"),
    Sample("ApproximateEqual", "shapes", dict(x=f32([1, 2]), y=f32(1)), error="one shape"),
    Sample("LogicalAnd", "table", dict(x=boolean([[True], [False]]), y=boolean([True, False]))),
    Sample("LogicalAnd", "scalars", dict(x=boolean(True), y=boolean(False))),
    Sample(
        "LogicalAnd", "shapes", dict(x=boolean([True] * 2), y=boolean([True] * 3)), error="broad"
    ),
    Sample("LogicalOr", "table", dict(x=boolean([[True], [False]]), y=boolean([True, False]))),
    Sample("LogicalOr", "empty", dict(x=boolean([]), y=boolean(True))),
    Sample(
        "LogicalOr", "shapes", dict(x=boolean([True] * 2), y=boolean([True] * 3)), error="broad"
    ),
    Sample("LogicalNot", "matrix", dict(x=boolean([[True], [False]]))),
    Sample("LogicalNot", "scalar", dict(x=boolean(True))),
    Sample("Select", "same_shape", choice([[True, False]], f32([[1, 2]]), f32([[3, 4]]))),
    Sample("Select", "scalar_condition", choice(True, normal(2, 3), normal(2, 3, seed=1))),
    Sample("Select", "vector_of_rows", choice([True, False], normal(2, 3), normal(2, 3, seed=1))),
    Sample("Select", "strings", choice([True, False], b(["a", "b"]), b(["c", "d"]))),
    Sample("Select", "scalar_strings", choice(False, b("a"), b("b"))),
    Sample("Select", "bfloat16_rows", choice([True, False], bf16([[1], [2]]), bf16([[3], [4]]))),
    Sample("Select", "bool", choice([True, False], boolean([True] * 2), boolean([False] * 2))),
    Sample("Select", "scalars", choice(True, i64(1), i64(2))),
    Sample("Select", "empty", choice([], f32([]).reshape(0, 2), f32([]).reshape(0, 2))),
    Sample(
        "Select",
        "vector_too_long",
        choice([True] * 3, normal(2, 3), normal(2, 3)),
        error="vector of",
    ),
    Sample(
        "Select",
        "broadcast",
        choice([[True], [True]], normal(2, 3), normal(2, 3)),
        error="condition|compatible",
    ),
    Sample("Select", "shapes", choice(True, normal(2, 3), normal(3)), error="one shape"),
    Sample("Select", "vector_on_scalars", choice([True], f32(1), f32(2)), error="must be a scalar"),
    Sample("SelectV2", "broadcast", choice([[True], [False]], f32([1, 2, 3]), f32(9))),
    Sample("SelectV2", "scalar", choice(True, f32(1), f32(2))),
    Sample("SelectV2", "scalar_condition", choice(False, f32([[1], [2]]), f32([3, 4]))),
    Sample("SelectV2", "strings", choice([True, False], b("a"), b(["c", "d"]))),
    Sample("SelectV2", "string_scalars", choice(True, b("a"), b("c"))),
    Sample("SelectV2", "half", choice([True, False], f16(1), f16([3, 4]))),
    Sample("SelectV2", "bfloat16", choice([True, False], bf16(1), bf16([3, 4]))),
    Sample("SelectV2", "empty", choice([], f32(1), f32(2))),
    Sample("SelectV2", "shapes", choice([True] * 2, normal(2, 3), normal(2, 3)), error="broadcast"),
    Sample("LogicalNot", "float", dict(x=f32([1])), error="must be bool, not float32"),
]
