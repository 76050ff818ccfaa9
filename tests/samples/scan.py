"""Samples of `ops/scan.py`."""

import numpy as np

from tests.samples import Sample, bf16, c64, f16, f32, f64, i8, i32, i64, normal, quantized

INF, NAN = np.inf, np.nan

SAMPLES = [
    Sample("CumulativeLogsumexp", "infinite", dict(x=f32([-INF, -INF, 2, INF, 1]), axis=i32(0))),
    Sample(
        "CumulativeLogsumexp",
        "nan",
        dict(x=f32([1, NAN, 2]), axis=i32(0)),
        differs="TensorFlow takes NaN for the number before it",
    ),
    Sample("CumulativeLogsumexp", "far", dict(x=f32([1000, -1000, 1000]), axis=i32(0))),
    Sample(
        "CumulativeLogsumexp", "ints", dict(x=i32([1]), axis=i32(0)), error="'T' must be one of"
    ),
]
for _op in ("Cumsum", "Cumprod"):
    SAMPLES += [
        Sample(_op, "int8_wraps", dict(x=i8([100, 100, 3]), axis=i32(0))),
        Sample(_op, "int64", dict(x=i64([[2**40, 3], [5, 7]]), axis=i32(0))),
        Sample(_op, "complex", dict(x=c64([1 + 2j, 3, 1j]), axis=i32(0))),
        Sample(_op, "special", dict(x=f32([1, INF, -INF, 2, NAN, 3]), axis=i32(0))),
        Sample(_op, "quantised", dict(x=quantized([1], "qint8"), axis=i32(0)), error="CPU kernel"),
    ]
for _op in ("Cumsum", "Cumprod", "CumulativeLogsumexp"):
    SAMPLES += [
        Sample(_op, "last_axis", dict(x=normal(2, 3), axis=i32(1))),
        Sample(_op, "first_axis", dict(x=normal(3, 2), axis=i64(-2))),
        Sample(_op, "middle_axis", dict(x=normal(2, 3, 2), axis=i32(1))),
        Sample(_op, "exclusive", dict(x=normal(2, 3), axis=i32(1)), dict(exclusive=True)),
        Sample(_op, "reverse", dict(x=normal(2, 3), axis=i32(1)), dict(reverse=True)),
        Sample(_op, "both", dict(x=normal(2, 3), axis=i32(-1)), dict(exclusive=True, reverse=True)),
        Sample(_op, "one_exclusive", dict(x=f32([5]), axis=i32(0)), dict(exclusive=True)),
        Sample(_op, "empty", dict(x=f32([]).reshape(2, 0), axis=i32(1))),
        Sample(_op, "double", dict(x=f64([1, 2, 3]), axis=i32(0))),
        Sample(_op, "half", dict(x=f16([1, 2, 0.3]), axis=i32(0))),
        Sample(_op, "scalar", dict(x=f32(3), axis=i32(0)), error="must lie in"),
        Sample(_op, "axis_out_of_range", dict(x=f32([3]), axis=i32(1)), error="must lie in"),
        Sample(_op, "axis_vector", dict(x=f32([3]), axis=i32([0])), error="a scalar"),
    ]
for _op in ("Cumsum", "Cumprod"):
    SAMPLES.append(
        Sample(
            _op,
            "bfloat16_sticks",
            dict(x=bf16([256, 1, 1, 1.5]), axis=i32(0)),
            dict(exclusive=True),
        )
    )
    SAMPLES.append(
        Sample(
            _op, "bfloat16_before_one", dict(x=bf16([[2, 3]]), axis=i32(0)), dict(exclusive=True)
        )
    )
SAMPLES.append(Sample("Cumsum", "half_sticks", dict(x=f16([2048, 1, 1, 1]), axis=i32(0))))
