"""Layers of `tf.contrib.layers` beyond convolutions: small ones, normalisation in groups, and summaries."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from tests.api.programs import attempt, program, results
from tests.api.programs.contrib import images, lists, run, slim


def layer_tools(tf: Any) -> Any:
    """`tf.contrib.layers.utils`, or the module of tf_slim that took its place."""
    if hasattr(tf, "contrib"):
        return tf.contrib.layers.utils
    slim(tf)
    return importlib.import_module("tf_slim.layers.utils")


@program
def softmaxes(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 3, 4)
    y, other = images(tf, 3, 2, 2)
    z, third = images(tf, 2, 3, 4)
    found = [
        s.softmax(x),
        s.softmax(tf.constant([[1.0, 2.0]]), scope="named"),
        s.spatial_softmax(y),
        s.spatial_softmax(z, temperature=2.0, name="first", data_format="NCHW", trainable=False),
        s.spatial_softmax(y, variables_collections=["mine"], name="again"),
    ]
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        lists(tf),
        run(tf, {x: value, y: other, z: third}, *found),
        attempt(lambda: s.softmax(tf.constant([1.0]))),
        attempt(lambda: s.softmax(tf.placeholder(tf.float32, [2, None]))),
        attempt(lambda: s.spatial_softmax(x, data_format="CHWN")),
    ]


@program
def channels(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 4, 5, 3)
    y, other = images(tf, 6, 2)
    start = s.xavier_initializer(seed=1)
    found = [
        s.bias_add(x, tf.nn.relu, initializer=tf.constant_initializer(0.5)),
        s.bias_add(y, scope="named", regularizer=s.l2_regularizer(0.5), trainable=False),
        s.bias_add(x, data_format="NCHW", variables_collections=["mine"]),
        s.conv2d_in_plane(x, 3, weights_initializer=start, outputs_collections="outputs"),
        s.conv2d_in_plane(
            x, [2, 3], [2, 2], "VALID", None, weights_initializer=start, biases_initializer=None
        ),
        s.conv2d_in_plane(x, 2, weights_initializer=start, normalizer_fn=s.layer_norm),
        s.pool(x, 2, "MAX"),
        s.pool(y, 3, "AVG", "SAME", stride=2, scope="pooled", outputs_collections="outputs"),
        s.pool(x, [2, 1], "AVG", dilation_rate=2),
    ]
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        lists(tf),
        [loss.name for loss in tf.get_collection("regularization_losses")],
        run(tf, {x: value, y: other}, *found),
        attempt(lambda: s.bias_add(y, data_format="NCHW")),
        attempt(lambda: s.bias_add(x, data_format="CHWN")),
        attempt(lambda: s.bias_add(tf.placeholder(tf.float32))),
        attempt(lambda: s.conv2d_in_plane(x, [1, 2, 3])),
        attempt(lambda: s.pool(tf.constant([[1.0]]), 1, "MAX")),
        attempt(lambda: s.pool(x, [1, 2, 3], "MAX")),
    ]


@program
def sequences(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 3, 4, 2)
    a = s.images_to_sequence(x)
    b = s.images_to_sequence(x, data_format="NCHW", scope="named", outputs_collections="outputs")
    c = s.sequence_to_images(a, 3)
    d = s.sequence_to_images(
        tf.constant(np.arange(24.0).reshape(2, 6, 2)), 3, "channels_first", scope="back"
    )
    e = s.one_hot_encoding([1, 0, 2], 3)
    f = s.one_hot_encoding(tf.constant([1, 5], tf.int64), 3, 2.0, -1.0, "outputs", "hot")
    g = s.dense_to_sparse(tf.constant([[1, 0, 2], [0, 0, 3]]))
    h = s.dense_to_sparse(tf.constant([["a", "end"]]), "end", scope="words")
    found = [a, b, c, d, e, f]
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        lists(tf),
        run(tf, {x: value}, *found, *(part for t in (g, h) for part in (t.indices, t.values))),
        attempt(lambda: s.images_to_sequence(x, "other")),
    ]


@program
def units(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 3, 4)
    found = [
        s.unit_norm(x, 1),
        s.unit_norm(x, 0, scope="first"),
        s.unit_norm(x, 2, epsilon=0.5),
        s.maxout(x, 2),
        s.maxout(x, 3, axis=1, scope="named"),
    ]
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        run(tf, {x: value}, *found),
        attempt(lambda: s.unit_norm(x, 3)),
        attempt(lambda: s.unit_norm(x, -1)),
        attempt(lambda: s.maxout(x, 3)),
    ]


@results
def scaled_gradients(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 3, 4)
    scaled = s.scale_gradient(x, 0.25)
    gradient = tf.gradients(tf.reduce_sum(scaled * scaled), x)[0]
    return run(tf, {x: value}, scaled, gradient)


@program
def dense_variants(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 3)
    y, other = images(tf, 2, 3)
    start = s.xavier_initializer(seed=1)
    found = [
        s.elu(x, 2, weights_initializer=start),
        s.relu6(x, 2, weights_initializer=start),
        s.relu(x, 2, weights_initializer=start, scope="relu"),
        s.legacy_fully_connected(x, 2, tf.tanh, weight_init=start),
        s.legacy_relu(y, 4, weight_init=start, weight_regularizer=s.l2_regularizer(0.5)),
        s.legacy_linear(x, 4, weight_init=start, bias_init=None, name="plain"),
    ]
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        [
            [item.name for item in tf.get_collection(k)]
            for k in ("weights", "biases", "activations")
        ],
        lists(tf),
        run(tf, {x: value, y: other}, *found),
        attempt(lambda: s.legacy_linear(tf.constant([1.0]), 2)),
        attempt(lambda: s.legacy_linear(tf.placeholder(tf.float32), 2)),
    ]


@program
def group_normalisation(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 2, 3, 4)
    y, other = images(tf, 4, 2, 3)
    found = [
        s.instance_norm(x),
        s.instance_norm(x, center=False, epsilon=0.1, activation_fn=tf.nn.relu, scope="named"),
        s.instance_norm(
            y, data_format="NCHW", param_initializers={"beta": tf.constant_initializer(0.5)}
        ),
        s.group_norm(x, groups=2, variables_collections={"beta": ["mine"]}),
        s.group_norm(y, 2, channels_axis=1, reduction_axes=(2, 3), trainable=False),
        s.group_norm(x, 4, scale=False, center=False, mean_close_to_zero=True, scope="still"),
        s.group_norm(x, 1, mean_close_to_zero=True, outputs_collections="outputs"),
    ]
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        lists(tf),
        run(tf, {x: value, y: other}, *found),
        attempt(lambda: s.instance_norm(tf.placeholder(tf.float32))),
        attempt(lambda: s.instance_norm(x, data_format="CHWN")),
        attempt(lambda: s.instance_norm(tf.placeholder(tf.float32, [1, 2, None]))),
        attempt(lambda: s.group_norm(x, 3)),
        attempt(lambda: s.group_norm(x)),
        attempt(lambda: s.group_norm(x, 2, channels_axis=5)),
        attempt(lambda: s.group_norm(x, 2, reduction_axes=(3,))),
        attempt(lambda: s.group_norm(x, 2, reduction_axes=(0,))),
    ]


@program
def summaries_of_layers(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 3)
    a = tf.nn.relu(x, name="a")
    b = tf.nn.relu6(x, name="b")
    c = tf.reduce_sum(x, name="c")
    for tensor in (a, b):
        tf.add_to_collection("activations", tensor)
    tf.add_to_collection("weights", x)
    tf.get_variable("v", [2], initializer=tf.ones_initializer())
    made = [
        *s.summarize_activations(),
        s.summarize_tensor(c),
        s.summarize_tensor(x, "tag"),
        *s.summarize_variables(),
        *s.summarize_weights("Place"),
        *s.summarize_collection("activations", "b", s.summarize_tensor),
        *s.summarize_tensors([b]),
    ]
    return [
        [t.name for t in made],
        s.summarize_biases(),
        s.summarize_tensor(tf.constant("word")),
        s.summarize_tensor(tf.constant(True)),
        [t.name for t in tf.get_collection("summaries")],
        run(tf, {x: value}, tf.summary.merge_all()),
    ]


@program
def named_outputs(tf: Any) -> Any:
    u = layer_tools(tf)
    x = tf.constant(1.0, name="x")
    y = tf.constant(2.0, name="y")
    u.collect_named_outputs("ends", "scope/one/", x)
    u.collect_named_outputs(["ends", "others"], "two", x)
    u.collect_named_outputs(None, "three", y)
    tf.add_to_collection("ends", y)
    w = tf.placeholder(tf.bool, [])
    return [
        [[name, t.name] for name, t in u.convert_collection_to_dict("ends").items()],
        [[name, t.name] for name, t in u.convert_collection_to_dict("others", True).items()],
        tf.get_collection("others"),
        u.gather_tensors_aliases([x, y]),
        [float(u.constant_value(x)), u.constant_value(w), u.constant_value(5)],
        u.smart_cond(True, lambda: 1, lambda: 2),
        u.smart_cond(tf.constant(False), lambda: 1, lambda: 2),
        list(u.two_element_tuple([3, 4])),
        list(u.two_element_tuple(3)),
        [int(size) for size in u.two_element_tuple(tf.TensorShape([5, 6]))],
        list(u.n_positive_integers(3, 2)),
        list(u.n_positive_integers(2, [2, 5])),
        int(u.last_dimension(tf.TensorShape([None, 3]))),
        int(u.channel_dimension(tf.TensorShape([None, 2, 3]), "channels_first")),
        u.get_variable_collections({"a": ["b"]}, "a"),
        u.get_variable_collections(["b"], "a"),
        attempt(lambda: u.constant_value(None)),
        attempt(lambda: u.constant_value(x, tf.int32)),
        attempt(lambda: u.static_cond(True, 1, 2)),
        attempt(lambda: u.two_element_tuple([1])),
        attempt(lambda: u.two_element_tuple("x")),
        attempt(lambda: u.n_positive_integers(2, 0)),
        attempt(lambda: u.n_positive_integers(2, [1, 2, 3])),
        attempt(lambda: u.n_positive_integers(0, 1)),
        attempt(lambda: u.last_dimension(tf.TensorShape([3]), 2)),
        attempt(lambda: u.last_dimension(tf.TensorShape([2, None]))),
        attempt(lambda: u.last_dimension(tf.TensorShape(None))),
    ]  # fmt: skip
