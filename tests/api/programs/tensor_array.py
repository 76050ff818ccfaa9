"""tf.TensorArray."""

from __future__ import annotations

from typing import Any

from tests.api.programs import attempt, message, program


def run(tf: Any, fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        return session.run(fetches, feeds)


@program
def writing_and_reading(tf: Any) -> Any:
    array = tf.TensorArray(tf.float32, size=3)
    array = array.write(0, 10)
    array = array.write(1, 20.0, name="second")
    array = array.write(2, tf.constant(30.0))
    return [
        array.element_shape.as_list(),
        array.dtype.name,
        array.handle,
        run(tf, [array.read(0), array.read(2, name="third"), array.stack(), array.size()]),
    ]


@program
def elements_that_are_not_written(tf: Any) -> Any:
    array = tf.TensorArray(tf.float32, size=3, element_shape=[2])
    array = array.write(1, [1.0, 2.0])
    words = tf.TensorArray(tf.string, size=2, element_shape=[])
    return run(tf, [array.read(0), array.stack(), words.stack()])


@program
def growing(tf: Any) -> Any:
    array = tf.TensorArray(tf.int32, size=0, dynamic_size=True)
    array = array.write(0, 1).write(3, 4)
    return run(tf, [array.stack(), array.size(), array.stack(name="named")])


@program
def stacking_and_unstacking(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2], "x")
    array = tf.TensorArray(tf.float32, size=3).unstack(x)
    named = tf.TensorArray(tf.float32, size=3, name="array").unstack(
        [[1.0], [2.0], [3.0]], name="u"
    )
    stacked = array.stack()
    feeds = {x: [[1, 2], [3, 4], [5, 6]]}
    shapes = [array.element_shape.as_list(), stacked.shape.as_list()]
    return [shapes, run(tf, [stacked, array.read(1), named.stack()], feeds)]


@program
def gathering_and_scattering(tf: Any) -> Any:
    array = tf.TensorArray(tf.int32, size=4).scatter([3, 1], [[30, 31], [10, 11]])
    picked = array.gather([1, 3, 1])
    return [picked.shape.as_list(), run(tf, [picked, array.gather([0], name="g"), array.stack()])]


@program
def splitting_and_joining(tf: Any) -> Any:
    array = tf.TensorArray(tf.float32, size=3, infer_shape=False)
    array = array.split([[1.0], [2.0], [3.0], [4.0]], [1, 0, 3])
    even = tf.TensorArray(tf.float32, size=2).split(tf.constant([1.0, 2.0, 3.0, 4.0]), [2, 2])
    joined = array.concat()
    shapes = [joined.shape.rank, even.element_shape.as_list()]
    return [shapes, run(tf, [joined, array.read(2), even.stack(), even.concat(name="c")])]


@program
def identities_and_ends(tf: Any) -> Any:
    before = tf.no_op(name="before")
    array = tf.TensorArray(tf.float32, size=1, clear_after_read=False).write(0, 1.0)
    with tf.control_dependencies([before]):
        same = array.identity()
    same.close(name="end")
    wrapped = tf.TensorArray(tf.float32, flow=same.flow)
    return [wrapped.dynamic_size, run(tf, [same.read(0), wrapped.size(), wrapped.read(0)])]


@program
def sizes_from_tensors(tf: Any) -> Any:
    n = tf.placeholder(tf.int32, [], "n")
    array = tf.TensorArray(tf.float32, size=n, element_shape=[None, 2])
    array = array.write(0, tf.placeholder(tf.float32, [None, None], "x"))
    return [array.element_shape.as_list(), run(tf, array.size(), {n: 5})]


@program
def in_loops(tf: Any) -> Any:
    array = tf.TensorArray(tf.float32, size=4)

    def body(i: Any, total: Any, array: Any) -> Any:
        total = total + tf.cast(i, tf.float32)
        return i + 1, total, array.write(i, [total, -total])

    _, _, array = tf.while_loop(lambda i, *_: i < 4, body, (0, 0.5, array))
    stacked = array.stack()
    return [array.element_shape.as_list(), stacked.shape.as_list(), run(tf, stacked)]


@program
def in_branches(tf: Any) -> Any:
    p = tf.placeholder(tf.bool, [], "p")
    array = tf.TensorArray(tf.float32, size=2, element_shape=[])
    array = tf.cond(p, lambda: array.write(0, 1.0), lambda: array.write(1, 2.0))
    found = array.stack()
    return [run(tf, found, {p: value}) for value in (True, False)]


@program
def captured_by_loops(tf: Any) -> Any:
    array = tf.TensorArray(tf.int32, size=3).unstack([1, 2, 3])
    total = tf.while_loop(
        lambda i, _: i < 3, lambda i, t: (i + 1, t + array.read(i)), (tf.constant(0), 0)
    )
    return run(tf, total)


@program
def specs(tf: Any) -> Any:
    array = tf.TensorArray(tf.float32, size=2, element_shape=[2, None])
    spec = tf.TensorArraySpec.from_value(array)
    wide = tf.TensorArraySpec(None, tf.float32, None)
    return [
        spec == tf.TensorArraySpec([2, None], tf.float32, None),
        spec.is_compatible_with(wide),
        spec.is_compatible_with(array),
        spec.is_compatible_with(tf.TensorArraySpec([3, 1], tf.float32, None)),
        spec.is_compatible_with(tf.TensorArraySpec([2, None], tf.int32, None)),
        spec.is_compatible_with(tf.TensorArraySpec([2, None], tf.float32, True)),
        attempt(lambda: tf.TensorArraySpec.from_value(1)),
    ]


@program
def refusals(tf: Any) -> Any:
    array = tf.TensorArray(tf.float32, size=2, element_shape=[2])
    return [
        message(lambda: tf.TensorArray(tf.float32)),
        message(lambda: tf.TensorArray(tf.float32, size=1, flow=array.flow)),
        message(lambda: tf.TensorArray(tf.float32, flow=tf.constant(1.0))),
        message(lambda: array.write(0, [1.0, 2.0, 3.0])),
        message(lambda: array.unstack([[1.0]])),
        message(lambda: array.scatter([0], [[1.0]])),
        attempt(lambda: array.grad("x")),
    ]
