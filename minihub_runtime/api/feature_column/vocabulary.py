"""Columns of categories that a vocabulary lists, in a file or in a list.

Source: tensorflow/python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.api.casting import cast
from minihub_runtime.api.contexts import init_scope
from minihub_runtime.api.feature_column.categorical import KeyedCategoricalColumn
from minihub_runtime.api.feature_column.checking import check_key, check_string_or_integer
from minihub_runtime.api.feature_column.serialization import arguments_of, register_feature_column
from minihub_runtime.api.feature_column.transformation import to_sparse_input
from minihub_runtime.api.gfile import exists
from minihub_runtime.api.gfile_object import GFile
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.lookup.factories import index_table_from_file, index_table_from_tensor
from minihub_runtime.api.parsing.features import VarLenFeature
from minihub_runtime.dtypes import as_dtype, int64, string
from minihub_runtime.errors import UnimplementedError
from minihub_runtime.public import public

__all__ = [
    "VocabularyFileCategoricalColumn",
    "VocabularyListCategoricalColumn",
    "categorical_column_with_vocabulary_file",
    "categorical_column_with_vocabulary_list",
]


class _VocabularyColumn(KeyedCategoricalColumn):
    """A categorical column whose categories are looked up in a table."""

    dtype: Any

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        return {self.key: VarLenFeature(self.dtype)}

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The places of the values in the vocabulary.

        Raises:
            ValueError: the values are of another type.
        """
        found = to_sparse_input(transformation_cache.get(self.key, state_manager))
        self.check_input_type(self.dtype, found.dtype, types_first=False)
        key_dtype = self.dtype
        if found.dtype.is_integer:
            # Tables of integers have keys of 64 bits.
            key_dtype = int64
            found = cast(found, int64)
        name = f"{self.key}_lookup"
        if state_manager is not None and state_manager.has_resource(self, name):
            return state_manager.get_resource(self, name).lookup(found)
        with init_scope():
            table = self.make_table(key_dtype, name)
        if state_manager is not None:
            state_manager.add_resource(self, name, table)
        return table.lookup(found)

    @abc.abstractmethod
    def make_table(self, key_dtype: Any, name: str) -> Any:
        """A table from values to places.

        Args:
            key_dtype: string or int64.
            name: its name.
        """

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`."""
        return {**self._asdict(), "dtype": self.dtype.name}  # type: ignore[attr-defined]

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> Any:
        """See `FeatureColumn`."""
        arguments = arguments_of(config, cls._fields)  # type: ignore[attr-defined]
        return cls(**{**arguments, "dtype": as_dtype(config["dtype"])})


class _FileFields(NamedTuple):
    key: str
    vocabulary_file: str
    vocabulary_size: int
    num_oov_buckets: int
    dtype: Any
    default_value: int
    file_format: str | None = None


@register_feature_column
class VocabularyFileCategoricalColumn(_VocabularyColumn, _FileFields):
    """What `categorical_column_with_vocabulary_file` returns."""

    def make_table(self, key_dtype: Any, name: str) -> Any:
        """See `_VocabularyColumn`."""
        return index_table_from_file(
            vocabulary_file=self.vocabulary_file,
            num_oov_buckets=self.num_oov_buckets,
            vocab_size=self.vocabulary_size,
            default_value=self.default_value,
            key_dtype=key_dtype,
            name=name,
        )

    @property
    def num_buckets(self) -> int:
        """See `CategoricalColumn`."""
        return self.vocabulary_size + self.num_oov_buckets


class _ListFields(NamedTuple):
    key: str
    vocabulary_list: tuple[Any, ...]
    dtype: Any
    default_value: int
    num_oov_buckets: int


@register_feature_column
class VocabularyListCategoricalColumn(_VocabularyColumn, _ListFields):
    """What `categorical_column_with_vocabulary_list` returns."""

    def make_table(self, key_dtype: Any, name: str) -> Any:
        """See `_VocabularyColumn`."""
        return index_table_from_tensor(
            tuple(self.vocabulary_list),
            num_oov_buckets=self.num_oov_buckets,
            default_value=self.default_value,
            dtype=key_dtype,
            name=name,
        )

    @property
    def num_buckets(self) -> int:
        """See `CategoricalColumn`."""
        return len(self.vocabulary_list) + self.num_oov_buckets


@public("feature_column.categorical_column_with_vocabulary_file")
def categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: str,
    vocabulary_size: int | None = None,
    num_oov_buckets: int = 0,
    default_value: int | None = None,
    dtype: Any = string,
) -> VocabularyFileCategoricalColumn:
    """A column of categories that a file lists, one a line.

    In a dense feature, the empty string or -1 means no value.

    Args:
        key: the key of the feature, dense or sparse.
        vocabulary_file: the file.
        vocabulary_size: how many lines count; all by default.
        num_oov_buckets: how many further categories there are, by hash, for values that are not in the file.
        default_value: the category of values that are not in the file, -1 by default, which leaves them out; not
            together with `num_oov_buckets`.
        dtype: the type of the feature, strings or integers.

    Raises:
        ValueError: there is no file, a number is negative, both ways are told for values not in the file, or the type is
            another.
        UnimplementedError: the file is one of compressed records.
    """
    if not vocabulary_file:
        raise ValueError(f"Missing vocabulary_file in {key}.")
    if vocabulary_file.endswith("tfrecord.gz"):
        raise UnimplementedError(
            f"vocabulary_file in {key} must be a text file; files of compressed records are not "
            f"supported: {vocabulary_file}"
        )
    if vocabulary_size is None:
        if not exists(vocabulary_file):
            raise ValueError(f"vocabulary_file in {key} does not exist.")
        with GFile(vocabulary_file, mode="rb") as lines:
            vocabulary_size = sum(1 for _ in lines)
        LOGGER.info(
            "vocabulary_size = %d in %s is inferred from the number of elements in the vocabulary_file %s.",
            vocabulary_size,
            key,
            vocabulary_file,
        )
    if vocabulary_size < 1:
        raise ValueError(f"Invalid vocabulary_size in {key}.")
    _check_unknown(num_oov_buckets, default_value is not None, key)
    check_string_or_integer(dtype, f"column_name: {key}")
    check_key(key)
    return VocabularyFileCategoricalColumn(
        key,
        vocabulary_file,
        vocabulary_size,
        num_oov_buckets or 0,
        dtype,
        -1 if default_value is None else default_value,
    )


@public("feature_column.categorical_column_with_vocabulary_list")
def categorical_column_with_vocabulary_list(
    key: str,
    vocabulary_list: Any,
    dtype: Any = None,
    default_value: int = -1,
    num_oov_buckets: int = 0,
) -> VocabularyListCategoricalColumn:
    """A column of categories that a list tells.

    In a dense feature, the empty string or -1 means no value.

    Args:
        key: the key of the feature, dense or sparse.
        vocabulary_list: the values, all different, strings or integers.
        dtype: the type of the feature; that of the list by default.
        default_value: the category of values that are not in the list; -1 leaves them out.
        num_oov_buckets: how many further categories there are, by hash, for values that are not in the list.

    Raises:
        ValueError: the list is empty or repeats a value, a number is negative, both ways are told for values not in the
            list, or types are neither strings nor integers or do not match.
    """
    if vocabulary_list is None or len(vocabulary_list) < 1:
        raise ValueError(f"vocabulary_list {vocabulary_list} must be non-empty, column_name: {key}")
    if len(set(vocabulary_list)) != len(vocabulary_list):
        raise ValueError(f"Duplicate keys in vocabulary_list {vocabulary_list}, column_name: {key}")
    vocabulary_dtype = as_dtype(np.array(vocabulary_list).dtype)
    _check_unknown(num_oov_buckets, default_value != -1, key)
    check_string_or_integer(vocabulary_dtype, f"column_name: {key} vocabulary")
    if dtype is None:
        dtype = vocabulary_dtype
    elif dtype.is_integer != vocabulary_dtype.is_integer:
        raise ValueError(
            f"dtype {dtype} and vocabulary dtype {vocabulary_dtype} do not match, column_name: {key}"
        )
    check_string_or_integer(dtype, f"column_name: {key}")
    check_key(key)
    return VocabularyListCategoricalColumn(
        key, tuple(vocabulary_list), dtype, default_value, num_oov_buckets
    )


def _check_unknown(num_oov_buckets: int, has_default: bool, key: Any) -> None:
    """Raises ValueError if it is not clear what becomes of values that the vocabulary does not list."""
    if num_oov_buckets:
        if has_default:
            raise ValueError(f"Can't specify both num_oov_buckets and default_value in {key}.")
        if num_oov_buckets < 0:
            raise ValueError(f"Invalid num_oov_buckets {num_oov_buckets} in {key}.")
