"""Samples of `ops/dataset_parse.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, b, f32, i64
from tests.samples.dataset_source import SOURCE, elements, rows, typed
from tests.samples.parsing_example import NONE, A, B

TEXTS = rows(b([[A, B], [NONE, A]]), types=["string"], shapes=[[2]])


def parsed(
    label: str,
    count: int,
    types: list[str],
    error: str | None = None,
    source: Call = TEXTS,
    calls: int = 1,
    op: str = "ParseExampleDatasetV2",
    defaults: tuple[Any, ...] = (),
    **attrs: Any,
) -> Sample:
    given: dict[str, Any] = dict(
        sparse_keys=[],
        dense_keys=[],
        sparse_types=[],
        dense_shapes=[],
        **typed(types, [None] * len(types)),
    )
    given.update(attrs)
    inputs = dict(
        input_dataset=SOURCE, num_parallel_calls=i64(calls), dense_defaults=list(defaults)
    )
    before = {"source": source}
    return elements(op, label, inputs, given, count, types, before, error)


DENSE = dict(dense_keys=["a", "n"], dense_shapes=[[2], []], defaults=(f32([7, 8]), i64(5)))
F, N = "float32", "int64"

SAMPLES = [
    *(
        sample
        for op in ("ParseExampleDataset", "ExperimentalParseExampleDataset")
        for sample in (
            parsed("dense", 2, [F, N], op=op, **DENSE),
            parsed("sloppy", 2, [F, N], op=op, sloppy=True, **DENSE),
            parsed("no calls", 1, [F, N], "num_parallel_calls", calls=0, op=op, **DENSE),
        )
    ),
    parsed("dense", 2, [F, N], **DENSE),
    parsed(
        "dense in order of names",
        2,
        [F, N],
        dense_keys=["n", "a"],
        dense_shapes=[[], [2]],
        defaults=(i64(5), f32([7, 8])),
    ),
    parsed("end", 3, [F, N], "End of sequence", **DENSE),
    parsed("any number of calls", 2, [F, N], calls=-1, **DENSE),
    parsed("no calls", 1, [F, N], "greater than zero|num_parallel_calls", calls=0, **DENSE),
    parsed(
        "no default",
        2,
        [F],
        "required|absent|missing|default",
        dense_keys=["a"],
        dense_shapes=[[2]],
        defaults=(f32([]),),
    ),
    parsed(
        "no example",
        1,
        [F, N],
        "[Cc]ould not parse|must be a tf.Example",
        source=rows(b([["ab"]]), types=["string"], shapes=[[1]]),
        **DENSE,
    ),
]
