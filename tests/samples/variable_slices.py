"""Samples of `ops/variable_slices.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, Step, b, f32, i32, i64, normal, typed
from tests.samples.variable import identity, read, with_handle, with_reference

V = Step("v")
M = normal(4, 5)


def both(
    label: str,
    variable: Any,
    spec: tuple[Any, Any, Any],
    value: Any,
    error: str | None = None,
    kind: str = "float32",
    **attrs: Any,
) -> list[Sample]:
    """By handle and by reference."""
    begin, end, strides = spec
    inputs = dict(ref=V, begin=begin, end=end, strides=strides, value=value)
    return [
        Sample(
            "ResourceStridedSliceAssign",
            label,
            inputs,
            attrs,
            error,
            with_handle(variable, kind),
            {} if error else read(kind),
        ),
        Sample(
            "StridedSliceAssign",
            label,
            inputs,
            attrs,
            error,
            with_reference(variable, kind),
            {} if error else identity(),
        ),
    ]


ROWS = (i32([1]), i32([3]), i32([1]))
SAMPLES = [
    *both("rows", M, ROWS, normal(2, 5, seed=1)),
    *both("scalar", M, ROWS, f32(7)),
    *both("one_element", M, (i64([1, 2]), i64([2, 3]), i64([1, 1])), f32(7), shrink_axis_mask=3),
    *both("strided_back", M, (i32([3, 0]), i32([0, 5]), i32([-2, 2])), normal(2, 3, seed=1)),
    *both("masks", M, (i32([1, 1]), i32([2, 2]), i32([1, 1])), f32(9), begin_mask=1, end_mask=2),
    *both("ellipsis", M, (i32([0, 4]), i32([0, 5]), i32([1, 1])), normal(4, 1), ellipsis_mask=1),
    *both("empty", M, (i32([1]), i32([1]), i32([1])), f32([]).reshape(0, 5)),
    *both("strings", b(["a", "b", "c"]), ROWS, b(["x", "y"]), kind="string"),
    *(
        both(kind, typed([1, 2, 3], kind), ROWS, typed([8, 9], kind), kind=kind)[0]
        for kind in ("int32", "bfloat16", "complex64")
    ),
    *both("too_large", M, ROWS, normal(3, 5), "must broadcast"),
    *both("zero_stride", M, (i32([1]), i32([3]), i32([0])), f32(1), "strides"),
    *both("matrix_begin", M, (i32([[1]]), i32([3]), i32([1])), f32(1), "begin"),
]
