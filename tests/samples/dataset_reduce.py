"""Samples of `ops/dataset_reduce.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Func, Sample, Step, b, i64
from tests.samples.dataset_source import SOURCE, L, elements, numbers, rows, typed

CAPTURED = (
    "key_func_other_arguments",
    "init_func_other_arguments",
    "reduce_func_other_arguments",
    "finalize_func_other_arguments",
)


def reduced(
    op: str,
    label: str,
    count: int,
    functions: tuple[str, str, str, str] = ("remainder", "two", "plus", "plus_one"),
    source: Call | None = None,
    error: str | None = None,
) -> Sample:
    names = ("key_func", "init_func", "reduce_func", "finalize_func")
    attrs = {name: Func(function) for name, function in zip(names, functions)}
    inputs: dict[str, Any] = dict(input_dataset=SOURCE, **{name: [] for name in CAPTURED})
    before = {"source": source or numbers(5)}
    return elements(op, label, inputs, {**attrs, **typed(L, [[]])}, count, L, before, error)


GROUP, OLD = "GroupByReducerDataset", "ExperimentalGroupByReducerDataset"


def table(keys: str = "string", values: str = "int64") -> Call:
    attrs = dict(
        container="",
        shared_name="table",
        use_node_name_sharing=False,
        key_dtype=keys,
        value_dtype=values,
    )
    return Call("HashTableV2", {}, attrs)


def filled(
    label: str,
    source: Call,
    error: str | None = None,
    again: bool = False,
) -> Sample:
    fill = Call("InitializeTableFromDataset", dict(table_handle=Step("table"), dataset=SOURCE))
    find = Call(
        "LookupTableFindV2",
        dict(table_handle=Step("table"), keys=b(["b", "z"]), default_value=i64(-1)),
    )
    before = dict(table=table(), source=source)
    if again:
        before["fill"] = fill
    return Sample(
        "InitializeTableFromDataset",
        label,
        dict(table_handle=Step("table"), dataset=SOURCE),
        {},
        error,
        before,
        {} if error else dict(found=find),
    )


def pairs(keys: Any, values: Any, types: tuple[str, str] = ("string", "int64")) -> Call:
    shapes = [list(keys.shape[1:]), list(values.shape[1:])]
    return rows(keys, values, types=list(types), shapes=shapes)


SAMPLES = [
    *(
        sample
        for op in (GROUP, OLD)
        for sample in [
            reduced(op, "numbers", 2),
            reduced(op, "end", 3, error="End of sequence"),
            reduced(op, "one key", 1, ("two", "plus_one", "product_of_two", "repeated")),
            reduced(op, "no elements", 1, source=numbers(0), error="End of sequence"),
            reduced(op, "no key", 1, ("is_even", "two", "plus", "plus_one"), error="int64|type"),
            reduced(op, "division", 1, ("sixth", "two", "plus", "plus_one"), error="zero"),
        ]
    ),
    filled("words", pairs(b(["a", "b"]), i64([1, 2]))),
    filled("again", pairs(b(["a", "b"]), i64([1, 2])), again=True),
    filled("nothing", pairs(b([]), i64([])), "end of iterator|at least one"),
    filled("a key twice", pairs(b(["a", "a"]), i64([1, 1]))),
    filled("a key with two values", pairs(b(["a", "a"]), i64([1, 2])), "[Dd]uplicate|different"),
]
