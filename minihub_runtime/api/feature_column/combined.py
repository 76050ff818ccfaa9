"""Categorical columns with weights, and combinations of categories.

Source: tensorflow/python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.feature_column.base import CategoricalColumn, FeatureColumn, IdWeightPair
from minihub_runtime.api.feature_column.categorical import HashedCategoricalColumn
from minihub_runtime.api.feature_column.serialization import (
    arguments_of,
    deserialize_feature_column,
    register_feature_column,
    serialize_feature_column,
)
from minihub_runtime.api.feature_column.transformation import to_sparse_input
from minihub_runtime.api.parsing.features import VarLenFeature
from minihub_runtime.api.sparse.conversion import convert_to_tensor_or_sparse_tensor
from minihub_runtime.api.sparse.crossing import sparse_cross_hashed
from minihub_runtime.dtypes import as_dtype, float32, string
from minihub_runtime.public import public

__all__ = [
    "CrossedColumn",
    "WeightedCategoricalColumn",
    "crossed_column",
    "weighted_categorical_column",
]


class _WeightedFields(NamedTuple):
    categorical_column: Any
    weight_feature_key: str
    dtype: Any


@register_feature_column
class WeightedCategoricalColumn(CategoricalColumn, _WeightedFields):
    """What `weighted_categorical_column` returns."""

    @property
    def name(self) -> str:
        """See `FeatureColumn`."""
        return f"{self.categorical_column.name}_weighted_by_{self.weight_feature_key}"

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`.

        Raises:
            ValueError: the weights have the key of another feature.
        """
        spec = dict(self.categorical_column.parse_example_spec)
        if self.weight_feature_key in spec:
            raise ValueError(
                f"Parse config {spec[self.weight_feature_key]} already exists for "
                f"{self.weight_feature_key}."
            )
        spec[self.weight_feature_key] = VarLenFeature(self.dtype)
        return spec

    @property
    def parents(self) -> list[Any]:
        """See `FeatureColumn`."""
        return [self.categorical_column, self.weight_feature_key]

    @property
    def num_buckets(self) -> int:
        """See `CategoricalColumn`."""
        return int(self.categorical_column.num_buckets)

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The categories and the weights.

        Raises:
            ValueError: the weights are of another type.
        """
        weights = self._sparse_weights(
            transformation_cache.get(self.weight_feature_key, state_manager)
        )
        ids = to_sparse_input(transformation_cache.get(self.categorical_column, state_manager))
        return ids, weights

    def _sparse_weights(self, feature: Any) -> Any:
        weights = convert_to_tensor_or_sparse_tensor(feature)
        if self.dtype != weights.dtype.base_dtype:
            raise ValueError(f"Bad dtype, expected {self.dtype}, but got {weights.dtype}.")
        if not isinstance(weights, SparseTensor):
            weights = to_sparse_input(weights, ignore_value=0.0)
        return weights if weights.dtype.is_floating else cast(weights, float32)

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """See `CategoricalColumn`."""
        return IdWeightPair(*transformation_cache.get(self, state_manager))

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`."""
        return {
            **self._asdict(),
            "categorical_column": serialize_feature_column(self.categorical_column),
            "dtype": self.dtype.name,
        }

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> WeightedCategoricalColumn:
        """See `FeatureColumn`."""
        arguments = arguments_of(config, cls._fields)
        arguments["categorical_column"] = deserialize_feature_column(
            config["categorical_column"], custom_objects, columns_by_name
        )
        return cls(**{**arguments, "dtype": as_dtype(config["dtype"])})


@public("feature_column.weighted_categorical_column")
def weighted_categorical_column(
    categorical_column: Any, weight_feature_key: str, dtype: Any = float32
) -> WeightedCategoricalColumn:
    """A column of categories that count as much as another feature tells.

    Args:
        categorical_column: the column of categories.
        weight_feature_key: the key of the feature of weights, which has as many for each example; in a dense one, 0 means
            no value.
        dtype: its type, of integers or floats.

    Raises:
        ValueError: the type is another.
    """
    if dtype is None or not (dtype.is_integer or dtype.is_floating):
        raise ValueError(f"dtype {dtype} is not convertible to float.")
    return WeightedCategoricalColumn(categorical_column, weight_feature_key, dtype)


class _CrossedFields(NamedTuple):
    keys: tuple[Any, ...]
    hash_bucket_size: int
    hash_key: int | None


@register_feature_column
class CrossedColumn(CategoricalColumn, _CrossedFields):
    """What `crossed_column` returns."""

    @property
    def name(self) -> str:
        """The sorted names of what is combined."""
        return "_X_".join(
            sorted(leaf if isinstance(leaf, str) else leaf.name for leaf in self._leaves())
        )

    def _leaves(self) -> Iterator[Any]:
        """What is combined, with combinations taken apart."""
        for key in self.keys:
            if isinstance(key, CrossedColumn):
                yield from key._leaves()
            else:
                yield key

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        spec: dict[Any, Any] = {}
        for key in self.keys:
            if isinstance(key, FeatureColumn):
                spec.update(key.parse_example_spec)
            else:
                spec[key] = VarLenFeature(string)
        return spec

    @property
    def parents(self) -> list[Any]:
        """See `FeatureColumn`."""
        return list(self.keys)

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The hashes of the combinations.

        Raises:
            ValueError: a column has weights.
        """
        tensors = []
        for leaf in self._leaves():
            if isinstance(leaf, str):
                tensors.append(transformation_cache.get(leaf, state_manager))
                continue
            ids, weights = leaf.get_sparse_tensors(transformation_cache, state_manager)
            if weights is not None:
                raise ValueError(
                    "crossed_column does not support weight_tensor, but the given column populates "
                    f"weight_tensor. Given column: {leaf.name}"
                )
            tensors.append(ids)
        return sparse_cross_hashed(
            tensors, num_buckets=self.hash_bucket_size, hash_key=self.hash_key
        )

    @property
    def num_buckets(self) -> int:
        """See `CategoricalColumn`."""
        return self.hash_bucket_size

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """See `CategoricalColumn`."""
        return IdWeightPair(transformation_cache.get(self, state_manager), None)

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`."""
        return {**self._asdict(), "keys": tuple(map(serialize_feature_column, self.keys))}

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> CrossedColumn:
        """See `FeatureColumn`."""
        arguments = arguments_of(config, cls._fields)
        arguments["keys"] = tuple(
            deserialize_feature_column(key, custom_objects, columns_by_name)
            for key in config["keys"]
        )
        return cls(**arguments)


@public("feature_column.crossed_column")
def crossed_column(keys: Any, hash_bucket_size: int, hash_key: int | None = None) -> CrossedColumn:
    """A column of combinations of categories, by their hashes.

    Args:
        keys: two or more keys of features, or categorical columns, but none by hash.
        hash_bucket_size: how many categories there are.
        hash_key: which hash function.

    Raises:
        ValueError: there are fewer than two keys, a key is something else, or there is less than one category.
    """
    if not hash_bucket_size or hash_bucket_size < 1:
        raise ValueError(f"hash_bucket_size must be > 1. hash_bucket_size: {hash_bucket_size}")
    if not keys or len(keys) < 2:
        raise ValueError(f"keys must be a list with length > 1. Given: {keys}")
    for key in keys:
        if not isinstance(key, (str, CategoricalColumn)):
            raise ValueError(
                "Unsupported key type. All keys must be either string, or categorical column except "
                f"HashedCategoricalColumn. Given: {key}"
            )
        if isinstance(key, HashedCategoricalColumn):
            raise ValueError(
                "categorical_column_with_hash_bucket is not supported for crossing. Hashing before "
                "crossing will increase probability of collision. Instead, use the feature name as a "
                f"string. Given: {key}"
            )
    return CrossedColumn(tuple(keys), hash_bucket_size, hash_key)
