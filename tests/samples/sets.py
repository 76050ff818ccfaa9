"""Samples of `ops/sets.py`."""

from tests.samples import Sample, b, i8, i32, i64, u8


def sparse(name, indices, values, shape):
    """The three inputs of a sparse tensor."""
    return {
        f"{name}_indices": i64(indices).reshape(-1, len(shape)),
        f"{name}_values": values,
        f"{name}_shape": i64(shape),
    }


OPERATIONS = ("union", "intersection", "a-b", "b-a", "UNION")
FIRST, SECOND = i32([[3, 1, 1], [5, 6, 7]]), i32([[2, 3], [7, 7]])
SPARSE1 = ([[0, 0], [2, 0], [2, 1]], i32([3, 9, 9]), [3, 2])
SPARSE2 = ([[1, 0], [1, 3], [2, 1]], i32([7, 8, 4]), [3, 4])
TWO_ROWS = ([[1, 0], [1, 3]], i32([7, 8]), [2, 4])
REPEATED = ([[0, 0], [0, 0]], i32([1, 2]), [3, 2])
UNORDERED = ([[2, 0], [0, 1], [0, 0]], i32([1, 1, 2]), [3, 2])
OUTSIDE = ([[0, 5]], i32([1]), [3, 2])
EMPTY = ([], i32([]), [3, 2])
WRONG = (
    ("unordered", sparse("set", *UNORDERED), "row-major order"),
    ("repeated", sparse("set", *REPEATED), "row-major order"),
    ("outside", sparse("set", *OUTSIDE), "must lie within"),
    ("rank1", sparse("set", [[0]], i32([1]), [3]), ">= 2 elements"),
    (
        "scalar_shape",
        dict(set_indices=i64(1), set_values=i32([1, 1]), set_shape=i64(1)),
        "must have rank",
    ),
)

SAMPLES = [
    *(
        Sample(
            "DenseToDenseSetOperation",
            operation,
            dict(set1=FIRST, set2=SECOND),
            dict(set_operation=operation),
        )
        for operation in OPERATIONS
    ),
    *(
        Sample("DenseToDenseSetOperation", label, dict(set1=x, set2=y), dict(set_operation="union"))
        for label, x, y in (
            ("strings", b([["b", "a"]]), b([["c", "a"]])),
            ("bytes", u8([[200, 1]]), u8([[1, 3]])),
            ("rank3", i8([[[1], [2]], [[3], [4]]]), i8([[[1], [5]], [[6], [4]]])),
            ("empty_rows", i32([]).reshape(2, 0), i32([[2, 3], [1, 1]])),
            ("no_rows", i32([]).reshape(0, 2), i32([]).reshape(0, 2)),
        )
    ),
    *(
        Sample(
            "DenseToDenseSetOperation", label, dict(set1=x, set2=y), dict(set_operation=o), error=e
        )
        for label, x, y, o, e in (
            ("operation", FIRST, SECOND, "xor", "must be one of"),
            ("rows", FIRST, i32([[2, 3]]), "union", "one shape"),
            ("rank1", i32([1]), i32([1]), "union", "rank >= 2"),
            ("ranks", FIRST, i32([[[1]]]), "union", "rank 2"),
        )
    ),
    *(
        Sample(
            "DenseToSparseSetOperation",
            operation,
            dict(set1=FIRST, **sparse("set2", *TWO_ROWS)),
            dict(set_operation=operation),
        )
        for operation in OPERATIONS
    ),
    *(
        Sample(
            "DenseToSparseSetOperation",
            label,
            dict(set1=FIRST, **sparse("set2", *parts)),
            dict(set_operation="union"),
            error=error,
        )
        for label, parts, error in (
            ("rows", SPARSE2, "one shape"),
            ("outside", ([[0, 9]], i32([1]), [2, 2]), "must lie within"),
            ("unordered", ([[1, 0], [0, 0]], i32([1, 2]), [2, 2]), "row-major order"),
        )
    ),
    *(
        Sample(
            "SparseToSparseSetOperation",
            operation,
            {**sparse("set1", *SPARSE1), **sparse("set2", *SPARSE2)},
            dict(set_operation=operation),
        )
        for operation in OPERATIONS
    ),
    Sample(
        "SparseToSparseSetOperation",
        "strings",
        {
            **sparse("set1", [[0, 0], [1, 0], [1, 1]], b(["b", "a", "c"]), [3, 2]),
            **sparse("set2", [[1, 0], [1, 3]], b(["a", "d"]), [3, 4]),
        },
        dict(set_operation="a-b"),
    ),
    Sample(
        "SparseToSparseSetOperation",
        "one_empty",
        {**sparse("set1", *EMPTY), **sparse("set2", *SPARSE2)},
        dict(set_operation="union"),
    ),
    Sample(
        "SparseToSparseSetOperation",
        "rows",
        {**sparse("set1", *SPARSE1), **sparse("set2", *TWO_ROWS)},
        dict(set_operation="union"),
        error="one shape",
    ),
    Sample(
        "SparseToSparseSetOperation",
        "operation",
        {**sparse("set1", *SPARSE1), **sparse("set2", *SPARSE2)},
        dict(set_operation=""),
        error="must be one of",
    ),
    Sample("SetSize", "twice", sparse("set", [[0, 0], [0, 1], [2, 0]], i32([1, 1, 2]), [3, 2])),
    Sample("SetSize", "empty", sparse("set", *EMPTY)),
    Sample("SetSize", "rank3", sparse("set", [[0, 1, 0]], b(["a"]), [2, 2, 1])),
    Sample("SetSize", "not_validated", sparse("set", *UNORDERED), dict(validate_indices=False)),
    Sample("SetSize", "repeated_index", sparse("set", *REPEATED), dict(validate_indices=False)),
    *(Sample("SetSize", label, inputs, error=error) for label, inputs, error in WRONG),
]
