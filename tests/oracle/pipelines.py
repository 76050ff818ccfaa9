"""Random pipelines of datasets, the same ones in TensorFlow and in minihub_runtime for a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["STEPS", "pipeline"]

#: A step: what it makes of `tf`, a dataset and two numbers from 1 to 5, and of what kind the elements are then.
Step = tuple[Callable[[Any, Any, int, int], Any], str]


def _whole(tf: Any, value: Any) -> Any:
    return tf.cast(value, tf.int64)


def _flat(tf: Any, dataset: Any) -> Any:
    return dataset.map(lambda rows: tf.reshape(rows, [-1]))


def _inner(tf: Any, n: Any) -> Any:
    """A few numbers, among which one may fail."""
    return tf.data.Dataset.range(n % 4 + 1).map(lambda m: 12 // (m - n % 3))


def _padded(tf: Any, d: Any, a: int, b: int) -> Any:
    rows = d.padded_batch(a, [None], _whole(tf, -b), drop_remainder=b > 3)
    return rows.map(lambda m: tf.reduce_sum(m * _whole(tf, tf.range(1, 1 + tf.shape(m)[1])), 1))


def _sums_by_key(tf: Any, d: Any, a: int, b: int) -> Any:
    def summed(key: Any, window: Any) -> Any:
        return window.batch(b).map(lambda rows: tf.reduce_sum(rows) + key)

    return d.apply(tf.data.experimental.group_by_window(lambda n: n % (a + 1), summed, b))


def _rows_by_key(tf: Any, d: Any, a: int, b: int) -> Any:
    grouped = tf.data.experimental.group_by_window(
        lambda n: n % 2, lambda _, window: window.padded_batch(a, []), None, lambda key: key + b
    )
    return d.apply(grouped)


def _running(tf: Any, d: Any, a: int, b: int) -> Any:
    first = _whole(tf, b)
    return d.apply(tf.data.experimental.scan(first, lambda s, n: (s + n % 7, s * 2 + n)))


def _chosen(tf: Any, d: Any, a: int, b: int) -> Any:
    """Elements and numbers in turns that elements say, among which some may be no places."""
    sources = [d, tf.data.Dataset.range(50, 50 + b), tf.data.Dataset.range(a, 9 * a, a)]
    return tf.data.experimental.choose_from_datasets(sources, d.map(lambda n: n % 4), a > 2)


def _sampled(tf: Any, d: Any, a: int, b: int) -> Any:
    sources = [d, tf.data.Dataset.range(50, 50 + 2 * b)]
    weights = [None, [0.2, 0.8], [0.5, 0.0], tf.constant([0.6, 0.4]), np.array([0.1, 0.9])][a - 1]
    return tf.data.Dataset.sample_from_datasets(sources, weights, b, b > 3, b % 2 == 0)


def _through_optionals(tf: Any, dataset: Any) -> Any:
    """The elements, in optionals between two steps."""
    optionals = dataset.map(tf.data.experimental.Optional.from_value)
    return optionals.map(lambda item: item.get_value())


def _sparse(tf: Any, d: Any, a: int, b: int) -> Any:
    batches = d.sparse_batch(a, [None if b > 3 else 2 * b])
    return batches.map(lambda item: item.values * 10 + item.indices[:, 0])


#: Name → step, by the kind of elements: numbers, vectors of numbers, pairs of numbers.
STEPS: dict[str, dict[str, Step]] = {
    "numbers": {
        "map": (lambda tf, d, a, b: d.map(lambda n: n * a + b), "numbers"),
        "identity": (lambda tf, d, a, b: d.map(lambda n: n), "numbers"),
        "filter": (
            lambda tf, d, a, b: d.filter(lambda n: tf.not_equal(n % (a + 1), b % (a + 1))),
            "numbers",
        ),
        "batch": (lambda tf, d, a, b: d.batch(a, drop_remainder=b > 3), "vectors"),
        "windows in turns": (
            lambda tf, d, a, b: d.window(a, b, 1 + a * b % 3).interleave(lambda w: w, b),
            "numbers",
        ),
        "windows in slots": (
            lambda tf, d, a, b: d.window(a, b, 1 + a * b % 3).apply(
                tf.data.experimental.parallel_interleave(lambda w: w, b)
            ),
            "numbers",
        ),
        "assert_cardinality": (
            lambda tf, d, a, b: d.apply(tf.data.experimental.assert_cardinality(a + b)),
            "numbers",
        ),
        "window": (
            # Between windows nothing may fail: whether TensorFlow goes on then is not determined.
            lambda tf, d, a, b: d.window(a, min(a, b), 1 + a * b % 3, b > 3).flat_map(
                lambda window: window.batch(a)
            ),
            "vectors",
        ),
        "flat_map": (
            lambda tf, d, a, b: d.flat_map(lambda n: tf.data.Dataset.range(n % (a + 1))),
            "numbers",
        ),
        "flat_map failing": (
            lambda tf, d, a, b: d.flat_map(lambda n: _inner(tf, n)),
            "numbers",
        ),
        "interleave": (
            lambda tf, d, a, b: d.interleave(
                lambda n: tf.data.Dataset.range(n, n + n % (a + 1)).map(lambda m: m + 100), a, b
            ),
            "numbers",
        ),
        "interleave failing": (
            lambda tf, d, a, b: d.interleave(lambda n: _inner(tf, n), a, b),
            "numbers",
        ),
        "interleave in parallel": (
            lambda tf, d, a, b: d.interleave(lambda n: _inner(tf, n), a, b, num_parallel_calls=1),
            "numbers",
        ),
        # A function captures the dataset, which is not rewritten then.
        "captured": (
            lambda tf, d, a, b: tf.data.Dataset.range(1 + a % 3).flat_map(lambda n: d.take(3 * b)),
            "numbers",
        ),
        "captured in turns": (
            lambda tf, d, a, b: tf.data.Dataset.range(1 + a % 3).interleave(lambda n: d, 2, b),
            "numbers",
        ),
        "made in a function": (
            lambda tf, d, a, b: d.flat_map(
                lambda n: (
                    tf.data.Dataset.range(n % 5).map(lambda m: 12 // (m - 2)).batch(a).repeat(2)
                )
            ),
            "vectors",
        ),
        "optionals": (lambda tf, d, a, b: _through_optionals(tf, d), "numbers"),
        "concatenate": (lambda tf, d, a, b: d.concatenate(tf.data.Dataset.range(b)), "numbers"),
        "zip": (
            lambda tf, d, a, b: tf.data.Dataset.zip((d, tf.data.Dataset.range(100, 100 + b * 3))),
            "pairs",
        ),
        "enumerate": (lambda tf, d, a, b: d.enumerate(a), "pairs"),
        "pairs": (lambda tf, d, a, b: d.map(lambda n: (n, n * b)), "pairs"),
        "shuffle": (lambda tf, d, a, b: d.shuffle(a, b), "numbers"),
        "shuffled epochs": (
            lambda tf, d, a, b: d.shuffle(a * 2, b, a > 2).repeat(2),
            "numbers",
        ),
        "repeat": (lambda tf, d, a, b: d.repeat(a % 3), "numbers"),
        "cached epochs": (lambda tf, d, a, b: d.cache().repeat(2), "numbers"),
        "take": (lambda tf, d, a, b: d.take(a * 2 - 1), "numbers"),
        "skip": (lambda tf, d, a, b: d.skip(a), "numbers"),
        "shard": (lambda tf, d, a, b: d.shard(a, b % a), "numbers"),
        "take_while": (
            lambda tf, d, a, b: d.apply(tf.data.experimental.take_while(lambda n: n < a * b)),
            "numbers",
        ),
        "scan": (_running, "numbers"),
        "group_by_window": (_sums_by_key, "numbers"),
        "group_by_window padded": (_rows_by_key, "vectors"),
        "ranges": (lambda tf, d, a, b: d.map(lambda n: tf.range(n % (a + 1))), "vectors"),
        "choose": (_chosen, "numbers"),
        "sample": (_sampled, "numbers"),
        "unique": (lambda tf, d, a, b: d.map(lambda n: n % (a + b)).unique(), "numbers"),
        "resample": (
            lambda tf, d, a, b: d.rejection_resample(
                lambda n: tf.cast(n % 2, tf.int32), [a / 6, 1 - a / 6], [b / 6, 1 - b / 6], a
            ).map(lambda kind, n: n * 2 + tf.cast(kind, tf.int64)),
            "numbers",
        ),
        "random numbers": (
            lambda tf, d, a, b: tf.data.Dataset.zip((d, tf.data.Dataset.random(a, b > 3))),
            "pairs",
        ),
        "prefetch": (lambda tf, d, a, b: d.prefetch(a), "numbers"),
        "random": (
            lambda tf, d, a, b: d.map(
                lambda n: n + tf.random.uniform([], maxval=a * 100, dtype=tf.int64, seed=b)
            ),
            "numbers",
        ),
        "failing": (
            lambda tf, d, a, b: d.map(lambda n: n // _whole(tf, tf.not_equal(n % (a + 2), b % 3))),
            "numbers",
        ),
        "ignore_errors": (
            lambda tf, d, a, b: d.apply(tf.data.experimental.ignore_errors()),
            "numbers",
        ),
        "map_and_batch": (
            lambda tf, d, a, b: d.apply(
                tf.data.experimental.map_and_batch(
                    lambda n: 12 // (n % 3 - 1), a, drop_remainder=b > 3
                )
            ),
            "vectors",
        ),
    },
    "vectors": {
        "unique": (lambda tf, d, a, b: d.unique(), "vectors"),
        "padded_batch": (_padded, "vectors"),
        "padded_batch to a size": (
            lambda tf, d, a, b: _flat(tf, d.padded_batch(a, [10 + b])),
            "vectors",
        ),
        "batch": (lambda tf, d, a, b: _flat(tf, d.batch(a)), "vectors"),
        "buckets": (
            lambda tf, d, a, b: _flat(
                tf,
                d.apply(tf.data.experimental.bucket_by_sequence_length(tf.size, [2, 4], [a, b, 2])),
            ),
            "vectors",
        ),
        "unbatch": (lambda tf, d, a, b: d.unbatch(), "numbers"),
        "rebatch": (lambda tf, d, a, b: d.rebatch(a, b > 3), "vectors"),
        "rebatch in turns": (lambda tf, d, a, b: d.rebatch([a, b, 0]), "vectors"),
        "sparse_batch": (_sparse, "vectors"),
        "sum": (lambda tf, d, a, b: d.map(tf.reduce_sum), "numbers"),
        "filter": (lambda tf, d, a, b: d.filter(lambda v: tf.size(v) >= a - 1), "vectors"),
        "flat_map": (
            lambda tf, d, a, b: d.flat_map(tf.data.Dataset.from_tensor_slices),
            "numbers",
        ),
        "interleave": (
            lambda tf, d, a, b: d.interleave(tf.data.Dataset.from_tensor_slices, a, b),
            "numbers",
        ),
        "take": (lambda tf, d, a, b: d.take(a), "vectors"),
        "skip": (lambda tf, d, a, b: d.skip(a), "vectors"),
        "shuffle": (lambda tf, d, a, b: d.shuffle(b, a), "vectors"),
    },
    "pairs": {
        "difference": (lambda tf, d, a, b: d.map(lambda x, y: x - y), "numbers"),
        "batch": (
            lambda tf, d, a, b: d.batch(a, b > 3).map(lambda x, y: tf.concat([x, y], 0)),
            "vectors",
        ),
        "filter": (
            lambda tf, d, a, b: d.filter(lambda x, y: tf.not_equal(x % 2, y % 2)).map(
                lambda x, y: x * y
            ),
            "numbers",
        ),
        "shuffle": (lambda tf, d, a, b: d.shuffle(a, b), "pairs"),
        "epochs": (lambda tf, d, a, b: d.repeat(2).skip(a), "pairs"),
        "padded_batch": (
            lambda tf, d, a, b: d.padded_batch(a, ([], [])).map(lambda x, y: x + y),
            "vectors",
        ),
    },
}


def pipeline(tf: Any, seed: int) -> tuple[Any, list[str]]:
    """A dataset, and what it is made of, for messages."""
    draw = random.Random(seed)
    values = np.array([draw.randint(0, 9) for _ in range(draw.randint(0, 12))], np.int64)
    kind = draw.choice(["numbers", "numbers", "pairs"])
    rows = values if kind == "numbers" else (values, values[::-1])
    dataset = tf.data.Dataset.from_tensor_slices(rows)
    told = [f"{kind} {values.tolist()}"]
    for _ in range(draw.randint(2, 6)):
        # Too few elements are an error at each time that is asked: to ignore it has no end.
        endless = any(".assert_cardinality(" in text for text in told)
        # Threads that compute elements ahead draw random numbers in an order that is not determined between two captures.
        drawn = any(".random(" in text for text in told)
        name = draw.choice(
            [
                n
                for n in STEPS[kind]
                if not (n == "ignore_errors" and endless)
                and not (n.startswith("captured") and drawn)
            ]
        )
        a, b = draw.randint(1, 5), draw.randint(1, 5)
        told.append(f"{kind}.{name}({a}, {b})")
        change, kind = STEPS[kind][name]
        dataset = change(tf, dataset, a, b)
    return dataset, told
