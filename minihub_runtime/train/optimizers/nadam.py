"""Adam with Nesterov's momentum.

Source: tensorflow_core/contrib/opt/python/training/nadam_optimizer.py (release 1.15).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.grouping import group
from minihub_runtime.api.variables.updates import assign
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.adam import AdamOptimizer

__all__ = ["NadamOptimizer"]


@public("contrib.opt.NadamOptimizer")
class NadamOptimizer(AdamOptimizer):
    """Adam that steps along what the mean of gradients will be.

    Of a gradient of rows, the means change wholly, and these rows of the variable.

    Args:
        learning_rate: see `tf.train.AdamOptimizer`.
        beta1: likewise.
        beta2: likewise.
        epsilon: likewise.
        use_locking: likewise.
        name: likewise.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)
        self._flags = {"use_nesterov": True}

    def _apply_sparse_shared(
        self, grad: Any, var: Any, indices: Any, scatter_add: Callable[[Any, Any, Any], Any]
    ) -> Any:
        numbers = ("beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon")
        beta1_power, beta2_power, lr, beta1, beta2, epsilon = (
            self._number(key, var) for key in numbers
        )
        rate = lr * build("Sqrt", x=1 - beta2_power) / (1 - beta1_power)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        new = grad * (1 - beta1)
        with control_dependencies([assign(m, m * beta1, use_locking=self._use_locking)]):
            m_t = scatter_add(m, indices, new)
            ahead = new + beta1 * gather(m_t, indices)
        with control_dependencies([assign(v, v * beta2, use_locking=self._use_locking)]):
            v_t = scatter_add(v, indices, (grad * grad) * (1 - beta2))
        root = build("Sqrt", x=gather(v_t, indices))
        return group(scatter_add(var, indices, -rate * ahead / (root + epsilon)), ahead, v_t)
