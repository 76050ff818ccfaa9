"""Modules of what other tools left: a GraphDef or a SavedModel, and a checkpoint.

A GraphDef has nodes only: which of them are variables, which initialise tables and which name files is read off the ops, and the
signature is given, or its placeholders are the inputs and what nothing reads are the outputs.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from minihub.authoring import add_signature, create_module_spec
from minihub.export import checkpoint_tensors, write_module
from minihub.loading import is_frozen, read_frozen
from minihub.resolve import resolve
from minihub.saved_model import MetaGraph
from minihub.spec import ModuleSpec, create_module_spec_from_saved_model
from minihub_runtime.api.building import build
from minihub_runtime.api.graph import Graph, GraphKeys, Operation, get_default_graph
from minihub_runtime.api.importing import import_graph_def
from minihub_runtime.api.variables import Variable
from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.protos import GraphDef, MetaGraphDef, VariableDef
from minihub_runtime.shapes import concrete

__all__ = ["export_from_graph", "spec_from_graph_def", "spec_from_saved_model"]

SERVE = "serve"
SERVING_DEFAULT = "serving_default"

_TABLE_INITIALIZERS = (
    "InitializeTable",
    "InitializeTableFromTextFile",
    "InitializeTableFromTextFileV2",
    "InitializeTableV2",
    "LookupTableImport",
    "LookupTableImportV2",
)
#: Op → which of its inputs is the path of a file.
_FILE_INPUTS = {"InitializeTableFromTextFile": 1, "InitializeTableFromTextFileV2": 1}
_VARIABLES = ("VarHandleOp", "Variable", "VariableV2")


def export_from_graph(
    source: str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    signature: str = "default",
    drop_collections: Collection[str] = (),
) -> ModuleSpec:
    """Write the module of a GraphDef file or a SavedModel folder.

    Args:
        source: a `.pb` or `.pbtxt` file of a GraphDef, or the folder of a SavedModel.
        path: a folder that is not there, or is empty.
        checkpoint: prefix of the values of variables, or a folder of which the latest counts; a SavedModel has its own.
        inputs: name in the signature → tensor of a GraphDef; its placeholders if left out.
        outputs: likewise; what nothing reads if left out.
        signature: name of the signature of a GraphDef.
        drop_collections: collections of a SavedModel that a module cannot have, and does not need.

    Returns:
        The spec of what was written.

    Raises:
        InvalidArgumentError: there are variables but no values for them, a tensor is not in the graph, or a collection is not
            supported.
        AlreadyExistsError: there is something at `path`; it is left alone.
        OpError: a file cannot be read or written; nothing is left behind then.
    """
    text = os.fspath(source)
    place = resolve(text)
    if is_frozen(place):
        graph, found = read_frozen(place)
        named_inputs = inputs or {key: str(info.refs[0]) for key, info in found.inputs.items()}
        named_outputs = outputs or {key: str(info.refs[0]) for key, info in found.outputs.items()}
        from minihub_runtime.graph.writer import graph_to_proto

        spec = spec_from_graph_def(graph_to_proto(graph), named_inputs, named_outputs, signature)
        prefix = None
    else:
        if inputs or outputs or signature != "default":
            raise InvalidArgumentError(
                "a SavedModel has signatures of its own: inputs, outputs and the name of a signature are for GraphDefs"
            )
        spec = spec_from_saved_model(text, drop_collections)
        prefix = spec.checkpoint_prefix
    if checkpoint is not None:
        prefix = os.fspath(checkpoint)
    tensors = _tensors(spec, prefix, text)
    write_module(path, spec.graphs, tensors)
    return spec


def _tensors(spec: ModuleSpec, prefix: str | None, source: str) -> dict[str, Any]:
    """The values of the variables of all graphs."""
    from minihub.consistency import variables_of

    tensors: dict[str, Any] = {}
    for meta_graph in spec.graphs:
        variables = variables_of(meta_graph)
        if variables and prefix is None:
            raise InvalidArgumentError(
                f"{clip(source)} has variables, such as {clip(variables[0].key)!r}, so a checkpoint with their values "
                "must be given"
            )
        if variables and prefix is not None:
            tensors.update(checkpoint_tensors(meta_graph, prefix, lambda name: name))
    return tensors


def spec_from_graph_def(
    graph_def: GraphDef,
    inputs: Mapping[str, str],
    outputs: Mapping[str, str],
    signature: str = "default",
) -> ModuleSpec:
    """The spec of the module of a GraphDef with one signature.

    Args:
        graph_def: nodes and functions.
        inputs: name in the signature → name of a tensor; `:0` may be left out.
        outputs: likewise.
        signature: its name.

    Raises:
        InvalidArgumentError: a tensor is not in the graph.
    """

    def module_fn() -> None:
        import_graph_def(graph_def, name="")
        graph = get_default_graph()
        _collect(graph)
        named = [
            {key: _tensor(graph, text, f"{kind} {key!r}") for key, text in texts.items()}
            for kind, texts in (("input", inputs), ("output", outputs))
        ]
        add_signature(signature, *named)

    return create_module_spec(module_fn)


def _tensor(graph: Graph, text: str, what: str) -> Any:
    name = text if ":" in text else f"{text}:0"
    try:
        return graph.get_tensor_by_name(name)
    except (KeyError, ValueError) as error:
        raise InvalidArgumentError(
            f"{what} must be a tensor of the graph, not {clip(text)!r}: {error.args[0]}"
        ) from error


def _collect(graph: Graph) -> None:
    """Fill the collections by which a module knows its variables, tables and files."""
    readers: dict[str, list[Operation]] = {}
    for op in graph.get_operations():
        for tensor in op.inputs:
            readers.setdefault(tensor.op.name, []).append(op)
    for op in list(graph.get_operations()):
        if op.type in _VARIABLES:
            variable = _variable(op, readers.get(op.name, []))
            graph.add_to_collection(GraphKeys.GLOBAL_VARIABLES, variable)
            graph.add_to_collection(GraphKeys.TRAINABLE_VARIABLES, variable)
        elif op.type in _TABLE_INITIALIZERS:
            graph.add_to_collection(GraphKeys.TABLE_INITIALIZERS, op)
            if op.type in _FILE_INPUTS:
                graph.add_to_collection(GraphKeys.ASSET_FILEPATHS, op.inputs[_FILE_INPUTS[op.type]])


def _variable(op: Operation, readers: list[Operation]) -> Variable:
    """The variable of a node; what was pruned away, because only training needs it, is added anew."""
    resource = op.type == "VarHandleOp"
    reads = ("ReadVariableOp",) if resource else ("Identity",)
    assigns = ("AssignVariableOp",) if resource else ("Assign",)
    read = next((r for r in readers if r.type in reads), None)
    assign = next((r for r in readers if r.type in assigns), None)
    graph, (handle,) = op.graph, op.outputs
    dtype = op.node.attrs["dtype"]
    with graph.name_scope(f"{op.name}/"):
        if assign is None:
            shape = concrete(op.node.attrs.get("shape"))
            if shape is None:
                raise InvalidArgumentError(
                    f"variable {clip(op.name)!r} must have a known shape or an assignment"
                )
            first = build("Fill", name="zeros", dims=list(shape), value=_zero(dtype))
            if resource:
                assign = build("AssignVariableOp", name="Assign", resource=handle, value=first)
            else:
                assign = build("Assign", name="Assign", ref=handle, value=first).op
        if read is None:
            read = (
                build("ReadVariableOp", name="Read/ReadVariableOp", resource=handle, dtype=dtype).op
                if resource
                else build("Identity", name="read", input=handle).op
            )
    return Variable.from_proto(
        VariableDef(
            variable_name=handle.name,
            initializer_name=assign.name,
            snapshot_name=read.outputs[0].name,
            initial_value_name=assign.inputs[1].name,
            is_resource=resource,
            trainable=True,
        )
    )


def _zero(dtype: Any) -> Any:
    import numpy as np

    return np.zeros((), dtype.numpy) if dtype.name != "string" else ""


def spec_from_saved_model(folder: str, drop_collections: Collection[str] = ()) -> ModuleSpec:
    """The spec of the module of a SavedModel: `serve` becomes the empty tag set, `serving_default` is the default signature, too.

    Raises:
        InvalidArgumentError: a collection is not supported, two graphs have the same tags then, or it is of TF2.
    """
    spec = create_module_spec_from_saved_model(folder, drop_collections)
    graphs = [_as_module(meta_graph) for meta_graph in spec.graphs]
    tag_sets = [meta_graph.tags for meta_graph in graphs]
    if len(set(tag_sets)) < len(tag_sets):
        raise InvalidArgumentError(
            f"without the tag {SERVE!r} two graphs have the same tags: {[sorted(t) for t in tag_sets]}"
        )
    return ModuleSpec(graphs, spec.folder, spec.checkpoint_prefix)


def _as_module(meta_graph: MetaGraph) -> MetaGraph:
    proto = MetaGraphDef()
    proto.CopyFrom(meta_graph.proto)
    if proto.object_graph_def:
        raise InvalidArgumentError(f"{clip(meta_graph.folder)} is a TF2 SavedModel, not one of TF1")
    proto.meta_info_def.tags[:] = [tag for tag in proto.meta_info_def.tags if tag != SERVE]
    proto.ClearField("saver_def")
    for name in list(_private_signatures(proto)):
        del proto.signature_def[name]
    for signature in proto.signature_def.values():
        signature.ClearField("method_name")
    if "default" not in proto.signature_def and SERVING_DEFAULT in proto.signature_def:
        proto.signature_def["default"].CopyFrom(proto.signature_def[SERVING_DEFAULT])
    return MetaGraph(proto, meta_graph.folder, meta_graph.assets)


def _private_signatures(proto: MetaGraphDef) -> Iterator[str]:
    """The signatures by which a SavedModel names operations of its own."""
    return (name for name in proto.signature_def if name.startswith("__saved_model_"))
