"""I3D: the first Inception network inflated to three dimensions, on 16 frames of 112 × 112."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

__all__ = ["build"]

#: The widths of a block: 1×1×1; 1×1×1, 3×3×3; 1×1×1, 3×3×3; 1×1×1 after a pool.
_BLOCKS: dict[str, tuple[int, int, int, int, int, int]] = {
    "3b": (64, 96, 128, 16, 32, 32),
    "3c": (128, 128, 192, 32, 96, 64),
    "4b": (192, 96, 208, 16, 48, 64),
    "4c": (160, 112, 224, 24, 64, 64),
    "4d": (128, 128, 256, 24, 64, 64),
    "4e": (112, 144, 288, 32, 64, 64),
    "4f": (256, 160, 320, 32, 128, 128),
    "5b": (256, 160, 320, 32, 128, 128),
    "5c": (384, 192, 384, 48, 128, 128),
}


def _unit(x: Any, width: int, size: int, stride: int, name: str) -> Any:
    with tf.variable_scope(name):
        x = tf.layers.conv3d(x, width, size, stride, "same", use_bias=False, name="conv_3d")
        x = tf.layers.batch_normalization(x, scale=False, training=False, name="batch_norm")
    return tf.nn.relu(x)


def _pool(x: Any, size: tuple[int, int, int], stride: tuple[int, int, int]) -> Any:
    return tf.nn.max_pool3d(x, [1, *size, 1], [1, *stride, 1], "SAME")


def _block(x: Any, name: str) -> Any:
    a, b0, b1, c0, c1, d = _BLOCKS[name]
    with tf.variable_scope(f"Mixed_{name}"):
        return tf.concat(
            [
                _unit(x, a, 1, 1, "0"),
                _unit(_unit(x, b0, 1, 1, "1a"), b1, 3, 1, "1b"),
                _unit(_unit(x, c0, 1, 1, "2a"), c1, 3, 1, "2b"),
                _unit(_pool(x, (3, 3, 3), (1, 1, 1)), d, 1, 1, "3b"),
            ],
            4,
        )


def build() -> tuple[dict[str, Any], dict[str, Any]]:
    """Videos to 400 logits."""
    videos = tf.placeholder(tf.float32, [None, 16, 112, 112, 3], "videos")
    x = _unit(videos, 64, 7, 2, "Conv3d_1a")
    x = _pool(x, (1, 3, 3), (1, 2, 2))
    x = _unit(_unit(x, 64, 1, 1, "Conv3d_2b"), 192, 3, 1, "Conv3d_2c")
    x = _pool(x, (1, 3, 3), (1, 2, 2))
    x = _block(_block(x, "3b"), "3c")
    x = _pool(x, (3, 3, 3), (2, 2, 2))
    for name in ("4b", "4c", "4d", "4e", "4f"):
        x = _block(x, name)
    x = _pool(x, (2, 2, 2), (2, 2, 2))
    x = _block(_block(x, "5b"), "5c")
    x = tf.nn.avg_pool3d(x, [1, 2, 4, 4, 1], [1, 1, 1, 1, 1], "VALID")
    logits = tf.layers.conv3d(x, 400, 1, name="Logits")
    return {"videos": videos}, {"default": tf.reduce_mean(logits, [1, 2, 3])}
