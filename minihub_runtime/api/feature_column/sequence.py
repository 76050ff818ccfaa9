"""Columns of sequences.

Source: tensorflow/python/feature_column/sequence_feature_column.py, feature_column_v2.py, utils.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.feature_column.base import (
    CategoricalColumn,
    IdWeightPair,
    SequenceDenseColumn,
    TensorSequenceLengthPair,
)
from minihub_runtime.api.feature_column.categorical import (
    categorical_column_with_hash_bucket,
    categorical_column_with_identity,
)
from minihub_runtime.api.feature_column.checking import (
    check_normalizer,
    check_number_type,
    check_shape,
)
from minihub_runtime.api.feature_column.serialization import (
    arguments_of,
    deserialize_feature_column,
    register_feature_column,
    serialize_feature_column,
)
from minihub_runtime.api.feature_column.vocabulary import (
    categorical_column_with_vocabulary_file,
    categorical_column_with_vocabulary_list,
)
from minihub_runtime.api.filling import ones_like, zeros
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.parsing.features import VarLenFeature
from minihub_runtime.api.reduction import reduce_prod
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.sparse.conversion import sparse_tensor_to_dense
from minihub_runtime.api.sparse.shaping import sparse_reshape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import as_dtype, float32, int64, string
from minihub_runtime.public import public

__all__ = [
    "SequenceCategoricalColumn",
    "SequenceNumericColumn",
    "check_no_sequence",
    "check_sequence",
    "sequence_categorical_column_with_hash_bucket",
    "sequence_categorical_column_with_identity",
    "sequence_categorical_column_with_vocabulary_file",
    "sequence_categorical_column_with_vocabulary_list",
    "sequence_length_of",
    "sequence_numeric_column",
]


def sequence_length_of(sp_tensor: Any, num_elements: int = 1) -> Any:
    """How many steps each example has.

    Args:
        sp_tensor: a SparseTensor, `[batch, values, ...]`.
        num_elements: how many values make a step.

    Returns:
        int64, `[batch]`.
    """
    with name_scope(None, "sequence_length") as scope:
        rows = sp_tensor.indices[:, 0]
        ends = sp_tensor.indices[:, 1]
        ends += ones_like(ends)
        length = build("SegmentMax", data=ends, segment_ids=rows)
        length = cast(build("Ceil", x=length / num_elements), int64)
        # The last rows are not there if they are empty.
        missing = shape_of(sp_tensor)[:1] - shape_of(length)[:1]
        return concat([length, zeros(missing, dtype=length.dtype)], axis=0, name=scope)


class _SequenceCategoricalFields(NamedTuple):
    categorical_column: Any


@register_feature_column
class SequenceCategoricalColumn(CategoricalColumn, _SequenceCategoricalFields):
    """What `sequence_categorical_column_with_*` return."""

    @property
    def name(self) -> str:
        """That of the column of categories."""
        return str(self.categorical_column.name)

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        return dict(self.categorical_column.parse_example_spec)

    @property
    def parents(self) -> list[Any]:
        """See `FeatureColumn`."""
        return [self.categorical_column]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """See `FeatureColumn`."""
        return self.categorical_column.transform_feature(transformation_cache, state_manager)

    @property
    def num_buckets(self) -> int:
        """See `CategoricalColumn`."""
        return int(self.categorical_column.num_buckets)

    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> IdWeightPair:
        """The categories as `[batch, steps, categories of a step]`, so that steps are not combined."""
        ids, weights = self.categorical_column.get_sparse_tensors(
            transformation_cache, state_manager
        )
        sizes = shape_of(ids)
        # -1 for the last size would not do where there are no steps.
        wanted = [sizes[0], sizes[1], reduce_prod(sizes[2:])]
        ids = sparse_reshape(ids, wanted)
        if weights is not None:
            weights = sparse_reshape(weights, wanted)
        return IdWeightPair(ids, weights)

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`."""
        return {"categorical_column": serialize_feature_column(self.categorical_column)}

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> SequenceCategoricalColumn:
        """See `FeatureColumn`."""
        arguments_of(config, cls._fields)
        return cls(
            deserialize_feature_column(
                config["categorical_column"], custom_objects, columns_by_name
            )
        )


def check_no_sequence(column: Any, kind: str) -> None:
    """Raises ValueError if a dense column is made of categories of sequences.

    Args:
        column: the dense column.
        kind: the function that makes such.
    """
    if isinstance(column.categorical_column, SequenceCategoricalColumn):
        raise ValueError(
            f"In {kind}: {column.name}. categorical_column must not be of type "
            "SequenceCategoricalColumn. Suggested fix A: If you wish to use DenseFeatures, use a "
            "non-sequence categorical_column_with_*. Suggested fix B: If you wish to create sequence "
            "input, use SequenceFeatures instead of DenseFeatures. Given (type "
            f"{type(column.categorical_column)}): {column.categorical_column}"
        )


def check_sequence(column: Any, kind: str) -> None:
    """Raises ValueError if a column is made of other categories than those of sequences.

    Args:
        column: the column.
        kind: the function that makes such.
    """
    if not isinstance(column.categorical_column, SequenceCategoricalColumn):
        raise ValueError(
            f"In {kind}: {column.name}. categorical_column must be of type "
            "SequenceCategoricalColumn to use SequenceFeatures. Suggested fix: Use one of "
            f"sequence_categorical_column_with_*. Given (type {type(column.categorical_column)}): "
            f"{column.categorical_column}"
        )


class _SequenceNumericFields(NamedTuple):
    key: str
    shape: Any
    default_value: Any
    dtype: Any
    normalizer_fn: Callable[[Any], Any] | None


@register_feature_column
class SequenceNumericColumn(SequenceDenseColumn, _SequenceNumericFields):
    """What `sequence_numeric_column` returns."""

    @property
    def name(self) -> str:
        """The key."""
        return self.key

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        return {self.key: VarLenFeature(self.dtype)}

    @property
    def parents(self) -> list[Any]:
        """See `FeatureColumn`."""
        return [self.key]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The normalised feature."""
        feature = transformation_cache.get(self.key, state_manager)
        return feature if self.normalizer_fn is None else self.normalizer_fn(feature)

    @property
    def variable_shape(self) -> TensorShape:
        """The shape of the numbers of a step."""
        return TensorShape(self.shape)

    def get_sequence_dense_tensor(
        self, transformation_cache: Any, state_manager: Any
    ) -> TensorSequenceLengthPair:
        """See `SequenceDenseColumn`."""
        feature = transformation_cache.get(self, state_manager)
        dense = sparse_tensor_to_dense(feature, default_value=self.default_value)
        wanted = concat([shape_of(dense)[:1], [-1], self.variable_shape], axis=0)
        dense = reshape(dense, shape=wanted)
        # Values of a matrix are steps put side by side; in more dimensions the second is that of steps.
        size = self.variable_shape.num_elements() if feature.shape.rank == 2 else 1
        return TensorSequenceLengthPair(dense, sequence_length_of(feature, int(size or 1)))

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`."""
        return {**self._asdict(), "dtype": self.dtype.name}

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> SequenceNumericColumn:
        """See `FeatureColumn`."""
        arguments = arguments_of(config, cls._fields)
        return cls(**{**arguments, "dtype": as_dtype(config["dtype"])})


@public("feature_column.sequence_numeric_column")
def sequence_numeric_column(
    key: str,
    shape: Any = (1,),
    default_value: Any = 0.0,
    dtype: Any = float32,
    normalizer_fn: Callable[[Any], Any] | None = None,
) -> SequenceNumericColumn:
    """A column of sequences of numbers.

    Args:
        key: the key of the feature, a SparseTensor.
        shape: the shape of the numbers of a step.
        default_value: what fills short sequences up.
        dtype: the type of the feature, of integers or floats.
        normalizer_fn: a function of the sparse tensor of a batch.

    Raises:
        TypeError: a dimension is no integer, or the normaliser is no function.
        ValueError: a dimension is not positive, or the type is another.
    """
    dimensions = check_shape(shape, key)
    check_number_type(dtype, key)
    check_normalizer(normalizer_fn)
    return SequenceNumericColumn(key, dimensions, default_value, dtype, normalizer_fn)


@public("feature_column.sequence_categorical_column_with_identity")
def sequence_categorical_column_with_identity(
    key: str, num_buckets: int, default_value: int | None = None
) -> SequenceCategoricalColumn:
    """A column of sequences of integers; see `categorical_column_with_identity`."""
    return SequenceCategoricalColumn(
        categorical_column_with_identity(key, num_buckets, default_value)
    )


@public("feature_column.sequence_categorical_column_with_hash_bucket")
def sequence_categorical_column_with_hash_bucket(
    key: str, hash_bucket_size: int, dtype: Any = string
) -> SequenceCategoricalColumn:
    """A column of sequences of categories by hash; see `categorical_column_with_hash_bucket`."""
    return SequenceCategoricalColumn(
        categorical_column_with_hash_bucket(key, hash_bucket_size, dtype)
    )


@public("feature_column.sequence_categorical_column_with_vocabulary_file")
def sequence_categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: str,
    vocabulary_size: int | None = None,
    num_oov_buckets: int = 0,
    default_value: int | None = None,
    dtype: Any = string,
) -> SequenceCategoricalColumn:
    """A column of sequences of categories of a file; see `categorical_column_with_vocabulary_file`."""
    return SequenceCategoricalColumn(
        categorical_column_with_vocabulary_file(
            key, vocabulary_file, vocabulary_size, num_oov_buckets, default_value, dtype
        )
    )


@public("feature_column.sequence_categorical_column_with_vocabulary_list")
def sequence_categorical_column_with_vocabulary_list(
    key: str,
    vocabulary_list: Any,
    dtype: Any = None,
    default_value: int = -1,
    num_oov_buckets: int = 0,
) -> SequenceCategoricalColumn:
    """A column of sequences of categories of a list; see `categorical_column_with_vocabulary_list`."""
    return SequenceCategoricalColumn(
        categorical_column_with_vocabulary_list(
            key, vocabulary_list, dtype, default_value, num_oov_buckets
        )
    )
