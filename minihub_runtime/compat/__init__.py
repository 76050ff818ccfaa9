"""`tf.compat`: text and bytes, and `tf.compat.v1`, which is `tf` itself."""

from __future__ import annotations

import importlib
from typing import Any

from minihub_runtime.public import find, names_below


def __getattr__(name: str) -> Any:
    if name == "v1":
        return importlib.import_module("minihub_runtime.compat.v1")
    value = find(f"compat.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({"v1", *names_below("compat")})
