"""Functions of NumPy without what is wrapped around them, which takes as long as a small block does."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

__all__ = ["clip", "einsum"]


def _named(name: str, *modules: str) -> Any:
    """What one of these modules has under a name, which is not a public one; None if none has it."""
    for module in modules:
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
    return None


_OLD = np.__version__.startswith("1.")

#: What `ndarray.clip` calls: `clip(x, low, high, out)`.  None where it is not found, and in NumPy 1, which clips element by
#: element, so that two comparisons are sooner.
clip: np.ufunc | None = None if _OLD else _named("clip", "numpy._core.umath")

#: What `np.einsum` calls if it is not to find a better order: `einsum(subscripts, *operands, out=…)`.
einsum: Any = (
    _named("c_einsum", "numpy.core.multiarray" if _OLD else "numpy._core.multiarray") or np.einsum
)
