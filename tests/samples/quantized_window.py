"""Samples of `ops/quantized_window.py`."""

from typing import Any

from tests.samples import Sample
from tests.samples.quantized_math import drawn, ranged


def image(value: Any, low: float = -1, high: float = 2) -> dict[str, Any]:
    """The inputs of pooling."""
    return dict(input=value, **ranged("input", low, high))


def conv(
    value: Any, weights: Any, ends: tuple[float, float] = (-1, 2), filter_ends: Any = (-0.5, 0.7)
) -> dict[str, Any]:
    """The inputs of QuantizedConv2D."""
    return dict(
        input=value, filter=weights, **ranged("input", *ends), **ranged("filter", *filter_ends)
    )


ONE = [1, 1, 1, 1]
TWO = [1, 2, 2, 1]
THREE = [1, 3, 3, 1]

SAMPLES = [
    *(
        Sample(
            "QuantizedConv2D",
            label,
            conv(drawn(*shape), drawn(*weights, seed=1)),
            dict(strides=[1, stride, stride, 1], padding=padding),
        )
        for label, shape, weights, stride, padding in [
            ("same", (2, 5, 6, 3), (3, 3, 3, 4), 1, "SAME"),
            ("valid", (2, 5, 6, 3), (3, 2, 3, 4), 1, "VALID"),
            ("same_stride", (1, 7, 6, 2), (3, 3, 2, 2), 2, "SAME"),
            ("valid_stride", (1, 7, 6, 2), (3, 3, 2, 2), 2, "VALID"),
            ("pointwise", (1, 4, 4, 3), (1, 1, 3, 2), 1, "SAME"),
            ("wide_stride", (1, 8, 8, 1), (1, 1, 1, 2), 4, "VALID"),
            ("wide_stride_same", (1, 8, 7, 1), (1, 2, 1, 2), 4, "SAME"),
        ]
    ),
    Sample(
        "QuantizedConv2D",
        "positive_range",
        conv(drawn(1, 3, 3, 2), drawn(2, 2, 2, 2), (1, 3), (-1, 0)),
        dict(strides=ONE, padding="SAME"),
    ),
    Sample(
        "QuantizedConv2D",
        "strides",
        conv(drawn(1, 3, 3, 2), drawn(2, 2, 2, 2)),
        dict(strides=[1, 1, 2, 1], padding="SAME"),
        error="equal",
    ),
    Sample(
        "QuantizedConv2D",
        "batch_stride",
        conv(drawn(1, 3, 3, 2), drawn(2, 2, 2, 2)),
        dict(strides=[2, 1, 1, 1], padding="SAME"),
        error="strides",
    ),
    Sample(
        "QuantizedConv2D",
        "infinite_range",
        conv(drawn(1, 3, 3, 2), drawn(2, 2, 2, 2), (0, float("inf")), (-1, 1)),
        dict(strides=ONE, padding="SAME"),
    ),
    Sample(
        "QuantizedConv2D",
        "depth",
        conv(drawn(1, 3, 3, 2), drawn(2, 2, 3, 2)),
        dict(strides=ONE, padding="SAME"),
        error="depth|compatible",
    ),
    Sample(
        "QuantizedConv2D",
        "rank",
        conv(drawn(3, 3, 2), drawn(2, 2, 2, 2)),
        dict(strides=ONE, padding="SAME"),
        error="rank 4",
    ),
    *(
        sample
        for op in ("QuantizedMaxPool", "QuantizedAvgPool")
        for sample in (
            Sample(
                op, "same", image(drawn(2, 5, 4, 3)), dict(ksize=THREE, strides=TWO, padding="SAME")
            ),
            Sample(
                op,
                "far_larger",
                image(drawn(2, 2, 3, 1)),
                dict(ksize=[1, 70000, 90001, 1], strides=TWO, padding="SAME"),
            ),
            Sample(
                op, "valid", image(drawn(2, 5, 4, 3)), dict(ksize=TWO, strides=ONE, padding="VALID")
            ),
            Sample(
                op,
                "qint8",
                image(drawn(2, 5, 4, 3, dtype="qint8")),
                dict(ksize=TWO, strides=TWO, padding="SAME"),
            ),
            Sample(
                op,
                "rank",
                image(drawn(5, 4, 3)),
                dict(ksize=TWO, strides=ONE, padding="VALID"),
                error="rank 4",
            ),
            Sample(
                op,
                "batch",
                image(drawn(2, 5, 4, 3)),
                dict(ksize=[2, 1, 1, 1], strides=ONE, padding="VALID"),
                error="ksize",
            ),
        )
    ),
]
