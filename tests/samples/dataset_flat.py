"""Samples of `ops/dataset_flat.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Func, Sample, i64
from tests.samples.dataset_source import SOURCE, L, elements, numbers, typed

FIVE = {"source": numbers(5)}


def of(op: str, label: str, count: int, function: str = "numbers_below", **more: Any) -> Sample:
    error = more.pop("error", None)
    inputs = dict(input_dataset=SOURCE, other_arguments=[], **more)
    return elements(
        op, label, inputs, dict(f=Func(function), **typed(L, [[]])), count, L, FIVE, error
    )


def turns(cycle: int, block: int) -> dict[str, Any]:
    return dict(cycle_length=i64(cycle), block_length=i64(block))


SAMPLES = [
    of("FlatMapDataset", "numbers", 10),
    of("FlatMapDataset", "end", 11, error="End of sequence"),
    of("FlatMapDataset", "no datasets", 1, "plus_one", error="variant|dataset"),
    *(
        of("InterleaveDataset", f"{cycle} by {block}", 10, **turns(cycle, block))
        for cycle, block in [(1, 1), (2, 1), (2, 2), (3, 2), (4, 3), (9, 1)]
    ),
    of("InterleaveDataset", "end", 11, **turns(2, 2), error="End of sequence"),
    of("InterleaveDataset", "no cycle", 1, **turns(0, 2), error="cycle_length"),
    of("InterleaveDataset", "no block", 1, **turns(2, 0), error="block_length"),
]
