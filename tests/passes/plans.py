"""Plans of parts of a session's graph, rewritten by the passes of the caller's choice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import minihub_runtime as tf
from minihub_runtime.engine.compiler import compile_plan
from minihub_runtime.engine.plan import Plan


def plan_of(
    session: tf.Session,
    results: Any,
    inputs: Any,
    passes: Iterable[str] | None = None,
    targets: Sequence[str] = (),
) -> Plan:
    """The plan for one tensor or several, fed with one or several.

    Args:
        session: whose variables it uses.
        results: what it computes.
        inputs: what is fed.
        passes: names of those that rewrite the graph and the functions it calls, all by default.
        targets: operations that it runs beside.
    """
    runner = session.runner
    names = None if passes is None else tuple(passes)
    return compile_plan(
        runner.graph,
        [x.ref_in_graph for x in _several(inputs)],
        [y.ref_in_graph for y in _several(results)],
        list(targets),
        lambda node, needed: runner.state.context("", node, needed, names),
        names,
    )


def _several(tensors: Any) -> Sequence[Any]:
    return tensors if isinstance(tensors, list | tuple) else [tensors]


def ops_of(plan: Plan) -> list[str]:
    """The ops of its steps, in their order."""
    return [step[-1].op for step in plan.steps]
