"""Samples of `ops/ragged_dense.py`."""

from typing import Any

from tests.samples import Sample, b, bf16, boolean, f16, f32, i32, i64, normal
from tests.samples.ragged import FIVE, ONE, TWO


def dense(shape: Any, values: Any, default: Any, *partitions: Any) -> dict[str, Any]:
    """The inputs of RaggedTensorToTensor."""
    return dict(
        shape=shape,
        values=values,
        default_value=default,
        row_partition_tensors=list(partitions),
    )


def kinds(*names: str) -> dict[str, Any]:
    """The attribute of RaggedTensorToTensor, from initials."""
    full = {"F": "FIRST_DIM_SIZE", "V": "VALUE_ROWIDS", "S": "ROW_SPLITS"}
    return dict(row_partition_types=[full.get(name, name) for name in names])


ROWIDS = i64([0, 0, 2, 2, 2])
ZERO = f32(0)

SAMPLES = [
    Sample("RaggedTensorToTensor", "splits", dense(i64([-1, -1]), FIVE, ZERO, *ONE), kinds("S")),
    Sample(
        "RaggedTensorToTensor",
        "rowids",
        dense(i64([-1, -1]), FIVE, ZERO, i64(4), ROWIDS),
        kinds("F", "V"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "two_levels",
        dense(i64([-1, -1, -1]), FIVE, f32(-1), *TWO),
        kinds("S", "S"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "splits_and_rowids",
        dense(i64([-1, -1, -1]), FIVE, f32(-1), i64([0, 2, 2, 3]), ROWIDS),
        kinds("S", "V"),
    ),
    Sample("RaggedTensorToTensor", "cut", dense(i64([2, 1]), FIVE, ZERO, *ONE), kinds("S")),
    Sample(
        "RaggedTensorToTensor",
        "cut_rowids",
        dense(i32([-1, 2]), FIVE, ZERO, i64(3), ROWIDS),
        kinds("F", "V"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "filled",
        dense(i64([5, 4]), b(list("abcde")), b("-"), *ONE),
        kinds("S"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "cut_two_levels",
        dense(i64([2, 1, 2]), FIVE, ZERO, *TWO),
        kinds("S", "S"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "cut_outer",
        dense(i64([1, -1, -1]), FIVE, ZERO, *TWO),
        kinds("S", "S"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "inner_dimension",
        dense(i64([-1, -1, 2]), normal(5, 2), f32([7, 8]), *ONE),
        kinds("S"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "default_scalar",
        dense(i64([-1, -1, -1]), normal(5, 2), f32(7), *ONE),
        kinds("S"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "default_broadcast",
        dense(i64([-1, -1, -1, -1]), normal(5, 2, 2), f32([[7], [8]]), *ONE),
        kinds("S"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "int32_splits",
        dense(i64([-1, -1]), f16([1, 2]), f16(0), i32([0, 1, 2])),
        kinds("S"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "bfloat16",
        dense(i64([-1, -1]), bf16([1, 2]), bf16(0), i32([0, 0, 2])),
        kinds("S"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "booleans",
        dense(i64([-1, -1]), boolean([True, True]), boolean(False), i32([0, 0, 2])),
        kinds("S"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "no_values",
        dense(i64([-1, 2]), f32([]), ZERO, i64([0, 0, 0])),
        kinds("S"),
    ),
    Sample(
        "RaggedTensorToTensor", "nothing", dense(i64([-1, -1]), f32([]), ZERO, i64([0])), kinds("S")
    ),
    Sample(
        "RaggedTensorToTensor",
        "fewer_splits_than_values",
        dense(i64([-1, -1]), FIVE, ZERO, i64([0, 2, 3])),
        kinds("S"),
    ),
    Sample(
        "RaggedTensorToTensor",
        "rowids_first",
        dense(i64([-1, -1]), FIVE, ZERO, ROWIDS),
        kinds("V"),
        error="must begin with",
    ),
    Sample(
        "RaggedTensorToTensor",
        "unknown_kind",
        dense(i64([-1, -1]), FIVE, ZERO, ROWIDS),
        kinds("ROW_LIMITS"),
        error="row_partition_types",
    ),
    Sample(
        "RaggedTensorToTensor",
        "shape_rank",
        dense(i64([3]), FIVE, ZERO, *ONE),
        kinds("S"),
        error="rank 2",
    ),
    Sample(
        "RaggedTensorToTensor",
        "shape_inner",
        dense(i64([-1, -1, 3]), normal(5, 2), ZERO, *ONE),
        kinds("S"),
        error="end like",
    ),
    Sample(
        "RaggedTensorToTensor",
        "default_rank",
        dense(i64([-1, -1]), FIVE, f32([0]), *ONE),
        kinds("S"),
        error="default_value",
    ),
    Sample(
        "RaggedTensorToTensor",
        "default_shape",
        dense(i64([-1, -1, -1]), normal(5, 2), f32([1, 2, 3]), *ONE),
        kinds("S"),
        error="broadcast",
    ),
    Sample(
        "RaggedTensorToTensor",
        "rowid_outside",
        dense(i64([-1, -1]), FIVE, ZERO, i64(2), ROWIDS),
        kinds("F", "V"),
        error="must lie in",
    ),
    Sample(
        "RaggedTensorToTensor",
        "empty_splits",
        dense(i64([-1, -1]), FIVE, ZERO, i64([])),
        kinds("S"),
        error="not be empty",
    ),
]
