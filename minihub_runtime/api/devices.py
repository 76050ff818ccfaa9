"""`tf.config`'s devices: the processor, and nothing else.

Source: tensorflow/python/framework/config.py, tensorflow/python/eager/context.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from minihub_runtime.public import public

__all__ = [
    "LogicalDevice",
    "PhysicalDevice",
    "get_device_details",
    "get_inter_op_parallelism_threads",
    "get_soft_device_placement",
    "get_visible_devices",
    "list_logical_devices",
    "list_physical_devices",
    "set_inter_op_parallelism_threads",
    "set_memory_growth",
    "set_soft_device_placement",
    "set_visible_devices",
]


@public("config.PhysicalDevice")
class PhysicalDevice(NamedTuple):
    """A device of the machine.

    Attributes:
        name: such as `/physical_device:CPU:0`.
        device_type: `CPU`.
    """

    name: str
    device_type: str


@public("config.LogicalDevice")
class LogicalDevice(NamedTuple):
    """A device that operations can have.

    Attributes:
        name: such as `/device:CPU:0`.
        device_type: `CPU`.
    """

    name: str
    device_type: str


_PROCESSOR = PhysicalDevice("/physical_device:CPU:0", "CPU")

_soft_placement = False
_inter_op_threads = 0


def _of_type(device_type: str | None) -> bool:
    return device_type is None or device_type == _PROCESSOR.device_type


def _check_known(device: Any) -> None:
    if device != _PROCESSOR:
        raise ValueError(f"Unrecognized device: {device!r}")


@public("config.experimental.list_physical_devices", "config.list_physical_devices")
def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices of the machine that can be used, of one type if that is given: the processor."""
    return [_PROCESSOR] if _of_type(device_type) else []


@public("config.experimental.list_logical_devices", "config.list_logical_devices")
def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """The devices that operations can have, of one type if that is given: the processor."""
    return [LogicalDevice("/device:CPU:0", "CPU")] if _of_type(device_type) else []


@public("config.experimental.get_visible_devices", "config.get_visible_devices")
def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """As `list_physical_devices`: none can be hidden."""
    return list_physical_devices(device_type)


@public("config.experimental.set_visible_devices", "config.set_visible_devices")
def set_visible_devices(
    devices: PhysicalDevice | Sequence[PhysicalDevice], device_type: str | None = None
) -> None:
    """Use these devices alone, of all of one type if that is given.

    Args:
        devices: one or several of `list_physical_devices()`; may be empty for a type that there is not.
        device_type: such as `GPU`.

    Raises:
        ValueError: a device that is not there, or of another type; none are left.
    """
    asked = [devices] if isinstance(devices, PhysicalDevice) else list(devices)
    for device in asked:
        _check_known(device)
        if not _of_type(device_type):
            raise ValueError(f"Unrecognized device: {device!r}")
    if not asked and _of_type(device_type):
        raise ValueError("the processor must be among the visible devices, as all runs on it")


@public("config.experimental.set_memory_growth")
def set_memory_growth(device: PhysicalDevice, enable: bool) -> None:
    """Take memory of a GPU as it is needed; there is none.

    Raises:
        ValueError: always.
    """
    _check_known(device)
    raise ValueError("Cannot set memory growth on non-GPU and non-Pluggable devices")


@public("config.experimental.get_device_details")
def get_device_details(device: PhysicalDevice) -> dict[str, Any]:
    """What is known of a device: nothing of the processor.

    Raises:
        ValueError: it is no device.
    """
    if not isinstance(device, PhysicalDevice):
        raise ValueError(f"device must be a tf.config.PhysicalDevice, but got: {device}")
    _check_known(device)
    return {}


@public("config.get_soft_device_placement")
def get_soft_device_placement() -> bool:
    """What was set last; False before."""
    return _soft_placement


@public("config.set_soft_device_placement")
def set_soft_device_placement(enabled: bool) -> None:
    """Note whether operations may run on another device than theirs; all run on the processor."""
    global _soft_placement
    _soft_placement = enabled


@public("config.threading.get_inter_op_parallelism_threads")
def get_inter_op_parallelism_threads() -> int:
    """What was set last; 0 before."""
    return _inter_op_threads


@public("config.threading.set_inter_op_parallelism_threads")
def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Note how many operations may run side by side; kernels and branches share the threads that
    `set_intra_op_parallelism_threads` sets.
    """
    global _inter_op_threads
    _inter_op_threads = num_threads
