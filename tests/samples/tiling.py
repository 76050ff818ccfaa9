"""Samples of `ops/tiling.py`."""

from tests.samples import Sample, b, bf16, f32, i32, i64, normal

COUNT = i32(range(24)).reshape(2, 3, 4)

SAMPLES = [
    *(
        Sample("Tile", label, dict(input=value, multiples=multiples))
        for label, value, multiples in (
            ("matrix", normal(2, 3), i32([2, 1])),
            ("vector", f32([1, 2]), i64([3])),
            ("scalar", f32(2), i32([])),
            ("to_empty", normal(2, 3), i32([0, 2])),
            ("from_empty", normal(0, 3), i32([4, 2])),
            ("string", b(["a", "b"]), i32([2])),
            ("bfloat16", bf16([1, 2]), i32([2])),
        )
    ),
    Sample("Tile", "negative", dict(input=f32([1]), multiples=i32([-1])), error=">= 0"),
    Sample("Tile", "length", dict(input=f32([1]), multiples=i32([1, 2])), error="elements"),
    *(
        Sample("BroadcastTo", label, dict(input=value, shape=shape))
        for label, value, shape in (
            ("row", f32([1, 2, 3]), i32([2, 3])),
            ("column", f32([[1], [2]]), i64([2, 3])),
            ("scalar", f32(2), i32([2, 2])),
            ("same", f32([1, 2]), i32([2])),
            ("to_scalar", f32(2), i32([])),
            ("empty", f32([[1]]), i32([0, 3])),
            ("string", b("x"), i32([2])),
        )
    ),
    Sample("BroadcastTo", "size", dict(input=f32([1, 2]), shape=i32([3])), error="broadcast"),
    Sample("BroadcastTo", "rank", dict(input=f32([[1]]), shape=i32([1])), error="broadcast"),
    Sample("BroadcastTo", "negative", dict(input=f32([1]), shape=i32([-1])), error=">= 0"),
    Sample(
        "BroadcastTo", "overflow", dict(input=f32([1]), shape=i64([1 << 32, 1 << 32])), error="2\\*"
    ),
    *(
        Sample(op, label, dict(s0=s0, s1=s1))
        for op in ("BroadcastArgs", "BroadcastGradientArgs")
        for label, s0, s1 in (
            ("ranks", i32([2, 1, 3]), i32([4, 1])),
            ("same", i32([2, 3]), i32([2, 3])),
            ("ones", i64([1, 1, 3]), i64([1, 3])),
            ("all_ones", i32([1, 1]), i32([1, 1])),
            ("zero", i32([2, 0]), i32([1])),
            ("scalar", i32([]), i32([2])),
        )
    ),
    *(
        Sample(op, label, dict(s0=s0, s1=s1), error=error)
        for op in ("BroadcastArgs", "BroadcastGradientArgs")
        for label, s0, s1, error in (
            ("clash", i32([2, 3]), i32([4, 1, 5]), "broadcast"),
            ("matrix", i32([[2, 3]]), i32([3]), "rank 1"),
        )
    ),
]
