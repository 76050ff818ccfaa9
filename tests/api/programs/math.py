"""Functions of numbers that are more than one op; casts, segments, clipping, special functions."""

from __future__ import annotations

from typing import Any

from tests.api.programs import message, program
from tests.api.programs.operators import run

SPECIAL = [
    *(f"bessel_{name}" for name in ("i0", "i0e", "i1", "i1e", "j0", "j1")),
    *(f"bessel_{name}" for name in ("k0", "k0e", "k1", "k1e", "y0", "y1")),
    *("dawsn", "expint", "fresnel_cos", "fresnel_sin", "spence"),
]


@program
def special_functions(tf: Any) -> Any:
    x = tf.constant([0.25, 0.5, 0.75])
    fetches = [getattr(tf.math.special, name)(x) for name in SPECIAL]
    fetches += [
        tf.math.bessel_i0(x, name="mine"),
        tf.math.erfinv(x),
        tf.math.ndtri(x),
        tf.math.erfcinv(x),
        tf.math.xdivy([0.0, 1.0], [0.0, 2.0]),
        tf.math.xlog1py([0.0, 1.0], [-1.0, 2.0]),
        tf.lbeta([[1.0, 2.0], [3.0, 4.0]]),
    ]
    return run(tf, fetches)


@program
def rounding_signs_and_parts(tf: Any) -> Any:
    x = tf.constant([-1.5, 0.0, 2.5])
    c = tf.constant([3.0 + 4.0j, 0.0], tf.complex64)
    fetches = [
        tf.round(x),
        tf.round([1, 2]),
        tf.sign(x),
        tf.sign(c, name="direction"),
        tf.complex([1.0], [2.0]),
        tf.real(c),
        tf.real(x),
        tf.imag(c),
        tf.imag(x),
        tf.angle(c),
        tf.angle(x),
        tf.sigmoid(x),
        tf.log_sigmoid(x),
        tf.scalar_mul(2.0, x),
        tf.math.reciprocal_no_nan(x),
        tf.math.polyval([1.0, 2.0, 3.0], x),
        tf.math.polyval([], x),
        tf.tanh(x),
    ]
    wrong = [
        message(lambda: tf.complex([1.0], [1])),
        message(lambda: tf.real("a")),
        message(lambda: tf.scalar_mul([1.0, 2.0], x)),
        message(lambda: tf.math.polyval((1.0,), x)),
    ]
    return [run(tf, fetches), wrong]


@program
def sums_of_lists(tf: Any) -> Any:
    x = tf.constant([1.0, 2.0])
    fetches = [
        tf.add_n([x, x, [1.0, 1.0]]),
        tf.add_n([x]),
        tf.add_n([x], name="only"),
        tf.accumulate_n([x, x], shape=[2], tensor_dtype=tf.float32),
        tf.accumulate_n([x], name="one"),
    ]
    wrong = [
        message(lambda: tf.add_n([])),
        message(lambda: tf.accumulate_n([x, [1]])),
        message(lambda: tf.accumulate_n([x], tensor_dtype=tf.int32)),
    ]
    return [run(tf, fetches), wrong]


@program
def casts(tf: Any) -> Any:
    x = tf.constant([-300.7, 1.5, 300.2])
    names = ["float", "double", "int32", "int64", "bfloat16", "complex64", "complex128"]
    fetches = [getattr(tf, f"to_{name}")(x) for name in names if name != "bfloat16"]
    fetches += [
        tf.to_float(tf.to_bfloat16(x)),
        tf.to_int32([1, 2]),
        tf.to_double(x, name="wide"),
        tf.saturate_cast(x, tf.uint8),
        tf.saturate_cast(x, tf.int32),
        tf.saturate_cast([1, -1], tf.uint16, name="saturated"),
        tf.saturate_cast(tf.constant([2**40, -(2**40)]), tf.int32),
        tf.saturate_cast(tf.constant([1], tf.int8), tf.int32),
    ]
    return run(tf, fetches)


@program
def means_of_segments(tf: Any) -> Any:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    fetches = [
        tf.unsorted_segment_mean(x, [0, 2, 0], 3),
        tf.sparse_segment_sum(x, [0, 2], [0, 0]),
        tf.sparse.segment_mean(x, [0, 2], [0, 1], num_segments=3),
        tf.sparse_segment_sqrt_n(x, [0, 1], [0, 0], name="rows"),
        tf.unsorted_segment_sqrt_n(x, [0, 2, 0], tf.constant(3), name="scaled"),
    ]
    return run(tf, fetches)


@program
def clipping(tf: Any) -> Any:
    x = tf.constant([[3.0, 4.0], [0.0, -12.0]])
    fetches = [
        tf.clip_by_value(x, -1.0, 3.5),
        tf.clip_by_value([1, 5], 2, [3, 4], name="limits"),
        tf.clip_by_norm(x, 2.0),
        tf.clip_by_norm(x, 5.0, axes=[1], name="rows"),
        tf.global_norm([x, None, [1.0]]),
        [t for t in tf.clip_by_global_norm([x, None, [1.0]], 1.0)[0] if t is not None],
        tf.clip_by_global_norm([x], tf.constant(1.0), use_norm=tf.constant(13.0), name="all")[0],
        tf.clip_by_average_norm(x, 0.5),
    ]
    return [run(tf, fetches), message(lambda: tf.global_norm("x"))]
