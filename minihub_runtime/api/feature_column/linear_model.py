"""Linear models of columns.

Source: tensorflow/python/feature_column/feature_column.py.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.feature_column.base import CategoricalColumn, DenseColumn
from minihub_runtime.api.feature_column.checking import check_columns, check_one_batch_size
from minihub_runtime.api.feature_column.input_layer import collections_of_weights
from minihub_runtime.api.feature_column.state import ScopeState, StateManager
from minihub_runtime.api.feature_column.transformation import FeatureTransformationCache
from minihub_runtime.api.graph import GraphKeys, add_to_collection, get_collection, name_scope
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.layers.base import Layer
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.nn.embedding_safe import safe_embedding_lookup_sparse
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.sparse.shaping import sparse_reshape
from minihub_runtime.api.variables.partitioned import parts_of
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.public import public

__all__ = ["LinearModel", "linear_model", "size_of_weights", "weighted_sum"]


def size_of_weights(column: Any) -> int:
    """How many weights a column has for each output."""
    if isinstance(column, CategoricalColumn):
        return column.num_buckets
    return int(column.variable_shape.num_elements())


def weighted_sum(
    column: Any,
    cache: FeatureTransformationCache,
    state: StateManager,
    weights: Any,
    sparse_combiner: str,
) -> Any:
    """The weights of the categories or numbers of each example, added up.

    Args:
        column: the column.
        cache: the features of the batch.
        state: of the columns.
        weights: the variable, `[size_of_weights, units]`.
        sparse_combiner: how the weights of categories are combined.
    """
    if isinstance(column, CategoricalColumn):
        ids, counts = column.get_sparse_tensors(cache, state)
        ids = sparse_reshape(ids, [shape(ids)[0], -1])
        if counts is not None:
            counts = sparse_reshape(counts, [shape(counts)[0], -1])
        return safe_embedding_lookup_sparse(
            weights, ids, sparse_weights=counts, combiner=sparse_combiner, name="weighted_sum"
        )
    tensor = column.get_dense_tensor(cache, state)
    tensor = reshape(tensor, shape=(shape(tensor)[0], size_of_weights(column)))
    return matmul(tensor, weights, name="weighted_sum")


def _collect(variable: Any, collections: list[Any]) -> None:
    """Add a variable to the collections that it is not in."""
    parts = parts_of(variable)
    for key in collections:
        if key != GraphKeys.GLOBAL_VARIABLES:
            for part in parts:
                add_to_collection(key, part)


class _ColumnLayer(Layer):
    """The weighted sum of a column."""

    def __init__(
        self,
        column: Any,
        units: int,
        sparse_combiner: str,
        collections: list[Any],
        trainable: bool,
        name: str,
    ) -> None:
        super().__init__(trainable=trainable, name=name)
        self.column = column
        self._units = units
        self._sparse_combiner = sparse_combiner
        self._collections = collections

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        self._weights = self.add_variable(
            name="weights",
            shape=(size_of_weights(self.column), self._units),
            initializer=Zeros(),
            trainable=self.trainable,
        )
        _collect(self._weights, self._collections)

    def call(self, cache: FeatureTransformationCache) -> Any:
        """The weighted sum."""
        state = ScopeState(self._collections, self.trainable)
        return weighted_sum(self.column, cache, state, self._weights, self._sparse_combiner)


class _BiasLayer(Layer):
    """The bias."""

    def __init__(self, units: int, trainable: bool, collections: list[Any]) -> None:
        super().__init__(trainable=trainable, name="bias_layer")
        self._units = units
        self._collections = collections

    def build(self, input_shape: Any) -> None:
        """Make the variable."""
        self.bias = self.add_variable(
            "bias_weights", shape=[self._units], initializer=Zeros(), trainable=self.trainable
        )
        _collect(self.bias, self._collections)

    def call(self, cache: FeatureTransformationCache) -> Any:
        """The variable."""
        return self.bias


class LinearModel:
    """A linear model of columns; see `linear_model`.

    Attributes:
        cols_to_vars: column → its variables, and "bias" → that of the bias, after a call.
    """

    def __init__(
        self,
        feature_columns: Any,
        units: int = 1,
        sparse_combiner: str = "sum",
        weight_collections: Any = None,
        trainable: bool = True,
        name: str = "linear_model",
    ) -> None:
        self.name = name
        self._columns = check_columns(feature_columns)
        collections = collections_of_weights(weight_collections)
        self._layers = []
        for column in self._columns:
            with variable_scope(None, default_name=column.var_scope_name) as scope:
                inner = scope.name.rpartition("/")[2]
            self._layers.append(
                _ColumnLayer(column, units, sparse_combiner, collections, trainable, inner)
            )
        self._bias_layer = _BiasLayer(units, trainable, collections)
        self.cols_to_vars: dict[Any, list[Any]] = {}

    def __call__(self, features: Mapping[Any, Any]) -> Any:
        """See `linear_model`."""
        with name_scope(self.name), variable_scope(self.name):
            for column in self._columns:
                if not isinstance(column, (DenseColumn, CategoricalColumn)):
                    raise ValueError(
                        "Items of feature_columns must be either a _DenseColumn or "
                        f"_CategoricalColumn. Given: {column}"
                    )
            cache = FeatureTransformationCache(features)
            layers = sorted(self._layers, key=lambda layer: layer.name)
            sums = []
            for layer in layers:
                sums.append(layer(cache))
                self.cols_to_vars[layer.column] = get_collection(
                    GraphKeys.GLOBAL_VARIABLES, scope=layer.scope_name
                )
            check_one_batch_size(sums, [layer.column for layer in layers])
            without_bias = add_n(sums, name="weighted_sum_no_bias")
            bias = self._bias_layer(cache, scope=get_variable_scope())
            result = bias_add(without_bias, bias, name="weighted_sum")
            self.cols_to_vars["bias"] = list(self._bias_layer.variables)
        return result


@public("feature_column.linear_model")
def linear_model(
    features: Mapping[Any, Any],
    feature_columns: Any,
    units: int = 1,
    sparse_combiner: str = "sum",
    weight_collections: Any = None,
    trainable: bool = True,
    cols_to_vars: MutableMapping[Any, list[Any]] | None = None,
) -> Any:
    """The outputs of a linear model of columns: weights of categories, and numbers times weights, and a bias.

    Args:
        features: key → tensor of a batch, dense or sparse.
        feature_columns: dense and categorical columns, no two of the same name.
        units: how many outputs there are.
        sparse_combiner: how the weights of the categories of an example are combined: "sum", "mean" or "sqrtn".
        weight_collections: graph collections that new variables are added to, besides GLOBAL_VARIABLES and
            MODEL_VARIABLES.
        trainable: whether optimisers change the variables.
        cols_to_vars: gets column → its variables, and "bias" → that of the bias.

    Returns:
        float32, `[batch, units]`.

    Raises:
        ValueError: a column is another, there are none, two have the same name, a feature is missing, or batch sizes
            differ.
    """
    with variable_scope(None, "linear_model") as scope:
        name = scope.name.rpartition("/")[2]
    model = LinearModel(
        feature_columns, units, sparse_combiner, weight_collections, trainable, name
    )
    result = model(features)
    if cols_to_vars is not None:
        cols_to_vars.update(model.cols_to_vars)
    return result
