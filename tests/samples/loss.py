"""Samples of `ops/loss.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples import Sample, f32, i32, i64, normal, typed

INF, NAN = float("inf"), float("nan")


def chances(*shape: int, dtype: str = "float32") -> Any:
    """Rows that sum to one."""
    drawn = np.exp(normal(*shape, seed=7, dtype="float64"))
    return typed(drawn / drawn.sum(-1, keepdims=True), dtype)


def dense(label: str, features: Any, labels: Any, error: str | None = None) -> Sample:
    """One dense cross entropy."""
    inputs = dict(features=features, labels=labels)
    return Sample("SoftmaxCrossEntropyWithLogits", label, inputs, {}, error)


def sparse(label: str, features: Any, labels: Any, error: str | None = None) -> Sample:
    """One sparse cross entropy."""
    inputs = dict(features=features, labels=labels)
    return Sample("SparseSoftmaxCrossEntropyWithLogits", label, inputs, {}, error)


def top(
    label: str, predictions: Any, targets: Any, k: int, error: str | None = None
) -> list[Sample]:
    """Both versions of InTopK."""
    inputs = dict(predictions=f32(predictions), targets=i32(targets))
    return [
        Sample("InTopK", label, inputs, dict(k=k), error),
        Sample("InTopKV2", label, {**inputs, "k": i32(k)}, {}, error),
    ]


LOGITS = normal(5, 2, 4)

SAMPLES = [
    dense("matrix", normal(3, 4), chances(3, 4)),
    dense("broadcast_labels", normal(3, 4), chances(1, 4)),
    dense("broadcast_features", normal(1, 4), chances(3, 4)),
    dense("broadcast_classes", normal(2, 3), f32([[1], [0.5]])),
    dense("one_hot", f32([[1e3, -1e3], [0, 0]]), f32([[0, 1], [1, 0]])),
    dense("nan_and_inf", f32([[1, NAN], [INF, 1], [-INF, 1]]), f32([[0, 1], [1, 0], [0, 1]])),
    dense("half", normal(3, 4, dtype="float16"), chances(3, 4, dtype="float16")),
    dense("bfloat16", normal(3, 4, dtype="bfloat16"), chances(3, 4, dtype="bfloat16")),
    dense("double", normal(3, 4, dtype="float64"), chances(3, 4, dtype="float64")),
    dense("empty", normal(0, 4), chances(0, 4)),
    dense("no_classes", f32([]).reshape(2, 0), f32([]).reshape(2, 0)),
    dense("shapes", normal(3, 4), chances(3, 2), "broadcast"),
    dense("vector", normal(4), chances(4), "rank 2"),
    sparse("int64", normal(3, 4), i64([0, 3, 1])),
    sparse("int32", normal(3, 4), i32([0, 3, 1])),
    sparse("large", f32([[1e3, -1e3]]), i32([1])),
    sparse("nan", f32([[1, NAN, 2]]), i32([0])),
    sparse("half", normal(3, 4, dtype="float16"), i32([0, 3, 1])),
    sparse("double", normal(3, 4, dtype="float64"), i32([0, 3, 1])),
    sparse("empty", normal(0, 4), i32([])),
    sparse("too_large", normal(2, 3), i32([0, 3]), r"labels\[1\] = 3"),
    sparse("negative", normal(2, 3), i32([-1, 0]), r"labels\[0\] = -1"),
    sparse("lengths", normal(2, 3), i32([0]), "2 elements|compatible"),
    sparse("vector", normal(3), i32([0]), "rank 2"),
    sparse("labels_rank", normal(2, 3), i32([[0], [1]]), "rank 1"),
    sparse("no_classes", f32([]).reshape(2, 0), i32([0, 0]), "at least one class"),
    *top("first", [[1, 2, 3], [3, 2, 1]], [1, 0], 1),
    *top("second", [[1, 2, 3], [3, 2, 1]], [1, 2], 2),
    *top("ties", [[1, 1, 1], [2, 2, 1]], [2, 2], 1),
    *top("targets_outside", [[1, 2, 3], [1, 2, 3]], [3, -1], 5),
    *top("not_finite", [[NAN, 1, 2], [INF, 1, 2], [1, -INF, 2]], [2, 2, 2], 3),
    *top("k_zero", [[1, 2, 3]], [2], 0),
    *top("k_large", [[1, 2, 3]], [0], 10),
    *top("empty", f32([]).reshape(0, 3), [], 1),
    *top("lengths", [[1, 2, 3]], [0, 1], 1, "1 elements|compatible"),
    *top("rank", [1, 2, 3], [0], 1, "rank 2"),
    Sample(
        "InTopKV2",
        "int64",
        dict(predictions=normal(3, 4), targets=i64([0, 1, 2]), k=i64(2)),
    ),
    Sample(
        "InTopKV2",
        "k_vector",
        dict(predictions=normal(1, 4), targets=i32([0]), k=i32([2])),
        error="k must be a scalar",
    ),
]
