"""Columns of numbers, and of intervals of numbers.

Source: tensorflow/python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.encoding import one_hot
from minihub_runtime.api.feature_column.base import CategoricalColumn, DenseColumn, IdWeightPair
from minihub_runtime.api.feature_column.checking import (
    check_default_value,
    check_key,
    check_normalizer,
    check_number_type,
    check_shape,
)
from minihub_runtime.api.feature_column.serialization import (
    arguments_of,
    deserialize_feature_column,
    deserialize_object,
    register_feature_column,
    serialize_feature_column,
    serialize_object,
)
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import expand_dims, reshape, transpose
from minihub_runtime.api.parsing.features import FixedLenFeature
from minihub_runtime.api.ranges import range as range_of
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import as_dtype, float32, int64
from minihub_runtime.public import public

__all__ = ["BucketizedColumn", "NumericColumn", "bucketized_column", "numeric_column"]


class _NumericFields(NamedTuple):
    key: str
    shape: Any
    default_value: Any
    dtype: Any
    normalizer_fn: Callable[[Any], Any] | None


@register_feature_column
class NumericColumn(DenseColumn, _NumericFields):
    """What `numeric_column` returns."""

    @property
    def name(self) -> str:
        """The key."""
        return self.key

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        return {self.key: FixedLenFeature(self.shape, self.dtype, self.default_value)}

    @property
    def parents(self) -> list[Any]:
        """See `FeatureColumn`."""
        return [self.key]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The normalised feature as float32.

        Raises:
            ValueError: the feature is sparse.
        """
        feature = transformation_cache.get(self.key, state_manager)
        if isinstance(feature, SparseTensor):
            raise ValueError(
                "The corresponding Tensor of numerical column must be a Tensor. "
                f"SparseTensor is not supported. key: {self.key}"
            )
        if self.normalizer_fn is not None:
            feature = self.normalizer_fn(feature)
        return cast(feature, float32)

    @property
    def variable_shape(self) -> TensorShape:
        """See `DenseColumn`."""
        return TensorShape(self.shape)

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """See `DenseColumn`."""
        return transformation_cache.get(self, state_manager)

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`."""
        return {
            **self._asdict(),
            "normalizer_fn": serialize_object(self.normalizer_fn),
            "dtype": self.dtype.name,
        }

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> NumericColumn:
        """See `FeatureColumn`."""
        arguments = arguments_of(config, cls._fields)
        arguments["normalizer_fn"] = deserialize_object(config["normalizer_fn"], {}, custom_objects)
        arguments["dtype"] = as_dtype(config["dtype"])
        return cls(**arguments)


@public("feature_column.numeric_column")
def numeric_column(
    key: str,
    shape: Any = (1,),
    default_value: Any = None,
    dtype: Any = float32,
    normalizer_fn: Callable[[Any], Any] | None = None,
) -> NumericColumn:
    """A column of numbers, which models get as float32.

    Args:
        key: the key of the feature.
        shape: the shape of one example's values, or their number.
        default_value: what `tf.parse_example` gives an example without the feature, a value for all or values of this
            shape; None if it must have it.
        dtype: the type of the feature, of integers or floats.
        normalizer_fn: a function of the tensor of a batch.

    Raises:
        TypeError: a dimension is no integer, `default_value` is not of the type, or the normaliser is no function.
        ValueError: a dimension is not positive, the type is another, or `default_value` has another shape.
    """
    dimensions = check_shape(shape, key)
    check_number_type(dtype, key)
    default_value = check_default_value(dimensions, default_value, dtype, key)
    check_normalizer(normalizer_fn)
    check_key(key)
    return NumericColumn(key, dimensions, default_value, dtype, normalizer_fn)


class _BucketizedFields(NamedTuple):
    source_column: Any
    boundaries: tuple[float, ...]


@register_feature_column
class BucketizedColumn(DenseColumn, CategoricalColumn, _BucketizedFields):
    """What `bucketized_column` returns."""

    @property
    def name(self) -> str:
        """See `FeatureColumn`."""
        return f"{self.source_column.name}_bucketized"

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        return dict(self.source_column.parse_example_spec)

    @property
    def parents(self) -> list[Any]:
        """See `FeatureColumn`."""
        return [self.source_column]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The numbers of the intervals."""
        source = transformation_cache.get(self.source_column, state_manager)
        return build("Bucketize", input=source, boundaries=list(self.boundaries))

    @property
    def variable_shape(self) -> TensorShape:
        """See `DenseColumn`."""
        return TensorShape((*self.source_column.shape, len(self.boundaries) + 1))

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """One where the interval is."""
        found = transformation_cache.get(self, state_manager)
        return one_hot(
            indices=cast(found, int64), depth=len(self.boundaries) + 1, on_value=1.0, off_value=0.0
        )

    @property
    def num_buckets(self) -> int:
        """The intervals of all numbers of an example."""
        return (len(self.boundaries) + 1) * int(self.source_column.shape[0])

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """The intervals; those of the second number of an example come after those of the first."""
        found = transformation_cache.get(self, state_manager)
        batch_size = shape_of(found)[0]
        width = self.source_column.shape[0]
        rows = reshape(
            build("Tile", input=expand_dims(range_of(0, batch_size), 1), multiples=[1, width]),
            (-1,),
        )
        places = build("Tile", input=range_of(0, width), multiples=[batch_size])
        ids = reshape(found, (-1,)) + (len(self.boundaries) + 1) * places
        indices = cast(transpose(stack((rows, places))), int64)
        dense_shape = cast(stack([batch_size, width]), int64)
        return IdWeightPair(SparseTensor(indices, ids, dense_shape), None)

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`."""
        return {**self._asdict(), "source_column": serialize_feature_column(self.source_column)}

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> BucketizedColumn:
        """See `FeatureColumn`."""
        arguments = arguments_of(config, cls._fields)
        arguments["source_column"] = deserialize_feature_column(
            config["source_column"], custom_objects, columns_by_name
        )
        return cls(**arguments)


@public("feature_column.bucketized_column")
def bucketized_column(source_column: NumericColumn, boundaries: Any) -> BucketizedColumn:
    """A column of intervals that numbers lie in; as a dense column, it is one where the interval is.

    Args:
        source_column: what `numeric_column` gave, of one dimension at most.
        boundaries: a list or tuple of floats, each greater than the one before; an interval holds its left end.

    Raises:
        ValueError: the column is another, or the boundaries are none, no list, or not sorted.
    """
    if not isinstance(source_column, NumericColumn):
        raise ValueError(
            "source_column must be a column generated with numeric_column(). "
            f"Given: {source_column}"
        )
    if len(source_column.shape) > 1:
        raise ValueError(f"source_column must be one-dimensional column. Given: {source_column}")
    if not boundaries:
        raise ValueError("boundaries must not be empty.")
    if not isinstance(boundaries, (list, tuple)):
        raise ValueError("boundaries must be a sorted list.")
    if any(left >= right for left, right in itertools.pairwise(boundaries)):
        raise ValueError("boundaries must be a sorted list.")
    return BucketizedColumn(source_column, tuple(boundaries))
