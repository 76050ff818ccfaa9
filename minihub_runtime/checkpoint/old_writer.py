"""Writing checkpoints of the format before the bundles of V2; see `old_format`.

Source: tensorflow/core/util/tensor_slice_writer.cc, core/kernels/save_restore_tensor.cc:SaveTensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.checkpoint.files import replacing
from minihub_runtime.checkpoint.old_format import MAX_MESSAGE_BYTES, META_KEY, TYPES, VERSION
from minihub_runtime.checkpoint.slices import TensorSlice, parse_shape_and_slice, slice_key
from minihub_runtime.checkpoint.table import write_table
from minihub_runtime.checkpoint.writer import Part
from minihub_runtime.codec import as_bytes, list_values, shape_to_proto
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InternalError, InvalidArgumentError, UnimplementedError, clip
from minihub_runtime.protos import SavedTensorSlices
from minihub_runtime.shapes import show

__all__ = ["write_old_file"]


def write_old_file(path: str, parts: Sequence[Part], *, durable: bool = True) -> None:
    """Write a file that holds some tensors and slices of tensors, byte for byte as TensorFlow does.

    Args:
        path: of the file; one that is there is replaced, missing folders are made.
        parts: what it holds.
        durable: see `files.replacing`.

    Raises:
        InvalidArgumentError: a slice does not fit its tensor, or takes more than two gigabytes.
        InternalError: slices of one tensor differ in its shape or type.
        UnimplementedError: the format has no values of a type.
        OpError: the file cannot be written; nothing is left behind then.
    """
    contents = SavedTensorSlices()
    contents.meta.versions.producer = VERSION
    tensors: dict[str, Any] = {}
    found: dict[bytes, tuple[Part, DType, TensorSlice]] = {}
    for part in sorted(parts, key=lambda part: as_bytes(part.name)):
        if not part.name.isascii() and part.name != as_bytes(part.name).decode(errors="replace"):
            raise InvalidArgumentError(f"the name {clip(part.name)!r} must be UTF-8")
        dtype = _dtype(part.array)
        shape, place = _shape_and_slice(part)
        tensor = tensors.get(part.name)
        if tensor is None:
            tensor = tensors[part.name] = contents.meta.tensor.add(
                name=part.name, shape=shape_to_proto(shape), type=dtype.as_datatype_enum
            )
        elif (
            tensor.type != dtype.as_datatype_enum
            or tuple(dim.size for dim in tensor.shape.dim) != shape
        ):
            raise InternalError(f"the slices of {clip(part.name)!r} must be of one shape and dtype")
        _set_slice(tensor.slice.add(), place)
        # As in TensorFlow, the first of several of one place counts.
        found.setdefault(slice_key(as_bytes(part.name), place), (part, dtype, place))
    with replacing(durable) as new_file, new_file(path) as file:
        messages = ((key, _message(*found[key])) for key in sorted(found))
        write_table(file, [(META_KEY, contents.SerializeToString(deterministic=True)), *messages])


def _dtype(array: NDArray[Any]) -> DType:
    dtype = as_dtype(array.dtype)
    if dtype.name not in TYPES:
        raise UnimplementedError(f"Saving data type {dtype.name} not yet supported")
    return dtype


def _shape_and_slice(part: Part) -> tuple[tuple[int, ...], TensorSlice]:
    """The shape of the whole tensor, and the place of a part in it."""
    if not part.slice:
        return part.array.shape, TensorSlice.whole(part.array.ndim)
    shape, place = parse_shape_and_slice(part.slice)
    box = place.box(shape)
    if box.sizes != part.array.shape:
        raise InvalidArgumentError(
            f"the slice {clip(part.slice)!r} of {clip(part.name)!r} must have shape {show(box.sizes)}, not"
            f" {show(part.array.shape)}"
        )
    return shape, place


def _set_slice(proto: Any, place: TensorSlice) -> None:
    # An empty slice of a scalar is there all the same.
    proto.SetInParent()
    for start, length in zip(place.starts, place.lengths, strict=True):
        extent = proto.extent.add()
        if length >= 0:
            extent.start, extent.length = start, length


def _message(part: Part, dtype: DType, place: TensorSlice) -> bytes:
    """What is stored of one part."""
    # Strings take what they have, and numbers at most ten bytes each.
    array = part.array
    sizes = map(len, array.reshape(-1)) if dtype.name == "string" else [array.nbytes]
    if sum(sizes) >= MAX_MESSAGE_BYTES:
        raise InvalidArgumentError(
            f"Tensor slice is too large to serialize: {clip(part.name)!r} must take less than {MAX_MESSAGE_BYTES} bytes"
        )
    proto = SavedTensorSlices()
    proto.data.name = part.name
    _set_slice(proto.data.slice, place)
    proto.data.data.SetInParent()
    list_values(proto.data.data, np.asarray(array), dtype)
    message = proto.SerializeToString(deterministic=True)
    if len(message) >= MAX_MESSAGE_BYTES:
        raise InvalidArgumentError(
            f"Tensor slice is too large to serialize: {clip(part.name)!r} takes {len(message)} bytes"
        )
    return message
