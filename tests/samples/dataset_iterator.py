"""Samples of `ops/dataset_iterator.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Func, Sample, Step, b, i64
from tests.samples.dataset_source import L, numbers, typed

NUMBER, ANY = typed(L, [[]]), typed(L, [None])
IT = Step("it")


def handle(op: str = "IteratorV2", name: str = "", attrs: Any = None) -> Call:
    return Call(op, {}, dict(shared_name=name, container="", **(attrs or NUMBER)))


def start(dataset: str = "source", iterator: str = "it") -> Call:
    return Call("MakeIterator", dict(dataset=Step(dataset), iterator=Step(iterator)))


TAKE = Call("IteratorGetNext", dict(iterator=IT), NUMBER)
STARTED = dict(source=numbers(3), it=handle(), start=start())
SHOT = dict(it=Call("OneShotIterator", {}, dict(dataset_factory=Func("dataset"), **NUMBER)))


def sampled(
    op: str, label: str, attrs: Any, after: int, error: str | None = None, **given: Any
) -> Sample:
    """An op that makes a handle, and the first elements of a dataset."""
    take = Call("IteratorGetNext", dict(iterator=Step("sampled")), NUMBER)
    begin = {} if op == "OneShotIterator" else dict(start=start(iterator="sampled"))
    steps = {**begin, **{f"next_{n}": take for n in range(after)}}
    return Sample(op, label, {}, {**attrs, **given}, error, dict(source=numbers(3)), steps)


THERE = Call("OptionalHasValue", dict(optional=Step("sampled")))
VALUE = Call("OptionalGetValue", dict(optional=Step("sampled")), NUMBER)
OPTIONAL = dict(optional=Step("optional"))
FULL = Call("OptionalFromValue", dict(components=[i64([1, 2]), b("a")]))
EMPTY = Call("OptionalNone", {})
FROM = Call("IteratorToStringHandle", dict(resource_handle=IT))

SAMPLES = [
    *(
        sample
        for op in ("Iterator", "IteratorV2")
        for sample in [
            sampled(op, "numbers", NUMBER, 3, shared_name="", container=""),
            sampled(op, "named", NUMBER, 3, shared_name="name", container=""),
            sampled(
                op,
                "other types",
                typed(["float32"], [[]]),
                0,
                "mismatch",
                shared_name="",
                container="",
            ),
        ]
    ),
    Sample(
        "MakeIterator",
        "anew",
        dict(dataset=Step("source"), iterator=IT),
        {},
        None,
        {**STARTED, "one": TAKE},
        dict(next_0=TAKE, next_1=TAKE),
    ),
    Sample(
        "MakeIterator",
        "other number of components",
        dict(dataset=Step("source"), iterator=IT),
        {},
        "components",
        dict(source=numbers(3), it=handle(attrs=typed(L * 2, [[], []]))),
    ),
    Sample(
        "MakeIterator",
        "other shape",
        dict(dataset=Step("source"), iterator=IT),
        {},
        "shape",
        dict(source=numbers(3), it=handle(attrs=typed(L, [[2]]))),
    ),
    sampled("OneShotIterator", "numbers", NUMBER, 3, dataset_factory=Func("dataset")),
    sampled(
        "OneShotIterator",
        "other types",
        typed(["float32"], [[]]),
        1,
        "mismatch",
        dataset_factory=Func("dataset"),
    ),
    *(
        sample
        for op in ("IteratorGetNext", "IteratorGetNextSync")
        for sample in [
            Sample(op, "first", dict(iterator=IT), NUMBER, None, STARTED),
            Sample(op, "second", dict(iterator=IT), ANY, None, {**STARTED, "one": TAKE}),
            Sample(
                op,
                "of a dataset that a function makes",
                dict(iterator=IT),
                NUMBER,
                None,
                SHOT,
                dict(after=TAKE),
            ),
            Sample(
                op,
                "end",
                dict(iterator=IT),
                NUMBER,
                "End of sequence",
                dict(STARTED, source=numbers(0)),
            ),
            Sample(
                op,
                "not initialized",
                dict(iterator=IT),
                NUMBER,
                "has not been initialized",
                dict(it=handle()),
            ),
            Sample(op, "other shape", dict(iterator=IT), typed(L, [[2]]), "shape", STARTED),
        ]
    ),
    Sample(
        "IteratorFromStringHandleV2",
        "numbers",
        dict(string_handle=Step("handle")),
        NUMBER,
        None,
        {**STARTED, "handle": FROM},
        dict(next=Call("IteratorGetNext", dict(iterator=Step("sampled")), NUMBER)),
    ),
    Sample(
        "IteratorFromStringHandle",
        "numbers",
        dict(string_handle=Step("handle")),
        NUMBER,
        None,
        {**STARTED, "handle": FROM},
        dict(next=Call("IteratorGetNext", dict(iterator=Step("sampled")), NUMBER)),
    ),
    Sample(
        "IteratorToStringHandle",
        "numbers",
        dict(resource_handle=IT),
        {},
        None,
        STARTED,
        differs="TensorFlow's handle tells the device and the address as well",
    ),
    *(
        Sample(op, "no such iterator", dict(string_handle=b("nothing")), NUMBER, "string_handle")
        for op in ("IteratorFromStringHandle", "IteratorFromStringHandleV2")
    ),
    Sample(
        "IteratorToStringHandle",
        "no iterator",
        dict(resource_handle=Step("q")),
        {},
        "iterator",
        dict(q=Call("FIFOQueueV2", {}, dict(component_types=L, shapes=[]))),
    ),
    Sample(
        "IteratorGetNextAsOptional",
        "number",
        dict(iterator=IT),
        NUMBER,
        None,
        STARTED,
        dict(there=THERE, value=VALUE, next=TAKE),
    ),
    Sample(
        "IteratorGetNextAsOptional",
        "end",
        dict(iterator=IT),
        NUMBER,
        None,
        {**STARTED, **{f"before_{n}": TAKE for n in range(3)}},
        dict(there=THERE),
    ),
    Sample(
        "IteratorGetNextAsOptional",
        "not initialized",
        dict(iterator=IT),
        NUMBER,
        "initialized",
        dict(it=handle()),
    ),
    Sample("OptionalNone", "none", {}, {}, None, {}, dict(there=THERE)),
    Sample("OptionalNone", "no value", {}, {}, "value", {}, dict(value=VALUE)),
    Sample(
        "OptionalFromValue",
        "number",
        dict(components=[i64(3)]),
        {},
        None,
        {},
        dict(there=THERE, value=VALUE),
    ),
    Sample(
        "OptionalFromValue",
        "other types",
        dict(components=[b("a")]),
        {},
        "type|mismatch",
        {},
        dict(value=VALUE),
    ),
    Sample("OptionalHasValue", "value", OPTIONAL, {}, None, dict(optional=FULL)),
    Sample("OptionalHasValue", "no value", OPTIONAL, {}, None, dict(optional=EMPTY)),
    Sample("OptionalHasValue", "a dataset", OPTIONAL, {}, "optional", dict(optional=numbers(3))),
    Sample(
        "OptionalGetValue",
        "two components",
        OPTIONAL,
        typed(["int64", "string"], [[2], None]),
        None,
        dict(optional=FULL),
    ),
    Sample("OptionalGetValue", "no value", OPTIONAL, NUMBER, "value", dict(optional=EMPTY)),
    Sample(
        "OptionalGetValue",
        "other shape",
        OPTIONAL,
        typed(["int64", "string"], [[3], None]),
        "shape",
        dict(optional=FULL),
    ),
    Sample(
        "OptionalGetValue", "a dataset", OPTIONAL, NUMBER, "optional", dict(optional=numbers(3))
    ),
]
