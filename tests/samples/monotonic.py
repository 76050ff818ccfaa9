"""Samples of `ops/monotonic.py`."""

from tests.samples import Sample, bf16, f16, f32, f64, i8, i16, i32, i64, normal, u8

INF, NAN = float("inf"), float("nan")
DOUBLE = dict(output_dtype="float64")

SAMPLES = [
    *(
        Sample("IsotonicRegression", label, dict(input=x), attrs)
        for label, x, attrs in (
            ("rows", f32([[3, 1, 2], [1, 2, 3], [3, 2, 1]]), {}),
            ("ties", f32([[2, 2, 1], [1, 1, 1], [1, 2, 2]]), {}),
            ("long", normal(3, 40), {}),
            ("vector", f32([0, 4, 1, 2, 2, -1, 5]), {}),
            ("rank3", normal(2, 2, 5), {}),
            ("scalar", f32(2), {}),
            ("no_rows", f32([]).reshape(0, 3), {}),
            ("no_columns", f32([]).reshape(3, 0), {}),
            ("infinite", f32([[1, 2, INF], [-INF, 2, 1], [INF, 1, 2]]), {}),
            ("nan", f32([[NAN, 1, 2], [1, NAN, 2], [1, 2, NAN]]), {}),
            ("double", f64([[1, 2, 2, 1]]), DOUBLE),
            ("half", f16([[1, 2, 2, 1]]), dict(output_dtype="float16")),
            ("bfloat16", bf16([[1, 2, 2, 1]]), dict(output_dtype="bfloat16")),
            ("int8", i8([[127, -128, 127]]), {}),
            ("int16", i16([[1, 2, 2]]), {}),
            ("int32", i32([[1, 2, 2]]), DOUBLE),
            ("int64", i64([[1, 2, 2]]), DOUBLE),
        )
    ),
    Sample("IsotonicRegression", "other_type", dict(input=f64([1, 2])), error="must be float64"),
    Sample("IsotonicRegression", "unsigned", dict(input=u8([1, 2])), error="must be None"),
]
