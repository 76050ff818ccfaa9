"""Samples of `ops/variable.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, b, bf16, boolean, c64, f16, f32, f64, i8, i32, i64

V = Step("v")


def handle(shape: Any = (2,), dtype: str = "float32", **attrs: Any) -> Call:
    """A resource variable."""
    return Call("VarHandleOp", {}, dict(dtype=dtype, shape=shape, **attrs))


def reference(shape: Any = (2,), dtype: str = "float32", **attrs: Any) -> Call:
    """A reference variable."""
    return Call("VariableV2", {}, dict(dtype=dtype, shape=shape, **attrs))


def set_handle(value: Any, **attrs: Any) -> Call:
    return Call("AssignVariableOp", dict(resource=V, value=value), attrs)


def set_reference(value: Any, **attrs: Any) -> Call:
    return Call("Assign", dict(ref=V, value=value), attrs)


def with_handle(value: Any, dtype: str = "float32", shape: Any = None) -> dict[str, Call]:
    """A resource variable that has a value."""
    return dict(v=handle(value.shape if shape is None else shape, dtype), set=set_handle(value))


def with_reference(value: Any, dtype: str = "float32") -> dict[str, Call]:
    """A reference variable that has a value."""
    return dict(v=reference(value.shape, dtype), set=set_reference(value))


def read(dtype: str = "float32") -> dict[str, Call]:
    return dict(read=Call("ReadVariableOp", dict(resource=V), dict(dtype=dtype)))


def identity(op: str = "Identity") -> dict[str, Call]:
    return dict(read=Call(op, dict(input=V)))


ONE_TWO = f32([1, 2])
VALUES = {
    "float32": f32([[1, 2], [3, -4]]),
    "float64": f64(2),
    "float16": f16([1, 2]),
    "bfloat16": bf16([1, 3]),
    "int64": i64([-(1 << 62), 1 << 62]),
    "int32": i32([]),
    "int8": i8([100, -100]),
    "complex64": c64([1 + 2j]),
    "bool": boolean([True, False]),
    "string": b(["a", ""]),
}
NUMBERS = {k: v for k, v in VALUES.items() if k not in ("bool", "string")}

# VarHandleOp, VarIsInitializedOp and IsVariableInitialized refuse nothing but attributes that no graph can hold, and
# handles of something else.
SAMPLES = [
    *(
        Sample("ReadVariableOp", k, dict(resource=V), dict(dtype=k), before=with_handle(v, k))
        for k, v in VALUES.items()
    ),
    Sample(
        "ReadVariableOp",
        "uninitialized",
        dict(resource=V),
        dict(dtype="float32"),
        before=dict(v=handle()),
        error="must be initialized",
    ),
    Sample(
        "ReadVariableOp",
        "other_type",
        dict(resource=V),
        dict(dtype="int32"),
        before=with_handle(ONE_TWO),
        error="must be read as float32",
    ),
    Sample(
        "ReadVariableOp",
        "value_kept_from_a_later_assignment",
        dict(resource=V),
        dict(dtype="float32"),
        before=with_handle(ONE_TWO),
        after=dict(
            change=set_handle(f32([5, 6])),
            again=Call("ReadVariableOp", dict(resource=V), dict(dtype="float32")),
            first=Call("Identity", dict(input=Step("sampled"))),
        ),
    ),
    Sample(
        "VarHandleOp",
        "plain",
        {},
        dict(dtype="float32", shape=[2]),
        after=dict(is_set=Call("VarIsInitializedOp", dict(resource=Step("sampled")))),
    ),
    Sample(
        "VarHandleOp",
        "shared",
        {},
        dict(dtype="float32", shape=[2], shared_name="x"),
        before=dict(v=handle(shared_name="x"), set=set_handle(ONE_TWO)),
        after=dict(
            read=Call("ReadVariableOp", dict(resource=Step("sampled")), dict(dtype="float32"))
        ),
    ),
    Sample(
        "VarHandleOp",
        "other_container",
        {},
        dict(dtype="float32", shape=[2], shared_name="x", container="c"),
        before=dict(v=handle(shared_name="x"), set=set_handle(ONE_TWO)),
        after=dict(is_set=Call("VarIsInitializedOp", dict(resource=Step("sampled")))),
    ),
    Sample("VarIsInitializedOp", "no", dict(resource=V), before=dict(v=handle())),
    Sample("VarIsInitializedOp", "yes", dict(resource=V), before=with_handle(ONE_TWO)),
    Sample(
        "VarIsInitializedOp",
        "destroyed",
        dict(resource=V),
        before=dict(**with_handle(ONE_TWO), gone=Call("DestroyResourceOp", dict(resource=V))),
    ),
    Sample(
        "AssignVariableOp",
        "replaces",
        dict(resource=V, value=f32([3, 4])),
        before=with_handle(ONE_TWO),
        after=read(),
    ),
    Sample(
        "AssignVariableOp",
        "other_shape_of_an_unknown_one",
        dict(resource=V, value=f32([3, 4, 5])),
        before=dict(v=handle([None]), set=set_handle(ONE_TWO)),
        after=read(),
    ),
    Sample(
        "AssignVariableOp",
        "other_type",
        dict(resource=V, value=i32([3, 4])),
        before=dict(v=handle()),
        error="must be assigned float32",
    ),
    Sample(
        "AssignVariableOp",
        "validated",
        dict(resource=V, value=f32([3, 4, 5])),
        dict(validate_shape=True),
        before=with_handle(ONE_TWO),
        error="requires shapes of both tensors to match",
    ),
    *(
        Sample(
            op,
            kind,
            dict(resource=V, value=value),
            before=with_handle(value, kind),
            after=read(kind),
        )
        for op in ("AssignAddVariableOp", "AssignSubVariableOp")
        for kind, value in NUMBERS.items()
    ),
    *(
        sample
        for op in ("AssignAddVariableOp", "AssignSubVariableOp")
        for sample in (
            Sample(
                op,
                "scalar",
                dict(resource=V, value=f32(1)),
                before=with_handle(ONE_TWO),
                error="same shape",
            ),
            Sample(
                op,
                "uninitialized",
                dict(resource=V, value=ONE_TWO),
                before=dict(v=handle()),
                error="must be initialized",
            ),
            Sample(
                op,
                "other_type",
                dict(resource=V, value=i32([1, 2])),
                before=with_handle(ONE_TWO),
                error="float32",
            ),
        )
    ),
    Sample(
        "DestroyResourceOp",
        "set",
        dict(resource=V),
        before=with_handle(ONE_TWO),
        after=dict(is_set=Call("VarIsInitializedOp", dict(resource=V))),
    ),
    Sample("DestroyResourceOp", "never_made", dict(resource=V), before=dict(v=handle())),
    Sample(
        "DestroyResourceOp",
        "never_made_strict",
        dict(resource=V),
        dict(ignore_lookup_error=False),
        before=dict(v=handle()),
        error="must be initialized",
    ),
    Sample("DisableCopyOnRead", "set", dict(resource=V), before=with_handle(ONE_TWO), after=read()),
    Sample(
        "DisableCopyOnRead",
        "uninitialized",
        dict(resource=V),
        before=dict(v=handle()),
        error="must be initialized",
    ),
    Sample("VariableShape", "matrix", dict(input=V), before=with_handle(f32([[1, 2, 3]]))),
    Sample(
        "VariableShape", "int64", dict(input=V), dict(out_type="int64"), before=with_handle(f32(1))
    ),
    Sample(
        "VariableShape",
        "of_the_value",
        dict(input=V),
        before=dict(v=handle([None]), set=set_handle(ONE_TWO)),
    ),
    Sample(
        "VariableShape",
        "uninitialized",
        dict(input=V),
        before=dict(v=handle()),
        error="must be initialized",
    ),
    Sample(
        "VariableV2", "plain", {}, dict(dtype="float32", shape=[2]), error="must be initialized"
    ),
    Sample(
        "VariableV2",
        "shared",
        {},
        dict(dtype="float32", shape=[2], shared_name="x"),
        before=dict(v=reference(shared_name="x"), set=set_reference(ONE_TWO)),
    ),
    Sample(
        "Variable",
        "shared",
        {},
        dict(dtype="float32", shape=[2], shared_name="x"),
        before=dict(
            v=Call("Variable", {}, dict(dtype="float32", shape=[2], shared_name="x")),
            set=set_reference(ONE_TWO),
        ),
    ),
    Sample("Variable", "plain", {}, dict(dtype="float32", shape=[2]), error="must be initialized"),
    Sample("IsVariableInitialized", "no", dict(ref=V), before=dict(v=reference())),
    Sample("IsVariableInitialized", "yes", dict(ref=V), before=with_reference(ONE_TWO)),
    *(
        Sample(
            "Assign",
            k,
            dict(ref=V, value=v),
            before=dict(v=reference(v.shape, k)),
            after=identity(),
        )
        for k, v in VALUES.items()
    ),
    Sample(
        "Assign",
        "other_shape",
        dict(ref=V, value=f32([3, 4, 5])),
        before=dict(v=reference()),
        error="requires shapes of both tensors to match",
    ),
    Sample(
        "Assign",
        "other_shape_of_an_initialized_one",
        dict(ref=V, value=f32([3, 4, 5])),
        before=with_reference(ONE_TWO),
        error="requires shapes of both tensors to match",
    ),
    Sample(
        "Assign",
        "other_shape_unvalidated",
        dict(ref=V, value=f32([3, 4, 5])),
        dict(validate_shape=False),
        before=with_reference(ONE_TWO),
        after=identity(),
    ),
    *(
        Sample(op, kind, dict(ref=V, value=value), before=with_reference(value, kind))
        for op in ("AssignAdd", "AssignSub")
        for kind, value in NUMBERS.items()
    ),
    *(
        sample
        for op in ("AssignAdd", "AssignSub")
        for sample in (
            Sample(
                op,
                "scalar",
                dict(ref=V, value=f32(1)),
                before=with_reference(ONE_TWO),
                error="same shape",
            ),
            Sample(
                op,
                "uninitialized",
                dict(ref=V, value=ONE_TWO),
                before=dict(v=reference()),
                error="must be initialized",
            ),
        )
    ),
    Sample(
        "AssignAdd",
        "minus_zero",
        dict(ref=V, value=f32([-0.0])),
        before=with_reference(f32([-0.0])),
    ),
]


def temporary(shape: Any = (2,), dtype: str = "float32", name: str = "t") -> Call:
    """A variable of one step."""
    return Call("TemporaryVariable", {}, dict(shape=shape, dtype=dtype, var_name=name))


def ended(
    label: str, *steps: Call, made: Call | None = None, name: str = "t", error: str | None = None
) -> Sample:
    """The last value of a temporary variable."""
    before = {"v": made or temporary(), **{f"s{i}": step for i, step in enumerate(steps)}}
    attrs = dict(var_name=name)
    return Sample("DestroyTemporaryVariable", label, dict(ref=V), attrs, error, before=before)


END = Call("DestroyTemporaryVariable", dict(ref=V), dict(var_name="t"))
SAMPLES += [
    *(
        ended(k, set_reference(v), made=temporary(v.shape, k))
        for k, v in VALUES.items()
        if k != "string"
    ),
    ended("scalar", set_reference(f32(3)), made=temporary([])),
    ended("empty", set_reference(f32([[], []])), made=temporary([2, 0])),
    ended(
        "added",
        set_reference(f32([1, 2])),
        Call("AssignAdd", dict(ref=V, value=f32([3, 5]))),
    ),
    ended("other_name", set_reference(f32([1, 2])), name="u", error="temporary variable 'u'"),
    ended("twice", set_reference(f32([1, 2])), END, error="temporary variable 't'"),
    Sample(
        "TemporaryVariable",
        "summed",
        {},
        dict(shape=[2], dtype="float32", var_name="t"),
        after=dict(
            set=Call("Assign", dict(ref=Step("sampled"), value=f32([1, 2]))),
            add=Call("AssignAdd", dict(ref=Step("set"), value=f32([3, 5]))),
            end=Call("DestroyTemporaryVariable", dict(ref=Step("add")), dict(var_name="t")),
        ),
        differs="what the memory held before",
        unset=(0,),
    ),
    Sample(
        "TemporaryVariable",
        "unknown_size",
        {},
        dict(shape=[2, None], dtype="float32"),
        error="known sizes",
    ),
]
