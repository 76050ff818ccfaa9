"""Samples of `ops/random_gamma.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, f16, f32, i32, i64, typed, u64

INF = float("inf")
ALPHAS = [0.05, 0.5, 0.99, 1, 1.01, 3, 70]
KEY = dict(key=u64([0x0123_4567_89AB_CDEF]), counter=u64([3, 1 << 63]), alg=i32(1))


def session(label: str, shape: Any, alpha: Any, error: str | None = None, **more: Any) -> Sample:
    """Three runs of RandomGamma."""
    attrs = dict(seed=more.pop("seed", 11), seed2=more.pop("seed2", 13))
    given = dict(shape=shape, alpha=alpha)
    return Sample("RandomGamma", label, given, attrs, error, runs=3, **more)


def stateless(label: str, shape: Any, alpha: Any, error: str | None = None) -> list[Sample]:
    """Both stateless ops."""
    given = dict(shape=shape, alpha=alpha)
    return [
        Sample("StatelessRandomGammaV2", label, {**given, "seed": i32([4, 2])}, {}, error),
        Sample("StatelessRandomGammaV3", label, {**given, **KEY}, {}, error),
    ]


SAMPLES = [
    *(
        session(dtype, i32([40]), typed(ALPHAS, dtype))
        for dtype in ("float16", "float32", "float64")
    ),
    session("many", i32([700]), f32([[0.3, 2], [1, 0.8]])),
    session("int64_shape", i64([2, 3]), f32(0.7)),
    session("scalar", i32([]), f32(2.5)),
    session("empty_shape", i32([0]), f32([1, 2])),
    session("no_alphas", i32([2]), f32([])),
    session("zero_and_infinity", i32([5]), f32([0, INF])),
    session("slightly_negative", i32([5]), f32([-0.1])),
    session("no_seeds", i32([2]), f32([1, 2]), seed=0, seed2=0, differs="drawn from the system"),
    session("scalar_shape", i32(2), f32([1]), "rank 1"),
    session("negative_size", i32([-2]), f32([1]), "sizes >= 0"),
    *(
        sample
        for dtype in ("float16", "float32", "float64")
        for sample in stateless(dtype, i32([20, 7]), typed(ALPHAS, dtype))
    ),
    *stateless("matrix", i64([9, 2, 2]), f32([[0.3, 2], [1, 0.8]])),
    *stateless("scalar", i32([]), f32(2.5)),
    *stateless("scalar_alpha", i32([300]), f32(0.9)),
    *stateless("empty", i32([0, 2]), f32([1, 2])),
    *stateless("other_ending", i32([2, 3]), f32([1, 2]), "must end with the shape of alpha"),
    *stateless("rank_too_small", i32([2]), f32([[1, 2]]), "must end with the shape of alpha"),
    *stateless("scalar_shape", i32(2), f16([1, 2]), "rank 1"),
    Sample(
        "StatelessRandomGammaV2",
        "one_seed",
        dict(shape=i32([2]), seed=i32([1]), alpha=f32(1)),
        error="seed must have shape",
    ),
    Sample(
        "StatelessRandomGammaV3",
        "threefry",
        dict(shape=i32([2]), alpha=f32(1), **{**KEY, "alg": i32(2)}),
        error="algorithm must be",
    ),
]
