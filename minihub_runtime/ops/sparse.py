"""Ops that reorder, reshape and fill sparse tensors and make them dense; checks for all of them.

A sparse tensor is three tensors: `indices` [n, rank], `values` [n] and `shape` [rank].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import (
    allocatable,
    indices_in_range,
    require,
    require_rank,
    require_scalar,
)
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import ANY, INDEX, Array, op
from minihub_runtime.shapes import Shape, Spec, merge, size

__all__ = [
    "check_sparse",
    "checked_shape",
    "flat_positions",
    "lexicographic_order",
    "rows_ascend",
    "rows_in_shape",
    "with_rank",
]

_LARGEST = 2**63 - 1


def with_rank(spec: Spec, rank: int, name: str) -> tuple[int | None, ...]:
    """The static shape of an input that must have `rank` dimensions."""
    if spec.shape is None:
        return (None,) * rank
    if len(spec.shape) != rank:
        raise InvalidArgumentError(f"{name} must have rank {rank}, not shape {list(spec.shape)}")
    return spec.shape


def checked_shape(sizes: Iterable[Any], name: str) -> tuple[int, ...]:
    """`sizes` as the shape of a sparse tensor, which may be far larger than memory.

    Raises:
        InvalidArgumentError: a size is negative, or there are more elements than an int64 counts.
    """
    shape = tuple(int(n) for n in sizes)
    if any(n < 0 for n in shape):
        raise InvalidArgumentError(f"{name} must have sizes >= 0, not {list(shape)}")
    if size(n for n in shape if n) > _LARGEST:
        raise InvalidArgumentError(f"{name} must have less than 2**63 elements, not {list(shape)}")
    return shape


def check_sparse(indices: Array, values: Array, shape: Array, prefix: str = "") -> None:
    """Raise unless the three arrays fit together as a sparse tensor; values of indices are not looked at."""
    require_rank(indices, 2, f"{prefix}indices")
    require_rank(values, 1, f"{prefix}values")
    require_rank(shape, 1, f"{prefix}shape")
    if len(indices) != len(values):
        raise InvalidArgumentError(
            f"{prefix}indices must have one row per value, not {len(indices)} for {len(values)}"
        )
    if indices.shape[1] != len(shape):
        raise InvalidArgumentError(
            f"{prefix}indices must have one column per dimension, not {indices.shape[1]} "
            f"for shape {shape.tolist()}"
        )


def rows_in_shape(indices: Array, shape: Sequence[int], name: str = "indices") -> None:
    """Raise unless every row of `indices` lies in an array of `shape`."""
    if not len(indices):
        return
    bounds = np.asarray(shape, dtype=np.int64)
    wrong = ((indices < 0) | (indices >= bounds)).any(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        raise InvalidArgumentError(
            f"{name}[{row}] must lie in shape {list(shape)}, not at {indices[row].tolist()}"
        )


def rows_ascend(indices: Array, strictly: bool) -> bool:
    """Whether the rows of `indices` are in lexicographic order, `strictly` without repeats."""
    if len(indices) < 2:
        return True
    before, after = indices[:-1], indices[1:]
    differs = before != after
    some = differs.any(axis=1)
    if strictly and not some.all():
        return False
    if not indices.shape[1]:
        return True
    column = differs.argmax(axis=1)[:, None]
    smaller = np.take_along_axis(before, column, 1) <= np.take_along_axis(after, column, 1)
    return bool(smaller.all())


def lexicographic_order(indices: Array) -> Array:
    """The stable permutation that sorts the rows of `indices`."""
    if not indices.shape[1]:
        return np.arange(len(indices))
    return np.lexsort(indices.T[::-1])


def flat_positions(indices: Array, shape: Sequence[int]) -> Array:
    """Row-major positions of rows that lie in `shape`."""
    positions = np.zeros(len(indices), dtype=np.int64)
    for column, extent in enumerate(shape):
        positions *= extent
        positions += indices[:, column]
    return positions


@op(
    "SparseToDense(sparse_indices: Tindices, output_shape: Tindices, sparse_values: T, "
    "default_value: T) -> dense: T",
    T=ANY,
    Tindices=INDEX,
    source="core/kernels/sparse_to_dense_op.cc",
    ranks={"output_shape": 1},
)
def sparse_to_dense(
    sparse_indices: Array,
    output_shape: Array,
    sparse_values: Array,
    default_value: Array,
    *,
    validate_indices: bool = True,
) -> Array:
    """An array of `default_value` with `sparse_values` at `sparse_indices`.

    Shapes: indices [], [n] or [n, d], output_shape [d], values [] or [n] -> output_shape. Of values at one place
    the last one stays.
    Raises: InvalidArgumentError for indices outside the shape and, with `validate_indices`, for rows that repeat
    or do not ascend.
    """
    if sparse_indices.ndim > 2:
        require(False, f"sparse_indices must have rank <= 2, not {list(sparse_indices.shape)}")
    require_rank(output_shape, 1, "output_shape")
    require_scalar(default_value, "default_value")
    rows = sparse_indices if sparse_indices.ndim == 2 else sparse_indices.reshape(-1, 1)
    if len(output_shape) != rows.shape[1]:
        require(
            False,
            f"output_shape must have {rows.shape[1]} elements as sparse_indices has columns, "
            f"not {output_shape.tolist()}",
        )
    if sparse_values.ndim and sparse_values.shape != (len(rows),):
        require(
            False,
            f"sparse_values must have shape [] or [{len(rows)}], not {list(sparse_values.shape)}",
        )
    shape = allocatable(output_shape, default_value.dtype, "output_shape")
    rows_in_shape(rows, shape, "sparse_indices")
    if validate_indices and not rows_ascend(rows, strictly=True):
        require(False, "sparse_indices must ascend lexicographically without repeats")
    dense = np.full(shape, default_value, default_value.dtype)
    dense.reshape(-1)[flat_positions(rows, shape)] = sparse_values
    return dense


@sparse_to_dense.shape
def sparse_to_dense_shape(output_shape: Spec) -> Shape:
    """What `output_shape` says."""
    return output_shape.as_shape


@op(
    "SparseReorder(input_indices: int64, input_values: T, input_shape: int64) "
    "-> output_indices: int64, output_values: T",
    T=ANY,
    views=True,
    source="core/kernels/sparse_reorder_op.cc",
)
def sparse_reorder(
    input_indices: Array, input_values: Array, input_shape: Array
) -> tuple[Array, Array]:
    """The same sparse tensor with its rows in lexicographic order."""
    check_sparse(input_indices, input_values, input_shape, "input_")
    checked_shape(input_shape, "input_shape")
    if rows_ascend(input_indices, strictly=False):
        return input_indices, input_values
    order = lexicographic_order(input_indices)
    return input_indices[order], input_values[order]


@sparse_reorder.shape
def sparse_reorder_shape(input_indices: Spec, input_values: Spec, input_shape: Spec) -> list[Shape]:
    """The shapes of indices and values."""
    with_rank(input_shape, 1, "input_shape")
    return [
        with_rank(input_indices, 2, "input_indices"),
        with_rank(input_values, 1, "input_values"),
    ]


@op(
    "SparseReshape(input_indices: int64, input_shape: int64, new_shape: int64) "
    "-> output_indices: int64, output_shape: int64",
    views=True,
    source="core/kernels/reshape_util.cc",
)
def sparse_reshape(
    input_indices: Array, input_shape: Array, new_shape: Array
) -> tuple[Array, Array]:
    """The indices of the same elements in a dense tensor of another shape; one size may be -1.

    Raises: InvalidArgumentError unless both shapes have as many elements.
    """
    require_rank(input_indices, 2, "input_indices")
    require_rank(input_shape, 1, "input_shape")
    require_rank(new_shape, 1, "new_shape")
    old = checked_shape(input_shape, "input_shape")
    wanted = [int(n) for n in new_shape]
    unknown = [place for place, n in enumerate(wanted) if n == -1]
    require(len(unknown) <= 1, f"new_shape must have one -1 at most, not {wanted}")
    total = size(old)
    known = size(n for n in wanted if n != -1)
    if unknown:
        if known <= 0 or total % known:
            require(
                False, f"new_shape must divide the {total} elements of {list(old)}, not {wanted}"
            )
        wanted[unknown[0]] = total // known
    new = checked_shape(wanted, "new_shape")
    if size(new) != total:
        require(False, f"new_shape must have the {total} elements of {list(old)}, not {wanted}")
    if input_indices.shape[1] != len(old):
        require(
            False,
            f"input_indices must have one column per dimension of {list(old)}, "
            f"not {input_indices.shape[1]}",
        )
    if old == new:
        return input_indices, input_shape
    if len(input_indices) and not total:
        require(False, f"input_shape must not be empty with {len(input_indices)} indices")
    indices = np.empty((len(input_indices), len(new)), dtype=np.int64)
    rest = flat_positions(input_indices, old)
    stride = total
    for column, extent in enumerate(new):
        if not extent:
            break
        stride //= extent
        indices[:, column], rest = _truncating_divmod(rest, stride)
    return indices, np.array(new, dtype=np.int64)


def _truncating_divmod(values: Array, divisor: int) -> tuple[Array, Array]:
    """Quotient and remainder as C++ rounds them: towards zero."""
    if not len(values) or values.min() >= 0:
        quotient, remainder = np.divmod(values, divisor)
        return quotient, remainder
    quotient = np.sign(values) * (np.abs(values) // divisor)
    return quotient, values - quotient * divisor


@sparse_reshape.shape
def sparse_reshape_shape(input_indices: Spec, input_shape: Spec, new_shape: Spec) -> list[Shape]:
    """One column per element of `new_shape`."""
    rows, _ = with_rank(input_indices, 2, "input_indices")
    with_rank(input_shape, 1, "input_shape")
    (rank,) = with_rank(new_shape, 1, "new_shape")
    return [(rows, rank), (rank,)]


@op(
    "SparseFillEmptyRows(indices: int64, values: T, dense_shape: int64, default_value: T) "
    "-> output_indices: int64, output_values: T, empty_row_indicator: bool, "
    "reverse_index_map: int64",
    T=ANY,
    views=True,
    source="core/kernels/sparse_fill_empty_rows_op.cc",
)
def sparse_fill_empty_rows(
    indices: Array, values: Array, dense_shape: Array, default_value: Array
) -> tuple[Array, Array, Array, Array]:
    """`default_value` at the first place of every row that has no value, and rows in order.

    Results: indices, values, [rows] which rows were empty, and [n] where each given value now lies.
    Raises: InvalidArgumentError for a row outside dense_shape[0].
    """
    require_rank(dense_shape, 1, "dense_shape")
    require_rank(indices, 2, "indices")
    require_rank(values, 1, "values")
    require_scalar(default_value, "default_value")
    if len(indices) != len(values):
        require(False, f"indices must have one row per value, not {len(indices)} for {len(values)}")
    require(len(dense_shape) > 0, "dense_shape must not be empty")
    (count,) = allocatable(dense_shape[:1], np.dtype(np.int64), "dense_shape")
    if len(indices):
        require(indices.shape[1] > 0, "indices must have at least one column, not 0")
    rows = indices[:, 0] if indices.shape[1] else np.zeros(0, dtype=np.int64)
    indices_in_range(rows, count, "the rows of indices")
    steps = rows[1:] - rows[:-1]
    gapless = steps.min(initial=0) >= 0 and steps.max(initial=0) <= 1
    if gapless and len(rows) and rows[0] == 0 and rows[-1] == count - 1:
        # Which is how rows come where no text is empty.
        return indices, values, np.zeros(count, np.bool_), np.arange(len(rows))
    used = np.bincount(rows, minlength=count)
    empty = used == 0
    lengths = np.maximum(used, 1)
    ends = np.cumsum(lengths)
    order = np.argsort(rows, kind="stable")
    in_order = rows[order]
    starts_given = np.cumsum(used) - used
    places = np.empty(len(rows), dtype=np.int64)
    places[order] = (ends - lengths)[in_order] + np.arange(len(rows)) - starts_given[in_order]
    total = int(ends[-1]) if count else 0
    filled_indices = np.zeros((total, indices.shape[1]), dtype=np.int64)
    filled_values = np.full(total, default_value, values.dtype)
    filled_indices[places] = indices
    filled_values[places] = values
    if indices.shape[1]:
        filled_indices[(ends - lengths)[empty], 0] = np.flatnonzero(empty)
    return filled_indices, filled_values, empty, places


@sparse_fill_empty_rows.shape
def sparse_fill_empty_rows_shape(
    indices: Spec, values: Spec, dense_shape: Spec, default_value: Spec
) -> list[Shape]:
    """As many rows as the values decide."""
    count, columns = with_rank(indices, 2, "indices")
    merged = merge((count,), with_rank(values, 1, "values"))
    (rank,) = with_rank(dense_shape, 1, "dense_shape")
    width = merge((columns,), (rank,))
    with_rank(default_value, 0, "default_value")
    rows = None
    if dense_shape.value is not None and dense_shape.value.size:
        rows = int(dense_shape.value[0])
        rows = None if rows < 0 else rows
    return [(None, width[0] if width else None), (None,), (rows,), merged]


@op(
    "SparseFillEmptyRowsGrad(reverse_index_map: int64, grad_values: T) "
    "-> d_values: T, d_default_value: T",
    T=ANY,
    source="core/kernels/sparse_fill_empty_rows_op.cc",
)
def sparse_fill_empty_rows_grad(
    reverse_index_map: Array, grad_values: Array
) -> tuple[Array, Array]:
    """Gradients of the given values and, summed over the filled rows, of the default.

    Raises: InvalidArgumentError for a map that leaves `grad_values`.
    """
    require_rank(reverse_index_map, 1, "reverse_index_map")
    require_rank(grad_values, 1, "grad_values")
    indices_in_range(reverse_index_map, len(grad_values), "reverse_index_map")
    rest = np.ones(len(grad_values), dtype=bool)
    rest[reverse_index_map] = False
    unused = grad_values[rest]
    total = unused.sum(dtype=unused.dtype)
    return grad_values[reverse_index_map], np.asarray(total, dtype=grad_values.dtype)


@sparse_fill_empty_rows_grad.shape
def sparse_fill_empty_rows_grad_shape(reverse_index_map: Spec, grad_values: Spec) -> list[Shape]:
    """One value per entry of the map, and a scalar."""
    with_rank(grad_values, 1, "grad_values")
    return [with_rank(reverse_index_map, 1, "reverse_index_map"), ()]


@sparse_to_dense.gradient
def sparse_to_dense_gradient(
    ops: Ops, grad: Term, sparse_indices: Term
) -> tuple[None, None, Term, Term]:
    values = ops.GatherNd(grad, sparse_indices)

    def total(x: Term) -> Term:
        return ops.Sum(x, ops.Range(0, ops.Rank(x), 1))

    return None, None, values, total(grad) - total(values)


@sparse_reorder.gradient
def sparse_reorder_gradient(
    ops: Ops, grads: list[Term], input_indices: Term, input_shape: Term
) -> tuple[None, Term, None]:
    places = ops.Range(0, ops.Shape(input_indices)[0], 1)
    _, order = ops.SparseReorder(input_indices, places, input_shape)
    return None, ops.GatherV2(grads[1], ops.InvertPermutation(order), 0), None


@sparse_fill_empty_rows.gradient
def sparse_fill_empty_rows_gradient(
    ops: Ops, grads: list[Term], reverse_index_map: Term
) -> tuple[None, Term, None, Term]:
    values, default = ops.SparseFillEmptyRowsGrad(reverse_index_map, grads[1])
    return None, values, None, default
