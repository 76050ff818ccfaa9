"""Datasets of the elements of datasets that a function makes.

Source: tensorflow/core/kernels/data/flat_map_dataset_op.cc, interleave_dataset_op.cc, parallel_interleave_dataset_op.cc,
experimental/parallel_interleave_dataset_op.cc.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from minihub_runtime.dtypes import DType
from minihub_runtime.dtypes import variant as variant_type
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.datasets import (
    MANY,
    TYPES,
    Captured,
    Dataset,
    Element,
    Iteration,
    dataset_of,
    number,
    require_alike,
    variant,
)
from minihub_runtime.ops.registry import ANY_LIST, Array, Func, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape

_SOURCE = "core/kernels/data/"

#: Makes an iterator of an element.
_Open = Callable[[Element], Iterator[Element]]


class _Interleaved(Dataset):
    """Elements of the datasets of several elements, a few of each in turn; of one for a cycle of 1."""

    def __init__(
        self,
        source: Dataset,
        function: Captured,
        types: Sequence[DType],
        shapes: Sequence[Shape],
        cycle: int = 1,
        block: int = 1,
    ) -> None:
        super().__init__(types, shapes, source)
        self._function = function
        self._cycle, self._block = cycle, block

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        call = self._function.bind(iteration, [variant_type])

        def opened(element: Element) -> Iterator[Element]:
            inner = dataset_of(call(element)[0], "the result of `f`")
            require_alike(self.types, self.shapes, inner)
            return inner.iterate(iteration)

        source = self.inputs[0].iterate(iteration)
        if self._cycle == 1:
            return _Flattening(source, opened, iteration.check)
        return _Interleaving(source, opened, self._cycle, self._block, iteration.check)


class _Flattening(Iterator[Element]):
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


class _Interleaving(Iterator[Element]):
    def __init__(
        self,
        source: Iterator[Element],
        opened: _Open,
        cycle: int,
        block: int,
        check: Callable[[], None],
    ) -> None:
        self._source: Iterator[Element] | None = source
        self._opened = opened
        self._cycle, self._block = cycle, block
        self._check = check
        #: Places of the cycle that were reached so far; a place without a dataset is None.
        self._current: list[Iterator[Element] | None] = [None]
        self._place = self._taken = 0

    def _advance(self) -> None:
        self._taken = 0
        self._place += 1
        if self._place == self._cycle or (
            self._source is None and self._place >= len(self._current)
        ):
            self._place = 0
        elif self._place == len(self._current):
            self._current.append(None)

    def __next__(self) -> Element:
        while self._source is not None or any(self._current):
            current = self._current[self._place]
            if current is not None:
                try:
                    element = next(current)
                except StopIteration:
                    self._current[self._place] = None
                    self._advance()
                    continue
                self._taken += 1
                if self._taken == self._block:
                    self._advance()
                return element
            if self._source is None:
                self._advance()
                continue
            self._check()
            try:
                found = next(self._source)
            except StopIteration:
                self._source = None
                continue
            self._current[self._place] = self._opened(found)
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
    return variant(_Interleaved(source, Captured(ctx, f, arguments), types, shapes, cycle, block))


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
    source = dataset_of(input_dataset)
    return _interleaved(
        ctx, source, f, other_arguments, cycle_length, block_length, output_types, output_shapes
    )
