"""Gradients with respect to what loops and branches are given, and what they return does not depend on: None, or zeros."""

from __future__ import annotations

from typing import Any

from tests.api.programs import results


def derived(tf: Any, y: Any, xs: Any) -> Any:
    """The gradients' values, None where there is none."""
    found = [None if g is None else tf.convert_to_tensor(g) for g in tf.gradients(y, xs)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        values = iter(session.run([g for g in found if g is not None]))
    return [None if g is None else next(values).tolist() for g in found]


def given(tf: Any) -> Any:
    return tf.constant([1.0, 2.0], name="x"), tf.constant([3.0, 4.0], name="z")


def turns(tf: Any, body: Any, *first: Any, count: int = 3) -> Any:
    return tf.while_loop(lambda i, *_: tf.less(i, count), body, [0, *first])


def yes(tf: Any) -> Any:
    return tf.placeholder_with_default(True, [])


@results
def captured_by_what_is_not_read(tf: Any) -> Any:
    x, z = given(tf)
    one, apart = tf.ones([2]), tf.constant(1.0)
    loop = turns(tf, lambda i, a, b: (i + 1, a * z, b * x), one, one)
    none = turns(tf, lambda i, a, b: (i + 1, a * z, b * x), one, one, count=0)
    return [
        derived(tf, loop[1], [x, z, one, apart]),
        derived(tf, loop[2], [x, z]),
        derived(tf, none[1], [x, z]),
        derived(tf, loop[1] * apart, [x, z, apart]),
    ]


@results
def captured_by_integers_and_by_the_test(tf: Any) -> Any:
    x, z = given(tf)
    counted = turns(tf, lambda i, a: (i + 1 + 0 * tf.cast(x[0], tf.int32), a * z), tf.ones([2]))
    tested = tf.while_loop(
        lambda a: tf.less(tf.reduce_sum(a), tf.reduce_sum(x) * 10), lambda a: a * z, [tf.ones([2])]
    )
    stopped = turns(tf, lambda i, a: (i + 1, a * z + tf.stop_gradient(x)), tf.ones([2]))
    rounded = turns(tf, lambda i, a, b: (i + 1, a * z, b + tf.floor(x)), z, z)
    return [derived(tf, y, [x, z]) for y in (counted[1], tested, stopped[1], rounded[1])]


@results
def nothing_but_integers_read(tf: Any) -> Any:
    x, z = given(tf)
    loop = turns(tf, lambda i, a, b: (i + 1, a * z, b * 2.0), x, z)
    return derived(tf, tf.cast(loop[0], tf.float32) * x, [x, z])


@results
def variables_of_loops(tf: Any) -> Any:
    x, z = given(tf)
    n, k = tf.constant(1), tf.constant(2)
    apart = turns(tf, lambda i, a, b: (i + 1, a * 2.0, b * 2.0), x, z)
    whole = turns(
        tf, lambda i, j, a: (i + n, j + k, a * z * tf.cast(j, tf.float32)), tf.identity(k), x
    )
    swapped = turns(tf, lambda i, a, b: (i + 1, b * 2.0, a * 3.0), x, z)
    return [
        derived(tf, apart[1], [x, z]),
        derived(tf, whole[2], [x, z, n, k]),
        derived(tf, swapped[1], [x, z]),
    ]


@results
def what_comes_before(tf: Any) -> Any:
    x, z = given(tf)
    e = tf.exp(x)
    rows = tf.gather(tf.stack([x, x]), [1])[0]
    loop = turns(tf, lambda i, a, b, c: (i + 1, a * z, b * e, c * rows), z, x, x)
    branch = tf.cond(yes(tf), lambda: [z * 2.0, e], lambda: [z, rows])
    return [derived(tf, loop[1], [x, z, e, rows]), derived(tf, branch[0], [x, z, e, rows])]


@results
def variables_captured(tf: Any) -> Any:
    v = tf.get_variable("v", initializer=[1.0, 2.0], use_resource=True)
    w = tf.get_variable("w", initializer=[3.0, 4.0], use_resource=True)
    old = tf.get_variable("old", initializer=[3.0, 4.0], use_resource=False)
    table = tf.get_variable("table", initializer=[[1.0, 2.0], [2.0, 3.0]], use_resource=True)
    whole = tf.get_variable("whole", initializer=[1, 2], use_resource=True)

    def body(i: Any, a: Any, b: Any) -> Any:
        rows = tf.gather(table, [0])[0]
        return i + 1, a * w, b * v * rows * tf.cast(whole, tf.float32) * old

    loop = turns(tf, body, tf.ones([2]), tf.ones([2]))
    branch = tf.cond(
        yes(tf),
        lambda: [w * 2.0, v * tf.gather(table, [0])[0]],
        lambda: [w * 1.0, old * tf.cast(whole, tf.float32)],
    )
    xs = [v, w, old, table, whole]
    return [derived(tf, y, xs) for y in (loop[1], loop[2], branch[0], branch[1])]


@results
def other_handles_captured(tf: Any) -> Any:
    x, z = given(tf)
    keys = tf.constant(["a", "b"])
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(keys, tf.constant([1.0, 2.0])), 0.0
    )
    loop = turns(tf, lambda i, a, b: (i + 1, a * z, b * x + table.lookup(keys)), x, x)
    found = tf.gradients(loop[1], [x, z, table.resource_handle, keys])
    return [None if g is None else g.dtype.name for g in found]


@results
def arrays_of_tensors(tf: Any) -> Any:
    x, z = given(tf)
    written = tf.TensorArray(tf.float32, 3, element_shape=[2])
    read = tf.TensorArray(tf.float32, 3).unstack(tf.stack([x, x, x]))
    into = turns(tf, lambda i, a, t: (i + 1, a * z, t.write(i, a * x)), tf.ones([2]), written)
    out_of = turns(tf, lambda i, a, b: (i + 1, a * z, b + read.read(i)), tf.ones([2]), z)
    return [
        derived(tf, into[1], [x, z]),
        derived(tf, into[2].stack(), [x, z]),
        derived(tf, out_of[1], [x, z]),
        derived(tf, out_of[2], [x, z]),
    ]


@results
def loops_in_loops_and_branches(tf: Any) -> Any:
    x, z = given(tf)

    def inner(i: Any, a: Any, b: Any) -> Any:
        found = turns(tf, lambda j, c, d: (j + 1, c * z, d * x), a, b, count=2)
        return i + 1, found[1], found[2]

    def chosen(i: Any, a: Any, b: Any) -> Any:
        found = tf.cond(tf.equal(i, 0), lambda: [a * z, b * x], lambda: [a + 1.0, b])
        return i + 1, found[0], found[1]

    def looped() -> Any:
        return turns(tf, lambda i, a, b: (i + 1, a * z, b * x), z, x)[1:]

    deep = turns(tf, inner, tf.ones([2]), tf.ones([2]), count=2)
    branches = turns(tf, chosen, tf.ones([2]), tf.ones([2]), count=2)
    within = tf.cond(yes(tf), looped, lambda: [z, z])
    return [derived(tf, y, [x, z]) for y in (deep[1], branches[1], within[0], within[1])]


@results
def branches(tf: Any) -> Any:
    x, z = given(tf)
    stop = tf.stop_gradient
    found = [
        tf.cond(yes(tf), lambda: [z * 2.0, x * 3.0], lambda: [z, x]),
        tf.cond(yes(tf), lambda: [z * 2.0, stop(x)], lambda: [z + stop(x), z]),
        tf.cond(yes(tf), lambda: [z * 2.0 + stop(x), x * 2.0], lambda: [z, z]),
        tf.cond(
            yes(tf), lambda: [z * 2.0, tf.cast(x, tf.int32)], lambda: [z, tf.cast(z, tf.int32)]
        ),
        tf.cond(yes(tf), lambda: [z, x], lambda: [x, z]),
        tf.cond(yes(tf), lambda: [z * 1.0, z], lambda: [z * x, z]),
        tf.switch_case(
            tf.placeholder_with_default(2, []),
            [lambda: [z * 2.0, x * 3.0], lambda: [z, z], lambda: [z + 1.0, z]],
        ),
    ]
    return [derived(tf, outputs[0], [x, z]) for outputs in found]


@results
def asked_again_and_derived_twice(tf: Any) -> Any:
    x, z = given(tf)
    loop = turns(tf, lambda i, a, b: (i + 1, a * z, b * x), z, x)
    branch = tf.cond(yes(tf), lambda: [z * z * z, x * x], lambda: [z, x])
    stopped = tf.cond(yes(tf), lambda: [tf.stop_gradient(tf.exp(x)) * z, z * 2.0], lambda: [z, z])
    found = []
    for y in (loop[1], branch[0], stopped[0]):
        found += [derived(tf, y, [x, z]), derived(tf, y, [x, z])]
        found.append(derived(tf, tf.gradients(y, [z])[0], [x, z]))
    return found
