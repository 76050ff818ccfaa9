"""How results compare with TensorFlow's: one table of tolerances by precision and dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import as_dtype, bits, to_float

__all__ = ["TOLERANCES", "assert_same"]

#: (rtol, atol) for ops that round; exact ones get neither.
TOLERANCES = {
    "float16": (2e-3, 2e-3),
    "bfloat16": (1.6e-2, 1e-2),
    "float32": (1e-5, 1e-6),
    "float64": (1e-11, 1e-12),
    "complex64": (1e-5, 1e-6),
    "complex128": (1e-11, 1e-12),
}


def assert_same(
    got: Any, expected: Any, precision: str, loose: float = 1.0, label: str = ""
) -> None:
    """Raise AssertionError unless `got` is the array `expected`: type, dtype, shape, then values."""
    __tracebackhide__ = True
    assert isinstance(got, np.ndarray), f"{label}: must be an ndarray, not {type(got).__name__}"
    assert got.dtype == expected.dtype, f"{label}: must be {expected.dtype}, not {got.dtype}"
    assert got.shape == expected.shape, (
        f"{label}: must have shape {expected.shape}, not {got.shape}"
    )
    name = as_dtype(expected.dtype).name
    if precision == "exact" or name not in TOLERANCES:
        if expected.dtype.kind in "fc" or name == "bfloat16":
            np.testing.assert_array_equal(to_float(got), to_float(expected), err_msg=label)
        else:
            different = np.argwhere(np.asarray(bits(got) != bits(expected)))
            assert different.size == 0, f"{label}: at {different[0]}: {got!r} must be {expected!r}"
        return
    rtol, atol = (loose * t for t in TOLERANCES[name])
    if precision == "random":
        rtol, atol = rtol / 10, atol / 10
    with np.errstate(invalid="ignore"):
        # NumPy 1.26 multiplies infinite complex numbers with the tolerance.
        np.testing.assert_allclose(to_float(got), to_float(expected), rtol, atol, err_msg=label)
