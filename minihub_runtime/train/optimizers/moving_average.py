"""An optimizer that keeps moving averages of what it trains, and saves them in place of it.

Source: tensorflow/contrib/opt/python/training/moving_average_optimizer.py of TensorFlow 1.15.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.grouping import group
from minihub_runtime.api.saveables import named_saveables
from minihub_runtime.api.variables.collections import global_variables
from minihub_runtime.api.variables.partitioned import PartitionedVariable
from minihub_runtime.public import public
from minihub_runtime.train.moving_averages import ExponentialMovingAverage
from minihub_runtime.train.optimizers.base import Optimizer
from minihub_runtime.train.saver import Saver

__all__ = ["MovingAverageOptimizer"]


@public("contrib.opt.MovingAverageOptimizer")
class MovingAverageOptimizer(Optimizer):
    """Another optimizer, after whose steps moving averages of the variables are updated.

        optimizer = tf.contrib.opt.MovingAverageOptimizer(tf.train.AdamOptimizer(1e-3))
        train = optimizer.minimize(loss)
        saver = optimizer.swapping_saver()    # its checkpoints hold the averages under the variables' names

    Args:
        opt: what trains.
        average_decay: the part of an average that stays.
        num_updates: see `ExponentialMovingAverage`.
        sequential_update: whether averages are updated after the variables, rather than at any time of the step.
    """

    def __init__(
        self,
        opt: Optimizer,
        average_decay: Any = 0.9999,
        num_updates: Any = None,
        sequential_update: bool = True,
    ) -> None:
        super().__init__(False, "MovingAverageOptimizer")
        self._optimizer = opt
        self._ema = ExponentialMovingAverage(average_decay, num_updates=num_updates)
        self._sequential_update = sequential_update
        #: Name → name of what changes places with it; None before gradients are applied.
        self._swapped: dict[str, str] | None = None

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """What the other optimizer computes."""
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(
        self,
        grads_and_vars: Iterable[tuple[Any, Any]],
        global_step: Any = None,
        name: str | None = None,
        skip_gradients_aggregation: bool = False,
    ) -> Any:
        """An operation that lets the other optimizer change variables, and updates their averages."""
        pairs = list(grads_and_vars)
        train_op = self._optimizer.apply_gradients(pairs, global_step=global_step, name=name)
        changed = [variable for gradient, variable in pairs if gradient is not None]
        with control_dependencies([train_op] if self._sequential_update else []):
            averaged = self._ema.apply(changed)
        self._swapped = {}
        for variable in changed:
            names = variable.op.name, self._ema.average(variable).op.name
            self._swapped.update([names, names[::-1]])
        return group(train_op, averaged, name="train_with_avg")

    def get_slot(self, var: Any, name: str) -> Any:
        """As of the other optimizer."""
        return self._optimizer.get_slot(var, name)

    def get_slot_names(self) -> list[str]:
        """As of the other optimizer."""
        return self._optimizer.get_slot_names()

    def variables(self) -> list[Any]:
        """As of the other optimizer."""
        return self._optimizer.variables()

    def swapping_saver(
        self, var_list: Any = None, name: str = "swapping_saver", **kwargs: Any
    ) -> Saver:
        """A saver in whose checkpoints variables and their averages have changed places.

        What evaluates the checkpoints need not know of averages; training restores with this saver, too.

        Args:
            var_list: what a Saver takes, by default all global variables.
            name: see `Saver`.
            **kwargs: see `Saver`.

        Raises:
            RuntimeError: gradients were not applied yet.
            ValueError: a variable is to be saved without its average, or the other way round.
        """
        if self._swapped is None:
            raise RuntimeError(
                "Must call apply_gradients or minimize before creating the swapping_saver"
            )
        saved = global_variables() if var_list is None else var_list
        named = saved if isinstance(saved, dict) else named_saveables(saved)
        by_name: dict[str, Any] = {}
        for key, item in named.items():
            in_parts = isinstance(item, (list, PartitionedVariable))
            by_name.update({part.op.name: part for part in item} if in_parts else {key: item})

        def swapped(key: str, item: Any) -> Any:
            other = (self._swapped or {}).get(key)
            if other is None:
                return item
            if other not in by_name:
                raise ValueError(
                    f"Variable to swap {other} is not part of variables to save. This breaks "
                    "MovingAverageOptimizer."
                )
            return by_name[other]

        places = {
            key: [swapped(part.op.name, part) for part in item]
            if isinstance(item, (list, PartitionedVariable))
            else swapped(key, item)
            for key, item in named.items()
        }
        return Saver(places, name=name, **kwargs)
