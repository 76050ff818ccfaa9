"""Ops that build, reorder, cut and fill sparse tensors.

A sparse tensor is three tensors: `indices` [n, rank], `values` [n] and `shape` [rank].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError, ResourceExhaustedError
from minihub_runtime.ops.checking import (
    axis_in_range,
    indices_in_range,
    require,
    require_rank,
    require_scalar,
)
from minihub_runtime.ops.registry import ANY, INDEX, NUMBERS, Array, at_least, op
from minihub_runtime.shapes import Shape, Spec, dims, merge, size

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
        raise InvalidArgumentError(
            f"{name} must have rank {rank}, not shape {list(spec.shape)}"
        )
    return spec.shape


def checked_shape(sizes: Iterable[Any], dtype: np.dtype[Any], name: str) -> tuple[int, ...]:
    """`sizes` as the shape of an array of `dtype` that can be asked for.

    Raises:
        InvalidArgumentError: a size is negative, or there are more elements than an int64 counts.
        ResourceExhaustedError: no address space holds so many bytes.
    """
    shape = tuple(int(n) for n in sizes)
    if any(n < 0 for n in shape):
        raise InvalidArgumentError(f"{name} must have no negative sizes, not {list(shape)}")
    count = size(shape)
    if count > _LARGEST or size(n for n in shape if n) > _LARGEST:
        raise InvalidArgumentError(f"{name} must have < 2^63 elements, not {list(shape)}")
    if count * dtype.itemsize > _LARGEST:
        raise ResourceExhaustedError(f"{name} must fit into memory, not {list(shape)}")
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
            False, f"sparse_values must have shape [] or [{len(rows)}], not {list(sparse_values.shape)}"
        )
    shape = checked_shape(output_shape, default_value.dtype, "output_shape")
    rows_in_shape(rows, shape, "sparse_indices")
    if validate_indices and not rows_ascend(rows, strictly=True):
        require(False, "sparse_indices must ascend lexicographically without repeats")
    dense = np.full(shape, default_value, default_value.dtype)
    dense.reshape(-1)[flat_positions(rows, shape)] = sparse_values
    return dense


@sparse_to_dense.shape
def sparse_to_dense_shape(output_shape: Spec) -> Shape:
    """What `output_shape` says."""
    if output_shape.value is not None:
        return dims(output_shape.value)
    length = output_shape.dim(0) if output_shape.rank else None
    return None if length is None else (None,) * length


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
    checked_shape(input_shape, np.dtype(bool), "input_shape")
    if rows_ascend(input_indices, strictly=False):
        return input_indices, input_values
    order = lexicographic_order(input_indices)
    return input_indices[order], input_values[order]


@sparse_reorder.shape
def sparse_reorder_shape(
    input_indices: Spec, input_values: Spec, input_shape: Spec
) -> list[Shape]:
    """The shapes of indices and values."""
    with_rank(input_shape, 1, "input_shape")
    return [with_rank(input_indices, 2, "input_indices"), with_rank(input_values, 1, "input_values")]


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
    byte = np.dtype(bool)
    old = checked_shape(input_shape, byte, "input_shape")
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
    new = checked_shape(wanted, byte, "new_shape")
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
    "SparseConcat(indices: N * int64, values: N * T, shapes: N * int64) "
    "-> output_indices: int64, output_values: T, output_shape: int64",
    N=at_least(2),
    T=ANY,
    source="core/kernels/sparse_concat_op.cc",
)
def sparse_concat(
    indices: Sequence[Array],
    values: Sequence[Array],
    shapes: Sequence[Array],
    *,
    concat_dim: int,
) -> tuple[Array, Array, Array]:
    """Sparse tensors joined along `concat_dim`, in lexicographic order.

    Raises: InvalidArgumentError unless all other sizes agree.
    """
    for number, parts in enumerate(zip(indices, values, shapes, strict=True)):
        check_sparse(*parts, f"tensor {number}: ")
    byte = np.dtype(bool)
    sizes = [
        checked_shape(shape, byte, f"shapes[{number}]") for number, shape in enumerate(shapes)
    ]
    axis = axis_in_range(concat_dim, len(sizes[0]), "concat_dim")
    rest = [shape[:axis] + shape[axis + 1 :] for shape in sizes]
    if any(len(shape) != len(sizes[0]) or r != rest[0] for shape, r in zip(sizes, rest, strict=True)):
        require(
            False,
            f"shapes must agree except in dimension {axis}, not {[list(shape) for shape in sizes]}",
        )
    total = list(sizes[0])
    total[axis] = sum(shape[axis] for shape in sizes)
    checked_shape(total, byte, "the joined shape")
    joined = np.concatenate(indices)
    starts = np.cumsum([0, *(shape[axis] for shape in sizes[:-1])])
    joined[:, axis] += np.repeat(starts, [len(rows) for rows in indices])
    order = lexicographic_order(joined)
    return joined[order], np.concatenate(values)[order], np.array(total, dtype=np.int64)


@sparse_concat.shape
def sparse_concat_shape(
    indices: list[Spec], values: list[Spec], shapes: list[Spec]
) -> list[Shape]:
    """As many rows as all together."""
    rows: int | None = 0
    columns: Shape = (None,)
    shape: Shape = (None,)
    for one, value, extent in zip(indices, values, shapes, strict=True):
        count, width = with_rank(one, 2, "indices")
        merged = merge((count,), with_rank(value, 1, "values"))
        count = merged[0] if merged else None
        rows = None if rows is None or count is None else rows + count
        columns = merge(columns, (width,))
        shape = merge(shape, with_rank(extent, 1, "shapes"))
    return [(rows, columns[0] if columns else None), (rows,), shape]


@op(
    "SparseSplit(split_dim: int64, indices: int64, values: T, shape: int64) "
    "-> output_indices: num_split * int64, output_values: num_split * T, "
    "output_shape: num_split * int64",
    T=ANY,
    source="core/kernels/sparse_split_op.cc",
)
def sparse_split(
    split_dim: Array, indices: Array, values: Array, shape: Array, *, num_split: int
) -> tuple[Array, ...]:
    """A sparse tensor cut into `num_split` along `split_dim`; the first ones are longer by one where it does not divide.

    Raises: InvalidArgumentError unless 0 <= split_dim < rank and 0 < num_split <= shape[split_dim].
    """
    if split_dim.size != 1:
        require(False, f"split_dim must be a scalar, not of shape {list(split_dim.shape)}")
    check_sparse(indices, values, shape)
    extents = checked_shape(shape, np.dtype(bool), "shape")
    axis = int(split_dim.reshape(()))
    require(0 <= axis < len(extents), f"split_dim must lie in [0, {len(extents)}), not {axis}")
    if not 1 <= num_split <= extents[axis]:
        require(False, f"num_split must lie in [1, {extents[axis]}], not {num_split}")
    indices_in_range(indices[:, axis], extents[axis], f"indices[:, {axis}]")
    each, longer = divmod(extents[axis], num_split)
    lengths = [each + (number < longer) for number in range(num_split)]
    starts = np.cumsum([0, *lengths[:-1]])
    piece = np.searchsorted(starts, indices[:, axis], side="right") - 1
    all_rows, all_values, all_shapes = [], [], []
    for number, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        chosen = piece == number
        rows = indices[chosen]
        rows[:, axis] -= start
        all_rows.append(rows)
        all_values.append(values[chosen])
        all_shapes.append(
            np.array([*extents[:axis], length, *extents[axis + 1 :]], dtype=np.int64)
        )
    return (*all_rows, *all_values, *all_shapes)


@sparse_split.shape
def sparse_split_shape(shape: Spec, num_split: int) -> list[Shape]:
    """Rows only the values decide."""
    rank = shape.shape[0] if shape.shape is not None and len(shape.shape) == 1 else None
    return [(None, rank)] * num_split + [(None,)] * num_split + [shape.shape] * num_split


@op(
    "SparseSlice(indices: int64, values: T, shape: int64, start: int64, size: int64) "
    "-> output_indices: int64, output_values: T, output_shape: int64",
    T=ANY,
    source="core/util/sparse/sparse_tensor.h:SparseTensor::Slice",
)
def sparse_slice(
    indices: Array, values: Array, shape: Array, start: Array, size: Array
) -> tuple[Array, Array, Array]:
    """The elements of a box, with indices counted from its corner; a box may reach beyond the tensor."""
    check_sparse(indices, values, shape)
    extents = checked_shape(shape, np.dtype(bool), "shape")
    for name, vector in (("start", start), ("size", size)):
        if vector.shape != shape.shape:
            require(
                False, f"{name} must have shape {list(shape.shape)}, not {list(vector.shape)}"
            )
    cut = []
    for extent, first, length in zip(extents, start.tolist(), size.tolist(), strict=True):
        if first < extent - length:
            cut.append(length)
        else:
            cut.append(max(extent - first, 0))
    if any(n < 0 for n in cut):
        require(False, f"size must not be negative, not {size.tolist()}")
    moved = indices - start
    inside = ((indices >= start) & (moved < size)).all(axis=1)
    return moved[inside], values[inside], np.array(cut, dtype=np.int64)


@sparse_slice.shape
def sparse_slice_shape(shape: Spec) -> list[Shape]:
    """Rows only the values decide."""
    rank = shape.shape[0] if shape.shape is not None and len(shape.shape) == 1 else None
    return [(None, rank), (None,), shape.shape]


@op(
    "SparseSliceGrad(backprop_val_grad: T, input_indices: int64, input_start: int64, "
    "output_indices: int64) -> val_grad: T",
    T=NUMBERS,
    source="core/kernels/sparse_slice_grad_op.cc",
)
def sparse_slice_grad(
    backprop_val_grad: Array, input_indices: Array, input_start: Array, output_indices: Array
) -> Array:
    """The gradient of SparseSlice's values: those of the slice at their places, zeros elsewhere.

    Raises: InvalidArgumentError unless the slice's rows occur among the input's in the same order.
    """
    require_rank(input_indices, 2, "input_indices")
    require_rank(output_indices, 2, "output_indices")
    require_rank(backprop_val_grad, 1, "backprop_val_grad")
    require_rank(input_start, 1, "input_start")
    rank = input_indices.shape[1]
    if output_indices.shape[1] != rank or len(input_start) != rank:
        require(
            False,
            f"output_indices and input_start must have {rank} columns, "
            f"not {output_indices.shape[1]} and {len(input_start)}",
        )
    if len(output_indices) != len(backprop_val_grad):
        require(
            False,
            f"backprop_val_grad must have one value per row of output_indices, "
            f"not {len(backprop_val_grad)} for {len(output_indices)}",
        )
    gradient = np.zeros(len(input_indices), dtype=backprop_val_grad.dtype)
    wanted = iter((output_indices + input_start).tolist())
    target, used = next(wanted, None), 0
    for place, row in enumerate(input_indices.tolist()):
        if target is None:
            break
        if row == target:
            gradient[place] = backprop_val_grad[used]
            target, used = next(wanted, None), used + 1
    if used != len(backprop_val_grad):
        require(
            False,
            f"output_indices must occur among input_indices in their order, not so row {used}",
        )
    return gradient


@sparse_slice_grad.shape
def sparse_slice_grad_shape(input_indices: Spec) -> Shape:
    """One value per row of the input."""
    return (with_rank(input_indices, 2, "input_indices")[0],)


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
        require(
            False, f"indices must have one row per value, not {len(indices)} for {len(values)}"
        )
    require(len(dense_shape) > 0, "dense_shape must not be empty")
    (count,) = checked_shape(dense_shape[:1], np.dtype(np.int64), "dense_shape")
    if len(indices):
        require(indices.shape[1] > 0, "indices must have at least one column, not 0")
    rows = indices[:, 0] if indices.shape[1] else np.zeros(0, dtype=np.int64)
    indices_in_range(rows, count, "the rows of indices")
    used = np.bincount(rows, minlength=count)
    empty = used == 0
    ordered = not len(rows) or bool((rows[1:] >= rows[:-1]).all())
    if ordered and not empty.any():
        return indices, values, empty, np.arange(len(rows))
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
