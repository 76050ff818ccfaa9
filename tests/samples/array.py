"""Samples of `ops/array.py`."""

from tests.samples import (
    Call,
    Sample,
    Step,
    b,
    bf16,
    boolean,
    c64,
    f16,
    f32,
    f64,
    i32,
    i64,
    normal,
    quantized,
    u8,
)

NAN, INF = float("nan"), float("inf")
MANY = i64([1 << 40])
OVERFLOW = i64([1 << 62, 1 << 62])

SAMPLES = [
    Sample("Const", "matrix", {}, dict(value=f32([[1, 2]]), dtype="float32")),
    Sample("Const", "string", {}, dict(value=b(["a", "bc"]), dtype="string")),
    Sample("Const", "scalar", {}, dict(value=i64(7), dtype="int64")),
    Sample("Const", "bfloat16", {}, dict(value=bf16([1.5, -2]), dtype="bfloat16")),
    Sample("Const", "empty", {}, dict(value=f64([]).reshape(0, 2), dtype="float64")),
    *(
        Sample(op, label, dict(input=value), attrs)
        for op in ("Shape", "Size")
        for label, value, attrs in (
            ("matrix", normal(2, 3), {}),
            ("scalar", f32(1), {}),
            ("empty", normal(0, 3), dict(out_type="int64")),
            ("string", b([["a", "b"]]), {}),
            ("quantized", quantized([1, 2], "qint8"), {}),
        )
    ),
    Sample("ShapeN", "two", dict(input=[normal(2, 3), f32(1).reshape(())])),
    Sample("ShapeN", "long", dict(input=[normal(2), normal(4)]), dict(out_type="int64")),
    Sample("Rank", "matrix", dict(input=normal(2, 3))),
    Sample("Rank", "scalar", dict(input=b("x"))),
    Sample("Fill", "matrix", dict(dims=i32([2, 3]), value=f32(1.5))),
    Sample("Fill", "scalar", dict(dims=i32([]), value=i64(7))),
    Sample("Fill", "empty", dict(dims=i64([2, 0]), value=f32(1))),
    Sample("Fill", "string", dict(dims=i32([2]), value=b("ab"))),
    Sample("Fill", "bool", dict(dims=i32([2]), value=boolean(True))),
    Sample("Fill", "bfloat16", dict(dims=i32([2]), value=bf16(1.5))),
    Sample("Fill", "quantized", dict(dims=i32([2]), value=quantized(3, "quint8"))),
    Sample("Fill", "complex", dict(dims=i32([2]), value=c64(1 + 2j))),
    Sample("Fill", "negative", dict(dims=i32([-1]), value=f32(1)), error=">= 0"),
    Sample("Fill", "dims_matrix", dict(dims=i32([[2]]), value=f32(1)), error="vector"),
    Sample("Fill", "value_vector", dict(dims=i32([2]), value=f32([1])), error="scalar"),
    Sample("Fill", "overflow", dict(dims=OVERFLOW, value=f32(1)), error="2\\*\\*63"),
    Sample("Fill", "huge", dict(dims=MANY, value=f32(1)), error="bytes"),
    Sample("Empty", "initialised", dict(shape=i32([2, 3])), dict(dtype="float32", init=True)),
    Sample("Empty", "string", dict(shape=i32([2])), dict(dtype="string", init=True)),
    Sample("Empty", "no_elements", dict(shape=i32([0, 3])), dict(dtype="int64")),
    Sample("Empty", "negative", dict(shape=i32([-1])), dict(dtype="float32"), error=">= 0"),
    *(
        Sample("ZerosLike", label, dict(x=value))
        for label, value in (
            ("float", normal(2, 3)),
            ("string", b(["a", "b"])),
            ("bool", boolean([True])),
            ("bfloat16", bf16([1, 2])),
            ("complex", c64(1j)),
            ("empty", i32([])),
        )
    ),
    Sample(
        "ZerosLike",
        "resource",
        dict(x=Step("table")),
        before=dict(table=Call("HashTableV2", {}, dict(key_dtype="string", value_dtype="int64"))),
        error="zero",
    ),
    *(
        Sample("OnesLike", label, dict(x=value))
        for label, value in (
            ("float", normal(2, 3)),
            ("half", f16([3])),
            ("bool", boolean([False, True])),
            ("bfloat16", bf16([[5, 2]])),
            ("complex", c64([1j])),
            ("byte", u8(4)),
            ("empty", i32([])),
        )
    ),
    *(
        Sample("Range", label, dict(zip(("start", "limit", "delta"), values, strict=True)))
        for label, values in (
            ("int", (i32(1), i32(10), i32(3))),
            ("int_down", (i32(10), i32(1), i32(-3))),
            ("int_exact", (i32(0), i32(6), i32(2))),
            ("int_empty", (i32(3), i32(3), i32(1))),
            ("long", (i64(-5), i64(5), i64(2))),
            ("long_near_limit", (i64(2**63 - 5), i64(2**63 - 1), i64(2))),
            ("float", (f32(0), f32(1), f32(0.1))),
            ("float_odd", (f32(0.1), f32(100), f32(7.7))),
            ("float_down", (f32(1), f32(0), f32(-0.3))),
            ("double", (f64(0.1), f64(3), f64(0.1))),
        )
    ),
    *(
        Sample(
            "Range", label, dict(zip(("start", "limit", "delta"), values, strict=True)), error=error
        )
        for label, values, error in (
            ("zero_step", (i32(0), i32(3), i32(0)), "not be 0"),
            ("wrong_way", (i32(0), i32(3), i32(-1)), "start must be >="),
            ("wrong_way_up", (i32(3), i32(0), i32(1)), "start must be <="),
            ("matrix", (i32([[0]]), i32(3), i32(1)), "scalar"),
            ("huge", (i64(0), i64(1 << 40), i64(1)), "bytes"),
            ("nan", (f32(0), f32(NAN), f32(1)), "must be"),
            ("infinite", (f32(0), f32(INF), f32(1)), "finite"),
        )
    ),
    *(
        Sample("LinSpace", label, dict(zip(("start", "stop", "num"), values, strict=True)))
        for label, values in (
            ("seven", (f32(0.1), f32(1.3), i32(7))),
            ("one", (f32(2), f32(5), i32(1))),
            ("two", (f32(2), f32(5), i64(2))),
            ("down", (f64(5), f64(-2), i32(4))),
        )
    ),
    *(
        Sample(
            "LinSpace", label, dict(zip(("start", "stop", "num"), values, strict=True)), error=error
        )
        for label, values, error in (
            ("none", (f32(0), f32(1), i32(0)), "num must be > 0"),
            ("vector", (f32([0]), f32(1), i32(2)), "scalar"),
        )
    ),
    *(
        Sample(
            op, "float_sizes", dict(input=f32([1])), dict(out_type="float32"), error="'out_type'"
        )
        for op in ("Shape", "Size")
    ),
    Sample(
        "ShapeN", "float_sizes", dict(input=[f32(1)]), dict(out_type="float32"), error="'out_type'"
    ),
    Sample("Rank", "other_type", dict(input=f32([1])), dict(T="int32"), error="'T' must be that"),
    Sample("OnesLike", "string", dict(x=b(["a"])), error="'T' must be one of"),
    Sample("Const", "other_type", {}, dict(dtype="int32", value=f32(1)), error="must be int32"),
]
