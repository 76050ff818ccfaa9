"""A loop is three plans: the test before each turn, the body of a turn, and what follows the last one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from minihub_runtime.dtypes import DType, variant
from minihub_runtime.errors import InvalidArgumentError, WouldWaitError
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.structure_loops import Loop

if TYPE_CHECKING:
    from minihub_runtime.engine.plan import Plan

__all__ = ["bind_loop"]

SubPlan = Callable[[Mapping[str, Node], Mapping[Ref, "DType | None"], Sequence[Ref]], "Plan"]

DTypes = Sequence["DType | None"]


def bind_loop(
    node: Node, given: DTypes, sub_plan: SubPlan, check: Callable[[], None]
) -> tuple[Callable[..., list[Any]], list[DType | None], list[DType | None]]:
    """The kernel of a `_Loop` node, the types it wants and the types it produces.

    Args:
        node: a node that `passes.structure_loops` made.
        given: types of its inputs.
        sub_plan: makes a plan of nodes, types of feeds and fetches.
        check: raises when the run must stop.
    """
    loop: Loop = node.attrs["loop"]
    inner = [*loop.variables, *loop.invariants]
    wanted = [
        dtype if dtype is None or ref in loop.references else dtype.base_dtype
        for ref, dtype in zip(inner, given, strict=True)
    ]
    known: dict[Ref, DType | None] = dict(zip(inner, wanted, strict=True))
    prepare = _preparation(loop, inner)
    inner += [part.token for part in loop.hoisted]
    known.update((part.token, variant) for part in loop.hoisted)
    test = sub_plan(loop.test, known, [loop.predicate, *loop.carried])
    if test.types[0] is not None and test.types[0].name != "bool":
        raise InvalidArgumentError(
            f"loop {loop.name!r}: the condition must be bool, not {test.types[0].name}"
        )
    known_after = {**known}
    for ref, dtype in zip(loop.carried, test.types[1:], strict=True):
        known_after.setdefault(ref, dtype)
    extra = [ref for ref in loop.carried if ref not in known]
    sources = [*inner, *loop.carried]

    def entering(switched: Mapping[Ref, Ref]) -> tuple[dict[Ref, DType | None], list[int]]:
        """Types of the feeds of a part after the test, and where their values come from."""
        types = {**known, **{ref: known_after[ref] for ref in extra}}
        types.update({ref: known_after[data] for ref, data in switched.items()})
        origins = [*extra, *switched.values()]
        return types, [sources.index(ref) for ref in origins]

    in_body, body_places = entering(loop.turned)
    in_exit, exit_places = entering(loop.left)
    body = sub_plan(loop.body, in_body, loop.following)
    leaving = sub_plan(loop.leaving, in_exit, loop.results)
    count = len(loop.variables)

    def run(*inputs: Any) -> list[Any]:
        variables, invariants = list(inputs[:count]), list(inputs[count:])
        return turns(variables, invariants + prepare(inputs))

    def turns(
        variables: list[Any], invariants: list[Any], tested: list[Any] | None = None
    ) -> list[Any]:
        while True:
            check()
            here = variables + invariants
            try:
                predicate, *carried = test.run(here) if tested is None else tested
            except WouldWaitError as error:
                error.then(functools.partial(turns, variables, invariants))
                raise
            tested = None
            if predicate.ndim:
                raise InvalidArgumentError(
                    f"loop {loop.name!r}: the condition must be a scalar, "
                    f"not of shape {list(predicate.shape)}"
                )
            everything = here + carried
            if not predicate:
                return leaving.run(here + [everything[i] for i in exit_places])
            try:
                variables = body.run(here + [everything[i] for i in body_places])
            except WouldWaitError as error:
                error.then(lambda variables: turns(variables, invariants))
                raise

    return run, wanted, leaving.types


def _preparation(loop: Loop, inner: Sequence[Ref]) -> Callable[[Sequence[Any]], list[Any]]:
    """What is done with matrices before the first turn: from the inputs of the loop, which have these refs inside, to the tokens."""
    if not loop.hoisted:
        return lambda inputs: []
    # Imported here, for most graphs have no cells.
    from minihub_runtime.ops.matmul_prepared import prepare_transposed
    from minihub_runtime.ops.projection import project

    places = [
        (inner.index(part.weights), None if part.array is None else inner.index(part.array))
        for part in loop.hoisted
    ]
    return lambda inputs: [
        prepare_transposed(inputs[weights])
        if array is None
        else project(inputs[array], inputs[weights])
        for weights, array in places
    ]
