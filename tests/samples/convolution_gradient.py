"""Samples of `ops/convolution_gradient.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, i32, normal, uniform

ONE = [1, 1, 1, 1]
TWO = [1, 2, 2, 1]
ONE3 = [1] * 5
TWO3 = [1, 2, 2, 2, 1]


def draw(shape: tuple[int, ...], seed: int, dtype: str) -> Any:
    """Normal values, or integers."""
    if dtype == "int32":
        return uniform(*shape, low=-9, high=9, seed=seed, dtype=dtype)
    return normal(*shape, seed=seed, dtype=dtype)


def to_input(
    label: str,
    sizes: list[int],
    filter: tuple[int, ...],
    grad: tuple[int, ...],
    strides: list[int] = ONE,
    padding: str = "SAME",
    dtype: str = "float32",
    error: str | None = None,
    op: str = "Conv2DBackpropInput",
    differs: str | None = None,
    **attrs: Any,
) -> Sample:
    """A gradient with respect to the input."""
    inputs = dict(
        input_sizes=i32(sizes), filter=draw(filter, 1, dtype), out_backprop=draw(grad, 2, dtype)
    )
    attrs = dict(strides=strides, padding=padding, **attrs)
    return Sample(op, label, inputs, attrs, error, loose=10, differs=differs)


def to_filter(
    label: str,
    x: tuple[int, ...],
    sizes: list[int],
    grad: tuple[int, ...],
    strides: list[int] = ONE,
    padding: str = "SAME",
    dtype: str = "float32",
    error: str | None = None,
    op: str = "Conv2DBackpropFilter",
    **attrs: Any,
) -> Sample:
    """A gradient with respect to the filter."""
    inputs = dict(
        input=draw(x, 1, dtype), filter_sizes=i32(sizes), out_backprop=draw(grad, 2, dtype)
    )
    attrs = dict(strides=strides, padding=padding, **attrs)
    return Sample(op, label, inputs, attrs, error, loose=10)


DEEP_INPUT = "Conv3DBackpropInputV2"
DEEP_FILTER = "Conv3DBackpropFilterV2"
EACH_INPUT = "DepthwiseConv2dNativeBackpropInput"
EACH_FILTER = "DepthwiseConv2dNativeBackpropFilter"
IGNORED = "TensorFlow's CPU kernel ignores dilations"

SAMPLES = [
    to_input("same", [2, 5, 4, 3], (3, 3, 3, 2), (2, 5, 4, 2)),
    to_input("valid", [1, 5, 4, 3], (3, 2, 3, 2), (1, 3, 3, 2), padding="VALID"),
    to_input("stride2", [1, 6, 6, 2], (3, 3, 2, 3), (1, 3, 3, 3), TWO),
    to_input("stride2_odd", [1, 7, 5, 2], (4, 4, 2, 3), (1, 4, 3, 3), TWO),
    to_input("stride2_valid_rest", [1, 8, 6, 1], (3, 3, 1, 2), (1, 3, 2, 2), TWO, "VALID"),
    to_input("stride_over_filter", [1, 7, 7, 1], (2, 1, 1, 2), (1, 3, 3, 2), [1, 3, 3, 1]),
    to_input("unequal_strides", [1, 4, 6, 2], (3, 2, 2, 2), (1, 4, 2, 2), [1, 1, 3, 1]),
    to_input("spatial_sizes", [4, 4], (3, 3, 2, 1), (2, 2, 2, 1), TWO),
    to_input(
        "explicit",
        [1, 4, 4, 2],
        (2, 3, 2, 1),
        (1, 9, 2, 1),
        padding="EXPLICIT",
        explicit_paddings=[0, 0, 3, 3, 0, 0, 0, 0],
    ),
    to_input("double", [1, 4, 4, 2], (3, 3, 2, 1), (1, 2, 2, 1), TWO, dtype="float64"),
    to_input("half", [1, 4, 4, 2], (3, 3, 2, 1), (1, 2, 2, 1), TWO, dtype="float16"),
    to_input("bfloat16", [1, 4, 4, 2], (3, 3, 2, 1), (1, 2, 2, 1), TWO, dtype="bfloat16"),
    to_input("int32", [1, 4, 4, 2], (3, 3, 2, 1), (1, 2, 2, 1), TWO, dtype="int32"),
    to_input("empty_batch", [0, 4, 4, 2], (3, 3, 2, 1), (0, 4, 4, 1)),
    to_input("wrong_size", [1, 5, 4, 2], (3, 3, 2, 1), (1, 4, 4, 1), error="spatial sizes"),
    to_input("wrong_batch", [2, 4, 4, 2], (3, 3, 2, 1), (1, 4, 4, 1), error="batch size"),
    to_input("wrong_depth", [1, 4, 4, 3], (3, 3, 2, 1), (1, 4, 4, 1), error="multiple"),
    to_input("wrong_width", [1, 4, 4, 2], (3, 3, 2, 1), (1, 4, 4, 2), error="output depth"),
    to_input("negative", [1, -4, 4, 2], (3, 3, 2, 1), (1, 4, 4, 1), error="negative"),
    to_input("three_sizes", [4, 4, 2], (3, 3, 2, 1), (1, 4, 4, 1), error="4 or 2 values"),
    to_filter("same", (2, 5, 4, 3), [3, 3, 3, 2], (2, 5, 4, 2)),
    to_filter("valid", (1, 5, 4, 3), [3, 2, 3, 2], (1, 3, 3, 2), padding="VALID"),
    to_filter("stride2", (2, 7, 6, 2), [3, 3, 2, 3], (2, 4, 3, 3), TWO),
    to_filter(
        "explicit",
        (1, 4, 4, 2),
        [2, 3, 2, 1],
        (1, 9, 2, 1),
        padding="EXPLICIT",
        explicit_paddings=[0, 0, 3, 3, 0, 0, 0, 0],
    ),
    to_filter("double", (1, 4, 4, 2), [3, 3, 2, 1], (1, 4, 4, 1), dtype="float64"),
    to_filter("half", (1, 4, 4, 2), [3, 3, 2, 1], (1, 4, 4, 1), dtype="float16"),
    to_filter("empty_batch", (0, 4, 4, 2), [3, 3, 2, 1], (0, 4, 4, 1)),
    to_filter("wrong_size", (1, 4, 4, 2), [3, 3, 2, 1], (1, 3, 4, 1), error="spatial sizes"),
    to_filter("wrong_width", (1, 4, 4, 2), [3, 3, 2, 2], (1, 4, 4, 1), error="output depth"),
    to_filter("wrong_batch", (2, 4, 4, 2), [3, 3, 2, 1], (1, 4, 4, 1), error="batch size"),
    to_input("same", [1, 3, 4, 3, 2], (2, 3, 3, 2, 2), (1, 3, 4, 3, 2), ONE3, op=DEEP_INPUT),
    to_input("strided", [2, 4, 5, 3, 2], (3, 2, 3, 2, 1), (2, 2, 3, 2, 1), TWO3, op=DEEP_INPUT),
    to_input(
        "valid_strided",
        [1, 5, 4, 5, 1],
        (2, 2, 2, 1, 2),
        (1, 2, 2, 2, 2),
        TWO3,
        "VALID",
        op=DEEP_INPUT,
    ),
    to_input(
        "double",
        [1, 3, 3, 3, 1],
        (2, 2, 2, 1, 2),
        (1, 2, 2, 2, 2),
        TWO3,
        dtype="float64",
        op=DEEP_INPUT,
    ),
    to_input(
        "wrong_size",
        [1, 5, 3, 3, 1],
        (2, 2, 2, 1, 2),
        (1, 2, 2, 2, 2),
        TWO3,
        error="spatial",
        op=DEEP_INPUT,
    ),
    to_input(
        "negative",
        [1, -5, 3, 3, 1],
        (2, 2, 2, 1, 2),
        (1, 2, 2, 2, 2),
        TWO3,
        error="negative",
        op=DEEP_INPUT,
    ),
    to_filter("same", (1, 3, 4, 3, 2), [2, 3, 3, 2, 2], (1, 3, 4, 3, 2), ONE3, op=DEEP_FILTER),
    to_filter(
        "empty_batch", (0, 3, 3, 3, 1), [2, 2, 2, 1, 2], (0, 2, 2, 2, 2), TWO3, op=DEEP_FILTER
    ),
    to_filter("strided", (2, 4, 5, 3, 2), [3, 2, 3, 2, 1], (2, 2, 3, 2, 1), TWO3, op=DEEP_FILTER),
    to_filter(
        "no_work",
        (1, 1, 1, 1, 1),
        [0, 0, 0, 1, 0],
        (1, 1, 1, 1, 0),
        ONE3,
        error="above 0",
        op=DEEP_FILTER,
    ),
    to_input(
        "no_work",
        [1, 1, 1, 1, 1],
        (0, 0, 0, 1, 0),
        (1, 1, 1, 1, 0),
        ONE3,
        error="above 0",
        op=DEEP_INPUT,
    ),
    to_filter(
        "wrong_size",
        (1, 3, 3, 3, 1),
        [2, 2, 2, 1, 2],
        (1, 1, 2, 2, 2),
        TWO3,
        error="spatial",
        op=DEEP_FILTER,
    ),
    to_input("same", [1, 4, 5, 3], (3, 3, 3, 1), (1, 4, 5, 3), op=EACH_INPUT),
    to_input("multiplier_stride2", [2, 5, 4, 2], (3, 3, 2, 2), (2, 3, 2, 4), TWO, op=EACH_INPUT),
    to_input("valid", [1, 5, 4, 2], (2, 3, 2, 2), (1, 4, 2, 4), padding="VALID", op=EACH_INPUT),
    to_input(
        "dilated",
        [1, 5, 4, 2],
        (2, 3, 2, 1),
        (1, 5, 4, 2),
        op=EACH_INPUT,
        dilations=[1, 2, 2, 1],
        differs=IGNORED,
    ),
    to_input("double", [1, 4, 5, 3], (3, 3, 3, 1), (1, 4, 5, 3), dtype="float64", op=EACH_INPUT),
    to_input(
        "wrong_size", [1, 4, 5, 3], (3, 3, 3, 1), (1, 3, 5, 3), error="spatial", op=EACH_INPUT
    ),
    to_input("wrong_depth", [1, 4, 5, 2], (3, 3, 3, 1), (1, 4, 5, 3), error="depth", op=EACH_INPUT),
    to_filter("same", (1, 4, 5, 3), [3, 3, 3, 1], (1, 4, 5, 3), op=EACH_FILTER),
    to_filter("multiplier_stride2", (2, 5, 4, 2), [3, 3, 2, 2], (2, 3, 2, 4), TWO, op=EACH_FILTER),
    to_filter("valid", (1, 5, 4, 2), [2, 3, 2, 2], (1, 4, 2, 4), padding="VALID", op=EACH_FILTER),
    to_filter(
        "wrong_size", (1, 4, 5, 3), [3, 3, 3, 1], (1, 3, 5, 3), error="spatial", op=EACH_FILTER
    ),
    to_filter(
        "wrong_depth", (1, 4, 5, 2), [3, 3, 3, 1], (1, 4, 5, 3), error="depth", op=EACH_FILTER
    ),
]
