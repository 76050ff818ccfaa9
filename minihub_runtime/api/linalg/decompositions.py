"""Eigenvalues, singular values and what is made of them.

Source: tensorflow/python/ops/linalg_ops.py, linalg/linalg_impl.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import Tensor, control_dependencies, name_scope
from minihub_runtime.api.linalg.matrices import matrix_diag_part
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.reduction import reduce_max, reduce_sum
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import float32, int32
from minihub_runtime.public import public

__all__ = [
    "logdet",
    "matrix_rank",
    "pinv",
    "self_adjoint_eig",
    "self_adjoint_eigvals",
    "svd",
]


@public("linalg.eigh", "self_adjoint_eig")
def self_adjoint_eig(tensor: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Eigenvalues [..., n], rising, and eigenvectors [..., n, n] in columns, of self-adjoint matrices [..., n, n]."""
    e, v = build("SelfAdjointEigV2", name=name, input=tensor, compute_v=True)
    return e, v


@public("linalg.eigvalsh", "self_adjoint_eigvals")
def self_adjoint_eigvals(tensor: Any, name: str | None = None) -> Tensor:
    """Eigenvalues [..., n], rising, of self-adjoint matrices [..., n, n]."""
    e: Tensor = build("SelfAdjointEigV2", name=name, input=tensor, compute_v=False)[0]
    return e


@public("linalg.svd", "svd")
def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """Singular values and vectors of matrices [..., m, n]; p is the smaller of m and n.

    Args:
        tensor: the matrices.
        full_matrices: whether the vectors are whole bases.
        compute_uv: whether the vectors are wanted.
        name: of the operation.

    Returns:
        (s, u, v) with s [..., p], falling, u [..., m, p] and v [..., n, p] in columns; s alone without `compute_uv`.
    """
    s, u, v = build(
        "Svd", name=name, input=tensor, compute_uv=compute_uv, full_matrices=full_matrices
    )
    values = _real(s)
    return (values, u, v) if compute_uv else values


def _real(x: Tensor) -> Tensor:
    if not x.dtype.is_complex:
        return x
    result: Tensor = build("Real", input=x, Tout=x.dtype.real_dtype)
    return result


@public("linalg.logdet")
def logdet(matrix: Any, name: str | None = None) -> Tensor:
    """Logarithms [...] of the determinants of hermitian positive definite matrices [..., m, m]."""
    with name_scope(name, "logdet", [matrix]):
        diagonal = matrix_diag_part(build("Cholesky", input=matrix))
        result: Tensor = 2.0 * reduce_sum(build("Log", x=_real(diagonal)), axis=[-1])
        return result


def _checked(a: Tensor, validate_args: bool) -> Tensor:
    """Matrices of floats.

    Raises:
        TypeError: they are not of floats.
        ValueError: they are known to have less than two dimensions.
    """
    if not a.dtype.is_floating:
        raise TypeError(f"Input `a` must have `float`-like `dtype` (saw {a.dtype.name}).")
    rank = a.shape.rank
    if rank is not None:
        if rank < 2:
            raise ValueError(f"Input `a` must have at least 2 dimensions (saw: {rank}).")
        return a
    if not validate_args:
        return a
    enough = build("GreaterEqual", x=build("Rank", input=a), y=2)
    message = "Input `a` must have at least 2 dimensions."
    with control_dependencies([build("Assert", condition=enough, data=[message])]):
        result: Tensor = build("Identity", input=a)
        return result


@public("linalg.matrix_rank")
def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """How many singular values of matrices [..., m, n] are above `tol`; int32 [...].

    Args:
        a: float matrices.
        tol: by default the machine's precision times the larger size times the largest singular value.
        validate_args: check what is not known statically when it runs.
        name: of the scope.
    """
    with name_scope(name or "matrix_rank"):
        a = _checked(convert_to_tensor(a, preferred_dtype=float32, name="a"), validate_args)
        s = svd(a, compute_uv=False)
        if tol is None:
            sizes = a.shape[-2:]
            known = sizes.is_fully_defined()
            largest = np.max(sizes.as_list()) if known else reduce_max(shape(a)[-2:])
            eps = np.finfo(a.dtype.as_numpy_dtype).eps
            tol = eps * cast(largest, a.dtype) * reduce_max(s, axis=-1, keepdims=True)
        result: Tensor = reduce_sum(cast(s > tol, int32), axis=-1)
        return result


@public("linalg.pinv")
def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """The pseudo-inverses [..., n, m] of matrices [..., m, n].

    Args:
        a: float matrices.
        rcond: singular values below this part of the largest count as zero; by default ten times the larger size times the
            machine's precision.
        validate_args: check what is not known statically when it runs.
        name: of the scope.
    """
    with name_scope(name or "pinv"):
        a = _checked(convert_to_tensor(a, name="a"), validate_args)
        numpy = a.dtype.as_numpy_dtype
        if rcond is None:
            sizes = [None, None] if a.shape.rank is None else a.shape.as_list()[-2:]
            rows, columns = (
                shape(a)[place] if size is None else size
                for place, size in zip((-2, -1), sizes, strict=True)
            )
            if isinstance(rows, int) and isinstance(columns, int):
                largest: Any = float(max(rows, columns))
            else:
                largest = cast(build("Maximum", x=rows, y=columns), a.dtype)
            rcond = 10.0 * largest * np.finfo(numpy).eps
        rcond = convert_to_tensor(rcond, a.dtype, "rcond")
        s, u, v = svd(a)
        cutoff = rcond * reduce_max(s, axis=-1)
        kept = where_v2(s > build("ExpandDims", input=cutoff, dim=-1), s, np.array(np.inf, numpy))
        inverse: Tensor = matmul(v / build("ExpandDims", input=kept, dim=-2), u, adjoint_b=True)
        if a.shape.rank is not None:
            inverse.set_shape(a.shape[:-2].concatenate([a.shape[-1], a.shape[-2]]))
        return inverse
