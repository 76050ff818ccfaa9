"""Batches of arrays and tables: the order with a seed, restarts, tables of pandas or what looks like them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf


class Table:
    """As much of a DataFrame as is needed: pandas is not installed everywhere."""

    def __init__(self, columns: dict[Any, Any], index: Any = None) -> None:
        self._columns = columns
        self.index = np.arange(len(next(iter(columns.values())))) if index is None else index

    @property
    def columns(self) -> list[Any]:
        return list(self._columns)

    def __getitem__(self, name: Any) -> Any:
        return self._columns[name]


class Series:
    """As much of a Series as is needed."""

    def __init__(self, values: Any, index: Any = None) -> None:
        self._values = np.asarray(values)
        self.index = np.arange(len(values)) if index is None else index

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self._values


def batches(input_fn: Callable[[], Any], seed: int | None = None) -> list[Any]:
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        batch = input_fn()
        found = []
        with tf.train.MonitoredSession() as session:
            while not session.should_stop():
                found.append(session.run(batch))
        return found


def test_the_order_is_the_same_each_time_with_a_seed() -> None:
    def order(seed: int | None) -> list[float]:
        input_fn = tf.estimator.inputs.numpy_input_fn(
            np.arange(200.0), batch_size=32, num_epochs=2, shuffle=True, queue_capacity=100
        )
        return np.concatenate(batches(input_fn, seed)).tolist()

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert sorted(order(1)) == sorted([*range(200)] * 2)


def test_estimators_train_and_predict_on_arrays(tmp_path: Path) -> None:
    x = {"x": np.linspace(-1, 1, 10).astype(np.float32)}

    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        weight = tf.get_variable("weight", initializer=1.0)
        out = weight * features["x"]
        if mode == "infer":
            return tf.estimator.EstimatorSpec(mode, predictions=out)
        loss = tf.losses.mean_squared_error(labels, out)
        optimizer = tf.train.GradientDescentOptimizer(0.5)
        step = optimizer.minimize(loss, global_step=tf.train.get_global_step())
        return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=step)

    def inputs(**options: Any) -> Any:
        return tf.estimator.inputs.numpy_input_fn(batch_size=4, **options)

    estimator = tf.estimator.Estimator(model_fn, str(tmp_path))
    estimator.train(inputs(x=x, y=3 * x["x"], num_epochs=20, shuffle=True))
    assert estimator.get_variable_value("global_step") == 50
    np.testing.assert_allclose(estimator.get_variable_value("weight"), 3, rtol=0.05)
    found = estimator.evaluate(inputs(x=x, y=3 * x["x"], shuffle=False))
    assert found["loss"] < 0.01
    rows = list(estimator.predict(inputs(x=x, shuffle=False)))
    np.testing.assert_allclose(rows, estimator.get_variable_value("weight") * x["x"], rtol=1e-6)
    tags = {
        value.tag
        for path in tmp_path.glob("events.*")
        for event in tf.train.summary_iterator(str(path))
        for value in event.summary.value
    }
    assert any(tag.startswith("enqueue_input/queue/") for tag in tags)


def test_tables() -> None:
    table = Table({"n": np.arange(5), "w": np.array(["a", "b", "c", "d", "e"], object)})
    (found,) = batches(tf.estimator.inputs.pandas_input_fn(table, shuffle=False))
    assert found["n"].tolist() == [0, 1, 2, 3, 4]
    assert found["w"].tolist() == [b"a", b"b", b"c", b"d", b"e"]
    labelled = tf.estimator.inputs.pandas_input_fn(
        table, Series([5.0, 6.0, 7.0, 8.0, 9.0]), batch_size=3, shuffle=False
    )
    assert [labels.tolist() for _, labels in batches(labelled)] == [[5, 6, 7], [8, 9]]
    both = tf.estimator.inputs.pandas_input_fn(
        table, Table({"n": np.arange(5) * 2}), shuffle=True, queue_capacity=None
    )
    ((features, labels),) = batches(both)
    assert (features["n"] * 2).tolist() == labels["n"].tolist()


def test_tables_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"n": [1, 2], "w": ["a", "b"]})
    ((features, labels),) = batches(
        tf.estimator.inputs.pandas_input_fn(frame[["w"]], frame["n"], shuffle=False)
    )
    assert features["w"].tolist() == [b"a", b"b"]
    assert labels.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((np.zeros(3),), {"shuffle": True}, TypeError, "x must be a pandas DataFrame; got ndarray"),
        ((Table({"a": [1]}),), {}, ValueError, "shuffle must be provided and explicitly set"),
        (
            (Table({"a": [1]}),),
            {"shuffle": True, "target_column": 1},
            TypeError,
            "target_column must be a string type",
        ),
        (
            (Table({"target": [1]}), Series([1])),
            {"shuffle": True},
            ValueError,
            "Cannot use name target for target column: DataFrame already has a column",
        ),
        (
            (Table({"a": [1, 2]}), Series([1, 2], [1, 0])),
            {"shuffle": True},
            ValueError,
            "Index for x and y are mismatched",
        ),
    ],
)
def test_tables_that_do_not_fit(
    arguments: Any, options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        tf.estimator.inputs.pandas_input_fn(*arguments, **options)


def test_errors_of_what_fills_a_queue_reach_who_asks() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        queue = tf.FIFOQueue(3, tf.int32, shapes=[[]])
        bad = tf.constant(1) // tf.placeholder_with_default(0, [])
        tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(bad)]))
        assert tf.train.start_queue_runners(session) == []
        with pytest.raises(tf.errors.InvalidArgumentError, match="zero"):
            session.run(queue.dequeue())


def test_threads_that_are_started_later() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        queue = tf.FIFOQueue(3, tf.int32, shapes=[[]])
        runner = tf.train.QueueRunner(queue, [queue.enqueue(7)])
        tf.train.add_queue_runner(runner)
        (thread,) = tf.train.start_queue_runners(session, start=False)
        taken = queue.dequeue()
        with pytest.raises(tf.errors.FailedPreconditionError):
            session.run(taken)
        thread.start()
        thread.join()
        assert session.run(taken) == 7


def test_a_coordinator_that_stops_closes_the_queue() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        queue = tf.FIFOQueue(1, tf.int32, shapes=[[]])
        tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(7)]))
        coord = tf.train.Coordinator()
        tf.train.start_queue_runners(session, coord)
        taken = queue.dequeue()
        assert session.run([taken, queue.size()])[0] == 7
        coord.request_stop()
        with pytest.raises(tf.errors.OutOfRangeError, match="is closed"):
            session.run(taken)


def test_imported_queue_runners_start() -> None:
    with tf.Graph().as_default() as graph:
        queue = tf.FIFOQueue(3, tf.int32, shapes=[[]], name="q")
        tf.identity(queue.dequeue(), name="taken")
        tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(7)]))
        proto = tf.train.export_meta_graph(graph=graph)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(proto, import_scope="again")
        tf.train.start_queue_runners(session)
        assert session.run("again/taken:0") == 7
