"""The arguments of the parsing ops that follow from the features that are expected.

Source: tensorflow/python/ops/parsing_config.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.parsing.features import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
    SparseFeature,
    UniformRowLength,
    VarLenFeature,
)
from minihub_runtime.api.tensor_shape import TensorShape, as_shape
from minihub_runtime.dtypes import DType, as_dtype, int64, string

__all__ = ["Parameters"]


class Parameters:
    """Names, types, shapes and defaults of features by kind.

    Attributes:
        sparse: name → type, in order.
        dense: name → (shape, type), in order.
        dense_defaults: name → default; None for a feature that may be missing.
        ragged: name → (type of values, type of splits), in order.
    """

    def __init__(self, features: Mapping[str, Any] | None, kinds: tuple[type, ...]) -> None:
        self.sparse: dict[str, DType] = {}
        self.dense: dict[str, tuple[TensorShape, DType]] = {}
        self.dense_defaults: dict[str, Any] = {}
        self.ragged: dict[str, tuple[DType, DType]] = {}
        for key in sorted(features or {}):
            feature = (features or {})[key]
            if not isinstance(feature, kinds):
                raise ValueError(f"Unsupported {type(feature).__name__} {feature} for key '{key}'")
            self._add(key, feature)
        self._check_kinds()

    @property
    def count(self) -> int:
        """The number of features."""
        return len(self.dense) + len(self.sparse) + len(self.ragged)

    def default_tensors(self) -> list[Tensor]:
        """The default of each dense feature, empty where there is none."""
        return [self._default(key, shape, dtype) for key, (shape, dtype) in self.dense.items()]

    def _default(self, key: str, shape: TensorShape, dtype: DType) -> Tensor:
        default = self.dense_defaults.get(key)
        label = re.sub(r"[^A-Za-z0-9_.\-/]", "_", key)
        if shape.ndims and shape[0].value is None:
            # Steps of any number are filled up with one value.
            if default is None:
                return convert_to_tensor("" if dtype == string else 0, dtype)
            return reshape(convert_to_tensor(default, dtype, f"padding_{label}"), [])
        if default is None:
            return constant([], dtype)
        if isinstance(default, Tensor):
            return default
        return reshape(convert_to_tensor(default, dtype, f"key_{label}"), shape)

    def _add(self, key: str, feature: Any) -> None:
        if not feature.dtype:
            raise ValueError(f"Missing type for feature {key}. Received feature={feature}")
        if isinstance(feature, VarLenFeature):
            self._add_sparse(key, feature.dtype)
        elif isinstance(feature, SparseFeature):
            self._add_indexed(feature)
        elif isinstance(feature, (FixedLenFeature, FixedLenSequenceFeature)):
            self._add_dense(key, feature)
        elif isinstance(feature, RaggedFeature):
            self._add_ragged(key if feature.value_key is None else feature.value_key, feature)
            for partition in feature.partitions:
                if not isinstance(partition, UniformRowLength):
                    self._add_ragged(partition.key, feature, int64)
        else:
            raise ValueError(f"Invalid feature {key}:{feature}.")

    def _add_sparse(self, key: str, dtype: Any) -> None:
        dtype = as_dtype(dtype)
        known = self.sparse.setdefault(key, dtype)
        if known != dtype:
            raise ValueError(f"Conflicting type {known} vs {dtype} for feature {key}.")

    def _add_indexed(self, feature: SparseFeature) -> None:
        if not feature.index_key:
            raise ValueError(f"Missing index_key for SparseFeature {feature}.")
        if not feature.value_key:
            raise ValueError(f"Missing value_key for SparseFeature {feature}.")
        keys = feature.index_key
        for key in [keys] if isinstance(keys, str) else sorted(keys):
            self._add_sparse(key, int64)
        self._add_sparse(feature.value_key, feature.dtype)

    def _add_dense(self, key: str, feature: Any) -> None:
        if feature.shape is None:
            raise ValueError(f"Missing shape for feature {key}. Received feature={feature}.")
        shape = as_shape(feature.shape)
        if isinstance(feature, FixedLenFeature):
            if shape.ndims and shape[0].value is None:
                raise ValueError(
                    f"First dimension of shape for feature {key} unknown. Consider using "
                    f"FixedLenSequenceFeature. Received feature={feature}."
                )
            if not shape.is_fully_defined():
                raise ValueError(
                    f"All dimensions of shape for feature {key} need to be known but received "
                    f"{feature.shape!s}."
                )
        self.dense[key] = (shape, as_dtype(feature.dtype))
        if isinstance(feature, FixedLenSequenceFeature) and feature.allow_missing:
            self.dense_defaults[key] = None
        if feature.default_value is not None:
            self.dense_defaults[key] = feature.default_value

    def _add_ragged(self, key: str, feature: RaggedFeature, dtype: DType | None = None) -> None:
        types = (feature.dtype if dtype is None else dtype, feature.row_splits_dtype)
        known = self.ragged.setdefault(key, types)
        for what, before, now in zip(("type", "partition type"), known, types):
            if before != now:
                raise ValueError(f"Conflicting {what} {before} vs {now} for feature {key}.")

    def _check_kinds(self) -> None:
        named = {"Dense": set(self.dense), "Sparse": set(self.sparse), "Ragged": set(self.ragged)}
        for first, second in (("Dense", "Sparse"), ("Dense", "Ragged"), ("Ragged", "Sparse")):
            both = named[first] & named[second]
            if both:
                raise ValueError(
                    f"{first} and {second.lower()} keys must not intersect; intersection: {both}"
                )
