"""The gradient of the Cholesky decomposition."""

from __future__ import annotations

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.linalg import refuse_half, require_square, square_shape
from minihub_runtime.ops.linear_systems import solve_triangular
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec, merge, show

__all__: list[str] = []


def _shape(l: Spec, grad: Spec) -> Shape:  # noqa: E741 (TensorFlow's name)
    return merge(square_shape(l), square_shape(grad))


def _register(name: str, kinds: str) -> None:
    def kernel(l: Array, grad: Array) -> Array:  # noqa: E741 (TensorFlow's name)
        """The gradient by a symmetric matrix, from its lower triangular factor and the gradient by that.

        Raises: InvalidArgumentError unless both hold square matrices of one shape.
        """
        refuse_half(l, name)
        require_square(l, "l")
        if grad.shape != l.shape:
            raise InvalidArgumentError(
                f"l and grad must have the same shape, not {show(l.shape)} and {show(grad.shape)}"
            )
        if not l.size:
            return np.zeros_like(l)
        with np.errstate(all="ignore"):
            lower, change = np.tril(l), np.tril(grad)
            upper = np.swapaxes(lower, -1, -2)
            inner = np.tril(np.matmul(upper, change))
            diagonal = np.arange(l.shape[-1])
            inner[..., diagonal, diagonal] /= 2
            half = solve_triangular(upper, inner, lower=False)
            full = solve_triangular(upper, np.swapaxes(half, -1, -2), lower=False)
            both = (full + np.swapaxes(full, -1, -2)) / 2
        return np.ascontiguousarray(both)

    op(
        f"{name}(l: T, grad: T) -> output: T",
        T=types(kinds),
        precision=ROUNDING,
        source="core/kernels/linalg/cholesky_grad.cc",
        shape=_shape,
    )(kernel)


_register("CholeskyGrad", "float16 float32 float64")
_register("BatchCholeskyGrad", "float32 float64")
