"""Datasets that give the elements of others as they are: side by side, kept, or with advice on how to compute them.

Source: tensorflow/core/kernels/data/zip_dataset_op.cc, cache_dataset_ops.cc, prefetch_dataset_op.cc, options_dataset_op.cc,
model_dataset_op.cc, optimize_dataset_op.cc.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import OpError, PermissionDeniedError
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.datasets import (
    INFINITE,
    MANY,
    TYPES,
    UNKNOWN,
    AsItIs,
    Dataset,
    Element,
    EndUntold,
    Iteration,
    Pipe,
    check_room,
    dataset_of,
    is_at_end,
    number,
    outcome,
    variant,
)
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape

_SOURCE = "core/kernels/data/"


class _Zipped(Dataset):
    """Elements of several datasets side by side."""

    def __init__(self, sources: Sequence[Dataset]) -> None:
        super().__init__(
            [dtype for item in sources for dtype in item.types],
            [shape for item in sources for shape in item.shapes],
            *sources,
        )

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        return _Zipping([item.iterate(iteration) for item in self.inputs])

    def cardinality(self) -> int:
        """The smallest."""
        counts = [item.cardinality() for item in self.inputs]
        if UNKNOWN in counts:
            return UNKNOWN
        return min((count for count in counts if count != INFINITE), default=INFINITE)


class _Zipping(Iterator[Element]):
    """All datasets take a step, even where one fails; an error comes before the end that was found after it."""

    def __init__(self, sources: Sequence[Iterator[Element]]) -> None:
        self._sources = sources
        self._ended = False

    def __next__(self) -> Element:
        parts: list[Any] = []
        failed: OpError | None = None
        if not self._ended:
            for source in self._sources:
                try:
                    found = outcome(source)
                except StopIteration:
                    self._ended = True
                    break
                if isinstance(found, OpError):
                    failed = failed or found
                    if is_at_end(found):
                        self._ended = True
                        break
                else:
                    parts.extend(found)
        if failed is not None:
            raise failed
        if self._ended:
            raise StopIteration
        return tuple(parts)


@op(
    "ZipDataset(input_datasets: N * variant) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    N=MANY,
    source=_SOURCE + "zip_dataset_op.cc",
    shape=scalar,
)
def zip_dataset(
    input_datasets: Sequence[Array],
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The components of an element of each dataset, as long as all have one.

    Raises: InvalidArgumentError unless all inputs are datasets.
    """
    return variant(_Zipped([dataset_of(item, "input_datasets") for item in input_datasets]))


class _Cached(Pipe):
    """Elements that are computed in the first epoch."""

    def __init__(self, source: Dataset) -> None:
        super().__init__(source)
        self._kept: list[Element] | None = None

    def renew(self) -> None:
        """Keep nothing."""
        self._kept = None

    def keep(self, elements: list[Element]) -> None:
        """Note the elements of a whole epoch, unless there are some already."""
        if self._kept is None:
            self._kept = elements

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements that are kept, or those of the input."""
        if self._kept is not None:
            return iter(self._kept)
        return _Caching(self.inputs[0].iterate(iteration), self)


class _Caching(Iterator[Element]):
    """Elements are kept at the end, or as soon as there are as many as the dataset says."""

    def __init__(self, source: Iterator[Element], owner: _Cached) -> None:
        self._source = source
        self._owner = owner
        self._count = owner.cardinality()
        self._elements: list[Element] = []

    def __next__(self) -> Element:
        try:
            element = next(self._source)
        except StopIteration:
            self._owner.keep(self._elements)
            raise
        self._elements.append(element)
        check_room(len(self._elements), element, "a cache")
        if len(self._elements) == self._count:
            self._owner.keep(self._elements)
            self._elements = []
        return element


@op(
    "CacheDataset(input_dataset: variant, filename: string) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "cache_dataset_ops.cc",
    shape=scalar,
    ranks={"filename": 0},
)
def cache_dataset(
    input_dataset: Array,
    filename: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements, kept in memory when an epoch is complete, or there are as many as `cardinality` says.

    Raises: PermissionDeniedError for a `filename` that is not empty: a graph writes no files.
    Differs: TensorFlow writes the file.
    """
    source = dataset_of(input_dataset)
    require_scalar(filename, "filename")
    if filename.item():
        raise PermissionDeniedError(
            "a graph must not write files; cache(filename='') keeps elements in memory"
        )
    return variant(_Cached(source))


class _Prefetched(AsItIs):
    """One of which all elements are made, also those that are passed over."""

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        return EndUntold(super().iterate(iteration))


@op(
    "PrefetchDataset(input_dataset: variant, buffer_size: int64) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "prefetch_dataset_op.cc",
    shape=scalar,
    ranks={"buffer_size": 0},
)
def prefetch_dataset(
    input_dataset: Array,
    buffer_size: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    slack_period: int = 0,
    legacy_autotune: bool = True,
    buffer_size_min: int = 0,
    metadata: str = "",
) -> Array:
    """The elements; each is computed when it is asked for.

    Differs: TensorFlow computes `buffer_size` elements ahead in a thread.
    Raises: InvalidArgumentError unless `buffer_size` is at least 0, or -1.
    """
    source, size = dataset_of(input_dataset), number(buffer_size, "buffer_size")
    require(
        size >= -1,
        f"buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning, not {size}",
    )
    return variant(_Prefetched(source) if size else source)


@op(
    "OptionsDataset(input_dataset: variant) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "options_dataset_op.cc",
    shape=scalar,
)
def options_dataset(
    input_dataset: Array,
    *,
    serialized_options: str,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """The elements; options say how to compute them, not what they are.

    Raises: InvalidArgumentError unless `input_dataset` is a dataset.
    """
    return variant(AsItIs(dataset_of(input_dataset)))


@op(
    "NonSerializableDataset|ExperimentalNonSerializableDataset(input_dataset: variant) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "experimental/non_serializable_dataset_op.cc",
    shape=scalar,
)
def non_serializable_dataset(
    input_dataset: Array, *, output_types: list[DType], output_shapes: list[Shape]
) -> Array:
    """The elements.

    Raises: InvalidArgumentError unless `input_dataset` is a dataset.
    """
    return variant(AsItIs(dataset_of(input_dataset)))


@op(
    "MaxIntraOpParallelismDataset|ExperimentalMaxIntraOpParallelismDataset(input_dataset: variant, "
    "max_intra_op_parallelism: int64) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "experimental/threadpool_dataset_op.cc:MaxIntraOpParallelismDatasetOp",
    shape=scalar,
)
def max_intra_op_parallelism_dataset(
    input_dataset: Array,
    max_intra_op_parallelism: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
) -> Array:
    """The elements, computed with the threads of the session.

    Raises: InvalidArgumentError unless `input_dataset` is a dataset, and the number of threads one of at least 0.
    """
    number(max_intra_op_parallelism, "max_intra_op_parallelism", 0)
    return variant(AsItIs(dataset_of(input_dataset)))


@op(
    "PrivateThreadPoolDataset|ExperimentalPrivateThreadPoolDataset(input_dataset: variant, num_threads: int64) "
    "-> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "experimental/threadpool_dataset_op.cc:PrivateThreadPoolDatasetOp",
    shape=scalar,
)
def private_thread_pool_dataset(
    input_dataset: Array,
    num_threads: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
) -> Array:
    """The elements, computed with the threads of the session.

    Raises: InvalidArgumentError unless `input_dataset` is a dataset, and the number of threads one of at least 0.
    """
    number(num_threads, "num_threads", 0)
    return variant(AsItIs(dataset_of(input_dataset)))


@op(
    "ModelDataset(input_dataset: variant) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "model_dataset_op.cc",
    shape=scalar,
)
def model_dataset(
    input_dataset: Array,
    *,
    algorithm: int = 0,
    cpu_budget: int = 0,
    ram_budget: int = 0,
    output_types: list[DType],
    output_shapes: list[Shape],
) -> Array:
    """The elements; nothing is tuned.

    Raises: InvalidArgumentError unless `input_dataset` is a dataset.
    """
    return variant(dataset_of(input_dataset))


@op(
    "OptimizeDataset(input_dataset: variant, optimizations: string) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "optimize_dataset_op.cc",
    shape=scalar,
)
def optimize_dataset(
    input_dataset: Array,
    optimizations: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    optimization_configs: list[str] = [],
) -> Array:
    """The elements; nothing is rewritten.

    Raises: InvalidArgumentError unless `input_dataset` is a dataset and `optimizations` a vector.
    """
    require(optimizations.ndim == 1, "optimizations must be a vector")
    return variant(dataset_of(input_dataset))


@op(
    "OptimizeDatasetV2(input_dataset: variant, optimizations_enabled: string, optimizations_disabled: string, "
    "optimizations_default: string) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    like=optimize_dataset,
)
def optimize_dataset_v2(
    input_dataset: Array,
    optimizations_enabled: Array,
    optimizations_disabled: Array,
    optimizations_default: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    optimization_configs: list[str] = [],
) -> Array:
    """The elements; nothing is rewritten.

    Raises: InvalidArgumentError unless `input_dataset` is a dataset and the others are vectors.
    """
    for value in (optimizations_enabled, optimizations_disabled, optimizations_default):
        require(value.ndim == 1, "optimizations must be a vector")
    return variant(dataset_of(input_dataset))


@op(
    "RewriteDataset(input_dataset: variant, rewrite_name: string) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "rewrite_dataset_op.cc",
    shape=scalar,
)
def rewrite_dataset(
    input_dataset: Array,
    rewrite_name: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
) -> Array:
    """The elements; nothing is rewritten.

    Raises: InvalidArgumentError unless `input_dataset` is a dataset and `rewrite_name` a scalar.
    """
    require_scalar(rewrite_name, "rewrite_name")
    return variant(dataset_of(input_dataset))


class _Faultless(Pipe):
    """The elements that can be computed."""

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        return _Ignoring(self.inputs[0].iterate(iteration), iteration)

    def cardinality(self) -> int:
        """Not known before."""
        return UNKNOWN


class _Ignoring(Iterator[Element]):
    def __init__(self, source: Iterator[Element], iteration: Iteration) -> None:
        self._source = source
        self._iteration = iteration

    def __next__(self) -> Element:
        while True:
            found = outcome(self._source)
            if not isinstance(found, OpError):
                return found
            self._iteration.check()


@op(
    "IgnoreErrorsDataset|ExperimentalIgnoreErrorsDataset(input_dataset: variant) -> handle: variant",
    output_types=TYPES,
    output_shapes=MANY,
    source=_SOURCE + "experimental/ignore_errors_dataset_op.cc",
    shape=scalar,
)
def ignore_errors_dataset(
    input_dataset: Array,
    *,
    output_types: list[DType],
    output_shapes: list[Shape],
    log_warning: bool = False,
) -> Array:
    """The elements that can be computed.

    Differs: a run's deadline ends it all the same.
    Raises: InvalidArgumentError unless `input_dataset` is a dataset.
    """
    return variant(_Faultless(dataset_of(input_dataset)))
