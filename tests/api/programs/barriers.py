"""Barriers: the operations that they add, and what comes out of them."""

from __future__ import annotations

from typing import Any

from tests.api.programs import message, program, results


def barrier_of(tf: Any) -> Any:
    """The class, which TensorFlow keeps to itself."""
    if hasattr(tf, "contrib"):
        from minihub_runtime.api.barrier import Barrier

        return Barrier
    from tensorflow.python.ops import data_flow_ops

    return data_flow_ops.Barrier


@program
def barriers_are_built(tf: Any) -> Any:
    barrier = barrier_of(tf)((tf.float32, tf.string), shapes=((2,), ()), shared_name="s", name="b")
    with tf.name_scope("scope"):
        other = barrier_of(tf)(tf.int32)
    inserted = barrier.insert_many(0, ["x"], [[1.0, 2.0]])
    other.insert_many(0, tf.constant(["x"]), [1], name="insert")
    taken = barrier.take_many(3)
    some = other.take_many(tf.constant(2), allow_small_batch=True, name="some")
    names = [barrier.name, other.name, inserted.name, barrier.close(True).name]
    return [
        names, taken.indices, taken.keys, *taken.values, some[0], some[2][0], barrier.ready_size(),
        other.incomplete_size(),
    ]  # fmt: skip


@results
def elements_leave_when_they_are_complete(tf: Any) -> Any:
    barrier = barrier_of(tf)((tf.string, tf.int32), shapes=((), ()))
    keys, numbers = tf.placeholder(tf.string), tf.placeholder(tf.int32)
    words = barrier.insert_many(0, keys, keys)
    counts = barrier.insert_many(1, keys, numbers)
    sizes = [barrier.ready_size(), barrier.incomplete_size()]
    with tf.Session() as session:
        session.run(words, {keys: ["k1", "k2"]})
        session.run(counts, {keys: ["k1"], numbers: [1]})
        session.run(words, {keys: ["k3"]})
        session.run(counts, {keys: ["k3"], numbers: [3]})
        found = [session.run(sizes), session.run(barrier.take_many(1))]
        session.run(counts, {keys: ["k2"], numbers: [2]})
        found.append(session.run(barrier.take_many(2)))
        session.run(words, {keys: ["k4"]})
        session.run(barrier.close())
        session.run(counts, {keys: ["k4"], numbers: [4]})
        for count in (2, 1):
            try:
                found.append(session.run(barrier.take_many(count)))
            except tf.errors.OutOfRangeError:
                found.append("too few")
        for name, call in (("new", words), ("close", barrier.close())):
            try:
                session.run(call, {keys: ["k5"]})
            except tf.errors.CancelledError:
                found.append(name)
        return [*found, session.run(sizes)]


@results
def misuses_of_barriers(tf: Any) -> Any:
    new = barrier_of(tf)
    return [
        message(lambda: new((tf.int32,), shapes=((0,),))),
        message(lambda: new((tf.int32,), shapes=((2,),)).take_many(-1)),
    ]
