"""Small graphs for tests, a node a line: `graph("c = AddV2(a, b:1, ^d)")`."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.graph.ir import Graph, Node, parse_input, parse_ref

__all__ = ["constant", "graph", "node", "placeholder", "ref"]

ref = parse_ref
_LINE = re.compile(r"(\S+) = (\w+)\((.*)\)")


def constant(name: str, value: Any, dtype: str = "float32", after: Any = ()) -> Node:
    """A Const node."""
    kind = as_dtype(dtype)
    return Node(name, "Const", [], after, {"value": np.asarray(value, kind.numpy), "dtype": kind})


def placeholder(name: str, dtype: str = "float32") -> Node:
    """A Placeholder node."""
    return Node(name, "Placeholder", attrs={"dtype": as_dtype(dtype), "shape": None})


def node(line: str, **attrs: Any) -> Node:
    """The node that a line describes; `T` is float32 unless given."""
    match = _LINE.fullmatch(line)
    assert match is not None, line
    name, op, rest = match.groups()
    inputs = [parse_input(text.strip()) for text in rest.split(",") if text.strip()]
    kinds = {"T": "float32", **attrs}
    known = {
        k: as_dtype(v) if isinstance(v, str) and k[0] in "TDdS" and len(k) < 7 else v
        for k, v in kinds.items()
    }
    return Node(
        name,
        op,
        [parse_ref(f"{n}:{i}") for n, i in inputs if i >= 0],
        [n for n, i in inputs if i < 0],
        known,
    )


def graph(*nodes: Node | str) -> Graph:
    """A graph of nodes and lines."""
    made = [node(item) if isinstance(item, str) else item for item in nodes]
    return Graph({item.name: item for item in made})
