"""Biases, activations and softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program
from tests.api.programs.convolution import numbers, run


@program
def biases_and_activations(tf: Any) -> Any:
    x = tf.constant(numbers(3, 4))
    w, b = tf.constant(numbers(4, 2)), tf.constant(numbers(2))
    image = tf.constant(numbers(1, 2, 3, 4))
    found = [
        tf.nn.bias_add(x, [1, 2, 3, 4]),
        tf.nn.bias_add(image, numbers(4), name="named"),
        tf.nn.bias_add(image, numbers(4), data_format="N...C"),
        tf.nn.xw_plus_b(x, w, b),
        tf.nn.xw_plus_b(numbers(3, 4), numbers(4, 2), [1.0, 2.0], name="linear"),
        tf.nn.relu_layer(x, w, b),
        tf.nn.relu_layer(x, w, b, name="layer"),
        tf.nn.crelu(x),
        tf.nn.crelu(numbers(3, 4), "both", 0),
        tf.nn.relu6(x * 8),
        tf.nn.relu6([1, 7, -2], name="six"),
        tf.nn.leaky_relu(x),
        tf.nn.leaky_relu([-2, 3], np.float32(0.5), name="leaky"),
        tf.nn.leaky_relu(x, np.array(0.25)),
        # How far single precision is from 0.2, which the node has as an attribute.
        1e9 * tf.nn.leaky_relu(tf.constant([-1.0], tf.float64)) + 2e8,
        tf.nn.silu(x),
        tf.nn.swish(numbers(3, 4), 2.0),
        tf.nn.swish(x, beta=tf.constant(0.5, tf.float64)),
    ]
    tf.nn.bias_add(image, numbers(2), "NC...")
    tf.nn.bias_add(image, numbers(2), "NCHW")
    return run(tf, *found)


@program
def softmax_along_axes(tf: Any) -> Any:
    x = tf.constant(numbers(2, 3, 4))
    unknown = tf.placeholder(tf.float32, [None, None, 4])
    found = [
        tf.nn.softmax(x),
        tf.nn.softmax(x, name="named"),
        tf.nn.softmax(x, axis=2),
        tf.nn.softmax(x, axis=0),
        tf.nn.softmax(x, dim=-2, name="second"),
        tf.nn.log_softmax(x),
        tf.nn.log_softmax(numbers(2, 3), 0),
        tf.math.softmax([1.0, 2.0]),
        tf.math.log_softmax(x, -3),
    ]
    tf.nn.softmax(unknown, axis=1)
    tf.nn.softmax(unknown, axis=-2)
    tf.nn.softmax(tf.placeholder(tf.float32))
    return run(tf, *found)


@program
def wrong_activations(tf: Any) -> Any:
    x = tf.constant(numbers(2, 3))
    return [
        message(lambda: tf.nn.bias_add(x, [1.0, 2.0, 3.0], data_format="CN")),
        message(lambda: tf.nn.softmax(x, axis=1, dim=1)),
        message(lambda: tf.nn.crelu(None)),
    ]
