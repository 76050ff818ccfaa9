"""`tf.vectorized_map`: a function of each row of tensors, whose results need not be announced.

Source: tensorflow/python/ops/parallel_for/control_flow_ops.py, pfor.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.batchable import boxed_rows, unbatched, unboxed
from minihub_runtime.api.composite import placeholder
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Operation, Tensor
from minihub_runtime.api.func_graph import without_variables
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import get_default_graph, name_scope
from minihub_runtime.api.map_fn import map_fn
from minihub_runtime.api.ranges import range as range_of
from minihub_runtime.api.reduction import reduce_max
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.type_spec import CompositeTensor, type_spec_from_value
from minihub_runtime.dtypes import int32, resource
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.public import public

__all__ = ["vectorized_map"]

#: Operations of TF1 loops and branches, which cannot be copied one by one.
_FLOW = frozenset({"Enter", "Exit", "Merge", "NextIteration", "Switch"})


@public("vectorized_map")
def vectorized_map(
    fn: Callable[[Any], Any], elems: Any, fallback_to_while_loop: bool = True, warn: bool = True
) -> Any:
    """The results of `fn` for each row of `elems`, put together along a new first dimension.

    The function is called once, in the graph of `elems`: gradients that it takes of a row go on to what the row was
    computed from. What depends on the row then runs for one row after the other, as by `map_fn`.

    Args:
        fn: takes a structure like `elems` of rows, and returns a structure of tensors.
        elems: a structure of tensors with the same number of rows. The row of a tensor that has but one is there for all.
        fallback_to_while_loop: accepted; all operations are run by a loop.
        warn: accepted; there is nothing to warn of.

    Raises:
        ValueError: there are no tensors in `elems`, or scalars are among them.
        NotImplementedError: a loop or branch of the form of TF1, from an imported graph, depends on the row.
    """
    elems = without_variables(elems)
    specs = [type_spec_from_value(item) for item in nest.flatten(elems)]
    if not specs:
        raise ValueError(f"elems must have a tensor, not {elems}")
    with name_scope(None, "vectorized_map"):
        tensors = [
            item if isinstance(item, CompositeTensor) else convert_to_tensor(item)
            for item in nest.flatten(elems)
        ]
        rows = [boxed_rows(spec, item) for spec, item in zip(specs, tensors, strict=True)]
        sizes = [tensor.shape.with_rank_at_least(1)[0].value for tensor in rows]
        count = _count([row for row, size in zip(rows, sizes, strict=True) if size != 1] or rows)
        before = set(get_default_graph().get_operations())
        index = placeholder(int32, [], name="loop_body/row")
        taken = [
            unboxed(unbatched(spec), gather(tensor, 0 if size == 1 else index))
            for spec, tensor, size in zip(specs, rows, sizes, strict=True)
        ]
        made = nest.map_structure(_as_tensor, fn(nest.pack_sequence_as(elems, taken)))
        flat = nest.flatten(made, expand_composites=True)
        steps = _steps(index, flat, before)

        def of_row(row: Tensor) -> Any:
            found = _repeated(steps, {index: row}, flat)
            return nest.pack_sequence_as(made, found, expand_composites=True)

        signature = nest.map_structure(type_spec_from_value, made)
        return map_fn(of_row, range_of(count), fn_output_signature=signature)


def _as_tensor(item: Any) -> Any:
    return item if isinstance(item, CompositeTensor) else convert_to_tensor(item)


def _count(rows: Sequence[Tensor]) -> Any:
    """The number of rows: a number, or a scalar if it is not known.

    Raises:
        ValueError: it is not the same.
    """
    sizes = [row.shape.with_rank_at_least(1)[0].value for row in rows]
    known = {size for size in sizes if size is not None}
    if len(known) > 1:
        raise ValueError(f"elems must have the same number of rows, not {sorted(known)}")
    # A tensor that has fewer rows than another one is refused where the row is taken.
    return reduce_max([shape(row)[0] for row in rows]) if None in sizes else known.pop()


def _steps(index: Tensor, results: Sequence[Tensor], before: set[Operation]) -> list[Operation]:
    """What must run anew for each row, in the order in which it was made: what depends on the row, and what draws at random.

    Raises:
        NotImplementedError: a loop or branch of the form of TF1 is among it.
    """
    needed: dict[Operation, None] = {}
    waiting = [tensor.op for tensor in results]
    while waiting:
        op = waiting.pop()
        if op not in needed:
            needed[op] = None
            waiting += [*(tensor.op for tensor in op.inputs), *op.control_inputs]
    found: dict[Operation, None] = {}
    for op in index.graph.get_operations():
        if op not in needed or op is index.op:
            continue
        read = [tensor.op for tensor in op.inputs]
        depends = any(other is index.op or other in found for other in (*read, *op.control_inputs))
        if depends or (op not in before and _has_its_own_turn(op)):
            if op.type in _FLOW:
                raise NotImplementedError(
                    f"tf.vectorized_map runs no {op.type} of a TF1 loop or branch that depends on the row, "
                    f"such as {op.name}"
                )
            found[op] = None
    return list(found)


def _has_its_own_turn(op: Operation) -> bool:
    """Whether something that reads no row gives each row a value of its own: random numbers do, variables do not."""
    handles = any(tensor.dtype == resource for tensor in (*op.inputs, *op.outputs))
    return op.type in REGISTRY and REGISTRY[op.type].stateful and not handles


def _repeated(
    steps: Sequence[Operation], given: dict[Tensor, Tensor], wanted: Sequence[Tensor]
) -> list[Tensor]:
    """Tensors computed anew in the present graph, where some are given."""
    graph = get_default_graph()
    tensors, operations = dict(given), dict[Operation, Operation]()
    for op in steps:
        controls = [operations.get(other, other) for other in op.control_inputs]
        attrs = {name: value for name, value in op.node.attrs.items() if name != "_class"}
        with graph.control_dependencies(controls):
            inputs = [tensors.get(tensor, tensor) for tensor in op.inputs]
            made = operations[op] = graph.create_op(op.type, inputs, attrs, op.name)
        tensors.update(zip(op.outputs, made.outputs, strict=True))
    return [tensors.get(tensor, tensor) for tensor in wanted]
