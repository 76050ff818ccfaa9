"""Samples of `ops/pooling_fractional.py`."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tests.samples import Sample, f32, i64, normal, typed

NAN, INF = float("nan"), float("inf")
POOLS = ("FractionalMaxPool", "FractionalAvgPool")
IMAGE = normal(2, 17, 23, 3)
RATIO = [1.0, 1.44, 1.73, 1.0]


def pool(
    op: str,
    label: str,
    value: Any,
    ratio: list[float] = RATIO,
    error: str | None = None,
    **attrs: Any,
) -> Sample:
    """Two runs of a node that keeps its cells."""
    attrs = dict(pooling_ratio=ratio, deterministic=True, seed=7, seed2=11) | attrs
    return Sample(op, label, dict(value=value), attrs, error, runs=1 if error else 2, loose=10)


def avg(label: str, error: str | None = None, dtype: str = "float32", **more: Any) -> Sample:
    """A gradient of means."""
    inputs = dict(
        orig_input_tensor_shape=i64([2, 5, 6, 3]),
        out_backprop=typed(normal(2, 2, 3, 3, dtype="float64") * 9, dtype),
        row_pooling_sequence=i64([0, 2, 5]),
        col_pooling_sequence=i64([0, 1, 4, 6]),
    )
    inputs.update({name: more.pop(name) for name in list(more) if name in inputs})
    return Sample("FractionalAvgPoolGrad", label, inputs, more, error)


X = np.random.default_rng(5).permutation(2 * 5 * 6 * 3).reshape(2, 5, 6, 3)


def largest(x: Any, overlapping: bool = False) -> Any:
    """The maxima of the cells of the gradients below."""
    rows, columns = [0, 2, 5], [0, 1, 4, 6]
    more = int(overlapping)
    return np.stack(
        [
            np.stack(
                [
                    x[:, a : b + more, c : d + more].max((1, 2))
                    for c, d in itertools.pairwise(columns)
                ],
                1,
            )
            for a, b in itertools.pairwise(rows)
        ],
        1,
    )


def most(label: str, error: str | None = None, dtype: str = "float32", **more: Any) -> Sample:
    """A gradient of maxima."""
    x = typed(X, dtype)
    inputs = dict(
        orig_input=x,
        orig_output=largest(x, more.get("overlapping", False)),
        out_backprop=typed(normal(2, 2, 3, 3, dtype="float64") * 9, dtype),
        row_pooling_sequence=i64([0, 2, 5]),
        col_pooling_sequence=i64([0, 1, 4, 6]),
    )
    inputs.update({name: more.pop(name) for name in list(more) if name in inputs})
    return Sample("FractionalMaxPoolGrad", label, inputs, more, error)


HOLES = f32([[[[NAN], [1], [-INF], [NAN]], [[NAN], [NAN], [-INF], [-INF]], [[1], [2], [3], [4]]]])

SAMPLES = [
    *(
        sample
        for op in POOLS
        for sample in (
            *(
                pool(
                    op,
                    f"{kind}_{mode}",
                    typed(IMAGE * (100 if kind[0] == "i" else 1), kind),
                    pseudo_random=pseudo,
                    overlapping=over,
                )
                for kind in ("float32", "float64", "int32", "int64")
                for mode, pseudo, over in (
                    ("random", False, False),
                    ("pseudo", True, False),
                    ("overlapping", False, True),
                    ("pseudo_overlapping", True, True),
                )
            ),
            pool(op, "seed2", IMAGE, seed=0),
            pool(op, "whole_ratio", IMAGE[:, :16, :20], [1, 2, 4, 1]),
            pool(op, "whole_ratio_pseudo", IMAGE[:, :16, :20], [1, 2, 4, 1], pseudo_random=True),
            pool(op, "ratio_one", IMAGE[:, :3, :4], [1, 1, 1, 1]),
            pool(op, "large_ratio", IMAGE, [1, 17, 9.5, 1], pseudo_random=True),
            pool(op, "one_third", IMAGE[:, :9], [1, 1.5, 1.1, 1]),
            pool(op, "not_finite", HOLES, [1, 1.5, 2, 1], overlapping=True),
            Sample(
                op,
                "drawn_from_the_system",
                dict(value=IMAGE),
                dict(pooling_ratio=RATIO),
                differs="drawn from the system",
            ),
            pool(op, "seeds_without_deterministic", IMAGE, error="must be 0", deterministic=False),
            pool(op, "ratio_below_one", IMAGE, [1, 0.5, 1, 1], "at least 1"),
            pool(op, "ratio_of_the_batch", IMAGE, [2, 1, 1, 1], "must be 1 for batch"),
            pool(op, "ratio_of_the_channels", IMAGE, [1, 1, 1, 2], "must be 1 for batch"),
            pool(op, "five_ratios", IMAGE, [1, 1, 1, 1, 1], "must have 4 values"),
            pool(op, "too_large_a_ratio", IMAGE, [1, 18, 1, 1], "must have sizes"),
            pool(op, "no_batch", IMAGE[:0], error="must have sizes"),
            pool(op, "no_channels", IMAGE[..., :0], error="must have sizes"),
            pool(op, "rank", IMAGE[0], error="rank 4"),
        )
    ),
    *(avg(kind, dtype=kind) for kind in ("float32", "float64", "int32", "int64")),
    avg("overlapping", overlapping=True),
    avg("not_from_the_start", row_pooling_sequence=i64([1, 2, 4])),
    avg("longer_sequence", row_pooling_sequence=i64([0, 2, 5, 5])),
    avg("shape", "shape \\[4\\]", orig_input_tensor_shape=i64([2, 5, 6])),
    avg("negative", "sizes >= 0", orig_input_tensor_shape=i64([2, -5, 6, 3])),
    avg("no_input", "batch and depth", orig_input_tensor_shape=i64([0, 5, 6, 3])),
    avg("rank", "rank 4", out_backprop=normal(2, 2, 3)),
    avg("no_output", "must not be empty", out_backprop=normal(0, 2, 3, 3)),
    avg("short_sequence", "must have 3 elements", row_pooling_sequence=i64([0, 5])),
    avg("negative_start", "must rise", row_pooling_sequence=i64([-1, 2, 5])),
    *(most(kind, dtype=kind) for kind in ("float32", "float64", "int32", "int64")),
    most("overlapping", overlapping=True),
    most("ties", orig_input=f32(X * 0), orig_output=f32(X[:, :2, :3] * 0)),
    most("longer_sequence", row_pooling_sequence=i64([0, 2, 5, 5])),
    most("other_output", "must be what the pooling", orig_output=f32(X[:, :2, :3])),
    most("nan", "must be what the pooling", orig_input=f32(X * NAN)),
    most("input_rank", "rank 4", orig_input=f32(X[0])),
    most("output_rank", "rank 4", orig_output=f32(X[0])),
    most("no_input", "must not be empty", orig_input=f32(X[:0])),
    most("falling", "must rise", row_pooling_sequence=i64([0, 3, 2])),
    most("other_cells", "must be what the pooling", row_pooling_sequence=i64([0, 1, 5])),
    most("matrix", "rank 1", row_pooling_sequence=i64([[0, 2, 5]])),
]
