"""Arguments that have an older name as well.

Source: tensorflow/python/util/deprecation.py.
"""

from __future__ import annotations

from typing import Any

__all__ = ["deprecated_argument_lookup"]


def deprecated_argument_lookup(new_name: str, new_value: Any, old_name: str, old_value: Any) -> Any:
    """The value of an argument that may be given under two names.

    Raises:
        ValueError: it is given under both.
    """
    if old_value is None:
        return new_value
    if new_value is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'.")
    return old_value
