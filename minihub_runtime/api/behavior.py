"""What programs switch off to have TensorFlow 1: it is all there is here.

Source: tensorflow/python/compat/v2_compat.py, eager/context.py, framework/ops.py, framework/tensor.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.variables.options import disable_resource_variables
from minihub_runtime.public import public

__all__ = [
    "disable_eager_execution",
    "disable_v2_behavior",
    "executing_eagerly",
]


@public("executing_eagerly")
def executing_eagerly() -> bool:
    """False: what is written is built, and runs in sessions."""
    return False


@public("executing_eagerly_outside_functions")
def executing_eagerly_outside_functions() -> bool:
    """False: see `executing_eagerly`."""
    return False


@public("disable_eager_execution")
def disable_eager_execution() -> None:
    """Nothing: see `executing_eagerly`."""


@public("disable_v2_behavior")
def disable_v2_behavior() -> None:
    """Let variables be reached by reference where nothing else is said, as TensorFlow 1 does; the rest is so anyway."""
    disable_resource_variables()


@public("disable_tensor_equality")
def disable_tensor_equality() -> None:
    """Nothing: tensors compare by identity."""


@public("disable_v2_tensorshape")
def disable_v2_tensorshape() -> None:
    """Nothing: shapes consist of Dimensions."""


def _refusing(name: str, what: str) -> Callable[..., None]:
    def refuse(*arguments: Any, **keywords: Any) -> None:
        raise NotImplementedError(f"tf.{name}: {what} is not supported: graphs run in sessions")

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = f"Not supported: {what}."
    return public(name)(refuse)


enable_eager_execution = _refusing("enable_eager_execution", "eager execution")
enable_v2_behavior = _refusing("enable_v2_behavior", "the behavior of TensorFlow 2")
enable_tensor_equality = _refusing("enable_tensor_equality", "comparing tensors by value with ==")
enable_v2_tensorshape = _refusing("enable_v2_tensorshape", "shapes of plain numbers")
