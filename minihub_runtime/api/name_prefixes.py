"""Scopes put before the names in protos, and taken away again.

Source: tensorflow/python/framework/ops.py:prepend_name_scope, strip_name_scope.
"""

from __future__ import annotations

__all__ = ["prepend_name_scope", "strip_name_scope"]

#: What may stand before a name: a control input, a colocation group.
_MARKS = ("^", "loc:@")


def _split(name: str) -> tuple[str, str]:
    mark = next((mark for mark in _MARKS if name.startswith(mark)), "")
    return mark, name[len(mark) :]


def prepend_name_scope(name: str, import_scope: str | None) -> str:
    """`name` inside `import_scope`; `^name` and `loc:@name` keep their marks."""
    if not import_scope:
        return name
    mark, rest = _split(name)
    return f"{mark}{import_scope.removesuffix('/')}/{rest}"


def strip_name_scope(name: str, export_scope: str | None) -> str:
    """`name` relative to `export_scope`; unchanged if it lies outside."""
    if not export_scope:
        return name
    mark, rest = _split(name)
    prefix = f"{export_scope.removesuffix('/')}/"
    return mark + rest[len(prefix) :].lstrip("/") if rest.startswith(prefix) else name
