"""TensorArray: an array of tensors that loops read and write, one element at a time.

Its state is a list of tensors that is a value like any other (ops TensorList…): each write makes another TensorArray, and what
holds the old one sees the old elements.

Source: tensorflow/python/ops/tensor_array_ops.py (the class of TensorFlow 2's control flow), list_ops.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.graph import Operation, Tensor, name_scope
from minihub_runtime.api.tensor_shape import TensorShape, as_shape
from minihub_runtime.api.type_spec import TensorSpec, TypeSpec, type_spec_from_value
from minihub_runtime.dtypes import DType, as_dtype, float32, int32, int64, variant
from minihub_runtime.public import public

__all__ = ["TensorArray", "TensorArraySpec"]


def _as_input(shape: Any) -> Any:
    """An element shape as the ops of lists take it: -1 for an unknown size or rank."""
    if isinstance(shape, Tensor):
        return shape
    known = as_shape(shape).as_tuple()
    if known is None:
        return -1
    return [-1 if n is None else n for n in known] or convert_to_tensor([], int32)


@public("TensorArray")
class TensorArray:
    """An array of tensors of one type.

    Elements that were never written read as zeros, where their shape is known.

    Attributes:
        dtype: the type of the elements.
        flow: the list of the elements, a scalar of type variant.
        handle: None; there is no resource.
        dynamic_size: whether writing behind the end makes the array longer.
    """

    handle = None

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        """An array of `size` elements, or one around the flow of another.

        Args:
            dtype: the type of the elements.
            size: a scalar, the number of elements; needed unless `flow` is given.
            dynamic_size: whether writing behind the end makes the array longer.
            clear_after_read: accepted; elements can be read many times.
            tensor_array_name: accepted; there is no resource to be named.
            handle: not supported.
            flow: the `flow` of another TensorArray.
            infer_shape: whether all elements must have one shape.
            element_shape: what is known of that shape.
            colocate_with_first_write_call: accepted; there is one device.
            name: name of the operation.

        Raises:
            NotImplementedError: `handle` is given.
            TypeError: `flow` is no scalar of type variant.
            ValueError: neither `size` nor `flow` is given, or `flow` beside `size` or `element_shape`.
        """
        del clear_after_read, tensor_array_name, colocate_with_first_write_call
        if handle is not None:
            raise NotImplementedError(
                "a TensorArray of a handle is not supported; arrays are values, told by their flow"
            )
        if flow is not None and not (isinstance(flow, Tensor) and flow.dtype is variant):
            raise TypeError(
                f"Expected `flow` to be a variant tensor, but received `{getattr(flow, 'dtype', flow)}` "
                "instead."
            )
        if flow is None and size is None:
            raise ValueError("Argument `size` must be provided if argument `flow` is not provided.")
        for other, value in (("size", size), ("element_shape", element_shape)):
            if flow is not None and value is not None:
                raise ValueError(
                    f"Cannot provide both `flow` and `{other}` arguments at the same time."
                )
        self.dtype: DType = as_dtype(dtype).base_dtype
        self.dynamic_size = dynamic_size
        self._size = size
        self._infer_shape = infer_shape
        # The arrays that writes make of one share what is known of the shape of its elements.
        self._known = [as_shape(element_shape)]
        with name_scope(name, "TensorArrayV2", [size, flow]) as scope:
            if flow is None:
                flow = build(
                    "TensorListReserve",
                    name=scope,
                    element_shape=_as_input(element_shape),
                    num_elements=size,
                    element_dtype=self.dtype,
                )
        self.flow: Tensor = flow

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of an element."""
        return self._known[0]

    @property
    def _type_spec(self) -> TensorArraySpec:
        return TensorArraySpec(self.element_shape, self.dtype, self.dynamic_size, self._infer_shape)

    def build_with_flow(self, flow: Tensor) -> TensorArray:
        """This array with other elements."""
        made = TensorArray(self.dtype, flow=flow, infer_shape=self._infer_shape)
        made.dynamic_size, made._size, made._known = self.dynamic_size, self._size, self._known
        return made

    def _learn(self, shape: TensorShape) -> None:
        """Note the shape of an element.

        Raises:
            ValueError: it contradicts what is known.
        """
        if not shape.is_compatible_with(self.element_shape):
            raise ValueError(f"Inconsistent shapes: saw {shape} but expected {self.element_shape} ")
        if self._infer_shape:
            self._known[0] = self.element_shape.merge_with(shape)

    def _converted(self, value: Any) -> Tensor:
        return convert_to_tensor(value, preferred_dtype=self.dtype, name="value")

    @property
    def _fixed_size(self) -> bool:
        return not self.dynamic_size and self._size is not None

    def identity(self) -> TensorArray:
        """The same array; what uses it waits for what this operation waits for."""
        return self.build_with_flow(build("Identity", input=self.flow))

    def grad(self, source: str, flow: Any = None, name: str | None = None) -> TensorArray:
        """Not supported: gradients flow through the list of elements."""
        raise NotImplementedError("TensorArray.grad is not supported")

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """The element at `index`."""
        with name_scope(name, "TensorArrayV2Read", [self.flow, index]):
            element: Tensor = build(
                "TensorListGetItem",
                name=name,
                input_handle=self.flow,
                index=index,
                element_shape=_as_input(self.element_shape),
                element_dtype=self.dtype,
            )
        return element

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with `value` at `index`.

        Raises:
            ValueError: the shape is not that of the elements.
        """
        with name_scope(name, "TensorArrayV2Write", [self.flow, index, value]):
            tensor = self._converted(value)
            self._learn(tensor.shape)
            flow = build(
                "TensorListSetItem",
                name=name,
                input_handle=self.flow,
                index=index,
                item=tensor,
                resize_if_index_out_of_bounds=bool(self.dynamic_size),
            )
            return self.build_with_flow(flow)

    def stack(self, name: str | None = None) -> Tensor:
        """All elements as one tensor: [n, ...]."""
        with name_scope(name, "TensorArrayV2Stack", [self.flow]):
            count = constant_value(self._size) if self._fixed_size else None
            stacked: Tensor = build(
                "TensorListStack",
                input_handle=self.flow,
                element_shape=_as_input(self.element_shape),
                element_dtype=self.dtype,
                num_elements=-1 if count is None else int(count),
            )
        return stacked

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """The elements at `indices`, a vector, as one tensor."""
        gathered: Tensor = build(
            "TensorListGather",
            name=name,
            input_handle=self.flow,
            indices=indices,
            element_shape=_as_input(self.element_shape),
            element_dtype=self.dtype,
        )
        return gathered

    def concat(self, name: str | None = None) -> Tensor:
        """All elements, one after the other along their first dimension."""
        known = self.element_shape.as_tuple()
        joined: Tensor = build(
            "TensorListConcatV2",
            name=name,
            input_handle=self.flow,
            element_shape=_as_input(None if known is None else [None, *known[1:]]),
            leading_dims=convert_to_tensor([], int64),
            element_dtype=self.dtype,
        )[0]
        return joined

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The array whose elements are `value[0]`, `value[1]`, ….

        Raises:
            ValueError: the shape of these is not that of the elements.
        """
        with name_scope(name, "TensorArrayUnstack", [self.flow, value]):
            tensor = self._converted(value)
            self._learn(tensor.shape[1:])
            flow = build(
                "TensorListFromTensor", tensor=tensor, element_shape=_as_input(tensor.shape[1:])
            )
            return self.build_with_flow(flow)

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with `value[i]` at `indices[i]`.

        Raises:
            ValueError: the shape of these is not that of the elements.
        """
        with name_scope(name, "TensorArrayScatter", [self.flow, value, indices]):
            tensor = self._converted(value)
            self._learn(tensor.shape[1:])
            flow = build(
                "TensorListScatterIntoExistingList",
                input_handle=self.flow,
                tensor=tensor,
                indices=indices,
            )
            return self.build_with_flow(flow)

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The array whose elements are parts of `value` of these lengths along its first dimension.

        Raises:
            ValueError: the shape of the parts is not that of the elements.
        """
        with name_scope(name, "TensorArraySplit", [self.flow, value, lengths]):
            tensor = self._converted(value)
            counts = cast(lengths, int64)
            known = constant_value(counts)
            even = known is not None and known.ndim == 1 and len(set(known.tolist())) == 1
            if tensor.shape.ndims and even:
                self._learn(TensorShape([int(known[0])]).concatenate(tensor.shape[1:]))
            flow = build(
                "TensorListSplit",
                name=name,
                tensor=tensor,
                element_shape=_as_input(self.element_shape),
                lengths=counts,
            )
            return self.build_with_flow(flow)

    def size(self, name: str | None = None) -> Tensor:
        """The number of elements."""
        if self._fixed_size:
            return convert_to_tensor(self._size, int32)
        length: Tensor = build("TensorListLength", name=name, input_handle=self.flow)
        return length

    def close(self, name: str | None = None) -> Operation:
        """An operation that does nothing: there is no resource to be freed."""
        operation: Operation = build("NoOp", name=name)
        return operation


@public("TensorArraySpec")
class TensorArraySpec(TypeSpec):
    """What is known of a TensorArray.

    Attributes:
        element_shape: static shape of an element.
        dtype: type of the elements.
        dynamic_size: whether writing behind the end makes the array longer.
        infer_shape: whether all elements must have one shape.
    """

    def __init__(
        self,
        element_shape: Any = None,
        dtype: Any = float32,
        dynamic_size: bool | None = False,
        infer_shape: bool = True,
    ) -> None:
        self.element_shape = as_shape(element_shape)
        self.dtype: DType = as_dtype(dtype)
        self.dynamic_size = dynamic_size
        self.infer_shape = infer_shape

    @property
    def value_type(self) -> type[TensorArray]:
        """`TensorArray`."""
        return TensorArray

    @staticmethod
    def from_value(value: TensorArray) -> TensorArraySpec:
        """The spec of a TensorArray.

        Raises:
            TypeError: it is none.
        """
        if not isinstance(value, TensorArray):
            raise TypeError(f"Expected value to be a TensorArray, but got: `{type(value)}`")
        return value._type_spec

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether one array could be described by both; `infer_shape` does not count."""
        other = spec_or_value
        if not isinstance(other, TypeSpec):
            other = type_spec_from_value(other)
        return (
            isinstance(other, TensorArraySpec)
            and self.dtype.is_compatible_with(other.dtype)
            and self.element_shape.is_compatible_with(other.element_shape)
            and self.dynamic_size == other.dynamic_size
        )

    def is_subtype_of(self, other: Any) -> bool:
        """Whether the other describes every array that this one does; shapes do not count."""
        return (
            isinstance(other, TensorArraySpec)
            and self.dtype == other.dtype
            and self.dynamic_size == other.dynamic_size
        )

    def most_specific_common_supertype(self, others: Iterable[TypeSpec]) -> TypeSpec | None:
        """The narrowest spec of all arrays that this one or one of `others` describes; None if there is none."""
        specs = list(others)
        alike = [
            spec
            for spec in specs
            if isinstance(spec, TensorArraySpec)
            and spec.dtype is self.dtype
            and spec.dynamic_size == self.dynamic_size
        ]
        if len(alike) != len(specs):
            return None
        inferring = self.infer_shape and all(spec.infer_shape for spec in alike)
        without = TensorSpec(self.element_shape, self.dtype)
        found = without.most_specific_common_supertype(
            [TensorSpec(spec.element_shape, spec.dtype) for spec in alike]
        )
        assert isinstance(found, TensorSpec)
        return TensorArraySpec(found.shape, self.dtype, self.dynamic_size, inferring)

    def _serialize(self) -> tuple[Any, ...]:
        return (self.element_shape, self.dtype, self.dynamic_size, self.infer_shape)

    @property
    def _component_specs(self) -> list[TensorSpec]:
        return [TensorSpec([], variant)]

    def _to_components(self, value: Any) -> Any:
        return [value.flow]

    def _from_components(self, components: Any) -> Any:
        made = TensorArray(
            self.dtype,
            flow=components[0],
            dynamic_size=self.dynamic_size,
            infer_shape=self.infer_shape,
        )
        made._known = [self.element_shape]
        return made
