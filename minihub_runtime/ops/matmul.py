"""Products of matrices."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.broadcasting import fitting, narrow, widen
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.gradient_rules import Gradient, Ops, Term, conjugate, over_batches
from minihub_runtime.ops.products import SHARED, Finish, multiply, multiply_and_finish
from minihub_runtime.ops.registry import (
    HALF_FLOATS,
    ROUNDING,
    Array,
    at_least,
    op,
    types,
)
from minihub_runtime.shapes import Shape, Spec, broadcast, merge, show

__all__ = ["multiply_matrices"]

_MATMUL = types(
    "bfloat16 float16 float32 float64 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128"
)
_BATCH = types("bfloat16 float16 float32 float64 int32 int64 complex64 complex128")
_BATCH_V2 = types(
    "bfloat16 float16 float32 float64 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128"
)
_BATCH_V3 = types(
    "bfloat16 float16 float32 float64 uint8 int8 int16 int32 int64 complex64 complex128"
)


def multiply_matrices(
    a: Array, b: Array, out: Array | None = None, finish: Finish | None = None
) -> Array:
    """The matrix products of `a` and `b`, whose batches broadcast; 16-bit floats are summed in float32.

    Args:
        a: `(…, m, k)`.
        b: `(…, k, n)`.
        out: where the result may go.
        finish: what is done to the product of two matrices of float32; see `multiply_and_finish`.

    Raises:
        InvalidArgumentError: the sizes do not fit.
    """
    if a.shape[-1] != b.shape[-2]:
        raise InvalidArgumentError(
            f"matrix sizes must fit, not {show(a.shape)} and {show(b.shape)} (after transposing)"
        )
    if (
        a.ndim == b.ndim == 2
        and out is None
        and finish is None
        and a.dtype.char in "fd"
        and a.size * b.shape[-1] <= SHARED
    ):
        # What follows, without what takes longer than a small product.
        return np.dot(a, b)
    try:
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError as error:
        raise InvalidArgumentError(
            f"batch dimensions must broadcast, not {show(a.shape)} and {show(b.shape)}"
        ) from error
    if a.dtype.names is not None or a.dtype == np.float16:
        with np.errstate(all="ignore"):
            return narrow(multiply(widen(a), widen(b)), a.dtype)
    out = fitting(out, (*batch, a.shape[-2], b.shape[-1]), a.dtype)
    if out is not None and (np.may_share_memory(out, a) or np.may_share_memory(out, b)):
        out = None
    return multiply(a, b, out) if finish is None else multiply_and_finish(a, b, finish, out)


def _adjoint(x: Array, wanted: bool) -> Array:
    """`x` with its last two axes exchanged and conjugated, if wanted."""
    if not wanted:
        return x
    swapped = np.swapaxes(x, -1, -2)
    return np.conjugate(swapped) if x.dtype.kind == "c" else swapped


def _matrix_shape(a: Spec, b: Spec, transpose_a: bool, transpose_b: bool) -> Shape:
    left = merge(a.shape, (None, None)) or (None, None)
    right = merge(b.shape, (None, None)) or (None, None)
    if transpose_a:
        left = left[::-1]
    if transpose_b:
        right = right[::-1]
    if left[1] is not None and right[0] is not None and left[1] != right[0]:
        raise InvalidArgumentError(
            f"matrix sizes must fit, not {show(left)} and {show(right)} (after transposing)"
        )
    return (left[0], right[1])


def _product(
    a: Array, b: Array, transpose_a: bool, transpose_b: bool, out: Array | None = None
) -> Array:
    if a.ndim != 2 or b.ndim != 2:
        raise InvalidArgumentError(
            f"a and b must be matrices, not of shapes {show(a.shape)} and {show(b.shape)}"
        )
    return multiply_matrices(a.T if transpose_a else a, b.T if transpose_b else b, out)


@op(
    "MatMul(a: T, b: T) -> product: T",
    T=_MATMUL,
    precision=ROUNDING,
    source="core/kernels/matmul_op_impl.h",
    shape=_matrix_shape,
)
def mat_mul(
    a: Array,
    b: Array,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    out: Array | None = None,
) -> Array:
    """The product of two matrices.

    Shapes: `[m, k], [k, n]` -> `[m, n]`.
    Raises: InvalidArgumentError for other ranks or sizes that do not fit.
    """
    return _product(a, b, transpose_a, transpose_b, out)


_ACTIVATIONS: dict[str, Callable[[Array, float], Any]] = {
    "Relu": lambda x, alpha: np.maximum(x, 0),
    "Relu6": lambda x, alpha: np.clip(x, 0, 6),
    "Elu": lambda x, alpha: np.where(x < 0, np.expm1(np.minimum(x, 0)), x),
    "LeakyRelu": lambda x, alpha: np.where(x > 0, x, x * x.dtype.type(alpha)),
}


@op(
    "_FusedMatMul(a: T, b: T, args: num_args * T) -> product: T",
    T=HALF_FLOATS,
    num_args=at_least(0),
    precision=ROUNDING,
    source="core/kernels/matmul_op_fused.cc",
    shape=lambda a, b, args, transpose_a, transpose_b: _matrix_shape(
        a, b, transpose_a, transpose_b
    ),
)
def _fused_mat_mul(
    a: Array,
    b: Array,
    args: Sequence[Array],
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    fused_ops: list[str] = [],
    epsilon: float = 9.999999747378752e-05,
    leakyrelu_alpha: float = 0.20000000298023224,
) -> Array:
    """The product of two matrices, plus a bias, through an activation function, as `fused_ops` says.

    Raises: InvalidArgumentError for sizes that do not fit; UnimplementedError unless `fused_ops` is
        BiasAdd, alone or with one activation.
    """
    if not fused_ops or fused_ops[0] != "BiasAdd" or len(fused_ops) > 2:
        raise UnimplementedError(f"fused_ops must be BiasAdd and an activation, not {fused_ops}")
    if len(fused_ops) == 2 and fused_ops[1] not in _ACTIVATIONS:
        raise UnimplementedError(
            f"fused_ops must end with one of {sorted(_ACTIVATIONS)}, not {fused_ops[1]!r}"
        )
    if len(args) != 1:
        raise InvalidArgumentError(f"args must hold one bias, not {len(args)} tensors")
    product = _product(widen(a), widen(b), transpose_a, transpose_b)
    bias = widen(args[0])
    if bias.shape != product.shape[1:]:
        raise InvalidArgumentError(
            f"the bias must have shape {show(product.shape[1:])}, not {show(bias.shape)}"
        )
    with np.errstate(all="ignore"):
        product += bias
        if len(fused_ops) == 2:
            product = _ACTIVATIONS[fused_ops[1]](product, leakyrelu_alpha)
        return narrow(product, a.dtype)


@op(
    "SparseMatMul(a: Ta, b: Tb) -> product: float32",
    Ta=types("float32 bfloat16", default="float32"),
    Tb=types("float32 bfloat16", default="float32"),
    precision=ROUNDING,
    source="core/kernels/sparse_matmul_op.cc",
    shape=_matrix_shape,
)
def sparse_mat_mul(
    a: Array,
    b: Array,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
) -> Array:
    """The product of two matrices, of which one may be mostly zeros.

    Raises: InvalidArgumentError for other ranks or sizes that do not fit.
    """
    return _product(widen(a), widen(b), transpose_a, transpose_b)


def _batch_shape(x: Spec, y: Spec, adj_x: bool, adj_y: bool, broadcasts: bool) -> Shape:
    for spec in (x, y):
        if spec.rank is not None and spec.rank < 2:
            raise InvalidArgumentError(f"matrices must have rank >= 2, not {show(spec.shape)}")
    a, b = x.shape, y.shape
    if not broadcasts:
        # Both have the same rank.
        a = (None,) * len(b) if a is None and b is not None else a
        b = (None,) * len(a) if b is None and a is not None else b
    if a is None or b is None:
        return None
    matrix = _matrix_shape(Spec(x.dtype, a[-2:]), Spec(y.dtype, b[-2:]), adj_x, adj_y)
    combine = broadcast if broadcasts else merge
    batch = combine(a[:-2], b[:-2])
    return None if batch is None or matrix is None else (*batch, *matrix)


def _require_matrices(x: Array, y: Array) -> None:
    for name, array in (("x", x), ("y", y)):
        if array.ndim < 2:
            raise InvalidArgumentError(f"{name} must have rank >= 2, not {array.ndim}")


@op(
    "BatchMatMul(x: T, y: T) -> output: T",
    T=_BATCH,
    precision=ROUNDING,
    source="core/kernels/matmul_op_impl.h",
    shape=lambda x, y, adj_x, adj_y: _batch_shape(x, y, adj_x, adj_y, broadcasts=False),
)
def batch_mat_mul(
    x: Array, y: Array, *, adj_x: bool = False, adj_y: bool = False, out: Array | None = None
) -> Array:
    """The products of two batches of matrices, which must have one shape.

    Raises: InvalidArgumentError for sizes that do not fit or batches that differ.
    """
    _require_matrices(x, y)
    if x.shape[:-2] != y.shape[:-2]:
        raise InvalidArgumentError(
            f"batch dimensions must be the same, not {show(x.shape)} and {show(y.shape)}"
        )
    return multiply_matrices(_adjoint(x, adj_x), _adjoint(y, adj_y), out)


@op(
    "BatchMatMulV2(x: T, y: T) -> output: T",
    T=_BATCH_V2,
    precision=ROUNDING,
    source="core/kernels/matmul_op_impl.h",
    shape=lambda x, y, adj_x, adj_y: _batch_shape(x, y, adj_x, adj_y, broadcasts=True),
)
def batch_mat_mul_v2(
    x: Array, y: Array, *, adj_x: bool = False, adj_y: bool = False, out: Array | None = None
) -> Array:
    """The products of two batches of matrices, which broadcast.

    Raises: InvalidArgumentError for sizes that do not fit or batches that do not broadcast.
    """
    _require_matrices(x, y)
    return multiply_matrices(_adjoint(x, adj_x), _adjoint(y, adj_y), out)


@op(
    "BatchMatMulV3(x: Ta, y: Tb) -> output: Tout",
    Ta=_BATCH_V3,
    Tb=_BATCH_V3,
    Tout=types("bfloat16 float16 float32 float64 int16 int32 int64 complex64 complex128"),
    precision=ROUNDING,
    source="core/kernels/matmul_op_impl.h",
    shape=lambda x, y, adj_x, adj_y: _batch_shape(x, y, adj_x, adj_y, broadcasts=True),
)
def batch_mat_mul_v3(
    x: Array, y: Array, *, Tout: DType, adj_x: bool = False, adj_y: bool = False
) -> Array:
    """The products of two batches of matrices, which broadcast, computed in the type of the result.

    Raises: InvalidArgumentError for sizes that do not fit or batches that do not broadcast.
    """
    _require_matrices(x, y)
    require(
        Tout.is_complex or x.dtype.kind != "c" != y.dtype.kind,
        f"Tout must be complex where an input is, not {Tout.name}",
    )
    require(
        not Tout.is_integer or (x.dtype.kind in "iu" and y.dtype.kind in "iu"),
        f"Tout must be a floating type where an input is, not {Tout.name}",
    )
    wide = np.dtype(np.float32) if Tout.size == 2 and Tout.is_floating else Tout.numpy
    left, right = (widen(value).astype(wide, copy=False) for value in (x, y))
    return narrow(multiply_matrices(_adjoint(left, adj_x), _adjoint(right, adj_y)), Tout.numpy)


@mat_mul.gradient
def mat_mul_gradient(
    ops: Ops, grad: Term, a: Term, b: Term, transpose_a: bool, transpose_b: bool
) -> tuple[Term, Term]:
    a, b = conjugate(ops, a), conjugate(ops, b)
    left = (
        ops.MatMul(b, grad, transpose_a=transpose_b, transpose_b=True)
        if transpose_a
        else ops.MatMul(grad, b, transpose_b=not transpose_b)
    )
    right = (
        ops.MatMul(grad, a, transpose_a=True, transpose_b=transpose_a)
        if transpose_b
        else ops.MatMul(a, grad, transpose_a=not transpose_a)
    )
    return left, right


@sparse_mat_mul.gradient
def sparse_mat_mul_gradient(
    ops: Ops,
    grad: Term,
    a: Term,
    b: Term,
    transpose_a: bool,
    transpose_b: bool,
    a_is_sparse: bool,
    b_is_sparse: bool,
) -> tuple[Term, Term]:
    sparse = {id(a): a_is_sparse, id(b): b_is_sparse, id(grad): False}

    def product(x: Term, y: Term, adjoint_x: bool, adjoint_y: bool, like: Term) -> Term:
        found = ops.SparseMatMul(
            x,
            y,
            transpose_a=adjoint_x,
            transpose_b=adjoint_y,
            a_is_sparse=sparse[id(x)],
            b_is_sparse=sparse[id(y)],
        )
        return found if found.dtype is like.dtype else ops.Cast(found, DstT=like.dtype)

    left = (
        product(b, grad, transpose_b, True, a)
        if transpose_a
        else product(grad, b, False, not transpose_b, a)
    )
    right = (
        product(grad, a, True, transpose_a, b)
        if transpose_b
        else product(a, grad, not transpose_a, False, b)
    )
    return left, right


def _batch_products(
    product: Callable[..., Term], grad: Term, x: Term, y: Term, adj_x: bool, adj_y: bool
) -> tuple[Term, Term]:
    left = (
        product(y, grad, adj_x=adj_y, adj_y=True)
        if adj_x
        else product(grad, y, adj_x=False, adj_y=not adj_y)
    )
    right = (
        product(grad, x, adj_x=True, adj_y=adj_x)
        if adj_y
        else product(x, grad, adj_x=not adj_x, adj_y=False)
    )
    return left, right


@batch_mat_mul.gradient
def batch_mat_mul_gradient(
    ops: Ops, grad: Term, x: Term, y: Term, adj_x: bool, adj_y: bool
) -> tuple[Term, Term]:
    return _batch_products(ops.BatchMatMul, grad, x, y, adj_x, adj_y)


@batch_mat_mul_v2.gradient
def batch_mat_mul_v2_gradient(
    ops: Ops, grad: Term, x: Term, y: Term, adj_x: bool, adj_y: bool
) -> tuple[Gradient, Gradient]:
    products = _batch_products(ops.BatchMatMulV2, grad, x, y, adj_x, adj_y)
    return over_batches(ops, x, y, *products)


@batch_mat_mul_v3.gradient
def batch_mat_mul_v3_gradient(
    ops: Ops, grad: Term, x: Term, y: Term, adj_x: bool, adj_y: bool
) -> tuple[Gradient, Gradient]:
    product = functools.partial(ops.BatchMatMulV3, Tout=grad.dtype)
    return over_batches(ops, x, y, *_batch_products(product, grad, x, y, adj_x, adj_y))
