"""Samples of `ops/variable_slices.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, Step, b, f32, f64
from tests.samples.slicing import masks, spec
from tests.samples.variable import handle, read, with_handle, with_reference

V = Step("v")
MATRIX = f32([[1, 2, 3], [4, 5, 6]])

#: Label, value of the variable, where, masks, what is written, error, type.
CASES: tuple[tuple[Any, ...], ...] = (
    ("row", MATRIX, spec([1], [2], [1]), masks(shrink=1), f32([7, 8, 9])),
    ("column", MATRIX, spec([0, 1], [2, 2], [1, 1]), masks(), f32([[7], [8]])),
    ("backwards", f32([1, 2, 3]), spec([2], [0], [-1]), masks(), f32([5, 6])),
    ("element", MATRIX, spec([0, 1], [1, 2], [1, 1]), masks(shrink=3), f32(9)),
    ("scalar_broadcast", MATRIX, spec([0], [1], [1]), masks(), f32(9)),
    ("nothing", f32([1, 2, 3]), spec([2], [1], [1]), masks(), f32([])),
    ("float64", f64([1, 2]), spec([0], [1], [1]), masks(), f64([5]), None, "float64"),
    ("strings", b(["a", "b"]), spec([1], [2], [1]), masks(), b(["c"]), None, "string"),
    ("size", f32([1, 2, 3]), spec([0], [2], [1]), masks(), f32([5, 6, 7]), "must broadcast"),
    ("index_range", f32([1, 2]), spec([2], [3], [1]), masks(shrink=1), f32(5), "must lie in"),
    ("zero_stride", f32([1, 2]), spec([0], [2], [0]), masks(), f32([5, 6]), "must not be 0"),
)


def by_handle(
    label: str,
    variable: Any,
    where: Any,
    attrs: Any,
    value: Any,
    error: str | None = None,
    kind: str = "float32",
) -> Sample:
    """An assignment to a slice of a resource, and the variable afterwards."""
    return Sample(
        "ResourceStridedSliceAssign",
        label,
        dict(ref=V, **where, value=value),
        attrs,
        error,
        before=with_handle(variable, kind),
        after={} if error else read(kind),
    )


def by_reference(
    label: str,
    variable: Any,
    where: Any,
    attrs: Any,
    value: Any,
    error: str | None = None,
    kind: str = "float32",
) -> Sample:
    """An assignment to a slice of a reference."""
    return Sample(
        "StridedSliceAssign",
        label,
        dict(ref=V, **where, value=value),
        attrs,
        error,
        before=with_reference(variable, kind),
    )


SAMPLES = [
    *(make(*case) for case in CASES for make in (by_handle, by_reference)),
    Sample(
        "ResourceStridedSliceAssign",
        "uninitialized",
        dict(ref=V, **spec([0], [1], [1]), value=f32([1])),
        masks(),
        "must be initialized",
        before=dict(v=handle((3,))),
    ),
]
