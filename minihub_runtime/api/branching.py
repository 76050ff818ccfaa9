"""If and Case: one of several functions runs.

The branches are traced into graphs of their own, given the same arguments, and called by one operation; Identity operations
behind it are what the caller sees, so that a fetch runs only what it needs.

Source: tensorflow/python/ops/cond_v2.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.func_graph import (
    FuncGraph,
    flatten,
    pack_like,
    trace,
    unique_function_name,
)
from minihub_runtime.api.graph import Operation, Tensor, get_default_graph
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.program_order import READ_ONLY_ATTR, read_only_arguments
from minihub_runtime.api.type_spec import TensorSpec, TypeSpec, type_spec_from_value
from minihub_runtime.dtypes import int32, int64, resource
from minihub_runtime.graph.functions import is_stateful
from minihub_runtime.shapes import Spec, common

__all__ = ["build_branches", "has_effects", "tell_behind", "trace_branch"]


def trace_branch(scope: str, kind: str, function: Callable[[], Any], selector: Tensor) -> FuncGraph:
    """The graph of one branch.

    Args:
        scope: the name scope of the operation, with a slash.
        kind: what the branch is called: `true`, `branch0`.
        function: builds it.
        selector: what a branch returns where it returns an operation.
    """
    graph = FuncGraph(unique_function_name(scope, kind))
    graph.be_part()
    return trace(graph, function, instead_of_operations=selector)


def has_effects(graph: FuncGraph) -> bool:
    """Whether a function does more than compute its results."""
    return any(is_stateful(graph.node_graph, node.op) for node in graph.nodes.values())


def build_branches(
    selector: Tensor, graphs: Sequence[FuncGraph], names: Sequence[str], function: str, scope: str
) -> Any:
    """The results of the branch that `selector` chooses.

    Args:
        selector: a bool tensor for If, an int32 tensor for Case.
        graphs: the branches; for If the one for true comes first.
        names: what the branches are called in messages.
        function: name of the public function, for messages.
        scope: the name of the operation, with a slash.

    Raises:
        TypeError, ValueError: the branches do not return the same structure of types, or one uses tensors of another.
    """
    _check_captures(graphs, names)
    _unify_indices(graphs, function)
    _check_outputs(graphs, names, function)
    inputs = _unify_inputs(graphs)
    effects = any(has_effects(graph) for graph in graphs)
    outer = get_default_graph()
    arguments: dict[str, Any] = {
        "input": inputs,
        "Tout": graphs[0].output_types,
        "output_shapes": [
            common([tensor.shape.as_tuple() for tensor in tensors])
            for tensors in zip(*(graph.outputs for graph in graphs), strict=True)
        ],
    }
    functions = [graph.add_to_library() for graph in graphs]
    if function == "cond":
        arguments |= {
            "cond": selector,
            "then_branch": functions[0],
            "else_branch": functions[1],
        }
    else:
        arguments |= {"branch_index": selector, "branches": functions}
    op = "If" if function == "cond" else "Case"
    awaited = [op for graph in graphs for op in graph.control_captures]
    with outer.control_dependencies(awaited):
        result = build(op if effects else f"Stateless{op}", name=scope, **arguments)
    outputs: list[Tensor] = [] if isinstance(result, Operation) else list(result)
    operation = result if isinstance(result, Operation) else None
    if outputs:
        operation = outputs[0].op
    if operation is not None and (outputs or effects):
        reading = set.intersection(*(set(read_only_arguments(graph)) for graph in graphs))
        # The first input is the selector, which is no argument of a branch.
        attrs = {READ_ONLY_ATTR: [place + 1 for place in sorted(reading)]}
        outer.set_attrs(operation.name, _lower_using_switch_merge=True, **attrs)
        outer.prevent_fetching(operation)
    for place, tensor in enumerate(outputs):
        tell_behind(tensor, [graph.outputs[place] for graph in graphs])
    passed = [build("Identity", input=tensor) for tensor in outputs]
    return _packed([graph.structured_outputs for graph in graphs], passed)


def _check_captures(graphs: Sequence[FuncGraph], names: Sequence[str]) -> None:
    """Raise ValueError if a branch uses tensors of another one."""
    for graph, name in zip(graphs, names, strict=True):
        for tensor in graph.external_captures:
            for other, other_name in zip(graphs, names, strict=True):
                if tensor.graph is other:
                    raise ValueError(
                        f"Tensor {tensor.name} in {other_name} is accessed from {name}."
                    )


def _unify_indices(graphs: Sequence[FuncGraph], function: str) -> None:
    """Let the indices of IndexedSlices have one type in all branches: int64 where they differ."""
    flat = [nest.flatten(graph.structured_outputs) for graph in graphs]
    if len({len(items) for items in flat}) != 1:
        return
    changed = False
    for place, items in enumerate(zip(*flat, strict=True)):
        sliced = [isinstance(item, IndexedSlices) for item in items]
        if any(sliced) and not all(sliced):
            raise TypeError(
                f"Cannot reconcile tf.{function} {place}-th outputs:\n  branches returned: {items}"
            )
        if not any(sliced) or len({item.indices.dtype for item in items}) == 1:
            continue
        for graph, outputs, item in zip(graphs, flat, items, strict=True):
            if item.indices.dtype not in (int32, int64):
                raise TypeError(
                    "Type of IndexedSlices.indices must be int32 or int64. Found: "
                    f"{[other.indices.dtype for other in items]}"
                )
            with graph.as_default():
                indices = build("Cast", x=item.indices, DstT=int64)
            outputs[place] = IndexedSlices(item.values, indices, item.dense_shape)
            changed = True
    for graph, outputs in zip(graphs, flat, strict=True) if changed else ():
        graph.structured_outputs = nest.pack_sequence_as(graph.structured_outputs, outputs)
        graph.outputs = [
            graph.capture(item) for item in flatten(graph.structured_outputs) if item is not None
        ]


def _check_outputs(graphs: Sequence[FuncGraph], names: Sequence[str], function: str) -> None:
    """Raise unless all branches return the same structure of tensors of the same types."""
    first = graphs[0]

    def refuse(number: int, detail: str) -> TypeError:
        return TypeError(
            f"{names[0]} and {names[number]} arguments to tf.{function} must have the same number, "
            "type, and overall structure of return values.\n\n"
            f"{names[0]} output: {first.structured_outputs}\n"
            f"{names[number]} output: {graphs[number].structured_outputs}\n\n"
            f"Error details:\n{detail}"
        )

    for number, graph in enumerate(graphs[1:], 1):
        try:
            nest.assert_same_structure(
                first.structured_outputs, graph.structured_outputs, expand_composites=True
            )
        except (TypeError, ValueError) as error:
            raise refuse(number, str(error)) from None
        if len(first.outputs) != len(graph.outputs):
            kind = "cond" if function == "cond" else "case"
            raise ValueError(
                f"Lengths of branch outputs of {kind} must match.\n"
                f"len(graphs[0].outputs): {len(first.outputs)}\n"
                f"len(graphs[{number}].outputs): {len(graph.outputs)}\n"
            )
        for one, other in zip(first.outputs, graph.outputs, strict=True):
            if one.dtype.base_dtype is not other.dtype.base_dtype:
                raise refuse(number, f"{one} and {other} have different types")


def _unify_inputs(graphs: Sequence[FuncGraph]) -> list[Tensor]:
    """Give all branches the same arguments, in the same order; the tensors outside that are passed."""
    every: dict[int, Tensor] = {}
    for graph in graphs:
        every.update({id(tensor): tensor for tensor in graph.external_captures})
    inputs = list(every.values())
    for graph in graphs:
        before = graph.captures
        graph.captures, graph.inputs = {}, []
        for tensor in inputs:
            if id(tensor) in before:
                inside = before[id(tensor)][1]
            else:
                inside = graph.placeholder(tensor.dtype, tensor.shape.as_tuple())
            graph.add_capture(tensor, inside)
    return inputs


def tell_behind(tensor: Tensor, inside: Sequence[Tensor]) -> None:
    """Note what is known of a variable whose handle functions return, each as `inside`."""
    if tensor.dtype is not resource:
        return
    found = [item.graph.inference.behind(item.ref_in_graph) for item in inside]
    known = [spec for spec in found if spec is not None]
    if len(known) == len(found) and len({spec.dtype for spec in known}) == 1:
        shape = common([spec.shape for spec in known])
        tensor.graph.inference.tell_behind(tensor.ref_in_graph, Spec(known[0].dtype, shape))


def _spec(value: Any) -> TypeSpec:
    """What kind of value a branch returns; what a reference stands for is read when the branch ends."""
    spec = type_spec_from_value(value)._without_tensor_names()
    if isinstance(spec, TensorSpec) and spec.dtype.is_ref:
        return TensorSpec(spec.shape, spec.dtype.base_dtype)
    return spec


def _packed(structures: Sequence[Any], tensors: Sequence[Tensor]) -> Any:
    """The results in the structure that the branches return."""

    def common_spec(*values: Any) -> Any:
        if values[0] is None:
            return None
        specs = [_spec(value) for value in values]
        found = specs[0].most_specific_common_supertype(specs[1:])
        if found is None:
            raise TypeError(f"No common supertype of {' and '.join(map(str, specs))}.")
        return found

    specs = nest.map_structure(common_spec, *structures)
    given = iter(tensors)
    flat = [
        None if item is None else next(given)
        for item in nest.flatten(specs, expand_composites=True)
    ]
    return pack_like(specs, flat)
