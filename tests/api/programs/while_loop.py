"""Loops: tf.while_loop."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np

from tests.api.programs import message, program, results


def run(tf: Any, fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feeds)


def below(tf: Any, limit: int) -> Any:
    return lambda i, *_: tf.raw_ops.Less(x=i, y=limit)


def after(tf: Any, i: Any) -> Any:
    return tf.raw_ops.AddV2(x=i, y=1)


@program
def counting(tf: Any) -> Any:
    return run(tf, tf.while_loop(below(tf, 5), lambda i: after(tf, i), [0]))


@program
def captured_values(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3], "x")
    v = tf.Variable([1.0, 2.0, 3.0], use_resource=True, name="v")
    limit = tf.constant(3, name="limit")
    with tf.name_scope("scope"):
        i, total = tf.while_loop(
            lambda i, total: tf.raw_ops.Less(x=i, y=limit),
            lambda i, total: (
                after(tf, i),
                tf.raw_ops.AddV2(x=tf.raw_ops.Mul(x=total, y=v), y=tf.raw_ops.Sum(input=x, axis=0)),
            ),
            (0, tf.constant([1.0, 1.0, 1.0])),
            name="loop",
        )
    return [total.shape.as_list(), run(tf, [i, total], {x: np.ones((2, 3))})]


@program
def maximum_of_turns(tf: Any) -> Any:
    n = tf.placeholder(tf.int32, [], "n")
    fixed = tf.while_loop(below(tf, 9), lambda i: after(tf, i), [0], maximum_iterations=4)
    fed = tf.while_loop(below(tf, 9), lambda i: after(tf, i), [0], maximum_iterations=n)
    none = tf.while_loop(below(tf, 9), lambda i: after(tf, i), [0], maximum_iterations=0)
    return run(tf, [fixed, fed, none], {n: 7})


@program
def structures(tf: Any) -> Any:
    pair = collections.namedtuple("pair", "j k")
    start = (tf.constant(0), pair(tf.constant(1), tf.constant(2)))
    found = tf.while_loop(
        below(tf, 10),
        lambda i, p: (
            after(tf, i),
            pair(tf.raw_ops.AddV2(x=p.j, y=p.k), tf.raw_ops.Sub(x=p.j, y=p.k)),
        ),
        start,
    )
    named = tf.while_loop(
        lambda i, d: tf.raw_ops.Less(x=i, y=3),
        lambda i, d: [after(tf, i), {"x": d["y"], "y": d["x"]}],
        [0, {"x": 2.0, "y": 1.0}],
    )
    return run(tf, [found, named])


@program
def what_is_returned(tf: Any) -> Any:
    single = tf.while_loop(below(tf, 2), lambda i: [after(tf, i)], [0])
    kept = tf.while_loop(below(tf, 2), lambda i: after(tf, i), [0], return_same_structure=True)
    stopped = tf.while_loop(below(tf, 2), lambda i: (after(tf, i),), (0,), back_prop=False)
    return [type(kept).__name__, run(tf, [single, kept, stopped])]


@program
def invariants_of_shapes(tf: Any) -> Any:
    x = tf.constant([[1.0, 2.0]])

    def grow(i: Any, m: Any) -> Any:
        return [after(tf, i), tf.raw_ops.ConcatV2(values=[m, m], axis=0)]

    _, m = tf.while_loop(
        below(tf, 3), grow, [0, x], shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])]
    )
    _, n = tf.while_loop(
        below(tf, 3), grow, [0, x], shape_invariants=[None, tf.TensorSpec([None, 2], tf.float32)]
    )
    _, free = tf.while_loop(
        below(tf, 3), grow, [0, x], shape_invariants=[tf.TensorShape([]), tf.TensorShape(None)]
    )
    shapes = [m.shape.as_list(), n.shape.as_list(), free.shape.rank]
    return [shapes, run(tf, [m, n, free])]


@program
def effects_in_turns(tf: Any) -> Any:
    v = tf.Variable(0.0, use_resource=True, name="v")

    def forgetful(i: Any) -> Any:
        tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=tf.constant(1.0))
        return after(tf, i)

    def careful(i: Any) -> Any:
        more = tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=tf.constant(100.0))
        with tf.control_dependencies([more]):
            return after(tf, i)

    loops = [tf.while_loop(below(tf, 3), body, [0]) for body in (forgetful, careful)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [[session.run(loop), session.run(v)] for loop in (*loops, *loops)]


@program
def nested(tf: Any) -> Any:
    x = tf.constant(2.0, name="x")
    v = tf.Variable(3.0, use_resource=True, name="v")

    def outer(i: Any, total: Any) -> Any:
        _, inner = tf.while_loop(
            lambda j, _: tf.raw_ops.Less(x=j, y=i),
            lambda j, t: (after(tf, j), tf.raw_ops.AddV2(x=tf.raw_ops.Mul(x=t, y=x), y=v)),
            (0, total),
        )
        kept = tf.cond(
            tf.raw_ops.Greater(x=inner, y=100.0),
            lambda: tf.raw_ops.Sub(x=inner, y=x),
            lambda: inner,
        )
        return after(tf, i), kept

    return run(tf, tf.while_loop(below(tf, 4), outer, (0, 1.0)))


@program
def inside_branches(tf: Any) -> Any:
    p = tf.placeholder(tf.bool, [], "p")
    n = tf.placeholder(tf.int32, [], "n")
    y = tf.cond(
        p,
        lambda: tf.while_loop(lambda i: tf.raw_ops.Less(x=i, y=n), lambda i: after(tf, i), [0]),
        lambda: tf.constant(-1),
    )
    return [run(tf, y, {p: value, n: 3}) for value in (True, False)]


@program
def control_dependencies(tf: Any) -> Any:
    before = tf.no_op(name="before")

    def body(i: Any) -> Any:
        with tf.control_dependencies([before]):
            return after(tf, i)

    with tf.control_dependencies([tf.no_op(name="first")]):
        return run(tf, tf.while_loop(below(tf, 2), body, [0]))


@program
def sparse_variables(tf: Any) -> Any:
    start = tf.SparseTensor([[0, 1]], [1.0], [2, 3])

    def body(i: Any, s: Any) -> Any:
        return after(tf, i), tf.SparseTensor(
            s.indices, tf.raw_ops.Mul(x=s.values, y=2.0), s.dense_shape
        )

    _, kept = tf.while_loop(
        below(tf, 3), body, (0, start), shape_invariants=(tf.TensorShape([]), tf.TensorShape([2]))
    )
    _, same = tf.while_loop(below(tf, 3), body, (0, start))
    shapes = [kept.shape.as_list(), same.shape.as_list()]
    return [shapes, [list(value) for value in run(tf, [kept, same])]]


@program
def variables_as_first_values(tf: Any) -> Any:
    v = tf.Variable(2.0, use_resource=True, name="v")
    return run(
        tf,
        tf.while_loop(
            lambda x: tf.raw_ops.Less(x=x, y=100.0), lambda x: tf.raw_ops.Mul(x=x, y=x), [v]
        ),
    )


@program
def handles_as_loop_variables(tf: Any) -> Any:
    v = tf.Variable([2.0, 1.0], use_resource=True, name="v")

    def body(i: Any, h: Any, x: Any) -> Any:
        read = tf.raw_ops.ReadVariableOp(resource=h, dtype=tf.float32)
        return after(tf, i), h, tf.raw_ops.AddV2(x=x, y=read)

    i, _, x = tf.while_loop(below(tf, 3), body, (0, v.handle, tf.constant([0.0, 0.0])))
    return run(tf, [i, x])


@results
def refusals(tf: Any) -> Any:
    x = tf.constant([[1.0, 2.0]], name="x")
    body, go_on = lambda i: after(tf, i), below(tf, 3)

    def grow(i: Any, m: Any) -> Any:
        return [after(tf, i), tf.raw_ops.ConcatV2(values=[m, m], axis=0)]

    def text(function: Any) -> Any:
        return message(function).split("\n")[0]

    return [
        text(lambda: tf.while_loop(1, body, [0])),
        text(lambda: tf.while_loop(go_on, 1, [0])),
        text(lambda: tf.while_loop(go_on, body, [0], parallel_iterations=0)),
        text(lambda: tf.while_loop(go_on, grow, [0, x])),
        text(lambda: tf.while_loop(go_on, lambda i: tf.raw_ops.Cast(x=i, DstT=tf.int64), [0])),
        text(lambda: tf.while_loop(go_on, lambda i: (i, i), [0])),
        text(lambda: tf.while_loop(go_on, body, [0], shape_invariants=[[]])),
        text(lambda: tf.while_loop(go_on, body, [0], shape_invariants=[3])),
        text(
            lambda: tf.while_loop(
                go_on, body, [0], shape_invariants=[tf.TensorSpec([], tf.float32)]
            )
        ),
    ]


@results
def structures_of_results(tf: Any) -> Any:
    """Those of what the body returns, as in loops of Switch and Merge; loops that are operations follow the first values."""
    pair = collections.namedtuple("pair", "a b")

    def kind(body: Any, first: Any, **options: Any) -> Any:
        found = tf.while_loop(lambda *_: tf.constant(False), body, first, **options)
        return [type(found).__name__.replace("SymbolicTensor", "Tensor"), run(tf, found)]

    with_operations = tf.control_flow_v2_enabled()
    tf.disable_control_flow_v2()
    try:
        return [
            kind(lambda i, t: (i, t), [0, 1.0]),
            kind(lambda i, t: [i, t], (0, 1.0)),
            kind(lambda i: (i,), [0]),
            kind(lambda i: (i,), [0], return_same_structure=True),
            kind(lambda i: [i], ([0],)),
            kind(lambda i: [i], ({"a": 0},)),
            kind(lambda i: [i], [pair(0, 1)]),
            kind(pair, pair(0, 1)),
            kind(lambda a, b: (a, b), pair(0, 1)),
        ]
    finally:
        if with_operations:
            tf.enable_control_flow_v2()
