"""Samples of `ops/convolution_padded.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, i32, normal

PADDINGS = [[0, 0], [1, 2], [2, 1], [0, 0]]


def padded(
    label: str,
    mode: str,
    strides: list[int] = [1, 1, 1, 1],
    padding: str = "VALID",
    paddings: list[list[int]] = PADDINGS,
    filter: tuple[int, ...] = (3, 3, 2, 3),
    dtype: str = "float32",
    error: str | None = None,
    size: list[int] | None = None,
    differs: str | None = None,
    **attrs: Any,
) -> Sample:
    """One padded convolution; resized too if there is a size."""
    inputs = dict(
        input=normal(1, 4, 3, 2, dtype=dtype),
        paddings=i32(paddings),
        filter=normal(*filter, seed=1, dtype=dtype),
    )
    if size is not None:
        inputs["size"] = i32(size)
    attrs = dict(mode=mode, strides=strides, padding=padding, **attrs)
    op = "FusedPadConv2D" if size is None else "FusedResizeAndPadConv2D"
    return Sample(op, label, inputs, attrs, error, loose=10, differs=differs)


SAMPLES = [
    padded("reflect", "REFLECT"),
    padded("symmetric", "SYMMETRIC"),
    padded("symmetric_whole", "SYMMETRIC", paddings=[[0, 0], [4, 4], [3, 0], [0, 0]]),
    padded("strided_same", "REFLECT", [1, 2, 2, 1], "SAME"),
    padded("double", "REFLECT", dtype="float64"),
    padded("half", "SYMMETRIC", dtype="float16"),
    padded("bfloat16", "SYMMETRIC", dtype="bfloat16"),
    padded("two_rows", "REFLECT", paddings=[[0, 0], [1, 1]], error=r"\[4, 2\]"),
    padded("too_wide", "REFLECT", paddings=[[0, 0], [4, 0], [0, 0], [0, 0]], error=r"\[0, 3\]"),
    padded(
        "too_wide_symmetric",
        "SYMMETRIC",
        paddings=[[0, 0], [5, 0], [0, 0], [0, 0]],
        error=r"\[0, 4\]",
    ),
    padded("batch", "REFLECT", paddings=[[1, 0], [1, 0], [0, 0], [0, 0]], error="batch and depth"),
    padded("depth", "REFLECT", filter=(2, 2, 1, 1), error="filter depth"),
    padded("empty", "REFLECT", filter=(8, 2, 2, 1), error="empty"),
    padded("resized", "REFLECT", size=[6, 5]),
    padded("resized_corners", "SYMMETRIC", size=[3, 7], resize_align_corners=True),
    padded("resized_stride2", "REFLECT", [1, 2, 2, 1], "SAME", size=[5, 4]),
    padded(
        "resized_double",
        "REFLECT",
        size=[5, 4],
        dtype="float64",
        differs="resized in float32, as ResizeBilinear does",
    ),
    padded("size_zero", "REFLECT", size=[0, 5], error="positive|> 0"),
]
