"""Samples of `ops/random_stateless.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, b, f32, i32, i64, normal, u64

FLOATS = ("float16", "bfloat16", "float32", "float64")
WORDS = ("int32", "int64", "uint32", "uint64")
KINDS = {
    "StatelessRandomUniform": FLOATS,
    "StatelessRandomNormal": FLOATS,
    "StatelessTruncatedNormal": FLOATS,
    "StatelessRandomUniformFullInt": WORDS,
}
KEY = dict(key=u64([0x0123_4567_89AB_CDEF]), counter=u64([3, 1 << 63]), alg=i32(1))


def keyed(
    op: str, label: str, shape: Any, dtype: str, error: str | None = None, **more: Any
) -> Sample:
    """A draw from a key and a counter."""
    return Sample(f"{op}V2", label, {"shape": shape, **KEY, **more}, dict(dtype=dtype), error)


def seeded(
    op: str, label: str, shape: Any, seed: Any, dtype: str, error: str | None = None
) -> Sample:
    """A draw from seeds."""
    return Sample(op, label, dict(shape=shape, seed=seed), dict(dtype=dtype), error)


def integers(
    label: str, shape: Any, low: Any, high: Any, error: str | None = None, **more: Any
) -> list[Sample]:
    """Integers from seeds, and from a key and a counter."""
    given = dict(shape=shape, minval=low, maxval=high)
    return [
        Sample("StatelessRandomUniformInt", label, {**given, "seed": i32([4, 2])}, {}, error),
        Sample("StatelessRandomUniformIntV2", label, {**given, **KEY}, {}, error),
    ]


SAMPLES = [
    *(
        sample
        for op, kinds in KINDS.items()
        for dtype in kinds
        for sample in (
            seeded(op, dtype, i32([3, 7]), i64([17, -3]), dtype),
            seeded(op, f"{dtype}_many", i32([1031]), i64([17, -3]), dtype),
            keyed(op, dtype, i32([3, 7]), dtype),
            keyed(op, f"{dtype}_many", i32([1031]), dtype),
        )
    ),
    *(
        sample
        for op, kinds in KINDS.items()
        for sample in (
            seeded(op, "int32_seeds", i32([9]), i32([-1, 5]), kinds[2]),
            seeded(op, "zero_seeds", i32([9]), i32([0, 0]), kinds[2]),
            seeded(op, "large_seeds", i64([9]), i64([-(1 << 63), (1 << 63) - 1]), kinds[2]),
            seeded(op, "scalar", i32([]), i32([1, 2]), kinds[2]),
            seeded(op, "empty", i32([2, 0]), i32([1, 2]), kinds[2]),
            seeded(op, "one_seed", i32([2]), i32([1]), kinds[2], "seed must have shape"),
            seeded(op, "matrix_of_seeds", i32([2]), i32([[1, 2]]), kinds[2], "seed must have"),
            seeded(op, "scalar_shape", i32(2), i32([1, 2]), kinds[2], "rank 1"),
            seeded(op, "negative_size", i32([-2]), i32([1, 2]), kinds[2], "sizes >= 0"),
            keyed(op, "any_algorithm", i64([9]), kinds[2], alg=i32(3)),
            keyed(op, "carry", i32([90]), kinds[2], counter=u64([(1 << 64) - 5, (1 << 64) - 1])),
            keyed(op, "long_counter", i32([9]), kinds[2], counter=u64([1, 2, 3])),
            keyed(op, "scalar", i32([]), kinds[2]),
            keyed(op, "empty", i32([2, 0]), kinds[2]),
            keyed(op, "threefry", i32([2]), kinds[2], "algorithm must be", alg=i32(2)),
            keyed(op, "no_algorithm", i32([0]), kinds[2], "algorithm must be", alg=i32(7)),
            keyed(op, "vector_of_algorithms", i32([2]), kinds[2], "alg must be", alg=i32([1])),
            keyed(op, "two_keys", i32([2]), kinds[2], "key must have", key=u64([1, 2])),
            keyed(op, "scalar_counter", i32([2]), kinds[2], "counter must", counter=u64(1)),
            keyed(op, "matrix_shape", i32([[2]]), kinds[2], "rank 1"),
        )
    ),
    seeded(
        "StatelessRandomUniformFullInt",
        "unsigned_seeds",
        i32([2]),
        u64([1, 2]),
        "uint64",
        "seed must be int32 or int64",
    ),
    *integers("int32", i32([3, 50]), i32(-5), i32(17)),
    *integers("int64", i64([3, 50]), i64(-5), i64(17)),
    *integers("int32_whole_range", i32([9]), i32(-(1 << 31)), i32((1 << 31) - 1)),
    *integers("int64_whole_range", i32([9]), i64(-(1 << 63)), i64((1 << 63) - 1)),
    *integers("empty_needs_no_range", i32([0]), i32(5), i32(5)),
    *integers("scalar", i32([]), i32(5), i32(500)),
    *integers("no_range", i32([1]), i32(5), i32(5), "minval must be < maxval"),
    *integers("vector_minval", i32([1]), i32([5]), i32(6), "minval must be a scalar"),
    *integers("vector_maxval", i32([1]), i32(5), i32([6]), "maxval must be a scalar"),
    *(
        Sample(op, label, dict(seed=seed), {}, error)
        for op in ("StatelessRandomGetKeyCounter", "StatelessRandomGetKeyCounterAlg")
        for label, seed, error in (
            ("int32", i32([1, 2]), None),
            ("negative", i32([-1, -2]), None),
            ("int64", i64([1 << 40, -(1 << 50)]), None),
            ("zeros", i64([0, 0]), None),
            ("scalar", i32(1), "seed must have shape"),
            ("three", i32([1, 2, 3]), "seed must have shape"),
        )
    ),
    # StatelessRandomGetAlg has no inputs, so it refuses nothing.
    Sample("StatelessRandomGetAlg", "philox"),
    *(
        Sample("StatelessShuffle", label, {"value": value, **KEY, **more}, {}, error)
        for label, value, more, error in (
            ("vector", i32(list(range(50))), {}, None),
            ("matrix", normal(11, 3), {}, None),
            ("strings", b(["a", "b", "c", "d"]), {}, None),
            ("scalar", f32(3), {}, None),
            ("empty", f32([]), {}, None),
            ("any_algorithm", i32([1, 2, 3]), dict(alg=i32(3)), None),
            ("threefry", i32([1, 2, 3]), dict(alg=i32(2)), "algorithm must be"),
            ("two_keys", i32([1, 2, 3]), dict(key=u64([1, 2])), "key must have"),
        )
    ),
]
