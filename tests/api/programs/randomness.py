"""Random numbers, with seeds that make them TensorFlow's."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import numpy as np

from tests.api.programs import message, program, results
from tests.api.programs.operators import run

SEED = [3, 17]


@program
def distributions(tf: Any) -> Any:
    tf.set_random_seed(7)
    fetches = [
        tf.random_shuffle([1, 2, 3, 4, 5], seed=3),
        tf.random.shuffle([[1, 2], [3, 4]], name="rows"),
        tf.multinomial([[0.0, 1.0, 2.0]], 4, seed=1),
        tf.random.categorical([[0.0, 1.0]], 3, tf.int32, seed=2, name="classes"),
        tf.random_gamma([2], [0.5, 3.0], seed=4),
        tf.random_gamma([], 2.0, beta=[1.0, 2.0], dtype=tf.float64, seed=4, name="gamma"),
        tf.random_poisson([1.0, 20.0], [3], seed=5),
        tf.random.poisson(2.0, [2], dtype=tf.float64, seed=6),
        tf.random_poisson(3.0, []),
    ]
    wrong = message(lambda: tf.multinomial([[0.0]], 1, output_dtype=tf.float32))
    return [run(tf, fetches), wrong]


@program
def crops(tf: Any) -> Any:
    image = tf.constant(np.arange(24).reshape(4, 6))
    fetches = [
        tf.random_crop(image, [2, 3], seed=1),
        tf.image.random_crop(image, [4, 1], seed=2, name="column"),
    ]
    return run(tf, fetches)


@results
def a_crop_that_is_too_large(tf: Any) -> Any:
    part = tf.random_crop([1, 2], [3])
    try:
        with tf.Session() as session:
            session.run(part)
    except tf.errors.InvalidArgumentError:
        return "refused"


@program
def numbers_of_a_seed_alone(tf: Any) -> Any:
    seed = tf.constant(SEED)
    fetches = [
        tf.random.stateless_uniform([3], SEED),
        tf.random.stateless_uniform([2], seed, 2.0, 3.0, tf.float64, name="wide"),
        tf.random.stateless_uniform([2], SEED, 0, 10, tf.int32),
        tf.random.stateless_uniform([2], SEED, None, None, tf.uint32),
        tf.random.stateless_normal([2, 2], SEED, 1.0, 2.0),
        tf.random.stateless_truncated_normal([3], SEED),
        tf.random.stateless_gamma([2, 2], SEED, [1.0, 2.0], 3.0),
        tf.random.stateless_poisson([3], SEED, 4.0),
        tf.random.stateless_binomial([3], SEED, 10.0, 0.5),
        tf.random.stateless_multinomial([[0.0, 1.0]], 3, SEED),
        tf.random.stateless_categorical([[0.0, 1.0]], 3, SEED, tf.int32),
        tf.random.stateless_parameterized_truncated_normal([2], SEED, 1.0, 2.0, 0.0, 3.0),
        tf.random.experimental.stateless_shuffle([1, 2, 3, 4], SEED),
        tf.random.split(SEED, 3),
        tf.random.fold_in(SEED, 5),
        tf.random.experimental.index_shuffle(2, [1, 2], 9),
    ]
    wrong = [
        message(lambda: tf.random.stateless_uniform([1], SEED, 0, None, tf.int32)),
        message(lambda: tf.random.stateless_uniform([1], SEED, 0, 1, tf.uint32)),
        message(lambda: tf.random.stateless_uniform([1], SEED, dtype=tf.string)),
        message(lambda: tf.random.stateless_normal([1], SEED, alg="no")),
    ]
    return [run(tf, fetches), wrong]


@program
def seeds_by_philox(tf: Any) -> Any:
    fetches = [
        tf.random.stateless_normal([2], SEED, alg="philox"),
        tf.random.stateless_uniform([2], SEED, alg=tf.random.Algorithm.PHILOX),
    ]
    return run(tf, fetches)


@results
def candidates(tf: Any) -> Any:
    """Two runs, of which the second knows what the first has seen."""
    tf.set_random_seed(7)
    true = [[0, 3], [1, 2]]
    with tempfile.TemporaryDirectory() as folder:
        words = os.path.join(folder, "words.csv")
        with open(words, "wb") as file:
            file.write(b"a,1\r\nb,2\n\nc,x,3.5\n4\ne, 0x10 ")
        lists = [
            tf.nn.fixed_unigram_candidate_sampler(true, 2, 9, False, 5, words, distortion=0.5),
            tf.random.fixed_unigram_candidate_sampler(
                true, 2, 3, True, 5, unigrams=[1, 2, 3, 4, 5]
            ),
            tf.nn.learned_unigram_candidate_sampler(true, 2, 3, True, 5),
            tf.nn.all_candidate_sampler(true, 2, 4, True),
        ]
        fetches = [list(found) for found in lists]
        with tf.Session() as session:
            found = [session.run(fetches) for _ in range(2)]
    for text in (b"a,1\nb,two\n", b"a,1\nb,2,\n"):
        with tempfile.TemporaryDirectory() as folder, tf.Session() as session:
            words = os.path.join(folder, "words.csv")
            with open(words, "wb") as file:
                file.write(text)
            wrong = tf.nn.fixed_unigram_candidate_sampler([[0]], 1, 1, False, 2, words)
            try:
                session.run(wrong[0])
            except tf.errors.OpError as error:
                found.append(type(error).__name__)
    return found
