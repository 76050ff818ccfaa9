"""Functions of the library: tf.function, Defun."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results


def run(tf: Any, fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feeds)


@program
def traced_functions(tf: Any) -> Any:
    @tf.function
    def double(x: Any) -> Any:
        return x + x

    x = tf.placeholder(tf.float32, [None], "x")
    y = double(x)
    again = double(y)
    fixed = double(tf.constant([1.0, 2.0]))
    whole = double(np.array([1, 2]))
    shapes = [item.shape.as_list() for item in (y, again, fixed, whole)]
    return [shapes, run(tf, [y, again, fixed, whole], {x: [1, 2, 3]})]


@program
def structures_of_functions(tf: Any) -> Any:
    c = tf.constant(2.0, name="c")

    @tf.function
    def several(x: Any, pair: Any, k: int = 3) -> Any:
        return {"a": x * c, "b": (pair[0] * k, None), "c": pair[1]["s"]}

    s = tf.SparseTensor([[0, 0]], [1.0], [2, 2])
    found = several(tf.constant(1.0), (tf.constant([1, 2]), {"s": s}))
    other = several(tf.constant(1.0), (tf.constant([1, 2]), {"s": s}), k=5)
    numbers = [found["a"], found["b"][0], other["b"][0]]
    return [found["b"][1], run(tf, numbers), list(run(tf, found["c"]))]


@program
def effects_of_functions(tf: Any) -> Any:
    v = tf.Variable(1.0, use_resource=True, name="v")

    @tf.function
    def count(x: Any) -> Any:
        tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=x)
        before = tf.raw_ops.ReadVariableOp(resource=v.handle, dtype=tf.float32)
        tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=x)
        return before

    @tf.function
    def read() -> Any:
        return v + 1.0

    y, z = count(tf.constant(10.0)), read()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(y), session.run(v), session.run(z), session.run(y), session.run(v)]


@program
def control_flow_in_functions(tf: Any) -> Any:
    v = tf.Variable(1.0, use_resource=True, name="v")

    @tf.function
    def branch(p: Any, x: Any) -> Any:
        def forgetful() -> Any:
            tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=x)
            return x

        return tf.cond(p, forgetful, lambda: -x)

    @tf.function
    def loop(n: Any) -> Any:
        def body(i: Any) -> Any:
            tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=tf.constant(100.0))
            return i + 1

        return tf.while_loop(lambda i: i < n, body, [tf.constant(0)])

    p = tf.placeholder(tf.bool, [], "p")
    y, z = branch(p, tf.constant(10.0)), loop(tf.constant(2))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [
            [session.run(y, {p: value}), session.run(v), session.run(z), session.run(v)]
            for value in (True, False)
        ]


@program
def random_numbers_in_functions(tf: Any) -> Any:
    """Each call has a stream of its own, as if the function stood in its place."""

    @tf.function
    def draw(x: Any) -> Any:
        return x + tf.raw_ops.RandomUniform(shape=[2], dtype=tf.float32, seed=1, seed2=2)

    one, two = draw(tf.constant(0.0)), draw(tf.constant(0.0))
    _, many = tf.while_loop(
        lambda i, _: i < 2, lambda i, x: (i + 1, draw(x)), (0, tf.constant([0.0, 0.0]))
    )
    with tf.Session() as session:
        return [session.run([one, two, many]) for _ in range(2)] + [session.run(two)]


@program
def input_signatures(tf: Any) -> Any:
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.int32)])
    def scaled(x: Any, n: Any) -> Any:
        return x * tf.cast(n, tf.float32)

    y = scaled(tf.constant([1.0, 2.0]), 3)
    z = scaled([1.0, 2.0, 3.0], tf.constant(2))

    def text(function: Any) -> Any:
        return message(function).split("`. Received")[0]

    return [
        y.shape.as_list(),
        run(tf, [y, z]),
        text(lambda: scaled(tf.constant([[1.0]]), 1)),
        text(lambda: scaled(tf.constant([1]), 1)),
        text(lambda: scaled([1.0], 1, 2)),
        text(lambda: scaled([1.0])),
    ]


@program
def functions_that_call_functions(tf: Any) -> Any:
    c = tf.constant(3.0, name="c")

    @tf.function
    def inner(x: Any) -> Any:
        return x * c

    @tf.function
    def outer(x: Any) -> Any:
        return inner(x) + inner(x * 2.0)

    return run(tf, [outer(tf.constant(1.0)), inner(tf.constant(1.0))])


@results
def variables_of_functions(tf: Any) -> Any:
    class Counter:
        def __init__(self) -> None:
            self.v: Any = None

        @tf.function
        def add(self, x: Any) -> Any:
            if self.v is None:
                self.v = tf.Variable(2.0, use_resource=True, name="made_inside")
            return self.v * x

    counter = Counter()
    y = counter.add(tf.constant(3.0))
    return [[v.name for v in tf.global_variables()], run(tf, y)]


def defun_of(tf: Any) -> Any:
    """Defun, which `tensorflow.compat.v1` does not publish."""
    if hasattr(tf, "framework"):
        return tf.framework.function.Defun
    from tensorflow.python.framework import function

    return function.Defun


@program
def functions_of_declared_types(tf: Any) -> Any:
    defun = defun_of(tf)
    c = tf.constant(2.0, name="c")
    v = tf.Variable(5.0, use_resource=True, name="v")

    @defun(tf.float32, func_name="Scaled", noinline=True)
    def scaled(x: Any) -> Any:
        """Twice `x`, and more."""
        return x * c + v

    @defun(tf.float32, tf.int32, func_name="Two", out_names=["q", "r"])
    def two(x: Any, n: Any) -> Any:
        return tf.raw_ops.Sqrt(x=x), n

    @defun(func_name="Effect")
    def effect() -> None:
        tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=tf.constant(1.0))

    y = scaled(tf.constant([1.0, 2.0]))
    again = scaled(y, name="again", noinline=True)
    q, r = two(4.0, 3)
    more = effect()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [
            more.type,
            session.run([y, again, q, r]),
            session.run(more),
            session.run(v),
        ]


@program
def functions_with_gradients(tf: Any) -> Any:
    defun = defun_of(tf)

    @defun(tf.float32, tf.float32, func_name="CubeGrad")
    def cube_grad(x: Any, dy: Any) -> Any:
        return 3.0 * x * x * dy

    @defun(tf.float32, func_name="Cube", grad_func=cube_grad)
    def cube(x: Any) -> Any:
        return x * x * x

    x = tf.constant(2.0)
    y = cube(x)
    library = tf.get_default_graph().as_graph_def().library
    pairs = [(g.function_name, g.gradient_func) for g in library.gradient]
    return [pairs, cube.name, cube.grad_func_name, run(tf, y)]


@program
def functions_of_any_types(tf: Any) -> Any:
    defun = defun_of(tf)

    @defun(func_name="Sum")
    def total(a: Any, b: Any) -> Any:
        return a + b

    @defun(tf.float32, tf.float32, tf.float32, func_name="Many")
    def many(*items: Any) -> Any:
        return items[0] + items[1] * items[2]

    found = [total(tf.constant(1), tf.constant(2)), total(tf.constant(1.0), 2.0)]
    return [[item.op.type for item in found], run(tf, [*found, many(1.0, 2.0, 3.0)])]


@results
def functions_without_names(tf: Any) -> Any:
    defun = defun_of(tf)

    @defun(tf.float32)
    def double(x: Any) -> Any:
        return x + x

    y = double(1.0)
    return [y.op.type == y.op.name == double.name, y.op.type.split("_")[0], run(tf, y)]


@program
def functions_made_of_functions(tf: Any) -> Any:
    defun = defun_of(tf)

    @defun(tf.float32, func_name="Inner")
    def inner(x: Any) -> Any:
        return x * 3.0

    @defun(tf.float32, func_name="Outer")
    def outer(x: Any) -> Any:
        return tf.cond(tf.raw_ops.Greater(x=x, y=0.0), lambda: inner(x), lambda: -x)

    return run(tf, [outer(tf.constant(n)) for n in (2.0, -2.0)])


@program
def variables_in_declared_functions(tf: Any) -> Any:
    defun = defun_of(tf)
    zeros = tf.zeros_initializer()

    @defun(tf.float32, func_name="Shift")
    def shift(x: Any) -> Any:
        with tf.variable_scope("inside", use_resource=True):
            return x + tf.get_variable("w", [], initializer=zeros)

    y, z = shift(tf.constant(1.0)), shift(tf.constant(2.0))
    return [[v.name for v in tf.global_variables()], run(tf, [y, z])]


@program
def shapes_of_declared_functions(tf: Any) -> Any:
    defun = defun_of(tf)

    @defun(tf.float32, func_name="Known", shape_func=lambda op: [op.inputs[0].shape])
    def known(x: Any) -> Any:
        return x + 1.0

    y = known(tf.constant([1.0, 2.0]))
    return [y.shape.as_list(), run(tf, y)]


@results
def refusals_of_declared_functions(tf: Any) -> Any:
    defun = defun_of(tf)

    def text(function: Any) -> Any:
        return message(function).split("<function")[0].split("<class")[0]

    return [
        text(lambda: defun(tf.float32)(1)),
        text(lambda: defun(tf.float32)(lambda x=1: x)),
        text(lambda: defun(tf.float32)(lambda x, y: x)),
        text(lambda: defun(tf.float32, tf.int32)(lambda x: x)),
        text(lambda: defun(tf.float32, func_name="FA")(lambda x: x)(1.0, 2.0)),
        text(lambda: defun(tf.float32, func_name="FB")(lambda x: None)(1.0).type),
        text(lambda: defun(tf.float32, func_name="FC")(lambda x: [None])(1.0)),
        text(lambda: defun(tf.float32, func_name="FD")(lambda x: x)(1.0, other=1))[:25],
    ]


@results
def refusals(tf: Any) -> Any:
    def text(function: Any) -> Any:
        return message(function).split(" at 0x")[0].split("`. Received")[0]

    @tf.function
    def wrong(x: Any) -> Any:
        return object()

    @tf.function
    def operation(x: Any) -> Any:
        return tf.no_op()

    return [
        text(wrong),
        text(lambda: wrong(1, 2)),
        text(lambda: wrong(1)).split(";")[0],
        text(lambda: operation(1)).split(";")[0],
    ]
