"""Inputs of the right types and shapes for a signature, for those who want to see a module run rather than its results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.errors import InvalidArgumentError, OpError, clip
from minihub_runtime.shapes import Shape
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue, as_array

__all__ = ["example_inputs", "suspecting"]

#: Sizes that a signature leaves open, but for the first one and those of images.
_OPEN_SIZE = 16
_IMAGE_SIZE = (224, 224)
_SENTENCES = (
    b"the quick brown fox jumps over the lazy dog near the river",
    b"a module that nobody has seen for years runs again today",
    b"read the file and write the answer to the other one",
)


def example_inputs(
    inputs: Mapping[str, ParsedTensorInfo],
    batch: int = 1,
    image_size: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """A value for each input: sentences, numbers in [0, 1), zeros and ones for integers.

    Args:
        inputs: name → kind, type and shape.
        batch: the first size, where it is open.
        image_size: height and width of images, where they are open; 224 × 224 if None.

    Raises:
        InvalidArgumentError: an input is of a type that no value can be made for.
    """
    return {
        name: _value(name, info, batch, image_size or _IMAGE_SIZE) for name, info in inputs.items()
    }


@contextmanager
def suspecting(made_up: bool) -> Iterator[None]:
    """Errors of runs whose inputs were made up say so: an op may want what types and shapes do not tell."""
    try:
        yield
    except OpError as error:
        if made_up:
            error.message += "; the inputs were made up, and others may be given"
        raise


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
