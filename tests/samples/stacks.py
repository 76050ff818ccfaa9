"""Samples of `ops/stacks.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, b, f32, i32

#: A reference that is fetched is the stack itself; `StackPush` and the others are sampled with it.
SCHEMA_ONLY = ("Stack",)

ROW, OTHER = f32([1, 2]), f32([1, 2, 3])
STACK = Step("s")


def stack(limit: int = -1, dtype: str = "float32") -> Call:
    return Call("StackV2", dict(max_size=i32(limit)), dict(elem_type=dtype))


def push(value: Any) -> Call:
    return Call("StackPushV2", dict(handle=STACK, elem=value))


def pop(dtype: str = "float32") -> Call:
    return Call("StackPopV2", dict(handle=STACK), dict(elem_type=dtype))


def on_stack(
    label: str,
    call: Call,
    *before: Call,
    error: str | None = None,
    after: Any = (),
    made: Call | None = None,
) -> Sample:
    earlier = {"s": made or stack(), **{f"b{i}": step for i, step in enumerate(before)}}
    later = {} if error else {f"c{i}": step for i, step in enumerate(after)}
    return Sample(call.op, label, call.inputs, call.attrs, error, before=earlier, after=later)


# StackCloseV2 refuses nothing but handles of something else.
SAMPLES = [
    on_stack("last_in_first_out", pop(), push(ROW), push(OTHER), after=[pop()]),
    on_stack("empty", pop(), error="empty"),
    on_stack("strings", pop("string"), push(b("x")), made=stack(dtype="string")),
    on_stack("push", push(ROW)),
    on_stack("full", push(ROW), push(ROW), error="overflowed", made=stack(1)),
    on_stack("other_type", push(i32(1)), error="type"),
    on_stack("pop_other_type", pop("int32"), push(ROW), error="type"),
    on_stack("plain", Call("StackCloseV2", dict(handle=STACK)), push(ROW)),
    Sample(
        "StackV2",
        "plain",
        dict(max_size=i32(1)),
        dict(elem_type="float32"),
        after=dict(push=Call("StackPushV2", dict(handle=Step("sampled"), elem=f32(1)))),
    ),
    Sample("StackV2", "vector", dict(max_size=i32([1])), dict(elem_type="float32"), "scalar"),
]

# The same by references, as graphs of before TensorFlow 1.2 have them.
OLD = Call("Stack", {}, dict(elem_type="float32"))


def old(call: Call) -> Call:
    return Call(call.op.removesuffix("V2"), call.inputs, call.attrs)


SAMPLES += [
    on_stack("last_in_first_out", old(pop()), old(push(ROW)), old(push(OTHER)), made=OLD),
    on_stack("empty", old(pop()), error="empty", made=OLD),
    on_stack("other_type", old(pop("int32")), old(push(ROW)), error="type", made=OLD),
    on_stack("push", old(push(ROW)), made=OLD, after=[old(pop())]),
    on_stack("push_other_type", old(push(i32(1))), error="type", made=OLD),
    on_stack("plain", Call("StackClose", dict(handle=STACK)), old(push(ROW)), made=OLD),
]
