"""Samples of `ops/dataset_python.py`."""

from __future__ import annotations

from tests.samples import Func, Sample
from tests.samples.dataset_source import L, elements, typed


def generated(
    label: str, count: int, begin: str, following: str, error: str | None = None
) -> Sample:
    inputs = {
        key: []
        for key in ("init_func_other_args", "next_func_other_args", "finalize_func_other_args")
    }
    attrs = dict(
        init_func=Func(begin),
        next_func=Func(following),
        finalize_func=Func("two"),
        **typed(L, [[]]),
    )
    return elements("GeneratorDataset", label, inputs, attrs, count, L, None, error)


SAMPLES = [
    generated("endless", 3, "seven", "plus_one"),
    generated("drawn", 3, "seven", "drawn"),
    generated("error", 1, "zero", "sixth", "zero"),
]
