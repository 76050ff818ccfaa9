"""Adagrad with dual averaging, for sparse linear models.

Source: tensorflow/python/training/adagrad_da.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.contexts import colocate_with, device
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.identity import identity
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.stepping import SteppingOptimizer

__all__ = ["AdagradDAOptimizer"]


@public("train.AdagradDAOptimizer")
class AdagradDAOptimizer(SteppingOptimizer):
    """Adagrad, whose steps begin at zero and are made of all gradients so far, with regularisation.

    A variable becomes what its gradients say, whatever it began with.  Slots: `gradient_accumulator`, the sum of the
    gradients, and `gradient_squared_accumulator`, that of their squares.

    Args:
        learning_rate: a number or a tensor.
        global_step: int64, the variable that counts the steps.
        initial_gradient_squared_accumulator_value: what the sum of squares begins with.
        l1_regularization_strength: how strongly values are drawn to exactly zero.
        l2_regularization_strength: how strongly they are drawn towards zero.
        use_locking, name: see `Optimizer`.

    Raises:
        ValueError: `initial_gradient_squared_accumulator_value` is not positive.
    """

    op = "AdagradDA"
    slot_inputs: Mapping[str, str] = {
        "gradient_accumulator": "gradient_accumulator",
        "gradient_squared_accumulator": "gradient_squared_accumulator",
    }

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ) -> None:
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError(
                "initial_gradient_squared_accumulator_value must be positive: "
                f"{initial_gradient_squared_accumulator_value}"
            )
        super().__init__(use_locking, name, lr=learning_rate)
        self._first_squares = initial_gradient_squared_accumulator_value
        self._penalties = {"l1": l1_regularization_strength, "l2": l2_regularization_strength}
        self._global_step = global_step
        self._next_step: Any = None
        self._step_beside: Any = None

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            arguments = {"shape": var.shape, "dtype": var.dtype.base_dtype}
            with colocate_with(var):
                sums = constant(0.0, **arguments)
                squares = constant(self._first_squares, **arguments)
            self._get_or_make_slot(var, sums, "gradient_accumulator", self._name)
            self._get_or_make_slot(var, squares, "gradient_squared_accumulator", self._name)

    def _prepare(self) -> None:
        super()._prepare()
        with colocate_with(self._tensors["lr"]):
            self._next_step = identity(self._global_step) + 1

    def _number(self, key: str, var: Any) -> Any:
        if key == "global_step":
            return self._step_beside
        if key in self._penalties:
            return cast(self._penalties[key], var.dtype.base_dtype)
        return super()._number(key, var)

    def _step(self, kind: str, var: Any, grad: Any, indices: Any = None) -> Any:
        with device(var.device):
            self._step_beside = identity(self._next_step)
        return super()._step(kind, var, grad, indices)
