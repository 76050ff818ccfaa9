"""Datasets of the records of CSV files.

Source: tensorflow/python/data/experimental/ops/readers.py.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data.base import AUTOTUNE, made
from minihub_runtime.api.data.csv_columns import TYPES, Reading, column_indices, repeated
from minihub_runtime.api.data.dataset import Dataset
from minihub_runtime.api.data.experimental import parallel_interleave
from minihub_runtime.api.data.functions import ElementFunction
from minihub_runtime.api.data.options import Options
from minihub_runtime.api.gfile import matching
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.type_spec import TensorSpec
from minihub_runtime.dtypes import bool_, int64, string
from minihub_runtime.public import public

__all__ = ["CsvDataset", "make_csv_dataset"]

#: Bytes that TensorFlow reads ahead.
_BUFFER = 4 * 1024 * 1024


def _default(value: Any) -> Any:
    """The default value of a column: none for a type."""
    if not isinstance(value, (Tensor, np.ndarray, list)):
        for dtype in TYPES:
            if dtype == value:
                return convert_to_tensor(np.empty(0, dtype.numpy), dtype)
    return value


def _vector(columns: Sequence[int] | None, name: str) -> Tensor:
    return convert_to_tensor([] if columns is None else columns, int64, name)


@public("data.experimental.CsvDataset")
class CsvDataset(Dataset):
    """The records of CSV files (RFC 4180): tuples of scalars, a component for each column.

    The program may read any file; a graph that was read from a file may read those of its module.  A record that is wrong
    raises InvalidArgumentError, and the one after it follows.

    Args:
        filenames: names of files, a string scalar or vector.
        record_defaults: for each column its type (float32, float64, int32, int64 or string) if a value must be there, or a
            tensor: the default of its missing values, or an empty vector, as for a type.  A number alone may be taken for
            the type of that number, as by TensorFlow: `[1]` is a default.
        compression_type: "ZLIB", "GZIP", or "" for none.
        buffer_size: written into the graph.
        header: whether files begin with a line of names, which is passed over.
        field_delim: the character between fields.
        use_quote_delim: whether double quotes enclose fields.
        na_value: another text for a missing value.
        select_cols: which columns are wanted, in order; all by default.
        exclude_cols: which columns are not wanted, in order.  TensorFlow's class of this name shows the argument, and
            refuses it.

    Raises:
        ValueError: an argument has another rank than it must have.
        TypeError: a default has a type that no column can have.
    """

    def __init__(
        self,
        filenames: Any,
        record_defaults: Sequence[Any],
        compression_type: Any = None,
        buffer_size: Any = None,
        header: Any = False,
        field_delim: Any = ",",
        use_quote_delim: Any = True,
        na_value: Any = "",
        select_cols: Any = None,
        exclude_cols: Any = None,
    ) -> None:
        names = convert_to_tensor(filenames, string, "filenames")
        kind = "" if compression_type is None else compression_type
        compression = convert_to_tensor(kind, string, "compression_type")
        given = [_default(value) for value in record_defaults]
        defaults = [
            convert_to_tensor(value, name=f"record_defaults_{column}")
            for column, value in enumerate(given)
        ]
        size = _BUFFER if buffer_size is None else buffer_size
        arguments: dict[str, Any] = {
            "buffer_size": convert_to_tensor(size, int64, "buffer_size"),
            "header": convert_to_tensor(header, bool_, "header"),
            "field_delim": convert_to_tensor(field_delim, string, "field_delim"),
            "use_quote_delim": convert_to_tensor(use_quote_delim, bool_, "use_quote_delim"),
            "na_value": convert_to_tensor(na_value, string, "na_value"),
            "select_cols": _vector(select_cols, "select_cols"),
            "exclude_cols": _vector(exclude_cols, "exclude_cols"),
        }
        variant = build(
            "CSVDatasetV2",
            filenames=names,
            compression_type=compression,
            record_defaults=defaults,
            output_shapes=[()] * len(defaults),
            **arguments,
        )
        super().__init__(variant, tuple(TensorSpec([], value.dtype) for value in defaults))


def _file_names(file_pattern: Any) -> list[str]:
    if isinstance(file_pattern, list) and not file_pattern:
        raise ValueError("Argument `file_pattern` should not be empty.")
    names = sorted(matching(file_pattern))
    if not names:
        raise ValueError(f"No files match `file_pattern` {file_pattern}.")
    return names


@public("data.experimental.make_csv_dataset")
def make_csv_dataset(
    file_pattern: Any,
    batch_size: Any,
    column_names: Sequence[str] | None = None,
    column_defaults: Sequence[Any] | None = None,
    label_name: str | None = None,
    select_columns: Sequence[Any] | None = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: Any = 10000,
    shuffle_seed: Any = None,
    prefetch_buffer_size: Any = None,
    num_parallel_reads: int | None = None,
    sloppy: bool = False,
    num_rows_for_inference: int | None = 100,
    compression_type: Any = None,
    ignore_errors: bool = False,
    encoding: str = "utf-8",
) -> Dataset:
    """Batches of the records of CSV files, as dicts of vectors under the names of columns.

    Args:
        file_pattern: a pattern of names of files, or a list of patterns; files are looked for when this is called.
        batch_size: records of a batch.
        column_names: the names of all columns; by default the first line of the files.
        column_defaults: as `record_defaults` of CsvDataset, for the columns that are wanted, in order; by default 0 or "",
            of the type that the first records have.
        label_name: the column that is the label: elements are pairs of a dict without it and its vector then.
        select_columns: the columns that are wanted, by name or place; all by default.
        field_delim: the character between fields.
        use_quote_delim: whether double quotes enclose fields.
        na_value: another text for a missing value.
        header: whether files begin with a line of names.
        num_epochs: how often records are repeated; without end by default, in whole batches then.
        shuffle: whether files and records come in random order.
        shuffle_buffer_size: as for `Dataset.shuffle`.
        shuffle_seed: the seed of both orders.
        prefetch_buffer_size: written into the graph.
        num_parallel_reads: how many files are read in turn; by default one after the other.
        sloppy: written into the graph; the order is always that of turns.
        num_rows_for_inference: how many records tell types; all of them if it is None.
        compression_type: "ZLIB", "GZIP", or "" for none.  With "ZLIB", names and defaults must be given.
        ignore_errors: whether records that are wrong are left out.
        encoding: of the names of columns.

    Raises:
        ValueError: no file matches; names or types cannot be told, or names are there twice; columns or a label are
            wanted that are not there.
    """
    names = _file_names(file_pattern)
    files = Dataset.from_tensor_slices(names)
    if shuffle:
        files = files.shuffle(len(names), shuffle_seed)
    reading = None
    if column_names is None or column_defaults is None:
        reading = Reading(names, compression_type, encoding, field_delim, use_quote_delim)
    if column_names is None:
        if not header:
            raise ValueError("Expected `column_names` or `header` arguments. Neither is provided.")
        assert reading is not None
        column_names = reading.column_names()
    if len(set(column_names)) != len(column_names):
        raise ValueError(
            "Either `column_names` argument or CSV header row contains duplicate column names: "
            f"{repeated(column_names)}."
        )
    columns = None if select_columns is None else column_indices(select_columns, column_names)
    if column_defaults is not None:
        defaults = [_default(value) for value in column_defaults]
    else:
        assert reading is not None
        count = len(column_names)
        types = reading.column_types(
            count,
            range(count) if columns is None else columns,
            na_value,
            header,
            num_rows_for_inference,
        )
        defaults = [convert_to_tensor(["" if t is string else 0], t) for t in types]
    if columns is not None and len(defaults) != len(columns):
        raise ValueError(
            "If specified, `column_defaults` and `select_columns` must have the same length: "
            f"`column_defaults` has length {len(defaults)}, `select_columns` has length "
            f"{len(columns)}."
        )
    chosen = list(column_names) if columns is None else [column_names[place] for place in columns]
    if label_name is not None and label_name not in chosen:
        raise ValueError(
            f"`label_name` provided must be one of the columns: {chosen}. Received: {label_name}."
        )

    def filename_to_dataset(filename: Tensor) -> Dataset:
        found: Dataset = CsvDataset(
            filename,
            record_defaults=defaults,
            compression_type=compression_type,
            header=header,
            field_delim=field_delim,
            use_quote_delim=use_quote_delim,
            na_value=na_value,
            select_cols=columns,
        )
        return found.ignore_errors() if ignore_errors else found

    def map_fn(*values: Tensor) -> Any:
        features = collections.OrderedDict(zip(chosen, values))
        return features if label_name is None else (features, features.pop(label_name))

    if num_parallel_reads == AUTOTUNE:
        dataset = files.interleave(filename_to_dataset, num_parallel_calls=AUTOTUNE)
        options = Options()
        options.deterministic = not sloppy
        dataset = dataset.with_options(options)
    else:
        reads = 1 if num_parallel_reads is None else num_parallel_reads
        dataset = files.apply(
            parallel_interleave(filename_to_dataset, cycle_length=reads, sloppy=sloppy)
        )
    if shuffle:
        dataset = dataset.shuffle(shuffle_buffer_size, shuffle_seed)
    if num_epochs != 1:
        dataset = dataset.repeat(num_epochs)
    # Whole batches have a static shape; those of records without end are all whole.
    batches = dataset.batch(batch_size, drop_remainder=num_epochs is None)
    function = ElementFunction(map_fn, "Dataset.map()", batches.element_spec)
    mapped = made(
        "MapDataset",
        function.output_spec,
        input_dataset=batches._variant_tensor,
        other_arguments=function.captured,
        f=function.function,
        use_inter_op_parallelism=False,
        preserve_cardinality=True,
    )
    return mapped.prefetch(AUTOTUNE if prefetch_buffer_size is None else prefetch_buffer_size)
