"""How element-wise kernels call NumPy: one place for broadcasting, bfloat16, `out`, warnings and 0-d results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import as_dtype, float_to_bfloat16, to_float
from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.registry import Array
from minihub_runtime.shapes import show

__all__ = ["elementwise", "fitting", "narrow", "require_kernel", "settle", "widen"]


def widen(x: Array) -> Array:
    """A 16-bit float as float32, every other array as it is."""
    if x.dtype.char in "fd":
        return x
    return x.astype(np.float32) if x.dtype == np.float16 else to_float(x)


def narrow(x: Any, dtype: np.dtype[Any]) -> Array:
    """`x` rounded to `dtype`, a 0-d array where NumPy gives a scalar."""
    array = np.asarray(x)
    if array.dtype == dtype:
        return array
    if dtype == dtypes.bfloat16.numpy:
        return float_to_bfloat16(array)
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def fitting(out: Array | None, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array | None:
    """`out` if a result of that shape and dtype may be written there."""
    return out if out is not None and out.shape == shape and out.dtype == dtype else None


def require_kernel(dtype: np.dtype[Any], kinds: str, name: str) -> None:
    """Raise unless the NumPy kind of `dtype` is one of `kinds`: the OpDef allows more than any CPU kernel does.

    Raises:
        UnimplementedError: TensorFlow has no CPU kernel for `dtype` either.
    """
    if dtype.kind in kinds:
        return
    if dtype != dtypes.bfloat16.numpy or "f" not in kinds:
        raise UnimplementedError(
            f"{name} must have an input type with a CPU kernel, not {as_dtype(dtype).name}"
        )


def elementwise(
    function: Callable[..., Any],
    *inputs: Array,
    out: Array | None = None,
    result: Any = None,
    wide: bool = False,
) -> Array:
    """`function(*inputs, out=…)` under TensorFlow's rules.

    Whoever runs kernels does so within `np.errstate(all="ignore")`; entering it for each would take longer than a small sum.

    Args:
        function: a ufunc, or a function of the same form; with bfloat16 it sees float32.
        inputs: arrays of one dtype that broadcast.
        out: where to write, if it fits.
        result: the NumPy dtype of the result, where it is not that of the inputs.
        wide: whether float16 is also computed in float32, because `function` rounds more than once.

    Raises:
        InvalidArgumentError: the shapes do not broadcast.
    """
    first = inputs[0]
    dtype = first.dtype if result is None else np.dtype(result)
    try:
        if first.dtype.names is not None or (wide and first.dtype == np.float16):
            return narrow(function(*[widen(x) for x in inputs]), dtype)
        if out is not None:
            shape = first.shape
            if any(x.shape != shape for x in inputs):
                shape = np.broadcast_shapes(*(x.shape for x in inputs))
            out = fitting(out, shape, dtype)
        value = function(*inputs) if out is None else function(*inputs, out=out)
    except InvalidArgumentError:
        raise
    except ValueError as error:
        shown = " and ".join(show(x.shape) for x in inputs)
        raise InvalidArgumentError(f"shapes must broadcast, not {shown}") from error
    return value if type(value) is np.ndarray else settle(value, dtype)


def settle(value: Any, dtype: np.dtype[Any]) -> Array:
    """The array of a result that NumPy hands over as a scalar."""
    if dtype.kind == "O":
        boxed = np.empty((), dtype=object)
        boxed[()] = value
        return boxed
    return np.asarray(value)
