"""Graphs with control flow, built by TensorFlow's TF1 API, and what TensorFlow gives for them.

    python -m tests.engine.generate

writes `data/<case>.pb`, `data/cases.json` and `data/cases.npz`; see `test_control_flow.py`.  Runs in an environment with
TensorFlow, like `tests.golden.generate`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from tests.golden.generate import config

tf1 = tf.compat.v1
DATA = Path(__file__).parent / "data"
CASES: dict[str, Callable[[], Any]] = {}


def case(build: Callable[[], Any]) -> Callable[[], Any]:
    """Register a case: it builds a graph, and returns fetches and a list of feeds."""
    CASES[build.__name__] = build
    return build


def placeholder(name: str, dtype: Any = tf.float32, shape: Any = None) -> Any:
    return tf1.placeholder(dtype, shape, name)


def while_loop(*arguments: Any, **named: Any) -> Any:
    return tf1.while_loop(*arguments, **named)


LIMITS = [{"n": np.int32(n)} for n in (5, 1, 0, -3)]


@case
def counts() -> Any:
    n = placeholder("n", tf.int32, [])
    return [while_loop(lambda i: i < n, lambda i: i + 1, [0])], LIMITS


@case
def two_exits() -> Any:
    n = placeholder("n", tf.int32, [])
    return while_loop(lambda i, x: i < n, lambda i, x: (i + 1, x * 2.0), [0, 1.0]), LIMITS


@case
def exit_nobody_reads() -> Any:
    n = placeholder("n", tf.int32, [])
    return [while_loop(lambda i, x: i < n, lambda i, x: (i + 1, x * 2.0), [0, 1.0])[1]], LIMITS


@case
def variables_swap() -> Any:
    n = placeholder("n", tf.int32, [])
    return while_loop(lambda i, a, b: i < n, lambda i, a, b: (i + 1, b, a + b), [0, 1, 1]), LIMITS


@case
def variable_that_never_changes() -> Any:
    n = placeholder("n", tf.int32, [])
    return while_loop(lambda i, x: i < n, lambda i, x: (i + 1, x), [0, 7.0]), LIMITS


@case
def invariants() -> Any:
    n, x = placeholder("n", tf.int32, []), placeholder("x")
    outside = tf.exp(x)
    found = while_loop(
        lambda i, y: i < n, lambda i, y: (i + 1, y * outside + x), [0, tf.ones_like(x)]
    )
    return found, [{**f, "x": np.float32([0.5, -1])} for f in LIMITS]


@case
def condition_uses_all() -> Any:
    n = placeholder("n", tf.int32, [])
    found = while_loop(
        lambda i, x: tf.logical_and(i < n, tf.reduce_sum(x) < 20.0),
        lambda i, x: (i + 1, x + x),
        [0, tf.ones([2])],
    )
    return found, LIMITS


@case
def condition_value_used_in_the_body() -> Any:
    n = placeholder("n", tf.int32, [])
    made = []

    def cond(i: Any, x: Any) -> Any:
        made.append(n - i)
        return made[0] > 0

    return while_loop(
        cond, lambda i, x: (i + 1, x + tf.cast(made[0], tf.float32)), [0, 0.0]
    ), LIMITS


@case
def nested() -> Any:
    n = placeholder("n", tf.int32, [])

    def body(i: Any, x: Any) -> Any:
        inner = while_loop(
            lambda j, y: j < i, lambda j, y: (j + 1, y + tf.cast(i * j, tf.float32)), [0, x]
        )
        return i + 1, inner[1]

    return while_loop(lambda i, x: i < n, body, [0, 1.0]), LIMITS


@case
def three_deep() -> Any:
    n = placeholder("n", tf.int32, [])
    m = n + 1

    def innermost(i: Any, j: Any, x: Any) -> Any:
        return while_loop(lambda k, y: k < m, lambda k, y: (k + 1, y + i + j), [0, x])[1]

    def inner(i: Any, x: Any) -> Any:
        return while_loop(lambda j, y: j < i, lambda j, y: (j + 1, innermost(i, j, y)), [0, x])[1]

    return while_loop(lambda i, x: i < n, lambda i, x: (i + 1, inner(i, x)), [0, 0]), LIMITS


@case
def inner_loop_limit_from_the_condition() -> Any:
    n = placeholder("n", tf.int32, [])

    def count(i: Any) -> Any:
        return while_loop(lambda j: j < i, lambda j: j + 2, [0])

    return [while_loop(lambda i: count(i) < n, lambda i: i + 1, [0])], LIMITS


@case
def two_inner_loops() -> Any:
    n = placeholder("n", tf.int32, [])

    def body(i: Any, x: Any) -> Any:
        a = while_loop(lambda j: j < i, lambda j: j + 2, [0])
        b = while_loop(lambda j: j < a, lambda j: j + 3, [0])
        return i + 1, x + a * b

    return while_loop(lambda i, x: i < n, body, [0, 0]), LIMITS


@case
def loop_after_loop() -> Any:
    n = placeholder("n", tf.int32, [])
    a = while_loop(lambda i: i < n, lambda i: i + 2, [0])
    return [a, while_loop(lambda i: i < a, lambda i: i + 3, [n])], LIMITS


@case
def cond_in_while() -> Any:
    n = placeholder("n", tf.int32, [])

    def body(i: Any, x: Any) -> Any:
        return i + 1, tf1.cond(
            tf.equal(i % 2, 0), lambda: x + 1.0, lambda: x * tf.cast(i, tf.float32)
        )

    return while_loop(lambda i, x: i < n, body, [0, 1.0]), LIMITS


@case
def nested_cond_in_while() -> Any:
    n = placeholder("n", tf.int32, [])

    def body(i: Any, x: Any) -> Any:
        def odd() -> Any:
            return tf1.cond(i > 2, lambda: x * 3, lambda: x - 1)

        return i + 1, tf1.cond(tf.equal(i % 2, 0), lambda: x + 1, odd)

    return while_loop(lambda i, x: i < n, body, [0, 1]), LIMITS


@case
def while_in_cond() -> Any:
    n, p = placeholder("n", tf.int32, []), placeholder("p", tf.bool, [])

    def taken() -> Any:
        return while_loop(lambda i, x: i < n, lambda i, x: (i + 1, x * 2), [0, 1])

    found = tf1.cond(p, taken, lambda: (n, n * 10))
    return found, [{**f, "p": np.bool_(p)} for f in LIMITS for p in (True, False)]


@case
def while_in_both_branches() -> Any:
    n, p = placeholder("n", tf.int32, []), placeholder("p", tf.bool, [])

    def up() -> Any:
        return while_loop(lambda i: i < n, lambda i: i + 2, [0])

    def down() -> Any:
        return while_loop(lambda i: i > -n, lambda i: i - 3, [n])

    return [tf1.cond(p, up, down)], [{**f, "p": np.bool_(p)} for f in LIMITS for p in (True, False)]


@case
def while_in_cond_in_while() -> Any:
    n = placeholder("n", tf.int32, [])

    def body(i: Any, x: Any) -> Any:
        def loop() -> Any:
            return while_loop(lambda j, y: j < i, lambda j, y: (j + 1, y + j * n), [0, x])[1]

        return i + 1, tf1.cond(tf.equal(i % 3, 2), loop, lambda: x + 1)

    return while_loop(lambda i, x: i < n, body, [0, 0]), [*LIMITS, {"n": np.int32(9)}]


@case
def shape_grows() -> Any:
    n = placeholder("n", tf.int32, [])
    found = while_loop(
        lambda i, x: i < n,
        lambda i, x: (i + 1, tf.concat([x, [tf.cast(i, tf.float32)]], 0)),
        [tf.constant(0), tf.constant([9.0])],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])],
    )
    return found, LIMITS


@case
def strings_in_a_loop() -> Any:
    n = placeholder("n", tf.int32, [])
    found = while_loop(
        lambda i, x: i < n, lambda i, x: (i + 1, tf.strings.join([x, tf.as_string(i)])), [0, "n="]
    )
    return found, LIMITS


@case
def mapped() -> Any:
    x = placeholder("x", shape=[None, 2])
    return [tf1.map_fn(lambda row: row * tf.reduce_sum(row), x)], [
        {"x": np.arange(6, dtype=np.float32).reshape(3, 2)},
        {"x": np.zeros((0, 2), np.float32)},
    ]


@case
def mapped_to_two_types() -> Any:
    x = placeholder("x", shape=[None])
    found = tf1.map_fn(lambda v: (v * 2, tf.cast(v, tf.int32)), x, dtype=(tf.float32, tf.int32))
    return list(found), [{"x": np.float32([1, 2.5, -3])}]


@case
def nested_maps() -> Any:
    x = placeholder("x", shape=[None, None])
    return [tf1.map_fn(lambda row: tf1.map_fn(lambda v: v * v, row), x)], [
        {"x": np.arange(6, dtype=np.float32).reshape(2, 3)}
    ]


@case
def scanned() -> Any:
    x = placeholder("x", shape=[None])
    return [tf1.scan(lambda a, v: a * 0.5 + v, x), tf1.scan(lambda a, v: a + v, x, reverse=True)], [
        {"x": np.float32([1, 2, 3, 4])}
    ]


@case
def folded() -> Any:
    x = placeholder("x", shape=[None])
    return [tf1.foldl(lambda a, v: a * 2 + v, x), tf1.foldr(lambda a, v: a * 2 + v, x)], [
        {"x": np.float32([1, 2, 3, 4])}
    ]


@case
def array_written_and_read_in_a_loop() -> Any:
    n = placeholder("n", tf.int32, [])
    start = tf1.TensorArray(tf.float32, 0, dynamic_size=True, clear_after_read=False).write(0, 1.0)

    def body(i: Any, array: Any) -> Any:
        return i + 1, array.write(i, array.read(i - 1) * 2.0 + 1.0)

    _, array = while_loop(lambda i, a: i < n, body, [1, start])
    return [array.stack(), array.size()], [{"n": np.int32(n)} for n in (6, 1)]


def lstm_like(x: Any, length: Any) -> Any:
    weights = tf.constant(np.linspace(-1, 1, 12).reshape(4, 3).astype(np.float32))

    def body(i: Any, state: Any, array: Any) -> Any:
        new = tf.tanh(tf.matmul(tf.concat([x[:, i : i + 1], state], 1), weights))
        alive = tf.expand_dims(i < length, 1)
        new = tf.where(tf.broadcast_to(alive, tf.shape(new)), new, state)
        return i + 1, new, array.write(i, new)

    steps = tf.shape(x)[1]
    found = while_loop(
        lambda i, state, array: i < steps,
        body,
        [0, tf.zeros([tf.shape(x)[0], 3]), tf1.TensorArray(tf.float32, steps)],
        parallel_iterations=32,
    )
    return found[1], found[2].stack()


@case
def recurrent() -> Any:
    x, length = placeholder("x", shape=[None, None]), placeholder("length", tf.int32, [None])
    return list(lstm_like(x, length)), [
        {"x": np.arange(8, dtype=np.float32).reshape(2, 4) / 4, "length": np.int32([4, 2])}
    ]


@case
def gradient_of_a_loop() -> Any:
    n, x = placeholder("n", tf.int32, []), placeholder("x", shape=[2])
    _, y = while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * y * x), [0, x])
    return [y, *tf1.gradients(y, x)], [
        {"n": np.int32(n), "x": np.float32([0.5, 1.5])} for n in (3, 1, 0)
    ]


@case
def gradient_of_a_recurrent_layer() -> Any:
    x, length = placeholder("x", shape=[2, 4]), placeholder("length", tf.int32, [None])
    state, outputs = lstm_like(x, length)
    return tf1.gradients([state, outputs], x), [
        {"x": np.arange(8, dtype=np.float32).reshape(2, 4) / 4, "length": np.int32([4, 2])}
    ]


@case
def gradient_of_cond_in_a_loop() -> Any:
    n, x = placeholder("n", tf.int32, []), placeholder("x", shape=[])

    def body(i: Any, y: Any) -> Any:
        return i + 1, tf1.cond(tf.equal(i % 2, 0), lambda: y * x, lambda: y + x * x)

    _, y = while_loop(lambda i, y: i < n, body, [0, x])
    return [y, *tf1.gradients(y, x)], [{"n": np.int32(n), "x": np.float32(1.5)} for n in (4, 1, 0)]


@case
def gradient_of_nested_loops() -> Any:
    n, x = placeholder("n", tf.int32, []), placeholder("x", shape=[])

    def body(i: Any, y: Any) -> Any:
        return i + 1, while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z * x + 0.5), [0, y])[1]

    _, y = while_loop(lambda i, y: i < n, body, [0, x])
    return [y, *tf1.gradients(y, x)], [{"n": np.int32(n), "x": np.float32(0.7)} for n in (4, 1, 0)]


@case
def assigns_in_a_loop() -> Any:
    n = placeholder("n", tf.int32, [])
    v = tf1.get_variable("v", initializer=1.0, use_resource=True)

    def body(i: Any, x: Any) -> Any:
        with tf1.control_dependencies([v.assign_add(tf.cast(i, tf.float32))]):
            return i + 1, x + v.read_value()

    found = while_loop(lambda i, x: i < n, body, [0, 0.0], parallel_iterations=1)
    with tf1.control_dependencies(found):
        return [*found, v.read_value()], LIMITS


@case
def reference_in_a_loop() -> Any:
    n = placeholder("n", tf.int32, [])
    v = tf1.Variable(1.0, use_resource=False)

    def body(i: Any) -> Any:
        with tf1.control_dependencies([tf1.assign_add(v, 2.0)]):
            return i + 1

    found = while_loop(lambda i: i < n, body, [0])
    with tf1.control_dependencies([found]):
        return [found, v.read_value()], LIMITS


@case
def waits_for_a_loop() -> Any:
    n = placeholder("n", tf.int32, [])
    v = tf1.get_variable("v", initializer=1.0, use_resource=True)
    with tf1.control_dependencies([v.assign(5.0)]):
        found = while_loop(lambda i: i < n, lambda i: i + tf.cast(v.read_value(), tf.int32), [0])
    return [found], LIMITS


@case
def copies_of_one_loop() -> Any:
    with tf.Graph().as_default() as inner:
        n = placeholder("n", tf.int32, [])
        while_loop(lambda i: i < n, lambda i: i + 2, [0], name="loop")
        exit_name = next(op.name for op in inner.get_operations() if op.type == "Exit")
    definition = inner.as_graph_def()
    n = placeholder("n", tf.int32, [])
    (a,) = tf1.import_graph_def(definition, {"n": n}, [f"{exit_name}:0"], "a")
    (b,) = tf1.import_graph_def(definition, {"n": a + 1}, [f"{exit_name}:0"], "b")
    (c,) = tf1.import_graph_def(definition, {"n": n * 2}, [f"{exit_name}:0"], "c")
    return [a, b, c, a + b + c], LIMITS


@case
def many_variables() -> Any:
    n = placeholder("n", tf.int32, [])
    start = [tf.constant(0), *(tf.constant(float(k)) for k in range(12))]
    return while_loop(
        lambda i, *xs: i < n, lambda i, *xs: (i + 1, *xs[1:], xs[0] + 1.0), start
    ), LIMITS


@case
def maximum_iterations() -> Any:
    n = placeholder("n", tf.int32, [])
    return [while_loop(lambda i: i < n, lambda i: i + 1, [0], maximum_iterations=3)], LIMITS


PREDICATES = [{"p": np.bool_(p), "x": np.float32([1, 4])} for p in (True, False)]


@case
def cond_plain() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    return [tf1.cond(p, lambda: x + 1.0, lambda: tf.sqrt(x))], PREDICATES


@case
def cond_of_constants() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    bad = tf1.cond(
        p,
        lambda: tf.constant(1.0) + x,
        lambda: tf.reshape(tf.constant([1.0, 2, 3]), [tf.constant(1), 3])[0, :2],
    )
    return [bad], PREDICATES


@case
def cond_with_a_failing_branch() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    index = tf.constant([7])

    def fails() -> Any:
        return tf.gather(tf1.placeholder_with_default([1.0, 2.0], [None]), index + 0)

    return [tf1.cond(p, lambda: x[:1], fails)], PREDICATES


@case
def cond_with_a_failing_constant_branch() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    return [
        tf1.cond(
            p, lambda: x[:1], lambda: tf.cast(tf.constant([1]) // tf.constant([0]), tf.float32)
        )
    ], PREDICATES


@case
def cond_nested() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    q = tf.reduce_sum(x) > 4.0

    def inner() -> Any:
        return tf1.cond(q, lambda: x * 2.0, lambda: x * 3.0)

    found = tf1.cond(
        p, inner, lambda: tf1.cond(tf.logical_not(q), lambda: x - 1.0, lambda: x - 2.0)
    )
    return [found], [{**f, "x": np.float32(x)} for f in PREDICATES for x in ([1, 4], [1, 1])]


@case
def cond_several_results() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    return list(tf1.cond(p, lambda: (x, 1, "a"), lambda: (x * 2.0, 2, "b"))), PREDICATES


@case
def cond_with_effects() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    v = tf1.get_variable("v", initializer=[0.0, 0.0], use_resource=True)
    found = tf1.cond(p, lambda: v.assign_add(x).op, lambda: v.assign_sub(x * 10.0).op)
    with tf1.control_dependencies([found]):
        return [v.read_value()], PREDICATES


@case
def cond_on_a_reference() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    v = tf1.Variable([0.0, 0.0], use_resource=False)
    found = tf1.cond(p, lambda: tf1.assign_add(v, x), lambda: tf1.assign(v, x * 10.0))
    return [found + 1.0], PREDICATES


@case
def references_read_after_writes() -> Any:
    _, x = placeholder("p", tf.bool, []), placeholder("x")
    results = []
    for write in (tf1.assign, tf1.assign_add, tf1.assign_sub):
        v = tf1.Variable([1.0, 2.0], use_resource=False)
        other = tf1.Variable([5.0, 7.0], use_resource=False)
        before = v * 3.0
        with tf1.control_dependencies([before]):
            written = write(v, x)
        with tf1.control_dependencies([written]):
            results += [tf.identity(v), v + 0.0, v.value() * other, tf.gather(v, [1]), before]
        with tf1.control_dependencies([results[-4]]):
            results.append(v.read_value() + v + other)
    return results, PREDICATES


@case
def references_read_after_writes_in_a_branch() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    v = tf1.Variable([1.0, 2.0], use_resource=False)

    def write() -> Any:
        with tf1.control_dependencies([v.assign_add(x)]):
            return tf.identity(v) * v

    found = tf1.cond(p, write, lambda: v + 0.5)
    with tf1.control_dependencies([found]):
        return [found, v * 2.0], PREDICATES


@case
def references_read_and_written_in_loops() -> Any:
    n = placeholder("n", tf.int32, [])
    v = tf1.Variable([1.0, 2.0], use_resource=False)
    total = tf1.Variable(0.0, use_resource=False)

    def turn(i: Any) -> Any:
        with tf1.control_dependencies([v.assign_sub(0.25 * (v - 3.0))]):
            added = total.assign_add(tf.reduce_sum(v))
        with tf1.control_dependencies([added]):
            negative = tf1.cond(total > 9.0, lambda: -total, lambda: v[0] - 1.0)
        with tf1.control_dependencies([total.assign(negative)]):
            return i + 1

    i = while_loop(lambda i: (i < n) & (total < 7.0), turn, [0], parallel_iterations=1)
    with tf1.control_dependencies([i]):
        return [i, v * 1.0, total + 0.0], LIMITS


@case
def references_in_nested_loops() -> Any:
    n = placeholder("n", tf.int32, [])
    v = tf1.Variable([1.0, 2.0], use_resource=False)

    def inner(j: Any, x: Any) -> Any:
        with tf1.control_dependencies([v.assign_add(v * 0.5)]):
            return j + 1, x + tf.reshape(v, [2, 1])

    def outer(i: Any, x: Any) -> Any:
        with tf1.control_dependencies([v.assign_sub(x[:, 0] * 0.125)]):
            start = x + tf1.expand_dims(v, 1)
        with tf1.control_dependencies([start]):
            first = tf.constant(0)
        return i + 1, while_loop(lambda j, x: j < 2, inner, [first, start], parallel_iterations=1)[
            1
        ]

    return while_loop(
        lambda i, x: i < n, outer, [0, tf.ones([2, 1])], parallel_iterations=1
    ), LIMITS


@case
def references_that_were_handed_on_before_a_write() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    v = tf1.Variable([1.0, 2.0], use_resource=False)
    with tf1.control_dependencies([v.assign_add(x)]):
        held = tf.stop_gradient(tf.identity(v))
    with tf1.control_dependencies([held]):
        chosen = tf1.cond(p, lambda: v.assign(x * 3.0), lambda: -v)
    with tf1.control_dependencies([chosen]):
        found = held * 1.0
    with tf1.control_dependencies([found]):
        last = v.assign_sub([1.0, 1.0])
    with tf1.control_dependencies([last]):
        no, yes = tf.raw_ops.Switch(data=held, pred=p)
    return [found, tf.raw_ops.Merge(inputs=[no * 2.0, yes * 5.0])[0]], PREDICATES


@case
def reference_switch() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    v = tf1.Variable([0.0, 0.0], use_resource=False)
    no, yes = tf.raw_ops.RefSwitch(data=v._ref(), pred=p)
    merged, index = tf.raw_ops.RefMerge(inputs=[tf1.assign(no, x * 10.0), tf1.assign_add(yes, x)])
    return [tf.identity(merged), index], PREDICATES


@case
def merge_index() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    no, yes = tf.raw_ops.Switch(data=x, pred=p)
    return list(tf.raw_ops.Merge(inputs=[tf.identity(no), yes * 2.0])), PREDICATES


@case
def switch_fetched_dead() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    _, yes = tf.raw_ops.Switch(data=x, pred=p)
    return [tf.identity(yes)], PREDICATES


@case
def control_edge_from_a_dead_node() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    no, yes = tf.raw_ops.Switch(data=x, pred=p)
    with tf1.control_dependencies([tf.identity(yes)]):
        after = x * 5.0
    with tf1.control_dependencies([tf.identity(no)]):
        other = x * 7.0
    return list(tf.raw_ops.Merge(inputs=[after, other])), PREDICATES


@case
def constants_on_pivots() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x")
    no, yes = tf.raw_ops.Switch(data=p, pred=p)
    with tf1.control_dependencies([tf.identity(yes)]):
        a = tf.constant([1.0, 2.0])
    with tf1.control_dependencies([tf.identity(no)]):
        b = tf.constant([3.0, 4.0])
    return [tf.raw_ops.Merge(inputs=[a + x, b + x])[0]], PREDICATES


@case
def switch_tree() -> Any:
    n, x = placeholder("n", tf.int32, []), placeholder("x")
    low, high = tf.raw_ops.Switch(data=x, pred=n > 1)
    zero, one = tf.raw_ops.Switch(data=low, pred=tf.equal(n, 1))
    two, three = tf.raw_ops.Switch(data=high, pred=tf.equal(n, 3))
    first = tf.raw_ops.Merge(inputs=[zero * 1.0, one * 2.0])[0]
    second = tf.raw_ops.Merge(inputs=[two * 3.0, three * 4.0])[0]
    return list(tf.raw_ops.Merge(inputs=[first, second])), [
        {"n": np.int32(n), "x": np.float32([1, 4])} for n in range(4)
    ]


@case
def case_of_many() -> Any:
    n = placeholder("n", tf.int32, [])
    branches = [(tf.equal(n, k), lambda k=k: tf.constant(k * 10)) for k in range(3)]
    return [tf1.case(branches, default=lambda: tf.constant(-1), exclusive=True)], [
        {"n": np.int32(n)} for n in (0, 1, 2, 5)
    ]


@case
def gradient_of_cond() -> Any:
    p, x = placeholder("p", tf.bool, []), placeholder("x", shape=[2])
    y = tf1.cond(p, lambda: x * x, lambda: tf.sqrt(x))
    return tf1.gradients(y, x), PREDICATES


def main() -> None:
    """Write all cases."""
    tf1.disable_control_flow_v2()
    tf1.disable_resource_variables()
    tf1.disable_eager_execution()
    arrays: dict[str, Any] = {}
    index: dict[str, Any] = {}

    def keep(value: Any) -> Any:
        value = np.asarray(value)
        if value.dtype.kind in "OS":
            texts = [bytes(item).decode() for item in value.reshape(-1)]
            return {"text": texts, "shape": list(value.shape)}
        arrays[f"a{len(arrays)}"] = value
        return f"a{len(arrays) - 1}"

    for name, build in CASES.items():
        with tf.Graph().as_default() as graph:
            tf1.set_random_seed(1)
            fetches, feeds = build()
            fetches = list(fetches)
            init = tf1.global_variables_initializer()
            (DATA / f"{name}.pb").write_bytes(
                graph.as_graph_def().SerializeToString(deterministic=True)
            )
            runs = []
            with tf1.Session(config=config()) as session:
                for feed in feeds:
                    session.run(init)
                    entry: dict[str, Any] = {"feeds": {f"{k}:0": keep(v) for k, v in feed.items()}}
                    try:
                        values = session.run(fetches, {f"{k}:0": v for k, v in feed.items()})
                        entry["values"] = [keep(value) for value in values]
                    except tf.errors.OpError as error:
                        entry["error"] = type(error).__name__
                    runs.append(entry)
            index[name] = {"fetches": [t.name for t in fetches], "init": init.name, "runs": runs}
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in index.items())
    (DATA / "cases.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8", newline="\n")
    np.savez_compressed(DATA / "cases.npz", **arrays)
    print(
        len(index), "cases", sum("error" in r for c in index.values() for r in c["runs"]), "errors"
    )


if __name__ == "__main__":
    main()
