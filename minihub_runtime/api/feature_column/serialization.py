"""Columns as dictionaries that can be written down, and back.

Source: tensorflow/python/feature_column/serialization.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from minihub_runtime.api import initializers
from minihub_runtime.api.feature_column.base import FeatureColumn

__all__ = [
    "arguments_of",
    "deserialize_feature_column",
    "deserialize_feature_columns",
    "deserialize_object",
    "register_feature_column",
    "serialize_feature_column",
    "serialize_feature_columns",
    "serialize_object",
]

C = TypeVar("C", bound=type[FeatureColumn])

#: Name of a class → the class, of the columns that can be read back.
_CLASSES: dict[str, Any] = {}
#: Marks an object that is to be made when its surroundings are read.
_PASSIVE = "__passive_serialization__"


def register_feature_column(column_class: C) -> C:
    """Decorator of classes that `deserialize_feature_column` finds by name."""
    _CLASSES[column_class.__name__] = column_class
    return column_class


def serialize_feature_column(column: Any) -> Any:
    """A column as a dictionary of `class_name` and `config`; the key of a feature as it is.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(column, str):
        return column
    if isinstance(column, FeatureColumn):
        return {"class_name": type(column).__name__, "config": column.get_config()}
    raise ValueError(f"Instance: {column} is not a FeatureColumn")


def serialize_feature_columns(columns: Iterable[Any]) -> list[Any]:
    """Columns as a list of dictionaries; see `serialize_feature_column`."""
    return [serialize_feature_column(column) for column in columns]


def deserialize_feature_column(
    config: Any,
    custom_objects: Mapping[str, Any] | None = None,
    columns_by_name: dict[str, FeatureColumn] | None = None,
) -> Any:
    """The column that `serialize_feature_column` wrote down.

    Args:
        config: what it gave.
        custom_objects: name → class or function that is not known here.
        columns_by_name: the columns made so far; a column of the same class and name is used again.

    Raises:
        ValueError: the dictionary lacks a key, or names an unknown class or one of no column.
    """
    if isinstance(config, str):
        return config
    known = {} if columns_by_name is None else columns_by_name
    kind, arguments = _class_and_config(config, _CLASSES, custom_objects, "feature_column_v2")
    if not issubclass(kind, FeatureColumn):
        raise ValueError(f"Expected FeatureColumn class, instead found: {kind}")
    made = kind.from_config(arguments, custom_objects=custom_objects, columns_by_name=known)
    # A column and the one it wraps may have the same name.
    return known.setdefault(f"{kind.__name__}:{made.name}", made)


def deserialize_feature_columns(
    configs: Iterable[Any], custom_objects: Mapping[str, Any] | None = None
) -> list[Any]:
    """The columns that `serialize_feature_columns` wrote down; equal ones are one object."""
    known: dict[str, FeatureColumn] = {}
    return [deserialize_feature_column(config, custom_objects, known) for config in configs]


def arguments_of(config: Mapping[str, Any], expected: Sequence[str]) -> dict[str, Any]:
    """The arguments of a column in a dictionary, with tuples for lists.

    Raises:
        ValueError: its keys are others.
    """
    if set(config) != set(expected):
        raise ValueError(f"Invalid config: {config}, expected keys: {expected}")
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in config.items()
    }


def serialize_object(instance: Any) -> Any:
    """An initialiser as a dictionary, a function as its name, None as it is.

    Raises:
        ValueError: it is something else.
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        written: dict[str, Any] = {}
        for key, item in instance.get_config().items():
            try:
                value = item if isinstance(item, str) else serialize_object(item)
            except ValueError:
                value = item
            if isinstance(value, dict) and not isinstance(item, dict):
                value[_PASSIVE] = True
            written[key] = value
        return {"class_name": type(instance).__name__, "config": written}
    if hasattr(instance, "__name__"):
        return instance.__name__
    raise ValueError("Cannot serialize", instance)


def deserialize_object(
    identifier: Any,
    known: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    kind: str = "object",
) -> Any:
    """What `serialize_object` wrote down.

    Args:
        identifier: what it gave, or a function.
        known: name → class; the initialisers by default.
        custom_objects: name → class or function, looked up first.
        kind: what it is called in errors.

    Raises:
        ValueError: the name is unknown, or `identifier` is something else.
    """
    if identifier is None or inspect.isfunction(identifier):
        return identifier
    known = vars(initializers) if known is None else known
    if isinstance(identifier, dict):
        found, config = _class_and_config(identifier, known, custom_objects, kind)
        if not hasattr(found, "from_config"):
            return found(**config)
        if "custom_objects" in inspect.signature(found.from_config).parameters:
            return found.from_config(config, custom_objects=dict(custom_objects or {}))
        return found.from_config(config)
    if isinstance(identifier, str):
        found = _find(identifier, known, custom_objects)
        if found is None:
            raise ValueError(f"Unknown {kind}: {identifier}")
        return found() if inspect.isclass(found) else found
    raise ValueError(f"Could not interpret serialized {kind}: {identifier}")


def _class_and_config(
    config: Any, known: Mapping[str, Any], custom_objects: Mapping[str, Any] | None, kind: str
) -> tuple[Any, dict[str, Any]]:
    """The class that a dictionary names, and its arguments."""
    if not isinstance(config, dict) or "class_name" not in config or "config" not in config:
        raise ValueError(f"Improper config format: {config}")
    found = _find(config["class_name"], known, custom_objects)
    if found is None:
        raise ValueError(f"Unknown {kind}: {config['class_name']}")
    arguments = dict(config["config"])
    for key, item in arguments.items():
        if isinstance(item, dict) and _PASSIVE in item:
            arguments[key] = deserialize_object(item, known, custom_objects, "config_item")
        elif isinstance(item, str):
            function = _find(item, {}, custom_objects)
            if inspect.isfunction(function):
                arguments[key] = function
    return found, arguments


def _find(name: str, known: Mapping[str, Any], custom_objects: Mapping[str, Any] | None) -> Any:
    if custom_objects and name in custom_objects:
        return custom_objects[name]
    return known.get(name)
