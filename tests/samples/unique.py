"""Samples of `ops/unique.py`."""

from tests.samples import Sample, b, bf16, boolean, c64, f32, i32, i64, normal, u8

NAN = float("nan")
ROWS = i32([[1, 0, 0], [1, 0, 0], [2, 0, 0], [1, 0, 0]])
VECTORS = (
    ("ints", i32([5, 3, 5, -1, 3, 7])),
    ("long", i64([1 << 40, 2, 1 << 40])),
    ("strings", b(["b", "a", "b", ""])),
    ("floats", f32([0.0, -0.0, 1.5, NAN, NAN, 1.5])),
    ("bfloat16", bf16([2, 1, 2])),
    ("bools", boolean([True, True, False])),
    ("empty", f32([])),
)


def sparse(name, indices, values, shape):
    """The three inputs of a sparse tensor."""
    return {
        f"{name}_indices": i64(indices).reshape(-1, len(shape)),
        f"{name}_values": values,
        f"{name}_shape": i64(shape),
    }


def both(hypothesis, truth):
    """The inputs of EditDistance."""
    return {**sparse("hypothesis", *hypothesis), **sparse("truth", *truth)}


HYPOTHESIS = ([[0, 0], [0, 1], [0, 2], [2, 0]], b(["a", "b", "c", "x"]), [3, 3])
TRUTH = ([[0, 0], [0, 1], [1, 0], [1, 1]], b(["a", "c", "y", "z"]), [3, 2])

SAMPLES = [
    *(
        Sample(op, label, dict(x=x))
        for op in ("Unique", "UniqueWithCounts")
        for label, x in VECTORS
    ),
    *(
        Sample(op, label, dict(x=x, axis=i64([])))
        for op in ("UniqueV2", "UniqueWithCountsV2")
        for label, x in VECTORS
    ),
    *(
        Sample(op, "int64_places", dict(x=i32([3, 3, 1])), dict(out_idx="int64"))
        for op in ("Unique", "UniqueWithCounts")
    ),
    *(
        Sample(op, label, dict(x=x, axis=axis))
        for op in ("UniqueV2", "UniqueWithCountsV2")
        for label, x, axis in (
            ("rows", ROWS, i64([0])),
            ("columns", ROWS, i32([-1])),
            ("rank3", i32([[[1, 2], [1, 2]], [[3, 4], [3, 4]]]), i64([1])),
            ("string_rows", b([["a", "b"], ["a", "b"], ["b", "a"]]), i64([0])),
            ("float_rows", f32([[NAN, 1], [NAN, 1], [0.0, 1], [-0.0, 1]]), i64([0])),
            ("no_columns", normal(2, 0), i64([0])),
            ("no_rows", normal(0, 2), i64([0])),
        )
    ),
    *(Sample(op, "matrix", dict(x=ROWS), error="rank 1") for op in ("Unique", "UniqueWithCounts")),
    *(
        Sample(op, label, dict(x=ROWS, axis=axis), error=error)
        for op in ("UniqueV2", "UniqueWithCountsV2")
        for label, axis, error in (
            ("no_axis", i64([]), "vector if axis is empty"),
            ("two_axes", i64([0, 1]), "<= 1 element"),
            ("range", i64([2]), "must lie"),
        )
    ),
    *(
        Sample("ListDiff", label, dict(x=x, y=y))
        for label, x, y in (
            ("ints", i32([1, 2, 3, 4, 2]), i32([2, 5])),
            ("strings", b(["a", "b", "a"]), b(["b"])),
            ("nan", f32([NAN, 1, 2, 1]), f32([NAN, 2])),
            ("empty_y", i64([2, 1]), i64([])),
            ("empty_x", i64([]), i64([1])),
            ("bfloat16", bf16([1, 2]), bf16([2])),
        )
    ),
    Sample("ListDiff", "int64_places", dict(x=i32([1, 2]), y=i32([1])), dict(out_idx="int64")),
    Sample("ListDiff", "matrix", dict(x=ROWS, y=i32([1])), error="rank 1"),
    *(
        Sample("Where", label, dict(input=x))
        for label, x in (
            ("bools", boolean([[True, False], [False, True]])),
            ("vector", boolean([False, True, True])),
            ("floats", f32([[0.0, -0.0, NAN], [1, -1, 0]])),
            ("complex", c64([0, 1j])),
            ("bytes", u8([[[0, 3]]])),
            ("none", boolean([False])),
            ("empty", boolean([]).reshape(0, 2)),
        )
    ),
    Sample("Where", "scalar", dict(input=boolean(True)), error="rank from 1"),
    Sample("Where", "rank9", dict(input=boolean(True).reshape((1,) * 9)), error="rank from 1"),
    *(
        Sample(
            "OneHot",
            label,
            dict(indices=indices, depth=i32(depth), on_value=on, off_value=off),
            dict(axis=axis),
        )
        for label, indices, depth, on, off, axis in (
            ("vector", i32([0, 2, -1, 3]), 3, f32(1), f32(0), -1),
            ("first_axis", i64([[0, 1], [2, 9]]), 3, i32(5), i32(-5), 0),
            ("inner_axis", i64([[0, 1], [2, 1]]), 3, f32(2), f32(0.5), 1),
            ("bytes", u8([0, 255]), 3, b("on"), b("off"), -1),
            ("scalar", i32(1), 2, boolean(True), boolean(False), -1),
            ("no_depth", i32([0]), 0, f32(1), f32(0), -1),
            ("empty", i32([]), 3, f32(1), f32(0), -1),
            ("bfloat16", i32([1]), 2, bf16(1), bf16(0), -1),
        )
    ),
    *(
        Sample(
            "OneHot",
            label,
            dict(indices=i32([0]), depth=depth, on_value=on, off_value=f32(0)),
            dict(axis=axis),
            error=error,
        )
        for label, depth, on, axis, error in (
            ("negative", i32(-1), f32(1), -1, "depth must be >= 0"),
            ("depth_vector", i32([2]), f32(1), -1, "depth must be a scalar"),
            ("on_vector", i32(2), f32([1]), -1, "on_value must be a scalar"),
            ("axis", i32(2), f32(1), 2, "axis must"),
            ("axis_below", i32(2), f32(1), -2, "axis must"),
        )
    ),
    *(
        Sample("EditDistance", f"{label}_{normalize}", both(*pair), dict(normalize=normalize))
        for normalize in (True, False)
        for label, pair in (
            ("strings", (HYPOTHESIS, TRUTH)),
            (
                "ints",
                (
                    ([[0, i] for i in range(6)], i32([1, 5, 3, 2, 2, 9]), [1, 6]),
                    ([[0, i] for i in range(5)], i32([5, 1, 3, 2, 8]), [1, 5]),
                ),
            ),
            (
                "rank3",
                (
                    ([[0, 0, 0], [0, 1, 0]], i64([1, 2]), [1, 2, 1]),
                    ([[0, 0, 0], [1, 0, 0]], i64([1, 2]), [2, 1, 1]),
                ),
            ),
            ("empty", (([], f32([]), [2, 2]), ([], f32([]), [2, 2]))),
        )
    ),
    *(
        Sample("EditDistance", label, inputs, error=error)
        for label, inputs, error in (
            ("rank1", both(([[0]], i32([1]), [1]), ([[0]], i32([1]), [1])), ">= 2 elements"),
            ("ranks", both(HYPOTHESIS, ([[0, 0, 0]], b(["a"]), [1, 1, 1])), "one rank"),
            (
                "values",
                {**both(HYPOTHESIS, TRUTH), "truth_values": b(["a"])},
                "truth_indices must have shape",
            ),
            ("outside", both(HYPOTHESIS, ([[7, 0]], b(["a"]), [3, 2])), "must lie within"),
        )
    ),
]
