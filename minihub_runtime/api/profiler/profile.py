"""`tf.profiler.profile`: parameters and operations on numbers, by name scopes or by types of ops.

Source: tensorflow/python/profiler/model_analyzer.py; tensorflow/core/profiler/internal/tfprof_scope.cc, tfprof_op.cc.
"""

from __future__ import annotations

import dataclasses
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api.graph import Graph, GraphKeys, Operation, get_default_graph
from minihub_runtime.api.profiler.float_operations import float_operations
from minihub_runtime.api.profiler.options import TRAINABLE_VARIABLES, ProfileOptionBuilder
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.protos import GraphNodeProto, MultiGraphNodeProto
from minihub_runtime.public import public

__all__ = ["profile"]

_ROOT = "_TFProfRoot"

public("profiler.GraphNodeProto")(GraphNodeProto)
public("profiler.MultiGraphNodeProto")(MultiGraphNodeProto)


@dataclasses.dataclass
class _Node:
    """A node of the graph, a name scope, or the nodes of one type."""

    name: str
    type: str = ""
    types: set[str] = dataclasses.field(default_factory=set)
    parameters: int = 0
    float_ops: int = 0
    input_shapes: dict[int, list[int]] = dataclasses.field(default_factory=dict)
    children: dict[str, _Node] = dataclasses.field(default_factory=dict)
    counted: bool = False
    #: Nodes, parameters, operations on numbers, of it and what is below it.
    total: tuple[int, int, int] = (0, 0, 0)

    def add_up(self, others: Sequence[_Node]) -> None:
        """Its totals: itself, if it counts, and others."""
        parts = [other.total for other in others]
        if self.counted:
            parts.append((1, self.parameters, self.float_ops))
        self.total = (
            sum(part[0] for part in parts),
            sum(part[1] for part in parts),
            sum(part[2] for part in parts),
        )


@public("profiler.profile")
def profile(
    graph: Graph | None = None,
    run_meta: Any = None,
    op_log: Any = None,
    cmd: str = "scope",
    options: Mapping[str, Any] | int = 0,
) -> Any:
    """Count the parameters of a graph, and the operations on numbers that it takes.

        options = tf.profiler.ProfileOptionBuilder.float_operation()
        count = tf.profiler.profile(graph, options=options).total_float_ops

    Args:
        graph: the graph; by default the default graph.
        run_meta: a RunMetadata without times: these are not counted here.
        op_log: None: nodes have no further types here.
        cmd: `scope`, by name scopes, or `op`, by types of ops; what TensorFlow has besides, `graph` and `code`, is not there.
        options: what `tf.profiler.ProfileOptionBuilder` makes; by default for parameters of trainable variables.

    Returns:
        A GraphNodeProto for `scope`, a MultiGraphNodeProto for `op`.

    Raises:
        InvalidArgumentError: `cmd` is none of them.
        NotImplementedError: times, further types, another view or another output is asked for.
    """
    if cmd in ("graph", "code"):
        raise NotImplementedError(f"tf.profiler.profile: the view {cmd!r} is not supported")
    if cmd not in ("scope", "op"):
        raise InvalidArgumentError(f"unknown cmd: {cmd}\n")
    if op_log is not None:
        raise NotImplementedError("tf.profiler.profile: op_log is not supported")
    if run_meta is not None and run_meta.step_stats.dev_stats:
        raise NotImplementedError("tf.profiler.profile: times of a RunMetadata are not supported")
    chosen = ProfileOptionBuilder(
        options
        if isinstance(options, Mapping)
        else ProfileOptionBuilder.trainable_variables_parameter()
    ).build()
    kind, _, path = chosen.get("output", "stdout").partition(":outfile=")
    if kind not in ("none", "stdout", "file"):
        raise NotImplementedError(f"tf.profiler.profile: output as {kind!r} is not supported")
    nodes = _nodes(graph or get_default_graph())
    result, lines = (_by_scope if cmd == "scope" else _by_type)(nodes, chosen)
    text = "\n".join(
        ["Profile:", f"node name | {' | '.join(chosen.get('select', ()))}", *lines, ""]
    )
    if kind == "stdout":
        sys.stdout.write(text)
    elif kind == "file":
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return result


def _nodes(graph: Graph) -> list[_Node]:
    """What is known of each node, sorted by name."""
    trainable = {v.op.name for v in graph.get_collection(GraphKeys.TRAINABLE_VARIABLES)}
    found, incomplete = [], 0
    for op in graph.get_operations():
        float_ops = float_operations(op)
        incomplete += float_ops is None
        node = _Node(op.name, op.type, {op.type, op.device}, _parameters(op), float_ops or 0)
        if op.name in trainable:
            node.types.add(TRAINABLE_VARIABLES)
        for place, tensor in enumerate(op.inputs):
            if tensor.shape.rank is not None:
                sizes = tensor.shape.as_list()
                # As in TensorFlow a scalar counts as one element of a vector.
                node.input_shapes[place] = [-1 if n is None else n for n in sizes] or [1]
        found.append(node)
    if incomplete:
        sys.stderr.write(f"{incomplete} ops no flops stats due to incomplete shapes.\n")
    return sorted(found, key=lambda node: node.name)


def _parameters(op: Operation) -> int:
    """The elements of a variable, or of whatever has its shape as an attribute; 0 if it is not known."""
    attr = op.node_def.attr
    if "shape" not in attr or not attr["shape"].HasField("shape"):
        return 0
    sizes = [dim.size for dim in attr["shape"].shape.dim]
    return 0 if attr["shape"].shape.unknown_rank or min(sizes, default=0) < 0 else math.prod(sizes)


def _fits(text: str, patterns: Sequence[str]) -> bool:
    return any(re.fullmatch(pattern, text) for pattern in patterns)


def _counts(node: _Node, options: Mapping[str, Any]) -> bool:
    patterns = options.get("account_type_regexes", [])
    return patterns == [".*"] or any(_fits(kind, patterns) for kind in node.types)


def _is_shown(node: _Node, options: Mapping[str, Any], depth: int) -> bool:
    return (
        node.counted
        and depth <= options.get("max_depth", 10)
        and node.parameters >= options.get("min_params", 0)
        and node.float_ops >= options.get("min_float_ops", 0)
        and _fits(node.name, options.get("show_name_regexes", []))
        and not _fits(node.name, options.get("hide_name_regexes", []))
    )


def _order(options: Mapping[str, Any], index: int) -> Callable[[_Node], Any]:
    """The key that sorts: totals for scopes (`index` 0), own numbers for types."""
    by = options.get("order_by", "name")
    if by == "params":
        return lambda node: -(node.parameters if index else node.total[1])
    if by == "float_ops":
        return lambda node: -(node.float_ops if index else node.total[2])
    if by == "occurrence" and index:
        return lambda node: -len(node.children)
    return lambda node: node.name


def _by_scope(nodes: Sequence[_Node], options: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """The nodes as a tree of name scopes, and the lines that print it."""
    root = _Node(_ROOT)
    for node in nodes:
        above = root
        parts = node.name.split("/")
        for depth in range(1, len(parts)):
            name = "/".join(parts[:depth])
            above = above.children.setdefault(name, _Node(name))
        known = above.children.get(node.name)
        if known is not None:
            node.children = known.children
        above.children[node.name] = node
    _account(root, options)
    root.counted = False
    root.add_up(list(root.children.values()))
    patterns = options.get("start_name_regexes", [])
    starts = [found for child in _sorted(root) for found in _starts(child, patterns)]
    shown = _shown(starts, options, 2)
    if options.get("account_displayed_op_only"):
        root.counted = True
        root.add_up(shown)
    root.children = {node.name: node for node in sorted(shown, key=_order(options, 0))}
    return _message(root), list(_lines(root, options, ""))


def _sorted(node: _Node) -> list[_Node]:
    return [node.children[name] for name in sorted(node.children)]


def _account(node: _Node, options: Mapping[str, Any]) -> None:
    for child in node.children.values():
        _account(child, options)
    below = list(node.children.values())
    # What is above something that counts, counts too.
    node.counted = _counts(node, options) or any(child.counted for child in below)
    node.add_up(below)


def _starts(node: _Node, patterns: Sequence[str]) -> list[_Node]:
    """The uppermost nodes that a pattern fits."""
    if _fits(node.name, patterns):
        return [node]
    return [found for child in _sorted(node) for found in _starts(child, patterns)]


def _shown(nodes: Sequence[_Node], options: Mapping[str, Any], depth: int) -> list[_Node]:
    """The nodes that are shown; of one that is not, what is shown below it."""
    found: list[_Node] = []
    for node in nodes:
        below: list[_Node] = []
        if not _fits(node.name, options.get("trim_name_regexes", [])):
            below = _shown(_sorted(node), options, depth + 1)
        if not _is_shown(node, options, depth):
            found += below
            continue
        if options.get("account_displayed_op_only"):
            node.add_up(below)
        below.sort(key=_order(options, 0))
        found.append(dataclasses.replace(node, children={child.name: child for child in below}))
    return found


def _message(node: _Node) -> GraphNodeProto:
    message = GraphNodeProto(
        name=node.name,
        parameters=node.parameters,
        float_ops=node.float_ops,
        total_definition_count=node.total[0],
        total_parameters=node.total[1],
        total_float_ops=node.total[2],
        children=[_message(child) for child in node.children.values()],
    )
    for place, sizes in node.input_shapes.items():
        for size in sizes:
            message.input_shapes[place].dim.add(size=size)
    return message


def _by_type(nodes: Sequence[_Node], options: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """The types of ops one below the other, and the lines that print them; totals are of a type and those below it."""
    kinds: dict[str, _Node] = {}
    for node in nodes:
        if _counts(node, options):
            node.counted = True
            node.add_up([])
            group = kinds.setdefault(node.type, _Node(node.type, counted=True))
            group.children[node.name] = node
            group.parameters += node.parameters
            group.float_ops += node.float_ops
    order = sorted(_sorted(_Node(_ROOT, children=kinds)), key=_order(options, 1))
    shown: list[_Node] = []
    for kind in order:
        enough = len(kind.children) >= options.get("min_occurrence", 0)
        if enough and _is_shown(kind, options, len(shown) + 1):
            shown.append(kind)
    below: list[_Node] = []
    for kind in reversed(shown if options.get("account_displayed_op_only") else order):
        kind.add_up(below)
        below = [kind]
    root = _Node(_ROOT)
    root.add_up(below)
    message = MultiGraphNodeProto(
        name=_ROOT, total_parameters=root.total[1], total_float_ops=root.total[2]
    )
    last = message
    for kind in shown:
        last = last.children.add(
            name=kind.name,
            parameters=kind.parameters,
            float_ops=kind.float_ops,
            total_parameters=kind.total[1],
            total_float_ops=kind.total[2],
            graph_nodes=[_message(child) for child in _sorted(kind)],
        )
    return message, [_line(kind, options) for kind in shown]


def _lines(node: _Node, options: Mapping[str, Any], indent: str) -> Iterator[str]:
    yield indent + _line(node, options)
    for child in node.children.values():
        yield from _lines(child, options, f"{indent}  ")


def _line(node: _Node, options: Mapping[str, Any]) -> str:
    columns = []
    select = options.get("select", ())
    if "params" in select:
        columns.append(f"{_number(node.parameters)}/{_number(node.total[1])} params")
    if "float_ops" in select:
        columns.append(f"{_number(node.float_ops)}/{_number(node.total[2])} flops")
    return f"{node.name} ({', '.join(columns)})" if columns else node.name


def _number(count: int) -> str:
    """A number as TensorFlow prints it: `--` for none, thousands, millions and more to two places."""
    if not count:
        return "--"
    for size, letter in ((1e9, "b"), (1e6, "m"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.2f}{letter}"
    return str(count)
