"""A layer over a graph: nodes that are kept apart from those they were added to.

The gradient of the body of a loop is worked out in a layer over the body, as if it were part of it; then its nodes are moved to
where they are to run, and what they read of the body is brought there.
"""

from __future__ import annotations

import collections
from typing import Any

from minihub_runtime.autodiff.site import Site
from minihub_runtime.dtypes import DType
from minihub_runtime.graph.inference import Inference
from minihub_runtime.graph.ir import Graph, Node, Ref

__all__ = ["Region"]


class Region(Site):
    """A layer over a site.

    Attributes:
        base: the site it lies on.
        added: the nodes of the layer alone.
        frame: the loop whose body it lies on, None for the body of a function.
        program: the graph in which functions of the program add nodes to the layer, None before one did.
    """

    def __init__(self, base: Site, frame: Any = None) -> None:
        self.base = base
        self.added: dict[str, Node] = {}
        self.frame = frame
        self.program: Any = None
        nodes: Any = collections.ChainMap(self.added, base.nodes)  # type: ignore[arg-type]
        graph = Graph(nodes, base.graph.functions, base.graph.gradients, base.graph.producer)
        super().__init__(graph, Inference(graph, base.inference))

    @property
    def forward(self) -> Site:
        """The site at the bottom."""
        return self.base.forward

    @property
    def home(self) -> Site:
        """The site that the gradient was asked for in."""
        return self.base.home

    def find(self, graph: Any, ref: Ref) -> Ref | None:
        """What stands here for a tensor of a graph of the program, None if nothing does."""
        if graph is self.program and graph is not None:
            return ref
        return self.base.find(graph, ref)

    def bring(self, tensor: Any) -> Ref:
        """What stands here for a tensor of the program; it is brought in from around if need be."""
        found = self.find(tensor.graph, tensor.ref_in_graph)
        return self.base.bring(tensor) if found is None else found

    def add_node(self, node: Node) -> None:
        """Add a node to the layer."""
        self.added[node.name] = node

    def replace_node(self, node: Node) -> None:
        """Put another node in the place of one, of the layer or below it."""
        if node.name in self.added:
            super().replace_node(node)
        else:
            self.base.replace_node(node)

    def add_function(self, function: Any) -> str:
        """Add a FunctionDef to the library; its name."""
        return self.base.add_function(function)

    def output_dtypes(self, name: str) -> list[DType]:
        """The types of a node's outputs."""
        if name in self.added:
            return super().output_dtypes(name)
        return self.base.output_dtypes(name)
