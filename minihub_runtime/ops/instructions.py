"""Which functions of NumPy are quick here, where that depends on the processor's instructions."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import numpy as np

__all__ = ["QUICK_TANH"]


def _features() -> Mapping[str, bool]:
    """Instructions that NumPy uses if the processor has them → whether it does; empty where NumPy does not tell."""
    home = "numpy.core" if np.__version__.startswith("1.") else "numpy._core"
    try:
        found: Mapping[str, bool] = importlib.import_module(
            f"{home}._multiarray_umath"
        ).__cpu_features__
    except (ImportError, AttributeError):
        return {}
    return found


#: Whether a tanh takes no longer than an exponential.  With AVX-512 NumPy finds one in half the time; without, it looks up numbers
#: one by one for each tanh, and takes twice as long as for an exponential.
#: Source: NumPy, _core/src/umath/loops_hyperbolic.dispatch.c.src and loops_exponent_log.dispatch.c.src.
QUICK_TANH = _features().get("AVX512_SKX", False)
