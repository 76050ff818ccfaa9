"""What a Saver adds to a graph: the operations by which TensorFlow saves and restores its variables.

Here they say what a checkpoint consists of; writing it is done by the program (`saver.Saver.save`), for a graph writes no files.

Source: tensorflow/python/training/saver.py:BulkSaverBuilder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import placeholder_with_default
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.device import DeviceSpec
from minihub_runtime.api.graph import Tensor, get_default_graph, name_scope
from minihub_runtime.api.grouping import group, with_dependencies
from minihub_runtime.api.saveables import SaveableObject, named_saveables, validated_saveables
from minihub_runtime.api.variables.partitioned import PartitionedVariable
from minihub_runtime.protos import SaverDef

__all__ = ["add_restore", "build_saver"]

#: Where a shard lies until all are there.
_SHARDED_SUFFIX = os.path.normpath("_temp/part")


def build_saver(
    names_to_saveables: Any,
    reshape: bool = False,
    sharded: bool = False,
    max_to_keep: int | None = 5,
    keep_checkpoint_every_n_hours: float = 10000.0,
    name: str | None = None,
    filename: str | None = "model",
    version: int = SaverDef.V2,
) -> SaverDef:
    """Add the operations of a saver to the graph of what it saves.

    Args:
        names_to_saveables: name → what `saveables_of` takes, or a list of variables.
        reshape: give restored values the shapes of the variables.
        sharded: a file for each device that has variables.
        max_to_keep: for the SaverDef.
        keep_checkpoint_every_n_hours: for the SaverDef.
        name: scope of the operations, `save` if None.
        filename: the path that counts if none is fed.
        version: the format, `SaverDef.V1` or `SaverDef.V2`.

    Returns:
        The names of the operations.

    Raises:
        RuntimeError: `version` is another.
        TypeError, ValueError: see `named_saveables` and `validated_saveables`.
    """
    if version not in (SaverDef.V1, SaverDef.V2):
        raise RuntimeError(f"Unexpected write_version: {version}")
    is_old = version == SaverDef.V1
    if not isinstance(names_to_saveables, Mapping):
        names_to_saveables = named_saveables(names_to_saveables)
    saveables = validated_saveables(names_to_saveables)
    with name_scope(name, "save", [saveable.op for saveable in saveables]):
        graph = get_default_graph()
        prefix = placeholder_with_default(filename or "model", shape=(), name="filename")
        # Programs know it under this name.
        prefix = placeholder_with_default(prefix, shape=(), name="Const")
        if sharded:
            devices = _by_device(saveables)
            save = (_save_old_shards if is_old else _save_shards)(prefix, devices)
            restore = _restore_shards(prefix, devices, reshape)
        else:
            save = _save(prefix, saveables, is_old)
            restore = add_restore(prefix, saveables, reshape, "restore_all")
    _hold_partitioned(graph)
    return SaverDef(
        filename_tensor_name=prefix.name,
        save_tensor_name=save.name,
        restore_op_name=restore.name,
        max_to_keep=max_to_keep or 0,
        sharded=sharded,
        keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
        version=version,
    )


def _by_device(saveables: Sequence[SaveableObject]) -> list[tuple[str, list[SaveableObject]]]:
    """What is on each device, by its name."""
    found: dict[str, list[SaveableObject]] = {}
    for saveable in saveables:
        devices = {DeviceSpec.from_string(spec.device).to_string() for spec in saveable.specs}
        if len(devices) != 1:
            raise ValueError(
                f"All tensors of a saveable object must be on the same device: {saveable.name}"
            )
        found.setdefault(devices.pop(), []).append(saveable)
    return sorted(found.items(), key=lambda item: item[0])


def _cpu_of(device: str) -> str:
    return DeviceSpec.from_string(device).replace(device_type="CPU", device_index=0).to_string()


def _save(prefix: Tensor, saveables: Sequence[SaveableObject], is_old: bool = False) -> Tensor:
    """The prefix, after everything is saved."""
    specs = [spec for saveable in saveables for spec in saveable.specs]
    names, slices = [spec.name for spec in specs], [spec.slice_spec for spec in specs]
    tensors = [spec.tensor for spec in specs]
    if is_old:
        operation = build(
            "SaveSlices",
            name="save",
            filename=prefix,
            tensor_names=names,
            shapes_and_slices=slices,
            data=tensors,
        )
    else:
        operation = build(
            "SaveV2", prefix=prefix, tensor_names=names, shape_and_slices=slices, tensors=tensors
        )
    passed: Tensor = with_dependencies([operation], prefix)
    return passed


def _save_shards(prefix: Tensor, devices: Sequence[tuple[str, list[SaveableObject]]]) -> Tensor:
    """The prefix, after the shards of all devices are saved and put together."""
    graph = get_default_graph()
    with graph.device("CPU"):
        remote = build("StaticRegexFullMatch", input=prefix, pattern="^s3://.*")
        suffix = build("Select", condition=remote, t=constant(".part"), e=constant(_SHARDED_SUFFIX))
        parts = build("StringJoin", inputs=[prefix, suffix])
    num_shards = constant(len(devices), name="num_shards")
    prefixes, saves = [], []
    for shard, (device, saveables) in enumerate(devices):
        with graph.device(_cpu_of(device)):
            part = build("ShardedFilename", basename=parts, shard=shard, num_shards=num_shards)
            prefixes.append(part)
            saves.append(_save(part, saveables))
    with (
        graph.control_dependencies([save.op for save in saves]),
        graph.device(_cpu_of(devices[-1][0])),
    ):
        merged = build(
            "MergeV2Checkpoints",
            checkpoint_prefixes=prefixes,
            destination_prefix=prefix,
            delete_old_dirs=True,
        )
        with graph.control_dependencies([merged]):
            passed: Tensor = build("Identity", input=prefix)
    return passed


def _save_old_shards(prefix: Tensor, devices: Sequence[tuple[str, list[SaveableObject]]]) -> Tensor:
    """The pattern of the files of all devices, after they are saved."""
    graph = get_default_graph()
    num_shards = constant(len(devices), name="num_shards")
    saves = []
    for shard, (device, saveables) in enumerate(devices):
        with graph.device(device):
            part = build("ShardedFilename", basename=prefix, shard=shard, num_shards=num_shards)
            saves.append(_save(part, saveables, is_old=True))
    with graph.control_dependencies([save.op for save in saves]):
        pattern: Tensor = build("ShardedFilespec", basename=prefix, num_shards=num_shards)
    return pattern


def add_restore(
    prefix: Tensor, saveables: Sequence[SaveableObject], reshape: bool, name: str
) -> Any:
    """An operation after which all have the values of the checkpoint."""
    graph = get_default_graph()
    specs = [spec for saveable in saveables for spec in saveable.specs]
    with graph.device("cpu:0"):
        restored = build(
            "RestoreV2",
            prefix=prefix,
            tensor_names=[spec.name for spec in specs],
            shape_and_slices=[spec.slice_spec for spec in specs],
            dtypes=[spec.dtype.base_dtype for spec in specs],
        )
    operations = []
    place = 0
    for saveable in saveables:
        shapes = [_shape_of(spec.tensor) for spec in saveable.specs] if reshape else None
        values = restored[place : place + len(saveable.specs)]
        operations.append(saveable.restore(values, shapes))
        place += len(saveable.specs)
    return group(*operations, name=name)


def _shape_of(tensor: Any) -> Any:
    """The shape of a variable: as it is known, or else worked out at run time."""
    shape = tensor.get_shape()
    return shape if shape.is_fully_defined() else build("Shape", input=tensor)


def _restore_shards(
    prefix: Tensor, devices: Sequence[tuple[str, list[SaveableObject]]], reshape: bool
) -> Any:
    graph = get_default_graph()
    operations = []
    for device, saveables in devices:
        with graph.device(device):
            operations.append(add_restore(prefix, saveables, reshape, "restore_shard"))
    return group(*operations, name="restore_all")


def _hold_partitioned(graph: Any) -> None:
    """Add the whole value of each partitioned variable in a collection: a MetaGraph names it, and it must be there."""
    for key in graph.get_all_collection_keys():
        for item in graph.get_collection(key):
            if isinstance(item, PartitionedVariable) and item.name not in graph.nodes:
                item.as_tensor()
