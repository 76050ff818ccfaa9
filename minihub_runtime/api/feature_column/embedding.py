"""Categories as rows of a table that is learnt.

Source: tensorflow/python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from minihub_runtime.api.feature_column.base import (
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
    deserialize_object,
    register_feature_column,
    serialize_feature_column,
    serialize_object,
)
from minihub_runtime.api.initializers import TruncatedNormal
from minihub_runtime.api.nn.embedding_safe import safe_embedding_lookup_sparse
from minihub_runtime.api.nn.embedding_sparse import embedding_lookup_sparse
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.partitioned import PartitionedVariable
from minihub_runtime.dtypes import float32
from minihub_runtime.public import find, public

__all__ = [
    "WEIGHTS",
    "EmbeddingColumn",
    "check_embedding",
    "combined_rows",
    "embedding_column",
    "initializer_or_default",
    "restore_weights",
]

#: The name of the variable.
WEIGHTS = "embedding_weights"


def check_embedding(
    dimension: int | None,
    ckpt_to_load_from: str | None,
    tensor_name_in_ckpt: str | None,
) -> None:
    """Raises ValueError if the rows have no size, or only one of a checkpoint and a tensor in it is given."""
    if dimension is None or dimension < 1:
        raise ValueError(f"Invalid dimension {dimension}.")
    if (ckpt_to_load_from is None) != (tensor_name_in_ckpt is None):
        raise ValueError(
            "Must specify both `ckpt_to_load_from` and `tensor_name_in_ckpt` or none of them."
        )


def initializer_or_default(initializer: Any, dimension: int, message: str) -> Any:
    """The initialiser of a table; by default normal numbers of standard deviation `1 / sqrt(dimension)`, cut off.

    Args:
        initializer: what was given, or None.
        dimension: the size of a row.
        message: of the error.

    Raises:
        ValueError: it is no function.
    """
    if initializer is None:
        return TruncatedNormal(mean=0.0, stddev=1 / math.sqrt(dimension))
    if not callable(initializer):
        raise ValueError(message)
    return initializer


def restore_weights(weights: Any, checkpoint: str | None, tensor_name: str | None) -> None:
    """Let a table begin with the values of a checkpoint, if one is given."""
    if checkpoint is None:
        return
    parts = list(weights) if isinstance(weights, PartitionedVariable) else weights
    find("train.init_from_checkpoint")(checkpoint, {tensor_name: parts})


def combined_rows(column: Any, ids: Any, weights: Any, table: Any) -> Any:
    """The rows of the categories of each example, combined as an embedding column tells.

    Args:
        column: the column.
        ids: a SparseTensor of categories.
        weights: a SparseTensor of their weights, or None.
        table: the variable.
    """
    rank = ids.dense_shape.shape.as_list()[0]
    name = f"{column.name}_weights"
    if column.use_safe_embedding_lookup or rank is None or rank > 2:
        return safe_embedding_lookup_sparse(
            table, ids, weights, combiner=column.combiner, name=name, max_norm=column.max_norm
        )
    return embedding_lookup_sparse(
        table,
        ids,
        weights,
        partition_strategy="div",
        combiner=column.combiner,
        name=name,
        max_norm=column.max_norm,
    )


class _EmbeddingFields(NamedTuple):
    categorical_column: Any
    dimension: int
    combiner: str
    initializer: Any
    ckpt_to_load_from: str | None
    tensor_name_in_ckpt: str | None
    max_norm: float | None
    trainable: bool
    use_safe_embedding_lookup: bool = True


@register_feature_column
class EmbeddingColumn(DenseColumn, SequenceDenseColumn, _EmbeddingFields):
    """What `embedding_column` returns."""

    @property
    def name(self) -> str:
        """See `FeatureColumn`."""
        return f"{self.categorical_column.name}_embedding"

    @property
    def parse_example_spec(self) -> dict[Any, Any]:
        """See `FeatureColumn`."""
        return dict(self.categorical_column.parse_example_spec)

    @property
    def parents(self) -> list[Any]:
        """See `FeatureColumn`."""
        return [self.categorical_column]

    def transform_feature(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The categories."""
        return transformation_cache.get(self.categorical_column, state_manager)

    @property
    def variable_shape(self) -> TensorShape:
        """See `DenseColumn`."""
        return TensorShape([self.dimension])

    def create_state(self, state_manager: Any) -> None:
        """Make the table."""
        state_manager.create_variable(
            self,
            name=WEIGHTS,
            shape=(self.categorical_column.num_buckets, self.dimension),
            dtype=float32,
            trainable=self.trainable,
            use_resource=True,
            initializer=self.initializer,
        )

    def _rows(self, ids: Any, weights: Any, state_manager: Any) -> Any:
        table = state_manager.get_variable(self, WEIGHTS)
        restore_weights(table, self.ckpt_to_load_from, self.tensor_name_in_ckpt)
        return combined_rows(self, ids, weights, table)

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """See `DenseColumn`.

        Raises:
            ValueError: the categories are of sequences.
        """
        check_no_sequence(self, "embedding_column")
        ids, weights = self.categorical_column.get_sparse_tensors(
            transformation_cache, state_manager
        )
        return self._rows(ids, weights, state_manager)

    def get_sequence_dense_tensor(
        self, transformation_cache: Any, state_manager: Any
    ) -> TensorSequenceLengthPair:
        """See `SequenceDenseColumn`.

        Raises:
            ValueError: the categories are not of sequences.
        """
        check_sequence(self, "embedding_column")
        ids, weights = self.categorical_column.get_sparse_tensors(
            transformation_cache, state_manager
        )
        rows = self._rows(ids, weights, state_manager)
        return TensorSequenceLengthPair(rows, sequence_length_of(ids))

    def get_config(self) -> dict[str, Any]:
        """See `FeatureColumn`."""
        return {
            **self._asdict(),
            "categorical_column": serialize_feature_column(self.categorical_column),
            "initializer": serialize_object(self.initializer),
        }

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Any = None, columns_by_name: Any = None
    ) -> EmbeddingColumn:
        """See `FeatureColumn`."""
        # Older configurations do not say it.
        config = {"use_safe_embedding_lookup": True, **config}
        arguments = arguments_of(config, cls._fields)
        arguments["categorical_column"] = deserialize_feature_column(
            config["categorical_column"], custom_objects, columns_by_name
        )
        arguments["initializer"] = deserialize_object(
            config["initializer"], custom_objects=custom_objects
        )
        return cls(**arguments)


@public("feature_column.embedding_column")
def embedding_column(
    categorical_column: Any,
    dimension: int,
    combiner: str = "mean",
    initializer: Any = None,
    ckpt_to_load_from: str | None = None,
    tensor_name_in_ckpt: str | None = None,
    max_norm: float | None = None,
    trainable: bool = True,
    use_safe_embedding_lookup: bool = True,
) -> EmbeddingColumn:
    """A dense column that gives the rows of categories in a table, combined.

    Args:
        categorical_column: the column of categories.
        dimension: the size of a row.
        combiner: "sum", "mean" or "sqrtn".
        initializer: of the table; by default normal numbers of standard deviation `1 / sqrt(dimension)`, cut off.
        ckpt_to_load_from: a checkpoint that holds the values the table begins with.
        tensor_name_in_ckpt: their name in it.
        max_norm: the largest length of a row; longer ones are scaled.
        trainable: whether optimisers change the table.
        use_safe_embedding_lookup: whether an example may have no category, and categories may be negative, which leaves
            them out.

    Raises:
        ValueError: the rows have no size, only one of a checkpoint and a name in it is given, or the initialiser is no
            function.
    """
    check_embedding(dimension, ckpt_to_load_from, tensor_name_in_ckpt)
    initializer = initializer_or_default(
        initializer,
        dimension,
        f"initializer must be callable if specified. Embedding of column_name: {getattr(categorical_column, 'name', categorical_column)}",
    )
    return EmbeddingColumn(
        categorical_column,
        dimension,
        combiner,
        initializer,
        ckpt_to_load_from,
        tensor_name_in_ckpt,
        max_norm,
        trainable,
        use_safe_embedding_lookup,
    )
