"""Branches run side by side give what steps in order give, and nothing else changes its order that must not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime import threads
from minihub_runtime.api.defun import Defun
from minihub_runtime.engine import arrangement, branches
from minihub_runtime.engine.arrangement import Fork, Serial
from minihub_runtime.engine.trials import FIRST, Trials
from minihub_runtime.errors import DeadlineExceededError, InvalidArgumentError
from minihub_runtime.ops.registry import REGISTRY


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = threads.num_threads()
    threads.set_num_threads(2)
    yield
    threads.set_num_threads(before)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Branches are made of all kernels, and run side by side whatever that takes; how many sides each fork had that was run."""
    monkeypatch.setattr(arrangement, "LONG", 0)
    monkeypatch.setattr(arrangement, "WORTHWHILE", -(1 << 60))
    monkeypatch.setattr(arrangement, "FAIR", 0)
    monkeypatch.setattr(Trials, "note", lambda trials, shared, taken: None)
    seen: list[int] = []
    whole = branches.Branches._fork

    def fork(self: Any, found: Fork, slots: list[Any]) -> None:
        seen.append(len(found.sides))
        whole(self, found, slots)

    monkeypatch.setattr(branches.Branches, "_fork", fork)
    return seen


def runs_of(make: Callable[[], Any], times: int = 5, seed: int = 3) -> list[Any]:
    """What several runs of one graph give."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(seed)
        fetches = make()
        session.run(tf.global_variables_initializer())
        return [session.run(fetches) for _ in range(times)]


def same_as_in_one_thread(make: Callable[[], Any], forks: list[int]) -> None:
    """Check that a graph has branches, and gives the same without."""
    found = runs_of(make)
    assert forks
    threads.set_num_threads(1)
    before = len(forks)
    expected = runs_of(make)
    assert len(forks) == before
    for one, other in zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True):
        np.testing.assert_array_equal(one, other)


def draw(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def test_branches_that_were_slower_are_tried_again(
    always: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(trials: Trials, shared: bool, taken: int) -> None:
        trials._coming.clear()
        trials.shares = False

    def make() -> Any:
        x = tf.random_uniform([20, 20], seed=2)
        return tf.matmul(tf.exp(x), x) + tf.cumsum(tf.matmul(tf.sin(x), x))

    monkeypatch.setattr(Trials, "note", lose)
    runs_of(make, times=3)
    forks = len(always)
    assert forks
    runs_of(make, times=2 + FIRST)
    assert len(always) == 2 * forks
    runs_of(make, times=4 + FIRST)
    assert len(always) == 4 * forks


def test_a_network_that_reads_both_ways(always: list[int]) -> None:
    def make() -> Any:
        cells = [tf.nn.rnn_cell.BasicLSTMCell(4) for _ in range(2)]
        outputs, _ = tf.nn.bidirectional_dynamic_rnn(
            *cells, tf.constant(draw(2, 6, 3)), sequence_length=[6, 4], dtype=tf.float32
        )
        return tf.concat(outputs, -1)

    same_as_in_one_thread(make, always)


def test_training_of_two_towers(always: list[int]) -> None:
    def make() -> Any:
        x = tf.constant(draw(8, 4))
        left = tf.layers.dense(x, 5, tf.nn.tanh)
        right = tf.layers.dense(tf.nn.dropout(x, keep_prob=0.5), 5, tf.nn.relu)
        loss = tf.reduce_mean(tf.square(tf.layers.dense(left * right, 1)))
        step = tf.train.AdamOptimizer(0.1).minimize(loss)
        with tf.control_dependencies([step]):
            return [loss, *(variable.read_value() for variable in tf.trainable_variables())]

    same_as_in_one_thread(make, always)


def test_values_are_read_before_and_after_they_change(always: list[int]) -> None:
    def make() -> Any:
        a, b = (tf.get_variable(name, initializer=1.0, use_resource=True) for name in "ab")
        before = a.read_value() + b.read_value()
        with tf.control_dependencies([before]):
            changes = [a.assign_add(b), tf.exp(b)]
        with tf.control_dependencies(changes):
            return before, a.read_value(), b.assign_add(a.read_value()), tf.exp(before)

    same_as_in_one_thread(make, always)


def test_variables_behind_references(always: list[int]) -> None:
    def make() -> Any:
        a, b = (tf.Variable(1.0, use_resource=False, name=name) for name in "ab")
        with tf.control_dependencies([tf.assign_add(a, 2.0), tf.assign_sub(b, 1.0)]):
            return tf.exp(tf.identity(a)), tf.sin(tf.identity(b)), tf.assign(a, tf.identity(b) + 1)

    same_as_in_one_thread(make, always)


def test_functions_draw_from_the_streams_of_their_callers(always: list[int]) -> None:
    @Defun(tf.float32)
    def noisy(x: Any) -> Any:
        return x + tf.random_uniform([3], seed=7)

    def make() -> Any:
        x = tf.random_uniform([3], seed=2)
        return noisy(tf.exp(x)), noisy(tf.sin(x)), tf.random_normal([3], seed=1) * noisy(x)

    same_as_in_one_thread(make, always)


def test_sides_run_at_once(always: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each side waits until the other has begun."""
    meeting = threading.Barrier(2, timeout=30)

    def meet(x: Any) -> Any:
        if meets:
            meeting.wait()
        return x

    monkeypatch.setattr(REGISTRY["Lgamma"], "kernel", meet)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.random_uniform([2])
        fetches = [tf.lgamma(function(x)) for function in (tf.exp, tf.sin)]
        for number in range(4):
            meets = number == 3
            session.run(fetches)


def test_an_error_ends_the_run_and_nothing_else(always: list[int]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2, None])
        good = tf.reduce_sum(tf.exp(x))
        bad = tf.linalg.inv(tf.sin(x), name="upside_down")
        feeds = {x: draw(2, 2)}
        expected = session.run([good, bad], feeds)
        for _ in range(3):
            session.run([good, bad], feeds)
        assert always
        for _ in range(3):
            with pytest.raises(InvalidArgumentError, match="upside_down"):
                session.run([good, bad], {x: draw(2, 3)})
        for one, other in zip(session.run([good, bad], feeds), expected, strict=True):
            np.testing.assert_array_equal(one, other)


def test_errors_of_a_side_name_the_node(always: list[int]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        limit = tf.placeholder(tf.float32, [])
        x = tf.random_uniform([4])
        fine = tf.exp(x)
        with tf.control_dependencies([tf.debugging.assert_less(x, limit, message="too large")]):
            checked = tf.sin(x)
        for _ in range(4):
            session.run([fine, checked], {limit: 2.0})
        assert always
        with pytest.raises(InvalidArgumentError, match="too large"):
            session.run([fine, checked], {limit: -1.0})
        session.run([fine, checked], {limit: 2.0})


def test_runs_with_a_deadline_have_no_branches(
    always: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(x: Any) -> Any:
        time.sleep(pause)
        return x

    pause = 0.0
    monkeypatch.setattr(REGISTRY["Lgamma"], "kernel", wait)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.random_uniform([4])
        fetches = [tf.exp(x), tf.sin(tf.lgamma(x))]
        for _ in range(4):
            session.run(fetches)
        before = len(always)
        assert before
        pause = 0.2
        with pytest.raises(DeadlineExceededError):
            session.run(fetches, options=tf.RunOptions(timeout_in_ms=50))
        assert len(always) == before


def test_many_shapes_take_little_memory(always: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branches, "MAX_SHAPES", 2)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        fetches = [tf.exp(x), tf.sin(x)]
        for size in (1, 2, 3, 4, 1, 2):
            for _ in range(3):
                one, other = session.run(fetches, {x: np.ones(size, "f")})
                np.testing.assert_allclose(one, np.full(size, np.e), rtol=1e-6)
                assert other.shape == (size,)


def test_a_plan_without_branches_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    observe = branches.Branches._observe
    monkeypatch.setattr(
        branches.Branches, "_observe", lambda self, slots: seen.append(1) or observe(self, slots)
    )
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        y = tf.exp(x)
        for size in range(1, 10):
            for _ in range(3):
                session.run(y, {x: np.ones(size, "f")})
    assert len(seen) == branches.MAX_VAIN


def test_branches_that_are_slower_are_run_in_order() -> None:
    """Trials that shared work lost leave one block, which frees what the fork freed."""
    fork = Fork((((None, None, 0, (), "a"),), ((None, None, 1, (5,), "b"),)), (6,), Trials())
    rest = Serial(((None, None, 2, (), "c"),))
    other = Fork((((None, None, 3, (), "d"),),), (), Trials())
    fork.trials.give_up()
    assert branches._without_lost([rest, fork, rest]) == []
    kept = branches._without_lost([rest, fork, rest, other])
    assert kept[1:] == [other]
    assert [(step[-1], step[3]) for step in kept[0].steps] == [  # type: ignore[union-attr]
        ("c", ()),
        ("a", ()),
        ("b", (5, 6)),
        ("c", ()),
    ]


def test_another_thread_finds_them_anew(always: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is run is what was found before."""
    known: list[branches._Found] = []
    made = branches._Found.__init__

    def note(self: branches._Found) -> None:
        made(self)
        known.append(self)

    run = branches.Branches._fork

    def forget(self: Any, found: Fork, slots: list[Any]) -> None:
        for each in known:
            each.blocks = None
        run(self, found, slots)

    monkeypatch.setattr(branches._Found, "__init__", note)
    monkeypatch.setattr(branches.Branches, "_fork", forget)

    def make() -> Any:
        x = tf.random_uniform([20, 20], seed=2)
        return tf.matmul(tf.exp(x), x) + tf.cumsum(tf.matmul(tf.sin(x), x))

    assert np.isfinite(runs_of(make, times=8)).all()
    assert known
    assert always
