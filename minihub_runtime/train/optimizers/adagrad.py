"""Adagrad: steps that shrink with the squares of the gradients so far.

Source: tensorflow/python/training/adagrad.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.initializers import Constant
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.stepping import SteppingOptimizer

__all__ = ["AdagradOptimizer"]


@public("train.AdagradOptimizer")
class AdagradOptimizer(SteppingOptimizer):
    """`accumulator += gradient ** 2; var -= learning_rate * gradient / sqrt(accumulator)`.

    Of a gradient of rows only those rows, and theirs of the accumulator, change.  Slot: `accumulator`.

    Args:
        learning_rate: a number, a tensor, or a function that returns one.
        initial_accumulator_value: what the accumulator begins with.
        use_locking, name: see `Optimizer`.

    Raises:
        ValueError: `initial_accumulator_value` is not positive.
    """

    op = "Adagrad"
    slot_inputs: Mapping[str, str] = {"accum": "accumulator"}

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(use_locking, name, lr=learning_rate)
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            initializer: Any
            if var.shape.is_fully_defined():
                initializer = Constant(self._initial_accumulator_value, dtype=dtype)
            else:
                initializer = self._filled_as(var, dtype)
            self._get_or_make_slot_with_initializer(
                var, initializer, var.shape, dtype, "accumulator", self._name
            )

    def _filled_as(self, var: Any, dtype: Any) -> Any:
        """What makes the first accumulator of a variable whose shape only its value tells."""

        def initial() -> Any:
            filled = build("Fill", dims=shape_of(var), value=self._initial_accumulator_value)
            return cast(filled, dtype)

        return initial
