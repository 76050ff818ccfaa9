"""TensorLists, and tensors that hold some of their elements one behind the other: gather, scatter, concatenate, split.

Source: tensorflow/core/kernels/list_kernels.h, list_kernels.cc.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.gradient_rules import Ops, Term, concat
from minihub_runtime.ops.item_tree import ItemTree
from minihub_runtime.ops.registry import ANY, INDEX, Array, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.ops.tensor_list import (
    MAX_LENGTH,
    SOURCE,
    TensorList,
    asked,
    check_fits,
    chosen_items,
    item_shape,
    length_of,
    list_like,
    list_of,
    plain_zeros,
    shape_of_elements,
    shape_told,
    variant,
)
from minihub_runtime.shapes import Shape, compatible, concrete, merge, show

__all__: list[str] = []


@op(
    "TensorListGather(input_handle: variant, indices: int32, element_shape: int32) "
    "-> values: element_dtype",
    element_dtype=ANY,
    source=SOURCE,
    shape=lambda element_shape, indices: (
        None
        if item_shape(element_shape) is None or indices.shape is None
        else (indices.shape[0], *(item_shape(element_shape) or ()))
    ),
)
def tensor_list_gather(
    input_handle: Array, indices: Array, element_shape: Array, *, element_dtype: DType
) -> Array:
    """Some elements along a new first axis.

    Raises: InvalidArgumentError for an index outside the list, or if shapes differ or are unknown.
    """
    found = list_of(input_handle, element_dtype)
    require(indices.ndim == 1, f"indices must be a vector, not of shape {show(indices.shape)}")
    present = list(found.items)
    for index in indices.tolist():
        if not 0 <= index < len(present):
            raise InvalidArgumentError(
                f"Trying to gather element {index} in a list with {len(present)} elements."
            )
    asked = [present[index] for index in indices.tolist()]
    items, shape = chosen_items(found, asked, element_shape, "gather")
    return np.stack(items) if items else np.empty((0, *shape), element_dtype.numpy)


def _scattered(
    items: list[Array | None], tensor: Array, indices: Array, shape: Shape
) -> list[Array | None]:
    require(indices.ndim == 1, f"indices must be a vector, not of shape {show(indices.shape)}")
    require(
        tensor.ndim >= 1 and len(tensor) == len(indices),
        f"Specified {len(indices)} indices but the tensor has shape {show(tensor.shape)}",
    )
    check_fits(shape, tensor.shape[1:])
    for row, index in enumerate(indices.tolist()):
        if index < 0:
            raise InvalidArgumentError(
                f"Indices in TensorListScatter must all be non-negative, not {index}"
            )
        if index >= len(items):
            raise InvalidArgumentError(
                f"TensorListScatter: Trying to scatter at index {index} in list with size "
                f"{len(items)}"
            )
        items[index] = tensor[row, ...]
    return items


def _scatter(
    tensor: Array, indices: Array, element_shape: Array, length: int, dtype: DType
) -> Array:
    shape = asked(element_shape)
    highest = max(indices.reshape(-1).tolist(), default=-1)
    require(length >= -1, f"num_elements must be at least -1, not {length}")
    count = highest + 1 if length == -1 else length
    require(count <= MAX_LENGTH, f"indices must be less than {MAX_LENGTH}, not {highest}")
    items = _scattered([None] * count, tensor, indices, shape)
    return variant(TensorList(dtype, shape, ItemTree(items)))


@op(
    "TensorListScatter(tensor: element_dtype, indices: int32, element_shape: shape_type) "
    "-> output_handle: variant",
    element_dtype=ANY,
    shape_type=INDEX,
    source=SOURCE,
    shape=scalar,
)
def tensor_list_scatter(
    tensor: Array, indices: Array, element_shape: Array, *, element_dtype: DType
) -> Array:
    """A list with the rows of `tensor` at `indices`."""
    return _scatter(tensor, indices, element_shape, -1, element_dtype)


@op(
    "TensorListScatterV2(tensor: element_dtype, indices: int32, element_shape: shape_type, "
    "num_elements: int32) -> output_handle: variant",
    element_dtype=ANY,
    shape_type=INDEX,
    source=SOURCE,
    shape=scalar,
)
def tensor_list_scatter_v2(
    tensor: Array,
    indices: Array,
    element_shape: Array,
    num_elements: Array,
    *,
    element_dtype: DType,
) -> Array:
    """A list of `num_elements` with the rows of `tensor` at `indices`; -1 is as many as the indices need."""
    length = length_of(num_elements, "num_elements")
    return _scatter(tensor, indices, element_shape, length, element_dtype)


@op(
    "TensorListScatterIntoExistingList(input_handle: variant, tensor: element_dtype, "
    "indices: int32) -> output_handle: variant",
    element_dtype=ANY,
    source=SOURCE,
    shape=scalar,
    ranks={"indices": 1},
)
def tensor_list_scatter_into_existing_list(
    input_handle: Array, tensor: Array, indices: Array, *, element_dtype: DType
) -> Array:
    """The list with the rows of `tensor` at `indices`."""
    found = list_of(input_handle, element_dtype)
    highest = max(indices.reshape(-1).tolist(), default=-1)
    require(highest < MAX_LENGTH, f"indices must be less than {MAX_LENGTH}, not {highest}")
    items = list(found.items) + [None] * max(0, highest + 1 - len(found.items))
    # Unlike the other scatters, this one takes rows of any shape.
    return variant(found.with_items(ItemTree(_scattered(items, tensor, indices, None))))


def _concat(found: TensorList, asked: Shape, leading: Sequence[int]) -> tuple[Array, Array]:
    """The elements joined along their first axis, and their lengths.

    An element that is not set is as long as `leading` says, else as all the others.
    """
    rest: Shape = None if asked is None else asked[1:]
    if found.items:
        rest = merge(rest, None if found.shape is None else found.shape[1:])
    lengths = set()
    for index, item in enumerate(found.items):
        if item is not None:
            require(item.ndim >= 1, f"element {index} must have rank >= 1 to be joined, not 0")
            rest = merge(rest, item.shape[1:])
            lengths.add(len(item))
    known = concrete(rest)
    if known is None:
        raise InvalidArgumentError(
            "All except the first dimension must be fully defined when concating an empty tensor "
            f"list. element_shape: {show(asked)}"
        )
    given = next((s[0] for s in (asked, found.shape) if s and s[0] is not None), None)
    usual = lengths.pop() if given is None and len(lengths) == 1 else given
    items: list[Array] = []
    for index, item in enumerate(found.items):
        length = leading[index] if index < len(leading) else usual
        if item is None and (length is None or length < 0):
            raise InvalidArgumentError(
                f"List contains uninitialized tensor at index {index} but leading_dims has only "
                f"{len(leading)} elements."
            )
        items.append(plain_zeros(found.dtype, (int(length or 0), *known)) if item is None else item)
    if not items:
        return plain_zeros(found.dtype, (0, *known)), np.empty(0, np.int64)
    return np.concatenate(items), np.array([len(item) for item in items], np.int64)


@op(
    "TensorListConcat(input_handle: variant) -> tensor: element_dtype, lengths: int64",
    element_dtype=ANY,
    source=SOURCE,
    shape=lambda element_shape: [
        None if element_shape is None else (None, *element_shape[1:]),
        (None,),
    ],
)
def tensor_list_concat(
    input_handle: Array, *, element_dtype: DType, element_shape: Shape = None
) -> tuple[Array, Array]:
    """The elements joined along their first axis, and their lengths."""
    found = list_of(input_handle, element_dtype)
    return _concat(found, element_shape, ())


@op(
    "TensorListConcatV2(input_handle: variant, element_shape: shape_type, leading_dims: int64) "
    "-> tensor: element_dtype, lengths: int64",
    element_dtype=ANY,
    shape_type=INDEX,
    source=SOURCE,
    shape=lambda element_shape: [
        None
        if item_shape(element_shape) is None
        else (None, *(item_shape(element_shape) or (None,))[1:]),
        (None,),
    ],
)
def tensor_list_concat_v2(
    input_handle: Array, element_shape: Array, leading_dims: Array, *, element_dtype: DType
) -> tuple[Array, Array]:
    """The elements joined along their first axis, and their lengths."""
    found = list_of(input_handle, element_dtype)
    return _concat(found, asked(element_shape), leading_dims.tolist())


@op(
    "TensorListSplit(tensor: element_dtype, element_shape: shape_type, lengths: int64) "
    "-> output_handle: variant",
    element_dtype=ANY,
    shape_type=INDEX,
    source=SOURCE,
    shape=scalar,
    ranks={"lengths": 1},
)
def tensor_list_split(
    tensor: Array, element_shape: Array, lengths: Array, *, element_dtype: DType
) -> Array:
    """A list of consecutive pieces of `tensor`, of these lengths.

    Raises: InvalidArgumentError if lengths do not add up, or pieces have another shape.
    """
    require(lengths.ndim == 1, f"lengths must be a vector, not of shape {show(lengths.shape)}")
    require(tensor.ndim >= 1, "Tensor must be at least a vector, but saw shape: []")
    require(np.all(lengths >= 0), "lengths must not be negative")
    total = sum(lengths.tolist())
    require(total == len(tensor), f"lengths must add up to {len(tensor)}, not {total}")
    shape = asked(element_shape)
    require(
        compatible(shape, (None, *tensor.shape[1:])),
        f"pieces must have shape {show(shape)}, not {show((None, *tensor.shape[1:]))}",
    )
    ends = np.cumsum(lengths).tolist()
    pieces = (tensor[end - n : end] for end, n in zip(ends, lengths.tolist(), strict=True))
    return variant(TensorList(element_dtype, shape, ItemTree(pieces)))


def _concat_gradient(ops: Ops, grad: Term, handle: Term, lengths: Term) -> Term:
    return ops.TensorListSplit(grad, shape_told(ops, handle), lengths)


@tensor_list_concat.gradient
def tensor_list_concat_gradient(ops: Ops, grad: Term, input_handle: Term, lengths: Term) -> Term:
    return _concat_gradient(ops, grad, input_handle, lengths)


@tensor_list_concat_v2.gradient
def tensor_list_concat_v2_gradient(
    ops: Ops, grad: Term, input_handle: Term, lengths: Term
) -> tuple[Term, None, None]:
    return _concat_gradient(ops, grad, input_handle, lengths), None, None


@tensor_list_split.gradient
def tensor_list_split_gradient(
    ops: Ops, grad: Term, tensor: Term, lengths: Term
) -> tuple[Term, None, None]:
    shape = concat(ops, [[-1], shape_of_elements(ops, tensor)])
    joined, _ = ops.TensorListConcatV2(grad, shape, lengths, element_dtype=tensor.dtype)
    return joined, None, None


@tensor_list_gather.gradient
def tensor_list_gather_gradient(
    ops: Ops, grad: Term, input_handle: Term, indices: Term
) -> tuple[Term, None, None]:
    empty = list_like(ops, input_handle, grad.dtype)
    return ops.TensorListScatterIntoExistingList(empty, grad, indices), None, None


def _gathered(ops: Ops, grad: Term, tensor: Term, indices: Term) -> Term:
    return ops.TensorListGather(
        grad, indices, shape_of_elements(ops, tensor), element_dtype=tensor.dtype
    )


@tensor_list_scatter.gradient
def tensor_list_scatter_gradient(
    ops: Ops, grad: Term, tensor: Term, indices: Term
) -> tuple[Term, None, None]:
    return _gathered(ops, grad, tensor, indices), None, None


@tensor_list_scatter_v2.gradient
def tensor_list_scatter_v2_gradient(
    ops: Ops, grad: Term, tensor: Term, indices: Term
) -> tuple[Term, None, None, None]:
    return _gathered(ops, grad, tensor, indices), None, None, None


@tensor_list_scatter_into_existing_list.gradient
def tensor_list_scatter_into_existing_list_gradient(
    ops: Ops, grad: Term, tensor: Term, indices: Term
) -> tuple[Term, Term, None]:
    rest = ops.TensorListScatterIntoExistingList(grad, ops.ZerosLike(tensor), indices)
    return rest, _gathered(ops, grad, tensor, indices), None
