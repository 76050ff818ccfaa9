"""Samples of `ops/sparse_slicing.py`."""

from typing import Any

from tests.samples import Sample, b, f32, i64
from tests.samples.sparse import triple


def joined(*parts: tuple[Any, Any, Any]) -> dict[str, Any]:
    """The inputs of SparseConcat."""
    each = [triple(*part) for part in parts]
    return {
        "indices": [one["indices"] for one in each],
        "values": [one["values"] for one in each],
        "shapes": [one["shape"] for one in each],
    }


SMALL = triple([[0, 1], [0, 3], [1, 0], [3, 2]], f32([1, 2, 3, 4]), [4, 5])
SPLIT = triple([[0, 1], [0, 6], [1, 0], [1, 3]], f32([1, 2, 3, 4]), [2, 7])

SAMPLES = [
    Sample(
        "SparseSplit",
        "one_dim",
        dict(split_dim=i64([1]), indices=i64([[0, 1]]), values=f32([1]), shape=i64([2, 4])),
        dict(num_split=2),
        "scalar",
    ),
    Sample(
        "SparseConcat",
        "columns",
        joined(
            ([[0, 2], [1, 0], [1, 1]], b(["a", "b", "c"]), [2, 3]),
            ([[0, 1], [0, 2]], b(["d", "e"]), [2, 4]),
        ),
        dict(concat_dim=1),
    ),
    Sample(
        "SparseConcat",
        "rows_from_end",
        joined(([[0, 2]], f32([1]), [1, 3]), ([], f32([]), [2, 3]), ([[1, 1]], f32([2]), [2, 3])),
        dict(concat_dim=-2),
    ),
    Sample(
        "SparseConcat",
        "sizes",
        joined(([[0, 2]], f32([1]), [1, 3]), ([[0, 0]], f32([1]), [2, 4])),
        dict(concat_dim=0),
        error="agree",
    ),
    Sample(
        "SparseConcat",
        "axis",
        joined(([[0, 2]], f32([1]), [1, 3]), ([[0, 0]], f32([1]), [1, 3])),
        dict(concat_dim=2),
        error="concat_dim",
    ),
    Sample("SparseSplit", "uneven", dict(split_dim=i64(1), **SPLIT), dict(num_split=2)),
    Sample("SparseSplit", "three", dict(split_dim=i64(1), **SPLIT), dict(num_split=3)),
    Sample("SparseSplit", "rows", dict(split_dim=i64(0), **SPLIT), dict(num_split=2)),
    Sample("SparseSplit", "one", dict(split_dim=i64(0), **SPLIT), dict(num_split=1)),
    Sample(
        "SparseSplit", "axis", dict(split_dim=i64(2), **SPLIT), dict(num_split=1), error="split_dim"
    ),
    Sample(
        "SparseSplit", "many", dict(split_dim=i64(0), **SPLIT), dict(num_split=3), error="num_split"
    ),
    Sample(
        "SparseSplit",
        "outside",
        dict(split_dim=i64(0), **triple([[9, 0]], f32([1]), [2, 7])),
        dict(num_split=2),
        error="must lie in",
    ),
    *(
        Sample(
            "SparseSlice",
            label,
            dict(start=i64(start), size=i64(extent), **SMALL),
            error=error,
        )
        for label, start, extent, error in [
            ("inside", [0, 1], [2, 3], None),
            ("beyond", [1, 0], [10, 3], None),
            ("outside", [9, 9], [2, 2], None),
            ("before", [-1, 0], [3, 2], None),
            ("none", [0, 0], [0, 5], None),
            ("negative", [0, 0], [-1, 5], "negative"),
            ("rank", [0], [1], "start must have shape"),
        ]
    ),
    Sample(
        "SparseSliceGrad",
        "some",
        dict(
            backprop_val_grad=f32([10, 20]),
            input_indices=SMALL["indices"],
            input_start=i64([0, 1]),
            output_indices=i64([[0, 0], [0, 2]]),
        ),
    ),
    Sample(
        "SparseSliceGrad",
        "missing",
        dict(
            backprop_val_grad=f32([10, 20]),
            input_indices=SMALL["indices"],
            input_start=i64([0, 1]),
            output_indices=i64([[0, 0], [3, 3]]),
        ),
        error="must occur",
    ),
]
