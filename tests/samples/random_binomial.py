"""Samples of `ops/random_binomial.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, f32, f64, i32, i64, typed

NAN = float("nan")
COUNTS = [0, 1, 5, 30, 100, 1000, -3]
PROBS = [[0.5], [0.01], [0.2], [0.77], [0.99], [1], [0], [1.5], [-1]]
REALS = ("float16", "float32", "float64", "int32", "int64")


def draw(
    label: str,
    shape: Any,
    counts: Any,
    probs: Any,
    dtype: str = "float64",
    error: str | None = None,
    seed: Any = None,
) -> Sample:
    """StatelessRandomBinomial."""
    given = dict(
        shape=shape, seed=i32([4, 2]) if seed is None else seed, counts=counts, probs=probs
    )
    return Sample("StatelessRandomBinomial", label, given, dict(dtype=dtype), error)


SAMPLES = [
    *(
        draw(f"counts_{dtype}", i32([3, 9, 7]), typed(COUNTS, dtype), typed(PROBS, dtype))
        for dtype in ("float16", "float32", "float64")
    ),
    *(draw(f"result_{dtype}", i32([2, 9, 7]), f64(COUNTS), f64(PROBS), dtype) for dtype in REALS),
    draw("many", i32([700]), f32(200), f32(0.4), "int32"),
    draw("many_small", i32([700]), f32(20), f32(0.4), "int32"),
    draw("scalar", i32([]), f32(20), f32(0.4), "int32"),
    draw("nan", i32([3]), f32(20), f32(NAN), "float32"),
    draw("empty", i32([0, 2]), f32([1, 2]), f32(0.5), "int32"),
    draw("int64_seeds", i32([5]), f32(20), f32(0.3), "int32", seed=i64([-1, 1 << 50])),
    draw("other_ending", i32([2, 3]), f32([1, 2]), f32(0.5), "int32", "must end with"),
    draw("no_broadcast", i32([2]), f32([1, 2]), f32([0.5] * 3), "int32", "must broadcast"),
    draw("scalar_shape", i32(2), f32([1, 2]), f32(0.5), "int32", "rank 1"),
    draw("one_seed", i32([2]), f32([1, 2]), f32(0.5), "int32", "seed must", seed=i32([1])),
    draw("integer_counts", i32([2]), i32([1, 2]), i32(1), "int32", "counts must be one of"),
]
