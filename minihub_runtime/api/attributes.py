"""Python values as attributes of ops.

Source: tensorflow/python/framework/op_def_library.py.
"""

from __future__ import annotations

import numbers
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.ops.schema import REQUIRED, Attr

__all__ = ["check_attribute", "check_type", "convert_attribute", "function_name"]


def convert_attribute(op_name: str, attr: Attr, value: Any) -> Any:
    """An attribute's value as the runtime keeps it; None stands for the default.

    Raises:
        TypeError: a value of another kind.
    """
    if value is None and attr.default is not REQUIRED:
        return attr.default
    if not attr.type.startswith("list("):
        return _CONVERTERS[attr.type](attr.name, value)
    if not isinstance(value, (list, tuple)):
        raise TypeError(
            f"Expected list for '{attr.name}' argument to '{function_name(op_name)}' Op, not "
            f"{value!r}."
        )
    convert = _CONVERTERS[attr.type[5:-1]]
    return [convert(attr.name, item) for item in value]


def function_name(op_name: str) -> str:
    """The name of the function that makes an op: `MatMul` is `mat_mul`, `Conv2D` is `conv2d`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])", "_", op_name).lower()


def check_attribute(op_name: str, attr: Attr, value: Any) -> None:
    """Check a converted value against what an op allows.

    Raises:
        TypeError: a type that is not allowed.
        ValueError: a text, a number or a length that is not allowed.
    """
    if not attr.type.startswith("list("):
        _check(op_name, attr, value)
        return
    if attr.minimum is not None and len(value) < attr.minimum:
        raise ValueError(
            f"Attr '{attr.name}' of '{op_name}' Op passed list of length {len(value)} less than "
            f"minimum {attr.minimum}."
        )
    for item in value:
        _check(op_name, attr, item)


def _check(op_name: str, attr: Attr, value: Any) -> None:
    if isinstance(value, DType):
        check_type(attr, value, attr.name)
    elif attr.allowed and value not in attr.allowed:
        allowed = '", "'.join(attr.allowed)
        raise ValueError(
            f"Attr '{attr.name}' of '{op_name}' Op passed string '{value}' not in: \"{allowed}\"."
        )
    elif attr.type == "int" and attr.minimum is not None and value < attr.minimum:
        raise ValueError(
            f"Attr '{attr.name}' of '{op_name}' Op passed {value} less than minimum {attr.minimum}."
        )


def check_type(attr: Attr, dtype: DType, argument: str) -> None:
    """Raise TypeError if a type attribute, which `argument` determines, may not be this type."""
    if attr.allowed and dtype not in attr.allowed:
        allowed = ", ".join(item.name for item in attr.allowed)
        raise TypeError(
            f"Value passed to parameter '{argument}' has DataType {dtype.name} not in list of "
            f"allowed values: {allowed}"
        )


def _refuse(kind: str, name: str, value: Any) -> TypeError:
    return TypeError(f"Expected {kind} for argument '{name}' not {value!r}.")


def _int(name: str, value: Any) -> int:
    if isinstance(value, str):
        raise _refuse("int", name, value)
    try:
        return int(value)
    except (ValueError, TypeError):
        raise _refuse("int", name, value) from None


def _float(name: str, value: Any) -> float:
    if not isinstance(value, (numbers.Real, np.integer, np.floating)):
        raise _refuse("float", name, value)
    # A node carries single precision, which float64 tensors can tell from the number.
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def _bool(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _refuse("bool", name, value)
    return value


def _string(name: str, value: Any) -> str:
    if not isinstance(value, (str, bytes)):
        raise _refuse("string", name, value)
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _type(name: str, value: Any) -> DType:
    try:
        return as_dtype(value).base_dtype
    except TypeError:
        raise _refuse("DataType", name, value) from None


def _shape(name: str, value: Any) -> Any:
    try:
        return TensorShape(value).as_tuple()
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"Error converting {value!r} (arg name = {name}) to a TensorShape: {error}"
        ) from error


def _as_it_is(name: str, value: Any) -> Any:
    return value


#: Kind of an attribute → the function that converts a value of it.
_CONVERTERS: dict[str, Callable[[str, Any], Any]] = {
    "bool": _bool,
    "float": _float,
    "func": _as_it_is,
    "int": _int,
    "shape": _shape,
    "string": _string,
    "tensor": _as_it_is,
    "type": _type,
}
