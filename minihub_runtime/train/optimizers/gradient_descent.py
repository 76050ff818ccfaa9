"""Gradient descent.

Source: tensorflow/python/training/gradient_descent.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.stepping import SteppingOptimizer

__all__ = ["GradientDescentOptimizer"]


@public("train.GradientDescentOptimizer")
class GradientDescentOptimizer(SteppingOptimizer):
    """`var -= learning_rate * gradient`.

    Args:
        learning_rate: a number, a tensor, or a function that returns one.
        use_locking, name: see `Optimizer`.
    """

    op = "GradientDescent"

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(use_locking, name, alpha=learning_rate)

    # What is added twice to a row need not be added up before.

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, handle: Any, indices: Any) -> Any:
        return build(
            "ResourceScatterAdd",
            resource=handle.handle,
            indices=indices,
            updates=-grad * self._number("alpha", handle),
        )

    def _apply_sparse_duplicate_indices(self, grad: Any, var: Any) -> Any:
        change = IndexedSlices(
            grad.values * self._number("alpha", var), grad.indices, grad.dense_shape
        )
        return var.scatter_sub(change, use_locking=self._use_locking)
