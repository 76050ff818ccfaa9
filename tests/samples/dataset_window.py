"""Samples of `ops/dataset_window.py`."""

from __future__ import annotations

from tests.samples import Call, Func, Sample, Step, boolean, i64
from tests.samples.dataset_source import SOURCE, L, elements, numbers, typed

BATCH = typed(L, [[None]])
FIVE = {"source": numbers(5)}


def window(
    label: str, count: int, *steps: int, drop: bool = False, error: str | None = None
) -> Sample:
    """The elements of the first windows: those of the others belong to nobody."""
    types = typed(["variant"], [[]])
    inputs = dict(zip(("size", "shift", "stride"), map(i64, steps)))
    nested = {
        "flat": Call(
            "FlatMapDataset",
            dict(input_dataset=Step("sampled"), other_arguments=[]),
            dict(f=Func("whole"), **BATCH),
        )
    }
    unknown = typed(L, [None])
    iterator = Call("IteratorV2", {}, dict(shared_name="", container="", **unknown))
    start = Call("MakeIterator", dict(dataset=Step("flat"), iterator=Step("iterator")))
    take = Call("IteratorGetNext", dict(iterator=Step("iterator")), unknown)
    after = {**nested, "start": start, **{f"next_{n}": take for n in range(count)}}
    given = dict(input_dataset=SOURCE, drop_remainder=boolean(drop), **inputs)
    return Sample(
        "WindowDataset",
        label,
        given,
        types,
        error,
        {"source": numbers(7), "iterator": iterator},
        after,
    )


def grouped(
    label: str, count: int, size: str, error: str | None = None, op: str = "GroupByWindowDataset"
) -> Sample:
    """Elements by their remainders, as many together as a function says."""
    others = ("key_func", "reduce_func", "window_size_func")
    inputs = dict(input_dataset=SOURCE, **{f"{name}_other_arguments": [] for name in others})
    functions = dict(
        key_func=Func("remainder"), reduce_func=Func("batched"), window_size_func=Func(size)
    )
    attrs = dict(**functions, **typed(L, [[None]]))
    return elements(op, label, inputs, attrs, count, L, FIVE, error)


SAMPLES = [
    window("windows", 3, 2, 2, 1),
    window("overlapping", 4, 3, 1, 2),
    window("with gaps", 2, 2, 4, 1),
    window("remainder dropped", 2, 3, 3, 1, drop=True),
    window("size of zero", 1, 0, 1, 1, error="greater than zero"),
    window("stride of zero", 1, 1, 1, 0, error="greater than zero"),
    grouped("threes", 2, "three"),
    grouped("threes", 2, "three", op="ExperimentalGroupByWindowDataset"),
    grouped("end", 4, "two", "End of sequence", "ExperimentalGroupByWindowDataset"),
    grouped("pairs", 3, "two"),
    grouped("end", 4, "two", error="End of sequence"),
    grouped("no window", 1, "none_left", error="greater than zero"),
]
