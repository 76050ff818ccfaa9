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
from minihub_runtime.ops.gradient_rules import Ops, Term, sizes_of
from minihub_runtime.ops.item_tree import ItemTree
from minihub_runtime.ops.registry import ANY, INDEX, Array, op, without_gradient
from minihub_runtime.ops.shape_rules import scalar, unknown
from minihub_runtime.shapes import Shape, Spec, compatible, concrete, merge, show

__all__ = [
    "MAX_LENGTH",
    "SOURCE",
    "TensorList",
    "asked",
    "check_fits",
    "chosen_items",
    "item_shape",
    "length_of",
    "list_like",
    "list_of",
    "plain_zeros",
    "shape_of_elements",
    "shape_told",
    "variant",
]

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
        return plain_zeros(dtype, item.shape)
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


def asked(shape: Array) -> Shape:
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


def length_of(value: Array, name: str) -> int:
    """A length that an input gives.

    Raises:
        InvalidArgumentError: it is no scalar, or longer than lists may be.
    """
    require_scalar(value, name)
    length = int(value)
    if length > MAX_LENGTH:
        raise InvalidArgumentError(f"{name} must be at most {MAX_LENGTH}, not {length}")
    return length


def check_fits(known: Shape, shape: Shape) -> None:
    """Raise InvalidArgumentError unless an element of this shape may be in a list of that."""
    if not compatible(known, shape):
        raise InvalidArgumentError(
            f"Tried to set a tensor with incompatible shape at a list index. Item element shape: "
            f"{show(shape)} list shape: {show(known)}"
        )


def plain_zeros(dtype: DType, shape: tuple[int, ...]) -> Array:
    """What stands for an element of this shape that is not there."""
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
    limit = length_of(max_num_elements, "max_num_elements")
    return variant(TensorList(element_dtype, asked(element_shape), limit=limit))


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
    count = length_of(num_elements, "num_elements")
    require(
        count >= 0, f"The num_elements to reserve must be a non negative number, but got {count}"
    )
    return variant(TensorList(element_dtype, asked(element_shape), ItemTree.unset(count)))


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
    shape = asked(element_shape)
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
        shape = merge(found.shape, asked(element_shape))
        for item in items:
            if item is not None:
                shape = merge(shape, item.shape)
    except InvalidArgumentError as error:
        raise InvalidArgumentError(
            f"Tried to stack elements with different shapes: {error.message}"
        ) from None
    return shape


def chosen_items(
    found: TensorList, items: Sequence[Array | None], element_shape: Array, what: str
) -> tuple[list[Array], tuple[int, ...]]:
    """Elements, zeros for those not set, and their shape."""
    known = _element_shape(found, element_shape, items)
    shape = concrete(known)
    if shape is None:
        raise InvalidArgumentError(
            f"Tried to {what} elements of a list with non-fully-defined shape: {show(known)}"
        )
    return [plain_zeros(found.dtype, shape) if item is None else item for item in items], shape


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
    items, shape = chosen_items(found, found.items, element_shape, "stack")
    return np.stack(items) if items else np.empty((0, *shape), element_dtype.numpy)


def item_shape(element_shape: Spec) -> Shape:
    """The static shape of an element."""
    return element_shape.as_shape


@op(
    "TensorListGetItem(input_handle: variant, index: int32, element_shape: int32) "
    "-> item: element_dtype",
    element_dtype=ANY,
    source=SOURCE,
    shape=item_shape,
)
def tensor_list_get_item(
    input_handle: Array, index: Array, element_shape: Array, *, element_dtype: DType
) -> Array:
    """One element; zeros if it is not set.

    Raises: InvalidArgumentError for an index outside the list, or an element not set of unknown shape.
    """
    found = list_of(input_handle, element_dtype)
    place = length_of(index, "index")
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
    return plain_zeros(found.dtype, shape)


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
    place = length_of(index, "index")
    items = found.items
    if resize_if_index_out_of_bounds and place >= len(items):
        items = items.resized(place + 1)
    if not 0 <= place < len(items):
        raise InvalidArgumentError(
            f"Trying to modify element {place} in a list with {len(items)} elements."
        )
    check_fits(found.shape, item.shape)
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
    check_fits(found.shape, tensor.shape)
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
    shape=lambda element_shape: [(), item_shape(element_shape)],
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
        items, _ = chosen_items(found, [None], element_shape, "pop")
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
    ranks={"size": 0},
)
def tensor_list_resize(input_handle: Array, size: Array) -> Array:
    """The list with `size` elements: cut, or followed by elements that are not set.

    Raises: InvalidArgumentError for a negative size.
    """
    found = list_of(input_handle)
    length = length_of(size, "size")
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


def shape_told(ops: Ops, handle: Term) -> Term:
    """What a list says of the shape of its elements."""
    return ops.TensorListElementShape(handle, shape_type="int32")


def list_like(ops: Ops, handle: Term, dtype: DType) -> Term:
    """A list as long as another whose elements are not set."""
    length = ops.TensorListLength(handle)
    return ops.TensorListReserve(shape_told(ops, handle), length, element_dtype=dtype)


def shape_of_elements(ops: Ops, tensor: Term) -> Any:
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
        shape_of_elements(ops, tensor),
        element_dtype=tensor.dtype,
        num_elements=-1 if count is None else count,
    ), None


@tensor_list_get_item.gradient
def tensor_list_get_item_gradient(
    ops: Ops, grad: Term, input_handle: Term, index: Term
) -> tuple[Term, None, None]:
    empty = list_like(ops, input_handle, grad.dtype)
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


without_gradient("EmptyTensorList")
