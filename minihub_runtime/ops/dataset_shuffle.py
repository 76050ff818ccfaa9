"""Datasets that give the elements of others in random order.

Source: tensorflow/core/kernels/data/shuffle_dataset_op.cc, random_seed_ops.cc.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator
from typing import Any

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.dataset_repeat import of_epochs
from minihub_runtime.ops.datasets import (
    CHECKED_EVERY,
    MANY,
    TYPES,
    Dataset,
    Element,
    EndUntold,
    Iteration,
    Pipe,
    check_room,
    dataset_of,
    number,
    variant,
)
from minihub_runtime.ops.philox import Philox, WordStream
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape

_SOURCE = "core/kernels/data/"

#: From how many epochs in the buffer of a shuffled dataset on it takes no more elements.
_MAX_EPOCHS = 3


class Seeds:
    """Where shuffled datasets take the seeds of an epoch from.

    Args:
        seed: the seeds; both zero stand for seeds drawn from the system.
        seed2: see `seed`.
        anew: whether each epoch has other seeds.
    """

    def __init__(self, seed: int, seed2: int, anew: bool) -> None:
        if seed == 0 and seed2 == 0:
            seed, seed2 = secrets.randbits(63), secrets.randbits(63)
        self._seeds = seed, seed2
        self._words = WordStream(Philox(seed, seed2)) if anew else None

    def begin(self) -> Seeds:
        """The same seeds from the beginning."""
        return Seeds(*self._seeds, self._words is not None)

    def epoch(self) -> tuple[int, int]:
        """The seeds of the next epoch."""
        if self._words is None:
            return self._seeds
        return self._words.word(), self._words.word()


class _Shuffled(Pipe):
    """Elements in random order, of a buffer of them, for one or several epochs; endless ones if `epochs` is negative."""

    def __init__(
        self, source: Dataset, buffer_size: int, seeds: Seeds, epochs: int = 1, own: bool = True
    ) -> None:
        super().__init__(source)
        self._buffer_size = buffer_size
        self._seeds = seeds
        self._epochs = epochs
        self._own = own

    def renew(self) -> None:
        """Seeds begin anew unless they belong to a resource."""
        if self._own:
            self._seeds = self._seeds.begin()

    def repeated(self, epochs: int) -> Dataset | None:
        """Several epochs in one dataset, unless it has several already."""
        if self._epochs != 1:
            return None
        return _Shuffled(self.inputs[0], self._buffer_size, self._seeds, epochs, self._own)

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The epochs, each with seeds of its own."""
        source = self.inputs[0]
        return EndUntold(
            _Shuffling(source, self._buffer_size, self._seeds, self._epochs, iteration), None
        )

    def cardinality(self) -> int:
        """That of all epochs."""
        return of_epochs(self.inputs[0].cardinality(), self._epochs)


class _Shuffling(Iterator[Element]):
    """Draws from a buffer: the drawn element gives its place to the oldest one of its epoch.

    While the elements of one epoch are drawn the buffer takes those of epochs after it, and meets their errors.
    """

    def __init__(
        self, source: Dataset, buffer_size: int, seeds: Seeds, epochs: int, iteration: Iteration
    ) -> None:
        self._source = source
        self._iteration = iteration
        self._limit = buffer_size
        self._left = epochs
        self._seeds = seeds
        self._words = self._order()
        self._epoch: Iterator[Element] | None = None
        self._buffer: list[Any] = []
        #: Where the elements of each epoch that is in the buffer begin and end; places are counted on through all epochs.
        self._spans: deque[list[int]] = deque()
        self._held = 0
        self._fresh = True

    def _order(self) -> WordStream:
        return WordStream(Philox(*self._seeds.epoch()))

    def _begin(self) -> Iterator[Element]:
        """Start an epoch."""
        end = self._spans[-1][1] if self._spans else 0
        if not self._held:
            self._leave_empty()
        self._spans.append([end, end])
        epoch = self._epoch = self._source.iterate(self._iteration)
        self._left -= self._left > 0
        return epoch

    def _leave_empty(self) -> None:
        """Leave the epochs of which no element is left."""
        while self._spans and self._spans[0][0] == self._spans[0][1]:
            self._spans.popleft()
            self._words = self._order()

    def _fill(self) -> None:
        while self._held < self._limit and not (self._held and len(self._spans) > _MAX_EPOCHS):
            epoch = self._epoch
            if epoch is None:
                if not self._left:
                    break
                epoch = self._begin()
            span = self._spans[-1]
            if span[1] % CHECKED_EVERY == 0:
                self._iteration.check()
            try:
                element = next(epoch)
            except StopIteration:
                self._iteration.check()
                self._epoch = None
                if self._left < 0 and self._fresh:
                    # An endless repetition of nothing ends.
                    self._left = 0
                continue
            if span[1] < self._limit:
                self._buffer.append(element)
            else:
                self._buffer[span[1] % self._limit] = element
            span[1] += 1
            self._held += 1
            self._fresh = False
            check_room(self._held, element, "the buffer of a shuffled dataset")

    def __next__(self) -> Element:
        self._fill()
        if not self._held:
            raise StopIteration
        self._leave_empty()
        buffer, limit, span = self._buffer, self._limit, self._spans[0]
        place = (span[0] + self._words.word() % (span[1] - span[0])) % limit
        oldest = span[0] % limit
        found: Element = buffer[place]
        buffer[place] = buffer[oldest]
        buffer[oldest] = None
        span[0] += 1
        self._held -= 1
        return found


def _seeds_of(value: Any) -> Seeds:
    if not isinstance(value, Seeds):
        raise InvalidArgumentError(
            f"seed_generator must be a generator of seeds, not {type(value).__name__}"
        )
    return value


@op(
    "ShuffleDataset(input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "shuffle_dataset_op.cc",
    shape=scalar,
    ranks={"buffer_size": 0, "seed": 0, "seed2": 0},
)
def shuffle_dataset(
    input_dataset: Array,
    buffer_size: Array,
    seed: Array,
    seed2: Array,
    *,
    reshuffle_each_iteration: bool = True,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements in random order: each is drawn from a buffer of the next `buffer_size`.

    Raises: InvalidArgumentError unless `buffer_size` is positive.
    """
    source, size = dataset_of(input_dataset), _buffer(buffer_size)
    seeds = Seeds(number(seed, "seed"), number(seed2, "seed2"), reshuffle_each_iteration)
    return variant(_Shuffled(source, size, seeds))


def _buffer(buffer_size: Array) -> int:
    size = number(buffer_size, "buffer_size")
    require(size > 0, f"buffer_size must be greater than zero, not {size}")
    return size


@op(
    "ShuffleDatasetV2(input_dataset: variant, buffer_size: int64, seed_generator: resource) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    like=shuffle_dataset,
    ranks={"buffer_size": 0},
)
def shuffle_dataset_v2(
    input_dataset: Array,
    buffer_size: Array,
    seed_generator: Any,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements in random order, with seeds from a generator.

    Raises: InvalidArgumentError unless `buffer_size` is positive.
    """
    seeds = _seeds_of(seed_generator)
    return variant(_Shuffled(dataset_of(input_dataset), _buffer(buffer_size), seeds, own=False))


@op(
    "ShuffleDatasetV3(input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64, "
    "seed_generator: resource) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    like=shuffle_dataset,
    ranks={"buffer_size": 0, "seed": 0, "seed2": 0},
)
def shuffle_dataset_v3(
    input_dataset: Array,
    buffer_size: Array,
    seed: Array,
    seed2: Array,
    seed_generator: Any,
    *,
    reshuffle_each_iteration: bool = True,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements in random order, with seeds from a generator if it is one.

    Raises: InvalidArgumentError unless `buffer_size` is positive.
    """
    source, size = dataset_of(input_dataset), _buffer(buffer_size)
    if isinstance(seed_generator, Seeds):
        return variant(_Shuffled(source, size, seed_generator, own=False))
    seeds = Seeds(number(seed, "seed"), number(seed2, "seed2"), reshuffle_each_iteration)
    return variant(_Shuffled(source, size, seeds))


@op(
    "DummySeedGenerator() -> handle: resource",
    stateful=True,
    source=_SOURCE + "random_seed_ops.cc",
    shape=scalar,
)
def dummy_seed_generator() -> Any:
    """A handle that stands for no generator."""
    return None


@op(
    "AnonymousSeedGenerator(seed: int64, seed2: int64, reshuffle: bool) -> handle: resource, deleter: variant",
    stateful=True,
    source=_SOURCE + "random_seed_ops.cc",
    shape=lambda: [(), ()],
)
def anonymous_seed_generator(seed: Array, seed2: Array, reshuffle: Array) -> tuple[Any, Any]:
    """A generator of seeds, and what keeps it alive.

    Raises: InvalidArgumentError for anything but scalars.
    """
    require_scalar(reshuffle, "reshuffle")
    made = Seeds(number(seed, "seed"), number(seed2, "seed2"), bool(reshuffle))
    return made, made


def _count(count: Array) -> int:
    found = number(count, "count")
    require(
        found > 0 or found == -1, f"count must be greater than zero or equal to -1, not {found}"
    )
    return found


@op(
    "ShuffleAndRepeatDataset(input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64, count: int64) "
    "-> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    like=shuffle_dataset,
    ranks={"buffer_size": 0, "seed": 0, "seed2": 0, "count": 0},
)
def shuffle_and_repeat_dataset(
    input_dataset: Array,
    buffer_size: Array,
    seed: Array,
    seed2: Array,
    count: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    reshuffle_each_iteration: bool = True,
    metadata: str = "",
) -> Array:
    """Several epochs, or endless ones with a `count` of -1, each in random order.

    Raises: InvalidArgumentError unless `buffer_size` is positive, and `count` is positive or -1.
    """
    source, size, epochs = dataset_of(input_dataset), _buffer(buffer_size), _count(count)
    seeds = Seeds(number(seed, "seed"), number(seed2, "seed2"), reshuffle_each_iteration)
    return variant(_Shuffled(source, size, seeds, epochs))


@op(
    "ShuffleAndRepeatDatasetV2(input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64, count: int64, "
    "seed_generator: resource) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    like=shuffle_dataset,
    ranks={"buffer_size": 0, "seed": 0, "seed2": 0, "count": 0},
)
def shuffle_and_repeat_dataset_v2(
    input_dataset: Array,
    buffer_size: Array,
    seed: Array,
    seed2: Array,
    count: Array,
    seed_generator: Any,
    *,
    reshuffle_each_iteration: bool = True,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """Several epochs, or endless ones with a `count` of -1, each in random order, with seeds from a generator if it is one.

    Raises: InvalidArgumentError unless `buffer_size` is positive, and `count` is positive or -1.
    """
    source, size, epochs = dataset_of(input_dataset), _buffer(buffer_size), _count(count)
    if isinstance(seed_generator, Seeds):
        return variant(_Shuffled(source, size, seed_generator, epochs, own=False))
    seeds = Seeds(number(seed, "seed"), number(seed2, "seed2"), reshuffle_each_iteration)
    return variant(_Shuffled(source, size, seeds, epochs))
