"""Checks of values, ranks, types and shapes."""

from __future__ import annotations

from typing import Any

from tests.api.programs import message, program, results
from tests.api.programs.operators import run


def failure(function: Any) -> Any:
    """The class and the first line of an error."""
    try:
        return function()
    except Exception as error:
        return [type(error).__name__, str(error).partition("\n")[0]]


@program
def comparisons(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None])
    fetches = [
        tf.assert_equal(x, x),
        tf.assert_equal([1], [1]),
        tf.assert_less(x, 5.0, message="too large", summarize=2, name="bound"),
        tf.assert_greater(x, [0.0], data=["x is", x]),
        tf.debugging.assert_positive(x),
        tf.assert_non_negative(x, message="hm"),
        tf.assert_negative(-x),
        tf.assert_non_positive(-x),
        tf.assert_near(x, x + 1e-8),
        tf.assert_near(x, x, rtol=0.1, atol=0.2, message="far", name="near"),
    ]
    with tf.control_dependencies(fetches):
        y = tf.identity(x)
    return run(tf, y, {x: [1.0, 2.0]})


@program
def comparisons_known_to_fail(tf: Any) -> Any:
    return [
        failure(lambda: tf.assert_equal([1], [2])),
        failure(lambda: tf.assert_less([3], 2, message="bad")),
        failure(lambda: tf.assert_positive([0])),
        failure(lambda: tf.assert_non_negative(-1)),
    ]


@results
def comparisons_that_fail_in_a_run(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None])
    checks = [
        tf.assert_equal(x, 1.0),
        tf.assert_none_equal(x, 3.0),
        tf.assert_less(x, 1.0),
        tf.assert_less_equal(x, 1.0),
        tf.assert_greater(x, 4.0),
        tf.assert_greater_equal(x, 4.0),
        tf.assert_near(x, 0.0),
        tf.verify_tensor_all_finite(x / 0.0, "infinite"),
    ]
    texts = []
    with tf.Session() as session:
        for check in checks:
            try:
                session.run(check, {x: [3.0, 4.0]})
                texts.append("passed")
            except tf.errors.InvalidArgumentError as error:
                texts.append(type(error).__name__)
    return texts


@program
def ranks(tf: Any) -> Any:
    x = tf.placeholder(tf.float32)
    y = tf.constant([[1.0]])
    n = tf.placeholder(tf.int32)
    fetches = [
        tf.assert_rank(y, 2),
        tf.assert_rank(x, 1),
        tf.assert_rank(x, n, message="rank", name="ranks"),
        tf.assert_rank_at_least(y, 1),
        tf.assert_rank_at_least(x, 0, data=["x"], summarize=1),
        tf.assert_rank_in(y, [1, 2]),
        tf.assert_rank_in(x, (0, 1)),
        tf.assert_scalar(3.0),
        tf.ensure_shape(x, [None]),
    ]
    wrong = [
        message(lambda: tf.assert_rank(y, 1)),
        message(lambda: tf.assert_rank(y, 1, message="no")),
        message(lambda: tf.assert_rank(y, [1])),
        message(lambda: tf.assert_rank_at_least(y, 3)),
        message(lambda: tf.assert_scalar(y)),
        message(lambda: tf.assert_scalar([1], name="s", message="m")),
    ]
    with tf.control_dependencies([item for item in fetches if isinstance(item, tf.Operation)]):
        z = tf.identity(x)
    return [run(tf, z, {x: [1.0], n: 1}), wrong]


@program
def types(tf: Any) -> Any:
    x = tf.constant([1.0], name="x")
    fetches = [tf.assert_integer([1]), tf.assert_type(x, tf.float32), tf.assert_type(1, tf.int32)]
    wrong = [
        message(lambda: tf.assert_integer(x)),
        message(lambda: tf.assert_integer(x, "no")),
        message(lambda: tf.assert_type(x, tf.int32)),
        message(lambda: tf.assert_proper_iterable(5)),
        message(lambda: tf.assert_proper_iterable("ab")),
        message(lambda: tf.assert_same_float_dtype([x, tf.constant([1])])),
        message(lambda: tf.assert_same_float_dtype([tf.constant([1])])),
    ]
    told = [
        tf.is_numeric_tensor(x),
        tf.is_numeric_tensor(tf.constant("a")),
        tf.is_numeric_tensor(1),
        tf.assert_same_float_dtype([x, None]),
        tf.assert_same_float_dtype(),
        tf.assert_proper_iterable([1]),
    ]
    return [run(tf, fetches), wrong, told]


@program
def shapes(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.constant([1.0, 2.0])
    z = tf.placeholder(tf.float32)
    pairs = [(x, ("n", 3)), (y, ("n",)), (z, ("*", "n"))]
    check = tf.debugging.assert_shapes(pairs)
    other = tf.debugging.assert_shapes({x: (None, "d"), y: (2,)}, message="m", name="shapes")
    with tf.control_dependencies([check, other]):
        total = tf.reduce_sum(x)
    wrong = [
        message(lambda: tf.debugging.assert_shapes([(y, (3,))])),
        message(lambda: tf.debugging.assert_shapes([(y, 3)])),
        message(lambda: tf.debugging.assert_shapes([(y, ("a", "*"))])),
        message(lambda: tf.debugging.assert_shapes([(x, ("a", "b", "c"))])),
    ]
    return [run(tf, total, {x: [[1.0] * 3] * 2, z: [3.0, 4.0]}), wrong]


@program
def all_tensors_checked(tf: Any) -> Any:
    x = tf.constant([1.0])
    y = tf.identity(x * 2.0)
    tf.constant(1)
    return run(tf, [y, tf.add_check_numerics_ops()])


@program
def kinds(tf: Any) -> Any:
    x = tf.constant(1.0)
    return [
        tf.is_tensor(x),
        tf.is_tensor(1),
        tf.is_tensor(tf.SparseTensor([[0]], [1], [1])),
        tf.is_symbolic_tensor(x),
        tf.qint8 in tf.QUANTIZED_DTYPES,
        tf.float32 in tf.QUANTIZED_DTYPES,
        tf.dimension_value(tf.Dimension(3)),
        tf.errors.exception_type_from_error_code(tf.errors.NOT_FOUND).__name__,
        tf.errors.error_code_from_exception_type(tf.errors.DataLossError) == tf.errors.DATA_LOSS,
    ]


@program
def printed(tf: Any) -> Any:
    import sys

    x = tf.constant([1.0, 2.0])
    s = tf.SparseTensor([[0]], [1], [1])
    made = [
        tf.print("x is", x),
        tf.print(tf.constant("alone"), output_stream=sys.stdout),
        tf.print([x, {"a": x, "b": 3}], "{}", sep="|", end="", summarize=-1, name="mine"),
        tf.print(s, output_stream=tf.logging.info),
        tf.print(1, output_stream="file:///nowhere"),
    ]
    wrong = [
        message(lambda: tf.print(x, stream=1)),
        message(lambda: tf.print(x, output_stream="here"))[:60],
    ]
    return [[op.type for op in made], wrong]


@results
def order(tf: Any) -> Any:
    x = tf.placeholder(tf.float32)
    fetches = [tf.is_non_decreasing(x), tf.is_strictly_increasing(x)]
    values = [[], [1.0], [1.0, 1.0], [1.0, 2.0], [2.0, 1.0], [[1.0, 2.0], [3.0, 4.0]]]
    return [run(tf, fetches, {x: value}) for value in values]


@program
def finite(tf: Any) -> Any:
    x = tf.constant([1.0, 2.0])
    fetches = [
        tf.verify_tensor_all_finite(x, "message"),
        tf.debugging.assert_all_finite(x=x, message="m", name="f"),
    ]
    return [run(tf, fetches), message(lambda: tf.verify_tensor_all_finite(x, "m", x=x))]
