"""What is wrong with a module, or missing for others to use it in the place of another: `minihub check`.

Each check is a function of the whole module that yields findings; CHECKS lists them in the order they are reported.

    error      the module cannot be loaded or run as it is
    warning    it works, but not everywhere, or not as users of such modules expect
    note       worth knowing before publishing
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from minihub import native, saved_model
from minihub.common_signatures import BN_HPARAMS, IMAGE_KINDS, image_problems, text_problems
from minihub.consistency import (
    check_collections,
    check_signatures,
    check_stored,
    variables_of,
)
from minihub.image_util import IMAGE_MODULE_INFO_KEY
from minihub.saved_model import ASSETS_FOLDER, FILENAME_PB, MetaGraph
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.checkpoint import CheckpointReader
from minihub_runtime.errors import OpError, clip
from minihub_runtime.graph.ir import Ref
from minihub_runtime.graph.support import needed_ops, unsupported_ops
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import ImageModuleInfo, parse

__all__ = ["CHECKS", "Finding", "check_module"]

Level = Literal["error", "warning", "note"]

#: Constants larger than this make each graph that applies the module larger; variables do not.
LARGE_CONSTANT = 1 << 20


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        level: how bad it is.
        where: the part of the module: a file, `graph {train}`, `signature default`.
        text: what it is, and what should be.
    """

    level: Level
    where: str
    text: str


@dataclasses.dataclass(frozen=True)
class Subject:
    """The module that is checked.

    Attributes:
        folder: its folder.
        graphs: its graphs.
        reader: its checkpoint, None if it has none, or one that cannot be read.
    """

    folder: str
    graphs: list[MetaGraph]
    reader: CheckpointReader | None


def check_module(folder: str) -> list[Finding]:
    """What is found in a module's folder; nothing runs.

    Raises:
        NotFoundError: there is no such folder.
        OpError: the system refuses to read it.
    """
    found: list[Finding] = []
    if not native.is_module(folder):
        found.append(
            Finding(
                "error",
                native.MODULE_FILE,
                "the marker of a TF1 Hub module is absent; `minihub create from-graph` makes a module of a SavedModel",
            )
        )
    else:
        found += _attempt(native.MODULE_FILE, native.read_module_def, folder)
    graphs: list[MetaGraph] = []
    found += _attempt(FILENAME_PB, lambda: graphs.extend(_read(folder)))
    if not graphs:
        return found
    readers: list[CheckpointReader] = []
    prefix = saved_model.variables_prefix(folder)
    if prefix is not None:
        found += _attempt("variables", lambda: readers.append(CheckpointReader(prefix)))
        if readers:
            # The index may be right where files of the values are cut short, damaged or not there.
            found += _attempt("variables", lambda: CheckpointReader(prefix, verify=True))
    subject = Subject(folder, graphs, readers[0] if readers else None)
    for check in CHECKS:
        try:
            found.extend(check(subject))
        except OpError as error:
            found.append(Finding("error", FILENAME_PB, error.message))
    return found


def _read(folder: str) -> list[MetaGraph]:
    graphs = saved_model.read_saved_model(folder)
    for meta_graph in graphs:
        _ = meta_graph.graph, meta_graph.signatures  # both are read, and checked, when asked for
    return graphs


def _attempt(where: str, call: Callable[..., object], *arguments: object) -> list[Finding]:
    """A finding if a call fails."""
    try:
        call(*arguments)
    except OpError as error:
        return [Finding("error", where, error.message)]
    return []


def _name(meta_graph: MetaGraph) -> str:
    return f"graph {{{', '.join(sorted(meta_graph.tags))}}}"


# Parts that must fit


def _parts(subject: Subject) -> Iterator[Finding]:
    """Signatures, collections and variables name what is there."""
    for meta_graph in subject.graphs:
        where = _name(meta_graph)
        yield from _attempt(where, check_signatures, meta_graph)
        yield from _attempt(where, check_collections, meta_graph)
        if not meta_graph.signatures:
            yield Finding("error", where, "there is no signature: nothing can be called")
        variables = variables_of(meta_graph)
        if variables and subject.reader is None:
            if saved_model.variables_prefix(subject.folder) is None:
                yield Finding(
                    "error", "variables", "the graph has variables, but there is no checkpoint"
                )
            continue
        for variable in variables:
            yield from _attempt(
                "variables", check_stored, variable, variable.key, subject.reader, "variables"
            )


def _files(subject: Subject) -> Iterator[Finding]:
    """Every file is used, and what is used is there."""
    root = os.path.join(subject.folder, ASSETS_FOLDER)
    used = {os.path.realpath(path) for graph in subject.graphs for path in graph.assets.values()}
    for path in sorted(used):
        if not os.path.isfile(path):
            yield Finding("error", ASSETS_FOLDER, f"{clip(os.path.basename(path))!r} is not there")
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            if os.path.realpath(os.path.join(folder, name)) not in used:
                yield Finding("warning", ASSETS_FOLDER, f"no graph uses {clip(name)!r}")
    known = {"assets", "variables", FILENAME_PB, native.MODULE_FILE}
    for name in sorted(set(os.listdir(subject.folder)) - known):
        yield Finding("note", clip(name), "is no part of a module")
    if subject.reader is not None:
        keys = {v.key for graph in subject.graphs for v in variables_of(graph)}
        for name in sorted(set(subject.reader.names()) - keys):
            yield Finding("warning", "variables", f"no graph uses the tensor {clip(name)!r}")


def _ops(subject: Subject) -> Iterator[Finding]:
    """Every signature can run here, and without what a module must not do."""
    for meta_graph in subject.graphs:
        for signature in meta_graph.signatures.values():
            where = f"{_name(meta_graph)}, signature {clip(signature.name)}"
            outputs, inputs = _refs(signature.outputs), _refs(signature.inputs)
            missing = unsupported_ops(meta_graph.graph, outputs, inputs)
            if missing:
                yield Finding(
                    "warning", where, f"needs ops that minihub lacks: {', '.join(missing)}"
                )
            needed = needed_ops(meta_graph.graph, outputs, inputs)
            placeholders = [
                name
                for name in needed.get("Placeholder", ())
                if name not in {ref.node for ref in inputs}
            ]
            if placeholders:
                yield Finding(
                    "error", where, f"needs {placeholders[0]!r} fed, which is no input of it"
                )
            for op in sorted(set(needed) & {"PyFunc", "PyFuncStateless", "EagerPyFunc"}):
                yield Finding("error", where, f"{op} calls Python code that a module cannot carry")


def _refs(infos: Mapping[str, ParsedTensorInfo]) -> list[Ref]:
    return [ref for info in infos.values() for ref in info.refs]


# What other modules of the kind have


def _names(subject: Subject) -> Iterator[Finding]:
    """Names that can be used everywhere."""
    for meta_graph in subject.graphs:
        signatures = meta_graph.signatures
        if signatures and "default" not in signatures:
            yield Finding(
                "warning",
                _name(meta_graph),
                f"there is no default signature; users must name one of {sorted(signatures)}",
            )
        for name in signatures:
            where = f"{_name(meta_graph)}, signature {clip(name)}"
            if "/" in name:
                yield Finding("error", where, "a name with a slash cannot be applied by hub.Module")
            elif not re.fullmatch(r"[A-Za-z0-9_.:>-]+", name):
                yield Finding("error", where, "the name cannot be that of a scope")
            if "default" not in signatures[name].outputs:
                yield Finding(
                    "note", where, "there is no output 'default'; calls need as_dict=True"
                )


def _tags(subject: Subject) -> Iterator[Finding]:
    """The sets of tags that users try."""
    tag_sets = [graph.tags for graph in subject.graphs]
    if frozenset() not in tag_sets:
        yield Finding(
            "warning",
            FILENAME_PB,
            f"there is no graph without tags, the one used by default; there are {[sorted(t) for t in tag_sets]}",
        )
    for tags in tag_sets:
        if tags not in (frozenset(), frozenset({"train"})):
            yield Finding(
                "note", f"graph {{{', '.join(sorted(tags))}}}", "users know {} and {train}"
            )
    for meta_graph in subject.graphs:
        if not meta_graph.tags and meta_graph.collection("update_ops"):
            yield Finding(
                "warning",
                _name(meta_graph),
                "the graph for inference has update ops; they belong into a graph with the tag 'train'",
            )
    by_tags = {graph.tags: graph for graph in subject.graphs}
    base = by_tags.get(frozenset())
    if base is not None:
        own = {v.key for v in variables_of(base)}
        for tags, meta_graph in by_tags.items():
            extra = sorted({v.key for v in variables_of(meta_graph)} - own)
            if tags and extra:
                yield Finding(
                    "warning",
                    _name(meta_graph),
                    f"the graph without tags lacks its variables {extra[:3]}: a module is exported with those of one graph",
                )
        names = sorted(base.signatures)
        for meta_graph in subject.graphs:
            if sorted(meta_graph.signatures) != names:
                yield Finding(
                    "warning",
                    _name(meta_graph),
                    f"its signatures {sorted(meta_graph.signatures)} are not those of the graph without tags, {names}",
                )


def _common_signatures(subject: Subject) -> Iterator[Finding]:
    """Signatures of a known kind are as other modules have them."""
    for meta_graph in subject.graphs:
        for name, signature in meta_graph.signatures.items():
            where = f"{_name(meta_graph)}, signature {clip(name)}"
            if name.removesuffix(BN_HPARAMS) in IMAGE_KINDS:
                for text in image_problems(signature):
                    yield Finding("warning", where, text)
        default = meta_graph.signatures.get("default")
        if default is None:
            continue
        where = f"{_name(meta_graph)}, signature default"
        (first, *rest) = [*default.inputs.values(), None]
        if first is not None and rest == [None] and first.dtype.name == "string":
            output = default.outputs.get("default")
            if output is not None and output.dtype.name == "float32":
                for text in text_problems(default):
                    yield Finding("warning", where, f"as a text embedding: {text}")
        if any(name in meta_graph.signatures for name in IMAGE_KINDS):
            for text in image_problems(default):
                yield Finding("warning", where, text)


def _image_size(subject: Subject) -> Iterator[Finding]:
    """An image module tells the size of its images."""
    for meta_graph in subject.graphs:
        images = [
            signature.inputs["images"]
            for signature in meta_graph.signatures.values()
            if "images" in signature.inputs
        ]
        if not images:
            continue
        attached = native.attached_messages(meta_graph).get(IMAGE_MODULE_INFO_KEY)
        shape = images[0].shape
        fixed = shape is not None and len(shape) == 4 and None not in shape[1:3]
        if attached is None and not fixed:
            yield Finding(
                "warning",
                _name(meta_graph),
                "images are of any size and no image_module_info is attached: users cannot tell which to use",
            )
        elif attached is not None and fixed:
            info = parse(ImageModuleInfo, attached, "the attached image_module_info")
            size = (info.default_image_size.height, info.default_image_size.width)
            assert shape is not None
            if size != tuple(shape[1:3]):
                yield Finding(
                    "error",
                    _name(meta_graph),
                    f"the attached size {list(size)} is not that of the images, {list(shape[1:3])}",
                )


def _publishing(subject: Subject) -> Iterator[Finding]:
    """What is better known before others have it."""
    for meta_graph in subject.graphs:
        where = _name(meta_graph)
        for node in meta_graph.proto.graph_def.node:
            if node.op == "Const" and node.ByteSize() > LARGE_CONSTANT:
                yield Finding(
                    "warning",
                    where,
                    f"the constant {clip(node.name)!r} has {node.ByteSize() >> 20} MB, which each application adds to "
                    "the graph; a variable would not",
                )
            if node.op == "Const" and node.name not in meta_graph.assets:
                for text in _paths(node):
                    yield Finding(
                        "note", where, f"{clip(node.name)!r} holds a path: {clip(text)!r}"
                    )
        # What initialises variables draws as well, but values come from the checkpoint.
        needed = {
            name
            for signature in meta_graph.signatures.values()
            for names in needed_ops(
                meta_graph.graph, _refs(signature.outputs), _refs(signature.inputs)
            ).values()
            for name in names
        }
        drawing = sorted(
            node.name
            for node in meta_graph.graph.nodes.values()
            if node.name in needed
            and node.op in REGISTRY
            and REGISTRY[node.op].stateful
            and "seed" in REGISTRY[node.op].schema.attrs
            and not node.attrs.get("seed", 0)
            and not node.attrs.get("seed2", 0)
        )
        if drawing and not meta_graph.tags:
            yield Finding(
                "note", where, f"{clip(drawing[0])!r} draws other numbers each time: it has no seed"
            )


def _paths(node: object) -> Iterator[str]:
    """Absolute paths among the strings of a small constant."""
    for value in node.attr["value"].tensor.string_val[:16]:  # type: ignore[attr-defined]
        text = value.decode("utf-8", "replace")
        if re.match(r"(/[\w.-]+){2,}$|[A-Za-z]:\\", text):
            yield text


CHECKS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    _parts,
    _files,
    _ops,
    _names,
    _tags,
    _common_signatures,
    _image_size,
    _publishing,
)
