"""Samples of `ops/control_flow.py`; `tests/engine` has the graphs these ops make."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, b, boolean, f32
from tests.samples.variable import reference, with_reference

ROW, OTHER = f32([1, 2]), f32([3, 4, 5])
YES, NO = boolean(True), boolean(False)


def switch(value: Any, pred: Any) -> Call:
    return Call("Switch", dict(data=value, pred=pred))


def merge(label: str, value: Any, pred: Any) -> Sample:
    """Both sides of a Switch, merged."""
    return Sample(
        "Merge",
        label,
        dict(inputs=[Step("f"), Step("t")]),
        before=dict(
            s=switch(value, pred),
            f=Call("Identity", dict(input=Step("s", 0))),
            t=Call("Identity", dict(input=Step("s", 1))),
        ),
    )


def enter(op: str = "Enter", **attrs: Any) -> Sample:
    exits = "RefExit" if op == "RefEnter" else "Exit"
    before = with_reference(ROW) if op == "RefEnter" else {}
    value = Step("v") if op == "RefEnter" else ROW
    return Sample(
        exits,
        "_".join(["frame", *attrs]),
        dict(data=Step("e")),
        before=dict(**before, e=Call(op, dict(data=value), dict(frame_name="f", **attrs))),
    )


# Steps of a sample follow each other by control edges, which are dead after a Switch, so what the live side gives
# is in `tests/engine`.  The ops without refused samples pass on whatever they get.
#: They stand in loops only, which steps in order cannot make; `tests/engine` has graphs with them.
SCHEMA_ONLY = ("NextIteration", "RefNextIteration")

SAMPLES = [
    Sample("Switch", "vector", dict(data=ROW, pred=boolean([True, False])), error="scalar"),
    Sample("Switch", "true", dict(data=ROW, pred=YES), error="branch that was not taken", runs=2),
    Sample(
        "RefSwitch",
        "vector",
        dict(data=Step("v"), pred=boolean([True])),
        error="scalar",
        before=with_reference(ROW),
    ),
    Sample("Merge", "first", dict(inputs=[ROW, OTHER][:1])),
    Sample("RefMerge", "one", dict(inputs=[Step("v")]), before=with_reference(ROW)),
    Sample("Exit", "outside", dict(data=ROW), error="inside a loop", runs=2),
    Sample(
        "RefExit",
        "outside",
        dict(data=Step("v")),
        error="inside a loop",
        before=with_reference(ROW),
    ),
    Sample("LoopCond", "scalar", dict(input=YES)),
    Sample("LoopCond", "vector", dict(input=boolean([True, False])), error="scalar"),
    Sample("NoOp", "plain"),
    Sample("ControlTrigger", "plain"),
    Sample("RefIdentity", "plain", dict(input=Step("v")), before=with_reference(ROW)),
    Sample(
        "RefIdentity",
        "uninitialized",
        dict(input=Step("v")),
        before=dict(v=reference()),
        error="must be initialized",
    ),
    Sample("Enter", "fetched", dict(data=ROW), dict(frame_name="f")),
    Sample("Enter", "constant", dict(data=b("x")), dict(frame_name="f", is_constant=True)),
    Sample(
        "RefEnter",
        "fetched",
        dict(data=Step("v")),
        dict(frame_name="f"),
        before=with_reference(ROW),
    ),
    enter(),
    enter(is_constant=True),
    enter("RefEnter"),
]
