"""Functions that add one operation: every row of the table, called by position and by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.simple_ops import SIMPLE_OPS
from tests.api.programs import message, program
from tests.api.programs.operators import run

#: Arguments that the elementwise functions of one and of two tensors take.
REAL = [0.25, 0.5, 0.75]
#: Functions of one real tensor → whether a value lies in their range.
UNARY = [
    names.split()[0]
    for op, parameters, names in SIMPLE_OPS
    if parameters in ("x", "features") and op not in ("Invert", "InvertPermutation", "LogicalNot")
]
BINARY = [
    names.split()[0]
    for op, parameters, names in SIMPLE_OPS
    if parameters in ("x, y", "a, x", "y, x")
    and not op.startswith(("Logical", "Bitwise", "LeftS", "RightS"))
]


def named(tf: Any, name: str) -> Any:
    """What a public name stands for."""
    value = tf
    for part in name.split("."):
        value = getattr(value, part)
    return value


@program
def functions_of_one_tensor(tf: Any) -> Any:
    x = tf.constant(REAL)
    return run(tf, [named(tf, name)(x + 1 if name == "acosh" else x) for name in UNARY])


@program
def functions_of_two_tensors(tf: Any) -> Any:
    x = tf.constant(REAL)
    fetches = []
    for name in BINARY:
        if name in ("truncatediv", "truncatemod"):
            fetches.append(named(tf, name)([7, -7], 2, name="quotient"))
        elif name != "setdiff1d":
            fetches.append(named(tf, name)(x, 2.0, name="binary"))
    return run(tf, fetches)


@program
def functions_of_truth_values_and_bits(tf: Any) -> Any:
    t, i = tf.constant([True, False]), tf.constant([6, 3])
    fetches = [
        tf.logical_and(t, True),
        tf.logical_or(t, [False, False]),
        tf.logical_not(t),
        tf.bitwise.bitwise_and(i, 2),
        tf.bitwise.bitwise_or(i, 8),
        tf.bitwise.bitwise_xor(i, i),
        tf.bitwise.invert(i),
        tf.bitwise.left_shift(i, 1),
        tf.bitwise.right_shift(i, 1, name="halves"),
        tf.invert_permutation([1, 0, 2]),
    ]
    return run(tf, fetches)


@program
def arrays(tf: Any) -> Any:
    x = tf.constant(np.arange(12.0, dtype=np.float32).reshape(3, 4))
    fetches = [
        tf.bitcast(x, tf.int32),
        tf.broadcast_to([1, 2], [2, 2]),
        tf.diag([1, 2]),
        tf.linalg.tensor_diag_part([[1, 2], [3, 4]]),
        tf.identity_n([x, [1]]),
        tf.matrix_band_part(x, 1, 0),
        tf.reverse(x, [0, -1]),
        tf.scatter_nd([[1], [0]], [5, 6], [3]),
        tf.tensor_scatter_add([1, 2, 3], [[0]], [10]),
        tf.tensor_scatter_sub([1, 2, 3], [[0]], [10]),
        tf.tensor_scatter_nd_max([1, 2, 3], [[0]], [10]),
        tf.tensor_scatter_nd_min([1, 2, 3], [[0]], [-10]),
        tf.tensor_scatter_update([1, 2, 3], [[2]], [7]),
        tf.tile([[1, 2]], [2, 1]),
        tf.unravel_index([5, 3], [2, 3]),
        tf.space_to_batch_nd(tf.reshape(x, [1, 3, 4, 1]), [1, 2], [[0, 0], [0, 0]]),
        tf.batch_to_space_nd(tf.reshape(x, [2, 3, 2, 1]), [1, 2], [[0, 0], [0, 1]]),
        tf.space_to_depth(tf.reshape(x, [1, 2, 6, 1]), 2),
        tf.depth_to_space(tf.reshape(x, [1, 1, 3, 4]), 2, "deep", "NHWC"),
        tf.setdiff1d([1, 2, 3], [2]),
        tf.shape_n([x, [1]]),
        tf.unique([1, 1, 2]),
        tf.unique_with_counts([3, 3], tf.int64),
        tf.dynamic_partition([1, 2, 3], [0, 1, 0], 2),
        tf.dynamic_stitch([[0, 2], [1]], [[10, 30], [20]]),
        tf.fingerprint([b"ab", b"cd"]),
        tf.guarantee_const([1.0]),
        tf.check_numerics(x, "is finite"),
        tf.arg_max(x, 1),
        tf.arg_min(x, 0, tf.int32),
        tf.math.top_k(x, 2),
        tf.nn.top_k(x, sorted=False, name="best").indices,
    ]
    return run(tf, fetches)


@program
def matrices(tf: Any) -> Any:
    m = tf.constant([[4.0, 1.0], [1.0, 3.0]])
    fetches = [
        tf.cholesky(m),
        tf.linalg.slogdet(m),
        tf.linalg.lu(m),
        tf.matrix_determinant(m),
        tf.matrix_inverse(m),
        tf.linalg.inv(m, adjoint=True, name="inverse"),
        tf.matrix_solve(m, [[1.0], [2.0]]),
        tf.matrix_square_root(m),
        tf.linalg.cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
        tf.linalg.logm(tf.cast(m, tf.complex64)),
    ]
    return run(tf, fetches)


@program
def sums_of_segments(tf: Any) -> Any:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    names = ["sum", "mean", "prod", "max", "min"]
    fetches = [named(tf, f"segment_{name}")(x, [0, 0, 1]) for name in names]
    fetches += [
        named(tf, f"unsorted_segment_{name}")(x, [1, 0, 1], 2) for name in names if name != "mean"
    ]
    return run(tf, fetches)


@program
def signals(tf: Any) -> Any:
    x = tf.constant(np.arange(8).reshape(2, 2, 2), tf.complex64)
    names = ["fft", "fft2d", "fft3d", "ifft", "ifft2d", "ifft3d"]
    return run(tf, [named(tf, f"signal.{name}")(x) for name in names])


@program
def texts(tf: Any) -> Any:
    fetches = [
        tf.as_string([1.5, 2.0], precision=2),
        tf.decode_base64("YWI"),
        tf.encode_base64("ab", pad=True),
        tf.strings.lower(["AB"]),
        tf.strings.upper("ab"),
        tf.string_strip(" a "),
        tf.string_to_hash_bucket_fast("a", 100),
        tf.string_to_hash_bucket_strong("a", 100, [1, 2]),
        tf.string_join(["a", ["b", "c"]], "-"),
        tf.strings.length("äb", unit="UTF8_CHAR"),
        tf.strings.substr("hello", 1, 3),
        tf.strings.unicode_script([65, 1040]),
        tf.strings.unicode_transcode("a", "UTF-8", "UTF-16-BE"),
        tf.strings.unsorted_segment_join(["a", "b"], [0, 0], 1, separator="+"),
        tf.serialize_tensor([1, 2]),
        tf.parse_tensor(tf.serialize_tensor([1, 2]), tf.int32),
    ]
    return run(tf, fetches)


@program
def arguments_that_do_not_fit(tf: Any) -> Any:
    attempts = [
        lambda: tf.sin("a"),
        lambda: tf.sin([1]),
        lambda: tf.bitcast([1], "nothing"),
        lambda: tf.maximum(1, 2.5),
        lambda: tf.maximum([1.0], [1, 2]),
        lambda: tf.identity_n(3),
        lambda: tf.identity_n([]),
        lambda: tf.dynamic_stitch([[0]], [[1], [2]]),
        lambda: tf.arg_max([1.0], 0, tf.float32),
        lambda: tf.matrix_inverse([[1.0]], adjoint=1),
        lambda: tf.space_to_depth([[[[1]]]], 1),
        lambda: tf.space_to_depth([[[[1]]]], 2, data_format="NWHC"),
        lambda: tf.strings.unicode_transcode("a", "UTF-8", "UTF-16-BE", errors="maybe"),
    ]
    return [message(attempt) for attempt in attempts]
