"""RMSProp: steps by a running mean of the squares of the gradients.

Source: tensorflow/python/training/rmsprop.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.initializers import Ones
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.stepping import SteppingOptimizer

__all__ = ["RMSPropOptimizer"]


@public("train.RMSPropOptimizer")
class RMSPropOptimizer(SteppingOptimizer):
    """RMSProp, whose epsilon stands below the root.

        rms = decay * rms + (1 - decay) * gradient ** 2
        mg = decay * mg + (1 - decay) * gradient                    (if it is centred, else 0)
        momentum' = momentum * momentum' + learning_rate * gradient / sqrt(rms - mg ** 2 + epsilon)
        var -= momentum'

    Of a gradient of rows only those rows, and theirs of the slots, change.  Slots: `rms`, `momentum`, and `mg`.

    Args:
        learning_rate: a number, a tensor, or a function that returns one.
        decay: the part of the means that stays; likewise.
        momentum: the part of the step before that stays; likewise.
        epsilon: what keeps the quotient finite; likewise.
        use_locking: see `Optimizer`.
        centered: divide by the variance of the gradients rather than by their mean square.
        name: see `Optimizer`.
    """

    op = "RMSProp"
    slot_inputs: Mapping[str, str] = {"ms": "rms", "mom": "momentum"}
    tensor_names: Mapping[str, str] = {"lr": "learning_rate", "rho": "decay"}

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(
            use_locking, name, lr=learning_rate, rho=decay, momentum=momentum, epsilon=epsilon
        )
        if centered:
            self.op = "CenteredRMSProp"
            self.slot_inputs = {"mg": "mg", **self.slot_inputs}

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            ones = Ones(dtype) if var.shape.is_fully_defined() else ones_like(var)
            self._get_or_make_slot_with_initializer(var, ones, var.shape, dtype, "rms", self._name)
            for slot in ("mg", "momentum"):
                if slot in self.slot_inputs.values():
                    self._zeros_slot(var, slot, self._name)
