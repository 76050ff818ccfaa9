"""Samples of `ops/elementwise_unary.py`."""

import numpy as np

from tests.samples import (
    Sample,
    bf16,
    boolean,
    c64,
    c128,
    f16,
    f32,
    f64,
    i8,
    i32,
    i64,
    normal,
    u8,
)

INF, NAN = np.inf, np.nan
SPECIAL = [1, -1, 0, -0.0, INF, -INF, NAN, 0.3, -0.7, 5.5, -5.5, 1e-8, -1e-8, 20, -20, 88, -95, 1e4]
ROUNDED = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.3, -0.2, 2.7, 1e10, INF, -INF, NAN, -0.0]

SAMPLES = [
    Sample("Neg", "int8_smallest", dict(x=i8([-128, 1]))),
    Sample("Abs", "int8_smallest", dict(x=i8([-128, -1, 1]))),
    Sample("Abs", "int64", dict(x=i64([-(2**63), 5]))),
    Sample("Sign", "ints", dict(x=i32([-5, 0, 7]))),
    Sample("Sign", "complex", dict(x=c64([3 + 4j, 0, -2j]))),
    Sample("Square", "int32_wraps", dict(x=i32([2**20, -3]))),
    Sample("Square", "uint8_wraps", dict(x=u8([20, 3]))),
    Sample("Round", "ints", dict(x=i32([3, -4]))),
    Sample("Round", "complex", dict(x=c64([1j])), error="CPU kernel"),
    Sample("Reciprocal", "ints", dict(x=i32([3, -4])), error="CPU kernel"),
    Sample("Inv", "ints", dict(x=i32([3, -4])), error="CPU kernel"),
    Sample("Conj", "complex64", dict(input=c64([1 + 2j, NAN]))),
    Sample("Conj", "complex128_scalar", dict(input=c128(1 + 2j))),
    Sample("Conj", "real", dict(input=f32(1)), error="'T' must be one of"),
    Sample("CheckNumerics", "finite", dict(tensor=f32([1, 2])), dict(message="m")),
    Sample("CheckNumerics", "bfloat16", dict(tensor=bf16([1, 2])), dict(message="m")),
    Sample("CheckNumerics", "nan", dict(tensor=f32([NAN])), dict(message="m"), error="have NaN"),
    Sample(
        "CheckNumerics",
        "both",
        dict(tensor=f16([NAN, INF])),
        dict(message="here"),
        error="here : .* have Inf and NaN",
    ),
    Sample("CheckNumericsV2", "finite", dict(tensor=f64([1, 2])), dict(message="m")),
    Sample(
        "CheckNumericsV2", "minus", dict(tensor=f32([-INF])), dict(message="m"), error="have -Inf"
    ),
]

for _op in ("Neg", "Abs", "Sign", "Square"):
    SAMPLES += [
        Sample(_op, "special", dict(x=f32(SPECIAL))),
        Sample(_op, "half", dict(x=f16([1.5, -300, NAN, 0]))),
        Sample(_op, "bfloat16", dict(x=bf16([1.5, -300, NAN, 0]))),
        Sample(_op, "scalar", dict(x=f64(-2))),
        Sample(_op, "empty", dict(x=f32([]))),
        Sample(_op, "bool", dict(x=boolean(True)), error="'T' must be one of"),
    ]
for _op in ("Neg", "Square"):
    SAMPLES.append(Sample(_op, "complex", dict(x=c64([1 + 2j]))))

for _op in [
    "Sqrt",
    "Rsqrt",
    "Reciprocal",
    "Inv",
    "Exp",
    "Expm1",
    "Log",
    "Log1p",
    "Sin",
    "Cos",
    "Tan",
    "Asin",
    "Acos",
    "Atan",
    "Sinh",
    "Cosh",
    "Tanh",
    "Asinh",
    "Acosh",
    "Atanh",
    "Sigmoid",
]:
    _far = 1e4 if _op not in ("Sin", "Cos", "Tan") else 100
    SAMPLES += [
        Sample(_op, "special", dict(x=f32([v for v in SPECIAL if v != 1e4] + [_far]))),
        Sample(_op, "double", dict(x=normal(4, 5, dtype="float64"))),
        Sample(_op, "half", dict(x=f16([0.5, 2, -0.25, 0, 1]))),
        Sample(_op, "bfloat16", dict(x=bf16([0.5, 2, -0.25, 0, 1]))),
        Sample(_op, "scalar", dict(x=f32(0.5))),
        Sample(_op, "empty", dict(x=f32([]).reshape(0, 2))),
        Sample(_op, "complex", dict(x=c64([1 + 2j, -0.5 + 0.1j, 0.3 - 2j]))),
        Sample(_op, "complex128", dict(x=c128([1 + 2j, -0.5 + 0.1j, 0.3 - 2j]))),
        Sample(_op, "unsigned", dict(x=u8([1])), error="'T' must be one of"),
    ]

for _op in ("Floor", "Ceil", "Rint", "Round"):
    SAMPLES += [
        Sample(_op, "float", dict(x=f32(ROUNDED))),
        Sample(_op, "double", dict(x=f64(ROUNDED))),
        Sample(_op, "scalar", dict(x=f32(2.5))),
        Sample(_op, "string", dict(x=boolean(True)), error="'T' must be one of"),
    ]

for _op in ("Floor", "Ceil", "Round"):
    SAMPLES += [
        Sample(_op, "half", dict(x=f16([v for v in ROUNDED if v != 1e10]))),
        Sample(_op, "bfloat16", dict(x=bf16(ROUNDED))),
    ]

for _op in ("IsNan", "IsInf", "IsFinite"):
    SAMPLES += [
        Sample(_op, "float", dict(x=f32([[1, NAN], [INF, -INF]]))),
        Sample(_op, "half", dict(x=f16([1, NAN, INF]))),
        Sample(_op, "bfloat16", dict(x=bf16([1, NAN, INF]))),
        Sample(_op, "scalar", dict(x=f64(NAN))),
        Sample(_op, "ints", dict(x=i32([1])), error="'T' must be one of"),
    ]

for _op in ("Real", "Imag", "Angle", "ComplexAbs"):
    _name = "x" if _op == "ComplexAbs" else "input"
    SAMPLES += [
        Sample(_op, "complex64", {_name: c64([1 + 2j, -1, -1j, 0, complex(-1, -0.0)])}),
        Sample(_op, "complex128", {_name: c128([[1 + 2j, -1]])}, dict(Tout="float64")),
        Sample(_op, "scalar", {_name: c64(3 - 4j)}),
        Sample(_op, "wrong_result", {_name: c128([1])}, error="Tout must be"),
    ]


def _every(parts: list[float]) -> list[complex]:
    return [complex(real, imaginary) for real in parts for imaginary in parts]


# As many elements as fill the registers of any processor: of those left over, TensorFlow computes infinite ones otherwise.
_VALUES, _SLOPES = (
    array.ravel()
    for array in np.meshgrid(
        np.array(_every([0, -0.0, 1, -2, INF, -INF, NAN])),
        np.array([*_every([0, 1, INF]), *_every([-2, -INF])[:3], *_every([1, NAN])]),
        indexing="ij",
    )
)

for _op in ("TanhGrad", "SigmoidGrad", "SqrtGrad", "RsqrtGrad", "ReciprocalGrad", "InvGrad"):
    SAMPLES += [
        Sample(_op, "float", dict(y=f32([2, 3, 0.5, 0, -1]), dy=f32([5, 7, 1.5, 1, 2]))),
        Sample(
            _op, "double", dict(y=normal(2, 3, dtype="float64"), dy=normal(2, 3, dtype="float64"))
        ),
        Sample(_op, "half", dict(y=f16([2, 3, 0.5]), dy=f16([5, 7, 1.5]))),
        Sample(_op, "bfloat16", dict(y=bf16([2, 3, 0.5]), dy=bf16([5, 7, 1.5]))),
        Sample(_op, "complex", dict(y=c64([2 + 1j, 3j]), dy=c64([1 - 2j, 2]))),
        Sample(_op, "scalar", dict(y=f32(2), dy=f32(3))),
        *(
            Sample(
                _op,
                f"no_gradient_{_name}",
                dict(
                    y=_make([0, 0, -0.0, 1, INF, INF, -INF, NAN, NAN]),
                    dy=_make([0, -0.0, 0, -0.0, 0, 1, 0, 0, 1]),
                ),
            )
            for _name, _make in {"float": f32, "double": f64, "half": f16, "bfloat16": bf16}.items()
        ),
        Sample(_op, "no_gradient_complex", dict(y=c64([0, 0, 1j]), dy=c64([0, 0, 0]))),
        Sample(_op, "infinite_complex64", dict(y=c64(_VALUES), dy=c64(_SLOPES))),
        Sample(_op, "infinite_complex128", dict(y=c128(_VALUES), dy=c128(_SLOPES))),
        Sample(_op, "no_gradient_scalar", dict(y=f32(0), dy=f32(0))),
        Sample(_op, "sizes", dict(y=f32([2, 3]), dy=f32([1])), error="as many elements"),
    ]
