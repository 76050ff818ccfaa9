"""A layer over a graph or a function as a graph of the API: where a gradient that a program defines adds its operations.

What the program's function holds, tensors of the graph it was defined in, is found in the layer or brought into it.

Source: tensorflow/python/ops/cond_v2.py (_CondGradFuncGraph), while_v2.py (_WhileBodyGradFuncGraph).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import Graph, Operation, Tensor
from minihub_runtime.autodiff.region import Region
from minihub_runtime.dtypes import DType
from minihub_runtime.graph.ir import Node

__all__ = ["SiteGraph"]


class SiteGraph(Graph):
    """The API's graph of the nodes of a layer, and of those under it.

    Args:
        site: the layer.
        around: the graph of the program that the gradient was asked for in.
    """

    building_function = True

    def __init__(self, site: Region, around: Graph) -> None:
        super().__init__()
        self.outer_graph = around
        self.node_graph = site.graph
        self.node_graph.python = around.node_graph.python
        self.nodes = site.graph.nodes
        self.inference = site.inference
        self.origins = around.origins
        self.seed = around.seed
        self.readable = around.readable
        self._collections = around._collections
        self._site = site

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name` in the current name scope, numbered if it is taken."""
        del mark_as_used
        scope = self.get_name_scope()
        return self._site.unique(f"{scope}/{name}" if scope else name)

    def own(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor here without being brought in; the tensor itself if nothing does."""
        ref = self._site.find(tensor.graph, tensor.ref_in_graph)
        return tensor if ref is None else self.tensor(ref)

    def capture(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor here."""
        return tensor if tensor.graph is self else self.tensor(self._site.bring(tensor))

    def output_dtypes(self, name: str) -> list[DType]:
        """The types of an operation's outputs."""
        return self._site.output_dtypes(name)

    def replace_node(self, node: Node) -> None:
        """Put another node in the place of one, of the layer or under it."""
        self._site.replace_node(node)
        self.get_operation_by_name(node.name).extend_outputs()

    def _awaited(self, items: Sequence[Any]) -> list[str]:
        """The operations of the layer among these; for others a copy of what they compute is waited for.

        Raises:
            NotImplementedError: one from outside computes nothing.
        """
        names = []
        for item in items:
            element = item._as_graph_element() if hasattr(item, "_as_graph_element") else item
            if isinstance(element, str):
                element = self.as_graph_element(element)
            operation: Operation = element.op if isinstance(element, Tensor) else element
            if operation.graph is not self or operation.name not in self._site.added:
                if not operation.outputs:
                    raise NotImplementedError(
                        f"a gradient that a program defines waits for {operation.name!r} (op type: "
                        f"{operation.type}), which lies outside of it and has no outputs"
                    )
                with self.control_dependencies(None):
                    operation = build("Identity", input=self.capture(operation.outputs[0])).op
            names.append(operation.name)
        return names
