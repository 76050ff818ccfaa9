"""Datasets of the elements of datasets that a function makes.

Source: tensorflow/core/kernels/data/flat_map_dataset_op.cc, interleave_dataset_op.cc, parallel_interleave_dataset_op.cc,
experimental/parallel_interleave_dataset_op.cc.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import DeadlineExceededError, OpError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.datasets import (
    MANY,
    TYPES,
    Captured,
    Dataset,
    Element,
    Iteration,
    Passing,
    at_end,
    check_room,
    dataset_of,
    is_at_end,
    number,
    passed_over,
    require_alike,
    variant,
)
from minihub_runtime.ops.registry import ANY_LIST, Array, Func, older, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape

_SOURCE = "core/kernels/data/"

#: Makes an iterator of an element.
_Open = Callable[[Element], Iterator[Element]]


class _Interleaved(Dataset):
    """Elements of the datasets of several elements, a few of each in turn; one after the other without a cycle."""

    def __init__(
        self,
        source: Dataset,
        function: Captured,
        types: Sequence[DType],
        shapes: Sequence[Shape],
        cycle: int = 0,
        block: int = 1,
    ) -> None:
        super().__init__(types, shapes, source)
        self._function = function
        self._cycle, self._block = cycle, block

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        call = self._function.bind_dataset(iteration, "the result of `f`")

        def opened(element: Element) -> Iterator[Element]:
            inner = call(element)
            require_alike(self.types, self.shapes, inner)
            return inner.iterate(iteration)

        return self._turns(self.inputs[0].iterate(iteration), opened, iteration.check)

    def _turns(
        self, source: Iterator[Element], opened: _Open, check: Callable[[], None]
    ) -> Iterator[Element]:
        if not self._cycle:
            return _Flattening(source, opened, check)
        datasets = _Datasets(source, opened, check)
        return _PassingInTurns(datasets, self._cycle, self._block, check)


class _Flattening(Passing):
    def __init__(self, source: Iterator[Element], opened: _Open, check: Callable[[], None]) -> None:
        self._source = source
        self._opened = opened
        self._check = check
        self._current: Iterator[Element] | None = None

    def __next__(self) -> Element:
        while True:
            if self._current is None:
                self._check()
                self._current = self._opened(next(self._source))
            try:
                return next(self._current)
            except StopIteration:
                self._current = None
            except OpError as error:
                # The end of one dataset is not that of all.
                at_end(error, False)
                raise

    def pass_over(self, count: int) -> int:
        """Pass over the next `count` elements; how many there were."""
        passed = 0
        while passed < count:
            if self._current is None:
                self._check()
                try:
                    self._current = self._opened(next(self._source))
                except StopIteration:
                    break
            try:
                passed += passed_over(self._current, count - passed, self._check)
            except OpError as error:
                at_end(error, False)
                raise
            if passed < count:
                self._current = None
        return passed


class _Datasets:
    """The datasets that are made of the elements of another.

    Attributes:
        ended: whether there was no element any more.
    """

    def __init__(self, source: Iterator[Element], opened: _Open, check: Callable[[], None]) -> None:
        self._source = source
        self._opened = opened
        self._check = check
        self.ended = False

    def following(self) -> Iterator[Element] | None:
        """What the next element is made into; None if there is none."""
        if self.ended:
            return None
        self._check()
        try:
            element = next(self._source)
        except StopIteration:
            self.ended = True
            return None
        except OpError as error:
            self.ended = is_at_end(error)
            at_end(error, None)
            raise
        try:
            return self._opened(element)
        except OpError as error:
            at_end(error, None)
            raise


class _DatasetsOrErrors(_Datasets):
    """One that cannot be made is a dataset all the same: of its error."""

    def following(self) -> Iterator[Element] | None:
        """What the next element is made into; None if there is none."""
        try:
            return super().following()
        except DeadlineExceededError:
            raise
        except OpError as error:
            return _Failing(error)


class _DatasetsUpToTheEnd(_DatasetsOrErrors):
    """As where threads fill slots: an error that came with the end is the end."""

    def following(self) -> Iterator[Element] | None:
        """What the next element is made into; None if there is none."""
        found = super().following()
        return None if self.ended else found


class _Failing(Iterator[Element]):
    """An error, and then the end."""

    def __init__(self, error: OpError) -> None:
        self._error: OpError | None = error

    def __next__(self) -> Element:
        error, self._error = self._error, None
        if error is None:
            raise StopIteration
        raise error


class _Interleaving(Iterator[Element]):
    """Some elements of each dataset in turn; errors are not counted, unless they take turns."""

    def __init__(
        self, datasets: _Datasets, cycle: int, block: int, errors_take_turns: bool = False
    ) -> None:
        self._datasets = datasets
        self._cycle, self._block = cycle, block
        self._errors_take_turns = errors_take_turns
        #: Places of the cycle that were reached so far; a place without a dataset is None.
        self._current: list[Iterator[Element] | None] = [None]
        self._place = self._taken = 0

    def _advance(self) -> None:
        self._taken = 0
        self._place += 1
        if self._place == self._cycle or (
            self._datasets.ended and self._place >= len(self._current)
        ):
            self._place = 0
        elif self._place == len(self._current):
            self._current.append(None)

    def _count(self, elements: int = 1) -> None:
        self._taken += elements
        if self._taken == self._block:
            self._advance()

    def _opened(self) -> Iterator[Element] | None:
        """The dataset whose turn it is; None if there is none any more."""
        while not self._datasets.ended or any(self._current):
            if self._current[self._place] is None:
                self._current[self._place] = self._datasets.following()
            if self._current[self._place] is not None:
                return self._current[self._place]
            self._advance()
        return None

    def _end(self) -> None:
        """The dataset whose turn it is is at its end."""
        self._current[self._place] = None
        self._advance()

    def __next__(self) -> Element:
        while (current := self._opened()) is not None:
            try:
                element = next(current)
            except StopIteration:
                self._end()
                continue
            except OpError as error:
                at_end(error, False if self._errors_take_turns else None)
                if self._errors_take_turns:
                    self._count()
                raise
            self._count()
            return element
        raise StopIteration


class _PassingInTurns(_Interleaving, Passing):
    """One that no threads compute."""

    def __init__(
        self, datasets: _Datasets, cycle: int, block: int, check: Callable[[], None]
    ) -> None:
        super().__init__(datasets, cycle, block)
        self._check = check

    def pass_over(self, count: int) -> int:
        """Pass over the next `count` elements; how many there were."""
        passed = 0
        while passed < count and (current := self._opened()) is not None:
            wanted = min(count - passed, self._block - self._taken)
            try:
                found = passed_over(current, wanted, self._check)
            except OpError as error:
                at_end(error, None)
                raise
            passed += found
            if found == wanted:
                self._count(found)
            else:
                self._end()
        return passed


class _InterleavedInTurns(_Interleaved):
    """As where threads compute elements: an error is an element, also in the place of a dataset."""

    def _turns(
        self, source: Iterator[Element], opened: _Open, check: Callable[[], None]
    ) -> Iterator[Element]:
        datasets = _DatasetsOrErrors(source, opened, check)
        return _Interleaving(datasets, self._cycle, self._block, errors_take_turns=True)


class _InterleavedInSlots(_Interleaved):
    """As where threads fill slots: an error is an element, and the dataset after one that ended waits for its turn."""

    def _turns(
        self, source: Iterator[Element], opened: _Open, check: Callable[[], None]
    ) -> Iterator[Element]:
        datasets = _DatasetsUpToTheEnd(source, opened, check)
        return _InterleavingSlots(datasets, self._cycle, self._block)


class _InterleavingSlots(Iterator[Element]):
    def __init__(self, datasets: _Datasets, cycle: int, block: int) -> None:
        self._datasets = datasets
        self._cycle, self._block = cycle, block
        #: A slot for which there is no dataset any more is None.
        self._slots: list[Iterator[Element] | None] = []
        self._place = self._taken = 0

    def _pass(self, slots: int) -> None:
        self._place = (self._place + 1) % slots

    def _count(self, slots: int) -> None:
        self._taken += 1
        if self._taken == self._block:
            self._taken = 0
            self._pass(slots)

    def __next__(self) -> Element:
        while len(self._slots) < self._cycle and not self._datasets.ended:
            found = self._datasets.following()
            if found is not None:
                self._slots.append(found)
                check_room(len(self._slots), (found,), "the datasets of a cycle")
        slots = len(self._slots)
        empty = 0
        while empty < slots:
            current = self._slots[self._place]
            if current is None:
                empty += 1
                self._pass(slots)
                continue
            try:
                element = next(current)
            except StopIteration:
                pass
            except OpError as error:
                # One that came with the end is the end.
                if not is_at_end(error):
                    at_end(error, False)
                    self._count(slots)
                    raise
            else:
                self._count(slots)
                return element
            self._slots[self._place] = self._datasets.following()
            # Without a dataset in its place, what was taken counts for the slot after it.
            if self._slots[self._place] is not None:
                empty = self._taken = 0
            self._pass(slots)
        raise StopIteration


@op(
    "FlatMapDataset(input_dataset: variant, other_arguments: Targuments) -> handle: variant",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "flat_map_dataset_op.cc",
    shape=scalar,
)
def flat_map_dataset(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    *,
    f: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements of the datasets that `f` makes of elements, one dataset after the other.

    Raises: InvalidArgumentError unless `f` returns one dataset of these types and shapes, when elements are asked for.
    """
    source, function = dataset_of(input_dataset), Captured(ctx, f, other_arguments)
    return variant(_Interleaved(source, function, output_types, output_shapes))


def _interleaved(
    kind: type[_Interleaved],
    ctx: Context,
    source: Dataset,
    f: Func,
    arguments: Sequence[Any],
    cycle_length: Array,
    block_length: Array,
    types: Sequence[DType],
    shapes: Sequence[Shape],
) -> Array:
    cycle, block = number(cycle_length, "cycle_length"), number(block_length, "block_length")
    if cycle == -1:
        cycle = os.cpu_count() or 1
    require(cycle > 0, f"cycle_length must be greater than zero, not {cycle}.")
    require(block > 0, f"block_length must be greater than zero, not {block}.")
    return variant(kind(source, Captured(ctx, f, arguments), types, shapes, cycle, block))


@op(
    "InterleaveDataset(input_dataset: variant, other_arguments: Targuments, cycle_length: int64, block_length: int64) "
    "-> handle: variant",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "interleave_dataset_op.cc",
    shape=scalar,
)
def interleave_dataset(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    cycle_length: Array,
    block_length: Array,
    *,
    f: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """`block_length` elements in turn of each of the datasets that `f` makes of `cycle_length` elements.

    A `cycle_length` of -1 stands for the number of processors.

    Raises: InvalidArgumentError unless `block_length` is positive, and `cycle_length` is, or -1.
    """
    return _interleaved(
        _Interleaved,
        ctx,
        dataset_of(input_dataset),
        f,
        other_arguments,
        cycle_length,
        block_length,
        output_types,
        output_shapes,
    )


_IN_PARALLEL = (
    "(input_dataset: variant, other_arguments: Targuments, cycle_length: int64, block_length: int64, "
    "num_parallel_calls: int64) -> handle: variant"
)


@op(
    f"ParallelInterleaveDatasetV3{_IN_PARALLEL}",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "parallel_interleave_dataset_op.cc",
    shape=scalar,
)
def parallel_interleave_dataset_v3(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    cycle_length: Array,
    block_length: Array,
    num_parallel_calls: Array,
    *,
    f: Func,
    deterministic: str = "default",
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """As InterleaveDataset, but errors take their turns; elements are computed one after the other.

    Raises: InvalidArgumentError unless `block_length` is positive, and `cycle_length` and `num_parallel_calls` are, or -1;
        for more calls than datasets.
    """
    source = dataset_of(input_dataset)
    calls = number(num_parallel_calls, "num_parallel_calls")
    require(calls > 0 or calls == -1, f"num_parallel_calls must be greater than zero, not {calls}.")
    cycle = number(cycle_length, "cycle_length")
    require(
        cycle <= 0 or calls <= cycle,
        f"num_parallel_calls must be at most cycle_length, {cycle}, not {calls}",
    )
    return _interleaved(
        _InterleavedInTurns,
        ctx,
        source,
        f,
        other_arguments,
        cycle_length,
        block_length,
        output_types,
        output_shapes,
    )


@op(
    f"ParallelInterleaveDatasetV2{_IN_PARALLEL}",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    like=parallel_interleave_dataset_v3,
)
def parallel_interleave_dataset_v2(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    cycle_length: Array,
    block_length: Array,
    num_parallel_calls: Array,
    *,
    f: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    sloppy: bool = False,
    metadata: str = "",
) -> Array:
    """As ParallelInterleaveDatasetV3, in the same order, sloppy or not.

    Raises: InvalidArgumentError where that does.
    """
    return parallel_interleave_dataset_v3.kernel(
        ctx,
        input_dataset,
        other_arguments,
        cycle_length,
        block_length,
        num_parallel_calls,
        f=f,
        output_types=output_types,
        output_shapes=output_shapes,
    )


@op(
    "ParallelInterleaveDatasetV4(input_dataset: variant, other_arguments: Targuments, cycle_length: int64, "
    "block_length: int64, buffer_output_elements: int64, prefetch_input_elements: int64, num_parallel_calls: int64) "
    "-> handle: variant",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "parallel_interleave_dataset_op.cc",
    shape=scalar,
)
def parallel_interleave_dataset_v4(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    cycle_length: Array,
    block_length: Array,
    buffer_output_elements: Array,
    prefetch_input_elements: Array,
    num_parallel_calls: Array,
    *,
    f: Func,
    deterministic: str = "default",
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """As InterleaveDataset, but errors take their turns; elements are computed one after the other.

    Raises: InvalidArgumentError unless `block_length` is positive, and `cycle_length` and `num_parallel_calls` are, or -1;
        for more calls than datasets.
    """
    for name, value in (
        ("buffer_output_elements", buffer_output_elements),
        ("prefetch_input_elements", prefetch_input_elements),
    ):
        number(value, name, -1)
    return parallel_interleave_dataset_v3.kernel(
        ctx,
        input_dataset,
        other_arguments,
        cycle_length,
        block_length,
        num_parallel_calls,
        f=f,
        output_types=output_types,
        output_shapes=output_shapes,
    )


def _in_slots(
    ctx: Context,
    input_dataset: Array,
    f: Func,
    arguments: Sequence[Any],
    sizes: Sequence[Array],
    types: Sequence[DType],
    shapes: Sequence[Shape],
) -> Array:
    limits = (
        ("cycle_length", 1),
        ("block_length", 1),
        ("buffer_output_elements", 1),
        ("prefetch_input_elements", 0),
    )
    found = [number(value, *limit) for value, limit in zip(sizes, limits, strict=True)]
    source, function = dataset_of(input_dataset), Captured(ctx, f, arguments)
    return variant(_InterleavedInSlots(source, function, types, shapes, found[0], found[1]))


@op(
    "ParallelInterleaveDataset(input_dataset: variant, other_arguments: Targuments, cycle_length: int64, "
    "block_length: int64, sloppy: bool, buffer_output_elements: int64, prefetch_input_elements: int64) "
    "-> handle: variant",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "experimental/parallel_interleave_dataset_op.cc",
    shape=scalar,
)
def parallel_interleave_dataset(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    cycle_length: Array,
    block_length: Array,
    sloppy: Array,
    buffer_output_elements: Array,
    prefetch_input_elements: Array,
    *,
    f: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """As InterleaveDataset, but errors take their turns; elements are computed one after the other, sloppy or not.

    Differs: in TensorFlow the slot behind one that ended without a dataset in its place gives a block, or what is left of the
        block before, according to whether its thread has an element by then; here it has.
    Raises: InvalidArgumentError unless `cycle_length`, `block_length` and `buffer_output_elements` are positive, and
        `prefetch_input_elements` is at least 0.
    """
    require(sloppy.ndim == 0, "sloppy must be a scalar")
    sizes = (cycle_length, block_length, buffer_output_elements, prefetch_input_elements)
    return _in_slots(ctx, input_dataset, f, other_arguments, sizes, output_types, output_shapes)


@op(
    "LegacyParallelInterleaveDatasetV2(input_dataset: variant, other_arguments: Targuments, cycle_length: int64, "
    "block_length: int64, buffer_output_elements: int64, prefetch_input_elements: int64) -> handle: variant",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "experimental/parallel_interleave_dataset_op.cc",
    shape=scalar,
)
def legacy_parallel_interleave_dataset_v2(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    cycle_length: Array,
    block_length: Array,
    buffer_output_elements: Array,
    prefetch_input_elements: Array,
    *,
    f: Func,
    deterministic: str = "default",
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """As ParallelInterleaveDataset, deterministic or not.

    Raises: as ParallelInterleaveDataset.
    """
    sizes = (cycle_length, block_length, buffer_output_elements, prefetch_input_elements)
    return _in_slots(ctx, input_dataset, f, other_arguments, sizes, output_types, output_shapes)


older(parallel_interleave_dataset, "ExperimentalParallelInterleaveDataset", "metadata")
