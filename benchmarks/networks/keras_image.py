"""Image networks of `tf_keras.applications`: the published architectures, features before the classifier."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf
import tf_keras

__all__ = ["build"]


def build(
    name: str, size: int, training: bool = False, **options: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Images in [0, 1] to features, as `image_feature_vector` of the published modules."""
    images = tf.placeholder(tf.float32, [None, size, size, 3], "images")
    tf_keras.backend.set_learning_phase(int(training))
    model = getattr(tf_keras.applications, name)(
        include_top=False,
        weights=None,
        input_tensor=tf_keras.layers.Input(tensor=images),
        pooling="avg",
        **options,
    )
    for update in model.updates if training else ():
        tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)
    return {"images": images}, {"default": tf.identity(model.output, "features")}
