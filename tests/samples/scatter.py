"""Samples of `ops/scatter.py`."""

from tests.samples import Sample, b, bf16, boolean, c64, f16, f32, i8, i32, i64, normal

NAN = float("nan")
NONE = i32([]).reshape(0, 1)

CASES = (
    ("elements", f32([1, 2, 3, 4]), i32([[3], [0]]), f32([10, 20])),
    ("again", f32([1, 2, 3, 4]), i32([[1], [3], [1], [1]]), f32([10, 20, 30, 40])),
    ("rows", normal(3, 6), i32([[2], [0]]), normal(2, 6)),
    ("rows_again", normal(3, 6), i64([[2], [2], [1], [2]]), normal(4, 6)),
    ("places", i32(range(6)).reshape(2, 3), i32([[[0, 1]], [[1, 2]]]), i32([[7], [8]])),
    ("wrap", i8([100, -100]), i32([[0], [1]]), i8([100, 100])),
    ("half", f16([1, 2]), i32([[1]]), f16([3])),
    ("bfloat16", bf16([1, 2]), i32([[1], [1]]), bf16([3, 0.5])),
    ("none", f32([1, 2]), NONE, f32([])),
    ("no_columns", normal(2, 0), i32([[1]]), normal(1, 0)),
)
WRONG = (
    ("range", f32([1, 2]), i32([[2]]), f32([1]), "must lie within"),
    ("negative", f32([1, 2]), i32([[-1]]), f32([1]), "must lie within"),
    ("updates", f32([1, 2]), i32([[0]]), f32([1, 2]), "updates must have shape"),
    ("depth", f32([1, 2]), i32([[0, 0]]), f32([1]), "last size of indices"),
    ("scalar_indices", f32([1, 2]), i32(0), f32(1), "rank >= 1"),
    ("one_index", f32([1, 2]), i32([0]), f32(1), "updates must have rank"),
    ("no_depth", f32([1, 2]), i32([]).reshape(3, 0), normal(3, 2), "places to go"),
)
OPS = {
    "TensorScatterUpdate": (),
    "TensorScatterAdd": (("complex", c64([1, 2]), i32([[0]]), c64([1j])),),
    "TensorScatterSub": (("complex", c64([1, 2]), i32([[0]]), c64([1j])),),
    "TensorScatterMin": (("nan", f32([1, NAN, 3]), i32([[0], [1], [2]]), f32([NAN, 2, NAN])),),
    "TensorScatterMax": (
        ("nan", f32([1, NAN, 3]), i32([[0], [1], [2], [0]]), f32([NAN, 2, NAN, 5])),
    ),
}


def zeros_case(label, tensor, indices, updates):
    """The same with zeros to scatter into."""
    kind = i64 if indices.dtype == "int64" else i32
    return Sample(
        "ScatterNd", label, dict(indices=indices, updates=updates, shape=kind(tensor.shape))
    )


SAMPLES = [
    *(zeros_case(*case) for case in CASES if case[0] != "no_columns"),
    zeros_case("bool", boolean([False] * 3), i32([[0], [1], [0]]), boolean([True, False, True])),
    zeros_case("string", b([""] * 3), i32([[0], [1], [0]]), b(["a", "b", "c"])),
    Sample("ScatterNd", "empty", dict(indices=NONE, updates=normal(0, 2), shape=i32([0, 2]))),
    *(
        Sample("ScatterNd", label, dict(indices=i, updates=v, shape=i32(x.shape)), error=error)
        for label, x, i, v, error in WRONG
    ),
    Sample(
        "ScatterNd",
        "negative_shape",
        dict(indices=i32([[0]]), updates=f32([1]), shape=i32([-1])),
        error=">= 0",
    ),
    Sample(
        "ScatterNd",
        "empty_output",
        dict(indices=i32([[0]]), updates=f32([1]), shape=i32([0])),
        error="places to go",
    ),
    *(
        Sample("ScatterNdNonAliasingAdd", label, dict(input=x, indices=i, updates=v))
        for label, x, i, v in (
            *(case for case in CASES if case[0] != "no_columns"),
            ("bool", boolean([True, False]), i32([[0], [1]]), boolean([True, True])),
        )
    ),
    *(
        Sample("ScatterNdNonAliasingAdd", label, dict(input=x, indices=i, updates=v), error=error)
        for label, x, i, v, error in WRONG
    ),
    *(
        Sample(op, label, dict(tensor=x, indices=i, updates=v))
        for op, more in OPS.items()
        for label, x, i, v in (*CASES, *more)
        if label != "no_columns"
    ),
    *(
        Sample(op, label, dict(tensor=x, indices=i, updates=v), error=error)
        for op in OPS
        for label, x, i, v, error in WRONG
    ),
    Sample(
        "TensorScatterUpdate",
        "string",
        dict(tensor=b(["a", "b"]), indices=i32([[1]]), updates=b(["x"])),
    ),
    *(
        Sample("DynamicPartition", label, dict(data=x, partitions=p), dict(num_partitions=n))
        for label, x, p, n in (
            ("vector", f32([1, 2, 3, 4]), i32([1, 0, 1, 1]), 3),
            ("rows", normal(3, 2), i32([1, 0, 1]), 2),
            ("matrix", normal(2, 2, 3), i32([[0, 1], [1, 0]]), 2),
            ("scalar", f32([1, 2, 3]), i32(1), 2),
            ("one", f32([1, 2]), i32([0, 0]), 1),
            ("many", i32(range(20)), i32([7 * i % 10 for i in range(20)]), 12),
            ("string", b(["a", "b"]), i32([1, 0]), 2),
            ("empty", normal(0, 2), i32([]), 2),
        )
    ),
    *(
        Sample(
            "DynamicPartition", label, dict(data=x, partitions=p), dict(num_partitions=n), error=e
        )
        for label, x, p, n, e in (
            ("range", i32([1, 2, 3]), i32([0, 0, 3]), 2, "= 3 must lie"),
            ("negative", i32([1]), i32([-1]), 2, "= -1 must lie"),
            ("shape", i32([1, 2]), i32([0, 0, 0]), 2, "begins with"),
            ("none", i32([1]), i32([0]), 0, "at least 1"),
        )
    ),
    *(
        Sample(op, label, dict(indices=indices, data=data))
        for op in ("DynamicStitch", "ParallelDynamicStitch")
        for label, indices, data in (
            ("two", [i32([0, 2]), i32([1, 3])], [f32([1, 2]), f32([5, 6])]),
            ("scalar", [i32(1), i32([0])], [normal(2), normal(1, 2)]),
            ("matrix", [i32([[0, 1], [3, 2]])], [normal(2, 2, 3)]),
            ("string", [i32([1, 0])], [b(["a", "b"])]),
            ("empty", [i32([])], [normal(0, 2)]),
            ("bfloat16", [i32([0]), i32([1])], [bf16([1]), bf16([2])]),
        )
    ),
    Sample(
        "DynamicStitch",
        "again",
        dict(indices=[i32([0, 1]), i32([1, 1])], data=[i32([1, 2]), i32([3, 4])]),
    ),
    Sample(
        "DynamicStitch",
        "gap",
        dict(indices=[i32([0, 2])], data=[f32([1, 2])]),
        differs="TensorFlow leaves rows that no index names as they are in memory",
    ),
    *(
        Sample(op, label, dict(indices=indices, data=data), error=error)
        for op in ("DynamicStitch", "ParallelDynamicStitch")
        for label, indices, data, error in (
            ("negative", [i32([-1])], [f32([1])], "must lie"),
            ("prefix", [i32([0, 1])], [f32([1])], "begins with"),
            ("rest", [i32([0]), i32([1])], [normal(1, 2), normal(1, 3)], "one shape"),
        )
    ),
]
