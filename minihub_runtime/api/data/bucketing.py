"""Batches of elements of similar length.

Source: tensorflow/python/data/ops/dataset_ops.py (bucket_by_sequence_length).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.structure import legacy_shapes
from minihub_runtime.api.graph import Tensor, control_dependencies
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import int64

if TYPE_CHECKING:
    from minihub_runtime.api.data.dataset import Dataset

__all__ = ["bucketed"]


def bucketed(
    dataset: Dataset,
    length_func: Callable[..., Any],
    boundaries: Sequence[int],
    batch_sizes: Sequence[int],
    padded_shapes: Any,
    padding_values: Any,
    pad_to_boundary: bool,
    no_padding: bool,
    drop_remainder: bool,
) -> Dataset:
    """See `tf.data.experimental.bucket_by_sequence_length`."""
    if len(batch_sizes) != len(boundaries) + 1:
        raise ValueError(
            "`len(bucket_batch_sizes)` must equal `len(bucket_boundaries) + 1` but `len(bucket_batch_sizes)`"
            f"={len(batch_sizes)} and `len(bucket_boundaries)`={len(boundaries)}."
        )
    # One tensor outside, which both functions take.
    sizes = constant(np.array(batch_sizes, np.int64))
    low = np.array([np.iinfo(np.int32).min, *boundaries], np.int32)
    high = np.array([*boundaries, np.iinfo(np.int32).max], np.int32)

    def bucket(*element: Any) -> Tensor:
        length = length_func(*element)
        inside = build(
            "LogicalAnd",
            x=build("LessEqual", x=constant(low), y=length),
            y=build("Less", x=length, y=constant(high)),
        )
        places = build("Where", input=inside)
        lowest: Tensor = build("Min", input=places, reduction_indices=constant([0, 1]))
        return lowest

    def window_size(bucket_id: Tensor) -> Tensor:
        found: Tensor = build("GatherV2", params=sizes, indices=bucket_id, axis=constant(0))
        return found

    def batching_fn(bucket_id: Tensor, elements: Dataset) -> Dataset:
        size = window_size(bucket_id)
        if no_padding:
            return elements.batch(size, drop_remainder=drop_remainder)
        filler: Any = None
        if pad_to_boundary:
            last = constant(len(batch_sizes) - 1, int64)
            message = "When pad_to_bucket_boundary=True, elements must have length < max(bucket_boundaries)."
            fits = build("Less", x=bucket_id, y=last)
            with control_dependencies([Assert(fits, [message])]):
                bucket_id = build("Identity", input=bucket_id)
            bounds = constant(np.array(boundaries, np.int64))
            boundary = build("GatherV2", params=bounds, indices=bucket_id, axis=constant(0))
            filler = build("Sub", x=boundary, y=convert_to_tensor(1, int64))
        told = legacy_shapes(elements.element_spec) if padded_shapes is None else padded_shapes
        shapes = nest.pack_sequence_as(
            elements.element_spec,
            [_filled(shape, filler) for shape in nest.flatten_up_to(elements.element_spec, told)],
        )
        return elements.padded_batch(size, shapes, padding_values, drop_remainder)

    return dataset.group_by_window(bucket, batching_fn, window_size_func=window_size)


def _filled(shape: Any, filler: Any) -> Any:
    """A shape with a size in the places that are not known."""
    known = TensorShape(shape)
    if filler is None:
        return known
    return [filler if n is None else n for n in known.as_list()]
