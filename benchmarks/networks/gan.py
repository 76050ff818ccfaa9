"""The generator of DCGAN: transposed convolutions from a vector to 64 × 64 pixels."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

__all__ = ["build"]

_WIDTHS = (512, 256, 128)


def build() -> tuple[dict[str, Any], dict[str, Any]]:
    """Vectors of 100 to images in [-1, 1]."""
    z = tf.placeholder(tf.float32, [None, 100], "z")

    def normalised(x: Any, name: str) -> Any:
        return tf.nn.relu(tf.layers.batch_normalization(x, training=False, name=name))

    x = tf.reshape(tf.layers.dense(z, 4 * 4 * 1024, use_bias=False, name="dense"), [-1, 4, 4, 1024])
    x = normalised(x, "norm_0")
    for number, width in enumerate(_WIDTHS, 1):
        x = tf.layers.conv2d_transpose(
            x, width, 5, 2, "same", use_bias=False, name=f"deconv_{number}"
        )
        x = normalised(x, f"norm_{number}")
    images = tf.tanh(tf.layers.conv2d_transpose(x, 3, 5, 2, "same", name="images"))
    return {"z": z}, {"default": images}
