"""Datasets of windows: of elements that follow one another, and of those with one key.

Source: tensorflow/core/kernels/data/window_dataset_op.cc, experimental/group_by_window_dataset_op.cc.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, int64
from minihub_runtime.errors import OpError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.datasets import (
    MANY,
    TYPES,
    Captured,
    Dataset,
    Element,
    Elements,
    EndUntold,
    Iteration,
    Outcome,
    at_end,
    check_room,
    dataset_of,
    is_at_end,
    number,
    outcome,
    truth,
    variant,
)
from minihub_runtime.ops.registry import ANY_LIST, Array, Func, older, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape

_SOURCE = "core/kernels/data/"


class _Windowed(Dataset):
    """Datasets of a few elements, one for each component."""

    def __init__(
        self,
        source: Dataset,
        steps: tuple[int, int, int],
        drop: bool,
        types: Sequence[DType],
        shapes: Sequence[Shape],
    ) -> None:
        super().__init__(types, shapes, source)
        self._steps = steps
        self._drop = drop

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The windows."""
        source = self.inputs[0]
        return _Windowing(source, self._steps, self._drop, iteration)

    def cardinality(self) -> int:
        """The number of windows."""
        whole = self.inputs[0].cardinality()
        if whole < 0:
            return whole
        size, shift, stride = self._steps
        if not self._drop:
            return -(-whole // shift)
        span = (size - 1) * stride + 1
        return 0 if whole < span else (whole - span) // shift + 1


class _Windowing(Iterator[Element]):
    """An error has its place among the elements: it is that of each window which it lies in."""

    def __init__(
        self, source: Dataset, steps: tuple[int, int, int], drop: bool, iteration: Iteration
    ) -> None:
        self._types, self._shapes = source.types, source.shapes
        self._source: Iterator[Element] | None = source.iterate(iteration)
        self._size, self._shift, self._stride = steps
        self._drop = drop
        self._check = iteration.check
        self._buffer: deque[Outcome] = deque()
        self._missing = 0

    def __next__(self) -> Element:
        span = (self._size - 1) * self._stride + 1
        buffer = self._buffer
        ends = False
        while self._source is not None and len(buffer) < span:
            self._check()
            try:
                found = outcome(self._source)
            except StopIteration:
                self._source = None
                ends = True
                break
            if isinstance(found, OpError) and is_at_end(found):
                # TensorFlow looks at the end first: an error beside it is in no window.
                self._source = None
                ends = True
                break
            if self._missing:
                self._missing -= 1
                continue
            buffer.append(found)
            element = (found,) if isinstance(found, OpError) else found
            check_room(len(buffer), element, "a window")
        if not buffer or (self._drop and len(buffer) < span):
            raise StopIteration
        window = [buffer[place] for place in range(0, min(span, len(buffer)), self._stride)]
        for _ in range(min(self._shift, len(buffer))):
            buffer.popleft()
        self._missing = max(0, self._shift - span)
        failed = next((item for item in window if isinstance(item, OpError)), None)
        if failed is not None:
            raise at_end(failed, ends).with_traceback(None)
        return tuple(
            variant(Elements([dtype], [shape], [(item,) for item in items]))
            for dtype, shape, items in zip(self._types, self._shapes, zip(*window))
        )


@op(
    "WindowDataset(input_dataset: variant, size: int64, shift: int64, stride: int64, drop_remainder: bool) "
    "-> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "window_dataset_op.cc",
    shape=scalar,
    ranks={"drop_remainder": 0, "size": 0, "shift": 0, "stride": 0},
)
def window_dataset(
    input_dataset: Array,
    size: Array,
    shift: Array,
    stride: Array,
    drop_remainder: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """Datasets of `size` elements that lie `stride` apart; the next one begins `shift` elements later.

    An error that comes with the end, as that of the last window or of `assert_cardinality`, is the end.

    Differs: TensorFlow may stop at an element between two windows that fails.
    Raises: InvalidArgumentError unless the numbers are positive.
    """
    steps = []
    for name, value in (("size", size), ("shift", shift), ("stride", stride)):
        found = number(value, name)
        require(found > 0, f"Window {name} must be greater than zero, not {found}.")
        steps.append(found)
    source = dataset_of(input_dataset)
    first, second, third = steps
    drop = truth(drop_remainder, "drop_remainder")
    return variant(_Windowed(source, (first, second, third), drop, output_types, output_shapes))


class _GroupedByWindow(Dataset):
    """The elements of the datasets that a function makes of elements of one key."""

    def __init__(
        self,
        source: Dataset,
        functions: Sequence[Captured],
        types: Sequence[DType],
        shapes: Sequence[Shape],
    ) -> None:
        super().__init__(types, shapes, source)
        self._key, self._reduce, self._size = functions

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        source = self.inputs[0]
        calls = self._key.bind(iteration, [int64]), self._size.bind(iteration, [int64])
        reduce = self._reduce.bind_dataset(iteration, "the result of `reduce_func`")
        return EndUntold(_Grouping(source, calls, reduce, iteration), None)


class _Grouping(Iterator[Element]):
    """A group of which nothing can be made stays: its error comes again at the end, without end."""

    def __init__(
        self,
        source: Dataset,
        calls: tuple[Callable[[Element], list[Any]], ...],
        reduce: Callable[[Element], Dataset],
        iteration: Iteration,
    ) -> None:
        self._types, self._shapes = source.types, source.shapes
        self._source: Iterator[Element] | None = source.iterate(iteration)
        self._key, self._size = calls
        self._reduce = reduce
        self._iteration = iteration
        self._groups: dict[int, list[Element]] = {}
        self._sizes: dict[int, int] = {}
        self._held = 0
        #: The elements that are made of a group, which is left when they are at an end, and its key.
        self._current: Iterator[Element] | None = None
        self._current_key = 0

    def __next__(self) -> Element:
        while True:
            if self._current is not None:
                try:
                    return next(self._current)
                except StopIteration:
                    self._current = None
                    self._held -= len(self._groups.pop(self._current_key))
            if self._source is None:
                if not self._groups:
                    raise StopIteration
                # What is left comes in the order of keys.
                self._open(min(self._groups))
                continue
            try:
                element = next(self._source)
            except StopIteration:
                self._source = None
                continue
            except OpError as error:
                if is_at_end(error):
                    self._source = None
                raise
            self._add(element)

    def _add(self, element: Element) -> None:
        (found,) = self._key(element)
        key = number(found, "the result of `key_func`")
        if key not in self._sizes:
            (size,) = self._size((np.array(key, np.int64),))
            wanted = number(size, "the result of `window_size_func`")
            require(wanted > 0, f"Window size must be greater than zero, but got {wanted}.")
            self._sizes[key] = wanted
        group = self._groups.setdefault(key, [])
        group.append(element)
        self._held += 1
        check_room(self._held, element, "elements of a group")
        if len(group) == self._sizes[key]:
            self._open(key)

    def _open(self, key: int) -> None:
        elements = Elements(self._types, self._shapes, tuple(self._groups[key]))
        found = self._reduce((np.array(key, np.int64), variant(elements)))
        self._current = found.iterate(self._iteration)
        self._current_key = key


@op(
    "GroupByWindowDataset(input_dataset: variant, key_func_other_arguments: Tkey_func_other_arguments, "
    "reduce_func_other_arguments: Treduce_func_other_arguments, "
    "window_size_func_other_arguments: Twindow_size_func_other_arguments) -> handle: variant",
    Tkey_func_other_arguments=ANY_LIST,
    Treduce_func_other_arguments=ANY_LIST,
    Twindow_size_func_other_arguments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "experimental/group_by_window_dataset_op.cc",
    shape=scalar,
)
def group_by_window_dataset(
    ctx: Context,
    input_dataset: Array,
    key_func_other_arguments: Sequence[Any],
    reduce_func_other_arguments: Sequence[Any],
    window_size_func_other_arguments: Sequence[Any],
    *,
    key_func: Func,
    reduce_func: Func,
    window_size_func: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements of the datasets that `reduce_func` makes of elements with one key, as many as `window_size_func` says.

    Raises: InvalidArgumentError for a window that is not positive, when elements are asked for.
    """
    functions = [
        Captured(ctx, key_func, key_func_other_arguments),
        Captured(ctx, reduce_func, reduce_func_other_arguments),
        Captured(ctx, window_size_func, window_size_func_other_arguments),
    ]
    source = dataset_of(input_dataset)
    return variant(_GroupedByWindow(source, functions, output_types, output_shapes))


older(group_by_window_dataset, "ExperimentalGroupByWindowDataset", "metadata")
