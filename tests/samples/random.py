"""Samples of `ops/random.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, b, bf16, boolean, f32, i32, i64, normal, typed

FLOATS = ("float16", "bfloat16", "float32", "float64")
DRAWING = ("RandomUniform", "RandomStandardNormal", "TruncatedNormal")


def draw(op: str, label: str, shape: Any, dtype: str = "float32", **more: Any) -> Sample:
    """Three runs of an op that draws; seeds are 87654321 and 7 unless told otherwise."""
    attrs = dict(dtype=dtype, seed=more.pop("seed", 87654321), seed2=more.pop("seed2", 7))
    return Sample(op, label, dict(shape=shape), attrs, runs=3, **more)


def integers(label: str, shape: Any, low: Any, high: Any, **more: Any) -> Sample:
    """Three runs of RandomUniformInt."""
    return Sample(
        "RandomUniformInt",
        label,
        dict(shape=shape, minval=low, maxval=high),
        dict(seed=more.pop("seed", 87654321), seed2=more.pop("seed2", 42)),
        runs=3,
        **more,
    )


def shuffle(label: str, value: Any, **attrs: Any) -> Sample:
    """Three runs of RandomShuffle, which refuses nothing."""
    return Sample("RandomShuffle", label, dict(value=value), {"seed": 5, **attrs}, runs=3)


def crop(label: str, image: Any, size: Any, error: str | None = None, **attrs: Any) -> Sample:
    """Four runs of RandomCrop, in a graph of the last version that may have it."""
    attrs = {"seed": 5, **attrs}
    return Sample(
        "RandomCrop", label, dict(image=image, size=size), attrs, error, runs=4, producer=7
    )


SAMPLES = [
    *(draw(op, dtype, i32([3, 7]), dtype) for op in DRAWING for dtype in FLOATS),
    *(draw(op, f"{dtype}_many", i32([1031]), dtype) for op in DRAWING for dtype in FLOATS),
    *(
        sample
        for op in DRAWING
        for sample in (
            draw(op, "scalar", i32([])),
            draw(op, "empty", i32([3, 0, 2])),
            draw(op, "int64_shape", i64([2, 3])),
            draw(op, "seed_only", i32([5]), seed=12345, seed2=0),
            draw(op, "seed2_only", i32([5]), seed=0, seed2=54321),
            draw(op, "negative_seeds", i32([5]), seed=-1, seed2=-(1 << 40)),
            draw(op, "large_seeds", i32([5]), seed=(1 << 63) - 1, seed2=(1 << 62) + 3),
            draw(op, "no_seeds", i32([5]), seed=0, seed2=0, differs="drawn from the system"),
            draw(op, "scalar_shape", i32(3), error="rank 1"),
            draw(op, "matrix_shape", i32([[3]]), error="rank 1"),
            draw(op, "negative_size", i32([2, -1]), error="sizes >= 0"),
            draw(op, "too_many", i64([1 << 40, 1 << 40]), error="elements|bytes"),
        )
    ),
    draw("TruncatedNormal", "float32_beyond_a_chunk", i32([40_001]), seed=3),
    integers("int32", i32([3, 50]), i32(-5), i32(17)),
    integers("int64", i32([3, 50]), i64(-5), i64(17)),
    integers("int32_whole_range", i32([9]), i32(-(1 << 31)), i32((1 << 31) - 1)),
    integers("int64_whole_range", i32([9]), i64(-(1 << 63)), i64((1 << 63) - 1)),
    integers("int64_shape", i64([1031]), i32(0), i32(1000)),
    integers("scalar", i32([]), i32(0), i32(1)),
    integers("empty_needs_no_range", i32([0]), i32(5), i32(5)),
    integers("no_range", i32([2]), i32(5), i32(5), error="minval must be < maxval"),
    integers("vector_minval", i32([2]), i32([5]), i32(6), error="minval must be a scalar"),
    integers("vector_maxval", i32([2]), i32(5), i32([6]), error="maxval must be a scalar"),
    integers("scalar_shape", i32(2), i32(5), i32(6), error="rank 1"),
    shuffle("vector", i32(list(range(50)))),
    shuffle("seed2", i32(list(range(50))), seed=0, seed2=9),
    shuffle("matrix", normal(11, 3)),
    shuffle("scalar", f32(3)),
    shuffle("empty", f32([]).reshape(0, 3)),
    shuffle("empty_rows", f32([]).reshape(3, 0)),
    shuffle("one_row", normal(1, 3)),
    shuffle("strings", b(["a", "bc", "", "d", "e"])),
    shuffle("bfloat16", bf16([1, 2, 3, 4, 5])),
    shuffle("bool", boolean([[True], [False], [True]])),
    *(shuffle(dtype, typed([1, 2, 3, 4], dtype)) for dtype in ("uint8", "complex64")),
    *(
        crop(dtype, typed(normal(9, 7, 2) * 100, dtype), i64([3, 4]))
        for dtype in ("uint8", "int8", "int16", "int32", "int64", "float32", "float64")
    ),
    crop("seed2", normal(9, 7, 1), i64([1, 1]), seed=0, seed2=3),
    crop("height", normal(9, 7, 1), i64([4, 7])),
    crop("width", normal(9, 7, 1), i64([9, 3])),
    crop("whole", normal(2, 3, 1), i64([2, 3])),
    crop("nothing", normal(2, 3, 1), i64([0, 3])),
    crop("no_channels", normal(2, 3, 0), i64([1, 1])),
    crop("too_wide", normal(2, 3, 1), i64([2, 4]), "width must be"),
    crop("too_high", normal(2, 3, 1), i64([3, 3]), "height must be"),
    crop("matrix", normal(2, 3), i64([1, 1]), "image must have rank 3"),
    crop("three_sizes", normal(2, 3, 1), i64([1, 1, 1]), r"shape \[2\]"),
    crop("scalar_size", normal(2, 3, 1), i64(1), r"shape \[2\]"),
]
