"""Datasets that put rows together anew: batches of other sizes, and sparse tensors of rows of several shapes.

Source: tensorflow/core/kernels/data/experimental/rebatch_dataset_op.cc, dense_to_sparse_batch_dataset_op.cc.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.dtypes import variant as variant_type
from minihub_runtime.errors import (
    DataLossError,
    FailedPreconditionError,
    InvalidArgumentError,
    OpError,
)
from minihub_runtime.ops.checking import allocatable, require
from minihub_runtime.ops.datasets import (
    CHECKED_EVERY,
    MANY,
    TYPES,
    Dataset,
    Element,
    Iteration,
    at_end,
    check_room,
    dataset_of,
    is_at_end,
    no_end,
    number,
    truth,
    variant,
)
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape, show

_SOURCE = "core/kernels/data/experimental/"


class _Rebatched(Dataset):
    """The rows of batches in batches of other sizes, which come in turn."""

    def __init__(
        self,
        source: Dataset,
        sizes: Sequence[int],
        drop: bool,
        types: Sequence[DType],
        shapes: Sequence[Shape],
    ) -> None:
        super().__init__(types, shapes, source)
        self._sizes, self._drop = sizes, drop

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The batches."""
        return _Rebatching(self, self.inputs[0].iterate(iteration), iteration)

    @property
    def steps(self) -> tuple[Sequence[int], bool]:
        """The sizes, and whether fewer rows at the end are left out."""
        return self._sizes, self._drop

    def without_rows(self) -> Element:
        """A batch of no rows; what is not known of its shape is zero."""
        return tuple(
            np.empty((0, *(n or 0 for n in (shape or ())[1:])), dtype.numpy)
            for dtype, shape in zip(self.types, self.shapes)
        )


class _Rebatching(Iterator[Element]):
    """The rows that were taken for a batch that fails are lost; those behind them are not."""

    def __init__(self, owner: _Rebatched, source: Iterator[Element], iteration: Iteration) -> None:
        self._owner = owner
        self._sizes, self._drop = owner.steps
        self._source: Iterator[Element] | None = source
        self._check = iteration.check
        self._turn = 0
        #: What is left of an element.
        self._left: Element | None = None

    def __next__(self) -> Element:
        if self._source is None:
            raise StopIteration
        size = self._sizes[self._turn]
        try:
            pieces = self._pieces(size)
        except OpError as error:
            if is_at_end(error):
                self._source = None
            at_end(error, False)
            raise
        self._turn = (self._turn + 1) % len(self._sizes)
        rows = sum(len(piece[0]) for piece in pieces)
        if (size and not rows) or (self._drop and rows < size):
            raise StopIteration
        if not size:
            return self._owner.without_rows()
        if len(pieces) == 1:
            return pieces[0]
        return tuple(_joined(place, parts) for place, parts in enumerate(zip(*pieces)))

    def _pieces(self, size: int) -> list[Element]:
        """Pieces of elements with `size` rows together; fewer at the end."""
        pieces: list[Element] = []
        rows = taken = 0
        while rows < size:
            if taken % CHECKED_EVERY == 0:
                self._check()
            taken += 1
            element = self._left
            self._left = None
            if element is None:
                element = self._next_element()
                if element is None:
                    break
            count = len(element[0])
            wanted = min(size - rows, count)
            pieces.append(tuple(part[:wanted] for part in element))
            check_room(len(pieces), pieces[-1], "a batch")
            rows += wanted
            if wanted < count:
                self._left = tuple(part[wanted:] for part in element)
        return pieces

    def _next_element(self) -> Element | None:
        """The next element, all components of which have as many rows; None at the end."""
        assert self._source is not None
        try:
            element = next(self._source)
        except StopIteration:
            self._source = None
            return None
        for place, part in enumerate(element):
            require(
                part.ndim > 0,
                f"Input element must have a non-scalar value in each component, not a scalar in component {place}.",
            )
            require(
                len(part) == len(element[0]),
                "Input element must have the same batch size in each component. Component 0 had size "
                f"{len(element[0])} but component {place} had size {len(part)}.",
            )
        return element


def _joined(place: int, parts: Sequence[Array]) -> Array:
    """The rows of arrays one after the other."""
    for part in parts:
        if part.shape[1:] != parts[0].shape[1:]:
            raise FailedPreconditionError(
                f"rows of component {place} must have shape {list(parts[0].shape[1:])} to be put "
                f"together, not {list(part.shape[1:])}"
            )
    rows = sum(len(part) for part in parts)
    allocatable((rows, *parts[0].shape[1:]), parts[0].dtype, "a batch")
    return np.concatenate(parts)


@op(
    "RebatchDatasetV2(input_dataset: variant, batch_sizes: int64, drop_remainder: bool) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "rebatch_dataset_op.cc",
    shape=scalar,
)
def rebatch_dataset_v2(
    input_dataset: Array,
    batch_sizes: Array,
    drop_remainder: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
) -> Array:
    """The rows of elements in batches of other sizes: a scalar, or a vector of sizes that come in turn.

    Raises: InvalidArgumentError unless sizes are a scalar or a vector; when elements are asked for, for a scalar component or
        components of several numbers of rows, FailedPreconditionError for rows of several shapes.
    Differs: TensorFlow aborts on sizes below zero, and on none.
    """
    source = dataset_of(input_dataset)
    require(batch_sizes.ndim <= 1, "`batch_sizes` must be a scalar or a vector.")
    sizes = [int(size) for size in batch_sizes.reshape(-1)]
    require(
        sizes and min(sizes) >= 0, f"`batch_sizes` must be some numbers, none below 0, not {sizes}"
    )
    drop = truth(drop_remainder, "drop_remainder")
    return variant(_Rebatched(source, sizes, drop, output_types, output_shapes))


class _Sparse(Dataset):
    """Several elements as the rows of a sparse tensor: variants of indices, values and shape."""

    def __init__(self, source: Dataset, size: int, row: Sequence[int | None]) -> None:
        super().__init__([variant_type], [(None, *row)], source)
        self._size, self._row = size, row

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The sparse tensors."""
        return _MakingSparse(self.inputs[0].iterate(iteration), self._size, self._row, iteration)

    def cardinality(self) -> int:
        """The number of batches."""
        whole = self.inputs[0].cardinality()
        return whole if whole < 0 else -(-whole // self._size)


class _MakingSparse(Iterator[Element]):
    """The elements before one that fails are lost."""

    def __init__(
        self,
        source: Iterator[Element],
        size: int,
        row: Sequence[int | None],
        iteration: Iteration,
    ) -> None:
        self._source = source
        self._size, self._row = size, row
        self._check = iteration.check

    def __next__(self) -> Element:
        rows: list[Array] = []
        sizes = [n or 0 for n in self._row]
        for taken in range(self._size):
            if taken % CHECKED_EVERY == 0:
                self._check()
            try:
                (row,) = next(self._source)
            except StopIteration:
                break
            except OpError as error:
                no_end(error)
                raise
            rows.append(row)
            check_room(len(rows), (row,), "a batch")
            self._require_fitting(row)
            sizes = [
                max(size, n) if known is None else size
                for size, n, known in zip(sizes, row.shape, self._row)
            ]
        if not rows:
            raise StopIteration
        result = np.empty(3, dtype=object)
        result[0], result[1] = _entries(rows)
        result[2] = np.array([len(rows), *sizes], np.int64)
        return (result,)

    def _require_fitting(self, row: Array) -> None:
        if row.ndim != len(self._row):
            raise at_end(
                InvalidArgumentError(
                    f"Input element had shape ({list(row.shape)}) that is incompatible with the row shape "
                    f"({show(tuple(self._row))})."
                ),
                False,
            )
        if any(known is not None and n > known for n, known in zip(row.shape, self._row)):
            raise at_end(
                DataLossError(
                    f"Input element had shape ({list(row.shape)}) that is larger than the row shape "
                    f"({show(tuple(self._row))})."
                ),
                False,
            )


def _entries(rows: Sequence[Array]) -> tuple[Array, Array]:
    """The indices and values of all elements of rows."""
    total = sum(row.size for row in rows)
    indices = np.empty(
        allocatable((total, rows[0].ndim + 1), np.int64, "the indices of a batch"), np.int64
    )
    begin = 0
    for place, row in enumerate(rows):
        part = indices[begin : begin + row.size]
        part[:, 0] = place
        if row.ndim:
            part[:, 1:] = np.indices(row.shape).reshape(row.ndim, -1).T
        begin += row.size
    return indices, np.concatenate([row.reshape(-1) for row in rows])


@op(
    "DenseToSparseBatchDataset|ExperimentalDenseToSparseBatchDataset(input_dataset: variant, batch_size: int64, "
    "row_shape: int64) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "dense_to_sparse_batch_dataset_op.cc",
    shape=scalar,
    ranks={"batch_size": 0, "row_shape": 1},
)
def dense_to_sparse_batch_dataset(
    input_dataset: Array,
    batch_size: Array,
    row_shape: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
) -> Array:
    """`batch_size` elements at a time as the rows of a sparse tensor, with all their entries.

    A size of -1 in `row_shape` stands for the largest one of a batch.

    Raises: InvalidArgumentError unless elements have one component, `batch_size` is positive and `row_shape` a vector of sizes
        or -1; when elements are asked for, for one of another rank, DataLossError for one that is larger.
    """
    source = dataset_of(input_dataset)
    require(
        len(source.types) == 1,
        f"elements must have a single component to become rows of a sparse tensor, not {len(source.types)}",
    )
    size = number(batch_size, "batch_size")
    require(size > 0, f"Batch size must be greater than zero, not {size}.")
    require(row_shape.ndim == 1, "row_shape must be a vector")
    sizes = [int(n) for n in row_shape]
    require(min(sizes, default=0) >= -1, f"row_shape must have sizes of at least -1, not {sizes}")
    return variant(_Sparse(source, size, [None if n == -1 else n for n in sizes]))
