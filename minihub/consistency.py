"""What must hold between the parts of a module: signatures and graph, variables and checkpoint.

Each part is checked by its own reader; a module whose parts do not fit is found out here, before anything runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from minihub.errors import UnknownNameError
from minihub.saved_model import VARIABLES_PREFIX, MetaGraph
from minihub_runtime.checkpoint import CheckpointReader, OldCheckpointReader
from minihub_runtime.checkpoint.slices import Box
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import DataLossError, InvalidArgumentError, NotFoundError, clip
from minihub_runtime.graph.ir import Graph, Node, Ref, parse_ref
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import VariableDef, parse
from minihub_runtime.shapes import compatible, show

__all__ = [
    "VariableEntry",
    "check_collections",
    "check_signatures",
    "check_stored",
    "check_variables",
    "slice_spec",
    "variables_of",
]


VARIABLE_OPS = ("VarHandleOp", "VariableV2", "Variable")


class VariableEntry:
    """One variable, or one partition of one, as the collection `variables` describes it.

    Attributes:
        node: name of the node that holds it.
        key: name of its tensor in the checkpoint.
        slice: what RestoreV2 needs to read a partition; empty for a whole variable.
        offset: where a partition begins in each dimension; empty for a whole variable.
        lengths: its length in each dimension.
        shape: shape of the tensor in the checkpoint, None if the graph does not tell.
        dtype: its type.
        op: op type of the node.
    """

    def __init__(self, definition: Any, graph: Graph, folder: str) -> None:
        self.node = _in_graph(graph, definition.variable_name, "variable", folder)
        node = graph.nodes[self.node]
        for field in ("initializer_name", "snapshot_name", "initial_value_name"):
            if getattr(definition, field):
                _in_graph(graph, getattr(definition, field), f"{field} of a variable", folder)
        if node.op not in VARIABLE_OPS or "dtype" not in node.attrs:
            raise InvalidArgumentError(
                f"variable {clip(self.node)!r} must be made by one of {', '.join(VARIABLE_OPS)} and "
                f"have a dtype, not {clip(node.op)} ({clip(folder)})"
            )
        self.op = node.op
        self.dtype: DType = node.attrs["dtype"]
        self.shape = node.attrs.get("shape")
        self.key, self.slice = self.node, ""
        self.offset: tuple[int, ...] = ()
        self.lengths: tuple[int, ...] = ()
        if definition.HasField("save_slice_info_def"):
            info = definition.save_slice_info_def
            self.key = self.node.rpartition("/")[0]
            if not self.key or not info.full_name.endswith(self.key):
                raise InvalidArgumentError(
                    f"partition {clip(self.node)!r} must lie below the variable it is a part of, "
                    f"not {clip(info.full_name)!r}"
                )
            self.slice = slice_spec(info)
            self.shape = tuple(info.full_shape)
            self.offset, self.lengths = tuple(info.var_offset), tuple(info.var_shape)

    @property
    def shown(self) -> str:
        """What to call it in a message; of a partition, the variable and which part of it this is."""
        if not self.slice:
            return clip(self.node)
        return f"{clip(self.key)}, of which {clip(self.node)} is the part {Box(self.offset, self.lengths)},"


def _in_graph(graph: Graph, name: str, what: str, folder: str) -> str:
    node = parse_ref(name).node
    if node not in graph.nodes:
        raise DataLossError(f"the graph must hold {what} {clip(node)!r} ({clip(folder)})")
    return node


def slice_spec(info: Any) -> str:
    """`8 16 0,4:0,16`: full shape, then offset and length in each dimension."""
    if not len(info.full_shape) == len(info.var_offset) == len(info.var_shape):
        raise InvalidArgumentError(
            f"shape, offset and lengths of a partition of {clip(info.full_name)!r} must be of one rank"
        )
    shape = " ".join(str(n) for n in info.full_shape)
    parts = ":".join(
        f"{offset},{length}" for offset, length in zip(info.var_offset, info.var_shape, strict=True)
    )
    return f"{shape} {parts}"


def variables_of(meta_graph: MetaGraph) -> list[VariableEntry]:
    """The variables of a MetaGraph.

    Raises:
        DataLossError: the collection holds something else, or names what is not in the graph.
    """
    items = meta_graph.collection("variables", "bytes_list")
    what = "an item of the collection 'variables'"
    return [
        VariableEntry(parse(VariableDef, data, what), meta_graph.graph, meta_graph.folder)
        for data in items
    ]


def check_variables(
    variables: Iterable[VariableEntry], reader: CheckpointReader | None, folder: str
) -> None:
    """Look for all variables in the checkpoint.

    Raises:
        NotFoundError: there is no checkpoint.
        InvalidArgumentError: a variable is not there, or is of another type or shape.
    """
    prefix = os.path.join(folder, VARIABLES_PREFIX)
    for variable in variables:
        if reader is None:
            raise NotFoundError(
                f"a module with variables must have a checkpoint, but there is no {clip(prefix)}.index"
            )
        check_stored(variable, variable.key, reader, prefix)


def check_stored(
    variable: VariableEntry,
    name: str,
    reader: CheckpointReader | OldCheckpointReader,
    prefix: str,
) -> None:
    """Look for a variable in a checkpoint under a name.

    Raises:
        InvalidArgumentError: it is not there, or is of another type or shape.
    """
    if not reader.has(name):
        raise InvalidArgumentError(
            f"Tensor {clip(name)} is not found in {clip(prefix)} checkpoint; it has "
            f"{clip(str(reader.names()))}"
        )
    shape = reader.shape(name)
    if not compatible(variable.shape, shape):
        raise InvalidArgumentError(
            f"Shape of variable {variable.shown} ({show(variable.shape)}) doesn't match with "
            f"shape of tensor {clip(name)} ({show(shape)}) from checkpoint reader ({clip(prefix)})."
        )
    if reader.dtype(name) is not variable.dtype:
        raise InvalidArgumentError(
            f"variable {variable.shown} must be of type {variable.dtype.name} in the "
            f"checkpoint {clip(prefix)}, not {reader.dtype(name).name}"
        )


#: Collections of names of tensors and operations; those of variables and contexts hold messages.
NODE_COLLECTIONS = (
    "asset_filepaths",
    "regularization_losses",
    "table_initializer",
    "update_ops",
)
MESSAGE_COLLECTIONS = ("model_variables", "trainable_variables", "variables")


def check_collections(meta_graph: MetaGraph) -> None:
    """Look whether the collections of a module hold what they should.

    Raises:
        DataLossError: one is of another kind, or names what is not in the graph.
        InvalidArgumentError: one names an output that an operation does not have.
    """
    for key in MESSAGE_COLLECTIONS:
        meta_graph.collection(key, "bytes_list")
    for key in NODE_COLLECTIONS:
        for name in meta_graph.collection(key, "node_list"):
            what = f"an item of the collection {key!r}"
            _in_graph(meta_graph.graph, name, f"{what},", meta_graph.folder)
            if ":" in name:
                _check_ref(
                    meta_graph.graph, parse_ref(name), f"{what} in {clip(meta_graph.folder)}"
                )


def check_signatures(meta_graph: MetaGraph) -> None:
    """Look for the tensors of all inputs and outputs in the graph.

    Raises:
        InvalidArgumentError: one is not there, or is of another type.
    """
    graph = meta_graph.graph
    for signature in meta_graph.signatures.values():
        for kind, infos in (("input", signature.inputs), ("output", signature.outputs)):
            for name, info in infos.items():
                label = (
                    f"{kind} {clip(name)!r} of signature {clip(signature.name)!r} in "
                    f"{clip(meta_graph.folder)}"
                )
                for ref in info.refs:
                    _check_ref(graph, ref, label)
                for ref, dtype in zip(info.refs, info.part_dtypes, strict=False):
                    _check_dtype(graph, ref, dtype, label)


def _check_ref(graph: Graph, ref: Ref, label: str) -> None:
    if ref.node not in graph.nodes:
        raise UnknownNameError(f"{label} must be a tensor of the graph, not {clip(str(ref))!r}")
    types = _output_dtypes(graph, graph.nodes[ref.node])
    if types is not None and ref.index >= len(types):
        raise InvalidArgumentError(
            f"{label} must be one of the {len(types)} outputs of {clip(ref.node)!r}, not number {ref.index}"
        )


def _check_dtype(graph: Graph, ref: Ref, dtype: DType, label: str) -> None:
    types = _output_dtypes(graph, graph.nodes[ref.node])
    if types is not None and types[ref.index].base_dtype is not dtype:
        raise InvalidArgumentError(
            f"{label} must be of type {types[ref.index].base_dtype.name} as its tensor "
            f"{clip(str(ref))!r} is, not {dtype.name}"
        )


def _output_dtypes(graph: Graph, node: Node) -> list[DType] | None:
    """The types of a node's outputs, None if its op is not known."""
    if node.op in graph.functions or node.op not in REGISTRY:
        return None
    schema = REGISTRY[node.op].schema
    return schema.output_dtypes(schema.complete(node.attrs, node.op))
