"""Updates of rows are fused, leave what they left before, and what else is asked for stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.passes import pipeline as plans

ROWS, WIDTH = 23, 3
#: Some come twice, and some parts of the table have none.
IDS = {
    "repeated": np.array([22, 0, 7, 7, 21, 3, 7, 14, 0]),
    "different": np.array([22, 0, 7, 21, 3, 14]),
    "of one part": np.array([1, 2, 1]),
    "none": np.array([], np.int64),
}
OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "Adadelta": lambda: tf.train.AdadeltaOptimizer(0.5),
    "Adagrad": lambda: tf.train.AdagradOptimizer(0.5),
    "AdagradDA": lambda: tf.train.AdagradDAOptimizer(0.5, tf.train.get_or_create_global_step()),
    "Ftrl": lambda: tf.train.FtrlOptimizer(0.5),
    "Momentum": lambda: tf.train.MomentumOptimizer(0.5, 0.9, use_nesterov=True),
    "RMSProp": lambda: tf.train.RMSPropOptimizer(0.5, momentum=0.3, centered=True),
}


class Program:
    """Steps on a table of one or more parts."""

    def __init__(
        self,
        parts: int,
        strategy: str,
        optimizer: str,
        combiner: str | None = None,
        shape: tuple[int, int] = (ROWS, WIDTH),
        length: int = 4,
    ) -> None:
        self.graph = tf.Graph()
        with self.graph.as_default(), tf.variable_scope("", use_resource=True):
            self.ids = tf.placeholder(tf.int64, [None])
            table = tf.get_variable(
                "table",
                shape,
                initializer=tf.random_normal_initializer(seed=1),
                partitioner=tf.fixed_size_partitioner(parts) if parts > 1 else None,
            )
            tables = list(table) if parts > 1 else table
            if combiner is not None:
                number = tf.range(tf.size(self.ids, out_type=tf.int64))
                places = tf.stack([number // length, number], 1)
                words = tf.SparseTensor(places, self.ids, [30, 360])
                rows = tf.nn.embedding_lookup_sparse(
                    tables, words, None, strategy, combiner=combiner
                )
            else:
                rows = tf.nn.embedding_lookup(tables, self.ids, strategy)
            self.loss = tf.reduce_sum(rows * rows * tf.range(1.0, shape[1] + 1.0))
            self.train = OPTIMIZERS[optimizer]().minimize(self.loss)
            self.state = tf.global_variables()
            self.initializer = tf.global_variables_initializer()

    def after(self, ids: Any, steps: int = 3) -> tuple[list[Any], set[str]]:
        """The variables after some steps, and the ops of a step."""
        with tf.Session(graph=self.graph) as session:
            session.run(self.initializer)
            for _ in range(steps):
                session.run(self.train, {self.ids: ids})
            *_, plan = session.runner._plans.values()
            return session.run(self.state), {step[-1].op for step in plan.steps}


@pytest.mark.parametrize("ids", list(IDS))
@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
@pytest.mark.parametrize(("parts", "strategy"), [(1, "mod"), (4, "mod"), (4, "div")])
def test_variables_are_what_they_were(
    parts: int, strategy: str, optimizer: str, ids: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(parts, strategy, optimizer)
    fused, ops = program.after(IDS[ids])
    assert "_SparseApplyRows" in ops
    assert not any(
        "UnsortedSegmentSum" in op or "SparseApply" in op for op in ops - {"_SparseApplyRows"}
    )
    assert "DynamicPartition" not in ops or parts > 1
    monkeypatch.setitem(plans.PIPELINE, "fuse_row_updates", lambda region: None)
    plain, ops = program.after(IDS[ids])
    assert any("SparseApply" in op and optimizer in op for op in ops)
    for one, other in zip(fused, plain, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("ids", list(IDS))
@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn"])
@pytest.mark.parametrize(("parts", "strategy"), [(1, "mod"), (4, "mod"), (4, "div")])
def test_updates_of_sums_of_embeddings_are_by_words(
    parts: int, strategy: str, combiner: str, ids: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(parts, strategy, "Adagrad", combiner)
    fused, ops = program.after(IDS[ids])
    assert {"_EmbeddingLookupSparse", "_SparseApplyRows"} <= ops
    assert not any(
        "Unique" in op or "Segment" in op or "Gather" in op or "Partition" in op for op in ops
    )
    if strategy == "mod":
        assert "FloorMod" not in ops
    monkeypatch.setitem(plans.PIPELINE, "fuse_row_updates", lambda region: None)
    plain, ops = program.after(IDS[ids])
    assert any(op.startswith("SparseSegment") for op in ops)
    for one, other in zip(fused, plain, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_different_ids_of_updated_sums_can_be_fetched() -> None:
    program = Program(4, "mod", "Adagrad", "mean")
    unique, *_ = [op for op in program.graph.get_operations() if op.type == "Unique"]
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        feeds = {program.ids: IDS["repeated"]}
        _, ids = session.run([program.train, unique.outputs[0]], feeds)
        assert ids.tolist() == [22, 0, 7, 21, 3, 14]
        state = session.run(program.state)
    expected, _ = program.after(IDS["repeated"], 1)
    for one, other in zip(state, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_different_ids_of_updated_sums_can_be_fed() -> None:
    program = Program(4, "mod", "Adagrad", "mean")
    unique, *_ = [op for op in program.graph.get_operations() if op.type == "Unique"]
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        fed = {program.ids: IDS["repeated"], unique.outputs[0]: [1, 0, 7, 2, 3, 4]}
        session.run(program.train, fed)
        state = session.run(program.state)
    expected, _ = program.after([1, 0, 7, 7, 2, 3, 7, 4, 0], 1)
    for one, other in zip(state, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_what_stands_in_between_can_be_fetched() -> None:
    program = Program(4, "div", "Adagrad")
    (partition,) = [
        op for op in program.graph.get_operations() if op.name.endswith("/DynamicPartition")
    ]
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        _, parts = session.run([program.train, partition.outputs], {program.ids: IDS["different"]})
        assert [part.tolist() for part in parts] == [[0, 3], [1], [2], [4, 3]]
        state = session.run(program.state)
    expected, _ = program.after(IDS["different"], 1)
    for one, other in zip(state, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_some_parts_can_be_updated_without_the_others() -> None:
    program = Program(4, "div", "Adagrad")
    updates = [
        op for op in program.graph.get_operations() if op.type == "ResourceSparseApplyAdagrad"
    ]
    assert len(updates) == 4
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        before = session.run(program.state)
        session.run(updates[:2], {program.ids: IDS["repeated"]})
        after = session.run(program.state)
    whole, _ = program.after(IDS["repeated"], 1)
    names = [variable.op.name for variable in program.state]
    for name, old, new, all_of_them in zip(names, before, after, whole, strict=True):
        expected = all_of_them if "part_0" in name or "part_1" in name else old
        np.testing.assert_array_equal(new, expected, err_msg=name)


@pytest.mark.parametrize("parts", [1, 4])
def test_whoever_holds_the_old_value_keeps_it(parts: int) -> None:
    program = Program(parts, "div", "Adagrad")
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        held = session.stored_values(program.state)
        copies = [value.copy() for value in held]
        session.run(program.train, {program.ids: IDS["repeated"]})
        for value, copy in zip(held, copies, strict=True):
            np.testing.assert_array_equal(value, copy)
        changed = session.run(program.state)
    assert any((one != other).any() for one, other in zip(copies, changed, strict=True))


@pytest.mark.parametrize("between", ["nothing", "held", "one assigned", "all assigned"])
def test_steps_go_on_from_what_is_there(between: str) -> None:
    """After the first step all parts of a table lie in one memory."""
    program = Program(4, "mod", "Adagrad")
    with program.graph.as_default():
        again = [tf.assign(variable, variable + 0.0) for variable in program.state]
    feeds = {program.ids: IDS["repeated"]}
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        for _ in range(3):
            session.run(program.train, feeds)
            held = session.stored_values(program.state) if between == "held" else []
            copies = [value.copy() for value in held]
            if "assigned" in between:
                session.run(again if between == "all assigned" else again[1])
            session.run(program.train, feeds)
            for value, copy in zip(held, copies, strict=True):
                np.testing.assert_array_equal(value, copy)
        state = session.run(program.state)
    expected, _ = program.after(IDS["repeated"], 6)
    for one, other in zip(state, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_variable_that_lost_its_value_is_refused() -> None:
    program = Program(4, "mod", "Adagrad")
    with program.graph.as_default():
        (handle,) = [op for op in program.graph.get_operations() if op.name == "table/part_2"]
        lose = tf.raw_ops.DestroyResourceOp(resource=handle.outputs[0])
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        for _ in range(2):
            session.run(program.train, {program.ids: IDS["repeated"]})
        session.run(lose)
        with pytest.raises(tf.errors.OpError, match="must be initialized"):
            session.run(program.train, {program.ids: IDS["repeated"]})


@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn"])
@pytest.mark.parametrize("parts", [1, 4])
def test_words_of_all_frequencies_are_summed(
    parts: int, combiner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradients of words that come often are products, which round otherwise than additions."""
    random = np.random.default_rng(7)
    ids = np.exp(random.random(360) * np.log(301)).astype(np.int64) - 1
    program = Program(parts, "mod", "Adagrad", combiner, (301, 24), length=12)
    fused, ops = program.after(ids)
    assert "_SparseApplyRows" in ops
    monkeypatch.setitem(plans.PIPELINE, "fuse_row_updates", lambda region: None)
    plain, _ = program.after(ids)
    for one, other in zip(fused, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("parts", [1, 4])
@pytest.mark.parametrize("wrong", [-1, ROWS])
def test_rows_outside_are_refused(parts: int, wrong: int) -> None:
    program = Program(parts, "mod", "Adagrad")
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError, match="must lie in"):
            session.run(program.train, {program.ids: [0, wrong]})


def test_variables_without_a_value_are_refused() -> None:
    program = Program(4, "mod", "Adagrad")
    with tf.Session(graph=program.graph) as session:
        session.run(tf.variables_initializer(program.state[:4], name="tables"))
        with pytest.raises(tf.errors.NotFoundError, match="must be initialized"):
            session.run(program.train, {program.ids: [0]})
