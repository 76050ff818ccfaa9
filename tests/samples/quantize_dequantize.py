"""Samples of `ops/quantize_dequantize.py`."""

from typing import Any

from tests.samples import Sample, f32, f64, i32, normal
from tests.samples.fake_quantization import G, X


def bounded(low: Any, high: Any, value: Any = X) -> dict[str, Any]:
    """The inputs of QuantizeAndDequantizeV2."""
    kind = f64 if value.dtype == "float64" else f32
    return dict(input=value, input_min=kind(low), input_max=kind(high))


SAMPLES = [
    *(
        sample
        for op in ("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV4")
        for sample in (
            Sample(op, "measured", bounded(0, 0, normal(3, 4))),
            Sample(op, "given", bounded(-2, 3), dict(range_given=True)),
            Sample(op, "double", bounded(-2, 3, f64(X)), dict(range_given=True)),
            Sample(op, "unsigned", bounded(-2, 3), dict(range_given=True, signed_input=False)),
            Sample(
                op, "narrow", bounded(-3, 2), dict(range_given=True, narrow_range=True, num_bits=5)
            ),
            Sample(
                op,
                "half_up",
                bounded(-3.5, 3.5, f32([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])),
                dict(range_given=True, narrow_range=True, num_bits=4, round_mode="HALF_UP"),
            ),
            Sample(
                op,
                "half_to_even",
                bounded(-3.5, 3.5, f32([-2.25, -1.75, -0.25, 0.25, 0.75, 1.25])),
                dict(range_given=True, narrow_range=True, num_bits=4),
            ),
            Sample(
                op, "axis", bounded([-2, -1, 0, -4], [3, 1, 2, 4]), dict(range_given=True, axis=1)
            ),
            Sample(
                op, "axis_measured", bounded([0, 0, 0], [0, 0, 0], normal(2, 3, 4)), dict(axis=1)
            ),
            Sample(op, "one_bit", bounded(-2, 3), dict(range_given=True, num_bits=1)),
            Sample(op, "zeros", bounded(0, 0, f32([0, 0]))),
            Sample(
                op,
                "vector_range",
                bounded([-2, -1], [3, 2]),
                dict(range_given=True),
                error="scalar",
            ),
            Sample(op, "no_bits", bounded(-2, 3), dict(num_bits=0), error="num_bits"),
            Sample(op, "many_bits", bounded(-2, 3), dict(num_bits=62), error="num_bits"),
            Sample(op, "order", bounded(3, 2), dict(range_given=True), error="<= input_max"),
            Sample(op, "axis_low", bounded(-2, 3), dict(axis=-2), error="axis"),
            Sample(op, "axis_high", bounded(-2, 3), dict(axis=2), error="rank > 2"),
            Sample(
                op,
                "axis_size",
                bounded([-2, 1], [3, 4]),
                dict(range_given=True, axis=1),
                error="input_min",
            ),
        )
    ),
    Sample("QuantizeAndDequantizeV3", "given", dict(num_bits=i32(6), **bounded(-2, 3))),
    Sample(
        "QuantizeAndDequantizeV3",
        "measured",
        dict(num_bits=i32(8), **bounded(0, 0, normal(3, 4))),
        dict(range_given=False),
    ),
    Sample(
        "QuantizeAndDequantizeV3",
        "axis",
        dict(num_bits=i32(8), **bounded([-2, -1, 0, -4], [3, 1, 2, 4])),
        dict(axis=1, narrow_range=True),
    ),
    Sample(
        "QuantizeAndDequantizeV3", "bits", dict(num_bits=i32(0), **bounded(-2, 3)), error="num_bits"
    ),
    Sample(
        "QuantizeAndDequantizeV3",
        "vector",
        dict(num_bits=i32([8]), **bounded(-2, 3)),
        error="scalar",
    ),
    Sample("QuantizeAndDequantizeV4Grad", "usual", dict(gradients=G, **bounded(-2, 3))),
    Sample(
        "QuantizeAndDequantizeV4Grad",
        "axis",
        dict(gradients=G, **bounded([-2, -1, 0, -4], [3, 1, 2, 4])),
        dict(axis=1),
    ),
    Sample(
        "QuantizeAndDequantizeV4Grad",
        "axis_size",
        dict(gradients=G, **bounded([-2, -1], [3, 1])),
        dict(axis=1),
        error="4 elements",
    ),
    Sample(
        "QuantizeAndDequantizeV4Grad",
        "shapes",
        dict(gradients=normal(3), **bounded(-2, 3)),
        error="shape of inputs",
    ),
]
