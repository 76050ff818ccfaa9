"""Samples of `ops/fake_quantization.py`."""

from typing import Any

from tests.samples import Sample, f32, f64, i32, normal, uniform

X = f32([[-7, -6, -1.3, -0.01], [0, 0.4, 5.98, 8], [0.0235, 0.0236, 3, 1e9]])
G = normal(3, 4)
FOUR = uniform(2, 3, 2, 4, low=-3, high=3)


def ranged(low: Any, high: Any, inputs: Any = X) -> dict[str, Any]:
    """The inputs of the ops with the range as tensors."""
    return dict(inputs=inputs, min=f32(low), max=f32(high))


def bounded(low: Any, high: Any, value: Any = X) -> dict[str, Any]:
    """The inputs of QuantizeAndDequantizeV2."""
    kind = f64 if value.dtype == "float64" else f32
    return dict(input=value, input_min=kind(low), input_max=kind(high))


LOW, HIGH = [-2, 0, -1, 0], [3, 5, 1, 0]

SAMPLES = [
    Sample("FakeQuantWithMinMaxArgs", "defaults", dict(inputs=X)),
    Sample(
        "FakeQuantWithMinMaxArgs", "narrow", dict(inputs=X), dict(narrow_range=True, num_bits=4)
    ),
    Sample("FakeQuantWithMinMaxArgs", "positive_range", dict(inputs=X), dict(min=1.0, max=4.0)),
    Sample("FakeQuantWithMinMaxArgs", "negative_range", dict(inputs=X), dict(min=-4.0, max=-1.0)),
    Sample(
        "FakeQuantWithMinMaxArgs", "16_bits", dict(inputs=X), dict(min=-0.1, max=3.0, num_bits=16)
    ),
    Sample("FakeQuantWithMinMaxArgs", "scalar", dict(inputs=f32(0.3))),
    Sample("FakeQuantWithMinMaxArgs", "empty", dict(inputs=f32([]))),
    Sample(
        "FakeQuantWithMinMaxArgs", "order", dict(inputs=X), dict(min=2.0, max=2.0), error="smaller"
    ),
    Sample("FakeQuantWithMinMaxArgs", "bits", dict(inputs=X), dict(num_bits=17), error="num_bits"),
    Sample(
        "FakeQuantWithMinMaxArgs", "one_bit", dict(inputs=X), dict(num_bits=1), error="num_bits"
    ),
    Sample("FakeQuantWithMinMaxArgsGradient", "defaults", dict(gradients=G, inputs=X)),
    Sample(
        "FakeQuantWithMinMaxArgsGradient",
        "narrow",
        dict(gradients=G, inputs=X),
        dict(narrow_range=True, num_bits=3, min=-1.0),
    ),
    Sample(
        "FakeQuantWithMinMaxArgsGradient",
        "shapes",
        dict(gradients=normal(2), inputs=X),
        error="shape of inputs",
    ),
    Sample("FakeQuantWithMinMaxVars", "usual", ranged(-3, 3.5)),
    Sample("FakeQuantWithMinMaxVars", "narrow", ranged(-3, 3.5), dict(narrow_range=True)),
    Sample("FakeQuantWithMinMaxVars", "positive_range", ranged(0.5, 3.5), dict(num_bits=5)),
    Sample("FakeQuantWithMinMaxVars", "zero_range", ranged(0, 0)),
    Sample("FakeQuantWithMinMaxVars", "rank4", ranged(-1, 2, FOUR)),
    Sample("FakeQuantWithMinMaxVars", "scalar", ranged(-1, 2, f32(0.77))),
    Sample("FakeQuantWithMinMaxVars", "bits", ranged(-1, 2), dict(num_bits=1), error="num_bits"),
    Sample("FakeQuantWithMinMaxVars", "vector", ranged([-1], 2), error="scalar|rank 0"),
    Sample("FakeQuantWithMinMaxVarsGradient", "usual", dict(gradients=G, **ranged(-3, 3.5))),
    Sample("FakeQuantWithMinMaxVarsGradient", "zero_range", dict(gradients=G, **ranged(0, 0))),
    Sample(
        "FakeQuantWithMinMaxVarsGradient",
        "narrow",
        dict(gradients=G, **ranged(-1, 0.5)),
        dict(narrow_range=True, num_bits=6),
    ),
    Sample(
        "FakeQuantWithMinMaxVarsGradient",
        "shapes",
        dict(gradients=normal(3), **ranged(-1, 0.5)),
        error="shape of inputs",
    ),
    Sample("FakeQuantWithMinMaxVarsPerChannel", "matrix", ranged(LOW, HIGH)),
    Sample(
        "FakeQuantWithMinMaxVarsPerChannel",
        "rank4",
        ranged(LOW, HIGH, FOUR),
        dict(narrow_range=True),
    ),
    Sample(
        "FakeQuantWithMinMaxVarsPerChannel",
        "vector",
        ranged([-1, 1], [2, 3], f32([0.77, 1.9])),
        dict(num_bits=3),
    ),
    Sample(
        "FakeQuantWithMinMaxVarsPerChannel",
        "channels",
        ranged([-1, 1], [2, 3]),
        error="like the last dimension",
    ),
    Sample(
        "FakeQuantWithMinMaxVarsPerChannel", "scalar", ranged([-1], [2], f32(1)), error="rank >= 1"
    ),
    Sample(
        "FakeQuantWithMinMaxVarsPerChannelGradient",
        "matrix",
        dict(gradients=G, **ranged(LOW, HIGH)),
    ),
    Sample(
        "FakeQuantWithMinMaxVarsPerChannelGradient",
        "rank4",
        dict(gradients=normal(2, 3, 2, 4), **ranged(LOW, HIGH, FOUR)),
    ),
    Sample(
        "FakeQuantWithMinMaxVarsPerChannelGradient",
        "vector",
        dict(gradients=f32([5, 7]), **ranged([-1, 1], [2, 3], f32([0.77, 9]))),
    ),
    Sample(
        "FakeQuantWithMinMaxVarsPerChannelGradient",
        "channels",
        dict(gradients=G, **ranged([-1, 1], [2, 3])),
        error="like the last dimension",
    ),
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
            Sample(op, "vector_range", bounded([-2], [3]), dict(range_given=True), error="scalar"),
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
