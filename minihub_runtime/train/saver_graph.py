"""What the operations of a saver would write, read off the graph.

A saver is known by the names in its SaverDef; the operations may have been added here or by TensorFlow.

Source: tensorflow/python/training/saver.py, core/kernels/save_restore_v2_ops.cc.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minihub_runtime.api.graph import Graph, Operation
from minihub_runtime.errors import FailedPreconditionError, clip
from minihub_runtime.protos import SaverDef

__all__ = ["SavedShard", "saved_shards"]

_OLD_OPS = frozenset({"LegacySave", "LegacySaveSlice", "Save", "SaveSlices"})


class SavedShard(NamedTuple):
    """What one SaveV2 writes.

    Attributes:
        names: tensor of the names.
        slices: tensor of the shapes and slices.
        tensors: the tensors.
    """

    names: Any
    slices: Any
    tensors: list[Any]


def saved_shards(graph: Graph, saver_def: SaverDef) -> list[SavedShard]:
    """What a saver writes, shard by shard.

    Raises:
        NotImplementedError: it writes the format of before TensorFlow 1.0.
        FailedPreconditionError: its operations are not those of a saver.
    """
    name = saver_def.save_tensor_name
    found = _behind(graph.get_tensor_by_name(name).op)
    old = [operation for operation in found if operation.type in _OLD_OPS]
    if old or saver_def.version != SaverDef.V2:
        raise NotImplementedError(
            "checkpoints of the V1 format are not written; the saver of "
            f"{clip(name)!r} has version {saver_def.version}"
        )
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
    return [SavedShard(save.inputs[1], save.inputs[2], save.inputs[3:]) for save in saves]


def _behind(operation: Operation) -> list[Operation]:
    """What runs before an operation because it must, or because it makes paths; tensors that are saved are left out."""
    found: dict[str, Operation] = {}
    waiting = [operation]
    while waiting:
        current = waiting.pop()
        if current.name in found:
            continue
        found[current.name] = current
        if current.type != "SaveV2":
            waiting.extend(tensor.op for tensor in current.inputs)
        waiting.extend(current.control_inputs)
    return list(found.values())
