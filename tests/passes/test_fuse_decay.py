"""Steps of Adam on tables are fused, leave what they left before, and what else is asked for stays."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.recording import recording
from minihub_runtime.ops import training_decay
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.ops.variables import Variable
from minihub_runtime.passes import pipeline as plans
from tests.samples import f32

ROWS = 23
#: What a step reads, step after step: few rows, none, all.
IDS = [[7, 0, 7], [22], [], [3, 21, 3, 3], [0, 1], [*range(ROWS)], [5]]
FUSED = {True: "_ResourceApplyAdamToRows", False: "_ApplyAdamToRows"}


def ops_of(session: tf.Session, fetches: Any, feeds: Any) -> set[str]:
    """The ops of a run."""
    with recording() as calls:
        session.run(fetches, feeds)
    return {call.node.op for call in calls}


class Program:
    """Steps on a table."""

    def __init__(
        self,
        resource: bool = True,
        rest: tuple[int, ...] = (3,),
        dtype: Any = tf.float32,
        parts: int = 1,
        **numbers: Any,
    ) -> None:
        self.graph = tf.Graph()
        self.resource = resource
        with self.graph.as_default(), tf.variable_scope("", use_resource=resource):
            self.ids = tf.placeholder(tf.int64, [None])
            self.rate = tf.placeholder_with_default(tf.constant(0.5, dtype), [])
            table = tf.get_variable(
                "table",
                [ROWS, *rest],
                dtype,
                initializer=tf.random_normal_initializer(seed=1, dtype=dtype),
                partitioner=tf.fixed_size_partitioner(parts) if parts > 1 else None,
            )
            rows = tf.nn.embedding_lookup(list(table) if parts > 1 else table, self.ids)
            factors = tf.cast(1 + tf.range(tf.size(rows)), dtype)
            self.loss = tf.reduce_sum(rows**2 * tf.reshape(factors, tf.shape(rows)))
            optimizer = tf.train.AdamOptimizer(self.rate, **numbers)
            self.train = optimizer.minimize(self.loss)
            self.m = optimizer.get_slot(next(iter(table)) if parts > 1 else table, "m")
            self.state = tf.global_variables()
            self.initializer = tf.global_variables_initializer()

    def ops(self, name: str) -> list[Any]:
        """The operations of a type."""
        return [op for op in self.graph.get_operations() if op.type == name]

    def steps(
        self, between: Any = None, steps: Any = IDS, feeds: Any = None
    ) -> Iterator[tuple[list[Any], set[str]]]:
        """The variables after each step, and its ops."""
        with tf.Session(graph=self.graph) as session:
            session.run(self.initializer)
            for ids in steps:
                ops = ops_of(session, self.train, {self.ids: ids, **(feeds or {})})
                # What nobody holds is changed in place.
                yield [value.copy() for value in session.run(self.state)], ops
                if between is not None:
                    session.run(between)


def compare(program: Program, monkeypatch: pytest.MonkeyPatch, **how: Any) -> None:
    """Check that fused steps leave what others leave."""
    fused = [*program.steps(**how)]
    monkeypatch.setitem(plans.PIPELINE, "fuse_decay", lambda region: None)
    for (found, ops), (expected, plain) in zip(fused, program.steps(**how), strict=True):
        assert FUSED[program.resource] in ops
        assert not any("Scatter" in op or "AssignSub" in op or op == "Unique" for op in ops)
        assert any("ScatterAdd" in op for op in plain)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("resource", [True, False])
@pytest.mark.parametrize("rest", [(3,), (), (2, 2)])
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_variables_are_what_they_were(
    resource: bool, rest: tuple[int, ...], dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(Program(resource, rest, dtype), monkeypatch)


@pytest.mark.parametrize("resource", [True, False])
def test_blocks_leave_what_one_does(resource: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_decay, "BLOCK_BYTES", 64)
    monkeypatch.setattr(training_decay, "MANY", 0.9)
    compare(Program(resource), monkeypatch)


@pytest.mark.parametrize("resource", [True, False])
def test_parts_of_a_table_are_fused_each(resource: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(resource, parts=3)
    fused = [*program.steps()]
    monkeypatch.setitem(plans.PIPELINE, "fuse_decay", lambda region: None)
    for (found, ops), (expected, _) in zip(fused, program.steps(), strict=True):
        assert FUSED[resource] in ops
        assert not any("ScatterAdd" in op for op in ops)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("resource", [True, False])
def test_means_that_others_change_count(resource: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(resource)
    with program.graph.as_default():
        between = program.m.assign_add(tf.ones([ROWS, 3]))
    compare(program, monkeypatch, between=between)


@pytest.mark.parametrize("rate", [np.inf, np.nan, 0.0, -1.0])
def test_any_rate_leaves_what_it_left(rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program()
    compare(program, monkeypatch, feeds={program.rate: rate})


@pytest.mark.parametrize("numbers", [{"epsilon": 0.0}, {"epsilon": -1e-3}, {"beta1": np.inf}])
def test_any_numbers_leave_what_they_left(
    numbers: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(Program(**numbers), monkeypatch)


def test_rows_without_means_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    picked: list[list[int]] = []
    known = training_decay._change_picked

    def note(arrays: Any, rows: Any, *others: Any) -> None:
        picked.append(rows.tolist())
        known(arrays, rows, *others)

    monkeypatch.setattr(training_decay, "_change_picked", note)
    for _ in Program().steps():
        pass
    # The first step finds out, and where most rows have means none are picked.
    assert picked == [[0, 7, 22], [0, 7, 22], [0, 3, 7, 21, 22], [0, 1, 3, 7, 21, 22]]


def test_a_second_step_on_the_same_means_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program()
    with program.graph.as_default(), tf.variable_scope("", use_resource=True):
        change = program.m.scatter_add(tf.IndexedSlices(tf.ones([1, 3]), tf.constant([11])))
    compare(program, monkeypatch, between=change)


@pytest.mark.parametrize("resource", [True, False])
def test_sums_of_gradients_can_be_fetched(resource: bool) -> None:
    program = Program(resource)
    (sums,) = program.ops("UnsortedSegmentSum")
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        fetches = [program.train, sums.inputs[0], sums.outputs[0]]
        _, grad, found = session.run(fetches, {program.ids: [7, 0, 7]})
        np.testing.assert_array_equal(found, [grad[0] + grad[2], grad[1]])
        state = session.run(program.state)
    expected, _ = next(program.steps())
    for one, other in zip(state, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["ScatterAdd", "Assign"])
def test_references_that_are_fetched_keep_the_step_apart(name: str) -> None:
    program = Program(resource=False)
    op = next(op for op in program.ops(name) if op.name.startswith("Adam/update"))
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        ops = ops_of(session, [program.train, op.outputs[0]], {program.ids: [7, 0, 7]})
        assert "_ApplyAdamToRows" not in ops


def test_a_mean_alone_can_be_changed() -> None:
    program = Program()
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        before = session.run(program.state)
        session.run(program.ops("ResourceScatterAdd")[0], {program.ids: [7]})
        after = session.run(program.state)
    changed = [not np.array_equal(*pair) for pair in zip(before, after, strict=True)]
    assert sum(changed) == 1


@pytest.mark.parametrize("waits", [True, False])
def test_what_waits_within_the_step_keeps_it_apart(waits: bool) -> None:
    with tf.Graph().as_default() as graph, tf.variable_scope("", use_resource=True):
        table, m, v = (
            tf.get_variable(name, [5, 3], initializer=tf.zeros_initializer())
            for name in ("table", "m", "v")
        )
        ids, place = tf.unique(tf.constant([1, 3, 1]))
        grad = tf.unsorted_segment_sum(tf.ones([3, 3]), place, tf.shape(ids)[0])

        def mean(slot: Any, new: Any) -> tuple[Any, Any]:
            decayed = slot.assign(slot * 0.5)
            with tf.control_dependencies([decayed.op]):
                added = tf.raw_ops.ResourceScatterAdd(
                    resource=slot.handle, indices=ids, updates=new
                )
            with tf.control_dependencies([added]):
                return decayed.op, slot.read_value()

        decayed, average = mean(m, grad * tf.constant(0.25))
        with tf.control_dependencies([decayed] if waits else []):
            beside = tf.identity(tf.constant(0.125))
        _, squares = mean(v, (grad * grad) * beside)
        step = table.assign_sub(2.0 * average / (tf.sqrt(squares) + 0.5)).op
        with tf.Session(graph=graph) as session:
            session.run(tf.global_variables_initializer())
            ops = ops_of(session, step, {})
            assert (FUSED[True] in ops) is not waits
            found = session.run(table)[:, 0].tolist()
    grad = np.array([0, 2, 0, 1, 0])
    expected = -2 * (grad * 0.25) / (np.sqrt(grad**2 * 0.125) + 0.5)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("resource", [True, False])
def test_rows_outside_are_refused(resource: bool) -> None:
    program = Program(resource)
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        for wrong in (-1, ROWS):
            with pytest.raises(tf.errors.InvalidArgumentError, match="must lie in"):
                session.run(program.train, {program.ids: [0, wrong]})


def variables(*values: Any) -> list[Variable]:
    """Variables that have these values."""
    found = []
    for number, value in enumerate(values):
        variable = Variable(f"v{number}", tf.as_dtype(value.dtype), None)
        variable.assign(value)
        found.append(variable)
    return found


class Context:
    """What a kernel wants to know of its node."""

    def own(self, make: Any) -> Any:
        """Its state."""
        return make()


@pytest.mark.parametrize("name", FUSED.values())
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"m": f32(np.zeros((4, 2)))}, "var and m must have the same shape"),
        ({"v": np.zeros((4, 3))}, "v must be float32, not float64"),
        ({"var": f32(1), "m": f32(1), "v": f32(1)}, "at least 1 dimensional"),
        ({"rate": f32([1])}, "rate must be a scalar"),
        ({"indices": np.array([[0, 1]])}, "indices must have rank 1"),
        ({"indices": np.array([0])}, r"grad must have shape \[1,3\]"),
        ({"indices": np.array([0, 4])}, "must lie in"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, change: dict[str, Any], message: str) -> None:
    zeros = f32(np.zeros((4, 3)))
    names = ("rate", "beta1", "beta2", "rest1", "rest2", "epsilon")
    given: dict[str, Any] = {"var": zeros, "m": zeros.copy(), "v": zeros.copy()}
    given |= dict.fromkeys(names, f32(0.5)) | {
        "grad": f32(np.ones((2, 3))),
        "indices": np.array([0, 1]),
    }
    given |= change
    held = variables(given.pop("var"), given.pop("m"), given.pop("v"))
    before = [variable.read().copy() for variable in held]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        REGISTRY[name].kernel(Context(), *held, *given.values())
    for variable, value in zip(held, before, strict=True):
        np.testing.assert_array_equal(variable.read(), value)


def test_one_variable_for_two_is_refused() -> None:
    first, second = variables(*f32(np.zeros((2, 4, 3))))
    numbers = itertools.repeat(f32(0.5), 6)
    grad, indices = f32(np.ones((1, 3))), np.array([1])
    with pytest.raises(tf.errors.InvalidArgumentError, match="different variables"):
        REGISTRY[FUSED[True]].kernel(Context(), first, second, second, *numbers, grad, indices)


@pytest.mark.parametrize("resource", [True, False])
def test_variables_without_a_value_are_refused(resource: bool) -> None:
    program = Program(resource)
    with tf.Session(graph=program.graph) as session:
        missing = [variable for variable in program.state if variable is not program.m]
        session.run(tf.variables_initializer(missing, name="others"))
        with pytest.raises(tf.errors.FailedPreconditionError, match="must be initialized"):
            session.run(program.train, {program.ids: [0]})
