"""Samples of `ops/special_gamma.py`."""

import numpy as np

from tests.samples import Sample, f16, f32, f64, i32

INF, NAN = np.inf, np.nan
LINE = [-3.7, -2.5, -0.9, -1e-3, 1e-6, 0.1, 0.5, 0.9999, 1, 1.5, 2, 3.7, 11.9, 12.5, 40, 1e3, 1e10]
ORDERS = [0.1, 0.5, 1, 2, 5, 10, 30, 100]
ABSCISSAS = [0.01, 0.5, 1, 1.9, 6, 9.5, 40, 90]
A, X = (grid.reshape(-1) for grid in np.meshgrid(ORDERS, ABSCISSAS))

SAMPLES = []
for _op in ("Lgamma", "Digamma"):
    SAMPLES += [
        Sample(_op, "double", dict(x=f64(LINE)), loose=10),
        Sample(_op, "float", dict(x=f32(LINE)), loose=3),
        Sample(_op, "half", dict(x=f16([0.3, 0.7, 2.5]))),
        Sample(_op, "scalar", dict(x=f32(0.25))),
        Sample(_op, "empty", dict(x=f32([]))),
        Sample(_op, "special", dict(x=f32([NAN, INF]))),
        Sample(_op, "ints", dict(x=i32([1])), error="'T' must be one of"),
    ]
SAMPLES += [
    Sample("Lgamma", "poles", dict(x=f32([0, -1, -2, -INF]))),
    Sample("Digamma", "poles", dict(x=f32([-1, -2]))),
    Sample("Zeta", "grid", dict(x=f64([[1.1], [2], [3.5], [12]]), q=f64([0.1, 0.5, 1, 2.5, 20]))),
    Sample("Zeta", "float", dict(x=f32([[1.5], [2], [7]]), q=f32([0.1, 1, 2.5])), loose=3),
    Sample("Zeta", "outside", dict(x=f64([1, 0.5, 2, 3, 2.5]), q=f64([2, 2, -1, -1, -1.5]))),
    Sample("Zeta", "infinite_power", dict(x=f64([INF] * 3), q=f64([0.5, 1, 2]))),
    Sample("Polygamma", "infinite_order", dict(a=f64([INF]), x=f64([1]))),
    Sample("Zeta", "scalars", dict(x=f64(2), q=f64(1))),
    Sample("Zeta", "shapes", dict(x=f64([1, 2]), q=f64([1, 2, 3])), error="broadcast"),
    Sample(
        "Polygamma", "grid", dict(a=f64([[0], [1], [2], [5]]), x=f64([0.2, 1, 3.5, 20])), loose=10
    ),
    Sample("Polygamma", "float", dict(a=f32([0, 1, 2]), x=f32([0.2, 1, 3.5])), loose=3),
    Sample("Polygamma", "no_order", dict(a=f32([0.5, -1]), x=f32(1))),
    Sample("Polygamma", "shapes", dict(a=f64([1, 2]), x=f64([1, 2, 3])), error="broadcast"),
    Sample(
        "Betainc",
        "grid",
        dict(a=f64(A[:40]), b=f64(A[:40][::-1].copy()), x=f64(np.linspace(0, 1, 40))),
        loose=1e3,
    ),
    Sample(
        "Betainc",
        "float",
        dict(a=f32([0.5, 2, 30]), b=f32([3, 0.1, 20]), x=f32([0.3, 0.9, 0.6])),
        loose=10,
    ),
    Sample("Betainc", "scalar_parameters", dict(a=f64(2), b=f64(3), x=f64([0, 0.2, 1]))),
    Sample("Betainc", "outside", dict(a=f64([-1, 1, 1]), b=f64([1, 0, 1]), x=f64([0.5, 0.5, 1.5]))),
    Sample(
        "Betainc",
        "broadcast",
        dict(a=f64([[1], [2]]), b=f64([1, 2]), x=f64(0.5)),
        error="one shape|compatible",
    ),
]
for _op in ("Igamma", "Igammac"):
    SAMPLES += [
        Sample(_op, "grid", dict(a=f64(A), x=f64(X)), loose=100),
        Sample(_op, "float", dict(a=f32(A), x=f32(X)), loose=30),
        Sample(_op, "outside", dict(a=f64([-1, 0, 1, NAN]), x=f64([1, 1, -1, 1]))),
        Sample(_op, "outside_at_zero", dict(a=f64([0, -1, NAN]), x=f64([0, 0, 0]))),
        Sample(_op, "at_zero", dict(a=f64([1, 2]), x=f64([0, 0]))),
        Sample(_op, "shapes", dict(a=f64([1, 2]), x=f64([1, 2, 3])), error="broadcast"),
    ]
