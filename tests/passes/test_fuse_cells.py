"""What a recurrent cell does between its products is one step, and gives what it gave."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.recording import recording
from minihub_runtime.ops import cells
from minihub_runtime.ops.cells import Program
from minihub_runtime.passes import pipeline
from tests.passes.plans import plan_of

RANDOM = np.random.default_rng(0)
CELLS: dict[str, Callable[[], Any]] = {
    "basic lstm": lambda: tf.nn.rnn_cell.BasicLSTMCell(5),
    "lstm": lambda: tf.nn.rnn_cell.LSTMCell(5, use_peepholes=True, cell_clip=0.1, num_proj=3),
    "gru": lambda: tf.nn.rnn_cell.GRUCell(5),
    "two": lambda: tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.LSTMCell(n) for n in (4, 5)]),
}


def normal(*shape: int) -> Any:
    return RANDOM.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("name", list(CELLS))
def test_cells_and_their_gradients_are_what_they_were(name: str) -> None:
    x_value = normal(3, 4, 2)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 4, 2])
        with tf.variable_scope("s", initializer=tf.random_uniform_initializer(-1, 1, 3)):
            outputs, _ = tf.nn.static_rnn(CELLS[name](), tf.unstack(x, 4, 1), dtype=tf.float32)
        y = tf.reduce_sum(tf.concat([*outputs, outputs[0] ** 2], 1), 1)
        gradients = tf.gradients(y, [x, *tf.trainable_variables()])
        flat = tf.concat([y, *(tf.reshape(g, [-1]) for g in gradients)], 0)
        session.run(tf.global_variables_initializer())
        (expected,) = plan_of(session, flat, x, passes=()).run([x_value])
        for left_out in ("", "fuse_affine", "drop_idle"):
            names = [name for name in pipeline.PIPELINE if name != left_out]
            plan = plan_of(session, flat, x, passes=names)
            assert "_Cell" in {step[-1].op for step in plan.steps}
            # The first run makes the schedules that the next one follows.
            for _ in range(2):
                (found,) = plan.run([x_value])
                np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["recurrent_v1", "recurrent_v2"])
def test_a_loop_of_tensorflows_turns_in_fewer_steps(name: str) -> None:
    folder = Path(__file__).parents[1] / "autodiff" / "graphs"
    definition = tf.GraphDef.FromString((folder / f"{name}.pb").read_bytes())
    with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
        arrays = dict(stored)
    feeds = {f"{k.removeprefix('feed/')}:0": v for k, v in arrays.items() if k[:5] == "feed/"}
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.import_graph_def(definition, name="")
        y, x, kernel = (graph.get_tensor_by_name(f"{name}:0") for name in ("y", "x", "kernel"))
        asked = tf.gradients(y, [x, kernel])
        with recording() as calls:
            found = session.run(asked, feeds)
    ops = [call.node.op for call in calls]
    # Five turns forwards and five backwards, some of which choose between old and new states in a step of its own.
    assert ops.count("_Cell") in (10, 15)
    assert not {"Split", "Sigmoid", "Tanh", "SigmoidGrad", "TanhGrad"} & {*ops}
    for place, key in enumerate(("x/0/x", "x/1/kernel")):
        np.testing.assert_allclose(found[place], arrays[key], rtol=2e-5, atol=1e-6)


def test_what_is_fetched_or_waited_for_stays() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6])
        a, b = tf.split(x, 2, 1)
        gate = tf.sigmoid(a + 1.0)
        with tf.control_dependencies([gate]):
            late = tf.constant(2.0)
        y = tf.tanh(b) * gate
        z = tf.concat([y, gate], 1) * late
        feeds = {x: normal(2, 6)}
        found = session.run([a, gate, y, z], feeds)
        np.testing.assert_allclose(session.run(z, feeds), found[3], rtol=1e-6)
        np.testing.assert_array_equal(found[0], feeds[x][:, :3])
        np.testing.assert_allclose(found[2], np.tanh(feeds[x][:, 3:]) * found[1], rtol=1e-5)
        fed = {x: feeds[x], gate: normal(2, 3)}
        np.testing.assert_allclose(session.run(z, fed)[:, 3:], fed[gate] * 2)


PROGRAMS = {
    "parts": ("Part:1/2:1 %0", "Part:0/2:1 %0", "Mul @0 @1", "-> 2 0"),
    "joined": ("Tanh %0", "Sigmoid %0", "Join:1 @0 @1 @0 %0", "Mul @1 $2.0", "-> 2 3"),
    "handed out": ("Tanh %0", "Join:1 @0 @0", "Neg @0", "-> 0 1 2 0"),
    "joined again": ("Neg %0", "Join:1 @0 @0", "Tanh @1", "Part:0/4:1 @1", "Mul @3 @3", "-> 4"),
    "one sum": ("AddN %0", "AddN %0 @0 %0", "-> 0 1"),
    "gradients": ("SigmoidGrad %0 %0", "TanhGrad @0 %0", "SigmoidGrad @1 @0", "-> 2 1"),
    "biased": ("BiasAdd %0 %1", "Maximum @0 $0.5", "Minimum @1 %1", "Relu @2", "-> 3"),
    "chosen": ("Select %2 %0 %0", "Neg %0", "Select %2 @0 @1", "SelectV2 %3 @2 @0", "-> 2 3"),
    "as it is": ("Mul %0 %0", "Like @0 %0 %0", "Like @1 %0 %4", "Neg @2", "-> 3 1"),
    "summed": ("Mul %0 %1", "Like @0 %1 %0", "Like @0 %4 %0", "Like @0 %0 %1", "-> 1 2 3"),
    "several uses": (
        "Exp %0",
        "Sub @0 @0",
        "SquaredDifference @1 @0",
        "Sub @2 @0",
        "Mul @3 %0",
        "-> 4",
    ),
}


@pytest.mark.parametrize("block", [1, 30, 1 << 15])
@pytest.mark.parametrize("rows", [0, 1, 7])
@pytest.mark.parametrize("name", list(PROGRAMS))
def test_schedules_do_what_kernels_do(
    name: str, rows: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "BLOCK", block)
    program = Program("\n".join(PROGRAMS[name]))
    used = {number for _, operands in program.lines for kind, number in operands if kind == "%"}
    given = [normal(rows, 4), normal(4), RANDOM.random(rows) > 0.5, normal(rows, 1) > 0, normal(1)]
    inputs = given[: max(used) + 1]
    kept = [x.copy() for x in inputs]
    made = program.each(inputs)
    for _ in range(3):
        found = program.run(inputs)
        assert [x.shape for x in found] == [made[number].shape for number in program.results]
        for array, number in zip(found, program.results, strict=True):
            np.testing.assert_array_equal(array, made[number])
            assert array.dtype == np.float32
            assert not any(np.may_share_memory(array, x) for x in inputs)
    assert len({id(array) for array in found}) == len(found)
    for x, before in zip(inputs, kept, strict=True):
        np.testing.assert_array_equal(x, before)


def test_schedules_are_kept_for_few_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "KEPT", 3)
    program = Program("\n".join(PROGRAMS["parts"]))
    for rows in range(8):
        x = normal(rows, 4)
        np.testing.assert_array_equal(program.run([x])[0], x[:, 2:] * x[:, :2])
        assert len(program._schedules) <= 3


def test_what_kernels_refuse_is_refused() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32)
        a, b = tf.split(x, 2, 1)
        y = tf.sigmoid(a) * tf.tanh(b)
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?i)split"):
            session.run(y, {x: normal(2, 3)})


@pytest.mark.parametrize("options", [{}, {"num_proj": 3}, {"cell_clip": 0.1}])
def test_peepholes_in_a_loop_learn(options: dict[str, Any]) -> None:
    """Weights come into the body of a loop as arguments of it."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 4, 2])
        cell = tf.nn.rnn_cell.LSTMCell(5, use_peepholes=True, **options)
        with tf.variable_scope("s", initializer=tf.random_uniform_initializer(-1, 1, 3)):
            looped, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
            unrolled, _ = tf.nn.static_rnn(cell, tf.unstack(x, 4, 1), dtype=tf.float32)
        sums = [tf.reduce_sum(looped**2), tf.reduce_sum(tf.stack(unrolled) ** 2)]
        session.run(tf.global_variables_initializer())
        learnt = [tf.gradients(y, [x, *tf.trainable_variables()]) for y in sums]
        found, expected = session.run(learnt, {x: normal(3, 4, 2)})
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
