"""Ops that join and cut sparse tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minihub_runtime.ops.checking import (
    axis_in_range,
    indices_in_range,
    require,
    require_rank,
    require_scalar,
)
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import ANY, NUMBERS, Array, at_least, op, without_gradient
from minihub_runtime.ops.sparse import (
    check_sparse,
    checked_shape,
    lexicographic_order,
    with_rank,
)
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []


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
    sizes = [checked_shape(shape, f"shapes[{number}]") for number, shape in enumerate(shapes)]
    axis = axis_in_range(concat_dim, len(sizes[0]), "concat_dim")
    rest = [shape[:axis] + shape[axis + 1 :] for shape in sizes]
    if any(
        len(shape) != len(sizes[0]) or r != rest[0] for shape, r in zip(sizes, rest, strict=True)
    ):
        require(
            False,
            f"shapes must agree except in dimension {axis}, not {[list(shape) for shape in sizes]}",
        )
    total = list(sizes[0])
    total[axis] = sum(shape[axis] for shape in sizes)
    checked_shape(total, "the joined shape")
    joined = np.concatenate(indices)
    starts = np.cumsum([0, *(shape[axis] for shape in sizes[:-1])])
    joined[:, axis] += np.repeat(starts, [len(rows) for rows in indices])
    order = lexicographic_order(joined)
    return joined[order], np.concatenate(values)[order], np.array(total, dtype=np.int64)


@sparse_concat.shape
def sparse_concat_shape(indices: list[Spec], values: list[Spec], shapes: list[Spec]) -> list[Shape]:
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
    require_scalar(split_dim, "split_dim")
    check_sparse(indices, values, shape)
    extents = checked_shape(shape, "shape")
    axis = int(split_dim)
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
        all_shapes.append(np.array([*extents[:axis], length, *extents[axis + 1 :]], dtype=np.int64))
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
    extents = checked_shape(shape, "shape")
    for name, vector in (("start", start), ("size", size)):
        if vector.shape != shape.shape:
            require(False, f"{name} must have shape {list(shape.shape)}, not {list(vector.shape)}")
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


without_gradient("SparseConcat")


@sparse_slice.gradient
def sparse_slice_gradient(
    ops: Ops, grads: list[Term], indices: Term, start: Term, output_indices: Term
) -> tuple[None, Term, None, None, None]:
    return (
        None,
        ops.SparseSliceGrad(grads[1], indices, start, output_indices),
        None,
        None,
        None,
    )
