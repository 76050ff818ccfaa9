"""Samples of `ops/padding.py`."""

from tests.samples import Sample, b, bf16, boolean, f16, f32, i32, i64, normal

COUNT = i32(range(6)).reshape(2, 3)
PAIRS = i32([[1, 0], [2, 3]])
SCALAR = i32([]).reshape(0, 2)

CASES = (
    ("matrix", COUNT, PAIRS),
    ("long", normal(2, 3), i64([[0, 0], [1, 1]])),
    ("nothing", normal(2, 3), i32([[0, 0], [0, 0]])),
    ("scalar", f32(3), SCALAR),
    ("empty", normal(0, 2), i32([[1, 1], [0, 1]])),
    ("string", b(["a", "b"]), i32([[1, 2]])),
    ("bool", boolean([True]), i32([[1, 1]])),
    ("bfloat16", bf16([1, 2]), i32([[1, 0]])),
    ("rank5", normal(1, 2, 1, 2, 1), i32([[0, 1], [1, 0], [0, 0], [1, 1], [0, 1]])),
)
WRONG = (
    ("negative", i32([[-1, 0], [0, 0]]), ">= 0"),
    ("rows", i32([[1, 0]]), "shape"),
    ("columns", i32([[1, 0, 0], [1, 0, 0]]), "shape"),
)
VALUES = dict(
    matrix=i32(7),
    long=f32(-1),
    nothing=f32(2),
    scalar=f32(5),
    empty=f32(9),
    string=b("pad"),
    bool=boolean(True),
    bfloat16=bf16(1.5),
    rank5=f32(0.5),
)
LIMITS = (
    ("vector", f32([1, 2, 3, 4]), i32([[2, 3]])),
    ("matrix", normal(3, 4), i32([[1, 2], [3, 0]])),
    ("half", f16([[1, 2, 3]]), i64([[0, 0], [2, 1]])),
    ("rank4", normal(1, 3, 3, 2), i32([[0, 0], [1, 1], [2, 0], [0, 0]])),
    ("scalar", f32(3), SCALAR),
)

SAMPLES = [
    *(Sample("Pad", label, dict(input=x, paddings=pairs)) for label, x, pairs in CASES),
    *(
        Sample("PadV2", label, dict(input=x, paddings=pairs, constant_values=VALUES[label]))
        for label, x, pairs in CASES
    ),
    *(
        Sample("Pad", label, dict(input=COUNT, paddings=pairs), error=error)
        for label, pairs, error in WRONG
    ),
    Sample("Pad", "huge", dict(input=f32([1]), paddings=i64([[0, 1 << 40]])), error="bytes"),
    *(
        Sample(
            "PadV2", label, dict(input=COUNT, paddings=pairs, constant_values=i32(1)), error=error
        )
        for label, pairs, error in WRONG
    ),
    Sample(
        "PadV2",
        "value_vector",
        dict(input=COUNT, paddings=PAIRS, constant_values=i32([1])),
        error="scalar",
    ),
    *(
        Sample("MirrorPad", f"{mode}_{label}", dict(input=x, paddings=pairs), dict(mode=mode))
        for mode in ("REFLECT", "SYMMETRIC")
        for label, x, pairs in (*LIMITS, ("string", b(["a", "b"]), i32([[1, 1]])))
    ),
    Sample(
        "MirrorPad",
        "whole",
        dict(input=f32([1, 2]), paddings=i32([[2, 2]])),
        dict(mode="SYMMETRIC"),
    ),
    Sample(
        "MirrorPad",
        "bfloat16",
        dict(input=bf16([1, 2]), paddings=i32([[1, 1]])),
        dict(mode="REFLECT"),
    ),
    *(
        Sample(
            "MirrorPad",
            f"{mode}_too_long",
            dict(input=f32([1, 2]), paddings=pairs),
            dict(mode=mode),
            error="must be <=",
        )
        for mode, pairs in (("REFLECT", i32([[2, 0]])), ("SYMMETRIC", i32([[0, 3]])))
    ),
    Sample(
        "MirrorPad",
        "empty",
        dict(input=normal(0, 2), paddings=i32([[0, 0], [1, 1]])),
        dict(mode="REFLECT"),
        error="must be <=",
    ),
    Sample(
        "MirrorPad",
        "mode",
        dict(input=COUNT, paddings=PAIRS),
        dict(mode="NO"),
        error="must be one of",
    ),
    Sample(
        "MirrorPad",
        "negative",
        dict(input=COUNT, paddings=i32([[-1, 0], [0, 0]])),
        dict(mode="REFLECT"),
        error=">= 0",
    ),
    *(
        Sample("MirrorPadGrad", f"{mode}_{label}", dict(input=x, paddings=pairs), dict(mode=mode))
        for mode in ("REFLECT", "SYMMETRIC")
        for label, x, pairs in (
            ("vector", f32([1, 2, 4, 8, 16, 32]), i32([[1, 2]])),
            ("matrix", normal(5, 6), i32([[1, 1], [2, 0]])),
            ("ints", i32(range(7)), i64([[2, 1]])),
            ("nothing", normal(2, 2), i32([[0, 0], [0, 0]])),
        )
    ),
    Sample(
        "MirrorPadGrad",
        "too_long",
        dict(input=i32([1]), paddings=i32([[2012217344, 167772160]])),
        dict(mode="REFLECT"),
        error="paddings must fit",
    ),
    Sample(
        "MirrorPadGrad",
        "limit",
        dict(input=f32([1, 2, 3]), paddings=i32([[2, 0]])),
        dict(mode="REFLECT"),
        error="must be <=",
    ),
]
