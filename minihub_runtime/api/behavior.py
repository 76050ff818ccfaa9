"""What programs switch off to have TensorFlow 1: it is all there is here.

Source: tensorflow/python/compat/v2_compat.py, eager/context.py, framework/ops.py, framework/tensor.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.control_flow_switches import disable_control_flow_v2
from minihub_runtime.api.graph_scopes import share_blocks
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
    """Let variables be reached by reference where nothing else is said, and what branches and loops do not use have no gradient.

    Devices and control dependencies of one thread count in all that build the same graph, if it is made later.  So it is in TensorFlow 1, as is the rest anyway.
    """
    disable_resource_variables()
    disable_control_flow_v2()
    share_blocks(True)


@public("disable_tensor_equality")
def disable_tensor_equality() -> None:
    """Nothing: tensors compare by identity."""


@public("disable_v2_tensorshape")
def disable_v2_tensorshape() -> None:
    """Nothing: shapes consist of Dimensions."""


def _refused(name: str, what: str) -> NotImplementedError:
    return NotImplementedError(f"tf.{name}: {what} is not supported: graphs run in sessions")


@public("enable_eager_execution")
def enable_eager_execution(
    config: Any = None, device_policy: Any = None, execution_mode: Any = None
) -> None:
    """Not supported: what is written is built, and runs in sessions."""
    raise _refused("enable_eager_execution", "eager execution")


@public("enable_v2_behavior")
def enable_v2_behavior() -> None:
    """Not supported: it is eager execution."""
    raise _refused("enable_v2_behavior", "the behavior of TensorFlow 2")


@public("enable_tensor_equality")
def enable_tensor_equality() -> None:
    """Not supported: tensors compare by identity."""
    raise _refused("enable_tensor_equality", "comparing tensors by value with ==")


@public("enable_v2_tensorshape")
def enable_v2_tensorshape() -> None:
    """Not supported: shapes consist of Dimensions."""
    raise _refused("enable_v2_tensorshape", "shapes of plain numbers")
