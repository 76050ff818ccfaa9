"""Samples of `ops/accumulator.py`: what comes out of accumulators after some steps.

What TensorFlow waits for ever for has no answer; `tests/ops/test_accumulator.py` has that.
"""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, f16, f32, f64, i32, i64

A = Step("a")


def new(form: str, dtype: str = "float32", shape: Any = None, **attrs: Any) -> Call:
    """An accumulator: of dense gradients, by reference or by handle, or of rows."""
    return Call(f"{form}ConditionalAccumulator", {}, dict(dtype=dtype, shape=shape, **attrs))


def apply(form: str, gradient: Any, step: int = 0) -> Call:
    return Call(
        f"{form}AccumulatorApplyGradient", dict(handle=A, local_step=i64(step), gradient=gradient)
    )


def rows(indices: Any, values: Any, shape: Any = None, step: int = 0) -> Call:
    return Call(
        "SparseAccumulatorApplyGradient",
        dict(
            handle=A,
            local_step=i64(step),
            gradient_indices=i64(indices),
            gradient_values=values,
            gradient_shape=i64(shape or []),
        ),
        dict(has_known_shape=shape is not None),
    )


def at(form: str, step: int) -> Call:
    prefix = "" if form == "Sparse" else form
    return Call(f"{prefix}AccumulatorSetGlobalStep", dict(handle=A, new_global_step=i64(step)))


def take(form: str, count: int, dtype: str = "float32") -> Call:
    return Call(
        f"{form}AccumulatorTakeGradient", dict(handle=A, num_required=i32(count)), dict(dtype=dtype)
    )


def sample(
    call: Call, label: str, before: list[Call], error: str | None = None, after: Any = ()
) -> Sample:
    """A call on the accumulator that the first step makes."""
    steps = dict(a=before[0], **{f"step_{n}": step for n, step in enumerate(before[1:])})
    later = {f"after_{n}": step for n, step in enumerate(after)}
    return Sample(call.op, label, call.inputs, call.attrs, error, steps, later)


def count(form: str) -> Call:
    prefix = "" if form == "Sparse" else form
    return Call(f"{prefix}AccumulatorNumAccumulated", dict(handle=A))


def dense(form: str) -> list[Sample]:
    """What both forms of accumulators of dense gradients are given."""
    free, pairs = new(form), new(form, shape=[2])
    one, two = apply(form, f32([1, 2])), apply(form, f32([5, 7]))
    return [
        sample(take(form, 2), "mean", [pairs, one, two, apply(form, f32([0.1, 0.2]))]),
        sample(take(form, 1), "sum", [new(form, reduction_type="SUM"), one, two]),
        *(
            sample(
                take(form, 3, kind),
                kind,
                [new(form, kind), *(apply(form, make(value)) for value in (0.1, 0.7, 0.35))],
            )
            for kind, make in (("float16", f16), ("float32", f32), ("float64", f64))
        ),
        sample(
            take(form, 1),
            "empty",
            [new(form, shape=[0, 3]), apply(form, f32([[]] * 0).reshape(0, 3))],
        ),
        sample(
            take(form, 1),
            "twice",
            [free, one, take(form, 1), apply(form, f32([[9]]), 1)],
            after=[count(form)],
        ),
        sample(
            take(form, 1),
            "stale",
            [free, at(form, 3), apply(form, f32(1), 2), apply(form, f32(2), 3)],
        ),
        sample(take(form, 1), "later", [free, apply(form, f32(1), 5), apply(form, f32(2), 0)]),
        sample(take(form, 0), "none", [free, one], "num_required must be > 0"),
        sample(take(form, -1), "negative", [free, one], "num_required must be > 0"),
        sample(
            Call(
                f"{form}AccumulatorTakeGradient",
                dict(handle=A, num_required=i32([1])),
                dict(dtype="float32"),
            ),
            "vector",
            [free, one],
            "must be a scalar",
        ),
        sample(one, "once", [free], after=[count(form), take(form, 1)]),
        sample(one, "stale", [free, at(form, 1)], after=[count(form)]),
        sample(one, "shape", [new(form, shape=[3])], "Shape mismatch"),
        sample(one, "partial_shape", [new(form, shape=[None, 2])], "Shape mismatch"),
        sample(one, "stale_shape", [new(form, shape=[3]), at(form, 1)], after=[count(form)]),
        sample(one, "unlike_the_others", [free, apply(form, f32([[1, 2]]))], "Shape mismatch"),
        sample(
            Call(
                f"{form}AccumulatorApplyGradient",
                dict(handle=A, local_step=i64([0]), gradient=f32([1])),
            ),
            "vector",
            [free],
            "must be a scalar",
        ),
        sample(count(form), "two", [free, one, two]),
        sample(count(form), "none", [free]),
        sample(count(form), "dropped", [free, one, at(form, 1), two]),
        sample(at(form, 2), "later", [free], after=[one, count(form)]),
        sample(at(form, 0), "earlier", [free, at(form, 2)], after=[one, count(form)]),
        sample(
            Call(f"{form}AccumulatorSetGlobalStep", dict(handle=A, new_global_step=i64([0]))),
            "vector",
            [free],
            "must be a scalar",
        ),
    ]


SHARED = dict(shared_name="s")
SAMPLES = [sample for form in ("", "Resource") for sample in dense(form)]
SAMPLES += [
    Sample(call.op, "integers", {}, call.attrs, "dtype must be float16")
    for call in (new(form, "int32") for form in ("", "Resource", "Sparse"))
]
SAMPLES += [
    Sample(
        "ResourceConditionalAccumulator",
        "new",
        {},
        dict(dtype="float32", shape=[2]),
        after=dict(count=Call("ResourceAccumulatorNumAccumulated", dict(handle=Step("sampled")))),
    ),
    sample(
        count(""),
        "shared",
        [new("", **SHARED), apply("", f32(1)), new("", **SHARED)],
    ),
]

S = new("Sparse")
ROWS = rows([0, 2, 5], f32([[1, 2], [3, 4], [5, 6]]))
OTHERS = rows([2, 3, 5, 7], f32([[10, 20], [30, 40], [50, 60], [70, 80]]))
TAKE = take("Sparse", 1)


def limited(shape: Any) -> Call:
    return new("Sparse", shape=shape)


SAMPLES += [
    sample(TAKE, "one", [S, ROWS]),
    sample(TAKE, "mean", [S, ROWS, OTHERS], after=[count("Sparse")]),
    sample(TAKE, "sum", [new("Sparse", reduction_type="SUM"), ROWS, OTHERS, ROWS]),
    sample(TAKE, "three", [limited([8, 2]), ROWS, OTHERS, rows([2], f32([[0.1, 0.7]]), [8, 2])]),
    sample(TAKE, "out_of_order", [S, rows([5, 2, 2], f32([1, 2, 3])), rows([2, 5], f32([4, 5]))]),
    sample(TAKE, "no_rows", [S, rows([], f32([]).reshape(0, 2)), ROWS]),
    sample(TAKE, "only_no_rows", [limited([4, 2]), rows([], f32([]).reshape(0, 2))]),
    sample(TAKE, "scalar_shape", [limited([]), ROWS]),
    sample(TAKE, "partial_shape", [limited([None, 2]), ROWS]),
    sample(TAKE, "shape_of_first", [limited([9]), ROWS]),
    sample(TAKE, "negative_index", [limited([9, 2]), rows([-3, 2], f32([[1, 2], [3, 4]])), ROWS]),
    sample(TAKE, "twice", [S, ROWS, TAKE, rows([1], f32([[[7]]]), None, 1)]),
    *(
        sample(
            take("Sparse", 1, kind),
            kind,
            [
                new("Sparse", kind),
                *(rows([0, 1], make([value, 2 * value])) for value in (0.1, 0.7, 0.35)),
            ],
        )
        for kind, make in (("float16", f16), ("float64", f64))
    ),
    sample(take("Sparse", 0), "none", [S, ROWS], "num_required must be > 0"),
    sample(ROWS, "once", [S], after=[count("Sparse"), TAKE]),
    sample(ROWS, "stale", [S, at("Sparse", 1)], after=[count("Sparse")]),
    sample(rows([0, 1], f32([[1]])), "few_rows", [S], "one for each index"),
    sample(rows([0], f32(1)), "scalar", [S], "must have a row"),
    sample(rows([[0]], f32([[1]])), "matrix_of_indices", [S], "must have rank 1"),
    sample(ROWS, "index", [limited([5, 2])], "must lie in"),
    sample(ROWS, "row_shape", [limited([9, 3])], "Shape mismatch"),
    sample(ROWS, "rank", [limited([9, 2, 1])], "Shape mismatch"),
    sample(rows([0], f32([[1, 2]]), [8, 2]), "known_shape", [limited([9, 2])], "Shape mismatch"),
    sample(rows([0], f32([[1, 2]]), [9]), "known_rank", [limited([9, 2])], "Shape mismatch"),
    sample(rows([0], f32([[1]])), "unlike_the_others", [S, ROWS], "Shape mismatch"),
    sample(rows([0], f32([1])), "rank_unlike_the_others", [S, ROWS], "Shape mismatch"),
]
SAMPLES += [sample(apply("", f32(1)), "of_a_sparse_one", [S], "must be a")]
