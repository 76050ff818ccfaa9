"""What layers do in training and otherwise, as `training` says: a bool, a tensor or a variable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.cond import cond, smart_cond, smart_constant_value
from minihub_runtime.api.variables.base import Variable

__all__ = ["by_training", "known_training"]


def known_training(training: Any) -> bool | None:
    """The value of `training` if it is known now."""
    return None if isinstance(training, Variable) else smart_constant_value(training)


def by_training(training: Any, in_training: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """What one of two functions gives; of a variable it is known in a run only."""
    choose = cond if isinstance(training, Variable) else smart_cond
    return choose(training, in_training, otherwise)
