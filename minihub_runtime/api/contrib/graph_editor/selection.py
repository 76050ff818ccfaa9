"""`tf.contrib.graph_editor`: operations and tensors by name, and those before and behind others.

Source: tensorflow_core/contrib/graph_editor/select.py, util.py (release 1.15); tensorflow/python/ops/op_selector.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from minihub_runtime.api.graph import Graph, Operation, Tensor
from minihub_runtime.public import public

__all__ = [
    "ControlOutputs",
    "consumers_of",
    "filter_ops",
    "filter_ops_from_regex",
    "filter_ts",
    "filter_ts_from_regex",
    "get_backward_walk_ops",
    "get_consuming_ops",
    "get_forward_walk_ops",
    "get_generating_ops",
    "get_name_scope_ops",
    "get_tensors",
    "get_walks_intersection_ops",
    "get_walks_union_ops",
    "make_list_of_op",
    "make_list_of_t",
    "select_ops",
    "select_ops_and_ts",
    "select_ts",
]

T = TypeVar("T")


def _public(function: T) -> T:
    return public(f"contrib.graph_editor.{function.__name__}")(function)  # type: ignore[attr-defined]


def _list(items: Any, kind: type, other: type, allow_graph: bool, ignored: bool) -> list[Any]:
    single = items is None or isinstance(items, (Graph, Operation, Tensor, str))
    if single or not isinstance(items, Iterable):
        items = [items] if items is not None else []
    found: list[Any] = []
    for item in items:
        if isinstance(item, Graph) and allow_graph:
            for operation in item.get_operations():
                found.extend([operation] if kind is Operation else operation.outputs)
        elif isinstance(item, kind):
            found.append(item)
        elif not (ignored and isinstance(item, other)):
            raise TypeError(f"Expected {kind.__name__}s, not {item!r}")
    return found


@public("contrib.graph_editor.make_list_of_op", "contrib.graph_editor.util.make_list_of_op")
def make_list_of_op(
    ops: Any, check_graph: bool = True, allow_graph: bool = True, ignore_ts: bool = False
) -> list[Operation]:
    """Operations as a list.

    Args:
        ops: one, several, or a graph.
        check_graph: no matter; there is nothing to check.
        allow_graph: whether it may be a graph.
        ignore_ts: whether tensors are left out.

    Raises:
        TypeError: something else is among them.
    """
    return _list(ops, Operation, Tensor, allow_graph, ignore_ts)


@public("contrib.graph_editor.make_list_of_t", "contrib.graph_editor.util.make_list_of_t")
def make_list_of_t(
    ts: Any, check_graph: bool = True, allow_graph: bool = True, ignore_ops: bool = False
) -> list[Tensor]:
    """Tensors as a list.

    Args:
        ts: one, several, or a graph.
        check_graph: no matter; there is nothing to check.
        allow_graph: whether it may be a graph.
        ignore_ops: whether operations are left out.

    Raises:
        TypeError: something else is among them.
    """
    return _list(ts, Tensor, Operation, allow_graph, ignore_ops)


@public("contrib.graph_editor.get_tensors", "contrib.graph_editor.util.get_tensors")
def get_tensors(graph: Graph) -> list[Tensor]:
    """All tensors of a graph."""
    return make_list_of_t(graph)


def consumers_of(graph: Graph) -> dict[Tensor, list[Operation]]:
    """The operations that read each tensor of a graph that is read."""
    found: dict[Tensor, list[Operation]] = {}
    for operation in graph.get_operations():
        for tensor in dict.fromkeys(operation.inputs):
            found.setdefault(tensor, []).append(operation)
    return found


@public("contrib.graph_editor.ControlOutputs", "contrib.graph_editor.util.ControlOutputs")
class ControlOutputs:
    """The operations that wait for each operation of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._found: dict[Operation, list[Operation]] = {}
        self.update()

    def update(self) -> ControlOutputs:
        """Look again, where the graph has grown."""
        self._found.clear()
        for operation in self.graph.get_operations():
            for awaited in operation.control_inputs:
                self._found.setdefault(awaited, []).append(operation)
        return self

    def get_all(self) -> dict[Operation, list[Operation]]:
        """All of them."""
        return self._found

    def get(self, op: Operation) -> tuple[Operation, ...]:
        """Those that wait for one operation."""
        return tuple(self._found.get(op, ()))


@public("contrib.graph_editor.get_consuming_ops", "contrib.graph_editor.util.get_consuming_ops")
def get_consuming_ops(ts: Any) -> list[Operation]:
    """The operations that read tensors."""
    tensors = make_list_of_t(ts)
    readers = consumers_of(tensors[0].graph) if tensors else {}
    return list(dict.fromkeys(op for tensor in tensors for op in readers.get(tensor, ())))


@public("contrib.graph_editor.get_generating_ops", "contrib.graph_editor.util.get_generating_ops")
def get_generating_ops(ts: Any) -> list[Operation]:
    """The operations that make tensors."""
    return list(dict.fromkeys(tensor.op for tensor in make_list_of_t(ts)))


# By name

_REGEX = (str, re.Pattern)


def _matcher(regex: Any) -> Callable[[Any], bool]:
    if not isinstance(regex, _REGEX):
        raise ValueError(f"Expected a string or a regex, got: {type(regex)}")
    compiled = re.compile(regex)
    return lambda item: compiled.search(item.name) is not None


@_public
def filter_ops(ops: Any, positive_filter: Any) -> list[Operation]:
    """Those of some operations for which a function is true; all if it is True."""
    return [op for op in make_list_of_op(ops) if positive_filter is True or positive_filter(op)]


@_public
def filter_ts(ops: Any, positive_filter: Any) -> list[Tensor]:
    """Those of the inputs and outputs of operations for which a function is true; all if it is True."""
    found = make_list_of_op(ops)
    inputs = [tensor for op in found for tensor in op.inputs]
    outputs = [tensor for op in found for tensor in op.outputs]
    return [
        tensor
        for tensor in dict.fromkeys([*inputs, *outputs])
        if positive_filter is True or positive_filter(tensor)
    ]


@_public
def filter_ops_from_regex(ops: Any, regex: Any) -> list[Operation]:
    """Those of some operations in whose names a regular expression is found."""
    return filter_ops(ops, _matcher(regex))


@_public
def filter_ts_from_regex(ops: Any, regex: Any) -> list[Tensor]:
    """Those of the inputs and outputs of operations in whose names a regular expression is found."""
    return filter_ts(ops, _matcher(regex))


@_public
def get_name_scope_ops(ops: Any, scope: str) -> list[Operation]:
    """Those of some operations that are in a name scope."""
    return filter_ops_from_regex(ops, f"^{scope.removesuffix('/')}(/.*)?$")


def _selected(kind: type, args: tuple[Any, ...], keywords: dict[str, Any]) -> list[Any]:
    of_ops = kind is Operation
    own, others = ("(?#ops)", "(?#ts)") if of_ops else ("(?#ts)", "(?#ops)")
    graph = keywords.pop("graph", None)
    positive_filter = keywords.pop("positive_filter", None)
    marked = {key: keywords.pop(f"restrict_{key}_regex", False) for key in ("ops", "ts")}
    only_marked = marked["ops" if of_ops else "ts"]
    if keywords:
        raise ValueError(f"Wrong keywords argument: {next(iter(keywords))}.")
    if graph is not None and not isinstance(graph, Graph):
        raise TypeError(f"Expected a tf.Graph, got: {type(graph)}")
    found: list[Any] = []
    for arg in args:
        if not isinstance(arg, _REGEX):
            found += (
                make_list_of_op(arg, ignore_ts=True)
                if of_ops
                else make_list_of_t(arg, ignore_ops=True)
            )
            continue
        if graph is None:
            raise ValueError("Use the keyword argument 'graph' to use regex.")
        pattern = re.compile(arg).pattern
        if not pattern.startswith(others) and (pattern.startswith(own) or not only_marked):
            found += (filter_ops_from_regex if of_ops else filter_ts_from_regex)(graph, arg)
    return [
        item for item in dict.fromkeys(found) if positive_filter is None or positive_filter(item)
    ]


@_public
def select_ops(*args: Any, **kwargs: Any) -> list[Operation]:
    """Operations, each once.

    Args:
        *args: operations, lists of them, or regular expressions of their names; tensors are left out.
        **kwargs: `graph`, where to look for names; `positive_filter`, a function that must be true;
            `restrict_ops_regex`, whether regular expressions count only if they begin with `(?#ops)`.

    Raises:
        ValueError: there is another keyword, or names but no graph.
        TypeError: an argument is of another type.
    """
    return _selected(Operation, args, kwargs)


@_public
def select_ts(*args: Any, **kwargs: Any) -> list[Tensor]:
    """Tensors, each once; see `select_ops`, of which tensors and operations, and `ts` and `ops`, change places."""
    return _selected(Tensor, args, kwargs)


@_public
def select_ops_and_ts(*args: Any, **kwargs: Any) -> tuple[list[Operation], list[Tensor]]:
    """Operations and tensors, each once; regular expressions are of tensors if they begin with `(?#ts)`."""
    operations = select_ops(*args, restrict_ops_regex=False, **kwargs)
    return operations, select_ts(*args, restrict_ts_regex=True, **kwargs)


# Walks


def _seeds(seed_ops: Any, of_tensors: Callable[[Any], list[Operation]]) -> list[Operation]:
    """Where a walk starts: operations, or those that `of_tensors` tells for tensors."""
    items = (
        list(seed_ops)
        if isinstance(seed_ops, Iterable) and not isinstance(seed_ops, (Operation, Tensor))
        else [seed_ops]
    )
    if items and isinstance(items[0], Tensor):
        return of_tensors(items)
    return make_list_of_op(items, allow_graph=False)


def _walk(
    seeds: list[Operation],
    inclusive: bool,
    within_ops: Any,
    within_ops_fn: Callable[[Operation], Any] | None,
    onward: Callable[[Operation], Iterable[Operation]],
) -> list[Operation]:
    within = set(make_list_of_op(within_ops, allow_graph=False)) if within_ops else None
    first = [op for op in dict.fromkeys(seeds) if within is None or op in within]
    found = dict.fromkeys(first)
    waiting = first
    while waiting:
        waiting = [
            op
            for op in dict.fromkeys(other for op in waiting for other in onward(op))
            if op not in found
            and (within is None or op in within)
            and (within_ops_fn is None or within_ops_fn(op))
        ]
        found.update(dict.fromkeys(waiting))
    return list(found)[0 if inclusive else len(first) :]


@_public
def get_forward_walk_ops(
    seed_ops: Any,
    inclusive: bool = True,
    within_ops: Any = None,
    within_ops_fn: Callable[[Operation], Any] | None = None,
    stop_at_ts: Any = (),
    control_outputs: ControlOutputs | None = None,
) -> list[Operation]:
    """The operations that depend on others.

    Args:
        seed_ops: the others; of tensors, those that read them.
        inclusive: whether these are among the result.
        within_ops: operations that are not left, or None.
        within_ops_fn: a function that must be true of an operation to go there, or None.
        stop_at_ts: tensors beyond which nothing counts.
        control_outputs: what waits for operations, to go there too; or None.

    Raises:
        TypeError: an argument is of another type.
    """
    seeds = _seeds(seed_ops, get_consuming_ops)
    if not seeds:
        return []
    readers = consumers_of(seeds[0].graph)
    stops = set(make_list_of_t(stop_at_ts))

    def onward(op: Operation) -> Iterable[Operation]:
        for tensor in op.outputs:
            if tensor not in stops:
                yield from readers.get(tensor, ())
        if control_outputs is not None:
            yield from control_outputs.get(op)

    return _walk(seeds, inclusive, within_ops, within_ops_fn, onward)


@_public
def get_backward_walk_ops(
    seed_ops: Any,
    inclusive: bool = True,
    within_ops: Any = None,
    within_ops_fn: Callable[[Operation], Any] | None = None,
    stop_at_ts: Any = (),
    control_inputs: bool = False,
) -> list[Operation]:
    """The operations that others depend on.

    Args:
        seed_ops: the others; of tensors, those that make them.
        inclusive: see `get_forward_walk_ops`.
        within_ops: likewise.
        within_ops_fn: likewise.
        stop_at_ts: likewise.
        control_inputs: whether to go to what operations wait for, too.

    Raises:
        TypeError: an argument is of another type.
    """
    stops = set(make_list_of_t(stop_at_ts))

    def onward(op: Operation) -> Iterable[Operation]:
        yield from (tensor.op for tensor in op.inputs if tensor not in stops)
        if control_inputs:
            yield from op.control_inputs

    seeds = _seeds(seed_ops, get_generating_ops)
    return _walk(seeds, inclusive, within_ops, within_ops_fn, onward)


def _walks(
    forward_seed_ops: Any,
    backward_seed_ops: Any,
    forward_inclusive: bool,
    backward_inclusive: bool,
    control_inputs: bool,
    control_outputs: ControlOutputs | None,
    control_ios: ControlOutputs | None,
    **within: Any,
) -> tuple[list[Operation], list[Operation]]:
    if control_ios is not None:
        if control_outputs is not None:
            raise ValueError("control_outputs should be None when using control_ios.")
        control_inputs, control_outputs = True, control_ios
    forward = get_forward_walk_ops(
        forward_seed_ops, forward_inclusive, control_outputs=control_outputs, **within
    )
    backward = get_backward_walk_ops(
        backward_seed_ops, backward_inclusive, control_inputs=control_inputs, **within
    )
    return forward, backward


@_public
def get_walks_intersection_ops(
    forward_seed_ops: Any,
    backward_seed_ops: Any,
    forward_inclusive: bool = True,
    backward_inclusive: bool = True,
    within_ops: Any = None,
    within_ops_fn: Callable[[Operation], Any] | None = None,
    control_inputs: bool = False,
    control_outputs: ControlOutputs | None = None,
    control_ios: ControlOutputs | None = None,
) -> list[Operation]:
    """The operations between some and others.

    Args:
        forward_seed_ops: see `get_forward_walk_ops`.
        backward_seed_ops: see `get_backward_walk_ops`.
        forward_inclusive: whether the first may be among the result.
        backward_inclusive: whether the last may be.
        within_ops: see `get_forward_walk_ops`.
        within_ops_fn: likewise.
        control_inputs: see `get_backward_walk_ops`.
        control_outputs: see `get_forward_walk_ops`.
        control_ios: stands for both.

    Raises:
        ValueError: `control_outputs` and `control_ios` are given.
    """
    forward, backward = _walks(
        forward_seed_ops,
        backward_seed_ops,
        forward_inclusive,
        backward_inclusive,
        control_inputs,
        control_outputs,
        control_ios,
        within_ops=within_ops,
        within_ops_fn=within_ops_fn,
    )
    behind = set(backward)
    return [op for op in forward if op in behind]


@_public
def get_walks_union_ops(
    forward_seed_ops: Any,
    backward_seed_ops: Any,
    forward_inclusive: bool = True,
    backward_inclusive: bool = True,
    within_ops: Any = None,
    within_ops_fn: Callable[[Operation], Any] | None = None,
    control_inputs: bool = False,
    control_outputs: ControlOutputs | None = None,
    control_ios: ControlOutputs | None = None,
) -> list[Operation]:
    """The operations that depend on some, or that others depend on; see `get_walks_intersection_ops`."""
    forward, backward = _walks(
        forward_seed_ops,
        backward_seed_ops,
        forward_inclusive,
        backward_inclusive,
        control_inputs,
        control_outputs,
        control_ios,
        within_ops=within_ops,
        within_ops_fn=within_ops_fn,
    )
    return list(dict.fromkeys([*forward, *backward]))
