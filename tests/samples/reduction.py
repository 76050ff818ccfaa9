"""Samples of `ops/reduction.py`."""

import numpy as np

from tests.samples import (
    Sample,
    array,
    bf16,
    boolean,
    c64,
    f16,
    f32,
    f64,
    i8,
    i16,
    i32,
    i64,
    normal,
    quantized,
    u8,
    u16,
    uniform,
)

INF, NAN = np.inf, np.nan


def over(x, *axes):
    return dict(input=x, reduction_indices=i32(axes))


SAMPLES = []
for _op in ("Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm"):
    SAMPLES += [
        Sample(_op, "last_axis", over(normal(3, 4), 1)),
        Sample(_op, "first_axis", over(normal(3, 4), 0)),
        Sample(_op, "two_axes_negative", over(normal(2, 3, 4), -1, 0)),
        Sample(_op, "keep_dims", over(normal(2, 3, 4), 1), dict(keep_dims=True)),
        Sample(_op, "keep_all_dims", over(normal(2, 3), 1, 0), dict(keep_dims=True)),
        Sample(_op, "all_axes", over(normal(2, 3), 0, 1)),
        Sample(_op, "no_axes", over(f32([1, -2]))),
        Sample(_op, "scalar", over(f32(-3))),
        Sample(_op, "scalar_index", dict(input=normal(3, 4), reduction_indices=i64(0))),
        Sample(_op, "nothing_left", over(f32([]).reshape(0, 2), 0)),
        Sample(_op, "nothing_at_all", over(f32([]).reshape(0, 2), 1)),
        Sample(_op, "no_ints", over(i32([]), 0)),
        Sample(_op, "nan", over(f32([[1, NAN], [2, INF], [-INF, 3]]), 1)),
        Sample(_op, "double", over(normal(5, dtype="float64"), 0)),
        Sample(_op, "half", over(uniform(3, 5, dtype="float16"), 1)),
        Sample(_op, "bfloat16", over(uniform(3, 5, dtype="bfloat16"), 1)),
        Sample(_op, "int32", over(i32([[1, -2, 3], [2**30, 2**30, 2**30 + 5]]), 1)),
        Sample(_op, "int8", over(i8([[100, 100, 3], [-7, -7, -8]]), 1)),
        Sample(_op, "uint8", over(u8([200, 200, 7]), 0)),
        Sample(_op, "int64", over(i64([2**40, 3, -5]), 0)),
        Sample(_op, "int16", over(i16([3000, 3, -5]), 0)),
        Sample(_op, "uint16", over(u16([3000, 3, 5]), 0)),
        Sample(_op, "axis_twice", over(normal(2, 3), 0, -2), error="must be distinct"),
        Sample(_op, "axis_out_of_range", over(normal(2, 3), 2), error="must lie in"),
        Sample(_op, "quantised", over(quantized([1], "qint8"), 0), error="CPU kernel"),
    ]
for _op in ("Sum", "Mean", "Prod", "EuclideanNorm"):
    SAMPLES.append(Sample(_op, "complex", over(c64([1 + 2j, 3, -1j]), 0)))
SAMPLES += [
    Sample("Sum", "half_overflow", over(f16([60000, 60000]), 0)),
    Sample("Sum", "bfloat16_long", over(array(np.ones((2, 90)), "bfloat16"), 1)),
    Sample("Mean", "half_overflow", over(f16([60000, 60000]), 0)),
    Sample("Mean", "uint8_many", over(array(np.full((2, 90), 100), "uint8"), 1)),
]
for _op in ("All", "Any"):
    SAMPLES += [
        Sample(_op, "matrix", over(boolean([[True, False], [True, True], [False, False]]), 1)),
        Sample(_op, "keep_dims", over(boolean([[True, False]]), 0), dict(keep_dims=True)),
        Sample(_op, "all_axes", over(boolean([[True, False]]), 0, 1)),
        Sample(_op, "no_axes", over(boolean([True, False]))),
        Sample(_op, "nothing", over(boolean([]), 0)),
        Sample(_op, "scalar", over(boolean(True))),
        Sample(_op, "axis_out_of_range", over(boolean([True]), -2), error="must lie in"),
    ]

for _op in ("ArgMax", "ArgMin"):
    SAMPLES += [
        Sample(_op, "last_axis", dict(input=normal(3, 4), dimension=i32(1))),
        Sample(_op, "first_axis", dict(input=normal(3, 4), dimension=i64(-2))),
        Sample(_op, "ties", dict(input=f32([[1, 2, 2, 1, 1]]), dimension=i32(1))),
        Sample(
            _op,
            "nan",
            dict(input=f32([[1, NAN, 2], [NAN, NAN, NAN], [NAN, 1, 2]]), dimension=i32(1)),
        ),
        Sample(
            _op,
            "nan_first_axis",
            dict(input=f32([[1, NAN, 2], [NAN, NAN, NAN], [NAN, 1, 2]]), dimension=i32(0)),
        ),
        Sample(
            _op,
            "infinite",
            dict(input=f32([[-INF, NAN], [NAN, -INF], [INF, NAN], [NAN, INF]]), dimension=i32(1)),
        ),
        Sample(
            _op, "vector", dict(input=i32([3, -5, 7]), dimension=i32(0)), dict(output_type="int32")
        ),
        Sample(_op, "half", dict(input=f16([3, NAN, 7]), dimension=i32(0))),
        Sample(_op, "bfloat16", dict(input=bf16([3, NAN, 7]), dimension=i32(0))),
        Sample(_op, "bool", dict(input=boolean([False, True]), dimension=i32(0))),
        Sample(_op, "uint8", dict(input=u8([0, 255, 3]), dimension=i32(0))),
        Sample(_op, "empty_batch", dict(input=f32([]).reshape(0, 2), dimension=i32(1))),
        Sample(
            _op,
            "empty_axis",
            dict(input=f32([]).reshape(0, 2), dimension=i32(0)),
            error="not be empty",
        ),
        Sample(
            _op, "out_of_range", dict(input=normal(2, 3), dimension=i32(2)), error="must lie in"
        ),
        Sample(_op, "vector_axis", dict(input=normal(2, 3), dimension=i32([1])), error="a scalar"),
        Sample(_op, "scalar_input", dict(input=f32(1), dimension=i32(0)), error="must lie in"),
        Sample(_op, "rank_8", dict(input=normal(*[1] * 8), dimension=i32(0)), error="rank <= 7"),
    ]
SAMPLES += [
    Sample(
        "ArgMax", "to_uint16", dict(input=f64([1, 2]), dimension=i32(0)), dict(output_type="uint16")
    ),
    Sample("L2Loss", "matrix", dict(t=normal(3, 4))),
    Sample("L2Loss", "half", dict(t=f16([1, 2, 3]))),
    Sample("L2Loss", "bfloat16", dict(t=bf16([1, 2, 3]))),
    Sample("L2Loss", "double_scalar", dict(t=f64(3))),
    Sample("L2Loss", "empty", dict(t=f32([]))),
    Sample("L2Loss", "ints", dict(t=i32([1])), error="'T' must be one of"),
]
