"""Functions of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program, results

MATRIX = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]], np.float32)
BATCH = np.stack([MATRIX, 2 * MATRIX + 1])


def run(tf: Any, fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        return session.run(fetches, feeds)


@program
def identities(tf: Any) -> Any:
    n = tf.placeholder(tf.int32, [], "n")
    found = [
        tf.eye(3),
        tf.eye(2, 3, dtype=tf.int32),
        tf.eye(2, batch_shape=[2, 1], dtype=tf.float64, name="batch"),
        tf.eye(n),
        tf.eye(3, n, batch_shape=[2]),
    ]
    return run(tf, found, {n: 2}), attempt(lambda: tf.eye(2.5)), attempt(lambda: tf.eye("a"))


@program
def diagonals(tf: Any) -> Any:
    x = tf.constant(BATCH)
    found = [
        tf.linalg.diag([[1, 2], [3, 4]]),
        tf.matrix_diag([1.0, 2.0], k=1, padding_value=9.0),
        tf.linalg.diag([[1, 2, 3], [4, 5, 0]], k=(0, 1), align="LEFT_RIGHT"),
        tf.linalg.diag_part(x),
        tf.matrix_diag_part(x, k=(-1, 1)),
        tf.linalg.diag_part(tf.constant([[True, False], [False, True]])),
        tf.linalg.set_diag(x, [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]),
        tf.linalg.trace(x),
        tf.trace(x, name="t"),
        tf.linalg.matrix_transpose(x),
        tf.linalg.adjoint(tf.constant([[1 + 2j, 3j]])),
        tf.matrix_transpose(tf.constant([[1 + 2j, 3j]]), conjugate=True),
        tf.linalg.band_part(x, 1, 0),
    ]
    return run(tf, found), attempt(lambda: tf.linalg.matrix_transpose([1, 2]))


@program
def norms(tf: Any) -> Any:
    x = tf.constant(BATCH)
    found = [
        tf.norm(x),
        tf.norm(x, axis=1),
        tf.norm(x, ord=1, axis=-1, keepdims=True),
        tf.norm(x, ord=np.inf),
        tf.norm(x, ord=3, axis=0),
        tf.norm(x, "fro", [1, 2]),
        tf.norm(x, 1, (-2, -1)),
        tf.linalg.norm(x, np.inf, [-2, -1], keep_dims=True),
        tf.norm(tf.constant([3 + 4j, 1.0]), ord=2),
    ]
    errors = [
        message(lambda: tf.norm(x, axis=[0, 0])),
        message(lambda: tf.norm(x, axis=[0.5, 1])),
        message(lambda: tf.norm(x, "fro")),
        message(lambda: tf.norm(x, -1)),
        message(lambda: tf.norm(x, 3, [0, 1])),
        message(lambda: tf.norm(x, axis=1.5)),
    ]
    return run(tf, found), errors


@results
def spectral_norms(tf: Any) -> Any:
    x = tf.constant(BATCH)
    return run(tf, [tf.norm(x, 2, [1, 2]), tf.norm(x, 2, [0, -1], keepdims=True)])


@program
def systems(tf: Any) -> Any:
    x, rhs = tf.constant(BATCH), tf.constant(BATCH[:, :, :2])
    tall = tf.constant(BATCH[:, :, :2])
    factors = tf.linalg.cholesky(x)
    found = [
        tf.linalg.triangular_solve(factors, rhs),
        tf.matrix_triangular_solve(factors, rhs, lower=True, adjoint=True),
        tf.linalg.cholesky_solve(factors, rhs),
        tf.linalg.solve(x, rhs),
        tf.linalg.lstsq(tall, x),
        tf.matrix_solve_ls(tall, x, l2_regularizer=0.1),
        tf.linalg.lstsq(tf.constant(BATCH[:, :2]), rhs[:, :2]),
        tf.linalg.lstsq(tall, x, fast=False),
        tf.linalg.logdet(x),
        tf.linalg.det(x),
        tf.linalg.inv(x),
    ]
    return run(tf, found)


@results
def least_squares_of_unknown_size(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, None])
    found = tf.linalg.lstsq(x, x, l2_regularizer=0.5)
    return run(tf, found, {x: MATRIX[:, :2]}), run(tf, found, {x: MATRIX[:2]})


@program
def decompositions(tf: Any) -> Any:
    x = tf.constant(BATCH)
    values, vectors = tf.linalg.eigh(x)
    s, u, v = tf.linalg.svd(x)
    rebuilt = tf.matmul(u, tf.matmul(tf.linalg.diag(s), v, adjoint_b=True))
    again = tf.matmul(vectors, tf.matmul(tf.linalg.diag(values), vectors, adjoint_b=True))
    found = [
        values,
        again,
        s,
        rebuilt,
        tf.linalg.eigvalsh(x),
        tf.svd(x, compute_uv=False),
        tf.linalg.matrix_rank(x),
        tf.linalg.pinv(x[:, :2]),
    ]
    return run(tf, found)


@results
def tridiagonal_systems(tf: Any) -> Any:
    upper, main, lower = [1.0, 2.0, 0.0], [4.0, 5.0, 6.0], [0.0, 1.0, 3.0]
    rhs = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    parts = [tf.constant(part) for part in (upper, main, lower)]
    matrix = tf.constant([[4.0, 1.0, 0.0], [1.0, 5.0, 2.0], [0.0, 3.0, 6.0]])
    compact = tf.constant([upper, main, lower])
    found = [
        tf.linalg.tridiagonal_solve(compact, rhs),
        tf.linalg.tridiagonal_solve(compact, rhs[:, 0]),
        tf.linalg.tridiagonal_solve(parts, rhs, "sequence"),
        tf.linalg.tridiagonal_solve([parts[0][:2], parts[1], parts[2][1:]], rhs, "sequence"),
        tf.linalg.tridiagonal_solve(matrix, rhs, "matrix"),
        tf.linalg.tridiagonal_solve(compact, tf.transpose(rhs), transpose_rhs=True),
        tf.linalg.tridiagonal_matmul(compact, rhs),
        tf.linalg.tridiagonal_matmul(parts, rhs, "sequence"),
        tf.linalg.tridiagonal_matmul(matrix, rhs, "matrix"),
    ]
    errors = [
        attempt(lambda: tf.linalg.tridiagonal_solve(compact, rhs, "other")),
        attempt(lambda: tf.linalg.tridiagonal_solve(compact, rhs[:2])),
        attempt(lambda: tf.linalg.tridiagonal_solve(compact[:2], rhs)),
        attempt(lambda: tf.linalg.tridiagonal_solve(parts[:2], rhs, "sequence")),
    ]
    return run(tf, found), errors
