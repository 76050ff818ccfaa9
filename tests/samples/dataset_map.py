"""Samples of `ops/dataset_map.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Func, Sample, Step, boolean, f32, i32, i64
from tests.samples.dataset_source import SOURCE, L, elements, numbers, typed

FIVE = {"source": numbers(5)}
NUMBER, BATCH = typed(L, [[]]), typed(L, [[None]])


def of(op: str, label: str, count: int, function: str, before: Any = None, **more: Any) -> Sample:
    error, attrs = more.pop("error", None), more.pop("attrs", NUMBER)
    key = "predicate" if op.endswith(("FilterDataset", "TakeWhileDataset")) else "f"
    inputs = dict(input_dataset=SOURCE, other_arguments=more.pop("arguments", []), **more)
    types = attrs["output_types"]
    made = {key: Func(function), **attrs}
    return elements(op, label, inputs, made, count, types, before or FIVE, error)


def maps(op: str, **more: Any) -> list[Sample]:
    """What all ops that map are given."""
    return [
        of(op, "numbers", 5, "plus_one", **more),
        of(op, "captured", 5, "product_of_two", arguments=[i64(3)], **more),
        of(op, "drawn", 5, "drawn", **more),
        of(op, "error", 1, "sixth", error="zero", **more),
        of(op, "end", 6, "plus_one", error="End of sequence", **more),
    ]


def folded(
    op: str, label: str, inputs: Any, attrs: Any, before: Any, error: str | None = None
) -> Sample:
    return Sample(op, label, inputs, attrs, error, before)


TWO = dict(num_parallel_calls=i64(2))
STATE = dict(initial_state=[i64(1)])

SAMPLES = [
    *maps("MapDataset"),
    *(
        of(
            "ExperimentalMapAndBatchDataset",
            label,
            3,
            "plus_one",
            batch_size=i64(size),
            drop_remainder=boolean(False),
            attrs=BATCH,
            error=error,
            **TWO,
        )
        for label, size, error in (("numbers", 2, None), ("size of zero", 0, "batch_size"))
    ),
    of("ExperimentalTakeWhileDataset", "small", 2, "is_small"),
    of("ExperimentalTakeWhileDataset", "end", 3, "is_small", error="End of sequence"),
    of("ExperimentalScanDataset", "sums and products", 5, "sum_and_product", **STATE),
    of("ExperimentalScanDataset", "end", 6, "sum_and_product", error="End of sequence", **STATE),
    folded("ExperimentalDatasetCardinality", "numbers", dict(input_dataset=SOURCE), {}, FIVE),
    of(
        "MapDataset",
        "several results",
        5,
        "sum_and_product",
        arguments=[i64(3)],
        attrs=typed(L * 2, [[], []]),
    ),
    *maps("ParallelMapDataset", num_parallel_calls=i32(2)),
    of("ParallelMapDataset", "no calls", 1, "plus_one", num_parallel_calls=i32(0), error="greater"),
    *maps("ParallelMapDatasetV2", **TWO),
    of(
        "ParallelMapDatasetV2",
        "no calls",
        1,
        "plus_one",
        num_parallel_calls=i64(0),
        error="greater",
    ),
    of(
        "MapAndBatchDataset",
        "numbers",
        3,
        "plus_one",
        batch_size=i64(2),
        drop_remainder=boolean(False),
        attrs=BATCH,
        **TWO,
    ),
    of(
        "MapAndBatchDataset",
        "remainder dropped",
        3,
        "plus_one",
        batch_size=i64(2),
        drop_remainder=boolean(True),
        attrs=BATCH,
        error="End of sequence",
        **TWO,
    ),
    of(
        "MapAndBatchDataset",
        "size of zero",
        1,
        "plus_one",
        batch_size=i64(0),
        drop_remainder=boolean(True),
        attrs=BATCH,
        error="greater than zero",
        **TWO,
    ),
    of("FilterDataset", "even", 3, "is_even"),
    of("FilterDataset", "end", 4, "is_even", error="End of sequence"),
    of("FilterDataset", "two truths", 1, "pair_of_truths", error="scalar"),
    of("TakeWhileDataset", "small", 2, "is_small"),
    of("TakeWhileDataset", "end", 3, "is_small", error="End of sequence"),
    of("TakeWhileDataset", "two truths", 1, "pair_of_truths", error="scalar"),
    of("ScanDataset", "sums and products", 5, "sum_and_product", **STATE),
    of("ScanDataset", "end", 6, "sum_and_product", error="End of sequence", **STATE),
    folded(
        "ReduceDataset",
        "sum",
        dict(input_dataset=SOURCE, initial_state=[i64(1)], other_arguments=[]),
        dict(f=Func("plus"), **NUMBER),
        FIVE,
    ),
    folded(
        "ReduceDataset",
        "error",
        dict(input_dataset=SOURCE, initial_state=[i64(1)], other_arguments=[]),
        dict(f=Func("divided"), **NUMBER),
        FIVE,
        "zero",
    ),
    folded("DatasetToSingleElement", "one", dict(dataset=SOURCE), NUMBER, {"source": numbers(1)}),
    folded(
        "DatasetToSingleElement",
        "none",
        dict(dataset=SOURCE),
        NUMBER,
        {"source": numbers(0)},
        "empty",
    ),
    folded(
        "DatasetToSingleElement",
        "two",
        dict(dataset=SOURCE),
        NUMBER,
        {"source": numbers(2)},
        "more",
    ),
    *(
        folded("DatasetCardinality", label, dict(input_dataset=SOURCE), {}, before)
        for label, before in {
            "numbers": FIVE,
            "steps": {"source": numbers(7, 1, 4)},
            "none": {"source": numbers(-3)},
            "endless": {
                "plain": numbers(5),
                "source": Call(
                    "RepeatDataset", dict(input_dataset=Step("plain"), count=i64(-1)), NUMBER
                ),
            },
            "unknown": {
                "plain": numbers(5),
                "source": Call(
                    "FilterDataset",
                    dict(input_dataset=Step("plain"), other_arguments=[]),
                    dict(predicate=Func("is_even"), **NUMBER),
                ),
            },
        }.items()
    ),
    *(
        Sample(
            op,
            "no dataset",
            dict(input_dataset=Step("list")),
            {},
            "must be a dataset",
            {
                "list": Call(
                    "TensorListFromTensor",
                    dict(tensor=f32([1]), element_shape=i32([])),
                )
            },
        )
        for op in ("DatasetCardinality", "ExperimentalDatasetCardinality")
    ),
]
