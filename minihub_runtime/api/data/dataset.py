"""`tf.data.Dataset`.

Source: tensorflow/python/data/ops/dataset_ops.py and the files beside it, one for each method.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.functions import ElementFunction
from minihub_runtime.api.data.iterator import Iterator
from minihub_runtime.api.data.one_shot import copied_into_function
from minihub_runtime.api.data.padding import padded_shapes_of, padding_values_of
from minihub_runtime.api.data.structure import (
    DatasetSpec,
    batch_spec,
    flat_shapes,
    flat_types,
    legacy_classes,
    legacy_shapes,
    legacy_types,
    normalized,
    rows_of,
    spec_of,
    to_tensors,
    unbatch_spec,
)
from minihub_runtime.api.graph import Operation, Tensor, name_scope
from minihub_runtime.api.random_seed import get_seed
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.api.tensor_shape import Dimension
from minihub_runtime.api.type_spec import SparseTensorSpec, TensorSpec
from minihub_runtime.dtypes import bool_, int64, string
from minihub_runtime.public import public

__all__ = ["AUTOTUNE", "Dataset", "dataset_seeds", "made"]

#: Lets TensorFlow choose a number.
AUTOTUNE = public("data.AUTOTUNE", "data.experimental.AUTOTUNE")(-1)
#: The number of elements of endless datasets, and of those whose number is not known.
INFINITE = public("data.INFINITE_CARDINALITY", "data.experimental.INFINITE_CARDINALITY")(-1)
UNKNOWN = public("data.UNKNOWN_CARDINALITY", "data.experimental.UNKNOWN_CARDINALITY")(-2)


def made(op: str, element_spec: Any, **arguments: Any) -> Dataset:
    """The dataset that a new operation makes, with elements of a spec."""
    variant = build(
        op,
        output_types=flat_types(element_spec),
        output_shapes=flat_shapes(element_spec),
        **arguments,
    )
    return Dataset(variant, element_spec)


def _number(value: Any, name: str, default: int | None = None) -> Tensor:
    return convert_to_tensor(default if value is None else value, int64, name)


def dataset_seeds(seed: Any) -> tuple[Tensor, Tensor]:
    """The seeds of an operation that draws at random, as tensors."""
    first, second = get_seed(seed)
    if first is None or second is None:
        return convert_to_tensor(0, int64, "seed"), convert_to_tensor(0, int64, "seed2")
    one = convert_to_tensor(first, int64, "seed")
    # Two zeros would ask for seeds that differ from run to run.
    with name_scope("seed2") as scope:
        two = convert_to_tensor(second, int64)
        zeros = build("LogicalAnd", x=build("Equal", x=one, y=0), y=build("Equal", x=two, y=0))
        instead = convert_to_tensor(2**31 - 1, int64)
        return one, build("SelectV2", condition=zeros, t=instead, e=two, name=scope)


@public("data.Dataset")
class Dataset:
    """A sequence of elements: structures of tensors, made of tuples, named tuples and mappings.

    A dataset is made by one of its static methods, and by methods that make another one of it.  It is iterated over in a
    session: see `make_one_shot_iterator` and `make_initializable_iterator`.

    Attributes:
        element_spec: a structure of the TypeSpecs of elements.
    """

    def __init__(self, variant_tensor: Tensor, element_spec: Any) -> None:
        self._variant_tensor = variant_tensor
        self._element_spec = element_spec

    @property
    def element_spec(self) -> Any:
        """A structure of the TypeSpecs of elements."""
        return self._element_spec

    @property
    def output_types(self) -> Any:
        """A structure of the types of elements."""
        return legacy_types(self.element_spec)

    @property
    def output_shapes(self) -> Any:
        """A structure of the static shapes of elements."""
        return legacy_shapes(self.element_spec)

    @property
    def output_classes(self) -> Any:
        """A structure of the classes of elements."""
        return legacy_classes(self.element_spec)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} element_spec={self.element_spec}>"

    def __iter__(self) -> NoReturn:
        raise RuntimeError(
            "`tf.data.Dataset` only supports Python-style iteration in eager mode or within tf.function."
        )

    def __len__(self) -> NoReturn:
        raise TypeError("`tf.data.Dataset` only supports `len` in eager mode. Use `cardinality()`.")

    def __bool__(self) -> bool:
        return True

    def _next(self, op: str, **arguments: Any) -> Dataset:
        """A dataset made of this one, with elements like its own."""
        return made(op, self.element_spec, input_dataset=self._variant_tensor, **arguments)

    # Where elements come from

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Dataset:
        """One element.

        Args:
            tensors: a structure of tensors, or of what converts to them.
            name: accepted; it has no effect.
        """
        element = normalized(tensors)
        spec = spec_of(element)
        variant = build(
            "TensorDataset",
            components=to_tensors(spec, element),
            output_shapes=flat_shapes(spec),
        )
        return Dataset(variant, spec)

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Dataset:
        """The rows of tensors.

        Args:
            tensors: a structure of tensors with the same number of rows, or of what converts to them.
            name: accepted; it has no effect.

        Raises:
            ValueError: there are no tensors, scalars are among them, or their numbers of rows differ.
        """
        element = normalized(tensors)
        batched = spec_of(element)
        components = rows_of(batched, element)
        if not components:
            raise ValueError("Invalid `element`. `element` should not be empty.")
        spec = unbatch_spec(batched)
        rows = Dimension(components[0].shape[0].value)
        for component in components[1:]:
            rows.assert_is_compatible_with(Dimension(component.shape[0].value))
        variant = build(
            "TensorSliceDataset", components=components, output_shapes=flat_shapes(spec)
        )
        return Dataset(variant, spec)

    @staticmethod
    def from_sparse_tensor_slices(sparse_tensor: Any) -> Dataset:
        """The rows of a sparse tensor.

        Raises:
            TypeError: it is none.
        """
        spec = spec_of(sparse_tensor)
        if not isinstance(spec, SparseTensorSpec):
            raise TypeError(
                "Invalid `sparse_tensor`. `sparse_tensor` must be a `tf.sparse.SparseTensor`, but got "
                f"type {type(sparse_tensor)}."
            )
        variant = build(
            "SparseTensorSliceDataset",
            indices=sparse_tensor.indices,
            values=sparse_tensor.values,
            dense_shape=sparse_tensor.dense_shape,
        )
        rank = spec.shape.ndims
        inner = None if rank is None else rank - 1
        parts = (
            TensorSpec([None, inner], int64),
            TensorSpec([None], spec.dtype),
            TensorSpec([inner], int64),
        )
        from minihub_runtime.api.composite import SparseTensor

        return Dataset(variant, parts).map(SparseTensor)

    @staticmethod
    def range(*args: Any, **kwargs: Any) -> Dataset:
        """Numbers, as Python's `range` has them.

        Args:
            *args: `stop`; `start` and `stop`; or these and `step`.
            **kwargs: `output_type`, int64 by default, and `name`.

        Raises:
            ValueError: the number of arguments is another.
        """
        if not 1 <= len(args) <= 3:
            raise ValueError(
                "Invalid `args`. The length of `args` should be between 1 and 3 but was "
                f"{len(args)}."
            )
        start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
        spec = TensorSpec([], kwargs.get("output_type", int64))
        numbers = {
            name: _number(value, name)
            for name, value in (("start", start), ("stop", stop), ("step", step))
        }
        return made("RangeDataset", spec, **numbers)

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> Dataset:
        """Elements of several datasets side by side, as long as all have one.

        Args:
            *args: a structure of datasets, or datasets.
            datasets: the same, by name.
            name: accepted; it has no effect.

        Raises:
            TypeError: there are none, or something else is among them.
        """
        if not args and datasets is None:
            raise TypeError("Must pass at least one dataset to `zip`.")
        if args and datasets is not None:
            raise TypeError("Both `*args` and `datasets` cannot be set.")
        structure = datasets if not args else args[0] if len(args) == 1 else args
        flat = nest.flatten(structure)
        for item in flat:
            if isinstance(item, list):
                raise TypeError(
                    "Invalid input to `zip`. Inputs are expected to be (nested) structures of "
                    "`tf.data.Dataset` objects. Python `list` is not supported and you should use "
                    "`tuple` instead."
                )
            if not isinstance(item, Dataset):
                raise TypeError(
                    "Invalid input to `zip`. Inputs are expected to be (nested) structures of "
                    f"`tf.data.Dataset` objects but encountered object of type {type(item)}."
                )
        spec = nest.pack_sequence_as(structure, [item.element_spec for item in flat])
        return made("ZipDataset", spec, input_datasets=[item._variant_tensor for item in flat])

    # Which elements, and in which order

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """The elements of this dataset, then those of another.

        Args:
            dataset: the other one.
            name: accepted; it has no effect.

        Raises:
            TypeError: elements of one are of other types or structures.
        """

        def common(mine: Any, other: Any) -> Any:
            found = mine.most_specific_common_supertype([other])
            if found is None:
                raise TypeError(f"No common supertype of {mine} and {other}.")
            return found

        try:
            spec = nest.map_structure(common, self.element_spec, dataset.element_spec)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"Incompatible dataset elements:\n  {self.element_spec} vs.   {dataset.element_spec}"
            ) from error
        return made(
            "ConcatenateDataset",
            spec,
            input_dataset=self._variant_tensor,
            another_dataset=dataset._variant_tensor,
        )

    def repeat(self, count: Any = None, name: str | None = None) -> Dataset:
        """Several epochs.

        Args:
            count: how many; None or a negative number repeats for ever.
            name: accepted; it has no effect.
        """
        return self._next("RepeatDataset", count=_number(count, "count", -1))

    def shuffle(
        self,
        buffer_size: Any,
        seed: Any = None,
        reshuffle_each_iteration: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements in random order: each is drawn from a buffer of the next ones.

        For given seeds of the graph and of this call, the order is TensorFlow's, epoch by epoch.

        Args:
            buffer_size: how many elements the buffer holds; all of them for a uniform order.
            seed: the seed.
            reshuffle_each_iteration: whether each epoch has another order, as it has by default.
            name: accepted; it has no effect.
        """
        size = _number(buffer_size, "buffer_size")
        first, second = dataset_seeds(seed)
        anew = True if reshuffle_each_iteration is None else reshuffle_each_iteration
        return self._next(
            "ShuffleDataset",
            buffer_size=size,
            seed=first,
            seed2=second,
            reshuffle_each_iteration=anew,
        )

    def take(self, count: Any, name: str | None = None) -> Dataset:
        """The first `count` elements; all of them if it is negative."""
        return self._next("TakeDataset", count=_number(count, "count"))

    def skip(self, count: Any, name: str | None = None) -> Dataset:
        """All but the first `count` elements; none of them if it is negative."""
        return self._next("SkipDataset", count=_number(count, "count"))

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> Dataset:
        """The elements whose place, divided by `num_shards`, leaves `index`."""
        return self._next(
            "ShardDataset",
            num_shards=_number(num_shards, "num_shards"),
            index=_number(index, "index"),
        )

    def cache(self, filename: Any = "", name: str | None = None) -> Dataset:
        """The elements, computed in the first epoch only and kept in memory.

        Args:
            filename: must be empty: a run refuses to write a file.
            name: accepted; it has no effect.
        """
        return self._next("CacheDataset", filename=convert_to_tensor(filename, string, "filename"))

    def prefetch(self, buffer_size: Any, name: str | None = None) -> Dataset:
        """The elements; each is computed when it is asked for, whatever `buffer_size` is."""
        return self._next(
            "PrefetchDataset", buffer_size=_number(buffer_size, "buffer_size", AUTOTUNE)
        )

    def enumerate(self, start: Any = 0, name: str | None = None) -> Dataset:
        """Pairs of a number, counted from `start`, and an element."""
        return Dataset.zip((Dataset.range(start, np.iinfo(np.int64).max), self))

    def apply(self, transformation_func: Callable[[Dataset], Any]) -> Any:
        """What a function makes of this dataset.

        Raises:
            TypeError: it is no dataset.
        """
        found = transformation_func(self)
        if not isinstance(found, Dataset):
            raise TypeError(
                f"`transformation_func` must return a `tf.data.Dataset` object. Got {type(found)}."
            )
        return found

    # Functions of elements

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """The results of a function of each element.

        Args:
            map_func: takes the parts of a tuple, or the element; returns a structure of tensors.
            num_parallel_calls: written into the graph; elements are computed one after the other.
            deterministic: the order is always that of the elements.
            name: accepted; it has no effect.
        """
        function = ElementFunction(map_func, "Dataset.map()", self.element_spec)
        arguments: dict[str, Any] = {}
        op = "MapDataset"
        if num_parallel_calls is not None:
            op = "ParallelMapDatasetV2"
            arguments["num_parallel_calls"] = _number(num_parallel_calls, "num_parallel_calls")
            arguments["deterministic"] = _deterministic(deterministic)
        return made(
            op,
            function.output_spec,
            input_dataset=self._variant_tensor,
            other_arguments=function.captured,
            f=function.function,
            **arguments,
        )

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements for which a function is true.

        Args:
            predicate: takes an element as for `map`, returns a bool scalar.
            name: accepted; it has no effect.

        Raises:
            ValueError: it returns something else.
        """
        function = _predicate(predicate, "Dataset.filter()", self.element_spec)
        return self._next(
            "FilterDataset", other_arguments=function.captured, predicate=function.function
        )

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements of the datasets that a function makes, one dataset after the other.

        Args:
            map_func: takes an element as for `map`, returns a dataset.
            name: accepted; it has no effect.

        Raises:
            TypeError: it returns something else.
        """
        function, spec = _dataset_function(map_func, "Dataset.flat_map()", self.element_spec)
        return made(
            "FlatMapDataset",
            spec,
            input_dataset=self._variant_tensor,
            other_arguments=function.captured,
            f=function.function,
        )

    # Several elements as one

    def batch(
        self,
        batch_size: Any,
        drop_remainder: Any = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Several elements at a time, stacked along a new first dimension.

        Args:
            batch_size: how many; they must have one shape.
            drop_remainder: whether fewer elements at the end are left out.
            num_parallel_calls: written into the graph; batches are made one after the other.
            deterministic: the order is always that of the elements.
            name: accepted; it has no effect.
        """
        size = _number(batch_size, "batch_size")
        drop = convert_to_tensor(drop_remainder, bool_, "drop_remainder")
        arguments: dict[str, Any] = {}
        op = "BatchDatasetV2"
        if num_parallel_calls is not None:
            op = "ParallelBatchDataset"
            arguments["num_parallel_calls"] = _number(num_parallel_calls, "num_parallel_calls")
            arguments["deterministic"] = _deterministic(deterministic)
        spec = batch_spec(self.element_spec, _known_size(size, drop))
        return made(
            op,
            spec,
            input_dataset=self._variant_tensor,
            batch_size=size,
            drop_remainder=drop,
            **arguments,
        )

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: Any = False,
        name: str | None = None,
    ) -> Dataset:
        """Several elements at a time, padded to one shape.

        Args:
            batch_size: how many.
            padded_shapes: a structure of the shapes to pad to; None in one stands for the largest size of a batch.  By
                default what is not known of the elements is padded so.
            padding_values: a structure of scalars to pad with, or one for all; zeros and empty strings by default.
            drop_remainder: whether fewer elements at the end are left out.
            name: accepted; it has no effect.

        Raises:
            TypeError: components are no dense tensors, or paddings are of other types.
            ValueError: a shape does not fit, or a rank is not known.
        """
        size = _number(batch_size, "batch_size")
        values = padding_values_of(padding_values, self.element_spec)
        shapes, rows = padded_shapes_of(padded_shapes, self.element_spec)
        drop = convert_to_tensor(drop_remainder, bool_, "drop_remainder")
        spec = batch_spec(rows, _known_size(size, drop))
        variant = build(
            "PaddedBatchDatasetV2",
            input_dataset=self._variant_tensor,
            batch_size=size,
            padded_shapes=shapes,
            padding_values=values,
            drop_remainder=drop,
            output_shapes=flat_shapes(spec),
        )
        return Dataset(variant, spec)

    # Iterators

    def make_one_shot_iterator(self) -> Iterator:
        """An iterator that starts by itself and cannot be started again.

        Raises:
            ValueError: the dataset depends on variables, tables or placeholders.
        """
        # TensorFlow gives the function a seed, which counts for the ops after it.
        get_seed(None)
        try:
            factory = copied_into_function(self._variant_tensor)
        except ValueError as error:
            if "Cannot capture a stateful node" not in str(error):
                raise
            raise ValueError(
                f"{error}: A likely cause of this error is that the dataset for which you are calling "
                "`make_one_shot_iterator()` captures a stateful object, such as a `tf.Variable` or "
                "`tf.lookup.StaticHashTable`, which is not supported. Use "
                "`make_initializable_iterator()` instead."
            ) from None
        with self._variant_tensor.graph.colocate_with(self._variant_tensor):
            handle = build(
                "OneShotIterator",
                dataset_factory=factory,
                output_types=flat_types(self.element_spec),
                output_shapes=flat_shapes(self.element_spec),
            )
            return self._iterator(handle, None)

    def make_initializable_iterator(self, shared_name: str | None = None) -> Iterator:
        """An iterator that its `initializer` starts, as often as one likes.

        Args:
            shared_name: a name under which sessions know it.
        """
        with self._variant_tensor.graph.colocate_with(self._variant_tensor):
            handle = build(
                "IteratorV2",
                container="",
                shared_name=shared_name or "",
                output_types=flat_types(self.element_spec),
                output_shapes=flat_shapes(self.element_spec),
            )
            start = build("MakeIterator", dataset=self._variant_tensor, iterator=handle)
            return self._iterator(handle, start)

    def _iterator(self, handle: Tensor, start: Operation | None) -> Iterator:
        return Iterator(handle, start, self.output_types, self.output_shapes, self.output_classes)


def _deterministic(value: bool | None) -> str:
    return "default" if value is None else "true" if value else "false"


def _known_size(size: Tensor, drop: Tensor) -> Any:
    """The number of rows of every batch, None if that is not known."""
    return constant_value(size) if constant_value(drop) else None


def _predicate(function: Callable[..., Any], transformation: str, spec: Any) -> ElementFunction:
    found = ElementFunction(function, transformation, spec)
    result = found.output_spec
    if not isinstance(result, TensorSpec) or not result.is_compatible_with(TensorSpec([], bool_)):
        raise ValueError(
            "Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its return "
            f"type is {result}."
        )
    return found


def _dataset_function(
    function: Callable[..., Any], transformation: str, spec: Any
) -> tuple[ElementFunction, Any]:
    """A function that makes datasets, and what is known of their elements."""
    found = ElementFunction(function, transformation, spec)
    if not isinstance(found.output_spec, DatasetSpec):
        raise TypeError(
            f"The `map_func` argument must return a `Dataset` object. Got {found.output_spec!r}."
        )
    return found, found.output_spec.element_spec


@public("data.make_one_shot_iterator")
def make_one_shot_iterator(dataset: Dataset) -> Iterator:
    """`Dataset.make_one_shot_iterator` of a dataset."""
    return dataset.make_one_shot_iterator()


@public("data.make_initializable_iterator")
def make_initializable_iterator(dataset: Dataset, shared_name: str | None = None) -> Iterator:
    """`Dataset.make_initializable_iterator` of a dataset."""
    return dataset.make_initializable_iterator(shared_name)
