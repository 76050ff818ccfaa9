"""Python's operators on tensors, variables and sparse tensors."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program

BINARY = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
)
COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge)


def run(tf: Any, fetches: Any, feeds: Any = None) -> Any:
    """The values, after initialising all variables."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feeds)


@program
def arithmetic(tf: Any) -> Any:
    x = tf.constant([7.0, -3.0])
    y = tf.constant([2.0, 2.5])
    fetches = [function(x, y) for function in BINARY]
    fetches += [function(x, 2) for function in BINARY]
    fetches += [function(3, y) for function in BINARY]
    fetches += [-x, abs(x)]
    return run(tf, fetches)


@program
def arithmetic_of_integers(tf: Any) -> Any:
    x = tf.constant([7, -3])
    y = tf.constant([2, 2])
    fetches = [function(x, y) for function in BINARY]
    fetches += [function(x, 2) for function in BINARY]
    fetches += [function(np.array([5, 6], np.int32), y) for function in BINARY]
    fetches += [-x, abs(x), ~x, x & 3, 1 | x, x ^ y, True & tf.constant(True)]
    return run(tf, fetches)


@program
def comparisons(tf: Any) -> Any:
    x = tf.constant([1.0, 2.0, 3.0])
    fetches = [function(x, 2.0) for function in COMPARISONS]
    fetches += [function(x, x) for function in COMPARISONS]
    less = x < 2
    fetches += [~less, less & (x > 0), less | (x > 2), less ^ (x < 3)]
    return [run(tf, fetches), x == x + 0, x == 1, x in [x], x != 1, x is None]


@program
def matrices(tf: Any) -> Any:
    a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    b = tf.placeholder(tf.float32)
    fetches = [a @ a, a @ np.ones([2, 1], np.float32), np.ones([1, 2], np.float32) @ a, a @ b]
    return run(tf, fetches, {b: [[1.0], [0.0]]})


@program
def matmul_in_all_ways(tf: Any) -> Any:
    a = tf.constant([[1.0, 2.0, 0.0], [3.0, 4.0, 1.0]])
    c = tf.constant([[1.0 + 2.0j, 2.0], [0.0, 1.0j]])
    stack = tf.reshape(tf.constant(np.arange(12.0, dtype=np.float32)), [2, 2, 3])
    narrow = tf.cast(a, tf.bfloat16)
    fetches = [
        tf.matmul(a, a, transpose_b=True),
        tf.matmul(a, a, transpose_a=True, name="mine"),
        tf.matmul(a, a, adjoint_b=True),
        tf.matmul(c, c, adjoint_a=True),
        tf.matmul(c, c, transpose_a=True, adjoint_b=True),
        tf.matmul(stack, stack, transpose_b=True),
        tf.matmul(stack, stack, adjoint_a=True),
        tf.matmul(a, stack, transpose_b=True),
        tf.matmul(a, a, transpose_b=True, a_is_sparse=True),
        tf.cast(tf.matmul(narrow, narrow, transpose_a=True, b_is_sparse=True), tf.float32),
        tf.matmul(narrow, a, transpose_b=True),
        tf.matmul(tf.constant([[1, 2]]), [[3], [4]]),
    ]
    return [
        run(tf, fetches),
        message(lambda: tf.matmul(a, a, transpose_a=True, adjoint_a=True)),
    ]


@program
def divisions(tf: Any) -> Any:
    x = tf.constant([7, -3])
    y = tf.constant([2.0, 0.0])
    fetches = [
        tf.divide(x, 2),
        tf.divide(x, 2, name="named"),
        tf.divide(5.0, y),
        tf.truediv(x, x),
        tf.div(x, 2),
        tf.div(y, 4.0),
        tf.floordiv(x, 2),
        tf.div_no_nan(1.0, y),
        tf.div_no_nan(y, y, name="safe"),
        tf.math.multiply_no_nan(y, [0.0, 1.0]),
        tf.truediv(tf.cast(x, tf.int8), tf.constant([2, 2], tf.int8)),
        tf.pow(y, 2),
        tf.add(y, 1),
        tf.add("a", ["b", "c"]),
        tf.logical_xor([True, False], True),
        tf.abs([-1, 2]),
        tf.abs(tf.constant([3.0 + 4.0j])),
    ]
    return run(tf, fetches)


@program
def operands_that_do_not_fit(tf: Any) -> Any:
    i = tf.constant([1, 2])
    x = tf.constant([1.0, 2.0])
    s = tf.constant("a")
    attempts = [
        lambda: i + x,
        lambda: i * x,
        lambda: i / x,
        lambda: i * 2.5,
        lambda: i + 2.5,
        lambda: 2.5 + i,
        lambda: "a" + x,
        lambda: x - None,
        lambda: None - x,
        lambda: x & x,
        lambda: s / s,
        lambda: tf.pow(2, x),
        lambda: tf.conj(s),
        lambda: tf.div_no_nan(i, x),
        lambda: len(x),
    ]
    return [message(attempt) for attempt in attempts]


@program
def texts(tf: Any) -> Any:
    s = tf.constant(["a", "b"])
    return run(tf, [s + "x", "y" + s, s + s])


@program
def variables_in_arithmetic(tf: Any) -> Any:
    v = tf.Variable([1.0, 2.0], name="v", use_resource=False)
    r = tf.Variable([3.0, 4.0], name="r", use_resource=True)
    fetches = [v + 1, 2 * v, v * r, r - v, np.float32(2) * r, -v]
    fetches += [v < r, r**2, abs(r), v[0], r[1:], r[None], tf.add(v, r), tf.cast(r, tf.int32)]
    return run(tf, fetches)


@program
def indices(tf: Any) -> Any:
    x = tf.constant(np.arange(24).reshape(2, 3, 4))
    y = tf.placeholder(tf.float32, [None, 3])
    i = tf.constant(1)
    j = tf.constant(2, tf.int64)
    fetches = [
        x[0],
        x[-1, 1:],
        x[..., 0],
        x[:, ::2, 1:-1],
        x[::-1],
        x[None, 0, ..., tf.newaxis],
        x[i],
        x[j - 1],
        x[i:, :i],
        x[:j],
        x[0:i, 1, i:],
        x[np.int64(1), np.array(2)],
        x[0, 0, 0],
        x[()],
        x[[0, 1]],
        x[x.shape[0] - 1, : x.shape[1]],
        y[:, 1],
        y[0],
        y[1:, tf.newaxis, :],
        y[: tf.shape(y)[0] - 1],
    ]
    return run(tf, fetches, {y: np.ones([2, 3])})


@program
def indices_that_are_wrong(tf: Any) -> Any:
    x = tf.constant([1.0, 2.0])
    wrong = [tf.constant([1, 2]), "a", 1.0, True, 0.5j, tf.constant(1.0), slice("a", None)]
    texts = [message(lambda key=key: x[key]) for key in wrong]
    return [texts, attempt(lambda: x[0, 0]), attempt(lambda: x[5])]


@program
def masks(tf: Any) -> Any:
    x = tf.constant([[1, 2], [3, 4], [5, 6]])
    y = tf.placeholder(tf.float32, [None, None])
    fetches = [
        x[x > 2],
        x[np.array([True, False, True])],
        tf.boolean_mask(x, [True, False, True]),
        tf.boolean_mask(x, [False, True], axis=1, name="columns"),
        tf.boolean_mask(y, tf.placeholder_with_default([True, False], [None])),
        tf.boolean_mask(y, [True, False], axis=tf.constant(0)),
    ]
    wrong = [
        message(lambda: tf.boolean_mask(x, tf.placeholder(tf.bool))),
        message(lambda: tf.boolean_mask(x, True)),
    ]
    return [run(tf, fetches, {y: [[1.0], [2.0]]}), wrong]


@program
def strided_slices(tf: Any) -> Any:
    x = tf.constant(np.arange(12).reshape(3, 4))
    fetches = [
        tf.slice(x, [1, 0], [2, 2]),
        tf.slice(x, [0, 1], [-1, -1], name="rest"),
        tf.strided_slice(x, [0, 1], [2, 3]),
        tf.strided_slice(x, [2, 3], [0, 0], [-1, -2]),
        tf.strided_slice(x, [1], [2], [1], shrink_axis_mask=1, name="row"),
        tf.strided_slice(x, [0, 1], [0, 2], [1, 1], begin_mask=1, end_mask=1),
    ]
    return run(tf, fetches)


@program
def tensors_as_python_values(tf: Any) -> Any:
    x = tf.constant([1.0, 2.0])

    def refused(function: Any) -> Any:
        try:
            return function(x)
        except (TypeError, NotImplementedError) as error:
            return [type(error).__name__, str(error).partition(" is not allowed")[0][:60]]

    return [
        refused(iter),
        refused(bool),
        isinstance(x, object) and x in [x],
        refused(lambda t: list(map(str, t))),
        refused(lambda t: 1 if t else 0),
        x.ndim,
    ]


@program
def sparse_operators(tf: Any) -> Any:
    sparse = tf.SparseTensor([[0, 1], [1, 0]], [2.0, 4.0], [2, 2])
    counts = tf.SparseTensor([[0, 1], [1, 0]], [2, 4], [2, 2])
    dense = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    results = [sparse * dense, sparse / dense, dense * sparse, sparse * 2.0, counts / [[1, 3]]]
    return run(
        tf,
        [
            list(result.components)
            if hasattr(result, "components")
            else [result.indices, result.values, result.dense_shape]
            for result in results
        ],
    )


@program
def filled(tf: Any) -> Any:
    unknown = tf.placeholder(tf.float32, [None, 2])
    text = tf.placeholder(tf.string, [None])
    fetches = [
        tf.zeros([2]),
        tf.zeros([40, 30], tf.int32),
        tf.ones([], tf.bool),
        tf.zeros(3),
        tf.ones([2, 1], tf.float64, "one"),
        tf.zeros(tf.constant([1, 2])),
        tf.zeros([tf.constant(2), 1]),
        tf.zeros([1], tf.string),
        tf.zeros_like(unknown),
        tf.zeros_like(unknown, tf.int32),
        tf.zeros_like([1, 2]),
        tf.zeros_like(tf.constant(1.0), tf.bool),
        tf.zeros_like(text),
        tf.zeros_like([1.0, 2.0], optimize=False),
        tf.ones_like(unknown),
        tf.ones_like([[3]], tf.float32, "ones_of"),
        tf.fill([2, 2], 7),
        tf.fill([1], "a", name="text"),
        tf.shape(unknown),
        tf.shape([[1]], out_type=tf.int64),
        tf.size(unknown),
        tf.size([1, 2, 3]),
        tf.rank(unknown),
        tf.rank(tf.placeholder_with_default(1.0, None)),
    ]
    return run(tf, fetches, {unknown: [[1.0, 2.0]], text: ["a", "b"]})


@program
def joined(tf: Any) -> Any:
    x = tf.constant([[1, 2]])
    fetches = [
        tf.concat([x, x], 0),
        tf.concat([x, [[3, 4]]], axis=-1, name="wide"),
        tf.concat([x], 0),
        tf.concat(x, 1),
        tf.stack([1, 2]),
        tf.stack([x, x]),
        tf.stack([x, x], axis=-1),
        tf.stack([[1.0], [2.0]], axis=1, name="columns"),
        tf.expand_dims(x, 0),
        tf.expand_dims(x, dim=-1),
        tf.squeeze(x),
        tf.squeeze(x, 0),
        tf.squeeze(x, squeeze_dims=[0], name="flat"),
        tf.reshape(x, [-1]),
        tf.reshape(x, [2, x.shape[0]]),
        tf.gather(x, [0, 0]),
        tf.gather(x, [1], axis=1),
        tf.gather([[1, 2], [3, 4]], [[0], [1]], batch_dims=1),
        tf.where([True, False], [1, 2], [3, 4]),
        tf.where([[True, False]]),
        tf.where_v2([True], [[1], [2]], 0),
    ]
    wrong = [
        message(lambda: tf.stack([x, x], axis=4)),
        message(lambda: tf.expand_dims(x, 0, dim=0)),
        message(lambda: tf.expand_dims(x)),
        message(lambda: tf.squeeze(x, 0, squeeze_dims=0)),
        message(lambda: tf.where([True], x=1)),
    ]
    return [run(tf, fetches), wrong]
