"""Initialisers: what they build, and what they say of themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program


def built(tf: Any, *tensors: Any) -> list[Any]:
    """The values of tensors."""
    with tf.Session() as session:
        return session.run(list(tensors))


@program
def values(tf: Any) -> Any:
    return built(
        tf,
        tf.zeros_initializer()([2, 2]),
        tf.zeros_initializer()([2], tf.string),
        tf.zeros_initializer(tf.bool)([2]),
        tf.ones_initializer(tf.int64)([2]),
        tf.ones_initializer()([3], dtype=tf.float16),
        tf.constant_initializer(2.5)([2, 2]),
        tf.constant_initializer([1, 2, 3])([2, 3], tf.int32),
        tf.constant_initializer(np.arange(4.0))([2, 2]),
        tf.constant_initializer([[1.0, 2.0]], verify_shape=True)([1, 2]),
        tf.initializers.constant(True, tf.bool)([2]),
    )


@program
def random_values(tf: Any) -> Any:
    tf.set_random_seed(5)
    return built(
        tf,
        tf.random_uniform_initializer()([3]),
        tf.random_uniform_initializer(-1.0, 2.0, seed=3)([2, 2]),
        tf.random_uniform_initializer(0, 10, 7, tf.int32)([4]),
        tf.random_uniform_initializer(0, 1)([2], tf.float64),
        tf.random_uniform_initializer(0, 5)([2]),
        tf.random_normal_initializer()([3]),
        tf.random_normal_initializer(1.0, 0.1, seed=2, dtype=tf.float64)([2]),
        tf.truncated_normal_initializer(stddev=0.5, seed=1)([3]),
        tf.truncated_normal_initializer()([2], dtype=tf.float16),
        tf.uniform_unit_scaling_initializer(2.0, seed=4)([3, 4]),
        tf.initializers.uniform_unit_scaling()([2]),
    )


@program
def scaled_values(tf: Any) -> Any:
    made = [
        tf.variance_scaling_initializer(seed=1),
        tf.variance_scaling_initializer(2.0, "fan_out", "uniform", seed=2),
        tf.variance_scaling_initializer(3.0, "fan_avg", "untruncated_normal", 3, tf.float64),
        tf.variance_scaling_initializer(distribution="NORMAL", seed=4),
        tf.glorot_uniform_initializer(5),
        tf.glorot_normal_initializer(6, tf.float64),
        tf.initializers.lecun_normal(7),
        tf.initializers.lecun_uniform(8),
        tf.initializers.he_normal(9),
        tf.initializers.he_uniform(seed=10),
        tf.initializers.glorot_uniform(11),
        tf.initializers.glorot_normal(12),
    ]
    shapes: list[list[int]] = [[3, 4], [2, 2, 3, 4], [5], []]
    return built(tf, *(initializer(shape) for initializer in made for shape in shapes))


@program
def descriptions(tf: Any) -> Any:
    made = [
        tf.zeros_initializer(), tf.ones_initializer(tf.int32), tf.constant_initializer(3),
        tf.random_uniform_initializer(1, 2, 3), tf.random_normal_initializer(1.0, 2.0, 3),
        tf.truncated_normal_initializer(seed=4), tf.uniform_unit_scaling_initializer(2.0),
        tf.variance_scaling_initializer(2.0, "fan_out"), tf.glorot_uniform_initializer(1),
        tf.glorot_normal_initializer(2, tf.float64), tf.initializers.he_normal(3),
        tf.initializers.lecun_uniform(),
    ]  # fmt: skip
    again = [type(item).from_config(item.get_config()).get_config() for item in made]
    names = [
        "zeros", "ones", "constant", "random_uniform", "random_normal", "truncated_normal",
        "uniform_unit_scaling", "variance_scaling", "glorot_uniform", "glorot_normal",
    ]  # fmt: skip
    return [
        [(type(item).__name__, item.get_config()) for item in made],
        again == [item.get_config() for item in made],
        [getattr(tf.initializers, n) is getattr(tf, f"{n}_initializer") for n in names],
    ]


@program
def wrong_arguments(tf: Any) -> Any:
    return [
        attempt(lambda: tf.constant_initializer(tf.constant(1.0))),
        attempt(lambda: tf.constant_initializer([1, 2, 3])([2])),
        attempt(lambda: tf.constant_initializer([1, 2], verify_shape=True)([3])),
        message(lambda: tf.random_normal_initializer(dtype=tf.int32)),
        message(lambda: tf.variance_scaling_initializer(0.0)),
        message(lambda: tf.variance_scaling_initializer(mode="fan")),
        attempt(lambda: tf.variance_scaling_initializer(distribution="gamma")),
        attempt(lambda: tf.random_uniform_initializer(0, 1, dtype=tf.int32)([2]).dtype.name),
        attempt(lambda: tf.random_uniform_initializer(dtype=tf.int32)([2])),
        attempt(lambda: tf.random_uniform_initializer(dtype=tf.string)([2])),
    ]


@program
def random_functions(tf: Any) -> Any:
    tf.set_random_seed(2)
    size = tf.placeholder_with_default([2], [1])
    return built(
        tf,
        tf.random_uniform([2]),
        tf.random.uniform(size, 1, 3, seed=1, name="u"),
        tf.random_uniform((2, 1), maxval=5, dtype=tf.int64, seed=2),
        tf.random_uniform([], 0.5, [1.0]),
        tf.random_uniform(tf.TensorShape([2]), 0, 2.0),
        tf.random_normal([2], 1.0, [2.0, 3.0], tf.float64, name="n"),
        tf.random.normal([]),
        tf.truncated_normal(size, seed=4),
        tf.random.truncated_normal([2], tf.constant([1.0, 100.0]), name="t"),
    )


@program
def matrices(tf: Any) -> Any:
    found = [
        tf.orthogonal_initializer(seed=1)([4, 2]),
        tf.orthogonal_initializer(2.0, seed=2)([2, 4]),
        tf.initializers.orthogonal(seed=3, dtype=tf.float64)([3, 3]),
        tf.orthogonal_initializer(seed=4)([2, 2, 3]),
        tf.initializers.identity()([2, 2]),
        tf.initializers.identity(3.0)([2, 3], tf.float64),
    ]
    q = tf.get_variable("q", [3, 2], initializer=tf.orthogonal_initializer(seed=5))
    i = tf.get_variable(
        "i",
        [4, 2],
        initializer=tf.initializers.identity(),
        partitioner=tf.fixed_size_partitioner(2),
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        variables = session.run([q, i.as_tensor()])
    return [
        built(tf, *found),
        variables,
        [
            item.get_config()
            for item in (tf.orthogonal_initializer(), tf.initializers.identity(2.0))
        ],
        attempt(lambda: tf.orthogonal_initializer()([3])),
        attempt(lambda: tf.initializers.identity()([3])),
        attempt(lambda: tf.orthogonal_initializer(dtype=tf.int32)),
    ]
