"""Adam that leaves rows without a gradient as they are.

Source: tensorflow_core/contrib/opt/python/training/lazy_adam_optimizer.py (release 1.15).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.grouping import group
from minihub_runtime.api.variables.updates import scatter_sub, scatter_update
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.adam import AdamOptimizer

__all__ = ["LazyAdamOptimizer"]


@public("contrib.opt.LazyAdamOptimizer")
class LazyAdamOptimizer(AdamOptimizer):
    """Adam; of a gradient of rows, only these rows of the variable and of its means change.

    Takes what `tf.train.AdamOptimizer` takes.
    """

    def _apply_sparse_shared(
        self, grad: Any, var: Any, indices: Any, scatter_add: Callable[[Any, Any, Any], Any]
    ) -> Any:
        numbers = ("beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon")
        beta1_power, beta2_power, lr, beta1, beta2, epsilon = (
            self._number(key, var) for key in numbers
        )
        rate = lr * build("Sqrt", x=1 - beta2_power) / (1 - beta1_power)
        locking = self._use_locking
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_rows = beta1 * gather(m, indices) + (1 - beta1) * grad
        v_rows = beta2 * gather(v, indices) + (1 - beta2) * build("Square", x=grad)
        m_t = scatter_update(m, indices, m_rows, use_locking=locking)
        v_t = scatter_update(v, indices, v_rows, use_locking=locking)
        change = rate * m_rows / (build("Sqrt", x=v_rows) + epsilon)
        return group(scatter_sub(var, indices, change, use_locking=locking), m_t, v_t)
