"""What programs use of `tf.contrib`; TensorFlow has it no more, its successor tf_slim has."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np

from tests.api.programs import attempt, program


def slim(tf: Any) -> Any:
    """`tf.contrib.slim`, or the package that took its place."""
    if hasattr(tf, "contrib"):
        return tf.contrib.slim
    # tf_slim looks for the layers where the Keras of TensorFlow 2.16 has them; they are those of `tf.layers`.
    for part in ("", ".base", ".convolutional", ".core", ".normalization", ".pooling"):
        sys.modules[f"tf_keras.legacy_tf_layers{part}"] = importlib.import_module(
            f"keras.src.legacy_tf_layers{part}"
        )
    # It looks for the classes of tensors where they were before TensorFlow 2.14.
    ops = importlib.import_module("tensorflow.python.framework.ops")
    slices = importlib.import_module("tensorflow.python.framework.indexed_slices")
    ops.IndexedSlices = slices.IndexedSlices  # type: ignore[attr-defined]
    ops.Tensor = importlib.import_module("tensorflow.python.framework.tensor").Tensor  # type: ignore[attr-defined]
    # It looks for what packs tensors where it was before TensorFlow 2.13.
    arrays = importlib.import_module("tensorflow.python.ops.array_ops")
    packing = importlib.import_module("tensorflow.python.ops.array_ops_stack")
    arrays.stack, arrays.unstack = packing.stack, packing.unstack  # type: ignore[attr-defined]
    # It makes plain variables with a function that TensorFlow 2.13 had last.
    scopes = importlib.import_module("tensorflow.python.ops.variable_scope")
    scopes.variable = tf.Variable  # type: ignore[attr-defined]
    # It branches and asserts with functions that moved in TensorFlow 2.13.
    flow = importlib.import_module("tensorflow.python.ops.control_flow_ops")
    flow.cond, flow.case, flow.Assert = tf.cond, tf.case, tf.Assert  # type: ignore[attr-defined]
    return importlib.import_module("tf_slim")


def run(tf: Any, feeds: Any, *steps: Any) -> list[Any]:
    """The values of the steps once all variables have values."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(step, feeds) for step in steps]


@program
def regularizers(tf: Any) -> Any:
    s = slim(tf)
    x = tf.constant([[1.0, -2.0], [3.0, -0.5]])
    y = tf.constant([1.5, -2.5], tf.float64)
    made = [
        s.l1_regularizer(0.1),
        s.l2_regularizer(0.5, scope="named"),
        s.l1_l2_regularizer(0.1, 0.2),
        s.l1_l2_regularizer(0.0, 0.2),
        s.l1_l2_regularizer(0.3, 0.0, scope="one"),
        s.sum_regularizer([s.l1_regularizer(0.1), None, s.l2_regularizer(0.0)]),
    ]
    steps = [regularizer(tensor) for regularizer in made for tensor in (x, y)]
    v = tf.get_variable(
        "v", [2], initializer=tf.ones_initializer(), regularizer=s.l2_regularizer(0.5)
    )
    total = s.apply_regularization(s.l2_regularizer(0.25), [x, v])
    tf.add_to_collection("weights", x)
    steps += [total, s.apply_regularization(s.l1_regularizer(0.5))]
    return [
        run(tf, {}, *steps),
        [t.name for t in steps],
        [loss.name for loss in tf.get_collection("regularization_losses")],
        s.l2_regularizer(0.0)(x),
        s.sum_regularizer([]),
        attempt(lambda: s.l1_regularizer(1)),
        attempt(lambda: s.l2_regularizer(-1.0)),
        attempt(lambda: s.l1_l2_regularizer(1, 0.5)),
        attempt(lambda: s.apply_regularization(lambda w: w, [x])),
    ]


@program
def initializers(tf: Any) -> Any:
    s = slim(tf)
    made = [
        s.xavier_initializer(seed=1),
        s.xavier_initializer(uniform=False, seed=2),
        s.xavier_initializer_conv2d(seed=3),
        s.variance_scaling_initializer(seed=4),
        s.variance_scaling_initializer(1.0, "FAN_OUT", True, 5, tf.float64),
    ]
    shapes: list[list[int]] = [[3, 4], [2, 2, 3, 4], [5]]
    v = tf.get_variable("v", [3, 2], initializer=s.xavier_initializer(seed=6))
    return [
        run(tf, {}, v, *(initializer(shape) for initializer in made for shape in shapes)),
        attempt(lambda: s.variance_scaling_initializer(mode="FAN")),
        attempt(lambda: s.xavier_initializer(dtype=tf.int32)),
    ]


@program
def arg_scopes(tf: Any) -> Any:
    s = slim(tf)

    @s.add_arg_scope
    def first(x: int, a: int = 1, b: int = 2) -> Any:
        return [x, a, b]

    @s.add_arg_scope
    def second(x: int, a: int = 10, c: int = 20) -> Any:
        return [x, a, c]

    found = [first(0), second(0)]
    with s.arg_scope([first, second], a=5) as outer:
        found += [first(0), second(0), first(0, a=6), first(0, b=7)]
        with s.arg_scope([first], b=8):
            found += [first(1), second(1)]
        with s.arg_scope([second], a=9, c=9):
            found.append(second(2))
    found.append(first(0))
    with s.arg_scope(outer):
        found += [first(3), second(3)]

    def plain(x: int) -> int:
        return x

    return [
        found,
        [s.has_arg_scope(f) for f in (first, plain)],
        list(s.arg_scoped_arguments(first)),
        attempt(lambda: s.arg_scope([plain], x=1).__enter__()),
        attempt(lambda: s.arg_scope(first, a=1).__enter__()),
        attempt(lambda: s.arg_scope({}, a=1).__enter__()),
        np.shape(found),
    ]


def images(tf: Any, *shape: int) -> Any:
    """A placeholder of that shape with a batch dimension that is not known, and a value for it."""
    value = (np.arange(int(np.prod(shape)) * 2).reshape(2, *shape) % 7 - 3).astype(np.float32) / 4
    return tf.placeholder(tf.float32, [None, *shape]), value


def lists(tf: Any) -> list[Any]:
    """The names of the variables of the collections that layers fill."""
    keys = ["variables", "trainable_variables", "model_variables", "mine", "outputs"]
    return [[item.name for item in tf.get_collection(key)] for key in keys]


@program
def fully_connected(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 3)
    start = s.xavier_initializer(seed=1)
    a = s.fully_connected(x, 2, weights_initializer=start)
    b = s.fully_connected(
        a, 3, None, weights_initializer=start, scope="named", biases_initializer=None,
        variables_collections=["mine"], outputs_collections="outputs",
        weights_regularizer=s.l2_regularizer(0.5),
    )  # fmt: skip
    c = s.fully_connected(
        b, 2, weights_initializer=start, normalizer_fn=s.layer_norm, trainable=False
    )
    d = s.fully_connected(
        a, 3, None, weights_initializer=start, scope="named", biases_initializer=None, reuse=True
    )
    with s.arg_scope([s.fully_connected], activation_fn=tf.tanh, weights_initializer=start):
        e = s.fully_connected(d, 2)
        f = s.stack(e, s.fully_connected, [3, 2], scope="fc")
        g = s.repeat(f, 2, s.fully_connected, 2)
    return [
        [t.name for t in (a, b, c, d, e, f, g)],
        lists(tf),
        [loss.name for loss in tf.get_collection("regularization_losses")],
        run(tf, {x: value}, a, b, c, d, e, f, g),
        attempt(lambda: s.fully_connected(x, 2.5)),
    ]


@program
def convolutions_of_each_channel(tf: Any) -> Any:
    """`separable_conv2d` without a mix of channels, as MobileNets are written."""
    s = slim(tf)
    x, value = images(tf, 5, 4, 2)
    unknown = tf.placeholder(tf.float32, [None, 5, 4, None])
    start = s.xavier_initializer(seed=1)
    norm = {"normalizer_fn": s.batch_norm, "normalizer_params": {"scale": True}}
    kept = {"weights": ["kept"], "biases": ["kept", "biases_kept"]}
    with s.arg_scope([s.separable_conv2d], weights_initializer=start):
        a = s.separable_conv2d(x, None, [3, 3], depth_multiplier=1, stride=2, **norm)
        b = s.separable_conv2d(x, None, 2, 3, padding="VALID", variables_collections=kept)
        c = s.separable_conv2d(a, None, [2, 3], rate=2, activation_fn=None, scope="wide")
        d = s.separable_conv2d(
            x, None, 2, weights_regularizer=s.l2_regularizer(0.1), biases_initializer=None
        )
        e = s.separable_conv2d(a, None, [2, 3], activation_fn=tf.nn.relu6, scope="again")
        f = s.separable_conv2d(
            a, None, [2, 3], activation_fn=None, scope="again", reuse=True, trainable=False
        )
    found = [a, b, c, d, e, f]
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        lists(tf),
        [v.name for v in tf.get_collection("kept")],
        [v.name for v in tf.get_collection("biases_kept")],
        [loss.name for loss in tf.get_collection("regularization_losses")],
        run(tf, {x: value}, *found),
        attempt(lambda: s.separable_conv2d(unknown, None, 2)),
        attempt(lambda: s.separable_conv2d(x, None, 2, data_format="NWC")),
        attempt(lambda: s.separable_conv2d(x, None, [2, 2, 2])),
        attempt(lambda: s.max_pool2d(x, 2, data_format="NWC")),
        attempt(lambda: s.conv3d_transpose(x, 2, 2, data_format="NWC")),
        [v.name for v in s.get_variables_by_name("wide/biases")],
        [v.name for v in s.get_variables_by_name("biases")],
        [v.name for v in s.get_variables_by_suffix("ights", "wide")],
    ]


@program
def convolutions(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 5, 4, 2)
    y = tf.placeholder(tf.float32, [None, 6, 2])
    start = s.xavier_initializer(seed=1)
    with s.arg_scope([s.conv2d, s.conv2d_transpose, s.separable_conv2d], weights_initializer=start):
        a = s.conv2d(x, 3, [3, 3])
        b = s.conv2d(a, 2, 2, stride=2, padding="VALID", scope="conv", activation_fn=None)
        c = s.conv2d(a, 2, 3, rate=2, normalizer_fn=s.batch_norm, normalizer_params={"scale": True})
        d = s.conv2d_transpose(b, 2, 2, stride=2)
        e = s.separable_conv2d(x, 3, [2, 2], 2)
    g = s.max_pool2d(a, [2, 2], scope="pool")
    h = s.avg_pool2d(a, 2, stride=1, padding="SAME")
    i = s.flatten(g)
    j = s.dropout(i, 0.5, is_training=False)
    k = s.dropout(i, 0.5, seed=3)
    found = [a, b, c, d, e, g, h, i, j, k]
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        lists(tf),
        [op.name for op in tf.get_collection("update_ops")],
        run(tf, {x: value}, *found),
        attempt(lambda: s.conv2d(y, 2, 3)),
        attempt(lambda: s.max_pool2d(x, 2, data_format="other")),
    ]


@program
def batch_norms_beyond_the_layer(tf: Any) -> Any:
    """What `tf.layers` has no layer for: other ranks with updates of one's own, weights of items, averages without zeros."""
    s = slim(tf)
    x, value = images(tf, 3, 4, 2)
    flat = tf.reshape(x, [-1, 12, 2])
    training = tf.placeholder_with_default(True, [])
    own = {"updates_collections": None, "decay": 0.5}
    a = s.batch_norm(flat, scale=True, scope="waiting", **own)
    b = s.batch_norm(flat, scope="kept", updates_collections=["mine"], is_training=training)
    c = s.batch_norm(x, fused=False, scope="ops", is_training=training, **own)
    d = s.batch_norm(x, fused=False, data_format="NCHW", scale=True, scope="first", **own)
    e = s.batch_norm(x, zero_debias_moving_mean=True, scope="debiased", **own)
    f = s.batch_norm(flat, zero_debias_moving_mean=True, scope="debiased_ops")
    g = s.batch_norm(flat, batch_weights=tf.constant([0.5, 2.0]), scope="weighted", **own)
    h = s.batch_norm(
        x, batch_weights=tf.constant([1.0, 0.0]), data_format="NCHW", scope="weighted_first"
    )
    i = s.batch_norm(flat, is_training=False, scope="still", center=False, **own)
    unknown = tf.placeholder(tf.float32)
    found = [a, b, c, d, e, f, g, h, i]
    updates = tf.get_collection("update_ops") + tf.get_collection("mine")
    return [
        [t.name for t in found],
        [str(t.shape) for t in found],
        lists(tf),
        [op.name for op in updates],
        run(tf, {x: value}, *found, *updates),
        attempt(lambda: s.batch_norm(flat, renorm=True, **own)),
        attempt(lambda: s.batch_norm(unknown, **own)),
        attempt(lambda: s.batch_norm(tf.placeholder(tf.float32, [1, 2, None]), **own)),
        attempt(lambda: s.batch_norm(flat, batch_weights=tf.constant([1.0, 2.0, 3.0]))),
    ]


@program
def normalisation(tf: Any) -> Any:
    s = slim(tf)
    x, value = images(tf, 2, 2, 3)
    y, other = images(tf, 3)
    a = s.batch_norm(x, activation_fn=tf.nn.relu)
    b = s.batch_norm(x, is_training=False, scale=True, scope="still", decay=0.9)
    c = s.batch_norm(y, scale=True)
    d = s.batch_norm(y, is_training=False, scope="flat")
    e = s.batch_norm(x, updates_collections=None, decay=0.5, scope="waiting")
    f = s.layer_norm(x)
    g = s.layer_norm(y, center=False, scope="layer", begin_norm_axis=-1)
    found = [a, b, c, d, e, f, g]
    updates = tf.get_collection("update_ops")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        outputs = session.run(found, {x: value, y: other})
        session.run(updates, {x: value, y: other})
        variables = session.run(tf.global_variables())
    return [
        [t.name for t in found],
        lists(tf),
        [op.name for op in updates],
        outputs,
        variables,
    ]


@program
def variables_of_models(tf: Any) -> Any:
    s = slim(tf)
    a = s.model_variable("a", [2], initializer=tf.zeros_initializer())
    with tf.variable_scope("scope"):
        s.variable("b", [2], initializer=tf.ones_initializer(), collections=["mine"])
        s.model_variable("weights", [1], initializer=tf.ones_initializer(), trainable=False)
    with s.arg_scope([s.variable], device="/cpu:0"):
        c = s.variable("c", [1], initializer=tf.zeros_initializer())
    return [
        lists(tf),
        [a.name, c.device],
        [v.name for v in s.get_variables("scope")],
        [v.name for v in s.get_variables(suffix="weights")],
        [v.name for v in s.get_model_variables()],
        [v.name for v in s.get_trainable_variables("a")],
        [v.name for v in s.get_variables_to_restore(exclude=["scope"])],
        [v.name for v in s.get_variables_to_restore(include=["scope", "a"])],
    ]
