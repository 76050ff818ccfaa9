"""Samples of `ops/search.py`."""

import numpy as np

from tests.samples import Sample, bf16, f16, f32, f64, i8, i16, i32, i64, normal, u8, uniform

INF = float("inf")
LONG = uniform(3, 200, low=0, high=40, dtype="int32")
ORDER = "TensorFlow gives unsorted results in the order of its heap"

CASES = (
    ("ties", i32([[1, 3, 3, 2, 3], [2, 2, 2, 2, 2]]), 3),
    ("one", f32([[1, 5, 5, 2]]), 1),
    ("all", f32([[1, 5, 5, 2]]), 4),
    ("none", f32([[1, 5]]), 0),
    ("vector", normal(7), 3),
    ("rank3", normal(2, 2, 5), 2),
    ("infinities", f32([-INF, -3, 0, -0.0, INF, 3]), 6),
    ("long_rows", LONG, 9),
    ("long_floats", normal(2, 150), 7),
    ("limits", i8([-128, 127, 0, -128]), 4),
    ("bytes", u8([0, 255, 3]), 2),
    ("unsigned_long", np.asarray([0, 2**64 - 1, 5], dtype=np.uint64), 3),
    ("half", f16([1, 3, 2]), 2),
    ("bfloat16", bf16([1, -3, 2, 2]), 3),
    ("empty_batch", f32([]).reshape(0, 4), 2),
)
WRONG = (
    ("too_many", f32([1, 2]), 3, "at least k"),
    ("scalar", f32(1), 1, "rank >= 1"),
)
BOUNDS = (
    ("floats", f32([[1, 3, 3, 9], [0, 1, 2, 10]]), f32([[3, 0, 10], [2.5, 10, -1]])),
    ("ints", i32([[1, 2, 2, 3]]), i32([[2, 3, 4, 0]])),
    ("double", f64([[1, 2]]), f64([[1.5]])),
    ("empty_row", f32([]).reshape(1, 0), f32([[1, 2]])),
    ("no_values", f32([[1, 2]]), f32([]).reshape(1, 0)),
)

# TensorFlow 2 makes no new graph with TopK, which shares its kernel with TopKV2.
#: Its kernels want a type attribute that its OpDef does not have, so TensorFlow cannot run it.
SCHEMA_ONLY = ("TopK",)

SAMPLES = [
    *(Sample("TopKV2", label, dict(input=x, k=i32(k))) for label, x, k in CASES),
    Sample("TopKV2", "int64_k", dict(input=f32([3, 1, 2]), k=i64(2)), dict(index_type="int64")),
    Sample("TopKV2", "int16_k", dict(input=f32([3, 1, 2]), k=i16(2)), dict(index_type="int16")),
    Sample(
        "TopKV2",
        "unsorted",
        dict(input=f32([5, 1, 7, 3, 7, 2, 8]), k=i32(4)),
        dict(sorted=False),
        differs=ORDER,
    ),
    Sample(
        "TopKV2",
        "nan",
        dict(input=f32([1, float("nan"), 3, 2]), k=i32(3)),
        differs="where TensorFlow puts NaN depends on its algorithm",
    ),
    *(
        Sample("TopKV2", label, dict(input=x, k=i32(k)), error=error)
        for label, x, k, error in (*WRONG, ("negative", f32([1]), -1, "k must be >= 0"))
    ),
    Sample("TopKV2", "k_vector", dict(input=f32([1]), k=i32([1])), error="k must be a scalar"),
    *(
        Sample("NthElement", label, dict(input=x, n=i32(n)), dict(reverse=reverse))
        for label, x, n, reverse in (
            ("second", f32([[1, 9, 3, 2], [4, 3, 2, 1]]), 1, False),
            ("second_largest", f32([[1, 9, 3, 2]]), 1, True),
            ("vector", i32([5, 5, 1]), 0, False),
            ("rank3", normal(2, 3, 4), 3, False),
            ("bfloat16", bf16([3, -1, 2]), 1, False),
            ("bytes", u8([3, 255, 0]), 2, False),
        )
    ),
    Sample("NthElement", "too_large", dict(input=f32([1, 2]), n=i32(2)), error="must lie"),
    Sample("NthElement", "negative", dict(input=f32([1, 2]), n=i32(-1)), error="must lie"),
    Sample("NthElement", "scalar", dict(input=f32(1), n=i32(0)), error="rank >= 1"),
    *(
        Sample(op, label, dict(sorted_inputs=rows, values=values))
        for op in ("LowerBound", "UpperBound")
        for label, rows, values in BOUNDS
    ),
    *(
        Sample(
            op,
            "int64",
            dict(sorted_inputs=BOUNDS[0][1], values=BOUNDS[0][2]),
            dict(out_type="int64"),
        )
        for op in ("LowerBound", "UpperBound")
    ),
    *(
        Sample(op, label, dict(sorted_inputs=rows, values=values), error=error)
        for op in ("LowerBound", "UpperBound")
        for label, rows, values, error in (
            ("vector", f32([1, 2]), f32([[1]]), "sorted_inputs must have rank 2"),
            ("rank5", f32([]).reshape(10, 0), f32([]).reshape(10, 10, 0, 10, 0), "values must"),
            ("rows", f32([[1], [2]]), f32([[1]]), "rows"),
        )
    ),
]
