"""What shape rules refuse once the values of inputs are constants, as TensorFlow's do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import OpError
from minihub_runtime.ops.registry import REGISTRY, infer_shapes
from minihub_runtime.shapes import Shape, Spec
from tests.samples import f32, i32, i64, normal

SHRINK = dict(shrink_axis_mask=1)
ROWS = normal(2, 3)
IMAGE, FILTER = normal(1, 4, 4, 2), normal(2, 2, 2, 1)
CONVOLVED = dict(mode="REFLECT", strides=[1, 1, 1, 1], padding="VALID")
PART = (i64([[0]]), i32([1]), i64([1]))


def static_shapes(name: str, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> list[Shape]:
    """The static shapes of an op whose inputs are constants."""
    op = REGISTRY[name]
    kinds = {
        arg.name: as_dtype(value.dtype) for arg, value in zip(op.schema.inputs, inputs, strict=True)
    }
    full = op.schema.complete({**op.schema.infer(kinds, name), **attrs}, name)
    specs = [Spec(as_dtype(value.dtype), value.shape, value) for value in inputs]
    return infer_shapes(op, full, specs)


@pytest.mark.parametrize(
    ("name", "inputs", "attrs", "message"),
    [
        ("StridedSlice", (ROWS, i32([0]), i32([1]), i32([-1])), SHRINK, "single index"),
        ("MatrixSetDiag", (ROWS, f32([1, 2, 3])), {}, "compatible"),
        ("MatrixSetDiagV3", (ROWS, f32([1, 2]), i32([0, 1])), {}, "rank 2"),
        ("MatrixSetDiagV3", (ROWS, f32([1, 2]), i32(3)), {}, "must lie in"),
        ("EditDistance", PART * 2, {}, ">= 2 elements"),
        ("FusedPadConv2D", (IMAGE, i32([[-1, 0]] * 4), FILTER), CONVOLVED, ">= 0"),
        ("FusedPadConv2D", (IMAGE, i32([[0, 0]] * 4), FILTER[:, :, :1]), CONVOLVED, "compatible"),
        ("ReverseV2", (ROWS, i32([2])), {}, "must lie in"),
        ("ReverseV2", (ROWS, i32([1, -1])), {}, "twice"),
    ],
)
def test_refused(name: str, inputs: Any, attrs: dict[str, Any], message: str) -> None:
    with pytest.raises(OpError, match=message):
        static_shapes(name, inputs, attrs)


def test_the_sum_of_known_shapes_has_them_whatever_is_stated() -> None:
    op = REGISTRY["AccumulateNV2"]
    values = [np.ones((2, 2), np.float32)] * 2
    np.testing.assert_array_equal(op(values, shape=(3,)), np.full((2, 2), 2, np.float32))
    specs = [Spec(as_dtype(np.float32), (2, 2))] * 2
    attrs = {"N": 2, "T": as_dtype(np.float32), "shape": (3,)}
    assert infer_shapes(op, attrs, specs) == [(2, 2)]
    assert infer_shapes(op, {**attrs, "shape": (None, 2)}, specs) == [(2, 2)]
