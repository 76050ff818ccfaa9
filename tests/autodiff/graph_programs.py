"""Graphs with loops, branches and calls, as TensorFlow writes them, and TensorFlow's gradients of them.

    python -m tests.autodiff.graph_programs

writes `graphs/<name>.pb`, a GraphDef, and `graphs/<name>.npz`: `feed/<tensor>`, `x/<number>/<tensor>` with the gradient of the
tensor `y:0`, summed, with respect to it, `none/<number>/<tensor>` where there is none.  Runs where `tests.golden.generate` runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tests.golden.generate import config
from tests.samples import normal

tf1 = tf.compat.v1
FOLDER = Path(__file__).parent / "graphs"


def fed(name: str, value: Any) -> Any:
    """A placeholder, whose value is kept with it."""
    tensor = tf1.placeholder(value.dtype, [None] * value.ndim, name)
    FEEDS[tensor] = value
    return tensor


FEEDS: dict[Any, Any] = {}
#: The name of a gradient that is none of an op.
REGISTERED = "OfTheTests"


def sums() -> Any:
    x, w, b = fed("x", normal(3)), fed("w", normal(3, seed=1)), fed("b", normal(3, seed=2))
    n = fed("n", np.int32(4))
    _, y = tf1.while_loop(lambda i, v: i < n, lambda i, v: (i + 1, tf.sin(v * w) + b), [0, x])
    return y, [x, w, b]


def no_turns() -> Any:
    x, w = fed("x", normal(3)), fed("w", normal(3, seed=1))
    n = fed("n", np.int32(0))
    _, y = tf1.while_loop(lambda i, v: i < n, lambda i, v: (i + 1, v * w), [0, x])
    return y * w, [x, w]


def two_variables() -> Any:
    x, z = fed("x", normal(2, 2)), fed("z", normal(2, 2, seed=1))
    _, u, v = tf1.while_loop(
        lambda i, u, v: i < 3,
        lambda i, u, v: (i + 1, tf.matmul(u, v) * 0.5, tf.tanh(u) + v),
        [0, x, z],
    )
    return u[0] * v[1], [x, z]


def unused_variable() -> Any:
    x, z = fed("x", normal(2)), fed("z", normal(2, seed=1))
    _, u, _ = tf1.while_loop(
        lambda i, u, v: i < 3, lambda i, u, v: (i + 1, u * v, v + 1.0), [0, x, z]
    )
    return u, [x, z]


def unconnected() -> Any:
    x, z, c, w = (fed(name, normal(2, seed=i)) for i, name in enumerate(("x", "z", "c", "w")))
    before = tf.exp(c, "before")
    _, u, _ = tf1.while_loop(
        lambda i, u, v: i < 3, lambda i, u, v: (i + 1, u * w, v * before), [0, x, z]
    )
    return u, [x, z, c, before, w]


def unconnected_branch() -> Any:
    x, z, c = (fed(name, normal(2, seed=i)) for i, name in enumerate(("x", "z", "c")))
    flag = fed("flag", np.bool_(True))
    u, _, _ = tf1.cond(
        flag,
        lambda: [x * 2.0, z * 3.0, tf.stop_gradient(c)],
        lambda: [x + tf.floor(c), x, x],
    )
    return u, [x, z, c]


def nested() -> Any:
    x, w = fed("x", normal(3)), fed("w", normal(3, seed=1))

    def turn(i: Any, v: Any) -> Any:
        _, inner = tf1.while_loop(
            lambda j, u: j < i + 1, lambda j, u: (j + 1, tf.sin(u) * w + v), [0, v * w]
        )
        return i + 1, inner + v

    _, y = tf1.while_loop(lambda i, v: i < 3, turn, [0, x])
    return y, [x, w]


def branch_in_loop() -> Any:
    x, w = fed("x", normal(3)), fed("w", normal(3, seed=1))

    def turn(i: Any, v: Any) -> Any:
        even = tf.equal(i % 2, 0)
        return i + 1, tf1.cond(even, lambda: tf.exp(v * w) * 0.1, lambda: tf.sin(v) - w)

    _, y = tf1.while_loop(lambda i, v: i < 5, turn, [0, x])
    return y, [x, w]


def branch() -> Any:
    x, w = fed("x", normal(3)), fed("w", normal(3, seed=1))
    y = tf1.cond(tf.reduce_sum(x) > 0, lambda: tf.exp(x) * w, lambda: tf.sin(w))
    z = tf1.cond(tf.reduce_sum(x) < 0, lambda: tf.exp(x) * y, lambda: y * w)
    return y * z, [x, w]


def gathered() -> Any:
    table = fed("table", normal(5, 2))
    ids = fed("ids", np.array([1, 3, 3, 0], np.int32))
    _, y = tf1.while_loop(
        lambda i, v: i < 4,
        lambda i, v: (i + 1, v * tf.gather(table, ids[i]) + 1.0),
        [0, tf.ones([2])],
    )
    return y, [table]


def mapped() -> Any:
    x, w = fed("x", normal(4, 3)), fed("w", normal(3, seed=1))
    return tf.map_fn(lambda row: tf.tanh(row * w), x), [x, w]


def scanned() -> Any:
    x, w = fed("x", normal(4, 3)), fed("w", normal(3, seed=1))
    return tf.scan(lambda a, row: tf.tanh(a * w) + row, x), [x, w]


def registered() -> Any:
    """What `test_graphs.py` registers too."""
    x, w = fed("x", normal(3)), fed("w", normal(3, seed=1))
    outer = tf.exp(w)

    def wave(v: Any) -> Any:
        with tf1.get_default_graph().gradient_override_map({"Sin": REGISTERED}):
            return tf.sin(v)

    def turn(i: Any, v: Any) -> Any:
        def inner(j: Any, u: Any) -> Any:
            return j + 1, wave(u) * w + v

        return i + 1, tf1.while_loop(lambda j, u: j < i + 1, inner, [0, v * outer])[1]

    _, y = tf1.while_loop(lambda i, v: i < 3, turn, [0, x])
    return tf1.cond(tf.reduce_sum(x) < 100, lambda: wave(y) * x, lambda: x), [x, w]


def recurrent() -> Any:
    x, kernel = fed("x", normal(2, 5, 3)), fed("kernel", normal(7, 16, seed=1))
    lengths = fed("lengths", np.array([5, 3], np.int32))

    class Cell(tf1.nn.rnn_cell.RNNCell):
        @property
        def state_size(self) -> Any:
            return (4, 4)

        @property
        def output_size(self) -> Any:
            return 4

        def call(self, inputs: Any, state: Any) -> Any:
            c, h = state
            i, j, f, o = tf.split(tf.matmul(tf.concat([inputs, h], 1), kernel), 4, 1)
            c = tf.sigmoid(f + 1.0) * c + tf.sigmoid(i) * tf.tanh(j)
            h = tf.sigmoid(o) * tf.tanh(c)
            return h, (c, h)

    x.set_shape([None, None, 3])
    y, (c, _) = tf1.nn.dynamic_rnn(Cell(), x, lengths, dtype=tf.float32)
    return tf.concat([tf.reshape(y, [-1]), tf.reshape(c, [-1])], 0), [x, kernel]


def called() -> Any:
    x, w = fed("x", normal(3)), fed("w", normal(3, seed=1))

    @tf.function(autograph=False)
    def step(a: Any, b: Any) -> Any:
        return tf.sin(a) * b, a + b

    u, v = step(x, w)
    return u * step(v, u)[0], [x, w]


#: Programs that both ways of writing control flow can express.
PROGRAMS: tuple[Callable[[], Any], ...] = (
    sums,
    no_turns,
    two_variables,
    unused_variable,
    unconnected,
    unconnected_branch,
    nested,
    branch_in_loop,
    branch,
    gathered,
    mapped,
    scanned,
    registered,
    recurrent,
)


def write(name: str, program: Callable[[], Any]) -> None:
    """Write the files of one program."""
    FEEDS.clear()
    with tf.Graph().as_default() as graph:
        y, xs = program()
        y = tf.identity(y, "y")
        definition = graph.as_graph_def()
        found = tf.gradients(y, xs)
        there = [i for i, g in enumerate(found) if g is not None]
        with tf1.Session(config=config()) as session:
            values = session.run([tf.convert_to_tensor(found[i]) for i in there], FEEDS)
        stored = {f"feed/{tensor.op.name}": value for tensor, value in FEEDS.items()}
        stored |= {f"x/{i}/{xs[i].op.name}": value for i, value in zip(there, values)}
        stored |= {f"none/{i}/{x.op.name}": np.zeros(0) for i, x in enumerate(xs) if i not in there}
    (FOLDER / f"{name}.pb").write_bytes(definition.SerializeToString(deterministic=True))
    np.savez_compressed(FOLDER / f"{name}.npz", **stored)


def main(chosen: list[str]) -> None:
    """Write the chosen programs, or all."""
    tf1.RegisterGradient(REGISTERED)(lambda op, dy: dy * 2 * op.inputs[0] + op.outputs[0] * 0.1)
    for version in (1, 2):
        (tf1.enable_control_flow_v2 if version == 2 else tf1.disable_control_flow_v2)()
        for program in PROGRAMS:
            name = f"{program.__name__}_v{version}"
            if not chosen or name in chosen:
                write(name, program)
                print(name, flush=True)
    if not chosen or "called" in chosen:
        write("called", called)


if __name__ == "__main__":
    main(sys.argv[1:])
