"""Moving averages of variables and tensors, in shadow variables.

Source: tensorflow/python/training/moving_averages.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from minihub_runtime.api.arithmetic import pow as power_of
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.contexts import colocate_with, device, init_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import GraphKeys, Operation, get_default_graph, name_scope
from minihub_runtime.api.grouping import group
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.variables.base import Variable
from minihub_runtime.api.variables.collections import (
    global_variables,
    moving_average_variables,
    trainable_variables,
)
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.api.variables.updates import assign, assign_sub
from minihub_runtime.dtypes import bfloat16, float16, float32, float64
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.slots import create_slot, create_zeros_slot

__all__ = ["ExponentialMovingAverage", "assign_moving_average"]


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


@public("train.ExponentialMovingAverage")
class ExponentialMovingAverage:
    """Moving averages: `average = decay * average + (1 - decay) * variable`.

        averages = tf.train.ExponentialMovingAverage(0.999)
        with tf.control_dependencies([step]):
            train = averages.apply(tf.trainable_variables())
        saver = tf.train.Saver(averages.variables_to_restore())    # to evaluate with the averages

    Args:
        decay: the part that stays, a float.
        num_updates: the number of updates so far; `decay` is then at most `(1 + num_updates) / (10 + num_updates)`, so
            that averages move faster in the beginning.
        zero_debias: whether averages of tensors, which begin with zeros, are to be without them.
        name: the name of shadow variables, below that of what they average, and of the operations.
    """

    def __init__(
        self,
        decay: Any,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, Any] = {}

    @property
    def name(self) -> str:
        """The name it was given."""
        return self._name

    def apply(self, var_list: Sequence[Any] | None = None) -> Operation:
        """An operation that updates the averages, which are made if there are none.

        Averages of variables begin with their values and are added, as those are, to the global variables; the
        variables themselves are added to `GraphKeys.MOVING_AVERAGE_VARIABLES`.

        Args:
            var_list: float variables or tensors; by default the trainable variables.

        Raises:
            TypeError: one is of another type.
        """
        items = trainable_variables() if var_list is None else var_list
        debiased = set()
        for item in items:
            if item.dtype.base_dtype not in (bfloat16, float16, float32, float64):
                raise TypeError(f"The variables must be half, float, or double: {item.name}")
            if item.ref() not in self._averages:
                with init_scope():
                    average = self._made(item)
                if self._zero_debias and not isinstance(item, Variable):
                    debiased.add(average)
                self._averages[item.ref()] = average
        with name_scope(self._name) as scope:
            decay = convert_to_tensor(self._decay, dtype=float32, name="decay")
            if self._num_updates is not None:
                count = cast(self._num_updates, float32, name="num_updates")
                decay = build("Minimum", x=decay, y=(1.0 + count) / (10.0 + count))
            updates = []
            for item in items:
                average = self._averages[item.ref()]
                updates.append(assign_moving_average(average, item, decay, average in debiased))
            return group(*updates, name=scope)

    def _made(self, item: Any) -> Any:
        """A new shadow variable."""
        if isinstance(item, Variable):
            with device(item.device):
                value = cond(item.is_initialized(), item.read_value, lambda: item.initial_value)
            average = create_slot(item, value, self._name)
            get_default_graph().add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, item)
            return average
        beside = item.op.type in ("Variable", "VariableV2", "VarHandleOp")
        return create_zeros_slot(item, self._name, colocate_with_primary=beside)

    def average(self, var: Any) -> Any:
        """The shadow variable of a variable or tensor, None if there is none."""
        return self._averages.get(var.ref())

    def average_name(self, var: Any) -> str:
        """The name of the shadow variable, or the one it would get."""
        average = self.average(var)
        if average is not None:
            return str(average.name).removesuffix(":0")
        name = f"{var.name.removesuffix(':0')}/{self._name}"
        return get_default_graph().unique_name(name, mark_as_used=False)

    def variables_to_restore(
        self, moving_avg_variables: Iterable[Any] | None = None
    ) -> dict[str, Any]:
        """What a Saver takes to give variables the values of their averages.

        Args:
            moving_avg_variables: the variables that have averages; by default the trainable ones and those of
                `GraphKeys.MOVING_AVERAGE_VARIABLES`.

        Returns:
            Name in the checkpoint → variable: of its average where it has one, else its own.
        """
        if moving_avg_variables is None:
            moving_avg_variables = [*trainable_variables(), *moving_average_variables()]
        averaged = {variable.name: variable for variable in moving_avg_variables}
        restored = {self.average_name(variable): variable for variable in averaged.values()}
        for variable in global_variables():
            if variable.name not in averaged:
                restored.setdefault(variable.op.name, variable)
        return restored
