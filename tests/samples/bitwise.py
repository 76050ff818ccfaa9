"""Samples of `ops/bitwise.py`."""

from tests.samples import Sample, array, f32, i8, i16, i32, i64, u8, u32, u64

SHIFTS = [-1, 0, 1, 7, 8, 9, 31, 32, 33, 63, 64, 100]
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")

SAMPLES = [
    Sample("Invert", "int8", dict(x=i8([0, -1, 127]))),
    Sample("Invert", "uint64", dict(x=u64([0, 2**64 - 1]))),
    Sample("Invert", "scalar", dict(x=i32(5))),
    Sample("Invert", "float", dict(x=f32([0])), error="'T' must be one of"),
    Sample("PopulationCount", "matrix", dict(x=i16([[-1, 0], [5, 256]]))),
    Sample("PopulationCount", "int64", dict(x=i64([-1, 2**62]))),
    Sample("PopulationCount", "uint8", dict(x=u8([255, 1]))),
    Sample("PopulationCount", "scalar", dict(x=u32(7))),
    Sample("PopulationCount", "empty", dict(x=u32([]))),
    Sample("PopulationCount", "float", dict(x=f32([0])), error="'T' must be one of"),
]
for _op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
    SAMPLES += [
        Sample(_op, "int32", dict(x=i32([[12], [-7]]), y=i32([10, 1]))),
        Sample(_op, "uint8", dict(x=u8([255, 3]), y=u8([15, 6]))),
        Sample(_op, "scalars", dict(x=i64(12), y=i64(-10))),
        Sample(_op, "empty", dict(x=i64([]), y=i64(-10))),
        Sample(_op, "shapes", dict(x=i32([1, 2]), y=i32([1, 2, 3])), error="broadcast"),
    ]
for _op in ("LeftShift", "RightShift"):
    SAMPLES += [
        Sample(
            _op,
            dtype,
            dict(
                x=array([5, 100, 77] * 4, dtype),
                y=array(
                    [s for s in SHIFTS if s >= 0 or dtype[0] == "i"] + [2] * (dtype[0] == "u"),
                    dtype,
                ),
            ),
        )
        for dtype in INTEGERS
    ]
    SAMPLES += [
        Sample(_op, "negative", dict(x=i32([-100, -1]), y=i32([[3], [40]]))),
        Sample(_op, "scalars", dict(x=i32(-100), y=i32(2))),
        Sample(_op, "shapes", dict(x=i32([1, 2]), y=i32([1, 2, 3])), error="broadcast"),
    ]
