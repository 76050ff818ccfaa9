"""Which functions the nodes of a graph call, and with what."""

from __future__ import annotations

from minihub_runtime.codec import Func
from minihub_runtime.graph.ir import Node
from minihub_runtime.ops.registry import REGISTRY

__all__ = ["FIRST_ARGUMENT", "functions_of"]

#: Which input of a node is the first argument of the functions that its attributes name.  The first argument of a loop by numbers is the
#: number, which is no input; those that follow are the inputs after `delta`.
FIRST_ARGUMENT = {
    "Case": 1,
    "For": 2,
    "If": 1,
    "PartitionedCall": 0,
    "StatefulPartitionedCall": 0,
    "StatelessCase": 1,
    "StatelessIf": 1,
    "StatelessWhile": 0,
    "While": 0,
}


def functions_of(node: Node) -> list[tuple[str, Func]]:
    """The functions that are attributes of a node, with the names of these, in a list with the number in it.

    They come as the op has them, such as the test of a loop before its body; files keep attributes in any order.
    """
    found: list[tuple[str, Func]] = []
    known = [*REGISTRY[node.op].schema.attrs] if node.op in REGISTRY else []
    others = sorted(name for name in node.attrs if name[:1] != "_" and name not in known)
    for name in [*(name for name in known if name in node.attrs), *others]:
        value = node.attrs[name]
        if isinstance(value, Func):
            found.append((name, value))
        elif isinstance(value, list):
            parts = enumerate(value)
            found += [(f"{name}[{i}]", part) for i, part in parts if isinstance(part, Func)]
    return found
