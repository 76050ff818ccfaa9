"""Datasets of what a query of a database gives.

Source: tensorflow/core/kernels/data/experimental/sql_dataset_op.cc, sql/sqlite_query_connection.cc.
"""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import (
    AbortedError,
    DataLossError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnavailableError,
    UnimplementedError,
    UnknownError,
    clip,
)
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.datasets import (
    MANY,
    TYPES,
    Dataset,
    Element,
    Iteration,
    variant,
)
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape

#: What a column can become: type → how SQLite names the conversion.
_KINDS = {
    **dict.fromkeys(
        ("int8", "int16", "int32", "int64", "uint8", "uint16", "bool"), ("INTEGER", int, 0)
    ),
    "float64": ("REAL", float, 0.0),
    "string": ("TEXT", bytes, b""),
}
#: Code of an error of SQLite → the error it is; UnknownError if it is none of these.
_ERRORS: dict[int, type[OpError]] = {
    4: AbortedError,
    5: UnavailableError,
    6: UnavailableError,
    7: UnavailableError,
    8: FailedPreconditionError,
    11: DataLossError,
    13: ResourceExhaustedError,
    14: InvalidArgumentError,
    18: ResourceExhaustedError,
    19: InvalidArgumentError,
    20: FailedPreconditionError,
    23: PermissionDeniedError,
    26: InvalidArgumentError,
}
#: What SQLite says of an error without details → its code.
_CODES = {
    "query aborted": 4,
    "database is locked": 5,
    "database table is locked": 6,
    "out of memory": 7,
    "attempt to write a readonly database": 8,
    "database disk image is malformed": 11,
    "database or disk is full": 13,
    "unable to open database file": 14,
    "string or blob too big": 18,
    "constraint failed": 19,
    "datatype mismatch": 20,
    "authorization denied": 23,
    "file is not a database": 26,
}
#: Instructions of SQLite between looks at the deadline.
_STEPS = 10_000


def _sqlite() -> Any:
    try:
        import sqlite3
    except ImportError:
        raise UnimplementedError(
            "SqlDataset needs Python's sqlite3, which this one lacks"
        ) from None
    return sqlite3


class _Queried(Dataset):
    """The rows of a query."""

    def __init__(
        self, path: bytes, query: bytes, types: Sequence[DType], shapes: Sequence[Shape]
    ) -> None:
        super().__init__(types, shapes)
        self._path, self._query = path, query

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The rows."""
        return _Querying(self._path, self._query, self.types, iteration)


class _Querying(Iterator[Element]):
    """The database is opened when the first row is asked for; a query that fails is begun again.

    Python makes the row after the one that is asked for, too, and meets its error.
    """

    def __init__(
        self, path: bytes, query: bytes, types: Sequence[DType], iteration: Iteration
    ) -> None:
        self._path = os.fsdecode(path)
        self._query = query.decode("utf-8", "replace")
        self._types = types
        self._check = iteration.check
        self._connection: Any = None
        self._rows: Any = None
        self._ended = False

    def __next__(self) -> Element:
        if self._ended:
            raise StopIteration
        self._check()
        sqlite3 = _sqlite()
        try:
            if self._rows is None:
                self._rows = self._begun(sqlite3)
            row = next(self._rows)
            return tuple(self._converted(*pair) for pair in zip(self._types, row, strict=True))
        except StopIteration:
            self._ended = True
            self._close()
            raise
        except (sqlite3.Error, sqlite3.Warning) as error:
            self._rows = None
            self._check()
            raise _told(error) from error

    def _begun(self, sqlite3: Any) -> Any:
        """The rows of the query from the first on."""
        if self._connection is None:
            if not os.path.isfile(self._path):
                raise NotFoundError(f"{clip(self._path)}; No such file")
            name = f"file:{urllib.parse.quote(self._path)}?mode=ro"
            self._connection = sqlite3.connect(name, uri=True, check_same_thread=False)
            self._connection.text_factory = bytes
            self._connection.set_progress_handler(self._is_late, _STEPS)
        cursor = self._connection.execute(self._query)
        columns = len(cursor.description or ())
        require(
            columns == len(self._types),
            f"The number of columns in query ({columns}) must match the number of elements in output_types "
            f"({len(self._types)}).",
        )
        return cursor

    def _is_late(self) -> bool:
        """Whether SQLite shall stop: the error that says why is raised after that."""
        try:
            self._check()
        except OpError:
            return True
        return False

    def _converted(self, dtype: DType, value: Any) -> Array:
        kind, own, missing = _KINDS[dtype.name]
        if value is None:
            value = missing
        elif type(value) is not own:
            # SQLite knows best how it reads numbers in text, and writes them.
            (value,) = self._connection.execute(f"SELECT CAST(? AS {kind})", (value,)).fetchone()
        if kind == "TEXT":
            result = np.empty((), object)
            result[()] = value
            return result
        if kind == "REAL" or dtype.name == "bool":
            return np.array(value, dtype.numpy)
        return np.array(value, np.int64).astype(dtype.numpy)

    def _close(self) -> None:
        self._rows = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        self._close()


def _told(error: Any) -> OpError:
    """What an error of SQLite is; before Python 3.11 its words alone tell that."""
    code = getattr(error, "sqlite_errorcode", None) or _CODES.get(str(error), 0)
    return _ERRORS.get(code & 0xFF, UnknownError)(f"the query failed: {error}")


@op(
    "SqlDataset|ExperimentalSqlDataset(driver_name: string, data_source_name: string, query: string) "
    "-> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source="core/kernels/data/experimental/sql_dataset_op.cc",
    shape=scalar,
)
def sql_dataset(
    ctx: Context,
    driver_name: Array,
    data_source_name: Array,
    query: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    _program_token: str = "",
) -> Array:
    """The rows of a query of an SQLite database, whose columns become `output_types`.

    What is missing is 0 or empty; other values are converted as SQLite's CAST does, and whole numbers then cut to their type.

    Raises: InvalidArgumentError for another driver, types other than integers, bool, float64 and string, and shapes
        that are no scalars; PermissionDeniedError unless the program that runs the graph has added the operation; when
        elements are asked for, for a query of another number of columns, NotFoundError for a file that is not there,
        UnknownError for a query that is wrong.
    Differs: TensorFlow makes a database that is not there, lets queries write, and runs those of any graph; of several statements
        it runs the first.
    """
    for name, value in (
        ("driver_name", driver_name),
        ("data_source_name", data_source_name),
        ("query", query),
    ):
        require_scalar(value, name)
    for dtype in output_types:
        require(
            dtype.name in _KINDS,
            f"Each element of `output_types_` must be one of: {', '.join(_KINDS)}, not {dtype.name}",
        )
    require(
        len(output_types) == len(output_shapes)
        and all(shape is not None and not len(shape) for shape in output_shapes),
        "Each element of `output_shapes_` must be a scalar.",
    )
    driver = driver_name.item()
    require(
        driver == b"sqlite",
        f"The database type, {clip(driver.decode('utf-8', 'replace'))}, is not supported by SqlDataset. The set of "
        "supported databases is: {'sqlite'}.",
    )
    if not ctx.by_program(_program_token):
        raise PermissionDeniedError(
            "a graph must not query databases; only the program that runs it may"
        )
    path = data_source_name.item()
    return variant(_Queried(path, query.item(), output_types, output_shapes))
