"""Optimizers whose variables decay by themselves, rather than by a term of the loss.

Source: tensorflow_core/contrib/opt/python/training/weight_decay_optimizers.py (release 1.15).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.variables.updates import scatter_sub
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.adam import AdamOptimizer
from minihub_runtime.train.optimizers.base import Optimizer
from minihub_runtime.train.optimizers.momentum import MomentumOptimizer

__all__ = [
    "AdamWOptimizer",
    "DecoupledWeightDecayExtension",
    "MomentumWOptimizer",
    "extend_with_decoupled_weight_decay",
]


@public("contrib.opt.DecoupledWeightDecayExtension")
class DecoupledWeightDecayExtension(Optimizer):
    """What lets variables decay before each step of another class of optimizers, which must stand behind it among the bases.

        var -= weight_decay * var

    Of a gradient of rows, these rows decay.

    Args:
        weight_decay: the part of a variable that is lost; a number, a tensor, or a function that returns one.
        *args: what the other class takes.
        **kwargs: likewise.
    """

    def __init__(self, weight_decay: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._weight_decay = weight_decay
        #: The variables that decay; all if None.
        self._decay_var_list: list[Any] | None = None

    def minimize(
        self, *args: Any, decay_var_list: Iterable[Any] | None = None, **kwargs: Any
    ) -> Any:
        """An operation that changes variables once so that the loss falls.

        Args:
            *args: see `Optimizer.minimize`.
            decay_var_list: the variables that decay; all that change if None.  (In TensorFlow all decay in any case.)
            **kwargs: likewise.
        """
        self._decay_var_list = list(decay_var_list) if decay_var_list else None
        return super().minimize(*args, **kwargs)

    def apply_gradients(
        self, *args: Any, decay_var_list: Iterable[Any] | None = None, **kwargs: Any
    ) -> Any:
        """An operation that changes variables by their gradients.

        Args:
            *args: see `Optimizer.apply_gradients`.
            decay_var_list: the variables that decay; those that `minimize` was told, or all, if None.
            **kwargs: likewise.
        """
        if decay_var_list:
            self._decay_var_list = list(decay_var_list)
        applied = super().apply_gradients(*args, **kwargs)
        self._decay_var_list = None
        return applied

    def _decayed(self, var: Any, grad: Any, indices: Any = None) -> Any:
        """Let a variable decay, or some of its rows, before what is done in this context.

        The gradient is computed by then, of what the variable was.
        """
        chosen = self._decay_var_list
        if chosen is not None and not any(item is var for item in chosen):
            return control_dependencies([])
        decay = self._call_if_callable(self._weight_decay)
        with control_dependencies([grad]):
            if indices is None:
                update = var.assign_sub(decay * var, use_locking=self._use_locking)
            else:
                lost = decay * gather(var, indices)
                update = scatter_sub(var, indices, lost, use_locking=self._use_locking)
        return control_dependencies([update])

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        with self._decayed(var, grad):
            return super()._apply_dense(grad, var)

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        with self._decayed(handle, grad):
            return super()._resource_apply_dense(grad, handle)

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        with self._decayed(var, grad.values, grad.indices):
            return super()._apply_sparse(grad, var)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        with self._decayed(handle, grad, indices):
            return super()._resource_apply_sparse(grad, handle, indices)


@public("contrib.opt.extend_with_decoupled_weight_decay")
def extend_with_decoupled_weight_decay(base_optimizer: type[Optimizer]) -> type[Optimizer]:
    """A class of optimizers like another one, whose variables decay; see `DecoupledWeightDecayExtension`."""

    class OptimizerWithDecoupledWeightDecay(DecoupledWeightDecayExtension, base_optimizer):  # type: ignore[valid-type,misc]
        __doc__ = f"{base_optimizer.__name__} whose variables decay."

    return OptimizerWithDecoupledWeightDecay


@public("contrib.opt.MomentumWOptimizer")
class MomentumWOptimizer(DecoupledWeightDecayExtension, MomentumOptimizer):
    """Gradient descent with momentum, whose variables decay.

    Args:
        weight_decay: see `DecoupledWeightDecayExtension`.
        learning_rate: see `tf.train.MomentumOptimizer`.
        momentum: likewise.
        use_locking: likewise.
        name: likewise.
        use_nesterov: likewise.
    """

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "MomentumW",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(weight_decay, learning_rate, momentum, use_locking, name, use_nesterov)


@public("contrib.opt.AdamWOptimizer")
class AdamWOptimizer(DecoupledWeightDecayExtension, AdamOptimizer):
    """Adam whose variables decay.

    Args:
        weight_decay: see `DecoupledWeightDecayExtension`.
        learning_rate: see `tf.train.AdamOptimizer`.
        beta1: likewise.
        beta2: likewise.
        epsilon: likewise.
        use_locking: likewise.
        name: likewise.
    """

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdamW",
    ) -> None:
        super().__init__(weight_decay, learning_rate, beta1, beta2, epsilon, use_locking, name)
