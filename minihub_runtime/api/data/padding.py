"""What `Dataset.padded_batch` pads to, and with what.

Source: tensorflow/python/data/ops/padded_batch_op.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.held import DatasetSpec
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.static_values import constant_value_as_shape
from minihub_runtime.api.tensor_shape import TensorShape, as_shape
from minihub_runtime.api.type_spec import TensorSpec
from minihub_runtime.dtypes import DType, int64, string, variant

__all__ = ["padded_shapes_of", "padding_values_of", "sizes_of"]


def _dense(element_spec: Any) -> list[TensorSpec]:
    """The specs of components.

    Raises:
        TypeError: one is no dense tensor.
    """
    flat = nest.flatten(element_spec)
    for spec in flat:
        if isinstance(spec, DatasetSpec):
            raise TypeError("`padded_batch` is not supported for datasets of datasets")
        if not isinstance(spec, TensorSpec):
            raise TypeError(
                "`padded_batch` is only supported for datasets that produce tensor elements but type spec of "
                f"elements in the input dataset is not a subclass of TensorSpec: `{spec}`."
            )
    return flat


def padding_values_of(values: Any, element_spec: Any) -> list[Tensor]:
    """A scalar for each component.

    Raises:
        TypeError: a component is no dense tensor, or a value is of another type.
        ValueError: a value is no scalar.
    """
    specs = _dense(element_spec)
    if nest.is_nested(element_spec) and not nest.is_nested(values):
        wanted = [values] * len(specs)
    else:
        wanted = nest.flatten_up_to(element_spec, values)
    found = []
    for value, spec in zip(wanted, specs, strict=True):
        tensor = convert_to_tensor(
            _zero(spec.dtype) if value is None else value, name="padding_value"
        )
        if not tensor.shape.is_compatible_with([]):
            raise ValueError(
                "Invalid `padding_values`. `padding_values` values should be scalars, but got "
                f"{tensor.shape}."
            )
        if tensor.dtype != spec.dtype:
            raise TypeError(
                f"Invalid `padding_values`. `padding_values` values type {tensor.dtype!r} does not match "
                f"type {spec.dtype!r} of the corresponding input component."
            )
        found.append(tensor)
    return found


def _zero(dtype: DType) -> Any:
    if dtype is string:
        return ""
    if dtype is variant:
        raise TypeError("Unable to create default padding value for a component of type 'variant'.")
    return convert_to_tensor(0, dtype) if dtype.name == "bfloat16" else dtype.numpy.type(0)


def padded_shapes_of(shapes: Any, element_spec: Any) -> tuple[list[Tensor], Any]:
    """A vector of sizes for each component, -1 for the largest one, and what is known of padded elements.

    Raises:
        TypeError: a tensor of sizes is not of type int64.
        ValueError: a shape does not fit, or is None where the rank is not known.
    """
    specs = _dense(element_spec)
    if shapes is None:
        for place, spec in enumerate(specs):
            if spec.shape.ndims is None:
                raise ValueError(
                    "You must provide `padded_shapes` argument because component "
                    f"{place} has unknown rank."
                )
        wanted: list[Any] = [spec.shape for spec in specs]
    else:
        wanted = nest.flatten_up_to(element_spec, shapes)
    tensors, padded = [], []
    for shape, spec in zip(wanted, specs, strict=True):
        tensor, known = _sizes(shape)
        if not _fits(known, spec.shape):
            raise ValueError(
                f"The padded shape {known} is not compatible with the shape {spec.shape} of the "
                "corresponding input component."
            )
        tensors.append(tensor)
        padded.append(TensorSpec(known, spec.dtype))
    return tensors, nest.pack_sequence_as(element_spec, padded)


def _sizes(shape: Any) -> tuple[Tensor, TensorShape]:
    """A shape as a vector, and as far as it is known."""
    tensor = sizes_of(shape, "Padded shape")
    try:
        return tensor, as_shape(shape)
    except (TypeError, ValueError):
        return tensor, constant_value_as_shape(tensor)


def sizes_of(shape: Any, what: str) -> Tensor:
    """A shape, or a tensor of sizes, as a vector; -1 stands for a size that is not known.

    Raises:
        ValueError: it is no vector.
        TypeError: it is no tensor of type int64.
    """
    try:
        sizes = [-1 if n is None else n for n in as_shape(shape).as_list()]
        return convert_to_tensor(sizes, int64)
    except (TypeError, ValueError) as error:
        tensor = convert_to_tensor(shape, preferred_dtype=int64)
        if tensor.shape.ndims not in (None, 1):
            raise ValueError(
                f"{what} {shape} must be a `tf.int64` vector tensor, but its shape was {tensor.shape}."
            ) from error
        if tensor.dtype != int64:
            raise TypeError(
                f"{what} {shape} must be a `tf.int64` vector tensor, but its element type was "
                f"{tensor.dtype.name}."
            ) from error
        return tensor


def _fits(padded: TensorShape, shape: TensorShape) -> bool:
    if padded.ndims is None or shape.ndims is None:
        return True
    return padded.ndims == shape.ndims and all(
        wide is None or n is None or wide >= n for wide, n in zip(padded.as_list(), shape.as_list())
    )
