"""The public names of `tensorflow.compat.v1`, and the signatures behind them.

What walks TensorFlow's namespace needs TensorFlow; how a signature is written down does not.
"""

from __future__ import annotations

import enum
import inspect
import types
from collections.abc import Iterator
from typing import Any

from minihub_runtime.api.op_function import OpFunction

__all__ = ["described", "names", "plain_function", "signature_of"]

#: Namespaces that are packages of their own, or other spellings of the whole.
APART = ("compat", "keras", "raw_ops")


def names() -> dict[str, Any]:
    """Dotted name → what it names, of everything in `tensorflow.compat.v1` but what is `APART`."""
    import tensorflow.compat.v1 as tensorflow

    return dict(_walk(tensorflow, ""))


def _walk(module: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name in sorted(dir(module)):
        if name.startswith("_") or (not prefix and name in APART):
            continue
        value = getattr(module, name)
        if not isinstance(value, types.ModuleType):
            yield prefix + name, value
        elif ".compat.v1." in f"{value.__name__}." or name == "estimator" or prefix == "estimator.":
            yield from _walk(value, f"{prefix}{name}.")


def plain_function(value: Any) -> Any:
    """The function below TensorFlow's decorators."""
    from tensorflow.python.util import tf_decorator

    return tf_decorator.unwrap(value)[1]


def signature_of(value: Any) -> list[list[str]] | None:
    """The parameters of a callable, of a class those of its constructor; None if they cannot be told."""
    try:
        signature = inspect.signature(value.__init__ if inspect.isclass(value) else value)
    except (TypeError, ValueError):
        return None
    parameters = list(signature.parameters.values())
    return [described(item) for item in (parameters[1:] if inspect.isclass(value) else parameters)]


def described(parameter: inspect.Parameter) -> list[str]:
    """Name, kind and default of a parameter as texts; without a default the third is absent."""
    text = [parameter.name, parameter.kind.name.lower()]
    if parameter.default is not inspect.Parameter.empty:
        text.append(_default(parameter.default))
    return text


def _default(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, (list, tuple)):
        # Defaults are not changed, so that a list is as good as a tuple.
        return f"[{', '.join(_default(item) for item in value)}]"
    if isinstance(value, (bool, int, float, str, bytes, type(None))):
        return repr(float(value)) if type(value) is float else repr(value)
    if hasattr(value, "as_datatype_enum"):
        return f"tf.{value.name}"
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, OpFunction)):
        return str(value.__name__).strip("_")
    return type(value).__name__
