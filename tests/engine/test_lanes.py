"""Batches run in lanes give what whole batches give, and graphs that mix examples stay whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime import threads
from minihub_runtime.engine import lanes
from minihub_runtime.engine.trials import FIRST, GROWTH, Trials
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.repeatable import repeatable
from tests.passes.networks import variable
from tests.passes.plans import plan_of


@pytest.fixture(autouse=True)
def small_work_counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two threads, and lanes for everything that can be run in them, however short."""
    monkeypatch.setattr(lanes, "WORTHWHILE", 0)
    monkeypatch.setattr(lanes, "JOINED_BYTE", 0)
    monkeypatch.setattr(lanes, "FEWEST", 1)
    monkeypatch.setattr(Trials, "note", note)
    before = threads.num_threads()
    threads.set_num_threads(2)
    yield
    threads.set_num_threads(before)


def note(trials: Trials, shared: bool, taken: int) -> None:
    """As the method, without regard to time."""


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """How many examples the lanes had, for each run of lanes that succeeded."""
    seen: list[tuple[int, ...]] = []
    whole = lanes.Lanes._run_lanes

    def run(self: Any, part: Any, size: int, steps: Any, slots: Any) -> bool:
        done = whole(self, part, size, steps, slots)
        if done:
            seen.append(tuple(end - begin for begin, end in lanes.cut(size, threads.num_threads())))
        return done

    monkeypatch.setattr(lanes.Lanes, "_run_lanes", run)
    return seen


def run(plan: Any, value: Any) -> Any:
    with np.errstate(all="ignore"):
        return plan.run([value])


def results_of(
    make: Callable[[Any], Any], value: Any, times: int = 4, dtype: Any = tf.float32
) -> list[Any]:
    """What several runs of one plan give; every one must be what a graph that was never cut gives."""
    value = np.asarray(value)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(dtype, [None, *value.shape[1:]])
        y = make(x)
        session.run(tf.global_variables_initializer())
        (expected,) = run(plan_of(session, y, x), value)
        plan = plan_of(session, y, x)
        found = [run(plan, value)[0] for _ in range(times)]
    for each in found:
        assert each.dtype == expected.dtype
        assert each.shape == expected.shape
        np.testing.assert_allclose(each, expected, rtol=1e-5, atol=1e-5)
    return found


def draw(*shape: int) -> Any:
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


def convolutional(x: Any) -> Any:
    """Convolutions of all kinds, normalised, pooled, padded, squeezed by their means."""
    x = tf.nn.relu(tf.nn.conv2d(x, variable("a", 3, 3, 3, 8), 2, "SAME") + variable("b", 8))
    x = tf.nn.depthwise_conv2d(x, variable("c", 3, 3, 8, 1), [1, 1, 1, 1], "SAME")
    x = tf.nn.conv2d(tf.nn.relu6(x), variable("d", 1, 1, 8, 16), 1, "VALID")
    x = tf.pad(
        tf.concat([x, tf.nn.max_pool2d(x, 3, 1, "SAME")], -1), [[0, 0], [1, 0], [1, 1], [0, 0]]
    )
    means = tf.reduce_mean(x, [1, 2], keepdims=True)
    shape = tf.shape(means)
    gate = tf.sigmoid(tf.nn.conv2d(means, variable("e", 1, 1, 32, 32), 1, "SAME"))
    x = x * tf.reshape(gate, [shape[0], 1, 1, 32])
    x = tf.reduce_mean(tf.nn.avg_pool2d(x, 2, 2, "VALID"), [1, 2])
    return tf.nn.softmax(tf.matmul(x, variable("f", 32, 5)))


def attention(x: Any) -> Any:
    """One head of attention over `(batch, 6, 8)`."""
    size = tf.shape(x)[0]
    flat = tf.reshape(x, [-1, 8])
    query, key, value = (
        tf.reshape(tf.matmul(flat, variable(name, 8, 8)), tf.stack([size, 6, 2, 4]))
        for name in "qkv"
    )
    query, key, value = (tf.transpose(each, [0, 2, 1, 3]) for each in (query, key, value))
    weights = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) * 0.5)
    mixed = tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3])
    return tf.reshape(mixed, [size, 6, 8]) + x


@pytest.mark.parametrize("batch", [2, 3, 8])
@pytest.mark.parametrize(
    ("make", "shape"), [(convolutional, (17, 15, 3)), (attention, (6, 8))], ids=["cnn", "attention"]
)
def test_networks_are_cut(
    make: Any, shape: tuple[int, ...], batch: int, runs: list[tuple[int, ...]]
) -> None:
    results_of(make, draw(batch, *shape))
    # The first run makes ready, the second finds out, the others are cut.
    assert runs == [(batch // 2, batch - batch // 2)] * 2


def test_one_example_is_whole(runs: list[tuple[int, ...]]) -> None:
    results_of(convolutional, draw(1, 17, 15, 3))
    results_of(attention, draw(0, 6, 8))
    assert runs == []


def test_one_thread_is_whole(runs: list[tuple[int, ...]]) -> None:
    threads.set_num_threads(1)
    results_of(attention, draw(4, 6, 8))
    assert runs == []


def test_more_threads_than_examples(runs: list[tuple[int, ...]]) -> None:
    threads.set_num_threads(5)
    results_of(attention, draw(3, 6, 8))
    assert runs == [(1, 1, 1)] * 2


def around(mix: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of examples one by one, then one that is not cut, then one of examples again."""
    return lambda x: tf.tanh(tf.exp(mix(tf.sin(x) * 2)) + 1)


MIXING: dict[str, Callable[[Any], Any]] = {
    "the mean of all": lambda x: x - tf.reduce_mean(x, 0, keepdims=True),
    "how many there are": lambda x: x / tf.cast(tf.shape(x)[0], tf.float32),
    "their numbers": lambda x: x + tf.expand_dims(tf.cast(tf.range(tf.shape(x)[0]), tf.float32), 1),
    "products of two": lambda x: tf.matmul(x, x, transpose_b=True),
    "sums up to each": lambda x: tf.cumsum(x, 0),
    "the other order": lambda x: tf.reverse(x, [0]),
    "columns": tf.transpose,
    "all but one": lambda x: x[1:],
    "steps back": lambda x: x[::-1],
    "rows written out": lambda x: tf.reshape(x, [4, -1]),
    "one row": lambda x: tf.reshape(x, [-1]) * tf.ones([24]),
    "repeated": lambda x: tf.tile(x, [2, 1]),
    "joined": lambda x: tf.concat([x, x], 0),
    "stacked": lambda x: tf.stack([x, x]),
    "some": lambda x: tf.gather(x, [2, 1]),
    "softmax over all": lambda x: tf.nn.softmax(x, 0),
    "norms over all": lambda x: tf.nn.l2_normalize(x, 0),
    "sides exchanged": lambda x: tf.reshape(x, tf.reverse(tf.shape(x), [0])),
    "a choice by any": lambda x: tf.where(tf.reduce_any(x > 0.5), x, -x),
    "batch norm": lambda x: tf.nn.batch_normalization(x, *tf.nn.moments(x, [0]), None, None, 1e-3),
}


@pytest.mark.parametrize("name", list(MIXING))
def test_examples_that_mix(name: str) -> None:
    results_of(around(MIXING[name]), draw(4, 6))


@pytest.mark.parametrize("columns", [3, 4, 8])
def test_sizes_that_are_like_the_batch(columns: int) -> None:
    """A vector of as many numbers as there are examples, or a multiple of them, is not cut by mistake."""
    results_of(lambda x: x * variable("w", columns), draw(4, columns))
    results_of(lambda x: tf.matmul(variable("w", 4, 4), x), draw(4, columns))
    results_of(lambda x: x + variable("w", 4, 1), draw(4, columns))


def test_fed_weights_of_the_length_of_the_batch() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, w = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [4, 4])
        y = tf.tanh(tf.matmul(tf.sin(x), w) * w[0])
        values = [draw(4, 4), draw(4, 4) + 1]
        expected = np.tanh(np.sin(values[0]) @ values[1] * values[1][0])
        for _ in range(4):
            found = session.run(y, dict(zip((x, w), values, strict=True)))
            np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_what_does_not_mix_around_what_does_is_cut(runs: list[tuple[int, ...]]) -> None:
    results_of(around(lambda x: tf.reverse(x, [0])), draw(4, 6), times=3)
    assert len(runs) == 2


def test_sizes_that_are_read_after_the_lanes() -> None:
    def make(x: Any) -> Any:
        y = tf.tanh(tf.exp(x))
        rows = tf.shape(y)[0] * 2
        return tf.cumsum(y, 0) * tf.cast(rows, tf.float32)

    results_of(make, draw(4, 6))
    results_of(lambda x: tf.shape(tf.tanh(tf.exp(x)))[0] * 3, draw(4, 6))


def test_shapes_that_are_not_those_of_parts_stay_whole(runs: list[tuple[int, ...]]) -> None:
    def make(x: Any) -> Any:
        # `[4, 6]` of four examples, but `[3, 4]` of two.
        rows = tf.shape(x)[0] // 4 + 3
        return tf.exp(tf.reshape(tf.sin(x), tf.stack([rows, tf.size(x) // rows])))

    results_of(make, draw(4, 6))
    assert runs == []


def test_results_of_runs_are_their_own(runs: list[tuple[int, ...]]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6])
        fetches = [tf.identity(x), tf.exp(x), tf.ones_like(x) * 3]
        value = draw(4, 6)
        got = [session.run(fetches, {x: value}) for _ in range(4)]
    for results in got:
        np.testing.assert_array_equal(results[0], value)
        for each in results:
            each[...] = -1
    assert (value != -1).all()


def test_the_error_is_that_of_the_whole_batch() -> None:
    def make(x: Any) -> Any:
        return tf.exp(tf.gather(variable("table", 5, 2), tf.identity(x)))

    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.int32, [None])
        y = make(x)
        session.run(tf.global_variables_initializer())
        good, bad = np.array([0, 1, 2, 3], np.int32), np.array([0, 1, 2, 7], np.int32)
        expected = session.run(y, {x: good})
        for _ in range(3):
            session.run(y, {x: good})
        for _ in range(2):
            with pytest.raises(InvalidArgumentError, match=r"\[3\]"):
                session.run(y, {x: bad})
            np.testing.assert_array_equal(session.run(y, {x: good}), expected)


def test_batches_of_other_sizes(runs: list[tuple[int, ...]]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 17, 15, 3])
        y = convolutional(x)
        session.run(tf.global_variables_initializer())
        plan = plan_of(session, y, x)
        value = draw(9, 17, 15, 3)
        (expected,) = run(plan, value)
        for size in [2, 5, 9, 1, 2, 5, 9, 2, 5, 9]:
            np.testing.assert_allclose(run(plan, value[:size])[0], expected[:size], atol=1e-6)
    assert sorted(runs) == [(1, 1), (2, 3), (4, 5), (4, 5)]


def test_variables_that_change_between_runs() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6])
        w = tf.get_variable("w", [6], initializer=tf.ones_initializer(), use_resource=True)
        y = tf.exp(x * w)
        more = w.assign_add(tf.ones([6]))
        session.run(tf.global_variables_initializer())
        value = draw(4, 6)
        for times in range(1, 6):
            np.testing.assert_allclose(session.run(y, {x: value}), np.exp(value * times), rtol=1e-5)
            session.run(more)


def test_numbers_that_are_fed_and_axes_too(runs: list[tuple[int, ...]]) -> None:
    """What rules go by may be other numbers next time, of the same shapes."""
    x = draw(4, 4)
    with tf.Graph().as_default(), tf.Session() as session:
        given, axis = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.int32, [])
        y = tf.reduce_sum(tf.exp(given), axis) * 2
        for number in (1, 1, 1, 1, 0, 0, 1, 0):
            expected = np.exp(x).sum(number) * 2
            np.testing.assert_allclose(
                session.run(y, {given: x, axis: number}), expected, rtol=1e-5
            )
    assert runs


def test_numbers_that_are_laid_out_by_a_size() -> None:
    """They are no sizes: what they were in the run that was watched says nothing of the next."""
    x = draw(4, 30)
    with tf.Graph().as_default(), tf.Session() as session:
        given, numbers = (tf.placeholder(tf.float32, [None, width]) for width in (30, 2))
        laid_out = tf.reshape(numbers, tf.concat([[-1], tf.shape(given)[1:] // 10], 0))
        fetches = [tf.exp(given) + 1, laid_out, tf.exp(given) * tf.reduce_sum(laid_out)]
        for factor in (1.0, 2.0, 3.0, 4.0, 5.0):
            fed = factor * np.arange(12, dtype=np.float32).reshape(6, 2)
            one, two, three = session.run(fetches, {given: x, numbers: fed})
            np.testing.assert_allclose(one, np.exp(x) + 1, rtol=1e-5)
            np.testing.assert_array_equal(two, fed.reshape(4, 3))
            np.testing.assert_allclose(three, np.exp(x) * fed.sum(), rtol=1e-5)


def test_lists_that_loops_fill() -> None:
    """The gradient of a gather in a loop: sizes, lists and rows in each turn."""
    x = draw(5, 2)
    with tf.Graph().as_default(), tf.Session() as session:
        given = tf.placeholder(tf.float32, [None, 2])
        picked = tf.map_fn(
            lambda i: tf.exp(tf.gather(given, i % 3)) * given[i], tf.range(5), tf.float32
        )
        (gradient,) = tf.gradients(picked, given)
        found = [session.run(gradient, {given: x}) for _ in range(4)]
    threads.set_num_threads(1)
    with tf.Graph().as_default(), tf.Session() as session:
        given = tf.placeholder(tf.float32, [None, 2])
        whole = tf.gather(given, [0, 1, 2, 0, 1])
        expected = session.run(tf.gradients(tf.exp(whole) * given, given)[0], {given: x})
    for each in found:
        np.testing.assert_allclose(each, expected, rtol=1e-5)


def test_a_switch_inside() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, choice = tf.placeholder(tf.float32, [None, 6]), tf.placeholder(tf.bool, [])
        y = tf.tanh(tf.cond(choice, lambda: tf.exp(x), lambda: tf.sin(x)) * 2)
        value = draw(4, 6)
        for chosen, expected in [(True, np.exp), (False, np.sin)] * 4:
            got = session.run(y, {x: value, choice: chosen})
            np.testing.assert_allclose(got, np.tanh(expected(value) * 2), rtol=1e-5)


def test_rows_that_are_not_computed_each_time(runs: list[tuple[int, ...]]) -> None:
    """Each side of a switch of TF1 is dead where the other one is taken."""
    with tf.Graph().as_default(), tf.Session() as session:
        x, choice = tf.placeholder(tf.float32, [None, 6]), tf.placeholder(tf.bool, [])
        sides = tf.raw_ops.Switch(data=tf.sin(x), pred=choice)
        y = tf.raw_ops.Merge(inputs=[tf.cos(sides[0]) + 1, tf.exp(sides[1]) * 2])[0]
        value = draw(4, 6)
        for chosen in (True, True, True, True, False, False, False, True, False):
            got = session.run(y, {x: value, choice: chosen})
            expected = np.exp(np.sin(value)) * 2 if chosen else np.cos(np.sin(value)) + 1
            np.testing.assert_allclose(got, expected, rtol=1e-5)
    assert runs


def test_what_is_read_later_is_not_joined(
    runs: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in training, where gradients read all that was computed before."""
    monkeypatch.setattr(lanes, "JOINED_BYTE", 10**6)
    results_of(lambda x: tf.cumsum(tf.exp(tf.sin(x)), 0), draw(4, 6))
    assert runs == []


def test_a_batch_beside_other_feeds(runs: list[tuple[int, ...]]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        scale, x = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [None, 6])
        y = tf.tanh(tf.exp(x) * scale)
        value = draw(4, 6)
        for _ in range(4):
            got = session.run(y, {scale: 0.5, x: value})
            np.testing.assert_allclose(got, np.tanh(np.exp(value) / 2), rtol=1e-5)
    assert runs == [(2, 2)] * 2


def test_a_call_inside_a_run_that_is_watched() -> None:
    """Functions that call themselves as deep as they may, and what is watched takes no more of Python's stack."""

    @tf.function
    def halved(x: Any) -> Any:
        return tf.exp(x) / 2

    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6])
        y = tf.sin(halved(tf.sin(x)))
        value = draw(4, 6)
        for _ in range(6):
            got = session.run(y, {x: value})
            np.testing.assert_allclose(got, np.sin(np.exp(np.sin(value)) / 2), rtol=1e-5)


def test_many_shapes_take_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MAX_SHAPES", 3)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6])
        y = tf.exp(tf.sin(x))
        plan = plan_of(session, y, x)
        for size in [2, 3, 4, 5, 6, 2, 2, 2, 6, 5]:
            np.testing.assert_allclose(
                run(plan, draw(size, 6))[0], np.exp(np.sin(draw(size, 6))), rtol=1e-5
            )
        assert len(plan._lanes._known) == 3


def test_several_threads_at_once() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 17, 15, 3])
        y = convolutional(x)
        session.run(tf.global_variables_initializer())
        value = draw(8, 17, 15, 3)
        expected = session.run(y, {x: value})
        wrong: list[int] = []

        def work(seed: int) -> None:
            order = np.random.default_rng(seed).permutation(8)
            for _ in range(10):
                got = session.run(y, {x: value[order]})
                if not np.allclose(got, expected[order], atol=1e-6):
                    wrong.append(seed)

        workers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert wrong == []


def lose(trials: Trials, shared: bool, taken: int) -> None:
    """As the method, where what is shared takes longer."""
    trials._coming.clear()
    trials.shares = False


def test_what_was_slower_is_tried_again(
    runs: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trials, "note", lose)
    # Two runs find out what can be cut, and the third is a trial; so it is after the pause, but for one run.
    results_of(convolutional, draw(4, 8, 8, 3), times=2 + FIRST)
    assert len(runs) == 1
    runs.clear()
    results_of(convolutional, draw(4, 8, 8, 3), times=3 + FIRST + 1 + GROWTH * FIRST)
    assert len(runs) == 2


def test_what_cannot_be_cut_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def refuse(self: Any, part: Any, size: int, steps: Any, slots: Any) -> bool:
        tried.append(size)
        return False

    monkeypatch.setattr(lanes.Lanes, "_run_lanes", refuse)
    results_of(convolutional, draw(4, 8, 8, 3), times=3 * FIRST)
    assert len(tried) == 1


def test_what_is_asked_for_may_be_changed(runs: list[tuple[int, ...]]) -> None:
    """Sizes that lanes do not compute, and numbers that were fed while they were found, belong to whoever has them."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6])
        y = tf.tanh(tf.exp(x))
        sizes = tf.shape(y)
        z = tf.reshape(tf.reshape(y, [sizes[0], 2, 3]) * 2.0, sizes)
        value = draw(4, 6)
        for _ in range(6):
            found, rows = session.run([sizes, z], {x: value})
            assert found.tolist() == [4, 6]
            assert rows.shape == (4, 6)
            found[:] = -7
    assert runs


def test_axes_that_are_changed_where_they_lie() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 3, 3])
        axes = tf.placeholder(tf.int32, [1])
        y = tf.reduce_sum(tf.exp(tf.sin(x)), axes, keepdims=True) + tf.zeros([1, 3, 3])
        value, where = draw(4, 3, 3), np.array([1], np.int32)
        for _ in range(4):
            session.run(y, {x: value, axes: where})
        where[0] = 0
        expected = np.exp(np.sin(value)).sum(0, keepdims=True) + np.zeros((1, 3, 3))
        np.testing.assert_allclose(session.run(y, {x: value, axes: where}), expected, rtol=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x[..., ::-1, :],
        lambda x: x[..., 1:, :],
        lambda x: x[..., tf.newaxis, ::-1, :][:, 0],
        lambda x: x[..., ::-1],
        lambda x: x[..., tf.newaxis, ::-1][:, 0],
    ],
)
def test_places_behind_an_ellipsis(make: Any) -> None:
    results_of(lambda x: tf.exp(make(tf.sin(x))), draw(5, 6))


def test_what_must_repeat_itself_stays_whole(runs: list[tuple[int, ...]]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6])
        y = tf.tanh(tf.exp(x))
        value = draw(4, 6)
        with repeatable():
            for _ in range(5):
                session.run(y, {x: value})
        assert not runs
        for _ in range(5):
            session.run(y, {x: value})
        assert runs
