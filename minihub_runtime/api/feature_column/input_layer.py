"""The first layer of a model: dense columns side by side.

Source: tensorflow/python/feature_column/feature_column.py.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from minihub_runtime.api.feature_column.base import DenseColumn, FeatureColumn
from minihub_runtime.api.feature_column.checking import check_columns, check_one_batch_size
from minihub_runtime.api.feature_column.state import ScopeState
from minihub_runtime.api.feature_column.transformation import FeatureTransformationCache
from minihub_runtime.api.graph import GraphKeys, get_collection
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.template import make_template
from minihub_runtime.public import public

__all__ = ["InputLayer", "collections_of_weights", "input_layer", "make_parse_example_spec"]


def collections_of_weights(weight_collections: Any) -> list[Any]:
    """The graph collections of new variables: those given, GLOBAL_VARIABLES and MODEL_VARIABLES."""
    collections = list(weight_collections or [])
    for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES):
        if key not in collections:
            collections.append(key)
    return collections


@public("feature_column.input_layer")
def input_layer(
    features: Mapping[Any, Any],
    feature_columns: Any,
    weight_collections: Any = None,
    trainable: bool = True,
    cols_to_vars: MutableMapping[Any, list[Any]] | None = None,
    cols_to_output_tensors: MutableMapping[Any, Any] | None = None,
) -> Any:
    """Dense columns side by side, sorted by name.

    Args:
        features: key → tensor of a batch, dense or sparse.
        feature_columns: dense columns, no two of the same name.
        weight_collections: graph collections that new variables are added to, besides GLOBAL_VARIABLES and
            MODEL_VARIABLES.
        trainable: whether optimisers change the variables.
        cols_to_vars: gets column → its variables.
        cols_to_output_tensors: gets column → its tensor, `[batch, numbers]`.

    Returns:
        float32, `[batch, numbers of all columns]`.

    Raises:
        ValueError: a column is not dense, there are none, two have the same name, a feature is missing, or batch sizes
            differ.
    """
    columns = _dense_columns(feature_columns)
    collections = collections_of_weights(weight_collections)
    with variable_scope(None, default_name="input_layer", values=list(features.values())):
        return _put_side_by_side(
            features, columns, collections, trainable, cols_to_vars, cols_to_output_tensors
        )


def _dense_columns(feature_columns: Any) -> list[Any]:
    columns = check_columns(feature_columns)
    for column in columns:
        if not isinstance(column, DenseColumn):
            raise ValueError(
                "Items of feature_columns must be a _DenseColumn. You can wrap a categorical column "
                f"with an embedding_column or indicator_column. Given: {column}"
            )
    return columns


def _put_side_by_side(
    features: Mapping[Any, Any],
    columns: list[Any],
    collections: list[Any],
    trainable: bool,
    cols_to_vars: MutableMapping[Any, list[Any]] | None = None,
    cols_to_output_tensors: MutableMapping[Any, Any] | None = None,
) -> Any:
    cache = FeatureTransformationCache(features)
    state = ScopeState(collections, trainable)
    outputs = []
    for column in columns:
        with variable_scope(None, default_name=column.var_scope_name):
            tensor = column.get_dense_tensor(cache, state)
            size = column.variable_shape.num_elements()
            output = reshape(tensor, shape=(shape(tensor)[0], size))
            outputs.append(output)
            if cols_to_vars is not None:
                scope = get_variable_scope().name
                cols_to_vars[column] = get_collection(GraphKeys.GLOBAL_VARIABLES, scope=scope)
            if cols_to_output_tensors is not None:
                cols_to_output_tensors[column] = output
    check_one_batch_size(outputs, columns)
    return concat(outputs, 1)


class InputLayer:
    """`input_layer` that uses its variables again when it is called again.

    Args:
        feature_columns: see `input_layer`.
        weight_collections: see `input_layer`.
        trainable: see `input_layer`.
        name: of its variable scope.
        create_scope_now: whether the scope is opened now rather than at the first call.

    Attributes:
        name: likewise.
    """

    def __init__(
        self,
        feature_columns: Any,
        weight_collections: Any = None,
        trainable: bool = True,
        name: str = "feature_column_input_layer",
        create_scope_now: bool = True,
    ) -> None:
        self.name = name
        collections = collections_of_weights(weight_collections)

        def layer(features: Mapping[Any, Any]) -> Any:
            return _put_side_by_side(
                features, _dense_columns(feature_columns), collections, trainable
            )

        self._template = make_template(name, layer, create_scope_now_=create_scope_now)

    def __call__(self, features: Mapping[Any, Any]) -> Any:
        """See `input_layer`."""
        return self._template(features=features)

    @property
    def variables(self) -> list[Any]:
        """Its variables."""
        return list(self._template.variables)

    @property
    def trainable_variables(self) -> list[Any]:
        """Its variables that optimisers change."""
        return list(self._template.trainable_variables)


@public("feature_column.make_parse_example_spec")
def make_parse_example_spec(feature_columns: Any) -> dict[Any, Any]:
    """What `tf.parse_example` needs to know to read the features of columns.

    Args:
        feature_columns: an iterable of columns.

    Returns:
        Key of a feature → FixedLenFeature or VarLenFeature.

    Raises:
        ValueError: one is no column, or two read a feature differently.

    Differs: columns of sequences of numbers are taken, too.
    """
    spec: dict[Any, Any] = {}
    for column in feature_columns:
        if not isinstance(column, FeatureColumn):
            raise ValueError(
                f"All feature_columns must be _FeatureColumn instances. Given: {column}"
            )
        for key, value in column.parse_example_spec.items():
            if key in spec and value != spec[key]:
                raise ValueError(
                    f"feature_columns contain different parse_spec for key {key}. "
                    f"Given {value} and {spec[key]}"
                )
            spec[key] = value
    return spec
