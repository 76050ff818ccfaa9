"""Checkpoints of `tf.train.Checkpoint`, whose keys are paths through objects, under the names of variables.

Source: tensorflow/python/training/saver.py:saver_from_object_based_checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence

from minihub_runtime.api.saveables import SaveableObject
from minihub_runtime.checkpoint import CheckpointReader
from minihub_runtime.errors import NotFoundError
from minihub_runtime.protos import TrackableObjectGraph, parse

__all__ = ["names_to_keys", "renamed"]

#: The tensor that holds the graph of the objects.
OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"


def names_to_keys(prefix: str) -> dict[str, str] | None:
    """Name of a variable when the checkpoint was written → key; None if it is no checkpoint of objects.

    Raises:
        DataLossError: the checkpoint is damaged.
    """
    with CheckpointReader(prefix) as reader:
        if not reader.has(OBJECT_GRAPH_KEY):
            return None
        data = bytes(reader.read(OBJECT_GRAPH_KEY).item())
    graph = parse(TrackableObjectGraph, data, f"the object graph of {prefix}")
    return {
        attribute.full_name: attribute.checkpoint_key
        for node in graph.nodes
        for attribute in node.attributes
    }


def renamed(saveables: Sequence[SaveableObject], keys: dict[str, str]) -> list[SaveableObject]:
    """The same objects under the keys of a checkpoint.

    Raises:
        NotFoundError: one was not there when the checkpoint was written.
    """
    specs = [spec for saveable in saveables for spec in saveable.specs]
    wanted = {spec.name for spec in specs}
    missing, extra = sorted(wanted - set(keys)), sorted(set(keys) - wanted)
    if missing:
        raise NotFoundError(
            f"\n\nExisting variables not in the checkpoint: {', '.join(missing)}\n\n"
            "Variables names when this checkpoint was written which don't exist now: "
            f"{', '.join(extra)}\n\n({len(wanted) - len(missing)} variable name(s) did match)\n\n"
            "The checkpoint was written by tf.train.Checkpoint or tf.keras.Model.save_weights. Names may "
            "have changed since, with a suffix such as '_1' for example; Saver(var_list={name then: "
            "variable}) says which is which."
        )
    for spec in specs:
        spec.name = keys[spec.name]
    return list(saveables)
