"""Samples of `ops/bucketize.py`."""

from tests.samples import Sample, f32, f64, i32, i64

NAN, INF = float("nan"), float("inf")
EDGES = [0.0, 10.0, 100.0]

#: Its kernel is in no package of TensorFlow 2.15; `tests/ops/test_unsampled.py` has values.
SCHEMA_ONLY = ("BoostedTreesBucketize",)

SAMPLES = [
    *(
        Sample("Bucketize", label, dict(input=x), dict(boundaries=edges))
        for label, x, edges in (
            ("matrix", f32([[-5, 10000], [150, 10], [5, 100]]), EDGES),
            ("ints", i32([-5, 10000, 150, 10, 5, 100]), EDGES),
            ("longs", i64([0, 16777217]), [0.0, 16777216.0]),
            ("doubles", f64([0.1, 0.2]), [0.1, 0.3]),
            ("specials", f32([NAN, INF, -INF, -0.0]), EDGES),
            ("equal_edges", f32([1, 2]), [1.0, 1.0, 2.0]),
            ("no_edges", f32([1, 2]), []),
            ("scalar", f32(50), EDGES),
            ("empty", f32([]), EDGES),
        )
    ),
    Sample(
        "Bucketize", "unsorted", dict(input=f32([1])), dict(boundaries=[2.0, 1.0]), error="sorted"
    ),
]
