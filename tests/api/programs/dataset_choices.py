"""Datasets that choose from others, by numbers and at random, and keep an account of elements."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tests.api.programs import message, program, results
from tests.api.programs.dataset_errors import asked
from tests.api.programs.datasets import drained


def two(tf: Any) -> list[Any]:
    return [tf.data.Dataset.range(3), tf.data.Dataset.range(10, 14)]


def numbers(tf: Any, *values: int) -> Any:
    return tf.data.Dataset.from_tensor_slices(tf.constant(values, tf.int64))


def failing(tf: Any, count: int) -> Any:
    return tf.data.Dataset.range(count).map(lambda n: 12 // (n - 1))


def numbers_that_fail(tf: Any, *values: int) -> Any:
    return numbers(tf, *values).map(lambda n: 12 // n)


@contextmanager
def unwarned() -> Iterator[None]:
    """Without the warning that other numbers for each epoch need `repeat`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def remainder(tf: Any, by: int) -> Callable[[Any], Any]:
    return lambda n: tf.cast(n % by, tf.int32)


def given(tf: Any, *datasets: Any, limit: int = 40) -> list[Any]:
    """What iterators give, also after errors, and numbers of elements before."""
    found = []
    for dataset in datasets:
        iterator = tf.data.make_initializable_iterator(dataset)
        following = iterator.get_next()
        count = tf.data.experimental.cardinality(dataset)
        with tf.Session() as session:
            session.run(iterator.initializer)
            found.append([session.run(count), *asked(tf, session, following, limit)])
            found.append(str(tf.data.get_output_shapes(dataset)).replace("Dimension(None)", "?"))
    return found


@program
def chosen_elements(tf: Any) -> Any:
    dataset = tf.data.Dataset.choose_from_datasets(two(tf), numbers(tf, 0, 1, 0, 1, 1, 0, 1))
    older = tf.data.experimental.choose_from_datasets(two(tf), numbers(tf, 0, 1, 0, 0, 0, 0, 1))
    return drained(tf, dataset), drained(tf, older), drained(tf, dataset.map(lambda n: n * 2))


@results
def chosen_elements_and_errors(tf: Any) -> Any:
    data, choose = tf.data.Dataset, tf.data.Dataset.choose_from_datasets
    turns = data.range(2).repeat()
    return [
        given(
            tf,
            choose(two(tf), numbers(tf, 0, 2, -1, 0, 1, 1, 1), stop),
            choose([failing(tf, 3), two(tf)[1]], numbers(tf, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1), stop),
            choose(two(tf), failing(tf, 4).map(lambda n: n % 2), stop),
            choose([data.range(3).repeat(), two(tf)[1]], turns, stop),
            choose([data.range(0), two(tf)[1]], turns, stop),
            choose(two(tf), turns.take(5), stop),
            choose(two(tf), turns, stop).repeat(2).skip(4),
            choose([two(tf)[0].batch(2), two(tf)[1].batch(2, True)], turns, stop),
            choose([two(tf)[0].batch(2), two(tf)[1]], turns, stop),
            choose(two(tf)[:1], numbers(tf, 0, 0), stop),
        )
        for stop in (False, True)
    ]


@results
def no_choices(tf: Any) -> Any:
    choose = tf.data.experimental.choose_from_datasets
    floats = tf.data.Dataset.from_tensors(1.0)
    return [
        message(lambda: choose([], numbers(tf, 0))),
        message(lambda: choose(two(tf), [1])),
        message(lambda: choose(two(tf), floats))[:40],
        message(lambda: choose(two(tf), numbers(tf, 0, 1).batch(2)))[:40],
        message(lambda: choose([*two(tf), floats], numbers(tf, 0)))[:70],
    ]


@program
def sampled_elements(tf: Any) -> Any:
    tf.set_random_seed(3)
    data = tf.data.Dataset
    datasets = [
        tf.data.experimental.sample_from_datasets(two(tf), [0.3, 0.7], seed=3),
        tf.data.experimental.sample_from_datasets(two(tf)),
        data.sample_from_datasets(two(tf), tf.constant([0.2, 0.8], tf.float64), 4, True),
        data.sample_from_datasets([*two(tf), data.range(50, 60)], (0.4, 0.0, 0.6), 5),
        data.sample_from_datasets(two(tf), data.range(9).map(lambda n: tf.constant([0.5, 0.5]))),
    ]
    return [drained(tf, dataset) for dataset in datasets]


@results
def sampled_elements_of_epochs(tf: Any) -> Any:
    tf.set_random_seed(4)
    sample = tf.data.Dataset.sample_from_datasets
    with unwarned():
        datasets = [
            sample(two(tf), weights, seed, stop, anew).repeat(2)
            for stop in (False, True)
            for anew in (None, True, False)
            for weights, seed in ((None, None), ([0.2, 0.8], 5), (np.array([0.3, 0.7]), 0))
        ]
    return given(tf, *datasets)


@results
def sampled_elements_by_weights(tf: Any) -> Any:
    data, sample = tf.data.Dataset, tf.data.Dataset.sample_from_datasets
    rows = data.range(9)
    return given(
        tf,
        sample(two(tf), [0.5, -1.0], 1),
        sample(two(tf), [0.0, 0.0], 1),
        sample(two(tf), tf.constant([-1.0, 0.0]), 1).take(3),
        sample(two(tf), tf.placeholder_with_default([0.5, 0.5], None), 1),
        sample(two(tf), tf.placeholder_with_default([0.5, 0.2, 0.3], None), 1),
        sample(two(tf), rows.map(lambda n: tf.constant([-1.0, 0.5])), 1),
        sample(two(tf), rows.map(lambda n: tf.constant([0.3, 0.3, 0.4])), 1),
        sample(two(tf), rows.map(lambda n: [(0.5, 0.5)]), 1),
        sample(two(tf)[:1], [0.5], 1),
        sample([data.range(n, 100 * n, n) for n in range(1, 5)], [0.1, 0.2, 0.3, 0.4], 7),
        sample([two(tf)[0], two(tf)[1].batch(2)], seed=3),
        limit=30,
    )


@results
def no_samples(tf: Any) -> Any:
    data, sample = tf.data.Dataset, tf.data.Dataset.sample_from_datasets
    return [
        message(lambda: sample([], [0.5])),
        message(lambda: sample(two(tf), [0.5])),
        message(lambda: sample(two(tf), [0.0, 0.0, 1.0])),
        message(lambda: sample(two(tf), [1, 1]))[:80],
        message(lambda: sample(two(tf), tf.constant([1, 1])))[:80],
        message(lambda: sample(two(tf), tf.constant([0.1, 0.2, 0.3]))),
        message(lambda: sample(two(tf), tf.constant([[0.5, 0.5]]))),
        message(lambda: sample(two(tf), 0.5)),
        message(lambda: sample([two(tf)[0], data.from_tensors(1.0)], [0.5, 0.5]))[:70],
    ]


@program
def random_numbers(tf: Any) -> Any:
    tf.set_random_seed(6)
    data = tf.data.Dataset
    with unwarned():
        others = data.random(3, True)
    datasets = [
        data.random(3).take(5).repeat(2),
        others.take(5).repeat(2),
        data.random().batch(2).take(3),
        tf.data.experimental.RandomDataset(0).take(4),
    ]
    return [drained(tf, dataset) for dataset in datasets]


@results
def random_functions_at_two_places(tf: Any) -> Any:
    """Each place has its own stream, which goes on from epoch to epoch."""
    tf.set_random_seed(2)
    data = tf.data.Dataset

    def drawn(n: Any) -> Any:
        return n + tf.random.uniform([], maxval=1000, dtype=tf.int64, seed=3)

    dataset = data.range(4).map(drawn)
    kept = data.range(9).filter(lambda n: drawn(n) > 400)
    turns = data.range(2).repeat()
    return given(
        tf,
        data.zip((dataset, dataset)).repeat(2),
        data.zip((dataset, dataset.map(lambda n: n * 2))),
        dataset.concatenate(dataset).repeat(2),
        data.choose_from_datasets([dataset, dataset.repeat(2)], turns),
        kept.concatenate(kept),
        data.range(2).flat_map(lambda _: data.range(3).map(drawn)),
    )


@program
def counters(tf: Any) -> Any:
    data = tf.data.Dataset
    found = [
        data.counter(3, 2),
        data.counter(0.5, 2, tf.float32),
        tf.data.experimental.Counter(7),
        data.counter().map(lambda n: n * 2),
    ]
    return [drained(tf, dataset.take(4)) for dataset in found]


@results
def resampled_elements(tf: Any) -> Any:
    tf.set_random_seed(4)
    data = tf.data.Dataset
    halves, target = [0.5, 0.5], [0.3, 0.7]
    pairs = data.range(40).map(lambda n: (n, n + 1))
    named = data.range(70).map(lambda n: {"a": n})
    three = tf.placeholder_with_default([0.4, 0.35, 0.25], [3])
    return given(
        tf,
        data.range(30).rejection_resample(remainder(tf, 2), target, halves, seed=3),
        data.range(70).rejection_resample(remainder(tf, 2), target, seed=3),
        data.range(9).rejection_resample(remainder(tf, 2), halves, halves, seed=3),
        data.range(9).apply(
            tf.data.experimental.rejection_resample(remainder(tf, 2), [0.4, 0.6], halves)
        ),
        pairs.rejection_resample(
            lambda n, _: tf.cast(n % 3, tf.int32), [0.3, 0.3, 0.4], [0.4, 0.3, 0.3], seed=4
        ),
        named.rejection_resample(lambda e: tf.cast(e["a"] % 3, tf.int32), three, seed=4),
        limit=60,
    )


@program
def resampled_graph(tf: Any) -> Any:
    dataset = tf.data.Dataset.range(9)
    given = dataset.rejection_resample(remainder(tf, 2), [0.4, 0.6], [0.5, 0.5], seed=1)
    estimated = dataset.rejection_resample(remainder(tf, 2), [0.4, 0.6], seed=1)
    return [str(tf.data.get_output_types(one)) for one in (given, estimated)]


@program
def distinct_elements(tf: Any) -> Any:
    data = tf.data.Dataset
    twice = data.from_tensor_slices([1, 37, 2, 37, 2, 1]).unique().repeat(2)
    words = data.from_tensor_slices(["a", "b", "a", ""]).apply(tf.data.experimental.unique())
    counted = data.range(5).apply(tf.data.experimental.assert_cardinality(5))
    return [drained(tf, dataset) for dataset in (twice, words, counted)]


@results
def accounts_of_elements(tf: Any) -> Any:
    data, expect = tf.data.Dataset, tf.data.experimental.assert_cardinality
    kept = data.range(3).filter(lambda n: n >= 0)
    return given(
        tf,
        data.from_tensor_slices([[1, 2], [1, 2], [2, 1]]).unique(),
        data.from_tensor_slices([["a", "b"], ["ab", ""], ["a", "b"]]).unique(),
        data.range(6).map(lambda n: tf.range(n % 3)).unique(),
        data.range(6).map(lambda n: {"a": n % 2}).unique(),
        failing(tf, 5).unique(),
        data.range(5).map(lambda n: n % 2).unique().skip(1),
        *(kept.apply(expect(n)) for n in (3, 4, 2, -1, -2, 0)),
        failing(tf, 3).apply(expect(3)),
        failing(tf, 3).apply(expect(2)),
        kept.apply(expect(3)).repeat(2),
        limit=12,
    )


@results
def errors_that_come_with_the_end(tf: Any) -> Any:
    """What puts datasets side by side or in turns asks no more after them."""
    data, expect = tf.data.Dataset, tf.data.experimental.assert_cardinality
    few = data.range(3).apply(expect(4))
    found = numbers_that_fail(tf, 1, 0, 3, 0)
    return given(
        tf,
        data.zip((few, data.range(9))),
        few.interleave(data.range, 2),
        *(
            change(found.window(size, shift, stride))
            for size, shift, stride in ((2, 1, 3), (3, 1, 2), (2, 2, 1), (3, 2, 2), (4, 1, 1))
            for change in (
                lambda d: d.interleave(lambda w: w, 2),
                lambda d: d.flat_map(lambda w: w),
                lambda d: data.zip((d, data.range(9))).flat_map(lambda w, _: w),
                lambda d: d.repeat(2).interleave(lambda w: w, 3),
            )
        ),
        limit=16,
    )


@results
def no_distinct_elements(tf: Any) -> Any:
    data = tf.data.Dataset
    pairs = data.from_tensor_slices(([1, 1], [2, 2])).unique()
    start = tf.data.make_initializable_iterator(pairs).initializer
    refused = ""
    with tf.Session() as session:
        try:
            session.run(start)
        except tf.errors.InvalidArgumentError as error:
            refused = error.message
    floats = message(lambda: data.from_tensor_slices([1.0, 2.0]).unique())
    return "single component" in refused, floats[:46]


@results
def buckets_of_a_method(tf: Any) -> Any:
    dataset = tf.data.Dataset.range(7).map(tf.range)
    return drained(tf, dataset.bucket_by_sequence_length(tf.size, [2, 4], [2, 2, 1]))
