"""Pieces of networks that the passes are tried on, and numbers for them."""

from __future__ import annotations

from typing import Any

import numpy as np

import minihub_runtime as tf

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.standard_normal((2, 9, 8, 4)).astype(np.float32)
VOLUMES = GENERATOR.standard_normal((2, 5, 4, 6, 4)).astype(np.float32)
ROWS = GENERATOR.standard_normal((3, 4)).astype(np.float32)


def variable(name: str, *shape: int, positive: bool = False) -> Any:
    values = np.random.default_rng(len(name) + sum(shape)).standard_normal(shape)
    return tf.get_variable(
        name, initializer=(np.abs(values) + 0.1 if positive else values).astype("f")
    )


def batch_norm(x: Any, name: str = "norm", data_format: str = "NHWC", **options: Any) -> Any:
    channels = x.shape.as_list()[-1 if data_format == "NHWC" else 1]
    vectors = {
        key: variable(f"{name}_{key}", channels, positive=key == "variance")
        for key in ("scale", "offset", "mean", "variance")
    }
    return tf.raw_ops.FusedBatchNormV3(
        x=x, **vectors, is_training=False, data_format=data_format, epsilon=0.01, **options
    )[0]


def conv(x: Any, **options: Any) -> Any:
    return tf.nn.conv2d(
        x, variable("filter", 3, 3, 4, 5), **{"strides": 1, "padding": "SAME"} | options
    )


def depthwise(x: Any, **options: Any) -> Any:
    filter = variable("filter", 3, 3, 4, 2)
    return tf.nn.depthwise_conv2d(x, filter, **{"strides": [1] * 4, "padding": "SAME"} | options)


def padded(x: Any) -> Any:
    return tf.pad(x, [[0, 0], [1, 1], [0, 2], [0, 0]])


def spelled_out(x: Any) -> Any:
    vectors = [
        variable(name, 5, positive=name == "variance")
        for name in ("mean", "variance", "offset", "scale")
    ]
    return tf.nn.batch_normalization(x, *vectors, 0.01)


def draw(*shape: int) -> Any:
    """Numbers of a normal distribution in float32, the same for each shape."""
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)
