"""Tables behind the lookup ops.

    Table
    ├─ StaticTable    filled once, from tensors or a file
    └─ MutableTable   changed at any time
       └─ DenseTable  keys may be vectors, and two keys are reserved

Source: tensorflow/core/kernels/lookup_table_op.h, lookup_util.cc.
"""

from __future__ import annotations

import itertools
import threading
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    UnimplementedError,
    clip,
)
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.registry import Array
from minihub_runtime.text.arrays import joined, string_array
from minihub_runtime.text.word_index import WordIndex

__all__ = ["DenseTable", "MutableTable", "StaticTable", "Table"]

#: Up to so many words are looked up one by one, and remembered.
FEW = 1 << 10
MAX_REMEMBERED = 1 << 16


class Table:
    """Keys to values.

    Attributes:
        name: for messages.
        key_dtype: type of the keys.
        value_dtype: type of the values.
        value_shape: shape of one value.
        initialized: whether it may be asked.
    """

    key_shape: tuple[int, ...] = ()

    def __init__(
        self, name: str, key_dtype: DType, value_dtype: DType, value_shape: tuple[int, ...]
    ) -> None:
        self.name = name
        self.key_dtype = key_dtype
        self.value_dtype = value_dtype
        self.value_shape = tuple(value_shape)
        self.initialized = False
        self._lock = threading.RLock()
        self._entries: dict[Any, Any] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {clip(self.name)}: {self.key_dtype.name} → {self.value_dtype.name}>"

    def check_dtypes(self, keys: Any, values: Any) -> None:
        """Raise InvalidArgumentError unless these are the table's types."""
        found = as_dtype(keys), as_dtype(values)
        if found != (self.key_dtype, self.value_dtype):
            raise InvalidArgumentError(
                f"table {clip(self.name)!r} maps {self.key_dtype.name} to {self.value_dtype.name}, "
                f"not {found[0].name} to {found[1].name}"
            )

    def _keys(self, keys: Array) -> list[Any]:
        """Keys as a list of what the dictionary holds."""
        return keys.reshape(-1).tolist()

    def _batch_shape(self, keys: Array) -> tuple[int, ...]:
        return keys.shape

    def find(self, keys: Array, default: Array) -> Array:
        """The value of each key.

        Args:
            keys: any shape.
            default: the value of a key that is not there: one value, or one for each key.

        Raises:
            FailedPreconditionError: the table is not filled yet.
            InvalidArgumentError: types or shapes do not fit.
        """
        self.check_dtypes(keys.dtype, default.dtype)
        if not self.initialized:
            raise FailedPreconditionError(
                f"Table not initialized: {clip(self.name)!r} must be filled before it is asked; run "
                "tables_initializer()"
            )
        batch = self._batch_shape(keys)
        shape = (*batch, *self.value_shape)
        each = default.shape == shape and default.shape != self.value_shape
        if not each and default.shape != self.value_shape:
            raise InvalidArgumentError(
                f"default_value must have shape {list(self.value_shape)}, not {list(default.shape)}"
            )
        if not self.value_shape:
            return self._lookup(keys, default).reshape(shape)
        wanted = self._keys(keys)
        result = np.empty((len(wanted), *self.value_shape), self.value_dtype.numpy)
        rows = default.reshape(-1, *self.value_shape) if each else None
        for place, key in enumerate(wanted):
            row = self._entries.get(key)
            result[place] = (default if rows is None else rows[place]) if row is None else row
        return result.reshape(shape)

    def find_list(self, words: list[bytes], default: Array) -> Array:
        """The value of each word of a list; see `find`."""
        return self.find(string_array(words, [len(words)]), default)

    def find_flat(self, data: Array, starts: Array, lengths: Array, default: Array) -> Array:
        """The value of each word of joined ones.

        Args:
            data: the bytes.
            starts: where each word begins.
            lengths: how many bytes it has.
            default: the value of a word that is not there.

        Raises:
            FailedPreconditionError: the table is not filled yet.
            InvalidArgumentError: types or shapes do not fit.
        """
        joined = data.tobytes()
        ends = (starts + lengths).tolist()
        words = [joined[a:b] for a, b in zip(starts.tolist(), ends, strict=True)]
        return self.find_list(words, default)

    def _lookup(self, keys: Array, default: Array) -> Array:
        """The scalar values of keys in C order; `default` is one or one for each."""
        defaults = (
            default.reshape(-1).tolist() if default.ndim else itertools.repeat(default.item())
        )
        return self._array(list(map(self._entries.get, self._keys(keys), defaults)))

    def _array(self, values: list[Any]) -> Array:
        if self.value_dtype.name == "string":
            result = np.empty(len(values), dtype=object)
            result[:] = values
            return result
        return np.array(values, self.value_dtype.numpy)

    def size(self) -> int:
        """The number of entries."""
        return len(self._entries)

    def export(self) -> tuple[Array, Array]:
        """Keys [n, …] and values [n, …]."""
        with self._lock:
            keys, values = list(self._entries), list(self._entries.values())
        return self._key_array(keys), self._value_array(values)

    def _key_array(self, keys: list[Any]) -> Array:
        if self.key_dtype.name == "string":
            result = np.empty(len(keys), dtype=object)
            result[:] = keys
            return result
        return np.array(keys, self.key_dtype.numpy).reshape(len(keys), *self.key_shape)

    def _value_array(self, values: list[Any]) -> Array:
        if not self.value_shape:
            return self._array(values)
        result = np.empty((len(values), *self.value_shape), self.value_dtype.numpy)
        for place, value in enumerate(values):
            result[place] = value
        return result

    def _pairs(self, keys: Array, values: Array) -> list[tuple[Any, Any]]:
        self.check_dtypes(keys.dtype, values.dtype)
        expected = (*self._batch_shape(keys), *self.value_shape)
        require(
            values.shape == expected,
            f"values must have shape {list(expected)}, not {list(values.shape)}",
        )
        if not self.value_shape:
            return list(zip(self._keys(keys), values.reshape(-1).tolist(), strict=True))
        rows = values.reshape(-1, *self.value_shape)
        return list(zip(self._keys(keys), (row.copy() for row in rows), strict=True))

    def initialize(self, keys: Array, values: Array) -> None:
        """Fill the table."""
        raise InvalidArgumentError(
            f"table {clip(self.name)!r} must be of a kind that is filled once"
        )

    def insert(self, keys: Array, values: Array) -> None:
        """Add or replace entries."""
        raise UnimplementedError(
            f"table {clip(self.name)!r}: Insert is not supported for HashTable"
        )

    def remove(self, keys: Array) -> None:
        """Remove entries."""
        raise UnimplementedError(
            f"table {clip(self.name)!r}: Remove is not supported for HashTable"
        )

    def replace(self, keys: Array, values: Array) -> None:
        """Replace all entries."""
        raise NotImplementedError


class StaticTable(Table):
    """A table that is filled once, from pairs or from the lines of a file with their numbers.

    The latter stay in an index of words; `_entries` then holds what was found of the words asked for singly.
    """

    def __init__(
        self, name: str, key_dtype: DType, value_dtype: DType, value_shape: tuple[int, ...] = ()
    ) -> None:
        super().__init__(name, key_dtype, value_dtype, value_shape)
        self._index: WordIndex | None = None
        self._offset = 0

    def initialize_with(self, index: WordIndex, offset: int) -> None:
        """Fill the table with words whose values are their places in a vocabulary plus `offset`.

        Raises:
            FailedPreconditionError: the table was filled with more or fewer entries before.
        """
        with self._lock:
            if not self.initialized:
                self._index, self._offset = index, offset
                self.initialized = True
                return
        self.check_refill(len(index))

    def size(self) -> int:
        """The number of entries."""
        return super().size() if self._index is None else len(self._index)

    def export(self) -> tuple[Array, Array]:
        """Keys [n] and values [n]."""
        if self._index is None:
            return super().export()
        places = np.arange(self._offset, self._offset + len(self._index), dtype=np.int64)
        return self._key_array(self._index.words()), places

    def _lookup(self, keys: Array, default: Array) -> Array:
        if self._index is None:
            return super()._lookup(keys, default)
        words = self._keys(keys)
        if len(words) > FEW:
            return self._filled(self._places(self._index, words), default)
        return self._filled(self._remembered(self._index, words), default)

    def _remembered(self, index: WordIndex, words: list[bytes]) -> Array:
        """The places of a few words."""
        entries = self._entries
        try:
            return np.fromiter(map(entries.__getitem__, words), np.int64, len(words))
        except KeyError:
            known = self._places(index, words)
        if len(entries) > MAX_REMEMBERED:
            self._entries = entries = {}
        entries.update(zip(words, known.tolist(), strict=True))
        return known

    def find_list(self, words: list[bytes], default: Array) -> Array:
        """The value of each word of a list; see `find`."""
        if self._index is None or default.ndim or default.dtype != np.int64 or len(words) > FEW:
            return super().find_list(words, default)
        return self._filled(self._remembered(self._index, words), default)

    def find_flat(self, data: Array, starts: Array, lengths: Array, default: Array) -> Array:
        """The value of each word of joined ones; see `Table.find_flat`."""
        if self._index is None or default.ndim:
            return super().find_flat(data, starts, lengths, default)
        self.check_dtypes(self.key_dtype, default.dtype)
        return self._filled(self._index.find(data, starts, lengths), default)

    def _places(self, index: WordIndex, words: list[bytes]) -> Array:
        data, offsets = joined(words)
        return index.find(data, offsets[:-1], np.diff(offsets))

    def _filled(self, places: Array, default: Array) -> Array:
        """The values of words at these places, -1 for those that are not there."""
        if not self._offset and not default.ndim and default == -1:
            return places
        absent = places < 0
        if self._offset:
            places += self._offset
        np.copyto(places, default.reshape(-1), where=absent)
        return places

    def initialize(self, keys: Array, values: Array) -> None:
        """Fill the table; a table that is full already must have as many entries.

        Raises:
            FailedPreconditionError: a key stands there with two values, or the table was filled with more or fewer
                entries before.
        """
        if self.initialized:
            self.check_refill(keys.size)
            return
        pairs = self._pairs(keys, values)
        entries = dict(pairs)
        if len(entries) < len(pairs):
            _check_repeated(pairs)
        with self._lock:
            if not self.initialized:
                self._entries = entries
                self.initialized = True

    def check_refill(self, count: int) -> None:
        """Raise FailedPreconditionError unless the table has `count` entries.

        Source: core/kernels/lookup_table_op.h:HashTable::AreEntriesSame, which compares no more than that.
        """
        if count != self.size():
            raise FailedPreconditionError("Table was already initialized with different data.")

    def replace(self, keys: Array, values: Array) -> None:
        """Fill the table."""
        self.initialize(keys, values)


def _check_repeated(pairs: list[tuple[Any, Any]]) -> None:
    """Raise FailedPreconditionError if a key stands there with two values."""
    entries: dict[Any, Any] = {}
    for key, value in pairs:
        if key in entries and entries[key] != value:
            raise FailedPreconditionError(
                f"HashTable has different value for same key. Key {_shown(key)} has "
                f"{_shown(entries[key])} and trying to add value {_shown(value)}"
            )
        entries[key] = value


def _shown(value: Any) -> str:
    return clip(value.decode("utf-8", "replace")) if isinstance(value, bytes) else str(value)


class MutableTable(Table):
    """A table that can change at any time."""

    def __init__(
        self, name: str, key_dtype: DType, value_dtype: DType, value_shape: tuple[int, ...]
    ) -> None:
        super().__init__(name, key_dtype, value_dtype, value_shape)
        self.initialized = True

    def insert(self, keys: Array, values: Array) -> None:
        """Add or replace entries; of two entries with one key the later counts."""
        pairs = self._pairs(keys, values)
        with self._lock:
            self._entries.update(pairs)

    def remove(self, keys: Array) -> None:
        """Remove entries; keys that are not there are ignored."""
        gone = self._keys(keys)
        with self._lock:
            for key in gone:
                self._entries.pop(key, None)

    def replace(self, keys: Array, values: Array) -> None:
        """Replace all entries."""
        pairs = self._pairs(keys, values)
        with self._lock:
            self._entries = dict(pairs)


class DenseTable(MutableTable):
    """A table whose keys may be vectors.

    Attributes:
        key_shape: shape of one key.
    """

    def __init__(
        self,
        name: str,
        key_dtype: DType,
        value_dtype: DType,
        value_shape: tuple[int, ...],
        empty: Array,
        deleted: Array | None,
    ) -> None:
        super().__init__(name, key_dtype, value_dtype, value_shape)
        require(empty.ndim <= 1, f"a key must be a scalar or a vector, not {list(empty.shape)}")
        self.key_shape = empty.shape
        self._reserved = [tuple(k.reshape(-1).tolist()) for k in (empty, deleted) if k is not None]

    def _batch_shape(self, keys: Array) -> tuple[int, ...]:
        rank = len(self.key_shape)
        require(
            keys.shape[keys.ndim - rank :] == self.key_shape and keys.ndim >= rank,
            f"keys must end in shape {list(self.key_shape)}, not {list(keys.shape)}",
        )
        return keys.shape[: keys.ndim - rank]

    def _keys(self, keys: Array) -> list[Any]:
        if not self.key_shape:
            found = keys.reshape(-1).tolist()
            rows = [(key,) for key in found]
        else:
            found = rows = [tuple(row) for row in keys.reshape(-1, *self.key_shape).tolist()]
        for row in rows:
            if row in self._reserved:
                raise InvalidArgumentError(
                    "Using the empty_key or the deleted_key as a table key is not allowed"
                )
        return found
