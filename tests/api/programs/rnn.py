"""Recurrent cells and the loops that run them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results
from tests.api.programs.convolution import numbers


def run(tf: Any, *structures: Any) -> Any:
    """The values of structures, with variables that are small numbers rather than drawn."""
    with tf.Session() as session:
        for variable in tf.global_variables():
            shape = variable.shape.as_list()
            variable.load(
                numbers(*shape).astype(variable.dtype.base_dtype.as_numpy_dtype) / 4, session
            )
        return [
            [np.round(np.asarray(value, np.float64), 4) for value in flat(tf, session.run(item))]
            for item in structures
        ]


def cells_of(tf: Any) -> Any:
    """The cells; their variables begin as zeros, for Keras draws with seeds that nobody can set."""
    tf.get_variable_scope().set_initializer(tf.zeros_initializer())
    return tf.nn.rnn_cell


def flat(tf: Any, value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flat(tf, item)]
    return [value]


def variables(tf: Any) -> Any:
    return [(v.name, v.shape.as_list(), v.dtype.name) for v in tf.global_variables()]


@program
def basic_cells(tf: Any) -> Any:
    cells = cells_of(tf)
    x = tf.constant(numbers(2, 3))
    found = []
    for cell in (
        cells.BasicRNNCell(4),
        cells.GRUCell(4),
        cells.BasicLSTMCell(4),
        cells.BasicLSTMCell(4, forget_bias=0.5, activation=tf.nn.relu, name="named"),
        cells.BasicLSTMCell(4, state_is_tuple=False, name="joined"),
    ):
        state = cell.zero_state(2, tf.float32)
        output, state = cell(x, state)
        found.append([output, state, *cell(x, state)])
    return [run(tf, *found), variables(tf)]


@program
def lstm_cells(tf: Any) -> Any:
    cell = cells_of(tf).LSTMCell
    x = tf.constant(numbers(2, 3))
    found = []
    for number, arguments in enumerate(
        (
            {},
            {"use_peepholes": True},
            {"num_proj": 2, "proj_clip": 0.25, "cell_clip": 0.5},
            {"use_peepholes": True, "num_proj": 2, "forget_bias": 0.0},
            {"state_is_tuple": False, "num_proj": 2},
            {"initializer": tf.zeros_initializer(), "activation": "relu"},
        )
    ):
        made = cell(4, name=f"cell{number}", **arguments)
        output, state = made(x, made.zero_state(2, tf.float32))
        found.append([output, state, *made(x, state)])
        found.append([tf.constant(1.0)])
    return [run(tf, *found), variables(tf)]


@program
def stacked_and_wrapped_cells(tf: Any) -> Any:
    cells = cells_of(tf)
    x = tf.constant(numbers(2, 3))
    stack = cells.MultiRNNCell([cells.BasicLSTMCell(4), cells.GRUCell(3), cells.BasicRNNCell(2)])
    joined = cells.MultiRNNCell([cells.GRUCell(3), cells.BasicRNNCell(2)], state_is_tuple=False)
    residual = cells.ResidualWrapper(cells.GRUCell(3))
    other = cells.ResidualWrapper(cells.GRUCell(3), residual_fn=lambda i, o: tf.concat([i, o], 1))
    placed = cells.DeviceWrapper(cells.GRUCell(3), "/cpu:0")
    found = []
    for number, cell in enumerate((stack, joined, residual, other, placed)):
        with tf.variable_scope(f"scope{number}"):
            output, state = cell(x, cell.zero_state(2, tf.float32))
            found.append([output, state])
    sizes = [(stack.state_size, stack.output_size), (joined.state_size, joined.output_size)]
    return [run(tf, *found), variables(tf), str(sizes[1]), len(stack.trainable_weights)]


@program
def dropped_out_cells(tf: Any) -> Any:
    cells = cells_of(tf)
    x = tf.constant(numbers(2, 3))
    tf.set_random_seed(3)
    plain = cells.DropoutWrapper(cells.BasicLSTMCell(4), 0.5, 0.75, 0.5, seed=7)
    unseeded = cells.DropoutWrapper(cells.GRUCell(4), output_keep_prob=0.5)
    kept = cells.DropoutWrapper(
        cells.GRUCell(3), input_keep_prob=tf.placeholder_with_default(0.5, [])
    )
    same = cells.DropoutWrapper(
        cells.BasicLSTMCell(4), 0.5, 0.5, 0.5, variational_recurrent=True, input_size=3,
        dtype=tf.float32, seed=5,
    )  # fmt: skip
    found = []
    for number, cell in enumerate((plain, unseeded, kept, same)):
        with tf.variable_scope(f"scope{number}"):
            output, state = cell(x, cell.zero_state(2, tf.float32))
            found.append([output, state])
    return [run(tf, *found), variables(tf)]


@program
def users_own_cells(tf: Any) -> Any:
    class Doubling(cells_of(tf).RNNCell):  # type: ignore[name-defined,misc]
        @property
        def state_size(self) -> int:
            return 2

        @property
        def output_size(self) -> int:
            return 2

        def call(self, inputs: Any, state: Any) -> Any:
            kernel = tf.get_variable("kernel", [3, 2])
            output = tf.matmul(inputs, kernel) + 2 * state
            return output, output

    cell = Doubling()
    x = tf.constant(numbers(2, 3))
    output, state = cell(x, cell.zero_state(2, tf.float32))
    return [run(tf, [output, *cell(x, state)]), variables(tf), [v.name for v in cell.weights]]


@program
def wrong_cells(tf: Any) -> Any:
    cells = cells_of(tf)
    with tf.Graph().as_default():
        x = tf.constant(numbers(2, 3))
        unknown = tf.placeholder(tf.float32, [2, None])
        return [
            message(lambda: cells.GRUCell(2)(unknown, tf.zeros([2, 2]))),
            message(lambda: cells.GRUCell(2)(tf.constant([[1]]), tf.zeros([2, 2], tf.int32))),
            message(lambda: cells.MultiRNNCell([])),
            message(lambda: cells.MultiRNNCell(7)),
            message(lambda: cells.MultiRNNCell([cells.BasicLSTMCell(2)], state_is_tuple=False)),
            message(lambda: cells.DropoutWrapper(cells.GRUCell(2), 2.0)),
            message(lambda: cells.DropoutWrapper(cells.GRUCell(2), variational_recurrent=True)),
            message(lambda: tf.nn.dynamic_rnn(None, x, dtype=tf.float32)),
            message(lambda: cells.GRUCell(2).get_initial_state()),
        ]


@program
def static_networks(tf: Any) -> Any:
    cells = cells_of(tf)
    steps = [tf.constant(numbers(2, 3)), tf.constant(numbers(2, 3) + 1)]
    found = [
        tf.nn.static_rnn(cells.BasicRNNCell(2), steps, dtype=tf.float32),
        tf.nn.static_rnn(
            cells.BasicLSTMCell(2), steps, cells.LSTMStateTuple(tf.ones([2, 2]), tf.ones([2, 2])),
            scope="given",
        ),
        tf.nn.static_bidirectional_rnn(
            cells.GRUCell(2), cells.BasicRNNCell(2), steps, dtype=tf.float32
        ),
    ]  # fmt: skip
    return [run(tf, *found), variables(tf)]


@results
def static_networks_of_lengths(tf: Any) -> Any:
    cells = cells_of(tf)
    steps = [tf.constant(numbers(2, 3)), tf.constant(numbers(2, 3) + 1), tf.constant(numbers(2, 3))]
    found = [
        tf.nn.static_rnn(cells.BasicLSTMCell(2), steps, dtype=tf.float32, sequence_length=[2, 1]),
        tf.nn.static_bidirectional_rnn(
            cells.GRUCell(2), cells.BasicRNNCell(2), steps, dtype=tf.float32, sequence_length=[3, 1]
        ),
    ]
    return [run(tf, *found), variables(tf)]


@program
def networks(tf: Any) -> Any:
    cells = cells_of(tf)
    x = tf.constant(numbers(2, 4, 3))
    found = [
        tf.nn.dynamic_rnn(cells.BasicLSTMCell(2), x, dtype=tf.float32),
        tf.nn.dynamic_rnn(cells.GRUCell(2), x, [4, 2], dtype=tf.float32, scope="lengths"),
        tf.nn.dynamic_rnn(
            cells.GRUCell(2), tf.transpose(x, [1, 0, 2]), initial_state=tf.ones([2, 2]), time_major=True,
            scope="major",
        ),
        tf.nn.bidirectional_dynamic_rnn(
            cells.BasicLSTMCell(2), cells.GRUCell(2), x, tf.constant([3, 4]), dtype=tf.float32
        ),
        tf.nn.bidirectional_dynamic_rnn(
            cells.GRUCell(2), cells.GRUCell(2), x, dtype=tf.float32, scope="both"
        ),
    ]  # fmt: skip
    return [run(tf, *found), variables(tf)]


@program
def networks_of_stacks(tf: Any) -> Any:
    cells = cells_of(tf)
    x = tf.placeholder_with_default(numbers(2, 4, 3), [None, None, 3])
    stack = cells.MultiRNNCell([cells.LSTMCell(3, num_proj=2), cells.GRUCell(2)])
    found = [
        tf.nn.dynamic_rnn(stack, x, tf.placeholder_with_default([1, 4], [None]), dtype=tf.float32)
    ]
    return [run(tf, *found), variables(tf)]


@program
def wrong_networks(tf: Any) -> Any:
    cells = cells_of(tf)
    with tf.Graph().as_default():
        x = tf.constant(numbers(2, 4, 3))
        unknown = tf.placeholder(tf.float32, [2, 4, None])
        return [
            message(lambda: tf.nn.dynamic_rnn(cells.GRUCell(2), x)),
            message(lambda: tf.nn.static_rnn(cells.GRUCell(2), [], dtype=tf.float32)),
            message(lambda: tf.nn.static_rnn(cells.GRUCell(2), x, dtype=tf.float32)).split("Rec")[0],
            message(lambda: tf.nn.dynamic_rnn(cells.GRUCell(2), unknown, dtype=tf.float32)).split(" for")[0],
            message(lambda: tf.nn.raw_rnn(cells.GRUCell(2), None)),
        ]  # fmt: skip


@program
def raw_networks(tf: Any) -> Any:
    x = tf.constant(numbers(3, 2, 3))
    source = tf.TensorArray(tf.float32, 3).unstack(x)
    cell = cells_of(tf).GRUCell(2)

    def loop_fn(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        state = cell.zero_state(2, tf.float32) if output is None else state
        finished = time >= tf.constant([3, 2])
        done = tf.reduce_all(finished)
        given = tf.cond(done, lambda: tf.zeros([2, 3]), lambda: source.read(time))
        return finished, given, state, output, None

    outputs, state, loop_state = tf.nn.raw_rnn(cell, loop_fn)
    return [run(tf, [outputs.stack(), state]), variables(tf), loop_state]


@program
def states_of_batches(tf: Any) -> Any:
    """The number of sequences as a number, as one of NumPy, and as tensors whose value is known or not."""
    cell = cells_of(tf).BasicLSTMCell(4)
    for size in (2, np.int64(2), tf.constant(2), tf.constant([2]), tf.placeholder(tf.int32, [])):
        cell.zero_state(size, tf.float32)
