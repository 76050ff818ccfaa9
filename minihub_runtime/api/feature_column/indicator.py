"""Categories as numbers: how often each occurs.

Source: tensorflow/python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from minihub_runtime.api.building import build
from minihub_runtime.api.encoding import one_hot
from minihub_runtime.api.feature_column.base import (
    CategoricalColumn,
    DenseColumn,
    SequenceDenseColumn,
    TensorSequenceLengthPair,
)
from minihub_runtime.api.feature_column.sequence import (
    check_no_sequence,
    check_sequence,
    sequence_length_of,
)
from minihub_runtime.api.feature_column.serialization import (
    arguments_of,
    deserialize_feature_column,
    register_feature_column,
    serialize_feature_column,
)
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sparse.conversion import sparse_tensor_to_dense
from minihub_runtime.api.sparse.shaping import sparse_merge, sparse_slice
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.public import public

__all__ = ["IndicatorColumn", "indicator_column"]


class _IndicatorFields(NamedTuple):
    categorical_column: Any


@register_feature_column
class IndicatorColumn(DenseColumn, SequenceDenseColumn, _IndicatorFields):
    """What `indicator_column` returns."""

    @property
    def name(self) -> str:
        """See `FeatureColumn`."""
        return f"{self.categorical_column.name}_indicator"

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        return dict(self.categorical_column.parse_example_spec)

    @property
    def parents(self) -> list[Any]:
        """See `FeatureColumn`."""
        return [self.categorical_column]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """How often each category occurs, or the sum of its weights."""
        ids, weights = self.categorical_column.get_sparse_tensors(
            transformation_cache, state_manager
        )
        size = int(self.categorical_column.num_buckets)
        if weights is not None:
            merged = sparse_merge(sp_ids=ids, sp_values=weights, vocab_size=size)
            # Values that are not in a vocabulary have the number -1.
            merged = sparse_slice(merged, [0, 0], merged.dense_shape)
            # Repeated categories are added up, which a dense form of a sparse tensor is not.
            return build(
                "ScatterNd", indices=merged.indices, updates=merged.values, shape=merged.dense_shape
            )
        dense = sparse_tensor_to_dense(ids, default_value=-1)
        return reduce_sum(one_hot(dense, depth=size, on_value=1.0, off_value=0.0), axis=[-2])

    @property
    def variable_shape(self) -> TensorShape:
        """See `DenseColumn`."""
        return TensorShape([1, self.categorical_column.num_buckets])

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """See `DenseColumn`.

        Raises:
            ValueError: the categories are of sequences.
        """
        check_no_sequence(self, "indicator_column")
        return transformation_cache.get(self, state_manager)

    def get_sequence_dense_tensor(
        self, transformation_cache: Any, state_manager: Any
    ) -> TensorSequenceLengthPair:
        """See `SequenceDenseColumn`.

        Raises:
            ValueError: the categories are not of sequences.
        """
        check_sequence(self, "indicator_column")
        dense = transformation_cache.get(self, state_manager)
        ids = self.categorical_column.get_sparse_tensors(transformation_cache, state_manager)[0]
        return TensorSequenceLengthPair(dense, sequence_length_of(ids))

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`."""
        return {"categorical_column": serialize_feature_column(self.categorical_column)}

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> IndicatorColumn:
        """See `FeatureColumn`."""
        arguments_of(config, cls._fields)
        return cls(
            deserialize_feature_column(
                config["categorical_column"], custom_objects, columns_by_name
            )
        )


@public("feature_column.indicator_column")
def indicator_column(categorical_column: CategoricalColumn) -> IndicatorColumn:
    """A dense column that tells how often each category occurs in an example.

    Args:
        categorical_column: a column of categories; if it has weights, they are added up.

    Raises:
        ValueError: it is no column of categories.
    """
    if not isinstance(categorical_column, CategoricalColumn):
        raise ValueError(
            "Unsupported input type. Input must be a CategoricalColumn. "
            f"Given: {categorical_column}"
        )
    return IndicatorColumn(categorical_column)
