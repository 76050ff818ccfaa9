"""Samples of `ops/dataset_sql.py`; what queries give is in `tests/api/programs/dataset_sql.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, b
from tests.samples.dataset_source import L, elements, typed


def of(op: str, label: str, error: str, types: Any = L, shapes: Any = ((),)) -> Sample:
    inputs = dict(driver_name=b("sqlite"), data_source_name=b("x"), query=b("SELECT 1"))
    return elements(op, label, inputs, typed(types, map(list, shapes)), 1, types, None, error)


SAMPLES = [
    sample
    for op in ("SqlDataset", "ExperimentalSqlDataset")
    for sample in [
        of(op, "another type", "output_types", ["float32"]),
        of(op, "another shape", "output_shapes", shapes=[[2]]),
        elements(
            op,
            "another driver",
            dict(driver_name=b("mysql"), data_source_name=b("x"), query=b("SELECT 1")),
            typed(L, [[]]),
            1,
            L,
            None,
            "mysql",
        ),
        elements(
            op,
            "several queries",
            dict(driver_name=b("sqlite"), data_source_name=b("x"), query=b(["SELECT 1"])),
            typed(L, [[]]),
            1,
            L,
            None,
            "scalar",
        ),
    ]
]
