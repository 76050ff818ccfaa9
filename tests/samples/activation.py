"""Samples of `ops/activation.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, b, f16, f32, f64, i32, normal, quantized, typed, uniform

INF, NAN = float("inf"), float("nan")
ODD = [-INF, -30, -3, -1e-3, 0, 1e-3, 3, 6, 7, 30, 100, INF, NAN]
SLOPES = list(range(1, 1 + len(ODD)))
UNARY = ("Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Softplus", "Softsign")
GRADS = ("ReluGrad", "Relu6Grad", "LeakyReluGrad", "SoftplusGrad", "SoftsignGrad")


def grad(
    op: str, label: str, gradients: Any, other: Any, error: str | None = None, **attrs: Any
) -> Sample:
    """A gradient of an activation."""
    name = "outputs" if op in ("EluGrad", "SeluGrad") else "features"
    return Sample(op, label, {"gradients": gradients, name: other}, attrs, error)


def odd(dtype: str) -> Any:
    """Values that activations treat in their own ways."""
    return typed(ODD, dtype)


SAMPLES = [
    *(
        Sample(op, dtype, dict(features=odd(dtype)))
        for op in UNARY
        for dtype in ("float32", "float64", "float16", "bfloat16")
    ),
    *(Sample(op, "matrix", dict(features=normal(3, 4))) for op in UNARY),
    *(Sample(op, "empty", dict(features=f32([]).reshape(0, 3))) for op in UNARY),
    *(Sample(op, "scalar", dict(features=f32(-2))) for op in UNARY),
    *(
        Sample(op, dtype, dict(features=typed([0, 3, 9, 100, 5], dtype)))
        for op in ("Relu", "Relu6")
        for dtype in ("uint8", "uint16", "uint32", "uint64")
    ),
    *(
        Sample(op, dtype, dict(features=typed([-100, 0, 3, 9, 100], dtype)))
        for op in ("Relu", "Relu6")
        for dtype in ("int8", "int16", "int32", "int64")
    ),
    *(
        Sample(op, "string", dict(features=b(["a"])), error="'T' must be one of .*, not 'string'")
        for op in UNARY
    ),
    Sample("Relu", "qint8", dict(features=quantized([-1, 2], "qint8")), error="quantised"),
    Sample("LeakyRelu", "alpha_above_one", dict(features=odd("float32")), dict(alpha=2.0)),
    Sample("LeakyRelu", "negative_alpha", dict(features=odd("float32")), dict(alpha=-1.0)),
    Sample("LeakyRelu", "alpha_zero", dict(features=f32([-2, -0.0, 3])), dict(alpha=0.0)),
    *(
        grad(op, dtype, typed(SLOPES, dtype), odd(dtype))
        for op in GRADS
        for dtype in ("float32", "float64", "float16")
    ),
    *(
        grad(op, dtype, typed(SLOPES, dtype), odd(dtype))
        for op in ("EluGrad", "SeluGrad")
        for dtype in ("float32", "float64")
    ),
    *(
        grad(op, "usual", uniform(5, seed=1), uniform(5))
        for op in ("EluGrad", "SeluGrad", "SoftplusGrad")
    ),
    *(
        grad(op, "shapes", f32([1, 2]), f32([1, 2, 3]), "gradients must have shape|compatible")
        for op in (*GRADS, "EluGrad", "SeluGrad")
    ),
    grad("ReluGrad", "int32", i32([1, 2, 3]), i32([-1, 0, 1])),
    grad("ReluGrad", "nan_gradient", f32([NAN, NAN]), f32([-1, 1])),
    grad("Relu6Grad", "int32", i32([1, 2, 3]), i32([-1, 6, 1])),
    grad("LeakyReluGrad", "alpha", f32([1, 2]), f32([-1, 1]), alpha=0.5),
    *(
        sample
        for op in ("Softmax", "LogSoftmax")
        for sample in (
            Sample(op, "matrix", dict(logits=normal(2, 3))),
            Sample(op, "rank3_last_axis_only", dict(logits=normal(2, 3, 4))),
            Sample(op, "vector", dict(logits=normal(5))),
            Sample(op, "no_overflow", dict(logits=f32([[1e4, -1e4]]))),
            Sample(op, "empty_batch", dict(logits=f32([]).reshape(0, 3))),
            Sample(op, "no_classes", dict(logits=f32([]).reshape(2, 0))),
            Sample(
                op,
                "nan_and_inf",
                dict(logits=f32([[INF, 1], [-INF, 1], [-INF, -INF], [NAN, 1]])),
            ),
            Sample(op, "half", dict(logits=f16([[1, 2, 3]]))),
            Sample(op, "half_many", dict(logits=normal(2, 90, dtype="float16"))),
            Sample(op, "bfloat16", dict(logits=normal(2, 5, dtype="bfloat16"))),
            Sample(op, "double", dict(logits=f64([[1, 2, 3]]))),
            Sample(op, "scalar", dict(logits=f32(1)), error="rank >= 1"),
        )
    ),
]
