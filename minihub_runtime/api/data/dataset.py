"""`tf.data.Dataset`.

Source: tensorflow/python/data/ops/dataset_ops.py and the files beside it, one for each method.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.base import (
    AUTOTUNE,
    dataset_seeds,
    keeping_cardinality,
    made,
    number,
    with_options_of,
)
from minihub_runtime.api.data.batching import DatasetBatching
from minihub_runtime.api.data.bucketing import bucketed
from minihub_runtime.api.data.choosing import DatasetChoosing
from minihub_runtime.api.data.generator import generator_dataset
from minihub_runtime.api.data.iterating import DatasetIterating
from minihub_runtime.api.data.iterator import Iterator
from minihub_runtime.api.data.mapping import DatasetMapping
from minihub_runtime.api.data.options import Options
from minihub_runtime.api.data.resampling import resampled
from minihub_runtime.api.data.structure import (
    flat_shapes,
    flat_types,
    from_tensors,
    normalized,
    rows_of,
    spec_of,
    to_tensors,
    unbatch_spec,
)
from minihub_runtime.api.data.unsupported import NotInFiles
from minihub_runtime.api.gfile import matching
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.tensor_shape import Dimension
from minihub_runtime.api.type_spec import TensorSpec
from minihub_runtime.dtypes import as_dtype, int32, int64, string
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.public import public

__all__ = ["Dataset"]


@public("data.Dataset")
class Dataset(DatasetMapping, DatasetBatching, DatasetChoosing, DatasetIterating, NotInFiles):
    """A sequence of elements: structures of tensors, made of tuples, named tuples and mappings.

    A dataset is made by one of its static methods, and by methods that make another one of it.  It is iterated over in a
    session: see `make_one_shot_iterator` and `make_initializable_iterator`.

    Attributes:
        element_spec: a structure of the TypeSpecs of elements.
    """

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
        """The rows of a sparse tensor: elements are their indices, values and shapes.

        Raises:
            TypeError: it is none.
        """
        if not isinstance(sparse_tensor, SparseTensor):
            raise TypeError(
                "Invalid `sparse_tensor`. `sparse_tensor` must be a `tf.sparse.SparseTensor`. Got "
                f"{type(sparse_tensor)}."
            )
        variant = build(
            "SparseTensorSliceDataset",
            indices=sparse_tensor.indices,
            values=sparse_tensor.values,
            dense_shape=sparse_tensor.dense_shape,
        )
        rank = sparse_tensor.dense_shape.shape[0].value
        inner = None if rank is None else rank - 1
        parts = (
            TensorSpec([None, inner], int64),
            TensorSpec([None], sparse_tensor.dtype),
            TensorSpec([inner], int64),
        )
        return Dataset(variant, parts)

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """What a Python function yields.

        The function belongs to the program: its graph can be run here, but a GraphDef of it cannot be used elsewhere.

        Args:
            generator: returns something to iterate over; it is called at the beginning of each epoch.
            output_types: a structure of the types of elements.
            output_shapes: a structure of their static shapes; unknown by default.
            args: tensors whose values are passed to `generator` as arrays.
            output_signature: a structure of TypeSpecs, instead of types and shapes.
            name: accepted; it has no effect.

        Raises:
            TypeError: `generator` cannot be called, or what it yields is told twice or not at all.
        """
        return Dataset(
            *generator_dataset(generator, output_types, output_shapes, args, output_signature)
        )

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
            name: number(value, name)
            for name, value in (("start", start), ("stop", stop), ("step", step))
        }
        return made("RangeDataset", spec, **numbers)

    @staticmethod
    def counter(
        start: Any = 0, step: Any = 1, dtype: Any = int64, name: str | None = None
    ) -> Dataset:
        """Numbers without end, in steps.

        Args:
            start: the first.
            step: how far the next one is.
            dtype: their type.
            name: accepted; it has no effect.
        """
        kind = as_dtype(dtype)
        with name_scope("counter"):
            first = convert_to_tensor(start, kind, "start")
            by = convert_to_tensor(step, kind, "step")
            ones = Dataset.from_tensors(0).repeat(None)
            return ones.scan(first, lambda state, _: (state + by, state))

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
        found = made("ZipDataset", spec, input_datasets=[item._variant_tensor for item in flat])
        return with_options_of(found, *flat)

    @staticmethod
    def list_files(
        file_pattern: Any, shuffle: bool | None = None, seed: Any = None, name: str | None = None
    ) -> Dataset:
        """The names of the files that match, looked for when this is called.

        Args:
            file_pattern: a pattern or several, as text.
            shuffle: whether each epoch has another order, as it has by default; else they are sorted.
            seed: the seed of the order.
            name: accepted; it has no effect.

        Raises:
            InvalidArgumentError: no file matches.
        """
        names = sorted(matching(file_pattern))
        if not names:
            raise InvalidArgumentError(f"No files matched pattern: {file_pattern}")
        dataset = Dataset.from_tensor_slices(names)
        return dataset if shuffle is False else dataset.shuffle(len(names), seed=seed)

    # Which elements, and in which order

    def bucket_by_sequence_length(
        self,
        element_length_func: Callable[..., Any],
        bucket_boundaries: Any,
        bucket_batch_sizes: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        pad_to_bucket_boundary: bool = False,
        no_padding: bool = False,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Batches of elements of similar length: see `tf.data.experimental.bucket_by_sequence_length`."""
        return bucketed(
            self,
            element_length_func,
            list(bucket_boundaries),
            list(bucket_batch_sizes),
            padded_shapes,
            padding_values,
            pad_to_bucket_boundary,
            no_padding,
            drop_remainder,
        )

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
        found = self._made(
            "ConcatenateDataset",
            spec,
            another_dataset=dataset._variant_tensor,
        )
        return with_options_of(found, dataset)

    def repeat(self, count: Any = None, name: str | None = None) -> Dataset:
        """Several epochs.

        Args:
            count: how many; None or a negative number repeats for ever.
            name: accepted; it has no effect.
        """
        return self._next("RepeatDataset", count=number(count, "count", -1))

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
        size = number(buffer_size, "buffer_size")
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
        return self._next("TakeDataset", count=number(count, "count"))

    def skip(self, count: Any, name: str | None = None) -> Dataset:
        """All but the first `count` elements; none of them if it is negative."""
        return self._next("SkipDataset", count=number(count, "count"))

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> Dataset:
        """The elements whose place, divided by `num_shards`, leaves `index`."""
        return self._next(
            "ShardDataset",
            num_shards=number(num_shards, "num_shards"),
            index=number(index, "index"),
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
            "PrefetchDataset", buffer_size=number(buffer_size, "buffer_size", AUTOTUNE)
        )

    def enumerate(self, start: Any = 0, name: str | None = None) -> Dataset:
        """Pairs of a number, counted from `start`, and an element."""
        numbers = Dataset.range(start, np.iinfo(np.int64).max)
        numbers = numbers._next("RewriteDataset", rewrite_name="replicate_on_split")
        return keeping_cardinality(Dataset.zip((numbers, self)))

    def with_options(self, options: Options, name: str | None = None) -> Dataset:
        """The elements; options say how TensorFlow computes them, and have no effect here, but `options` tells them.

        Raises:
            TypeError: `options` are none.
        """
        if not isinstance(options, Options):
            raise TypeError(f"`options` must be a `tf.data.Options`, not {type(options)}.")
        found = self._next("OptionsDataset", serialized_options="")
        found._options = self._options.merge(options)
        return found

    def options(self) -> Options:
        """The options of this dataset and of those that it is made of, which cannot be set any more."""
        return self._options.fixed()

    def ignore_errors(self, log_warning: bool = False, name: str | None = None) -> Dataset:
        """The elements that can be computed.

        Args:
            log_warning: accepted; it has no effect.
            name: accepted; it has no effect.
        """
        return keeping_cardinality(self._next("IgnoreErrorsDataset", log_warning=log_warning))

    def unique(self, name: str | None = None) -> Dataset:
        """Each element the first time it comes in an epoch.

        Args:
            name: accepted; it has no effect.

        Raises:
            TypeError: elements are not of int32, int64 or text; a run fails if they have several components.
        """
        for dtype in flat_types(self.element_spec):
            if dtype not in (int32, int64, string):
                raise TypeError(
                    f"`tf.data.Dataset.unique` does not support type {dtype!r} -- only `tf.int32`, "
                    "`tf.int64`, and `tf.string` are supported."
                )
        return keeping_cardinality(self._next("UniqueDataset"))

    def rejection_resample(
        self,
        class_func: Callable[..., Any],
        target_dist: Any,
        initial_dist: Any = None,
        seed: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """Pairs of a class and an element, passed over or repeated so that classes come as often as is wanted.

        Args:
            class_func: takes an element as for `map`, returns its class, an int32 scalar.
            target_dist: how frequent each class shall be, a vector of floating-point numbers.
            initial_dist: how frequent each one is; by default that is told from the elements so far.
            seed: the seed.
            name: accepted; it has no effect.
        """
        return resampled(self, class_func, target_dist, initial_dist, seed)

    def cardinality(self) -> Tensor:
        """The number of elements, an int64 scalar: INFINITE_CARDINALITY or UNKNOWN_CARDINALITY where it is none."""
        found: Tensor = build("DatasetCardinality", input_dataset=self._variant_tensor)
        return found

    def get_single_element(self, name: str | None = None) -> Any:
        """The one element; a run fails if there is another number of them."""
        tensors = build(
            "DatasetToSingleElement",
            dataset=self._variant_tensor,
            output_types=flat_types(self.element_spec),
            output_shapes=flat_shapes(self.element_spec),
        )
        return from_tensors(self.element_spec, tensors)

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
        if found._keeps_cardinality and not self._keeps_cardinality:
            return with_options_of(Dataset(found._variant_tensor, found.element_spec), found)
        return found


@public("data.make_one_shot_iterator")
def make_one_shot_iterator(dataset: Dataset) -> Iterator:
    """`Dataset.make_one_shot_iterator` of a dataset."""
    return dataset.make_one_shot_iterator()


@public("data.make_initializable_iterator")
def make_initializable_iterator(dataset: Dataset, shared_name: str | None = None) -> Iterator:
    """`Dataset.make_initializable_iterator` of a dataset."""
    return dataset.make_initializable_iterator(shared_name)
