"""FTRL-Proximal: follow the regularised leader.

Source: tensorflow/python/training/ftrl.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.stepping import SteppingOptimizer

__all__ = ["FtrlOptimizer"]


@public("train.FtrlOptimizer")
class FtrlOptimizer(SteppingOptimizer):
    """FTRL-Proximal, with shrinkage and with `beta` as in its paper.

    Its first step draws a variable to what the gradients say, since the slot `linear` begins at zero.  Slots: `accum`,
    the sum of squares, and `linear`.

    Args:
        learning_rate: a number or a tensor.
        learning_rate_power: the power of the sum of squares that steps fall with, at most 0.
        initial_accumulator_value: what the sum of squares begins with, at least 0.
        l1_regularization_strength: how strongly values are drawn to exactly zero, at least 0.
        l2_regularization_strength: how strongly they are drawn towards zero, at least 0.
        use_locking, name: see `Optimizer`.
        accum_name: the name of the variable behind `accum`, below its variable; by default that of the optimiser.
        linear_name: likewise of `linear`.
        l2_shrinkage_regularization_strength: a penalty on the size of values, which the sum of squares does not see;
            at least 0.
        beta: what is added to the root of the sum of squares; 0 if None.

    Raises:
        ValueError: a number is on the wrong side of 0.
    """

    slot_inputs: Mapping[str, str] = {"accum": "accum", "linear": "linear"}

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float | None = None,
    ) -> None:
        if learning_rate_power > 0.0:
            raise ValueError(
                f"learning_rate_power {learning_rate_power:f} needs to be negative or zero"
            )
        for what, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0.0:
                raise ValueError(f"{what} {value:f} needs to be positive or zero")
        super().__init__(use_locking, name)
        self.op = "FtrlV2" if l2_shrinkage_regularization_strength > 0.0 else "Ftrl"
        self._learning_rate = learning_rate
        self._power = learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength
        self._shrinkage = l2_shrinkage_regularization_strength
        self._beta = 0.0 if beta is None else beta
        self._slot_names = {"accum": accum_name or name, "linear": linear_name or name}

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        def first(shape: Any, dtype: Any = float32, partition_info: Any = None) -> Any:
            return ones(shape, dtype) * self._initial_accumulator_value

        for var in var_list:
            self._get_or_make_slot_with_initializer(
                var, first, var.shape, var.dtype, "accum", self._slot_names["accum"]
            )
            self._zeros_slot(var, "linear", self._slot_names["linear"])

    def _prepare(self) -> None:
        rate = convert_to_tensor(self._learning_rate, name="learning_rate")
        l1 = convert_to_tensor(self._l1, name="l1_regularization_strength")
        # What `beta` adds to the root of the sum of squares is, in the formula of the ops, a penalty.
        least = build("Maximum", x=self._learning_rate, y=1e-36)
        l2 = self._l2 + self._beta / (2.0 * least)
        convert_to_tensor(self._beta, name="beta")
        shrinkage = convert_to_tensor(self._shrinkage, name="l2_shrinkage_regularization_strength")
        power = convert_to_tensor(self._power, name="learning_rate_power")
        self._tensors = {
            "lr": rate,
            "l1": l1,
            "l2": l2,
            "l2_shrinkage": shrinkage,
            "lr_power": power,
        }
