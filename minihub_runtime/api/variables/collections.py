"""All variables of the default graph, and what initialises them or asks whether they are initialised.

Source: tensorflow/python/ops/variables.py, variable_v1.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.gathering import boolean_mask
from minihub_runtime.api.graph import GraphKeys, Operation, Tensor, get_default_graph, name_scope
from minihub_runtime.api.grouping import group, no_op
from minihub_runtime.dtypes import string
from minihub_runtime.public import public

__all__ = [
    "assert_variables_initialized",
    "global_variables",
    "global_variables_initializer",
    "is_variable_initialized",
    "local_variables",
    "local_variables_initializer",
    "model_variables",
    "moving_average_variables",
    "report_uninitialized_variables",
    "trainable_variables",
    "variables_initializer",
]


@public("global_variables")
def global_variables(scope: str | None = None) -> list[Any]:
    """The variables of the default graph that checkpoints hold; with `scope`, those whose names match it."""
    return get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


@public("all_variables")
def all_variables() -> list[Any]:
    """Older name of `global_variables`."""
    return global_variables()


@public("local_variables")
def local_variables(scope: str | None = None) -> list[Any]:
    """The variables of the default graph that checkpoints do not hold."""
    return get_default_graph().get_collection(GraphKeys.LOCAL_VARIABLES, scope)


@public("model_variables")
def model_variables(scope: str | None = None) -> list[Any]:
    """The variables of the default graph that inference reads."""
    return get_default_graph().get_collection(GraphKeys.MODEL_VARIABLES, scope)


@public("trainable_variables")
def trainable_variables(scope: str | None = None) -> list[Any]:
    """The variables of the default graph that optimisers change."""
    return get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


@public("moving_average_variables")
def moving_average_variables(scope: str | None = None) -> list[Any]:
    """The variables of the default graph of which moving averages are kept."""
    return get_default_graph().get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


# Initialisers


def _initializer(var_list: Sequence[Any], name: str) -> Operation:
    if not var_list:
        return no_op(name=name)
    return group(*[variable.initializer for variable in var_list], name=name)


@public("initializers.variables", "variables_initializer")
def variables_initializer(var_list: Sequence[Any], name: str = "init") -> Operation:
    """An operation that runs the initialisers of the variables."""
    return _initializer(var_list, name)


@public("initializers.global_variables", "global_variables_initializer")
def global_variables_initializer() -> Operation:
    """An operation that initialises all global variables."""
    return _initializer(global_variables(), "init")


@public("initializers.local_variables", "local_variables_initializer")
def local_variables_initializer() -> Operation:
    """An operation that initialises all local variables."""
    return _initializer(local_variables(), "init")


initialize_variables = public("initialize_variables")(variables_initializer)
initialize_all_variables = public("initialize_all_variables")(global_variables_initializer)
initialize_local_variables = public("initialize_local_variables")(local_variables_initializer)


# Questions


@public("is_variable_initialized")
def is_variable_initialized(variable: Any) -> Any:
    """Whether a variable, or the variable of a reference, has a value; a bool scalar."""
    if variable.dtype.is_ref:
        ref = variable if isinstance(variable, Tensor) else variable._own_tensor
        return build("IsVariableInitialized", ref=ref)
    return variable.is_initialized()


def _all_or(var_list: Sequence[Any] | None) -> list[Any]:
    """`var_list`, or all variables; where no collection has any, those that the graph holds by reference."""
    if var_list is not None:
        return list(var_list)
    known = global_variables() + local_variables()
    return known or _references()


def _references() -> list[Tensor]:
    kinds = ("Variable", "VariableV2", "AutoReloadVariable")
    operations = get_default_graph().get_operations()
    return [operation.outputs[0] for operation in operations if operation.type in kinds]


@public("assert_variables_initialized")
def assert_variables_initialized(var_list: Sequence[Any] | None = None) -> Tensor | None:
    """A tensor whose evaluation fails unless the variables have values; None if there are none.

    Args:
        var_list: the variables; by default all global and local ones.
    """
    variables = _all_or(var_list) or _references()
    if not variables:
        return None
    graph = get_default_graph()
    ranks = []
    for variable in variables:
        with graph.colocate_with(variable.op), name_scope(None, "Rank", [variable]) as scope:
            ranks.append(build("Rank", name=scope, input=variable))
    return ranks[0] if len(ranks) == 1 else build("Pack", name="stack", values=ranks)  # type: ignore[no-any-return]


@public("report_uninitialized_variables")
def report_uninitialized_variables(
    var_list: Sequence[Any] | None = None, name: str = "report_uninitialized_variables"
) -> Tensor:
    """The names of the variables that have no value, a string vector.

    Args:
        var_list: the variables; by default all global and local ones.
        name: wanted name of the scope.
    """
    variables = _all_or(var_list)
    graph = get_default_graph()
    with name_scope(name):
        known = [is_variable_initialized(variable) for variable in variables]
        # TensorFlow looks for names where the variables are not, on the first device.
        with graph.device("/cpu:0"):
            if not variables:
                return constant([], string)
            missing = build("LogicalNot", x=build("Pack", name="stack", values=known))
            names = constant([variable.op.name for variable in variables])
            found: Tensor = boolean_mask(names, missing)
            return found
