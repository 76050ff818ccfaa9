"""Attributes of an operation from Python values.

Source: tensorflow/python/framework/op_def_library.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.ops.schema import Attr

__all__ = ["attribute"]


def attribute(op: str, attr: Attr, value: Any) -> Any:
    """The value of an attribute of an op as the runtime keeps it; None stands for the default.

    Raises:
        TypeError: the value is not of the attribute's type.
    """
    if value is None and attr.type != "shape":
        return attr.default
    if not attr.type.startswith("list("):
        return _one(attr.type, value, attr.name)
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"Expected list for '{attr.name}' argument to '{op}' Op, not {value!r}.")
    return [_one(attr.type[5:-1], item, attr.name) for item in value]


def _one(kind: str, value: Any, name: str) -> Any:
    return _KINDS[kind](value, name) if kind in _KINDS else value


def _refuse(kind: str, name: str, value: Any) -> TypeError:
    return TypeError(f"Expected {kind} for argument '{name}' not {value!r}.")


def _int(value: Any, name: str) -> int:
    if isinstance(value, str):
        raise _refuse("int", name, value)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise _refuse("int", name, value) from None


def _float(value: Any, name: str) -> float:
    if not isinstance(value, (int, float, np.integer, np.floating)):
        raise _refuse("float", name, value)
    return float(value)


def _bool(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise _refuse("bool", name, value)
    return value


def _string(value: Any, name: str) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if not isinstance(value, str):
        raise _refuse("string", name, value)
    return value


def _type(value: Any, name: str) -> Any:
    try:
        return as_dtype(value).base_dtype
    except TypeError:
        raise TypeError(f"Expected DataType for argument '{name}' not {value!r}.") from None


def _shape(value: Any, name: str) -> Any:
    try:
        return TensorShape(value).as_tuple()
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"Error converting {value!r} (arg name = {name}) to a TensorShape: {error}"
        ) from error


_KINDS: dict[str, Callable[[Any, str], Any]] = {
    "bool": _bool,
    "float": _float,
    "int": _int,
    "shape": _shape,
    "string": _string,
    "type": _type,
}
