"""`hub.Module`: a module in a TF1 graph.

Its variables and tables are made once, when it is instantiated (the state graph); each application adds the operations of
the whole graph again (the apply graph), reading that state.

Source: tensorflow_hub/module.py, native_module.py:_ModuleImpl.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from minihub import native
from minihub.binding import named_inputs
from minihub.colocation import follow_inputs
from minihub.consistency import (
    check_collections,
    check_signatures,
    check_variables,
    variables_of,
)
from minihub.errors import ArgumentTypeError
from minihub.export import write_module
from minihub.inside_functions import fit_into_function
from minihub.saved_model import MetaGraph
from minihub.spec import as_module_spec
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.contexts import init_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Graph, GraphKeys, Tensor, get_default_graph
from minihub_runtime.api.meta_graph_import import import_scoped_meta_graph
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.type_spec import CompositeTensor, TensorSpec, TypeSpec
from minihub_runtime.api.variables import (
    Variable,
    get_variable_scope,
    variable_scope,
)
from minihub_runtime.checkpoint import CheckpointReader, Sliced
from minihub_runtime.codec import attr_to_proto
from minihub_runtime.dtypes import resource
from minihub_runtime.errors import InvalidArgumentError, NotFoundError
from minihub_runtime.graph.ir import Ref
from minihub_runtime.graph.support import missing_ops
from minihub_runtime.protos import Message, MetaGraphDef, VariableDef, parse
from minihub_runtime.train.initial_checkpoints import initialize_from
from minihub_runtime.values import RaggedTensorValue

__all__ = ["TRAIN", "Module"]

M = TypeVar("M", bound=Message)

#: The tag of graphs that are made for training.
TRAIN = "train"

_logger = logging.getLogger("minihub")

STATE_COLLECTIONS = frozenset(
    {
        GraphKeys.ASSET_FILEPATHS,
        GraphKeys.COND_CONTEXT,
        GraphKeys.GLOBAL_VARIABLES,
        GraphKeys.MODEL_VARIABLES,
        GraphKeys.TABLE_INITIALIZERS,
        GraphKeys.WHILE_CONTEXT,
    }
)
TRAINABLE_STATE_COLLECTIONS = STATE_COLLECTIONS | {
    GraphKeys.REGULARIZATION_LOSSES,
    GraphKeys.TRAINABLE_VARIABLES,
}
APPLY_COLLECTIONS = frozenset(
    {GraphKeys.ASSET_FILEPATHS, GraphKeys.COND_CONTEXT, GraphKeys.WHILE_CONTEXT}
)


class Module:
    """A module instantiated in the default graph.

    Args:
        spec: a ModuleSpec, or the handle of one.
        trainable: whether optimisers see its variables, and its regularisation losses and update ops are added to
            the graph's collections.
        name: name of its scope, made unique.
        tags: which of its graphs.

    A warning is logged where the module is trainable and has a graph for training, tagged `train`, that is not used.

    Raises:
        ValueError: there is no graph with these tags, or `spec` is no spec.
        RuntimeError: the name scope is taken although the variable scope is free.
        NotFoundError: the graph needs ops that are not supported; in their messages all of them.
    """

    def __init__(
        self,
        spec: Any,
        trainable: bool = False,
        name: str = "module",
        tags: Collection[str] | None = None,
    ) -> None:
        self._graph = get_default_graph().outermost
        self._spec = as_module_spec(spec)
        self._trainable = trainable
        self._tags = frozenset(tags or ())
        if self._tags not in self._spec.get_tags():
            shown = sorted(tags) if tags else tags
            raise InvalidArgumentError(f"No such graph variant: tags={shown!r}")
        if not isinstance(name, str):
            raise ArgumentTypeError(f"name must be text, not {name!r}")
        if not name:
            raise InvalidArgumentError("name must be the name of a scope, not an empty one")
        self._meta_graph = self._spec.graph(self._tags)
        if trainable and TRAIN not in self._tags and any(TRAIN in t for t in self._spec.get_tags()):
            _logger.warning(
                "%r has a graph for training, with the tag %r, but is trained on the one with the tags %r: batch norm and dropout "
                "stay as they are for inference",
                name,
                TRAIN,
                sorted(self._tags),
            )
        _check_ops(self._meta_graph)
        check_signatures(self._meta_graph)
        check_collections(self._meta_graph)
        if self._spec.folder is not None:
            prefix = self._spec.checkpoint_prefix
            reader = CheckpointReader(prefix) if prefix is not None else None
            check_variables(variables_of(self._meta_graph), reader, self._spec.folder)
        # State lives as long as the graph, wherever the module is made.
        with init_scope():
            scope = _free_state_scope(name)
            self._name = scope.rsplit("/", 1)[-1]
            self._variables = self._create_state(scope)

    def _create_state(self, scope: str) -> dict[str, Any]:
        """Import the graph under `scope`; name → variable or list of partitions."""
        wanted = TRAINABLE_STATE_COLLECTIONS if self._trainable else STATE_COLLECTIONS
        for path in self._spec.readable:
            self._graph.allow_reading(path)
        parent = scope[: -len(self._name)]
        with self._graph.name_scope(parent):
            made = import_scoped_meta_graph(
                _state_graph(self._meta_graph, scope),
                import_scope=self._name,
                restore_collections_predicate=wanted.__contains__,
            )
        self._state = _state_tensors(self._meta_graph, self._graph, scope)
        self._assets = {
            f"{name}:0": self._graph.get_tensor_by_name(f"{scope}/{name}:0")
            for name in self._meta_graph.assets
        }
        # What else the graph has under names that begin like the scope's, as `text_encoder` for `text`, is not of the module.
        own = {
            parse(VariableDef, data, "a variable").variable_name.removesuffix(":0")
            for data in self._meta_graph.collection("variables")
        }
        named = {name.removesuffix(":0"): variable for name, variable in made.items()}
        variables = merge_partitions({name: named[name] for name in named if name in own})
        if self._spec.checkpoint_prefix is not None:
            with self._graph.name_scope(parent):
                for key, variable in sorted(variables.items()):
                    initialize_from(self._spec.checkpoint_prefix, key, variable)
        # tensorflow_hub leaves the operations of Savers here: one for the variables whose names begin like the scope's, one for
        # those of the module.  What is named later is named as if it did.
        with self._graph.name_scope(parent):
            if self._graph.get_collection(GraphKeys.GLOBAL_VARIABLES, self._name):
                self._graph.unique_name("save")
            if variables:
                self._graph.unique_name("save")
        return variables

    def __call__(
        self,
        inputs: Any = None,
        _sentinel: Any = None,
        signature: str | None = None,
        as_dict: bool | None = None,
    ) -> Any:
        """The outputs of a signature applied to `inputs`, as tensors of the graph.

        Args:
            inputs: the single input, a dict of inputs by name, or None for a signature without inputs.
            _sentinel: not to be used: what follows must be named.
            signature: name of the signature, `default` if None.
            as_dict: return all outputs by name, instead of the one named `default`.

        Raises:
            RuntimeError: another graph is the default now.
            TypeError: inputs are missing, too many, or of the wrong type or shape; there is no output `default`.
            ValueError: there is no such signature, or it has inputs or outputs of a type that is not supported, or an input is of
                another graph.
            NotImplementedError: inside a function, a branch or a loop, of a trainable module with update ops.
        """
        if self._graph is not get_default_graph().outermost:
            raise RuntimeError("Module must be applied in the graph it was instantiated for.")
        # An empty name is none here, as in tensorflow_hub.
        name = signature or "default"
        chosen = self._spec.signature(name, self._tags)
        for kind, infos in (("input", chosen.inputs), ("output", chosen.outputs)):
            _check_supported(name, kind, infos)
        named = named_inputs(inputs, chosen.inputs)
        tensors = {
            key: _compatible(named[key], info, f"Can't convert {key!r}")
            for key, info in chosen.inputs.items()
        }
        for key, info in chosen.inputs.items():
            for part in (tensors[key],) if info.kind == "dense" else tensors[key].components:
                if part.graph.outermost is not self._graph:
                    raise InvalidArgumentError(
                        f"{part} must be from the same graph as the module {self._name!r}, to which it is given as {key!r}"
                    )
        outputs = self._apply(name.replace(":", "_"), chosen.inputs, chosen.outputs, tensors)
        if as_dict:
            return outputs
        if "default" not in outputs:
            raise TypeError("There is no output named 'default'. Use as_dict=True.")
        return outputs["default"]

    def _apply(
        self,
        signature: str,
        inputs: Mapping[str, ParsedTensorInfo],
        outputs: Mapping[str, ParsedTensorInfo],
        tensors: Mapping[str, Any],
    ) -> dict[str, Any]:
        fed = dict(self._state)
        for key, info in inputs.items():
            parts = (tensors[key],) if info.kind == "dense" else tensors[key].components
            fed.update({str(ref): part for ref, part in zip(info.refs, parts, strict=True)})
        graph = get_default_graph()
        proto = _apply_graph(self._meta_graph, self._state)
        wanted = APPLY_COLLECTIONS | ({GraphKeys.UPDATE_OPS} if self._trainable else set())
        if graph.building_function:
            fed.update(self._assets)
            refs = [ref for info in outputs.values() for ref in info.refs]
            fit_into_function(proto, fed, refs, wanted)
        scope = graph.unique_name(f"{self._name}_apply_{signature}", mark_as_used=False)
        import_scoped_meta_graph(
            proto,
            input_map=fed,
            import_scope=scope.rsplit("/", 1)[-1],
            restore_collections_predicate=wanted.__contains__,
        )
        if not graph.building_function:
            follow_inputs(graph, scope, fed)

        def tensor(ref: Ref) -> Tensor:
            # An output that is an input, or state, has no node of its own in the copy.
            found: Tensor | None = fed.get(str(ref))
            return graph.get_tensor_by_name(f"{scope}/{ref}") if found is None else found

        results: dict[str, Any] = {}
        for key, info in outputs.items():
            parts = [tensor(ref) for ref in info.refs]
            try:
                results[key] = _composed(info, parts)
            except ValueError as error:
                raise InvalidArgumentError(
                    f"output {key!r} of signature {signature!r} must be a {info.type_name}: {error}"
                ) from error
        return results

    def export(self, path: str | os.PathLike[str], session: Any) -> None:
        """Write the module with the values its variables have in a session.

        It is the definition the module was made of that is written, with all its graphs; the session only gives values.

        Args:
            path: a folder that is not there, or is empty.
            session: a Session of the graph.

        Raises:
            RuntimeError: the default graph, or the session's, is not the module's.
            AlreadyExistsError: there is something at `path`; it is left alone.
            FailedPreconditionError: a variable has no value yet.
            OpError: a file cannot be read or written; nothing is left behind then.
        """
        if self._graph is not get_default_graph():
            raise RuntimeError(
                "default graph differs from the graph where the module was instantiated."
            )
        if self._graph is not session.graph:
            raise RuntimeError(
                "session graph differs from the graph where the module was instantiated."
            )
        tensors = {
            name: stored_value(variable, session) for name, variable in self._variables.items()
        }
        write_module(path, self._spec.graphs, tensors)

    def get_signature_names(self) -> list[str]:
        """The names of the signatures."""
        return self._spec.get_signature_names(self._tags)

    def get_input_info_dict(self, signature: str | None = None) -> Mapping[str, ParsedTensorInfo]:
        """Input name → type and shape.

        Raises:
            ValueError: there is no such signature.
        """
        return self._spec.get_input_info_dict(signature, self._tags)

    def get_output_info_dict(self, signature: str | None = None) -> Mapping[str, ParsedTensorInfo]:
        """Output name → type and shape.

        Raises:
            ValueError: there is no such signature.
        """
        return self._spec.get_output_info_dict(signature, self._tags)

    def get_attached_message(
        self, key: str, message_type: type[M], required: bool = False
    ) -> M | None:
        """The message attached under `key`, None if there is none.

        Raises:
            KeyError: there is none, and it is required.
        """
        return self._spec.get_attached_message(key, message_type, self._tags, required)

    @property
    def variable_map(self) -> dict[str, Any]:
        """Name inside the module → Variable, or list of Variables in the order of their offsets."""
        return self._variables

    @property
    def variables(self) -> list[Variable]:
        """All variables, by sorted name, partitions in the order of their offsets."""
        found: list[Variable] = []
        for _, value in sorted(self._variables.items()):
            found.extend(value) if isinstance(value, list) else found.append(value)
        return found

    def __repr__(self) -> str:
        return f"<hub.Module {self._name!r} of {self._spec!r}>"


def _check_ops(meta_graph: MetaGraph) -> None:
    missing = missing_ops(meta_graph.graph, meta_graph.graph.nodes.values())
    if missing:
        raise NotFoundError(
            "Graph ops missing from the python registry "
            f"({sorted(missing)}) are also absent from the c++ registry."
        )


def _free_state_scope(name: str) -> str:
    """A variable scope that is free, below the current one; name scopes do not count."""
    graph = get_default_graph()
    current = get_variable_scope().name
    with graph.name_scope(f"{current}/" if current else ""):
        with variable_scope(None, default_name=name, auxiliary_name_scope=False) as opened:
            scope = opened.name
        if graph.unique_name(name, mark_as_used=False) != scope:
            raise RuntimeError(
                f"variable_scope {scope}/ was unused but the corresponding name_scope was already "
                "taken."
            )
    return scope


def _copied(meta_graph: MetaGraph) -> MetaGraphDef:
    """A copy of the MetaGraphDef with asset paths in place."""
    copy = MetaGraphDef()
    copy.CopyFrom(meta_graph.proto)
    for node in copy.graph_def.node:
        if node.name in meta_graph.assets:
            value = meta_graph.graph.nodes[node.name].attrs["value"]
            node.attr["value"].CopyFrom(attr_to_proto(value, "tensor"))
    return copy


def _state_graph(meta_graph: MetaGraph, scope: str) -> MetaGraphDef:
    """The graph whose resources are shared by name inside `scope` only."""
    copy = _copied(meta_graph)
    bodies = [function.node_def for function in copy.graph_def.library.function]
    for nodes in (copy.graph_def.node, *bodies):
        for node in nodes:
            shared = node.attr["shared_name"].s if "shared_name" in node.attr else b""
            if shared:
                node.attr["shared_name"].s = f"{scope}/".encode() + shared
    return copy


def _state_tensors(meta_graph: MetaGraph, graph: Graph, scope: str) -> dict[str, Tensor]:
    """Name of a state tensor in the module → the tensor in the graph.

    Raises:
        ValueError: a state op has several outputs.
    """
    tensors = {}
    for node in meta_graph.proto.graph_def.node:
        if not native.is_state(node.op):
            continue
        outputs = graph.get_operation_by_name(f"{scope}/{node.name}").outputs
        if len(outputs) != 1:
            raise InvalidArgumentError(
                f"Stateful op {node.op} has {len(outputs)} outputs, expected 1"
            )
        tensors[f"{node.name}:0"] = outputs[0]
    return tensors


def _apply_graph(meta_graph: MetaGraph, state: Mapping[str, Tensor]) -> MetaGraphDef:
    """The graph with placeholders where state was: the copy shall not count as state of its own."""
    copy = _copied(meta_graph)
    for node in copy.graph_def.node:
        if f"{node.name}:0" in state:
            node.op = "Placeholder"
            node.attr.clear()
            node.attr["dtype"].type = resource.as_datatype_enum
    return copy


def merge_partitions(made: Mapping[str, Variable]) -> dict[str, Any]:
    """Variables by name, the partitions `<name>/part_<n>` of one as a list in the order of their offsets.

    Raises:
        RuntimeError: partitions overlap, or their shapes do not fit.
    """
    merged: dict[str, Any] = {}
    parts: dict[str, dict[int, Variable]] = {}
    for name, variable in made.items():
        info = variable._save_slice_info
        if info is None:
            merged[name] = variable
            continue
        whole = name.rpartition("/")[0]
        if not info.full_name.endswith(whole):
            raise RuntimeError("Unexpected handling of partitioned variable.")
        offset = info.var_offset[0] if info.var_offset else 0
        pieces = parts.setdefault(whole, {})
        if offset in pieces:
            raise RuntimeError(
                f"Variable map contains duplicate offset {offset} for variable [{whole}]"
            )
        pieces[offset] = variable
    for whole, pieces in parts.items():
        if whole in merged:
            raise RuntimeError(
                f"Variable {whole} exists both as a single and partitioned variable."
            )
        ordered = [pieces[offset] for offset in sorted(pieces)]
        shapes = [piece.shape[1:] for piece in ordered]
        if any(shape != shapes[0] for shape in shapes):
            raise RuntimeError(f"Shapes not compatible: {shapes}")
        merged[whole] = ordered
    return merged


def stored_value(variable: Any, session: Any) -> Any:
    """What a checkpoint holds of a variable, or of the list of its partitions; nothing is copied."""
    if not isinstance(variable, list):
        return session.stored_values([variable])[0]
    infos = [part._save_slice_info for part in variable]
    parts = zip(infos, session.stored_values(variable), strict=True)
    return Sliced(infos[0].full_shape, [(info.var_offset, piece) for info, piece in parts])


def _check_supported(signature: str, kind: str, infos: Mapping[str, ParsedTensorInfo]) -> None:
    for name, info in infos.items():
        if not info.is_supported_type:
            raise InvalidArgumentError(
                f"Signature {signature!r} expects a {info.type_name} for {kind} {name!r}, which is "
                "not supported by this version of tensorflow_hub."
            )


def _composed(info: ParsedTensorInfo, parts: Sequence[Tensor]) -> Any:
    """The value of an output that consists of tensors."""
    if info.kind == "sparse":
        return SparseTensor(*parts)
    if info.kind == "ragged":
        return RaggedTensor.from_nested_row_splits(parts[0], parts[1:], validate=False)
    return parts[0]


def _compatible(value: Any, info: ParsedTensorInfo, label: str) -> Any:
    """`value` as a tensor of the kind, type and shape of an input."""
    try:
        tensor = _converted(value, info)
    except TypeError as error:
        raise TypeError(f"{label}: {error}") from error
    found, wanted = spec_of(tensor), info.type_spec
    if type(found) is not type(wanted):
        kinds = found.value_type.__name__, wanted.value_type.__name__
        raise TypeError(f"{label}: Got {kinds[0]}. Expected {kinds[1]}.")
    if not found.is_compatible_with(wanted):
        raise TypeError(f"{label}: Got {found!r}. Expected {wanted!r}.")
    return tensor


def spec_of(value: Any) -> TypeSpec:
    """The type and static shape of a tensor; a dense one's spec has the name of its operation."""
    if isinstance(value, CompositeTensor):
        return value._type_spec
    return TensorSpec(value.shape, value.dtype.base_dtype, value.op.name)


def _converted(value: Any, info: ParsedTensorInfo) -> Any:
    """A value as a tensor; beyond tensorflow_hub, values of sparse and ragged tensors become constants."""
    if isinstance(value, (SparseTensor, RaggedTensor)):
        return value
    if info.kind == "sparse" and isinstance(value, tuple) and len(value) == 3:
        return SparseTensor(value[0], convert_to_tensor(value[1], info.dtype), value[2])
    if info.kind == "ragged" and isinstance(value, RaggedTensorValue):
        flat = convert_to_tensor(value.flat_values, info.dtype)
        return RaggedTensor.from_nested_row_splits(flat, value.nested_row_splits, validate=False)
    return convert_to_tensor(value, info.dtype)
