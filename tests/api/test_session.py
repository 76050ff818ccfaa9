"""Sessions beyond what TensorFlow's answers cover: ragged tensors, threads, time, closing, the default session."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.api.ragged.factory import ragged_placeholder
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue


@pytest.fixture(autouse=True)
def graph() -> Iterator[tf.Graph]:
    with tf.Graph().as_default() as made:
        yield made


def test_ragged_tensors_are_fed_and_fetched() -> None:
    rows = ragged_placeholder(tf.float32, 2, [2], "rows")
    assert rows.shape.as_list() == [None, None, None, 2]
    assert [t.name for t in rows.components] == [
        "rows/flat_values:0",
        "rows/row_splits_0:0",
        "rows/row_splits_1:0",
    ]
    value = RaggedTensorValue.from_nested_row_splits(
        np.ones((3, 2), np.float32), [[0, 2, 3], [0, 1, 1, 3]]
    )
    with tf.Session() as session:
        found = session.run({"rows": rows, "values": [rows.values]}, {rows: value})
        assert found["rows"] == value
        assert found["values"][0].ragged_rank == 1
        assert rows.eval({rows: value}) == value


def test_sparse_values_are_named_tuples() -> None:
    sparse = tf.sparse_placeholder(tf.string, [None, 2])
    value = SparseTensorValue(np.array([[0, 1]]), np.array([b"a"], object), np.array([2, 2]))
    with tf.Session() as session:
        found = session.run([sparse], {sparse: value})[0]
        assert isinstance(found, SparseTensorValue)
        assert found.values.tolist() == [b"a"]
        assert sparse.eval({sparse: tuple(value)}).dense_shape.tolist() == [2, 2]


def test_results_do_not_share_memory() -> None:
    x = tf.placeholder(tf.float32, [None])
    y = tf.raw_ops.Identity(input=x)
    fed = np.ones(3, np.float32)
    with tf.Session() as session:
        a, b, c = session.run([y, y, x], {x: fed})
    for one, two in ((a, b), (a, fed), (b, c), (c, fed)):
        assert one is two or not np.shares_memory(one, two)
    a[...] = 7
    assert fed.tolist() == [1, 1, 1]
    assert c.tolist() == [1, 1, 1]


def test_a_fed_array_can_be_changed_afterwards() -> None:
    v = tf.Variable(np.zeros(3, np.float32), use_resource=True)
    x = tf.placeholder(tf.float32, [3])
    assign = v.assign(x)
    fed = np.ones(3, np.float32)
    with tf.Session() as session:
        session.run(assign, {x: fed})
        fed[...] = 9
        assert session.run(v).tolist() == [1, 1, 1]
        assert fed.flags.writeable


def test_many_threads_count_together() -> None:
    v = tf.Variable(np.int64(0), use_resource=True)
    more = tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=tf.constant(1, tf.int64))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        threads = [
            threading.Thread(target=lambda: [session.run(more) for _ in range(50)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert session.run(v) == 400


def test_a_closed_session() -> None:
    x = tf.constant(1.0)
    session = tf.Session()
    assert session.run(x) == 1.0
    session.close()
    session.close()
    with pytest.raises(RuntimeError, match=r"Attempted to use a closed Session\."):
        session.run(x)


@pytest.mark.parametrize("kind", ["loop", "function", "variable"])
def test_closing_cancels_what_runs_in_other_threads(kind: str) -> None:
    began, over = threading.Event(), threading.Event()

    def note(x: Any) -> Any:
        began.set()
        assert kind != "variable" or over.wait(30)
        return x

    def wait(x: Any) -> Any:
        return tf.reshape(tf.py_func(note, [x], tf.int64), [])

    with tf.Graph().as_default():
        zero = tf.constant(0, tf.int64)
        if kind == "loop":
            result = tf.while_loop(lambda i: i >= 0, wait, [zero])
        elif kind == "function":
            endless = tf.data.Dataset.from_tensors(zero).repeat().filter(lambda i: wait(i) < 0)
            result = tf.data.make_one_shot_iterator(endless).get_next()
        else:
            variable = tf.get_variable("v", initializer=zero, use_resource=True)
            with tf.control_dependencies([wait(zero)]):
                result = variable.read_value()
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(session.run, result)
            assert began.wait(30)
            session.close()
            over.set()
            with pytest.raises(tf.errors.CancelledError, match="the session was closed"):
                running.result(30)


def test_an_empty_graph() -> None:
    with tf.Session() as session, pytest.raises(RuntimeError, match="The Session graph is empty"):
        session.run([])


def test_a_run_that_ends_late_raises() -> None:
    x = tf.placeholder(tf.float32, [None])
    value = np.ones(20_000_000, np.float32)
    with tf.Session() as session, pytest.raises(tf.errors.DeadlineExceededError):
        session.run(tf.exp(x), {x: value}, options=tf.RunOptions(timeout_in_ms=1))


def test_a_timeout() -> None:
    fed = x = tf.placeholder(tf.float32, [None])
    for _ in range(64):
        x = tf.raw_ops.Neg(x=x)
    value = np.ones(8_000_000, np.float32)
    with tf.Session() as session:
        enough = tf.RunOptions(timeout_in_ms=60_000)
        np.testing.assert_array_equal(session.run(x, {fed: value}, options=enough), value)
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(x, {fed: value}, options=tf.RunOptions(timeout_in_ms=1))
    with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=1)) as session:
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(x, {fed: value})
        session.run(x, {fed: value}, options=enough)


def test_what_a_session_is_made_of() -> None:
    config = tf.ConfigProto(
        allow_soft_placement=True,
        gpu_options=tf.GPUOptions(allow_growth=True),
        graph_options=tf.GraphOptions(
            optimizer_options=tf.OptimizerOptions(opt_level=tf.OptimizerOptions.L0)
        ),
    )
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    x = tf.constant(1.0)
    metadata = tf.RunMetadata()
    with tf.Session("", tf.get_default_graph(), config) as session:
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        assert session.run(x, options=options, run_metadata=metadata) == 1.0
        assert [device.device_type for device in session.list_devices()] == ["CPU"]
    with pytest.raises(TypeError, match=r"Argument `config` must be a tf\.ConfigProto"):
        tf.Session(config={"allow_soft_placement": True})
    with pytest.raises(TypeError, match=r"Argument `graph` must be a tf\.Graph"):
        tf.Session(graph=3)
    with pytest.raises(TypeError, match="Argument `target` must be a string"):
        tf.Session(3)
    with pytest.raises(NotImplementedError, match="grpc://there:1"):
        tf.Session("grpc://there:1")


def test_a_partial_run_ends_with_an_error() -> None:
    value, other = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    checked, doubled = tf.check_numerics(value, "value"), other * 2
    with tf.Session() as session:
        handle = session.partial_run_setup([checked, doubled], [value, other])
        with pytest.raises(tf.errors.InvalidArgumentError, match="value : "):
            session.partial_run(handle, checked, {value: np.nan})
        with pytest.raises(tf.errors.InvalidArgumentError, match="Must run 'setup'"):
            session.partial_run(handle, doubled, {other: 1})
        with pytest.raises(RuntimeError, match="requires empty `target_list`"):
            session.partial_run(handle, checked.op)


def test_a_partial_run_takes_sparse_feeds_and_keeps_what_it_computed() -> None:
    sparse, factor = tf.sparse.placeholder(tf.float32), tf.placeholder(tf.float32)
    variable = tf.get_variable("v", initializer=1.0, use_resource=True)
    read = variable.read_value() + 0.0
    product = (sparse * factor).values
    with tf.Session() as session:
        session.run(variable.initializer)
        handle = session.partial_run_setup([product, read], [sparse, factor])
        # What needs no feeds was computed before.
        session.run(variable.assign(5.0))
        fed = tf.SparseTensorValue([[1]], [2.0], [3])
        first = session.partial_run(handle, read, {sparse: fed})
        assert first == 1
        found = session.partial_run(handle, product, {factor: 3})
        assert found.tolist() == [6]
        handle = session.partial_run_setup([read], [factor])
        value = session.partial_run(handle, read)
        assert value == 5


def test_a_reset_closes_all_sessions() -> None:
    x = tf.constant(1.0)
    sessions = [tf.Session(), tf.Session()]
    sessions[0].run(x)
    tf.Session.reset("")
    for session in sessions:
        with pytest.raises(RuntimeError, match="closed Session"):
            session.run(x)
    with tf.Session() as session:
        assert session.run(x) == 1.0


def test_the_default_session() -> None:
    x = tf.constant(3.0)
    with pytest.raises(ValueError, match="No default session is registered"):
        x.eval()
    assert tf.get_default_session() is None
    with tf.Session() as session:
        assert tf.get_default_session() is session
        assert x.eval() == 3.0
        x.op.run()
        with tf.Session(graph=tf.Graph()), pytest.raises(ValueError, match="graph is different"):
            x.eval()
    assert x.eval(session=tf.Session()) == 3.0


def test_an_interactive_session() -> None:
    x = tf.constant(3.0)
    session = tf.InteractiveSession()
    assert x.eval() == 3.0
    session.close()
    assert tf.get_default_session() is None


def test_the_graph_may_grow_between_runs() -> None:
    x = tf.constant(1.0)
    with tf.Session() as session:
        for i in range(3):
            x = tf.raw_ops.Add(x=x, y=1.0)
            assert session.run(x) == i + 2.0


def test_a_callable() -> None:
    x = tf.placeholder(tf.float32, [])
    with tf.Session() as session:
        double = session.make_callable(tf.raw_ops.Mul(x=x, y=2.0), [x])
        assert double(2.0) == 4.0
        with pytest.raises(TypeError, match="must get 1 values, not 2"):
            double(1.0, 2.0)


@pytest.mark.parametrize("value", [1.5, [300], np.array([1 << 40])])
def test_numbers_that_a_type_cannot_hold(value: Any) -> None:
    x = tf.placeholder(tf.uint8)
    with (
        tf.Session() as session,
        pytest.raises(TypeError, match="not compatible with Tensor type uint8"),
    ):
        session.run(x, {x: value})


def test_an_error_of_a_kernel_names_its_node() -> None:
    x = tf.placeholder(tf.float32, [None], "x")
    y = tf.raw_ops.Reshape(tensor=x, shape=[2, 2], name="scope/y")
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="scope/y"):
            session.run(y, {x: [1.0, 2.0, 3.0]})
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="feed a value for placeholder tensor 'x'"
        ):
            session.run(y)


@pytest.mark.parametrize("use_resource", [True, False])
def test_what_is_peeked_at_is_not_copied_and_stays_as_it_was(use_resource: bool) -> None:
    variable = tf.get_variable(
        "v", [3], initializer=tf.zeros_initializer(), use_resource=use_resource
    )
    add = variable.assign_add([1.0, 2.0, 3.0])
    add_row = tf.scatter_add(variable, [1], [5.0])
    with tf.Session() as session:
        session.run(variable.initializer)
        session.run(add)
        (peeked, text) = session.peek([variable, tf.constant("a")])
        assert np.shares_memory(peeked, session.stored_values([variable])[0])
        assert text == b"a"
        with pytest.raises(ValueError, match="read-only"):
            peeked[0] = 9.0
        session.run(add)
        session.run(add_row)
        np.testing.assert_array_equal(peeked, [1.0, 2.0, 3.0])
        np.testing.assert_array_equal(session.run(variable), [2.0, 9.0, 6.0])
    with pytest.raises(RuntimeError, match="closed Session"):
        session.peek(variable)


def test_what_is_used_outside_of_its_branch_is_told() -> None:
    inside = []

    def branch() -> Any:
        inside.append(tf.constant(1.0) + 1)
        return inside[0]

    result = tf.cond(tf.placeholder_with_default(True, []), branch, lambda: tf.constant(0.0))
    with tf.Session() as session:
        for use in (
            lambda: session.run(inside[0]),
            lambda: session.run(result, {inside[0]: 1.0}),
            lambda: tf.gradients(result, inside[0]),
        ):
            with pytest.raises(
                (TypeError, ValueError), match="a branch, loop or function, which must"
            ):
                use()


def test_a_session_is_entered_once_at_a_time() -> None:
    session = tf.Session()
    with session:
        with pytest.raises(RuntimeError, match="not re-entrant"), session:
            pass
        with session.as_default():
            assert session.run(tf.constant(1)) == 1
    with session, pytest.raises(RuntimeError, match="closed"):
        session.run(tf.constant(1))


@pytest.mark.parametrize(
    ("dtype", "good", "bad"),
    [(tf.bool, 1, 2), (tf.float16, 2048, 2049), (tf.complex64, 2**24, 2**24 + 1)],
)
def test_a_whole_number_is_fed_where_the_type_holds_it(
    dtype: tf.DType, good: int, bad: int
) -> None:
    fed = tf.placeholder(dtype)
    with tf.Session() as session:
        assert session.run(fed, {fed: good}) == good
        assert session.run(fed, {fed: [bad]}).shape == (1,)
        with pytest.raises(TypeError, match="not compatible with Tensor type"):
            session.run(fed, {fed: bad})
