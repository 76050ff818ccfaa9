"""Samples of `ops/layout.py`."""

from tests.samples import Sample, b, bf16, boolean, c64, f32, i32, i64, normal, u8

COUNT = i32(range(24)).reshape(2, 3, 4)

SAMPLES = [
    *(
        Sample("Reshape", label, dict(tensor=tensor, shape=shape))
        for label, tensor, shape in (
            ("flat", COUNT, i32([-1])),
            ("hole", COUNT, i32([4, -1, 2])),
            ("long", COUNT, i64([6, 4])),
            ("to_scalar", f32([[3]]), i32([])),
            ("from_scalar", f32(3), i32([1, 1])),
            ("empty", normal(0, 3), i32([3, 0])),
            ("empty_hole", normal(0, 3), i32([-1, 2])),
            ("zeros_cancel", normal(2, 0), i32([2, 0, -1])),
            ("zeros_cancel_first", normal(2, 0, 3), i32([-1, 0])),
            ("zeros_cancel_rounding_down", normal(2, 0, 4), i32([0, 3, -1])),
            ("string", b(["a", "b"]), i32([2, 1])),
            ("bfloat16", bf16([[1, 2]]), i32([2])),
        )
    ),
    *(
        Sample("Reshape", label, dict(tensor=tensor, shape=shape), error=error)
        for label, tensor, shape, error in (
            ("other_count", COUNT, i32([5, 5]), "must hold 24"),
            ("not_divisible", COUNT, i32([5, -1]), "must hold 24"),
            ("two_holes", COUNT, i32([-1, -1]), "at most one"),
            ("negative", COUNT, i32([-2, 12]), ">= 0"),
            ("matrix", COUNT, i32([[24]]), "vector"),
            ("too_many", COUNT, i64([1 << 62, 1 << 62]), "must hold 24"),
            ("hole_beside_zero", COUNT, i32([0, -1]), "must hold 24"),
        )
    ),
    *(
        Sample("ExpandDims", label, dict(input=value, dim=dim))
        for label, value, dim in (
            ("first", COUNT, i32(0)),
            ("last", COUNT, i32(-1)),
            ("inner", COUNT, i64(2)),
            ("negative", COUNT, i32(-4)),
            ("scalar", f32(3), i32(0)),
            ("one_element", COUNT, i32([1])),
            ("string", b(["a"]), i32(1)),
        )
    ),
    Sample("ExpandDims", "too_large", dict(input=COUNT, dim=i32(4)), error="dim must lie"),
    Sample("ExpandDims", "too_small", dict(input=f32([1, 2]), dim=i32(-5)), error="dim must lie"),
    Sample("ExpandDims", "two", dict(input=COUNT, dim=i32([0, 1])), error="one element"),
    *(
        Sample("Squeeze", label, dict(input=value), attrs)
        for label, value, attrs in (
            ("all", normal(1, 2, 1), {}),
            ("first", normal(1, 2, 1), dict(squeeze_dims=[0])),
            ("last", normal(1, 2, 1), dict(squeeze_dims=[-1])),
            ("twice", normal(1, 2, 1), dict(squeeze_dims=[0, 0])),
            ("nothing", normal(2, 3), {}),
            ("scalar", f32(1), {}),
            ("empty", normal(0, 1), {}),
        )
    ),
    Sample("Squeeze", "not_one", dict(input=normal(1, 2)), dict(squeeze_dims=[1]), error="size 1"),
    Sample("Squeeze", "range", dict(input=normal(1, 2)), dict(squeeze_dims=[2]), error="must lie"),
    *(
        Sample(op, label, dict(x=value, perm=perm))
        for op in ("Transpose", "ConjugateTranspose")
        for label, value, perm in (
            ("rank3", COUNT, i32([2, 0, 1])),
            ("matrix", normal(2, 3), i64([1, 0])),
            ("same", normal(2, 3), i32([0, 1])),
            ("scalar", f32(2), i32([])),
            ("complex_scalar", c64(1 - 2j), i32([])),
            ("vector", f32([1, 2]), i32([0])),
            ("complex", c64([[1 + 2j, 3 - 1j]]), i32([1, 0])),
            ("string", b([["a", "b"]]), i32([1, 0])),
            ("empty", normal(0, 3), i32([1, 0])),
            ("ones", normal(1, 3, 1), i32([2, 1, 0])),
        )
    ),
    *(
        Sample(op, label, dict(x=COUNT, perm=perm), error=error)
        for op in ("Transpose", "ConjugateTranspose")
        for label, perm, error in (
            ("twice", i32([0, 0, 1]), "once"),
            ("short", i32([0, 1]), "3 elements"),
            ("range", i32([0, 1, 3]), "must lie"),
        )
    ),
    Sample("InvertPermutation", "five", dict(x=i32([3, 4, 0, 2, 1]))),
    Sample("InvertPermutation", "long", dict(x=i64([1, 0]))),
    Sample("InvertPermutation", "empty", dict(x=i32([]))),
    Sample("InvertPermutation", "twice", dict(x=i32([1, 1])), error="once"),
    Sample("InvertPermutation", "range", dict(x=i32([1, 2])), error="must lie"),
    Sample("InvertPermutation", "matrix", dict(x=i32([[0]])), error="rank 1"),
    *(
        Sample("Reverse", label, dict(tensor=value, dims=boolean(dims)))
        for label, value, dims in (
            ("both", normal(2, 3), [True, True]),
            ("one", COUNT, [False, True, False]),
            ("scalar", f32(1), []),
            ("string", b(["a", "b"]), [True]),
            ("bytes_last", u8(range(6)).reshape(1, 2, 3), [True, False, False]),
        )
    ),
    Sample("Reverse", "length", dict(tensor=normal(2), dims=boolean([True] * 2)), error="dims"),
    Sample(
        "Reverse",
        "empty_rank3",
        dict(tensor=normal(0, 1, 1), dims=boolean([False, True, False])),
        error="first dimension",
    ),
    *(
        Sample("ReverseV2", label, dict(tensor=value, axis=axis))
        for label, value, axis in (
            ("both", normal(2, 3), i32([0, 1])),
            ("negative", COUNT, i64([-1])),
            ("none", COUNT, i32([])),
            ("empty", normal(0, 1, 1), i32([1])),
            ("string", b(["a", "b"]), i32([0])),
            ("bfloat16", bf16([1, 2]), i32([0])),
        )
    ),
    Sample("ReverseV2", "range", dict(tensor=COUNT, axis=i32([3])), error="must lie"),
    Sample("ReverseV2", "twice", dict(tensor=COUNT, axis=i32([0, -3])), error="twice"),
    Sample(
        "ReverseV2", "rank9", dict(tensor=f32(1).reshape((1,) * 9), axis=i32([0])), error="rank"
    ),
    *(
        Sample("ReverseSequence", label, dict(input=value, seq_lengths=lengths), attrs)
        for label, value, lengths, attrs in (
            ("rows", normal(2, 4), i64([3, 0]), dict(seq_dim=1)),
            ("time_major", normal(4, 2, 3), i32([4, 1]), dict(seq_dim=0, batch_dim=1)),
            ("far_apart", COUNT, i64([4, 2]), dict(seq_dim=2, batch_dim=0)),
            ("string", b([["a", "b"]]), i64([2]), dict(seq_dim=1)),
            ("empty", normal(0, 4), i64([]), dict(seq_dim=1)),
        )
    ),
    *(
        Sample(
            "ReverseSequence",
            label,
            dict(input=normal(2, 4), seq_lengths=lengths),
            attrs,
            error=error,
        )
        for label, lengths, attrs, error in (
            ("too_long", i64([5, 1]), dict(seq_dim=1), "must lie"),
            ("negative_length", i64([-1, 1]), dict(seq_dim=1), "must lie"),
            ("count", i64([1]), dict(seq_dim=1), "one element per batch row"),
            ("same_axis", i64([1, 1]), dict(seq_dim=0), "differ"),
            ("axis", i64([1, 1]), dict(seq_dim=-1), "seq_dim"),
            ("batch_axis", i64([1, 1]), dict(seq_dim=1, batch_dim=-10), "batch_dim"),
        )
    ),
    *(
        Sample("Roll", label, dict(input=value, shift=shift, axis=axis))
        for label, value, shift, axis in (
            ("vector", i32([1, 2, 3, 4]), i32(1), i32(0)),
            ("negative", COUNT, i64(-5), i32(-1)),
            ("two", COUNT, i32([1, -1]), i64([0, 2])),
            ("one_axis_twice", i32([1, 2, 3, 4]), i32([1, 2]), i32([0, 0])),
            ("none", i32([1, 2]), i32([]), i32([])),
            ("empty", normal(0, 2), i32(3), i32(0)),
            ("string", b(["a", "b", "c"]), i32(1), i32(0)),
        )
    ),
    Sample("Roll", "scalar", dict(input=f32(1), shift=i32(1), axis=i32(0)), error="rank >= 1"),
    Sample("Roll", "range", dict(input=f32([1]), shift=i32(1), axis=i32(1)), error="must lie"),
    Sample(
        "Roll", "shapes", dict(input=f32([1]), shift=i32([1, 2]), axis=i32([0])), error="one shape"
    ),
]
