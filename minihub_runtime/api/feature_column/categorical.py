"""Columns of categories: by the hash of a value, or by the value itself.

Source: tensorflow/python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.feature_column.base import CategoricalColumn, IdWeightPair
from minihub_runtime.api.feature_column.checking import check_key, check_string_or_integer
from minihub_runtime.api.feature_column.serialization import arguments_of, register_feature_column
from minihub_runtime.api.feature_column.transformation import to_sparse_input
from minihub_runtime.api.filling import fill
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.parsing.features import VarLenFeature
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import as_dtype, int64, string
from minihub_runtime.public import public

__all__ = [
    "HashedCategoricalColumn",
    "IdentityCategoricalColumn",
    "KeyedCategoricalColumn",
    "categorical_column_with_hash_bucket",
    "categorical_column_with_identity",
]


class KeyedCategoricalColumn(CategoricalColumn):
    """A categorical column of one feature."""

    key: str

    @property
    def name(self) -> str:
        """The key."""
        return self.key

    @property
    def parents(self) -> list[Any]:
        """See `FeatureColumn`."""
        return [self.key]

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """The categories, without weights."""
        return IdWeightPair(transformation_cache.get(self, state_manager), None)

    def check_input_type(self, column_dtype: Any, dtype: Any, *, types_first: bool) -> None:
        """Raises ValueError if values are not of the kind of the column, integers or strings.

        Args:
            column_dtype: of the column.
            dtype: of the feature.
            types_first: whether a type that is neither is told before one that differs.
        """
        if not types_first:
            self._check_same_kind(column_dtype, dtype)
        check_string_or_integer(dtype, f"column_name: {self.key} input_tensor")
        self._check_same_kind(column_dtype, dtype)

    def _check_same_kind(self, column_dtype: Any, dtype: Any) -> None:
        if column_dtype.is_integer != dtype.is_integer:
            raise ValueError(
                "Column dtype and SparseTensors dtype must be compatible. "
                f"key: {self.key}, column dtype: {column_dtype}, tensor dtype: {dtype}"
            )


class _HashedFields(NamedTuple):
    key: str
    hash_bucket_size: int
    dtype: Any


@register_feature_column
class HashedCategoricalColumn(KeyedCategoricalColumn, _HashedFields):
    """What `categorical_column_with_hash_bucket` returns."""

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        return {self.key: VarLenFeature(self.dtype)}

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The hashes of the values.

        Raises:
            ValueError: the values are of another type.
        """
        found = to_sparse_input(transformation_cache.get(self.key, state_manager))
        self.check_input_type(self.dtype, found.dtype, types_first=True)
        values = found.values
        if self.dtype is not string:
            values = build("AsString", input=values)
        ids = build(
            "StringToHashBucketFast", name="lookup", input=values, num_buckets=self.hash_bucket_size
        )
        return SparseTensor(found.indices, ids, found.dense_shape)

    @property
    def num_buckets(self) -> int:
        """See `CategoricalColumn`."""
        return self.hash_bucket_size

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`."""
        return {**self._asdict(), "dtype": self.dtype.name}

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> HashedCategoricalColumn:
        """See `FeatureColumn`."""
        arguments = arguments_of(config, cls._fields)
        return cls(**{**arguments, "dtype": as_dtype(config["dtype"])})


@public("feature_column.categorical_column_with_hash_bucket")
def categorical_column_with_hash_bucket(
    key: str, hash_bucket_size: int, dtype: Any = string
) -> HashedCategoricalColumn:
    """A column of categories by the hashes of values, of which different ones may be the same.

    In a dense feature, the empty string or -1 means no value.

    Args:
        key: the key of the feature, dense or sparse.
        hash_bucket_size: how many categories there are.
        dtype: the type of the feature, strings or integers.

    Raises:
        ValueError: there is less than one category, or the type is another.
    """
    if hash_bucket_size is None:
        raise ValueError(f"hash_bucket_size must be set. key: {key}")
    if hash_bucket_size < 1:
        raise ValueError(
            f"hash_bucket_size must be at least 1. hash_bucket_size: {hash_bucket_size}, key: {key}"
        )
    check_key(key)
    check_string_or_integer(dtype, f"column_name: {key}")
    return HashedCategoricalColumn(key, hash_bucket_size, dtype)


class _IdentityFields(NamedTuple):
    key: str
    number_buckets: int
    default_value: int | None


@register_feature_column
class IdentityCategoricalColumn(KeyedCategoricalColumn, _IdentityFields):
    """What `categorical_column_with_identity` returns."""

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        return {self.key: VarLenFeature(int64)}

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The values, with the default value for those that are no categories.

        Raises:
            ValueError: the values are no integers.
        """
        found = to_sparse_input(transformation_cache.get(self.key, state_manager))
        if not found.dtype.is_integer:
            raise ValueError(f"Invalid input, not integer. key: {self.key} dtype: {found.dtype}")
        values = cast(found.values, int64, name="values")
        if self.default_value is not None:
            values = cast(found.values, int64, name="values")
            limit = cast(self.num_buckets, int64, name="num_buckets")
            zero = cast(0, int64, name="zero")
            outside = build(
                "LogicalOr",
                name="out_of_range",
                x=build("Less", x=values, y=zero),
                y=build("GreaterEqual", x=values, y=limit),
            )
            default = fill(
                dims=shape(values), value=cast(self.default_value, int64), name="default_values"
            )
            values = where_v2(outside, default, values)
        return SparseTensor(found.indices, values, found.dense_shape)

    @property
    def num_buckets(self) -> int:
        """See `CategoricalColumn`."""
        return self.number_buckets

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`."""
        return self._asdict()

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> IdentityCategoricalColumn:
        """See `FeatureColumn`."""
        return cls(**arguments_of(config, cls._fields))


@public("feature_column.categorical_column_with_identity")
def categorical_column_with_identity(
    key: str, num_buckets: int, default_value: int | None = None
) -> IdentityCategoricalColumn:
    """A column of categories that are the values themselves, integers from 0.

    In a dense feature, -1 means no value.

    Args:
        key: the key of the feature, dense or sparse.
        num_buckets: how many categories there are.
        default_value: the category of values that are none; without it, values of `num_buckets` or more fail a run, and
            negative ones are left out.

    Raises:
        ValueError: there is less than one category, or the default value is none.
    """
    if num_buckets < 1:
        raise ValueError(f"num_buckets {num_buckets} < 1, column_name {key}")
    if default_value is not None and not 0 <= default_value < num_buckets:
        raise ValueError(
            f"default_value {default_value} not in range [0, {num_buckets}), column_name {key}"
        )
    check_key(key)
    return IdentityCategoricalColumn(key, num_buckets, default_value)
