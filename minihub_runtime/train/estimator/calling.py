"""Which arguments a function of the user takes, by name.

Source: tensorflow/python/util/function_utils.py:fn_args.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["accepted", "argument_names"]

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def argument_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the arguments that can be given by position, in order.

    The object of a bound method and what `functools.partial` binds are none of them.

    Raises:
        ValueError: `function` has no signature that Python knows.
        TypeError: it cannot be called.
    """
    parameters = inspect.signature(function).parameters.values()
    return tuple(item.name for item in parameters if item.kind in _BY_POSITION)


def accepted(function: Callable[..., Any], **offered: Any) -> dict[str, Any]:
    """Those of the `offered` arguments that a function has names for."""
    names = argument_names(function)
    return {name: value for name, value in offered.items() if name in names}
