"""The variable that counts training steps.

Source: tensorflow/python/training/training_util.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.graph import Graph, GraphKeys, Tensor, get_default_graph
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.variables.base import Variable
from minihub_runtime.api.variables.options import VariableAggregation
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import int64
from minihub_runtime.public import public

__all__ = [
    "assert_global_step",
    "create_global_step",
    "get_global_step",
    "get_or_create_global_step",
    "global_step",
    "make_global_step",
]


@public("train.global_step")
def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The value of the global step in a session."""
    return int(sess.run(global_step_tensor))


@public("train.get_global_step")
def get_global_step(graph: Graph | None = None) -> Any:
    """The global step of a graph: the item of its collection, or else the tensor `global_step:0`.

    Returns:
        A variable or a tensor; None if there is none, or the collection has several items.

    Raises:
        TypeError: it is no integer scalar.
    """
    graph = graph or get_default_graph()
    found = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(found) > 1:
        return None
    if found:
        step = found[0]
    elif "global_step" in graph.nodes:
        step = graph.get_tensor_by_name("global_step:0")
    else:
        return None
    assert_global_step(step)
    return step


@public("train.create_global_step")
def create_global_step(graph: Graph | None = None) -> Any:
    """Make the global step of a graph.

    Raises:
        ValueError: there is one.
    """
    return make_global_step(graph or get_default_graph())


def make_global_step(graph: Graph, use_resource: bool | None = None) -> Any:
    """Make the global step of a graph, as a resource or not as for `tf.get_variable`.

    Raises:
        ValueError: there is one.
    """
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        return get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=int64,
            initializer=Zeros(),
            trainable=False,
            aggregation=VariableAggregation.ONLY_FIRST_REPLICA,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
            use_resource=use_resource,
        )


@public("train.get_or_create_global_step")
def get_or_create_global_step(graph: Graph | None = None) -> Any:
    """The global step of a graph, made if there is none."""
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


@public("train.assert_global_step")
def assert_global_step(global_step_tensor: Any) -> None:
    """Raise unless this can be a global step.

    Raises:
        TypeError: it is no variable or tensor, no integer, or no scalar.
    """
    step = global_step_tensor
    if not isinstance(step, (Variable, Tensor)):
        raise TypeError(f'Existing "global_step" must be a Variable or Tensor: {step}.')
    if not step.dtype.base_dtype.is_integer:
        raise TypeError(f'Existing "global_step" does not have integer type: {step.dtype!r}')
    if step.shape.ndims != 0 and step.shape.is_fully_defined():
        raise TypeError(f'Existing "global_step" is not scalar: {step.shape}')
