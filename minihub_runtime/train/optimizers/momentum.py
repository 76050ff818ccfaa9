"""Gradient descent with momentum.

Source: tensorflow/python/training/momentum.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minihub_runtime.public import public
from minihub_runtime.train.optimizers.stepping import SteppingOptimizer

__all__ = ["MomentumOptimizer"]


@public("train.MomentumOptimizer")
class MomentumOptimizer(SteppingOptimizer):
    """`accumulation = momentum * accumulation + gradient; var -= learning_rate * accumulation`.

    Slot: `momentum`.

    Args:
        learning_rate: a number, a tensor, or a function that returns one.
        momentum: the part of the accumulation that stays; likewise.
        use_locking, name: see `Optimizer`.
        use_nesterov: step along the gradient and what the accumulation will be, as Nesterov's accelerated gradient.
    """

    op = "Momentum"
    slot_inputs: Mapping[str, str] = {"accum": "momentum"}

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(use_locking, name, lr=learning_rate, momentum=momentum)
        self._flags = {"use_nesterov": use_nesterov}
