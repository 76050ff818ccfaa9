"""How the items of a collection become messages of a MetaGraph, and come back.

Items without a registered message are exported as they are: numbers, strings, `Any` messages, or names of elements of
the graph.

Source: tensorflow/python/framework/ops.py:register_proto_function, python/ops/ref_variable.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from minihub_runtime.api.graph import get_default_graph
from minihub_runtime.api.graph_keys import VARIABLE_COLLECTIONS, GraphKeys
from minihub_runtime.api.name_prefixes import prepend_name_scope, strip_name_scope
from minihub_runtime.api.variables import Variable
from minihub_runtime.protos import (
    CondContextDef,
    Message,
    QueueRunnerDef,
    VariableDef,
    WhileContextDef,
)

__all__ = ["NamedMessage", "ProtoFunctions", "proto_functions", "register_proto_function"]


class ProtoFunctions(NamedTuple):
    """What was registered for a collection.

    Attributes:
        proto_type: class of its messages.
        to_proto: (item, export_scope=) → message, or None if the item lies outside the scope.
        from_proto: (message, import_scope=) → item.
    """

    proto_type: Any = None
    to_proto: Callable[..., Any] | None = None
    from_proto: Callable[..., Any] | None = None


_REGISTERED: dict[str, ProtoFunctions] = {}


def register_proto_function(
    collection_name: str,
    proto_type: Any = None,
    to_proto: Callable[..., Any] | None = None,
    from_proto: Callable[..., Any] | None = None,
) -> None:
    """Say how the items of a collection become messages.

    Args:
        collection_name: the collection.
        proto_type: class of the messages.
        to_proto: a function of an item and the keyword `export_scope`.
        from_proto: a function of a message and the keyword `import_scope`.

    Raises:
        TypeError: a function is not callable.
        KeyError: the collection is registered already.
    """
    for name, function in (("to_proto", to_proto), ("from_proto", from_proto)):
        if function and not callable(function):
            raise TypeError(f"{name} must be callable.")
    if collection_name in _REGISTERED:
        raise KeyError(
            f"Registering two proto functions with name '{collection_name}'! Collections have one each."
        )
    _REGISTERED[collection_name] = ProtoFunctions(proto_type, to_proto, from_proto)


def proto_functions(collection_name: str) -> ProtoFunctions:
    """What was registered for a collection; three times None if nothing was."""
    return _REGISTERED.get(collection_name, ProtoFunctions())


class NamedMessage:
    """A message full of names that nothing here needs: kept, so that TensorFlow finds it after the next export.

    TensorFlow builds control flow with the contexts.  Those of queue runners become QueueRunners when they are started.

    Attributes:
        proto: the message, with names as they are in this graph.
    """

    def __init__(self, proto: Message) -> None:
        self.proto: Any = proto

    @property
    def name(self) -> str:
        """The first of its names, that of the whole."""
        name: str = getattr(self.proto, self.proto.DESCRIPTOR.fields_by_number[1].name)
        return name

    @classmethod
    def from_proto(cls, proto: Message, import_scope: str | None = None) -> NamedMessage:
        """The message in a graph that was imported under a scope."""
        return cls(_renamed(proto, lambda name: prepend_name_scope(name, import_scope)))

    def to_proto(self, export_scope: str | None = None) -> Message | None:
        """The message relative to a scope, None if it lies outside."""
        if export_scope and not self.name.startswith(export_scope):
            return None
        proto: Message = _renamed(self.proto, lambda name: strip_name_scope(name, export_scope))
        return proto

    def __repr__(self) -> str:
        return f"<{self.proto.DESCRIPTOR.name} of {self.name!r}>"


def _renamed(proto: Any, rename: Callable[[str], str]) -> Any:
    """A copy of a message all of whose strings are names, renamed."""
    result = type(proto)()
    result.CopyFrom(proto)
    for field, value in proto.ListFields():
        target = getattr(result, field.name)
        if field.message_type is None:
            if isinstance(value, str):
                setattr(result, field.name, rename(value))
            elif hasattr(value, "extend") and isinstance(value[0], str):
                target[:] = [rename(item) for item in value]
        elif field.message_type.GetOptions().map_entry:
            target.clear()
            target.update({rename(key): rename(item) for key, item in value.items()})
        elif hasattr(value, "ListFields"):
            target.CopyFrom(_renamed(value, rename))
        else:
            for part, item in zip(target, value, strict=True):
                part.CopyFrom(_renamed(item, rename))
    return result


def _item_to_proto(item: Any, export_scope: str | None = None) -> Any:
    return item.to_proto(export_scope=export_scope)


def _variable_from_proto(proto: VariableDef, import_scope: str | None = None) -> Any:
    return Variable.from_proto(proto, import_scope=(import_scope or "").removesuffix("/"))


for _key in VARIABLE_COLLECTIONS:
    register_proto_function(_key, VariableDef, _item_to_proto, _variable_from_proto)


def _context_from_proto(proto: Message, import_scope: str | None = None) -> NamedMessage:
    """A context of a branch or a loop; the frames of loops get its name, as they had before."""
    made = NamedMessage.from_proto(proto, import_scope)
    if import_scope:
        _rename_frames(made.proto)
    return made


def _rename_frames(context: Any) -> None:
    graph = get_default_graph()
    if isinstance(context, WhileContextDef):
        for name in context.values_def.values:
            node = graph.as_graph_element(name).op.node
            if node.op in ("Enter", "RefEnter"):
                graph.set_attrs(node.name, frame_name=context.context_name)
    for nested in context.nested_contexts:
        _rename_frames(getattr(nested, nested.WhichOneof("ctxt")))


for _key, _type in (
    (GraphKeys.COND_CONTEXT, CondContextDef),
    (GraphKeys.WHILE_CONTEXT, WhileContextDef),
):
    register_proto_function(_key, _type, NamedMessage.to_proto, _context_from_proto)
register_proto_function(
    GraphKeys.QUEUE_RUNNERS, QueueRunnerDef, _item_to_proto, NamedMessage.from_proto
)
