"""Small parts of `tf.contrib` that TensorFlow has elsewhere, or tensorflow_addons has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.api.programs import attempt, program, results

STATE = np.random.RandomState(7)
IMAGES = STATE.uniform(-1, 1, (2, 4, 5, 3)).astype(np.float32)
PLACES = STATE.uniform(-0.8, 4.2, (2, 3, 2, 2)).astype(np.float32)


def resampler(tf: Any) -> Any:
    """`tf.contrib.resampler.resampler`, or what took its place."""
    if hasattr(tf, "contrib"):
        return tf.contrib.resampler.resampler
    reason = "tensorflow_addons is in the oracle environment"
    addons = pytest.importorskip("tensorflow_addons", reason=reason)
    # Without the function around it that TensorFlow 2 has.
    return addons.image.resampler.python_function


def jit_scope(tf: Any) -> Any:
    """`tf.contrib.compiler.jit.experimental_jit_scope`, which TensorFlow has under another name."""
    if hasattr(tf, "contrib"):
        return tf.contrib.compiler.jit.experimental_jit_scope
    return tf.xla.experimental.jit_scope


@results
def images_between_pixels(tf: Any) -> Any:
    images, places = tf.placeholder(tf.float32, [2, None, 5, 3]), tf.constant(PLACES)
    found = resampler(tf)(images, places)
    gradients = tf.gradients(found * found, [images, places])
    with tf.Session() as session:
        values = session.run([found, *gradients], {images: IMAGES})
    return values, found.shape.as_list(), [g.shape.as_list() for g in gradients]


@results
def images_between_pixels_are_refused(tf: Any) -> Any:
    sample = resampler(tf)
    return [
        attempt(lambda: sample(IMAGES, PLACES.astype(np.float64))),
        attempt(lambda: sample(np.ones([1, 2, 2, 1], np.int32), np.ones([1, 2], np.int32))),
        attempt(lambda: sample(IMAGES, np.float32(1))),
    ]


def marks(tensor: Any) -> list[Any]:
    """What a compiler is told of an operation."""
    found = []
    for name in ("_XlaCompile", "_XlaSeparateCompiledGradients", "_XlaScope"):
        try:
            value = tensor.op.get_attr(name)
        except ValueError:
            value = None
        found.append(value.decode() if isinstance(value, bytes) else value)
    return found


@program
def scopes_of_a_compiler(tf: Any) -> Any:
    scope = jit_scope(tf)
    x = tf.constant([1.0, -2.0], name="x")
    with scope():
        a = tf.nn.relu(x, name="a")
        with scope(compile_ops=False):
            b = tf.nn.relu(a, name="b")
        c = tf.nn.relu(b, name="c")
    with scope(lambda node_def: "relu" in node_def.op.lower(), separate_compiled_gradients=True):
        d = tf.nn.relu(c, name="d")
        e = tf.identity(d, name="e")
    f = tf.identity(e, name="f")
    with tf.Session() as session:
        return [marks(t) for t in (x, a, b, c, d, e, f)], session.run(f)


@results
def scopes_of_a_compiler_are_counted_by_graphs(tf: Any) -> Any:
    scope, found = jit_scope(tf), []
    for _ in range(2):
        with tf.Graph().as_default() as graph:
            for _ in range(2):
                with scope():
                    found.append(marks(tf.constant(1.0)))
            found.append(sorted(graph.get_all_collection_keys()))
    return [*found, attempt(lambda: scope(compile_ops="yes").__enter__())]
