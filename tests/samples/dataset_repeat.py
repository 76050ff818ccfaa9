"""Samples of `ops/dataset_repeat.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, f32, i64
from tests.samples.dataset_source import ELEMENT, SOURCE, F, L, elements, numbers, of, rows


def shuffled_numbers() -> Call:
    inputs = dict(input_dataset=Step("plain"), buffer_size=i64(5), seed=i64(8), seed2=i64(9))
    return Call("ShuffleDataset", inputs, ELEMENT)


def epochs(label: str, count: int, epochs: int, attrs: Any = ()) -> Sample:
    """Several epochs of a shuffled dataset."""
    shuffle = shuffled_numbers()
    source = Call(shuffle.op, shuffle.inputs, {**shuffle.attrs, **dict(attrs)})
    before = {"plain": numbers(5), "source": source}
    inputs = dict(input_dataset=SOURCE, count=i64(epochs))
    return elements("RepeatDataset", label, inputs, ELEMENT, count, L, before)


SAMPLES = [
    of("RepeatDataset", "twice", 10, count=i64(2)),
    of("RepeatDataset", "endless", 12, count=i64(-1)),
    of("RepeatDataset", "never", 1, count=i64(0), error="End of sequence"),
    of("RepeatDataset", "nothing", 1, numbers(0), count=i64(-1), error="End of sequence"),
    of("RepeatDataset", "no scalar", 1, count=i64([1, 2]), error="scalar"),
    epochs("shuffled epochs", 15, 3),
    epochs("epochs of one order", 15, 3, dict(reshuffle_each_iteration=False)),
    of(
        "ConcatenateDataset",
        "numbers",
        8,
        another_dataset=Step("other"),
        before={"other": numbers(13, 10)},
    ),
    of(
        "ConcatenateDataset",
        "other types",
        1,
        another_dataset=Step("other"),
        before={"other": rows(f32([1, 2]), types=F, shapes=[[]])},
        error="types",
    ),
]
