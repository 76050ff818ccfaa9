"""Datasets that functions make, which TensorFlow rewrites, and those that they capture, which it does not."""

from __future__ import annotations

from typing import Any

from tests.api.programs import results
from tests.api.programs.dataset_experimental import given


def numbers(tf: Any, count: int = 5, at: int = 2) -> Any:
    """Numbers, of which one fails."""
    return tf.data.Dataset.range(count).map(lambda n: 12 // (n - at))


def shuffled(tf: Any) -> Any:
    return numbers(tf).shuffle(3, seed=2).repeat(3)


def batched(tf: Any) -> Any:
    return numbers(tf).batch(2)


def twice(tf: Any) -> Any:
    return tf.data.Dataset.range(2)


@results
def captured_epochs(tf: Any) -> Any:
    one, other = shuffled(tf), numbers(tf).shuffle(2, seed=3)
    groups = tf.data.experimental.group_by_window(lambda n: n, lambda key, window: one, 1)
    return given(
        tf,
        one,
        twice(tf).flat_map(lambda n: one),
        twice(tf).interleave(lambda n: one, 2, 2),
        twice(tf).apply(groups),
        twice(tf).flat_map(lambda n: other.repeat(2)),
        twice(tf).flat_map(lambda n: shuffled(tf)),
        limit=60,
    )


@results
def captured_batches(tf: Any) -> Any:
    one, other = batched(tf), numbers(tf)
    return given(
        tf,
        one,
        twice(tf).flat_map(lambda n: one),
        twice(tf).flat_map(lambda n: other.batch(2)),
        twice(tf).flat_map(lambda n: batched(tf)),
        twice(tf).window(2).flat_map(lambda window: window.map(lambda n: 12 // n).batch(2)),
    )


@results
def captured_identities(tf: Any) -> Any:
    """A function that returns its argument is called where TensorFlow does not rewrite, and makes what is passed over."""
    one = numbers(tf).map(lambda n: n).skip(3)
    return given(
        tf,
        one,
        twice(tf).flat_map(lambda n: one),
        twice(tf).flat_map(lambda n: numbers(tf).map(lambda n: n).skip(3)),
    )


@results
def captured_caches(tf: Any) -> Any:
    """A cache has all elements as soon as there are as many as its dataset says."""
    checked = [tf.data.experimental.assert_cardinality(count) for count in (2, 4, 9)]
    caches = [tf.data.Dataset.range(4).apply(check).cache() for check in checked]
    drawn = tf.data.Dataset.range(3).shuffle(3, seed=5).cache()
    return [
        given(tf, *(twice(tf).flat_map(lambda n, one=one: one) for one in caches)),
        given(tf, *(one.repeat(2) for one in caches)),
        given(tf, drawn.take(3).repeat(3), drawn.take(2).repeat(3)),
        given(tf, numbers(tf).cache().repeat(2), numbers(tf).take(4).cache().repeat(2)),
    ]


@results
def one_epoch_of_a_captured_dataset(tf: Any) -> Any:
    one = tf.data.Dataset.range(4).shuffle(4, seed=7).repeat(1)
    return given(
        tf,
        twice(tf).repeat(2).flat_map(lambda n: one),
        twice(tf)
        .repeat(2)
        .flat_map(lambda n: tf.data.Dataset.range(4).shuffle(4, seed=7).repeat(1)),
    )
