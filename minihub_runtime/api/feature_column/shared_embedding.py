"""Categories of several columns as rows of one table.

Source: tensorflow/python/feature_column/feature_column.py:_SharedEmbeddingColumn, feature_column_v2.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minihub_runtime.api.feature_column.base import (
    CategoricalColumn,
    DenseColumn,
    SequenceDenseColumn,
    TensorSequenceLengthPair,
)
from minihub_runtime.api.feature_column.combined import WeightedCategoricalColumn
from minihub_runtime.api.feature_column.embedding import (
    WEIGHTS,
    check_embedding,
    combined_rows,
    initializer_or_default,
    restore_weights,
)
from minihub_runtime.api.feature_column.sequence import (
    SequenceCategoricalColumn,
    check_no_sequence,
    check_sequence,
    sequence_length_of,
)
from minihub_runtime.api.graph import add_to_collection, get_collection, name_scope
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = ["SharedEmbeddingColumn", "shared_embedding_columns"]


class _SharedEmbeddingFields(NamedTuple):
    categorical_column: Any
    dimension: int
    combiner: str
    initializer: Any
    shared_embedding_collection_name: str
    ckpt_to_load_from: str | None
    tensor_name_in_ckpt: str | None
    max_norm: float | None
    trainable: bool
    use_safe_embedding_lookup: bool


class SharedEmbeddingColumn(DenseColumn, SequenceDenseColumn, _SharedEmbeddingFields):
    """What `shared_embedding_columns` returns a list of.

    The table is the one variable of a graph collection.
    """

    @property
    def name(self) -> str:
        """See `FeatureColumn`."""
        return f"{self.categorical_column.name}_shared_embedding"

    @property
    def var_scope_name(self) -> str:
        """The scope of the first of the columns that is used."""
        return self.shared_embedding_collection_name

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

    @property
    def _table_shape(self) -> tuple[int, int]:
        return (self.categorical_column.num_buckets, self.dimension)

    def create_state(self, state_manager: Any) -> None:
        """Make the table."""
        state_manager.create_variable(
            self,
            name=WEIGHTS,
            shape=self._table_shape,
            dtype=float32,
            trainable=self.trainable,
            initializer=self.initializer,
        )

    def _table(self, state_manager: Any) -> Any:
        """The table, made if it is not there."""
        advice = (
            "Suggested fix A: Choose a unique name for this collection. Suggested fix B: Do not add "
            "any variables to this collection. The feature_column library already adds a variable "
            "under the hood."
        )
        collection = get_collection(self.shared_embedding_collection_name)
        if not collection:
            table = state_manager.get_variable(self, WEIGHTS)
            add_to_collection(self.shared_embedding_collection_name, table)
            return table
        if len(collection) > 1:
            raise ValueError(f"Collection {collection} can only contain one variable. {advice}")
        (table,) = collection
        if table.get_shape() != self._table_shape:
            raise ValueError(
                f"Shared embedding collection {self.shared_embedding_collection_name} contains "
                f"variable {table.name} of unexpected shape {table.get_shape()}. Expected shape is "
                f"{self._table_shape}. {advice}"
            )
        return table

    def _rows(self, transformation_cache: Any, state_manager: Any) -> tuple[Any, Any]:
        """The rows and the categories."""
        # The variable scope is that of all columns of the table, so names are told apart here.
        with name_scope(None, self.name):
            ids, weights = self.categorical_column.get_sparse_tensors(
                transformation_cache, state_manager
            )
            table = self._table(state_manager)
            restore_weights(table, self.ckpt_to_load_from, self.tensor_name_in_ckpt)
            return combined_rows(self, ids, weights, table), ids

    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """See `DenseColumn`.

        Raises:
            ValueError: the categories are of sequences, or the collection holds something else.
        """
        check_no_sequence(self, "embedding_column")
        return self._rows(transformation_cache, state_manager)[0]

    def get_sequence_dense_tensor(
        self, transformation_cache: Any, state_manager: Any
    ) -> TensorSequenceLengthPair:
        """See `SequenceDenseColumn`.

        Raises:
            ValueError: the categories are not of sequences, or the collection holds something else.
        """
        check_sequence(self, "embedding_column")
        rows, _ = self._rows(transformation_cache, state_manager)
        ids = self.categorical_column.get_sparse_tensors(transformation_cache, state_manager)[0]
        return TensorSequenceLengthPair(rows, sequence_length_of(ids))


@public("feature_column.shared_embedding_columns")
def shared_embedding_columns(
    categorical_columns: Any,
    dimension: int,
    combiner: str = "mean",
    initializer: Any = None,
    shared_embedding_collection_name: str | None = None,
    ckpt_to_load_from: str | None = None,
    tensor_name_in_ckpt: str | None = None,
    max_norm: float | None = None,
    trainable: bool = True,
    use_safe_embedding_lookup: bool = True,
) -> list[SharedEmbeddingColumn]:
    """Dense columns that give rows of one table for categories of several columns; see `embedding_column`.

    Args:
        categorical_columns: columns of the same kind and number of categories, with or without weights.
        dimension: the size of a row.
        combiner: "sum", "mean" or "sqrtn".
        initializer: of the table.
        shared_embedding_collection_name: the graph collection that holds the table, and its variable scope; the sorted
            names of the columns by default.
        ckpt_to_load_from: a checkpoint that holds the values the table begins with.
        tensor_name_in_ckpt: their name in it.
        max_norm: the largest length of a row.
        trainable: whether optimisers change the table.
        use_safe_embedding_lookup: whether an example may have no category.

    Returns:
        The columns, in the order of `categorical_columns`.

    Raises:
        ValueError: a column is no column of categories, they differ, or see `embedding_column`.
    """
    check_embedding(dimension, ckpt_to_load_from, tensor_name_in_ckpt)
    initializer = initializer_or_default(
        initializer, dimension, "initializer must be callable if specified."
    )
    ordered = sorted(categorical_columns, key=lambda column: str(column.name))
    _check_same_categories(ordered)
    if not shared_embedding_collection_name:
        shared_embedding_collection_name = (
            "_".join(column.name for column in ordered) + "_shared_embedding"
        )
    return [
        SharedEmbeddingColumn(
            column,
            dimension,
            combiner,
            initializer,
            shared_embedding_collection_name,
            ckpt_to_load_from,
            tensor_name_in_ckpt,
            max_norm,
            trainable,
            use_safe_embedding_lookup,
        )
        for column in categorical_columns
    ]


def _bare(column: Any) -> Any:
    """A column without weights and sequences around it."""
    while isinstance(column, (WeightedCategoricalColumn, SequenceCategoricalColumn)):
        column = column.categorical_column
    return column


def _check_same_categories(columns: list[Any]) -> None:
    if not isinstance(columns[0], CategoricalColumn):
        raise ValueError(
            "All categorical_columns must be subclasses of _CategoricalColumn. "
            f"Given: {columns[0]}, of type: {type(columns[0])}"
        )
    first, size = _bare(columns[0]), columns[0].num_buckets
    for column in map(_bare, columns[1:]):
        if not isinstance(column, type(first)):
            raise ValueError(
                "To use shared_embedding_column, all categorical_columns must have the same type, or "
                "be weighted_categorical_column or sequence column of the same type. Given column: "
                f"{first} of type: {type(first)} does not match given column: {column} of type: "
                f"{type(column)}"
            )
        if column.num_buckets != size:
            raise ValueError(
                "To use shared_embedding_column, all categorical_columns must have the same number "
                f"of buckets. Given column: {first} with buckets: {size} does not match column: "
                f"{column} with buckets: {column.num_buckets}"
            )
