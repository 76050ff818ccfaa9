"""What is known of the elements of a dataset, and how they travel: a tensor as itself, a sparse or ragged one as a variant.

Source: tensorflow/python/data/util/structure.py, tensorflow/python/data/ops/dataset_ops.py (DatasetSpec).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.batchable import (
    batched,
    boxed,
    boxed_rows,
    boxed_spec,
    unbatched,
    unboxed,
)
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.held import DatasetSpec, HeldSpec, spec_of_held
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.ragged.tensor import convert_to_tensor_or_ragged_tensor
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.type_spec import (
    CompositeTensor,
    RaggedTensorSpec,
    SparseTensorSpec,
    TensorSpec,
    TypeSpec,
    type_spec_from_value,
)
from minihub_runtime.dtypes import DType
from minihub_runtime.public import public
from minihub_runtime.shapes import Shape
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue

__all__ = [
    "batch_spec",
    "flat_shapes",
    "flat_specs",
    "flat_types",
    "from_tensors",
    "legacy_classes",
    "legacy_shapes",
    "legacy_types",
    "normalized",
    "rows_of",
    "spec_of",
    "specs_from_legacy",
    "to_tensors",
    "unbatch_spec",
]


def spec_of(value: Any, convert: bool = True) -> Any:
    """A structure of the TypeSpecs of the leaves of an element.

    Args:
        value: a structure of tensors of any kind, of datasets, and of what converts to tensors.
        convert: whether what is no tensor yet counts as the tensor it converts to.

    Raises:
        TypeError: a leaf is none of these.
    """
    if nest.is_nested(value):
        return nest.map_structure(lambda item: spec_of(item, convert), value)
    if hasattr(value, "_variant_tensor"):
        return spec_of_held(value)
    known = isinstance(
        value, (Tensor, TypeSpec, CompositeTensor, SparseTensorValue, RaggedTensorValue)
    )
    if not known and not convert:
        raise TypeError(
            f"Could not build a `TypeSpec` for {value} with type {type(value).__name__}"
        )
    return type_spec_from_value(value)._without_tensor_names()


def normalized(element: Any) -> Any:
    """An element whose leaves are tensors of some kind.

    Raises:
        TypeError, ValueError: a leaf does not convert to a tensor.
    """
    leaves = []
    with name_scope("normalize_element"):
        for place, item in enumerate(nest.flatten(element)):
            if hasattr(item, "_variant_tensor"):
                leaves.append(item)
            elif isinstance(item, (SparseTensor, SparseTensorValue)):
                leaves.append(SparseTensor.from_value(item))
            elif isinstance(item, RaggedTensorValue):
                leaves.append(convert_to_tensor_or_ragged_tensor(item, name=f"component_{place}"))
            elif isinstance(item, CompositeTensor):
                leaves.append(item)
            else:
                leaves.append(convert_to_tensor(item, name=f"component_{place}"))
    return nest.pack_sequence_as(element, leaves)


def flat_specs(element_spec: Any) -> list[TensorSpec]:
    """The specs of the tensors that elements travel as."""
    return [
        item._component_specs if isinstance(item, HeldSpec) else boxed_spec(item)
        for item in nest.flatten(element_spec)
    ]


def flat_types(element_spec: Any) -> list[DType]:
    """The types of the tensors that elements travel as."""
    return [item.dtype for item in flat_specs(element_spec)]


def flat_shapes(element_spec: Any) -> list[Shape]:
    """The static shapes of the tensors that elements travel as."""
    return [item.shape.as_tuple() for item in flat_specs(element_spec)]


def to_tensors(element_spec: Any, element: Any) -> list[Tensor]:
    """The tensors that an element travels as.

    Raises:
        TypeError, ValueError: it is not what the spec says.
    """
    nest.assert_same_structure(element_spec, element)
    return [
        item._variant_tensor if isinstance(spec, HeldSpec) else _boxed(spec, item)
        for spec, item in zip(nest.flatten(element_spec), nest.flatten(element))
    ]


def _boxed(spec: TypeSpec, item: Any) -> Tensor:
    if not isinstance(spec, TensorSpec):
        return boxed(spec, item)
    try:
        tensor = convert_to_tensor(item, spec.dtype)
        fits = tensor.shape.is_compatible_with(spec.shape)
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise ValueError(
            f"Value {item} is not convertible to a tensor with dtype {spec.dtype!r} and shape {spec.shape}."
        )
    return tensor


def rows_of(element_spec: Any, element: Any) -> list[Tensor]:
    """The tensors that keep the rows of an element, each in its first dimension.

    Raises:
        ValueError: a component has no rows.
    """
    return [
        boxed_rows(spec, item)
        for spec, item in zip(nest.flatten(element_spec), nest.flatten(element))
    ]


def from_tensors(element_spec: Any, tensors: Sequence[Tensor]) -> Any:
    """The element that travels as these tensors."""
    leaves = [
        spec._from_components(tensor) if isinstance(spec, HeldSpec) else unboxed(spec, tensor)
        for spec, tensor in zip(nest.flatten(element_spec), tensors, strict=True)
    ]
    return nest.pack_sequence_as(element_spec, leaves)


def batch_spec(element_spec: Any, count: Any) -> Any:
    """What is known of several elements together."""

    def together(spec: Any) -> Any:
        if isinstance(spec, DatasetSpec):
            shape = TensorShape([count]).concatenate(spec.dataset_shape)
            return DatasetSpec(spec.element_spec, shape)
        return batched(spec, count)

    return nest.map_structure(together, element_spec)


def unbatch_spec(element_spec: Any) -> Any:
    """What is known of the rows of elements.

    Raises:
        ValueError: a component has no rows.
    """

    def alone(spec: Any) -> Any:
        if isinstance(spec, DatasetSpec):
            if spec.dataset_shape.ndims == 0:
                raise ValueError("Slicing dataset elements is not supported for rank 0.")
            return DatasetSpec(spec.element_spec, spec.dataset_shape[1:])
        return unbatched(spec)

    return nest.map_structure(alone, element_spec)


# What TF1 knows of elements: three structures instead of one


def legacy_types(element_spec: Any) -> Any:
    """A structure of types."""
    return nest.map_structure(
        lambda spec: spec if isinstance(spec, HeldSpec) else spec.dtype, element_spec
    )


def legacy_shapes(element_spec: Any) -> Any:
    """A structure of static shapes."""
    return nest.map_structure(
        lambda spec: spec if isinstance(spec, HeldSpec) else spec.shape, element_spec
    )


def legacy_classes(element_spec: Any) -> Any:
    """A structure of classes; of specs where a class does not tell enough."""
    return nest.map_structure(
        lambda spec: spec.value_type if isinstance(spec, (TensorSpec, SparseTensorSpec)) else spec,
        element_spec,
    )


def specs_from_legacy(types: Any, shapes: Any, classes: Any) -> Any:
    """The structure of TypeSpecs that types, shapes and classes tell.

    Raises:
        TypeError: a class is neither that of tensors nor of sparse tensors.
    """
    flat = []
    for kind, shape, cls in zip(*map(nest.flatten, (types, shapes, classes)), strict=True):
        if isinstance(cls, TypeSpec):
            flat.append(cls)
        elif issubclass(cls, SparseTensor):
            flat.append(SparseTensorSpec(shape, kind))
        elif issubclass(cls, Tensor):
            flat.append(TensorSpec(shape, kind))
        else:
            raise TypeError(
                f"Could not build a structure for output class {cls.__name__}. Make sure any component "
                "class in `output_classes` inherits from one of the following classes: `tf.TypeSpec`, "
                "`tf.sparse.SparseTensor`, `tf.Tensor`, `tf.TensorArray`."
            )
    return nest.pack_sequence_as(classes, flat)


@public("data.experimental.TensorStructure")
def tensor_structure(dtype: Any, shape: Any) -> TensorSpec:
    """`TensorSpec(shape, dtype)`, under an old name."""
    return TensorSpec(shape, dtype)


@public("data.experimental.SparseTensorStructure")
def sparse_tensor_structure(dtype: Any, shape: Any) -> SparseTensorSpec:
    """`SparseTensorSpec(shape, dtype)`, under an old name."""
    return SparseTensorSpec(shape, dtype)


@public("data.experimental.RaggedTensorStructure")
def ragged_tensor_structure(dtype: Any, shape: Any, ragged_rank: int) -> RaggedTensorSpec:
    """`RaggedTensorSpec(shape, dtype, ragged_rank)`, under an old name."""
    return RaggedTensorSpec(shape, dtype, ragged_rank)
