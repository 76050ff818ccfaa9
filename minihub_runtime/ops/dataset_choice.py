"""Datasets that choose from others by numbers, and the random numbers that they choose by.

Source: tensorflow/core/kernels/data/experimental/directed_interleave_dataset_op.cc, experimental/random_dataset_op.cc.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, int64
from minihub_runtime.errors import InvalidArgumentError, OpError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.dataset_shuffle import Seeds
from minihub_runtime.ops.datasets import (
    CHECKED_EVERY,
    INFINITE,
    MANY,
    TYPES,
    UNKNOWN,
    Dataset,
    Element,
    Iteration,
    at_end,
    compatible,
    dataset_of,
    number,
    variant,
)
from minihub_runtime.ops.philox import Philox, WordStream
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape, common

_SOURCE = "core/kernels/data/experimental/"


class _Random(Dataset):
    """Random numbers without end, of 32 bits each."""

    def __init__(self, seeds: Seeds, shapes: Sequence[Shape], own: bool = True) -> None:
        super().__init__([int64], shapes)
        self._seeds = seeds
        self._own = own

    def renew(self) -> None:
        """Seeds begin anew unless they belong to a resource."""
        if self._own:
            self._seeds = self._seeds.begin()

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The numbers of an epoch."""
        return _Drawing(WordStream(Philox(*self._seeds.epoch())))

    def cardinality(self) -> int:
        """Endless."""
        return INFINITE


class _Drawing(Iterator[Element]):
    def __init__(self, words: WordStream) -> None:
        self._words = words

    def __next__(self) -> Element:
        return (np.array(self._words.word(), np.int64),)


def _random(
    seed: Array,
    seed2: Array,
    output_types: Sequence[DType],
    output_shapes: Sequence[Shape],
    anew: bool = False,
    generator: Any = None,
) -> Array:
    seeds = Seeds(number(seed, "seed"), number(seed2, "seed2"), anew)
    require(
        tuple(output_types) == (int64,),
        f"output_types must be [int64], not {[dtype.name for dtype in output_types]}",
    )
    if anew:
        # Places where the dataset stands share one generator of seeds.
        shared = generator if isinstance(generator, Seeds) else seeds
        return variant(_Random(shared, output_shapes, own=False))
    return variant(_Random(seeds, output_shapes))


@op(
    "RandomDataset(seed: int64, seed2: int64) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source=_SOURCE + "random_dataset_op.cc",
    shape=scalar,
    ranks={"seed": 0, "seed2": 0},
)
def random_dataset(
    seed: Array,
    seed2: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """Random numbers of [0, 2**32) without end, the same ones in each epoch; seeds of zero are drawn from the system.

    Raises: InvalidArgumentError unless seeds are scalars, and elements one int64.
    """
    return _random(seed, seed2, output_types, output_shapes)


@op(
    "ExperimentalRandomDataset(seed: int64, seed2: int64) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    like=random_dataset,
    ranks={"seed": 0, "seed2": 0},
)
def experimental_random_dataset(
    seed: Array, seed2: Array, *, output_types: list[DType], output_shapes: list[Shape]
) -> Array:
    """RandomDataset of older graphs.

    Differs: TensorFlow 2.15 makes no iterator of it.
    Raises: InvalidArgumentError unless seeds are scalars, and elements one int64.
    """
    return _random(seed, seed2, output_types, output_shapes)


@op(
    "RandomDatasetV2(seed: int64, seed2: int64, seed_generator: resource) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    like=random_dataset,
    ranks={"seed": 0, "seed2": 0},
)
def random_dataset_v2(
    seed: Array,
    seed2: Array,
    seed_generator: Any,
    *,
    rerandomize_each_iteration: bool = False,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """Random numbers of [0, 2**32) without end, other ones in each epoch if `rerandomize_each_iteration` says so.

    The seeds of epochs are the generator's if it is one, else those that `seed` and `seed2` lead to.

    Raises: InvalidArgumentError unless seeds are scalars, and elements one int64.
    """
    return _random(
        seed, seed2, output_types, output_shapes, rerandomize_each_iteration, seed_generator
    )


class _Chosen(Dataset):
    """Elements of several datasets: a number says which one gives the next."""

    def __init__(self, selector: Dataset, sources: Sequence[Dataset], stops: bool) -> None:
        shapes = [common(shapes) for shapes in zip(*(item.shapes for item in sources))]
        super().__init__(sources[0].types, shapes, selector, *sources)
        self._stops = stops

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        selector, *sources = [item.iterate(iteration) for item in self.inputs]
        return _Choosing(selector, sources, self._stops, iteration)

    def cardinality(self) -> int:
        """Endless if one of the datasets is, however many numbers there are."""
        endless = any(item.cardinality() == INFINITE for item in self.inputs[1:])
        return INFINITE if endless else UNKNOWN


class _Choosing(Iterator[Element]):
    """A dataset at its end ends all, or is passed over from then on, until all are at their ends."""

    def __init__(
        self,
        selector: Iterator[Element],
        sources: Sequence[Iterator[Element]],
        stops: bool,
        iteration: Iteration,
    ) -> None:
        self._selector: Iterator[Element] | None = selector
        self._sources: list[Iterator[Element] | None] = list(sources)
        self._stops = stops
        self._iteration = iteration

    def _selected(self) -> int:
        """The place of the next dataset."""
        if self._selector is None:
            raise StopIteration
        try:
            (found,) = next(self._selector)
        except StopIteration:
            self._selector = None
            raise
        if found.ndim:
            raise InvalidArgumentError(
                f"The selector input must be a dataset of scalar int64 elements, not of shape {list(found.shape)}."
            )
        place = int(found)
        if not 0 <= place < len(self._sources):
            raise InvalidArgumentError(
                f"Selector index out of range: {place} must be in [0, {len(self._sources)})"
            )
        return place

    def __next__(self) -> Element:
        passed = 0
        while True:
            # Numbers may be endless, and all of them those of datasets at their ends.
            if passed % CHECKED_EVERY == 0:
                self._iteration.check()
            passed += 1
            place = self._selected()
            source = self._sources[place]
            if source is None:
                continue
            try:
                return next(source)
            except OpError as error:
                # The end of one dataset is not that of all.
                at_end(error, False)
                raise
            except StopIteration:
                self._sources[place] = None
                if self._stops or not any(self._sources):
                    self._selector = None


def _chosen(
    selector_input_dataset: Array, data_input_datasets: Sequence[Array], stops: bool = False
) -> Array:
    selector = dataset_of(selector_input_dataset, "selector_input_dataset")
    require(
        selector.types == (int64,) and compatible(selector.shapes[0], ()),
        "The selector input must be a dataset of scalar int64 elements.",
    )
    sources = [dataset_of(item, "data_input_datasets") for item in data_input_datasets]
    for place, item in enumerate(sources):
        if item.types != sources[0].types:
            require(
                False,
                "All inputs must have the same output_dtypes. First input has types "
                f"{[t.name for t in sources[0].types]}, and input {place} has types {[t.name for t in item.types]}",
            )
    return variant(_Chosen(selector, sources, stops))


@op(
    "DirectedInterleaveDataset(selector_input_dataset: variant, data_input_datasets: N * variant) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    N=MANY,
    source=_SOURCE + "directed_interleave_dataset_op.cc",
    shape=scalar,
)
def directed_interleave_dataset(
    selector_input_dataset: Array,
    data_input_datasets: Sequence[Array],
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    stop_on_empty_dataset: bool = False,
) -> Array:
    """For each number of `selector_input_dataset` the next element of the dataset in that place.

    A dataset at its end is passed over, or ends all if `stop_on_empty_dataset`.

    Raises: InvalidArgumentError unless numbers are int64 scalars and elements of all datasets have the same types; for a
        number that is no place, when elements are asked for.
    """
    return _chosen(selector_input_dataset, data_input_datasets, stop_on_empty_dataset)


@op(
    "ExperimentalDirectedInterleaveDataset(selector_input_dataset: variant, data_input_datasets: N * variant) "
    "-> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    N=MANY,
    like=directed_interleave_dataset,
)
def experimental_directed_interleave_dataset(
    selector_input_dataset: Array,
    data_input_datasets: Sequence[Array],
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
) -> Array:
    """DirectedInterleaveDataset of older graphs, which passes over datasets at their ends.

    Raises: as DirectedInterleaveDataset.
    """
    return _chosen(selector_input_dataset, data_input_datasets)
