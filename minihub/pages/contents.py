"""What a page tells of a module, as plain data."""

from __future__ import annotations

import dataclasses
import functools
import operator
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from minihub.binding import feeds_of
from minihub.example_runs import example_run, explained
from minihub.loading import LoadedModule
from minihub.pages.bodies import Bodies, DrawnBody, needed
from minihub.pages.document import document
from minihub.pages.drawing import draw, origins
from minihub.pages.summaries import summarize
from minihub.profiling import Profile, profile
from minihub.tensor_info import ParsedTensorInfo
from minihub.whole_files import write_file
from minihub_runtime.graph.ir import Node, Ref

__all__ = ["FORMAT", "Page", "page"]

#: Version of what `Page.contents` is.
FORMAT = 1
_SMALL_BYTES = 1 << 16
_RANK_OF_IMAGE = 3
_EXITS = ("Exit", "RefExit")
#: What of a loop of TensorFlow 1 gives what it is given, and does not run itself.
_HAND_ON = ("Enter", "RefEnter", "NextIteration", "RefNextIteration")


@dataclasses.dataclass(frozen=True)
class Page:
    """What happens inside a module.

    Attributes:
        contents: what the page tells, as JSON can hold it; docs/pages.md describes it.
    """

    contents: dict[str, Any]

    def html(self) -> str:
        """The page, whole."""
        return document(self.contents)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the page, as a whole or not at all.

        Raises:
            OSError: the system refuses.
        """
        text = self.html()
        # The handle may be a path that is no text.
        write_file(path, lambda file: file.write(text.encode(errors="replace")))

    def _repr_html_(self) -> str:
        """What notebooks show."""
        from html import escape

        return (
            f'<iframe srcdoc="{escape(self.html())}" sandbox="allow-scripts" '
            'style="width: 100%; height: 700px; border: 0"></iframe>'
        )


def page(
    module: str | os.PathLike[str] | LoadedModule,
    inputs: Any = None,
    *,
    signature: str | None = None,
    tags: Collection[str] | None = None,
    batch: int = 1,
    runs: int = 5,
) -> Page:
    """Run a signature, and show what happens inside.

    It runs twice over: node by node as the graph is written, with every value looked at, and then as it always runs, with the clock beside it.

    Args:
        module: a handle, or a module that is loaded.
        inputs: as the module is called with; made up from the signature if None.
        signature: name of the signature; the default one if it is left out.
        tags: tag set of the graph, as for `load`.
        batch: number of examples, where inputs are made up.
        runs: how many runs the times are taken from.

    Raises:
        InvalidArgumentError: `batch` or `runs` is not positive, or an input is refused.
        UnsupportedOpsError: the signature needs ops that are not supported.
        FailedPreconditionError: a profile is being taken.
    """
    example = example_run(module, inputs, signature=signature, tags=tags, batch=batch, runs=runs)
    module, name = example.module, example.signature
    chosen = module.signatures[name]
    fed, fetched = _by_ref(chosen.inputs), _by_ref(chosen.outputs)
    with explained(example.made_up):
        feeds = feeds_of(example.inputs, chosen.inputs)
        written, bodies = _as_written(module, feeds, fed, fetched)
    taken = profile(module, example.inputs, signature=name, runs=runs)
    return Page(
        {
            "format": FORMAT,
            "handle": module.handle,
            "tags": sorted(module.tags),
            "signature": name,
            "signatures": sorted(module.signatures),
            "made_up": example.made_up,
            "inputs": _sides(chosen.inputs),
            "outputs": _sides(chosen.outputs),
            "first_seconds": taken.first_seconds,
            "seconds": taken.seconds,
            "graph": written,
            "functions": [_function(body) for body in bodies],
            "run": _as_it_runs(module, [*feeds], fed, fetched, written, taken),
        }
    )


def _by_ref(infos: Mapping[str, ParsedTensorInfo]) -> dict[Ref, str]:
    """Tensor → name of the input or output that it is, or is part of."""
    return {ref: name for name, info in infos.items() for ref in info.refs}


def _sides(infos: Mapping[str, ParsedTensorInfo]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "kind": info.kind,
            "dtype": info.dtype.name if info.dtype is not None else None,
            "shape": None if info.shape is None else [*info.shape],
        }
        for name, info in infos.items()
    ]


def _function(body: DrawnBody) -> dict[str, Any]:
    return {
        "name": body.name,
        "callers": body.callers,
        "refused": body.refused,
        "nodes": body.drawn,
    }


def _as_written(
    module: LoadedModule,
    feeds: Mapping[Ref, Any],
    fed: Mapping[Ref, str],
    fetched: Mapping[Ref, str],
) -> tuple[list[dict[str, Any]], list[DrawnBody]]:
    """The nodes that the outputs need and the functions that they call, with what nodes gave in a run."""
    runner = module.runner
    nodes = needed(runner.graph.nodes, [ref.node for ref in fetched], feeds)
    drawn = draw(nodes.values(), fed, fetched)
    bodies = Bodies(runner.graph, runner.body)
    bodies.collect(nodes, drawn)
    seen = _Seen([nodes, *(body.nodes for body in bodies.all)])
    runner.observe([*fetched], feeds, seen)
    for ref, value in feeds.items():
        seen.gave[0, ref.node] = [seen.summary(value)]
    _tell(drawn, nodes, seen, 0, module)
    for number, body in enumerate(bodies.all, 1):
        _tell(body.drawn, body.nodes, seen, number, None)
    return drawn, bodies.all


class _Seen:
    """What nodes gave, and how often they ran.

    Args:
        graphs: nodes by name, of the graph and of each body.

    Attributes:
        gave: number of the graph and name → what gives the summaries of what the node gave the last time.
        calls: the same → how often it ran.
        summary: makes summaries.
    """

    def __init__(self, graphs: Sequence[Mapping[str, Node]]) -> None:
        self._graphs = graphs
        # Bodies of functions have names of their own, which may be those of nodes elsewhere; attributes are each node's own.
        self._places = {
            id(node.attrs): (number, node.name)
            for number, nodes in enumerate(graphs)
            for node in nodes.values()
        }
        self.summary = _Summaries()
        self.gave: dict[tuple[int, str], list[Callable[[], dict[str, Any]]]] = {}
        self.calls: dict[tuple[int, str], int] = {}

    def __call__(self, node: Node, values: list[Any]) -> None:
        place = self._places.get(id(node.attrs)) or self._exit(node)
        if place is not None:
            self.calls[place] = self.calls.get(place, 0) + 1
            # What others only wait for gives None.
            self.gave[place] = [self.summary(value) for value in values if value is not None]

    def _exit(self, ran: Node) -> tuple[int, str] | None:
        """The Exit in whose place something ran; None if there are several of its name."""
        found = [
            number
            for number, nodes in enumerate(self._graphs)
            if (own := nodes.get(ran.name)) is not None and _leaves_loop(own, ran)
        ]
        return (found[0], ran.name) if len(found) == 1 else None


def _tell(
    drawn: list[dict[str, Any]],
    nodes: Mapping[str, Node],
    seen: _Seen,
    number: int,
    module: LoadedModule | None,
) -> None:
    """Note what nodes gave; where no module is given, they are those of a body, which knows no variables by their names."""
    for node in drawn:
        place = number, node["name"]
        found = seen.gave.get(place)
        if found is not None:
            node["outputs"] = [told() for told in found]
        elif node["op"] in _HAND_ON and node["inputs"] and not node["inputs"][0][1]:
            node["outputs"] = drawn[node["inputs"][0][0]]["outputs"][:1]
        else:
            node["outputs"] = _known(nodes[node["name"]], module)
        node["calls"] = seen.calls.get(place, 0)
        if node["kind"] in ("constant", "variable"):
            # The first axis of filters is no batch, whose first example could be seen.
            node["outputs"] = [_without_pictures(told) for told in node["outputs"]]


def _leaves_loop(own: Node, ran: Node) -> bool:
    """Whether what ran is what the engine has in the place of an Exit."""
    return own.op in _EXITS and ran.op == "Identity" and ran.inputs[0].node.endswith("/_loop")


def _without_pictures(told: dict[str, Any]) -> dict[str, Any]:
    filters = len(told.get("shape", ())) > _RANK_OF_IMAGE
    return {key: value for key, value in told.items() if not (filters and key == "pictures")}


class _Summaries:
    """What tells of a value later, when the array it is in may be another's.

    Small ones, as loops give many of that nobody looks at in the end, are copied; of large ones is told at once, and of one that
    cannot change, such as the weights that each step of an unrolled loop reads, only once.
    """

    def __init__(self) -> None:
        # The arrays are held, so that no others come to lie where they do.
        self._told: dict[Any, tuple[Any, dict[str, Any]]] = {}

    def __call__(self, value: Any) -> Callable[[], dict[str, Any]]:
        if not isinstance(value, np.ndarray):
            return functools.partial(summarize, value)
        if value.nbytes <= _SMALL_BYTES:
            return functools.partial(summarize, value.copy())
        if not _fixed(value):
            told = summarize(value)
            return lambda: told
        key = (value.ctypes.data, value.dtype, value.shape, value.strides)
        if key not in self._told:
            self._told[key] = (value, summarize(value))
        return functools.partial(operator.itemgetter(1), self._told[key])


def _fixed(array: Any) -> bool:
    """Whether nobody can write to an array, nor to what it is a view of."""
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return False
        array = array.base
    return True


def _known(node: Node, module: LoadedModule | None) -> list[dict[str, Any]]:
    """What a node that did not run has."""
    if node.op == "Const":
        return [summarize(node.attrs["value"])]
    if module is not None and node.op in ("VarHandleOp", "Variable", "VariableV2"):
        return [summarize(module.runner.stored_value(node.name))]
    return []


def _as_it_runs(
    module: LoadedModule,
    feeds: list[Ref],
    fed: Mapping[Ref, str],
    fetched: Mapping[Ref, str],
    written: list[dict[str, Any]],
    taken: Profile,
) -> list[dict[str, Any]]:
    """The steps that passes make of the nodes, with their times and the numbers of the nodes they stand for."""
    steps = [step.node for step in module.runner.plan(feeds, [*fetched], ()).unbound]
    nodes = needed(module.runner.graph.nodes, [ref.node for ref in fetched], feeds)
    number = {node["name"]: i for i, node in enumerate(written)}
    given = [node["name"] for node in written if node["kind"] in ("input", "constant", "table")]
    times = {(op.op, node.name): node for op in taken.ops for node in op.nodes}
    inputs = {ref.node: nodes[ref.node] for ref in feeds}
    listed = [*inputs.values(), *steps]
    drawn = draw(listed, fed, fetched)
    behind = origins(listed, nodes, given)
    whole = sum(op.seconds for op in taken.ops) or 1.0
    for node, names in zip(drawn, behind, strict=True):
        node["outputs"] = []
        node["nodes"] = sorted(number[name] for name in names)
        time = times.get((node["op"], node["name"]))
        node["calls"] = 0 if time is None else time.calls
        node["seconds"] = None if time is None else time.seconds
        node["share"] = 0.0 if time is None else time.seconds / whole
        node["flops"] = None if time is None else time.flops
        if node["name"] in number:
            # What a step gives bears the name of the node that gives it in the graph.
            node["outputs"] = written[number[node["name"]]]["outputs"]
    return drawn
