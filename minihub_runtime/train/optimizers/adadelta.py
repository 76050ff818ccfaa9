"""Adadelta: steps as large as the steps before, in proportion to the gradients before.

Source: tensorflow/python/training/adadelta.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minihub_runtime.public import public
from minihub_runtime.train.optimizers.stepping import SteppingOptimizer

__all__ = ["AdadeltaOptimizer"]


@public("train.AdadeltaOptimizer")
class AdadeltaOptimizer(SteppingOptimizer):
    """Adadelta.

        accum = rho * accum + (1 - rho) * gradient ** 2
        update = sqrt(accum_update + epsilon) / sqrt(accum + epsilon) * gradient
        accum_update = rho * accum_update + (1 - rho) * update ** 2
        var -= learning_rate * update

    Slots: `accum` and `accum_update`.

    Args:
        learning_rate: a number, a tensor, or a function that returns one.
        rho: the part of the means that stays; likewise.
        epsilon: what keeps the quotient finite; likewise.
        use_locking, name: see `Optimizer`.
    """

    op = "Adadelta"
    slot_inputs: Mapping[str, str] = {"accum": "accum", "accum_update": "accum_update"}
    tensor_names: Mapping[str, str] = {}

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(use_locking, name, lr=learning_rate, rho=rho, epsilon=epsilon)
