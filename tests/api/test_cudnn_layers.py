"""The layers of `tf.contrib.cudnn_rnn` compute what the compatible cells do from the same checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

cudnn = tf.contrib.cudnn_rnn
cells = tf.nn.rnn_cell

INPUTS = np.random.default_rng(0).standard_normal((5, 2, 3))
LENGTHS = [5, 3]

KINDS: dict[str, tuple[str, Callable[[], Any]]] = {
    "CudnnLSTM": ("cudnn_lstm", lambda: cudnn.CudnnCompatibleLSTMCell(4)),
    "CudnnGRU": ("cudnn_gru", lambda: cudnn.CudnnCompatibleGRUCell(4)),
    "CudnnRNNTanh": ("cudnn_rnn_tanh", lambda: cells.BasicRNNCell(4)),
    "CudnnRNNRelu": ("cudnn_rnn_relu", lambda: cells.BasicRNNCell(4, activation=tf.nn.relu)),
}


def saved(kind: str, direction: str, lengths: Any, path: str) -> Any:
    """Outputs and states of a layer whose variables are saved."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        layer = getattr(cudnn, kind)(
            2, 4, direction=direction, bias_initializer=tf.random_normal_initializer(seed=3)
        )
        found = layer(tf.constant(INPUTS, tf.float32), sequence_lengths=lengths, training=False)
        assert layer.trainable_variables == tf.trainable_variables()
        gradients = tf.gradients(found[0], layer.trainable_variables)
        assert all(gradient is not None for gradient in gradients)
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, path)
        return session.run(found)


@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("direction", ["unidirectional", "bidirectional"])
@pytest.mark.parametrize("kind", KINDS)
def test_cells_restore_what_layers_saved(
    kind: str, direction: str, lengths: Any, tmp_path: Path
) -> None:
    path = str(tmp_path / "model")
    outputs, states = saved(kind, direction, lengths, path)
    scope, make = KINDS[kind]
    arguments: Any = dict(dtype=tf.float32, sequence_length=lengths, time_major=True)
    with tf.Graph().as_default(), tf.Session() as session, tf.variable_scope(scope):
        inputs = tf.constant(INPUTS, tf.float32)
        if direction == "unidirectional":
            stack = cells.MultiRNNCell([make() for _ in range(2)])
            wanted, last = tf.nn.dynamic_rnn(stack, inputs, **arguments)
        else:
            stacks = [[make() for _ in range(2)] for _ in range(2)]
            wanted, forwards, backwards = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
                *stacks, inputs, **arguments
            )
            last = [state for pair in zip(forwards, backwards, strict=True) for state in pair]
        tf.train.Saver().restore(session, path)
        same, last = session.run([wanted, last])
    np.testing.assert_allclose(outputs, same, rtol=1e-5, atol=1e-6)
    for place, state in enumerate(last):
        parts = (state.h, state.c) if kind == "CudnnLSTM" else (state,)
        for found, part in zip(states, parts, strict=True):
            np.testing.assert_allclose(found[place], part, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_types_and_states_are_taken_as_they_are_given(kind: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        layer = getattr(cudnn, kind)(2, 4, direction="bidirectional", dtype=tf.float64)
        batches = tf.constant(INPUTS.transpose(1, 0, 2))
        outputs, first = layer(batches, time_major=False)
        again, second = layer(batches, initial_state=first, time_major=False)
        major, third = layer(
            tf.constant(INPUTS), tuple(tf.transpose(state, [1, 0, 2]) for state in first)
        )
        assert [list(shape) for shape in layer.state_shape(7)] == [[4, 7, 4]] * len(first)
        assert layer.input_size == 3
        session.run(tf.global_variables_initializer())
        one, state, two, other, three, last = session.run(
            [outputs, first, again, second, major, third]
        )
    assert one.dtype == np.float64
    assert one.shape == (2, 5, 8)
    assert all(part.shape == (2, 4, 4) for part in state)
    np.testing.assert_allclose(two, three.transpose(1, 0, 2))
    for part, same in zip(other, last, strict=True):
        np.testing.assert_allclose(part, same.transpose(1, 0, 2))


def test_each_gate_is_drawn_by_itself() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        drawn: list[Any] = []

        def initializer(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
            drawn.append(tuple(shape))
            return tf.fill(shape, tf.cast(len(drawn), dtype))

        layer = cudnn.CudnnLSTM(1, 2, kernel_initializer=initializer)
        layer(tf.zeros([1, 1, 3]))
        session.run(tf.global_variables_initializer())
        kernel = session.run(layer.trainable_variables[0])
    assert drawn == [(2, 3), (2, 2)] * 4
    assert sorted(drawn) == sorted(layer.canonical_weight_shapes)
    assert len(layer.canonical_bias_shapes) == 8
    np.testing.assert_array_equal(kernel[0], [1, 1, 3, 3, 5, 5, 7, 7])
    np.testing.assert_array_equal(kernel[4], [2, 2, 4, 4, 6, 6, 8, 8])


def test_layers_train_with_dropout() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        layer = cudnn.CudnnLSTM(2, 4, dropout=0.5, seed=7)
        inputs = tf.constant(INPUTS, tf.float32)
        outputs, _ = layer(inputs, training=True)
        plain, _ = layer(inputs, training=False)
        loss = tf.reduce_mean(tf.square(plain - 0.3))
        train = tf.train.AdamOptimizer(0.05).minimize(tf.reduce_mean(tf.square(outputs - 0.3)))
        session.run(tf.global_variables_initializer())
        assert not np.allclose(*session.run([outputs, plain]))
        before = session.run(loss)
        for _ in range(20):
            session.run(train)
        assert session.run(loss) < before


def test_what_is_no_layer_is_refused() -> None:
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match="Invalid direction: both"):
            cudnn.CudnnLSTM(1, 2, direction="both")
        with pytest.raises(ValueError, match="Only support float16, float32, float64"):
            cudnn.CudnnGRU(1, 2, dtype=tf.int32)
        with pytest.raises(TypeError, match="expecting tuple"):
            cudnn.CudnnGRU(1, 2)(tf.zeros([1, 1, 3]), tf.zeros([1, 1, 2]))
        with pytest.raises(NotImplementedError, match="skip the linear map"):
            cudnn.CudnnGRU(1, 2, input_mode="skip_input")(tf.zeros([1, 1, 2]))
