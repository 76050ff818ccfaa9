"""Datasets that put elements together, and take them apart.

Source: tensorflow/core/kernels/data/batch_dataset_op.cc, padded_batch_dataset_op.cc, unbatch_dataset_op.cc,
tensorflow/core/data/dataset_utils.cc:CopyBatch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import DataLossError, InvalidArgumentError, OpError
from minihub_runtime.ops.checking import allocatable, require
from minihub_runtime.ops.datasets import (
    CHECKED_EVERY,
    MANY,
    TYPES,
    UNKNOWN,
    Dataset,
    Element,
    EndUntold,
    Iteration,
    at_end,
    check_room,
    dataset_of,
    no_end,
    number,
    outcome,
    truth,
    variant,
)
from minihub_runtime.ops.registry import Array, older, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape, show

__all__ = ["Batched"]

_SOURCE = "core/kernels/data/"


def _stacked(place: int, dtype: DType, items: Sequence[Array], by_size: bool = False) -> Array:
    """Values of one component of several elements, as one array.

    Args:
        place: the component.
        dtype: its type.
        items: its values.
        by_size: whether values of other shapes than the first need only be as large: their elements are taken in order.

    Raises:
        InvalidArgumentError: they have several shapes.
    """
    first = items[0]
    shape = first.shape
    result = np.empty(allocatable((len(items), *shape), dtype.numpy), dtype.numpy)
    for row, item in enumerate(items):
        if item.shape != shape and not (by_size and item.size == first.size):
            raise InvalidArgumentError(
                f"Cannot batch tensors with different shapes in component {place}. First element had "
                f"shape {show(shape)} and element {row} had shape {show(item.shape)}."
            )
        result[row, ...] = item.reshape(shape)
    return result


class Batched(Dataset):
    """Several elements at a time.

    Args:
        source: the elements.
        batch_size: how many of them.
        drop_remainder: whether a smaller batch at the end is left out.
        padding: what puts the values of a component together; by default they must have one shape.
        shapes: the static shapes of a row, if they are not those of `source`.
        whole: whether a batch that fails takes all its elements with it; else the next one begins after the element that
            failed.  The elements of a whole batch need only be of one size, and take the shape of the first.
    """

    def __init__(
        self,
        source: Dataset,
        batch_size: int,
        drop_remainder: bool,
        padding: Callable[[int, Sequence[Array]], Array] | None = None,
        shapes: Sequence[Shape] | None = None,
        whole: bool = False,
    ) -> None:
        rows = batch_size if drop_remainder else None
        inner = source.shapes if shapes is None else shapes
        super().__init__(
            source.types,
            [None if shape is None else (rows, *shape) for shape in inner],
            source,
        )
        self._batch_size = batch_size
        self._drop = drop_remainder
        self._padding = padding
        self._whole = whole

    def stack(self, place: int, items: Sequence[Array]) -> Array:
        """The values of a component as one array."""
        if self._padding is not None:
            return self._padding(place, items)
        return _stacked(place, self.types[place], items, self._whole)

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The batches."""
        return _Batching(
            self.inputs[0].iterate(iteration),
            self._batch_size,
            self._drop,
            self._whole,
            self.stack,
            iteration.check,
        )

    def cardinality(self) -> int:
        """The number of batches."""
        whole = self.inputs[0].cardinality()
        if whole < 0:
            return whole
        return whole // self._batch_size if self._drop else -(-whole // self._batch_size)


class _BatchedTogether(Batched):
    """As TensorFlow rewrites it: results of a function become one dataset with their batches."""

    def rewritten(self) -> Dataset:
        """Whole batches of the results of a function."""
        self._whole = self.inputs[0].joins_batches
        return self


class _BatchedAhead(Batched):
    """As where threads make batches."""

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The batches."""
        return EndUntold(super().iterate(iteration))


class _Batching(Iterator[Element]):
    def __init__(
        self,
        source: Iterator[Element],
        size: int,
        drop: bool,
        whole: bool,
        stack: Callable[[int, Sequence[Array]], Array],
        check: Callable[[], None],
    ) -> None:
        self._source = source
        self._size, self._drop, self._whole = size, drop, whole
        self._stack = stack
        self._check = check

    def __next__(self) -> Element:
        elements: list[Element] = []
        failed: OpError | None = None
        source, size = self._source, self._size
        following = outcome if self._whole else next
        self._check()
        for taken in range(1, size + 1):
            try:
                found = following(source)
            except StopIteration:
                break
            except OpError as error:
                no_end(error)
                raise
            if isinstance(found, OpError):
                failed = failed or found
            else:
                elements.append(found)
                check_room(len(elements), found, "a batch")
            if taken % CHECKED_EVERY == 0:
                self._check()
        if failed is not None:
            raise at_end(failed, False)
        short = self._drop and len(elements) < size
        if not elements or (short and not self._whole):
            raise StopIteration
        made = tuple(self._stack(place, items) for place, items in enumerate(zip(*elements)))
        if short:
            # It was put together all the same: elements of several sizes fail before they are left out.
            raise StopIteration
        return made


def _size(batch_size: Array) -> int:
    size = number(batch_size, "batch_size")
    require(size > 0, f"Batch size must be greater than zero, not {size}.")
    return size


@op(
    "BatchDatasetV2(input_dataset: variant, batch_size: int64, drop_remainder: bool) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "batch_dataset_op.cc",
    shape=scalar,
    ranks={"batch_size": 0, "drop_remainder": 0},
)
def batch_dataset_v2(
    input_dataset: Array,
    batch_size: Array,
    drop_remainder: Array,
    *,
    parallel_copy: bool = False,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """`batch_size` elements at a time, which must have one shape; fewer at the end unless `drop_remainder`.

    After an element that fails the next batch begins; results of a function fail as a whole batch, unless a function made or
    captured the dataset.  They need only be of one size, and take the shape of the first; in TensorFlow that of the one whose
    thread came first.

    Differs: TensorFlow's options can keep functions and batches apart.
    Raises: InvalidArgumentError unless `batch_size` is positive.
    """
    source, size = dataset_of(input_dataset), _size(batch_size)
    drop = truth(drop_remainder, "drop_remainder")
    return variant(_BatchedTogether(source, size, drop))


@op(
    "BatchDataset(input_dataset: variant, batch_size: int64) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    like=batch_dataset_v2,
    ranks={"batch_size": 0},
)
def batch_dataset(
    input_dataset: Array,
    batch_size: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """`batch_size` elements at a time, which must have one shape; fewer at the end.

    Raises: InvalidArgumentError unless `batch_size` is positive.
    """
    return variant(_BatchedTogether(dataset_of(input_dataset), _size(batch_size), False))


@op(
    "ParallelBatchDataset(input_dataset: variant, batch_size: int64, num_parallel_calls: int64, drop_remainder: bool) "
    "-> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "parallel_batch_dataset_op.cc",
    shape=scalar,
    ranks={"num_parallel_calls": 0, "batch_size": 0, "drop_remainder": 0},
)
def parallel_batch_dataset(
    input_dataset: Array,
    batch_size: Array,
    num_parallel_calls: Array,
    drop_remainder: Array,
    *,
    parallel_copy: bool = False,
    output_types: list[DType],
    output_shapes: list[Shape],
    deterministic: str = "default",
    metadata: str = "",
) -> Array:
    """As BatchDatasetV2; batches are made one after the other.

    Raises: InvalidArgumentError unless `batch_size` and `num_parallel_calls` are positive.
    """
    source = dataset_of(input_dataset)
    calls = number(num_parallel_calls, "num_parallel_calls")
    require(calls > 0 or calls == -1, f"num_parallel_calls must be greater than zero, not {calls}.")
    drop = truth(drop_remainder, "drop_remainder")
    return variant(_BatchedAhead(source, _size(batch_size), drop))


def _padding(
    shapes: Sequence[Array], values: Sequence[Array], types: Sequence[DType]
) -> tuple[Callable[[int, Sequence[Array]], Array], list[Shape]]:
    """What pads the values of a component to one shape, and the static shapes of rows."""
    wanted: list[Shape] = []
    for place, shape in enumerate(shapes):
        require(shape.ndim == 1, "All padded shapes must be vectors")
        sizes = shape.tolist()
        require(
            min(sizes, default=0) >= -1,
            f"padded_shapes[{place}] must have sizes >= -1, not {sizes}",
        )
        wanted.append(tuple(None if n < 0 else n for n in sizes))
    for value in values:
        require(value.ndim == 0, "All padding values must be scalars")

    def pad(place: int, items: Sequence[Array]) -> Array:
        shape = wanted[place] or ()
        for item in items:
            if item.ndim != len(shape):
                raise InvalidArgumentError(
                    "All elements in a batch must have the same rank as the padded shape for component"
                    f"{place}: expected rank {len(shape)} but got element with rank {item.ndim}"
                )
        sizes = [
            max(item.shape[axis] for item in items) if n is None else n
            for axis, n in enumerate(shape)
        ]
        if any(have > n for item in items for have, n in zip(item.shape, sizes)):
            raise DataLossError("Attempted to pad to a smaller size than the input element.")
        kind = types[place].numpy
        result = np.empty(allocatable((len(items), *sizes), kind), kind)
        result[...] = values[place]
        for row, item in enumerate(items):
            filled: Any = (row, *(slice(n) for n in item.shape), ...)
            result[filled] = item
        return result

    return pad, wanted


def _padded(
    source: Dataset,
    batch_size: Array,
    padded_shapes: Sequence[Array],
    padding_values: Sequence[Array],
    types: Sequence[DType],
    drop_remainder: bool,
) -> Array:
    size = _size(batch_size)
    require(
        len(padded_shapes) == len(source.types),
        "Number of padded shapes must match the number of components in the input dataset's elements: "
        f"{len(source.types)}, not {len(padded_shapes)}",
    )
    require(
        list(types) == list(source.types),
        "padding_values must have the types of the input dataset's elements, "
        f"{[t.name for t in source.types]}, not {[t.name for t in types]}",
    )
    pad, shapes = _padding(padded_shapes, padding_values, types)
    return variant(Batched(source, size, drop_remainder, pad, shapes))


@op(
    "PaddedBatchDatasetV2(input_dataset: variant, batch_size: int64, padded_shapes: N * int64, "
    "padding_values: Toutput_types, drop_remainder: bool) -> handle: variant",
    Toutput_types=TYPES,
    output_shapes=MANY,
    N=MANY,
    source=_SOURCE + "padded_batch_dataset_op.cc",
    shape=scalar,
    ranks={"batch_size": 0, "drop_remainder": 0},
)
def padded_batch_dataset_v2(
    input_dataset: Array,
    batch_size: Array,
    padded_shapes: Sequence[Array],
    padding_values: Sequence[Array],
    drop_remainder: Array,
    *,
    parallel_copy: bool = False,
    Toutput_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """`batch_size` elements at a time, padded to `padded_shapes`, where -1 stands for the largest of the batch.

    Raises: InvalidArgumentError unless there are a shape and a scalar for each component, and `batch_size` is positive.
    """
    return _padded(
        dataset_of(input_dataset),
        batch_size,
        padded_shapes,
        padding_values,
        Toutput_types,
        truth(drop_remainder, "drop_remainder"),
    )


@op(
    "PaddedBatchDataset(input_dataset: variant, batch_size: int64, padded_shapes: N * int64, "
    "padding_values: Toutput_types) -> handle: variant",
    Toutput_types=TYPES,
    output_shapes=MANY,
    N=MANY,
    like=padded_batch_dataset_v2,
    ranks={"batch_size": 0},
)
def padded_batch_dataset(
    input_dataset: Array,
    batch_size: Array,
    padded_shapes: Sequence[Array],
    padding_values: Sequence[Array],
    *,
    Toutput_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """As PaddedBatchDatasetV2, with a smaller batch at the end.

    Raises: InvalidArgumentError unless there are a shape and a scalar for each component, and `batch_size` is positive.
    """
    source = dataset_of(input_dataset)
    return _padded(source, batch_size, padded_shapes, padding_values, Toutput_types, False)


class _Unbatched(Dataset):
    """The rows of each element."""

    def __init__(self, source: Dataset) -> None:
        shapes = [None if shape is None else shape[1:] for shape in source.shapes]
        super().__init__(source.types, shapes, source)

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The rows."""
        return _Unbatching(self.inputs[0].iterate(iteration), iteration.check)

    def cardinality(self) -> int:
        """Known where the number of rows of an element is."""
        whole = self.inputs[0].cardinality()
        shapes = self.inputs[0].shapes
        rows = [shape[0] for shape in shapes if shape]
        known = [n for n in rows if n is not None]
        if whole < 0:
            return whole
        return whole * known[0] if known else UNKNOWN


class _Unbatching(Iterator[Element]):
    def __init__(self, source: Iterator[Element], check: Callable[[], None]) -> None:
        self._source = source
        self._check = check
        self._element: Element = ()
        self._row = self._rows = 0

    def __next__(self) -> Element:
        while self._row == self._rows:
            self._check()
            try:
                element = next(self._source)
            except OpError as error:
                no_end(error)
                raise
            if any(item.ndim == 0 for item in element):
                raise InvalidArgumentError(
                    "Input element must have a non-scalar value in each component."
                )
            rows = len(element[0])
            for place, item in enumerate(element):
                if len(item) != rows:
                    raise InvalidArgumentError(
                        "Input element must have the same batch size in each component. Component 0 had "
                        f"size {rows} but component {place} had size, {len(item)}."
                    )
            self._element, self._row, self._rows = element, 0, rows
        row = self._row
        self._row += 1
        return tuple([item[row, ...] for item in self._element])


@op(
    "UnbatchDataset(input_dataset: variant) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "experimental/unbatch_dataset_op.cc",
    shape=scalar,
)
def unbatch_dataset(
    input_dataset: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The rows of each element.

    Raises: InvalidArgumentError unless `input_dataset` is a dataset without scalars.
    """
    source = dataset_of(input_dataset)
    require(() not in source.shapes, "Cannot unbatch an input that has scalar components.")
    return variant(_Unbatched(source))


older(unbatch_dataset, "ExperimentalUnbatchDataset", "metadata")
