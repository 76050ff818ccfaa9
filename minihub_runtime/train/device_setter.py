"""Devices of variables and of what computes, for graphs that several processes are to run.

Source: tensorflow/python/training/device_setter.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.device import DeviceSpec
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.public import public

__all__ = ["replica_device_setter"]

#: Ops of what lives on parameter servers.
_STANDARD_PS_OPS = (
    "Variable",
    "VariableV2",
    "AutoReloadVariable",
    "MutableHashTable",
    "MutableHashTableV2",
    "MutableHashTableOfTensors",
    "MutableHashTableOfTensorsV2",
    "MutableDenseHashTable",
    "MutableDenseHashTableV2",
    "VarHandleOp",
    "BoostedTreesEnsembleResourceHandleOp",
    "BoostedTreesQuantileStreamResourceHandleOp",
    "ResourceConditionalAccumulator",
    "DecisionTreeResource",
)


@public("train.replica_device_setter")
def replica_device_setter(
    ps_tasks: int = 0,
    ps_device: str = "/job:ps",
    worker_device: str = "/job:worker",
    merge_devices: bool = True,
    cluster: Mapping[str, Any] | None = None,
    ps_ops: Sequence[str] | None = None,
    ps_strategy: Callable[[Any], int] | None = None,
) -> Callable[[Any], str] | None:
    """A function for `tf.device` that writes the device of each operation into the graph, which one process runs here.

    Args:
        ps_tasks: how many parameter servers there are.
        ps_device: the device of variables; its task is chosen.
        worker_device: that of all else.
        merge_devices: whether operations that have a device get the missing parts.
        cluster: name of a job → its tasks, which tells `ps_tasks`.
        ps_ops: the types of operations that count as variables.
        ps_strategy: chooses the task of one; by default they take turns.

    Returns:
        The function; None without parameter servers.

    Raises:
        TypeError: `ps_strategy` cannot be called.
    """
    if cluster is not None:
        ps_tasks = len(cluster.get(DeviceSpec.from_string(ps_device).job or "") or ())
    if ps_tasks == 0:
        return None
    if not merge_devices:
        LOGGER.warning(
            "DEPRECATION: It is recommended to set merge_devices=true in replica_device_setter"
        )
    turns = itertools.cycle(range(ps_tasks))
    strategy: Callable[[Any], int] = ps_strategy or (lambda op: next(turns))
    if not callable(strategy):
        raise TypeError("ps_strategy must be callable")
    on_servers = frozenset(_STANDARD_PS_OPS if ps_ops is None else ps_ops)

    def device(op: Any) -> str:
        if not merge_devices and op.device:
            return str(op.device)
        own = DeviceSpec.from_string(op.device or "")
        kind = op.type if hasattr(op, "type") else op.op
        spec = DeviceSpec.from_string(worker_device or "")
        if ps_device and kind in on_servers:
            spec = DeviceSpec.from_string(ps_device)
            if spec.job and own.job in (None, "", spec.job):
                spec = spec.replace(task=strategy(op))
        return spec.make_merged_spec(own).to_string()

    return device
