"""Samples of `ops/dataset_pass.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Func, Sample, Step, b, i32, i64
from tests.samples.dataset_source import SOURCE, L, elements, numbers, typed

FIVE = {"source": numbers(5)}
DRAWN = {
    "plain": numbers(2),
    "source": Call(
        "MapDataset",
        dict(input_dataset=Step("plain"), other_arguments=[]),
        dict(f=Func("drawn"), **typed(L, [[]])),
    ),
}


def of(op: str, label: str, count: int, before: Any = None, **more: Any) -> Sample:
    error, attrs = more.pop("error", None), more.pop("attrs", {})
    inputs = dict(input_dataset=SOURCE, **more)
    return elements(op, label, inputs, {**typed(L, [[]]), **attrs}, count, L, before or FIVE, error)


def no_dataset(op: str, **more: Any) -> Sample:
    """What is no dataset is refused."""
    before = {
        "source": Call(
            "EmptyTensorList",
            dict(element_shape=Step("shape"), max_num_elements=Step("limit")),
            dict(element_dtype="float32"),
        )
    }
    constants = {
        "shape": Call("Const", {}, dict(value=i32([]), dtype="int32")),
        "limit": Call("Const", {}, dict(value=i32(1), dtype="int32")),
    }
    return of(op, "no dataset", 1, {**constants, **before}, error="must be a dataset", **more)


def zipped(label: str, count: int, *sizes: int, error: str | None = None) -> Sample:
    before = {f"source_{n}": numbers(size, 10 * n) for n, size in enumerate(sizes)}
    types = L * len(sizes)
    inputs = dict(input_datasets=[Step(name) for name in before])
    attrs = typed(types, [[]] * len(sizes))
    return elements("ZipDataset", label, inputs, attrs, count, types, before, error)


def cached(label: str, count: int, before: Any, **more: Any) -> Sample:
    return of("CacheDataset", label, count, before, filename=b(""), **more)


FAULTY = {
    "plain": numbers(3),
    "source": Call(
        "MapDataset",
        dict(input_dataset=Step("plain"), other_arguments=[]),
        dict(f=Func("sixth"), **typed(L, [[]])),
    ),
}

SAMPLES = [
    of("IgnoreErrorsDataset", "numbers", 2, FAULTY),
    of("ExperimentalIgnoreErrorsDataset", "numbers", 2, FAULTY),
    of("ExperimentalIgnoreErrorsDataset", "end", 3, FAULTY, error="End of sequence"),
    *(
        sample
        for start in ("", "Experimental")
        for sample in (
            of(f"{start}NonSerializableDataset", "numbers", 5),
            no_dataset(f"{start}NonSerializableDataset"),
            *(
                sample
                for op, name in (
                    (f"{start}MaxIntraOpParallelismDataset", "max_intra_op_parallelism"),
                    (f"{start}PrivateThreadPoolDataset", "num_threads"),
                )
                for sample in (
                    of(op, "numbers", 5, **{name: i64(2)}),
                    of(op, "any number of threads", 5, **{name: i64(0)}),
                    of(op, "less than none", 1, **{name: i64(-1)}, error=name),
                )
            ),
        )
    ),
    of("IgnoreErrorsDataset", "end", 3, FAULTY, error="End of sequence"),
    zipped("two", 3, 3, 15),
    zipped("one", 3, 3),
    zipped("ends with the shortest", 3, 2, 15, error="End of sequence"),
    cached("numbers", 5, FIVE),
    cached("drawn", 2, DRAWN),
    cached("end", 3, DRAWN, error="End of sequence"),
    of("PrefetchDataset", "numbers", 5, buffer_size=i64(2)),
    of("PrefetchDataset", "no buffer", 5, buffer_size=i64(0)),
    of("PrefetchDataset", "less than none", 1, buffer_size=i64(-2), error="buffer_size"),
    of("OptionsDataset", "numbers", 5, attrs=dict(serialized_options="")),
    no_dataset("OptionsDataset", attrs=dict(serialized_options="")),
    of("ModelDataset", "numbers", 5),
    no_dataset("ModelDataset"),
    of("RewriteDataset", "numbers", 5, rewrite_name=b("replicate_on_split")),
    no_dataset("RewriteDataset", rewrite_name=b("replicate_on_split")),
    of("OptimizeDataset", "numbers", 5, optimizations=b([])),
    no_dataset("OptimizeDataset", optimizations=b([])),
    of(
        "OptimizeDatasetV2",
        "numbers",
        5,
        optimizations_enabled=b([]),
        optimizations_disabled=b([]),
        optimizations_default=b([]),
    ),
    no_dataset(
        "OptimizeDatasetV2",
        optimizations_enabled=b([]),
        optimizations_disabled=b([]),
        optimizations_default=b([]),
    ),
]
