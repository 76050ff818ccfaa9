"""Image networks of `tf_keras.applications`: the published architectures, features before the classifier."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf
import tf_keras

__all__ = ["build"]


def build(name: str, size: int, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Images in [0, 1] to features, as `image_feature_vector` of the published modules."""
    images = tf.placeholder(tf.float32, [None, size, size, 3], "images")
    tf_keras.backend.set_learning_phase(0)
    model = getattr(tf_keras.applications, name)(
        include_top=False,
        weights=None,
        input_tensor=tf_keras.layers.Input(tensor=images),
        pooling="avg",
        **options,
    )
    return {"images": images}, {"default": tf.identity(model.output, "features")}
