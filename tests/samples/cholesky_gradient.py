"""Samples of `ops/cholesky_gradient.py`."""

import numpy as np

from tests.samples import Sample, f16, f32, normal
from tests.samples.linalg import positive

FACTOR = np.linalg.cholesky(positive(normal(2, 4, 4, dtype="float64"), "float64"))
GRAD = normal(2, 4, 4, seed=3, dtype="float64")

SAMPLES = []
for _op, _more in (("CholeskyGrad", {}), ("BatchCholeskyGrad", dict(producer=12))):
    SAMPLES += [
        Sample(_op, "batch", dict(l=FACTOR, grad=GRAD), loose=100, **_more),
        Sample(
            _op, "float", dict(l=FACTOR[0].astype("f"), grad=GRAD[0].astype("f")), loose=10, **_more
        ),
        Sample(
            _op,
            "large",
            dict(
                l=np.tril(normal(70, 70, dtype="float64") / 70 + np.eye(70)),
                grad=normal(70, 70, seed=1, dtype="float64"),
            ),
            loose=1e4,
            **_more,
        ),
        Sample(_op, "empty", dict(l=f32([]).reshape(0, 0), grad=f32([]).reshape(0, 0)), **_more),
        Sample(
            _op,
            "rectangle",
            dict(l=normal(2, 3), grad=normal(2, 3)),
            error="square|compatible",
            **_more,
        ),
        Sample(
            _op,
            "shapes",
            dict(l=normal(2, 2), grad=normal(3, 3)),
            error="same shape|compatible",
            **_more,
        ),
    ]
SAMPLES.append(
    Sample("CholeskyGrad", "half", dict(l=f16([[1]]), grad=f16([[1]])), error="CPU kernel")
)
