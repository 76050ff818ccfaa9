"""Datasets whose elements are what a function makes of the elements of another.

Elements are computed one after the other, in order, whatever number of parallel calls an op asks for.

Source: tensorflow/core/kernels/data/map_dataset_op.cc, parallel_map_dataset_op.cc, filter_dataset_op.cc,
experimental/map_and_batch_dataset_op.cc, experimental/scan_dataset_op.cc, experimental/take_while_dataset_op.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, OutOfRangeError
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.dataset_batch import Batched
from minihub_runtime.ops.datasets import (
    MANY,
    TYPES,
    UNKNOWN,
    Captured,
    Dataset,
    Element,
    Iteration,
    Pipe,
    dataset_of,
    number,
    require_alike,
    variant,
)
from minihub_runtime.ops.registry import ANY_LIST, Array, Func, older, op, without_gradient
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape

_SOURCE = "core/kernels/data/"


class Mapped(Dataset):
    """The results of a function; how many there are is not told unless they are said to be as many as the elements."""

    joins_batches = True

    def __init__(
        self,
        source: Dataset,
        function: Captured,
        types: Sequence[DType],
        shapes: Sequence[Shape],
        preserve_cardinality: bool,
    ) -> None:
        super().__init__(types, shapes, source)
        self._function = function
        self._preserve_cardinality = preserve_cardinality

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The results."""
        call = self._function.bind(iteration, self.types)
        return _Mapping(self.inputs[0].iterate(iteration), call)

    def cardinality(self) -> int:
        """That of the input."""
        return self.inputs[0].cardinality() if self._preserve_cardinality else UNKNOWN


class _Untouched(Pipe):
    """The elements themselves, of which it is not told how many there are unless they are said to be as many."""

    def __init__(self, source: Dataset, preserve_cardinality: bool) -> None:
        super().__init__(source)
        self._preserve_cardinality = preserve_cardinality

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements; those that are passed over are not made."""
        return self.inputs[0].iterate(iteration)

    def cardinality(self) -> int:
        """That of the input."""
        return super().cardinality() if self._preserve_cardinality else UNKNOWN


class _Identical(Mapped):
    """The results of a function that returns its argument; where TensorFlow rewrites the graph it is not called."""

    def rewritten(self) -> Dataset:
        """The elements themselves."""
        return _Untouched(self.inputs[0], self._preserve_cardinality)


def _mapped(
    ctx: Context,
    input_dataset: Array,
    f: Func,
    arguments: Sequence[Any],
    types: Sequence[DType],
    shapes: Sequence[Shape],
    preserve_cardinality: bool,
) -> Array:
    """The results of a function."""
    source, function = dataset_of(input_dataset), Captured(ctx, f, arguments)
    passes_on = not arguments and source.types == tuple(types) and ctx.passes_on(f)
    kind = _Identical if passes_on else Mapped
    return variant(kind(source, function, types, shapes, preserve_cardinality))


class _Mapping(Iterator[Element]):
    def __init__(self, source: Iterator[Element], call: Callable[[Element], list[Any]]) -> None:
        self._source = source
        self._call = call

    def __next__(self) -> Element:
        element = next(self._source)
        try:
            return tuple(self._call(element))
        except OutOfRangeError as error:
            # It would end the loop that asks for elements.
            raise InvalidArgumentError(
                f"Function invocation produced OutOfRangeError: {error}"
            ) from error


def _parallel(calls: Array, name: str = "num_parallel_calls") -> None:
    found = number(calls, name)
    require(found > 0 or found == -1, f"{name} must be greater than zero, not {found}.")


@op(
    "MapDataset(input_dataset: variant, other_arguments: Targuments) -> handle: variant",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "map_dataset_op.cc",
    shape=scalar,
)
def map_dataset(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    *,
    f: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    use_inter_op_parallelism: bool = True,
    preserve_cardinality: bool = False,
    metadata: str = "",
) -> Array:
    """The results of `f` for each element, followed by `other_arguments`.

    Raises: InvalidArgumentError unless `f` returns `output_types`, when an iterator is made.
    """
    return _mapped(
        ctx, input_dataset, f, other_arguments, output_types, output_shapes, preserve_cardinality
    )


@op(
    "ParallelMapDataset(input_dataset: variant, other_arguments: Targuments, num_parallel_calls: int32) "
    "-> handle: variant",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "parallel_map_dataset_op.cc",
    shape=scalar,
)
def parallel_map_dataset(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    num_parallel_calls: Array,
    *,
    f: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    use_inter_op_parallelism: bool = True,
    sloppy: bool = False,
    preserve_cardinality: bool = False,
    metadata: str = "",
) -> Array:
    """As MapDataset.

    Raises: InvalidArgumentError unless `num_parallel_calls` is positive, or -1.
    """
    _parallel(num_parallel_calls)
    return _mapped(
        ctx, input_dataset, f, other_arguments, output_types, output_shapes, preserve_cardinality
    )


@op(
    "ParallelMapDatasetV2(input_dataset: variant, other_arguments: Targuments, num_parallel_calls: int64) "
    "-> handle: variant",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    like=parallel_map_dataset,
)
def parallel_map_dataset_v2(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    num_parallel_calls: Array,
    *,
    f: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    use_inter_op_parallelism: bool = True,
    deterministic: str = "default",
    preserve_cardinality: bool = False,
    metadata: str = "",
) -> Array:
    """As MapDataset.

    Raises: InvalidArgumentError unless `num_parallel_calls` is positive, or -1.
    """
    _parallel(num_parallel_calls)
    return _mapped(
        ctx, input_dataset, f, other_arguments, output_types, output_shapes, preserve_cardinality
    )


@op(
    "MapAndBatchDataset(input_dataset: variant, other_arguments: Targuments, batch_size: int64, "
    "num_parallel_calls: int64, drop_remainder: bool) -> handle: variant",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "experimental/map_and_batch_dataset_op.cc",
    shape=scalar,
    ranks={"batch_size": 0, "drop_remainder": 0, "num_parallel_calls": 0},
)
def map_and_batch_dataset(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    batch_size: Array,
    num_parallel_calls: Array,
    drop_remainder: Array,
    *,
    f: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    preserve_cardinality: bool = False,
    metadata: str = "",
) -> Array:
    """The results of `f` for each element, `batch_size` at a time.

    Raises: InvalidArgumentError unless `batch_size` is positive, and `num_parallel_calls` is, or -1.
    """
    source, function = dataset_of(input_dataset), Captured(ctx, f, other_arguments)
    size = number(batch_size, "batch_size")
    require(size > 0, f"batch_size must be greater than zero, not {size}.")
    _parallel(num_parallel_calls)
    require_scalar(drop_remainder, "drop_remainder")
    rows = [None if shape is None else shape[1:] for shape in output_shapes]
    mapped = Mapped(source, function, output_types, rows, preserve_cardinality)
    return variant(Batched(mapped, size, bool(drop_remainder), whole=True))


class _Filtered(Pipe):
    """The elements for which a function is true."""

    def __init__(self, source: Dataset, predicate: Captured) -> None:
        super().__init__(source)
        self._predicate = predicate

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        holds = _truth_of(self._predicate.bind(iteration, [dtypes.bool_]))
        return filter(holds, self.inputs[0].iterate(iteration))

    def cardinality(self) -> int:
        """Unknown."""
        return UNKNOWN


def _truth_of(call: Callable[[Element], list[Any]]) -> Callable[[Element], bool]:
    def holds(element: Element) -> bool:
        (found,) = call(element)
        if found.ndim:
            raise InvalidArgumentError(
                f"`predicate` must return a scalar bool tensor, not one of shape {list(found.shape)}."
            )
        return bool(found)

    return holds


@op(
    "FilterDataset(input_dataset: variant, other_arguments: Targuments) -> handle: variant",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "filter_dataset_op.cc",
    shape=scalar,
)
def filter_dataset(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    *,
    predicate: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements for which `predicate` is true.

    Raises: InvalidArgumentError unless `predicate` returns a bool, when an iterator is made.
    """
    source = dataset_of(input_dataset)
    return variant(_Filtered(source, Captured(ctx, predicate, other_arguments)))


class _TakenWhile(_Filtered):
    """The elements up to the first for which a function is false."""

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        holds = _truth_of(self._predicate.bind(iteration, [dtypes.bool_]))
        return _TakingWhile(self.inputs[0].iterate(iteration), holds)


class _TakingWhile(Iterator[Element]):
    def __init__(self, source: Iterator[Element], holds: Callable[[Element], bool]) -> None:
        self._source: Iterator[Element] | None = source
        self._holds = holds

    def __next__(self) -> Element:
        if self._source is None:
            raise StopIteration
        element = next(self._source)
        if not self._holds(element):
            self._source = None
            raise StopIteration
        return element


@op(
    "TakeWhileDataset(input_dataset: variant, other_arguments: Targuments) -> handle: variant",
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "experimental/take_while_dataset_op.cc",
    shape=scalar,
)
def take_while_dataset(
    ctx: Context,
    input_dataset: Array,
    other_arguments: Sequence[Any],
    *,
    predicate: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements up to the first for which `predicate` is false.

    Raises: InvalidArgumentError unless `predicate` returns a bool, when an iterator is made.
    """
    source = dataset_of(input_dataset)
    return variant(_TakenWhile(source, Captured(ctx, predicate, other_arguments)))


class _Scanned(Mapped):
    """The results of a function that also gets what it returned for the element before."""

    joins_batches = False

    def __init__(
        self,
        source: Dataset,
        function: Captured,
        state: Element,
        types: Sequence[DType],
        shapes: Sequence[Shape],
        state_types: Sequence[DType],
        preserve_cardinality: bool,
    ) -> None:
        super().__init__(source, function, types, shapes, preserve_cardinality)
        self._state = state
        self._state_types = tuple(state_types)

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The results."""
        call = self._function.bind(iteration, [*self._state_types, *self.types])
        return _Scanning(self.inputs[0].iterate(iteration), call, self._state)


class _Scanning(Iterator[Element]):
    def __init__(
        self, source: Iterator[Element], call: Callable[[Element], list[Any]], state: Element
    ) -> None:
        self._source = source
        self._call = call
        self._state = state

    def __next__(self) -> Element:
        found = self._call((*self._state, *next(self._source)))
        count = len(self._state)
        self._state = tuple(found[:count])
        return tuple(found[count:])


@op(
    "ScanDataset(input_dataset: variant, initial_state: Tstate, other_arguments: Targuments) -> handle: variant",
    Tstate=TYPES,
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "experimental/scan_dataset_op.cc",
    shape=scalar,
)
def scan_dataset(
    ctx: Context,
    input_dataset: Array,
    initial_state: Sequence[Any],
    other_arguments: Sequence[Any],
    *,
    f: Func,
    Tstate: list[DType],
    output_types: list[DType],
    output_shapes: list[Shape],
    preserve_cardinality: bool = False,
    use_default_device: bool = True,
    metadata: str = "",
) -> Array:
    """The results of `f` for a state and an element; its first results are the next state.

    Raises: InvalidArgumentError unless `f` returns a state and `output_types`, when an iterator is made.
    """
    function = Captured(ctx, f, other_arguments)
    return variant(
        _Scanned(
            dataset_of(input_dataset),
            function,
            tuple(initial_state),
            output_types,
            output_shapes,
            Tstate,
            preserve_cardinality,
        )
    )


def _given(output_shapes: list[Shape], output_types: list[DType]) -> list[Shape]:
    """The shapes the graph's writer noted, unknown where it noted none."""
    known = len(output_shapes) == len(output_types)
    return list(output_shapes) if known else [None] * len(output_types)


@op(
    "ReduceDataset(input_dataset: variant, initial_state: Tstate, other_arguments: Targuments) "
    "-> components: output_types",
    Tstate=TYPES,
    Targuments=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source=_SOURCE + "reduce_dataset_op.cc",
    shape=_given,
)
def reduce_dataset(
    ctx: Context,
    input_dataset: Array,
    initial_state: Sequence[Any],
    other_arguments: Sequence[Any],
    *,
    f: Func,
    Tstate: list[DType],
    output_types: list[DType],
    output_shapes: list[Shape],
    use_inter_op_parallelism: bool = True,
    metadata: str = "",
) -> Element:
    """What is left of a state after `f` made another one of it for each element.

    Raises: InvalidArgumentError unless `f` returns a state.
    """
    iteration = Iteration(ctx)
    call = Captured(ctx, f, other_arguments).bind(iteration, Tstate)
    state = tuple(initial_state)
    for element in dataset_of(input_dataset).unshared().iterate(iteration):
        state = tuple(call((*state, *element)))
    require_alike(output_types, output_shapes, state)
    return state


@op(
    "DatasetToSingleElement(dataset: variant) -> components: output_types",
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source=_SOURCE + "single_element_dataset_ops.cc",
    shape=_given,
)
def dataset_to_single_element(
    ctx: Context,
    dataset: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Element:
    """The one element.

    Raises: InvalidArgumentError unless there is exactly one, of these types and shapes.
    """
    elements = dataset_of(dataset, "dataset").unshared().iterate(Iteration(ctx))
    found = next(elements, None)
    require(found is not None, "Dataset was empty.")
    require(next(elements, None) is None, "Dataset had more than one element.")
    assert found is not None
    require_alike(output_types, output_shapes, found)
    return found


@op(
    "DatasetCardinality(input_dataset: variant) -> cardinality: int64",
    source=_SOURCE + "dataset_ops.cc",
    shape=scalar,
)
def dataset_cardinality(input_dataset: Array, *, cardinality_options: str = "") -> Array:
    """The number of elements; -1 for endless ones, -2 if it is not known.

    Raises: InvalidArgumentError unless `input_dataset` is a dataset.
    """
    return np.array(dataset_of(input_dataset).cardinality(), np.int64)


older(map_and_batch_dataset, "ExperimentalMapAndBatchDataset", "metadata")
older(take_while_dataset, "ExperimentalTakeWhileDataset", "metadata")
older(scan_dataset, "ExperimentalScanDataset", "use_default_device", "metadata")
older(dataset_cardinality, "ExperimentalDatasetCardinality", "cardinality_options")

without_gradient("ReduceDataset")
