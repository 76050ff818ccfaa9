"""Samples of `ops/dataset_distinct.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, b, f32, i32, i64
from tests.samples.dataset_source import SOURCE, elements, of, rows, typed


def unique(label: str, count: int, values: Any, kind: str, **more: Any) -> Sample:
    shape = list(values.shape[1:])
    source = rows(values, types=[kind], shapes=[shape])
    return made(label, count, source, [kind], [shape], **more)


def made(
    label: str,
    count: int,
    source: Call,
    types: list[str],
    shapes: Any,
    op: str = "UniqueDataset",
    error: str | None = None,
) -> Sample:
    attrs, before = typed(types, shapes), {"source": source}
    return elements(op, label, dict(input_dataset=SOURCE), attrs, count, types, before, error)


def counted(label: str, count: int, expected: Any, error: str | None = None) -> Sample:
    return of("AssertCardinalityDataset", label, count, cardinality=i64(expected), error=error)


OLD = "ExperimentalUniqueDataset"
PAIRS = rows(i64([1, 1]), i64([2, 3]), types=["int64"] * 2, shapes=[[], []])

SAMPLES = [
    unique("int64", 3, i64([1, 37, 2, 37, 2, 1]), "int64"),
    unique("int32", 2, i32([5, 5, -5]), "int32"),
    unique("end", 3, i32([5, 5, -5]), "int32", error="End of sequence"),
    unique("text", 3, b(["a", "", "a", "b"]), "string"),
    unique("rows", 2, i64([[1, 2], [1, 2], [2, 1]]), "int64"),
    unique("rows of text", 2, b([["a", "b"], ["ab", ""], ["a", "b"]]), "string"),
    unique("floats", 1, f32([1, 1]), "float32", error="single `tf.int32`"),
    made("two components", 1, PAIRS, ["int64"] * 2, [[], []], error="single component"),
    unique("int64", 2, i64([1, 1, 2]), "int64", op=OLD),
    unique("floats", 1, f32([1, 1]), "float32", op=OLD, error="single `tf.int32`"),
    counted("as many", 5, 5),
    counted("end", 6, 5, error="End of sequence"),
    counted("too few", 6, 7, error="7 elements but contained only 5 elements"),
    counted("too many", 2, 1, error="1 element but contained at least 2 elements"),
    counted("endless", 6, -1, error="infinite number of elements but contained only 5"),
    counted("unknown", 1, -2, error="unknown number of elements but contained at least 1 element"),
    counted("no scalar", 1, [5], error="rank|scalar"),
]
