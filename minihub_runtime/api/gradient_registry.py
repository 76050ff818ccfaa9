"""Gradients that a program registers: for its own ops, and for names that operations refer to.

Source: tensorflow/python/framework/ops.py (RegisterGradient, no_gradient).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from minihub_runtime.autodiff.rules import register
from minihub_runtime.public import public

__all__ = ["RegisterGradient", "no_gradient"]

F = TypeVar("F", bound=Callable[..., Any])


@public("RegisterGradient")
class RegisterGradient:
    """Decorator that registers the gradient of an op type, or one under a name for `gradient_override_map`.

    The function takes the operation and the gradient of each output, and returns one gradient, or None, per input.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: F) -> F:
        """Register `f`.

        Raises:
            KeyError: there is one of that name.
        """
        register(self._op_type, f)
        return f


@public("no_gradient", "NotDifferentiable", "NoGradient")
def no_gradient(op_type: str) -> None:
    """Say that operations of a type have no gradient: nothing flows through them.

    Raises:
        TypeError: `op_type` is no text.
        KeyError: something is said about it already.
    """
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    register(op_type, None)
