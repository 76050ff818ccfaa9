"""`tf.contrib.slim.model_analyzer`: how large tensors and variables are.

Source: tf_slim/model_analyzer.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minihub_runtime.public import public

__all__ = ["analyze_ops", "analyze_vars", "tensor_description"]


@public("contrib.slim.model_analyzer.tensor_description")
def tensor_description(var: Any) -> str:
    """Type and sizes of a tensor: `(float32 2x3)`."""
    sizes = "x".join(str(size) for size in var.get_shape())
    return f"({var.dtype.name} {sizes})"


def _heading(text: str) -> None:
    print("---------", text, "---------", sep="\n")


@public("contrib.slim.model_analyzer.analyze_ops")
def analyze_ops(graph: Any, print_info: bool = False) -> int:
    """The number of elements of all outputs of a graph whose shape is known.

    Args:
        graph: the graph.
        print_info: whether to print a line for each operation.
    """
    if print_info:
        _heading("Operations: name -> (type shapes) [size]")
    total = 0
    for op in graph.get_operations():
        size = sum(output.get_shape().num_elements() or 0 for output in op.outputs)
        if print_info:
            shapes = [tensor_description(output) for output in op.outputs if output.get_shape()]
            print(op.name, "\t->", ", ".join(shapes), f"[{size}]")
        total += size
    return total


@public("contrib.slim.model_analyzer.analyze_vars")
def analyze_vars(variables: Iterable[Any], print_info: bool = False) -> tuple[int, int]:
    """The number of elements of variables, and of their bytes.

    Args:
        variables: the variables.
        print_info: whether to print a line for each.
    """
    if print_info:
        _heading("Variables: name (type shape) [size]")
    total = total_bytes = 0
    for item in variables:
        size = item.get_shape().num_elements() or 0
        count = size * item.dtype.size
        total, total_bytes = total + size, total_bytes + count
        if print_info:
            print(item.name, tensor_description(item), f"[{size}, bytes: {count}]")
    if print_info:
        print(f"Total size of variables: {total}")
        print(f"Total bytes of variables: {total_bytes}")
    return total, total_bytes
