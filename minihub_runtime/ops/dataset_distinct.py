"""Datasets that keep an account of elements: which came before, and how many there were.

Source: tensorflow/core/kernels/data/experimental/unique_dataset_op.cc, experimental/assert_cardinality_dataset_op.cc.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from minihub_runtime.dtypes import DType, int32, int64, string
from minihub_runtime.errors import FailedPreconditionError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.datasets import (
    CHECKED_EVERY,
    INFINITE,
    MANY,
    TYPES,
    UNKNOWN,
    Dataset,
    Element,
    Iteration,
    Pipe,
    at_end,
    check_room,
    dataset_of,
    number,
    variant,
)
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape

_SOURCE = "core/kernels/data/experimental/"


class _Unique(Pipe):
    """Each element the first time it comes."""

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        return _Distinguishing(self.inputs[0].iterate(iteration), iteration)

    def cardinality(self) -> int:
        """Not known before."""
        return UNKNOWN


def _key(array: Any) -> Hashable:
    """What is the same for equal elements; those of other shapes are others."""
    content = tuple(array.reshape(-1).tolist()) if array.dtype == object else array.tobytes()
    return array.shape, content


class _Distinguishing(Iterator[Element]):
    def __init__(self, source: Iterator[Element], iteration: Iteration) -> None:
        self._source = source
        self._iteration = iteration
        self._seen: set[Hashable] = set()

    def __next__(self) -> Element:
        passed = 0
        while True:
            if passed % CHECKED_EVERY == 0:
                self._iteration.check()
            passed += 1
            element = next(self._source)
            key = _key(element[0])
            if key not in self._seen:
                self._seen.add(key)
                check_room(len(self._seen), element, "elements that came before")
                return element


def _unique(input_dataset: Array) -> Array:
    source = dataset_of(input_dataset)
    require(
        len(source.types) == 1,
        f"UniqueDataset only supports inputs with a single component, not {len(source.types)}.",
    )
    require(
        source.types[0] in (int32, int64, string),
        "UniqueDataset only supports inputs with a single `tf.int32`, `tf.int64`, or `tf.string` component, "
        f"not {source.types[0].name}.",
    )
    return variant(_Unique(source))


@op(
    "UniqueDataset(input_dataset: variant) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "unique_dataset_op.cc",
    shape=scalar,
)
def unique_dataset(
    input_dataset: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """Each element the first time it comes in an epoch; tensors of other shapes are other elements.

    Raises: InvalidArgumentError unless an element is one tensor of int32, int64 or text.
    """
    return _unique(input_dataset)


@op(
    "ExperimentalUniqueDataset(input_dataset: variant) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    like=unique_dataset,
)
def experimental_unique_dataset(
    input_dataset: Array, *, output_types: list[DType], output_shapes: list[Shape]
) -> Array:
    """UniqueDataset of older graphs.

    Raises: InvalidArgumentError unless an element is one tensor of int32, int64 or text.
    """
    return _unique(input_dataset)


def _told(count: int) -> str:
    """A number of elements, in words."""
    if count == INFINITE:
        return "an infinite number of elements"
    if count == UNKNOWN:
        return "an unknown number of elements"
    return f"{count} element{'' if count == 1 else 's'}"


class _Counted(Pipe):
    """Elements of which there must be so many."""

    def __init__(self, source: Dataset, count: int) -> None:
        super().__init__(source)
        self._count = count

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        return _Counting(self.inputs[0].iterate(iteration), self._count)

    def cardinality(self) -> int:
        """What is said."""
        return self._count


class _Counting(Iterator[Element]):
    """Elements that fail are not counted."""

    def __init__(self, source: Iterator[Element], wanted: int) -> None:
        self._source = source
        self._wanted = wanted
        self._found = 0

    def __next__(self) -> Element:
        wanted = self._wanted
        try:
            element = next(self._source)
        except StopIteration:
            if self._found == wanted:
                raise
            raise at_end(
                FailedPreconditionError(
                    f"Input dataset was expected to contain {_told(wanted)} but contained only {_told(self._found)}."
                )
            ) from None
        self._found += 1
        if self._found > wanted and wanted != INFINITE:
            raise FailedPreconditionError(
                f"Input dataset was expected to contain {_told(wanted)} but contained at least {_told(self._found)}."
            )
        return element


@op(
    "AssertCardinalityDataset(input_dataset: variant, cardinality: int64) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "assert_cardinality_dataset_op.cc",
    shape=scalar,
    ranks={"cardinality": 0},
)
def assert_cardinality_dataset(
    input_dataset: Array,
    cardinality: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
) -> Array:
    """The elements, which are said to be `cardinality`; -1 stands for endless ones.

    Raises: InvalidArgumentError unless `cardinality` is a scalar; FailedPreconditionError for more or fewer elements, when
        they are asked for.
    """
    return variant(_Counted(dataset_of(input_dataset), number(cardinality, "cardinality")))
