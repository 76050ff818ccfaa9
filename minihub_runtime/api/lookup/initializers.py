"""What fills a table: tensors of keys and values, or a text file.

Source: tensorflow/python/ops/lookup_ops.py, tensorflow/python/trackable/asset.py.
"""

from __future__ import annotations

import abc
import hashlib
import os
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.contexts import device, init_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import GraphKeys, Operation, Tensor, add_to_collection, name_scope
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import DType, as_dtype, int64, string
from minihub_runtime.public import public

__all__ = [
    "KeyValueTensorInitializer",
    "TableInitializerBase",
    "TextFileIdTableInitializer",
    "TextFileIndex",
    "TextFileInitializer",
    "TextFileStringTableInitializer",
]


@public("contrib.lookup.TableInitializerBase")
class TableInitializerBase(abc.ABC):
    """What fills a table.

    Attributes:
        key_dtype: the type of the keys.
        value_dtype: the type of the values.
    """

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self.key_dtype: DType = as_dtype(key_dtype)
        self.value_dtype: DType = as_dtype(value_dtype)

    @abc.abstractmethod
    def initialize(self, table: Any) -> Operation:
        """The operation that fills `table`, added to the collection of those that fill tables."""

    @property
    def _shared_name(self) -> str:
        """The name under which tables of the same content are one; empty if each is its own."""
        return ""

    def _check(self, table: Any, key_dtype: DType, value_dtype: DType) -> None:
        for kind, found, wanted in (
            ("key", key_dtype, table.key_dtype),
            ("value", value_dtype, table.value_dtype),
        ):
            if found.base_dtype != wanted:
                raise TypeError(
                    f"Invalid {kind} dtype for table, expected {wanted} but got {found}."
                )


@public("lookup.KeyValueTensorInitializer", "contrib.lookup.KeyValueTensorInitializer")
class KeyValueTensorInitializer(TableInitializerBase):
    """Fills a table with tensors of keys and values.

    Args:
        keys: [n].
        values: [n].
        key_dtype: the type of the keys, by default that of `keys`.
        value_dtype: the type of the values.
        name: a name of the operations.
    """

    def __init__(
        self,
        keys: Any,
        values: Any,
        key_dtype: Any = None,
        value_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        self._keys = convert_to_tensor(keys, key_dtype, "keys")
        self._values = convert_to_tensor(values, value_dtype, "values")
        self._name = "key_value_init" if name is None else name
        super().__init__(self._keys.dtype, self._values.dtype)

    @property
    def _shared_name(self) -> str:
        """A name that tells the content, so that a graph is written with the same bytes each time; empty if it is not constant.

        Tables of one name are one, which tables of the same content may well be.  TensorFlow draws a name.
        """
        digest = hashlib.sha1(usedforsecurity=False)
        for tensor in (self._keys, self._values):
            array = constant_value(tensor)
            if array is None:
                return ""
            digest.update(f"{tensor.dtype.name} {array.shape} ".encode())
            digest.update(repr(array.tolist()).encode())
        return f"hash_table_{digest.hexdigest()}"

    def initialize(self, table: Any) -> Operation:
        """The operation that fills `table`.

        Raises:
            TypeError: the table has other types.
        """
        self._check(table, self._keys.dtype, self._values.dtype)
        with name_scope(self._name, values=(table.resource_handle, self._keys, self._values)):
            operation: Operation = build(
                "LookupTableImportV2",
                table_handle=table.resource_handle,
                keys=self._keys,
                values=self._values,
            )
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, operation)
        return operation


@public("lookup.TextFileIndex", "contrib.lookup.TextFileIndex")
class TextFileIndex:
    """What of a line is meant: all of it, its number, or one of its columns, counted from 0."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


@public("lookup.TextFileInitializer", "contrib.lookup.TextFileInitializer")
class TextFileInitializer(TableInitializerBase):
    """Fills a table with the lines of a text file, which becomes an asset of the graph.

    Args:
        filename: the path, text or a string tensor.
        key_dtype: the type of the keys.
        key_index: what of a line is the key; see TextFileIndex.
        value_dtype: the type of the values.
        value_index: what of a line is the value.
        vocab_size: the number of lines, if it is known.
        delimiter: what stands between columns.
        name: a name of the operations.
        value_index_offset: added to values that are line numbers.

    Raises:
        ValueError: an argument is out of range, or a type does not go with an index.
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
        value_index_offset: int = 0,
    ) -> None:
        if not isinstance(filename, Tensor) and not filename:
            raise ValueError("`filename` argument required for tf.lookup.TextFileInitializer")
        self._filename_arg = filename
        key_dtype, value_dtype = as_dtype(key_dtype), as_dtype(value_dtype)
        _check_column("key", key_index, key_dtype)
        _check_column("value", value_index, value_dtype)
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"`vocab_size` should be > 0, received: {vocab_size}")
        self._key_index = key_index
        self._value_index = value_index
        self._vocab_size = vocab_size
        self._delimiter = delimiter
        self._name = name
        self._offset = value_index_offset
        path = os.fspath(filename) if isinstance(filename, os.PathLike) else filename
        with init_scope(), device("CPU"):
            self._path = convert_to_tensor(path, string, "asset_path")
        known = constant_value(self._path)
        if known is not None:
            folder = os.path.dirname(os.path.abspath(os.fsdecode(known.item())))
            self._path.graph.allow_reading(folder)
        super().__init__(key_dtype, value_dtype)

    def initialize(self, table: Any) -> Operation:
        """The operation that fills `table`.

        Raises:
            TypeError: the table has other types.
        """
        self._check(table, self.key_dtype, self.value_dtype)
        with name_scope(self._name, "text_file_init", (table.resource_handle,)):
            operation: Operation = build(
                "InitializeTableFromTextFileV2",
                table_handle=table.resource_handle,
                filename=self._path,
                key_index=self._key_index,
                value_index=self._value_index,
                vocab_size=-1 if self._vocab_size is None else self._vocab_size,
                delimiter=self._delimiter,
                offset=self._offset,
            )
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, operation)
        if self._path.op.type == "Const":
            add_to_collection(GraphKeys.ASSET_FILEPATHS, self._path)
        return operation

    @property
    def _shared_name(self) -> str:
        parts: list[Any] = [self._filename_arg]
        if self._vocab_size:
            parts.append(self._vocab_size)
        parts += [self._key_index, self._value_index]
        if self._offset:
            parts.append(self._offset)
        return "_".join(["hash_table", *map(str, parts)])


def _check_column(kind: str, index: int, dtype: DType) -> None:
    """Raise unless a type goes with what of a line is meant."""
    line, number = TextFileIndex.WHOLE_LINE, TextFileIndex.LINE_NUMBER
    if index < line:
        raise ValueError(f"`{kind}_index` should be >= -2, received: {index}.")
    if index == number and dtype != int64:
        raise ValueError(
            f"`{kind}_dtype` must be int64 if `{kind}_index` is {number}, received: {dtype}"
        )
    if index == line and not dtype.is_integer and dtype != string:
        raise ValueError(
            f"`{kind}_dtype` should be either integer or string for `{kind}_index` {line}, received: "
            f"{dtype}"
        )


@public("contrib.lookup.TextFileStringTableInitializer")
class TextFileStringTableInitializer(TextFileInitializer):
    """Fills a table from numbers to text, by default from line numbers to lines."""

    def __init__(
        self,
        filename: Any,
        key_column_index: int = TextFileIndex.LINE_NUMBER,
        value_column_index: int = TextFileIndex.WHOLE_LINE,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str = "text_file_string_table_init",
    ) -> None:
        super().__init__(
            filename,
            int64,
            key_column_index,
            string,
            value_column_index,
            vocab_size=vocab_size,
            delimiter=delimiter,
            name=name,
        )


@public("contrib.lookup.TextFileIdTableInitializer")
class TextFileIdTableInitializer(TextFileInitializer):
    """Fills a table from text to numbers, by default from lines to line numbers."""

    def __init__(
        self,
        filename: Any,
        key_column_index: int = TextFileIndex.WHOLE_LINE,
        value_column_index: int = TextFileIndex.LINE_NUMBER,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str = "text_file_id_table_init",
        key_dtype: Any = string,
    ) -> None:
        super().__init__(
            filename,
            key_dtype,
            key_column_index,
            int64,
            value_column_index,
            vocab_size=vocab_size,
            delimiter=delimiter,
            name=name,
        )
