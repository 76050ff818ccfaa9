"""Samples of `ops/random_index.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples import Sample, i32, i64, typed, u32, u64

SEED = i32([1, 2, 3])
SEEDS = u64([[1, 2, 3], [4, 5, 6]])


def shuffle(
    label: str, index: Any, max_index: Any, seed: Any = SEED, error: str | None = None, **attrs: Any
) -> Sample:
    inputs = dict(index=index, seed=seed, max_index=max_index)
    return Sample("RandomIndexShuffle", label, inputs, attrs, error)


SAMPLES = [
    shuffle("scalar", i32(3), i32(9)),
    shuffle("all", i32(np.arange(100)), i32(99)),
    *(shuffle(f"rounds_{n}", i32(np.arange(300)), i32(299), rounds=n) for n in (4, 6, 8, 64)),
    *(
        shuffle(kind, typed([0, 5], kind), typed(9, kind), typed([-1, 1, 2], seed))
        for kind, seed in (
            ("int32", "int64"),
            ("int64", "int32"),
            ("uint32", "int64"),
            ("uint64", "int32"),
        )
    ),
    *(
        shuffle(f"bits_{n}", u64([0, 1, (1 << n) // 3]), u64((1 << n) - 1), u32([7, 8, 9]))
        for n in (1, 8, 15, 16, 17, 18, 19, 31, 32, 33, 40, 62, 63, 64)
    ),
    shuffle("seeds", i64([0, 5]), i64([1 << 40, 1 << 62]), SEEDS),
    shuffle("seeds_of_a_scalar", i32(1), i32(9), SEEDS),
    shuffle("large_seeds", i32(1), i32(9), i64([1 << 40, -4, (1 << 35) + 5])),
    shuffle("matrix_seed", i32(1), i32(9), i32([[1, 2, 3]])),
    shuffle("only_maxima", i32(1), i32([9, 20, 1000])),
    shuffle("one", i32([1]), i32(9)),
    shuffle("nothing_to_shuffle", i32(0), i32(0)),
    shuffle("beyond", i32(10), i32(9)),
    shuffle("negative", i32(-1), i32(9)),
    shuffle("two_seeds", i32(1), i32(9), i32([1, 2]), "seed must have shape"),
    shuffle("scalar_seed", i32(1), i32(9), i32(1), "seed must have shape|seed must have rank"),
    shuffle("empty", i32([]), i32(9), error="index must be a scalar or"),
    shuffle("lengths", i32([1, 2]), i32([1, 2, 3]), error="index must be a scalar|compatible"),
    shuffle("matrix", i32([[1]]), i32(9), error="index must"),
]
