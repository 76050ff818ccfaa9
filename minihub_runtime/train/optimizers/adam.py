"""Adam: steps by running means of the gradients and of their squares.

Source: tensorflow/python/training/adam.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.contexts import init_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import get_default_graph
from minihub_runtime.api.grouping import group
from minihub_runtime.api.variables.updates import assign, assign_sub, scatter_add
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.stepping import SteppingOptimizer

__all__ = ["AdamOptimizer"]


@public("train.AdamOptimizer")
class AdamOptimizer(SteppingOptimizer):
    """Adam, in the form whose epsilon stands beside the root of the uncorrected mean of squares.

        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient ** 2
        var -= learning_rate * sqrt(1 - beta2 ** t) / (1 - beta1 ** t) * m / (sqrt(v) + epsilon)

    Of a gradient of rows, too, all of `m`, `v` and the variable change; the rows that were not read count as zero.
    Slots: `m` and `v`; the powers of the betas are variables of their own.

    Args:
        learning_rate: a number, a tensor, or a function that returns one.
        beta1: the part of the mean of gradients that stays; likewise.
        beta2: the part of the mean of squares that stays; likewise.
        epsilon: what keeps the quotient finite; likewise.
        use_locking, name: see `Optimizer`.
    """

    op = "Adam"
    slot_inputs: Mapping[str, str] = {"m": "m", "v": "v"}

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        # The names under which subclasses of TensorFlow's optimiser know them.
        self._lr, self._beta1, self._beta2, self._epsilon = learning_rate, beta1, beta2, epsilon
        self._lr_t: Any = None
        self._beta1_t: Any = None
        self._beta2_t: Any = None
        self._epsilon_t: Any = None

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        """The variables that hold the powers of the betas."""
        with init_scope():
            graph = get_default_graph()
        return (
            self._get_non_slot_variable("beta1_power", graph),
            self._get_non_slot_variable("beta2_power", graph),
        )

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        # The same variable every time, so that the powers are found again.
        first = min(var_list, key=lambda var: str(var.name))
        self._create_non_slot_variable(self._beta1, "beta1_power", first)
        self._create_non_slot_variable(self._beta2, "beta2_power", first)
        super()._create_slots(var_list)

    def _prepare(self) -> None:
        lr, beta1, beta2, epsilon = map(
            self._call_if_callable, (self._lr, self._beta1, self._beta2, self._epsilon)
        )
        self._lr_t = convert_to_tensor(lr, name="learning_rate")
        self._beta1_t = convert_to_tensor(beta1, name="beta1")
        self._beta2_t = convert_to_tensor(beta2, name="beta2")
        self._epsilon_t = convert_to_tensor(epsilon, name="epsilon")

    def _number(self, key: str, var: Any) -> Any:
        number: Any
        if key in ("beta1_power", "beta2_power"):
            number = self._get_beta_accumulators()[key == "beta2_power"]
        else:
            number = getattr(self, f"_{key}_t")
        return cast(number, var.dtype.base_dtype)

    def _apply_sparse_shared(
        self, grad: Any, var: Any, indices: Any, scatter_add: Callable[[Any, Any, Any], Any]
    ) -> Any:
        """One step on all of a variable, whose gradient is zero but for some rows."""
        graph = get_default_graph()
        numbers = ("beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon")
        beta1_power, beta2_power, lr, beta1, beta2, epsilon = (
            self._number(key, var) for key in numbers
        )
        rate = lr * build("Sqrt", x=1 - beta2_power) / (1 - beta1_power)
        m = self.get_slot(var, "m")
        new = grad * (1 - beta1)
        decayed = assign(m, m * beta1, use_locking=self._use_locking)
        with graph.control_dependencies([decayed]):
            m_t = scatter_add(m, indices, new)
        v = self.get_slot(var, "v")
        new = (grad * grad) * (1 - beta2)
        decayed = assign(v, v * beta2, use_locking=self._use_locking)
        with graph.control_dependencies([decayed]):
            v_t = scatter_add(v, indices, new)
        root = build("Sqrt", x=v_t)
        change = rate * m_t / (root + epsilon)
        update = assign_sub(var, change, use_locking=self._use_locking)
        return group(update, m_t, v_t)

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        def add(slot: Any, indices: Any, values: Any) -> Any:
            return scatter_add(slot, indices, values, use_locking=self._use_locking)

        return self._apply_sparse_shared(grad.values, var, grad.indices, add)

    def _resource_scatter_add(self, x: Any, i: Any, v: Any) -> Any:
        """Add rows to a slot; its value after that."""
        added = build("ResourceScatterAdd", resource=x.handle, indices=i, updates=v)
        with get_default_graph().control_dependencies([added]):
            return x.value()

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        return self._apply_sparse_shared(grad, handle, indices, self._resource_scatter_add)

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Any:
        graph = get_default_graph()
        with graph.control_dependencies(update_ops):
            beta1_power, beta2_power = self._get_beta_accumulators()
            with graph.colocate_with(beta1_power):
                powers = [
                    power.assign(power * beta, use_locking=self._use_locking)
                    for power, beta in (
                        (beta1_power, self._beta1_t),
                        (beta2_power, self._beta2_t),
                    )
                ]
        return group(*update_ops, *powers, name=name_scope)
