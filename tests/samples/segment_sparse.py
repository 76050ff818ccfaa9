"""Samples of `ops/segment_sparse.py`."""

from tests.samples import Sample, bf16, f16, f32, f64, i8, i32, i64, normal

TABLE = normal(10, 8, seed=3)
SPARSE = (
    ("rows", TABLE, i32([3, 1, 1, 9, 0]), i32([0, 0, 2, 2, 2])),
    ("long", TABLE, i64([3, 1, 1, 9, 0]), i64([0, 0, 2, 2, 4])),
    ("many", TABLE, i32([i % 10 for i in range(40)]), i32([i // 3 for i in range(40)])),
    ("one_long", TABLE, i32([i % 10 for i in range(30)]), i32([0] * 30)),
    ("vector", f32([1, 2, 4]), i32([2, 0, 1]), i32([0, 0, 1])),
    ("rank3", normal(3, 2, 2), i32([2, 0]), i32([1, 1])),
    ("half", f16([[1, 2], [2048, 3], [1, 3]]), i32([0, 1, 2]), i32([0, 0, 0])),
    ("bfloat16", bf16([[1, 2], [2048, 3], [1, 3]]), i32([0, 1, 2]), i32([0, 0, 2])),
    ("double", f64([[1, 2], [3, 4]]), i32([0, 1]), i32([1, 1])),
    ("none", TABLE, i32([]), i32([])),
)
SPARSE_WRONG = (
    ("range", i32([0, 10]), i32([0, 0]), "must lie"),
    ("negative_index", i32([0, -1]), i32([0, 0]), "must lie"),
    ("decreasing", i32([0, 1]), i32([1, 0]), "must not decrease"),
    ("negative", i32([0, 1]), i32([-1, 1]), "must be >= 0"),
    ("count", i32([0, 1]), i32([0, 0, 1]), "segment_ids must have"),
    ("matrix", i32([[0]]), i32([0]), "indices must have rank 1"),
)
NAMES = ("SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN")


def sparse(data, indices, ids, **more):
    """The inputs of a sparse segment op."""
    return dict(data=data, indices=indices, segment_ids=ids, **more)


def gradient(grad, indices, ids, rows):
    """The inputs of the gradient of one."""
    return dict(grad=grad, indices=indices, segment_ids=ids, output_dim0=rows)


SAMPLES = [
    *(Sample(name, label, sparse(*case)) for name in NAMES for label, *case in SPARSE),
    *(
        Sample(f"{name}WithNumSegments", label, sparse(*case, num_segments=i32(15)))
        for name in NAMES
        for label, *case in SPARSE
    ),
    *(
        Sample(
            f"{name}WithNumSegments",
            "exact",
            sparse(TABLE, i32([1, 2]), i32([0, 1]), num_segments=i64(2)),
        )
        for name in NAMES
    ),
    *(
        Sample("SparseSegmentSum", label, sparse(*case))
        for label, *case in (
            ("ints", i32([[1, 2], [3, 4]]), i32([0, 1]), i32([1, 1])),
            ("int8", i8([[1, 2], [3, 127]]), i32([0, 1]), i32([1, 1])),
        )
    ),
    *(
        Sample(name, label, sparse(TABLE, i, ids), error=error)
        for name in NAMES
        for label, i, ids, error in SPARSE_WRONG
    ),
    *(
        Sample(f"{name}WithNumSegments", label, sparse(TABLE, i, ids, num_segments=i32(3)), error=e)
        for name in NAMES
        for label, i, ids, e in SPARSE_WRONG
    ),
    *(
        Sample(
            f"{name}WithNumSegments",
            label,
            sparse(TABLE, i32([0, 1]), i32([0, 2]), num_segments=count),
            error=error,
        )
        for name in NAMES
        for label, count, error in (
            ("few", i32(2), "segment_ids must be < 2"),
            ("below_zero", i32(-2), "num_segments must be >= 0"),
            ("count_vector", i32([3]), "scalar"),
        )
    ),
    *(
        Sample(f"{name}Grad", label, gradient(grad, i, ids, i32(rows)))
        for name in NAMES
        for label, grad, i, ids, rows in (
            ("rows", normal(3, 6), i32([0, 4, 1, 1, 1]), i32([0, 0, 1, 2, 2]), 6),
            ("ids_unsorted", f32([[1], [2]]), i32([0, 1, 1]), i64([1, 0, 1]), 3),
            ("vector", f32([1, 2]), i64([2, 0]), i32([0, 1]), 3),
            ("half", f16([[1], [2]]), i32([0, 1, 1]), i32([0, 0, 1]), 2),
            ("bfloat16", bf16([[1], [2]]), i32([0, 1, 1]), i32([0, 0, 1]), 2),
            ("double", f64([[1], [2]]), i32([0, 1]), i32([0, 1]), 2),
        )
    ),
    *(
        Sample(f"{name}Grad", label, gradient(normal(2, 3), i, ids, rows), error=error)
        for name in NAMES
        for label, i, ids, rows, error in (
            ("range", i32([0, 3]), i32([0, 1]), i32(3), "indices.*must lie"),
            ("ids", i32([0, 1]), i32([0, 2]), i32(3), "segment_ids.*must lie"),
            ("count", i32([0, 1]), i32([0]), i32(3), "segment_ids must have"),
            ("rows_vector", i32([0, 1]), i32([0, 1]), i32([3]), "scalar"),
        )
    ),
]

SAMPLES += [
    Sample(
        f"{name}GradV2",
        label,
        dict(grad=grad, indices=i, segment_ids=ids, dense_output_dim0=rows),
        error=error,
    )
    for name in NAMES
    for label, grad, i, ids, rows, error in (
        ("rows", normal(3, 6), i32([0, 4, 1, 1, 1]), i32([0, 0, 1, 2, 2]), i32(6), None),
        ("ids_unsorted", f32([[1], [2]]), i32([0, 1, 1]), i64([1, 0, 1]), i32(3), None),
        ("vector", f32([1, 2]), i64([2, 0]), i32([0, 1]), i32(3), None),
        ("half", f16([[1], [2]]), i32([0, 1, 1]), i32([0, 0, 1]), i32(2), None),
        ("bfloat16", bf16([[1], [2]]), i32([0, 1, 1]), i32([0, 0, 1]), i32(2), None),
        ("double", f64([[1], [2]]), i32([9, 1]), i32([0, 1]), i32(10), None),
        ("none", f32([[1], [2]]), i32([]), i32([]), i32(10), None),
        ("range", normal(2, 3), i32([0, 3]), i32([0, 1]), i32(3), "must lie"),
        ("ids", normal(2, 3), i32([0, 1]), i32([0, 2]), i32(3), "segment_ids.*must lie"),
        ("count", normal(2, 3), i32([0, 1]), i32([0]), i32(3), "segment_ids must have"),
        ("rows_vector", normal(2, 3), i32([0, 1]), i32([0, 1]), i32([3]), "scalar"),
    )
]
