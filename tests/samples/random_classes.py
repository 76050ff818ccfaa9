"""Samples of `ops/random_classes.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, f32, f64, i32, i64, normal

INF, NAN = float("inf"), float("nan")


def both(
    label: str,
    logits: Any,
    count: Any,
    error: str | None = None,
    output_dtype: str = "int64",
) -> list[Sample]:
    """Three runs of Multinomial, and StatelessMultinomial."""
    given = dict(logits=logits, num_samples=count)
    kind = dict(output_dtype=output_dtype)
    return [
        Sample("Multinomial", label, given, dict(seed=7, seed2=8, **kind), error, runs=3),
        Sample("StatelessMultinomial", label, {**given, "seed": i32([7, 8])}, kind, error),
    ]


SAMPLES = [
    *(
        sample
        for dtype in ("float16", "bfloat16", "float32", "float64")
        for sample in both(dtype, normal(3, 5, dtype=dtype), i32(50))
    ),
    *both("int32", normal(3, 5), i32(7), output_dtype="int32"),
    *both("one_row", normal(1, 40), i32(300)),
    *both("many_rows", normal(70, 4), i32(5)),
    *both("one_sample", normal(9, 4), i32(1)),
    *both("one_class", normal(2, 1), i32(4)),
    *both("large", f32([[1e30, 1e30, 0], [-1e30, -1e30, -1e38]]), i32(9)),
    *both("not_finite", f32([[1, NAN, INF, -INF, 2], [NAN] * 5, [-INF] * 5]), i32(6)),
    *both("largest_and_smallest", f64([[-1.7e308, 1.7e308], [1.7e308, 1.7e308]]), i32(6)),
    *both("no_samples", normal(2, 3), i32(0)),
    *both("no_rows", f32([]).reshape(0, 3), i32(2)),
    *both("no_classes", f32([]).reshape(2, 0), i32(2), "at least one class"),
    *both("negative_samples", normal(2, 3), i32(-1), "num_samples must be >= 0"),
    *both("vector_of_logits", normal(3), i32(1), "logits must have rank 2"),
    *both("vector_of_samples", normal(2, 3), i32([1]), "num_samples must be a scalar"),
    *both("integer_logits", i32([[1, 2]]), i32(1), "logits must be one of"),
    Sample(
        "StatelessMultinomial",
        "int64_seeds",
        dict(logits=normal(2, 3), num_samples=i32(9), seed=i64([-5, 1 << 40])),
    ),
    Sample(
        "StatelessMultinomial",
        "one_seed",
        dict(logits=normal(2, 3), num_samples=i32(9), seed=i64([5])),
        error="seed must have shape",
    ),
    Sample(
        "Multinomial",
        "no_seeds",
        dict(logits=normal(2, 3), num_samples=i32(9)),
        differs="drawn from the system",
    ),
]
