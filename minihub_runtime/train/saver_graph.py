"""What the operations of a saver would write, read off the graph.

A saver is known by the names in its SaverDef; the operations may have been added here or by TensorFlow.

Source: tensorflow/python/training/saver.py, core/kernels/save_restore_v2_ops.cc.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minihub_runtime.api.graph import Graph, Operation
from minihub_runtime.errors import FailedPreconditionError, clip
from minihub_runtime.protos import SaverDef

__all__ = ["SavedShard", "SavedShards", "saved_shards"]

_SAVES = frozenset({"Save", "SaveSlices", "SaveV2"})


class SavedShard(NamedTuple):
    """What one SaveV2, Save or SaveSlices writes.

    Attributes:
        names: tensor of the names.
        slices: tensor of the shapes and slices, or an empty list.
        tensors: the tensors.
        place: in the V1 format, where each shard is a file of its own: tensors of its number and of how many there are, or an
            empty list for the only one.
    """

    names: Any
    slices: Any
    tensors: list[Any]
    place: list[Any]


class SavedShards(NamedTuple):
    """What a saver writes.

    Attributes:
        shards: one for each device, or one.
        is_old: whether in the V1 format.
    """

    shards: list[SavedShard]
    is_old: bool


def saved_shards(graph: Graph, saver_def: SaverDef) -> SavedShards:
    """What a saver writes, shard by shard.

    Raises:
        FailedPreconditionError: its operations are not those of a saver.
    """
    name = saver_def.save_tensor_name
    found = _behind(graph.get_tensor_by_name(name).op)
    old = [operation for operation in found if operation.type in ("Save", "SaveSlices")]
    if old:
        shards = [_old_shard(save) for save in old]
        if len(shards) > 1 and not all(shard.place for shard in shards):
            raise FailedPreconditionError(
                f"{clip(name)!r} must write each shard into a file of its own"
            )
        return SavedShards(shards, is_old=True)
    saves = [operation for operation in found if operation.type == "SaveV2"]
    merges = [operation for operation in found if operation.type == "MergeV2Checkpoints"]
    if merges:
        pack = merges[0].inputs[0].op
        parts = list(pack.inputs) if pack.type == "Pack" else [merges[0].inputs[0]]
        by_prefix = {save.inputs[0].name: save for save in saves}
        saves = [by_prefix[part.name] for part in parts if part.name in by_prefix]
    if len(merges) > 1 or len(saves) != (len(parts) if merges else 1):
        raise FailedPreconditionError(
            f"{clip(name)!r} must depend on one SaveV2, or on one MergeV2Checkpoints and a SaveV2 for "
            f"each of its prefixes, but depends on {len(saves)} and {len(merges)}"
        )
    shards = [
        SavedShard(save.inputs[1], save.inputs[2], list(save.inputs[3:]), []) for save in saves
    ]
    return SavedShards(shards, is_old=False)


def _old_shard(save: Operation) -> SavedShard:
    """What an operation of the V1 format writes."""
    filename, names, *rest = save.inputs
    made_by = filename.op
    place = list(made_by.inputs[1:]) if made_by.type == "ShardedFilename" else []
    slices: Any = rest.pop(0) if save.type == "SaveSlices" else []
    return SavedShard(names, slices, rest, place)


def _behind(operation: Operation) -> list[Operation]:
    """What runs before an operation because it must, or because it makes paths; tensors that are saved are left out."""
    found: dict[str, Operation] = {}
    waiting = [operation]
    while waiting:
        current = waiting.pop()
        if current.name in found:
            continue
        found[current.name] = current
        if current.type not in _SAVES:
            waiting.extend(tensor.op for tensor in current.inputs)
        waiting.extend(current.control_inputs)
    return list(found.values())
