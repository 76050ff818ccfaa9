"""Samples of `ops/random_truncated.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, bf16, f32, i32, i64, typed

INF, NAN = float("inf"), float("nan")
KINDS = ("float16", "float32", "float64")

# Mean, deviation and bounds for each method: normal, uniform and exponential proposals, each also mirrored.
CASES = {
    "normal": (0, 1, -2, 2),
    "normal_one_sided": (1, 2, -1.7, INF),
    "normal_mirrored": (1, 2, -INF, 4),
    "uniform": (0, 1, -0.5, 0.5),
    "uniform_tail": (0, 1, 3, 3.1),
    "uniform_mirrored": (10, 3, -1, 2),
    "exponential": (0, 1, 3, INF),
    "exponential_mirrored": (5, 2, -INF, -3),
    "exponential_near": (0, 1, 0.5, INF),
}


def both(
    label: str,
    shape: Any,
    parameters: Any,
    dtype: str = "float32",
    error: str | None = None,
    stateless: bool = True,
) -> list[Sample]:
    """Three runs of ParameterizedTruncatedNormal, and the stateless op."""
    mean, deviation, low, high = (typed(value, dtype) for value in parameters)
    given = dict(shape=shape, means=mean, minvals=low, maxvals=high)
    name = "ParameterizedTruncatedNormal"
    attrs = dict(seed=3, seed2=9)
    found = [Sample(name, label, {**given, "stdevs": deviation}, attrs, error, runs=3)]
    if stateless:
        inputs = {**given, "stddevs": deviation, "seed": i32([4, 2])}
        found.append(Sample(f"Stateless{name}", label, inputs, {}, error))
    return found


SAMPLES = [
    *(
        sample
        for label, parameters in CASES.items()
        for dtype in KINDS
        for sample in both(f"{label}_{dtype}", i32([13, 5]), parameters, dtype)
    ),
    *both("many", i64([450]), (0, 1, -1, 3)),
    *both("row_vectors", i32([3, 3]), ([0, 1, 2], [1, 2, 3], [-2, -1, 0.5], [2, 0, 3])),
    *both("one_vector", i32([2, 2]), (0, 1, [-1, 1], INF)),
    *both("vectors_of_one", i32([7]), ([0], [1], -1, 1), stateless=False),
    *both("bounds_of_one", i32([7]), ([0], [1], [-1], [1]), stateless=False),
    *both("rows_of_many", i32([3, 150]), ([0, 1, 2], 1, -1, [1, 2, 9]), stateless=False),
    *both("empty", i32([0]), (0, 1, -1, 1)),
    *both("empty_rows", i32([2, 0]), (0, 1, -1, 1)),
    *both("deviation_zero", i32([2]), (0, 0, -1, 1), error="the deviation must be > 0"),
    *both("bounds_equal", i32([2]), (0, 1, 1, 1), error="the bounds in order"),
    *both("bounds_infinite", i32([2]), (0, 1, -INF, INF), error="not both infinite"),
    *both("nan", i32([2]), (0, NAN, -1, 1), error="the deviation must be > 0"),
    *both("scalar_shape", i32(2), (0, 1, -1, 1), error="rank 1"),
    *both("negative_size", i32([-2]), (0, 1, -1, 1), error="sizes >= 0"),
    *both("no_sizes", i32([]), (0, 1, -1, 1), error="at least one size", stateless=False),
    *both("other_length", i32([2]), ([0, 1, 2], 1, -1, 1), error="must have length|must end"),
    *both("matrix", i32([2]), ([[0, 1]], 1, -1, 1), error="scalar or a vector|must end"),
    Sample(
        "ParameterizedTruncatedNormal",
        "bfloat16",
        dict(shape=i32([2]), means=bf16(0), stdevs=bf16(1), minvals=bf16(-1), maxvals=bf16(1)),
        error="means must be one of",
    ),
    Sample(
        "StatelessParameterizedTruncatedNormal",
        "one_seed",
        dict(
            **dict(shape=i32([2]), seed=i32([2]), means=f32(0), stddevs=f32(1)),
            **dict(minvals=f32(-1), maxvals=f32(1)),
        ),
        error="seed must have shape",
    ),
    Sample(
        "StatelessParameterizedTruncatedNormal",
        "no_broadcast",
        dict(
            **dict(shape=i32([2]), seed=i32([2, 3]), means=f32([0, 1]), stddevs=f32([1, 2, 3])),
            **dict(minvals=f32(-1), maxvals=f32(1)),
        ),
        error="must broadcast",
    ),
]
