"""Tables of vocabularies, in files or in tensors: from words to numbers and back.

Source: tensorflow/python/ops/lookup_ops.py; tensorflow/contrib/lookup/lookup_ops.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.lookup.initializers import (
    KeyValueTensorInitializer,
    TextFileIdTableInitializer,
    TextFileIndex,
    TextFileStringTableInitializer,
)
from minihub_runtime.api.lookup.tables import StaticHashTable
from minihub_runtime.api.lookup.vocabulary import FastHashSpec, HasherSpec, IdTableWithHashBuckets
from minihub_runtime.api.ranges import range
from minihub_runtime.api.sizes import size
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import DType, int64, string
from minihub_runtime.public import public

__all__ = [
    "index_table_from_file",
    "index_table_from_tensor",
    "index_to_string",
    "index_to_string_table_from_file",
    "index_to_string_table_from_tensor",
    "string_to_index",
    "string_to_index_table_from_file",
    "string_to_index_table_from_tensor",
]


def _check_file(vocabulary_file: Any) -> None:
    if vocabulary_file is None or (isinstance(vocabulary_file, str) and not vocabulary_file):
        raise ValueError("`vocabulary_file` must be specified and must not be empty.")


def _check_buckets(num_oov_buckets: int) -> None:
    if num_oov_buckets < 0:
        raise ValueError(
            f"`num_oov_buckets` must be greater or equal than 0, got {num_oov_buckets}."
        )


@public("contrib.lookup.index_table_from_file")
def index_table_from_file(
    vocabulary_file: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: int | None = None,
    default_value: int = -1,
    hasher_spec: HasherSpec = FastHashSpec,
    key_dtype: DType = string,
    name: str | None = None,
    key_column_index: int = TextFileIndex.WHOLE_LINE,
    value_column_index: int = TextFileIndex.LINE_NUMBER,
    delimiter: str = "\t",
) -> Any:
    """A table from the lines of a file to their numbers.

    Args:
        vocabulary_file: the path, text or a string tensor.
        num_oov_buckets: how many numbers after these other words get, by their hash.
        vocab_size: the number of lines, if it is known.
        default_value: the number of other words if there are no buckets.
        hasher_spec: which hash function.
        key_dtype: text, or integers written in the file.
        name: a name of the operations.
        key_column_index: what of a line is the word; see TextFileIndex.
        value_column_index: what of a line is the number.
        delimiter: what stands between columns.

    Raises:
        ValueError: there is no file, or a number is out of range.
        TypeError: the type is neither.
    """
    _check_file(vocabulary_file)
    _check_buckets(num_oov_buckets)
    if vocab_size is not None and vocab_size < 1:
        told = vocabulary_file
        if isinstance(vocabulary_file, Tensor):
            told = constant_value(vocabulary_file) or "?"
        raise ValueError(
            f"`vocab_size` must be greater than 0, got {vocab_size} for vocabulary_file: {told}."
        )
    if not key_dtype.is_integer and key_dtype.base_dtype != string:
        raise TypeError("Dtype for `keys` should be either integer or string.")
    with name_scope(name, "string_to_index"):
        with name_scope(None, "hash_table"):
            init = TextFileIdTableInitializer(
                vocabulary_file,
                vocab_size=vocab_size,
                key_dtype=int64 if key_dtype.is_integer else key_dtype,
                name="table_init",
                key_column_index=key_column_index,
                value_column_index=value_column_index,
                delimiter=delimiter,
            )
            table = StaticHashTable(init, default_value)
        if not num_oov_buckets:
            return table
        return IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec, key_dtype=key_dtype)


def _index_table(
    vocabulary_list: Any,
    num_oov_buckets: int,
    default_value: int,
    hasher_spec: HasherSpec,
    dtype: DType,
    name: str | None,
) -> Any:
    _check_buckets(num_oov_buckets)
    if not dtype.is_integer and dtype.base_dtype != string:
        raise TypeError("`dtype` must either be integer or string.")
    with name_scope(name, "string_to_index"):
        keys = convert_to_tensor(vocabulary_list)
        if keys.dtype.is_integer != dtype.is_integer:
            kind = "integer" if dtype.is_integer else "non-integer"
            raise ValueError(f"Invalid `dtype`: Expected {kind}, got {keys.dtype}.")
        if not dtype.is_integer and keys.dtype.base_dtype != dtype:
            raise ValueError(f"Invalid `dtype`: Expected {dtype}, got {keys.dtype}.")
        values = cast(range(size(keys)), int64)
        with name_scope(None, "hash_table"):
            words = cast(keys, int64) if keys.dtype.is_integer else keys
            init = KeyValueTensorInitializer(
                words, values, words.dtype.base_dtype, int64, name="table_init"
            )
            table = StaticHashTable(init, default_value)
        if not num_oov_buckets:
            return table
        return IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec, key_dtype=dtype)


@public("contrib.lookup.index_table_from_tensor")
def index_table_from_tensor(
    mapping: Any,
    num_oov_buckets: int = 0,
    default_value: int = -1,
    hasher_spec: HasherSpec = FastHashSpec,
    dtype: DType = string,
    name: str | None = None,
) -> Any:
    """A table from words to their places in a vector.

    Args:
        mapping: [n], words or integers.
        num_oov_buckets: how many numbers after these other words get, by their hash.
        default_value: the number of other words if there are no buckets.
        hasher_spec: which hash function.
        dtype: the type of the keys.
        name: a name of the operations.

    Raises:
        ValueError: there is no vector, it is of another type, or a number is out of range.
        TypeError: the type is neither text nor integers.
    """
    if mapping is None:
        raise ValueError("mapping must be specified.")
    return _index_table(mapping, num_oov_buckets, default_value, hasher_spec, dtype, name)


@public("contrib.lookup.index_to_string_table_from_file")
def index_to_string_table_from_file(
    vocabulary_file: Any,
    vocab_size: int | None = None,
    default_value: Any = "UNK",
    name: str | None = None,
    key_column_index: int = TextFileIndex.LINE_NUMBER,
    value_column_index: int = TextFileIndex.WHOLE_LINE,
    delimiter: str = "\t",
) -> StaticHashTable:
    """A table from the numbers of the lines of a file to the lines.

    Args:
        vocabulary_file: the path, text or a string tensor.
        vocab_size: the number of lines, if it is known.
        default_value: the word of other numbers.
        name: a name of the operations.
        key_column_index: what of a line is the number; see TextFileIndex.
        value_column_index: what of a line is the word.
        delimiter: what stands between columns.

    Raises:
        ValueError: there is no file, or a number is out of range.
    """
    _check_file(vocabulary_file)
    if vocab_size is not None and vocab_size < 1:
        raise ValueError(f"`vocab_size` must be greater than 0, got {vocab_size}.")
    with name_scope(name, "index_to_string"):
        init = TextFileStringTableInitializer(
            vocabulary_file,
            vocab_size=vocab_size,
            name="table_init",
            key_column_index=key_column_index,
            value_column_index=value_column_index,
            delimiter=delimiter,
        )
        return StaticHashTable(init, default_value)


@public("contrib.lookup.index_to_string_table_from_tensor")
def index_to_string_table_from_tensor(
    mapping: Any, default_value: Any = "UNK", name: str | None = None
) -> StaticHashTable:
    """A table from places in a vector to the words there.

    Args:
        mapping: [n], words.
        default_value: the word of other numbers.
        name: a name of the operations.

    Raises:
        ValueError: there is no vector.
    """
    if mapping is None:
        raise ValueError("mapping must be specified.")
    with name_scope(name, "index_to_string"):
        words = convert_to_tensor(mapping, string)
        keys = cast(range(size(words)), int64)
        init = KeyValueTensorInitializer(keys, words, int64, string, name="table_init")
        return StaticHashTable(init, default_value)


@public("contrib.lookup.string_to_index_table_from_file")
def string_to_index_table_from_file(
    vocabulary_file: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: int | None = None,
    default_value: int = -1,
    hasher_spec: HasherSpec = FastHashSpec,
    name: str | None = None,
) -> Any:
    """The older name of `index_table_from_file`."""
    return index_table_from_file(
        vocabulary_file, num_oov_buckets, vocab_size, default_value, hasher_spec, string, name
    )


@public("contrib.lookup.string_to_index_table_from_tensor")
def string_to_index_table_from_tensor(
    mapping: Any,
    num_oov_buckets: int = 0,
    default_value: int = -1,
    hasher_spec: HasherSpec = FastHashSpec,
    name: str | None = None,
) -> Any:
    """The older form of `index_table_from_tensor`, for words only.

    Raises:
        ValueError: the vector is of another type, or a number is out of range.
    """
    with name_scope(name, "string_to_index") as scope:
        mapping = convert_to_tensor(mapping)
    if mapping.dtype.base_dtype != string:
        raise ValueError("string_to_index_table_from_tensor requires string.")
    return index_table_from_tensor(mapping, num_oov_buckets, default_value, hasher_spec, name=scope)


@public("contrib.lookup.string_to_index")
def string_to_index(
    tensor: Any, mapping: Any, default_value: int = -1, name: str | None = None
) -> Any:
    """The places of words in a vector; `default_value` of those that are not there."""
    return index_table_from_tensor(mapping, default_value=default_value, name=name).lookup(tensor)


@public("contrib.lookup.index_to_string")
def index_to_string(
    tensor: Any, mapping: Any, default_value: Any = "UNK", name: str | None = None
) -> Any:
    """The words at places in a vector; `default_value` at places that it has not."""
    return index_to_string_table_from_tensor(mapping, default_value, name).lookup(tensor)
