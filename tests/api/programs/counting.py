"""Counts, contractions, sets, quantised numbers, distances and shapes of results."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results
from tests.api.programs.operators import run

X = np.arange(6.0, dtype=np.float32).reshape(2, 3)


@program
def counts(tf: Any) -> Any:
    n = tf.placeholder(tf.int32, [None])
    fetches = [
        tf.bincount([1, 1, 3]),
        tf.math.bincount(n, minlength=5, maxlength=7),
        tf.bincount(n, weights=[0.5, 1.5, 2.0]),
        tf.bincount([1.0, 2.0], dtype=tf.int64),
        tf.histogram_fixed_width([0.0, 0.5, 2.0], [0.0, 1.0], nbins=4),
        tf.histogram_fixed_width_bins([0.0, 0.6, 2.0], [0.0, 1.0], nbins=4, name="places"),
        tf.math.in_top_k([[0.1, 0.9], [0.8, 0.2]], [1, 1], 1),
        tf.nn.in_top_k([[0.1, 0.9]], [0], k=2, name="best"),
        tf.confusion_matrix([0, 1, 1], [1, 1, 0]),
        tf.math.confusion_matrix([0, 1], [[1], [1]], num_classes=3, dtype=tf.float32, name="c"),
        tf.confusion_matrix([0, 1], [1, 1], weights=[0.5, 2.0], num_classes=2),
    ]
    return run(tf, fetches, {n: [2, 4, 2]})


@program
def contractions(tf: Any) -> Any:
    x = tf.constant(X)
    p = tf.placeholder(tf.float32)
    q = tf.placeholder(tf.float32, [None, 3])
    fetches = [
        tf.tensordot(x, x, [[1], [1]]),
        tf.tensordot(x, x, 0, name="outer"),
        tf.tensordot(x, [[1.0], [2.0], [3.0]], 1),
        tf.tensordot(x, x, [[0, 1], [0, 1]]),
        tf.tensordot(x, tf.transpose(x), axes=(-1, 0)),
        tf.tensordot(q, x, [[1], [1]]),
        tf.tensordot(p, x, tf.constant([[1], [1]])),
        tf.tensordot(p, x, [[1], [1]]),
        tf.einsum("ij,kj->ik", x, x),
        tf.einsum("ij->ji", x),
        tf.einsum("...j,kj", x, x, name="mine"),
        tf.einsum("ij,jk->ik", q, tf.transpose(x)),
    ]
    wrong = [
        message(lambda: tf.tensordot(x, x, -1)),
        message(lambda: tf.tensordot(x, x, [[0], [0], [0]])),
        message(lambda: tf.tensordot(x, x, [[0], [0, 1]])),
        message(lambda: tf.einsum("ij,jk->ik", x)),
        message(lambda: tf.einsum("i1->i", x)),
        message(lambda: tf.einsum("ij->ii", x)),
        message(lambda: tf.einsum("ij->k", x)),
        message(lambda: tf.einsum("ij->ij", x, speed=1)),
    ]
    return [run(tf, fetches, {p: X, q: X}), wrong]


@results
def contractions_of_many(tf: Any) -> Any:
    x = tf.constant(X)
    p = tf.placeholder(tf.float32, [None, 3])
    fetches = [
        tf.einsum("ij,kj,kl->il", x, x, x),
        tf.einsum("ij,jk,kl,lm->im", x, tf.transpose(x), p, tf.transpose(x)),
        tf.einsum("...i,...i,i->...", x, x, tf.constant([1.0, 2.0, 3.0]), optimize="optimal"),
    ]
    return run(tf, fetches, {p: X})


@program
def sets(tf: Any) -> Any:
    a = tf.constant([[1, 2, 3], [4, 4, 5]])
    b = tf.constant([[2, 3], [5, 6]])
    s = tf.SparseTensor([[0, 0], [1, 0], [1, 1]], [3, 5, 9], [2, 2])
    found = [
        tf.sets.intersection(a, b),
        tf.sets.set_union(a, b),
        tf.sets.difference(a, b),
        tf.sets.difference(a, b, aminusb=False),
        tf.sets.intersection(a, s),
        tf.sets.set_difference(s, a),
        tf.sets.union(s, s),
    ]
    fetches = [[t.indices, t.values, t.dense_shape] for t in found] + [tf.sets.size(s)]
    wrong = [
        message(lambda: tf.sets.intersection(a, [["a"]])),
        message(lambda: tf.sets.size(a))[:30],
        message(lambda: tf.sets.union([1.0], [1.0]))[:30],
    ]
    return [run(tf, fetches), wrong]


@program
def quantised_numbers(tf: Any) -> Any:
    x = tf.constant(X)
    quantised = tf.quantization.quantize(x, 0.0, 6.0, tf.quint8)
    fetches = [
        tf.dequantize(quantised.output, 0.0, 6.0),
        quantised.output_min,
        tf.quantize(x, -6.0, 6.0, tf.qint8, mode="SCALED", name="scaled").output_max,
        tf.quantize_v2(x, 0.0, 6.0, tf.quint8, axis=None).output_max,
        tf.dequantize(
            tf.quantize(x, [0.0, 0.0], [3.0, 6.0], tf.qint8, "SCALED", axis=0).output,
            [0.0, 0.0],
            [3.0, 6.0],
            "SCALED",
            axis=-2,
        ),
        tf.quantization.quantize_and_dequantize(x, 0.0, 4.0, range_given=True, num_bits=3),
        tf.quantization.quantize_and_dequantize_v2(x, 0.0, 4.0, name="v2"),
    ]
    unknown = tf.placeholder(tf.float32)
    wrong = message(lambda: tf.quantize(unknown, 0.0, 1.0, tf.qint8, axis=-1))
    return [run(tf, fetches), wrong]


@program
def distances_and_shapes(tf: Any) -> Any:
    a = tf.SparseTensor([[0, 0], [0, 1]], ["a", "b"], [1, 2])
    b = tf.SparseTensor([[0, 0]], ["a"], [1, 1])
    fetches = [
        tf.edit_distance(a, b),
        tf.edit_distance(a, b, normalize=False, name="steps"),
        tf.broadcast_dynamic_shape([2, 1], [3]),
    ]
    wrong = [
        message(lambda: tf.edit_distance([1], b)),
        message(lambda: tf.broadcast_static_shape(tf.TensorShape([2]), tf.TensorShape([3])))[:30],
    ]
    known = tf.broadcast_static_shape(tf.TensorShape([5, 1]), tf.TensorShape([None, 5, 3]))
    return [run(tf, fetches), wrong, known.as_list()]
