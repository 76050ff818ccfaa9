"""TensorLists: the lists that control flow v2 carries as values.

A list is a variant, a 0-d object array that holds one TensorList.  Lists never change: an operation returns a new one
that shares the elements.

Source: tensorflow/core/kernels/list_kernels.h, list_kernels.cc.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.broadcasting import elementwise
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term, concat, sizes_of
from minihub_runtime.ops.item_tree import ItemTree
from minihub_runtime.ops.registry import ANY, INDEX, Array, op, without_gradient
from minihub_runtime.ops.shape_rules import scalar, unknown
from minihub_runtime.shapes import Shape, Spec, compatible, concrete, merge, show

__all__ = ["TensorList", "list_of", "variant"]

SOURCE = "core/kernels/list_kernels.cc"
MAX_LENGTH = 1 << 24
EMPTY = ItemTree()


@dataclasses.dataclass(frozen=True)
class TensorList:
    """A list of tensors.

    Attributes:
        dtype: type of the elements.
        shape: the shape each must have.
        items: the elements, None for those not set.
        limit: the largest length, -1 for none.
    """

    dtype: DType
    shape: Shape
    items: ItemTree = EMPTY
    limit: int = -1

    def with_items(self, items: ItemTree) -> TensorList:
        """The same list with other elements."""
        return TensorList(self.dtype, self.shape, items, self.limit)

    def zeros_like(self) -> TensorList:
        """A list of as many zeros of the same shapes; elements that are not set stay so."""
        zeros = (None if item is None else _zeros_of(self.dtype, item) for item in self.items)
        return self.with_items(ItemTree(zeros))

    def plus(self, other: Any) -> TensorList:
        """The sums of the elements; one that is not set in one list is that of the other.

        Raises:
            InvalidArgumentError: the lists differ in type, shape or length.
        """
        require(
            isinstance(other, TensorList) and other.dtype is self.dtype,
            "Trying to add two lists of tensors of different dtypes.",
        )
        require(
            compatible(self.shape, other.shape),
            "Trying to add two lists of tensors with incompatible element shapes. "
            f"One is {show(self.shape)} and the other is {show(other.shape)}",
        )
        require(
            len(self.items) == len(other.items),
            "Trying to add two lists of tensors with different lengths. "
            f"One is {len(self.items)} and the other is {len(other.items)}",
        )
        pairs = zip(self.items, other.items, strict=True)
        sums = (b if a is None else a if b is None else _sum_of(a, b) for a, b in pairs)
        return dataclasses.replace(self, items=ItemTree(sums), shape=merge(self.shape, other.shape))


def _sum_of(a: Array, b: Array) -> Array:
    if a.dtype != object:
        return elementwise(np.add, a, b)
    result = np.empty(a.shape, dtype=object)
    result.reshape(-1)[:] = [x.plus(y) for x, y in zip(a.reshape(-1), b.reshape(-1), strict=True)]
    return result


def _zeros_of(dtype: DType, item: Array) -> Array:
    if dtype.name != "variant":
        return _zeros(dtype, item.shape)
    result = np.empty(item.shape, dtype=object)
    result.reshape(-1)[:] = [inner.zeros_like() for inner in item.reshape(-1)]
    return result


def variant(value: TensorList) -> Array:
    """The variant tensor that holds a list."""
    result = np.empty((), dtype=object)
    result[()] = value
    return result


def list_of(handle: Array, dtype: DType | None = None) -> TensorList:
    """The list that a variant tensor holds.

    Raises:
        InvalidArgumentError: it holds none, or one of another type.
    """
    require_scalar(handle, "input_handle")
    found = handle.item()
    if not isinstance(found, TensorList):
        raise InvalidArgumentError(f"Input handle is not a list. Saw: '{type(found).__name__}'")
    if dtype is not None and found.dtype is not dtype:
        raise InvalidArgumentError(
            f"Invalid data types; op elements {dtype.name} but list elements {found.dtype.name}"
        )
    return found


def _asked(shape: Array) -> Shape:
    """The shape a shape tensor asks for: the scalar -1 is an unknown one."""
    if shape.ndim == 0:
        require(
            int(shape) == -1,
            "The only valid scalar shape tensor is the fully unknown shape specified as -1.",
        )
        return None
    if shape.ndim != 1:
        raise InvalidArgumentError(f"a shape must be a vector, not of shape {show(shape.shape)}")
    sizes = shape.tolist()
    if min(sizes, default=0) < -1:
        raise InvalidArgumentError(f"sizes must be at least -1, not {sizes}")
    return tuple(None if n < 0 else n for n in sizes)


def _length(value: Array, name: str) -> int:
    require_scalar(value, name)
    length = int(value)
    if length > MAX_LENGTH:
        raise InvalidArgumentError(f"{name} must be at most {MAX_LENGTH}, not {length}")
    return length


def _fits(known: Shape, shape: Shape) -> None:
    if not compatible(known, shape):
        raise InvalidArgumentError(
            f"Tried to set a tensor with incompatible shape at a list index. Item element shape: "
            f"{show(shape)} list shape: {show(known)}"
        )


def _zeros(dtype: DType, shape: tuple[int, ...]) -> Array:
    if dtype.name == "string":
        empty = np.empty(shape, dtype=object)
        empty.fill(b"")
        return empty
    return np.zeros(shape, dtype.numpy)


@op(
    "EmptyTensorList(element_shape: shape_type, max_num_elements: int32) -> handle: variant",
    element_dtype=ANY,
    shape_type=INDEX,
    source=SOURCE,
    shape=scalar,
)
def empty_tensor_list(
    element_shape: Array, max_num_elements: Array, *, element_dtype: DType
) -> Array:
    """A list without elements."""
    limit = _length(max_num_elements, "max_num_elements")
    return variant(TensorList(element_dtype, _asked(element_shape), limit=limit))


@op(
    "TensorListReserve(element_shape: shape_type, num_elements: int32) -> handle: variant",
    element_dtype=ANY,
    shape_type=INDEX,
    source=SOURCE,
    shape=scalar,
)
def tensor_list_reserve(
    element_shape: Array, num_elements: Array, *, element_dtype: DType
) -> Array:
    """A list of elements that are not set."""
    count = _length(num_elements, "num_elements")
    require(
        count >= 0, f"The num_elements to reserve must be a non negative number, but got {count}"
    )
    return variant(TensorList(element_dtype, _asked(element_shape), ItemTree.unset(count)))


@op(
    "TensorListFromTensor(tensor: element_dtype, element_shape: shape_type) "
    "-> output_handle: variant",
    element_dtype=ANY,
    shape_type=INDEX,
    source=SOURCE,
    shape=scalar,
)
def tensor_list_from_tensor(tensor: Array, element_shape: Array, *, element_dtype: DType) -> Array:
    """The rows of a tensor as a list.

    Raises: InvalidArgumentError for a scalar, or rows of another shape.
    """
    require(tensor.ndim >= 1, "Tensor must be at least a vector, but saw shape: []")
    shape = _asked(element_shape)
    if not compatible(shape, tensor.shape[1:]):
        raise InvalidArgumentError(
            "Specified a list with shape "
            f"{show(shape)} from a tensor with shape {show(tensor.shape[1:])}"
        )
    items = ItemTree(tensor[i, ...] for i in range(len(tensor)))
    return variant(TensorList(element_dtype, shape, items))


def _stacked_shape(element_shape: Spec, num_elements: int) -> Shape:
    known = element_shape.as_shape
    return None if known is None else (None if num_elements < 0 else num_elements, *known)


def _element_shape(found: TensorList, element_shape: Array, items: Sequence[Array | None]) -> Shape:
    """What the list, the caller and some elements know of the shape."""
    try:
        shape = merge(found.shape, _asked(element_shape))
        for item in items:
            if item is not None:
                shape = merge(shape, item.shape)
    except InvalidArgumentError as error:
        raise InvalidArgumentError(
            f"Tried to stack elements with different shapes: {error.message}"
        ) from None
    return shape


def _chosen(
    found: TensorList, items: Sequence[Array | None], element_shape: Array, what: str
) -> tuple[list[Array], tuple[int, ...]]:
    """Elements, zeros for those not set, and their shape."""
    known = _element_shape(found, element_shape, items)
    shape = concrete(known)
    if shape is None:
        raise InvalidArgumentError(
            f"Tried to {what} elements of a list with non-fully-defined shape: {show(known)}"
        )
    return [_zeros(found.dtype, shape) if item is None else item for item in items], shape


@op(
    "TensorListStack(input_handle: variant, element_shape: int32) -> tensor: element_dtype",
    element_dtype=ANY,
    source=SOURCE,
    shape=_stacked_shape,
)
def tensor_list_stack(
    input_handle: Array, element_shape: Array, *, element_dtype: DType, num_elements: int = -1
) -> Array:
    """The elements along a new first axis.

    Raises: InvalidArgumentError if shapes differ or are unknown, or their number is not `num_elements`.
    """
    found = list_of(input_handle, element_dtype)
    require(
        num_elements in (-1, len(found.items)),
        f"Operation expected a list with {num_elements} elements but got a list with "
        f"{len(found.items)} elements.",
    )
    items, shape = _chosen(found, found.items, element_shape, "stack")
    return np.stack(items) if items else np.empty((0, *shape), element_dtype.numpy)


def _item_shape(element_shape: Spec) -> Shape:
    return element_shape.as_shape


@op(
    "TensorListGetItem(input_handle: variant, index: int32, element_shape: int32) "
    "-> item: element_dtype",
    element_dtype=ANY,
    source=SOURCE,
    shape=_item_shape,
)
def tensor_list_get_item(
    input_handle: Array, index: Array, element_shape: Array, *, element_dtype: DType
) -> Array:
    """One element; zeros if it is not set.

    Raises: InvalidArgumentError for an index outside the list, or an element not set of unknown shape.
    """
    found = list_of(input_handle, element_dtype)
    place = _length(index, "index")
    if not 0 <= place < len(found.items):
        raise InvalidArgumentError(
            f"Trying to access element {place} in a list with {len(found.items)} elements."
        )
    item = found.items[place]
    if item is not None:
        return item
    shape = concrete(_element_shape(found, element_shape, ()))
    if shape is None:
        shape = concrete(_element_shape(found, element_shape, found.items))
    if shape is None:
        raise InvalidArgumentError(
            "Trying to read an uninitialized tensor but element_shape is not fully defined: "
            f"{show(found.shape)}"
        )
    return _zeros(found.dtype, shape)


@op(
    "TensorListSetItem(input_handle: variant, index: int32, item: element_dtype) "
    "-> output_handle: variant",
    element_dtype=ANY,
    source=SOURCE,
    shape=scalar,
)
def tensor_list_set_item(
    input_handle: Array,
    index: Array,
    item: Array,
    *,
    element_dtype: DType,
    resize_if_index_out_of_bounds: bool = False,
) -> Array:
    """The list with another element at `index`.

    Raises: InvalidArgumentError for an index outside the list, unless it may grow, or an item of another shape.
    """
    found = list_of(input_handle, element_dtype)
    place = _length(index, "index")
    items = found.items
    if resize_if_index_out_of_bounds and place >= len(items):
        items = items.resized(place + 1)
    if not 0 <= place < len(items):
        raise InvalidArgumentError(
            f"Trying to modify element {place} in a list with {len(items)} elements."
        )
    _fits(found.shape, item.shape)
    return variant(found.with_items(items.replaced(place, item)))


@op(
    "TensorListPushBack(input_handle: variant, tensor: element_dtype) -> output_handle: variant",
    element_dtype=ANY,
    source=SOURCE,
    shape=scalar,
)
def tensor_list_push_back(input_handle: Array, tensor: Any, *, element_dtype: DType) -> Array:
    """The list with one more element.

    Raises: InvalidArgumentError if it is full, or the element has another shape.
    """
    found = list_of(input_handle, element_dtype)
    _fits(found.shape, tensor.shape)
    if 0 <= found.limit <= len(found.items):
        raise InvalidArgumentError(
            f"Tried to push item into a full list list size: {len(found.items)} max_num_elements: "
            f"{found.limit}"
        )
    return variant(found.with_items(found.items.appended(tensor)))


@op(
    "TensorListPopBack(input_handle: variant, element_shape: int32) "
    "-> output_handle: variant, tensor: element_dtype",
    element_dtype=ANY,
    source=SOURCE,
    shape=lambda element_shape: [(), _item_shape(element_shape)],
)
def tensor_list_pop_back(
    input_handle: Array, element_shape: Array, *, element_dtype: DType
) -> tuple[Array, Array]:
    """The list without its last element, and that.

    Raises: InvalidArgumentError if it has none.
    """
    found = list_of(input_handle, element_dtype)
    require(found.items, "Trying to pop from an empty list.")
    item = found.items[-1]
    if item is None:
        items, _ = _chosen(found, [None], element_shape, "pop")
        item = items[0]
    return variant(found.with_items(found.items.without_last())), item


@op(
    "TensorListLength(input_handle: variant) -> length: int32",
    source=SOURCE,
    shape=scalar,
)
def tensor_list_length(input_handle: Array) -> Array:
    """The number of elements."""
    return np.array(len(list_of(input_handle).items), np.int32)


@op(
    "TensorListElementShape(input_handle: variant) -> element_shape: shape_type",
    shape_type=INDEX,
    source=SOURCE,
    shape=unknown,
)
def tensor_list_element_shape(input_handle: Array, *, shape_type: DType) -> Array:
    """The shape of the elements, -1 for what is unknown."""
    shape = list_of(input_handle).shape
    if shape is None:
        return np.array(-1, shape_type.numpy)
    return np.array([-1 if n is None else n for n in shape], shape_type.numpy)


@op(
    "TensorListGather(input_handle: variant, indices: int32, element_shape: int32) "
    "-> values: element_dtype",
    element_dtype=ANY,
    source=SOURCE,
    shape=lambda element_shape, indices: (
        None
        if _item_shape(element_shape) is None or indices.shape is None
        else (indices.shape[0], *(_item_shape(element_shape) or ()))
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
    items, shape = _chosen(found, asked, element_shape, "gather")
    return np.stack(items) if items else np.empty((0, *shape), element_dtype.numpy)


def _scattered(
    items: list[Array | None], tensor: Array, indices: Array, shape: Shape
) -> list[Array | None]:
    require(indices.ndim == 1, f"indices must be a vector, not of shape {show(indices.shape)}")
    require(
        tensor.ndim >= 1 and len(tensor) == len(indices),
        f"Specified {len(indices)} indices but the tensor has shape {show(tensor.shape)}",
    )
    _fits(shape, tensor.shape[1:])
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
    shape = _asked(element_shape)
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
    length = _length(num_elements, "num_elements")
    return _scatter(tensor, indices, element_shape, length, element_dtype)


@op(
    "TensorListScatterIntoExistingList(input_handle: variant, tensor: element_dtype, "
    "indices: int32) -> output_handle: variant",
    element_dtype=ANY,
    source=SOURCE,
    shape=scalar,
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
        items.append(_zeros(found.dtype, (int(length or 0), *known)) if item is None else item)
    if not items:
        return _zeros(found.dtype, (0, *known)), np.empty(0, np.int64)
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
        if _item_shape(element_shape) is None
        else (None, *(_item_shape(element_shape) or (None,))[1:]),
        (None,),
    ],
)
def tensor_list_concat_v2(
    input_handle: Array, element_shape: Array, leading_dims: Array, *, element_dtype: DType
) -> tuple[Array, Array]:
    """The elements joined along their first axis, and their lengths."""
    found = list_of(input_handle, element_dtype)
    return _concat(found, _asked(element_shape), leading_dims.tolist())


@op(
    "TensorListSplit(tensor: element_dtype, element_shape: shape_type, lengths: int64) "
    "-> output_handle: variant",
    element_dtype=ANY,
    shape_type=INDEX,
    source=SOURCE,
    shape=scalar,
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
    shape = _asked(element_shape)
    require(
        compatible(shape, (None, *tensor.shape[1:])),
        f"pieces must have shape {show(shape)}, not {show((None, *tensor.shape[1:]))}",
    )
    ends = np.cumsum(lengths).tolist()
    pieces = (tensor[end - n : end] for end, n in zip(ends, lengths.tolist(), strict=True))
    return variant(TensorList(element_dtype, shape, ItemTree(pieces)))


@op(
    "TensorListConcatLists(input_a: variant, input_b: variant) -> output: variant",
    element_dtype=ANY,
    source=SOURCE,
    shape=lambda input_a, input_b: merge(input_a.shape, input_b.shape),
)
def tensor_list_concat_lists(input_a: Array, input_b: Array, *, element_dtype: DType) -> Array:
    """For each pair of lists, the elements of the first, then those of the second."""
    require(
        input_a.shape == input_b.shape,
        f"input_a and input_b must have one shape, not {show(input_a.shape)} and "
        f"{show(input_b.shape)}",
    )
    joined = np.empty(input_a.size, dtype=object)
    pairs = zip(input_a.reshape(-1), input_b.reshape(-1), strict=True)
    for place, pair in enumerate(pairs):
        a, b = (list_of(variant(item), element_dtype) for item in pair)
        require(
            compatible(a.shape, b.shape),
            f"elements must have one shape, not {show(a.shape)} and {show(b.shape)}",
        )
        joined[place] = a.with_items(ItemTree((*a.items, *b.items)))
    return joined.reshape(input_a.shape)


@op(
    "TensorListResize(input_handle: variant, size: int32) -> output_handle: variant",
    source=SOURCE,
    shape=scalar,
)
def tensor_list_resize(input_handle: Array, size: Array) -> Array:
    """The list with `size` elements: cut, or followed by elements that are not set.

    Raises: InvalidArgumentError for a negative size.
    """
    found = list_of(input_handle)
    length = _length(size, "size")
    require(length >= 0, f"TensorListSlice expects size to be non-negative. Got: {length}")
    return variant(found.with_items(found.items.resized(length)))


@op(
    "TensorListPushBackBatch(input_handles: variant, tensor: element_dtype) "
    "-> output_handles: variant",
    element_dtype=ANY,
    source=SOURCE,
    shape=lambda input_handles: input_handles.shape,
)
def tensor_list_push_back_batch(
    input_handles: Array, tensor: Array, *, element_dtype: DType
) -> Array:
    """Each list with one more element, the row of `tensor` that belongs to it."""
    require(
        tensor.ndim >= input_handles.ndim
        and tensor.shape[: input_handles.ndim] == input_handles.shape,
        f"tensor must begin with shape {show(input_handles.shape)}, not {show(tensor.shape)}",
    )
    rows = tensor.reshape(input_handles.size, *tensor.shape[input_handles.ndim :])
    result = np.empty(input_handles.size, dtype=object)
    for place, item in enumerate(input_handles.reshape(-1)):
        row = rows[place, ...]
        longer = tensor_list_push_back.kernel(variant(item), row, element_dtype=element_dtype)
        result[place] = longer.item()
    return result.reshape(input_handles.shape)


without_gradient(
    "TensorListConcatLists", "TensorListElementShape", "TensorListLength", "TensorListPushBackBatch"
)


def _shape_told(ops: Ops, handle: Term) -> Term:
    """What a list says of the shape of its elements."""
    return ops.TensorListElementShape(handle, shape_type="int32")


def _like(ops: Ops, handle: Term, dtype: DType) -> Term:
    """A list as long as another whose elements are not set."""
    length = ops.TensorListLength(handle)
    return ops.TensorListReserve(_shape_told(ops, handle), length, element_dtype=dtype)


def _of_elements(ops: Ops, tensor: Term) -> Any:
    """The shape of the elements that a tensor stacks."""
    return sizes_of(ops, tensor)[1:]


@tensor_list_push_back.gradient
def tensor_list_push_back_gradient(ops: Ops, grad: Term, tensor: Term) -> tuple[Term, Term]:
    found: tuple[Term, Term] = ops.TensorListPopBack(
        grad, sizes_of(ops, tensor), element_dtype=tensor.dtype
    )
    return found


@tensor_list_pop_back.gradient
def tensor_list_pop_back_gradient(ops: Ops, grads: list[Term]) -> tuple[Term, None]:
    return ops.TensorListPushBack(grads[0], grads[1]), None


@tensor_list_stack.gradient
def tensor_list_stack_gradient(ops: Ops, grad: Term) -> tuple[Term, None]:
    known = None if grad.shape is None else [-1 if n is None else n for n in grad.shape[1:]]
    shape = ops.constant(-1 if known is None else known, "int32")
    return ops.TensorListFromTensor(grad, shape), None


@tensor_list_from_tensor.gradient
def tensor_list_from_tensor_gradient(ops: Ops, grad: Term, tensor: Term) -> tuple[Term, None]:
    count = tensor.shape[0] if tensor.shape else None
    return ops.TensorListStack(
        grad,
        _of_elements(ops, tensor),
        element_dtype=tensor.dtype,
        num_elements=-1 if count is None else count,
    ), None


def _concat_gradient(ops: Ops, grad: Term, handle: Term, lengths: Term) -> Term:
    return ops.TensorListSplit(grad, _shape_told(ops, handle), lengths)


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
    shape = concat(ops, [[-1], _of_elements(ops, tensor)])
    joined, _ = ops.TensorListConcatV2(grad, shape, lengths, element_dtype=tensor.dtype)
    return joined, None, None


@tensor_list_get_item.gradient
def tensor_list_get_item_gradient(
    ops: Ops, grad: Term, input_handle: Term, index: Term
) -> tuple[Term, None, None]:
    empty = _like(ops, input_handle, grad.dtype)
    return ops.TensorListSetItem(empty, index, grad), None, None


@tensor_list_set_item.gradient
def tensor_list_set_item_gradient(
    ops: Ops,
    grad: Term,
    input_handle: Term,
    index: Term,
    item: Term,
    resize_if_index_out_of_bounds: bool,
) -> tuple[Term, None, Term]:
    rest = ops.TensorListSetItem(grad, index, ops.ZerosLike(item))
    if resize_if_index_out_of_bounds:
        rest = ops.TensorListResize(rest, ops.TensorListLength(input_handle))
    shape = sizes_of(ops, item)
    return rest, None, ops.TensorListGetItem(grad, index, shape, element_dtype=item.dtype)


@tensor_list_resize.gradient
def tensor_list_resize_gradient(ops: Ops, grad: Term, input_handle: Term) -> tuple[Term, None]:
    return ops.TensorListResize(grad, ops.TensorListLength(input_handle)), None


@tensor_list_gather.gradient
def tensor_list_gather_gradient(
    ops: Ops, grad: Term, input_handle: Term, indices: Term
) -> tuple[Term, None, None]:
    empty = _like(ops, input_handle, grad.dtype)
    return ops.TensorListScatterIntoExistingList(empty, grad, indices), None, None


def _gathered(ops: Ops, grad: Term, tensor: Term, indices: Term) -> Term:
    return ops.TensorListGather(
        grad, indices, _of_elements(ops, tensor), element_dtype=tensor.dtype
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


without_gradient("EmptyTensorList")
