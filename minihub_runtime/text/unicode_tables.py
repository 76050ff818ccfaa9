"""The Unicode tables that TensorFlow 2.15 carries, as `tests/golden/unicode_tables.py` got them from it.

Python's own tables have no scripts, and another version of Unicode with each version of Python.
"""

from __future__ import annotations

import functools
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.errors import InternalError

__all__ = ["Ranges", "class_table", "script_codes"]

#: Pairs of first and last code point, in order, not adjacent.
Ranges: TypeAlias = "tuple[tuple[int, int], ...]"

_COUNT = 0x110000


@functools.cache
def _tables() -> dict[str, dict[str, Any]]:
    # Few patterns have classes of characters beyond ASCII, and these modules take a while to import.
    import gzip
    import json
    import pkgutil

    # Also from a zip file, where the package may lie.
    data = pkgutil.get_data("minihub_runtime.text", "unicode_tables.gz")
    if data is None:
        raise InternalError(
            "unicode_tables.gz is missing: minihub_runtime is not installed as a whole"
        )
    tables: dict[str, dict[str, Any]] = json.loads(gzip.decompress(data))
    return tables


@functools.cache
def class_table(table: str) -> dict[str, Ranges]:
    """Name → code points, of `re2_category` or `re2_script`, both of Unicode 15."""
    runs = _tables()[table]
    names: list[str] = runs["names"]
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in names}
    ends = [*runs["starts"][1:], _COUNT]
    for start, end, value in zip(runs["starts"], ends, runs["values"]):
        if value >= 0:
            found[names[value]].append((start, end - 1))
    return {name: tuple(ranges) for name, ranges in found.items()}


@functools.cache
def script_codes() -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The first code point of each run of one script, and ICU's number for it, of Unicode 13."""
    runs = _tables()["icu_script"]
    return np.array(runs["starts"], np.int32), np.array(runs["values"], np.int32)
