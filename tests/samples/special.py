"""Samples of `ops/special.py`."""

import numpy as np

from tests.samples import Sample, bf16, f16, f32, f64, i32

INF, NAN = np.inf, np.nan
LINE = [
    -6,
    -4.1,
    -2.5,
    -1,
    -0.47,
    -0.3,
    -1e-3,
    0,
    1e-9,
    0.2,
    0.4687,
    0.469,
    0.9,
    1.7,
    3,
    4.5,
    7.2,
    11,
    26,
    40,
]
POSITIVE = [1e-6, 0.01, 0.3, 0.5, 0.9, 1, 1.5, 2, 3, 10, 100]
UNIT = [0, 1e-12, 1e-3, 0.02, 0.1, 0.3, 0.49, 0.5, 0.6, 0.9, 0.97, 0.999, 1]

SAMPLES = []
for _op in (
    "Erf",
    "Erfc",
    "Erfinv",
    "Ndtri",
    "Dawsn",
    "Expint",
    "FresnelCos",
    "FresnelSin",
    "Spence",
):
    _values = LINE
    if _op == "Erfinv":
        _values = UNIT + [-v for v in UNIT[1:]]
    elif _op == "Ndtri":
        _values = UNIT
    elif _op in ("Spence", "Expint"):
        _values = POSITIVE
    SAMPLES += [
        Sample(_op, "double", dict(x=f64(_values)), loose=10),
        Sample(_op, "float", dict(x=f32(_values))),
        Sample(_op, "scalar", dict(x=f32(0.25))),
        Sample(_op, "empty", dict(x=f32([]).reshape(0, 2))),
        Sample(_op, "special", dict(x=f32([NAN, INF, 0]))),
        Sample(_op, "special_double", dict(x=f64([NAN, INF, 0, -INF]))),
        Sample(_op, "ints", dict(x=i32([1])), error="'T' must be one of"),
    ]
SAMPLES += [
    Sample("Erfinv", "outside", dict(x=f32([1.5, -2]))),
    Sample("Ndtri", "outside", dict(x=f32([1.5, -2]))),
    Sample("Spence", "negative", dict(x=f32([-1.5]))),
    Sample("Erfc", "tiny", dict(x=f64([5, 10, 20, -20]))),
]
for _op in ("Erf", "Erfc"):
    SAMPLES += [
        Sample(_op, "half", dict(x=f16([0.3, 0.7, 0.9]))),
        Sample(_op, "bfloat16", dict(x=bf16([0.3, 0.7, 0.9]))),
    ]
SAMPLES.append(Sample("Expint", "negative", dict(x=f64([-1e-9, -0.5, -2, -3, -30, -INF]))))
