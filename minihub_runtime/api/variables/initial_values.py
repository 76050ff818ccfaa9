"""What variables are initialised with, and how that may rest on other variables.

Source: tensorflow/python/ops/variables.py, variable_v1.py, ref_variable.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from minihub_runtime.api.cond import cond
from minihub_runtime.api.contexts import init_scope
from minihub_runtime.api.graph import GraphKeys, Operation, Tensor, get_default_graph
from minihub_runtime.protos import AttrValue

__all__ = ["colocated_initializer", "guarded", "initialized_value"]


@contextlib.contextmanager
def colocated_initializer(scope: str) -> Iterator[None]:
    """Write into the operations made inside that they belong on the device of the variable of that scope."""
    group = AttrValue()
    group.list.s.append(f"loc:@{scope[:-1]}".encode())
    with get_default_graph()._attr_scope({"_class": group}):
        yield


def initialized_value(variable: Any) -> Any:
    """See `Variable.initialized_value`."""
    with init_scope():
        return cond(variable.is_initialized(), variable.read_value, lambda: variable.initial_value)


#: Ops whose results may be asked for before variables have values: what they read is looked after.
SAFE_OPS = frozenset({"If", "IsVariableInitialized", "ReadVariableOp", "VarIsInitializedOp"})
VARIABLE_OPS = frozenset({"VarHandleOp", "Variable", "VariableV2"})


def guarded(scope: str, initial_value: Tensor) -> Tensor:
    """The initial value, where it does not fail if variables it rests on have no value yet.

    Operations between such a variable and the value are copied, so that they take its initial value while it has none.

    Args:
        scope: the name scope of the variable that is initialised, with a slash.
        initial_value: what it is initialised with.
    """
    order = _behind(initial_value.op)
    if order is None:
        return initial_value
    graph = initial_value.graph
    safe: dict[str, Operation] = {}
    for op in order:
        safe[op.name] = op
        if op.type in SAFE_OPS:
            continue
        if op.type in VARIABLE_OPS:
            found = _initialized_value_of(op)
            if found is not None:
                safe[op.name] = found.op
            continue
        inputs = [safe[tensor.op.name].outputs[tensor.value_index] for tensor in op.inputs]
        if any(new is not old for new, old in zip(inputs, op.inputs, strict=True)):
            kind = "Switch" if op.type == "RefSwitch" else op.type
            name = f"{op.name}_{scope}".replace(":", "_")
            safe[op.name] = graph.create_op(kind, inputs, op.node.attrs, name)
    return safe[initial_value.op.name].outputs[initial_value.value_index]


def _behind(last: Operation) -> list[Operation] | None:
    """The operations that one rests on, each after those it reads, and itself last; None if there is a loop."""
    order: list[Operation] = []
    done: set[str] = set()
    open_: set[str] = set()
    stack = [(last, False)]
    while stack:
        op, leaving = stack.pop()
        if leaving:
            open_.discard(op.name)
            done.add(op.name)
            order.append(op)
        elif op.name in open_:
            return None
        elif op.name not in done:
            open_.add(op.name)
            stack.append((op, True))
            if op.type not in SAFE_OPS and op.type not in VARIABLE_OPS:
                stack.extend((tensor.op, False) for tensor in reversed(op.inputs))
    return order


def _initialized_value_of(op: Operation) -> Any:
    """What stands for the value of the variable of an operation; None if no collection has it."""
    graph = op.graph
    for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES):
        for variable in graph.get_collection(key):
            if variable.name in (op.name, f"{op.name}:0"):
                return variable.initialized_value()
    return None
