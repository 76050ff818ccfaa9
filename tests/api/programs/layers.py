"""`tf.layers`: names, variables, collections, and what is computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program, results


def images(tf: Any, *shape: int, dtype: str = "float32") -> Any:
    """A placeholder of that shape with a batch dimension that is not known, and a value for it."""
    size = int(np.prod(shape)) * 2
    value = (np.arange(size).reshape(2, *shape) % 7 - 3).astype(dtype) / 4
    return tf.placeholder(dtype, [None, *shape]), value


def run(tf: Any, feeds: Any, *steps: Any) -> list[Any]:
    """The values of the steps once all variables have values."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(step, feeds) for step in steps]


def kernel(tf: Any, seed: int = 1) -> Any:
    """An initialiser of kernels."""
    return tf.random_uniform_initializer(-0.5, 0.5, seed=seed)


@program
def dense(tf: Any) -> Any:
    x, value = images(tf, 3)
    a = tf.layers.dense(x, 2, kernel_initializer=kernel(tf))
    b = tf.layers.dense(a, 4, tf.nn.relu, kernel_initializer=kernel(tf, 2), name="named")
    c = tf.layers.dense(
        b, 2, use_bias=False, kernel_initializer=tf.ones_initializer(), trainable=False
    )
    with tf.variable_scope("scope", initializer=kernel(tf, 3)):
        d = tf.layers.dense(c, 2, bias_initializer=tf.ones_initializer())
        e = tf.layers.dense(c, 3, name="inner", activation=tf.tanh)
    f = tf.layers.dense(a, 4, tf.nn.relu, kernel_initializer=kernel(tf), name="named", reuse=True)
    return [
        [t.name for t in (a, b, c, d, e, f)],
        [str(t.shape) for t in (a, b, c, d, e, f)],
        [v.name for v in tf.global_variables()],
        [v.name for v in tf.trainable_variables()],
        run(tf, {x: value}, a, b, c, d, e, f),
    ]  # fmt: skip


@program
def dense_of_more_dimensions(tf: Any) -> Any:
    x, value = images(tf, 2, 3)
    fixed = tf.constant(value)
    return run(
        tf,
        {x: value},
        tf.layers.dense(x, 2, kernel_initializer=kernel(tf)),
        tf.layers.dense(fixed, 2, kernel_initializer=kernel(tf)),
        tf.layers.dense(tf.placeholder_with_default(value, [None, None, 3]), 2,
                        kernel_initializer=kernel(tf)),
    )  # fmt: skip


@program
def dense_that_is_wrong(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3])
    return [
        attempt(lambda: tf.layers.dense(tf.placeholder(tf.float32, [None, None]), 2)),
        attempt(lambda: tf.layers.dense(tf.placeholder(tf.float32, [3]), 2)),
        attempt(lambda: tf.layers.dense(tf.placeholder(tf.int32, [None, 3]), 2)),
        attempt(lambda: tf.layers.dense(x, -1)),
        attempt(lambda: tf.layers.dense(x, 2, name="absent", reuse=True)),
        attempt(lambda: tf.layers.Dense(2, unknown=1)),
    ]


@program
def layers_as_objects(tf: Any) -> Any:
    x, value = images(tf, 3)
    layer = tf.layers.Dense(2, kernel_initializer=kernel(tf), activation=tf.nn.relu)
    other = tf.layers.Dense(2, kernel_initializer=kernel(tf, 2), name="own", trainable=False)
    before = [
        layer.built,
        layer.name,
        layer.dtype,
        attempt(lambda: layer.scope_name),
        layer.weights,
    ]
    a, b = layer(x), layer(x * 2.0)
    c = other.apply(a)
    again = tf.layers.Dense(2, kernel_initializer=kernel(tf), name="own", _reuse=True, _scope="own")
    d = again(a)
    lists = ["variables", "weights", "trainable_weights", "non_trainable_weights", "trainable_variables",
             "non_trainable_variables"]  # fmt: skip
    return [
        before,
        [layer.built, layer.name, layer.dtype, layer.scope_name, layer.count_params(), other.name],
        [[[v.name for v in getattr(item, kind)] for kind in lists] for item in (layer, other)],
        [t.name for t in (a, b, c, d)],
        [v.name for v in tf.global_variables()],
        [layer.kernel.name, layer.bias.name, layer.units, layer.use_bias],
        str(layer.compute_output_shape([5, 3])),
        run(tf, {x: value}, a, b, c, d),
    ]


@program
def losses(tf: Any) -> Any:
    x, value = images(tf, 3)

    def squares(v: Any) -> Any:
        return tf.raw_ops.L2Loss(t=v)

    layer = tf.layers.Dense(
        2,
        kernel_initializer=kernel(tf),
        kernel_regularizer=squares,
        bias_regularizer=tf.keras.regularizers.l1(0.5),
        activity_regularizer=lambda y: tf.raw_ops.L2Loss(t=y),
    )
    y = layer(x)
    found = list(tf.get_collection("regularization_losses"))
    with tf.variable_scope("scope", regularizer=squares):
        z = tf.layers.dense(y, 1, kernel_initializer=kernel(tf))
        tf.layers.dense(y, 1, kernel_initializer=kernel(tf), name="n", kernel_regularizer=squares)
        tf.layers.dense(
            y, 1, kernel_initializer=kernel(tf), name="n", kernel_regularizer=squares, reuse=True
        )
    every = tf.get_collection("regularization_losses")
    return [
        [loss.name for loss in found],
        [loss.name for loss in every],
        [loss.name for loss in layer.losses],
        run(tf, {x: value}, y, z, *found),
    ]


@program
def layers_of_programs(tf: Any) -> Any:
    class Scale(tf.layers.Layer):  # type: ignore[name-defined,misc]
        def __init__(self, factor: float, **keywords: Any) -> None:
            super().__init__(**keywords)
            self.factor = factor

        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(
                "scale", [input_shape.as_list()[-1]], initializer=tf.ones_initializer()
            )
            self.count = self.add_variable(
                "count", [], initializer=tf.zeros_initializer(), trainable=False
            )
            super().build(input_shape)

        def call(self, inputs: Any, training: bool = False) -> Any:
            if training:
                self.add_update(tf.assign_add(self.count, 1.0))
            self.add_loss(tf.constant(0.25, name="penalty"))
            return inputs * self.scale * self.factor

    x, value = images(tf, 3)
    layer, other = Scale(2.0), Scale(3.0, name="other")
    a, b, c = layer(x), layer(x, training=True), other(value)
    return [
        [t.name for t in (a, b, c)],
        [layer.name, other.name, layer.scope_name],
        [v.name for v in layer.variables + other.variables],
        [v.name for v in layer.non_trainable_variables],
        [u.name for u in tf.get_collection("update_ops")],
        [u.name for u in layer.updates],
        [loss.name for loss in tf.get_collection("regularization_losses")],
        run(tf, {x: value}, a, b, c),
    ]


@program
def flatten(tf: Any) -> Any:
    x, value = images(tf, 2, 3)
    y = tf.placeholder_with_default(value, [2, None, 3])
    z = tf.placeholder_with_default(value, [None, None, 3])
    w = tf.placeholder_with_default([1.0, 2.0], [None])
    unknown = tf.placeholder_with_default(value, None)
    found = [
        tf.layers.flatten(x),
        tf.layers.flatten(y, name="named"),
        tf.layers.flatten(z),
        tf.layers.flatten(w),
        tf.layers.flatten(unknown),
        tf.layers.flatten(x, data_format="channels_first"),
        tf.layers.Flatten()(x),
    ]
    return [[t.name for t in found], [str(t.shape) for t in found], run(tf, {x: value}, *found)]


@program
def convolutions_of_images(tf: Any) -> Any:
    x, value = images(tf, 5, 4, 2)
    args = {"kernel_initializer": kernel(tf)}
    found = [
        tf.layers.conv2d(x, 3, 2, **args),
        tf.layers.conv2d(
            x, 2, [3, 2], strides=(2, 1), padding="same", activation=tf.nn.relu, **args
        ),
        tf.layers.conv2d(x, 2, 2, dilation_rate=2, name="dilated", use_bias=False, **args),
        tf.layers.conv2d(x, 1, 3, padding="SAME", dilation_rate=(1, 2), **args),
        tf.layers.conv2d(
            x, 2, 2, name="dilated", use_bias=False, dilation_rate=2, reuse=True, **args
        ),
    ]
    free = tf.placeholder_with_default(value, [None, None, None, 2])
    found.append(tf.layers.conv2d(free, 2, 3, padding="same", **args))
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        [v.name for v in tf.global_variables()],
        run(tf, {x: value}, *found),
        str(tf.layers.Conv2D(3, 2, strides=2).compute_output_shape([None, 7, 8, 1])),
    ]


@program
def convolutions_of_sequences_and_volumes(tf: Any) -> Any:
    x, value = images(tf, 6, 2)
    y, other = images(tf, 3, 4, 2, 2)
    args = {"kernel_initializer": kernel(tf)}
    found = [
        tf.layers.conv1d(x, 3, 2, **args),
        tf.layers.conv1d(x, 2, 3, strides=2, padding="same", activation=tf.nn.relu, **args),
        tf.layers.conv1d(x, 2, 2, padding="causal", dilation_rate=2, **args),
        tf.layers.conv3d(y, 2, 2, **args),
        tf.layers.conv3d(y, 1, (1, 2, 1), strides=(1, 2, 1), padding="same", name="v", **args),
    ]
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        [v.name for v in tf.global_variables()],
        run(tf, {x: value, y: other}, *found),
    ]


@program
def convolutions_that_are_wrong(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 5, 5, 2])
    unknown = tf.placeholder(tf.float32, [None, 5, 5, None])
    return [
        attempt(lambda: tf.layers.conv2d(unknown, 2, 2)),
        attempt(lambda: tf.layers.conv2d(x, 0, 2)),
        message(lambda: tf.layers.conv2d(x, 2, (1, 2, 3))),
        message(lambda: tf.layers.conv2d(x, 2, 0)),
        attempt(lambda: tf.layers.conv2d(x, 2, "a")),
        message(lambda: tf.layers.conv2d(x, 2, 2, strides=0)),
        attempt(lambda: tf.layers.conv2d(x, 2, 2, padding="other")),
        attempt(lambda: tf.layers.conv2d(x, 2, 2, padding="causal")),
        attempt(lambda: tf.layers.conv2d(x, 2, 2, data_format="other")),
        attempt(lambda: tf.layers.conv2d(x, 2, 2, strides=2, dilation_rate=2)),
        attempt(lambda: tf.layers.conv1d(x, 2, 9)),
        attempt(lambda: tf.layers.conv3d(x, 2, 2)),
    ]


@program
def pooling(tf: Any) -> Any:
    x, a = images(tf, 6, 2)
    y, b = images(tf, 5, 4, 2)
    z, c = images(tf, 3, 4, 2, 2)
    found = [
        tf.layers.max_pooling1d(x, 2, 2),
        tf.layers.average_pooling1d(x, 3, 1, padding="same", name="mean"),
        tf.layers.max_pooling2d(y, 2, 1),
        tf.layers.average_pooling2d(y, [2, 3], (2, 1), padding="same"),
        tf.layers.max_pooling3d(z, 2, 1),
        tf.layers.average_pooling3d(z, (1, 2, 1), 2, padding="SAME", name="volumes"),
        tf.layers.MaxPooling2D(2, 2)(y),
    ]
    shapes = [
        tf.layers.AveragePooling1D(2, 2).compute_output_shape([None, 7, 3]),
        tf.layers.MaxPooling2D(2, 2, data_format="channels_first").compute_output_shape(
            [1, 3, 7, 8]
        ),
        tf.layers.MaxPooling3D(2, 1, "same").compute_output_shape([1, 5, 6, None, 2]),
    ]
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        [str(shape) for shape in shapes],
        run(tf, {x: a, y: b, z: c}, *found),
        attempt(lambda: tf.layers.max_pooling2d(y, 2, None)),
        attempt(lambda: tf.layers.max_pooling2d(x, 2, 2)),
        attempt(lambda: tf.layers.max_pooling2d(y, 0, 2)),
    ]


@program
def channels_first(tf: Any) -> Any:
    x, a = images(tf, 2, 6)
    y, b = images(tf, 2, 3, 4, 2)
    found = [
        tf.layers.max_pooling1d(x, 2, 2, data_format="channels_first"),
        tf.layers.average_pooling3d(y, 2, 1, data_format="channels_first"),
    ]
    z = tf.placeholder(tf.float32, [None, 2, 5, 5])
    args = {"kernel_initializer": kernel(tf), "data_format": "channels_first"}
    built = [
        tf.layers.conv2d(z, 3, 2, **args),
        tf.layers.conv1d(x, 3, 2, **args),
        tf.layers.max_pooling2d(z, 2, 2, data_format="channels_first"),
    ]
    return [
        [str(t.shape) for t in found + built],
        run(tf, {x: a, y: b}, *found),
    ]


@program
def keras_regularizers(tf: Any) -> Any:
    x = tf.constant([[1.0, -2.0], [3.0, -0.5]])
    y = tf.constant([1.5, -2.5], tf.float64)
    made = [
        tf.keras.regularizers.l1(0.1),
        tf.keras.regularizers.l2(),
        tf.keras.regularizers.l1_l2(0.1, 0.2),
        tf.keras.regularizers.L1L2(l2=0.3),
        tf.keras.regularizers.L1L2(),
        tf.keras.regularizers.L2(l=0.5),
    ]
    steps = [regularizer(tensor) for regularizer in made for tensor in (x, y)]
    return [
        run(tf, {}, *steps),
        [regularizer.get_config() for regularizer in made],
        attempt(lambda: tf.keras.regularizers.l1("a")),
        attempt(lambda: tf.keras.regularizers.l2(float("nan"))),
        attempt(lambda: tf.keras.regularizers.L1(m=1)),
    ]


@program
def dropout(tf: Any) -> Any:
    tf.set_random_seed(3)
    x, value = images(tf, 4)
    layer = tf.layers.Dropout(0.25, seed=5)
    found = [
        tf.layers.dropout(x),
        tf.layers.dropout(x, 0.5, training=True),
        tf.layers.dropout(x, 0.5, seed=1, training=True, name="named"),
        tf.layers.dropout(x, 0.25, noise_shape=[None, 1], training=True),
        tf.layers.dropout(x, 0, training=True),
        layer(x, training=True),
        layer(x, training=True),
        tf.layers.dropout(x, tf.constant(0.5), seed=2, training=True),
    ]
    return [
        [t.name for t in found],
        run(tf, {x: value}, *found),
        attempt(lambda: tf.layers.dropout(x, 1.5)),
    ]


@results
def dropout_told_at_run_time(tf: Any) -> Any:
    x, value = images(tf, 4)
    training = tf.placeholder_with_default(True, [])
    y = tf.layers.dropout(x, 0.5, seed=7, training=training)
    return [y.name, run(tf, {x: value, training: False}, y), y.shape.as_list()]


def updated(tf: Any, feeds: Any, y: Any) -> list[Any]:
    """The output, and the variables after the updates ran twice."""
    updates = tf.get_collection("update_ops")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = [session.run(y, feeds)]
        for _ in range(2):
            session.run(updates, feeds)
        return [*found, [session.run(v) for v in tf.global_variables()], session.run(y, feeds)]


@program
def fused_batch_normalization(tf: Any) -> Any:
    x, value = images(tf, 2, 3, 2)
    a = tf.layers.batch_normalization(x, training=True)
    b = tf.layers.batch_normalization(a)
    c = tf.layers.batch_normalization(b, training=True, trainable=False, name="fixed")
    d = tf.layers.batch_normalization(
        c, center=False, scale=False, momentum=0.5, epsilon=0.1, training=True
    )
    e = tf.layers.batch_normalization(
        d, training=True, name="fixed", reuse=True, momentum=tf.constant(0.75)
    )
    return [
        [t.name for t in (a, b, c, d, e)],
        [v.name for v in tf.global_variables()],
        [v.name for v in tf.trainable_variables()],
        [op.name for op in tf.get_collection("update_ops")],
        [(v.synchronization.name, v.aggregation.name) for v in tf.global_variables()[:4]],
        updated(tf, {x: value}, e),
    ]


@program
def plain_batch_normalization(tf: Any) -> Any:
    x, value = images(tf, 3)
    y, other = images(tf, 2, 3)
    a = tf.layers.batch_normalization(x, training=True)
    b = tf.layers.batch_normalization(a, training=False, name="still")
    c = tf.layers.batch_normalization(
        y, axis=1, training=True, beta_initializer=tf.ones_initializer()
    )
    d = tf.layers.batch_normalization(c, axis=[1, 2], training=True, scale=False, name="both")
    z, images_ = images(tf, 2, 2, 2)
    e = tf.layers.batch_normalization(
        z, fused=False, training=True, gamma_regularizer=tf.keras.regularizers.l2(0.5)
    )
    f = tf.layers.batch_normalization(e, axis=1, fused=False)
    feeds = {x: value, y: other, z: images_}
    return [
        [t.name for t in (a, b, c, d, e, f)],
        [v.name for v in tf.global_variables()],
        [op.name for op in tf.get_collection("update_ops")],
        [loss.name for loss in tf.get_collection("regularization_losses")],
        updated(tf, feeds, [b, d, f]),
    ]


@program
def batch_normalization_of_small_floats(tf: Any) -> Any:
    x, value = images(tf, 2, 2, 2, dtype="float16")
    y, other = images(tf, 3, dtype="float16")
    z, third = images(tf, 3, dtype="float64")
    found = [tf.layers.batch_normalization(t, training=True) for t in (x, y, z)]
    return [
        [t.dtype.name for t in found],
        [(v.name, v.dtype.name) for v in tf.global_variables()],
        updated(tf, {x: value, y: other, z: third}, found),
    ]


@results
def batch_normalization_told_at_run_time(tf: Any) -> Any:
    x, value = images(tf, 2, 2, 2)
    training = tf.placeholder(tf.bool, [])
    layer = tf.layers.BatchNormalization(momentum=0.5)
    y = layer(x, training=training)
    updates = tf.get_collection("update_ops")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = [session.run(y, {x: value, training: flag}) for flag in (True, False)]
        session.run(updates, {x: value, training: False})
        found.append([session.run(v) for v in layer.non_trainable_variables])
        session.run(updates, {x: value, training: True})
        found.append([session.run(v) for v in layer.non_trainable_variables])
    return [y.name, [op.name for op in updates], found]


@results
def plain_batch_normalization_told_at_run_time(tf: Any) -> Any:
    x, value = images(tf, 3)
    training = tf.placeholder(tf.bool, [])
    y = tf.layers.batch_normalization(x, training=training)
    updates = tf.get_collection("update_ops")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = [session.run(y, {x: value, training: flag}) for flag in (True, False)]
        session.run(updates, {x: value, training: True})
        found.append([session.run(v) for v in tf.global_variables()])
    return [y.name, [op.name for op in updates], found]


@program
def batch_renormalization(tf: Any) -> Any:
    x, value = images(tf, 3)
    clipping = {"rmax": 1.5, "rmin": 0.5, "dmax": 0.25}
    y = tf.layers.batch_normalization(x, renorm=True, training=True, renorm_clipping=clipping)
    z = tf.layers.batch_normalization(y, renorm=True, renorm_momentum=0.5, name="still")
    return [[v.name for v in tf.global_variables()], updated(tf, {x: value}, [y, z])]


@program
def adjusted_batch_normalization(tf: Any) -> Any:
    x, value = images(tf, 3)

    def adjust(shape: Any) -> Any:
        return tf.fill([shape[0], 1], 2.0), tf.fill([shape[0], 1], 0.5)

    y = tf.layers.batch_normalization(x, adjustment=adjust, training=True)
    return updated(tf, {x: value}, y)


@program
def batch_normalization_that_is_wrong(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2, 3, 4])
    return [
        attempt(lambda: tf.layers.batch_normalization(x, axis=2)),
        attempt(lambda: tf.layers.batch_normalization(x, axis=9)),
        attempt(lambda: tf.layers.batch_normalization(x, axis="1")),
        attempt(lambda: tf.layers.batch_normalization(x, axis=[1, 1])),
        attempt(lambda: tf.layers.batch_normalization(tf.placeholder(tf.float32, [None, None]))),
        attempt(lambda: tf.layers.batch_normalization(tf.placeholder(tf.float32))),
        attempt(lambda: tf.layers.batch_normalization(x, renorm=True, renorm_clipping={"x": 1})),
    ]


@program
def separable_convolutions(tf: Any) -> Any:
    x, value = images(tf, 5, 4, 2)
    y, other = images(tf, 6, 2)
    args = {"depthwise_initializer": kernel(tf), "pointwise_initializer": kernel(tf, 2)}
    found = [
        tf.layers.separable_conv2d(x, 3, 2, **args),
        tf.layers.separable_conv2d(
            x, 2, 3, strides=2, padding="same", depth_multiplier=2, activation=tf.nn.relu, **args
        ),
        tf.layers.separable_conv2d(
            x, 1, 2, dilation_rate=2, use_bias=False, name="dilated", **args
        ),
        tf.layers.separable_conv1d(y, 3, 2, **args),
        tf.layers.separable_conv1d(y, 2, 3, strides=2, padding="same", name="s", **args),
        tf.layers.separable_conv1d(y, 2, 2, padding="causal", dilation_rate=2, **args),
        tf.layers.separable_conv1d(
            y, 2, 3, strides=2, padding="same", name="s", reuse=True, **args
        ),
    ]
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        [v.name for v in tf.global_variables()],
        run(tf, {x: value, y: other}, *found),
        attempt(lambda: tf.layers.separable_conv2d(y, 3, 2)),
    ]


@program
def transposed_convolutions(tf: Any) -> Any:
    x, value = images(tf, 3, 4, 2)
    y, other = images(tf, 2, 3, 2, 2)
    args = {"kernel_initializer": kernel(tf)}
    free = tf.placeholder_with_default(value, [None, None, None, 2])
    found = [
        tf.layers.conv2d_transpose(x, 3, 2, **args),
        tf.layers.conv2d_transpose(x, 2, 3, strides=2, padding="same", activation=tf.nn.relu, **args),
        tf.layers.conv2d_transpose(x, 1, (2, 3), strides=(2, 1), use_bias=False, name="n", **args),
        tf.layers.conv2d_transpose(free, 1, 2, strides=2, padding="same", **args),
        tf.layers.conv2d_transpose(
            tf.placeholder_with_default(value, [2, 3, 4, 2]),
            2, 2, strides=2, data_format="channels_first",
            kernel_initializer=kernel(tf),
        ),
        tf.layers.conv3d_transpose(y, 2, 2, **args),
        tf.layers.conv3d_transpose(y, 1, 2, strides=(1, 2, 1), padding="same", name="v", **args),
    ]  # fmt: skip
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        [v.name for v in tf.global_variables()],
        run(tf, {x: value, y: other}, *found),
        attempt(lambda: tf.layers.conv2d_transpose(y, 3, 2)),
        str(tf.layers.Conv2DTranspose(3, 4, 2).compute_output_shape([None, 5, None, 1])),
    ]


@results
def batch_normalization_as_a_variable_says(tf: Any) -> Any:
    training = tf.get_variable("is_training", initializer=True, trainable=False)
    x = tf.constant([[0.0, 1.0, 2.0], [3.0, 5.0, 5.0], [6.0, 7.0, 9.0]])
    images = tf.reshape(tf.range(12.0), [1, 2, 2, 3])
    made = [
        tf.layers.batch_normalization(x, training=training),
        tf.layers.batch_normalization(images, training=training),
        tf.layers.batch_normalization(x, training=training, renorm=True),
    ]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first = session.run(made)
        session.run(training.assign(False))
        return [first, session.run(made)]


@results
def layers_that_name_themselves(tf: Any) -> Any:
    """A subclass sets `_name` and `_base_name`, as TensorFlow's keep them; `name` is not to be set."""

    class Scale(tf.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self._name = self._base_name = "other"

        def build(self, shape: Any) -> None:
            self.factor = self.add_weight("factor", [2])
            super().build(shape)

        def call(self, x: Any) -> Any:
            return x * self.factor

    with tf.Graph().as_default():
        layer = Scale()
        named = layer.name
        layer(tf.zeros([2]))
        try:
            layer.name = "again"
        except AttributeError:
            return [named, layer.name, layer.factor.name]
    return "the name was set"
