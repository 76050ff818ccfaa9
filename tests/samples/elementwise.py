"""Samples of `ops/elementwise.py` and `ops/division.py`."""

import numpy as np

from tests.samples import (
    Sample,
    array,
    b,
    bf16,
    boolean,
    c64,
    c128,
    f16,
    f32,
    f64,
    i8,
    i16,
    i32,
    i64,
    normal,
    quantized,
    u8,
    u32,
    uniform,
)

INF, NAN = np.inf, np.nan
SPECIAL = np.array([1, -1, 0, -0.0, INF, -INF, NAN, 5.5, -5.5])
X_SPECIAL, Y_SPECIAL = (grid.reshape(-1) for grid in np.meshgrid(SPECIAL, SPECIAL))


def pair(x, y):
    return dict(x=x, y=y)


SAMPLES = [
    Sample("Add", "strings", pair(b([["a"], ["bc"]]), b(["x", ""]))),
    Sample("Add", "string_scalars", pair(b("a"), b("b"))),
    Sample("Add", "scalars", pair(f32(1.5), f32(2))),
    Sample("Add", "strings_do_not_broadcast", pair(b(["a"] * 2), b(["x"] * 3)), error="broadcast"),
    Sample("AddV2", "uint32_wraps", pair(u32([2**32 - 1]), u32(2))),
    Sample("Sub", "unsigned_wraps", pair(u8([1]), u8([2]))),
    Sample("Mul", "int8_wraps", pair(i8([100, -128]), i8([2, -1]))),
    Sample("Mul", "overflow", pair(f32([3e38, -3e38]), f32([10, 10]))),
    Sample("Mul", "unknown_type", pair(boolean(True), boolean(True)), error="'T' must be one of"),
    Sample("Maximum", "nan", pair(f32([1, NAN, NAN, 2]), f32([NAN, 1, NAN, 3]))),
    Sample("Minimum", "nan", pair(f32([1, NAN, NAN, 2]), f32([NAN, 1, NAN, 3]))),
    Sample("Pow", "ints", pair(i32([2, -2, 0, 3, 0]), i32([3, 3, 0, 40, 1]))),
    Sample("Pow", "int64_wraps", pair(i64([3]), i64([50]))),
    Sample("Pow", "negative_exponent", pair(i32([2, 1]), i32([1, -1])), error="not be negative"),
    Sample("Pow", "special", pair(f32(X_SPECIAL), f32(Y_SPECIAL))),
    Sample("Pow", "complex", pair(c64([1 + 2j, 2]), c64([2, 0.5j]))),
    Sample("AddN", "one", dict(inputs=[f32([1, 2])])),
    Sample("AddN", "eleven", dict(inputs=[normal(2, 3, seed=i) for i in range(11)])),
    Sample("AddN", "half", dict(inputs=[f16([2048, 1]), f16([1, 1]), f16([1, 1])])),
    Sample("AddN", "bfloat16", dict(inputs=[bf16([256, 1]), bf16([1, 1]), bf16([1, 1])])),
    Sample("AddN", "int8", dict(inputs=[i8([100]), i8([100])])),
    Sample("AddN", "scalars", dict(inputs=[f32(1), f32(2), f32(4)])),
    Sample("AddN", "empty", dict(inputs=[f32([]), f32([])])),
    Sample("AddN", "shapes_differ", dict(inputs=[f32([1, 2]), f32([1])]), error="one shape"),
    Sample("AddN", "quantised", dict(inputs=[quantized([1], "qint8")]), error="CPU kernel"),
    Sample(
        "AccumulateNV2",
        "three",
        dict(inputs=[normal(2, 3, seed=i) for i in range(3)]),
        dict(shape=[2, 3]),
    ),
    Sample("AccumulateNV2", "one", dict(inputs=[f32([1, 2])]), dict(shape=[2])),
    Sample(
        "AccumulateNV2",
        "shapes_differ",
        dict(inputs=[f32([1, 2]), f32([1])]),
        dict(shape=[2]),
        error="one shape",
    ),
    Sample("SquaredDifference", "broadcast", pair(normal(2, 3), normal(3, seed=1))),
    Sample("SquaredDifference", "ints", pair(i32([1, -2]), i32([4, 2**30]))),
    Sample("SquaredDifference", "complex", pair(c64([1 + 2j]), c64([3 - 1j]))),
    Sample("SquaredDifference", "bfloat16", pair(bf16([1, 3.5]), bf16([0.01, 256]))),
    Sample("SquaredDifference", "half", pair(f16([1, 3.5]), f16([0.01, 256]))),
    Sample("SquaredDifference", "shapes", pair(f32([1, 2]), f32([1, 2, 3])), error="broadcast"),
    Sample("Atan2", "special", dict(y=f32(X_SPECIAL), x=f32(Y_SPECIAL))),
    Sample("Atan2", "double", dict(y=f64([1, -1]), x=f64([[2], [-3]]))),
    Sample("Atan2", "half", dict(y=f16([1, -1]), x=f16([2, -3]))),
    Sample("Atan2", "bfloat16", dict(y=bf16([1, -1]), x=bf16([2, -3]))),
    Sample("Atan2", "shapes", dict(y=f32([1, 2]), x=f32([1, 2, 3])), error="broadcast"),
    Sample("NextAfter", "special", dict(x1=f32(X_SPECIAL), x2=f32(Y_SPECIAL))),
    Sample("NextAfter", "double", dict(x1=f64([1, 0]), x2=f64(2))),
    Sample("NextAfter", "shapes", dict(x1=f32([1, 2]), x2=f32([1, 2, 3])), error="broadcast"),
    Sample(
        "ClipByValue",
        "nan_and_limits",
        dict(t=f32([-1, 0.5, 2, NAN, INF]), clip_value_min=f32(0), clip_value_max=f32(1)),
    ),
    Sample(
        "ClipByValue",
        "limits_cross",
        dict(t=f32([-1, 0.5, 2]), clip_value_min=f32(1), clip_value_max=f32(0)),
    ),
    Sample(
        "ClipByValue",
        "tensors",
        dict(t=i32([[1, 5]]), clip_value_min=i32([[2, 2]]), clip_value_max=i32([[3, 4]])),
    ),
    Sample("ClipByValue", "scalar", dict(t=f64(3), clip_value_min=f64(0), clip_value_max=f64(1))),
    Sample(
        "ClipByValue", "mixed", dict(t=u8([3, 9]), clip_value_min=u8([4, 4]), clip_value_max=u8(8))
    ),
    Sample(
        "ClipByValue",
        "bfloat16",
        dict(t=bf16([-1, 0.5, 2]), clip_value_min=bf16(0), clip_value_max=bf16(1)),
    ),
    Sample(
        "ClipByValue",
        "limit_broadcasts",
        dict(t=normal(2, 3), clip_value_min=f32([0, 0, 0]), clip_value_max=f32(1)),
        error="must be scalars or of shape",
    ),
    Sample("Cross", "vectors", dict(a=normal(2, 3), b=normal(2, 3, seed=1))),
    Sample("Cross", "int8_wraps", dict(a=i8([100, 2, 3]), b=i8([4, 100, 6]))),
    Sample("Cross", "half", dict(a=f16([1, 2, 3]), b=f16([0.1, 5, 6]))),
    Sample("Cross", "bfloat16", dict(a=bf16([1, 2, 3]), b=bf16([0.1, 5, 6]))),
    Sample("Cross", "empty", dict(a=f32([]).reshape(0, 3), b=f32([]).reshape(0, 3))),
    Sample("Cross", "pairs", dict(a=f32([1, 2]), b=f32([3, 4])), error="must be 3"),
    Sample("Cross", "shapes", dict(a=normal(2, 3), b=normal(3)), error="one shape"),
    Sample("Complex", "broadcast", dict(real=f32([[1], [2]]), imag=f32([3, NAN]))),
    Sample("Complex", "double", dict(real=f64(1), imag=f64(2)), dict(Tout="complex128")),
    Sample("Complex", "wrong_result", dict(real=f64(1), imag=f64(2)), error="Tout must be"),
    Sample("Complex", "shapes", dict(real=f32([1] * 2), imag=f32([1] * 3)), error="broadcast"),
]

for _op in ("Add", "AddV2", "Sub", "Mul", "Maximum", "Minimum"):
    SAMPLES += [
        Sample(_op, "broadcast", pair(normal(2, 1, 3), normal(4, 1, seed=1))),
        Sample(_op, "special", pair(f32(X_SPECIAL[:63]), f32(Y_SPECIAL[:63])))
        if _op not in ("Maximum", "Minimum")
        else Sample(_op, "double", pair(f64([1, INF, -INF]), f64([2, 3, 4]))),
        Sample(_op, "half", pair(f16([1, 2048, 60000]), f16([0.1, 1, 60000]))),
        Sample(_op, "bfloat16", pair(bf16([1, 256, 3e38]), bf16([0.1, 1, 3e38]))),
        Sample(_op, "bfloat16_scalar", pair(bf16(1), bf16(3))),
        Sample(_op, "int64", pair(i64([2**62, -5]), i64([2**62, 7]))),
        Sample(_op, "empty", pair(f32([]).reshape(0, 2), f32([1, 2]))),
        Sample(_op, "scalar", pair(f32(2), f32([3, 4]))),
        Sample(_op, "shapes", pair(normal(2, 3), normal(2, 2)), error="broadcast"),
    ]
for _op in ("Add", "AddV2", "Sub", "Mul"):
    SAMPLES.append(Sample(_op, "complex", pair(c64([1 + 2j, 3]), c64([2 - 1j, 1j]))))

DIVIDEND = [-7, 7, -7, 7, 0, 100]
DIVISOR = [2, -2, -2, 2, 5, 7]
for _op in ("Div", "FloorDiv", "TruncateDiv", "FloorMod", "TruncateMod", "Mod"):
    SAMPLES += [
        Sample(_op, "int32", pair(i32([-(2**31), *DIVIDEND]), i32([3, *DIVISOR]))),
        Sample(_op, "int64_smallest", pair(i64([-(2**63)]), i64([-1]))),
        Sample(_op, "by_zero", pair(i32([1, 2]), i32([1, 0])), error="must not be zero"),
        Sample(_op, "special", pair(f32(X_SPECIAL), f32(Y_SPECIAL))),
        Sample(_op, "double", pair(f64([5.3, -5.3]), f64([[2], [-0.7]]))),
        Sample(_op, "shapes", pair(i32([1, 2]), i32([1, 2, 3])), error="broadcast"),
        Sample(_op, "empty", pair(i32([]), i32([]))),
        Sample(_op, "scalars", pair(i32(-7), i32(2))),
    ]
for _op in ("Div", "FloorDiv", "TruncateDiv", "FloorMod"):
    SAMPLES += [
        Sample(_op, "half", pair(f16([5.3, -5.3, 300]), f16([2, 0.7, 0.1]))),
        Sample(_op, "bfloat16", pair(bf16([5.3, -5.3, 255]), bf16([2, 0.7, 85.5]))),
    ]
for _op in ("Div", "FloorDiv", "TruncateDiv"):
    SAMPLES += [
        Sample(_op, "int8", pair(i8([-128, *DIVIDEND]), i8([-1, *DIVISOR]))),
        Sample(_op, "uint8", pair(u8([200, 7]), u8([3, 255]))),
        Sample(_op, "int16", pair(i16(DIVIDEND), i16(DIVISOR))),
    ]
SAMPLES += [
    Sample("Div", "complex", pair(c64([1 + 2j]), c64([2j]))),
    Sample("RealDiv", "special", pair(f32(X_SPECIAL), f32(Y_SPECIAL))),
    Sample("RealDiv", "half", pair(f16([1, 5]), f16([3, 0]))),
    Sample("RealDiv", "bfloat16", pair(bf16([1, 5]), bf16([3, 0]))),
    Sample("RealDiv", "complex", pair(c128([1 + 2j]), c128([2j]))),
    Sample("RealDiv", "ints", pair(i32([4]), i32([2])), error="CPU kernel"),
    Sample("RealDiv", "shapes", pair(f32([1, 2]), f32([1, 2, 3])), error="broadcast"),
    Sample("DivNoNan", "complex", pair(c64([1 + 2j, 1, 0]), c64([2j, 0, 0]))),
]
for _op in ("DivNoNan", "MulNoNan", "Xdivy", "Xlogy", "Xlog1py"):
    SAMPLES += [
        Sample(_op, "special", pair(f32(X_SPECIAL), f32(Y_SPECIAL))),
        Sample(_op, "half", pair(f16(X_SPECIAL), f16(Y_SPECIAL))),
        Sample(_op, "bfloat16", pair(bf16(X_SPECIAL), bf16(Y_SPECIAL))),
        Sample(_op, "double_broadcast", pair(uniform(2, 1, dtype="float64"), f64([0, 2.5]))),
        Sample(_op, "scalars", pair(f32(0), f32(0))),
        Sample(_op, "shapes", pair(f32([1, 2]), f32([1, 2, 3])), error="broadcast"),
        Sample(_op, "ints", pair(i32(1), i32(1)), error="'T' must be one of"),
    ]
SAMPLES.append(Sample("Xlogy", "usual", pair(uniform(4), uniform(4, seed=1))))
for _op in ("Xdivy", "Xlogy", "Xlog1py", "MulNoNan"):
    SAMPLES.append(Sample(_op, "complex", pair(c64([0, 2]), c64([0, 1j]))))
SAMPLES.append(
    Sample("Maximum", "quantised", pair(array([1], "qint8"), array([1], "qint8")), error="'T'")
)
