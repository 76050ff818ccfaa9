"""Samples of `ops/pooling_second_gradient.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, f32, i32, i64, uniform

TWO = [1, 2, 2, 1]
THREE = [1, 3, 3, 1]
ONE = [1, 1, 1, 1]
TWO3 = [1, 2, 2, 2, 1]
ONE3 = [1] * 5


def second(
    label: str,
    x: tuple[int, ...],
    ksize: list[int] = TWO,
    strides: list[int] = TWO,
    padding: str = "SAME",
    dtype: str = "float32",
    op: str = "MaxPoolGradGrad",
    error: str | None = None,
    grad: tuple[int, ...] | None = None,
) -> Sample:
    """The second gradient of a maximum, whose output a step before computes."""
    image = uniform(*x, low=0, high=9, dtype=dtype)
    windows = dict(ksize=ksize, strides=strides, padding=padding)
    forward = Call("MaxPool3D" if len(x) == 5 else "MaxPool", dict(input=image), windows)
    inputs: dict[str, Any] = dict(
        orig_input=image,
        orig_output=Step("forward"),
        grad=uniform(*(grad or x), low=1, high=9, seed=2, dtype=dtype),
    )
    attrs: dict[str, Any] = dict(padding=padding)
    if op.endswith("V2"):
        inputs.update(ksize=i32(ksize), strides=i32(strides))
    else:
        attrs.update(ksize=ksize, strides=strides)
    return Sample(op, label, inputs, attrs, error, before=dict(forward=forward))


def noted(
    label: str,
    places: Any,
    dtype: str = "float32",
    error: str | None = None,
    shape: tuple[int, ...] = (2, 4, 4, 1),
    **attrs: Any,
) -> Sample:
    """A gradient that goes where the maxima were."""
    inputs = dict(
        input=uniform(*shape, dtype=dtype),
        grad=uniform(shape[0], 2, 2, 1, low=1, high=9, seed=2, dtype=dtype),
        argmax=places,
    )
    windows = dict(ksize=TWO, strides=TWO, padding="SAME")
    return Sample("MaxPoolGradWithArgmax", label, inputs, {**windows, **attrs}, error)


PLACES = i64([0, 3, 9, 15, 0, 0, 5, 5]).reshape(2, 2, 2, 1)

SAMPLES = [
    second("same", (2, 5, 4, 2)),
    second("valid_overlapping", (1, 5, 4, 2), THREE, ONE, "VALID"),
    second("half", (1, 4, 4, 1), dtype="float16"),
    second("double", (1, 4, 4, 1), dtype="float64"),
    second("integers", (1, 4, 4, 1), dtype="int32"),
    second("wrong_shape", (1, 4, 4, 1), grad=(1, 2, 2, 1), error="shape of orig_input"),
    second("same", (1, 5, 4, 1), op="MaxPoolGradGradV2"),
    second(
        "wrong_shape",
        (1, 4, 4, 1),
        grad=(1, 2, 2, 1),
        error="shape of orig_input",
        op="MaxPoolGradGradV2",
    ),
    second("same", (1, 3, 4, 3, 1), TWO3, TWO3, op="MaxPool3DGradGrad"),
    second("overlapping", (1, 3, 3, 3, 2), TWO3, ONE3, "VALID", op="MaxPool3DGradGrad"),
    second(
        "wrong_shape",
        (1, 4, 4, 4, 1),
        TWO3,
        TWO3,
        grad=(1, 2, 2, 2, 1),
        error="shape of orig_input",
        op="MaxPool3DGradGrad",
    ),
    noted("places", PLACES),
    noted("batch_in_index", PLACES + i64([0, 16]).reshape(2, 1, 1, 1), include_batch_in_index=True),
    noted("half", PLACES, "float16"),
    noted("wrong_shape", f32([0]).astype("int64").reshape(1, 1, 1, 1), error="pooled shape"),
]
