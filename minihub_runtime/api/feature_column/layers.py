"""The layers that estimators put columns into.

Source: keras/src/feature_column/dense_features.py, sequence_feature_column.py, base_feature_layer.py;
tensorflow_estimator/python/estimator/canned/linear.py.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.feature_column.base import (
    CategoricalColumn,
    DenseColumn,
    FeatureColumn,
    SequenceDenseColumn,
)
from minihub_runtime.api.feature_column.checking import (
    check_columns,
    check_one_batch_size,
    scope_name_of,
)
from minihub_runtime.api.feature_column.linear_model import size_of_weights, weighted_sum
from minihub_runtime.api.feature_column.shared_embedding import SharedEmbeddingColumn
from minihub_runtime.api.feature_column.state import StateManager
from minihub_runtime.api.feature_column.transformation import FeatureTransformationCache
from minihub_runtime.api.graph import get_default_graph, name_scope
from minihub_runtime.api.identity import identity
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layers.held_variables import HeldVariables
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.partitioned import parts_of
from minihub_runtime.api.variables.scopes import pure_variable_scope, variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = ["DenseFeatures", "LinearColumns", "SequenceFeatures", "have_state"]

_COUNTS_KEY = ("__feature_layer_names",)


def have_state(feature_columns: Any) -> bool:
    """Whether `DenseFeatures` and `LinearColumns` take the columns, as they do all but those of shared embeddings."""
    return all(
        isinstance(column, FeatureColumn) and not isinstance(column, SharedEmbeddingColumn)
        for column in feature_columns
    )


def _columns_of(feature_columns: Any) -> list[Any]:
    """The columns, sorted by name.

    Raises:
        ValueError: see `check_columns`, or there is one of shared embeddings.
    """
    columns = check_columns(feature_columns)
    for column in columns:
        if not have_state([column]):
            raise ValueError(
                "Items of feature_columns must be a FeatureColumn. "
                f"Given (type {type(column)}): {column}."
            )
    return columns


def _features_of(features: Any) -> dict[Any, Any]:
    if not isinstance(features, dict):
        raise ValueError("We expected a dictionary here. Instead we got: ", features)
    return features


class _ColumnsLayer(HeldVariables):
    """Columns side by side, with variables that are made at the first call.

    Args:
        feature_columns: columns, no two of the same name.
        trainable: whether optimisers change the variables.
        name: of the variable scope and the scope of names.
        partitioner: divides the variables.

    Attributes:
        name: likewise.
        trainable: likewise.
        built: whether it has been called.
    """

    _kind: type[FeatureColumn]
    _base_name: str
    _expected: str

    def __init__(
        self,
        feature_columns: Any,
        trainable: bool = True,
        name: str | None = None,
        partitioner: Any = None,
    ) -> None:
        super().__init__(trainable)
        self._name = name or _unused_name(self._base_name)
        self._columns = _columns_of(feature_columns)
        self._state = StateManager(trainable)
        self._partitioner = partitioner
        for column in self._columns:
            if not isinstance(column, self._kind):
                raise ValueError(
                    f"Items of feature_columns must be a {self._kind}. You can wrap a categorical "
                    f"column with an embedding_column or indicator_column. Given: {column}"
                )

    def _build(self) -> None:
        if self.built:
            return
        for column in self._columns:
            with (
                variable_scope(self.name, partitioner=self._partitioner),
                variable_scope(scope_name_of(column)),
            ):
                column.create_state(self._state)
        for variable in self._state.variables:
            for part in parts_of(variable):
                held = self._trainable_weights if part.trainable else self._non_trainable_weights
                held.append(part)
        self.built = True


def _unused_name(base: str) -> str:
    counts = get_default_graph().get_collection_ref(_COUNTS_KEY)
    if not counts:
        counts.append({})
    number = counts[0].get(base, 0)
    counts[0][base] = number + 1
    return f"{base}_{number}" if number else base


@public("keras.layers.DenseFeatures")
class DenseFeatures(_ColumnsLayer):
    """A layer that puts dense columns side by side, sorted by name."""

    _kind = DenseColumn
    _base_name = "dense_features"

    def __call__(
        self,
        features: Mapping[Any, Any],
        cols_to_output_tensors: MutableMapping[Any, Any] | None = None,
        training: Any = None,
    ) -> Any:
        """The numbers of a batch, float32, `[batch, numbers of all columns]`.

        Args:
            features: key → tensor, dense or sparse.
            cols_to_output_tensors: gets column → its tensor.
            training: no column there is asks for it.

        Raises:
            ValueError: the features are no dictionary, one is missing, or batch sizes differ.
        """
        with name_scope(self.name):
            self._build()
            cache = FeatureTransformationCache(_features_of(features))
            outputs = []
            for column in self._columns:
                with name_scope(column.name):
                    tensor = column.get_dense_tensor(cache, self._state)
                    size = column.variable_shape.num_elements()
                    output = reshape(tensor, shape=(shape(tensor)[0], size))
                    if cols_to_output_tensors is not None:
                        cols_to_output_tensors[column] = output
                    outputs.append(output)
            check_one_batch_size(outputs, self._columns)
            return concat(outputs, -1)


@public("keras.experimental.SequenceFeatures")
class SequenceFeatures(_ColumnsLayer):
    """A layer that puts columns of sequences side by side, sorted by name."""

    _kind = SequenceDenseColumn
    _base_name = "sequence_features"

    def __call__(self, features: Mapping[Any, Any], training: Any = None) -> tuple[Any, Any]:
        """The numbers of a batch and the lengths of its sequences.

        Args:
            features: key → tensor, dense or sparse.
            training: no column there is asks for it.

        Returns:
            float32, `[batch, steps, numbers of all columns]`, and int64, `[batch]`.

        Raises:
            ValueError: the features are no dictionary, or one is missing.
        """
        with name_scope(self.name):
            self._build()
            cache = FeatureTransformationCache(_features_of(features))
            outputs, lengths = [], []
            for column in self._columns:
                with name_scope(column.name):
                    tensor, length = column.get_sequence_dense_tensor(cache, self._state)
                    sizes = shape(tensor)
                    size = column.variable_shape.num_elements()
                    outputs.append(reshape(tensor, shape=(sizes[0], sizes[1], size)))
                    lengths.append(length)
            check_one_batch_size(lengths, self._columns)
            length = _one_of_equals(lengths)
            check_one_batch_size(outputs, self._columns)
            return concat(outputs, -1), length


def _one_of_equals(tensors: list[Any]) -> Any:
    """The first of tensors, once a run has found that the others are equal."""
    with name_scope("assert_all_equal"):
        if len(tensors) == 1:
            return tensors[0]
        checks = [assert_equal(tensors[0], other) for other in tensors[1:]]
        with get_default_graph().control_dependencies(checks):
            return identity(tensors[0])


class LinearColumns:
    """The linear model of columns that estimators build: see `linear_model`.

    Args:
        feature_columns: dense and categorical columns, no two of the same name.
        units: how many outputs there are.
        sparse_combiner: how the weights of the categories of an example are combined.
        name: of the variable scope and the scope of names.

    Attributes:
        bias: the variable, after a call.

    Raises:
        ValueError: a column is another.
    """

    def __init__(
        self,
        feature_columns: Any,
        units: int = 1,
        sparse_combiner: str = "sum",
        name: str = "linear_model",
    ) -> None:
        self.name = name
        self.bias: Any = None
        self._columns = _columns_of(feature_columns)
        self._units = units
        self._sparse_combiner = sparse_combiner
        self._state = StateManager()
        for column in self._columns:
            if not isinstance(column, (DenseColumn, CategoricalColumn)):
                raise ValueError(
                    "Items of feature_columns must be either a DenseColumn or CategoricalColumn. "
                    f"Given: {column}"
                )

    @property
    def variables(self) -> list[Any]:
        """Its variables but the bias, after a call."""
        return list(self._state.variables)

    def _build(self) -> None:
        if self.bias is not None:
            return
        # Names of operations are told apart in the call.
        with pure_variable_scope(self.name):
            for column in self._columns:
                with pure_variable_scope(scope_name_of(column)):
                    column.create_state(self._state)
                    self._state.create_variable(
                        column,
                        name="weights",
                        dtype=float32,
                        shape=(size_of_weights(column), self._units),
                        initializer=Zeros(),
                    )
            self.bias = get_variable(
                "bias_weights",
                dtype=float32,
                shape=[self._units],
                initializer=Zeros(),
                use_resource=True,
            )

    def __call__(self, features: Mapping[Any, Any]) -> Any:
        """The sums of weights, float32, `[batch, units]`.

        Args:
            features: key → tensor, dense or sparse.

        Raises:
            ValueError: the features are no dictionary, one is missing, or batch sizes differ.
        """
        with name_scope(self.name), name_scope(self.name):
            self._build()
            cache = FeatureTransformationCache(_features_of(features))
            with name_scope(self.name):
                sums = []
                for column in self._columns:
                    with name_scope(scope_name_of(column)):
                        weights = self._state.get_variable(column, "weights")
                        sums.append(
                            weighted_sum(column, cache, self._state, weights, self._sparse_combiner)
                        )
                check_one_batch_size(sums, self._columns)
                without_bias = add_n(sums, name="weighted_sum_no_bias")
                return bias_add(without_bias, self.bias, name="weighted_sum")
