"""The matrix products in a network: the work that its convolutions and dense layers cannot do without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

__all__ = ["count_flops", "find_matmuls"]


def _product(sizes: Any) -> int:
    result = 1
    for size in sizes:
        result *= int(size)
    return result


def find_matmuls(frozen: Any, inputs: Mapping[str, Any]) -> list[list[int]]:
    """[batch, m, k, n, count] of each product of a frozen graph at batch 1; wants TensorFlow.

    `batch` products of [m, k] by [k, n] are done at once. A convolution counts as the product of its patches and its filters.
    Depthwise convolutions are none: each of their outputs has a filter of its own.

    Args:
        frozen: the GraphDef.
        inputs: name of a placeholder → {"dtype", "shape"}.

    Raises:
        ValueError: a shape is not known, as in a loop.
    """
    import tensorflow.compat.v1 as tf

    found: Counter[tuple[int, ...]] = Counter()
    with tf.Graph().as_default() as graph:
        given = {
            info["tensor"]: tf.placeholder(info["dtype"], [1, *info["shape"][1:]])
            for info in inputs.values()
        }
        tf.import_graph_def(frozen, given, name="")
        for operation in graph.get_operations():
            shape = _shape_of(operation)
            if shape is not None:
                found[shape] += 1
    return [[*shape, count] for shape, count in sorted(found.items())]


def _shape_of(operation: Any) -> tuple[int, ...] | None:
    """[batch, m, k, n] of one op."""
    kind = operation.type
    if kind in ("Conv2D", "Conv3D"):
        *window, depth, width = operation.inputs[1].shape.as_list()
        return 1, _product(operation.outputs[0].shape[:-1]), _product(window) * depth, width
    if kind == "Conv2DBackpropInput":
        *window, width, depth = operation.inputs[1].shape.as_list()
        return 1, _product(operation.inputs[2].shape[:-1]), depth, _product(window) * width
    if kind in ("MatMul", "BatchMatMulV2"):
        *batch, m, n = operation.outputs[0].shape.as_list()
        turned = operation.get_attr("transpose_a" if kind == "MatMul" else "adj_x")
        return _product(batch), m, operation.inputs[0].shape.as_list()[-2 if turned else -1], n
    return None


def count_flops(matmuls: list[list[int]]) -> int:
    """Multiplications and additions of these products."""
    return sum(2 * batch * m * k * n * count for batch, m, k, n, count in matmuls)
