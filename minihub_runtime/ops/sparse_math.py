"""Arithmetic on sparse tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.dtypes import bfloat16, float_to_bfloat16, to_float
from minihub_runtime.ops.checking import allocatable, require, require_rank, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import (
    ANY,
    INDEX,
    NUMBERS,
    REALS,
    REGISTRY,
    ROUNDING,
    Array,
    op,
    types,
    without_gradient,
)
from minihub_runtime.ops.sparse import (
    check_sparse,
    checked_shape,
    flat_positions,
    lexicographic_order,
    rows_ascend,
    rows_in_shape,
    with_rank,
)
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []


def _union(a: Array, b: Array) -> tuple[Array, Array]:
    """The merge of two lists of rows: for each row of the result its place in `a` and in `b`, -1 where absent.

    As in TensorFlow the lists are merged, not sorted: the k-th of equal rows in `a` meets the k-th in `b`.
    """
    if not (rows_ascend(a, strictly=False) and rows_ascend(b, strictly=False)):
        return _merge_unsorted(a.tolist(), b.tolist())
    rows = np.concatenate([a, b])
    rank = np.concatenate([_repeats(a), _repeats(b)])
    keys = np.column_stack([rows, rank])
    order = lexicographic_order(keys)
    ordered = keys[order]
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    group = np.cumsum(first) - 1
    places = np.full((2, int(first.sum())), -1, dtype=np.int64)
    from_b = order >= len(a)
    places[0, group[~from_b]] = order[~from_b]
    places[1, group[from_b]] = order[from_b] - len(a)
    return places[0], places[1]


def _repeats(rows: Array) -> Array:
    """How many equal rows stand directly before each of the sorted `rows`."""
    count = np.arange(len(rows))
    first = np.ones(len(rows), dtype=bool)
    if len(rows):
        first[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return count - np.maximum.accumulate(np.where(first, count, 0))


def _merge_unsorted(a: list[Any], b: list[Any]) -> tuple[Array, Array]:
    """The same merge, step by step, for rows that do not ascend."""
    pairs = []
    i = j = 0
    while i < len(a) and j < len(b):
        take_a, take_b = a[i] <= b[j], b[j] <= a[i]
        pairs.append((i if take_a else -1, j if take_b else -1))
        i, j = i + take_a, j + take_b
    pairs += [(k, -1) for k in range(i, len(a))] + [(-1, k) for k in range(j, len(b))]
    places = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return places[:, 0], places[:, 1]


def _check_pair(
    a_indices: Array,
    a_values: Array,
    a_shape: Array,
    b_indices: Array,
    b_values: Array,
    b_shape: Array,
) -> None:
    check_sparse(a_indices, a_values, a_shape, "a_")
    check_sparse(b_indices, b_values, b_shape, "b_")
    if a_shape.tolist() != b_shape.tolist():
        require(False, f"b_shape must be {a_shape.tolist()} like a_shape, not {b_shape.tolist()}")


def _take_rows(a: Array, b: Array, in_a: Array, in_b: Array) -> Array:
    rows = np.empty((len(in_a), a.shape[1]), dtype=np.int64)
    rows[in_b >= 0] = b[in_b[in_b >= 0]]
    rows[in_a >= 0] = a[in_a[in_a >= 0]]
    return rows


@op(
    "SparseAdd(a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, "
    "b_shape: int64, thresh: Treal) -> sum_indices: int64, sum_values: T, sum_shape: int64",
    T=NUMBERS,
    Treal=REALS,
    views=True,
    source="core/kernels/sparse_add_op.cc",
)
def sparse_add(
    a_indices: Array,
    a_values: Array,
    a_shape: Array,
    b_indices: Array,
    b_values: Array,
    b_shape: Array,
    thresh: Array,
) -> tuple[Array, Array, Array]:
    """The sum of two sparse tensors of one shape; sums smaller than `thresh` in magnitude are left out.

    Raises: InvalidArgumentError for different shapes.
    """
    _check_pair(a_indices, a_values, a_shape, b_indices, b_values, b_shape)
    require_scalar(thresh, "thresh")
    in_a, in_b = _union(a_indices, b_indices)
    both = (in_a >= 0) & (in_b >= 0)
    values = np.empty(len(in_a), dtype=a_values.dtype)
    values[in_b >= 0] = b_values[in_b[in_b >= 0]]
    values[in_a >= 0] = a_values[in_a[in_a >= 0]]
    with np.errstate(over="ignore", invalid="ignore"):
        values[both] += b_values[in_b[both]]
        # C++ promotes short integers to int before it takes the magnitude, so that of -128 is 128.
        wide = values.astype(np.int32) if values.dtype in (np.int8, np.int16) else values
        kept = ~both | (thresh <= np.abs(wide))
    rows = _take_rows(a_indices, b_indices, in_a, in_b)
    return rows[kept], values[kept], a_shape


@sparse_add.shape
def sparse_add_shape(a_shape: Spec) -> list[Shape]:
    """Rows only the values decide."""
    (rank,) = with_rank(a_shape, 1, "a_shape")
    return [(None, rank), (None,), (rank,)]


@op(
    "SparseAddGrad(backprop_val_grad: T, a_indices: int64, b_indices: int64, "
    "sum_indices: int64) -> a_val_grad: T, b_val_grad: T",
    T=NUMBERS,
    source="core/kernels/sparse_add_grad_op.cc",
)
def sparse_add_grad(
    backprop_val_grad: Array, a_indices: Array, b_indices: Array, sum_indices: Array
) -> tuple[Array, Array]:
    """The gradients of the operands of SparseAdd: that of the sum at their indices, else zero."""
    for name, rows in (("a", a_indices), ("b", b_indices), ("sum", sum_indices)):
        require_rank(rows, 2, f"{name}_indices")
    require_rank(backprop_val_grad, 1, "backprop_val_grad")
    if not a_indices.shape[1] == b_indices.shape[1] == sum_indices.shape[1]:
        require(
            False,
            "a_indices, b_indices and sum_indices must have as many columns, not "
            f"{a_indices.shape[1]}, {b_indices.shape[1]} and {sum_indices.shape[1]}",
        )
    if len(backprop_val_grad) != len(sum_indices):
        require(
            False,
            "backprop_val_grad must have one value per row of sum_indices, "
            f"not {len(backprop_val_grad)} for {len(sum_indices)}",
        )
    at = {tuple(row): place for place, row in enumerate(sum_indices.tolist())}
    found = []
    for rows in (a_indices, b_indices):
        places = np.array([at.get(tuple(row), -1) for row in rows.tolist()], dtype=np.int64)
        gradient = np.zeros(len(rows), dtype=backprop_val_grad.dtype)
        gradient[places >= 0] = backprop_val_grad[places[places >= 0]]
        found.append(gradient)
    return found[0], found[1]


@sparse_add_grad.shape
def sparse_add_grad_shape(a_indices: Spec, b_indices: Spec) -> list[Shape]:
    """One value per row."""
    return [
        with_rank(a_indices, 2, "a_indices")[:1],
        with_rank(b_indices, 2, "b_indices")[:1],
    ]


def _extremum(name: str, allowed: Any, choose: Callable[..., Any]) -> None:
    """Register SparseSparseMaximum or SparseSparseMinimum."""

    def kernel(
        a_indices: Array,
        a_values: Array,
        a_shape: Array,
        b_indices: Array,
        b_values: Array,
        b_shape: Array,
    ) -> tuple[Array, Array]:
        _check_pair(a_indices, a_values, a_shape, b_indices, b_values, b_shape)
        in_a, in_b = _union(a_indices, b_indices)
        left = np.zeros(len(in_a), dtype=a_values.dtype)
        right = np.zeros(len(in_a), dtype=a_values.dtype)
        left[in_a >= 0] = a_values[in_a[in_a >= 0]]
        right[in_b >= 0] = b_values[in_b[in_b >= 0]]
        first, second = to_float(left), to_float(right)
        with np.errstate(invalid="ignore"):
            values = np.where(choose(first, second), right, left)
        return _take_rows(a_indices, b_indices, in_a, in_b), values

    kernel.__doc__ = (
        f"{name}, element by element, of two sparse tensors of one shape; absent values are zero."
    )
    op(
        f"{name}(a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, "
        "b_shape: int64) -> output_indices: int64, output_values: T",
        T=allowed,
        source="core/kernels/sparse_sparse_binary_op_shared.cc",
        shape=_extremum_shape,
    )(kernel)


def _extremum_shape(
    a_indices: Spec, a_values: Spec, a_shape: Spec, b_indices: Spec, b_values: Spec, b_shape: Spec
) -> list[Shape]:
    for name, indices, values, shape in (
        ("a", a_indices, a_values, a_shape),
        ("b", b_indices, b_values, b_shape),
    ):
        with_rank(indices, 2, f"{name}_indices")
        with_rank(values, 1, f"{name}_values")
        with_rank(shape, 1, f"{name}_shape")
    return [(None, None), (None,)]


_extremum("SparseSparseMaximum", REALS, np.less)
_extremum("SparseSparseMinimum", NUMBERS, np.greater)


@op(
    "SparseTensorDenseAdd(a_indices: Tindices, a_values: T, a_shape: Tindices, b: T) -> output: T",
    T=NUMBERS,
    Tindices=INDEX,
    source="core/kernels/sparse_tensor_dense_add_op.cc",
)
def sparse_tensor_dense_add(a_indices: Array, a_values: Array, a_shape: Array, b: Array) -> Array:
    """`b` plus the values of a sparse tensor of its shape; values at one place add up.

    Raises: InvalidArgumentError unless a_shape is b's shape, of rank 1 to 5, and holds the indices.
    """
    check_sparse(a_indices, a_values, a_shape, "a_")
    if tuple(a_shape.tolist()) != b.shape:
        require(False, f"a_shape must be b's shape {list(b.shape)}, not {a_shape.tolist()}")
    require(1 <= b.ndim <= 5, f"b must have rank 1 to 5, not {b.ndim}")
    rows_in_shape(a_indices, b.shape, "a_indices")
    total = np.array(to_float(b), copy=True, order="C")
    with np.errstate(over="ignore", invalid="ignore"):
        np.add.at(total.reshape(-1), flat_positions(a_indices, b.shape), to_float(a_values))
    return float_to_bfloat16(total) if b.dtype == bfloat16.numpy else total


@sparse_tensor_dense_add.shape
def sparse_tensor_dense_add_shape(b: Spec) -> Shape:
    """The shape of `b`."""
    return b.shape


@op(
    "SparseTensorDenseMatMul(a_indices: Tindices, a_values: T, a_shape: int64, b: T) -> product: T",
    T=ANY,
    Tindices=INDEX.default_to("int64"),
    precision=ROUNDING,
    source="core/kernels/sparse_tensor_dense_matmul_op.cc",
)
def sparse_tensor_dense_mat_mul(
    a_indices: Array,
    a_values: Array,
    a_shape: Array,
    b: Array,
    *,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
) -> Array:
    """A sparse matrix times a dense one; rows need no order, values at one place add up.

    Raises: InvalidArgumentError unless the inner sizes agree and the indices lie in a_shape.
    """
    require_rank(b, 2, "b")
    check_sparse(a_indices, a_values, a_shape, "a_")
    require(len(a_shape) == 2, f"a_shape must have 2 elements, not {a_shape.tolist()}")
    left, inner = checked_shape(a_shape, "a_shape")
    rows, columns = a_indices[:, 0], a_indices[:, 1]
    values, dense = to_float(a_values), to_float(b)
    if adjoint_a:
        left, inner, rows, columns = inner, left, columns, rows
        values = values.conj()
    if adjoint_b:
        dense = dense.conj().T
    if dense.shape[0] != inner:
        require(False, f"b must have {inner} rows as a has columns, not {dense.shape[0]}")
    shape = allocatable((left, dense.shape[1]), values.dtype, "the product")
    rows_in_shape(np.column_stack([rows, columns]), (left, inner), "a_indices")
    # Halves are summed in single precision.
    kind = np.dtype(np.float32) if values.dtype == np.float16 else values.dtype
    product = np.zeros(shape, dtype=kind)
    if len(rows) and product.size:
        with np.errstate(over="ignore", invalid="ignore"):
            _add_products(product, rows, columns, values, dense)
    if b.dtype == bfloat16.numpy:
        return float_to_bfloat16(product)
    with np.errstate(over="ignore"):
        return product.astype(values.dtype, copy=False)


def _add_products(product: Array, rows: Array, columns: Array, values: Array, dense: Array) -> None:
    """Fill `product` with the sums of `values` times rows of `dense`."""
    if values.dtype.kind == "f":
        # Column by column, nothing of the size of all products is laid out.
        across = np.ascontiguousarray(dense.T, dtype=product.dtype)
        factors = values.astype(product.dtype, copy=False)
        for place, column in enumerate(across):
            product[:, place] = np.bincount(
                rows, weights=column[columns] * factors, minlength=len(product)
            )
        return
    order = np.argsort(rows, kind="stable")
    starts = np.flatnonzero(np.diff(rows[order], prepend=-1))
    terms = dense[columns[order]] * values[order, None]
    product[rows[order][starts]] = np.add.reduceat(terms, starts, axis=0, dtype=product.dtype)


@sparse_tensor_dense_mat_mul.shape
def sparse_tensor_dense_mat_mul_shape(
    a_indices: Spec, a_values: Spec, a_shape: Spec, b: Spec, adjoint_a: bool, adjoint_b: bool
) -> Shape:
    """[rows of a, columns of b]."""
    with_rank(a_indices, 2, "a_indices")
    with_rank(a_values, 1, "a_values")
    with_rank(a_shape, 1, "a_shape")
    known = a_shape.as_shape
    left = (None, None) if known is None else with_rank(Spec(a_shape.dtype, known), 2, "a_shape")
    right = with_rank(b, 2, "b")
    if adjoint_a:
        left = left[::-1]
    if adjoint_b:
        right = right[::-1]
    merge(left[1:], right[:1])
    return (left[0], right[1])


@op(
    "SparseSoftmax(sp_indices: int64, sp_values: T, sp_shape: int64) -> output: T",
    T=types("float16 float32 float64"),
    precision=ROUNDING,
    source="core/kernels/sparse_softmax_op.cc",
)
def sparse_softmax(sp_indices: Array, sp_values: Array, sp_shape: Array) -> Array:
    """Softmax along the last dimension over the values that are there.

    Values of one row must stand together: a row that appears twice counts as two.
    Raises: InvalidArgumentError for rank < 2.
    """
    check_sparse(sp_indices, sp_values, sp_shape, "sp_")
    require(len(sp_shape) >= 2, f"sp_shape must have >= 2 elements, not {sp_shape.tolist()}")
    checked_shape(sp_shape, "sp_shape")
    if not len(sp_values):
        return np.zeros(0, dtype=sp_values.dtype)
    first = np.ones(len(sp_values), dtype=bool)
    first[1:] = (sp_indices[1:, :-1] != sp_indices[:-1, :-1]).any(axis=1)
    starts = np.flatnonzero(first)
    group = np.cumsum(first) - 1
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        values = sp_values.astype(np.float32) if sp_values.dtype == np.float16 else sp_values
        powers = np.exp(values - np.maximum.reduceat(values, starts)[group])
        result = powers / np.add.reduceat(powers, starts)[group]
        return result.astype(sp_values.dtype, copy=False)


@sparse_softmax.shape
def sparse_softmax_shape(sp_indices: Spec, sp_values: Spec, sp_shape: Spec) -> Shape:
    """One result per value."""
    with_rank(sp_indices, 2, "sp_indices")
    with_rank(sp_shape, 1, "sp_shape")
    return with_rank(sp_values, 1, "sp_values")


def _multiply(values: Array, dense: Array) -> Array:
    return np.multiply(values, dense)


def _add(values: Array, dense: Array) -> Array:
    return np.add(values, dense)


def _divide(values: Array, dense: Array) -> Array:
    if values.dtype.kind not in "iu":
        return np.divide(values, dense)
    require((dense != 0).all(), "dense must not be 0 where an integer is divided by it")
    quotient = np.floor_divide(values, dense)
    if values.dtype.kind == "i":
        # C++ rounds quotients towards zero.
        inexact = (values % dense != 0) & ((values < 0) != (dense < 0))
        quotient = quotient + inexact.astype(quotient.dtype)
    return quotient


def _componentwise(name: str, operation: Callable[[Array, Array], Array]) -> None:
    """Register one of the ops that combine sparse values with the dense values at their places."""

    def kernel(sp_indices: Array, sp_values: Array, sp_shape: Array, dense: Array) -> Array:
        check_sparse(sp_indices, sp_values, sp_shape, "sp_")
        shape = checked_shape(sp_shape, "sp_shape")
        if dense.ndim > len(shape) or any(
            given not in (1, wanted)
            for given, wanted in zip(dense.shape[::-1], shape[::-1], strict=False)
        ):
            require(False, f"dense must broadcast to {list(shape)}, not from {list(dense.shape)}")
        require(1 <= len(shape) <= 5, f"sp_shape must have 1 to 5 elements, not {len(shape)}")
        rows_in_shape(sp_indices, shape, "sp_indices")
        skipped = len(shape) - dense.ndim
        index = tuple(
            np.where(extent == 1, 0, sp_indices[:, skipped + axis])
            for axis, extent in enumerate(dense.shape)
        )
        gathered = dense[index] if index else np.broadcast_to(dense, sp_values.shape)
        with np.errstate(all="ignore"):
            result = operation(to_float(sp_values), to_float(gathered))
        return float_to_bfloat16(result) if dense.dtype == bfloat16.numpy else result

    kernel.__doc__ = f"{name}: each sparse value with the value of `dense`, broadcast to `sp_shape`, at its place."
    op(
        f"{name}(sp_indices: int64, sp_values: T, sp_shape: int64, dense: T) -> output: T",
        T=NUMBERS,
        source="core/kernels/sparse_dense_binary_op_shared.cc",
        shape=_componentwise_shape,
    )(kernel)


def _componentwise_shape(sp_indices: Spec) -> Shape:
    return with_rank(sp_indices, 2, "sp_indices")[:1]


_componentwise("SparseDenseCwiseAdd", _add)
_componentwise("SparseDenseCwiseMul", _multiply)
_componentwise("SparseDenseCwiseDiv", _divide)


without_gradient("SparseAddGrad")


@sparse_add.gradient
def sparse_add_gradient(
    ops: Ops, grads: list[Term], a_indices: Term, b_indices: Term, sum_indices: Term
) -> tuple[Term | None, ...]:
    a, b = ops.SparseAddGrad(grads[1], a_indices, b_indices, sum_indices)
    return None, a, None, None, b, None, None


@sparse_tensor_dense_add.gradient
def sparse_tensor_dense_add_gradient(
    ops: Ops, grad: Term, a_indices: Term
) -> tuple[None, Term, None, Term]:
    return None, ops.GatherNd(grad, a_indices), None, grad


@sparse_tensor_dense_mat_mul.gradient
def sparse_tensor_dense_mat_mul_gradient(
    ops: Ops,
    grad: Term,
    a_indices: Term,
    a_values: Term,
    a_shape: Term,
    b: Term,
    adjoint_a: bool,
    adjoint_b: bool,
) -> tuple[None, Term, None, Term]:
    dense = ops.SparseTensorDenseMatMul(a_indices, a_values, a_shape, grad, adjoint_a=not adjoint_a)
    if adjoint_b:
        dense = ops.ConjugateTranspose(dense, [1, 0])
    # Of the product of `grad` with `b` only the elements count where `a` has values: rows times columns.
    rows, columns = (
        ops.StridedSlice(
            a_indices, [0, i], [0, i + 1], [1, 1], begin_mask=1, end_mask=1, shrink_axis_mask=2
        )
        for i in (0, 1)
    )
    if adjoint_a:
        rows, columns = columns, rows
    left = ops.GatherV2(grad, rows, 0)
    right = ops.GatherV2(ops.Transpose(b, [1, 0]) if adjoint_b else b, columns, 0)
    values = ops.BatchMatMulV2(
        ops.ExpandDims(left, -1 if adjoint_a else -2),
        ops.ExpandDims(right, -1 if adjoint_a != adjoint_b else -2),
        adj_x=adjoint_a,
        adj_y=adjoint_a == adjoint_b,
    )
    return None, ops.Squeeze(values, squeeze_dims=[-2, -1]), None, dense


def _by_dense(
    ops: Ops,
    grad: Term,
    sp_indices: Term,
    sp_values: Term,
    sp_shape: Term,
    dense: Term,
    product: bool,
) -> tuple[None, Term, None, Term]:
    """The gradients of a product or quotient of sparse values with what a dense tensor has at their places."""
    shape = ops.Cast(ops.Shape(dense), DstT="int64")
    added = ops.Reshape(ops.Size(sp_shape) - ops.Size(shape), [1])
    ones = ops.Fill(added, ops.constant(1, "int64"))
    places = sp_indices // (sp_shape // ops.ConcatV2([ones, shape], 0))
    places = ops.Slice(places, ops.ConcatV2([[0], added], 0), [-1, -1])
    there = ops.GatherNd(dense, places)
    if product:
        of_values, of_dense = grad * there, grad * sp_values
    else:
        of_values, of_dense = grad / there, grad * (-sp_values / ops.Square(there))
    # Places repeat where the dense tensor was broadcast.
    total = ops.SparseTensorDenseAdd(places, of_dense, shape, ops.ZerosLike(dense))
    return None, of_values, None, total


@REGISTRY["SparseDenseCwiseMul"].gradient
def sparse_dense_cwise_mul_gradient(
    ops: Ops, grad: Term, sp_indices: Term, sp_values: Term, sp_shape: Term, dense: Term
) -> tuple[None, Term, None, Term]:
    return _by_dense(ops, grad, sp_indices, sp_values, sp_shape, dense, True)


@REGISTRY["SparseDenseCwiseDiv"].gradient
def sparse_dense_cwise_div_gradient(
    ops: Ops, grad: Term, sp_indices: Term, sp_values: Term, sp_shape: Term, dense: Term
) -> tuple[None, Term, None, Term]:
    return _by_dense(ops, grad, sp_indices, sp_values, sp_shape, dense, False)


@sparse_softmax.gradient
def sparse_softmax_gradient(
    ops: Ops, grad: Term, sp_indices: Term, sp_shape: Term, output: Term
) -> tuple[None, Term, None]:
    total = ops.SparseReduceSum(sp_indices, output * grad, sp_shape, [-1], keep_dims=True)
    return None, ops.SparseDenseCwiseAdd(sp_indices, grad, sp_shape, -total) * output, None


def _refuse(name: str) -> Any:
    def rule() -> None:
        raise NotImplementedError(f"Gradient for {name} is not implemented.")

    return rule


# TensorFlow has none either.
for _name in ("SparseDenseCwiseAdd", "SparseSparseMaximum", "SparseSparseMinimum"):
    REGISTRY[_name].gradient(_refuse(_name))
