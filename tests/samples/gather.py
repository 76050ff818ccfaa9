"""Samples of `ops/gather.py`."""

from tests.samples import Sample, b, bf16, boolean, c64, f32, i16, i32, i64, normal

COUNT = i32(range(24)).reshape(2, 3, 4)

CASES = (
    ("rows", normal(4, 3), i32([3, 0, 3])),
    ("matrix", normal(4, 3), i64([[1, 2], [0, 0]])),
    ("scalar", normal(4, 3), i32(2)),
    ("vector", f32([5, 6, 7]), i32([2, 0])),
    ("one_number", f32([5, 6, 7]), i32(1)),
    ("string", b(["a", "b"]), i32([1, 1, 0])),
    ("one_string", b(["a", "b"]), i32(1)),
    ("bfloat16", bf16([[1, 2], [3, 4]]), i32([1])),
    ("complex", c64([1j, 2]), i32([0])),
    ("nothing", normal(4, 3), i32([])),
    ("nothing_of_nothing", normal(0, 2), i32([])),
)
WRONG = (
    ("range", normal(4, 3), i32([0, 4]), "= 4 must lie in"),
    ("negative", normal(4, 3), i32([-1]), "= -1 must lie in"),
    ("no_rows", normal(0, 2), i32([0]), "must lie in"),
    ("scalar_params", f32(1), i32([0]), "rank|must lie"),
)

SAMPLES = [
    *(Sample("Gather", label, dict(params=x, indices=i)) for label, x, i in CASES),
    *(
        Sample("Gather", label, dict(params=x, indices=i), error=error)
        for label, x, i, error in WRONG
    ),
    *(Sample("GatherV2", label, dict(params=x, indices=i, axis=i32(0))) for label, x, i in CASES),
    *(
        Sample("GatherV2", label, dict(params=x, indices=i, axis=i32(0)), error=error)
        for label, x, i, error in WRONG
    ),
    *(
        Sample("GatherV2", label, dict(params=x, indices=i, axis=axis), dict(batch_dims=batch))
        for label, x, i, axis, batch in (
            ("axis1", COUNT, i32([[2, 0], [1, 1]]), i32(1), 0),
            ("last_axis", COUNT, i16([3, 3]), i64(-1), 0),
            ("scalar_axis1", COUNT, i32(1), i32(1), 0),
            ("batch1", COUNT, i32([[2, 0], [1, 1]]), i32(1), 1),
            ("batch1_axis2", COUNT, i32([[3, 0], [1, 1]]), i32(2), 1),
            ("batch2", COUNT, i32([[0, 1, 2], [3, 3, 0]]), i32(2), 2),
            ("batch_all", COUNT, i32([1, 2]), i32(1), 1),
            ("batch_empty", normal(0, 3), i32([]).reshape(0, 2), i32(1), 1),
            ("batch_no_indices", COUNT, i32([]).reshape(2, 0), i32(1), 1),
            ("batch_string", b([["a", "b"], ["c", "d"]]), i32([[1], [0]]), i32(1), 1),
        )
    ),
    *(
        Sample(
            "GatherV2", label, dict(params=COUNT, indices=i, axis=axis), dict(batch_dims=n), error=e
        )
        for label, i, axis, n, e in (
            ("axis", i32([0]), i32(-4), 0, "axis must lie"),
            ("axis_vector", i32([0]), i32([0]), 0, "axis must be a scalar"),
            ("batch_after_axis", i32([[0], [0]]), i32(0), 1, "batch_dims must be <= axis"),
            ("batch_rank", i32([0, 0]), i32(2), 2, "batch_dims must lie"),
            ("batch_sizes", i32([[0], [0], [0]]), i32(1), 1, "one batch shape"),
            ("batch_range", i32([[3], [0]]), i32(1), 1, "must lie"),
        )
    ),
    *(
        Sample("GatherNd", label, dict(params=x, indices=i))
        for label, x, i in (
            ("elements", COUNT, i32([[0, 1, 2], [1, 2, 3]])),
            ("rows", COUNT, i64([[[1], [0]]])),
            ("short", COUNT, i16([[1, 2]])),
            ("one", COUNT, i32([1, 1, 1])),
            ("whole", i32([1, 2]), i32([]).reshape(2, 0)),
            ("none", COUNT, i32([]).reshape(0, 2)),
            ("none_of_none", normal(0, 2), i32([]).reshape(0, 1)),
            ("string", b([["a", "b"]]), i32([[0, 1]])),
            ("bool", boolean([True, False]), i32([[1]])),
            ("bfloat16", bf16([[1, 2]]), i32([[0, 1]])),
        )
    ),
    *(
        Sample("GatherNd", label, dict(params=x, indices=i), error=error)
        for label, x, i, error in (
            ("range", normal(2, 3), i32([[2]]), "must lie within"),
            ("negative", normal(2, 3), i32([[0, -1]]), "must lie within"),
            ("too_deep", normal(2, 3), i32([[0, 0, 0]]), "last size of indices"),
            ("scalar", normal(2, 3), i32(0), "indices must have rank"),
            ("scalar_params", f32(1), i32([0]), "params must have rank"),
            ("no_rows", normal(0, 3), i32([[0]]), "must have elements"),
            ("no_columns", normal(2, 0), i32([[1]]), "must have elements"),
        )
    ),
    *(
        Sample("UnravelIndex", label, dict(indices=i, dims=d))
        for label, i, d in (
            ("scalar", i32(22), i32([7, 6])),
            ("vector", i32([22, 41, 37]), i32([7, 6])),
            ("int64", i64([5, 0, 1 << 40]), i64([1 << 20, 1 << 10, 1 << 20])),
            ("one_dimension", i32(3), i32([5])),
            ("negative", i32([-1, -50, -41]), i32([7, 6])),
            ("none", i32([]), i32([7, 6])),
            ("no_dimensions", i32([]), i32([])),
        )
    ),
    *(
        Sample("UnravelIndex", label, dict(indices=i, dims=d), error=error)
        for label, i, d, error in (
            ("too_large", i32([42]), i32([7, 6]), "must be < 42"),
            ("no_dims", i32([1]), i32([]), "must be < 1"),
            ("zero", i32([0]), i32([0, 6]), "must be positive"),
            ("negative_size", i32([0]), i32([-1, -6]), "must be positive"),
            ("product", i32([1]), i32([1 << 16, 1 << 16]), "fits int32"),
            ("matrix", i32([[1]]), i32([2]), "scalar or a vector"),
            ("scalar_dims", i32([1]), i32(2), "rank 1"),
        )
    ),
]
