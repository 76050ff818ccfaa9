"""Changes of type.

Source: tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.dtypes import as_dtype, bool_
from minihub_runtime.public import public

__all__ = ["cast", "saturate_cast"]

# The module of the types cannot call one of them `bool`.
public("dtypes.bool")(bool_)


@public("cast", "dtypes.cast")
def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """`x`, a tensor or a sparse tensor, with elements of another type; itself if it has the type.

    Raises:
        TypeError: `x` cannot become a tensor.
    """
    base = as_dtype(dtype).base_dtype
    # A variable by handle stays one, to be read by what takes it.
    if (isinstance(x, Tensor) or getattr(x, "is_resource", False)) and x.dtype is base:
        return x
    with name_scope(name, "Cast", [x]) as scope:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, cast(x.values, base, scope), x.dense_shape)
        x = convert_to_tensor(x, name="x")
        if x.dtype is base:
            return x
        return build("Cast", name=scope, x=x, DstT=base)


def _named_cast(dtype_name: str, default_name: str, public_name: str) -> Callable[..., Any]:
    """`tf.to_float` and its like."""

    def function(x: Any, name: str | None = None) -> Any:
        return cast(x, as_dtype(dtype_name), name=name)

    function.__defaults__ = (default_name,)
    function.__name__ = function.__qualname__ = public_name
    function.__doc__ = f"`x`, a tensor or a sparse tensor, as {dtype_name}; see `cast`."
    return function


for _dtype, _default, _public in (
    ("bfloat16", "ToBFloat16", "to_bfloat16"),
    ("complex128", "ToComplex128", "to_complex128"),
    ("complex64", "ToComplex64", "to_complex64"),
    ("float64", "ToDouble", "to_double"),
    ("float32", "ToFloat", "to_float"),
    ("int32", "ToInt32", "to_int32"),
    ("int64", "ToInt64", "to_int64"),
):
    public(_public)(_named_cast(_dtype, _default, _public))


@public("dtypes.saturate_cast", "saturate_cast")
def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """`value` with elements of another type; what lies beyond its limits becomes the nearest limit."""
    with name_scope(name, "saturate_cast", [value]) as scope:
        value = convert_to_tensor(value, name="value")
        base = as_dtype(dtype).base_dtype
        own = value.dtype.base_dtype
        if own.is_complex and base.is_complex:
            part, wanted = own.real_dtype, base.real_dtype
            if part.min < wanted.min or part.max > wanted.max:
                low, high = complex(wanted.min, wanted.min), complex(wanted.max, wanted.max)
                value = _clamped(value, low, high, own)
            return cast(value, base, scope)
        if own.is_complex:
            value = build("Real", input=value, Tout=own.real_dtype)
            own = own.real_dtype
        limits = base.real_dtype
        if own.min < limits.min or own.max > limits.max:
            kind = own.as_numpy_dtype
            # A float type may not hold an integer's limit: the nearest number inside counts.
            low = kind(np.maximum(own.min, limits.min))
            if low < limits.min:
                low = np.nextafter(low, kind(0), dtype=kind)
            high = kind(np.minimum(own.max, limits.max))
            if high > limits.max:
                high = np.nextafter(high, kind(0), dtype=kind)
            value = _clamped(value, low, high, own)
        return cast(value, base, scope)


def _clamped(value: Any, low: Any, high: Any, dtype: Any) -> Any:
    return build(
        "ClipByValue",
        name="clamp",
        t=value,
        clip_value_min=convert_to_tensor(low, dtype),
        clip_value_max=convert_to_tensor(high, dtype),
    )
