"""Adam with weight decay, as BERT was trained with it.

Source: google-research/bert/optimization.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.grouping import group
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.base import Optimizer

__all__ = ["AdamWeightDecayOptimizer"]


@public("contrib.opt.AdamWeightDecayOptimizer")
class AdamWeightDecayOptimizer(Optimizer):
    """Adam without bias correction, whose weights decay by themselves rather than by a term of the loss.

        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * gradient ** 2
        var -= learning_rate * (m / (sqrt(v) + epsilon) + weight_decay_rate * var)

    The moments are variables `<var>/adam_m` and `<var>/adam_v` of the open variable scope, so that checkpoints of
    BERT's training programs can be continued.  A gradient of rows is made whole, as there.

    Args:
        learning_rate: a number or a tensor.
        weight_decay_rate: how fast weights decay; 0.01 for BERT.
        beta_1: the part of the mean of gradients that stays.
        beta_2: the part of the mean of squares that stays.
        epsilon: what keeps the quotient finite.
        exclude_from_weight_decay: regular expressions; variables in whose names one is found do not decay.  BERT's are
            `["LayerNorm", "layer_norm", "bias"]`.
        name: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any,
        weight_decay_rate: float = 0.0,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-6,
        exclude_from_weight_decay: Sequence[str] | None = None,
        name: str = "AdamWeightDecayOptimizer",
    ) -> None:
        super().__init__(False, name)
        self.learning_rate = learning_rate
        self.weight_decay_rate = weight_decay_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.exclude_from_weight_decay = exclude_from_weight_decay

    def apply_gradients(
        self,
        grads_and_vars: Iterable[tuple[Any, Any]],
        global_step: Any = None,
        name: str | None = None,
        skip_gradients_aggregation: bool = False,
    ) -> Any:
        """An operation that changes variables by their gradients.

        Args:
            grads_and_vars: (gradient, variable) pairs; those whose gradient is None are left out.
            global_step: a variable to add 1 to.  (BERT's programs leave it out and count themselves.)
            name: wanted name of the operation.
            skip_gradients_aggregation: accepted and ignored: there are no replicas.
        """
        changes: list[Any] = []
        for gradient, var in grads_and_vars:
            if gradient is not None and var is not None:
                changes += self._changes(convert_to_tensor(gradient), var)
        if global_step is not None:
            changes.append(global_step.assign_add(1))
        return group(*changes, name=name)

    def _changes(self, grad: Any, var: Any) -> list[Any]:
        """The assignments of one variable."""
        name = self._get_variable_name(var.name)
        m, v = (self._moment(var, f"{name}/{slot}", slot) for slot in ("adam_m", "adam_v"))
        next_m = self.beta_1 * m + (1.0 - self.beta_1) * grad
        next_v = self.beta_2 * v + (1.0 - self.beta_2) * build("Square", x=grad)
        update = next_m / (build("Sqrt", x=next_v) + self.epsilon)
        if self._do_use_weight_decay(name):
            update += self.weight_decay_rate * var
        changed = var - self.learning_rate * update
        return [var.assign(changed), m.assign(next_m), v.assign(next_v)]

    def _moment(self, var: Any, name: str, slot: str) -> Any:
        """A moment of a variable."""
        return self._slot(
            var,
            slot,
            lambda: get_variable(
                name,
                shape=var.shape.as_list(),
                dtype=float32,
                trainable=False,
                initializer=Zeros(),
            ),
        )

    def _do_use_weight_decay(self, param_name: str) -> bool:
        """Whether a variable decays."""
        return bool(self.weight_decay_rate) and not any(
            re.search(pattern, param_name) for pattern in self.exclude_from_weight_decay or ()
        )

    def _get_variable_name(self, param_name: str) -> str:
        """The name of a variable without its output."""
        return param_name.partition(":")[0]
