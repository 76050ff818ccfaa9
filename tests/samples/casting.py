"""Samples of `ops/casting.py`."""

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
    i32,
    normal,
    quantized,
    u8,
)

INF, NAN = np.inf, np.nan
NUMERIC = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
QUANTISED = ("qint8", "quint8", "qint16", "quint16", "qint32")
#: 32 values, so that TensorFlow converts all of them in bulk.
FAR = [
    0.5, -0.5, 1.9, -1.9, 127, 128, 200, 255, 256, 300, -128, -129, -200, -300, 32767, -32768, 65535,
    1e5, -1e5, 2147483520, -2147483648, 1e10, -1e10, 9.2e18, -9.2e18, 1e30, -1e30, NAN, INF, -INF, 0, 7,
]  # fmt: skip
TRUNCATED = [1 / 3, -1 / 3, 1e-10, 3e38, NAN, INF, 0.1]


def small(dtype: str):
    """Values that most types have."""
    if dtype == "bool":
        return boolean([True, False])
    values = [0, 1, 2, 100, 127]
    if dtype[0] != "u":
        values += [-1, -128]
    if dtype.startswith(("float", "bfloat", "complex")):
        values += [1.75, 2.5]
    return array(values, dtype)


SAMPLES = [
    Sample("Cast", f"{source}_to_{target}", dict(x=small(source)), dict(DstT=target))
    for source in NUMERIC
    for target in NUMERIC
    if not (source[0] != "u" and source != "bool" and target.startswith("uint"))
]
SAMPLES += [
    Sample("Cast", f"{source}_to_{target}", dict(x=array([0, 1, 77], source)), dict(DstT=target))
    for source in ("int8", "int32", "float32", "bfloat16")
    for target in QUANTISED
]
SAMPLES += [
    Sample(
        "Cast", f"{source}_to_{target}", dict(x=quantized([0, 1, 77], source)), dict(DstT=target)
    )
    for source in QUANTISED
    for target in ("bool", "int32", "float32", "float16", "qint32")
]
SAMPLES += [
    Sample("Cast", f"far_{source}_to_{target}", dict(x=array(FAR, source)), dict(DstT=target))
    for source in ("float32", "float64")
    for target in ("int8", "int16", "int32", "int64", "uint32", "uint64", "bool")
]
SAMPLES += [
    Sample(
        "Cast",
        f"truncate_{source}_to_{target}",
        dict(x=array(TRUNCATED, source)),
        dict(DstT=target, Truncate=True),
    )
    for source in ("float64", "float32", "complex128", "complex64")
    for target in ("bfloat16", "float16", "float32", "complex64")
    if (source, target) != ("complex64", "complex64")
]
SAMPLES += [
    Sample(
        "Cast",
        "far_float32_to_uint8",
        dict(x=f32([-1, -0.5, 255.9, 256, 1000, 1e9, 0, 5] * 4)),
        dict(DstT="uint8"),
    ),
    Sample("Cast", "int_wraps", dict(x=i32([300, -1, 128, 2**31 - 1])), dict(DstT="int8")),
    Sample("Cast", "int_to_unsigned", dict(x=i32([300, -1, 128])), dict(DstT="uint64")),
    Sample("Cast", "int_rounds", dict(x=i32([16777217, 2**31 - 1])), dict(DstT="float32")),
    Sample(
        "Cast", "int_to_half_rounds", dict(x=i32([2049, 2051, 65519, 65520])), dict(DstT="float16")
    ),
    Sample(
        "Cast",
        "double_to_half_twice_rounded",
        dict(x=f64([1 + 2**-11 + 2**-40, 65519.999])),
        dict(DstT="float16"),
    ),
    Sample(
        "Cast",
        "float_to_bfloat16_ties",
        dict(x=f32([1 + 2**-8, 1 + 3 * 2**-8, 3.4e38])),
        dict(DstT="bfloat16"),
    ),
    Sample("Cast", "complex_to_bool", dict(x=c64([2j, NAN, 1])), dict(DstT="bool")),
    Sample("Cast", "scalar", dict(x=f32(2.7)), dict(DstT="int32")),
    Sample("Cast", "scalar_bfloat16", dict(x=f32(2.7)), dict(DstT="bfloat16")),
    Sample("Cast", "scalar_quantised", dict(x=f32(2.7)), dict(DstT="qint8")),
    Sample("Cast", "empty", dict(x=f32([]).reshape(2, 0)), dict(DstT="uint64")),
    Sample("Cast", "strings_stay", dict(x=b(["a"])), dict(DstT="string")),
    Sample("Cast", "from_string", dict(x=b(["1"])), dict(DstT="int32"), error="between numbers"),
    Sample("Cast", "to_string", dict(x=i32([1])), dict(DstT="string"), error="between numbers"),
    Sample("Bitcast", "same_size", dict(input=f32([1, -2.5])), dict(type="int32")),
    Sample("Bitcast", "larger", dict(input=normal(3, 2)), dict(type="complex64")),
    Sample("Bitcast", "smaller", dict(input=f32([1, -2.5])), dict(type="uint8")),
    Sample("Bitcast", "smaller_scalar", dict(input=f64(1)), dict(type="uint16")),
    Sample("Bitcast", "to_bfloat16", dict(input=f32([1, -2.5])), dict(type="bfloat16")),
    Sample("Bitcast", "from_bfloat16", dict(input=bf16([[1, -2.5]])), dict(type="float32")),
    Sample("Bitcast", "to_quantised", dict(input=u8([[1, 2], [3, 4]])), dict(type="qint16")),
    Sample("Bitcast", "half", dict(input=f16([1, 2])), dict(type="int16")),
    Sample("Bitcast", "complex", dict(input=c128([1 + 2j])), dict(type="float64")),
    Sample("Bitcast", "empty", dict(input=f32([]).reshape(2, 0)), dict(type="uint8")),
    Sample(
        "Bitcast",
        "wrong_last_axis",
        dict(input=normal(3, 3)),
        dict(type="float64"),
        error="must be 2",
    ),
    Sample("Bitcast", "scalar", dict(input=f32(1)), dict(type="float64"), error="must be 2"),
]
