"""What becomes of all elements of a dataset together: a state for each key, or the entries of a table.

Source: tensorflow/core/kernels/data/experimental/group_by_reducer_dataset_op.cc, lookup_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, int64
from minihub_runtime.errors import InvalidArgumentError, OpError, OutOfRangeError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.datasets import (
    CHECKED_EVERY,
    INFINITE,
    MANY,
    TYPES,
    UNKNOWN,
    Captured,
    Dataset,
    Element,
    EndUntold,
    Iteration,
    check_room,
    dataset_of,
    is_at_end,
    number,
    variant,
)
from minihub_runtime.ops.registry import ANY_LIST, Array, Func, op
from minihub_runtime.ops.shape_rules import nothing, scalar
from minihub_runtime.ops.tables import Table
from minihub_runtime.shapes import Shape

_SOURCE = "core/kernels/data/experimental/"


class _ReducedByKey(Dataset):
    """What a function makes of the state of each key."""

    def __init__(
        self,
        source: Dataset,
        functions: Sequence[Captured],
        types: Sequence[DType],
        shapes: Sequence[Shape],
    ) -> None:
        super().__init__(types, shapes, source)
        self._key, self._init, self._reduce, self._finalize = functions

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The results, in the order of keys."""
        calls = (
            self._key.bind(iteration, [int64]),
            self._init.bind(iteration),
            self._reduce.bind(iteration),
            self._finalize.bind(iteration, self.types),
        )
        source = self.inputs[0].iterate(iteration)
        return EndUntold(_Reducing(source, calls, iteration), None)

    def cardinality(self) -> int:
        """Endless if elements are, for then there are no results; else not known before."""
        return INFINITE if self.inputs[0].cardinality() == INFINITE else UNKNOWN


class _Reducing(Iterator[Element]):
    """An element that fails changes no state, and a result that fails is passed over."""

    def __init__(
        self,
        source: Iterator[Element],
        calls: tuple[Callable[[Element], list[Any]], ...],
        iteration: Iteration,
    ) -> None:
        self._source: Iterator[Element] | None = source
        self._key, self._init, self._reduce, self._finalize = calls
        self._check = iteration.check
        self._states: dict[int, Element] = {}
        self._left: list[int] = []

    def __next__(self) -> Element:
        taken = 0
        while self._source is not None:
            if taken % CHECKED_EVERY == 0:
                self._check()
            taken += 1
            try:
                element = next(self._source)
            except StopIteration:
                self._source = None
                self._left = sorted(self._states, reverse=True)
            except OpError as error:
                if is_at_end(error):
                    # No results come after an error that came with the end.
                    self._source = None
                raise
            else:
                self._add(element)
        if not self._left:
            raise StopIteration
        return tuple(self._finalize(self._states[self._left.pop()]))

    def _add(self, element: Element) -> None:
        (found,) = self._key(element)
        key = number(found, "the result of `key_func`")
        if key not in self._states:
            self._states[key] = tuple(self._init((np.array(key, np.int64),)))
        self._states[key] = tuple(self._reduce((*self._states[key], *element)))
        check_room(len(self._states), self._states[key], "the states of keys")


@op(
    "GroupByReducerDataset|ExperimentalGroupByReducerDataset(input_dataset: variant, "
    "key_func_other_arguments: Tkey_func_other_arguments, init_func_other_arguments: Tinit_func_other_arguments, "
    "reduce_func_other_arguments: Treduce_func_other_arguments, "
    "finalize_func_other_arguments: Tfinalize_func_other_arguments) -> handle: variant",
    Tkey_func_other_arguments=ANY_LIST,
    Tinit_func_other_arguments=ANY_LIST,
    Treduce_func_other_arguments=ANY_LIST,
    Tfinalize_func_other_arguments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source=_SOURCE + "group_by_reducer_dataset_op.cc",
    shape=scalar,
)
def group_by_reducer_dataset(
    ctx: Context,
    input_dataset: Array,
    key_func_other_arguments: Sequence[Any],
    init_func_other_arguments: Sequence[Any],
    reduce_func_other_arguments: Sequence[Any],
    finalize_func_other_arguments: Sequence[Any],
    *,
    key_func: Func,
    init_func: Func,
    reduce_func: Func,
    finalize_func: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
) -> Array:
    """What `finalize_func` makes of the state of each key, in the order of keys.

    A state begins as `init_func` of the key; `reduce_func` makes the next one of it and of an element.

    Raises: InvalidArgumentError unless `key_func` returns an int64 scalar, when elements are asked for.
    """
    functions = [
        Captured(ctx, key_func, key_func_other_arguments),
        Captured(ctx, init_func, init_func_other_arguments),
        Captured(ctx, reduce_func, reduce_func_other_arguments),
        Captured(ctx, finalize_func, finalize_func_other_arguments),
    ]
    source = dataset_of(input_dataset)
    return variant(_ReducedByKey(source, functions, output_types, output_shapes))


@op(
    "InitializeTableFromDataset(table_handle: resource, dataset: variant)",
    stateful=True,
    source=_SOURCE + "lookup_ops.cc",
    shape=nothing,
)
def initialize_table_from_dataset(ctx: Context, table_handle: Any, dataset: Array) -> tuple[()]:
    """Nothing, after filling a table with pairs of a key and a value.

    Raises: InvalidArgumentError unless elements are pairs of scalars of the table's types; OutOfRangeError if there are none.
    """
    if not isinstance(table_handle, Table):
        raise InvalidArgumentError(
            f"table_handle must be a lookup table, not {type(table_handle).__name__}"
        )
    source = dataset_of(dataset, "dataset")
    require(
        len(source.types) == 2,
        f"elements must be pairs of a key and a value, not of {len(source.types)} components",
    )
    table_handle.check_dtypes(*source.types)
    keys: list[Any] = []
    values: list[Any] = []
    for key, value in source.unshared().iterate(Iteration(ctx)):
        if len(keys) % CHECKED_EVERY == 0:
            ctx.check()
        require(
            key.ndim == 0 and value.ndim == 0,
            f"keys and values must be scalars, not of shapes {list(key.shape)} and {list(value.shape)}",
        )
        keys.append(key.item())
        values.append(value.item())
        check_room(len(keys), (key, value), "the entries of a table")
    if not keys:
        raise OutOfRangeError("a table must be filled with at least one pair; the dataset has none")
    key_type, value_type = source.types
    table_handle.initialize(np.array(keys, key_type.numpy), np.array(values, value_type.numpy))
    return ()
