"""`tf.tpu.CrossShardOptimizer` where there are no TPUs: there is one shard, so gradients are its own.

Source: tensorflow/python/tpu/tpu_optimizer.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.losses import Reduction
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.base import Optimizer

__all__ = ["CrossShardOptimizer"]


@public("tpu.CrossShardOptimizer", "contrib.tpu.CrossShardOptimizer")
class CrossShardOptimizer(Optimizer):
    """Another optimizer.

    Args:
        opt: what trains.
        reduction: how the losses of shards become one: SUM or MEAN of `tf.losses.Reduction`.
        name: accepted.
        group_assignment: groups of shards; `[[0]]` or None.

    Raises:
        ValueError: there is no such reduction.
        TypeError: `opt` is no optimizer.
    """

    def __init__(
        self,
        opt: Optimizer,
        reduction: str = Reduction.MEAN,
        name: str = "CrossShardOptimizer",
        group_assignment: Any = None,
    ) -> None:
        accepted = (Reduction.SUM, Reduction.MEAN)
        if reduction not in accepted:
            raise ValueError(
                f"Argument `reduction` should be one of {accepted}. Received: {reduction}"
            )
        if not isinstance(opt, Optimizer):
            raise TypeError(
                f"CrossShardOptimizer only works with tf.train.Optimizer. Received: {opt}"
            )
        super().__init__(False, name)
        self._opt = opt
        self._group_assignment = group_assignment

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """What the other optimizer computes.

        Raises:
            ValueError: the groups have other shards than there are.
        """
        LOGGER.warning("CrossShardOptimizer should be used on TPUs. Assuming 1 shard.")
        if self._group_assignment and self._group_assignment != [[0]]:
            raise ValueError(
                "Argument `group_assignment` must be a permutation of range(1). Received: "
                f"{self._group_assignment}"
            )
        return self._opt.compute_gradients(*args, **kwargs)

    def apply_gradients(
        self,
        grads_and_vars: Iterable[tuple[Any, Any]],
        global_step: Any = None,
        name: str | None = None,
        skip_gradients_aggregation: bool = False,
    ) -> Any:
        """An operation by which the other optimizer changes variables."""
        return self._opt.apply_gradients(grads_and_vars, global_step, name)

    def get_slot(self, var: Any, name: str) -> Any:
        """As of the other optimizer."""
        return self._opt.get_slot(var, name)

    def get_slot_names(self) -> list[str]:
        """As of the other optimizer."""
        return self._opt.get_slot_names()

    def variables(self) -> list[Any]:
        """As of the other optimizer."""
        return self._opt.variables()
