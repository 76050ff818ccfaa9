"""Functions run their effects in the order of the program.

Between operations that write to one resource, and between those that have effects without one, control inputs are added; all of
them become control outputs of the function.

Source: tensorflow/python/framework/auto_control_deps.py, auto_control_deps_utils.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from minihub_runtime.api.elements import Operation, Tensor
from minihub_runtime.dtypes import resource
from minihub_runtime.graph.functions import is_stateful
from minihub_runtime.graph.ir import Node, Ref

if TYPE_CHECKING:
    from minihub_runtime.api.func_graph import FuncGraph
    from minihub_runtime.api.graph import Graph

__all__ = ["READ_ONLY_ATTR", "ProgramOrder", "read_only_arguments"]

#: Names the inputs of a call, by their places, that are resources it only reads.
READ_ONLY_ATTR = "_read_only_resource_inputs"

#: Ops that only read the resources they take.
READING = frozenset(
    {"ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape", "_ReadVariablesOp"}
)
#: Stateful ops that need not wait for others: the initialisers of variables draw numbers outside the program's order.
UNORDERED = frozenset(
    {
        "Multinomial",
        "ParameterizedTruncatedNormal",
        "RandomGamma",
        "RandomGammaGrad",
        "RandomPoisson",
        "RandomPoissonV2",
        "RandomShuffle",
        "RandomStandardNormal",
        "RandomUniform",
        "RandomUniformInt",
        "RestoreV2",
        "SaveV2",
        "TruncatedNormal",
    }
)


class ProgramOrder:
    """The operations of one function, from when it was made."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._first = len(graph.nodes)
        self._returned: list[Tensor] = []

    def returned(self, tensor: Tensor) -> Tensor:
        """A result of the function: its value is there after all effects."""
        from minihub_runtime.api.building import build

        passed: Tensor = build("Identity", input=tensor)
        self._returned.append(passed)
        return passed

    def finish(self) -> list[Operation]:
        """Add the control inputs; the operations that must run."""
        from minihub_runtime.api.building import build

        names = list(self._graph.nodes)[self._first :]
        running = self._order([self._graph.nodes[name] for name in names])
        if running and self._returned:
            joined = build("NoOp").name
            self._graph.add_control_inputs(joined, running)
            for tensor in self._returned:
                self._graph.add_control_inputs(tensor.op.name, [joined])
        return [self._graph.get_operation_by_name(name) for name in running]

    def _order(self, nodes: Iterable[Node]) -> list[str]:
        graph = self._graph
        running: list[str] = []
        written: dict[Ref | None, str] = {}
        read: dict[Ref, list[str]] = {}
        consumed = {ref.node for node in graph.nodes.values() for ref in node.inputs}
        for node in nodes:
            effects = is_stateful(graph.node_graph, node.op) and node.op not in UNORDERED
            call = node.op in graph.node_graph.functions
            if call or (effects and (node.op not in READING or node.name in consumed)):
                running.append(node.name)
            before: list[str] = []
            touched = self._resources(node)
            for ref, only_read in touched.items():
                if ref in written:
                    before.append(written[ref])
                if only_read:
                    read.setdefault(ref, []).append(node.name)
                else:
                    before.extend(read.pop(ref, ()))
                    written[ref] = node.name
            if effects and not touched:
                if None in written:
                    before.append(written[None])
                written[None] = node.name
            graph.add_control_inputs(node.name, before)
        return running

    def _resources(self, node: Node) -> dict[Ref, bool]:
        """Each resource that a node takes → whether it only reads it."""
        graph = self._graph
        reading = set(_read_only_inputs(node))
        found: dict[Ref, bool] = {}
        for place, given in enumerate(node.inputs):
            if graph.tensor(given).dtype is not resource:
                continue
            ref = given
            while graph.nodes[ref.node].op == "Identity":
                ref = graph.nodes[ref.node].inputs[0]
            found[ref] = found.get(ref, True) and place in reading
        return found


def _read_only_inputs(node: Node) -> Iterable[int]:
    """The places of the inputs that a node only reads, if they are resources."""
    if node.op in READING:
        return range(len(node.inputs))
    found: list[int] = node.attrs.get(READ_ONLY_ATTR, [])
    return found


def read_only_arguments(graph: FuncGraph) -> list[int]:
    """The places of the arguments of a function that are resources it only reads."""
    writing = {
        ref
        for node in graph.nodes.values()
        for place, ref in enumerate(node.inputs)
        if place not in _read_only_inputs(node)
    }
    return [
        place
        for place, tensor in enumerate(graph.inputs)
        if tensor.dtype is resource and tensor.ref_in_graph not in writing
    ]
