"""Changes of type.

Source: tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.dtypes import as_dtype, bool_
from minihub_runtime.public import public

__all__ = ["cast"]

# The module of the types cannot call one of them `bool`.
public("dtypes.bool")(bool_)


@public("cast", "dtypes.cast")
def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """`x`, a tensor or a sparse tensor, with elements of another type; itself if it has the type.

    Raises:
        TypeError: `x` cannot become a tensor.
    """
    base = as_dtype(dtype).base_dtype
    if isinstance(x, Tensor) and x.dtype is base:
        return x
    with name_scope(name, "Cast", [x]) as scope:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, cast(x.values, base, scope), x.dense_shape)
        x = convert_to_tensor(x, name="x")
        if x.dtype is base:
            return x
        return build("Cast", name=scope, x=x, DstT=base)
