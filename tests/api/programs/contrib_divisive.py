"""The layer `GDN` of `tf.contrib.layers`: each channel divided by a norm of all channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, program, results
from tests.api.programs.contrib import images, lists, run, slim


@program
def divisive_normalization(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 4, 3, 2)
    y, other = images(tf, 5, 3)
    z, third = images(tf, 3, 2, 3, 2)
    regularizer = s.l2_regularizer(0.5)
    found = [
        s.gdn(x),
        s.gdn(x, inverse=True, gamma_init=0.3, name="named", activity_regularizer=regularizer),
        s.gdn(x, name="named", reuse=True),
        s.gdn(x, data_format="channels_first", trainable=False),
        s.gdn(y, beta_min=0.5, reparam_offset=0.25),
        s.gdn(y, data_format="channels_first"),
        s.gdn(z),
        s.gdn(tf.constant(other, tf.float64)),
    ]
    return [
        [t.name for t in found],
        [(t.dtype.name, str(t.shape)) for t in found],
        lists(tf),
        [loss.name for loss in tf.get_collection("regularization_losses")],
        # TensorFlow convolves channels that come first on GPUs alone.
        run(tf, {x: value, y: other, z: third}, *(found[i] for i in (0, 1, 2, 4, 6, 7))),
    ]


@program
def divisive_layers(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 4, 3, 2)
    layer = s.GDN(gamma_init=0.0, name="mine")
    twice = layer(layer(x))
    return [
        layer.name,
        [v.name for v in layer.trainable_weights],
        [(t.name, str(t.shape)) for t in (layer.beta, layer.gamma)],
        str(layer.dtype),
        run(tf, {x: value}, twice, layer.beta, layer.gamma),
        attempt(lambda: s.GDN(data_format="NHWC")),
        attempt(lambda: s.gdn(tf.constant([[1.0, 2.0]]))),
        attempt(lambda: s.gdn(tf.placeholder(tf.float32, [2, 3, None]))),
        attempt(lambda: layer(tf.ones([1, 2, 2, 3]))),
    ]


@results
def divisive_gradients(tf: Any) -> Any:
    s = slim(tf)
    if not hasattr(tf, "contrib"):
        # tf_slim left out what registers it.
        attempt(lambda: tf.RegisterGradient("GDNLowerBound")(s.GDN._lower_bound_grad))
    x, value = images(tf, 2, 3, 3)
    y = s.gdn(x, gamma_init=0.2, beta_min=0.01)
    beta, gamma = tf.trainable_variables()
    # A gradient that would push the variables down stops at the bound, one that pushes them up passes.
    found = [tf.gradients(tf.reduce_sum(sign * y * y), [x, beta, gamma]) for sign in (1.0, -1.0)]
    low = np.array([1.0, 0.0, -1.0], np.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        usual = session.run(found, {x: value})
        session.run([beta.assign(low), gamma.assign(gamma * 0.0 - 0.5)])
        return [usual, session.run([y, found], {x: value})]
