"""What the first lines of CSV files tell of their columns: names and types.  The program reads them, as it builds its graph.

Source: tensorflow/python/data/experimental/ops/readers.py.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import DType, float32, float64, int32, int64, string

__all__ = ["TYPES", "Reading", "column_indices", "repeated"]

#: The types of columns, each of which takes what those before it take; none of them is told by an empty field.
TYPES = (int32, int64, float32, float64, string)


def _in_range(text: str, dtype: DType) -> bool:
    try:
        return int(dtype.min) <= int(text) <= int(dtype.max)
    except ValueError:
        return False


def _is_float(text: str, dtype: DType) -> bool:
    """Whether a text is a number of a type; infinity and what is none are not."""
    try:
        value = float(text)
    except ValueError:
        return False
    with np.errstate(over="ignore"):
        return bool(np.array(value).astype(dtype.numpy) < np.inf)


_FITS: dict[DType, Callable[[str, DType], bool]] = {
    int32: _in_range,
    int64: _in_range,
    float32: _is_float,
    float64: _is_float,
    string: lambda text, dtype: True,
}


def _type_of(text: str, before: DType | None) -> DType:
    """The first type that a text has, not before the one that others of its column have."""
    least = 0 if before is None else TYPES.index(before)
    return next(dtype for dtype in TYPES[least:] if _FITS[dtype](text, dtype))


class Reading:
    """How the program reads the rows of files.

    Args:
        names: of the files.
        compression_type: "GZIP", or "" or None for none.
        encoding: of the text.
        field_delim: what stands between fields.
        use_quote_delim: whether double quotes enclose fields.

    Raises:
        ValueError: the compression is another one.
    """

    def __init__(
        self,
        names: Sequence[str],
        compression_type: Any,
        encoding: str,
        field_delim: str,
        use_quote_delim: bool,
    ) -> None:
        self._names = names
        self._encoding = encoding
        self._delimiter = field_delim
        self._quoting: Any = csv.QUOTE_MINIMAL if use_quote_delim else csv.QUOTE_NONE
        kind = None if compression_type is None else constant_value(compression_type)
        if compression_type is not None and kind not in ("", "GZIP"):
            if kind == "ZLIB":
                raise ValueError(
                    f"`compression_type` {compression_type} is not supported for probing columns."
                )
            raise ValueError(
                f"Received unknown `compression_type` {compression_type}. Expected: GZIP, ZLIB or "
                '"" (empty string).'
            )
        self._opened: Callable[[str], AbstractContextManager[Iterable[str]]] = (
            self._inflated if kind == "GZIP" else self._plain
        )

    @contextmanager
    def _plain(self, name: str) -> Iterator[Iterable[str]]:
        with open(name, "rb") as file:
            # Line by line, for a text may be no text further on.
            yield (line.decode(self._encoding) for line in file)

    @contextmanager
    def _inflated(self, name: str) -> Iterator[Iterable[str]]:
        with gzip.open(name, "rt", encoding=self._encoding) as file:
            yield file

    def _rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self._delimiter, quoting=self._quoting)

    def _first(self, name: str) -> list[str]:
        with self._opened(name) as lines:
            found = next(self._rows(lines), None)
        if found is None:
            raise ValueError(f"Failed when reading the header line of {name}. Is it an empty file?")
        return found

    def column_names(self) -> list[str]:
        """The fields of the first row, which must be that of all files.

        Raises:
            ValueError: it is not, or a file is empty.
        """
        found = self._first(self._names[0])
        for name in self._names[1:]:
            if self._first(name) != found:
                raise ValueError(
                    "All input CSV files should have the same column names in the header row. File "
                    f"{name} has different column names."
                )
        return found

    def column_types(
        self, columns: int, chosen: Sequence[int], na_value: str, header: bool, most: int | None
    ) -> list[DType]:
        """The types of chosen columns; string where no row tells.

        Args:
            columns: how many there are in a row.
            chosen: which of them count.
            na_value: what stands for a missing value.
            header: whether files begin with a row of names.
            most: how many rows are looked at; all if it is None.

        Raises:
            ValueError: a row has more or fewer columns.
        """
        found: list[DType | None] = [None] * len(chosen)
        for place, row in enumerate(self._data(columns, header)):
            if most is not None and place >= most:
                break
            for which, column in enumerate(chosen):
                if row[column] not in ("", na_value):
                    found[which] = _type_of(row[column], found[which])
        return [dtype or string for dtype in found]

    def _data(self, columns: int, header: bool) -> Iterator[list[str]]:
        for name in self._names:
            with self._opened(name) as lines:
                rows = self._rows(lines)
                if header:
                    next(rows, None)
                for number, row in enumerate(rows, 2 if header else 1):
                    if len(row) != columns:
                        raise ValueError(
                            f"Problem inferring types: CSV row {number} has {len(row)} number of "
                            f"fields. Expected: {columns}."
                        )
                    yield row


def repeated(items: Iterable[Any]) -> set[Any]:
    """Those that are there more than once."""
    return {item for item, count in Counter(items).items() if count > 1}


def column_indices(select_columns: Sequence[Any], names: Sequence[str]) -> list[int]:
    """The places of columns that are given by place or name, in order.

    Raises:
        ValueError: there is no such column, or one is there twice.
    """
    places = {name: place for place, name in enumerate(names)}
    found: list[int] = []
    for column in select_columns:
        if isinstance(column, int):
            if not 0 <= column < len(names):
                raise ValueError(
                    f"Column index {column} specified in `select_columns` should be >= 0 and < "
                    f"{len(names)}, which is the number of columns."
                )
            found.append(column)
        elif column in places:
            found.append(places[column])
        else:
            raise ValueError(
                f"Column {column} specified in `select_columns` must be of one of the columns: "
                f"{list(places)}."
            )
    if len(set(found)) != len(found):
        raise ValueError(
            f"The `select_columns` argument contains duplicate columns: {repeated(found)}."
        )
    return sorted(found)
