"""`tf.contrib.rnn`: stacks of layers in both directions; `tf.contrib.cudnn_rnn`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

BATCH, TIME, DEPTH, UNITS = 2, 3, 4, (5, 2)
LENGTHS = [3, 2]


@pytest.fixture(autouse=True)
def _graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


@pytest.fixture
def inputs() -> Any:
    """Sequences that are the same in every run."""
    tf.set_random_seed(1)
    return tf.constant(np.random.default_rng(0).standard_normal((BATCH, TIME, DEPTH)), tf.float32)


def cells() -> list[Any]:
    """A cell for each layer."""
    return [tf.nn.rnn_cell.GRUCell(units) for units in UNITS]


def values(*wanted: Any) -> Any:
    """What tensors are, after initialisation."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(wanted)


def test_layers_get_what_both_directions_below_put_out(inputs: Any) -> None:
    outputs, forward, backward = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
        cells(), cells(), inputs, dtype=tf.float32, sequence_length=LENGTHS
    )
    assert [variable.op.name for variable in tf.global_variables()][:4] == [
        f"stack_bidirectional_rnn/cell_0/bidirectional_rnn/fw/gru_cell/{part}"
        for part in ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")
    ]
    expected, last = inputs, []
    with tf.variable_scope("stack_bidirectional_rnn", reuse=True):
        for i, units in enumerate(UNITS):
            with tf.variable_scope(f"cell_{i}"):
                both, states = tf.nn.bidirectional_dynamic_rnn(
                    tf.nn.rnn_cell.GRUCell(units),
                    tf.nn.rnn_cell.GRUCell(units),
                    expected,
                    sequence_length=LENGTHS,
                    dtype=tf.float32,
                )
            expected = tf.concat(both, 2)
            last.append(states)
    found, wanted = values((outputs, forward, backward), (expected, *zip(*last, strict=True)))
    assert found[0].shape == (BATCH, TIME, 2 * UNITS[-1])
    assert [state.shape for state in found[1]] == [(BATCH, units) for units in UNITS]
    flatten = tf.contrib.framework.nest.flatten
    for one, other in zip(flatten(found), flatten(wanted), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_list_of_steps_gives_what_sequences_give(inputs: Any) -> None:
    initial: Any = {
        f"initial_states_{way}": [tf.fill([BATCH, units], 0.5 * sign) for units in UNITS]
        for way, sign in (("fw", 1), ("bw", -1))
    }
    with tf.variable_scope("", initializer=tf.constant_initializer(0.25)):
        steps, *last = tf.contrib.rnn.stack_bidirectional_rnn(
            cells(), cells(), tf.unstack(inputs, axis=1), scope="steps", **initial
        )
        outputs, *others = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
            cells(),
            cells(),
            tf.transpose(inputs, [1, 0, 2]),
            time_major=True,
            scope="sequences",
            **initial,
        )
    a, b, states, same = values(tf.stack(steps), outputs, last, others)
    np.testing.assert_allclose(a, b, rtol=1e-6)
    flatten = tf.contrib.framework.nest.flatten
    for one, other in zip(flatten(states), flatten(same), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize(
    ("forward", "backward", "states", "message"),
    [
        ([], [], None, "at least one fw cell"),
        (cells, [], None, "at least one bw cell"),
        (lambda: tuple(cells()), cells, None, "cells_fw must be a list"),
        (cells, lambda: cells()[:1], None, "same depth"),
        (cells, cells, [None], "initial_states_bw must be a list of state tensors"),
    ],
)
def test_cells_and_states_belong_together(
    inputs: Any, forward: Any, backward: Any, states: Any, message: str
) -> None:
    both = [way() if callable(way) else way for way in (forward, backward)]
    with pytest.raises(ValueError, match=message):
        tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
            *both, inputs, initial_states_bw=states, dtype=tf.float32
        )


def test_an_lstm_computes_what_a_gpu_learned(inputs: Any) -> None:
    cell = tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell(2)
    stack = tf.nn.rnn_cell.MultiRNNCell([cell])
    found, _ = tf.nn.dynamic_rnn(stack, inputs, dtype=tf.float32)
    names = [variable.op.name for variable in tf.global_variables("rnn")]
    scope = "rnn/multi_rnn_cell/cell_0/cudnn_compatible_lstm_cell"
    assert names == [f"{scope}/kernel", f"{scope}/bias"]
    with tf.variable_scope("rnn/multi_rnn_cell", reuse=True):
        plain = tf.nn.rnn_cell.LSTMCell(2, forget_bias=0, name="cudnn_compatible_lstm_cell")
        wanted, _ = tf.nn.dynamic_rnn(plain, inputs, dtype=tf.float32, scope="cell_0")
    mine, theirs = values(found, wanted)
    np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def test_a_gru_of_cudnn_resets_what_the_state_gives_the_candidate() -> None:
    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    rng = np.random.default_rng(1)
    x, state = (rng.standard_normal((3, size)).astype(np.float32) for size in (4, 2))
    cell = tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(
        2, kernel_initializer=tf.random_normal_initializer(seed=1)
    )
    new, same = cell(tf.constant(x), tf.constant(state))
    variables = tf.trainable_variables("cudnn_compatible_gru_cell")
    projections = ("input_projection", "hidden_projection")
    assert new is same
    assert [variable.op.name for variable in variables] == [
        *(f"cudnn_compatible_gru_cell/gates/{part}" for part in ("kernel", "bias")),
        *(f"cudnn_compatible_gru_cell/candidate/{place}/kernel" for place in projections),
        *(f"cudnn_compatible_gru_cell/candidate/{place}/bias" for place in projections),
    ]
    biases = [variable for variable in variables if variable.op.name.endswith("bias")]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for variable in biases:
            variable.load(rng.standard_normal(variable.shape), session)
        found, weights = session.run([new, variables])
    gates_kernel, gates_bias, of_inputs, of_state, inputs_bias, state_bias = weights
    gates = sigmoid(np.concatenate([x, state], 1) @ gates_kernel + gates_bias)
    reset, update = gates[:, :2], gates[:, 2:]
    candidate = np.tanh(x @ of_inputs + inputs_bias + reset * (state @ of_state + state_bias))
    wanted = (1 - update) * candidate + update * state
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
