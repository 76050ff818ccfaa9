"""Default arguments of functions inside a block.

Source: tf_slim/ops/arg_scope.py.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from minihub_runtime.public import public

__all__ = ["add_arg_scope", "arg_scope", "current_arg_scope", "has_arg_scope"]

F = TypeVar("F", bound=Callable[..., Any])


class _Scopes(threading.local):
    """The open scopes of a thread, innermost last: function → default arguments."""

    def __init__(self) -> None:
        self.open: list[dict[Any, dict[str, Any]]] = [{}]


_SCOPES = _Scopes()
_KNOWN: dict[Any, tuple[str, ...]] = {}


def _key(function: Any) -> Any:
    return getattr(function, "_key_op", str(function))


@public("contrib.framework.current_arg_scope", "contrib.slim.current_arg_scope")
def current_arg_scope() -> dict[Any, dict[str, Any]]:
    """The defaults that count now: function → arguments."""
    return _SCOPES.open[-1]


@public("contrib.framework.arg_scope", "contrib.slim.arg_scope")
@contextlib.contextmanager
def arg_scope(list_ops_or_scope: Any, **kwargs: Any) -> Iterator[dict[Any, dict[str, Any]]]:
    """A block in which functions have other defaults.

    Args:
        list_ops_or_scope: functions that `add_arg_scope` decorates; or a scope that was yielded before, to have its
            defaults again.
        **kwargs: the arguments; inner blocks add to outer ones.

    Yields:
        The scope.

    Raises:
        TypeError: it is neither a list nor a scope.
        ValueError: a function is not decorated, or a scope is changed.
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError(
                "When attempting to re-use a scope by suppling adictionary, kwargs must be empty."
            )
        scope = dict(list_ops_or_scope)
    elif isinstance(list_ops_or_scope, (list, tuple)):
        scope = dict(current_arg_scope())
        for function in list_ops_or_scope:
            if not has_arg_scope(function):
                raise ValueError(
                    f"{(function.__module__, function.__name__)} is not decorated with @add_arg_scope"
                )
            scope[_key(function)] = {**scope.get(_key(function), {}), **kwargs}
    else:
        raise TypeError("list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)")
    _SCOPES.open.append(scope)
    try:
        yield scope
    finally:
        _SCOPES.open.pop()


@public("contrib.framework.add_arg_scope", "contrib.slim.add_arg_scope")
def add_arg_scope(func: F) -> F:
    """Decorator: let `arg_scope` give a function defaults."""
    key = _key(func)

    @functools.wraps(func)
    def scoped(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **{**current_arg_scope().get(key, {}), **kwargs})

    code = func.__code__
    count = len(func.__defaults__ or ())
    _KNOWN[key] = code.co_varnames[code.co_argcount - count : code.co_argcount]
    scoped._key_op = key  # type: ignore[attr-defined]
    return scoped  # type: ignore[return-value]


@public("contrib.framework.has_arg_scope", "contrib.slim.has_arg_scope")
def has_arg_scope(func: Any) -> bool:
    """Whether `arg_scope` can give a function defaults."""
    return _key(func) in _KNOWN


@public("contrib.framework.arg_scoped_arguments", "contrib.slim.arg_scoped_arguments")
def arg_scoped_arguments(func: Any) -> tuple[str, ...]:
    """The arguments of a function that have defaults."""
    return _KNOWN[_key(func)]
