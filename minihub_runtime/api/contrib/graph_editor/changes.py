"""`tf.contrib.graph_editor`: copies of parts of a graph, and operations that read other tensors than they were built with.

Source: tensorflow_core/contrib/graph_editor/transform.py, subgraph.py, reroute.py (release 1.15).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minihub_runtime.api.composite import placeholder
from minihub_runtime.api.contrib.graph_editor.selection import (
    ControlOutputs,
    consumers_of,
    get_walks_intersection_ops,
    make_list_of_op,
    make_list_of_t,
    select_ops_and_ts,
)
from minihub_runtime.api.graph import Graph, Operation, Tensor
from minihub_runtime.api.graph_keys import GraphKeys
from minihub_runtime.api.nest import flatten, map_structure
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.public import public

__all__ = [
    "SubGraphView",
    "TransformerInfo",
    "add_control_inputs",
    "copy",
    "copy_with_input_replacements",
    "graph_replace",
    "make_view",
    "remove_control_inputs",
    "reroute_ts",
    "swap_ts",
]

#: Names of collections that are the same in every graph.
_KNOWN_KEYS = frozenset(
    value for name, value in vars(GraphKeys).items() if name.isupper() and isinstance(value, str)
)


def _public(function: Any) -> Any:
    return public(f"contrib.graph_editor.{function.__name__}")(function)


@_public
class SubGraphView:
    """Operations of one graph.

    Args:
        inside_ops: the operations.

    Attributes:
        graph: their graph; None if there are none.
        ops: the operations.
        inputs: the tensors that they read and do not make.
        outputs: the tensors that they make, but for those that they alone read.

    Raises:
        ValueError: they are of several graphs.
    """

    def __init__(self, inside_ops: Any = ()) -> None:
        self.ops = list(dict.fromkeys(make_list_of_op(inside_ops)))
        graphs = {id(op.graph): op.graph for op in self.ops}
        if len(graphs) > 1:
            raise ValueError("Operations of several graphs are no view of one.")
        self.graph = next(iter(graphs.values()), None)
        inside = set(self.ops)
        readers = {} if self.graph is None else consumers_of(self.graph)
        read = dict.fromkeys(tensor for op in self.ops for tensor in op.inputs)
        self.inputs = [tensor for tensor in read if tensor.op not in inside]
        self.outputs = [
            tensor
            for op in self.ops
            for tensor in op.outputs
            if tensor not in read or not inside.issuperset(readers.get(tensor, ()))
        ]

    def op(self, op_id: int) -> Operation:
        """The operation of a number."""
        return self.ops[op_id]

    def input_index(self, t: Tensor) -> int:
        """The number of an input."""
        return self.inputs.index(t)

    def output_index(self, t: Tensor) -> int:
        """The number of an output."""
        return self.outputs.index(t)

    def __bool__(self) -> bool:
        return self.graph is not None


@public("contrib.graph_editor.make_view", "contrib.graph_editor.sgv")
def make_view(*args: Any, **kwargs: Any) -> SubGraphView:
    """A view of operations.

    Args:
        *args: a view, or what `select_ops_and_ts` takes.
        **kwargs: see there.
    """
    if len(args) == 1 and isinstance(args[0], SubGraphView):
        return args[0]
    operations, tensors = select_ops_and_ts(*args, **kwargs)
    return SubGraphView([*operations, *(tensor.op for tensor in tensors)])


# Copies


@_public
class TransformerInfo:
    """What was copied to what."""

    def __init__(
        self, ops: Mapping[Operation, Operation], tensors: Mapping[Tensor, Tensor]
    ) -> None:
        self._transformed_ops = dict(ops)
        self._transformed_ts = dict(tensors)

    def transformed(self, original: Any, missing_fn: Callable[[Any], Any] | None = None) -> Any:
        """The copies of operations and tensors, in any structure; None for what was not copied.

        Args:
            original: one, or a structure.
            missing_fn: a function that tells what stands for what was not copied.

        Raises:
            TypeError: something else is among them.
        """
        return _found(original, self._transformed_ops, self._transformed_ts, missing_fn)

    def original(self, transformed: Any, missing_fn: Callable[[Any], Any] | None = None) -> Any:
        """What copies are copies of; see `transformed`."""
        ops = {copied: op for op, copied in self._transformed_ops.items()}
        tensors = {copied: tensor for tensor, copied in self._transformed_ts.items()}
        return _found(transformed, ops, tensors, missing_fn)


def _found(
    structure: Any,
    ops: Mapping[Operation, Operation],
    tensors: Mapping[Tensor, Tensor],
    missing_fn: Callable[[Any], Any] | None,
) -> Any:
    def one(item: Any) -> Any:
        if not isinstance(item, (Operation, Tensor)):
            raise TypeError(f"Expected a tf.Tensor or a tf.Operation, got a {type(item)}")
        found = ops.get(item) if isinstance(item, Operation) else tensors.get(item)
        return missing_fn(item) if found is None and missing_fn is not None else found

    return map_structure(one, structure)


@_public
def copy(
    sgv: Any,
    dst_graph: Graph | None = None,
    dst_scope: str = "",
    src_scope: str = "",
    reuse_dst_scope: bool = False,
) -> tuple[SubGraphView, TransformerInfo]:
    """A copy of operations, whose inputs are placeholders.

    Args:
        sgv: the operations; see `make_view`.
        dst_graph: where the copies go; by default the same graph.
        dst_scope: what their names begin with.
        src_scope: what is taken away from the beginnings of names.
        reuse_dst_scope: whether that scope may exist; else it is numbered.

    Raises:
        TypeError: `dst_graph` is no graph.
        ValueError: a name does not begin with `src_scope`.
    """

    def external(tensor: Tensor, graph: Graph, scope: str) -> Tensor:
        return _placeholder(tensor, graph, scope)

    return _copied(make_view(sgv), external, dst_graph, dst_scope, src_scope, reuse_dst_scope)


@_public
def copy_with_input_replacements(
    sgv: Any,
    replacement_ts: Mapping[Tensor, Tensor],
    dst_graph: Graph | None = None,
    dst_scope: str = "",
    src_scope: str = "",
    reuse_dst_scope: bool = False,
) -> tuple[SubGraphView, TransformerInfo]:
    """A copy of operations that reads other tensors, or in the same graph the same.

    Args:
        sgv: see `copy`.
        replacement_ts: what is read instead of inputs.
        dst_graph: see `copy`.
        dst_scope: likewise.
        src_scope: likewise.
        reuse_dst_scope: likewise.

    Raises:
        TypeError: see `copy`.
        ValueError: likewise.
    """

    def external(tensor: Tensor, graph: Graph, scope: str) -> Tensor:
        if tensor in replacement_ts:
            return replacement_ts[tensor]
        return tensor if tensor.graph is graph else _placeholder(tensor, graph, scope)

    return _copied(make_view(sgv), external, dst_graph, dst_scope, src_scope, reuse_dst_scope)


def _placeholder(tensor: Tensor, graph: Graph, scope: str) -> Tensor:
    name = f"{scope}geph__{tensor.op.name.rpartition('/')[2]}_{tensor.value_index}"
    with graph.as_default():
        return placeholder(tensor.dtype, tensor.shape, name)


def _copied(
    view: SubGraphView,
    external: Callable[[Tensor, Graph, str], Tensor],
    target: Graph | None,
    dst_scope: str,
    src_scope: str,
    reuse_dst_scope: bool,
) -> tuple[SubGraphView, TransformerInfo]:
    source = view.graph
    target = source if target is None else target
    if not isinstance(target, Graph):
        raise TypeError(f"Expected a tf.Graph, got: {type(target)}")
    if source is None:
        return view, TransformerInfo({}, {})
    before, after = _ended(src_scope), _ended(dst_scope)
    if after and not reuse_dst_scope:
        after = _ended(target.unique_name(after[:-1]))
    for op in view.ops:
        if not op.name.startswith(before):
            raise ValueError(f"{op.name} does not belong to source scope: {before}.")
    inside = set(view.ops)
    # In the order in which they were made, whatever the order of the view.
    ops = [op for op in source.get_operations() if op in inside]
    names = {op.name: target.unique_name(after + op.name[len(before) :]) for op in ops}
    read = {tensor: external(tensor, target, after) for tensor in view.inputs}
    if source is not target:
        target.add_functions(source.as_graph_def().library)

    def made_of(node: Node) -> Node:
        refs = [
            Ref(names[ref.node], ref.index)
            if ref.node in names
            else read[source.tensor(ref)].ref_in_graph
            for ref in node.inputs
        ]
        controls = [
            names.get(name, name) for name in node.controls if name in names or source is target
        ]
        return node.replace(name=names[node.name], inputs=refs, controls=controls)

    # Names first, so that those of loops may be before those that they read.
    of_ops = {op: target.add_node(made_of(op.node)) for op in ops}
    of_tensors = {
        tensor: twin
        for op, copied in of_ops.items()
        for tensor, twin in zip(op.outputs, copied.outputs, strict=True)
    }
    info = TransformerInfo(of_ops, of_tensors)
    copies: dict[int, Any] = {
        id(item): twin for item, twin in (*of_ops.items(), *of_tensors.items())
    }
    for key in source.get_all_collection_keys():
        for item in source.get_collection(key):
            twin = copies.get(id(item))
            if twin is not None:
                known = key in _KNOWN_KEYS
                target.add_to_collection(key if known else after + key.removeprefix(before), twin)
    return SubGraphView(of_ops.values()), info


def _ended(scope: str) -> str:
    return f"{scope}/" if scope and not scope.endswith("/") else scope


@_public
def graph_replace(
    target_ts: Any,
    replacement_ts: Mapping[Tensor, Tensor],
    dst_scope: str = "",
    src_scope: str = "",
    reuse_dst_scope: bool = False,
) -> Any:
    """Tensors as they would be if others had been read when they were built.

    Args:
        target_ts: one tensor, or a structure of them.
        replacement_ts: what is read instead of tensors that they depend on.
        dst_scope: see `copy`.
        src_scope: likewise.
        reuse_dst_scope: likewise.

    Returns:
        The same structure; tensors that do not depend on those replaced are the same.

    Raises:
        ValueError: none depends on them.
    """
    targets = make_list_of_t(flatten(target_ts))
    control_ios = ControlOutputs(targets[0].graph)
    ops = get_walks_intersection_ops(list(replacement_ts), targets, control_ios=control_ios)
    if not ops:
        raise ValueError("Targets and replacements are not connected!")
    _, info = copy_with_input_replacements(
        ops, replacement_ts, None, dst_scope, src_scope, reuse_dst_scope
    )
    return info.transformed(target_ts, lambda tensor: tensor)


# Connections


def _pairs(ts0: Any, ts1: Any) -> list[tuple[Tensor, Tensor]]:
    first, second = make_list_of_t(ts0), make_list_of_t(ts1)
    if len(first) != len(second):
        raise ValueError(f"ts0 and ts1 have different sizes: {len(first)} != {len(second)}")
    for one, other in zip(first, second, strict=True):
        if not one.dtype.is_compatible_with(other.dtype):
            raise ValueError(f"Dtypes {one.dtype} and {other.dtype} are not compatible.")
        if not one.shape.is_compatible_with(other.shape):
            raise ValueError(f"Shapes {one.shape} and {other.shape} are not compatible.")
    return list(zip(first, second, strict=True))


def _connect(instead: list[tuple[Tensor, Tensor]], can_modify: Any, cannot_modify: Any) -> int:
    """Let operations read tensors instead of others.

    Args:
        instead: tensors, and what they take the place of.
        can_modify: the operations that may change; None for all.
        cannot_modify: those that may not.

    Returns:
        How many inputs changed.
    """
    if not instead:
        return 0
    graph = instead[0][0].graph
    allowed = None if can_modify is None else set(make_list_of_op(can_modify))
    kept = set(make_list_of_op(cannot_modify))
    # All at once, as a tensor may take a place and lose its own.
    replaced = {old.ref_in_graph: new.ref_in_graph for new, old in instead if new is not old}
    count = 0
    for op in graph.get_operations():
        node = op.node
        if op in kept or (allowed is not None and op not in allowed):
            continue
        changed = sum(ref in replaced for ref in node.inputs)
        if changed:
            inputs = [replaced.get(ref, ref) for ref in node.inputs]
            graph.replace_node(node.replace(inputs=inputs))
            count += changed
    if count:
        graph.inference.forget_all()
    return count


@_public
def reroute_ts(ts0: Any, ts1: Any, can_modify: Any = None, cannot_modify: Any = None) -> int:
    """Let what reads the second tensors read the first ones instead; before it has run.

    Args:
        ts0: tensors.
        ts1: as many, of the same types and shapes.
        can_modify: the operations that may change; None for all.
        cannot_modify: those that may not; None for none.

    Returns:
        How many inputs changed.

    Raises:
        ValueError: numbers, types or shapes do not fit.
        TypeError: an argument is of another type.
    """
    return _connect(_pairs(ts0, ts1), can_modify, cannot_modify)


@_public
def swap_ts(ts0: Any, ts1: Any, can_modify: Any = None, cannot_modify: Any = None) -> int:
    """Let what reads the second tensors read the first ones, and the other way round; see `reroute_ts`."""
    pairs = _pairs(ts0, ts1)
    both = [*pairs, *((other, one) for one, other in pairs)]
    return _connect(both, can_modify, cannot_modify)


@_public
def add_control_inputs(op: Operation, cops: Any) -> None:
    """Let an operation wait for others.

    Raises:
        TypeError: one of them is no operation.
        ValueError: it waits for one already.
    """
    others = _awaited(op, cops)
    for other in others:
        if other in op.control_inputs:
            raise ValueError(f"{op.name} is already a control_input of {other.name}")
    op.graph.add_control_inputs(op.name, [other.name for other in others])


@_public
def remove_control_inputs(op: Operation, cops: Any) -> None:
    """Let an operation wait for others no more.

    Raises:
        TypeError: one of them is no operation.
        ValueError: it does not wait for one.
    """
    names = [other.name for other in _awaited(op, cops)]
    node = op.node
    for name in names:
        if name not in node.controls:
            raise ValueError(f"{op.name} is not a control_input of {name}")
    op.graph.replace_node(
        node.replace(controls=[name for name in node.controls if name not in names])
    )


def _awaited(op: Operation, cops: Any) -> list[Operation]:
    if not isinstance(op, Operation):
        raise TypeError(f"Expected a tf.Operation, got: {type(op)}")
    return make_list_of_op(cops, allow_graph=False)
