"""Convolutions, transposed, dilated and depthwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program


def numbers(*shape: int) -> Any:
    """Small numbers that are not the same in any place."""
    count = int(np.prod(shape))
    return ((np.arange(count) * 7 % 23 - 11) / 8).reshape(shape).astype(np.float32)


def run(tf: Any, *tensors: Any) -> Any:
    with tf.Session() as session:
        return [np.round(value.astype(np.float64), 4) for value in session.run(list(tensors))]


@program
def sequences(tf: Any) -> Any:
    x, w = tf.constant(numbers(2, 6, 2)), tf.constant(numbers(3, 2, 3))
    first = tf.constant(numbers(2, 2, 6))
    unknown = tf.placeholder(tf.float32, [None, None, 2])
    deep = tf.constant(numbers(2, 3, 6, 2))
    found = [
        tf.nn.conv1d(x, w, 1, "SAME"),
        tf.nn.conv1d(x, w, [2], "VALID", data_format="NWC", name="named"),
        tf.nn.conv1d(input=x, filters=w, stride=[1, 1, 1], padding="VALID", dilations=2),
        tf.nn.conv1d(x, w, 1, "SAME", use_cudnn_on_gpu=False, data_format="NHWC"),
        tf.nn.conv1d(deep, w, 1, "VALID"),
    ]
    tf.nn.conv1d(first, w, 2, "SAME", data_format="NCW")
    tf.nn.conv1d(unknown, w, 1, "SAME")
    return run(tf, *found)


@program
def wrong_sequences(tf: Any) -> Any:
    x, w = tf.constant(numbers(2, 6, 2)), tf.constant(numbers(3, 2, 3))
    return [
        message(lambda: tf.nn.conv1d(x, w, 1, "SAME", data_format="CWN")),
        message(lambda: tf.nn.conv1d(x, w, [1, 2, 3, 4], "SAME")),
        message(lambda: tf.nn.conv1d(x, w, 1, "SAME", input=x)),
    ]


@program
def images(tf: Any) -> Any:
    x, w = tf.constant(numbers(2, 5, 6, 2)), tf.constant(numbers(3, 2, 2, 3))
    first = tf.constant(numbers(2, 2, 5, 6))
    unknown = tf.placeholder(tf.float32, [None, None, None, 2])
    shapeless = tf.placeholder(tf.float32)
    deep = tf.constant(numbers(2, 1, 5, 6, 2))
    pads = [[0, 0], [1, 2], [0, 1], [0, 0]]
    found = [
        tf.nn.conv2d(x, w, 1, "SAME"),
        tf.nn.conv2d(x, w, [1, 2, 2, 1], "VALID", name="named"),
        tf.nn.conv2d(x, filters=w, strides=[2, 1], padding=pads),
        tf.nn.conv2d(x, w, [1], "VALID", dilations=[1, 2, 2, 1]),
        tf.nn.conv2d(
            numbers(2, 5, 6, 2), numbers(3, 2, 2, 3), [1, 1, 1, 1], "SAME", data_format=None
        ),
        tf.nn.conv2d(deep, w, 1, "SAME", name="batches"),
    ]
    tf.nn.conv2d(first, w, [1, 1, 1, 1], "SAME", data_format="NCHW")
    tf.nn.conv2d(first, w, 2, [[0, 0], [0, 0], [1, 1], [1, 1]], data_format="NCHW", dilations=2)
    tf.nn.conv2d(unknown, w, 1, "SAME")
    tf.nn.conv2d(shapeless, w, 1, "SAME")
    return run(tf, *found)


@program
def wrong_images(tf: Any) -> Any:
    x, w = tf.constant(numbers(2, 5, 6, 2)), tf.constant(numbers(3, 2, 2, 3))
    return [
        message(lambda: tf.nn.conv2d(x, w, [1, 1, 1], "SAME")),
        message(lambda: tf.nn.conv2d(x, w, 1, "EXPLICIT")),
        message(lambda: tf.nn.conv2d(x, w, 1, [[0, 0], [1, 1]])),
        message(lambda: tf.nn.conv2d(x, w, 1, [[0, 0], 1, [1, 1], [0, 0]])),
        message(lambda: tf.nn.conv2d(x, w, 1, [[0, 0], [1, 2, 3], [1, 1], [0, 0]])),
        message(lambda: tf.nn.conv2d(x, w, 1, "SAME", filters=w)),
    ]


@program
def gradients_of_images(tf: Any) -> Any:
    x, w, dy = numbers(2, 5, 6, 2), numbers(3, 2, 2, 3), numbers(2, 3, 5, 3)
    pads = [[0, 0], [1, 1], [0, 0], [0, 0]]
    d = tf.constant(numbers(3, 2, 2, 2))
    dz = numbers(2, 3, 5, 4)
    found = [
        tf.nn.conv2d_backprop_filter(x, [3, 2, 2, 3], dy, [1, 1, 1, 1], "VALID"),
        tf.nn.conv2d_backprop_input([2, 5, 6, 2], w, dy, [1, 1, 1, 1], "VALID"),
        tf.nn.conv2d_backprop_input(
            [2, 3, 6, 2], filters=w, out_backprop=dy, strides=[1, 1, 1, 1], padding=pads
        ),
        tf.nn.depthwise_conv2d_native(x, d, [1, 1, 1, 1], "SAME"),
        tf.nn.depthwise_conv2d_native(x, d, [1, 2, 2, 1], [[0, 0], [1, 1], [0, 1], [0, 0]], name="padded"),
        tf.nn.depthwise_conv2d_native_backprop_input([2, 5, 6, 2], d, dz, [1, 1, 1, 1], "VALID"),
        tf.nn.depthwise_conv2d_backprop_input([2, 5, 6, 2], d, dz, [1, 1, 1, 1], "VALID"),
        tf.nn.depthwise_conv2d_native_backprop_filter(x, [3, 2, 2, 2], dz, [1, 1, 1, 1], "VALID"),
        tf.nn.depthwise_conv2d_backprop_filter(x, [3, 2, 2, 2], dz, [1, 1, 1, 1], "VALID"),
    ]  # fmt: skip
    return run(tf, *found)


@program
def volumes(tf: Any) -> Any:
    x, w = tf.constant(numbers(1, 3, 4, 5, 2)), tf.constant(numbers(2, 2, 3, 2, 2))
    ones = [1, 1, 1, 1, 1]
    found = [
        tf.nn.conv3d(x, w, ones, "SAME"),
        tf.nn.conv3d(x, filters=w, strides=[1, 2, 1, 2, 1], padding="VALID", name="named"),
    ]
    tf.nn.conv3d(numbers(1, 2, 3, 4, 5), w, ones, "SAME", "NCDHW")
    return run(tf, *found)


@program
def transposed(tf: Any) -> Any:
    found = [
        tf.nn.conv1d_transpose(numbers(2, 4, 3), numbers(3, 2, 3), [2, 8, 2], 2),
        tf.nn.conv1d_transpose(
            numbers(2, 4, 3), numbers(3, 2, 3), tf.constant([2, 6, 2]), [1], "VALID", name="t1"
        ),
        tf.nn.conv2d_transpose(numbers(1, 3, 4, 2), numbers(3, 2, 3, 2), [1, 6, 8, 3], 2),
        tf.nn.conv2d_transpose(
            input=numbers(1, 3, 4, 2), filters=numbers(3, 2, 3, 2), output_shape=tf.constant([1, 5, 5, 3]),
            strides=[1, 1], padding="VALID", name="t2",
        ),
        tf.nn.conv2d_transpose(
            numbers(1, 3, 4, 2), numbers(3, 2, 3, 2), [1, 4, 5, 3], 1, [[0, 0], [1, 0], [0, 0], [0, 0]]
        ),
        tf.nn.conv3d_transpose(numbers(1, 2, 2, 3, 2), numbers(2, 2, 2, 3, 2), [1, 4, 4, 6, 3], 2),
        tf.nn.conv3d_transpose(
            input=numbers(1, 2, 2, 3, 2), filters=numbers(2, 2, 2, 3, 2), value=None,
            output_shape=[1, 3, 3, 4, 3], strides=[1, 1, 1, 1, 1], padding="VALID", name="t3",
        ),
        tf.nn.conv_transpose(numbers(2, 4, 3), numbers(3, 2, 3), [2, 8, 2], 2),
        tf.nn.conv_transpose(numbers(1, 3, 4, 2), numbers(3, 2, 3, 2), [1, 6, 8, 3], 2, name="any"),
        tf.nn.conv_transpose(numbers(1, 2, 2, 3, 2), numbers(2, 2, 2, 3, 2), (1, 4, 4, 6, 3), 2),
        tf.nn.atrous_conv2d_transpose(
            numbers(1, 5, 6, 2), numbers(3, 2, 3, 2), [1, 5, 6, 3], 2, "SAME"
        ),
        tf.nn.atrous_conv2d_transpose(
            numbers(1, 5, 6, 2), numbers(3, 2, 3, 2), [1, 9, 8, 3], 2, "VALID", name="holes"
        ),
        tf.nn.atrous_conv2d_transpose(
            numbers(1, 5, 6, 2), numbers(3, 2, 3, 2), [1, 5, 6, 3], 1, "SAME"
        ),
    ]  # fmt: skip
    tf.nn.conv2d_transpose(
        numbers(1, 2, 3, 4), numbers(3, 2, 3, 2), [1, 3, 6, 8], [1, 1, 2, 2], data_format="NCHW"
    )
    return run(tf, *found)


@program
def wrong_transposed(tf: Any) -> Any:
    x, w = tf.constant(numbers(1, 5, 6, 2)), tf.constant(numbers(3, 2, 3, 2))
    return [
        message(lambda: tf.nn.conv_transpose(x, w, [1, 2], 2)),
        message(lambda: tf.nn.conv_transpose(x, w, 7, 2)),
        message(lambda: tf.nn.conv1d_transpose(x, w, [1, 2, 3], 2, data_format="NHWC")),
        message(lambda: tf.nn.atrous_conv2d_transpose(x, w, [1, 5, 6, 3], 0, "SAME")),
        message(lambda: tf.nn.atrous_conv2d_transpose(x, w, [1, 5, 6, 3], 2, "FULL")),
        message(lambda: tf.nn.conv2d_transpose(x, w, [1, 5, 6, 3], 2, input=x)),
    ]


@program
def with_holes(tf: Any) -> Any:
    x, w = tf.constant(numbers(2, 6, 7, 2)), tf.constant(numbers(3, 2, 2, 3))
    unknown = tf.placeholder(tf.float32, [None, None, 7, 2])
    filters = tf.placeholder(tf.float32, [None, None, 2, 3])
    pads = [[0, 0], [1, 2], [2, 1], [0, 0]]
    found = [
        tf.nn.convolution(x, w, "SAME"),
        tf.nn.convolution(x, w, "VALID", strides=[2, 1], name="strides"),
        tf.nn.convolution(x, w, "SAME", dilation_rate=[2, 2]),
        tf.nn.convolution(x, w, "VALID", dilations=[2, 1], name="named"),
        tf.nn.convolution(x, filter=None, filters=w, padding=pads, dilations=2),
        tf.nn.convolution(numbers(2, 6, 2), numbers(3, 2, 3), "SAME", dilations=[2]),
        tf.nn.convolution(numbers(2, 6, 2), numbers(3, 2, 3), "SAME", strides=[2]),
        tf.nn.convolution(numbers(1, 4, 4, 5, 2), numbers(2, 2, 2, 2, 2), "SAME"),
        tf.nn.convolution(numbers(1, 4, 4, 5, 2), numbers(2, 2, 2, 2, 2), "VALID", dilations=[2, 1, 2]),
        tf.nn.atrous_conv2d(x, w, 2, "SAME"),
        tf.nn.atrous_conv2d(x, w, [1, 2], "VALID", name="atrous"),
        tf.nn.atrous_conv2d(x, w, 1, "VALID"),
    ]  # fmt: skip
    tf.nn.convolution(unknown, w, "SAME", dilation_rate=[2, 2])
    tf.nn.convolution(
        tf.constant(numbers(2, 2, 6, 7)), w, "SAME", dilation_rate=[2, 2], data_format="NCHW"
    )
    tf.nn.atrous_conv2d(x, filters, 2, "VALID")
    tf.nn.convolution(tf.placeholder(tf.float32), w, "SAME")
    return run(tf, *found)


@program
def wrong_holes(tf: Any) -> Any:
    x, w = tf.constant(numbers(2, 6, 7, 2)), tf.constant(numbers(3, 2, 2, 3))
    shapeless = tf.placeholder(tf.float32)
    return [
        message(lambda: tf.nn.convolution(x, w, "SAME", strides=[2, 2], dilations=[2, 2])),
        message(lambda: tf.nn.convolution(x, w, "SAME", dilations=[0, 2])),
        message(lambda: tf.nn.convolution(x, w, "SAME", strides=[1, 2, 3])),
        message(lambda: tf.nn.convolution(shapeless, shapeless, "SAME")).split(" Received")[0],
        message(lambda: tf.nn.convolution(x, w, "FULL", dilations=[2, 2])),
        message(lambda: tf.nn.convolution(x, w, "SAME", dilations=[2, 2], dilation_rate=[2, 2])),
        message(lambda: tf.nn.convolution(x, numbers(3, 2, 3, 3), "SAME", dilations=[2, 2])),
    ]


@program
def depthwise(tf: Any) -> Any:
    x, w = tf.constant(numbers(2, 6, 7, 2)), tf.constant(numbers(3, 2, 2, 2))
    point = tf.constant(numbers(1, 1, 4, 3))
    pads = [[0, 0], [1, 2], [2, 1], [0, 0]]
    found = [
        tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"),
        tf.nn.depthwise_conv2d(x, w, [1, 2, 2, 1], "VALID", name="named"),
        tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME", rate=[2, 2]),
        tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], pads, dilations=[1, 2]),
        tf.nn.separable_conv2d(x, w, point, [1, 1, 1, 1], "SAME"),
        tf.nn.separable_conv2d(x, w, point, [1, 2, 2, 1], "VALID", name="separable"),
        tf.nn.separable_conv2d(x, w, point, [1, 1, 1, 1], "VALID", [2, 2], data_format="NHWC"),
    ]
    tf.nn.depthwise_conv2d(
        numbers(2, 2, 6, 7), w, [1, 1, 1, 1], "SAME", rate=[2, 2], data_format="NCHW"
    )
    tf.nn.depthwise_conv2d(
        tf.placeholder(tf.float32, [None, None, None, 2]), w, [1, 1, 1, 1], "SAME", [2, 2]
    )
    tf.nn.depthwise_conv2d(
        x, tf.placeholder(tf.float32, [None, None, 2, 2]), [1, 1, 1, 1], "VALID", [2, 2]
    )
    return run(tf, *found)  # fmt: skip


@program
def morphology(tf: Any) -> Any:
    x, w = tf.constant(numbers(2, 6, 7, 2)), tf.constant(numbers(3, 2, 2))
    ones = [1, 1, 1, 1]
    found = [
        tf.nn.dilation2d(x, w, ones, ones, "SAME"),
        tf.nn.dilation2d(
            x, filters=w, strides=[1, 2, 2, 1], dilations=[1, 2, 1, 1], padding="VALID"
        ),
        tf.nn.erosion2d(x, w, ones, ones, "SAME"),
        tf.nn.erosion2d(x, w, [1, 2, 2, 1], [1, 2, 1, 1], "VALID", name="named"),
    ]
    return run(tf, *found)


@program
def blocks_of_space(tf: Any) -> Any:
    x = tf.constant(numbers(1, 4, 6, 2))
    found = [
        tf.space_to_batch(x, [[0, 0], [0, 0]], 2),
        tf.nn.space_to_batch(x, [[1, 1], [0, 2]], block_shape=2, name="named"),
        tf.batch_to_space(numbers(4, 2, 3, 2), [[0, 0], [0, 1]], 2),
        *tf.required_space_to_batch_paddings([3, 5], [2, 3]),
        *tf.required_space_to_batch_paddings([3, 5], [2, 3], [[1, 0], [0, 2]], name="base"),
        *tf.required_space_to_batch_paddings(tf.placeholder_with_default([3, 5], [2]), [2, 3]),
        *tf.required_space_to_batch_paddings([], []),
    ]
    return run(tf, *found)
