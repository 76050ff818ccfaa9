"""Optimisers whose step on a variable is one op: `ApplyMomentum`, `ResourceSparseApplyMomentum` and so on.

Source: tensorflow/python/training/*.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.train.optimizers.base import Optimizer

__all__ = ["SteppingOptimizer"]


class SteppingOptimizer(Optimizer):
    """An optimiser that a subclass describes by the name of its op, its slots and its numbers.

    Attributes:
        op: the end of the names of its ops, such as `Momentum`.
        slot_inputs: input of the ops → name of the slot.
        tensor_names: input of the ops → name of its tensor, where that is another.

    Args:
        use_locking, name: see `Optimizer`.
        **numbers: the scalar inputs of the ops, in the order in which their tensors are made; each a number, a tensor
            or a function that returns one.
    """

    op: str
    slot_inputs: Mapping[str, str] = {}
    tensor_names: Mapping[str, str] = {"lr": "learning_rate", "alpha": "learning_rate"}

    def __init__(self, use_locking: bool, name: str, **numbers: Any) -> None:
        super().__init__(use_locking, name)
        self._numbers = numbers
        self._tensors: dict[str, Any] = {}
        self._flags: dict[str, Any] = {}

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            for slot in self.slot_inputs.values():
                self._zeros_slot(var, slot, self._name)

    def _prepare(self) -> None:
        self._tensors = {
            key: convert_to_tensor(
                self._call_if_callable(number), name=self.tensor_names.get(key, key)
            )
            for key, number in self._numbers.items()
        }

    def _number(self, key: str, var: Any) -> Any:
        """A scalar input of the op for a variable."""
        return cast(self._tensors[key], var.dtype.base_dtype)

    def _step(self, kind: str, var: Any, grad: Any, indices: Any = None) -> Any:
        """One step; `kind` is the beginning of the name of the op."""
        op = f"{kind}{self.op}"
        given: dict[str, Any] = {}
        for arg in REGISTRY[op].schema.inputs:
            if arg.name == "var" or arg.name in self.slot_inputs:
                slot = self.slot_inputs.get(arg.name)
                variable = var if slot is None else self.get_slot(var, slot)
                given[arg.name] = variable._own_tensor
            elif arg.name in ("grad", "delta"):
                given[arg.name] = grad
            elif arg.name == "indices":
                given[arg.name] = indices
            else:
                given[arg.name] = self._number(arg.name, var)
        made = build(op, use_locking=self._use_locking, **self._flags, **given)
        return made if var.is_resource else made.op

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return self._step("Apply", var, grad)

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        return self._step("ResourceApply", handle, grad)

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        return self._step("SparseApply", var, grad.values, grad.indices)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        return self._step("ResourceSparseApply", handle, grad, indices)
