"""Samples of `ops/dataset_batch.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Func, Sample, Step, b, boolean, f32, i64
from tests.samples.dataset_source import SOURCE, L, elements, numbers, rows, typed

BATCH = typed(L, [[None]])
#: Vectors of growing lengths, each of which holds its length.
GROWING = {
    "plain": numbers(4),
    "source": Call(
        "MapDataset",
        dict(input_dataset=Step("plain"), other_arguments=[]),
        dict(f=Func("repeated"), **BATCH),
    ),
}
FIVE = {"source": numbers(5)}
TEXT = {
    "source": rows(
        b(["a", "bc", ""]),
        f32([[1, 2], [3, 4], [5, 6]]),
        types=["string", "float32"],
        shapes=[[], [2]],
    )
}
PAIR = ["string", "float32"]


def of(op: str, label: str, count: int, before: Any = None, **more: Any) -> Sample:
    error, types = more.pop("error", None), more.pop("types", L)
    attrs = more.pop("attrs", None) or typed(types, [None] * len(types))
    inputs = dict(input_dataset=SOURCE, **more)
    return elements(op, label, inputs, attrs, count, types, before or FIVE, error)


def size(n: int, drop: bool = False) -> dict[str, Any]:
    return dict(batch_size=i64(n), drop_remainder=boolean(drop))


def padded(
    op: str,
    label: str,
    count: int,
    shape: Any,
    value: Any,
    n: int = 2,
    before: Any = GROWING,
    **more: Any,
) -> Sample:
    inputs = dict(batch_size=i64(n), padded_shapes=[i64(shape)], padding_values=[value])
    if op.endswith("V2"):
        inputs["drop_remainder"] = boolean(more.pop("drop", False))
    attrs = dict(output_shapes=[None])
    if op == "PaddedBatchDataset":
        return whole(op, label, inputs, attrs, before, more.pop("error", None))
    return of(op, label, count, before, attrs=attrs, **inputs, **more)


def whole(
    op: str, label: str, inputs: Any, attrs: Any, before: Any, error: str | None = None
) -> Sample:
    """The one batch of a dataset: TensorFlow's iterators cannot go over those of the old ops, which they do not rewrite."""
    after = dict(
        batches=Call("DatasetCardinality", dict(input_dataset=Step("sampled"))),
        batch=Call("DatasetToSingleElement", dict(dataset=Step("sampled")), typed(L, [None])),
    )
    return Sample(op, label, dict(input_dataset=SOURCE, **inputs), attrs, error, before, after)


SAMPLES = [
    of("BatchDatasetV2", "numbers", 3, **size(2)),
    of("BatchDatasetV2", "remainder dropped", 2, **size(2, True)),
    of("BatchDatasetV2", "no third batch", 3, **size(2, True), error="End of sequence"),
    of("BatchDatasetV2", "larger than the dataset", 1, **size(1 << 40)),
    of("BatchDatasetV2", "two components", 2, TEXT, types=PAIR, **size(2)),
    of("BatchDatasetV2", "several shapes", 1, GROWING, **size(2), error="different shapes"),
    of("BatchDatasetV2", "size of zero", 1, **size(0), error="greater than zero"),
    whole("BatchDataset", "numbers", dict(batch_size=i64(9)), BATCH, FIVE),
    of("BatchDataset", "size of zero", 1, batch_size=i64(0), error="greater than zero"),
    of("ParallelBatchDataset", "numbers", 3, num_parallel_calls=i64(2), **size(2)),
    of(
        "ParallelBatchDataset",
        "size of zero",
        1,
        num_parallel_calls=i64(2),
        **size(0),
        error="greater than zero",
    ),
    *(
        padded(op, label, count, shape, value, **more)
        for op in ("PaddedBatchDataset", "PaddedBatchDatasetV2")
        for label, count, shape, value, more in [
            ("largest", 1, [-1], i64(9), dict(n=9)),
            ("given", 1, [5], i64(-1), dict(n=9)),
            ("too small", 1, [2], i64(0), dict(n=9, error="pad to a smaller size")),
            ("another rank", 1, [-1, -1], i64(0), dict(n=9, error="rank")),
            ("values are no scalars", 1, [-1], i64([0]), dict(error="scalars")),
            ("size of zero", 1, [-1], i64(0), dict(n=0, error="greater than zero")),
        ]
    ),
    padded("PaddedBatchDatasetV2", "pairs", 2, [-1], i64(7)),
    padded("PaddedBatchDatasetV2", "remainder dropped", 1, [-1], i64(0), n=3, drop=True),
    *(
        sample
        for op in ("UnbatchDataset", "ExperimentalUnbatchDataset")
        for sample in (
            of(
                op,
                "rows",
                3,
                {
                    "whole": TEXT["source"],
                    "source": Call(
                        "BatchDatasetV2",
                        dict(input_dataset=Step("whole"), **size(2)),
                        typed(PAIR, [[None], [None, 2]]),
                    ),
                },
                types=PAIR,
                attrs=typed(PAIR, [[], [2]]),
            ),
            of(op, "scalars", 1, error="scalar"),
        )
    ),
]
