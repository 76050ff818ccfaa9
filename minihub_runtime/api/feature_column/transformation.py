"""The features of a batch, each transformed once.

Source: tensorflow/python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_positive
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.cond import cond
from minihub_runtime.api.feature_column.base import FeatureColumn
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.gathering_nd import gather_nd
from minihub_runtime.api.graph import get_default_graph, name_scope
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.api.sparse.conversion import convert_to_tensor_or_sparse_tensor
from minihub_runtime.api.sparse.shaping import sparse_reshape
from minihub_runtime.dtypes import int64, string

__all__ = ["FeatureTransformationCache", "to_sparse_input"]


class FeatureTransformationCache:
    """The features of a batch, and what columns made of them.

    A column that several others are made of is transformed once.

    Args:
        features: key of a feature, or a column → a tensor, a sparse one, or what becomes one.
    """

    def __init__(self, features: Mapping[Any, Any]) -> None:
        self._features = dict(features)
        self._feature_tensors: dict[Any, Any] = {}

    def get(self, key: Any, state_manager: Any = None) -> Any:
        """The tensors of a feature or a column.

        Args:
            key: the key of a feature, or a column.
            state_manager: what holds the variables and tables of columns.

        Raises:
            ValueError: there is no such feature, it has no batch dimension, or a column gives nothing.
            TypeError: it is neither a string nor a column.
        """
        if key in self._feature_tensors:
            return self._feature_tensors[key]
        if key in self._features:
            made = self._raw_feature(key)
        elif isinstance(key, str):
            raise ValueError(f"Feature {key} is not in features dictionary.")
        elif not isinstance(key, FeatureColumn):
            raise TypeError(f'"key" must be either a "str" or "FeatureColumn". Provided: {key}')
        else:
            made = key.transform_feature(self, state_manager)
            if made is None:
                raise ValueError(f"Column {key.name} is not supported.")
        self._feature_tensors[key] = made
        return made

    def _raw_feature(self, key: Any) -> Any:
        """A feature as a tensor of rank two or more."""
        feature = convert_to_tensor_or_sparse_tensor(self._features[key])
        known = feature.shape.rank
        message = f"Feature (key: {key}) cannot have rank 0. Given: {feature}"
        if known == 0:
            raise ValueError(message)
        if known is not None:
            return feature if known > 1 else _with_column(feature)
        with get_default_graph().control_dependencies(
            [assert_positive(rank(feature), message=message)]
        ):
            return cond(
                build("Equal", x=1, y=rank(feature)), lambda: _with_column(feature), lambda: feature
            )


def _with_column(feature: Any) -> Any:
    if isinstance(feature, SparseTensor):
        return sparse_reshape(feature, [shape(feature)[0], 1])
    return expand_dims(feature, -1)


def to_sparse_input(input_tensor: Any, ignore_value: Any = None) -> SparseTensor:
    """A tensor as a sparse one, without the values that mean nothing.

    Args:
        input_tensor: strings or integers; a SparseTensor is given back.
        ignore_value: what means nothing; by default the empty string, -1, or 0 of floats.
    """
    input_tensor = convert_to_tensor_or_sparse_tensor(input_tensor)
    if isinstance(input_tensor, SparseTensor):
        return input_tensor
    with name_scope(None, "to_sparse_input", [input_tensor, ignore_value]):
        if ignore_value is None:
            if input_tensor.dtype is string:
                ignore_value = ""
            elif input_tensor.dtype.is_integer:
                ignore_value = -1
            else:
                ignore_value = input_tensor.dtype.as_numpy_dtype()
        ignore_value = cast(ignore_value, input_tensor.dtype, name="ignore_value")
        indices = where_v2(build("NotEqual", x=input_tensor, y=ignore_value), name="indices")
        return SparseTensor(
            indices,
            gather_nd(input_tensor, indices, name="values"),
            shape(input_tensor, out_type=int64, name="dense_shape"),
        )
