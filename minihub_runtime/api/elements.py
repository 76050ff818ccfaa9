"""What a graph consists of, as TF1 programs hold it: operations and tensors.

Source: tensorflow/python/framework/ops.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from minihub_runtime.api.defaults import default_session
from minihub_runtime.api.op_defs import op_def
from minihub_runtime.api.operators import Operators
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import NotFoundError, OperatorNotAllowedInGraphError
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.graph.writer import node_to_proto
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.public import public

if TYPE_CHECKING:
    from minihub_runtime.api.graph import Graph

__all__ = ["Operation", "Tensor"]


@public("Tensor")
class Tensor(Operators):
    """One output of an operation.

    Attributes:
        op: the operation.
        value_index: which output of it.
    """

    def __init__(self, op: Operation, value_index: int) -> None:
        self.op = op
        self.value_index = value_index

    @property
    def ref_in_graph(self) -> Ref:
        """Node and output index."""
        return Ref(self.op.name, self.value_index)

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        return self.op.graph

    @property
    def device(self) -> str:
        """The requested device of its operation."""
        return self.op.device

    @property
    def name(self) -> str:
        """`operation:index`."""
        return f"{self.op.name}:{self.value_index}"

    @property
    def dtype(self) -> DType:
        """The element type."""
        return self.graph.output_dtypes(self.op.name)[self.value_index]

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape."""
        return TensorShape(self.graph.inference.shape(self.ref_in_graph))

    def get_shape(self) -> TensorShape:
        """What is known of the shape."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Add what the caller knows of the shape.

        Raises:
            ValueError: it contradicts what is known.
        """
        self.graph.inference.refine(self.ref_in_graph, TensorShape(shape).as_tuple())

    def consumers(self) -> list[Operation]:
        """The operations that read it."""
        mine = self.ref_in_graph
        return [op for op in self.graph.get_operations() if mine in op.node.inputs]

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value in `session` or the default session."""
        return default_session(session, self.graph).run(self, feed_dict)

    def ref(self) -> Any:
        """A hashable stand-in."""
        return self.name

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    def __str__(self) -> str:
        shape = "" if self.shape.ndims is None else f", shape={self.shape}"
        device = f", device={self.op.device}" if self.op.device else ""
        return f'Tensor("{self.name}"{shape}, dtype={self.dtype.name}{device})'

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    @property
    def ndim(self) -> int | None:
        """The number of dimensions, None if unknown."""
        return self.shape.ndims

    def __bool__(self) -> bool:
        raise _not_allowed("Using a symbolic `tf.Tensor` as a Python `bool`", "use tf.cond")

    def __iter__(self) -> Iterator[Any]:
        raise _not_allowed("Iterating over a symbolic `tf.Tensor`", "use tf.unstack or tf.map_fn")

    def __len__(self) -> int:
        raise TypeError(
            f"len is not well defined for a symbolic Tensor ({self.name}). Please call `x.shape` "
            "rather than `len(x)` for shape information."
        )

    def __array__(self, *arguments: Any, **keywords: Any) -> Any:
        raise NotImplementedError(
            f"Cannot convert a symbolic tf.Tensor ({self.name}) to a numpy array: it has no value "
            "while a graph is built; call session.run or eval."
        )


def _not_allowed(what: str, instead: str) -> OperatorNotAllowedInGraphError:
    return OperatorNotAllowedInGraphError(
        f"{what} is not allowed: it has no value while a graph is built; {instead}."
    )


@public("Operation")
class Operation:
    """One node of a graph.

    Attributes:
        graph: the graph it belongs to.
        name: its name.
    """

    __slots__ = ("_outputs", "graph", "name")

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph = graph
        self.name = name
        self._outputs: list[Tensor] | None = None

    @property
    def node(self) -> Node:
        """The node."""
        return self.graph.nodes[self.name]

    @property
    def type(self) -> str:
        """The op type."""
        return self.node.op

    @property
    def outputs(self) -> list[Tensor]:
        """Its outputs."""
        if self._outputs is None:
            count = len(self.graph.output_dtypes(self.name))
            self._outputs = [Tensor(self, index) for index in range(count)]
        return self._outputs

    def extend_outputs(self) -> None:
        """Add the outputs of the node that took the place of one with fewer."""
        if self._outputs is not None:
            count = len(self.graph.output_dtypes(self.name))
            known = len(self._outputs)
            self._outputs += [Tensor(self, index) for index in range(known, count)]

    @property
    def inputs(self) -> list[Tensor]:
        """Its data inputs."""
        return [self.graph.tensor(ref) for ref in self.node.inputs]

    @property
    def control_inputs(self) -> list[Operation]:
        """The operations that run before it."""
        return [self.graph.get_operation_by_name(name) for name in self.node.controls]

    @property
    def device(self) -> str:
        """The requested device; ignored."""
        return self.node.device

    def _set_device(self, device: Any) -> None:
        """Request another device; programs that copy operations call it under this name."""
        name = device.to_string() if hasattr(device, "to_string") else str(device or "")
        self.graph.replace_node(self.node.replace(device=name))

    @property
    def node_def(self) -> Any:
        """The NodeDef."""
        return node_to_proto(self.node)

    @property
    def op_def(self) -> Any:
        """The OpDef; of a function that is called by its name, its signature.

        Raises:
            NotFoundError: the op is not known, as in a graph of another program.
        """
        function = self.graph.node_graph.functions.get(self.type)
        if function is not None:
            return function.signature
        if self.type not in REGISTRY:
            raise NotFoundError(f"Op type not registered '{self.type}'")
        return op_def(self.type)

    def get_attr(self, name: str) -> Any:
        """The value of an attribute; strings as bytes, as in TensorFlow.

        Raises:
            ValueError: there is no such attribute.
        """
        node = self.node
        if name not in node.attrs:
            if node.op in REGISTRY and name in REGISTRY[node.op].schema.attrs:
                return REGISTRY[node.op].schema.attrs[name].default
            raise ValueError(f"Operation '{self.name}' has no attr named '{name}'.")
        value = node.attrs[name]
        if isinstance(value, str):
            return value.encode("utf-8", "surrogateescape")
        if isinstance(value, list) and value and isinstance(value[0], str):
            return [item.encode("utf-8", "surrogateescape") for item in value]
        return value

    def colocation_groups(self) -> list[bytes]:
        """The groups of operations it wants to share a device with."""
        default = f"loc:@{self.name}".encode()
        if "_class" not in self.node.attrs:
            return [default]
        found = [name for name in self.get_attr("_class") if name.startswith(b"loc:@")]
        return found or [default]

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run it in `session` or the default session."""
        default_session(session, self.graph).run(self, feed_dict)

    def values(self) -> tuple[Tensor, ...]:
        """Its outputs as a tuple."""
        return tuple(self.outputs)

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"
