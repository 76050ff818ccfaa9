"""One module with a graph for training and one for inference; update ops, regularisation losses, collections."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub


def net_fn(is_training):
    images = tf.placeholder(tf.float32, [None, 6, 6, 2], name="images")
    with tf.variable_scope("block1"):
        net = tf.layers.conv2d(
            images,
            filters=4,
            kernel_size=3,
            padding="same",
            use_bias=False,
            kernel_initializer=tf.variance_scaling_initializer(seed=1),
            kernel_regularizer=tf.keras.regularizers.l2(0.001),
            name="conv",
        )
        net = tf.layers.batch_normalization(net, training=is_training, momentum=0.8, name="bn")
        net = tf.nn.relu6(net)
    with tf.variable_scope("block2"):
        net = tf.layers.separable_conv2d(
            net, 3, 3, depthwise_initializer=tf.glorot_normal_initializer(seed=2),
            pointwise_initializer=tf.glorot_normal_initializer(seed=3), name="conv",
        )
        net = tf.layers.dropout(net, rate=0.4, training=is_training, seed=11)
    features = tf.reduce_mean(net, axis=[1, 2])
    hub.add_signature(name="image_feature_vector", inputs={"images": images}, outputs=features)
    hub.add_signature(inputs={"images": images}, outputs=features)


def main(folder):
    spec = hub.create_module_spec(
        net_fn, tags_and_args=[({"train"}, {"is_training": True}), (set(), {"is_training": False})]
    )
    path = os.path.join(folder, "net")
    with tf.Graph().as_default():
        m = hub.Module(spec, tags={"train"}, trainable=True)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            m.export(path, sess)

    images = np.linspace(-1, 1, 3 * 6 * 6 * 2).reshape(3, 6, 6, 2).astype(np.float32)
    results = {}
    with tf.Graph().as_default():
        m = hub.Module(path, tags={"train"}, trainable=True)
        features = m({"images": images}, signature="image_feature_vector")
        update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
        results["counts"] = np.array([len(update_ops), len(losses), len(tf.trainable_variables())])
        moving_mean = [v for v in tf.global_variables() if "moving_mean" in v.name][0]
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            with tf.control_dependencies(update_ops):
                step = tf.identity(features)
            results["train"] = sess.run(step)
            results["moving_mean"] = sess.run(moving_mean)
            results["loss"] = np.array(sess.run(losses))
    with tf.Graph().as_default():
        features = hub.Module(path)({"images": images})
        results["no train collections"] = np.array(
            [len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)), len(tf.trainable_variables())]
        )
        with tf.train.SingularMonitoredSession() as sess:
            results["eval"] = sess.run(features)
    return results
