"""Gradient descent and Adagrad with penalties applied exactly (FOBOS).

Source: tensorflow/python/training/proximal_gradient_descent.py, proximal_adagrad.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.api.contexts import colocate_with
from minihub_runtime.api.conversion import constant
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.stepping import SteppingOptimizer

__all__ = ["ProximalAdagradOptimizer", "ProximalGradientDescentOptimizer"]

_PENALTIES = {"l1": "l1_regularization_strength", "l2": "l2_regularization_strength"}


@public("train.ProximalGradientDescentOptimizer")
class ProximalGradientDescentOptimizer(SteppingOptimizer):
    """Gradient descent whose values are then drawn to zero by `learning_rate * l1` and shrunk by `learning_rate * l2`.

    Args:
        learning_rate: a number or a tensor.
        l1_regularization_strength: how strongly values are drawn to exactly zero.
        l2_regularization_strength: how strongly they are drawn towards zero.
        use_locking, name: see `Optimizer`.

    Differs: float64 variables are changed, too; TensorFlow refuses their dense gradients.
    """

    op = "ProximalGradientDescent"
    tensor_names: Mapping[str, str] = {"alpha": "learning_rate", **_PENALTIES}

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(
            use_locking,
            name,
            alpha=learning_rate,
            l1=l1_regularization_strength,
            l2=l2_regularization_strength,
        )


@public("train.ProximalAdagradOptimizer")
class ProximalAdagradOptimizer(SteppingOptimizer):
    """Adagrad whose values are then drawn to zero as `ProximalGradientDescentOptimizer` does, by the rate of each.

    Slot: `accumulator`.

    Args:
        learning_rate: a number or a tensor.
        initial_accumulator_value: what the accumulator begins with.
        l1_regularization_strength: how strongly values are drawn to exactly zero.
        l2_regularization_strength: how strongly they are drawn towards zero.
        use_locking, name: see `Optimizer`.

    Raises:
        ValueError: `initial_accumulator_value` is not positive.

    Differs: float64 variables are changed, too; TensorFlow refuses their dense gradients.
    """

    op = "ProximalAdagrad"
    slot_inputs: Mapping[str, str] = {"accum": "accumulator"}
    tensor_names: Mapping[str, str] = {"lr": "learning_rate", **_PENALTIES}

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(
            use_locking,
            name,
            lr=learning_rate,
            l1=l1_regularization_strength,
            l2=l2_regularization_strength,
        )
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            with colocate_with(var):
                first = constant(
                    self._initial_accumulator_value, shape=var.shape, dtype=var.dtype.base_dtype
                )
            self._get_or_make_slot(var, first, "accumulator", self._name)
