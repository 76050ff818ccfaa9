"""TensorArrays: lists of tensors that loops write and read.

An array is one object that travels along the edges; the flow is a float that orders the operations on it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype, float_to_bfloat16, to_float
from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import ANY, REGISTRY, Array, op, without_gradient
from minihub_runtime.ops.shape_rules import nothing, scalar
from minihub_runtime.shapes import Shape, Spec, compatible, concrete, merge, show

__all__ = ["TensorArray"]

SOURCE = "core/kernels/tensor_array_ops.cc"

#: A graph may not ask for an array longer than this before anything is written.
MAX_LENGTH = 1 << 24


class TensorArray:
    """Tensors by index.

    Attributes:
        dtype: their type.
        element_shape: the shape each must have.
        dynamic: whether writing may make it longer.
        clear_after_read: whether a tensor can be read only once.
        gradients: arrays of gradients by the name of their source.
    """

    def __init__(
        self,
        dtype: DType,
        length: int,
        element_shape: Shape,
        dynamic: bool,
        clear_after_read: bool,
        identical_shapes: bool,
        accumulates: bool = False,
    ) -> None:
        self.dtype = dtype
        self.element_shape = element_shape
        self.dynamic = dynamic
        self.clear_after_read = clear_after_read
        self.identical_shapes = identical_shapes
        self.accumulates = accumulates
        self.gradients: dict[str, TensorArray] = {}
        self.lock = threading.RLock()
        self.closed = False
        self._items: list[Array | None] = [None] * length
        self._cleared = [False] * length
        self._shapes: list[tuple[int, ...] | None] = [None] * length

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<TensorArray of {len(self)} {self.dtype.name} {show(self.element_shape)}>"

    def write(self, index: int, value: Array) -> None:
        """Set a tensor, or add to it if this is an array of gradients.

        Raises:
            InvalidArgumentError: the index, type or shape does not fit, or it was written before.
        """
        self.check_open()
        if index < 0 or (index >= len(self) and not self.dynamic):
            raise InvalidArgumentError(
                f"Tried to write to index {index} but array is not resizeable and size is: {len(self)}"
            )
        if index >= MAX_LENGTH:
            raise InvalidArgumentError(f"index must be less than {MAX_LENGTH}, not {index}")
        while index >= len(self._items):
            self._items.append(None)
            self._cleared.append(False)
            self._shapes.append(None)
        if value.dtype != self.dtype.numpy:
            raise InvalidArgumentError(
                f"Could not write to TensorArray index {index} because the value dtype is "
                f"{as_dtype(value.dtype).name} but TensorArray dtype is {self.dtype.name}."
            )
        # Loops write many tensors of one shape, which is known after the first.
        if value.shape != self.element_shape:
            self._check_shape(index, value.shape)
            if self.identical_shapes:
                self.element_shape = merge(self.element_shape, value.shape)
        before, shape = self._items[index], self._shapes[index]
        if self._cleared[index]:
            raise InvalidArgumentError(
                f"Could not write to TensorArray index {index} because it has already been read."
            )
        if shape is not None:
            if not self.accumulates:
                raise InvalidArgumentError(
                    f"Could not write to TensorArray index {index} because it has already been "
                    "written to."
                )
            if shape != value.shape:
                raise InvalidArgumentError(
                    f"gradients of index {index} must have one shape, not {show(shape)} and "
                    f"{show(value.shape)}"
                )
            if before is not None:
                value = _sum(before, value)
        self._items[index], self._shapes[index] = value, value.shape

    def _check_shape(self, index: int, shape: tuple[int, ...]) -> None:
        if not compatible(self.element_shape, shape):
            raise InvalidArgumentError(
                f"Could not write to TensorArray index {index} because the value shape is "
                f"{show(shape)} which is incompatible with the TensorArray's inferred element "
                f"shape: {show(self.element_shape)} (consider setting infer_shape=False)."
            )

    def read(self, index: int) -> Array:
        """A tensor.

        Raises:
            InvalidArgumentError: it was not written, or read before and cleared.
        """
        self.check_open()
        if not 0 <= index < len(self):
            raise InvalidArgumentError(
                f"Tried to read from index {index} but array size is: {len(self)}"
            )
        if self._cleared[index]:
            raise InvalidArgumentError(
                f"Could not read index {index} twice because it was cleared after a previous read "
                "(perhaps try setting clear_after_read = false?)."
            )
        value = self._items[index]
        if value is None:
            shape = self._shapes[index]
            if shape is None:
                shape = concrete(self.element_shape)
            if shape is None:
                raise InvalidArgumentError(
                    f"Could not read from TensorArray index {index}. Furthermore, the element shape "
                    f"is not fully defined: {show(self.element_shape)}. It is possible you are "
                    "working with a resizeable TensorArray and stop_gradients is not allowing the "
                    "gradients to be written."
                )
            return self._zeros(shape)
        if self.clear_after_read:
            self._items[index] = None
            self._cleared[index] = True
        return value

    def present(self) -> list[Array]:
        """The tensors that are there, in order."""
        return [item for item in self._items if item is not None]

    def _zeros(self, shape: tuple[int, ...]) -> Array:
        if self.dtype.name == "string":
            raise InvalidArgumentError("strings must be written before they are read")
        return np.zeros(shape, self.dtype.numpy)

    def gradient(self, source: str, prepended: tuple[int, ...]) -> TensorArray:
        """The array of gradients of that name, made at first use: zeros of the shapes written here so far.

        Raises:
            InvalidArgumentError: this array is closed.
        """
        self.check_open()
        if source not in self.gradients:
            # An index written later would have no gradient.
            self.dynamic = False
            shape = None if self.element_shape is None else (*prepended, *self.element_shape)
            made = TensorArray(
                self.dtype, len(self), shape, False, False, self.identical_shapes, True
            )
            made._shapes = [None if s is None else (*prepended, *s) for s in self._shapes]
            self.gradients[source] = made
        return self.gradients[source]

    def check_open(self) -> None:
        """Raise InvalidArgumentError if the array is closed."""
        require(not self.closed, "TensorArray has already been closed.")

    def close(self) -> None:
        """Forget the tensors."""
        self.closed = True
        self._items, self._cleared, self._shapes = [], [], []


def _sum(a: Array, b: Array) -> Array:
    if a.dtype.names is None:
        return np.asarray(a + b)
    return float_to_bfloat16(to_float(a) + to_float(b))


def _array(value: Any) -> TensorArray:
    if not isinstance(value, TensorArray):
        raise InvalidArgumentError(f"handle must be a TensorArray, not {type(value).__name__}")
    return value


def _index(value: Array, name: str = "index") -> int:
    require_scalar(value, name)
    return int(value)


def _flow() -> Array:
    return np.zeros((), np.float32)


@op(
    "TensorArrayV3(size: int32) -> handle: resource, flow: float32",
    dtype=ANY,
    stateful=True,
    source=SOURCE,
    shape=lambda size: [(2,), ()],
    ranks={"size": 0},
)
def tensor_array_v3(
    size: Array,
    *,
    dtype: DType,
    element_shape: Shape = None,
    dynamic_size: bool = False,
    clear_after_read: bool = True,
    identical_element_shapes: bool = False,
    tensor_array_name: str = "",
) -> tuple[Any, Array]:
    """A new array.

    Raises: InvalidArgumentError if `size` is not a scalar, negative, or too large.
    """
    length = _index(size, "size")
    require(length >= 0, f"Size should be >= 0, not {length}")
    require(length <= MAX_LENGTH, f"size must be at most {MAX_LENGTH}, not {length}")
    array = TensorArray(
        dtype, length, element_shape, dynamic_size, clear_after_read, identical_element_shapes
    )
    return array, _flow()


def _gradient(handle: Any, source: str, prepended: tuple[int, ...]) -> tuple[Any, Array]:
    array = _array(handle)
    with array.lock:
        return array.gradient(source, prepended), _flow()


@op(
    "TensorArrayGradV3(handle: resource, flow_in: float32) "
    "-> grad_handle: resource, flow_out: float32",
    stateful=True,
    source=SOURCE,
    shape=lambda handle: [(2,), ()],
)
def tensor_array_grad_v3(handle: Any, flow_in: Array, *, source: str) -> tuple[Any, Array]:
    """The array of gradients of an array, made when it is first asked for; what is written to it adds up."""
    return _gradient(handle, source, ())


@op(
    "TensorArrayGradWithShape(handle: resource, flow_in: float32, shape_to_prepend: int32) "
    "-> grad_handle: resource, flow_out: float32",
    stateful=True,
    source=SOURCE,
    shape=lambda handle: [(2,), ()],
)
def tensor_array_grad_with_shape(
    handle: Any, flow_in: Array, shape_to_prepend: Array, *, source: str
) -> tuple[Any, Array]:
    """`TensorArrayGradV3` for gradients with more dimensions in front."""
    return _gradient(handle, source, tuple(int(n) for n in shape_to_prepend))


@op(
    "TensorArrayWriteV3(handle: resource, index: int32, value: T, flow_in: float32) "
    "-> flow_out: float32",
    T=ANY,
    stateful=True,
    source=SOURCE,
    shape=scalar,
    ranks={"index": 0, "flow_in": 0},
)
def tensor_array_write_v3(handle: Any, index: Array, value: Array, flow_in: Array) -> Array:
    """The flow, after writing a tensor."""
    array = _array(handle)
    with array.lock:
        array.write(_index(index), value)
    return _flow()


@op(
    "TensorArrayReadV3(handle: resource, index: int32, flow_in: float32) -> value: dtype",
    dtype=ANY,
    stateful=True,
    source=SOURCE,
    shape=lambda handle: handle.shape_behind,
    ranks={"index": 0, "flow_in": 0},
)
def tensor_array_read_v3(handle: Any, index: Array, flow_in: Array, *, dtype: DType) -> Array:
    """A tensor of the array."""
    array = _array(handle)
    _check_type(array, dtype)
    with array.lock:
        return array.read(_index(index))


def _gathered_shape(element: Shape, indices: Spec) -> Shape:
    return None if element is None or indices.shape is None else (indices.shape[0], *element)


def _check_type(array: TensorArray, dtype: DType) -> None:
    if array.dtype is not dtype:
        raise InvalidArgumentError(
            f"TensorArray dtype is {array.dtype.name} but Op requested dtype {dtype.name}."
        )


@op(
    "TensorArrayGatherV3(handle: resource, indices: int32, flow_in: float32) -> value: dtype",
    dtype=ANY,
    stateful=True,
    source=SOURCE,
    shape=lambda handle, indices, element_shape: _gathered_shape(
        element_shape if handle.shape_behind is None else handle.shape_behind, indices
    ),
    ranks={"indices": 1, "flow_in": 0},
)
def tensor_array_gather_v3(
    handle: Any, indices: Array, flow_in: Array, *, dtype: DType, element_shape: Shape = None
) -> Array:
    """Tensors of the array, stacked along a new first axis.

    Raises: UnimplementedError if there are none and their shape is unknown; InvalidArgumentError if shapes differ.
    """
    array = _array(handle)
    _check_type(array, dtype)
    require(indices.ndim == 1, f"indices must be a vector, not of shape {show(indices.shape)}")
    with array.lock:
        shape = merge(array.element_shape, element_shape)
        if not indices.size:
            # What the array knows of the shape does not count.
            known = concrete(element_shape)
            if known is None:
                raise UnimplementedError(
                    "TensorArray has size zero, but element shape "
                    f"{show(element_shape)} is not fully defined. Currently only static shapes are "
                    "supported when packing zero-size TensorArrays."
                )
            return np.empty((0, *known), dtype.numpy)
        values = [array.read(i) for i in indices.tolist()]
    first = values[0].shape
    for place, value in enumerate(values):
        if value.shape != first:
            raise InvalidArgumentError(
                "TensorArray has inconsistent shapes. Index 0 has shape: "
                f"{show(first)} but index {place} has shape: {show(value.shape)}"
            )
    require(
        compatible(shape, first),
        f"elements must have shape {show(shape)}, not {show(first)}",
    )
    return np.stack(values)


@op(
    "TensorArrayScatterV3(handle: resource, indices: int32, value: T, flow_in: float32) "
    "-> flow_out: float32",
    T=ANY,
    stateful=True,
    source=SOURCE,
    shape=scalar,
    ranks={"indices": 1, "flow_in": 0},
)
def tensor_array_scatter_v3(handle: Any, indices: Array, value: Array, flow_in: Array) -> Array:
    """The flow, after writing the rows of `value` at `indices`."""
    array = _array(handle)
    require(indices.ndim == 1, f"indices must be a vector, not of shape {show(indices.shape)}")
    require(value.ndim >= 1, "value must have rank >= 1, not 0")
    require(
        len(indices) == len(value),
        f"indices and value must have the same length, not {len(indices)} and {len(value)}",
    )
    with array.lock:
        for place, index in enumerate(indices.tolist()):
            array.write(index, _row(value, place))
    return _flow()


def _row(value: Array, place: int) -> Array:
    """One row as an array; a scalar too."""
    return value[place, ...]


def _joined_shape(element_shape_except0: Shape) -> list[Shape]:
    if element_shape_except0 is None:
        return [None, (None,)]
    return [(None, *element_shape_except0), (None,)]


@op(
    "TensorArrayConcatV3(handle: resource, flow_in: float32) -> value: dtype, lengths: int64",
    dtype=ANY,
    stateful=True,
    source=SOURCE,
    shape=_joined_shape,
    ranks={"flow_in": 0},
)
def tensor_array_concat_v3(
    handle: Any, flow_in: Array, *, dtype: DType, element_shape_except0: Shape = None
) -> tuple[Array, Array]:
    """All tensors joined along their first axis, and their lengths.

    Raises: InvalidArgumentError for scalars, or where the other axes differ; UnimplementedError if there are none and
    their shape is unknown.
    """
    array = _array(handle)
    _check_type(array, dtype)
    with array.lock:
        if not len(array):
            known = concrete(element_shape_except0)
            if known is None:
                raise UnimplementedError(
                    "TensorArray has size zero, but element_shape_except0 "
                    f"{show(element_shape_except0)} is not fully defined."
                )
            return np.empty((0, *known), dtype.numpy), np.empty(0, np.int64)
        values = [array.read(i) for i in range(len(array))]
    rest = values[0].shape[1:]
    for place, value in enumerate(values):
        require(value.ndim >= 1, f"tensor {place} must have rank >= 1 to be joined, not 0")
        if value.shape[1:] != rest:
            raise InvalidArgumentError(
                "TensorArray has inconsistent shapes. Index 0 has (excepting dimension 0) shape: "
                f"{show(rest)} but index {place} has (excepting dimension 0) shape: "
                f"{show(value.shape[1:])}"
            )
    return np.concatenate(values), np.array([len(value) for value in values], np.int64)


@op(
    "TensorArraySplitV3(handle: resource, value: T, lengths: int64, flow_in: float32) "
    "-> flow_out: float32",
    T=ANY,
    stateful=True,
    source=SOURCE,
    shape=scalar,
    ranks={"lengths": 1, "flow_in": 0},
)
def tensor_array_split_v3(handle: Any, value: Array, lengths: Array, flow_in: Array) -> Array:
    """The flow, after writing consecutive pieces of `value`, of these lengths."""
    array = _array(handle)
    require(lengths.ndim == 1, f"lengths must be a vector, not of shape {show(lengths.shape)}")
    require(value.ndim >= 1, "value must have rank >= 1, not 0")
    require(np.all(lengths >= 0), "lengths must not be negative")
    total = sum(lengths.tolist())
    require(
        total == len(value),
        f"lengths must add up to the {len(value)} rows of value, not {total}",
    )
    require(
        array.dynamic or len(lengths) == len(array),
        f"TensorArray's size is not equal to the size of lengths ({len(array)} vs. {len(lengths)}), "
        "and the TensorArray is not marked as dynamically resizeable",
    )
    with array.lock:
        start = 0
        for index, length in enumerate(lengths.tolist()):
            array.write(index, value[start : start + length])
            start += length
    return _flow()


@op(
    "TensorArraySizeV3(handle: resource, flow_in: float32) -> size: int32",
    stateful=True,
    source=SOURCE,
    shape=scalar,
)
def tensor_array_size_v3(handle: Any, flow_in: Array) -> Array:
    """The length of the array."""
    array = _array(handle)
    array.check_open()
    return np.array(len(array), np.int32)


@op("TensorArrayCloseV3(handle: resource)", stateful=True, source=SOURCE, shape=nothing)
def tensor_array_close_v3(handle: Any) -> tuple[()]:
    """Nothing, after forgetting the tensors."""
    _array(handle).close()
    return ()


without_gradient(
    "TensorArrayCloseV3",
    "TensorArrayGradV3",
    "TensorArrayGradWithShape",
    "TensorArraySizeV3",
    "TensorArrayV3",
)


def _gradient_array(ops: Ops, handle: Term, flow: Term) -> tuple[Term, Term]:
    """The array of the gradients of an array, and a flow that comes after its making.

    One call of `gradients` has one such array, so that what several reads contribute is summed.
    """
    array, _ = ops.TensorArrayGradV3(handle, flow, source=ops.source)
    return array, ops.after(flow, array)


def _read_gradient(
    ops: Ops, grad: Term, handle: Term, index: Term, flow_in: Term
) -> tuple[None, None, Term]:
    array, flow = _gradient_array(ops, handle, flow_in)
    return None, None, ops.TensorArrayWriteV3(array, index, grad, flow)


def _write_gradient(
    ops: Ops, grad: Term, handle: Term, index: Term, value: Term, flow_out: Term
) -> tuple[None, None, Term, Term]:
    # The gradient of a flow is a flow; it waits for the writing to be done.
    flow = ops.after(grad, flow_out)
    array, ready = _gradient_array(ops, handle, flow)
    return None, None, ops.TensorArrayReadV3(array, index, ready, dtype=value.dtype), flow


def _gather_gradient(
    ops: Ops, grad: Term, handle: Term, indices: Term, flow_in: Term
) -> tuple[None, None, Term]:
    array, flow = _gradient_array(ops, handle, flow_in)
    return None, None, ops.TensorArrayScatterV3(array, indices, grad, flow)


def _scatter_gradient(
    ops: Ops, grad: Term, handle: Term, indices: Term, value: Term, flow_out: Term
) -> tuple[None, None, Term, Term]:
    flow = ops.after(grad, flow_out)
    array, ready = _gradient_array(ops, handle, flow)
    return None, None, ops.TensorArrayGatherV3(array, indices, ready, dtype=value.dtype), flow


def _concat_gradient(
    ops: Ops, grad: Term, handle: Term, flow_in: Term, lengths: Term
) -> tuple[None, Term]:
    array, flow = _gradient_array(ops, handle, flow_in)
    return None, ops.TensorArraySplitV3(array, grad, lengths, flow)


def _split_gradient(
    ops: Ops, grad: Term, handle: Term, value: Term, flow_out: Term
) -> tuple[None, Term, None, Term]:
    flow = ops.after(grad, flow_out)
    array, ready = _gradient_array(ops, handle, flow)
    joined, _ = ops.TensorArrayConcatV3(array, ready, dtype=value.dtype)
    return None, joined, None, flow


_RULES: dict[str, Callable[..., Any]] = {
    "Concat": _concat_gradient,
    "Gather": _gather_gradient,
    "Read": _read_gradient,
    "Scatter": _scatter_gradient,
    "Split": _split_gradient,
    "Write": _write_gradient,
}
for _name, _rule in _RULES.items():
    REGISTRY[f"TensorArray{_name}V3"].gradient(_rule)
