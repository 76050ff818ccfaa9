"""What is done with matrices that `tf.linalg.lu` took apart; products with vectors.

Source: tensorflow/python/ops/linalg/linalg_impl.py; tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.broadcasting import broadcast_dynamic_shape
from minihub_runtime.api.building import build
from minihub_runtime.api.checks.ranks import assert_rank, assert_rank_at_least
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.gathering_nd import gather_nd
from minihub_runtime.api.graph import Tensor, control_dependencies, name_scope
from minihub_runtime.api.identity import identity
from minihub_runtime.api.joining import concat, split, stack
from minihub_runtime.api.layout import expand_dims, reshape, squeeze
from minihub_runtime.api.linalg.matrices import eye
from minihub_runtime.api.linalg.systems import matrix_triangular_solve
from minihub_runtime.api.map_fn import map_fn
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import reduce_prod
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.dtypes import float32, int32
from minihub_runtime.public import public

__all__ = ["lu_matrix_inverse", "lu_reconstruct", "lu_solve", "matvec"]


@public("linalg.matvec")
def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Products of matrices `[…, n, k]` and vectors `[…, k]`.

    Args:
        a: the matrices.
        b: the vectors.
        transpose_a: take the transposed of `a`.
        adjoint_a: take the conjugate transposed of `a`.
        a_is_sparse: `a` has many zeros.
        b_is_sparse: `b` has many zeros.
        name: wanted name.

    Raises:
        ValueError: `a` is to be transposed and adjoint, or the shapes do not fit.
    """
    with name_scope(name, "MatVec", [a, b]):
        product = matmul(
            a,
            expand_dims(b, axis=-1),
            transpose_a=transpose_a,
            adjoint_a=adjoint_a,
            a_is_sparse=a_is_sparse,
            b_is_sparse=b_is_sparse,
        )
        return squeeze(product, axis=-1)


def _factors(lower_upper: Any, perm: Any) -> tuple[Any, Any]:
    lower_upper = convert_to_tensor(lower_upper, name="lower_upper", preferred_dtype=float32)
    return lower_upper, convert_to_tensor(perm, name="perm", preferred_dtype=int32)


def _checks(lower_upper: Any, perm: Any, validate_args: bool) -> list[Any]:
    """The operations that check factors; what is known is checked at once."""
    checks: list[Any] = []
    message = "Input `lower_upper` must have at least 2 dimensions."
    if lower_upper.shape.ndims is not None and lower_upper.shape.ndims < 2:
        raise ValueError(message)
    if validate_args:
        checks.append(assert_rank_at_least(lower_upper, rank=2, message=message))
    message = "`rank(lower_upper)` must equal `rank(perm) + 1`"
    if lower_upper.shape.ndims is not None and perm.shape.ndims is not None:
        if lower_upper.shape.ndims != perm.shape.ndims + 1:
            raise ValueError(message)
    elif validate_args:
        checks.append(assert_rank(lower_upper, rank=rank(perm) + 1, message=message))
    message = "`lower_upper` must be square."
    if lower_upper.shape[:-2].is_fully_defined():
        if lower_upper.shape[-2].value != lower_upper.shape[-1].value:
            raise ValueError(message)
    elif validate_args:
        rows, columns = split(shape(lower_upper)[-2:], num_or_size_splits=2)
        checks.append(assert_equal(rows, columns, message=message))
    return checks


def _after(checks: list[Any], *tensors: Any) -> list[Any]:
    """The tensors, after the checks."""
    if not checks:
        return list(tensors)
    with control_dependencies(checks):
        return [identity(tensor) for tensor in tensors]


def _lower(lower_upper: Any, sizes: Any = None) -> Any:
    """The lower factor, whose diagonal is ones."""
    part = build("MatrixBandPart", input=lower_upper, num_lower=-1, num_upper=0)
    sizes = shape(lower_upper) if sizes is None else sizes
    return build(
        "MatrixSetDiagV3",
        name="set_diag",
        input=part,
        diagonal=ones(sizes[:-1], dtype=lower_upper.dtype),
        k=0,
    )


@public("linalg.lu_solve")
def lu_solve(
    lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """Solutions of systems of equations whose matrices `tf.linalg.lu` took apart.

    Args:
        lower_upper: `[…, n, n]`, the factors.
        perm: `[…, n]`, the order of rows.
        rhs: `[…, n, m]`, the right sides.
        validate_args: check in a run what is not known before.
        name: wanted name.

    Raises:
        ValueError: the shapes do not fit.
    """
    with name_scope(name or "lu_solve"):
        lower_upper, perm = _factors(lower_upper, perm)
        rhs = convert_to_tensor(rhs, name="rhs", preferred_dtype=lower_upper.dtype)
        checks = _checks(lower_upper, perm, validate_args)
        message = "Input `rhs` must have at least 2 dimensions."
        if rhs.shape.ndims is not None and rhs.shape.ndims < 2:
            raise ValueError(message)
        if rhs.shape.ndims is None and validate_args:
            checks.append(assert_rank_at_least(rhs, rank=2, message=message))
        message = "`lower_upper.shape[-1]` must equal `rhs.shape[-1]`."
        inner = lower_upper.shape[-1].value, rhs.shape[-2].value
        if None not in inner:
            if inner[0] != inner[1]:
                raise ValueError(message)
        elif validate_args:
            sizes = shape(lower_upper)[-1], shape(rhs)[-2]
            checks.append(assert_equal(*sizes, message=message))
        lower_upper, perm, rhs = _after(checks, lower_upper, perm, rhs)
        rows = _permuted(rhs, perm)
        lower = _lower(lower_upper)
        return matrix_triangular_solve(
            lower_upper, matrix_triangular_solve(lower, rows), lower=False
        )


def _permuted(rhs: Any, perm: Any) -> Any:
    """The rows of the right sides in their order."""
    if rhs.shape.ndims == 2 and perm.shape.ndims == 1:
        return gather(rhs, perm, axis=-2)
    sizes: Any = shape(rhs)
    batch: Any = broadcast_dynamic_shape(sizes[:-2], shape(perm)[:-1])
    rows, columns = sizes[-2], sizes[-1]
    whole: Any = concat([batch, [rows, columns]], axis=0)
    flat = reshape(build("BroadcastTo", input=rhs, shape=whole), [-1, rows, columns])
    places = reshape(build("BroadcastTo", input=perm, shape=whole[:-1]), [-1, rows])
    count = reduce_prod(batch)
    numbers: Any = range(count)
    batches = build("BroadcastTo", input=numbers[:, None], shape=[count, rows])
    return reshape(gather_nd(flat, stack([batches, places], axis=-1)), whole)


@public("linalg.lu_matrix_inverse")
def lu_matrix_inverse(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """The inverses of matrices that `tf.linalg.lu` took apart.

    Args:
        lower_upper: `[…, n, n]`, the factors.
        perm: `[…, n]`, the order of rows.
        validate_args: check in a run what is not known before.
        name: wanted name.

    Raises:
        ValueError: the shapes do not fit.
    """
    with name_scope(name or "lu_matrix_inverse"):
        lower_upper, perm = _factors(lower_upper, perm)
        lower_upper, perm = _after(_checks(lower_upper, perm, validate_args), lower_upper, perm)
        sizes: Any = shape(lower_upper)
        one = eye(sizes[-1], batch_shape=sizes[:-2], dtype=lower_upper.dtype)
        return lu_solve(lower_upper, perm, rhs=one, validate_args=False)


@public("linalg.lu_reconstruct")
def lu_reconstruct(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """The matrices that `tf.linalg.lu` took apart.

    Args:
        lower_upper: `[…, n, n]`, the factors.
        perm: `[…, n]`, the order of rows.
        validate_args: check in a run what is not known before.
        name: wanted name.

    Raises:
        ValueError: the shapes do not fit.
    """
    with name_scope(name or "lu_reconstruct"):
        lower_upper, perm = _factors(lower_upper, perm)
        lower_upper, perm = _after(_checks(lower_upper, perm, validate_args), lower_upper, perm)
        sizes: Any = shape(lower_upper)
        lower = _lower(lower_upper, sizes)
        upper = build("MatrixBandPart", input=lower_upper, num_lower=0, num_upper=-1)
        product: Any = matmul(lower, upper)
        if lower_upper.shape.ndims == 2:
            product = gather(product, build("InvertPermutation", x=perm))
        else:
            count = reduce_prod(sizes[:-2])
            rows = sizes[-1]
            product = reshape(product, [count, rows, rows])
            perm = reshape(perm, [count, rows])
            perm = map_fn(lambda x: build("InvertPermutation", x=x), perm)
            numbers: Any = range(count)
            batches = build("BroadcastTo", input=numbers[:, None], shape=[count, rows])
            product = gather_nd(product, stack([batches, perm], axis=-1))
            product = reshape(product, sizes)
        product.set_shape(lower_upper.shape)
        return product
