"""Samples of `ops/fake_quantization.py`."""

from typing import Any

from tests.samples import Sample, f32, normal, uniform

X = f32([[-7, -6, -1.3, -0.01], [0, 0.4, 5.98, 8], [0.0235, 0.0236, 3, 1e9]])
G = normal(3, 4)
FOUR = uniform(2, 3, 2, 4, low=-3, high=3)


def ranged(low: Any, high: Any, inputs: Any = X) -> dict[str, Any]:
    """The inputs of the ops with the range as tensors."""
    return dict(inputs=inputs, min=f32(low), max=f32(high))


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
]
