"""Inputs of the right types and shapes for a signature, for those who want to see a module run rather than its results."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minihub.input_uses import Use
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.shapes import Shape
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue, as_array

__all__ = ["example_inputs"]

#: Sizes that a signature leaves open, but for the first one and those of images.
_OPEN_SIZE = 16
_IMAGE_SIZE = (224, 224)
#: Samples a second.
_RATE = 16_000
#: Names of inputs, or their ends, that together are a sparse tensor.
_PARTS = ("indices", "values", "dense_shape")
_SENTENCES = (
    b"the quick brown fox jumps over the lazy dog near the river",
    b"a module that nobody has seen for years runs again today",
    b"read the file and write the answer to the other one",
)


def example_inputs(
    inputs: Mapping[str, ParsedTensorInfo],
    batch: int = 1,
    image_size: tuple[int, int] | None = None,
    uses: Mapping[str, Use] | None = None,
) -> dict[str, Any]:
    """A value for each input: sentences, numbers in [0, 1), zeros and ones for integers, or what the graph uses it as.

    Three inputs `indices`, `values` and `dense_shape`, with the same beginning before these if with any, are one sparse tensor.

    Args:
        inputs: name → kind, type and shape.
        batch: the first size, where it is open.
        image_size: height and width of images, where they are open; 224 × 224 if None.
        uses: name → what a string or a size is used as, see `input_uses`.

    Raises:
        InvalidArgumentError: an input is of a type that no value can be made for.
    """
    size = image_size or _IMAGE_SIZE
    found = {name: _value(name, info, batch, size) for name, info in inputs.items()}
    for name, use in (uses or {}).items():
        found[name] = _used(found[name], use, size)
    for name in inputs:
        if name.endswith(_PARTS[0]):
            parts = tuple(name.removesuffix(_PARTS[0]) + part for part in _PARTS)
            if _is_sparse(parts, inputs):
                found.update(_sparse(parts, inputs, found, batch))
    return found


def _used(made: Any, use: Use, image_size: tuple[int, int]) -> Any:
    """What takes the place of an array for its use; of the same shape and type."""
    if use == "size":
        return np.array(image_size, made.dtype)
    if use == "number":
        texts = [str(i + 1).encode() for i in range(made.size)]
    else:
        texts = [_FILES[use](image_size)] * made.size
    made.reshape(-1)[:] = texts
    return made


def _pixels(image_size: tuple[int, int]) -> Any:
    return np.random.RandomState(0).randint(0, 256, (*image_size, 3)).astype(np.uint8)


def _png(image_size: tuple[int, int]) -> bytes:
    encode = REGISTRY["EncodePng"]
    attrs = encode.schema.complete({"T": as_dtype("uint8")}, encode.name)
    encoded: bytes = encode.bind(attrs, None)(_pixels(image_size)).item()
    return encoded


def _bmp(image_size: tuple[int, int]) -> bytes:
    """Three bytes a pixel, rows from the last to the first, each of a multiple of four bytes."""
    height, width = image_size
    rows = np.zeros((height, -(-width * 3 // 4) * 4), np.uint8)
    rows[:, : width * 3] = _pixels(image_size).reshape(height, -1)
    head = struct.pack("<2sIHHI", b"BM", 54 + rows.nbytes, 0, 0, 54)
    return (
        head
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
        + rows.tobytes()
    )


def _wav(image_size: tuple[int, int]) -> bytes:
    """A second of noise, whatever the size of images."""
    noise = np.random.RandomState(0).randint(-(1 << 15), 1 << 15, _RATE).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(noise.tobytes())
    return file.getvalue()


_FILES: dict[Use, Callable[[tuple[int, int]], bytes]] = {"bmp": _bmp, "image": _png, "wav": _wav}


def _is_sparse(parts: tuple[str, ...], inputs: Mapping[str, ParsedTensorInfo]) -> bool:
    """Whether inputs of these names are the parts of a sparse tensor of a rank that one of them tells."""
    if any(part not in inputs or inputs[part].kind != "dense" for part in parts):
        return False
    indices, values, dense_shape = (inputs[part] for part in parts)
    if not (indices.dtype.is_integer and dense_shape.dtype.is_integer):
        return False
    ranks = (2, 1, 1)
    return all(
        info.shape is not None and len(info.shape) == rank
        for info, rank in zip((indices, values, dense_shape), ranks, strict=True)
    )


def _sparse(
    parts: tuple[str, ...],
    inputs: Mapping[str, ParsedTensorInfo],
    made: Mapping[str, Any],
    batch: int,
) -> dict[str, Any]:
    """Parts that fit together: as many values as are known or wanted, in rows of the same length."""
    indices, values, dense_shape = parts
    (count, rank), (known,), (length,) = (inputs[part].shape or () for part in parts)
    rank = rank or length or 2
    count = count or known or batch * _OPEN_SIZE
    rows = batch if rank > 1 and count % batch == 0 else 1
    shape = np.ones(rank, np.int64)
    shape[0], shape[-1] = (rows, count // rows) if rank > 1 else (count, count)
    places = np.stack(np.unravel_index(np.arange(count), shape), axis=1)
    return {
        indices: places.astype(made[indices].dtype),
        values: np.resize(made[values], count),
        dense_shape: shape.astype(made[dense_shape].dtype),
    }


def _value(name: str, info: ParsedTensorInfo, batch: int, image_size: tuple[int, int]) -> Any:
    if info.kind == "dense":
        return _array(name, info, _sizes(info.shape, batch, image_size))
    if info.kind == "sparse":
        # One value in each row.
        rank = len(info.shape) if info.shape is not None else 2
        shape = _sizes(info.shape if info.shape is not None else (None,) * rank, batch, image_size)
        indices = np.zeros((shape[0] if shape else 1, rank), np.int64)
        indices[:, :1] = np.arange(len(indices))[:, None]
        values = _array(name, info, (len(indices),))
        return SparseTensorValue(indices, values, np.array(shape, np.int64))
    if info.kind == "ragged" and info.ragged is not None:
        depth = info.ragged.ragged_rank
        first, *others = (None,) if info.shape is None else info.shape
        rows = batch if first is None else first
        inner = tuple(size or 1 for size in others[depth:])
        flat = _array(name, info, (rows, *inner))
        splits = [np.arange(rows + 1, dtype=np.int64)] * depth
        return RaggedTensorValue.from_nested_row_splits(flat, splits)
    raise InvalidArgumentError(
        f"input {clip(name)!r} is a {info.type_name}, which is not supported"
    )


def _sizes(shape: Shape, batch: int, image_size: tuple[int, int]) -> tuple[int, ...]:
    """`shape` with every size known; an unknown rank counts as a list of examples."""
    if shape is None:
        return (batch,)
    sizes = list(shape)
    if sizes and sizes[0] is None:
        sizes[0] = batch
    # [batch, height, width, channels], or the same with frames before.
    if len(sizes) in (4, 5) and sizes[-1] in (1, 3, 4):
        sizes[-3:-1] = [size or known for size, known in zip(sizes[-3:-1], image_size, strict=True)]
    return tuple(_OPEN_SIZE if size is None else size for size in sizes)


def _array(name: str, info: ParsedTensorInfo, shape: tuple[int, ...]) -> Any:
    dtype = info.dtype.numpy
    random = np.random.RandomState(0)
    if info.dtype.name == "string":
        array = np.empty(shape, object)
        array.reshape(-1)[:] = [_SENTENCES[i % len(_SENTENCES)] for i in range(array.size)]
        return array
    if info.dtype.is_floating:
        return as_array(random.random_sample(shape), info.dtype)
    if info.dtype.is_complex:
        return (random.random_sample(shape) + 0j).astype(dtype)
    if info.dtype.is_integer or info.dtype.is_bool:
        # Both are ids of any vocabulary, lengths of any sequence and values of any mask.
        return random.randint(0, 2, shape).astype(dtype)
    raise InvalidArgumentError(
        f"no value can be made for input {clip(name)!r} of {info.dtype.name}"
    )
