"""How many multiplications and additions a call of a kernel is, where that follows from its shapes."""

from __future__ import annotations

import math

from minihub_runtime.engine.recording import Call

__all__ = ["flops_of"]

_CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D")
_TRANSPOSED = (
    "_TransposedConv2D",
    "Conv2DBackpropInput",
    "Conv3DBackpropInput",
    "Conv3DBackpropInputV2",
)
_FILTERS = ("Conv2DBackpropFilter", "Conv3DBackpropFilter", "Conv3DBackpropFilterV2")
#: Which inputs are matrices that rows of the first one are multiplied with, beside what else is done.
_SEVERAL = {"_ChainedMatMul": slice(1, 3), "_SelfAttention": slice(1, 5)}
_PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")


def flops_of(call: Call) -> int | None:
    """Floating-point operations, a multiply-add being two; None where the op is none that is counted.

    A convolution is counted as it is defined, however it is computed, so that rates can be compared.
    """
    op = call.node.op
    for prefix in ("_Fused", "_Affine", "_Prepared", "_Repeated", "_Summed"):
        op = op.removeprefix(prefix)
    shapes, result = call.shapes, call.result
    if result is None or len(shapes) < 2 or shapes[0] is None or shapes[1] is None:
        return None
    if op in _PRODUCTS and len(result) >= 2:
        # Each element of the first factor meets each column of the second.
        return 2 * math.prod(shapes[0]) * result[-1] if math.prod(result) else 0
    if op == "MatMuls":
        widths = sum(shape[-1] for shape in shapes[1:] if shape)
        return 2 * math.prod(shapes[0]) * widths if math.prod(result) else 0
    matrices = _SEVERAL.get(op)
    if matrices is not None:
        # Each row of the first factor meets each element of the matrices.
        return 2 * shapes[0][0] * sum(math.prod(shape) for shape in shapes[matrices] if shape)
    if op == "DepthwiseConv2dNative":
        return 2 * math.prod(result) * math.prod(shapes[1][:2])
    if op in _CONVOLUTIONS and shapes[1]:
        return 2 * math.prod(result) * math.prod(shapes[1][:-1])
    if len(shapes) < 3 or shapes[2] is None:
        return None
    if op in _TRANSPOSED and shapes[1]:
        return 2 * math.prod(shapes[2]) * math.prod(shapes[1][:-1])
    if op in _FILTERS and result:
        return 2 * math.prod(shapes[2]) * math.prod(result[:-1])
    return None
