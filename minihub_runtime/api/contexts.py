"""Blocks of the default graph: devices, colocation, containers, and what is lifted out of functions.

Source: tensorflow/python/framework/ops.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from minihub_runtime.api.defaults import GRAPHS
from minihub_runtime.api.graph import Graph, get_default_graph, global_graph, name_scope
from minihub_runtime.public import public

__all__ = [
    "add_to_collections",
    "colocate_with",
    "container",
    "device",
    "get_collection_ref",
    "get_name_scope",
    "init_scope",
    "op_scope",
]


@public("device")
def device(device_name_or_function: Any) -> contextlib.AbstractContextManager[None]:
    """`Graph.device` of the default graph."""
    return get_default_graph().device(device_name_or_function)


@public("colocate_with")
def colocate_with(
    op: Any, ignore_existing: bool = False
) -> contextlib.AbstractContextManager[None]:
    """`Graph.colocate_with` of the default graph."""
    return get_default_graph().colocate_with(op, ignore_existing)


@public("container")
def container(container_name: str) -> contextlib.AbstractContextManager[str]:
    """`Graph.container` of the default graph."""
    return get_default_graph().container(container_name)


@public("add_to_collections")
def add_to_collections(names: Any, value: Any) -> None:
    """`Graph.add_to_collections` of the default graph."""
    get_default_graph().add_to_collections(names, value)


@public("get_collection_ref")
def get_collection_ref(key: Any) -> list[Any]:
    """`Graph.get_collection_ref` of the default graph."""
    return get_default_graph().get_collection_ref(key)


@public("contrib.framework.get_name_scope")
def get_name_scope() -> str:
    """The name scope of the default graph, such as `"a/b"`; empty outside of all."""
    return get_default_graph().get_name_scope()


@public("op_scope")
@contextlib.contextmanager
def op_scope(values: Any, name: str | None, default_name: str | None = None) -> Iterator[str]:
    """`name_scope` with its arguments in another order."""
    with name_scope(name, default_name, values) as scope:
        yield scope


@public("init_scope")
@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """Lift what is built inside out of functions, loops and branches, and out of control dependencies.

    The name scope stays the same.
    """
    scope = get_default_graph().get_name_scope()
    graph = _outermost()
    with (
        graph.as_default(),
        graph.name_scope(f"{scope}/" if scope else ""),
        graph.control_dependencies(None),
    ):
        yield


def _outermost() -> Graph:
    """The innermost default graph that is no body of a function."""
    for graph in reversed(GRAPHS.items):
        if not graph.building_function:
            found: Graph = graph
            return found
    return global_graph()
