"""A step of a moving average, which a variable holds.

Source: tensorflow/python/training/moving_averages.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import pow as power_of
from minihub_runtime.api.casting import cast
from minihub_runtime.api.contexts import colocate_with
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import get_default_graph, name_scope
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.api.variables.updates import assign, assign_sub

__all__ = ["assign_moving_average"]


def assign_moving_average(
    variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: str | None = None
) -> Any:
    """Move a variable towards a value: `variable -= (1 - decay) * (variable - value)`.

    Args:
        variable: a float variable.
        value: of its shape.
        decay: the part that stays, a float scalar.
        zero_debias: the variable began with zeros: let it be the average without them.  Shadow variables `biased` and
            `local_step` count what it saw.
        name: wanted name.

    Returns:
        The variable after the change.
    """
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope:
        moved = convert_to_tensor(1.0 - decay, name="decay")
        if moved.dtype is not variable.dtype.base_dtype:
            moved = cast(moved, variable.dtype.base_dtype)
        if zero_debias:
            return _without_zeros(variable, value, moved)
        with colocate_with(variable):
            return assign_sub(variable, (variable - value) * moved, name=scope)


def _without_zeros(variable: Any, value: Any, moved: Any) -> Any:
    """Give a variable the average of the values so far, without the zeros that a shadow of it began with."""
    with variable_scope(variable.name.removesuffix(":0"), values=[variable, value, moved]):
        scope = get_variable_scope()
        taken = {item.op.name for item in scope.global_variables()}

        def free(name: str) -> str:
            if scope.reuse or f"{scope.name}/{name}" not in taken:
                return name
            number = 1
            while f"{scope.name}/{name}_{number}" in taken:
                number += 1
            return f"{name}_{number}"

        with colocate_with(variable):
            biased, count = (
                get_variable(
                    free(name),
                    shape=shape,
                    dtype=variable.dtype,
                    initializer=Zeros(),
                    trainable=False,
                )
                for name, shape in (("biased", variable.shape), ("local_step", []))
            )
    sums = assign_sub(biased, (biased - value) * moved)
    counted = count.assign_add(1)
    part = 1 - power_of(1.0 - moved, counted)
    return assign(variable, sums / part, name=f"{get_default_graph().get_name_scope()}/")
