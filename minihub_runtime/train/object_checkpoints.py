"""Checkpoints of objects: keys are paths from a root through what depends on what, and a message holds the graph of these.

`tf.train.Checkpoint` writes them; `tf.train.Saver` reads them by the names that the variables had.

Source: tensorflow/python/checkpoint/util.py, save_util_v1.py, tensorflow/python/trackable/trackable_utils.py,
tensorflow/python/training/saver.py:saver_from_object_based_checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from minihub_runtime.api.saveables import SaveableObject, saveables_of
from minihub_runtime.api.trackable import Trackable, trackable_children
from minihub_runtime.api.variables import Variable
from minihub_runtime.checkpoint import CheckpointReader, OldCheckpointReader
from minihub_runtime.errors import DataLossError, NotFoundError
from minihub_runtime.ops.checkpoint_files import open_checkpoint
from minihub_runtime.protos import TrackableObjectGraph, parse

__all__ = [
    "OBJECT_GRAPH_KEY",
    "Found",
    "found_objects",
    "key_of",
    "names_of_nodes",
    "names_to_keys",
    "object_graph",
    "read_object_graph",
    "renamed",
    "saveables_by_name",
    "saveables_for",
    "slots_of",
]

#: The tensor that holds the graph of the objects.
OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"


class Found(NamedTuple):
    """An object that is saved.

    Attributes:
        item: the object.
        path: the beginning of its keys.
        children: name → object it depends on.
        slots: of an optimiser: the node of the variable, the name of the slot, and the node of the slot.
    """

    item: Any
    path: str
    children: dict[str, Any]
    slots: list[tuple[int, str, int]]


def found_objects(root: Any) -> list[Found]:
    """All objects that a root depends on, near ones first, and the slots of variables and optimisers among them.

    Raises:
        ValueError: a dict has something that can be saved under a key that is no text.
        NotImplementedError: a slot is among the objects.
    """
    found = [Found(root, "", trackable_children(root), [])]
    seen = {id(root)}
    for _, path, children, _ in found:
        for name, child in children.items():
            if id(child) not in seen:
                seen.add(id(child))
                below = f"{path}/{_escaped(name)}" if path else _escaped(name)
                found.append(Found(child, below, trackable_children(child), []))
    for item, path, _, slots in list(found):
        for name, original, slot in slots_of(item, [other.item for other in found]):
            if id(slot) in seen:
                raise NotImplementedError(
                    f"A slot variable was re-used as a dependency of a Trackable object: {slot}. This is "
                    "not currently allowed."
                )
            seen.add(id(slot))
            slots.append((original, name, len(found)))
            key = f"{found[original].path}/.OPTIMIZER_SLOT/{path}/{_escaped(name)}"
            found.append(Found(slot, key, {}, []))
    return found


def slots_of(optimizer: Any, items: Sequence[Any]) -> list[tuple[str, int, Any]]:
    """The slots that an optimiser has for some of the items: name, place of the item, slot."""
    if not hasattr(type(optimizer), "get_slot_names"):
        return []
    return [
        (name, place, slot)
        for name in optimizer.get_slot_names()
        for place, item in enumerate(items)
        if isinstance(item, Variable) and (slot := optimizer.get_slot(item, name)) is not None
    ]


def _escaped(name: str) -> str:
    return name.replace(".", "..").replace("/", ".S")


def key_of(path: str, name: str) -> str:
    """The key of what an object saves under a name."""
    return f"{path}/.ATTRIBUTES/{_escaped(name)}"


def saveables_by_name(item: Any) -> dict[str, Any]:
    """Name → what an object saves by itself: a variable, or a function that makes a SaveableObject."""
    return item._gather_saveables_for_checkpoint() if isinstance(item, Trackable) else {}


def saveables_for(value: Any, key: str) -> list[SaveableObject]:
    """What is saved under a key of what `saveables_by_name` gives."""
    return list(saveables_of(value(key) if callable(value) else value, key))


def object_graph(found: Sequence[Found]) -> TrackableObjectGraph:
    """The message that describes the objects."""
    places = {id(item): place for place, (item, *_) in enumerate(found)}
    graph = TrackableObjectGraph()
    for item, path, children, slots in found:
        node = graph.nodes.add()
        for name, child in children.items():
            node.children.add(node_id=places[id(child)], local_name=name)
        for name in saveables_by_name(item):
            full_name = _full_name(item)
            node.attributes.add(name=name, full_name=full_name, checkpoint_key=key_of(path, name))
        for original, name, slot in slots:
            node.slot_variables.add(
                original_variable_node_id=original, slot_name=name, slot_variable_node_id=slot
            )
    _note_values(graph)
    return graph


def _full_name(item: Any) -> str:
    """The name of a variable among all, of the whole if it is a part."""
    if not isinstance(item, Variable):
        return ""
    info = item._save_slice_info
    return item._shared_name if info is None else info.full_name


def _note_values(graph: TrackableObjectGraph) -> None:
    """Note of each object whether it has values, or depends on one that has."""
    having = {i for i, node in enumerate(graph.nodes) if node.attributes or node.slot_variables}
    parents: dict[int, list[int]] = {}
    for place, node in enumerate(graph.nodes):
        for child in node.children:
            parents.setdefault(child.node_id, []).append(place)
    left = list(having)
    while left:
        for parent in parents.get(left.pop(), []):
            if parent not in having:
                having.add(parent)
                left.append(parent)
    for place, node in enumerate(graph.nodes):
        node.has_checkpoint_values.value = place in having


def read_object_graph(
    reader: CheckpointReader | OldCheckpointReader, prefix: str
) -> TrackableObjectGraph | None:
    """The message in a checkpoint; None if it is no checkpoint of objects.

    Raises:
        DataLossError: the checkpoint is damaged.
    """
    if not reader.has(OBJECT_GRAPH_KEY):
        return None
    data = bytes(reader.read(OBJECT_GRAPH_KEY).item())
    graph: TrackableObjectGraph = parse(TrackableObjectGraph, data, f"the object graph of {prefix}")
    nodes = len(graph.nodes)
    references = (
        number
        for node in graph.nodes
        for number in (
            *(child.node_id for child in node.children),
            *(slot.original_variable_node_id for slot in node.slot_variables),
            *(slot.slot_variable_node_id for slot in node.slot_variables),
        )
    )
    if not nodes or not all(0 <= number < nodes for number in references):
        raise DataLossError(f"the object graph of {prefix} must refer to its {nodes} nodes only")
    return graph


def names_of_nodes(graph: TrackableObjectGraph) -> dict[int, str]:
    """Node → name for messages: the path from the root, or whose slot it is."""
    names = {0: "(root)"}
    queue = [0]
    for place in queue:
        for child in graph.nodes[place].children:
            if child.node_id not in names:
                names[child.node_id] = f"{names[place]}.{child.local_name}"
                queue.append(child.node_id)
    for place, node in enumerate(graph.nodes):
        for slot in node.slot_variables:
            names[slot.slot_variable_node_id] = (
                f"{names.get(place)}'s state '{slot.slot_name}' for "
                f"{names.get(slot.original_variable_node_id)}"
            )
    return names


def names_to_keys(prefix: str) -> dict[str, str] | None:
    """Name of a variable when the checkpoint was written → key; None if it is no checkpoint of objects.

    Raises:
        DataLossError: the checkpoint is damaged.
    """
    with open_checkpoint(prefix) as reader:
        graph = read_object_graph(reader, prefix)
    if graph is None:
        return None
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
