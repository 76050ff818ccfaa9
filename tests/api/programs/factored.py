"""Exponentials of matrices, matrices taken apart, products with vectors, normalised tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results
from tests.api.programs.operators import run

M = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.0], [0.2, 0.1, 2.0]], np.float32)


@results
def exponentials(tf: Any) -> Any:
    p = tf.placeholder(tf.float64)
    fetches = [
        tf.linalg.expm(M * 0.05),
        tf.linalg.expm(M),
        tf.linalg.expm(np.stack([M * 3.0, M * 0.01]), name="many"),
        tf.linalg.expm(p),
        tf.linalg.expm(tf.constant(M.astype(np.float64) * 0.3)),
        tf.linalg.expm(tf.zeros([0, 0])),
    ]
    return [run(tf, fetches, {p: M * 2.0}), message(lambda: tf.linalg.expm([[1]]))[:30]]


@program
def factors(tf: Any) -> Any:
    lu, perm = tf.linalg.lu(M)
    many, perms = tf.linalg.lu(np.stack([M, M.T]))
    fetches = [
        tf.linalg.lu_solve(lu, perm, M[:, :1]),
        tf.linalg.lu_solve(many, perms, np.ones([2, 3, 1], np.float32), name="solved"),
        tf.linalg.lu_matrix_inverse(lu, perm),
        tf.linalg.lu_reconstruct(lu, perm, validate_args=True),
        tf.linalg.matvec(M, [1.0, 2.0, 3.0]),
        tf.linalg.matvec(np.stack([M, M]), np.ones([2, 3], np.float32), transpose_a=True, name="v"),
        tf.linalg.normalize(M),
        tf.linalg.normalize(M, ord=1, axis=0, name="columns"),
    ]
    wrong = [
        message(lambda: tf.linalg.lu_solve([1.0], [0], [[1.0]])),
        message(lambda: tf.linalg.lu_solve(M, perm, [[1.0]])),
        message(lambda: tf.linalg.lu_reconstruct(M, perms)),
    ]
    return [run(tf, fetches), wrong]


@results
def many_factors(tf: Any) -> Any:
    many, perms = tf.linalg.lu(np.stack([M, M.T]))
    return run(
        tf, [tf.linalg.lu_reconstruct(many, perms), tf.linalg.lu_matrix_inverse(many, perms)]
    )
