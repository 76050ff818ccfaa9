"""Samples of `ops/random_binomial.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, Step, f32, f64, i32, i64, typed
from tests.samples.random_generator import STATE, generator, step

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


def from_generator(
    label: str,
    shape: Any,
    counts: Any,
    probs: Any,
    dtype: str = "int64",
    error: str | None = None,
    state: Any = None,
    algorithm: Any = None,
) -> Sample:
    """StatefulRandomBinomial, and where the generator is afterwards."""
    given = dict(
        resource=Step("variable"),
        algorithm=i64(1) if algorithm is None else algorithm,
        shape=shape,
        counts=counts,
        probs=probs,
    )
    # TensorFlow moves a state on only where no other tensor shares its memory, as what was added to does not.
    own = step("AssignAddVariableOp", value=i64(0 * (i64(STATE) if state is None else state)))
    before = generator(state) | ({} if error else dict(own=own))
    return Sample(
        "StatefulRandomBinomial",
        label,
        given,
        dict(dtype=dtype),
        error,
        before=before,
        after={} if error else dict(state=step("ReadVariableOp", dict(dtype="int64"))),
    )


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
    *(
        from_generator(f"counts_{dtype}", i32([3, 9, 7]), typed(COUNTS, dtype), typed(PROBS, dtype))
        for dtype in ("float16", "float32", "float64")
    ),
    *(
        from_generator(f"result_{dtype}", i32([9, 7]), f64(COUNTS), f64(PROBS), dtype)
        for dtype in REALS
    ),
    from_generator("scalar", i32([]), f32(20), f32(0.4)),
    from_generator("empty", i32([0]), f32(20), f32(0.4)),
    from_generator("odd_count", i32([7, 2]), f32([3, 200]), f32(0.4)),
    from_generator("long_state", i32([4]), f32(20), f32(0.4), state=i64([1, 2, 3, 4])),
    from_generator("other_ending", i32([3]), f32([1, 2]), f32(0.5), error="must end with"),
    from_generator("scalar_shape", i32(2), f32(1), f32(0.5), error="rank 1"),
    from_generator(
        "short_state", i32([2]), f32(1), f32(0.5), error="must have 3", state=i64([1, 2])
    ),
    from_generator(
        "float_state", i32([2]), f32(1), f32(0.5), error="int64 vector", state=f32([1, 2, 3])
    ),
    from_generator("threefry", i32([2]), f32(1), f32(0.5), error="must be 1", algorithm=i64(2)),
    from_generator("integer_counts", i32([2]), i32([1, 2]), i32(1), error="counts must be one of"),
]
