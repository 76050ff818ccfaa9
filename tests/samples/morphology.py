"""Samples of `ops/morphology.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples import Sample, normal, typed, uniform


def dilation(
    label: str,
    x: tuple[int, ...] = (1, 5, 4, 2),
    filter: tuple[int, ...] = (2, 3, 2),
    strides: list[int] = [1, 1, 1, 1],
    rates: list[int] = [1, 1, 1, 1],
    padding: str = "SAME",
    dtype: str = "float32",
    error: str | None = None,
) -> Sample:
    """One dilation."""
    if np.dtype("u1" if dtype == "bfloat16" else dtype).kind == "i" or dtype.startswith("uint"):
        low = 0 if dtype.startswith("u") else -100
        made: Any = (
            uniform(*x, low=low, high=100, dtype=dtype),
            uniform(*filter, low=0, high=100, dtype=dtype),
        )
    else:
        made = (normal(*x, dtype=dtype), normal(*filter, seed=1, dtype=dtype))
    inputs = dict(input=made[0], filter=made[1])
    return Sample(
        "Dilation2D", label, inputs, dict(strides=strides, rates=rates, padding=padding), error
    )


def gradient(
    op,
    label,
    shape=(1, 5, 4, 2),
    outputs=(1, 5, 4, 2),
    strides=(1, 1, 1, 1),
    rates=(1, 1, 1, 1),
    padding="SAME",
    dtype="float32",
    scale=1,
    flat=False,
    depth=2,
    error=None,
):
    """A gradient of Dilation2D with a filter of 2 x 3."""
    real = "float" in dtype
    kind = "float32" if dtype == "bfloat16" else dtype
    bounds = dict(low=-2 if real else 0, high=2 if real else 9, dtype=kind)
    image, taps = uniform(*shape, **bounds), uniform(2, 3, depth, seed=1, **bounds)
    if flat:
        image, taps = image * 0, taps * 0
    if scale != 1:
        image = image * np.float32(scale)
    inputs = dict(input=image, filter=taps, out_backprop=uniform(*outputs, seed=2, **bounds))
    attrs = dict(strides=list(strides), rates=list(rates), padding=padding)
    return Sample(
        op, label, {name: typed(value, dtype) for name, value in inputs.items()}, attrs, error
    )


SAMPLES = [
    dilation("same"),
    dilation("valid", padding="VALID"),
    dilation("strided", strides=[1, 2, 3, 1]),
    dilation("rates", rates=[1, 2, 2, 1]),
    dilation("rates_past_the_input", (1, 3, 3, 1), (3, 3, 1), rates=[1, 5, 4, 1]),
    dilation("empty_batch", (0, 3, 3, 1), (2, 2, 1)),
    *(
        dilation(dtype, dtype=dtype)
        for dtype in ("float16", "bfloat16", "float64", "int8", "uint8", "int16", "int32", "int64")
    ),
    Sample(
        "Dilation2D",
        "nan",
        dict(input=normal(1, 3, 3, 1) * np.float32("nan"), filter=normal(2, 2, 1)),
        dict(strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding="SAME"),
    ),
    dilation("depth", filter=(2, 2, 1), error="filter depth"),
    dilation("rank", (5, 4, 2), error="rank 4"),
    dilation("too_long", filter=(8, 2, 2), padding="VALID", error="must fit"),
    dilation("stride_zero", strides=[1, 0, 1, 1], error="positive"),
    *(
        gradient(op, label, **settings)
        for op in ("Dilation2DBackpropInput", "Dilation2DBackpropFilter")
        for label, settings in (
            ("same", {}),
            ("valid", dict(padding="VALID", outputs=(1, 4, 2, 2))),
            ("strided", dict(strides=[1, 2, 3, 1], outputs=(1, 3, 2, 2))),
            ("rates", dict(rates=[1, 2, 2, 1])),
            ("ties", dict(flat=True)),
            ("half", dict(dtype="float16")),
            ("bfloat16", dict(dtype="bfloat16")),
            ("double", dict(dtype="float64")),
            ("ints", dict(dtype="int32")),
            ("bytes", dict(dtype="uint8")),
            ("nan", dict(scale=float("nan"))),
            ("empty_batch", dict(shape=(0, 5, 4, 2), outputs=(0, 5, 4, 2))),
            ("other_output", dict(outputs=(1, 5, 3, 2), error="out_backprop must have shape")),
            ("depth", dict(depth=1, error="filter depth")),
        )
    ),
]
