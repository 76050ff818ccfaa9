"""Options of datasets, which say how TensorFlow computes elements, and old and refused names."""

from __future__ import annotations

from typing import Any

from tests.api.programs import attempt, message, results
from tests.api.programs.datasets import drained


def told(options: Any) -> list[Any]:
    """The settings of options."""
    return [
        options.deterministic,
        options.experimental_slack,
        options.threading.private_threadpool_size,
        options.threading.max_intra_op_parallelism,
        options.autotune.enabled,
        options.experimental_optimization.map_fusion,
        options.experimental_distribute.auto_shard_policy.name,
        str(options.experimental_external_state_policy),
    ]


def two(tf: Any) -> tuple[Any, Any]:
    one, other = tf.data.Options(), tf.data.Options()
    one.deterministic = False
    one.threading.private_threadpool_size = 3
    one.experimental_slack = True
    other.experimental_threading.max_intra_op_parallelism = 2
    other.experimental_slack = False
    other.autotune.enabled = False
    policy = tf.data.experimental.AutoShardPolicy
    other.experimental_distribute.auto_shard_policy = policy.OFF
    other.experimental_external_state_policy = tf.data.experimental.ExternalStatePolicy.IGNORE
    return one, other


@results
def merged_options(tf: Any) -> Any:
    one, other = two(tf)
    again, _ = two(tf)
    algorithm = tf.data.experimental.AutotuneAlgorithm
    return [
        told(tf.data.Options()),
        told(one.merge(other)),
        told(other.merge(one)),
        [one == again, one == other, one.merge(tf.data.Options()) == one],
        [[item.name, item.value] for item in algorithm],
        [[item.name, int(item)] for item in tf.data.experimental.AutoShardPolicy],
        [[item.name, item.value] for item in tf.data.experimental.ExternalStatePolicy],
        tf.data.experimental.SHARD_HINT,
    ]


@results
def options_of_datasets(tf: Any) -> Any:
    one, other = two(tf)
    first, second = (tf.data.Dataset.range(3).with_options(options) for options in (one, other))
    made = [
        first,
        first.map(lambda n: n + 1).batch(2),
        first.with_options(other),
        first.padded_batch(2),
        tf.data.Dataset.zip((first, second)),
        first.concatenate(second),
        second.apply(tf.data.experimental.ignore_errors()).shuffle(3).repeat(),
        second.apply(tf.data.experimental.map_and_batch(lambda n: n, 2)),
        tf.data.experimental.sample_from_datasets([first, second], [0.5, 0.5], seed=1),
        tf.data.Dataset.range(3),
    ]
    return [told(dataset.options()) for dataset in made]


@results
def refused_options(tf: Any) -> Any:
    one, _ = two(tf)
    fixed = tf.data.Dataset.range(3).with_options(one).options()
    refused = [
        (one, "deterministic", 3),
        (one, "threading", tf.data.Options()),
        (tf.data.ThreadingOptions(), "private_threadpool_size", "3"),
        (fixed, "deterministic", True),
        (fixed.autotune, "enabled", True),
    ]
    return [
        *(
            attempt(lambda at=at, name=name, to=to: setattr(at, name, to))
            for at, name, to in refused
        ),
        hasattr(one, "unknown"),
        attempt(lambda: one.merge(one.threading)),
        message(tf.data.experimental.enable_debug_mode),
        attempt(tf.data.Dataset.range(3).as_numpy_iterator),
    ]


@results
def old_names(tf: Any) -> Any:
    experimental = tf.data.experimental
    mapped = experimental.map_and_batch_with_legacy_function(lambda n: n * 2, 2)
    both = experimental.map_and_batch_with_legacy_function
    return [
        drained(tf, tf.data.Dataset.range(5).apply(mapped)),
        attempt(lambda: both(lambda n: n, 2, num_parallel_batches=1, num_parallel_calls=1)),
        experimental.Structure is tf.TypeSpec,
    ]
