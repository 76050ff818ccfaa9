"""The part of a graph that passes change keeps the order of its nodes, whatever strings hash to."""

from __future__ import annotations

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.passes.region import Region

FLOAT = {"T": as_dtype("float32")}


def test_what_is_needed_keeps_its_order() -> None:
    names = [f"n{number}" for number in range(40)]
    nodes = {
        name: Node(name, "Placeholder", attrs={"dtype": as_dtype("float32")}) for name in names
    }
    nodes["sum"] = Node("sum", "AddV2", [Ref("n0"), Ref("n1")], attrs=FLOAT)
    region = Region(Graph(nodes, {}, {}), nodes, (), [Ref("sum")], names[2:])
    assert list(region.live()) == [*names, "sum"]
    assert region.live() == region.nodes
