"""Samples of `ops/quantization.py`."""

from typing import Any

from tests.samples import Sample, f32, quantized, uniform

X = f32([[-3, -1.3, 0, 0.02], [0.4, 1.7, 2.5, 9], [-2, 3, -0.01, 0.999]])
TYPES = ("qint8", "quint8", "qint16", "quint16", "qint32")
MODES = ("MIN_COMBINED", "MIN_FIRST", "SCALED")


def ranged(low: Any, high: Any, value: Any = X) -> dict[str, Any]:
    """An input with its range."""
    return dict(input=value, min_range=f32(low), max_range=f32(high))


def levels(dtype: str) -> Any:
    """Levels of a type from its smallest to its largest."""
    bits = int(dtype.split("int")[1])
    low = 0 if dtype.startswith("qu") else -(1 << (bits - 1))
    high = low + (1 << bits) - 1
    return quantized([[low, low + 1, high // 3], [high // 2, high - 1, high]], dtype)


SUMS = quantized([[-70000, -5, 0, 3], [100, 123456, 9999999, -2]], "qint32")


def wide(low: float, high: float, value: Any = SUMS) -> dict[str, Any]:
    """Wide levels with their range."""
    return dict(input=value, input_min=f32(low), input_max=f32(high))


def requested(low: float, high: float, new_low: float, new_high: float) -> dict[str, Any]:
    """The inputs of Requantize."""
    return dict(
        **wide(low, high), requested_output_min=f32(new_low), requested_output_max=f32(new_high)
    )


QUINT8 = dict(T="quint8")

SAMPLES = [
    *(
        Sample("QuantizeV2", f"{dtype}_{mode.lower()}", ranged(-2, 3.1), dict(T=dtype, mode=mode))
        for dtype in TYPES
        for mode in MODES
    ),
    *(
        Sample(
            "QuantizeV2",
            f"{dtype}_many",
            ranged(-2.7, 3.1, uniform(10, 19, low=-3, high=4)),
            dict(T=dtype, mode=mode),
        )
        for dtype, mode in (
            ("qint8", "MIN_FIRST"),
            ("quint8", "MIN_COMBINED"),
            ("qint16", "SCALED"),
        )
    ),
    Sample("QuantizeV2", "positive_range", ranged(1, 3), QUINT8),
    Sample("QuantizeV2", "negative_range", ranged(-3, -1), QUINT8),
    Sample("QuantizeV2", "no_range", ranged(0, 0), QUINT8),
    Sample("QuantizeV2", "wide_minimum", ranged(-1, 1), dict(ensure_minimum_range=4.0, **QUINT8)),
    Sample(
        "QuantizeV2", "narrow", ranged(-2, 1), dict(T="qint8", mode="SCALED", narrow_range=True)
    ),
    Sample(
        "QuantizeV2",
        "half_to_even",
        ranged(-127, 127, f32([0.5, 1.5, -0.5, -2.5])),
        dict(T="qint8", mode="SCALED", narrow_range=True, round_mode="HALF_TO_EVEN"),
    ),
    Sample(
        "QuantizeV2",
        "half_away",
        ranged(-127, 127, f32([0.5, 1.5, -0.5, -2.5])),
        dict(T="qint8", mode="SCALED", narrow_range=True),
    ),
    Sample(
        "QuantizeV2",
        "axis_scaled",
        ranged([-2, -1, 0, -4], [3, 2, 1, 0]),
        dict(T="qint8", axis=1, mode="SCALED"),
    ),
    Sample("QuantizeV2", "axis_combined", ranged([-2, -1, 0], [3, 2, 1]), dict(T="quint8", axis=0)),
    Sample("QuantizeV2", "scalar", ranged(-2, 3, f32(1)), QUINT8),
    Sample("QuantizeV2", "empty", ranged(-2, 3, f32([])), QUINT8),
    Sample("QuantizeV2", "order", ranged(3, 1), QUINT8, error="min_range"),
    Sample(
        "QuantizeV2",
        "even_combined",
        ranged(0, 1),
        dict(round_mode="HALF_TO_EVEN", **QUINT8),
        error="round_mode",
    ),
    Sample(
        "QuantizeV2",
        "axis_first",
        ranged([0, 0, 0], [1, 1, 1]),
        dict(axis=0, mode="MIN_FIRST", **QUINT8),
        error="MIN_FIRST",
    ),
    Sample("QuantizeV2", "axis", ranged([0], [1]), dict(axis=5, **QUINT8), error="axis"),
    Sample(
        "QuantizeV2",
        "axis_size",
        ranged([0, 0], [1, 1]),
        dict(axis=0, **QUINT8),
        error="min_range must have shape",
    ),
    Sample(
        "QuantizeV2", "vector_range", ranged([0], [1]), QUINT8, error="min_range must have shape"
    ),
    *(
        Sample(
            "Dequantize", f"{dtype}_{mode.lower()}", ranged(-2, 3.1, levels(dtype)), dict(mode=mode)
        )
        for dtype in TYPES
        for mode in MODES
    ),
    Sample("Dequantize", "bfloat16", ranged(-2, 3.1, levels("quint8")), dict(dtype="bfloat16")),
    Sample(
        "Dequantize",
        "narrow",
        ranged(-2, 1, levels("qint8")),
        dict(mode="SCALED", narrow_range=True),
    ),
    Sample(
        "Dequantize",
        "axis",
        ranged([-2, -1, 0], [3, 2, 1], levels("qint8")),
        dict(mode="SCALED", axis=1),
    ),
    Sample("Dequantize", "axis_combined", ranged([-2, -1], [3, 2], levels("qint16")), dict(axis=0)),
    Sample("Dequantize", "scalar", ranged(-2, 1, quantized(7, "quint8"))),
    Sample("Dequantize", "no_range", ranged(1, 1, levels("quint8")), dict(mode="MIN_FIRST")),
    Sample(
        "Dequantize",
        "bfloat16_first",
        ranged(-2, 1, levels("quint8")),
        dict(dtype="bfloat16", mode="MIN_FIRST"),
        error="MIN_COMBINED",
    ),
    Sample(
        "Dequantize",
        "axis_first",
        ranged([-2, 1], [3, 2], levels("quint8")),
        dict(mode="MIN_FIRST", axis=0),
        error="MIN_FIRST",
    ),
    Sample(
        "Dequantize",
        "axis_high",
        ranged([-2, 1], [3, 2], levels("quint8")),
        dict(axis=2),
        error="axis",
    ),
    Sample(
        "Dequantize",
        "axis_size",
        ranged([-2], [3], levels("quint8")),
        dict(axis=0),
        error="min_range must have shape",
    ),
    Sample("RequantizationRange", "usual", wide(-1000, 1200)),
    Sample("RequantizationRange", "positive", wide(-1, 1, quantized([5, 1 << 30], "qint32"))),
    Sample("RequantizationRange", "empty", wide(-1, 1, quantized([], "qint32"))),
    Sample("RequantizationRange", "no_range", wide(2, 2)),
    Sample(
        "RequantizationRange",
        "vector",
        dict(input=SUMS, input_min=f32([0]), input_max=f32(1)),
        error="scalar",
    ),
    Sample("Requantize", "to_quint8", requested(-1000, 1200, -0.01, 1), dict(out_type="quint8")),
    Sample("Requantize", "to_qint8", requested(-1000, 1200, -0.01, 1), dict(out_type="qint8")),
    Sample("Requantize", "symmetric", requested(-5000, 5000, -3, 3), dict(out_type="quint8")),
    Sample("Requantize", "no_range", requested(-1, 1, 0, 0), dict(out_type="quint8")),
    Sample(
        "Requantize", "positive", requested(-1, 1, 0.5, 1), dict(out_type="quint8"), error="<= 0"
    ),
    Sample(
        "Requantize",
        "order",
        requested(-1, 1, -1, -2),
        dict(out_type="quint8"),
        error="requested_output_max",
    ),
    Sample("QuantizeDownAndShrinkRange", "usual", wide(-1000, 1200), dict(out_type="quint8")),
    Sample(
        "QuantizeDownAndShrinkRange",
        "positive",
        wide(-1, 1, quantized([5, 1 << 30], "qint32")),
        dict(out_type="quint8"),
    ),
    Sample(
        "QuantizeDownAndShrinkRange",
        "empty",
        wide(-1, 1, quantized([], "qint32")),
        dict(out_type="quint8"),
    ),
    Sample(
        "QuantizeDownAndShrinkRange",
        "vector",
        dict(input=SUMS, input_min=f32([0]), input_max=f32(1)),
        dict(out_type="quint8"),
        error="scalar",
    ),
]
