"""tf.map_fn, tf.vectorized_map, tf.foldl, tf.foldr, tf.scan."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program, results


def run(tf: Any, fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feeds)


@program
def one_tensor(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2], "x")
    y = tf.map_fn(lambda row: row * row + 1.0, x)
    fixed = tf.map_fn(lambda row: -row, tf.constant([1, 2, 3]), name="negatives")
    shapes = [y.shape.as_list(), fixed.shape.as_list()]
    return [shapes, run(tf, [y, fixed], {x: [[1, 2], [3, 4], [5, 6]]})]


@program
def structures(tf: Any) -> Any:
    a, b = tf.constant([1, 2, 3]), tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    pair = tf.map_fn(lambda t: (t[1], t[0]), (a, b), dtype=(tf.float32, tf.int32))
    one = tf.map_fn(lambda t: tf.cast(t["a"], tf.float32) * t["b"], {"a": a, "b": b}, tf.float32)
    several = tf.map_fn(lambda t: {"x": t, "y": [t + t]}, a, dtype={"x": tf.int32, "y": [tf.int32]})
    return [one.shape.as_list(), run(tf, [pair, one, several])]


@program
def signatures_of_results(tf: Any) -> Any:
    x = tf.constant([1, 2, 3])
    spec = tf.TensorSpec([2], tf.float32)
    y = tf.map_fn(lambda n: tf.cast([n, n], tf.float32), x, fn_output_signature=spec)
    z = tf.map_fn(
        lambda n: tf.cast([n, n], tf.float32),
        x,
        dtype=tf.float32,
        infer_shape=False,
        back_prop=False,
    )
    return [y.shape.as_list(), z.shape.rank, run(tf, [y, z])]


@program
def variables_and_captures(tf: Any) -> Any:
    v = tf.Variable([[1.0], [2.0]], use_resource=True, name="v")
    w = tf.Variable(3.0, use_resource=True, name="w")
    y = tf.map_fn(lambda row: row * w, v)
    return run(tf, y)


@program
def variables_made_inside(tf: Any) -> Any:
    zeros = tf.zeros_initializer()

    def shifted(row: Any) -> Any:
        return row + tf.get_variable("w", [2], initializer=zeros)

    def folded(a: Any, row: Any) -> Any:
        return a * tf.get_variable("u", [2], initializer=zeros) + row

    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    found = [tf.map_fn(shifted, x), tf.foldl(folded, x)]
    return [[v.name for v in tf.global_variables()], run(tf, found)]


@program
def nested(tf: Any) -> Any:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    return run(tf, tf.map_fn(lambda row: tf.map_fn(lambda n: n * n, row), x))


@program
def sparse_rows(tf: Any) -> Any:
    s = tf.SparseTensor([[0, 0], [0, 2], [1, 1]], [1.0, 2.0, 3.0], [2, 3])
    sums = tf.map_fn(lambda row: tf.raw_ops.Sum(input=row.values, axis=0), s, dtype=tf.float32)
    kept = tf.map_fn(
        lambda row: tf.SparseTensor(row.indices, row.values * 2.0, row.dense_shape),
        s,
        fn_output_signature=tf.SparseTensorSpec([3], tf.float32),
    )
    shapes = [sums.shape.as_list(), kept.shape.as_list()]
    return [shapes, run(tf, sums), list(run(tf, kept))]


@results
def ragged_rows(tf: Any) -> Any:
    rows = tf.RaggedTensor.from_row_splits([1, 2, 3, 4, 5], [0, 2, 2, 5])
    sums = tf.map_fn(lambda row: tf.raw_ops.Sum(input=row, axis=0), rows, dtype=tf.int32)
    spec = tf.RaggedTensorSpec([None], tf.int32, ragged_rank=0)
    doubled = tf.map_fn(lambda row: row * 2, rows, fn_output_signature=spec)
    made = tf.map_fn(
        lambda n: tf.raw_ops.Range(start=0, limit=n, delta=1),
        tf.constant([2, 0, 3]),
        fn_output_signature=spec,
    )
    return run(tf, [sums, [doubled.values, doubled.row_splits], [made.values, made.row_splits]])


@results
def vectorized(tf: Any) -> Any:
    x, n = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), tf.constant([1, 3, 0])
    rows = tf.placeholder_with_default(x, [None, 2])
    doubled = tf.vectorized_map(lambda row: row * 2.0, rows)
    # The results have types and a structure of their own; what does not depend on the rows is there for each.
    several = tf.vectorized_map(
        lambda t: {"sum": tf.reduce_sum(t[0]), "kind": [tf.cast(t[1], tf.int64), 7]}, (x, n)
    )
    powers = tf.vectorized_map(
        lambda k: tf.while_loop(lambda i, _: i < k, lambda i, p: (i + 1, p * 2), [0, 1])[1], n
    )
    one = tf.vectorized_map(lambda t: t["a"] + t["b"], {"a": x[:1], "b": rows})
    single = tf.vectorized_map(lambda t: t[0] + t[1], (x[:1], x[1:2]))
    none = tf.vectorized_map(lambda row: row + 1.0, x[:0])
    shapes = [item.shape.as_list() for item in (doubled, several["sum"], one, single, none)]
    return [shapes, run(tf, [doubled, several, powers, one, single, none])]


@results
def vectorized_gradients(tf: Any) -> Any:
    """The gradients of each example, as optimisers that clip them want them."""
    w = tf.get_variable("w", initializer=[1.0, 2.0])
    x, y = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), tf.constant([1.0, 0.0, 2.0])

    def gradient(example: Any) -> Any:
        loss = tf.square(tf.reduce_sum(w * example[0]) - example[1])
        return tf.clip_by_norm(tf.gradients(loss, w)[0], 100.0)

    of_examples = tf.vectorized_map(gradient, (x, y))
    # A row that was computed before leads on to what it was computed from.
    losses = tf.square(tf.linalg.matvec(x, w) - y)
    of_losses = tf.vectorized_map(lambda loss: tf.gradients(loss, w)[0], losses)
    through = tf.gradients(tf.vectorized_map(lambda row: row * row * w, x), [x, w])
    made = tf.vectorized_map(
        lambda row: tf.layers.dense(row[None], 1, kernel_initializer=tf.ones_initializer())[0], x
    )
    names = [v.op.name for v in tf.global_variables()]
    return [names, run(tf, [of_examples, of_losses, through, made])]


@results
def vectorized_refusals(tf: Any) -> Any:
    return [
        attempt(lambda: tf.vectorized_map(lambda x: x, [])),
        attempt(lambda: tf.vectorized_map(lambda x: x + tf.constant("a"), tf.ones([2]))),
    ]


@results
def vectorized_within_others(tf: Any) -> Any:
    table = tf.constant([[1, 2, 3], [4, 5, 6]])
    rows = tf.vectorized_map(lambda row: tf.vectorized_map(lambda n: n * row[0], row), table)
    looped = tf.while_loop(
        lambda i, _: i < 3,
        lambda i, kept: (i + 1, tf.vectorized_map(lambda n: n + i, kept)),
        [0, table],
    )
    chosen = tf.cond(looped[0] > 2, lambda: tf.vectorized_map(tf.negative, table), lambda: table)
    draws = tf.vectorized_map(lambda n: tf.random.uniform([]), tf.zeros([20]))
    # Turns may draw in any order; each draws a number of its own.
    different = tf.size(tf.unique(draws)[0])
    return run(tf, [rows, looped[1], chosen, different])


@program
def folds(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None], "x")
    found = [
        tf.foldl(lambda a, n: a * 2.0 + n, x),
        tf.foldr(lambda a, n: a * 2.0 + n, x),
        tf.foldl(lambda a, n: a * 2.0 + n, x, initializer=10.0, name="left"),
        tf.foldr(lambda a, n: a * 2.0 + n, tf.constant([1.0, 2.0]), initializer=tf.constant(10.0)),
        tf.foldl(lambda a, n: a + n, tf.constant([[1, 2], [3, 4]]), back_prop=False),
    ]
    return run(tf, found, {x: [1, 2, 3]})


@program
def folds_of_structures(tf: Any) -> Any:
    a, b = tf.constant([1, 2, 3]), tf.constant([10.0, 20.0, 30.0])
    found = tf.foldl(
        lambda acc, t: (acc[0] + t[0], acc[1] - t[1]), (a, b), (tf.constant(0), tf.constant(0.0))
    )
    return run(tf, found)


@program
def scans(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2], "x")
    fixed = tf.constant([1, 2, 3, 4])
    found = [
        tf.scan(lambda a, row: a + row, x),
        tf.scan(lambda a, n: a * n, fixed),
        tf.scan(lambda a, n: a * n, fixed, reverse=True),
        tf.scan(lambda a, n: a * n, fixed, initializer=2),
        tf.scan(lambda a, n: a * n, fixed, initializer=2, reverse=True, name="back"),
        tf.scan(lambda a, n: a + n, fixed, infer_shape=False, back_prop=False),
    ]
    shapes = [item.shape.as_list() for item in found[:5]]
    return [shapes, run(tf, found, {x: [[1, 2], [3, 4]]})]


@program
def scans_of_structures(tf: Any) -> Any:
    n = tf.constant([1, 0, 0, 0, 0, 0])
    fibonacci = tf.scan(lambda a, _: (a[1], a[0] + a[1]), n, (tf.constant(0), tf.constant(1)))
    mixed = tf.scan(
        lambda a, t: a + t["x"] * t["y"], {"x": n, "y": n + 3}, initializer=tf.constant(0)
    )
    return run(tf, [fibonacci, mixed])


@results
def no_rows(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2], "x")
    y = tf.map_fn(lambda row: row * 2.0, x)
    z = tf.scan(lambda a, row: a + row, x, initializer=tf.constant([0.0, 0.0]))
    return run(tf, [y, z], {x: np.zeros((0, 2))})


@results
def refusals(tf: Any) -> Any:
    x = tf.constant([1, 2])
    return [
        message(lambda: tf.map_fn(lambda n: n, [])),
        message(lambda: tf.map_fn(lambda n: n, 1)),
        message(lambda: tf.map_fn(lambda n: (n, n), x)).split("\n")[0],
        message(lambda: tf.foldl(lambda a, n: tf.cast(a + n, tf.float32), x)).split(" has type")[
            1:
        ],
        message(lambda: tf.scan(lambda a, n: (a, n), x)).split("\n")[0],
    ]
