"""`tf.contrib.framework.deprecated` and its like: functions that log a warning when they are called.

Source: tensorflow/python/util/deprecation.py, decorator_utils.py.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minihub_runtime.api.logger import LOGGER
from minihub_runtime.public import public

__all__ = ["deprecated", "deprecated_arg_values", "deprecated_args"]

Decorator = Callable[[Any], Any]


def _check(date: str | None, instructions: str) -> None:
    """Raise ValueError unless a decorator may have these arguments."""
    if date is not None and not re.match(r"20\d\d-[01]\d-[0123]\d", date):
        raise ValueError(f"Date must be in format YYYY-MM-DD. Received: {date}")
    if not instructions:
        raise ValueError(
            "Don't deprecate things without conversion instructions! Specify the `instructions` argument."
        )


def _check_callable(function: Any, name: str) -> None:
    if not callable(function):
        raise ValueError(
            f"{function} is not a function. If this is a property, make sure @property appears before @{name} in "
            f"your source code:\n\n@property\n@{name}\ndef method(...)"
        )


def _when(date: str | None) -> str:
    return "in a future version" if date is None else f"after {date}"


def _noted(doc: str | None, what: str, notice: str, instructions: str) -> str:
    """A docstring that says what is deprecated."""
    lines = [f"DEPRECATED {what.upper()}"]
    if doc:
        first, *rest = inspect.cleandoc(doc).splitlines()
        kind = "(deprecated)" if what == "function" else f"(deprecated {what[9:]})"
        lines = [f"{first} {kind}", *rest]
    notes = ["", f"Deprecated: {notice}", "Instructions for updating:", instructions]
    if len(lines) > 1 and lines[1].strip():
        notes.append("")
    lines[1:1] = notes
    return "\n".join(lines)


class _Warnings:
    """Logs what is deprecated, each thing once or always."""

    def __init__(self, date: str | None, instructions: str, once: bool) -> None:
        self._end = f"is deprecated and will be removed {_when(date)}.\nInstructions for updating:"
        self._instructions = instructions
        self._once = once
        self._told: set[str] = set()

    def tell(self, what: str) -> None:
        """Log it; called by the function that the program calls."""
        if what in self._told:
            return
        if self._once:
            self._told.add(what)
        caller = sys._getframe(2)
        place = f"{caller.f_code.co_filename}:{caller.f_lineno}"
        LOGGER.warning("From %s: %s %s\n%s", place, what, self._end, self._instructions)


@public("contrib.framework.deprecated")
def deprecated(date: str | None, instructions: str, warn_once: bool = True) -> Decorator:
    """Decorator of a function or class that will be removed: calls log a warning.

    Args:
        date: the day, as `2020-01-31`; None for some day.
        instructions: what to do.
        warn_once: whether only the first call does.

    Raises:
        ValueError: the date is none, or there are no instructions.
    """
    _check(date, instructions)
    notice = f"THIS FUNCTION IS DEPRECATED. It will be removed {_when(date)}."

    def decorate(function: Any) -> Any:
        _check_callable(function, "deprecated")
        warnings = _Warnings(date, instructions, warn_once)
        if not isinstance(function, type):
            warned: Any = _warning(function, function.__module__, warnings)
            warned.__doc__ = _noted(function.__doc__, "function", notice, instructions)
            return warned
        own_new: Any = function.__new__
        constructor = "__init__" if own_new is object.__new__ else "__new__"
        made = getattr(function, constructor)
        setattr(function, constructor, _warning(made, function.__module__, warnings))
        function.__doc__ = _noted(function.__doc__, "function", notice, instructions)
        return function

    return decorate


def _warning(function: Any, module: str, warnings: _Warnings) -> Any:
    """A function that logs a warning before another is called."""
    what = f"{function.__qualname__} (from {module})"

    @functools.wraps(function)
    def warned(*args: Any, **kwargs: Any) -> Any:
        warnings.tell(what)
        return function(*args, **kwargs)

    return warned


def _decorated(
    function: Any,
    warnings: _Warnings,
    found: Callable[[inspect.BoundArguments], Iterable[str]],
    doc: str,
) -> Any:
    """A function that logs a warning for what is found among its arguments."""
    signature = inspect.signature(function)
    called = f"calling {function.__qualname__} (from {function.__module__}) with"

    @functools.wraps(function)
    def warned(*args: Any, **kwargs: Any) -> Any:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            # The function itself says best what is wrong.
            return function(*args, **kwargs)
        for argument in found(bound):
            warnings.tell(f"{called} {argument}")
        return function(*args, **kwargs)

    warned.__doc__ = doc
    return warned


def _same(a: Any, b: Any) -> bool:
    """Whether values are the same, as far as a comparison tells it."""
    if a is b:
        return True
    try:
        return (a == b) is True
    except (TypeError, ValueError):
        return False


@public("contrib.framework.deprecated_args")
def deprecated_args(
    date: str | None, instructions: str, *deprecated_arg_names_or_tuples: Any, **kwargs: Any
) -> Decorator:
    """Decorator of a function some of whose arguments will be removed: calls that give them log a warning.

    Args:
        date: see `deprecated`.
        instructions: likewise.
        *deprecated_arg_names_or_tuples: names of arguments, or pairs of a name and a value that is no reason to warn.
        **kwargs: `warn_once`, see `deprecated`.

    Raises:
        ValueError: as for `deprecated`; or there are no names, or the function has no such argument.
    """
    _check(date, instructions)
    if not deprecated_arg_names_or_tuples:
        raise ValueError("Specify which argument is deprecated.")
    warn_once = kwargs.pop("warn_once", True)
    if kwargs:
        raise ValueError(f"Illegal argument passed to deprecated_args: {kwargs}")
    #: Name → values that are no reason to warn.
    names: dict[str, tuple[Any, ...]] = {
        item[0] if isinstance(item, tuple) else item: item[1:2] if isinstance(item, tuple) else ()
        for item in deprecated_arg_names_or_tuples
    }

    def found(bound: inspect.BoundArguments) -> Iterable[str]:
        given = bound.arguments
        for name, fine in names.items():
            if name in given and not (fine and _same(given[name], fine[0])):
                yield name

    def decorate(function: Any) -> Any:
        _check_callable(function, "deprecated_args")
        known = list(inspect.signature(function).parameters)
        missing = [name for name in names if name not in known]
        if missing:
            raise ValueError(
                "The following deprecated arguments are not present in the function signature: "
                f"{missing}. Expected arguments from the following list: {known}."
            )
        notice = f"SOME ARGUMENTS ARE DEPRECATED: `({', '.join(sorted(names))})`. They will be removed {_when(date)}."
        doc = _noted(function.__doc__, "function arguments", notice, instructions)
        return _decorated(function, _Warnings(date, instructions, warn_once), found, doc)

    return decorate


@public("contrib.framework.deprecated_arg_values")
def deprecated_arg_values(
    date: str | None, instructions: str, warn_once: bool = True, **deprecated_kwargs: Any
) -> Decorator:
    """Decorator of a function that will not take some values any more: calls that give them log a warning.

    Args:
        date: see `deprecated`.
        instructions: likewise.
        warn_once: likewise.
        **deprecated_kwargs: the values.

    Raises:
        ValueError: as for `deprecated`; or there are no values.
    """
    _check(date, instructions)
    if not deprecated_kwargs:
        raise ValueError("Specify which argument values are deprecated.")
    values: Mapping[str, Any] = deprecated_kwargs

    def found(bound: inspect.BoundArguments) -> Iterable[str]:
        bound.apply_defaults()
        for name, value in values.items():
            if name in bound.arguments and _same(bound.arguments[name], value):
                yield f"{name}={value}"

    def decorate(function: Any) -> Any:
        _check_callable(function, "deprecated_arg_values")
        shown = ", ".join(f"{name}={value!r}" for name, value in sorted(values.items()))
        notice = (
            f"SOME ARGUMENT VALUES ARE DEPRECATED: `({shown})`. They will be removed {_when(date)}."
        )
        doc = _noted(function.__doc__, "function argument values", notice, instructions)
        return _decorated(function, _Warnings(date, instructions, warn_once), found, doc)

    return decorate
