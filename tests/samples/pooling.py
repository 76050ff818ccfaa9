"""Samples of `ops/pooling.py`.

TensorFlow's CPU kernels refuse NCHW and some types, so no answers exist for them; `tests/ops/test_pooling.py` has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples import Sample, f32, i32, normal, uniform

TWO = [1, 2, 2, 1]
THREE = [1, 3, 3, 1]
ONE = [1, 1, 1, 1]
ONE3 = [1] * 5
TWO3 = [1, 2, 2, 2, 1]
NAN, INF = float("nan"), float("inf")


def pool(
    op: str,
    label: str,
    x: Any = (1, 5, 4, 2),
    ksize: list[int] = TWO,
    strides: list[int] = TWO,
    padding: str = "SAME",
    dtype: str = "float32",
    error: str | None = None,
    **attrs: Any,
) -> Sample:
    """One pooling; `x` is a shape or an array."""
    if isinstance(x, tuple):
        whole = "int" in dtype
        x = uniform(*x, low=0, high=100, dtype=dtype) if whole else normal(*x, dtype=dtype)
    name = "value" if op == "AvgPool" else "input"
    inputs = {name: x}
    if op == "MaxPoolV2":
        inputs.update(ksize=i32(ksize), strides=i32(strides))
        attrs = dict(padding=padding, **attrs)
    else:
        attrs = dict(ksize=ksize, strides=strides, padding=padding, **attrs)
    return Sample(op, label, inputs, attrs, error)


ODD = f32([[1, NAN, 2, -INF], [NAN, NAN, -INF, -INF], [INF, 3, -1, NAN]]).reshape(1, 3, 4, 1)
TIES = f32([[1, 1, 2, 2], [1, 1, 2, 2], [0, 3, 3, 0]]).reshape(1, 3, 4, 1)

SAMPLES = [
    pool("AvgPool", "stride_over_depth", strides=[1, 2, 2, 3]),
    *(
        sample
        for op in ("MaxPool", "AvgPool")
        for sample in (
            pool(op, "same"),
            pool(op, "valid", padding="VALID"),
            pool(op, "overlapping", ksize=THREE, strides=ONE),
            pool(op, "overlapping_stride2", (2, 7, 6, 3), THREE, TWO),
            pool(op, "unequal", (1, 6, 7, 1), [1, 3, 2, 1], [1, 2, 1, 1], "VALID"),
            pool(op, "global", (2, 4, 3, 2), [1, 4, 3, 1], ONE, "VALID"),
            pool(op, "larger_than_input", (1, 2, 3, 1), [1, 5, 5, 1], ONE),
            pool(op, "far_larger", (1, 2, 3, 1), [1, 70000, 90001, 1], TWO),
            pool(op, "infinite", np.where(np.isnan(ODD), f32(INF), ODD), THREE, TWO),
            pool(op, "stride_only", (1, 5, 5, 1), ONE, TWO, "VALID"),
            pool(op, "nothing_to_do", (1, 2, 2, 1), ONE, ONE),
            pool(op, "empty_batch", (0, 4, 4, 1)),
            pool(op, "no_channels", (1, 4, 4, 0)),
            pool(op, "empty_rows", (1, 0, 4, 1)),
            pool(op, "double", dtype="float64"),
            pool(op, "half", ksize=THREE, dtype="float16"),
            pool(op, "bfloat16", ksize=THREE, dtype="bfloat16"),
            pool(op, "rank", (4, 4, 1), error="rank 4"),
            pool(op, "ksize_zero", ksize=[1, 0, 2, 1], error="positive"),
            pool(op, "stride_zero", strides=[1, 0, 2, 1], error="positive"),
            pool(op, "ksize_short", ksize=[1, 2, 2], error="ksize"),
            pool(op, "batch", ksize=[2, 1, 1, 1], strides=ONE, error="batch"),
            pool(op, "too_long", ksize=[1, 9, 2, 1], padding="VALID", error="must fit"),
        )
    ),
    *(
        pool("MaxPool", dtype, ksize=THREE, dtype=dtype)
        for dtype in ("int32", "int64", "uint8", "int16", "int8", "uint16")
    ),
    pool("MaxPool", "negative_integers", -uniform(1, 3, 3, 1, high=9, dtype="int8"), THREE, ONE),
    pool("MaxPool", "nan_and_inf", ODD, TWO, ONE),
    pool("MaxPool", "nan_and_inf_many_channels", np.repeat(ODD, 9, axis=3), TWO, ONE),
    pool(
        "MaxPool",
        "explicit",
        ksize=THREE,
        padding="EXPLICIT",
        explicit_paddings=[0, 0, 1, 2, 0, 2, 0, 0],
    ),
    pool("MaxPool", "over_depth", (1, 2, 3, 6), [1, 1, 1, 3], [1, 1, 1, 3], "VALID"),
    pool("MaxPool", "over_depth_stride", (1, 2, 2, 4), [1, 1, 1, 2], ONE, error="equal the window"),
    pool("MaxPool", "over_depth_rest", (1, 2, 2, 4), [1, 1, 1, 3], [1, 1, 1, 3], error="divide"),
    pool("MaxPool", "over_both", (1, 2, 2, 4), [1, 2, 1, 2], [1, 1, 1, 2], error="not both"),
    pool(
        "MaxPool",
        "explicit_too_wide",
        padding="EXPLICIT",
        explicit_paddings=[0, 0, 2, 0, 0, 0, 0, 0],
        error="smaller than the window",
    ),
    pool("MaxPool", "explicit_missing", padding="EXPLICIT", error="8 values"),
    pool("AvgPool", "nan_and_inf", ODD, TWO, ONE),
    pool("AvgPool", "over_depth", (1, 2, 2, 4), [1, 1, 1, 2], [1, 1, 1, 2], error="depth"),
    pool("MaxPoolV2", "same"),
    pool("MaxPoolV2", "valid", (2, 5, 6, 1), THREE, TWO, "VALID"),
    pool("MaxPoolV2", "half", dtype="float16"),
    pool("MaxPoolV2", "ksize_short", ksize=[1, 2, 2], error="4 values"),
    pool("MaxPoolV2", "stride_zero", strides=[1, 0, 2, 1], error="positive"),
    *(
        sample
        for op in ("MaxPool3D", "AvgPool3D")
        for sample in (
            pool(op, "same", (1, 3, 4, 5, 2), TWO3, TWO3),
            pool(op, "valid_overlapping", (2, 3, 4, 3, 1), [1, 2, 3, 2, 1], ONE3, "VALID"),
            pool(op, "bfloat16", (1, 3, 3, 3, 1), TWO3, TWO3, dtype="bfloat16"),
            pool(op, "empty_batch", (0, 3, 4, 5, 2), TWO3, TWO3),
            pool(op, "rank", (3, 4, 5, 2), TWO3, TWO3, error="rank 5"),
            pool(op, "depth", (1, 3, 3, 3, 2), [1, 1, 1, 1, 2], ONE3, error="depth"),
            pool(op, "too_long", (1, 2, 3, 3, 1), [1, 5, 2, 2, 1], ONE3, "VALID", error="fit"),
        )
    ),
    Sample(
        "MaxPool3D",
        "nan",
        dict(input=ODD.reshape(1, 1, 3, 4, 1)),
        dict(ksize=TWO3, strides=ONE3, padding="SAME"),
        differs="NaN always wins",
    ),
    pool("MaxPoolWithArgmax", "same"),
    pool("MaxPoolWithArgmax", "batch_in_index", (2, 4, 3, 2), include_batch_in_index=True),
    pool("MaxPoolWithArgmax", "valid_overlapping", (2, 5, 5, 1), THREE, ONE, "VALID"),
    pool("MaxPoolWithArgmax", "ties", TIES, TWO, ONE),
    pool("MaxPoolWithArgmax", "nan_and_inf", ODD, TWO, ONE),
    pool("MaxPoolWithArgmax", "int32_index", Targmax="int32"),
    pool("MaxPoolWithArgmax", "integers", dtype="int32"),
    pool("MaxPoolWithArgmax", "half", dtype="float16"),
    pool("MaxPoolWithArgmax", "empty", (0, 4, 4, 1), error="must not be empty"),
    pool("MaxPoolWithArgmax", "rank", (4, 4, 1), error="rank 4"),
]
