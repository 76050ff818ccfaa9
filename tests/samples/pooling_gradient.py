"""Samples of `ops/pooling_gradient.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, f32, i32, normal, uniform

TWO = [1, 2, 2, 1]
THREE = [1, 3, 3, 1]
ONE = [1, 1, 1, 1]
ONE3 = [1] * 5
TWO3 = [1, 2, 2, 2, 1]


def maximum(
    label: str,
    x: Any,
    y: tuple[int, ...],
    ksize: list[int] = TWO,
    strides: list[int] = TWO,
    padding: str = "SAME",
    dtype: str = "float32",
    error: str | None = None,
    op: str = "MaxPoolGrad",
    orig_output: Any = None,
    **attrs: Any,
) -> Sample:
    """A gradient of a maximum."""
    if isinstance(x, tuple):
        x = uniform(*x, low=0, high=9, dtype=dtype)
    inputs = dict(
        orig_input=x,
        orig_output=uniform(*y, seed=1, dtype=dtype) if orig_output is None else orig_output,
        grad=uniform(*y, low=1, high=9, seed=2, dtype=dtype),
    )
    if op == "MaxPoolGradV2":
        inputs.update(ksize=i32(ksize), strides=i32(strides))
    else:
        attrs.update(ksize=ksize, strides=strides)
    return Sample(op, label, inputs, dict(padding=padding, **attrs), error)


def mean(
    label: str,
    shape: list[int],
    y: tuple[int, ...],
    ksize: list[int] = TWO,
    strides: list[int] = TWO,
    padding: str = "SAME",
    dtype: str = "float32",
    error: str | None = None,
    op: str = "AvgPoolGrad",
) -> Sample:
    """A gradient of a mean."""
    inputs = dict(orig_input_shape=i32(shape), grad=normal(*y, dtype=dtype))
    return Sample(op, label, inputs, dict(ksize=ksize, strides=strides, padding=padding), error)


TIES = f32([[1, 1, 2, 2], [1, 1, 2, 2], [0, 3, 3, 0]]).reshape(1, 3, 4, 1)
DEEP = TIES.reshape(1, 1, 3, 4, 1)

SAMPLES = [
    maximum("same", (2, 5, 4, 2), (2, 3, 2, 2)),
    maximum("valid_overlapping", (1, 5, 4, 2), (1, 3, 2, 2), THREE, ONE, "VALID"),
    maximum("ties", TIES, (1, 3, 4, 1), TWO, ONE),
    maximum("half", (1, 4, 4, 1), (1, 2, 2, 1), dtype="float16"),
    maximum("double", (1, 4, 4, 1), (1, 2, 2, 1), dtype="float64"),
    maximum("integers", (1, 4, 4, 1), (1, 2, 2, 1), dtype="int32"),
    maximum(
        "explicit",
        (1, 4, 4, 1),
        (1, 2, 2, 1),
        THREE,
        padding="EXPLICIT",
        explicit_paddings=[0, 0, 1, 1, 0, 2, 0, 0],
    ),
    maximum("wrong_shape", (1, 4, 4, 1), (1, 1, 2, 1), error="pooled shape"),
    maximum("rank", (4, 4, 1), (2, 2, 1), error="rank 4"),
    maximum("same", (1, 5, 4, 1), (1, 3, 2, 1), op="MaxPoolGradV2"),
    maximum("wrong_shape", (1, 4, 4, 1), (1, 1, 2, 1), error="pooled shape", op="MaxPoolGradV2"),
    maximum(
        "ties",
        DEEP,
        (1, 1, 2, 2, 1),
        TWO3,
        TWO3,
        op="MaxPool3DGrad",
        orig_output=f32([1, 2, 3, 3]).reshape(1, 1, 2, 2, 1),
    ),
    maximum(
        "overlapping",
        (1, 3, 3, 3, 1),
        (1, 2, 2, 2, 1),
        TWO3,
        ONE3,
        "VALID",
        op="MaxPool3DGrad",
    ),
    maximum(
        "wrong_shape",
        (1, 4, 4, 4, 1),
        (1, 1, 2, 2, 1),
        TWO3,
        TWO3,
        error="pooled shape",
        op="MaxPool3DGrad",
    ),
    mean("same", [1, 5, 4, 2], (1, 3, 2, 2)),
    mean("overlapping", [2, 5, 4, 1], (2, 5, 4, 1), THREE, ONE),
    mean("valid", [1, 5, 6, 1], (1, 2, 2, 1), THREE, TWO, "VALID"),
    mean("half", [1, 4, 4, 1], (1, 2, 2, 1), dtype="float16"),
    mean("double", [1, 4, 4, 1], (1, 2, 2, 1), dtype="float64"),
    mean("shape_short", [4, 4, 1], (1, 2, 2, 1), error="4 values"),
    mean("negative", [1, -4, 4, 1], (1, 2, 2, 1), error="negative"),
    mean("same", [1, 3, 4, 3, 1], (1, 2, 2, 2, 1), TWO3, TWO3, op="AvgPool3DGrad"),
    mean("overlapping", [1, 3, 4, 3, 1], (1, 3, 4, 3, 1), TWO3, ONE3, op="AvgPool3DGrad"),
    mean(
        "shape_short", [3, 4, 1], (1, 2, 2, 2, 1), TWO3, TWO3, error="5 values", op="AvgPool3DGrad"
    ),
]
