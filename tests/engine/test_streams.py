"""Random streams of a session that go on in another one."""

from __future__ import annotations

from typing import Any

import numpy as np

import minihub_runtime as tf


def test_streams_go_on_in_another_session() -> None:
    @tf.function
    def drawn() -> Any:
        return tf.random.normal([3], seed=2)

    with tf.Graph().as_default() as graph:
        tf.set_random_seed(1)
        # Each call of a function has a stream of its own.
        fetches = [tf.random.uniform([5]), tf.random.shuffle(tf.range(9)), drawn(), drawn()]
    with tf.Session(graph=graph) as first, tf.Session(graph=graph) as second:
        state = first.runner.state
        assert state.streams() == {}
        first.run(fetches)
        kept = state.streams()
        assert len(kept) == 4
        wanted = first.run(fetches)
        assert all(kept[place] != stream for place, stream in state.streams().items())
        second.runner.state.set_streams(kept)
        for found, expected in zip(second.run(fetches), wanted, strict=True):
            np.testing.assert_array_equal(found, expected)
