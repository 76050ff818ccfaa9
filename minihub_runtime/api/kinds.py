"""What something is: a tensor, a type of some kind.

Source: tensorflow/python/framework/tensor_util.py, ops.py, dtypes.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.type_spec import CompositeTensor
from minihub_runtime.dtypes import DType, qint8, qint16, qint32, quint8, quint16
from minihub_runtime.public import public

__all__ = ["QUANTIZED_DTYPES", "is_symbolic_tensor", "is_tensor"]

#: The quantised types, and references to them.
QUANTIZED_DTYPES: frozenset[DType] = public("QUANTIZED_DTYPES", "dtypes.QUANTIZED_DTYPES")(
    frozenset(
        kind for dtype in (qint8, quint8, qint16, quint16, qint32) for kind in (dtype, dtype.ref)
    )
)


@public("is_tensor", "contrib.framework.is_tensor")
def is_tensor(x: Any) -> bool:
    """Whether something is a tensor, a composite one or a variable."""
    return isinstance(x, (Tensor, CompositeTensor)) or hasattr(x, "_dense_value")


@public("is_symbolic_tensor")
def is_symbolic_tensor(tensor: Any) -> bool:
    """Whether something is a tensor of a graph."""
    return isinstance(tensor, Tensor)
