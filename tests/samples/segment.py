"""Samples of `ops/segment.py`."""

from tests.samples import Sample, bf16, c64, f16, f32, f64, i8, i16, i32, i64, normal, u8

INF = float("inf")
LINE = normal(7)
ROWS = normal(7, 6)
IDS = i32([0, 0, 2, 2, 2, 5, 5])
NAN = "which numbers a NaN hides depends on place and width in TensorFlow"

SORTED = (
    ("vector", LINE, IDS),
    ("rows", ROWS, i64([0, 0, 2, 2, 2, 5, 5])),
    ("one_each", ROWS, i32(range(7))),
    ("one_long", ROWS, i32([1] * 7)),
    ("rank3", normal(4, 2, 3), i32([0, 1, 1, 1])),
    ("ints", i32([[1, -2], [3, 4], [-5, 6]]), i32([0, 0, 3])),
    ("int8", i8([100, 100, -3]), i32([0, 0, 1])),
    ("bytes", u8([200, 100, 3]), i32([0, 0, 2])),
    ("half", f16([1, 2.5, 3]), i32([0, 0, 1])),
    ("bfloat16", bf16([1, 2.5, 3]), i32([0, 0, 2])),
    ("double", f64([1, 2, INF]), i32([0, 1, 1])),
    ("empty", normal(0, 3), i32([])),
    ("no_columns", normal(2, 0), i32([0, 1])),
)
SORTED_WRONG = (
    ("decreasing", f32([1, 2, 3]), i32([2, 0, 1]), "must not decrease"),
    ("negative", f32([1, 2]), i32([-1, 0]), "must be >= 0"),
    ("count", f32([1, 2]), i32([0]), "must have 2 elements"),
    ("matrix", f32([[1]]), i32([[0]]), "rank 1"),
    ("scalar", f32(1), i32([0]), "rank >= 1|must have"),
    ("huge", normal(1, 10, 1), i64([1676240524292489355]), "2\\*\\*63"),
)
UNSORTED = (
    ("vector", LINE, i32([3, 0, 3, -1, 1, 1, 0]), 5),
    ("rows", ROWS, i64([3, 0, 3, -1, 1, 3, 0]), 4),
    ("matrix_ids", normal(2, 3, 5), i32([[0, 1, 0], [1, 1, -7]]), 2),
    ("whole_ids", normal(2, 3), i32([[0, 1, 0], [1, 1, 2]]), 3),
    ("scalar_id", normal(3), i32(1), 2),
    ("ints", i32([[1, -2], [3, 4]]), i32([1, 1]), 2),
    ("int8", i8([100, 100, -3]), i32([0, 0, 1]), 3),
    ("bytes", u8([200, 100]), i32([0, 0]), 2),
    ("half", f16([1, 2.5, 3]), i32([0, 0, 2]), 3),
    ("bfloat16", bf16([1, 2.5, 3]), i32([0, 0, 2]), 3),
    ("infinite", f32([-INF, INF]), i32([0, 1]), 2),
    ("all_negative", f32([1, 2]), i32([-1, -1]), 2),
    ("none", normal(0, 2), i32([]), 2),
    ("no_segments", normal(0, 2), i32([]), 0),
)
UNSORTED_WRONG = (
    ("range", f32([1, 2]), i32([0, 2]), i32(2), "must lie"),
    ("prefix", normal(2, 2), i32([0, 1, 2]), i32(3), "begins with"),
    ("negative", f32([1]), i32([0]), i32(-1), "num_segments must be >= 0"),
    ("vector_count", f32([1]), i32([0]), i32([1, 2]), "scalar"),
)
KINDS = ("Sum", "Mean", "Prod", "Min", "Max")

SAMPLES = [
    *(
        Sample(f"Segment{kind}", label, dict(data=x, segment_ids=ids))
        for kind in KINDS
        for label, x, ids in SORTED
    ),
    *(
        Sample(
            f"Segment{kind}", "complex", dict(data=c64([1 + 2j, 3 + 1j]), segment_ids=i32([0, 0]))
        )
        for kind in ("Sum", "Mean", "Prod")
    ),
    *(
        Sample(
            f"Segment{kind}",
            "nan",
            dict(data=f32([1, float("nan"), 3]), segment_ids=i32([0, 0, 0])),
            differs=NAN,
        )
        for kind in ("Min", "Max")
    ),
    *(
        Sample(f"Segment{kind}", label, dict(data=x, segment_ids=ids), error=error)
        for kind in KINDS
        for label, x, ids, error in SORTED_WRONG
    ),
    *(
        Sample(
            f"UnsortedSegment{kind}", label, dict(data=x, segment_ids=ids, num_segments=i32(count))
        )
        for kind in ("Sum", "Prod", "Min", "Max")
        for label, x, ids, count in UNSORTED
    ),
    Sample(
        "UnsortedSegmentSum",
        "short_ids",
        dict(data=f32([1, 2]), segment_ids=i16([-1, 1]), num_segments=i64(2)),
    ),
    *(
        Sample(
            f"UnsortedSegment{kind}",
            "complex",
            dict(data=c64([1 + 2j, 3]), segment_ids=i32([0, 0]), num_segments=i32(2)),
        )
        for kind in ("Sum", "Prod")
    ),
    *(
        Sample(
            f"UnsortedSegment{kind}",
            "nan",
            dict(data=f32([1, float("nan"), 3]), segment_ids=i32([0, 0, 0]), num_segments=i32(1)),
            differs=NAN,
        )
        for kind in ("Min", "Max")
    ),
    *(
        Sample(
            f"UnsortedSegment{kind}", label, dict(data=x, segment_ids=i, num_segments=n), error=e
        )
        for kind in ("Sum", "Prod", "Min", "Max")
        for label, x, i, n, e in UNSORTED_WRONG
    ),
]
