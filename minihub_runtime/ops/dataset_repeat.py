"""Datasets one after the other: several epochs of one, or one and then another.

Source: tensorflow/core/kernels/data/repeat_dataset_op.cc, concatenate_dataset_op.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import OpError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.datasets import (
    INFINITE,
    MANY,
    TYPES,
    UNKNOWN,
    Dataset,
    Element,
    Iteration,
    Pipe,
    after_end,
    dataset_of,
    number,
    variant,
)
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape, common

__all__ = ["of_epochs"]

_SOURCE = "core/kernels/data/"


def of_epochs(one: int, epochs: int) -> int:
    """The number of elements of several epochs of a dataset, endless ones if `epochs` is negative."""
    if epochs == 0 or one == 0:
        return 0
    if epochs < 0:
        return INFINITE
    return one if one < 0 else one * epochs


class _Repeated(Pipe):
    """Several epochs."""

    def __init__(self, source: Dataset, count: int) -> None:
        super().__init__(source)
        self._count = count

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """All epochs."""
        return _Repeating(self.inputs[0], self._count, iteration)

    def rewritten(self) -> Dataset:
        """The input for one epoch; one dataset with the input where that takes several epochs."""
        (source,) = self.inputs
        if self._count == 1:
            return source
        return (source.repeated(self._count) if self._count else None) or self

    def cardinality(self) -> int:
        """That of all epochs."""
        return of_epochs(self.inputs[0].cardinality(), self._count)


class _Repeating(Iterator[Element]):
    """A number of epochs begins each as soon as the one before ends, the last one included; endless ones when asked for.

    Shuffled datasets draw the seeds of an epoch then.
    """

    def __init__(self, source: Dataset, count: int, iteration: Iteration) -> None:
        self._source = source
        self._left = count
        self._iteration = iteration
        self._fresh = True
        self._epoch = source.iterate(iteration) if count > 0 else None

    def __next__(self) -> Element:
        ended = False
        while self._left:
            if self._epoch is None:
                self._epoch = self._source.iterate(self._iteration)
                self._fresh = True
            try:
                element = next(self._epoch)
            except OpError as error:
                if ended:
                    after_end(error)
                raise
            except StopIteration:
                self._iteration.check()
                ended = True
                self._epoch = None
                if self._left > 0:
                    self._left -= 1
                    self._epoch = self._source.iterate(self._iteration)
                elif self._fresh:
                    # An endless repetition of nothing ends.
                    self._left = 0
            else:
                self._fresh = False
                return element
        raise StopIteration


class _Concatenated(Dataset):
    """One dataset after the other."""

    def __init__(self, first: Dataset, second: Dataset) -> None:
        shapes = [common(pair) for pair in zip(first.shapes, second.shapes)]
        super().__init__(first.types, shapes, first, second)

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements of both."""
        return _Concatenating(self.inputs, iteration)

    def cardinality(self) -> int:
        """The sum."""
        counts = [item.cardinality() for item in self.inputs]
        if INFINITE in counts:
            return INFINITE
        return UNKNOWN if UNKNOWN in counts else sum(counts)


class _Concatenating(Iterator[Element]):
    def __init__(self, sources: tuple[Dataset, ...], iteration: Iteration) -> None:
        self._sources = list(sources[::-1])
        self._iteration = iteration
        self._current: Iterator[Element] | None = None

    def __next__(self) -> Element:
        ended = False
        while True:
            if self._current is None:
                if not self._sources:
                    raise StopIteration
                self._current = self._sources.pop().iterate(self._iteration)
            try:
                return next(self._current)
            except OpError as error:
                if ended:
                    after_end(error)
                raise
            except StopIteration:
                ended = True
                self._current = None


@op(
    "RepeatDataset(input_dataset: variant, count: int64) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "repeat_dataset_op.cc",
    shape=scalar,
    ranks={"count": 0},
)
def repeat_dataset(
    input_dataset: Array,
    count: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """`count` epochs; a negative count repeats for ever, unless there is nothing to repeat.

    Raises: InvalidArgumentError unless `count` is a scalar.
    """
    return variant(_Repeated(dataset_of(input_dataset), number(count, "count")))


@op(
    "ConcatenateDataset(input_dataset: variant, another_dataset: variant) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "concatenate_dataset_op.cc",
    shape=scalar,
)
def concatenate_dataset(
    input_dataset: Array,
    another_dataset: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements of one dataset, then those of another.

    Raises: InvalidArgumentError unless both have the same types.
    """
    first, second = dataset_of(input_dataset), dataset_of(another_dataset, "another_dataset")
    require(
        first.types == second.types,
        "input dataset and dataset to concatenate have different output_types "
        f"{[t.name for t in first.types]} and {[t.name for t in second.types]}",
    )
    return variant(_Concatenated(first, second))
