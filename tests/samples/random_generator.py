"""Samples of `ops/random_generator.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, f32, i32, i64, u64

FLOATS = ("float16", "bfloat16", "float32", "float64")
WORDS = ("int32", "int64", "uint32", "uint64")
STATE = [-7, 1 << 40, 0x0123_4567_89AB_CDEF]
KINDS = {
    "StatefulUniform": FLOATS,
    "StatefulStandardNormalV2": FLOATS,
    "StatefulTruncatedNormal": FLOATS,
    "StatefulUniformFullInt": WORDS,
}


def generator(state: Any = None) -> dict[str, Call]:
    """The steps that make a generator."""
    value = i64(STATE) if state is None else state
    kind = dict(dtype=value.dtype.name, shape=list(value.shape), shared_name="generator")
    return dict(
        variable=Call("VarHandleOp", {}, kind),
        assign=Call("AssignVariableOp", dict(resource=Step("variable"), value=value)),
    )


def use(
    op: str,
    label: str,
    attrs: dict[str, Any] | None = None,
    error: str | None = None,
    state: Any = None,
    **inputs: Any,
) -> Sample:
    """An op on a generator."""
    given = {"resource": Step("variable"), **inputs}
    return Sample(op, label, given, attrs or {}, error, before=generator(state))


def draw(
    op: str, label: str, shape: Any, dtype: str, error: str | None = None, **more: Any
) -> Sample:
    """A draw from a generator."""
    more.setdefault("algorithm", i64(1))
    return use(op, label, dict(dtype=dtype), error, shape=shape, **more)


def after(label: str, steps: dict[str, Call], delta: Any = None) -> Sample:
    """The state of a generator after some steps."""
    return Sample(
        "RngReadAndSkip",
        label,
        dict(resource=Step("variable"), alg=i32(1), delta=u64(1) if delta is None else delta),
        before={**generator(), **steps},
    )


def step(op: str, attrs: dict[str, Any] | None = None, **inputs: Any) -> Call:
    """An op that moves the generator on."""
    return Call(op, {"resource": Step("variable"), **inputs}, attrs or {})


def integers(
    label: str, shape: Any, low: Any, high: Any, error: str | None = None, **more: Any
) -> Sample:
    """Integers from a generator."""
    more.setdefault("algorithm", i64(1))
    return use("StatefulUniformInt", label, {}, error, shape=shape, minval=low, maxval=high, **more)


# StatefulStandardNormal, which TensorFlow knows in old graphs only, has its samples in `old_graphs`.
SAMPLES = [
    *(
        sample
        for op, kinds in KINDS.items()
        for dtype in kinds
        for sample in (
            draw(op, dtype, i64([3, 7]), dtype),
            draw(op, f"{dtype}_many", i32([1031]), dtype),
        )
    ),
    *(
        sample
        for op, kinds in KINDS.items()
        for sample in (
            draw(op, "scalar", i64([]), kinds[2]),
            draw(op, "empty", i64([0]), kinds[2]),
            draw(op, "long_state", i64([5]), kinds[2], state=i64([*STATE, 9, 9])),
            draw(op, "short_state", i64([5]), kinds[2], "must have 3", state=i64([1, 2])),
            draw(op, "matrix_state", i64([5]), kinds[2], "int64 vector", state=i64([STATE])),
            draw(op, "float_state", i64([5]), kinds[2], "int64 vector", state=f32([1, 2, 3])),
            draw(op, "threefry", i64([5]), kinds[2], "must be 1", algorithm=i64(2)),
            draw(op, "vector_algorithm", i64([5]), kinds[2], "scalar", algorithm=i64([1])),
            draw(op, "scalar_shape", i64(5), kinds[2], "rank 1"),
            draw(op, "string", i64([5]), "string", "dtype must be one of"),
        )
    ),
    integers("int32", i64([50]), i32(-5), i32(17)),
    integers("int64", i32([3, 50]), i64(-5), i64(17)),
    integers("no_range", i64([1]), i32(5), i32(5), "minval must be <"),
    integers("empty_no_range", i64([0]), i32(5), i32(5), "minval must be <"),
    integers("vector_minval", i64([1]), i32([5]), i32(6), "minval must be a scalar"),
    integers("vector_maxval", i64([1]), i32(5), i32([6]), "maxval must be a scalar"),
    integers("threefry", i64([1]), i32(5), i32(6), "must be 1", algorithm=i64(2)),
    use("RngReadAndSkip", "philox", alg=i32(1), delta=u64(5)),
    use("RngReadAndSkip", "threefry", error="must be 1", alg=i32(7), delta=u64(5)),
    use("RngReadAndSkip", "vector", error="scalar", alg=i32([1]), delta=u64(5)),
    use("RngReadAndSkip", "vector_delta", error="scalar", alg=i32(1), delta=u64([5])),
    use("RngReadAndSkip", "short_state", error="must", alg=i32(1), delta=u64(5), state=i64([1])),
    after("after_skip", dict(skip=step("RngSkip", algorithm=i64(1), delta=i64(7)))),
    after("after_negative_skip", dict(skip=step("RngSkip", algorithm=i64(1), delta=i64(-7)))),
    after("after_large_skip", dict(skip=step("RngSkip", algorithm=i64(1), delta=i64(1 << 60)))),
    after("after_read", dict(skip=step("RngReadAndSkip", alg=i32(1), delta=u64((1 << 64) - 1)))),
    after(
        "after_draw",
        dict(draw=step("StatefulUniform", dict(dtype="float32"), algorithm=i64(1), shape=i64([3]))),
    ),
    use("RngSkip", "philox", algorithm=i64(1), delta=i64(7)),
    use("RngSkip", "threefry", error="must be 1", algorithm=i64(2), delta=i64(7)),
    use("RngSkip", "vector", error="scalar", algorithm=i64([1]), delta=i64(7)),
    use("RngSkip", "short_state", error="must", algorithm=i64(1), delta=i64(7), state=i64([1])),
    *(
        Sample(
            "NonDeterministicInts",
            dtype,
            dict(shape=i64([2, 3])),
            dict(dtype=dtype),
            differs="drawn from the system",
        )
        for dtype in WORDS
    ),
    Sample("NonDeterministicInts", "scalar_shape", dict(shape=i64(2)), error="rank 1"),
    Sample(
        "NonDeterministicInts",
        "float",
        dict(shape=i64([2])),
        dict(dtype="float32"),
        error="dtype must be one of",
    ),
]
