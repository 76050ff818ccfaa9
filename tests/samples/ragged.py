"""Samples of `ops/ragged.py`."""

from typing import Any

from tests.samples import (
    Sample,
    b,
    boolean,
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


ONE = [i64([0, 2, 2, 5])]
FIVE = f32([1, 2, 3, 4, 5])
TWO = [i64([0, 2, 2, 3]), i64([0, 2, 2, 5])]

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
]


def filled(label, rows, values, count, default, error=None):
    """Rows that have a value each."""
    inputs = dict(value_rowids=rows, values=values, nrows=count, default_value=default)
    return Sample("RaggedFillEmptyRows", label, inputs, error=error)


def filled_gradient(label, places, values, error=None):
    """What came of given values and of the default."""
    inputs = dict(reverse_index_map=places, grad_values=values)
    return Sample("RaggedFillEmptyRowsGrad", label, inputs, error=error)


SAMPLES += [
    filled("gaps", i64([1, 1, 3]), i32([5, 6, 7]), i64(5), i32(-1)),
    filled("unsorted", i64([3, 1, 0, 1]), f32([5, 6, 7, 8]), i64(5), f32(0.5)),
    filled("full", i64([0, 1, 1, 2]), f64([5, 6, 7, 8]), i64(3), f64(9)),
    filled("strings", i64([0, 2]), b(["a", "b"]), i64(3), b("z")),
    filled("bools", i64([1]), boolean([True]), i64(3), boolean(False)),
    filled("no_values", i64([]), f32([]), i64(3), f32(2)),
    filled("row_too_large", i64([3]), i32([5]), i64(3), i32(0), "must lie in"),
    filled("row_negative", i64([-1]), i32([5]), i64(3), i32(0), "must lie in"),
    filled("no_rows", i64([0]), i32([5]), i64(0), i32(0), "must lie in"),
    filled("negative_count", i64([0]), i32([5]), i64(-2), i32(0), ">= 0"),
    filled("lengths", i64([0, 1]), i32([5]), i64(3), i32(0), "one row per value"),
    filled("matrix", i64([[0]]), i32([5]), i64(3), i32(0), "rank 1"),
    filled("many_counts", i64([0]), i32([5]), i64([3]), i32(0), "scalar"),
    filled("many_defaults", i64([0]), i32([5]), i64(3), i32([0]), "scalar"),
    filled_gradient("gaps", i64([1, 2, 4]), f32([1, 2, 4, 8, 16, 32])),
    filled_gradient("none", i64([]), f64([1, 2])),
    filled_gradient("whole", i64([1, 0]), i32([1, 2])),
    filled_gradient("outside", i64([2]), f32([1, 2]), "must lie in"),
    filled_gradient("matrix", i64([[0]]), f32([1]), "rank 1"),
]
