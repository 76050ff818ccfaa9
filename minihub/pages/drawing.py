"""Graphs as a page draws them: nodes with what they read, and what is known of their outputs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from minihub.function_calls import functions_of
from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType
from minihub_runtime.graph.ir import Node, Ref

__all__ = ["draw", "origins"]

_LONGEST = 200
#: What a graph is given rather than computes; a drawing shows it beside what reads it.
_GIVEN = {
    "Const": "constant",
    "HashTable": "table",
    "HashTableV2": "table",
    "MutableHashTable": "table",
    "MutableHashTableV2": "table",
    "Placeholder": "input",
    "PlaceholderV2": "input",
    "ReadVariableOp": "variable",
    "VarHandleOp": "variable",
    "Variable": "variable",
    "VariableV2": "variable",
}
#: Hands on what it is given.
_COPIES = ("Identity", "ReadVariableOp")


def draw(
    nodes: Iterable[Node], fed: Mapping[Ref, str], fetched: Mapping[Ref, str]
) -> list[dict[str, Any]]:
    """Nodes as data.

    Args:
        nodes: those to draw, in the order in which they run.
        fed: tensor → name of the input.
        fetched: tensor → name of the output.

    Returns:
        A dict for each: `name`, `op`, `kind` ("op", "input", "variable", "constant", "table"), `inputs` ([number of the node, which
        output]), `prepared` (names of nodes that are read and not drawn), `controls` (numbers of nodes), `attributes` (name → text),
        `functions` (names of those it calls), `feeds` and `fetches` (names).
    """
    listed = list(nodes)
    number = {node.name: i for i, node in enumerate(listed)}
    kinds: dict[str, str] = {}
    inputs_of = {ref.node: name for ref, name in fed.items()}
    drawn = []
    for node in listed:
        kind = "input" if node.name in inputs_of else _GIVEN.get(node.op, "op")
        if kind == "op" and node.op in _COPIES and node.inputs:
            # The copy of a variable is the variable.
            kind = kinds.get(node.inputs[0].node, "op")
            kind = kind if kind in ("variable", "constant") else "op"
        kinds[node.name] = kind
        drawn.append(
            {
                "name": node.name,
                "op": node.op,
                "kind": kind,
                "inputs": [[number[r.node], r.index] for r in node.inputs if r.node in number],
                "prepared": [ref.node for ref in node.inputs if ref.node not in number],
                "controls": [number[name] for name in node.controls if name in number],
                "attributes": _attributes(node),
                "functions": [function.name for _, function in functions_of(node)],
                "feeds": [name for ref, name in fed.items() if ref.node == node.name],
                "fetches": [name for ref, name in fetched.items() if ref.node == node.name],
            }
        )
    return drawn


def _attributes(node: Node) -> dict[str, str]:
    """Attributes as text; those with an underscore in front are notes of whoever wrote the graph."""
    names = sorted(name for name in node.attrs if name[:1] != "_")
    return {name: _text(node.attrs[name]) for name in names}


def _text(value: Any) -> str:
    if isinstance(value, DType):
        return value.name
    if isinstance(value, bytes):
        text = value.decode("utf-8", "backslashreplace")
    elif isinstance(value, Func):
        text = value.name
    elif isinstance(value, (list, tuple)):
        text = "[" + ", ".join(_text(item) for item in value[:_LONGEST]) + "]"
    elif hasattr(value, "shape") and hasattr(value, "dtype"):
        text = f"{value.dtype} {[*value.shape]}"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def origins(
    steps: Sequence[Node], nodes: Mapping[str, Node], stops: Collection[str]
) -> list[list[str]]:
    """The nodes of a graph that each step of a plan stands for: what it needs beside what other steps give it.

    Args:
        steps: in the order in which they run; names of those that passes made up begin or end with the name of a node.
        nodes: the nodes of the graph.
        stops: nodes whose values steps are given, such as inputs.
    """
    roots = [_node_of(step.name, nodes) for step in steps]
    ends = {*stops, *(root for root in roots if root is not None)}
    # A step with several results, such as a loop, bears the name of one: what it stands for is also behind the others.
    several = {ref.node for step in steps for ref in step.inputs if ref.index} - {*nodes}
    found = []
    for step, root in zip(steps, roots, strict=True):
        found.append(_behind(root, nodes, ends))
        if step.name in several:
            ends.update(found[-1])
    return found


def _node_of(step: str, nodes: Mapping[str, Node]) -> str | None:
    """The node whose name a step bears, or the longest beginning or end of it that is one."""
    cuts = [i for i, letter in enumerate(step) if letter == "/"]
    parts = [step, *(step[:i] for i in cuts), *(step[i + 1 :] for i in cuts)]
    return max((part for part in parts if part in nodes), key=len, default=None)


def _behind(root: str | None, nodes: Mapping[str, Node], ends: Collection[str]) -> list[str]:
    if root is None:
        return []
    found = [root]
    seen = {root}
    for name in found:
        for ref in nodes[name].inputs:
            if ref.node in nodes and ref.node not in seen and ref.node not in ends:
                seen.add(ref.node)
                found.append(ref.node)
    return found
