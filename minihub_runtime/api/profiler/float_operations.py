"""How many operations on numbers a node takes, by the formulas that TensorFlow has registered.

Source: tensorflow/python/profiler/internal/flops_registry.py, tensorflow/python/ops/nn_ops.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.graph import Operation

__all__ = ["float_operations"]

Shape = Sequence[int]


class _IncompleteError(Exception):
    """A shape is not known, or a layout is not counted."""


def _shape(tensor: Any) -> Shape:
    if not tensor.shape.is_fully_defined():
        raise _IncompleteError
    known: list[int] = tensor.shape.as_list()
    return known


def _per_input(count: int) -> Callable[[Operation], int]:
    return lambda op: count * math.prod(_shape(op.inputs[0]))


def _per_output(count: int) -> Callable[[Operation], int]:
    return lambda op: count * math.prod(_shape(op.outputs[0]))


def _reduction(finish: int) -> Callable[[Operation], int]:
    """One for each element that is added to another, and some for each result."""

    def count(op: Operation) -> int:
        result = math.prod(_shape(op.outputs[0]))
        return math.prod(_shape(op.inputs[0])) + result * (finish - 1)

    return count


def _matmul(op: Operation) -> int:
    # Batched products have `adj_x` instead, which the formula does not look at.
    transposed = op.type == "MatMul" and op.get_attr("transpose_a")
    inner = _shape(op.inputs[0])[-2 if transposed else -1]
    return 2 * inner * math.prod(_shape(op.outputs[0]))


def _window(op: Operation) -> int:
    """The elements of a window of pooling."""
    _check_layout(op)
    return math.prod(op.get_attr("ksize"))


def _check_layout(op: Operation) -> None:
    if op.get_attr("data_format") != b"NHWC":
        raise _IncompleteError


def _convolution(axes: int) -> Callable[[Operation], int]:
    """Two for each output and each element of the first axes of the filter."""

    def count(op: Operation) -> int:
        _shape(op.inputs[0])
        return 2 * math.prod(_shape(op.inputs[1])[:axes]) * math.prod(_shape(op.outputs[0]))

    return count


def _backprop(image: Callable[[Operation], Any], kernel: Callable[[Operation], Any]) -> Any:
    def count(op: Operation) -> int:
        _check_layout(op)
        shape = _shape(image(op))
        _, height, width, _ = op.get_attr("strides")
        product = 2 * math.prod(shape) * math.prod(_shape(kernel(op)))
        return int(product / (shape[-1] * height * width))

    return count


def _max_pool_grad(op: Operation) -> int:
    return (_window(op) + 1) * math.prod(_shape(op.inputs[1]))


_FORMULAS: dict[str, Callable[[Operation], int]] = {
    **dict.fromkeys(("Reciprocal", "Square", "Log", "Neg", "BiasAdd"), _per_input(1)),
    **dict.fromkeys(("AssignSub", "AssignAdd"), _per_input(1)),
    "Rsqrt": _per_input(2),
    "Softmax": _per_input(5),
    "L2Loss": lambda op: 3 * math.prod(_shape(op.inputs[0])) - 1,
    **dict.fromkeys(("Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum"), _per_output(1)),
    **dict.fromkeys(("Minimum", "Pow", "GreaterEqual", "Greater"), _per_output(1)),
    **dict.fromkeys(("LessEqual", "Less", "Equal", "NotEqual"), _per_output(1)),
    "SquaredDifference": _per_output(2),
    "RsqrtGrad": _per_output(4),
    "Mean": _reduction(1),
    **dict.fromkeys(("Sum", "ArgMax", "ArgMin", "BiasAddGrad"), _reduction(0)),
    "AvgPool": lambda op: _window(op) * math.prod(_shape(op.outputs[0])),
    "MaxPool": lambda op: _window(op) * math.prod(_shape(op.outputs[0])),
    "AvgPoolGrad": lambda op: 2 * _window(op) * math.prod(_shape(op.inputs[1])),
    "MaxPoolGrad": _max_pool_grad,
    "Conv2DBackpropInput": _backprop(lambda op: op.outputs[0], lambda op: op.inputs[1]),
    "Conv2DBackpropFilter": _backprop(lambda op: op.inputs[0], lambda op: op.outputs[0]),
    "AddN": lambda op: (len(op.inputs) - 1) * math.prod(_shape(op.inputs[0])),
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), _matmul),
    "Conv2D": _convolution(3),
    "Conv3D": _convolution(4),
    "DepthwiseConv2dNative": _convolution(2),
    "Dilation2D": _convolution(2),
}


def float_operations(op: Operation) -> int | None:
    """How many operations on numbers a node takes, 0 where no formula tells; None if a shape is not known."""
    formula = _FORMULAS.get(op.type)
    try:
        return 0 if formula is None else int(formula(op))
    except _IncompleteError:
        return None
