"""Moving averages of variables and tensors, in shadow variables.

Source: tensorflow/python/training/moving_averages.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.contexts import device, init_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import GraphKeys, Operation, get_default_graph, name_scope
from minihub_runtime.api.grouping import group
from minihub_runtime.api.moving_average import assign_moving_average
from minihub_runtime.api.variables.base import Variable
from minihub_runtime.api.variables.collections import (
    global_variables,
    moving_average_variables,
    trainable_variables,
)
from minihub_runtime.dtypes import bfloat16, float16, float32, float64
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.slots import create_slot, create_zeros_slot

__all__ = ["ExponentialMovingAverage"]


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
