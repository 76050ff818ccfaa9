"""TF1 Hub modules without TensorFlow.

    import minihub
    embed = minihub.load("https://tfhub.dev/google/nnlm-en-dim128/1")
    vectors = embed(["a sentence", "another one"])

Everything is imported when it is first used, so that `import minihub` costs little more than `import numpy`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minihub.loading import LoadedModule, load
    from minihub.resolve import resolve

__all__ = [
    "LoadedModule",
    "load",
    "resolve",
]

__version__ = "0.1.0"

_HOMES = {
    "LoadedModule": "minihub.loading",
    "load": "minihub.loading",
    "resolve": "minihub.resolve",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
