"""How the operations of a graph get their names.

Source: tensorflow/python/framework/ops.py.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator

__all__ = ["OP_NAME", "GraphNames"]

OP_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")


class _Current(threading.local):
    """The name scope that a thread is in, without a slash at the end."""

    def __init__(self) -> None:
        self.scope = ""


class GraphNames:
    """The part of a graph that knows names and name scopes."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._current = _Current()

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name` in the current name scope, with `_1`, `_2` … if it is taken; case is ignored."""
        scope = self._current.scope
        full = f"{scope}/{name}" if scope else name
        key = full.lower()
        count = self._names.get(key, 0)
        if mark_as_used:
            self._names[key] = count + 1
        if count:
            base = key
            while key in self._names:
                key = f"{base}_{count}"
                candidate = f"{full}_{count}"
                count += 1
            if mark_as_used:
                self._names[key] = 1
                self._names[base] = count
            full = candidate
        return full

    def is_name_used(self, name: str) -> bool:
        """Whether an operation or a scope has this name."""
        return name.lower() in self._names

    def get_name_scope(self) -> str:
        """The current name scope, without a slash at the end."""
        return self._current.scope

    @contextlib.contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """A scope for the names of operations; a name that ends with `/` is taken as it is, None is the root.

        Yields:
            The scope with a slash at the end, empty for the root.

        Raises:
            ValueError: the name is not valid.
        """
        current = self._current
        if name:
            root, pattern = ("", SCOPE_NAME) if current.scope else ("root ", OP_NAME)
            if not pattern.match(name):
                raise ValueError(
                    f"'{name}' is not a valid {root}scope name. A {root}scope name has to match the "
                    f"following pattern: {pattern.pattern}"
                )
        before = current.scope
        if not name:
            current.scope = ""
        elif name.endswith("/"):
            current.scope = name[:-1]
        else:
            current.scope = self.unique_name(name)
        try:
            yield f"{current.scope}/" if current.scope else ""
        finally:
            current.scope = before
