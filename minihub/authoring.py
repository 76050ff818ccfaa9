"""Defining modules: functions that build their graphs, signatures, attached messages.

    def half_plus_two():
        a = tf.get_variable("a", initializer=0.5)
        x = tf.placeholder(tf.float32, [None])
        hub.add_signature(inputs=x, outputs=a * x + 2.0)

    spec = hub.create_module_spec(half_plus_two)

Source: tensorflow_hub/native_module.py, saved_model_lib.py.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from minihub.colocation import check_signature_inputs, check_state_nodes
from minihub.errors import ArgumentTypeError
from minihub.image_util import IMAGE_MODULE_INFO_KEY
from minihub.native import ATTACHMENTS_COLLECTION, SUPPORTED_COLLECTIONS
from minihub.saved_model import MetaGraph
from minihub.spec import ModuleSpec
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.graph import Graph, GraphKeys, Tensor, get_default_graph
from minihub_runtime.api.meta_graph import create_meta_graph_def
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.tensor_info import build_tensor_info
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.codec import tensor_from_proto
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.protos import Message, MetaGraphDef, ModuleAttachment

__all__ = ["add_signature", "attach_image_module_info", "attach_message", "create_module_spec"]

#: Keys of collections that are no strings do not show among a graph's collections, and are not exported as such.
_SIGNATURES = ("__saved_model_lib_signatures",)
_ATTACHMENTS = ("__hub_module_attachments",)

_KEY = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
_SUPPORTED_TYPES = (Tensor, SparseTensor, RaggedTensor)

_logger = logging.getLogger("minihub")


def create_module_spec(
    module_fn: Callable[..., Any],
    tags_and_args: Sequence[tuple[Collection[str], Mapping[str, Any]]] | None = None,
    drop_collections: Collection[str] | None = None,
) -> ModuleSpec:
    """The spec of the module whose graphs a function builds.

    Args:
        module_fn: builds a graph in the default graph and calls `add_signature` at least once.  Variables are resource variables
            unless it says otherwise.
        tags_and_args: for each variant of the graph, its tags and the keyword arguments that `module_fn` is called with; one
            without tags, built without arguments, if left out.
        drop_collections: collections of the graphs that the module does not need.

    Raises:
        ValueError: tags are used twice, there is no signature, a collection is not supported, or a node that holds state is
            colocated with one that does not.
    """
    variants = list(tags_and_args or [((), {})])
    graphs: list[MetaGraph] = []
    readable: set[str] = set()
    for tags, arguments in variants:
        tagset = frozenset(() if tags is None else tags)
        if any(graph.tags == tagset for graph in graphs):
            raise InvalidArgumentError(f"Tags {sorted(tagset)!r} used repeatedly")
        graph = Graph()
        with graph.as_default(), variable_scope("", use_resource=True):
            module_fn(**arguments)
        for key in drop_collections or ():
            graph.clear_collection(key)
        check_state_nodes(graph, sorted(tagset) if tags_and_args else None)
        name = getattr(module_fn, "__name__", type(module_fn).__name__)
        made = _meta_graph(graph, tagset, f"<{name}>")
        graphs.append(made)
        # What the graph was let read, such as the checkpoints of modules in it, its copies may read, too.
        readable.update(graph.readable, made.assets.values())
    return ModuleSpec(graphs, readable=readable)


def _meta_graph(graph: Graph, tags: Collection[str], label: str) -> MetaGraph:
    """The MetaGraph of a graph that `module_fn` has built."""
    signatures = graph.get_collection(_SIGNATURES)
    if not signatures:
        raise InvalidArgumentError(
            "No signatures present. Please call hub.add_signature(...) at least once in the "
            "module_fn."
        )
    proto = create_meta_graph_def(graph=graph, strip_default_attrs=True)
    proto.meta_info_def.tags.extend(sorted(tags))
    for name, inputs, outputs in signatures:
        signature = proto.signature_def[name]
        signature.Clear()
        for key, value in inputs.items():
            signature.inputs[key].CopyFrom(value)
        for key, value in outputs.items():
            signature.outputs[key].CopyFrom(value)
    attachments = dict(graph.get_collection(_ATTACHMENTS))
    if attachments:
        proto.collection_def[ATTACHMENTS_COLLECTION].bytes_list.value.extend(
            ModuleAttachment(key=key, value=data).SerializeToString(deterministic=True)
            for key, data in attachments.items()
        )
    unsupported = sorted(set(proto.collection_def) - SUPPORTED_COLLECTIONS)
    if unsupported:
        raise InvalidArgumentError(
            f"Unsupported collections in graph: {unsupported}\nUse hub.create_module_spec(..., "
            "drop_collections=[...]) as appropriate."
        )
    return MetaGraph(proto, label, dict(_asset_paths(proto)))


def _asset_paths(proto: MetaGraphDef) -> Iterator[tuple[str, str]]:
    """Node and path of each constant in the collection of assets.

    Raises:
        ValueError: the collection holds what is no tensor.
        TypeError: a tensor is no scalar string constant.
    """
    if GraphKeys.ASSET_FILEPATHS not in proto.collection_def:
        return
    collection = proto.collection_def[GraphKeys.ASSET_FILEPATHS]
    if collection.WhichOneof("kind") != "node_list":
        raise InvalidArgumentError("MetaGraph collection ASSET_FILEPATHS is not a list of tensors.")
    nodes = {node.name: node for node in proto.graph_def.node}
    for tensor in collection.node_list.value:
        name, _, index = tensor.partition(":")
        if index != "0":
            raise InvalidArgumentError(
                f"Unexpected tensor in ASSET_FILEPATHS collection: {tensor!r} must be the first "
                "output of a constant."
            )
        node = nodes[name]
        if node.op != "Const":
            raise TypeError(f"Asset node must be of type constant; {name!r} is a {node.op}.")
        value: Any = tensor_from_proto(node.attr["value"].tensor)
        if value.dtype != object:
            raise TypeError(f"Asset node must be of dtype string; {name!r} is of {value.dtype}.")
        if value.shape:
            raise TypeError(
                f"Asset node must be a scalar; {name!r} is of shape {list(value.shape)}."
            )
        yield name, os.fsdecode(value[()])


def add_signature(name: str | None = None, inputs: Any = None, outputs: Any = None) -> None:
    """Add a signature to the module that is being defined; to be called inside a `module_fn`.

    Args:
        name: its name, `default` if left out.
        inputs: name → tensor to feed; a single tensor is named `default`; none if left out.  Tensors may be sparse or ragged.
        outputs: name → tensor to return, likewise.

    Raises:
        ArgumentTypeError: a value is of a type that modules do not support, such as a Variable (a ValueError).
        ValueError: an input is colocated.
    """
    name = name or "default"
    named_inputs, named_outputs = (
        value if isinstance(value, dict) else {} if value is None else {"default": value}
        for value in (inputs, outputs)
    )
    _check_types(name, named_inputs, named_outputs)
    affected = [
        f"{label}='{part.name}'"
        for label, part in _dense_parts(named_inputs)
        if len(part.op.outputs) != 1
    ]
    if affected:
        _logger.error(
            "The inputs declared in hub.add_signature() should be tensors from ops with a single "
            "output, or else uses of tf.colocate_with() on that op can trigger fatal errors when "
            "the module is applied and colocation constraints have to be rewritten.\n"
            "Affected inputs: %s",
            ", ".join(affected),
        )
    check_signature_inputs(name, _dense_parts(named_inputs))
    infos = [
        {key: build_tensor_info(value) for key, value in values.items()}
        for values in (named_inputs, named_outputs)
    ]
    get_default_graph().add_to_collection(_SIGNATURES, (name, *infos))


def _check_types(name: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
    wrong = [
        f"  * {kind} '{key}' has type {type(value).__name__}"
        for kind, values in (("input", inputs), ("output", outputs))
        for key, value in sorted(values.items())
        if not isinstance(value, _SUPPORTED_TYPES)
    ]
    if wrong:
        supported = ", ".join(kind.__name__ for kind in _SUPPORTED_TYPES)
        shown = "\n".join(wrong)
        raise ArgumentTypeError(
            "The inputs and outputs declared in hub.add_signature() for signature "
            f"'{name}' should have one of the types that are supported by this version of "
            f"tensorflow_hub: {supported}.\n{shown}"
        )


def _dense_parts(values: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """The dense tensors that inputs consist of, with names for messages."""
    for name, value in sorted(values.items()):
        if isinstance(value, SparseTensor):
            parts = ("indices", "values", "dense_shape")
            yield from ((f"{name}.{part}", getattr(value, part)) for part in parts)
        elif isinstance(value, RaggedTensor):
            yield from ((f"{name}.component_{i}", part) for i, part in enumerate(value.components))
        else:
            yield name, value


def attach_message(key: str, message: Message) -> None:
    """Attach a message to the graph that is being defined; to be called inside a `module_fn`.

    Args:
        key: its key: letters, digits and underscores, a letter first.  The last message under a key counts.
        message: a protobuf message.

    Raises:
        ValueError: the key is malformed.
    """
    if not _KEY.fullmatch(key):
        raise InvalidArgumentError(f"hub.attach_message() called with malformed key '{key}'")
    get_default_graph().add_to_collection(
        _ATTACHMENTS, (key, message.SerializeToString(deterministic=True))
    )


def attach_image_module_info(image_module_info: Any) -> None:
    """Attach an ImageModuleInfo, which tells the size of the images a module takes."""
    attach_message(IMAGE_MODULE_INFO_KEY, image_module_info)
