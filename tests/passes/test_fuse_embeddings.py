"""Sums of embeddings are fused, give what they gave before, and what else is asked for stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.ops.embedding import adjoined
from minihub_runtime.passes import pipeline as plans

ROWS, WIDTH = 23, 3
IDS = np.array([22, 0, 7, 7, 21, 3, 7, 14, 0])
SEGMENTS = np.array([0, 0, 0, 2, 2, 2, 2, 4, 4])


class Program:
    """A lookup in a table of one or more parts."""

    def __init__(self, parts: int, strategy: str, combiner: str, resource: bool = True) -> None:
        self.graph = tf.Graph()
        with self.graph.as_default(), tf.variable_scope("", use_resource=resource):
            self.ids = tf.placeholder(tf.int64, [None])
            self.places = tf.placeholder(tf.int64, [None, 2])
            table = tf.get_variable(
                "table",
                [ROWS, WIDTH],
                initializer=tf.random_normal_initializer(seed=1),
                partitioner=tf.fixed_size_partitioner(parts) if parts > 1 else None,
            )
            self.table = list(table) if parts > 1 else table
            ids = tf.SparseTensor(self.places, self.ids, [6, 9])
            self.y = tf.nn.embedding_lookup_sparse(
                self.table, ids, None, partition_strategy=strategy, combiner=combiner
            )
            self.initializer = tf.global_variables_initializer()

    def run(self, fetches: Any, ids: Any = IDS, session: Any = None) -> Any:
        if session is None:
            session = tf.Session(graph=self.graph)
            session.run(self.initializer)
        places = np.stack([SEGMENTS, np.arange(len(SEGMENTS))], axis=1)
        return session.run(fetches, {self.ids: ids, self.places: places})


def ops_run(session: Any) -> set[str]:
    """The ops of the last plan of a session."""
    *_, plan = session.runner._plans.values()
    return {step[-1].op for step in plan.steps}


@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn"])
@pytest.mark.parametrize("strategy", ["div", "mod"])
@pytest.mark.parametrize(("parts", "resource"), [(1, True), (4, True), (4, False)])
def test_fused_sums_are_what_they_were(
    parts: int, strategy: str, combiner: str, resource: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(parts, strategy, combiner, resource)
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        fused = program.run(program.y, session=session)
        assert "_EmbeddingLookupSparse" in ops_run(session)
        assert not ops_run(session) & {"Unique", "DynamicPartition", "ResourceGather", "Gather"}
        if strategy == "mod":
            assert not ops_run(session) & {"FloorDiv", "FloorMod", "StridedSlice"}
    monkeypatch.setattr(plans, "fuse_embeddings", lambda nodes, feeds: nodes)
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        plain = program.run(program.y, session=session)
        assert "SparseSegment" in " ".join(ops_run(session))
    np.testing.assert_array_equal(fused, plain)
    assert fused.shape == (5, WIDTH)


def test_what_stands_in_between_can_be_fetched() -> None:
    program = Program(4, "div", "sum")
    (unique,) = [op for op in program.graph.get_operations() if op.type == "Unique"]
    y, ids = program.run([program.y, unique.outputs[0]])
    assert ids.tolist() == [22, 0, 7, 21, 3, 14]
    np.testing.assert_array_equal(y, program.run(program.y))


def test_what_stands_in_between_can_be_fed() -> None:
    program = Program(4, "div", "sum")
    (unique,) = [op for op in program.graph.get_operations() if op.type == "Unique"]
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        places = np.stack([SEGMENTS, np.arange(len(SEGMENTS))], axis=1)
        fed = {program.ids: IDS, program.places: places, unique.outputs[0]: np.arange(6)}
        y = session.run(program.y, fed)
        assert "Unique" in ops_run(session)
    expected = program.run(program.y, [0, 1, 2, 2, 3, 4, 2, 5, 1])
    np.testing.assert_allclose(y, expected, rtol=1e-6)


@pytest.mark.parametrize("parts", [1, 4])
@pytest.mark.parametrize("strategy", ["div", "mod"])
@pytest.mark.parametrize("wrong", [-1, ROWS])
def test_ids_outside_are_refused(parts: int, strategy: str, wrong: int) -> None:
    ids = IDS.copy()
    ids[4] = wrong
    program = Program(parts, strategy, "sum")
    with pytest.raises(tf.errors.InvalidArgumentError, match="must lie in"):
        program.run(program.y, ids)


def test_parts_of_a_checkpoint_are_one_table(tmp_path: Path) -> None:
    program = Program(4, "div", "sum")
    expected = program.run(program.y)
    with program.graph.as_default():
        saver = tf.train.Saver()
    with tf.Session(graph=program.graph) as session:
        session.run(program.initializer)
        prefix = saver.save(session, str(tmp_path / "model"))
    reader = tf.train.load_checkpoint(prefix)
    whole = reader.get_tensor("table")
    tables = np.split(whole, [6, 12, 18])
    joined = adjoined(tables)
    assert joined is not None
    assert np.shares_memory(joined, whole)
    np.testing.assert_array_equal(joined, whole)
    assert adjoined([tables[1], tables[0]]) is None
    assert adjoined([table.copy() for table in tables]) is None
    with tf.Session(graph=program.graph) as session:
        saver.restore(session, prefix)
        np.testing.assert_array_equal(program.run(program.y, session=session), expected)
