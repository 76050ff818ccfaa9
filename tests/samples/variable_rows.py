"""Samples of `ops/variable_rows.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, bf16, c64, f16, f32, f64, i8, i32, i64, typed, u8
from tests.samples.variable import handle, read, with_handle, with_reference

V = Step("v")
ROWS = f32([[1, 2], [3, 4], [5, 6]])
ONE = f32([[10, 20], [30, 40]])
AT = i32([2, 0])
TWICE = i32([1, 1])
NAMES = ("Update", "Add", "Sub", "Mul", "Div", "Min", "Max")
ND_NAMES = ("Update", "Add", "Sub", "Min", "Max")


def by_handle(
    name: str,
    label: str,
    variable: Any,
    indices: Any,
    updates: Any,
    error: str | None = None,
    kind: str = "float32",
) -> Sample:
    """A scatter on a resource, and the variable afterwards."""
    inputs = dict(resource=V, indices=indices, updates=updates)
    after = {} if error else read(kind)
    return Sample(
        f"ResourceScatter{name}",
        label,
        inputs,
        error=error,
        before=with_handle(variable, kind),
        after=after,
    )


def by_reference(
    name: str,
    label: str,
    variable: Any,
    indices: Any,
    updates: Any,
    error: str | None = None,
    kind: str = "float32",
    **attrs: Any,
) -> Sample:
    """A scatter on a reference."""
    inputs = dict(ref=V, indices=indices, updates=updates)
    return Sample(
        f"Scatter{name}", label, inputs, attrs, error, before=with_reference(variable, kind)
    )


def nd_by_handle(
    name: str,
    label: str,
    variable: Any,
    indices: Any,
    updates: Any,
    error: str | None = None,
    kind: str = "float32",
) -> Sample:
    inputs = dict(ref=V, indices=indices, updates=updates)
    after = {} if error else read(kind)
    return Sample(
        f"ResourceScatterNd{name}",
        label,
        inputs,
        error=error,
        before=with_handle(variable, kind),
        after=after,
    )


def nd_by_reference(
    name: str,
    label: str,
    variable: Any,
    indices: Any,
    updates: Any,
    error: str | None = None,
    kind: str = "float32",
) -> Sample:
    inputs = dict(ref=V, indices=indices, updates=updates)
    return Sample(
        f"ScatterNd{name}", label, inputs, error=error, before=with_reference(variable, kind)
    )


def rows(make: Any, name: str) -> list[Sample]:
    """What all scatters of rows have in common."""
    return [
        make(name, "rows", ROWS, AT, ONE),
        make(name, "scalar_update", ROWS, AT, f32(7)),
        make(name, "index_matrix", ROWS, i64([[0], [2]]), f32([[[1, 2]], [[3, 4]]])),
        make(name, "same_row_twice", ROWS, TWICE, ONE),
        make(name, "none", ROWS, i32([]), f32([]).reshape(0, 2)),
        make(name, "scalar_index", ROWS, i32(1), f32([8, -9])),
        make(name, "vector", f32([1, 2, 3]), i32([0, 2]), f32([float("nan"), -2])),
        make(name, "float64", f64([1, 2, 3]), i32([0, 0]), f64([4, 5]), kind="float64"),
        make(name, "int32", i32([[7, -7], [2, 3]]), i32([0]), i32([[2, 2]]), kind="int32"),
        make(name, "index_too_large", ROWS, i32([3, 0]), ONE, error=r"\[0, 3\)"),
        make(name, "index_negative", ROWS, i32([-1, 0]), ONE, error=r"\[0, 3\)"),
        make(name, "updates_too_short", ROWS, AT, f32([[1, 2]]), error="Must have updates.shape"),
        make(
            name, "updates_other_shape", ROWS, AT, f32([[1], [2]]), error="Must have updates.shape"
        ),
    ]


def slices(make: Any, name: str) -> list[Sample]:
    """What all scatters of slices have in common."""
    return [
        make(name, "elements", ROWS, i32([[0, 1], [2, 0]]), f32([10, 20])),
        make(name, "rows", ROWS, i32([[2], [0]]), ONE),
        make(name, "same_element_twice", ROWS, i32([[0, 1], [0, 1]]), f32([10, 20])),
        make(name, "nested_indices", ROWS, i64([[[0, 1]], [[2, 0]]]), f32([[10], [20]])),
        make(name, "none", ROWS, i32([]).reshape(0, 2), f32([])),
        make(name, "int64", i64([1, 2, 3]), i32([[1]]), i64([9]), kind="int64"),
        make(
            name,
            "scalar_update",
            f32([1, 2]),
            i32([1]),
            f32(9),
            error="updates must have rank >= 1",
        ),
        make(
            name, "index_too_large", ROWS, i32([[0, 2], [2, 0]]), f32([10, 20]), error=r"\[0, 2\)"
        ),
        make(name, "index_negative", ROWS, i32([[-1, 0]]), f32([10]), error=r"\[0, 3\)"),
        make(name, "too_many_coordinates", ROWS, i32([[0, 0, 0]]), f32([10]), error="coordinates"),
        make(
            name,
            "updates_other_shape",
            ROWS,
            i32([[2], [0]]),
            f32([[1, 2]]),
            error="updates must have shape",
        ),
    ]


def gather(
    label: str,
    variable: Any,
    indices: Any,
    error: str | None = None,
    kind: str = "float32",
    op: str = "ResourceGather",
    **attrs: Any,
) -> Sample:
    attrs = dict(dtype=kind, **attrs)
    return Sample(
        op,
        label,
        dict(resource=V, indices=indices),
        attrs,
        error,
        before=with_handle(variable, kind),
    )


SAMPLES = [
    gather("rows", ROWS, AT),
    gather("matrix", ROWS, i64([[0, 1], [2, 2]])),
    gather("scalar", ROWS, i32(1)),
    gather("none", ROWS, i32([])),
    gather("strings", typed(["a", "b"], "string"), i32([1]), kind="string"),
    gather("batch", ROWS, i32([[0, 1], [1, 1], [0, 0]]), batch_dims=1),
    gather("index_too_large", ROWS, i32([3]), error=r"\[0, 3\)"),
    gather("index_negative", ROWS, i32([-1]), error=r"\[0, 3\)"),
    gather("scalar_variable", f32(1), i32([0]), error="at least 1 dim"),
    Sample(
        "ResourceGather",
        "uninitialized",
        dict(resource=V, indices=AT),
        dict(dtype="float32"),
        "must be initialized",
        before=dict(v=handle((3, 2))),
    ),
    gather("elements", ROWS, i32([[0, 1], [2, 0]]), op="ResourceGatherNd"),
    gather("rows", ROWS, i64([[2], [0]]), op="ResourceGatherNd"),
    gather("index_too_large", ROWS, i32([[0, 2]]), error="indices", op="ResourceGatherNd"),
    gather("too_many_coordinates", ROWS, i32([[0, 0, 0]]), error=".", op="ResourceGatherNd"),
    *(
        sample
        for name in NAMES
        for make in (by_handle, by_reference)
        for sample in rows(make, name)
    ),
    *(
        sample
        for name in ND_NAMES
        for make in (nd_by_handle, nd_by_reference)
        for sample in slices(make, name)
    ),
    *(
        make(name, kind, array([5, 7, 100]), i32([2, 0]), array([2, 100]), kind=kind)
        for name in ("Add", "Sub", "Mul", "Div")
        for make in (by_handle, by_reference)
        for kind, array in {
            "int8": i8,
            "uint8": u8,
            "float16": f16,
            "bfloat16": bf16,
            "complex64": c64,
            "int64": i64,
        }.items()
    ),
    *(
        make(name, kind, array([5, 7, 100]), i32([2, 0]), array([2, 100]), kind=kind)
        for name in ("Update", "Min", "Max")
        for make in (by_handle, by_reference)
        for kind, array in {"float16": f16, "bfloat16": bf16, "int64": i64}.items()
    ),
    by_handle(
        "Update",
        "strings",
        typed(["a", "b"], "string"),
        i32([1]),
        typed(["c"], "string"),
        kind="string",
    ),
    by_handle("Div", "negative", i32([-7, 7]), i32([0, 1]), i32([2, -2]), kind="int32"),
    by_reference("Div", "negative", i32([-7, 7]), i32([0, 1]), i32([2, -2]), kind="int32"),
    by_handle(
        "Div", "float_by_zero", f32([-7, 0]), i32([0, 1]), f32([0, 0]), error="must not be zero"
    ),
    by_handle("Div", "zero_scalar", f32([-7, 0]), i32([0, 1]), f32(0), error="must not be zero"),
    by_handle(
        "Div",
        "int_by_zero",
        i32([-7, 0]),
        i32([0, 1]),
        i32([1, 0]),
        error="must not be zero",
        kind="int32",
    ),
    by_reference("Div", "float_by_zero", f32([-7, 0]), i32([0, 1]), f32([0, 0])),
    Sample(
        "CountUpTo",
        "counts",
        dict(ref=V),
        dict(limit=3),
        before=with_reference(i32(1), "int32"),
    ),
    Sample(
        "CountUpTo",
        "limit",
        dict(ref=V),
        dict(limit=3),
        "limit of 3",
        before=with_reference(i64(3), "int64"),
    ),
    Sample(
        "CountUpTo",
        "vector",
        dict(ref=V),
        dict(limit=3),
        "scalar",
        before=with_reference(i64([1]), "int64"),
    ),
    Sample(
        "ResourceCountUpTo",
        "counts",
        dict(resource=V),
        dict(limit=3, T="int64"),
        before=with_handle(i64(2), "int64"),
        after=read("int64"),
    ),
    Sample(
        "ResourceCountUpTo",
        "limit",
        dict(resource=V),
        dict(limit=3, T="int32"),
        "limit of 3",
        before=with_handle(i32(3), "int32"),
    ),
    Sample(
        "ResourceCountUpTo",
        "no_value",
        dict(resource=V),
        dict(limit=3, T="int32"),
        "must be initialized",
        before={"v": Call("VarHandleOp", {}, dict(dtype="int32", shape=[]))},
    ),
    Sample(
        "ResourceCountUpTo",
        "other_type",
        dict(resource=V),
        dict(limit=3, T="int64"),
        "int64|int32",
        before=with_handle(i32(0), "int32"),
    ),
]
