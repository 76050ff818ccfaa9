"""Sparse tensors of other shapes: joined, cut, sorted, transposed.

Source: tensorflow/python/ops/sparse_ops.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np

from minihub_runtime.api.arithmetic import add
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_equal, assert_less_equal
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.filling import ones_like, zeros
from minihub_runtime.api.gathering import gather, where_v2
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims, reshape, transpose
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import reduce_max
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.sparse.conversion import as_sparse_tensor, as_sparse_tensors
from minihub_runtime.api.static_values import constant_value, constant_value_as_shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import int32, int64
from minihub_runtime.public import public
from minihub_runtime.values import SparseTensorValue

__all__ = [
    "sparse_concat",
    "sparse_expand_dims",
    "sparse_merge",
    "sparse_reorder",
    "sparse_reset_shape",
    "sparse_reshape",
    "sparse_retain",
    "sparse_slice",
    "sparse_split",
    "sparse_transpose",
]


def _identity(tensor: Any) -> Any:
    return build("Identity", input=tensor)


@public("sparse.expand_dims")
def sparse_expand_dims(sp_input: Any, axis: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor with one dimension more, of size 1.

    Args:
        sp_input: a SparseTensor.
        axis: where the dimension is put; by default at the end.
        name: a name of the operations.

    Raises:
        TypeError: the axis is neither an integer nor a tensor.
    """
    known_rank = sp_input.dense_shape.shape[0].value
    axis = -1 if axis is None else axis
    with name_scope(name, "expand_dims", [sp_input]):
        if isinstance(axis, (int, np.integer)):
            axis = convert_to_tensor(axis, int32, "axis")
        elif not isinstance(axis, Tensor):
            raise TypeError(
                "axis must be an integer value in range [-rank(sp_input) - 1, rank(sp_input)]"
            )
        axis = where_v2(axis >= 0, axis, axis + known_rank + 1)
        count = shape(sp_input.indices)[0]
        new_index = zeros([count, 1], dtype=int64)
        before = slice(sp_input.indices, [0, 0], [-1, axis])
        after = slice(sp_input.indices, [0, axis], [-1, -1])
        indices = concat([before, new_index, after], axis=1)
        shape_before = slice(sp_input.dense_shape, [0], [axis])
        shape_after = slice(sp_input.dense_shape, [axis], [-1])
        new_shape = convert_to_tensor([1], int64, "new_shape")
        dense_shape = concat([shape_before, new_shape, shape_after], axis=0)
        return SparseTensor(indices, sp_input.values, dense_shape)


@public("sparse.concat", "sparse_concat")
def sparse_concat(
    axis: Any,
    sp_inputs: Any,
    name: str | None = None,
    expand_nonconcat_dim: bool = False,
    concat_dim: Any = None,
    expand_nonconcat_dims: Any = None,
) -> SparseTensor:
    """Sparse tensors one after the other.

    Args:
        axis: along which dimension.
        sp_inputs: a list of SparseTensors of one rank.
        name: a name of the operation.
        expand_nonconcat_dim: whether the other sizes may differ; the largest count.
        concat_dim: the older name of `axis`.
        expand_nonconcat_dims: another name of `expand_nonconcat_dim`.

    Raises:
        TypeError: an input is no SparseTensor.
        ValueError: an argument is given under both its names.
    """
    expand: Any = deprecated_argument_lookup(
        "expand_nonconcat_dims", expand_nonconcat_dims, "expand_nonconcat_dim", expand_nonconcat_dim
    )
    axis = deprecated_argument_lookup("axis", axis, "concat_dim", concat_dim)
    inputs = as_sparse_tensors(sp_inputs)
    if len(inputs) == 1:
        return inputs[0]
    shapes = [sp_input.dense_shape for sp_input in inputs]
    if expand:
        rows = [reshape(dense_shape, [1, -1]) for dense_shape in shapes]
        largest = reduce_max(concat(rows, 0), 0)
        shapes = [_one_size_of(dense_shape, largest, axis) for dense_shape in shapes]
    indices, values, dense_shape = build(
        "SparseConcat",
        name=name,
        indices=[sp_input.indices for sp_input in inputs],
        values=[sp_input.values for sp_input in inputs],
        shapes=shapes,
        concat_dim=axis,
    )
    known = _concatenated([sp_input.shape for sp_input in inputs], axis, expand)
    if all(sp_input.shape.is_fully_defined() for sp_input in inputs):
        return SparseTensor(indices, values, convert_to_tensor(known.as_list(), int64))
    result = SparseTensor(indices, values, dense_shape)
    result.set_shape(known)
    return result


def _one_size_of(dense_shape: Tensor, others: Tensor, axis: int) -> Tensor:
    """The sizes `others`, but along `axis` that of `dense_shape`."""
    before = others[:axis]
    if axis == -1:
        return concat([before, dense_shape[-1:], []], 0)
    return concat([before, dense_shape[axis : axis + 1], others[axis + 1 :]], 0)


def _concatenated(shapes: list[TensorShape], axis: int, expand: bool) -> TensorShape:
    sizes = [known.as_tuple() for known in shapes]
    if any(known is None for known in sizes):
        return TensorShape(None)
    columns = list(zip(*[known or () for known in sizes]))
    joined = list(sizes[0] or ())
    if expand:
        joined = [None if None in column else max(column) for column in columns]
    joined[axis] = None if None in columns[axis] else sum(columns[axis])
    return TensorShape(joined)


@public("sparse.reorder", "sparse_reorder")
def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """A sparse tensor with its elements in row-major order.

    Raises:
        TypeError: it is none.
    """
    sp_input = as_sparse_tensor(sp_input)
    indices, values = build(
        "SparseReorder",
        name=name,
        input_indices=sp_input.indices,
        input_values=sp_input.values,
        input_shape=sp_input.dense_shape,
    )
    if sp_input.shape.is_fully_defined():
        return SparseTensor(indices, values, sp_input.shape.as_list())
    result = SparseTensor(indices, values, _identity(sp_input.dense_shape))
    result.set_shape(sp_input.shape)
    return result


@public("sparse.reshape", "sparse_reshape")
def sparse_reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """A sparse tensor of the same elements, in row-major order, in another shape.

    Args:
        sp_input: a SparseTensor.
        shape: the shape; one size may be -1.
        name: a name of the operations.

    Raises:
        TypeError: it is no SparseTensor.
        ValueError: it is known that the elements do not fit.
    """
    sp_input = as_sparse_tensor(sp_input)
    shape = cast(shape, int64)
    with name_scope(name, "SparseReshape", [sp_input]) as scope:
        indices, dense_shape = build(
            "SparseReshape",
            name=scope,
            input_indices=sp_input.indices,
            input_shape=sp_input.dense_shape,
            new_shape=shape,
        )
        sizes = constant_value_as_shape(shape).as_tuple()
        if sizes is not None and sp_input.shape.is_fully_defined():
            known = _reshaped(sp_input.shape, sizes, constant_value(shape))
            if known is not None:
                dense_shape = constant(known, int64)
        return SparseTensor(indices, _identity(sp_input.values), dense_shape)


def _reshaped(before: TensorShape, wanted: tuple[int | None, ...], given: Any) -> Any:
    """The sizes `wanted`, the free one filled in; None if they cannot be told."""
    if given is not None and np.count_nonzero(np.asarray(given) == -1) > 1:
        raise ValueError(f"At most one dimension can be inferred (-1). Found: {given}")
    count = before.num_elements() or 0
    free = wanted.count(None)
    if free > 1 or (free and 0 in wanted):
        return None
    rest = int(np.prod([n for n in wanted if n is not None]))
    sizes = [count // rest if n is None else n for n in wanted]
    total = int(np.prod(sizes))
    if total != count:
        raise ValueError(
            f"Cannot reshape a tensor with {count} elements to shape {list(wanted)} ({total} "
            "elements)."
        )
    return sizes


class KeywordRequired:
    """Stands for the first argument, which must not be given."""

    def __repr__(self) -> str:
        return "KeywordRequired()"


_KEYWORD_REQUIRED = KeywordRequired()


@public("sparse.split", "sparse_split")
def sparse_split(
    keyword_required: Any = _KEYWORD_REQUIRED,
    sp_input: Any = None,
    num_split: Any = None,
    axis: Any = None,
    name: str | None = None,
    split_dim: Any = None,
) -> list[SparseTensor]:
    """Parts of a sparse tensor; the first ones are larger by 1 if the size does not divide.

    Args:
        keyword_required: not to be given: the others are given by name.
        sp_input: a SparseTensor.
        num_split: the number of parts.
        axis: along which dimension.
        name: a name of the operation.
        split_dim: the older name of `axis`.

    Raises:
        ValueError: an argument is missing, or not given by name.
        TypeError: it is no SparseTensor.
    """
    if not isinstance(keyword_required, KeywordRequired):
        raise ValueError("Keyword arguments are required for this function.")
    for what, value in (("sp_input", sp_input), ("num_split", num_split), ("axis", axis)):
        if value is None:
            raise ValueError(f"{what} is required")
    axis = deprecated_argument_lookup("axis", axis, "split_dim", split_dim)
    sp_input = as_sparse_tensor(sp_input)
    parts = build(
        "SparseSplit",
        name=name,
        split_dim=axis,
        indices=sp_input.indices,
        values=sp_input.values,
        shape=sp_input.dense_shape,
        num_split=num_split,
    )
    return [SparseTensor(*part) for part in zip(*parts)]


@public("sparse.slice", "sparse_slice")
def sparse_slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """A part of a sparse tensor.

    Args:
        sp_input: a SparseTensor.
        start: [rank], where it begins.
        size: [rank], its sizes; cut at the ends of the tensor.
        name: a name of the operations.

    Raises:
        TypeError: it is no SparseTensor.
    """
    sp_input = as_sparse_tensor(sp_input)
    start = convert_to_tensor(start, int64)
    size = convert_to_tensor(size, int64)
    with name_scope(name, "SparseSlice", [sp_input]) as scope:
        parts = build(
            "SparseSlice",
            name=scope,
            indices=sp_input.indices,
            values=sp_input.values,
            shape=sp_input.dense_shape,
            start=start,
            size=size,
        )
        return SparseTensor(*parts)


@public("sparse.merge", "sparse_merge")
def sparse_merge(
    sp_ids: Any,
    sp_values: Any,
    vocab_size: Any,
    name: str | None = None,
    already_sorted: bool = False,
) -> SparseTensor:
    """Values at the places that ids tell: the last dimension is replaced by the ids.

    Args:
        sp_ids: integers `[..., n]`, or a list of such for several dimensions.
        sp_values: values of the same indices.
        vocab_size: the size of the new dimension, or a list of sizes.
        name: a name of the operations.
        already_sorted: whether the result need not be sorted.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: the lists have different lengths.
    """
    if isinstance(sp_ids, (SparseTensor, SparseTensorValue)):
        sp_ids = [sp_ids]
        _check_size(vocab_size, "Tensor or Python int")
        vocab_size = [vocab_size]
    else:
        if not isinstance(sp_ids, Iterable):
            raise TypeError(
                f"sp_ids has to be a SparseTensor or list thereof. Found {type(sp_ids)}"
            )
        if not isinstance(vocab_size, Iterable):
            raise TypeError(
                f"vocab_size has to be a list of Tensors or Python ints. Found {type(vocab_size)}"
            )
        for size in vocab_size:
            _check_size(size, "list of Tensors or Python ints")
    if len(sp_ids) != len(vocab_size):
        raise ValueError("sp_ids and vocab_size have to have equal lengths.")
    with name_scope(name, "SparseMerge", [sp_ids, sp_values]):
        ids = [as_sparse_tensor(item) for item in sp_ids]
        sp_values = as_sparse_tensor(sp_values)
        columns = [expand_dims(cast(item.values, int64), axis=1) for item in ids]
        sizes = [cast(size, int64) for size in vocab_size]
        kept = ids[0].indices[:, :-1]
        indices = concat([kept, *columns], 1)
        dense_shape = concat([ids[0].dense_shape[:-1], sizes], 0)
        result = SparseTensor(indices, sp_values.values, dense_shape)
        if already_sorted:
            return result
        ordered = sparse_reorder(result)
        return SparseTensor(ordered.indices, ordered.values, dense_shape)


def _check_size(size: Any, kind: str) -> None:
    if not isinstance(size, (Tensor, Integral)):
        raise TypeError(f"vocab_size has to be a {kind}. Found {type(size)}")


@public("sparse.retain", "sparse_retain")
def sparse_retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """The elements of a sparse tensor for which `to_retain`, bool [n], is true.

    Raises:
        TypeError: it is no SparseTensor.
        ValueError: `to_retain` has another rank or length.
    """
    sp_input = as_sparse_tensor(sp_input)
    to_retain = convert_to_tensor(to_retain)
    to_retain.shape.assert_has_rank(1)
    sp_input.values.shape.assert_is_compatible_with(to_retain.shape)
    kept = reshape(where_v2(to_retain), [-1])
    indices = gather(sp_input.indices, kept)
    values = gather(sp_input.values, kept)
    return SparseTensor(indices, values, _identity(sp_input.dense_shape))


@public("sparse.reset_shape", "sparse_reset_shape")
def sparse_reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """The same elements in a larger shape, or in the smallest that holds them.

    Args:
        sp_input: a SparseTensor.
        new_shape: the shape, of the same rank and nowhere smaller; by default the smallest.

    Raises:
        TypeError: it is no SparseTensor.
        ValueError: the shape has another rank, or is known to be smaller.
    """
    sp_input = as_sparse_tensor(sp_input)
    indices = _identity(sp_input.indices)
    values = _identity(sp_input.values)
    before = _identity(sp_input.dense_shape)
    if new_shape is None:
        last = reduce_max(indices, axis=0)
        # Without elements the maximum is the smallest number there is.
        after = build("Maximum", x=constant(0, int64), y=add(last, ones_like(before)))
        return SparseTensor(indices, values, after)
    after = convert_to_tensor(new_shape)
    after.shape.assert_has_rank(1)
    after = cast(after, int64)
    after.shape.assert_is_compatible_with(before.shape)
    known = constant_value(after)
    if known is not None and sp_input.shape.is_fully_defined():
        sizes = np.array(sp_input.shape.as_list())
        if not np.all(sizes <= known):
            raise ValueError(
                "Requested new_shape should have dimension sizes >= sp_input.shape.  Found "
                f"new_shape ({sizes}), sp_input.shape ({known})."
            )
        return SparseTensor(indices, values, known)
    after = with_dependencies([assert_equal(shape(before), shape(after))], after)
    after = with_dependencies([assert_less_equal(before, after)], after)
    return SparseTensor(indices, values, after)


@public("sparse.transpose", "sparse_transpose")
def sparse_transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor with its dimensions in another order, by default reversed.

    Args:
        sp_input: a SparseTensor.
        perm: [rank], which dimension comes at each place.
        name: a name of the operations.
    """
    with name_scope(name, "SparseTranspose", [sp_input]):
        if perm is None:
            count = sp_input.shape.ndims
            if count is not None:
                perm = np.arange(count - 1, -1, -1)
            else:
                count = rank(sp_input)
                perm = count - 1 - range(0, count, 1)
        indices = transpose(gather(transpose(sp_input.indices), perm))
        order = constant_value(convert_to_tensor(perm))
        dense_shape: Any
        if order is not None and sp_input.shape.is_fully_defined():
            sizes = sp_input.shape.as_list()
            dense_shape = [sizes[place] for place in order]
        else:
            dense_shape = gather(sp_input.dense_shape, perm)
        return sparse_reorder(SparseTensor(indices, sp_input.values, dense_shape))
