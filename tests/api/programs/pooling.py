"""Pooling in one, two and three dimensions."""

from __future__ import annotations

from typing import Any

from tests.api.programs import message, program
from tests.api.programs.convolution import numbers, run


@program
def averages(tf: Any) -> Any:
    x = tf.constant(numbers(2, 5, 6, 2))
    found = [
        tf.nn.avg_pool(x, 2, 1, "SAME"),
        tf.nn.avg_pool(x, [1, 3, 2, 1], [1, 2, 2, 1], "VALID", name="named"),
        tf.nn.avg_pool2d(input=x, value=None, ksize=[2, 3], strides=[1], padding="SAME", data_format=None),
        tf.nn.avg_pool1d(numbers(2, 5, 2), 2, 2, "VALID"),
        tf.nn.avg_pool1d(numbers(2, 5, 2), [1, 3, 1], [1, 1, 1], "SAME", name="one"),
        tf.nn.avg_pool3d(numbers(1, 3, 4, 5, 2), 2, [1, 1, 2, 1, 1], "SAME"),
        tf.nn.avg_pool_v2(x, 2, 2, "VALID"),
        tf.nn.avg_pool_v2(tf.constant(numbers(2, 5, 2)), 2, 2, "SAME", name="v2"),
        tf.nn.avg_pool_v2(tf.constant(numbers(1, 3, 4, 5, 2)), [2, 2, 1], 1, "VALID"),
    ]  # fmt: skip
    tf.nn.avg_pool(numbers(2, 2, 5, 6), 2, 1, "SAME", "NCHW")
    tf.nn.avg_pool1d(numbers(2, 2, 5), 2, 1, "SAME", "NCW")
    tf.nn.avg_pool3d(numbers(1, 2, 3, 4, 5), 2, 1, "SAME", "NCDHW")
    return run(tf, *found)


@program
def maxima(tf: Any) -> Any:
    x = tf.constant(numbers(2, 5, 6, 2))
    pads = [[0, 0], [1, 0], [1, 1], [0, 0]]
    found = [
        tf.nn.max_pool(x, 2, 1, "SAME"),
        tf.nn.max_pool(x, [1, 3, 2, 1], [1, 2, 2, 1], "VALID", name="named"),
        tf.nn.max_pool(None, [2, 3], [1], pads, None, input=x),
        tf.nn.max_pool2d(x, 2, 2, "SAME"),
        tf.nn.max_pool2d(x, 2, 2, pads, name="two"),
        tf.nn.max_pool1d(numbers(2, 5, 2), 2, 2, "VALID"),
        tf.nn.max_pool1d(numbers(2, 5, 2), 3, 1, [[0, 0], [1, 2], [0, 0]], name="one"),
        tf.nn.max_pool3d(numbers(1, 3, 4, 5, 2), 2, [1, 1, 2, 1, 1], "SAME"),
        tf.nn.max_pool_v2(x, 2, 2, "VALID"),
        tf.nn.max_pool_v2(x, 2, 2, pads),
        tf.nn.max_pool_v2(tf.constant(numbers(2, 5, 2)), 2, 2, "SAME", name="v2"),
        tf.nn.max_pool_v2(tf.constant(numbers(1, 3, 4, 5, 2)), [2, 2, 1], 1, "VALID"),
        *tf.nn.max_pool_with_argmax(x, [1, 2, 2, 1], [1, 1, 1, 1], "SAME"),
        *tf.nn.max_pool_with_argmax(
            x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID", output_dtype=tf.int32, include_batch_in_index=True
        ),
    ]  # fmt: skip
    tf.nn.max_pool(numbers(2, 2, 5, 6), 2, 1, "SAME", "NCHW")
    tf.nn.max_pool1d(numbers(2, 2, 5), 2, 1, "SAME", "NCW")
    tf.nn.max_pool3d(numbers(1, 2, 3, 4, 5), 2, 1, "SAME", "NCDHW")
    return run(tf, *found)


@program
def of_any_rank(tf: Any) -> Any:
    x, line = tf.constant(numbers(2, 5, 6, 2)), tf.constant(numbers(2, 5, 2))
    volume = tf.constant(numbers(1, 3, 4, 5, 2))
    found = [
        tf.nn.pool(x, [2, 3], "MAX", "SAME"),
        tf.nn.pool(x, [2, 3], "AVG", "VALID", strides=[2, 1], name="named"),
        tf.nn.pool(x, [2, 2], "AVG", "VALID", dilation_rate=[2, 2]),
        tf.nn.pool(line, [2], "AVG", "SAME"),
        tf.nn.pool(line, [2], "MAX", "VALID", dilations=[2], data_format="NWC"),
        tf.nn.pool(volume, [2, 2, 2], "MAX", "SAME"),
        tf.nn.pool(volume, [2, 1, 2], "AVG", "VALID", dilations=[1, 2, 2]),
    ]
    tf.nn.pool(numbers(2, 2, 5, 6), [2, 3], "MAX", "SAME", data_format="NCHW")
    tf.nn.pool(numbers(2, 2, 5), [2], "MAX", "SAME", data_format="NCW")
    tf.nn.pool(tf.placeholder(tf.float32, [None, None, None, 2]), [2, 2], "MAX", "VALID", [2, 2])
    return run(tf, *found)


@program
def wrong_pools(tf: Any) -> Any:
    x, line = tf.constant(numbers(2, 5, 6, 2)), tf.constant(numbers(2, 5, 2))
    pads = [[0, 0], [1, 0], [1, 1], [0, 0]]
    flat = tf.constant(numbers(2, 5))
    volume = tf.constant(numbers(1, 3, 4, 5, 2))
    return [
        message(lambda: tf.nn.avg_pool(x, [1, 2, 3], 1, "SAME")),
        message(lambda: tf.nn.max_pool(x, 0, 1, "SAME")),
        message(lambda: tf.nn.max_pool(x, 2, 1, pads[:3])),
        message(lambda: tf.nn.max_pool(x, 2, 1, pads, "NCHW_VECT_C")),
        message(lambda: tf.nn.max_pool(x, 2, 1, "SAME", input=x)),
        message(lambda: tf.nn.max_pool_v2(flat, 2, 1, "SAME")),
        message(lambda: tf.nn.max_pool_v2(volume, 2, 1, [*pads, [0, 0]])),
        message(lambda: tf.nn.max_pool_with_argmax(x, [1, 2, 2, 1], [1, 1, 1, 1], "SAME", "NCHW")),
        message(lambda: tf.nn.pool(x, [2, 2], "MIN", "SAME")),
        message(lambda: tf.nn.pool(x, [2, 2], "MAX", "SAME", dilations=[2, 2])),
        message(lambda: tf.nn.pool(x, [2, 2], "MAX", "VALID", strides=[3, 1])),
        message(lambda: tf.nn.pool(line, [2], "MAX", "VALID", data_format="CWN")),
        message(lambda: tf.nn.pool(x, [2, 2, 2, 2], "MAX", "VALID")),
    ]
