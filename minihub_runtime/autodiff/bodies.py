"""The body of a function while it is differentiated: what its gradient computes, and what that reads of the body.

The gradient is worked out in a layer over the body (`autodiff.region`) and becomes a function of its own.  Its arguments are those
of the function, the gradients of the results, and whatever else it reads of the body, which the function is made to return.

Source: tensorflow/python/ops/cond_v2.py, while_v2.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.autodiff.region import Region
from minihub_runtime.autodiff.rules import has_no_gradient, has_zeros, is_trainable
from minihub_runtime.autodiff.site import NodeOps, Site
from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType
from minihub_runtime.graph.function_writer import function_to_proto, names_in_function
from minihub_runtime.graph.functions import instantiate
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.graph.origins import Find, renamed
from minihub_runtime.ops.terms import Term
from minihub_runtime.protos.canonical import canonical_bytes
from minihub_runtime.shapes import Shape

__all__ = ["BodySite", "DifferentiatedBody", "write_function"]


class BodySite(Site):
    """The body of a function, whose own functions are those of the site it is called from.

    Args:
        owner: where it is called.
        name: the name of the function.
        nodes: the nodes of the body.

    Attributes:
        layer: where its gradient is worked out.
        brought: tensor where the function is called → the placeholder of the layer for it: what a gradient of the
            program reads beside what the function is given.
    """

    layer: Region

    def __init__(self, owner: Site, name: str, nodes: dict[str, Node]) -> None:
        library = owner.graph
        super().__init__(Graph(nodes, library.functions, library.gradients, library.producer))
        self.brought: dict[Ref, Ref] = {}
        self._owner = owner
        self._name = name

    @property
    def home(self) -> Site:
        """The site that the gradient was asked for in."""
        return self._owner.home

    def find(self, graph: Any, ref: Ref) -> Ref | None:
        """What stands in the function for a tensor of a graph of the program, None if nothing does."""
        return self.origins.find(self._name, graph, ref)

    def bring(self, tensor: Any) -> Ref:
        """What stands in the layer for a tensor of the program that is not of the function."""
        outside = self._owner.bring(tensor)
        if outside not in self.brought:
            known = self._owner.inference
            name = self.layer.unique_name("brought")
            attrs = {"dtype": self._owner.dtype(outside).base_dtype, "shape": known.shape(outside)}
            self.layer.add_node(Node(name, "Placeholder", attrs=attrs))
            self.brought[outside] = Ref(name)
            behind = known.behind(outside)
            if behind is not None:
                self.layer.inference.tell_behind(Ref(name), behind)
        return self.brought[outside]

    def add_function(self, function: Any) -> str:
        """Add a FunctionDef to the library; its name."""
        return self._owner.add_function(function)


def placeholder(name: str, dtype: DType) -> Node:
    """An argument of a function."""
    return Node(name, "Placeholder", attrs={"dtype": dtype, "shape": None})


def write_function(
    site: Site,
    name: str,
    nodes: Mapping[str, Node],
    inputs: Sequence[str],
    outputs: Sequence[Ref],
    controls: Sequence[str] = (),
    find: Find | None = None,
) -> Func:
    """Add a function to the library of a site, under a name that tells it from every other one.

    Args:
        site: where it is called.
        name: what its name begins with.
        nodes: its nodes.
        inputs: those that stand for the arguments.
        outputs: the results.
        controls: nodes that must run even if no result needs them.
        find: finds tensors of the program's graphs among the nodes.
    """
    library = site.graph
    graph = Graph(dict(nodes), library.functions, library.gradients, library.producer)
    # A result may be an argument itself, and one tensor several results.
    proto = function_to_proto(name, graph, inputs, outputs, controls)
    digest = hashlib.sha256(canonical_bytes(proto)).hexdigest()[:12]
    proto.signature.name = f"{name}_{digest}"
    added = site.add_function(proto)
    if find is not None:
        site.origins.note(added, renamed(find, names_in_function(proto, nodes, inputs)))
    return Func(added)


class DifferentiatedBody:
    """One function that is differentiated.

    Args:
        ops: adds nodes where the function is called.
        function: the function.
        inputs: the arguments of the call.

    Attributes:
        arguments: the tensors of the body that stand for the arguments.
        results: the results.
        inner: adds nodes to the layer.
    """

    def __init__(self, ops: NodeOps, function: Func, inputs: Sequence[Ref]) -> None:
        self.ops = ops
        self.name = function.name
        body = instantiate(ops.site.graph, function.name, function.attrs)
        self.arguments, self.results, self.controls = body.arguments, body.results, body.controls
        nodes = {
            name: placeholder(name, node.attrs["T"]) if node.op == "_Arg" else node
            for name, node in body.graph.nodes.items()
        }
        self.site = BodySite(ops.site, function.name, nodes)
        self.region = self.site.layer = Region(self.site)
        self.inner = NodeOps(self.region, ops.source)
        for argument, ref in zip(self.arguments, inputs, strict=True):
            behind = ops.site.inference.behind(ref)
            if behind is not None:
                self.site.inference.tell_behind(argument, behind)

    def know_shapes(self, inputs: Sequence[Ref]) -> None:
        """Note that the arguments have the shapes of the tensors of the call."""
        for argument, ref in zip(self.arguments, inputs, strict=True):
            self.site.inference.refine(argument, self.ops.site.inference.shape(ref))

    def seed(self, dtype: DType, shape: Shape = None) -> Term:
        """A new tensor of the layer whose value the caller of the gradient gives."""
        name = self.region.unique_name("arriving")
        self.region.add_node(placeholder(name, dtype))
        self.region.inference.refine(Ref(name), shape)
        return self.inner.term(Ref(name))

    def differentiate(self, seeds: Mapping[int, Term]) -> list[Term | None]:
        """The gradients of the arguments.

        Args:
            seeds: number of a result → the gradient that arrives there.
        """
        from minihub_runtime.autodiff.reverse import Backprop

        wanted = [ref for ref in self.arguments if has_zeros(self.inner, ref)]
        found = Backprop(self.inner, self.arguments).run(
            [self.results[i] for i in seeds],
            list(seeds.values()),
            wanted,
        )
        by_argument = dict(zip(wanted, found, strict=True))
        return [by_argument.get(ref) for ref in self.arguments]

    def reached(self, result: Ref) -> set[int]:
        """The arguments that a result may depend on through differentiable tensors."""
        site = self.site
        seen: set[str] = set()
        found: set[int] = set()
        stack = [result]
        while stack:
            ref = stack.pop()
            if ref in self.arguments:
                found.add(self.arguments.index(ref))
            elif ref.node not in seen and is_trainable(site.dtype(ref)):
                seen.add(ref.node)
                node = site.nodes[ref.node]
                if not has_no_gradient(node, site.home.of_program):
                    stack.extend(r for r in node.inputs if is_trainable(site.dtype(r)))
        return found

    def read(self, results: Sequence[Ref]) -> list[Ref]:
        """The tensors of the body, beside arguments and constants, that the layer and `results` read."""
        refs = [ref for node in self.region.added.values() for ref in node.inputs]
        return [
            ref
            for ref in dict.fromkeys([*refs, *results])
            if ref.node not in self.region.added
            and ref not in self.arguments
            and self.site.nodes[ref.node].op != "Const"
        ]

    @property
    def brought(self) -> dict[Ref, Ref]:
        """Tensor where the function is called → the placeholder of the layer for it; see `BodySite`."""
        return self.site.brought

    def find(self) -> Find:
        """Finds tensors of the program's graphs among the nodes of the body."""
        origins, name = self.site.origins, self.name

        def found(graph: Any, ref: Ref) -> Ref | None:
            return origins.find(name, graph, ref)

        return found

    def find_moved(self, places: Mapping[Ref, Ref]) -> Find:
        """Finds tensors of the program's graphs among the nodes of the layer, once these are moved; see `moved`."""
        find, program = self.find(), self.region.program
        fixed = {ref.node for ref in self.arguments} | set(self.region.added)
        fixed |= {name for name, node in self.site.nodes.items() if node.op == "Const"}

        def found(graph: Any, ref: Ref) -> Ref | None:
            inner = ref if graph is program and program is not None else find(graph, ref)
            if inner is None:
                return None
            return places.get(inner, inner if inner.node in fixed else None)

        return found

    def moved(
        self, results: Sequence[Ref], places: Mapping[Ref, Ref]
    ) -> tuple[dict[str, Node], list[Ref]]:
        """The nodes of the layer as they stand in a function of their own, and `results` there.

        Args:
            results: tensors of the layer or of the body.
            places: what stands for the tensors of the body that are read.
        """
        nodes: dict[str, Node] = {}

        def place(ref: Ref) -> Ref:
            if ref.node in self.region.added or ref in self.arguments:
                return ref
            node = self.site.nodes[ref.node]
            if ref not in places and node.op == "Const":
                nodes[ref.node] = node.replace(controls=())
                return ref
            return places[ref]

        for name, node in self.region.added.items():
            if node.op != "Placeholder":
                nodes[name] = node.replace(inputs=[place(ref) for ref in node.inputs])
        return nodes, [place(ref) for ref in results]
