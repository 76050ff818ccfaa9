"""Samples of `ops/quantized_math.py`."""

from typing import Any

import numpy as np

from tests.samples import Sample, f32, i32, i64, quantized


def drawn(*shape: int, dtype: str = "quint8", seed: int = 0) -> Any:
    """Reproducible levels of an 8-bit type."""
    low = -128 if dtype == "qint8" else 0
    values = np.random.default_rng([seed, *shape]).integers(low, low + 256, shape)
    return quantized(values, dtype)


def ranged(name: str, low: float, high: float) -> dict[str, Any]:
    """The range of one operand."""
    return {f"min_{name}": f32(low), f"max_{name}": f32(high)}


def features(value: Any, low: float, high: float) -> dict[str, Any]:
    """The inputs of QuantizedRelu."""
    return dict(features=value, **ranged("features", low, high))


def pair(x: Any, y: Any, x_ends: Any = (-1, 2), y_ends: Any = (-3, 1)) -> dict[str, Any]:
    """The inputs of QuantizedAdd and QuantizedMul."""
    return dict(x=x, y=y, **ranged("x", *x_ends), **ranged("y", *y_ends))


def product(a: Any, b: Any, a_ends: Any = (-1, 2), b_ends: Any = (-3, 1)) -> dict[str, Any]:
    """The inputs of QuantizedMatMul."""
    return dict(a=a, b=b, **ranged("a", *a_ends), **ranged("b", *b_ends))


def biased(value: Any, bias: Any, ends: Any = (-1, 2), bias_ends: Any = (-3, 1)) -> dict[str, Any]:
    """The inputs of QuantizedBiasAdd."""
    return dict(input=value, bias=bias, **ranged("input", *ends), **ranged("bias", *bias_ends))


def joined(axis: int, *parts: Any) -> dict[str, Any]:
    """The inputs of QuantizedConcat."""
    return dict(
        concat_dim=i32(axis),
        values=[part[0] for part in parts],
        input_mins=[f32(part[1]) for part in parts],
        input_maxes=[f32(part[2]) for part in parts],
    )


def reshaped(value: Any, shape: Any) -> dict[str, Any]:
    """The inputs of QuantizedReshape."""
    return dict(tensor=value, shape=shape, input_min=f32(-1), input_max=f32(2))


SUMS = quantized([[-70000, -5, 0, 3], [100, 123456, 2147483647, -2147483648]], "qint32")
SUM = dict(out_type="qint32")

SAMPLES = [
    *(
        sample
        for op in ("QuantizedRelu", "QuantizedRelu6")
        for sample in (
            Sample(op, "quint8", features(drawn(3, 5), -2, 9)),
            Sample(op, "positive_range", features(drawn(3, 5), 1, 12)),
            Sample(op, "narrow_range", features(drawn(3, 5), -2, 3)),
            Sample(op, "qint32", features(SUMS, -20, 20), SUM),
            Sample(
                op,
                "vector",
                dict(features=drawn(2), min_features=f32([0]), max_features=f32(1)),
                error="scalar",
            ),
        )
    ),
    Sample("QuantizedReshape", "matrix", reshaped(drawn(2, 3), i32([3, 2]))),
    Sample("QuantizedReshape", "unknown", reshaped(drawn(2, 3), i64([-1, 3, 1]))),
    Sample("QuantizedReshape", "sums", reshaped(SUMS, i32([8]))),
    Sample("QuantizedReshape", "count", reshaped(drawn(2, 3), i32([4])), error="6 elements"),
    Sample(
        "QuantizedReshape",
        "vector",
        dict(tensor=drawn(2), shape=i32([2]), input_min=f32([0]), input_max=f32(1)),
        error="scalar",
    ),
    Sample("QuantizedMatMul", "usual", product(drawn(3, 5), drawn(5, 2))),
    Sample(
        "QuantizedMatMul",
        "transposed",
        product(drawn(5, 3), drawn(2, 5)),
        dict(transpose_a=True, transpose_b=True),
    ),
    Sample(
        "QuantizedMatMul", "positive_range", product(drawn(3, 5), drawn(5, 2), (1, 3), (-2, -1))
    ),
    Sample(
        "QuantizedMatMul", "inner", product(drawn(3, 5), drawn(4, 2)), error="5 rows|compatible"
    ),
    Sample("QuantizedMatMul", "order", product(drawn(3, 5), drawn(5, 2), (1, 1)), error="larger"),
    Sample("QuantizedMatMul", "rank", product(drawn(5), drawn(5, 2)), error="rank 2"),
    Sample("QuantizedBiasAdd", "quint8", biased(drawn(3, 5), drawn(5)), SUM),
    Sample(
        "QuantizedBiasAdd",
        "qint8",
        biased(drawn(2, 3, 5, dtype="qint8"), drawn(5, dtype="qint8")),
        SUM,
    ),
    Sample(
        "QuantizedBiasAdd", "other_range", biased(drawn(3, 5), drawn(5), (0, 6), (-0.1, 0.2)), SUM
    ),
    Sample(
        "QuantizedBiasAdd",
        "count",
        biased(drawn(3, 5), drawn(4)),
        SUM,
        error="5 elements|compatible",
    ),
    Sample("QuantizedBiasAdd", "empty", biased(drawn(3, 0), drawn(0)), SUM, error="not be empty"),
    Sample("QuantizedBiasAdd", "rank", biased(drawn(5), drawn(5)), SUM, error="rank >= 2"),
    Sample(
        "QuantizedConcat",
        "ranges",
        joined(0, (drawn(3), -1, 2), (drawn(4), 0.5, 1), (drawn(2), -3, 1)),
    ),
    Sample("QuantizedConcat", "one_range", joined(1, (drawn(2, 3), -1, 2), (drawn(2, 1), -1, 2))),
    Sample("QuantizedConcat", "positive", joined(0, (drawn(3), 0.5, 2), (drawn(4), 0.5, 2))),
    Sample("QuantizedConcat", "no_range", joined(0, (drawn(3), 0, 0), (drawn(4), 0, 0))),
    Sample(
        "QuantizedConcat", "axis", joined(1, (drawn(3), 0, 1), (drawn(4), 0, 1)), error="concat_dim"
    ),
    Sample(
        "QuantizedConcat",
        "negative_axis",
        joined(-1, (drawn(3), 0, 1), (drawn(4), 0, 1)),
        error="concat_dim",
    ),
    Sample(
        "QuantizedConcat",
        "sizes",
        joined(0, (drawn(3, 2), 0, 1), (drawn(3, 4), 0, 1)),
        error="agree|compatible",
    ),
    *(
        sample
        for op in ("QuantizedAdd", "QuantizedMul")
        for sample in (
            Sample(op, "same_shape", pair(drawn(3, 5), drawn(3, 5, seed=1))),
            Sample(op, "scalar_x", pair(drawn(), drawn(3, 5))),
            Sample(op, "scalar_y", pair(drawn(3, 5), drawn(1))),
            Sample(op, "row", pair(drawn(3, 5), drawn(5))),
            Sample(op, "row_first", pair(drawn(5), drawn(3, 5), (0, 4), (-0.25, 0.5))),
            Sample(op, "shapes", pair(drawn(3, 5), drawn(4)), error="must broadcast"),
            Sample(op, "empty", pair(drawn(2, 1), drawn(2, 0)), error="must not be empty"),
            Sample(op, "order", pair(drawn(3), drawn(3), (2, 1)), error="larger"),
        )
    ),
]
