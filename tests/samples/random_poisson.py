"""Samples of `ops/random_poisson.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, f32, f64, i32, i64, typed

INF = float("inf")
RATES = [0, 0.3, 1, 5, 9.99, 10, 30, 1000]
REALS = ("float16", "float32", "float64", "int32", "int64")


def session(label: str, shape: Any, rate: Any, error: str | None = None, **more: Any) -> Sample:
    """Three runs of RandomPoissonV2."""
    attrs = dict(seed=more.pop("seed", 11), seed2=more.pop("seed2", 13))
    attrs["dtype"] = more.pop("dtype", "int64")
    given = dict(shape=shape, rate=rate)
    return Sample("RandomPoissonV2", label, given, attrs, error, runs=3, **more)


def stateless(
    label: str, shape: Any, lam: Any, dtype: str, error: str | None = None, seed: Any = None
) -> Sample:
    """StatelessRandomPoisson."""
    given = dict(shape=shape, seed=i32([4, 2]) if seed is None else seed, lam=lam)
    return Sample("StatelessRandomPoisson", label, given, dict(dtype=dtype), error)


# RandomPoisson, which TensorFlow knows in old graphs only, has its samples in `old_graphs`.
SAMPLES = [
    *(
        sample
        for dtype in REALS
        for sample in (
            session(f"rate_{dtype}", i32([20]), typed(RATES, dtype)),
            session(f"result_{dtype}", i32([20]), f64(RATES), dtype=dtype),
            stateless(f"rate_{dtype}", i32([20, 8]), typed(RATES, dtype), "float32"),
            stateless(f"result_{dtype}", i32([20, 8]), f32(RATES), dtype),
        )
    ),
    session("many", i32([300]), f32([[0.3, 20], [5, 100]]), dtype="float32"),
    session("int64_shape", i64([2, 3]), f32(0.7)),
    session("scalar", i32([]), f32(2.5)),
    session("empty_shape", i32([0]), f32([1, 2])),
    session("no_rates", i32([2]), f32([])),
    session("negative_rates", i32([5]), f32([-1, -20])),
    session("infinite_rate", i32([2]), f32([INF, 1e30]), dtype="float32"),
    session("minus_infinity", i32([2]), f32([-INF])),
    session("no_seeds", i32([2]), f32([1]), seed=0, seed2=0, differs="drawn from the system"),
    session("scalar_shape", i32(2), f32([1]), "rank 1"),
    session("negative_size", i32([-2]), f32([1]), "sizes >= 0"),
    session("too_many", i32([65535] * 4), f32([1]), "elements|bytes"),
    stateless("scalar", i64([]), f32(3), "int32"),
    stateless("scalar_lam", i64([300]), f32(3), "int32"),
    stateless("empty", i32([0, 2]), f32([1, 2]), "int32"),
    stateless("other_ending", i32([2, 3]), f32([1, 2]), "int32", "must end with the shape of lam"),
    stateless("scalar_shape", i32(2), f32([1, 2]), "int32", "rank 1"),
    stateless("one_seed", i32([2]), f32([1, 2]), "int32", "seed must have", seed=i32([1])),
]
