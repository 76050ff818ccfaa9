"""Switches between TensorFlow's two ways of control flow; there is one here, that of functions (If, While, Case).

Source: tensorflow/python/ops/control_flow_v2_toggles.py.
"""

from __future__ import annotations

from minihub_runtime.public import public

__all__ = ["control_flow_v2_enabled", "disable_control_flow_v2", "enable_control_flow_v2"]


@public("control_flow_v2_enabled")
def control_flow_v2_enabled() -> bool:
    """True: branches and loops are functions."""
    return True


@public("enable_control_flow_v2")
def enable_control_flow_v2() -> None:
    """Accepted; it is so already."""


@public("disable_control_flow_v2")
def disable_control_flow_v2() -> None:
    """Accepted; branches and loops are functions in any case, and compute the same."""
