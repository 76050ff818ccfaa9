"""Samples of `ops/special_bessel.py`."""

import numpy as np

from tests.samples import Sample, f16, f32, f64, i32

INF, NAN = np.inf, np.nan
LINE = [0, 1e-5, 0.1, 0.7, 1.9, 2.1, 4.7, 7.9, 8.1, 14, 24.9, 25.1, 60]
POSITIVE = LINE[1:]

SAMPLES = []
for _name in ("I0e", "I1e", "I0", "I1", "K0e", "K1e", "K0", "K1", "J0", "J1", "Y0", "Y1"):
    _op = f"Bessel{_name}"
    _values = POSITIVE if _name[0] in "KY" else LINE + [-v for v in POSITIVE]
    SAMPLES += [
        Sample(_op, "double", dict(x=f64(_values)), loose=10),
        Sample(_op, "float", dict(x=f32(_values)), loose=3),
        Sample(_op, "scalar", dict(x=f32(0.25))),
        Sample(_op, "empty", dict(x=f32([]))),
        Sample(_op, "nan", dict(x=f32([NAN]))),
        Sample(_op, "ints", dict(x=i32([1])), error="'T' must be one of"),
    ]
    if _name[0] == "J":
        SAMPLES.append(Sample(_op, "infinite", dict(x=f64([INF, -INF]))))
    if _name[0] in "KY":
        SAMPLES.append(Sample(_op, "not_positive", dict(x=f32([-1]))))
        SAMPLES.append(Sample(_op, "not_positive_double", dict(x=f64([0, -1, INF]))))
for _op in ("BesselI0e", "BesselI1e"):
    SAMPLES += [
        Sample(_op, "half", dict(x=f16([0.3, 0.7, 2.5]))),
    ]
