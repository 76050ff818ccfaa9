"""Samples of `ops/ragged.py`."""

from typing import Any

from tests.samples import (
    Call,
    Sample,
    Step,
    b,
    bf16,
    boolean,
    f16,
    f32,
    f64,
    i32,
    i64,
    normal,
    quantized,
)


def gather(splits: Any, values: Any, indices: Any) -> dict[str, Any]:
    """The inputs of RaggedGather."""
    return dict(params_nested_splits=splits, params_dense_values=values, indices=indices)


def spans(starts: Any, limits: Any, deltas: Any) -> dict[str, Any]:
    """The inputs of RaggedRange."""
    return dict(starts=starts, limits=limits, deltas=deltas)


def nested(splits: Any, values: Any) -> dict[str, Any]:
    """The inputs of RaggedTensorToSparse and RaggedTensorToVariant."""
    return dict(rt_nested_splits=splits, rt_dense_values=values)


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


def decoded(
    splits: Any, values: Any, batched: bool, input_rank: int, output_rank: int, **more: Any
) -> dict[str, Any]:
    """A variant made of a ragged tensor, and the attributes that decode it."""
    return dict(
        inputs=dict(encoded_ragged=Step("encoded")),
        attrs=dict(
            input_ragged_rank=input_rank,
            output_ragged_rank=output_rank,
            **{"Tvalues": "float32", "Tsplits": "int64", **more},
        ),
        before=dict(
            encoded=Call(
                "RaggedTensorToVariant", nested(splits, values), dict(batched_input=batched)
            )
        ),
    )


ONE = [i64([0, 2, 2, 5])]
FIVE = f32([1, 2, 3, 4, 5])
TWO = [i64([0, 2, 2, 3]), i64([0, 2, 2, 5])]
ROWIDS = i64([0, 0, 2, 2, 2])
ZERO = f32(0)

SAMPLES = [
    Sample("RaggedGather", "vector", gather(ONE, FIVE, i32([2, 0, 1])), dict(OUTPUT_RAGGED_RANK=1)),
    Sample("RaggedGather", "scalar", gather(ONE, FIVE, i64(2)), dict(OUTPUT_RAGGED_RANK=0)),
    Sample(
        "RaggedGather",
        "matrix",
        gather(ONE, FIVE, i64([[2, 0], [0, 1], [2, 2]])),
        dict(OUTPUT_RAGGED_RANK=2),
    ),
    Sample(
        "RaggedGather",
        "two_levels",
        gather(TWO, b(list("abcde")), i64([2, 0, 0, 1])),
        dict(OUTPUT_RAGGED_RANK=2),
    ),
    Sample(
        "RaggedGather", "two_levels_scalar", gather(TWO, FIVE, i64(0)), dict(OUTPUT_RAGGED_RANK=1)
    ),
    Sample(
        "RaggedGather",
        "inner_dimension",
        gather([i32([0, 2, 5])], normal(5, 2), i64([1])),
        dict(OUTPUT_RAGGED_RANK=1),
    ),
    Sample("RaggedGather", "none", gather(ONE, FIVE, i64([])), dict(OUTPUT_RAGGED_RANK=1)),
    Sample(
        "RaggedGather",
        "unused_values",
        gather([i64([1, 2, 3])], FIVE, i64([1, 0])),
        dict(OUTPUT_RAGGED_RANK=1),
    ),
    Sample(
        "RaggedGather",
        "quantised",
        gather(ONE, quantized([1, 2, 3, 4, 5], "qint8"), i64([2])),
        dict(OUTPUT_RAGGED_RANK=1),
    ),
    Sample(
        "RaggedGather",
        "outside",
        gather(ONE, FIVE, i64([3])),
        dict(OUTPUT_RAGGED_RANK=1),
        error="must lie in",
    ),
    Sample(
        "RaggedGather",
        "negative",
        gather(ONE, FIVE, i64([-1])),
        dict(OUTPUT_RAGGED_RANK=1),
        error="must lie in",
    ),
    Sample(
        "RaggedGather",
        "past_values",
        gather([i64([0, 9])], FIVE, i64([0])),
        dict(OUTPUT_RAGGED_RANK=1),
        error="ascend within",
    ),
    Sample(
        "RaggedGather",
        "descending",
        gather([i64([0, 3, 1])], FIVE, i64([0])),
        dict(OUTPUT_RAGGED_RANK=1),
        error="ascend within",
    ),
    Sample("RaggedRange", "vectors", spans(i32([0, 5, 8]), i32([3, 5, 2]), i32([1, 1, -2]))),
    Sample("RaggedRange", "scalars", spans(i64(2), i64(9), i64(3))),
    Sample(
        "RaggedRange", "broadcast", spans(i32(0), i32([3, 0, -2, 7]), i32(2)), dict(Tsplits="int32")
    ),
    Sample("RaggedRange", "floats", spans(f32([0, 1]), f32([0.95, -1]), f32([0.1, -0.3]))),
    Sample("RaggedRange", "doubles", spans(f64([0, 1]), f64([0.95, -1]), f64([0.1, -0.3]))),
    Sample("RaggedRange", "no_rows", spans(f32([]), f32([]), f32([]))),
    Sample("RaggedRange", "empty_row", spans(f32([1, 2]), f32([0, 4]), f32(1))),
    Sample("RaggedRange", "extremes", spans(i64(-(2**63)), i64(2**63 - 1), i64(2**62))),
    Sample("RaggedRange", "zero", spans(i32(0), i32(3), i32(0)), error="not be 0"),
    Sample("RaggedRange", "lengths", spans(i32([0, 1]), i32([3, 2, 1]), i32(1)), error="length"),
    Sample("RaggedRange", "rank", spans(i32([[0]]), i32(1), i32(1)), error="rank <= 1"),
    Sample("RaggedTensorToSparse", "one_level", nested(ONE, FIVE)),
    Sample("RaggedTensorToSparse", "two_levels", nested(TWO, b(list("abcde")))),
    Sample("RaggedTensorToSparse", "three_levels", nested([i64([0, 1, 3]), *TWO], FIVE)),
    Sample(
        "RaggedTensorToSparse", "inner_dimensions", nested([i32([0, 2, 2, 3])], normal(3, 2, 2))
    ),
    Sample("RaggedTensorToSparse", "no_values", nested([i64([0, 0, 0])], f32([]))),
    Sample("RaggedTensorToSparse", "no_rows", nested([i64([0])], f32([]))),
    Sample("RaggedTensorToSparse", "end", nested([i64([0, 4])], FIVE), error="ascend"),
    Sample("RaggedTensorToSparse", "start", nested([i64([1, 5])], FIVE), error="ascend"),
    Sample("RaggedTensorToSparse", "descending", nested([i64([0, 5, 3, 5])], FIVE), error="ascend"),
    Sample("RaggedTensorToSparse", "no_splits", nested([i64([])], FIVE), error="not be empty"),
    Sample(
        "RaggedTensorToSparse",
        "levels",
        nested([i64([0, 2]), i64([0, 2, 3, 5])], FIVE),
        error="ascend",
    ),
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
    Sample("RaggedTensorToVariant", "batched", nested(TWO, FIVE), dict(batched_input=True)),
    Sample("RaggedTensorToVariant", "whole", nested(TWO, FIVE), dict(batched_input=False)),
    Sample(
        "RaggedTensorToVariant",
        "values_rank",
        nested([], f32(1)),
        dict(batched_input=False),
        error="rank >= 1",
    ),
    Sample(
        "RaggedTensorToVariant",
        "no_splits",
        nested([], FIVE),
        dict(batched_input=True, Tsplits="int64"),
        error="not be empty",
    ),
    Sample("RaggedTensorFromVariant", "batched", **decoded(TWO, FIVE, True, 1, 2)),
    Sample("RaggedTensorFromVariant", "one_level", **decoded(ONE, normal(5, 2), True, 0, 1)),
    Sample("RaggedTensorFromVariant", "inferred", **decoded(ONE, FIVE, True, -1, 1)),
    Sample("RaggedTensorFromVariant", "whole", **decoded(TWO, FIVE, False, 2, 2)),
    Sample(
        "RaggedTensorFromVariant",
        "three_levels",
        **decoded([i64([0, 1, 3]), *TWO], FIVE, True, 2, 3),
    ),
    Sample("RaggedTensorFromVariant", "none", **decoded([i64([0])], f32([]), True, 0, 1)),
    Sample(
        "RaggedTensorFromVariant", "rank", **decoded(ONE, FIVE, True, 1, 2), error="ragged rank"
    ),
    Sample(
        "RaggedTensorFromVariant",
        "type",
        **decoded(ONE, FIVE, True, 0, 1, Tvalues="int32"),
        error="must hold",
    ),
    Sample(
        "RaggedTensorFromVariant",
        "splits_type",
        **decoded(TWO, FIVE, True, 1, 2, Tsplits="int32"),
        error="int32",
    ),
]
