"""Switches between TensorFlow's two ways of control flow; there is one here, that of functions (If, While, Case).

What the ways differ in is what has a gradient: functions give zeros to all that they are given, Switch and Merge none to what the
results do not depend on, which optimizers then leave alone.

Source: tensorflow/python/ops/control_flow_v2_toggles.py.
"""

from __future__ import annotations

from minihub_runtime.public import public

__all__ = ["control_flow_v2_enabled", "disable_control_flow_v2", "enable_control_flow_v2"]


_enabled = True


@public("control_flow_v2_enabled")
def control_flow_v2_enabled() -> bool:
    """Whether the gradients of branches and loops are those of functions; so it is from the start."""
    return _enabled


@public("enable_control_flow_v2")
def enable_control_flow_v2() -> None:
    """Let the gradients of branches and loops be those of functions."""
    global _enabled
    _enabled = True


@public("disable_control_flow_v2")
def disable_control_flow_v2() -> None:
    """Let the gradients of branches and loops be those that TensorFlow 1 has; they are functions in any case."""
    global _enabled
    _enabled = False
