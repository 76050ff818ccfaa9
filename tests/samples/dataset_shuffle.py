"""Samples of `ops/dataset_shuffle.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, boolean, i64
from tests.samples.dataset_source import ELEMENT, SOURCE, numbers, of


def shuffle(
    op: str, label: str, drawn: int, size: int = 3, seeds: Any = (4, 5), **more: Any
) -> Sample:
    given = dict(buffer_size=i64(size), seed=i64(seeds[0]), seed2=i64(seeds[1]))
    return of(op, label, drawn, **given, **more)


NO_GENERATOR = {"generator": Call("DummySeedGenerator")}
GENERATOR = {
    "generator": Call(
        "AnonymousSeedGenerator", dict(seed=i64(4), seed2=i64(5), reshuffle=boolean(True))
    )
}
BY = dict(seed_generator=Step("generator"))
ONCE = dict(attrs=dict(reshuffle_each_iteration=False))


def generated(label: str, before: dict[str, Call], **more: Any) -> Sample:
    return shuffle("ShuffleDatasetV3", label, 5, before=before, **BY, **more)


SAMPLES = [
    shuffle("ShuffleDataset", "small buffer", 5),
    shuffle("ShuffleDataset", "buffer of one", 5, size=1),
    shuffle("ShuffleDataset", "large buffer", 5, size=100),
    shuffle("ShuffleDataset", "many", 40, size=7, source=numbers(40)),
    shuffle("ShuffleDataset", "one order", 5, **ONCE),
    shuffle("ShuffleDataset", "large seeds", 5, seeds=(2**62, -7)),
    shuffle("ShuffleDataset", "no buffer", 1, size=0, error="buffer_size"),
    shuffle("ShuffleDataset", "end", 6, error="End of sequence"),
    of(
        "ShuffleDatasetV2",
        "generator",
        5,
        buffer_size=i64(3),
        before=GENERATOR,
        **BY,
    ),
    of(
        "ShuffleDatasetV2",
        "no buffer",
        1,
        buffer_size=i64(0),
        before=GENERATOR,
        error="buffer_size",
        **BY,
    ),
    generated("no generator", NO_GENERATOR),
    generated("generator", GENERATOR),
    generated("no buffer", NO_GENERATOR, size=0, error="buffer_size"),
    Sample(
        "DummySeedGenerator",
        "stands for none",
        before={"source": numbers(5)},
        after={
            "shuffled": Call(
                "ShuffleDatasetV3",
                dict(
                    input_dataset=SOURCE,
                    buffer_size=i64(3),
                    seed=i64(4),
                    seed2=i64(5),
                    seed_generator=Step("sampled"),
                ),
                ELEMENT,
            ),
            "count": Call("DatasetCardinality", dict(input_dataset=Step("shuffled"))),
        },
    ),
    Sample(
        "AnonymousSeedGenerator",
        "gives seeds",
        dict(seed=i64(4), seed2=i64(5), reshuffle=boolean(True)),
        before={"source": numbers(5)},
        after={
            "shuffled": Call(
                "ShuffleDatasetV2",
                dict(input_dataset=SOURCE, buffer_size=i64(3), seed_generator=Step("sampled")),
                ELEMENT,
            ),
            "count": Call("DatasetCardinality", dict(input_dataset=Step("shuffled"))),
        },
    ),
    Sample(
        "AnonymousSeedGenerator",
        "no scalar",
        dict(seed=i64([4, 5]), seed2=i64(5), reshuffle=boolean(True)),
        error="scalar",
    ),
    *(
        shuffle(op, label, count, count=i64(repeats), **more, **other)
        for op, other in [
            ("ShuffleAndRepeatDataset", {}),
            ("ShuffleAndRepeatDatasetV2", dict(before=NO_GENERATOR, **BY)),
        ]
        for label, count, repeats, more in [
            ("epochs", 15, 3, {}),
            ("large buffer", 15, 3, dict(size=5)),
            ("endless", 20, -1, {}),
            ("one order", 10, 2, ONCE),
            ("no epochs", 1, 0, dict(error="count")),
        ]
    ),
]
