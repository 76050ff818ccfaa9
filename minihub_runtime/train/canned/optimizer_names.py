"""Optimisers by name.

Source: tensorflow_estimator/python/estimator/canned/optimizers.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.train.optimizers.adagrad import AdagradOptimizer
from minihub_runtime.train.optimizers.adam import AdamOptimizer
from minihub_runtime.train.optimizers.base import Optimizer
from minihub_runtime.train.optimizers.ftrl import FtrlOptimizer
from minihub_runtime.train.optimizers.gradient_descent import GradientDescentOptimizer
from minihub_runtime.train.optimizers.rmsprop import RMSPropOptimizer

__all__ = ["optimizer_of"]

_CLASSES: dict[str, Callable[..., Optimizer]] = {
    "Adagrad": AdagradOptimizer,
    "Adam": AdamOptimizer,
    "Ftrl": FtrlOptimizer,
    "RMSProp": RMSPropOptimizer,
    "SGD": GradientDescentOptimizer,
}


def optimizer_of(optimizer: Any, learning_rate: float) -> Optimizer:
    """An optimiser.

    Args:
        optimizer: one, a function that returns one, or a name: "Adagrad", "Adam", "Ftrl", "RMSProp" or "SGD".
        learning_rate: of one by name.

    Raises:
        ValueError: the name is another, or it is none.
    """
    if isinstance(optimizer, str):
        if optimizer not in _CLASSES:
            raise ValueError(
                f"Unsupported optimizer name: {optimizer}. "
                f"Supported names are: {tuple(sorted(_CLASSES))}"
            )
        return _CLASSES[optimizer](learning_rate=learning_rate)
    found = optimizer() if callable(optimizer) else optimizer
    if not isinstance(found, Optimizer):
        raise ValueError(f"The given object is not an Optimizer instance. Given: {found}")
    return found
