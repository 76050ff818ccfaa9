"""Ragged tensors, repeated.

Source: tensorflow/python/ops/ragged/ragged_array_ops.py, ragged_tensor_shape.py.
"""

from __future__ import annotations

import builtins
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.ragged.repeating import lengths_to_splits, repeat_ranges
from minihub_runtime.api.ragged.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor
from minihub_runtime.api.ranges import range
from minihub_runtime.api.sizes import convert_to_int_tensor
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import DType

__all__ = ["tile", "tile_axis"]


def tile(input: Any, multiples: Any, name: str | None = None) -> RaggedTensor:
    """`tf.tile` of a ragged tensor."""
    with name_scope(name, "RaggedTile", [input, multiples]):
        input = convert_to_tensor_or_ragged_tensor(input, name="input")
        multiples = convert_to_int_tensor(multiples, "multiples", input.row_splits.dtype)
        multiples.shape.assert_has_rank(1)
        known = constant_value(multiples)
        values = _tiled_values(input, multiples, known)
        splits = _tiled_splits(input, multiples, known)
        tiled: RaggedTensor = RaggedTensor.from_nested_row_splits(values, splits, validate=False)
        return tiled


def _tiled_values(input: RaggedTensor, multiples: Any, known: Any) -> Any:
    depth = input.ragged_rank
    nested = input.nested_row_splits
    places = range(nested[-1][-1])
    before = None
    # From the innermost rows outwards: which value stands at each place.
    for axis in builtins.range(depth, 0, -1):
        splits = nested[axis - 1]
        if before is not None:
            splits = gather(before * multiples[axis + 1], splits)
        if known is None or known[axis] != 1:
            places = repeat_ranges(places, splits, multiples[axis])
        before = splits
    tiled = gather(input.flat_values, places)
    inner = concat([multiples[:1], multiples[depth + 1 :]], axis=0)
    return build("Tile", input=tiled, multiples=inner)


def _tiled_splits(input: RaggedTensor, multiples: Any, known: Any) -> list[Any]:
    depth = input.ragged_rank
    nested = input.nested_row_splits
    # From axis to axis: where the rows of the outer one end, in rows of the inner one.
    projected = [{axis: nested[axis]} for axis in builtins.range(depth)]
    for outer in builtins.range(depth):
        for inner in builtins.range(outer + 1, depth - 1):
            projected[outer][inner] = gather(nested[inner], projected[outer][inner - 1])
    result = []
    for axis in builtins.range(depth):
        lengths = (nested[axis][1:] - nested[axis][:-1]) * multiples[axis + 1]
        repeats: Any = 1
        for outer in builtins.range(axis - 1, -1, -1):
            if known is None or known[outer + 1] != 1:
                splits = projected[outer][axis - 1] * repeats
                lengths = repeat_ranges(lengths, splits, multiples[outer + 1])
            repeats *= multiples[outer + 1]
        lengths = build("Tile", input=lengths, multiples=multiples[:1])
        result.append(lengths_to_splits(lengths))
    return result


def tile_axis(input: Any, axis: int, repeats: Any, dtype: DType) -> RaggedTensor:
    """A tensor whose rows of length 1 along `axis` are repeated, each as often as `repeats` says."""
    if not isinstance(input, RaggedTensor):
        input = RaggedTensor.from_tensor(input, ragged_rank=1, row_splits_dtype=dtype)
    if axis > 1:
        values = tile_axis(input.values, axis - 1, repeats, dtype)
        outer: RaggedTensor = input.with_values(values)
        return outer
    nested_splits = input.nested_row_splits
    nested_lengths = input.nested_row_lengths()
    splits = nested_splits[0]
    lengths = [repeats]
    for level in builtins.range(1, len(nested_lengths)):
        lengths.append(repeat_ranges(nested_lengths[level], splits, repeats))
        splits = gather(nested_splits[level], splits)
    values = repeat_ranges(input.flat_values, splits, repeats)
    tiled: RaggedTensor = RaggedTensor.from_nested_row_lengths(values, lengths, validate=False)
    return tiled
