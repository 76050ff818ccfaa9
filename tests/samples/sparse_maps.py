"""Samples of `ops/sparse_maps.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, b, f32, i64

INDICES, VALUES, SHAPE = i64([[0, 1], [2, 0], [2, 2]]), f32([1, 2, 3]), i64([4, 3])
ONE, MANY, TAKE = (
    "AddSparseToTensorsMap",
    "AddManySparseToTensorsMap",
    "TakeManySparseFromTensorsMap",
)


def parts(indices: Any = INDICES, values: Any = VALUES, shape: Any = SHAPE) -> dict[str, Any]:
    """The parts of a sparse tensor."""
    return dict(sparse_indices=indices, sparse_values=values, sparse_shape=shape)


def add(op: str = ONE, name: str = "m", **changed: Any) -> Call:
    return Call(op, parts(**changed), dict(shared_name=name))


def take(numbers: Any, dtype: str = "float32", name: str = "m") -> Call:
    return Call(TAKE, dict(sparse_handles=numbers), dict(dtype=dtype, shared_name=name))


def taken(label: str, numbers: Any, *before: Call, error: str | None = None) -> Sample:
    call = take(numbers)
    steps = {f"step_{n}": step for n, step in enumerate(before)}
    return Sample(TAKE, label, call.inputs, call.attrs, error, steps)


WIDE = dict(indices=i64([[1, 0]]), values=f32([5]), shape=i64([2, 7]))
BROKEN = [
    ("values_length", parts(values=VALUES[:2]), "must have"),
    ("rank", parts(shape=i64([4, 3, 2])), "must have"),
    ("negative_size", parts(shape=i64([-4, 3])), ">= 0"),
    ("indices_vector", parts(indices=i64([0, 1, 2])), "rank 2"),
]
BROKEN_ROWS = [
    ("vector", parts(i64([[0], [1], [2]]), VALUES, i64([3])), ">= 2"),
    ("unordered", parts(i64([[0, 1], [2, 2], [2, 0]])), "in order"),
    ("outside", parts(i64([[0, 1], [2, 0], [4, 0]])), "must lie in"),
    ("repeated", parts(i64([[0, 1], [0, 1], [2, 0]])), "in order"),
]

SAMPLES = [
    *(
        Sample(op, label, parts(**changed), dict(shared_name="m"), after=dict(take=take(numbers)))
        for op in (ONE, MANY)
        for label, changed, numbers in (
            ("first", {}, i64([0])),
            ("none", dict(indices=INDICES[:0], values=VALUES[:0]), i64([0])),
        )
    ),
    Sample(MANY, "rows", parts(), dict(shared_name="m"), after=dict(take=take(i64([2, 0, 1, 3])))),
    Sample(MANY, "no_rows", parts(INDICES[:0], VALUES[:0], i64([0, 3])), dict(shared_name="m")),
    Sample(
        ONE,
        "words",
        parts(values=b(["a", "", "é"])),
        dict(shared_name="m"),
        after=dict(take=take(i64([0]), "string")),
    ),
    Sample(ONE, "second", parts(), dict(shared_name="m"), before=dict(first=add(**WIDE))),
    Sample(ONE, "unordered", parts(i64([[0, 1], [2, 2], [2, 0]])), dict(shared_name="m")),
    Sample(ONE, "outside", parts(i64([[0, 1], [9, 2], [2, 0]])), dict(shared_name="m")),
    *(Sample(op, label, x, {}, error) for op in (ONE, MANY) for label, x, error in BROKEN),
    *(Sample(MANY, label, x, {}, error) for label, x, error in BROKEN_ROWS),
    taken("two", i64([1, 0]), add(), add(**WIDE)),
    taken("taken_already", i64([0]), add(), take(i64([0])), error="Unable to find"),
    taken("twice", i64([0, 0]), add(), error="Unable to find"),
    taken("unknown", i64([0, 5]), add(), error="Unable to find SparseTensor: 5"),
    taken("none", i64([]), add(), error="at least"),
    taken("matrix", i64([[0]]), add(), error="compatible|rank 1"),
    taken("other_type", i64([0]), add(values=i64([1, 2, 3])), error="float32, not int64"),
    taken(
        "ranks",
        i64([0, 1]),
        add(),
        add(indices=i64([[1]]), values=f32([5]), shape=i64([2])),
        error="rank",
    ),
    taken("other_name", i64([0]), add(name="other"), error="Unable to find"),
]
