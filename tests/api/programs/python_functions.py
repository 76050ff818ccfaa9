"""Python functions in graphs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import results


def kind_of(value: Any) -> str:
    return f"{type(value).__name__.rstrip('_')} {getattr(value, 'dtype', '')}"


def failing(error: Exception) -> Any:
    def fail() -> Any:
        raise error

    return fail


@results
def what_functions_get_and_return(tf: Any) -> Any:
    x, words = tf.constant([1.0, 2.0]), tf.constant(["a", "bc"])
    inputs = [x, tf.constant(1.0), words, tf.constant("a"), tf.constant(True), [1, 2], 3]
    v = tf.get_variable("v", [2], initializer=tf.ones_initializer())
    steps: list[Any] = [
        tf.py_func(lambda *items: [kind_of(item) for item in items], inputs, [tf.string] * 7),
        tf.py_func(lambda a: a * 2, [v], tf.float32),
        tf.py_func(lambda a, b: (a + b, b), [x, x], [tf.float32, tf.float32]),
        tf.py_func(lambda: (1, 2.5, True, "é"), [], (tf.int64, tf.float64, tf.bool, tf.string)),
        tf.py_func(lambda: np.array(["a", "bc"]), [], tf.string),
        tf.py_func(lambda: np.array([b"a", "bc"], object), [], tf.string),
        tf.py_func(lambda: np.asfortranarray(np.arange(6).reshape(2, 3)), [], tf.int64),
        tf.numpy_function(lambda a: a.sum(), [x], tf.float32),
        tf.py_func(lambda: b"x", [], [tf.string]),
        tf.py_func(lambda a: a, [x], [tf.float32], stateful=False, name="named"),
        tf.cond(x[0] > 0, lambda: tf.py_func(lambda a: a * 3, [x], tf.float32), lambda: x),
    ]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = session.run(steps)
    return [
        found,
        [str(step.shape) for step in steps[:2] if not isinstance(step, list)],
        [steps[1].op.type, steps[9][0].op.type, steps[9][0].op.name],
        tf.gradients(steps[1], [v]),
    ]


@results
def what_functions_do(tf: Any) -> Any:
    calls: list[int] = []

    def note(x: Any) -> None:
        calls.append(int(x))

    noted = tf.py_func(note, [tf.constant(3)], [])
    with tf.Session() as session, tf.control_dependencies([noted]):
        session.run([noted, noted])
        session.run(tf.identity(1))
    return [noted.type, calls]


@results
def elements_of_datasets_pass_functions(tf: Any) -> Any:
    made = tf.data.Dataset.range(3).map(lambda x: tf.py_func(lambda a: a * 3, [x], tf.int64))
    following = tf.data.make_one_shot_iterator(made.batch(3)).get_next()
    with tf.Session() as session:
        return [session.run(following)]


@results
def failures_of_functions(tf: Any) -> Any:
    errors = [
        ValueError("v"), TypeError("v"), StopIteration("s"), KeyError("k"), NotImplementedError("n"),
        MemoryError("m"), tf.errors.NotFoundError(None, None, "f"), AssertionError("a"), IndexError("i"),
    ]  # fmt: skip
    steps = [tf.py_func(failing(error), [], tf.float32) for error in errors]
    steps += [
        tf.py_func(lambda: np.float64(1), [], tf.float32),
        tf.py_func(lambda: [np.float32(1)] * 2, [], tf.float32),
        tf.py_func(lambda: None, [], tf.float32),
        tf.py_func(lambda: 1, [], tf.int32),
        tf.py_func(object, [], tf.float32),
    ]
    kinds = []
    with tf.Session() as session:
        for step in steps:
            try:
                kinds.append(str(session.run(step)))
            except tf.errors.OpError as error:
                kinds.append(type(error).__name__)
        for wrong in (lambda: tf.py_func(5, [], tf.int32), lambda: tf.py_func(len, 2, tf.int32)):
            try:
                wrong()
            except (TypeError, ValueError) as error:
                kinds.append(type(error).__name__)
    return kinds
