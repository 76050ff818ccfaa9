"""Datasets of the records of CSV files.

Source: tensorflow/core/kernels/data/experimental/csv_dataset_op.cc.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from minihub_runtime.dtypes import DType, string
from minihub_runtime.errors import DataLossError, InvalidArgumentError, clip
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.csv_records import Layout, Records
from minihub_runtime.ops.dataset_file import compression_of, paths_of
from minihub_runtime.ops.datasets import (
    MANY,
    Dataset,
    Element,
    Iteration,
    compatible,
    number,
    variant,
)
from minihub_runtime.ops.parsing import parsed_number
from minihub_runtime.ops.record_files import WINDOW, Inflating
from minihub_runtime.ops.registry import Array, op, types_list
from minihub_runtime.shapes import Shape, Spec, show

_SOURCE = "core/kernels/data/experimental/csv_dataset_op.cc"
_CHUNK = 64 * 1024
_TYPES = types_list("float32 float64 int32 int64 string", minimum=1)
_INPUTS = (
    "filenames: string, compression_type: string, buffer_size: int64, header: bool, field_delim: string, "
    "use_quote_delim: bool, na_value: string, select_cols: int64, record_defaults: output_types"
)
_NO_COLUMNS = np.empty(0, np.int64)
#: What TensorFlow's messages call the types.
_NAMES = {"float32": "float", "float64": "double"}

#: The value of a field.
_Conversion = Callable[[bytes], Array]


class _Csv(Dataset):
    """The records of files, one file after the other."""

    def __init__(
        self,
        ctx: Context,
        paths: Sequence[bytes],
        kind: str,
        token: str,
        header: bool,
        layout: Layout,
        conversions: Sequence[_Conversion],
        types: Sequence[DType],
        shapes: Sequence[Shape],
    ) -> None:
        super().__init__(types, shapes)
        self.ctx = ctx
        self.paths = paths
        self.kind = kind
        self.token = token
        self.header = header
        self.layout = layout
        self.conversions = conversions

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The records."""
        return _Reading(self, iteration.check)


class _Reading(Iterator[Element]):
    """A file that cannot be opened is asked for again, one that is damaged is left; a record that is wrong is passed."""

    def __init__(self, dataset: _Csv, check: Callable[[], None]) -> None:
        self._dataset = dataset
        self._check = check
        self._left = list(dataset.paths[::-1])
        self._records: Records | None = None
        self._close: Callable[[], None] = lambda: None

    def __next__(self) -> Element:
        while True:
            if self._records is None:
                if not self._left:
                    raise StopIteration
                self._check()
                self._records = self._open()
                if self._dataset.header:
                    self._pass_header(self._records)
            try:
                fields = next(self._records)
            except StopIteration:
                self._leave()
                continue
            except DataLossError:
                self._leave()
                raise
            return self._element(fields)

    def _open(self) -> Records:
        dataset = self._dataset
        file = dataset.ctx.open_file(self._left[-1], dataset.token)
        self._close = file.close
        read = Inflating(file, WINDOW[dataset.kind]).read if dataset.kind else file.read
        return Records(lambda: read(_CHUNK), dataset.layout, self._check)

    def _pass_header(self, records: Records) -> None:
        try:
            fields = next(records, [f"{clip(os.fsdecode(self._left[-1]))} is empty"])
        except DataLossError as error:
            self._leave()
            fields = [str(error)]
        if fields and isinstance(fields[-1], str):
            raise InvalidArgumentError(f"Can't read header of file: {fields[-1]}")

    def _leave(self) -> None:
        self._close()
        self._records = None
        self._left.pop()

    def _element(self, fields: Sequence[bytes | str]) -> Element:
        conversions = self._dataset.conversions
        found = []
        for field, convert in zip(fields, conversions):
            if isinstance(field, str):
                raise InvalidArgumentError(field)
            found.append(convert(field))
        if len(fields) != len(conversions):
            more = fields[len(found)] if len(fields) > len(found) else ""
            if isinstance(more, str) and more:
                raise InvalidArgumentError(more)
            count = "more" if len(fields) > len(found) else len(fields)
            raise InvalidArgumentError(
                f"Expect {len(conversions)} fields but have {count} in record"
            )
        return tuple(found)


def _conversion(column: int, dtype: DType, default: Array, missing: bytes) -> _Conversion:
    """What makes a value of a field; one that is missing is the default, if there is one."""
    instead = default.reshape(()) if default.size else None
    kind = _NAMES.get(dtype.name, dtype.name)

    def absent() -> Array:
        if instead is None:
            raise InvalidArgumentError(f"Field {column} is required but missing in record!")
        return instead

    def text(field: bytes) -> Array:
        if not field or field == missing:
            return absent()
        result = np.empty((), dtype=object)
        result[()] = field
        return result

    def value(field: bytes) -> Array:
        if not field or field == missing:
            return absent()
        found = parsed_number(field, dtype)
        if found is None:
            shown = clip(repr(field.decode("utf-8", "backslashreplace")))
            raise InvalidArgumentError(f"Field {column} in record is not a valid {kind}: {shown}")
        return found

    return text if dtype is string else value


def _check_columns(columns: Array, name: str) -> list[int]:
    require(columns.ndim == 1, f"`{name}` must be a vector.")
    found: list[int] = columns.tolist()
    for first, second in itertools.pairwise(found):
        if first >= second:
            require(False, f"{name} should be strictly increasing indices, not {first}, {second}")
    if found and found[0] < 0:
        require(False, f"{name} should be non-negative indices, not {found[0]}")
    return found


def csv_dataset(
    ctx: Context,
    filenames: Array,
    compression_type: Array,
    buffer_size: Array,
    header: Array,
    field_delim: Array,
    use_quote_delim: Array,
    na_value: Array,
    select_cols: Array,
    record_defaults: Sequence[Array],
    exclude_cols: Array = _NO_COLUMNS,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    _program_token: str = "",
) -> Array:
    """The records of CSV files (RFC 4180): scalars of the columns `select_cols`, or of all but `exclude_cols`.

    A field that is empty or `na_value` becomes the default of its column.  A record that is wrong is an error, and the
    next one follows.

    Raises: InvalidArgumentError for an unknown compression, a delimiter of other than one byte, columns that do not ascend or
        are both selected and excluded, and defaults of more than one value; for records with another number of fields, fields
        that are no numbers, missing ones without a default, stray quotes, and a header that cannot be read; DataLossError,
        NotFoundError, PermissionDeniedError when elements are asked for.
    Differs: TensorFlow reads any file of the machine, and asks a damaged compressed one again; here it is left.
    """
    paths = paths_of(filenames)
    kind = compression_of(compression_type)
    number(buffer_size, "buffer_size", 1)
    for name, value in (
        ("header", header),
        ("field_delim", field_delim),
        ("use_quote_delim", use_quote_delim),
        ("na_value", na_value),
    ):
        require_scalar(value, name)
    delimiter = field_delim.item()
    if len(delimiter) != 1:
        require(False, f"field_delim should be only 1 char, not {clip(repr(delimiter))}")
    for column, default in enumerate(record_defaults):
        if default.ndim > 1 or default.size > 1:
            require(
                False,
                f"There should only be 1 default per field but field {column} has shape "
                f"{list(default.shape)}",
            )
    selected = _check_columns(select_cols, "select_cols")
    excluded = _check_columns(exclude_cols, "exclude_cols")
    require(not selected or not excluded, "Either select_cols or exclude_cols should be empty")
    count = len(output_types)
    if selected and len(selected) != count:
        require(False, f"select_cols should match output size, {count}, not {len(selected)}")
    if len(output_shapes) != count:
        require(
            False,
            f"Number of components does not match: expected {count} shapes but got "
            f"{len(output_shapes)}.",
        )
    for place, shape in enumerate(output_shapes):
        if not compatible((), shape):
            require(
                False,
                f"Incompatible shapes at component {place}: expected [] but got {clip(show(shape))}.",
            )
    conversions = [
        _conversion(column, dtype, default, na_value.item())
        for column, (dtype, default) in enumerate(zip(output_types, record_defaults, strict=True))
    ]
    layout = Layout(delimiter, bool(use_quote_delim), count, selected, excluded)
    return variant(
        _Csv(
            ctx,
            paths,
            kind,
            _program_token,
            bool(header),
            layout,
            conversions,
            output_types,
            output_shapes,
        )
    )


def _at_most_rank(spec: Spec, rank: int, what: str) -> None:
    if spec.rank is not None and spec.rank > rank:
        require(False, f"Shape of {what} must be at most rank {rank} but is rank {spec.rank}")


def _shape(
    filenames: Spec,
    compression_type: Spec,
    buffer_size: Spec,
    header: Spec,
    field_delim: Spec,
    use_quote_delim: Spec,
    na_value: Spec,
    select_cols: Spec,
    record_defaults: list[Spec],
    exclude_cols: Spec | None = None,
) -> Shape:
    """A scalar, for arguments of the right ranks."""
    _at_most_rank(filenames, 1, "filenames")
    for name, spec in (
        ("compression_type", compression_type),
        ("buffer_size", buffer_size),
        ("header", header),
        ("field_delim", field_delim),
        ("use_quote_delim", use_quote_delim),
        ("na_value", na_value),
    ):
        _at_most_rank(spec, 0, name)
    for name, columns in (("select_cols", select_cols), ("exclude_cols", exclude_cols)):
        if columns is not None and columns.rank not in (None, 1):
            require(False, f"Shape of {name} must be rank 1 but is rank {columns.rank}")
    for column, spec in enumerate(record_defaults):
        _at_most_rank(spec, 1, f"record_defaults[{column}]")
        if spec.rank == 1 and spec.dim(0) not in (None, 0, 1):
            require(
                False,
                "Shape of a default must be a length-0 or length-1 vector, or a scalar, not "
                f"{spec.dim(0)} values as record_defaults[{column}]",
            )
    return ()


for _op in (
    f"CSVDataset|ExperimentalCSVDataset({_INPUTS})",
    f"CSVDatasetV2({_INPUTS}, exclude_cols: int64)",
):
    op(
        f"{_op} -> handle: variant",
        output_types=_TYPES,
        output_shapes=MANY,
        stateful=True,
        source=_SOURCE,
        shape=_shape,
    )(csv_dataset)
