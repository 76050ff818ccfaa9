"""Samples of `ops/dataset_source.py`, and what the samples of all datasets are made of."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, b, boolean, f32, i32, i64

#: The dataset that most samples begin with.
SOURCE = Step("source")
L, F = ["int64"], ["float32"]


def numbers(stop: int, start: int = 0, step: int = 1) -> Call:
    """A dataset of numbers."""
    inputs = dict(start=i64(start), stop=i64(stop), step=i64(step))
    return Call("RangeDataset", inputs, typed(L, [[]]))


def rows(*components: Any, types: list[str], shapes: list[Any]) -> Call:
    """A dataset of rows."""
    inputs = dict(components=list(components))
    return Call("TensorSliceDataset", inputs, dict(output_shapes=shapes))


def typed(types: list[str], shapes: Any) -> dict[str, Any]:
    """The attributes that tell elements."""
    return dict(output_types=types, output_shapes=list(shapes))


def elements(
    op: str,
    label: str,
    inputs: dict[str, Any],
    attrs: dict[str, Any],
    count: int,
    types: list[str] = L,
    before: dict[str, Call] | None = None,
    error: str | None = None,
) -> Sample:
    """The first `count` elements of the dataset that an op makes."""
    unknown = typed(types, [None] * len(types))
    iterator = Call("IteratorV2", {}, dict(shared_name="", container="", **unknown))
    start = Call("MakeIterator", dict(dataset=Step("sampled"), iterator=Step("iterator")))
    take = Call("IteratorGetNext", dict(iterator=Step("iterator")), unknown)
    after = {"start": start, **{f"next_{n}": take for n in range(count)}}
    return Sample(op, label, inputs, attrs, error, {**(before or {}), "iterator": iterator}, after)


#: The attributes of datasets of numbers.
ELEMENT = typed(L, [[]])


def of(op: str, label: str, drawn: int, source: Call | None = None, **more: Any) -> Sample:
    """A dataset made of another one."""
    before = {"source": source or numbers(5), **more.pop("before", {})}
    error = more.pop("error", None)
    attrs = {**ELEMENT, **more.pop("attrs", {})}
    return elements(op, label, dict(input_dataset=SOURCE, **more), attrs, drawn, L, before, error)


def slices(label: str, *components: Any, types: list[str], shapes: Any, **more: Any) -> Sample:
    attrs = dict(output_shapes=list(shapes))
    count = more.pop("count", 2)
    return elements(
        "TensorSliceDataset", label, dict(components=list(components)), attrs, count, types, **more
    )


def sparse(label: str, indices: Any, values: Any, shape: Any, count: int, **more: Any) -> Sample:
    inputs = dict(indices=i64(indices), values=values, dense_shape=i64(shape))
    types = ["int64", "float32", "int64"]
    return elements("SparseTensorSliceDataset", label, inputs, {}, count, types, **more)


SAMPLES = [
    elements(
        "TensorDataset",
        "two components",
        dict(components=[f32([1, 2]), b("text")]),
        dict(output_shapes=[[2], []]),
        1,
        ["float32", "string"],
    ),
    elements(
        "TensorDataset",
        "another shape",
        dict(components=[f32([1, 2])]),
        dict(output_shapes=[[3]]),
        1,
        F,
        error="shape|Incompatible",
    ),
    elements(
        "TensorDataset",
        "two elements",
        dict(components=[f32([1, 2])]),
        dict(output_shapes=[[2]]),
        2,
        F,
        error="End of sequence",
    ),
    elements(
        "ListDataset",
        "two components",
        dict(tensors=[f32([1, 2]), b("a"), f32([3]), b("b")]),
        typed(["float32", "string"], [[None], []]),
        2,
        ["float32", "string"],
    ),
    elements(
        "ListDataset",
        "end",
        dict(tensors=[i64(1), i64(2)]),
        typed(L, [[]]),
        3,
        error="End of sequence",
    ),
    slices("floats", f32([[1, 2], [3, 4]]), types=F, shapes=[[2]]),
    slices(
        "scalars and text", i32([1, 2]), b(["a", "b"]), types=["int32", "string"], shapes=[[], []]
    ),
    slices("truths", boolean([True, False]), types=["bool"], shapes=[[]]),
    slices("no rows", f32([]), types=F, shapes=[[]], count=0),
    slices("end", f32([1, 2]), types=F, shapes=[[]], count=3, error="End of sequence"),
    slices("rows differ", f32([1, 2]), f32([1]), types=F * 2, shapes=[[], []], error="rows"),
    slices("a scalar", f32(1), types=F, shapes=[[]], error="1-dimensional"),
    *(
        elements(
            "RangeDataset",
            label,
            dict(start=i64(start), stop=i64(stop), step=i64(step)),
            typed([kind], [[]]),
            count,
            [kind],
        )
        for label, start, stop, step, kind, count in [
            ("up", 0, 3, 1, "int64", 3),
            ("steps", 1, 8, 3, "int64", 3),
            ("down", 3, 0, -1, "int64", 3),
            ("empty", 3, 0, 1, "int64", 0),
            ("int32", 0, 2, 1, "int32", 2),
            ("float32", 0, 2, 1, "float32", 2),
        ]
    ),
    elements(
        "RangeDataset",
        "step of zero",
        dict(start=i64(0), stop=i64(3), step=i64(0)),
        typed(L, [[]]),
        1,
        error="non-zero",
    ),
    sparse("matrix", [[0, 1], [0, 3], [2, 0]], f32([1, 2, 3]), [4, 5], 4),
    sparse("one row", [[0, 0, 1]], f32([1]), [1, 2, 2], 1),
    sparse("rows out of order", [[1, 1], [0, 3]], f32([1, 2]), [4, 5], 1, error="ordered"),
]
