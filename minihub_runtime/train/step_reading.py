"""The global step as hooks read it.

Source: tensorflow/python/training/training_util.py:_get_or_create_global_step_read.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.cond import cond
from minihub_runtime.api.graph import Graph, get_default_graph
from minihub_runtime.api.variables import Variable
from minihub_runtime.api.variables.collections import is_variable_initialized
from minihub_runtime.api.variables.global_step import get_global_step

__all__ = ["found_step_reads", "global_step_read"]

_KEY = "global_step_read_op_cache"


def global_step_read(what: str) -> Any:
    """A tensor of the default graph's global step; its first value while it has none.

    Args:
        what: who wants it, for the error.

    Raises:
        RuntimeError: there is no global step.
    """
    graph = get_default_graph()
    found = found_step_reads(graph)
    if found:
        return found[0]
    step = get_global_step(graph)
    if step is None:
        raise RuntimeError(f"Global step should be created to use {what}.")
    with graph.name_scope(None), graph.name_scope(f"{step.op.name}/"):
        value = step
        if isinstance(step, Variable):
            value = cond(is_variable_initialized(step), step.read_value, lambda: step.initial_value)
        read = value + 0
    graph.add_to_collection(_KEY, read)
    return read


def found_step_reads(graph: Graph) -> list[Any]:
    """What `global_step_read` has made in a graph: a tensor, or nothing."""
    return graph.get_collection(_KEY)
