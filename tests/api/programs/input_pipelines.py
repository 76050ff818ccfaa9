"""Queues that producers fill, and batches out of them: the same graphs, and the same examples where one thread decides it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.api.programs import message, program, results


@contextlib.contextmanager
def filling(tf: Any) -> Iterator[Any]:
    """A session whose queue runners run."""
    coord = tf.train.Coordinator()
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        threads = tf.train.start_queue_runners(session, coord)
        try:
            yield session
        finally:
            coord.request_stop()
            coord.join(threads)


def until_the_end(tf: Any, tensors: Any, most: int = 30) -> list[Any]:
    """What runs give until an OutOfRangeError comes."""
    found = []
    with filling(tf) as session:
        try:
            for _ in range(most):
                found.append(session.run(tensors))
        except tf.errors.OutOfRangeError:
            found.append("out of range")
    return found


def runners(tf: Any) -> list[Any]:
    """The queue runners of the graph, and its summaries."""
    return [
        *(
            [runner.name, [op.name for op in runner.enqueue_ops], runner.close_op.name]
            for runner in tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
        ),
        tf.get_collection(tf.GraphKeys.SUMMARIES),
        [variable.name for variable in tf.local_variables()],
    ]


def sparse(tf: Any, row: Any = 1, rank: int = 1) -> Any:
    """A sparse tensor."""
    index = tf.cast(row, tf.int64)
    return tf.SparseTensor(
        [[0] * rank, [1] * rank], tf.cast(tf.stack([row, row + 1]), tf.float32), [index + 2] * rank
    )


@program
def producers(tf: Any) -> Any:
    tf.set_random_seed(3)
    with tf.name_scope("scope"):
        found = [
            tf.train.string_input_producer(["a", "b"]),
            tf.train.string_input_producer(
                tf.constant(["a"]), 2, False, capacity=5, shared_name="shared", name="named"
            ),
        ]
    found += [
        tf.train.input_producer(
            [[1.0, 2.0], [3.0, 4.0]], num_epochs=3, summary_name="full", seed=5
        ),
        tf.train.input_producer(
            tf.placeholder(tf.int32), element_shape=[2], shuffle=False, cancel_op=tf.no_op()
        ),
        tf.train.range_input_producer(10, name="numbers"),
        tf.train.range_input_producer(tf.constant(4), 1, shuffle=False),
    ]
    slices = tf.train.slice_input_producer(
        [tf.ones([4, 2]), np.arange(4), tf.constant(list("abcd"))], num_epochs=1, seed=2
    )
    limited = [tf.train.limit_epochs(tf.constant([1, 2]), 2), tf.train.limit_epochs(slices[0])]
    return [[queue.name for queue in found], slices, limited, runners(tf)]


@program
def plain_batches(tf: Any) -> Any:
    one, text = tf.constant(1.0), tf.constant(["a", "b"])
    rows = tf.reshape(tf.range(12), [4, 3])
    unknown = tf.placeholder(tf.float32, [None, 2])
    return [
        tf.train.batch([one, text], 3),
        tf.train.batch([one], 3, num_threads=2, capacity=9, name="named"),
        tf.train.batch({"t": text, "o": one}, 2, allow_smaller_final_batch=True),
        tf.train.batch({"o": one}, 2, shared_name="shared"),
        tf.train.batch([rows, unknown], tf.constant(2), enqueue_many=True, shapes=[[3], [2]]),
        tf.train.batch([unknown], 2, dynamic_pad=True),
        tf.train.batch_join([[one, text], [one + 1, text]], 2),
        tf.train.batch_join([{"a": rows}, {"a": rows}], 2, enqueue_many=True, capacity=7),
        runners(tf),
    ]


@program
def mixed_batches(tf: Any) -> Any:
    one, text = tf.constant(1.0), tf.constant(["a", "b"])
    return [
        tf.train.shuffle_batch([one, text], 3, 20, 10),
        tf.train.shuffle_batch(
            {"t": text}, 3, 20, 10, 2, seed=4, enqueue_many=True, allow_smaller_final_batch=True
        ),
        tf.train.shuffle_batch_join([[one], [one]], 3, 20, 10, seed=3, name="named"),
        tf.train.shuffle_batch_join([{"t": text, "o": one}], 3, 20, 10, shared_name="shared"),
        runners(tf),
    ]


@program
def batches_of_some(tf: Any) -> Any:
    one, rows = tf.constant(1.0), tf.reshape(tf.range(12), [4, 3])
    each = tf.constant([True, False, True, True])
    return [
        tf.train.maybe_batch([one], True, 3),
        tf.train.maybe_batch([rows, rows], each, 3, enqueue_many=True),
        tf.train.maybe_batch_join([[rows], [rows]], each, 3, enqueue_many=True),
        tf.train.maybe_shuffle_batch([one], 3, 20, 10, True),
        tf.train.maybe_shuffle_batch_join([[rows]], 3, 20, 10, each, enqueue_many=True),
        runners(tf),
    ]


@program
def batches_of_sparse_tensors(tf: Any) -> Any:
    one, pair = sparse(tf), sparse(tf, rank=2)
    unknown = tf.sparse_placeholder(tf.string)
    batches = [
        tf.train.batch([one, tf.constant(1.0)], 3),
        tf.train.batch([one], 3, name="named"),
        tf.train.batch({"p": pair, "u": unknown}, 3, enqueue_many=True),
        tf.train.batch_join([[one], [one], [sparse(tf, 3)]], 2),
        tf.train.maybe_batch([pair], tf.constant([True, False, True]), 2, enqueue_many=True),
        tf.train.shuffle_batch([one], 2, 20, 10),
        tf.train.shuffle_batch_join([{"a": pair}], 2, 20, 10, enqueue_many=True),
    ]
    return [
        [item.indices, item.values, item.dense_shape] if hasattr(item, "indices") else item
        for item in tf.nest.flatten(batches)
    ]


@results
def produced_elements(tf: Any) -> Any:
    names = tf.train.string_input_producer(["a", "b", "c"], num_epochs=2, shuffle=False)
    numbers = tf.train.range_input_producer(4, num_epochs=3, seed=3, capacity=2)
    rows = tf.train.input_producer(tf.reshape(tf.range(6), [3, 2]), num_epochs=2, seed=8)
    row = tf.train.slice_input_producer([np.arange(5) * 2, list("abcde")], 2, seed=9)
    return [
        until_the_end(tf, names.dequeue()),
        until_the_end(tf, numbers.dequeue()),
        until_the_end(tf, rows.dequeue_many(2)),
        until_the_end(tf, row),
    ]


@results
def for_ever(tf: Any) -> Any:
    names = tf.train.string_input_producer(["a", "b", "c"], shuffle=False)
    return until_the_end(tf, names.dequeue_many(5), 4)


@results
def limited_epochs(tf: Any) -> Any:
    limited = tf.train.limit_epochs(tf.constant(7), 2, name="few")
    found = []
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        for _ in range(3):
            try:
                found.append(session.run(limited))
            except tf.errors.OutOfRangeError:
                found.append("out of range")
    return [found, message(lambda: tf.train.limit_epochs(1, 0))]


def numbers(tf: Any, count: int = 7) -> Any:
    """The numbers below `count`, once."""
    return tf.train.range_input_producer(count, num_epochs=1, shuffle=False).dequeue()


@results
def batches_in_order(tf: Any) -> Any:
    found = []
    for options in (
        {},
        {"allow_smaller_final_batch": True},
        {"dynamic_pad": True, "allow_smaller_final_batch": True},
        {"capacity": 3},
    ):
        with tf.Graph().as_default():
            number = numbers(tf)
            words = tf.as_string(number)
            if "dynamic_pad" in options:
                words = tf.fill([number % 3], words)
            batch = tf.train.batch({"n": number, "w": words}, 3, **options)
            found.append(until_the_end(tf, batch))
    return found


@results
def batches_of_rows(tf: Any) -> Any:
    number = numbers(tf, 5)
    rows = tf.stack([number, number + 10, number + 20])
    batch = tf.train.batch([rows, rows * 2], 4, enqueue_many=True)
    return until_the_end(tf, batch)


@results
def batches_of_wanted_examples(tf: Any) -> Any:
    found = []
    with tf.Graph().as_default():
        number = numbers(tf)
        odd = tf.equal(number % 2, 1)
        batch = tf.train.maybe_batch([number], odd, 2, allow_smaller_final_batch=True)
        found.append(until_the_end(tf, batch))
    with tf.Graph().as_default():
        number = numbers(tf)
        rows = tf.stack([number, number + 1])
        batch = tf.train.maybe_batch([rows], tf.equal(rows % 3, 0), 2, enqueue_many=True)
        found.append(until_the_end(tf, batch))
    return found


@results
def the_same_examples_mixed(tf: Any) -> Any:
    number = numbers(tf, 20)
    batch = tf.train.shuffle_batch([number, number * 2], 6, 12, 5, allow_smaller_final_batch=True)
    found = until_the_end(tf, batch)
    assert found.pop() == "out of range"
    return sorted(pair for ns, doubled in found for pair in zip(ns.tolist(), doubled.tolist()))


@results
def examples_of_several_lists(tf: Any) -> Any:
    pairs = [[numbers(tf, 5)], [numbers(tf, 4) + 100]]
    batch = tf.train.batch_join(pairs, 2, allow_smaller_final_batch=True)
    found = until_the_end(tf, batch)
    assert found.pop() == "out of range"
    return sorted(n for ns in found for n in ns.tolist())


@results
def sparse_examples(tf: Any) -> Any:
    found = []
    for make in (
        lambda n: tf.train.batch([sparse(tf, n), n], 2, allow_smaller_final_batch=True),
        lambda n: tf.train.batch([sparse(tf, n, 2)], 3),
        lambda n: tf.train.batch(
            [sparse(tf, n, 2), tf.fill([n + 2], n)], 3, enqueue_many=True, shapes=[[1], []]
        ),
    ):
        with tf.Graph().as_default():
            batch = make(numbers(tf, 5))
            found.append(until_the_end(tf, batch))
    return found


@results
def what_producers_refuse(tf: Any) -> Any:
    one = tf.constant(1.0)
    unknown = tf.placeholder(tf.float32)
    train = tf.train
    return [
        message(lambda: train.string_input_producer([])),
        message(lambda: train.input_producer(unknown)),
        message(lambda: train.input_producer(tf.placeholder(tf.int32, [3, None]))),
        message(lambda: train.range_input_producer(3, num_epochs=0)),
        message(lambda: train.slice_input_producer([])),
        message(lambda: train.batch([], 2)),
        message(lambda: train.batch(3, 2))[:0],
        message(lambda: train.batch([unknown], 2))[:27],
        message(lambda: train.batch([tf.placeholder(tf.float32, [None])], 2))[:30],
        message(lambda: train.batch([one], 2, enqueue_many=True))[:20],
        message(lambda: train.batch_join([], 2)),
        message(lambda: train.batch_join([[one], [tf.constant(1)]], 2)),
        message(lambda: train.batch_join([{"a": one}, {"b": one}], 2)),
        message(lambda: train.shuffle_batch([one], 2, 10, 10)),
        message(lambda: train.shuffle_batch_join([[one]], 2, 9, 10)),
        message(lambda: train.maybe_batch([one], tf.constant([True]), 2)),
        message(lambda: train.maybe_batch([one], tf.constant([[True]]), 2, enqueue_many=True)),
        message(lambda: train.maybe_batch([one], tf.placeholder(tf.bool), 2)),
        message(lambda: train.batch_join([[one], [sparse(tf)]], 2))[:26],
        message(lambda: train.maybe_batch([sparse(tf)], tf.placeholder(tf.bool, []), 2)),
    ]


@results
def an_empty_vector_of_names(tf: Any) -> Any:
    names = tf.placeholder_with_default(tf.constant([], tf.string), [None])
    queue = tf.train.string_input_producer(names)
    coord = tf.train.Coordinator()
    taken = queue.dequeue()
    with tf.Session() as session:
        threads = tf.train.start_queue_runners(session, coord)
        try:
            session.run(taken)
        except tf.errors.OutOfRangeError:
            found = ["out of range", coord.wait_for_stop(60)]
        try:
            coord.request_stop()
            coord.join(threads)
        except tf.errors.InvalidArgumentError as error:
            found.append("requires a non-null input tensor" in str(error))
    return found


@results
def without_initialized_epochs(tf: Any) -> Any:
    taken = tf.train.range_input_producer(3, num_epochs=1).dequeue()
    coord = tf.train.Coordinator()
    with tf.Session() as session:
        threads = tf.train.start_queue_runners(session, coord)
        try:
            session.run(taken)
        except tf.errors.OutOfRangeError:
            found = ["out of range"]
        try:
            coord.join(threads)
        except tf.errors.OpError as error:
            found.append(type(error).__name__)
    return found


@results
def errors_of_runners_stop_monitored_sessions(tf: Any) -> Any:
    number = numbers(tf, 5)
    with tf.control_dependencies([tf.assert_less(number, 3, message="too large")]):
        batch = tf.train.batch([tf.identity(number)], 2)
    found = []
    try:
        with tf.train.MonitoredSession() as session:
            for _ in range(4):
                found.append(session.run(batch))
    except tf.errors.InvalidArgumentError as error:
        found.append("too large" in str(error))
    return found[-1]
