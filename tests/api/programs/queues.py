"""Queues, and what fills them: the same graphs, and elements in the same order where one thread decides it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tests.api.programs import message, program, results


@program
def all_kinds_of_queues(tf: Any) -> Any:
    queues = [
        tf.FIFOQueue(10, tf.float32),
        tf.queue.FIFOQueue(5, [tf.int64, tf.string], [[], [2]], ["a", "b"], "shared", "named"),
        tf.PaddingFIFOQueue(10, [tf.float32], [[None, 2]]),
        tf.RandomShuffleQueue(10, 2, [tf.float32, tf.int32], shapes=[(), (3,)], seed=4),
        tf.PriorityQueue(10, [tf.string], [[]]),
    ]
    tf.set_random_seed(9)
    queues += [
        tf.RandomShuffleQueue(10, 2, tf.float32),
        tf.RandomShuffleQueue(10, 2, tf.float32, shared_name="both"),
    ]
    return [
        [
            queue.name,
            [dtype.name for dtype in queue.dtypes],
            [None if shape.rank is None else shape.as_list() for shape in queue.shapes],
            queue.names,
        ]
        for queue in queues
    ]


@program
def operations_of_queues(tf: Any) -> Any:
    queue = tf.FIFOQueue(10, [tf.float32, tf.int32], shapes=[[2], []], name="q")
    with tf.name_scope("scope"):
        queue.enqueue([[1.0, 2.0], 3])
        queue.enqueue_many([[[1.0, 2.0], [3.0, 4.0]], tf.constant([1, 2])], name="many")
    queue.dequeue()
    queue.dequeue_many(2)
    queue.dequeue_many(tf.placeholder(tf.int32, []))
    queue.dequeue_up_to(3, name="few")
    queue.close()
    queue.close(cancel_pending_enqueues=True, name="cancel")
    return [queue.size(), queue.is_closed()]


@results
def elements_come_out(tf: Any) -> Any:
    queue = tf.FIFOQueue(10, [tf.float32, tf.string], shapes=[[], [2]])
    named = tf.FIFOQueue(3, [tf.int32, tf.int32], names=["a", "b"])
    single = tf.PaddingFIFOQueue(5, tf.string, [[None]])
    priority = tf.PriorityQueue(5, [tf.string], [[]])
    with tf.Session() as session:
        session.run(queue.enqueue([1.0, ["a", "b"]]))
        session.run(queue.enqueue_many([[2.0, 3.0], [["c", "d"], ["e", "f"]]]))
        session.run(named.enqueue({"a": 1, "b": 2}))
        session.run(single.enqueue([["x"]]))
        session.run(single.enqueue([["y"]]))
        session.run(priority.enqueue_many([np.int64([3, 1, 2]), ["c", "a", "b"]]))
        found = [session.run(queue.dequeue()), session.run(queue.size())]
        session.run(queue.close())
        found += [session.run(queue.dequeue_up_to(5)), session.run(queue.is_closed())]
        found += [session.run(named.dequeue()), session.run(single.dequeue_many(2))]
        found += [session.run(priority.dequeue_many(3))]
        try:
            session.run(queue.dequeue())
        except tf.errors.OutOfRangeError:
            found.append("out of range")
    return found


@results
def one_of_several_queues(tf: Any) -> Any:
    queues = [tf.FIFOQueue(3, tf.int32, shapes=[[n]]) for n in (1, 1)]
    index = tf.placeholder(tf.int32, [])
    chosen = tf.QueueBase.from_list(index, queues)
    with tf.Session() as session:
        for number, queue in enumerate(queues):
            session.run(queue.enqueue([[number]]))
        return [session.run(chosen.dequeue(), {index: number}) for number in (1, 0)]


@results
def what_queues_refuse(tf: Any) -> Any:
    plain = tf.FIFOQueue(3, [tf.int32, tf.int32], shapes=[[], [2]])
    named = tf.FIFOQueue(3, [tf.int32], names="a")
    return [
        message(lambda: tf.FIFOQueue(3, tf.int32, shapes=[[None]])),
        message(lambda: tf.FIFOQueue(3, tf.int32, names=["a", "b"])),
        message(lambda: tf.FIFOQueue(3, [tf.int32, tf.int32], shapes=[[]])),
        message(lambda: tf.FIFOQueue(3, tf.int32, shapes="ab")),
        message(lambda: tf.PaddingFIFOQueue(3, tf.int32, [None])),
        message(lambda: tf.PaddingFIFOQueue(3, [tf.int32, tf.int32], [[None]])),
        message(lambda: plain.enqueue({"a": 1})),
        message(lambda: named.enqueue(1)),
        message(lambda: named.enqueue({"b": 1})),
        message(lambda: plain.enqueue([1, [1, 2, 3]])),
        message(lambda: plain.enqueue_many([1, [[1, 2]]])),
        message(lambda: tf.QueueBase.from_list(0, [1])),
        message(lambda: tf.QueueBase.from_list(0, [plain, named])),
    ]


@results
def queue_runners_fill_queues(tf: Any) -> Any:
    counter = tf.get_variable("counter", initializer=0)
    queue = tf.FIFOQueue(4, tf.int32, shapes=[[]])
    limited = tf.assign_add(counter, 1)
    with tf.control_dependencies([tf.assert_less(limited, 8)]):
        element = tf.identity(limited)
    runner = tf.train.QueueRunner(
        queue,
        [queue.enqueue(element)],
        queue_closed_exception_types=(tf.errors.InvalidArgumentError,),
    )
    tf.train.add_queue_runner(runner)
    taken = queue.dequeue()
    coord = tf.train.Coordinator()
    found = []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        threads = tf.train.start_queue_runners(session, coord)
        try:
            while not coord.should_stop():
                found.append(session.run(taken))
        except tf.errors.OutOfRangeError:
            found.append("out of range")
        finally:
            coord.request_stop()
        coord.join(threads)
        again = runner.create_threads(session)
    return [found, runner.name, len(runner.enqueue_ops), runner.exceptions_raised, len(again) > 0]


@results
def queues_are_filled_from_queues(tf: Any) -> Any:
    first = tf.FIFOQueue(10, tf.string, shapes=[[]])
    second = tf.FIFOQueue(10, tf.string, shapes=[[]])
    louder = tf.strings.join([first.dequeue(), "!"])
    tf.train.add_queue_runner(tf.train.QueueRunner(second, [second.enqueue(louder)]))
    batch = second.dequeue_up_to(4)
    coord = tf.train.Coordinator()
    with tf.Session() as session:
        session.run(first.enqueue_many([["a", "b", "c", "d", "e"]]))
        session.run(first.close())
        threads = tf.train.start_queue_runners(session, coord)
        found = [session.run(batch), session.run(batch)]
        coord.request_stop()
        coord.join(threads)
    return found


@results
def queue_runners_as_messages(tf: Any) -> Any:
    queue = tf.FIFOQueue(10, tf.int32, shapes=[[]], name="q")
    runner = tf.train.QueueRunner(queue, [queue.enqueue(3)] * 2)
    tf.train.add_queue_runner(runner)
    proto = tf.train.export_meta_graph()
    with tf.Graph().as_default():
        tf.train.import_meta_graph(proto, import_scope="again")
        # Some libraries keep those of a MetaGraph as messages.
        queue = tf.get_default_graph().get_operation_by_name("again/q")
        taken = [op for op in tf.get_default_graph().get_operations() if "Close" in op.name]
        return [runner.to_proto().SerializeToString().hex(), queue.type, [op.name for op in taken]]


@results
def what_queue_runners_refuse(tf: Any) -> Any:
    queue = tf.FIFOQueue(3, tf.int32)
    enqueue = queue.enqueue(1)
    return [
        message(tf.train.QueueRunner),
        message(lambda: tf.train.QueueRunner(queue)),
        message(lambda: tf.train.QueueRunner(queue, [enqueue], queue_closed_exception_types=[])),
        message(tf.train.start_queue_runners),
        message(lambda: tf.train.start_queue_runners("session"))[:40],
    ]


def arrays() -> tuple[dict[str, Any], Any]:
    x = {"n": np.arange(10, dtype=np.float32), "w": np.array([f"w{n}" for n in range(10)])}
    return x, np.arange(10) * 2


@program
def numpy_input(tf: Any) -> Any:
    x, y = arrays()
    return [
        tf.estimator.inputs.numpy_input_fn(x, y, batch_size=4, num_epochs=2, shuffle=False)(),
        tf.estimator.inputs.numpy_input_fn(x["n"], {"y": y}, shuffle=True, num_epochs=None)(),
    ]


@results
def batches_of_arrays(tf: Any) -> Any:
    x, y = arrays()
    found = []
    for options in (
        {"batch_size": 4, "num_epochs": 2},
        {"batch_size": 7, "num_epochs": None},
        {"batch_size": 3, "queue_capacity": 3},
    ):
        with tf.Graph().as_default():
            batch = tf.estimator.inputs.numpy_input_fn(x, y, shuffle=False, **options)()
            with tf.train.MonitoredSession() as session:
                for _ in range(6):
                    if session.should_stop():
                        break
                    found.append(session.run(batch))
    return found


@results
def mixed_batches_of_arrays(tf: Any) -> Any:
    x, y = arrays()
    rows = []
    function = tf.estimator.inputs.numpy_input_fn(
        x, {"y": y}, batch_size=4, num_epochs=3, shuffle=True
    )
    with tf.Graph().as_default():
        features, labels = function()
        with tf.train.MonitoredSession() as session:
            while not session.should_stop():
                found = session.run([features["n"], features["w"], labels["y"]])
                rows.extend(zip(*found))
    return sorted(rows)


@results
def arrays_that_do_not_fit(tf: Any) -> Any:
    x, y = arrays()

    def refused(*arguments: Any, shuffle: Any = False) -> Any:
        def build() -> Any:
            return tf.estimator.inputs.numpy_input_fn(*arguments, shuffle=shuffle)()

        return message(build)

    return [
        refused(x, shuffle=None),
        refused({}),
        refused(np.zeros(0)),
        refused([1]),
        refused(x, {}),
        refused(x["n"], np.arange(9)),
        refused({"a": x["n"]}, {"b": np.arange(9)}),
        refused(x, {"n": y}),
    ]


@results
def more_elements_enter_at_once_than_there_is_room_for(tf: Any) -> Any:
    queue = tf.FIFOQueue(3, tf.int32, shapes=[[]])
    counter = tf.get_variable("counter", initializer=0)
    first = tf.assign_add(counter, 5)
    with tf.control_dependencies([tf.assert_less(first, 12)]):
        enqueue = queue.enqueue_many([first + tf.range(5)])
    runner = tf.train.QueueRunner(
        queue, [enqueue], queue_closed_exception_types=(tf.errors.InvalidArgumentError,)
    )
    size = queue.size()
    with tf.Session() as session:

        def until_full() -> Any:
            """How many are there, once the thread that fills the queue has come so far."""
            for _ in range(6000):
                if session.run(size) == 3:
                    break
                time.sleep(0.01)
            return session.run(size)

        session.run(tf.global_variables_initializer())
        coord = tf.train.Coordinator()
        threads = runner.create_threads(session, coord, start=True)
        found = [session.run(queue.dequeue()), until_full()]
        found += [session.run(queue.dequeue_many(6)), until_full()]
        found += [session.run(queue.dequeue_up_to(9))]
        coord.request_stop()
        coord.join(threads)
    return found
