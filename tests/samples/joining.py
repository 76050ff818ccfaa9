"""Samples of `ops/joining.py`."""

from tests.samples import Sample, b, bf16, f32, i32, i64, normal

COUNT = i32(range(12)).reshape(3, 4)

SAMPLES = [
    Sample(
        "Split", "one_dim", dict(split_dim=i32([0]), value=f32([1, 2])), dict(num_split=2), "scalar"
    ),
    Sample("InplaceSub", "no_rows", dict(x=f32([]), i=i32([-99, -1, -1]), v=f32([1, 1, 1]))),
    *(
        Sample("Pack", label, dict(values=values), attrs)
        for label, values, attrs in (
            ("vectors", [f32([1, 2]), f32([3, 4])], {}),
            ("last", [f32([1, 2]), f32([3, 4])], dict(axis=-1)),
            ("inner", [normal(2, 3), normal(2, 3, seed=1)], dict(axis=1)),
            ("scalars", [i32(1), i32(2), i32(3)], {}),
            ("one", [i64([1])], dict(axis=1)),
            ("strings", [b("ab"), b("c")], {}),
            ("empty", [normal(0, 2), normal(0, 2)], {}),
            ("bfloat16", [bf16(1), bf16(2)], {}),
        )
    ),
    Sample("Pack", "shapes", dict(values=[f32([1]), f32([1, 2])]), error="one shape"),
    Sample("Pack", "axis", dict(values=[f32([1])]), dict(axis=2), error="must lie"),
    *(
        Sample("Unpack", label, dict(value=value), attrs)
        for label, value, attrs in (
            ("rows", COUNT, dict(num=3)),
            ("columns", COUNT, dict(num=4, axis=-1)),
            ("vector", f32([1, 2]), dict(num=2)),
            ("strings", b(["a", "b"]), dict(num=2)),
            ("none", normal(0, 2), dict(num=0)),
            ("empty", normal(2, 0), dict(num=2)),
        )
    ),
    Sample("Unpack", "number", dict(value=COUNT), dict(num=2), error="size 2"),
    Sample("Unpack", "axis", dict(value=COUNT), dict(num=2, axis=2), error="must lie"),
    Sample("Unpack", "scalar", dict(value=f32(1)), dict(num=0), error="must lie"),
    *(
        Sample("ConcatV2", label, dict(values=values, axis=axis))
        for label, values, axis in (
            ("rows", [normal(2, 3), normal(1, 3)], i32(0)),
            ("columns", [normal(2, 3), normal(2, 1)], i64(-1)),
            ("one_empty", [normal(0, 3), normal(2, 3)], i32(0)),
            ("strings", [b(["a"]), b(["b", "c"])], i32(0)),
            ("three", [f32([1]), f32([2]), f32([3, 4])], i32(0)),
            ("bfloat16", [bf16([1]), bf16([2])], i32(0)),
        )
    ),
    *(
        Sample("ConcatV2", label, dict(values=values, axis=axis), error=error)
        for label, values, axis, error in (
            ("scalars", [i32(1), i32(2)], i32(0), "rank >= 1"),
            ("ranks", [f32([1]), f32([[1]])], i32(0), "one shape"),
            ("sizes", [normal(2, 3), normal(2, 4)], i32(0), "one shape"),
            ("axis", [normal(2, 3), normal(2, 3)], i32(-3), "must lie"),
            ("far_axis", [i32([1]), i32([2])], i64(3036676187), "must lie"),
        )
    ),
    Sample("Concat", "rows", dict(concat_dim=i32(0), values=[normal(2, 3), normal(1, 3)])),
    Sample("Concat", "columns", dict(concat_dim=i32(1), values=[normal(2, 3), normal(2, 1)])),
    Sample("Concat", "sizes", dict(concat_dim=i32(0), values=[COUNT, i32([[1]])]), error="shape"),
    *(
        Sample("ConcatOffset", label, dict(concat_dim=i32(axis), shape=shape))
        for label, axis, shape in (
            ("three", 1, [i32([2, 2, 7]), i32([2, 3, 7]), i32([2, 9, 7])]),
            ("last", -1, [i32([2, 2]), i32([2, 3])]),
            ("long", 0, [i64([2, 2]), i64([3, 2])]),
        )
    ),
    Sample(
        "ConcatOffset",
        "sizes",
        dict(concat_dim=i32(0), shape=[i32([1, 2]), i32([1, 3])]),
        error="agree",
    ),
    Sample(
        "ConcatOffset", "axis", dict(concat_dim=i32(2), shape=[i32([1, 2])] * 2), error="must lie"
    ),
    *(
        Sample("Split", label, dict(split_dim=axis, value=value), dict(num_split=num))
        for label, axis, value, num in (
            ("columns", i32(1), COUNT, 2),
            ("negative", i32(-2), COUNT, 3),
            ("whole", i32(0), COUNT, 1),
            ("empty", i32(0), normal(0, 2), 2),
            ("strings", i32(0), b(["a", "b"]), 2),
            ("one_part", i32(1), normal(2, 3), 1),
        )
    ),
    *(
        Sample(
            "Split",
            label,
            dict(split_dim=axis, value=f32([1, 2, 3, 4])),
            dict(num_split=num),
            error=error,
        )
        for label, axis, num, error in (
            ("not_even", i32(0), 3, "must divide"),
            ("axis", i32(7), 2, "must lie"),
            ("zero", i32(0), 0, "at least 1"),
            ("axes", i32([0, 0]), 2, "scalar"),
        )
    ),
    # TensorFlow itself crashes on constant int8 size_splits.
    *(
        Sample(
            "SplitV",
            label,
            dict(value=value, size_splits=sizes, split_dim=axis),
            dict(num_split=sizes.size),
        )
        for label, value, sizes, axis in (
            ("columns", COUNT, i64([1, 3]), i32(1)),
            ("hole", COUNT, i32([1, -1, 1]), i32(-1)),
            ("one", COUNT, i32([3]), i32(0)),
            ("empty_part", COUNT, i32([0, 3]), i32(0)),
            ("empty", normal(0, 2), i32([0, 0]), i32(0)),
            ("one_part", normal(2, 3), i32([3]), i32(1)),
        )
    ),
    *(
        Sample(
            "SplitV",
            label,
            dict(value=f32([1, 2, 3, 4]), size_splits=sizes, split_dim=axis),
            dict(num_split=2),
            error=error,
        )
        for label, sizes, axis, error in (
            ("sum", i32([1, 1]), i32(0), "must sum to 4"),
            ("two_holes", i32([-1, -1]), i32(0), "at most one"),
            ("too_large", i32([5, -1]), i32(0), "must sum to 4"),
            ("negative", i32([-2, 6]), i32(0), ">= 0"),
            ("axis", i32([1, 3]), i32(1), "must lie"),
            ("count", i32([1, 1, 2]), i32(0), "vector of 2"),
        )
    ),
    Sample(
        "ParallelConcat", "rows", dict(values=[f32([[1, 2]]), f32([[3, 4]])]), dict(shape=(2, 2))
    ),
    Sample(
        "ParallelConcat",
        "other_size",
        dict(values=[f32([[1, 2]])]),
        dict(shape=(1, 3)),
        error="shape must be",
    ),
    Sample("ParallelConcat", "one", dict(values=[i32([5])]), dict(shape=(1,))),
    Sample(
        "ParallelConcat", "first_size", dict(values=[f32([1, 2])]), dict(shape=(2,)), error="size 1"
    ),
    *(
        Sample(op, label, dict(x=x, i=i, v=v))
        for op in ("InplaceUpdate", "InplaceAdd", "InplaceSub")
        for label, x, i, v in (
            ("rows", normal(3, 2), i32([0, 2]), normal(2, 2)),
            ("wrapped", normal(3, 2), i32([-1, 5, 1]), normal(3, 2)),
            ("again", i32([1, 2, 3]), i32([0, 0]), i32([5, 6])),
            ("none", normal(3, 2), i32([]), normal(0, 2)),
        )
    ),
    *(
        Sample(op, label, dict(x=normal(3, 2), i=i, v=v), error=error)
        for op in ("InplaceUpdate", "InplaceAdd", "InplaceSub")
        for label, i, v, error in (
            ("count", i32([1]), normal(2, 2), "v must have shape"),
            ("scalar", i32(1), normal(2), "rank"),
        )
    ),
]
