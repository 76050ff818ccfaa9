"""Copying what a dataset is made of into a function without arguments.

Source: tensorflow/python/framework/function.py (capture_by_value), tensorflow/python/data/util/traverse.py.
"""

from __future__ import annotations

from minihub_runtime.api.func_graph import FuncGraph
from minihub_runtime.api.graph import Tensor
from minihub_runtime.codec import Func
from minihub_runtime.dtypes import variant
from minihub_runtime.graph.functions import is_stateful
from minihub_runtime.graph.ir import Node, Ref

__all__ = ["copied_into_function"]


def copied_into_function(dataset: Tensor) -> Func:
    """A function of the library that makes a dataset anew.

    Raises:
        ValueError: the dataset depends on a placeholder, or on state: a variable, a table.
    """
    graph = FuncGraph("_make_dataset", dataset.graph)
    allowed = _datasets_below(dataset)
    pending = [(dataset.op.name, False)]
    while pending:
        name, ready = pending.pop()
        if name in graph.nodes:
            continue
        node = dataset.graph.nodes[name]
        if ready:
            graph.add_node(Node(name, node.op, node.inputs, (), node.attrs))
            continue
        if is_stateful(graph.node_graph, node.op) and name not in allowed:
            raise ValueError(
                f"Cannot capture a stateful node (name:{name}, type:{node.op}) by value."
            )
        if node.op in ("Placeholder", "PlaceholderV2"):
            raise ValueError(
                f"Cannot capture a placeholder (name:{name}, type:{node.op}) by value."
            )
        pending.append((name, True))
        pending.extend((ref.node, False) for ref in reversed(node.inputs))
    graph.outputs = [graph.tensor(Ref(dataset.op.name, dataset.ref_in_graph.index))]
    return graph.add_to_library()


def _datasets_below(dataset: Tensor) -> set[str]:
    """The operations that make a dataset and those it is made of: they are stateful to TensorFlow, but can be copied."""
    found: set[str] = set()
    pending = [dataset]
    while pending:
        operation = pending.pop().op
        if operation.name not in found:
            found.add(operation.name)
            pending.extend(tensor for tensor in operation.inputs if tensor.dtype is variant)
    return found
