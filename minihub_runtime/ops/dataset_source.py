"""Datasets of tensors: whole ones, lists of them, their slices, ranges of numbers.

Source: tensorflow/core/kernels/data/tensor_dataset_op.cc, tensor_slice_dataset_op.cc, range_dataset_op.cc,
sparse_tensor_slice_dataset_op.cc, experimental/list_dataset_op.cc.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype, int64
from minihub_runtime.ops.checking import indices_in_range, require
from minihub_runtime.ops.datasets import (
    MANY,
    TYPES,
    Dataset,
    Element,
    Elements,
    Iteration,
    number,
    require_alike,
    variant,
)
from minihub_runtime.ops.registry import ANY, Array, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape

_SOURCE = "core/kernels/data/"


@op(
    "TensorDataset(components: Toutput_types) -> handle: variant",
    Toutput_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source=_SOURCE + "tensor_dataset_op.cc",
    shape=scalar,
)
def tensor_dataset(
    components: Sequence[Array],
    *,
    Toutput_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The dataset whose one element is `components`.

    Raises: InvalidArgumentError unless they are of `output_shapes`.
    """
    require_alike(Toutput_types, output_shapes, components)
    return variant(Elements(Toutput_types, output_shapes, [tuple(components)]))


class _Slices(Dataset):
    """The rows of arrays."""

    def __init__(self, arrays: Element, types: Sequence[DType], shapes: Sequence[Shape]) -> None:
        super().__init__(types, shapes)
        self._arrays = arrays

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The rows."""
        arrays, rows = self._arrays, range(len(self._arrays[0]))
        if len(arrays) == 1:
            array = arrays[0]
            return ((array[i, ...],) for i in rows)
        return (tuple([array[i, ...] for array in arrays]) for i in rows)

    def cardinality(self) -> int:
        """The number of rows."""
        return len(self._arrays[0])


@op(
    "TensorSliceDataset(components: Toutput_types) -> handle: variant",
    Toutput_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source=_SOURCE + "tensor_slice_dataset_op.cc",
    shape=scalar,
)
def tensor_slice_dataset(
    components: Sequence[Array],
    *,
    Toutput_types: list[DType],
    output_shapes: list[Shape],
    is_files: bool = False,
    metadata: str = "",
    replicate_on_split: bool = False,
) -> Array:
    """The dataset of the rows of `components`.

    Raises: InvalidArgumentError for scalars, for other numbers of rows, and for rows that are not of `output_shapes`.
    """
    require(
        all(array.ndim > 0 for array in components),
        "All components must be at least 1-dimensional",
    )
    rows = len(components[0])
    for place, array in enumerate(components):
        if len(array) != rows:
            require(
                False,
                f"All components must have the same number of rows, {rows}, not {len(array)} as component {place}",
            )
    if rows:
        require_alike(Toutput_types, output_shapes, [array[0, ...] for array in components])
    return variant(_Slices(tuple(components), Toutput_types, output_shapes))


@op(
    "ListDataset(tensors: Tinput_types) -> handle: variant",
    Tinput_types=TYPES,
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source=_SOURCE + "experimental/list_dataset_op.cc",
    shape=scalar,
)
def list_dataset(
    tensors: Sequence[Any],
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements whose components, one element after the other, are `tensors`.

    Raises: InvalidArgumentError unless `tensors` make whole elements of these types and shapes.
    Differs: TensorFlow does not look at types and shapes here, and leaves what makes no whole element out.
    """
    parts = len(output_types)
    require(
        len(tensors) % parts == 0,
        f"tensors must make elements of {parts} components each; there are {len(tensors)}",
    )
    elements = [tuple(tensors[at : at + parts]) for at in range(0, len(tensors), parts)]
    for element in elements:
        require_alike(output_types, output_shapes, element)
    return variant(Elements(output_types, output_shapes, elements))


class _Range(Dataset):
    """Numbers."""

    def __init__(self, numbers: range, dtype: DType, shapes: Sequence[Shape]) -> None:
        super().__init__([dtype], shapes)
        self._numbers = numbers

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The numbers."""
        kind = self.types[0].numpy
        return ((np.array(n, np.int64).astype(kind),) for n in self._numbers)

    def cardinality(self) -> int:
        """How many there are."""
        numbers = self._numbers
        # `len` does not count beyond 63 bits.
        distance = numbers.stop - numbers.start
        return max(0, -(-distance // numbers.step))


@op(
    "RangeDataset(start: int64, stop: int64, step: int64) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source=_SOURCE + "range_dataset_op.cc",
    shape=scalar,
    ranks={"start": 0, "stop": 0, "step": 0},
)
def range_dataset(
    start: Array,
    stop: Array,
    step: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
    replicate_on_split: bool = False,
) -> Array:
    """The dataset of the numbers from `start` up to `stop`, which is not among them, in steps of `step`.

    Raises: InvalidArgumentError for a step of zero, and for anything but one number in an element.
    """
    first, last, by = number(start, "start"), number(stop, "stop"), number(step, "step")
    require(by != 0, "step must be a non-zero integer.")
    require(
        len(output_types) == 1 and output_types[0].numpy.kind in "iuf",
        "output_types must be one type of numbers",
    )
    return variant(_Range(range(first, last, by), output_types[0], output_shapes))


class _SparseSlices(Dataset):
    """The rows of a sparse tensor, each as indices, values and shape."""

    def __init__(self, indices: Array, values: Array, dense_shape: Array) -> None:
        rank = len(dense_shape) - 1
        types = [int64, as_dtype(values.dtype), int64]
        super().__init__(types, [(None, rank), (None,), (rank,)])
        self._indices, self._values, self._shape = indices, values, dense_shape

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The rows."""
        first = self._indices[:, 0]

        def row(i: int) -> Element:
            low, high = np.searchsorted(first, [i, i + 1]).tolist()
            return self._indices[low:high, 1:], self._values[low:high], self._shape[1:]

        return map(row, range(int(self._shape[0])))

    def cardinality(self) -> int:
        """The number of rows."""
        return int(self._shape[0])


@op(
    "SparseTensorSliceDataset(indices: int64, values: Tvalues, dense_shape: int64) -> handle: variant",
    Tvalues=ANY,
    stateful=True,
    source=_SOURCE + "sparse_tensor_slice_dataset_op.cc",
    shape=scalar,
)
def sparse_tensor_slice_dataset(
    indices: Array, values: Array, dense_shape: Array, *, Tvalues: DType
) -> Array:
    """The dataset of the rows of a sparse tensor; elements are the indices, values and shape of a row.

    Raises: InvalidArgumentError unless the parts fit each other, with rows in order.
    """
    require(indices.ndim == 2, f"indices must be a matrix, not of shape {list(indices.shape)}")
    require(values.ndim == 1, f"values must be a vector, not of shape {list(values.shape)}")
    require(
        dense_shape.ndim == 1,
        f"dense_shape must be a vector, not of shape {list(dense_shape.shape)}",
    )
    require(
        len(indices) == len(values),
        f"values must be as many as indices, {len(indices)}, not {len(values)}",
    )
    require(
        indices.shape[1] == len(dense_shape) and len(dense_shape) > 0,
        f"dense_shape must have the {indices.shape[1]} sizes that indices have, not {len(dense_shape)}",
    )
    require(int(dense_shape.min()) >= 0, "dense_shape must have sizes >= 0")
    for axis, size in enumerate(dense_shape.tolist()):
        indices_in_range(indices[:, axis], size, "indices")
    first = indices[:, 0]
    require(
        not len(first) or bool((first[1:] >= first[:-1]).all()),
        "The SparseTensor must be ordered in the batch dimension; handling arbitrarily ordered "
        "input is not currently supported.",
    )
    return variant(_SparseSlices(indices, values, dense_shape))
