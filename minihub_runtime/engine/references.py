"""Steps that read the variable behind a reference, for kernels that want its value."""

from __future__ import annotations

from typing import Any

__all__ = ["READING", "dereference", "dereference_later"]


def dereference(value: Any) -> Any:
    """The value behind a reference; anything else is a value already."""
    return value.read() if hasattr(value, "read") else value


class _Unset:
    """Stands for the value of a variable that has none, for ops that may turn out not to use it."""

    def __init__(self, variable: Any) -> None:
        self._variable = variable

    def __getattr__(self, name: str) -> Any:
        return getattr(self._variable.read(), name)

    def __array__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._variable.read()


def dereference_later(value: Any) -> Any:
    """As `dereference`, where a variable without a value is an error only once that is used."""
    if hasattr(value, "read") and not value.initialized:
        return _Unset(value)
    return dereference(value)


#: The kernels of such steps; the step that wants the value follows.
READING = (dereference, dereference_later)
