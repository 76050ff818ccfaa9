"""Datasets that give some of the elements of others: the first, those after them, every so many.

Source: tensorflow/core/kernels/data/take_dataset_op.cc, skip_dataset_op.cc, shard_dataset_op.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
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
    dataset_of,
    number,
    passed_over,
    variant,
)
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape

_SOURCE = "core/kernels/data/"


class _Taken(Pipe):
    """The first elements."""

    def __init__(self, source: Dataset, count: int) -> None:
        super().__init__(source)
        self._count = count

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        return _Taking(self.inputs[0].iterate(iteration), self._count)

    def cardinality(self) -> int:
        """At most the count."""
        whole = self.inputs[0].cardinality()
        if whole == UNKNOWN:
            return whole
        return self._count if whole == INFINITE else min(whole, self._count)


class _Taking(Iterator[Element]):
    """One that fails is not counted."""

    def __init__(self, source: Iterator[Element], count: int) -> None:
        self._source = source
        self._left = count

    def __next__(self) -> Element:
        if self._left <= 0:
            raise StopIteration
        element = next(self._source)
        self._left -= 1
        return element


def _taken(source: Dataset, count: int) -> Dataset:
    """The first elements; all of them if the count is negative."""
    return source if count < 0 else _Taken(source, count)


class _Skipped(Pipe):
    """All but the first elements; none if the count is negative."""

    def __init__(self, source: Dataset, count: int) -> None:
        super().__init__(source)
        self._count = count

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        if self._count < 0:
            return iter(())
        return _Every(self.inputs[0].iterate(iteration), self._count, 1, iteration.check)

    def cardinality(self) -> int:
        """What is left."""
        whole = self.inputs[0].cardinality()
        if self._count < 0:
            return 0
        return whole if whole < 0 else max(0, whole - self._count)


def _skipped(source: Dataset, count: int) -> Dataset:
    """All but the first elements; none if the count is negative."""
    return _Skipped(source, count) if count else source


class _Sharded(Pipe):
    """One of every few elements."""

    def __init__(self, source: Dataset, count: int, index: int, full: bool) -> None:
        super().__init__(source)
        self._count, self._index, self._full = count, index, full

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        source = self.inputs[0].iterate(iteration)
        return _Every(source, self._index, self._count, iteration.check, self._full)

    def cardinality(self) -> int:
        """The shard's part."""
        whole = self.inputs[0].cardinality()
        return whole if whole < 0 else (whole + self._count - 1 - self._index) // self._count


class _Every(Iterator[Element]):
    """The element number `skip`, and each that is `step` further.

    Elements that are passed over in between count together: after an error in their midst all of them are passed over anew.
    """

    def __init__(
        self,
        source: Iterator[Element],
        skip: int,
        step: int,
        check: Callable[[], None],
        required: bool = False,
    ) -> None:
        self._source = source
        self._pass, self._step = skip, step
        self._check = check
        self._required = required

    def __next__(self) -> Element:
        passed = passed_over(self._source, self._pass, self._check)
        element: Element | None = None
        if passed == self._pass:
            self._pass = 0
            element = next(self._source, None)
        if element is not None:
            self._pass = self._step - 1
            self._required = False
            return element
        if self._required:
            raise InvalidArgumentError(
                f"the dataset must have an element for each of {self._step} shards, "
                f"not {passed} elements"
            )
        raise StopIteration


def _counted(name: str, file: str, kind: Callable[[Dataset, int], Dataset], doc: str) -> None:
    """Register an op of a dataset and a number."""

    def kernel(
        input_dataset: Array,
        count: Array,
        *,
        output_types: list[DType],
        output_shapes: list[Shape],
        metadata: str = "",
    ) -> Array:
        return variant(kind(dataset_of(input_dataset), number(count, "count")))

    kernel.__doc__ = doc
    op(
        f"{name}(input_dataset: variant, count: int64) -> handle: variant",
        output_types=TYPES,
        output_shapes=MANY,
        source=_SOURCE + file,
        shape=scalar,
        ranks={"count": 0},
    )(kernel)


_counted(
    "TakeDataset",
    "take_dataset_op.cc",
    _taken,
    """The first `count` elements; all of them if it is negative.

    Raises: InvalidArgumentError unless `count` is a scalar.
    """,
)
_counted(
    "SkipDataset",
    "skip_dataset_op.cc",
    _skipped,
    """All but the first `count` elements; none of them if it is negative.

    Raises: InvalidArgumentError unless `count` is a scalar.
    """,
)


@op(
    "ShardDataset(input_dataset: variant, num_shards: int64, index: int64) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "shard_dataset_op.cc",
    shape=scalar,
    ranks={"num_shards": 0, "index": 0},
)
def shard_dataset(
    input_dataset: Array,
    num_shards: Array,
    index: Array,
    *,
    require_non_empty: bool = False,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements whose place, divided by `num_shards`, leaves `index`.

    Raises: InvalidArgumentError unless `index` lies in [0, num_shards).
    """
    count, place = number(num_shards, "num_shards"), number(index, "index")
    require(
        count > 0, f"Number of shards must be greater than zero (currently num_shards = {count})."
    )
    require(
        0 <= place < count,
        f"Index must be between 0 and {count - 1} (currently index = {place}).",
    )
    source = dataset_of(input_dataset)
    if count == 1:
        return variant(source)
    return variant(_Sharded(source, count, place, require_non_empty))
