"""Samples of `ops/dataset_flat.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Func, Sample, boolean, i64
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


LEGACY = dict(buffer_output_elements=i64(2), prefetch_input_elements=i64(2))
OLD = dict(sloppy=boolean(False), **LEGACY)
NEW = dict(**LEGACY, num_parallel_calls=i64(1))
PLAIN = dict(num_parallel_calls=i64(1))


SAMPLES = [
    of("FlatMapDataset", "numbers", 10),
    of("FlatMapDataset", "end", 11, error="End of sequence"),
    of("FlatMapDataset", "no datasets", 1, "plus_one", error="variant|dataset"),
    *(
        of("InterleaveDataset", f"{cycle} by {block}", 10, **turns(cycle, block))
        for cycle, block in [(1, 1), (2, 1), (2, 2), (3, 2), (4, 3), (9, 1)]
    ),
    *(
        of(op, f"{cycle} by {block}", 10, **turns(cycle, block), **more)
        for op, more in [
            ("ParallelInterleaveDataset", OLD),
            ("ExperimentalParallelInterleaveDataset", OLD),
            ("ParallelInterleaveDatasetV2", PLAIN),
            ("ParallelInterleaveDatasetV3", PLAIN),
            ("ParallelInterleaveDatasetV4", NEW),
            ("LegacyParallelInterleaveDatasetV2", LEGACY),
        ]
        for cycle, block in [(1, 1), (2, 2), (3, 2)]
    ),
    *(
        of(
            "LegacyParallelInterleaveDatasetV2",
            f"{what} below 0",
            1,
            **{**turns(2, 2), **LEGACY, what: i64(-1)},
            error=what,
        )
        for what in (*turns(2, 2), *LEGACY)
    ),
    of("LegacyParallelInterleaveDatasetV2", "end", 11, **turns(2, 1), **LEGACY, error="End of"),
    of("ParallelInterleaveDataset", "end", 11, **turns(2, 2), **OLD, error="End of sequence"),
    of("ParallelInterleaveDataset", "no cycle", 1, **turns(0, 2), **OLD, error="cycle_length"),
    of("ExperimentalParallelInterleaveDataset", "end", 11, **turns(2, 2), **OLD, error="End of"),
    *(
        sample
        for op in ("ParallelInterleaveDatasetV2", "ParallelInterleaveDatasetV3")
        for sample in (
            of(op, "end", 11, **turns(2, 2), **PLAIN, error="End of sequence"),
            of(op, "no block", 1, **turns(2, 0), **PLAIN, error="block_length"),
            of(op, "no calls", 1, **turns(2, 2), num_parallel_calls=i64(0), error="parallel_calls"),
        )
    ),
    of("ParallelInterleaveDatasetV4", "end", 11, **turns(2, 2), **NEW, error="End of sequence"),
    of("ParallelInterleaveDatasetV4", "no cycle", 1, **turns(0, 2), **NEW, error="cycle_length"),
    of(
        "ParallelInterleaveDatasetV4",
        "more calls than datasets",
        1,
        **turns(1, 2),
        **{**NEW, "num_parallel_calls": i64(2)},
        error="num_parallel_calls",
    ),
    of("InterleaveDataset", "end", 11, **turns(2, 2), error="End of sequence"),
    of("InterleaveDataset", "no cycle", 1, **turns(0, 2), error="cycle_length"),
    of("InterleaveDataset", "no block", 1, **turns(2, 0), error="block_length"),
]
