"""Checks of the arguments of columns, and of lists of columns.

Source: tensorflow/python/feature_column/utils.py, feature_column_v2.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.feature_column.base import FeatureColumn

__all__ = [
    "check_columns",
    "check_default_value",
    "check_key",
    "check_normalizer",
    "check_number_type",
    "check_one_batch_size",
    "check_shape",
    "check_string_or_integer",
    "scope_name_of",
]


def check_key(key: Any) -> None:
    """Raises ValueError if a key of a feature is no string."""
    if not isinstance(key, str):
        raise ValueError(f"key must be a string. Got: type {type(key)}. Given key: {key}.")


def check_string_or_integer(dtype: Any, prefix: str) -> None:
    """Raises ValueError if values of the type are neither strings nor integers.

    Args:
        dtype: the type.
        prefix: whose type it is.
    """
    if dtype.name != "string" and not dtype.is_integer:
        raise ValueError(f"{prefix} dtype must be string or integer. dtype: {dtype}.")


def check_number_type(dtype: Any, key: Any) -> None:
    """Raises ValueError if values of the type are neither integers nor floats."""
    if not (dtype.is_integer or dtype.is_floating):
        raise ValueError(f"dtype must be convertible to float. dtype: {dtype}, key: {key}")


def check_normalizer(normalizer_fn: Any) -> None:
    """Raises TypeError if a normaliser is given that is no function."""
    if normalizer_fn is not None and not callable(normalizer_fn):
        raise TypeError(f"normalizer_fn must be a callable. Given: {normalizer_fn}")


def check_shape(shape: Any, key: Any) -> tuple[int, ...]:
    """The shape of a feature as a tuple.

    Raises:
        TypeError: a dimension is no integer.
        ValueError: a dimension is not positive.
    """
    if shape is None:
        raise TypeError(f"shape must be an integer or a sequence of them, not None, key: {key}")
    found = tuple(shape) if nest.is_nested(shape) else (shape,)
    for dimension in found:
        if not isinstance(dimension, int):
            raise TypeError(f"shape dimensions must be integer. shape: {found}, key: {key}")
        if dimension < 1:
            raise ValueError(f"shape dimensions must be greater than 0. shape: {found}, key: {key}")
    return found


def check_default_value(shape: Sequence[int], default_value: Any, dtype: Any, key: Any) -> Any:
    """The values of a feature that is missing, in tuples nested as its shape tells; None if it must not be.

    Args:
        shape: of the feature.
        default_value: one value for all, or values of this shape.
        dtype: the type of the feature.
        key: its key.

    Raises:
        ValueError: the values have another shape.
        TypeError: a value is not of the type.
    """
    if default_value is None:
        return None
    if isinstance(default_value, int) or (isinstance(default_value, float) and dtype.is_floating):
        return _repeated(shape, default_value)
    if callable(getattr(default_value, "tolist", None)):
        default_value = default_value.tolist()
    if nest.is_nested(default_value):
        if not _has_shape(default_value, shape):
            raise ValueError(
                "The shape of default_value must be equal to given shape. "
                f"default_value: {default_value}, shape: {shape}, key: {key}"
            )
        values = nest.flatten(default_value)
        if all(isinstance(value, int) for value in values):
            return _as_tuple(default_value)
        if any(isinstance(value, float) for value in values) and dtype.is_floating:
            return _as_tuple(default_value)
    raise TypeError(
        "default_value must be compatible with dtype. "
        f"default_value: {default_value}, dtype: {dtype}, key: {key}"
    )


def _repeated(shape: Sequence[int], value: Any) -> Any:
    return tuple(_repeated(shape[1:], value) for _ in range(shape[0])) if shape else value


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if nest.is_nested(value) else value


def _has_shape(value: Any, shape: Sequence[int]) -> bool:
    if nest.is_nested(value) != bool(shape):
        return False
    if not shape:
        return True
    return len(value) == shape[0] and all(_has_shape(part, shape[1:]) for part in value)


def check_columns(feature_columns: Any) -> list[Any]:
    """The columns, sorted by name.

    Args:
        feature_columns: a column or an iterable of columns.

    Raises:
        ValueError: there are none, one is no column, or two have the same name.
    """
    if isinstance(feature_columns, FeatureColumn):
        feature_columns = [feature_columns]
    if isinstance(feature_columns, Iterator):
        feature_columns = list(feature_columns)
    if isinstance(feature_columns, Mapping):
        raise ValueError("Expected feature_columns to be iterable, found dict.")
    for column in feature_columns:
        if not isinstance(column, FeatureColumn):
            raise ValueError(
                "Items of feature_columns must be a FeatureColumn. "
                f"Given (type {type(column)}): {column}."
            )
    if not feature_columns:
        raise ValueError("feature_columns must not be empty.")
    known: dict[str, Any] = {}
    for column in feature_columns:
        if column.name in known:
            raise ValueError(
                f"Duplicate feature column name found for columns: {column} and {known[column.name]}. "
                "This usually means that these columns refer to same base feature. Either one must be "
                "discarded or a duplicated but renamed item must be inserted in features dict."
            )
        known[column.name] = column
    return sorted(feature_columns, key=lambda column: str(column.name))


def check_one_batch_size(tensors: Sequence[Any], columns: Sequence[Any]) -> None:
    """Raises ValueError if the known batch sizes of the tensors of columns differ."""
    first = None
    for tensor, column in zip(tensors, columns, strict=True):
        size = tensor.shape.as_list()[0]
        if size is None:
            continue
        if first is None:
            first = (column, size)
        elif size != first[1]:
            raise ValueError(
                "Batch size (first dimension) of each feature must be same. Batch size of columns "
                f"({first[0].name}, {column.name}): ({first[1]}, {size})"
            )


def scope_name_of(column: Any) -> str:
    """The name of a column with what cannot stand in the name of a variable scope replaced."""
    return re.sub(r"[^A-Za-z0-9_.\-]", "_", column.name)
