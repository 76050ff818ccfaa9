"""`minihub.load`: a module as a function on NumPy arrays.

    embed = minihub.load("https://tfhub.dev/google/nnlm-en-dim128/1")
    vectors = embed(["a sentence", "another one"])          # ndarray [2, 128]

No session, no graph; variables are views into the mapped checkpoint until something changes them.
"""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from minihub import native, saved_model
from minihub.binding import choose_signature, feeds_of, named_inputs, values_of
from minihub.consistency import (
    check_collections,
    check_signatures,
    check_variables,
    variables_of,
)
from minihub.errors import ArgumentTypeError, UnknownModelError
from minihub.resolve import resolve
from minihub.saved_model import MetaGraph, Signature
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.checkpoint import CheckpointReader
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import (
    DataLossError,
    FailedPreconditionError,
    InvalidArgumentError,
    UnsupportedOpsError,
    clip,
)
from minihub_runtime.files import is_there, read_regular_file
from minihub_runtime.garbage import uncollected
from minihub_runtime.graph.ir import Graph, Ref, parse_ref
from minihub_runtime.graph.reader import read_graph
from minihub_runtime.graph.support import unsupported_ops
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import GraphDef, Message, parse, parse_text
from minihub_runtime.versions import VERSION

if TYPE_CHECKING:
    from minihub_runtime.graph.inference import Inference

M = TypeVar("M", bound=Message)

__all__ = ["LoadedModule", "UnsupportedOpsWarning", "load"]

#: Ops that write files, which graphs may not.
_WRITING = frozenset({"MergeV2Checkpoints", "Save", "SaveSlices", "SaveV2", "WriteFile"})
#: Ops that nothing reads in graphs of programs, without being what these are for.
_HOUSEKEEPING = frozenset(
    {"Assert", "Assign", "Const", "IsVariableInitialized", "NoOp", "VarIsInitializedOp"}
)
#: Files by which a folder is known, and which are named in its place.
_FILES_OF_FOLDERS = frozenset(
    {native.MODULE_FILE, saved_model.FILENAME_PB, saved_model.FILENAME_PBTXT}
)
_INIT_OP_SIGNATURE = "__saved_model_init_op"


class UnsupportedOpsWarning(UserWarning):
    """Some signatures of a module need ops that are not supported."""


class LoadedModule:
    """A module that is called with arrays and returns arrays.

    May be called from any number of threads.  Pickles by its handle: the copy loads the module again.

    Attributes:
        handle: what it was loaded from.
        path: its folder or file.
        tags: the tag set of its graph.
        signatures: name → Signature (inputs and outputs with dtype and shape).
        unsupported: name of a signature → op type → nodes, for the signatures that cannot run.
        variables: name → array, read from the checkpoint when asked for.
        runner: runs parts of its graph.
    """

    def __init__(
        self,
        handle: str,
        path: str,
        tags: Collection[str],
        graph: Graph,
        signatures: Mapping[str, Signature],
        runner: Runner,
        variables: Mapping[str, Any],
    ) -> None:
        self.handle = handle
        self.path = path
        self.tags = frozenset(tags)
        self.signatures = dict(signatures)
        self.variables = variables
        self.runner = runner
        # A relative path means something else once the program works elsewhere.
        self._source = os.path.abspath(handle) if os.path.exists(handle) else handle
        self.unsupported = {
            name: missing
            for name, signature in self.signatures.items()
            if (
                missing := unsupported_ops(graph, _refs(signature.outputs), _refs(signature.inputs))
            )
        }
        self._report_unsupported()

    def _report_unsupported(self) -> None:
        if not self.unsupported:
            return
        merged: dict[str, list[str]] = {}
        for missing in self.unsupported.values():
            for op, nodes in missing.items():
                merged.setdefault(op, []).extend(nodes)
        if len(self.unsupported) == len(self.signatures):
            raise UnsupportedOpsError(merged)
        shown = "; ".join(f"{name}: {', '.join(ops)}" for name, ops in self.unsupported.items())
        warnings.warn(
            f"signatures that cannot run because of unsupported ops: {shown}",
            UnsupportedOpsWarning,
            stacklevel=4,
        )

    def __call__(
        self,
        inputs: Any = None,
        *,
        signature: str | None = None,
        as_dict: bool = False,
        timeout: float | None = None,
        **named: Any,
    ) -> Any:
        """The outputs for these inputs.

        Args:
            inputs: the single input, or a dict by name.
            signature: name of the signature; the default one if it is left out.
            as_dict: return every output by name.
            timeout: seconds after which the call ends with an error.
            **named: the inputs by name, instead of `inputs`.

        Returns:
            With `as_dict`, a dict.  Without, the output named `default`, or the only output, or else the dict.

        Raises:
            TypeError: inputs are missing, or there are too many.
            InvalidArgumentError: an unknown signature, or a value of a wrong type or shape.
            UnsupportedOpsError: the signature needs ops that are not supported.
            DeadlineExceededError: `timeout` has passed.
        """
        name = choose_signature(list(self.signatures), signature)
        chosen = self.signatures[name]
        if named:
            if inputs is not None:
                raise TypeError("inputs must be given as one argument or by keywords, not both")
            inputs = named
        feeds = feeds_of(named_inputs(inputs, chosen.inputs), chosen.inputs)
        results = self.runner.run(_refs(chosen.outputs), feeds, timeout=timeout)
        outputs = values_of(chosen.outputs, results)
        if as_dict:
            return outputs
        if "default" in outputs:
            return outputs["default"]
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def get_input_info_dict(self, signature: str | None = None) -> Mapping[str, ParsedTensorInfo]:
        """Input name → type and shape, of the default signature if none is named."""
        return self.signatures[choose_signature(list(self.signatures), signature)].inputs

    def get_output_info_dict(self, signature: str | None = None) -> Mapping[str, ParsedTensorInfo]:
        """Output name → type and shape, of the default signature if none is named."""
        return self.signatures[choose_signature(list(self.signatures), signature)].outputs

    def get_attached_message(
        self, key: str, message_type: type[M], required: bool = False
    ) -> M | None:
        """The message attached to the graph under `key`, None if there is none; it is read from the module's folder.

        Raises:
            KeyError: there is none, and it is required.
            ArgumentTypeError: `message_type` is no class of messages.
            InvalidMessageError: it is no message of that type.
        """
        if is_frozen(self.path):
            if required:
                raise KeyError(f"No attached message for key '{key}': a frozen graph has none")
            return None
        graph = saved_model.select(saved_model.read_saved_model(self.path), self.tags)
        return native.attached_message(graph, key, message_type, required)

    def __repr__(self) -> str:
        return f"<minihub module {self.handle!r} signatures={sorted(self.signatures)}>"

    def __reduce__(self) -> tuple[Any, tuple[str, str, list[str]]]:
        return _load_again, (self.handle, self._source, sorted(self.tags))


def _load_again(handle: str, source: str, tags: list[str]) -> LoadedModule:
    """The copy of a module."""
    module = load(source, tags)
    module.handle = handle
    return module


def _refs(infos: Mapping[str, ParsedTensorInfo]) -> list[Ref]:
    return [ref for info in infos.values() for ref in info.refs]


class _CheckpointVariables(Mapping[str, Any]):
    """The variables of a module, read from its checkpoint when they are asked for."""

    def __init__(self, reader: CheckpointReader | None) -> None:
        self._reader = reader

    def __getitem__(self, name: str) -> Any:
        if self._reader is None or not self._reader.has(name):
            raise KeyError(name)
        return self._reader.read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._reader.names() if self._reader is not None else ())

    def __len__(self) -> int:
        return len(self._reader.names()) if self._reader is not None else 0

    def __repr__(self) -> str:
        return f"<variables {list(self)}>"


def load(
    handle: str | os.PathLike[str],
    tags: str | Collection[str] | None = None,
    options: Any = None,
    *,
    verify: bool = False,
    timeout: float | None = None,
) -> LoadedModule:
    """The module that a handle names, ready to be called.

    Args:
        handle: URL, folder or archive of a TF1 Hub module or TF1 SavedModel, or the file of a frozen GraphDef.
        tags: tag set of the graph, or its only tag; None means the empty one of a module, or the only one or `serve` of a SavedModel.
        options: must be None: TensorFlow 2's LoadOptions mean nothing here.
        verify: compare all variables with their checksums now rather than at first use.
        timeout: seconds after which initialisation ends with an error.

    Raises:
        ValueError: the handle is neither text nor a path, or names a folder without a SavedModel.
        TypeError: tags are no texts.
        NotImplementedError: there are options.
        NotFoundError, UnavailableError, PermissionDeniedError: the handle cannot be fetched.
        DataLossError: what is there is truncated or corrupted.
        KeyError: there is no graph with these tags.
        UnsupportedOpsError: no signature can run, because of ops that are not supported.
        UnimplementedError: it is a TF2 SavedModel.

    Warns:
        UnsupportedOpsWarning: some signatures cannot run.
    """
    if not isinstance(handle, (str, os.PathLike)):
        raise ValueError(f"Expected a string, got {handle}")
    if options is not None:
        raise NotImplementedError(
            f"options are not supported for TF < 2.3.x, Current version: {VERSION}"
        )
    tags = None if tags is None else _several(tags)
    text = os.fspath(handle)
    # What is read later, or loaded again, lies where it did, wherever the program works by then.
    path = os.path.abspath(resolve(text))
    if is_frozen(path):
        if tags:
            raise KeyError("a frozen graph has no tags")
        return _load_frozen(text, path)
    names = (saved_model.FILENAME_PB, saved_model.FILENAME_PBTXT)
    if not any(is_there(os.path.join(path, name)) for name in names):
        what = " is a file and" if os.path.isfile(path) else ""
        raise UnknownModelError(
            f"Trying to load a model of incompatible/unknown type. '{clip(path)}'{what} contains neither "
            f"'{names[0]}' nor '{names[1]}'."
        )
    with uncollected():
        graphs = saved_model.read_saved_model(path)
        is_module = native.is_module(path)
        if is_module:
            native.read_module_def(path)
        graph = _choose(graphs, tags, is_module, text)
        if is_module:
            native.check_collections(graph)
            check_collections(graph)
        prefix = saved_model.variables_prefix(path)
        reader = CheckpointReader(prefix, verify=verify) if prefix is not None else None
        check_signatures(graph)
        runner = Runner(graph.graph, readable=[path])
        if is_module:
            _defer_variables(graph, runner, reader)
            targets = [_node_name(name) for name in graph.collection("table_initializer")]
        else:
            _restore_saved_model(graph, runner, reader, path)
            targets = _init_targets(graph)
        initialise = [name for name in targets if not _unsupported_node(graph.graph, name)]
        if initialise:
            runner.run([], targets=initialise, timeout=timeout)
    signatures = {
        name: signature
        for name, signature in graph.signatures.items()
        if name != _INIT_OP_SIGNATURE
    }
    return LoadedModule(
        text, path, graph.tags, graph.graph, signatures, runner, _CheckpointVariables(reader)
    )


def _several(tags: Any) -> list[str]:
    """Tags as a list, of one that is given alone too."""
    found = [tags] if isinstance(tags, str) else tags
    if not isinstance(found, Collection) or not all(isinstance(tag, str) for tag in found):
        raise ArgumentTypeError(f"tags must be text, or a list or set of texts, not {tags!r}")
    return [*found]


def _choose(
    graphs: list[MetaGraph], tags: Collection[str] | None, is_module: bool, handle: str
) -> MetaGraph:
    """The graph that is meant, which must be one of TF1."""
    from minihub_runtime.errors import UnimplementedError

    if not is_module and any(graph.proto.object_graph_def for graph in graphs):
        raise UnimplementedError(
            f"{clip(handle)} is a TF2 SavedModel, and minihub loads TF1 Hub modules, TF1 SavedModels "
            "and frozen graphs"
        )
    if tags is None and not is_module:
        if len(graphs) == 1:
            return graphs[0]
        tags = ["serve"]
    return saved_model.select(graphs, tags)


def _node_name(item: str | bytes) -> str:
    text = item.decode("utf-8") if isinstance(item, bytes) else item
    return parse_ref(text.removeprefix("^")).node


def _unsupported_node(graph: Graph, name: str) -> bool:
    """Whether an initialiser needs ops that are not supported; a signature that needs it says so."""
    return bool(unsupported_ops(graph, [Ref(name)], []))


def _defer_variables(graph: MetaGraph, runner: Runner, reader: CheckpointReader | None) -> None:
    """Let each variable of a module read its value when it is first wanted."""
    variables = variables_of(graph)
    check_variables(variables, reader, graph.folder)
    for variable in variables:
        if reader is not None and variable.op in REGISTRY:
            value = functools.partial(reader.read, variable.key, variable.slice)
            runner.handle(variable.node).defer(value)


def _restore_saved_model(
    graph: MetaGraph, runner: Runner, reader: CheckpointReader | None, path: str
) -> None:
    """Run the restore op of a SavedModel, which knows the names its variables have in the checkpoint."""
    saver = graph.proto.saver_def
    if reader is None:
        return
    if not saver.restore_op_name:
        raise FailedPreconditionError(
            f"{clip(path)} must hold {native.MODULE_FILE} to be a TF1 Hub module, or say how its "
            "variables are restored to be a SavedModel; it does neither"
        )
    import numpy as np

    filename = np.empty((), dtype=object)
    filename[()] = os.fsencode(os.path.join(path, "variables", "variables"))
    target = _node_name(saver.restore_op_name)
    runner.run([], {parse_ref(saver.filename_tensor_name): filename}, [target])


def _init_targets(graph: MetaGraph) -> list[str]:
    """The op a SavedModel wants to be run once after its variables are restored."""
    if _INIT_OP_SIGNATURE in graph.proto.signature_def:
        outputs = graph.proto.signature_def[_INIT_OP_SIGNATURE].outputs
        return [_node_name(info.name) for info in outputs.values()]
    for key in ("saved_model_main_op", "legacy_init_op"):
        names = graph.collection(key, "node_list", "bytes_list")
        if names:
            return [_node_name(name) for name in names]
    return []


def is_frozen(path: str) -> bool:
    """Whether a path is that of a frozen GraphDef, rather than of a folder or an archive."""
    return os.path.isfile(path) and path.endswith((".pb", ".pbtxt"))


def _load_frozen(handle: str, path: str) -> LoadedModule:
    graph, signature = read_frozen(path)
    runner = Runner(graph, readable=[os.path.dirname(path)])
    return LoadedModule(handle, path, (), graph, {"default": signature}, runner, {})


def read_frozen(path: str) -> tuple[Graph, Signature]:
    """The graph of a frozen GraphDef; inputs are its placeholders, outputs what nothing else reads and needs no file written.

    What lies in a loop is no output, for it has a value in each turn, and what lies on a branch is one only if there is no other.

    Raises:
        DataLossError: the file holds no GraphDef.
        InvalidArgumentError: the graph is malformed, or has no outputs.
    """
    data = read_regular_file(path)
    try:
        proto = (parse_text if path.endswith(".pbtxt") else parse)(GraphDef, data, path)
        graph = read_graph(proto)
        if not graph.nodes:
            raise DataLossError(f"a frozen graph must hold nodes; {clip(path)} has none")
    except DataLossError as error:
        folder, name = os.path.split(path)
        if name not in _FILES_OF_FOLDERS:
            raise
        raise DataLossError(
            f"{error.message}. The handle of a module or SavedModel is its folder, {clip(folder or '.')}."
        ) from None
    from minihub_runtime.graph.inference import Inference
    from minihub_runtime.passes.conditional_nodes import conditional_nodes

    read = {ref.node for node in graph.nodes.values() for ref in node.inputs}
    read |= {name for node in graph.nodes.values() for name in node.controls}
    # What a Saver adds to a program's graph is no output of that.
    read |= _following(graph, _WRITING)
    looping, branching = conditional_nodes(graph.nodes)
    read |= looping
    inputs: dict[str, ParsedTensorInfo] = {}
    outputs: dict[str, ParsedTensorInfo] = {}
    on_branches: dict[str, ParsedTensorInfo] = {}
    shapes = Inference(graph)
    for node in graph.nodes.values():
        if node.op in ("Placeholder", "PlaceholderV2"):
            shape = node.attrs.get("shape")
            inputs[node.name] = _dense(node.name, node.attrs["dtype"], shape or None)
        elif node.name not in read and node.op not in _HOUSEKEEPING:
            found = on_branches if node.name in branching else outputs
            found.update(_frozen_outputs(node, shapes))
    outputs = outputs or on_branches
    if not outputs:
        raise InvalidArgumentError(f"a frozen graph must have outputs; {clip(path)} has none")
    return graph, Signature("default", inputs, outputs)


def _following(graph: Graph, ops: Collection[str]) -> set[str]:
    """The nodes of some ops, and those that need them."""
    readers: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        for name in (*(ref.node for ref in node.inputs), *node.controls):
            readers.setdefault(name, []).append(node.name)
    found: set[str] = set()
    waiting = [node.name for node in graph.nodes.values() if node.op in ops]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += readers.get(name, ())
    return found


def _dense(name: str, dtype: Any, shape: Any, index: int = 0) -> ParsedTensorInfo:
    return ParsedTensorInfo("dense", as_dtype(dtype), shape, (Ref(name, index),))


def _frozen_outputs(node: Any, shapes: Inference) -> Iterable[tuple[str, ParsedTensorInfo]]:
    """The outputs of a node nothing reads; one of an unknown op counts as one of unknown type."""
    if node.op not in REGISTRY:
        return [(node.name, _dense(node.name, "float32", None))]
    schema = REGISTRY[node.op].schema
    types = schema.output_dtypes(schema.complete(node.attrs, node.op))
    return [
        (
            node.name if not i else f"{node.name}:{i}",
            _dense(node.name, dtype, shapes.shape(Ref(node.name, i)), i),
        )
        for i, dtype in enumerate(types)
    ]
