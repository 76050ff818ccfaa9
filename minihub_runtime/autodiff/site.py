"""Where the nodes of a gradient go.

A `Site` is a graph that grows, with what is known of its types and shapes.  The API's graphs are sites through
`api.gradients`; bodies of functions, and the layers that `autodiff.region` lays over a graph, are sites of their own.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import clip
from minihub_runtime.graph.inference import Inference
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.graph.origins import Origins
from minihub_runtime.graph.types import output_dtypes
from minihub_runtime.ops.registry import Op
from minihub_runtime.ops.terms import Ops, Term
from minihub_runtime.shapes import Shape

__all__ = ["NodeOps", "Site", "scope_name"]

_FOREIGN = re.compile(r"[^A-Za-z0-9_.\\/>-]")


def scope_name(name: str) -> str:
    """A node's name as the name of a scope: a graph of a stranger may have names that no scope may have."""
    return _FOREIGN.sub("_", name)


class Site:
    """A graph of nodes that grows.

    Args:
        graph: the nodes and the function library.
        inference: what is known of shapes and values.

    Attributes:
        graph: the nodes and the function library.
        inference: what is known of shapes and values.
        current_scope: the scope for the names of nodes, without a slash at the end.
    """

    def __init__(self, graph: Graph, inference: Inference | None = None) -> None:
        self.graph = graph
        self.inference = Inference(graph) if inference is None else inference
        self.current_scope = ""
        self._counts: dict[str, int] = {}
        self._dtypes: dict[str, list[DType]] = {}

    #: The loop whose body is differentiated here, None if it is no loop.
    frame: Any = None
    #: Whether a program builds here; it may have registered gradients.
    of_program: bool = False
    #: Whether what branches and loops are given has zeros as its gradient where no result that has one depends on it.
    fills_zeros: bool = True

    @property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by name."""
        return self.graph.nodes

    @property
    def forward(self) -> Site:
        """The site of the nodes that are differentiated, where a gradient may have them keep values."""
        return self

    @property
    def home(self) -> Site:
        """The site that the gradient was asked for in, whatever functions and layers this one lies in."""
        return self

    @property
    def origins(self) -> Origins:
        """Where tensors of the program stand in the functions of the library."""
        return Origins() if self.home is self else self.home.origins

    def unique_name(self, name: str) -> str:
        """`name` in the current scope, numbered if it is taken."""
        return self.unique(f"{self.current_scope}/{name}" if self.current_scope else name)

    def unique(self, full: str) -> str:
        """A full name, numbered if it is taken."""
        found = full
        while found in self.nodes or found in self._counts:
            self._counts[full] = self._counts.get(full, 0) + 1
            found = f"{full}_{self._counts[full]}"
        self._counts.setdefault(found, 0)
        return found

    @contextlib.contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """A scope for the names of nodes."""
        before, self.current_scope = self.current_scope, self.unique_name(scope_name(name))
        try:
            yield
        finally:
            self.current_scope = before

    def add(
        self,
        op: str,
        inputs: Iterable[Ref],
        attrs: Mapping[str, Any],
        name: str = "",
        controls: Sequence[str] = (),
    ) -> str:
        """Add a node; its name, which is `name` or the op's made unique."""
        node = Node(self.unique_name(name or op), op, inputs, controls, attrs)
        self.add_node(node)
        return node.name

    def add_node(self, node: Node) -> None:
        """Add a node as it is."""
        assert isinstance(self.graph.nodes, dict)
        self.graph.nodes[node.name] = node

    def replace_node(self, node: Node) -> None:
        """Put another node in the place of one."""
        self.add_node(node)
        self._dtypes.pop(node.name, None)
        self.inference.forget(node.name)

    def add_function(self, function: Any) -> str:
        """Add a FunctionDef to the library; its name."""
        assert isinstance(self.graph.functions, dict)
        self.graph.functions[function.signature.name] = function
        return str(function.signature.name)

    def find(self, graph: Any, ref: Ref) -> Ref | None:
        """What stands here for a tensor of a graph of the program, None if nothing does."""
        return None

    def bring(self, tensor: Any) -> Ref:
        """What stands here for a tensor of the program; it is brought in from around if need be.

        Raises:
            ValueError: it is not around.
        """
        raise ValueError(f"{tensor} must be of the graph that is differentiated, or around it")

    def call_registered(
        self, rule: Any, ops: NodeOps, node: Node, grads: Sequence[Term | None]
    ) -> Sequence[Term | None]:
        """The gradients that a function of the program computes.

        Args:
            rule: the function, as it was registered.
            ops: adds nodes here, or to a layer over this.
            node: what it differentiates.
            grads: the gradients of its outputs.

        Raises:
            ValueError: it returns another number of gradients than the node has inputs.
        """
        return self.home.call_registered(rule, ops, node, grads)

    def function_gradient(self, name: str) -> Any:
        """What the program gave as the gradient of a function that it defined, None if it gave none."""
        return self.home.function_gradient(name) if self.home is not self else None

    def output_dtypes(self, name: str) -> list[DType]:
        """The types of a node's outputs."""
        if name not in self._dtypes:
            self._dtypes[name] = output_dtypes(self.graph, self.nodes[name])
        return self._dtypes[name]

    def dtype(self, ref: Ref) -> DType:
        """The type of a tensor."""
        return self.output_dtypes(ref.node)[ref.index]


class NodeOps(Ops):
    """Ops that add nodes to a site."""

    def __init__(self, site: Site, source: str) -> None:
        self.site = site
        self.source = source

    def apply(self, op: Op, inputs: Sequence[Ref], attrs: Mapping[str, Any]) -> Sequence[Ref]:
        """The outputs of a new node."""
        name = self.site.add(op.name, inputs, attrs)
        return [Ref(name, index) for index in range(len(self.site.output_dtypes(name)))]

    def constant_ref(self, array: Any) -> Ref:
        """A new Const."""
        attrs = {"value": array, "dtype": as_dtype(array.dtype)}
        return Ref(self.site.add("Const", [], attrs))

    def dtype_of(self, ref: Ref) -> DType:
        """The element type of a tensor."""
        return self.site.dtype(ref).base_dtype

    def shape_of(self, ref: Ref) -> Shape:
        """What is known of the shape of a tensor."""
        return self.site.inference.shape(ref)

    def value_of(self, ref: Ref) -> Any:
        """The value of a tensor if it is a small constant, else None."""
        return self.site.inference.value(ref)

    def after(self, term: Term, first: Term) -> Term:
        """`term`, not there before `first` is."""
        waited = self.site.add("Identity", [first.ref], {"T": first.dtype})
        attrs = {"T": term.dtype}
        return self.term(Ref(self.site.add("Identity", [term.ref], attrs, "", [waited])))

    def gradients(
        self, ys: Sequence[Term], xs: Sequence[Term], arriving: Sequence[Term]
    ) -> list[Term | None]:
        """The gradients of `xs`, made from those that arrive at `ys`."""
        from minihub_runtime.autodiff.reverse import Backprop

        boundary = [x.ref for x in xs]
        return Backprop(self, boundary).run([y.ref for y in ys], arriving, boundary)

    def term(self, ref: Ref) -> Term:
        """A tensor of the site as a term."""
        return Term(self, ref)

    def zeros_like(self, term: Term) -> Term:
        """Zeros of the shape and type of a tensor, or of a variable's value if `term` is its handle.

        Raises:
            ValueError: `term` is a handle, and nothing is known of what is behind it.
        """
        if term.dtype.name != "resource":
            return super().zeros_like(term)
        dtype = self.gradient_dtype(term.ref)
        zeros: Term = self.Fill(self.VariableShape(term), self.constant(0, dtype))
        return zeros

    def gradient_dtype(self, ref: Ref) -> DType:
        """The type of a tensor's gradient: its own, or that of the value of a variable.

        Raises:
            ValueError: it is a handle, and nothing is known of what is behind it.
        """
        dtype = self.dtype_of(ref)
        if dtype.name != "resource":
            return dtype
        behind = self.site.inference.behind(ref)
        if behind is None:
            raise ValueError(f"{clip(str(ref))} must be the handle of a variable")
        return behind.dtype
