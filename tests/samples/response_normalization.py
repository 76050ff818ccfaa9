"""Samples of `ops/response_normalization.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples import Sample, normal


def response(
    op: str, label: str, x: Any = (2, 2, 2, 7), error: str | None = None, **more: Any
) -> Sample:
    """One local response normalisation, or its gradient."""
    dtype = more.pop("dtype", "float32")
    image = normal(*x, dtype=dtype) if isinstance(x, tuple) else x
    if op == "LRN":
        return Sample(op, label, dict(input=image), more, error, loose=3)
    inputs = dict(
        input_grads=normal(*more.pop("grad", image.shape), seed=1, dtype=dtype),
        input_image=image,
        output_image=normal(*image.shape, seed=2, dtype=dtype),
    )
    return Sample(op, label, inputs, more, error, loose=10)


SAMPLES = [
    *(
        sample
        for op in ("LRN", "LRNGrad")
        for sample in (
            response(op, "default"),
            response(op, "radius_1", depth_radius=1, bias=2.0, alpha=0.5, beta=0.7),
            response(op, "radius_0", depth_radius=0),
            response(op, "beta_one", beta=1.0),
            response(op, "beta_three_quarters", depth_radius=2, alpha=1e-4, beta=0.75),
            response(op, "empty", (0, 2, 2, 3)),
            response(op, "half", dtype="float16"),
            response(op, "rank", (2, 2, 3), error="rank 4"),
            response(op, "radius_negative", depth_radius=-1, error="depth_radius"),
        )
    ),
    response("LRN", "nan_where_negative", bias=-3.0, beta=0.3),
    response("LRN", "zero", np.zeros((1, 1, 1, 2), np.float32), bias=0.0),
    response("LRNGrad", "shapes", grad=(1, 2, 2, 7), error="shape"),
]
