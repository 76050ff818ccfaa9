"""Samples of `ops/special_gamma_gradient.py`."""

from tests.samples import Sample, f32, f64, i32
from tests.samples.special_gamma import INF, NAN, A, X

ENDS_A = [1, 0, -1, 2, 2, NAN, 1, INF, 1, 0, 3, 3]
ENDS_X = [0, 0, 1, -1, INF, 1, NAN, 1, 1e-300, 1, INF, -INF]

SAMPLES = []
for _op, _a, _x in (("IgammaGradA", "a", "x"), ("RandomGammaGrad", "alpha", "sample")):
    SAMPLES += [
        Sample(_op, "grid", {_a: f64(A), _x: f64(X)}, loose=1e4),
        Sample(_op, "float", {_a: f32(A), _x: f32(X)}, loose=100),
        Sample(_op, "large", {_a: f64([1e4, 1e6]), _x: f64([1e4, 1e6 + 10])}, loose=1e7),
        Sample(_op, "broadcast", {_a: f64([[0.5], [3]]), _x: f64([0.2, 1, 4])}, loose=100),
        Sample(_op, "ends", {_a: f64(ENDS_A), _x: f64(ENDS_X)}),
        Sample(_op, "ends_float", {_a: f32(ENDS_A), _x: f32(ENDS_X)}),
        Sample(_op, "scalars", {_a: f32(2), _x: f32(1.5)}, loose=10),
        Sample(_op, "empty", {_a: f32([]), _x: f32(1.5)}),
        Sample(_op, "shapes", {_a: f64([1, 2]), _x: f64([1, 2, 3])}, error="broadcast"),
        Sample(_op, "ints", {_a: i32([1]), _x: i32([1])}, error="'T' must be one of"),
    ]
