"""Datasets of what Python functions yield.

TensorFlow registers the function in the process and calls it from operations that no other process can run.  Here the graph
keeps the function, under a name that one private operation tells: a graph that was read from a file has none.

Source: tensorflow/python/data/ops/from_generator_op.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.structure import flat_shapes, flat_types
from minihub_runtime.api.graph import Tensor, get_default_graph
from minihub_runtime.api.tensor_shape import TensorShape, as_shape
from minihub_runtime.api.type_spec import (
    RaggedTensorSpec,
    SparseTensorSpec,
    TensorSpec,
    TypeSpec,
)
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import InvalidArgumentError, UnknownError
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue, as_array

__all__ = ["generator_dataset"]


def generator_dataset(
    generator: Any, output_types: Any, output_shapes: Any, args: Any, output_signature: Any
) -> tuple[Tensor, Any]:
    """The variant of the dataset, and what is known of its elements; see `Dataset.from_generator`."""
    if not callable(generator):
        raise TypeError("`generator` must be a Python callable.")
    spec = _signature(output_types, output_shapes, output_signature)
    tensors = [
        convert_to_tensor(item, name="generator_args_component_0")
        if place == 0
        else convert_to_tensor(item)
        for place, item in enumerate(args or ())
    ]
    graph = get_default_graph()
    token = graph.node_graph.keep_python(_Yielding(generator, spec))
    variant = build(
        "_PythonDataset",
        args=tensors,
        token=token,
        output_types=flat_types(spec),
        output_shapes=flat_shapes(spec),
        name="PythonDataset",
    )
    return variant, spec


def _signature(types: Any, shapes: Any, signature: Any) -> Any:
    """A structure of TypeSpecs."""
    if signature is not None:
        if types is not None:
            raise TypeError(
                "The `output_types` argument can not be used together with the `output_signature` argument."
            )
        if shapes is not None:
            raise TypeError(
                "The `output_shapes` argument can not be used together with the `output_signature` argument."
            )
        for spec in nest.flatten(signature):
            if not isinstance(spec, TypeSpec):
                raise TypeError(
                    "`output_signature` must contain objects that are subclass of `tf.TypeSpec` but found "
                    f"{type(spec)} which is not."
                )
        return signature
    if types is None:
        raise TypeError(
            "To infer the output signature from `output_types`, `output_types` must be specified."
        )
    flat = [as_dtype(item) for item in nest.flatten(types)]
    told = (
        [TensorShape(None)] * len(flat)
        if shapes is None
        else [as_shape(item) for item in nest.flatten_up_to(types, shapes)]
    )
    return nest.pack_sequence_as(
        types, [TensorSpec(shape, kind) for shape, kind in zip(told, flat, strict=True)]
    )


class _Yielding:
    """A Python function, and how what it yields becomes arrays."""

    def __init__(self, generator: Callable[..., Any], spec: Any) -> None:
        self._generator = generator
        self._spec = spec

    def __call__(self, *arguments: Any) -> Iterator[tuple[Any, ...]]:
        """What the function yields for these arrays.

        Raises:
            InvalidArgumentError: it yields something else than was said, or raises ValueError or TypeError.
            UnknownError: it raises another exception.
        """
        return _Elements(self, arguments)

    def begin(self, arguments: tuple[Any, ...]) -> Iterator[Any]:
        """An iterator over what the function returns."""
        values = self._generator(*arguments)
        try:
            return iter(values)
        except TypeError:
            raise TypeError("`generator` must return an object that supports iteration.") from None

    def arrays(self, value: Any) -> tuple[Any, ...]:
        """One element as arrays."""
        specs = nest.flatten(self._spec)
        try:
            leaves = nest.flatten_up_to(self._spec, value)
        except (TypeError, ValueError):
            raise TypeError(
                "`generator` yielded an element that did not match the expected structure. The expected "
                f"structure was {_types(self._spec)}, but the yielded element was {value}."
            ) from None
        return tuple(_array(spec, leaf) for spec, leaf in zip(specs, leaves, strict=True))


class _Elements(Iterator[tuple[Any, ...]]):
    """The function is called when the first element is asked for."""

    def __init__(self, owner: _Yielding, arguments: tuple[Any, ...]) -> None:
        self._owner = owner
        self._arguments = arguments
        self._values: Iterator[Any] | None = None

    def __next__(self) -> tuple[Any, ...]:
        try:
            if self._values is None:
                self._values = self._owner.begin(self._arguments)
            return self._owner.arrays(next(self._values))
        except StopIteration:
            raise
        except (TypeError, ValueError) as error:
            raise InvalidArgumentError(f"{type(error).__name__}: {error}") from error
        except Exception as error:
            # A program's function may raise anything, also what would end a dataset; TensorFlow's name for that is Unknown.
            raise UnknownError(f"{type(error).__name__}: {error}") from error


def _types(spec: Any) -> Any:
    return nest.map_structure(lambda item: getattr(item, "dtype", item), spec)


def _array(spec: TypeSpec, value: Any) -> Any:
    """A component as the array it travels as."""
    if isinstance(spec, SparseTensorSpec) and isinstance(value, SparseTensorValue):
        parts = SparseTensorValue(
            as_array(value.indices), as_array(value.values, spec.dtype), as_array(value.dense_shape)
        )
        return REGISTRY["SerializeSparse"](*parts, out_type="variant")
    if isinstance(spec, RaggedTensorSpec) and isinstance(value, RaggedTensorValue):
        return REGISTRY["RaggedTensorToVariant"](
            value.nested_row_splits, as_array(value.flat_values, spec.dtype), batched_input=False
        )
    if not isinstance(spec, TensorSpec):
        raise TypeError(f"`generator` must yield a value of {spec}, not {type(value).__name__}")
    try:
        array = as_array(value, spec.dtype)
    except InvalidArgumentError:
        raise TypeError(
            "`generator` yielded an element that could not be converted to the expected type. The expected "
            f"type was {spec.dtype.name}, but the yielded element was {value}."
        ) from None
    if not spec.shape.is_compatible_with(array.shape):
        raise ValueError(
            f"`generator` yielded an element of shape {array.shape} where an element of shape "
            f"{spec.shape} was expected."
        )
    # What the program yields it may go on changing.
    return array.copy() if array is value or array.base is not None else array
