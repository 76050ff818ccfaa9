"""Samples of `ops/ctc_loss.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples import Sample, f32, i32, i64, normal

NAN, INF = float("nan"), float("inf")
LOGITS = normal(5, 2, 4)
TWO, THREE = [[0, 0], [1, 0]], [[0, 0], [0, 1], [1, 0]]

#: Its kernels are for GPUs, so there are no answers.
SCHEMA_ONLY = ("CTCLossV2",)


def loss(
    label: str,
    indices: Any,
    values: Any,
    lengths: Any,
    inputs: Any = LOGITS,
    error: str | None = None,
    **attrs: Any,
) -> Sample:
    """One loss."""
    given = dict(
        inputs=inputs,
        labels_indices=i64(indices),
        labels_values=i32(values),
        sequence_length=i32(lengths),
    )
    # TensorFlow adds float64 logarithms in float32.
    loose = 1e5 if inputs.dtype == np.float64 else 10
    return Sample("CTCLoss", label, given, attrs, error, loose=loose)


MANY = [[row, place] for row in range(4) for place in range(1 + 3 * row)]
FLAT = [(3 * place + row) % 7 for row, place in MANY]

SAMPLES = [
    loss("labels", THREE, [0, 1, 2], [5, 4]),
    loss("double", THREE, [0, 1, 2], [5, 4], normal(5, 2, 4, dtype="float64")),
    loss("long", MANY, FLAT, [30, 5, 28, 30], normal(30, 4, 8)),
    loss("holes", [[0, 0], [0, 3], [1, 2]], [1, 1, 1], [5, 4]),
    loss("repeated", THREE, [1, 1, 1], [3, 3]),
    loss("repeated_without_time", THREE, [1, 1, 1], [2, 3]),
    loss("collapsed", THREE, [1, 1, 1], [2, 3], preprocess_collapse_repeated=True),
    loss("not_merged", THREE, [1, 1, 1], [2, 3], ctc_merge_repeated=False),
    loss(
        "not_merged_long", MANY, FLAT, [30, 5, 28, 30], normal(30, 4, 8), ctc_merge_repeated=False
    ),
    loss("nothing", TWO, [3, 2], [5, 4]),
    loss("nothing_in_two_steps", TWO, [3, 7], [2, 5]),
    loss("ends_with_nothing", THREE, [1, 3, 9], [5, 4]),
    loss("too_long_ignored", THREE, [1, 2, 1], [1, 3], ignore_longer_outputs_than_inputs=True),
    loss("no_steps_ignored", THREE, [1, 2, 1], [0, 3], ignore_longer_outputs_than_inputs=True),
    loss("far_apart", [[0, 0]], [0], [2], f32([[[0, 100, 0, 1]], [[90, 0, 0, 0]]])),
    loss("quite_far_apart", [[0, 0]], [0], [2], f32([[[0, 80, 0, 1]], [[60, 0, 0, 0]]])),
    loss("minus_infinity", [[0, 0]], [0], [2], f32([[[-INF, 1, -INF, -INF]], [[0, 8, 0, 0]]])),
    loss("nan", [[0, 0]], [0], [2], f32([[[0, NAN, 0, 1]], [[0, 8, 0, 0]]])),
    loss("infinity", [[0, 0]], [0], [2], f32([[[0, INF, 0, 1]], [[0, 8, 0, 0]]])),
    loss("too_long", THREE, [1, 2, 1], [1, 3], error="at least the number of labels"),
    loss("no_labels", [[0, 0]], [1], [5, 4], error="labels must not be empty"),
    loss("label_after_nothing", THREE, [3, 2, 1], [5, 4], error="must not follow"),
    loss("negative_label", TWO, [-1, 2], [5, 4], error="must not be negative"),
    loss("negative_length", TWO, [1, 2], [-1, 4], error="sequence_length must lie"),
    loss("length", TWO, [1, 2], [6, 4], error="sequence_length must lie"),
    loss("out_of_order", [[1, 0], [0, 0]], [1, 1], [5, 4], error="out of order"),
    loss("same_twice", [[0, 0], [0, 0], [1, 0]], [1, 1, 1], [5, 4], error="is repeated"),
    loss("batch", [[0, 0], [2, 0]], [1, 1], [5, 4], error=r"lie in \[0, 2\)"),
    loss("negative_index", [[0, -1], [1, 0]], [1, 1], [5, 4], error=">= 0"),
    loss("three_columns", [[0, 0, 0]], [1], [5, 4], error="must have shape"),
    loss("fewer_values", TWO, [1], [5, 4], error="must have shape|compatible"),
    loss("fewer_lengths", TWO, [1, 1], [5], error="2 elements|compatible"),
    loss("no_batch", np.zeros((0, 2)), [], [], LOGITS[:, :0], "must not be empty"),
    loss("no_time", TWO, [1, 1], [0, 0], LOGITS[:0], "must not be empty"),
    loss("matrix", TWO, [1, 1], [5, 4], LOGITS[0], "rank 3"),
]
