"""What checks have in common.

Source: tensorflow/python/ops/check_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.conversion import constant_value
from minihub_runtime.api.graph import Tensor
from minihub_runtime.errors import InvalidArgumentError

__all__ = ["assert_static", "message_prefix"]


def message_prefix(message: str | None) -> str:
    """A caller's message before that of a check."""
    return f"{message}.  " if message else ""


def assert_static(condition: Any, data: Sequence[Any]) -> None:
    """Raise InvalidArgumentError with what would be printed, unless a condition holds."""
    if not condition:
        raise InvalidArgumentError("\n".join(_shown(item) for item in data))


def _shown(item: Any) -> str:
    if not isinstance(item, Tensor):
        return str(item)
    value = constant_value(item)
    return str(item) if value is None else str(value)
