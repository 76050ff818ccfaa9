"""Gradients that a program defines, in graphs, branches, loops and functions."""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.api.programs import attempt, results

NUMBERS = itertools.count()


def values(*shape: int) -> Any:
    return np.sin(np.arange(np.prod(shape), dtype=np.float32) + 1).reshape(shape)


def registered(tf: Any, function: Callable[..., Any]) -> str:
    name = f"OfTheProgram{next(NUMBERS)}"
    tf.RegisterGradient(name)(function)
    return name


@contextlib.contextmanager
def old_control_flow(tf: Any) -> Iterator[None]:
    before = tf.control_flow_v2_enabled()
    tf.disable_control_flow_v2()
    try:
        yield
    finally:
        if before:
            tf.enable_control_flow_v2()


def with_old_control_flow(program: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(program)
    def wrapped(tf: Any) -> Any:
        with old_control_flow(tf):
            return program(tf)

    return wrapped


def run(tf: Any, fetches: Any) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches)


def clipped(tf: Any, scale: Any = 3.0) -> Any:
    @tf.custom_gradient
    def function(x: Any) -> Any:
        y = tf.tanh(x)
        return y * x, lambda dy: dy * scale * y

    return function


@results
def overridden(tf: Any) -> Any:
    x = tf.constant(values(3))
    seen = []

    def rule(op: Any, dy: Any) -> Any:
        seen.append(
            (op.type, len(op.inputs), len(op.outputs), op.name, dy.dtype.name, dy.shape.as_list())
        )
        return dy * 2 * op.inputs[0] + op.outputs[0]

    name = registered(tf, rule)
    with tf.get_default_graph().gradient_override_map({"Sin": name}):
        y = tf.sin(x, name="waves")
    z = tf.sin(y)
    first = tf.gradients(z, x)
    return run(tf, [first, tf.gradients(first, x)]), seen


@results
@with_old_control_flow
def overridden_in_branches(tf: Any) -> Any:
    x = tf.constant(values(3))
    outer = tf.exp(x)
    name = registered(tf, lambda op, dy: dy * 2 * op.inputs[0] + op.outputs[0] * outer)

    def branch(sign: float) -> Any:
        def build() -> Any:
            inner = x * sign
            with tf.get_default_graph().gradient_override_map({"Sin": name}):
                return tf.sin(inner * outer) * inner

        return build

    y = tf.cond(tf.reduce_sum(x) < 100, branch(1.0), branch(-1.0))
    z = tf.cond(tf.reduce_sum(x) > 100, branch(1.0), branch(-1.0))
    w = tf.case([(tf.reduce_sum(x) > 100, branch(1.0))], default=branch(2.0))
    return run(tf, [tf.gradients(item, x) for item in (y, z, w)])


@results
def overridden_around_branches(tf: Any) -> Any:
    x = tf.constant(values(3))
    name = registered(tf, lambda op, dy: dy * 2)
    with old_control_flow(tf), tf.get_default_graph().gradient_override_map({"Sin": name}):
        y = tf.cond(tf.reduce_sum(x) < 100, lambda: tf.sin(x) * 2, lambda: x)
        _, z = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, tf.sin(v)), [0, x])
        return run(tf, [tf.gradients(item, x) for item in (y, z)])


@results
def overridden_in_loops(tf: Any) -> Any:
    x = tf.constant(values(3))
    outer = tf.exp(x)
    name = registered(tf, lambda op, dy: dy * 2 * op.inputs[0] + op.outputs[0] * outer)

    def turn(i: Any, v: Any) -> Any:
        with tf.get_default_graph().gradient_override_map({"Sin": name}):
            return i + 1, tf.sin(v * outer) * 0.5

    _, y = tf.while_loop(lambda i, v: i < 3, turn, [0, x])
    return run(tf, tf.gradients(y, [x, outer]))


@results
def custom_in_graphs(tf: Any) -> Any:
    x = tf.constant(values(3))
    y = clipped(tf)(x)
    first = tf.gradients(y, x)

    @tf.custom_gradient
    def two(a: Any, b: Any) -> Any:
        c = a * b["k"]
        return (c, [tf.exp(b["k"])]), lambda dc, de: (dc * 2, {"k": de * 5 + dc})

    c, (e,) = two(x, {"k": x + 1})
    return run(tf, [y, first, tf.gradients(first, x), tf.gradients([c, e], x), tf.gradients(c, x)])


@results
@with_old_control_flow
def custom_in_branches(tf: Any) -> Any:
    x = tf.constant(values(3))
    scale = tf.exp(x)

    def branch() -> Any:
        return clipped(tf, scale)(x * 2) + scale

    y = tf.cond(tf.reduce_sum(x) < 100, branch, lambda: x)
    z = tf.cond(tf.reduce_sum(x) > 100, branch, lambda: x)

    def nested() -> Any:
        local = tf.cos(x)
        return tf.cond(tf.reduce_sum(x) < 100, lambda: clipped(tf, local)(x), lambda: local)

    w = tf.cond(tf.reduce_sum(x) < 100, nested, lambda: x)
    first = tf.gradients(y, x)
    return run(
        tf,
        [tf.gradients(item, [x, scale], unconnected_gradients="zero") for item in (y, z, w)]
        + [tf.gradients(first, x)],
    )


@results
def custom_in_loops(tf: Any) -> Any:
    x = tf.constant(values(3))
    scale = tf.exp(x)

    def turn(i: Any, v: Any) -> Any:
        local = tf.cos(v)
        return i + 1, clipped(tf, scale + local)(v) + clipped(tf, local)(x)

    _, y = tf.while_loop(lambda i, v: i < 3, turn, [0, x])
    mapped = tf.map_fn(clipped(tf, x[0]), x)
    scanned = tf.scan(lambda a, row: clipped(tf)(a) + row, x)
    return run(
        tf,
        [tf.gradients(item, [x, scale], unconnected_gradients="zero") for item in (y,)]
        + [tf.gradients(item, x) for item in (mapped, scanned)],
    )


@results
def overridden_in_nested_loops(tf: Any) -> Any:
    x = tf.constant(values(3))
    name = registered(tf, lambda op, dy: dy * op.inputs[0] * op.outputs[0])

    def wave(v: Any) -> Any:
        with tf.get_default_graph().gradient_override_map({"Tanh": name}):
            return tf.tanh(v)

    def turn(i: Any, v: Any) -> Any:
        local = tf.cos(v)
        _, inner = tf.while_loop(
            lambda j, u: j < i + 1, lambda j, u: (j + 1, wave(u) * local + v), [0, v]
        )
        return i + 1, inner

    def maybe(i: Any, v: Any) -> Any:
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: wave(v) * v, lambda: tf.cos(v) * v)

    _, y = tf.while_loop(lambda i, v: i < 2, turn, [0, x])
    _, z = tf.while_loop(lambda i, v: i < 3, maybe, [0, x])
    return run(tf, [tf.gradients(y, x), tf.gradients(z, x)])


@results
def custom_in_functions(tf: Any) -> Any:
    x = tf.constant(values(3))
    scale = tf.exp(x)

    @tf.function
    def call(a: Any) -> Any:
        local = tf.cos(a)
        return clipped(tf, local)(a) + clipped(tf, scale)(a)

    y = call(x)
    first = tf.gradients(y, x)
    return run(
        tf, [tf.gradients(y, [x, scale], unconnected_gradients="zero"), tf.gradients(first, x)]
    )


@results
def custom_asked_for_inside(tf: Any) -> Any:
    x = tf.constant(values(3))
    scale = tf.exp(x)
    before = clipped(tf, scale)(x)

    @tf.function
    def slope(a: Any) -> Any:
        return tf.gradients(before * clipped(tf)(a), [a, x])

    y = tf.cond(
        tf.reduce_sum(x) < 100,
        lambda: tf.gradients(before * before, x)[0],
        lambda: x,
    )

    def turn(i: Any, v: Any) -> Any:
        of_v, of_x = tf.gradients(clipped(tf, v)(v) * before, [v, x])
        return i + 1, v - 0.1 * (of_v + of_x)

    _, z = tf.while_loop(lambda i, v: i < 3, turn, [0, x])
    return run(tf, [slope(x), y, z])


@results
def custom_with_variables(tf: Any) -> Any:
    v = tf.get_variable("v", initializer=values(3), use_resource=True)
    w = tf.get_variable("w", initializer=values(3) + 1, use_resource=True)
    fixed = tf.get_variable("fixed", initializer=values(3) + 2, use_resource=True, trainable=False)
    seen = []

    @tf.custom_gradient
    def scaled(x: Any) -> Any:
        y = x * v * tf.stop_gradient(w) * fixed

        def grad(dy: Any, variables: Any) -> Any:
            seen.append([item.name for item in variables])
            return dy * v, [dy * (i + 1) for i, _ in enumerate(variables)]

        return y, grad

    x = tf.constant(values(3))
    y = scaled(x)
    found = [tf.gradients(y, [x, v, w, fixed], unconnected_gradients="zero")]
    y = tf.cond(tf.reduce_sum(x) < 100, lambda: scaled(x), lambda: x)
    found.append(tf.gradients(y, [x, v, w, fixed], unconnected_gradients="zero"))
    _, y = tf.while_loop(lambda i, u: i < 2, lambda i, u: (i + 1, scaled(u)), [0, x])
    found.append(tf.gradients(y, [x, v, w, fixed], unconnected_gradients="zero"))
    y = tf.function(scaled)(x)
    found.append(tf.gradients(y, [x, v, w, fixed], unconnected_gradients="zero"))
    return run(tf, found), seen


@results
def custom_with_table(tf: Any) -> Any:
    table = tf.get_variable("table", initializer=values(4, 2), use_resource=True)
    ids = tf.constant([1, 3, 1])

    @tf.custom_gradient
    def rows(scale: Any) -> Any:
        found = tf.gather(table, ids) * scale

        def grad(dy: Any, variables: Any) -> Any:
            return tf.reduce_sum(dy), [tf.IndexedSlices(dy * 2, ids, tf.shape(table))]

        return found, grad

    x = tf.constant(2.0)
    y = tf.cond(x < 100, lambda: rows(x), lambda: tf.zeros([3, 2]))
    _, z = tf.while_loop(
        lambda i, u: i < 2, lambda i, u: (i + 1, u + rows(x)), [0, tf.zeros([3, 2])]
    )
    found = [tf.convert_to_tensor(tf.gradients(item, table)[0]) for item in (rows(x), y, z)]
    return run(tf, [found, tf.gradients(y, x), tf.gradients(z, x)])


@results
def custom_and_old_variables(tf: Any) -> Any:
    v = tf.get_variable("v", initializer=values(3), use_resource=False)
    x = tf.constant(values(3))

    @tf.custom_gradient
    def scaled(x: Any) -> Any:
        return x * v, lambda dy, variables=None: (dy * 2, [dy * 3 for _ in variables])

    @tf.custom_gradient
    def makes(x: Any) -> Any:
        return x * tf.get_variable("new", initializer=values(3), use_resource=False), lambda dy: dy

    @tf.custom_gradient
    def forgets(x: Any) -> Any:
        return x * v, lambda dy: dy

    @tf.custom_gradient
    def short(x: Any) -> Any:
        return x * v, lambda dy, variables: (dy, [])

    y = scaled(x)
    return [
        run(tf, tf.gradients(y, [x, v])),
        attempt(lambda: makes(x)),
        attempt(lambda: forgets(x)),
        attempt(lambda: tf.gradients(short(x), x)),
    ]


@results
def custom_of_ragged_tensors(tf: Any) -> Any:
    x = tf.constant(values(3))

    @tf.custom_gradient
    def both(rows: Any, scale: Any) -> Any:
        found = rows * 2.0

        def grad(of_rows: Any, of_sum: Any) -> Any:
            return of_rows.with_flat_values(of_rows.flat_values * 7 + of_sum), of_sum * scale

        return (found, tf.reduce_sum(rows.flat_values) * scale), grad

    @tf.custom_gradient
    def values_of(item: Any) -> Any:
        return item.values, lambda dy: dy

    def made(factor: Any) -> Any:
        rows, total = both(tf.RaggedTensor.from_row_splits(x * factor, [0, 1, 3]), x[0])
        return rows.flat_values * x + total

    y = made(1.0)
    z = tf.cond(tf.reduce_sum(x) < 100, lambda: made(2.0), lambda: x)
    sparse = tf.SparseTensor(np.int64([[0], [1]]), values(2), [3])
    return (
        run(tf, [y, tf.gradients(y, x), z, tf.gradients(z, x)]),
        attempt(lambda: values_of(sparse)),
    )


@results
def custom_of_methods(tf: Any) -> Any:
    class Layer:
        factor = 4.0

        @tf.custom_gradient
        def call(self, x: Any) -> Any:
            return x * self.factor, lambda dy: dy * 7

    x = tf.constant(values(2))

    @tf.custom_gradient
    def unused(a: Any, b: Any) -> Any:
        return a * 2, lambda dy: (dy, None)

    return run(
        tf, [Layer().call(x), tf.gradients(Layer().call(x), x), tf.gradients(unused(x, x * 2), x)]
    )


@results
def custom_of_custom(tf: Any) -> Any:
    x = tf.constant(values(3))

    def make(scale: Any) -> Any:
        @tf.custom_gradient
        def outer(a: Any) -> Any:
            once = a**3

            def of_outer(dy: Any) -> Any:
                twice = tf.exp(a)

                @tf.custom_gradient
                def inner(_: Any) -> Any:
                    return once * scale, lambda ddy: ddy * twice * scale

                return dy * inner(a)

            return a * a, of_outer

        return outer

    scale = tf.cos(x)
    flat = make(scale)(x)
    branch = tf.cond(tf.reduce_sum(x) < 100, lambda: make(scale)(x), lambda: x)
    called = tf.function(make(scale))(x)
    found = []
    for y in (flat, branch, called):
        first = tf.gradients(y, x)
        found.append([first, tf.gradients(first, x)])
    return run(tf, found)


@results
def custom_of_custom_in_loops(tf: Any) -> Any:
    x = tf.constant(values(3))
    make = clipped
    _, y = tf.while_loop(lambda i, v: i < 2, lambda i, v: (i + 1, make(tf, v)(v)), [0, x])
    first = tf.gradients(y, x)
    return run(tf, [first, tf.gradients(first, x)])


def defining(tf: Any) -> Any:
    """Defun, which is not public in TensorFlow 2."""
    if tf.__name__ == "minihub_runtime":
        return tf.framework.function.Defun
    return importlib.import_module("tensorflow.python.framework.function").Defun


@results
def of_defined_functions(tf: Any) -> Any:
    Defun = defining(tf)
    x = tf.constant(values(3))

    @Defun(
        tf.float32,
        python_grad_func=lambda op, dy: dy * 3 * op.inputs[0],
        func_name=f"Own{next(NUMBERS)}",
    )
    def own(a: Any) -> Any:
        return tf.sin(a)

    @Defun(tf.float32, tf.float32, func_name=f"Grad{next(NUMBERS)}")
    def grad(a: Any, dy: Any) -> Any:
        return dy * 5 * a

    @Defun(tf.float32, grad_func=grad, func_name=f"Other{next(NUMBERS)}")
    def other(a: Any) -> Any:
        return tf.sin(a)

    name = registered(tf, lambda op, dy: dy * 11 * op.inputs[0])

    @Defun(tf.float32, func_name=f"Third{next(NUMBERS)}")
    def third(a: Any) -> Any:
        with tf.get_default_graph().gradient_override_map({"Sin": name}):
            return tf.sin(a)

    @Defun(tf.float32, func_name=f"Fourth{next(NUMBERS)}")
    def fourth(a: Any) -> Any:
        return clipped(tf)(a)

    found = [run(tf, tf.gradients(f(x), x)) for f in (own, other, third, fourth)]
    y = tf.cond(tf.reduce_sum(x) < 100, lambda: own(x), lambda: x)
    return found, run(tf, tf.gradients(y, x))


@results
def twice_of_defined_functions(tf: Any) -> Any:
    x = tf.constant(values(3))

    @defining(tf)(tf.float32, func_name=f"Cube{next(NUMBERS)}")
    def cube(a: Any) -> Any:
        return a * a * a

    @defining(tf)(tf.float32, func_name=f"Slope{next(NUMBERS)}")
    def slope(a: Any) -> Any:
        return tf.gradients(cube(a), a)[0]

    @defining(tf)(
        tf.float32,
        python_grad_func=lambda op, dy: dy * op.inputs[0],
        func_name=f"Own{next(NUMBERS)}",
    )
    def own(a: Any) -> Any:
        return a * a * a

    def kind(function: Callable[[], Any]) -> Any:
        try:
            return function()
        except (LookupError, tf.errors.OpError) as error:
            return type(error).__name__

    first = tf.gradients(cube(x), x)
    return [
        run(tf, [first, slope(x), tf.gradients(tf.stop_gradient(first[0]) * x, x)]),
        kind(lambda: tf.gradients(first, x)),
        kind(lambda: run(tf, tf.gradients(slope(x), x))),
        run(tf, tf.gradients(tf.gradients(own(x), x), x)),
    ]


@results
def refused(tf: Any) -> Any:
    x = tf.constant(values(3))
    wrong = registered(tf, lambda op, dy: [dy, dy])
    unknown = f"Nobody{next(NUMBERS)}"

    def made(name: str, inside: bool) -> Any:
        def build() -> Any:
            with tf.get_default_graph().gradient_override_map({"Sin": name}):
                return tf.sin(x)

        y = tf.cond(tf.reduce_sum(x) < 100, build, lambda: x) if inside else build()
        return tf.gradients(y, x)

    known = registered(tf, lambda op, dy: dy)
    function = tf.custom_gradient(lambda a: (a, lambda dy: dy))

    def lookup(name: str, inside: bool) -> Any:
        try:
            return made(name, inside)
        except LookupError as error:
            return type(error).__name__

    return [
        attempt(lambda: made(wrong, False)),
        attempt(lambda: made(wrong, True)),
        lookup(unknown, False),
        lookup(unknown, True),
        attempt(lambda: tf.RegisterGradient(known)(lambda op, dy: dy)),
        attempt(lambda: tf.RegisterGradient("Sin")(lambda op, dy: dy)),
        attempt(lambda: tf.RegisterGradient(3)),
        attempt(lambda: tf.NotDifferentiable(3)),
        attempt(lambda: tf.NotDifferentiable("Sin")),
        attempt(lambda: function(a=x)),
    ]


@results
@with_old_control_flow
def graphs_inside_of_gradients(tf: Any) -> Any:
    x = tf.constant(values(3))
    scale = tf.exp(x)

    @tf.custom_gradient
    def function(a: Any) -> Any:
        y = tf.sin(a)

        def grad(dy: Any) -> Any:
            with tf.control_dependencies([dy, y, y.op]):
                again = tf.identity(a)
            recomputed = tf.sin(again) * scale
            (found,) = tf.gradients(recomputed, again, dy)
            (direct,) = tf.gradients(y, a, dy)
            (whole,) = tf.gradients(tf.sin(a) * a, a)
            chosen = tf.cond(tf.reduce_sum(a) < 100, lambda: dy * scale + y, lambda: dy)
            _, turned = tf.while_loop(
                lambda i, v: i < 2, lambda i, v: (i + 1, v * a + y), [0, chosen]
            )
            return found + direct * 2 + whole * 3 + turned * 4

        return y, grad

    flat = function(x)
    branch = tf.cond(tf.reduce_sum(x) < 100, lambda: function(x), lambda: x)
    return run(tf, [tf.gradients(y, x) for y in (flat, branch)])


@results
def functions_inside_of_gradients(tf: Any) -> Any:
    x = tf.constant(values(3))

    @tf.custom_gradient
    def function(a: Any) -> Any:
        y = tf.sin(a)

        def grad(dy: Any) -> Any:
            again = tf.identity(a)
            (found,) = tf.gradients(tf.sin(again) * again, again, dy)
            chosen = tf.cond(tf.reduce_sum(a) < 100, lambda: dy * a + y, lambda: dy)
            _, turned = tf.while_loop(
                lambda i, v: i < 2, lambda i, v: (i + 1, v * a + y), [0, chosen]
            )
            return found + turned * 4

        return y, grad

    branch = tf.cond(tf.reduce_sum(x) < 100, lambda: function(x), lambda: x)
    _, loop = tf.while_loop(lambda i, v: i < 2, lambda i, v: (i + 1, function(v)), [0, x])
    called = tf.function(function)(x)
    return run(tf, [tf.gradients(y, x) for y in (branch, loop, called)])


@results
def passing_and_computing_anew(tf: Any) -> Any:
    x = tf.constant(values(3))
    v = tf.get_variable("v", initializer=values(3), use_resource=True)
    passed = tf.grad_pass_through(lambda a: tf.round(a * v))
    anew = tf.recompute_grad(lambda a: tf.sin(a * v) * a)

    @tf.recompute_grad
    def two(a: Any, b: Any) -> Any:
        return [a * b, tf.exp(b)]

    first = tf.gradients(anew(x), [x, v])
    branch = tf.cond(tf.reduce_sum(x) < 100, lambda: anew(x), lambda: x)
    return run(
        tf,
        [
            passed(x),
            tf.gradients(passed(x) * x, [x, v], unconnected_gradients="zero"),
            anew(x),
            first,
            tf.gradients(two(x, x + 1), x),
            tf.gradients(branch, [x, v]),
        ],
    )
