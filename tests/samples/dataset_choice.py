"""Samples of `ops/dataset_choice.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, f32, i64
from tests.samples.dataset_shuffle import GENERATOR, NO_GENERATOR
from tests.samples.dataset_source import ELEMENT, L, elements, numbers, rows

BEFORE = {
    "selector": rows(i64([1, 0, 1, 1, 1, 0, 2, 0, 0, 0]), types=L, shapes=[[]]),
    "first": numbers(3),
    "second": numbers(12, 10),
    "third": numbers(31, 30),
}


def random(op: str, label: str, count: int, seeds: Any = (4, 5), **more: Any) -> Sample:
    error, before = more.pop("error", None), more.pop("before", None)
    inputs = dict(seed=i64(seeds[0]), seed2=i64(seeds[1]), **more.pop("inputs", {}))
    return elements(op, label, inputs, {**ELEMENT, **more}, count, L, before, error)


def again(label: str, before: dict[str, Call], **more: Any) -> Sample:
    inputs = dict(seed_generator=Step("generator"))
    return random("RandomDatasetV2", label, 6, before=before, inputs=inputs, **more)


def directed(
    label: str,
    count: int,
    sources: tuple[str, ...] = ("first", "second", "third"),
    op: str = "DirectedInterleaveDataset",
    **more: Any,
) -> Sample:
    error = more.pop("error", None)
    before = {**BEFORE, **more.pop("before", {})}
    inputs = dict(
        selector_input_dataset=Step("selector"), data_input_datasets=[Step(n) for n in sources]
    )
    return elements(op, label, inputs, {**ELEMENT, **more}, count, L, before, error)


OLD = "ExperimentalDirectedInterleaveDataset"
FLOATS = rows(f32([1, 2]), types=["float32"], shapes=[[]])

SAMPLES = [
    random("RandomDataset", "numbers", 9),
    random("RandomDataset", "large seeds", 5, (2**62, -7)),
    random("RandomDataset", "seeds that are no scalars", 1, ([1], 2), error="rank|scalar"),
    Sample(
        "ExperimentalRandomDataset",
        "is endless",
        dict(seed=i64(4), seed2=i64(5)),
        ELEMENT,
        after={"count": Call("DatasetCardinality", dict(input_dataset=Step("sampled")))},
    ),
    random("ExperimentalRandomDataset", "no scalars", 1, ([1], 2), error="rank|scalar"),
    again("generator", GENERATOR, rerandomize_each_iteration=True),
    again("no generator", NO_GENERATOR, rerandomize_each_iteration=True),
    again("the same numbers", GENERATOR),
    again("no scalars", NO_GENERATOR, seeds=(1, [2]), error="rank|scalar"),
    directed("passed over", 6),
    directed("end of all", 7, error="End of sequence"),
    directed("stops", 3, stop_on_empty_dataset=True),
    directed("end of one", 4, stop_on_empty_dataset=True, error="End of sequence"),
    directed("no such place", 6, ("first", "second"), error="out of range"),
    directed("other types", 1, before={"second": FLOATS}, error="output_dtypes"),
    directed("no numbers", 1, before={"selector": FLOATS}, error="scalar int64"),
    directed("passed over", 6, op=OLD),
    directed("no such place", 6, ("first", "second"), op=OLD, error="out of range"),
]
