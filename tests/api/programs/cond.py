"""Branches: tf.cond, tf.case, tf.switch_case, tf.Assert."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results


def both(tf: Any, result: Any, pred: Any, feeds: Any = ()) -> Any:
    """The value of `result` in either branch."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(result, {pred: value, **dict(feeds)}) for value in (True, False)]


def predicate(tf: Any) -> Any:
    return tf.placeholder(tf.bool, [], "pred")


@program
def one_result(tf: Any) -> Any:
    p, x = predicate(tf), tf.placeholder(tf.float32, [None, 3], "x")
    y = tf.cond(p, lambda: tf.raw_ops.Neg(x=x), lambda: tf.raw_ops.Mul(x=x, y=2.0))
    return both(tf, y, p, {x: np.ones((2, 3))})


@program
def captures_of_both_branches(tf: Any) -> Any:
    p = predicate(tf)
    a, b, c = (tf.placeholder(tf.float32, [n], f"scope/{name}") for n, name in enumerate("abc"))
    with tf.name_scope("outer"):
        y = tf.cond(
            p,
            lambda: [tf.raw_ops.Mul(x=b, y=b), tf.raw_ops.Neg(x=a)],
            lambda: [tf.raw_ops.Sum(input=c, axis=0, keep_dims=True), a],
            name="choice",
        )
    feeds = {a: np.zeros(0), b: np.array([3.0]), c: np.array([1.0, 2.0])}
    return [y[0].shape.as_list(), y[1].shape.as_list(), both(tf, y, p, feeds)]


@program
def shapes_that_differ(tf: Any) -> Any:
    p = predicate(tf)
    pairs = [([2, 3], [2, 4]), ([2, 3], [2]), ([2, 3], None), ([None], [4]), ([], [])]
    shapes = []
    for one, other in pairs:
        x, y = tf.placeholder(tf.float32, one), tf.placeholder(tf.float32, other)
        found = tf.cond(p, lambda x=x: x, lambda y=y: y)
        shapes.append(found.shape.as_list() if found.shape.rank is not None else None)
    return shapes


@program
def structures(tf: Any) -> Any:
    p, x = predicate(tf), tf.constant([1.0, 2.0])
    y = tf.cond(
        p,
        lambda: {"b": (x, [tf.raw_ops.Neg(x=x)]), "a": 1.0},
        lambda: {"a": tf.constant(2.0), "b": (tf.raw_ops.Neg(x=x), [x])},
    )
    return both(tf, y, p)


@program
def nothing_and_none(tf: Any) -> Any:
    p = predicate(tf)
    y = tf.cond(p, lambda: (tf.constant(1), None), lambda: (tf.constant(2), None))
    return [
        y[1],
        tf.cond(p, lambda: None, lambda: None),
        tf.cond(p, lambda: [], lambda: []),
        both(tf, y[0], p),
    ]


@program
def operations_in_branches(tf: Any) -> Any:
    p = predicate(tf)
    v = tf.Variable(1.0, use_resource=True, name="v")
    h = v.handle
    op = tf.cond(
        p,
        lambda: tf.raw_ops.AssignAddVariableOp(resource=h, value=tf.constant(10.0)),
        tf.no_op,
    )
    with tf.control_dependencies([op]):
        after = tf.raw_ops.ReadVariableOp(resource=h, dtype=tf.float32)
    return [op.dtype.name, both(tf, after, p)]


@program
def effects_that_nobody_waits_for(tf: Any) -> Any:
    p = predicate(tf)
    v = tf.Variable(1.0, use_resource=True, name="v")

    def forgetful() -> Any:
        tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=tf.constant(10.0))
        return tf.constant(1.0)

    def careful() -> Any:
        more = tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=tf.constant(100.0))
        with tf.control_dependencies([more]):
            return tf.raw_ops.Identity(input=2.0)

    y = tf.cond(p, forgetful, careful)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [
            [session.run(y, {p: value}), session.run(v)] for value in (True, False, True, False)
        ]


@program
def nested(tf: Any) -> Any:
    p, q = predicate(tf), tf.placeholder(tf.bool, [], "q")
    x = tf.constant(3.0, name="x")
    v = tf.Variable(5.0, use_resource=True, name="v")
    y = tf.cond(
        p,
        lambda: tf.cond(q, lambda: tf.raw_ops.Mul(x=x, y=v), lambda: tf.raw_ops.Neg(x=x)),
        lambda: tf.cond(q, lambda: x, lambda: tf.raw_ops.Square(x=x)),
    )
    return [both(tf, y, p, {q: value}) for value in (True, False)]


@program
def control_dependencies_of_branches(tf: Any) -> Any:
    p = predicate(tf)
    before = tf.no_op(name="before")
    x = tf.constant(1.0, name="x")
    with tf.control_dependencies([before]):
        y = tf.cond(p, lambda: tf.raw_ops.Neg(x=x), lambda: x)

    def waiting() -> Any:
        with tf.control_dependencies([before, x]):
            inside = tf.constant(2.0)
        with tf.control_dependencies([inside, before]):
            return tf.raw_ops.Neg(x=x)

    z = tf.cond(p, waiting, lambda: x, name="")
    return both(tf, [y, z], p)


@program
def predicates_of_other_shapes(tf: Any) -> Any:
    p = tf.placeholder(tf.bool, None, "p")
    q = tf.placeholder(tf.bool, [1], "q")
    y = tf.cond(p, lambda: tf.constant(1), lambda: tf.constant(2))
    z = tf.cond(q, lambda: tf.constant(1), lambda: tf.constant(2))
    known = tf.cond(tf.constant(True), lambda: tf.constant(1), lambda: tf.constant(2))
    with tf.Session() as session:
        return session.run([y, z, known], {p: False, q: [True]})


@program
def sparse_results(tf: Any) -> Any:
    p = predicate(tf)
    a = tf.SparseTensor([[0, 1]], [1.0], [2, 3])
    b = tf.sparse_placeholder(tf.float32, [None, 3], "b")
    y = tf.cond(p, lambda: a, lambda: b)
    feeds = {b: tf.SparseTensorValue([[1, 2], [3, 0]], [4.0, 5.0], [4, 3])}
    with tf.Session() as session:
        found = [session.run(y, {p: value, **feeds}) for value in (True, False)]
    return [y.shape.as_list(), [list(value) for value in found]]


@results
def resources_through_branches(tf: Any) -> Any:
    # TensorFlow does not know the shape of what is read; we do.
    p = predicate(tf)
    v, w = (tf.Variable([n, n], use_resource=True, name="v") for n in (1.0, 2.0))
    chosen = tf.cond(p, lambda: v.handle, lambda: w.handle)
    read = tf.raw_ops.ReadVariableOp(resource=chosen, dtype=tf.float32)
    return both(tf, read, p)


@program
def variables_made_inside(tf: Any) -> Any:
    p = predicate(tf)
    zeros = tf.zeros_initializer()

    def branch() -> Any:
        with tf.variable_scope("inside"):
            w = tf.get_variable("w", [2], initializer=zeros)
        return w + tf.Variable(lambda: tf.constant([1.0, 2.0]), name="v", use_resource=True)

    y = tf.cond(p, branch, lambda: tf.constant([5.0, 6.0]))
    return [[v.name for v in tf.global_variables()], both(tf, y, p)]


@program
def names_in_branches(tf: Any) -> Any:
    p, x = predicate(tf), tf.placeholder(tf.float32, [], "A/b-c.d")

    def branch() -> Any:
        with tf.name_scope("Scope"):
            y = tf.raw_ops.Neg(x=x, name="Same")
            z = tf.raw_ops.Neg(x=y, name="same")
        return tf.raw_ops.Add(x=z, y=x, name="Scope_same")

    y = tf.cond(p, branch, lambda: tf.raw_ops.Neg(x=x, name="9"))
    return both(tf, y, p, {x: 3.0})


@results
def refusals(tf: Any) -> Any:
    p, one = predicate(tf), lambda: tf.constant(1.0)
    kept: list[Any] = []

    def leak() -> Any:
        kept.append(tf.constant(7.0))
        return kept[0]

    def text(function: Any) -> Any:
        return message(function).split("\n")[0].split(" at 0x")[0]

    return [
        text(lambda: tf.cond(True, one, one)),
        text(lambda: tf.cond(p, one)),
        text(lambda: tf.cond(p, false_fn=one)),
        text(lambda: tf.cond(p, one, one, fn1=one)),
        text(lambda: tf.cond(p, one, one, fn2=one)),
        text(lambda: tf.cond(p, 1, one)),
        text(lambda: tf.cond(p, one, 1)),
        text(lambda: tf.cond(p, one, lambda: tf.constant(1))),
        text(lambda: tf.cond(p, one, lambda: [tf.constant(1.0)])),
        text(lambda: tf.cond(p, one, lambda: None)),
        text(lambda: tf.cond(p, one, object)),
        text(lambda: tf.cond(p, leak, lambda: tf.raw_ops.Neg(x=kept[0]))),
        tf.cond(p, fn1=one, fn2=one).dtype.name,
    ]


@program
def cases(tf: Any) -> Any:
    x, y = (tf.placeholder(tf.float32, [], name) for name in "xy")
    less, more = tf.raw_ops.Less(x=x, y=y), tf.raw_ops.Greater(x=x, y=10.0)
    pairs = [(less, lambda: x), (more, lambda: tf.raw_ops.Neg(x=x))]
    with_default = tf.case(pairs, default=lambda: tf.constant(-1.0))
    without = tf.case(pairs)
    exclusive = tf.case(pairs, default=lambda: y, exclusive=True, name="only")
    with tf.Session() as session:
        return [
            session.run(with_default, {x: 1.0, y: 2.0}),
            session.run(with_default, {x: 20.0, y: 2.0}),
            session.run(with_default, {x: 3.0, y: 2.0}),
            session.run([without, exclusive], {x: 1.0, y: 2.0}),
            session.run([without, exclusive], {x: 20.0, y: 2.0}),
            session.run(exclusive, {x: 3.0, y: 2.0}),
            failure(tf, session, without, {x: 3.0, y: 2.0}),
            failure(tf, session, exclusive, {x: 15.0, y: 20.0}),
        ]


def failure(tf: Any, session: Any, fetch: Any, feeds: Any) -> str:
    """What a run says that fails."""
    try:
        return str(session.run(fetch, feeds))
    except tf.errors.InvalidArgumentError as error:
        lines = error.message.split("assertion failed: ")[1].split("\n")[0]
        return str(lines.split("\t")[0].strip())


@program
def switch_cases(tf: Any) -> Any:
    i, x = tf.placeholder(tf.int32, [], "i"), tf.constant([1.0, 2.0])
    v = tf.Variable(2.0, use_resource=True, name="v")
    listed = tf.switch_case(i, [lambda: x, lambda: tf.raw_ops.Neg(x=x)])
    keyed = tf.switch_case(
        i,
        {1: lambda: tf.raw_ops.Mul(x=x, y=v), 0: lambda: x},
        default=lambda: tf.constant([0.0, 0.0, 0.0]),
        name="keyed",
    )
    shapes = [listed.shape.as_list(), keyed.shape.as_list()]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [shapes, [session.run([listed, keyed], {i: n}) for n in (-1, 0, 1, 2)]]


@program
def assertions(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None], "x")
    fine = tf.raw_ops.All(input=tf.raw_ops.Less(x=x, y=3.0), axis=0)
    plain = tf.Assert(fine, ["must be small", tf.constant([1, 2, 3, 4])])
    guarded = tf.Assert(fine, ["must be small", x], summarize=2, name="guarded")
    with tf.control_dependencies([plain, guarded]):
        y = tf.raw_ops.Neg(x=x)
    with tf.Session() as session:
        return [
            session.run(y, {x: [1.0, 2.0]}),
            failure(tf, session, plain, {x: [1.0, 4.0]}),
            failure(tf, session, guarded, {x: [1.0, 4.0, 5.0]}),
        ]


@results
def refusals_of_cases(tf: Any) -> Any:
    p, i, one = predicate(tf), tf.placeholder(tf.int32, []), lambda: tf.constant(1.0)

    def text(function: Any) -> Any:
        return message(function).split("\n")[0].split(" at 0x")[0]

    return [
        text(lambda: tf.case(1)),
        text(lambda: tf.case([1])),
        text(lambda: tf.case([(True, one)])),
        text(lambda: tf.case([(i, one)])),
        text(lambda: tf.case([(p, 1)])),
        text(lambda: tf.switch_case(1, [one])),
        text(lambda: tf.switch_case(p, [one])),
        text(lambda: tf.switch_case(i, [])),
        text(lambda: tf.switch_case(i, one)),
        text(lambda: tf.switch_case(i, [1])),
        text(lambda: tf.switch_case(i, {"a": one})),
        text(lambda: tf.switch_case(i, {0: 1})),
        text(lambda: tf.switch_case(i, {1: one})),
        text(lambda: tf.switch_case(i, [one, lambda: tf.constant(1)])),
    ]
