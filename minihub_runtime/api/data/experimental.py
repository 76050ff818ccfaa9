"""`tf.data.experimental`: functions for `Dataset.apply`, many of which became methods.

Source: tensorflow/python/data/experimental/ops/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.base import (
    AUTOTUNE,
    dataset_seeds,
    keeping_cardinality,
    made,
    number,
    told,
    with_options_of,
)
from minihub_runtime.api.data.dataset import Dataset
from minihub_runtime.api.data.functions import ElementFunction
from minihub_runtime.api.data.held import DatasetSpec
from minihub_runtime.api.data.mapping import dataset_function
from minihub_runtime.api.data.options import Options
from minihub_runtime.api.data.structure import batch_spec, normalized, spec_of, to_tensors
from minihub_runtime.api.device import DeviceSpec
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.api.type_spec import TensorSpec, TypeSpec
from minihub_runtime.dtypes import bool_, int64
from minihub_runtime.public import public

__all__ = ["parallel_interleave"]

#: What `Dataset.apply` takes.
Transformation = Callable[[Dataset], Dataset]


@public("data.experimental.map_and_batch")
def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: Any = False,
    num_parallel_calls: Any = None,
) -> Transformation:
    """The results of a function of each element, several at a time: `map`, then `batch`.

    Args:
        map_func: as for `Dataset.map`.
        batch_size: as for `Dataset.batch`.
        num_parallel_batches: written into the graph, instead of `num_parallel_calls`.
        drop_remainder: as for `Dataset.batch`.
        num_parallel_calls: written into the graph; elements are computed one after the other.

    Raises:
        ValueError: both numbers are given.
    """
    if num_parallel_batches is not None and num_parallel_calls is not None:
        raise ValueError(
            "`map_and_batch` allows only one of `num_parallel_batches` and `num_parallel_calls` to be set, "
            f"but `num_parallel_batches` was set to {num_parallel_batches} and `num_parallel_calls` as "
            f"set to {num_parallel_calls}."
        )
    if num_parallel_batches is not None:
        calls = batch_size * num_parallel_batches
    else:
        calls = 1 if num_parallel_calls is None else num_parallel_calls

    def apply(dataset: Dataset) -> Dataset:
        function = ElementFunction(
            map_func, "tf.data.experimental.map_and_batch()", dataset.element_spec
        )
        size = number(batch_size, "batch_size")
        parallel = number(calls, "num_parallel_calls")
        drop = convert_to_tensor(drop_remainder, bool_, "drop_remainder")
        rows = constant_value(size) if constant_value(drop) else None
        found = made(
            "MapAndBatchDataset",
            batch_spec(function.output_spec, rows),
            input_dataset=dataset._variant_tensor,
            other_arguments=function.captured,
            batch_size=size,
            num_parallel_calls=parallel,
            drop_remainder=drop,
            f=function.function,
            preserve_cardinality=True,
        )
        return with_options_of(keeping_cardinality(found), dataset)

    return apply


@public("data.experimental.map_and_batch_with_legacy_function")
def map_and_batch_with_legacy_function(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: Any = False,
    num_parallel_calls: Any = None,
) -> Transformation:
    """`map_and_batch`, with the functions of TF1: here they are the same."""
    calls = num_parallel_calls
    if num_parallel_batches is None and calls is None:
        calls = batch_size
    return map_and_batch(map_func, batch_size, num_parallel_batches, drop_remainder, calls)


@public("data.experimental.shuffle_and_repeat")
def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Transformation:
    """Several epochs, each in random order: `shuffle`, then `repeat`.

    Args:
        buffer_size: as for `Dataset.shuffle`.
        count: as for `Dataset.repeat`.
        seed: as for `Dataset.shuffle`.
    """

    def apply(dataset: Dataset) -> Dataset:
        size = number(buffer_size, "buffer_size")
        epochs = number(count, "count", -1)
        first, second = dataset_seeds(seed)
        found = made(
            "ShuffleAndRepeatDataset",
            dataset.element_spec,
            input_dataset=dataset._variant_tensor,
            buffer_size=size,
            count=epochs,
            seed=first,
            seed2=second,
        )
        return with_options_of(keeping_cardinality(found), dataset)

    return apply


@public("data.experimental.parallel_interleave")
def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: Any = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Transformation:
    """The elements of the datasets that a function makes, a few of each in turn.

    Args:
        map_func: as for `Dataset.interleave`.
        cycle_length: how many datasets take turns.
        block_length: how many elements one gives in its turn.
        sloppy: accepted; the order is always that of turns.
        buffer_output_elements: written into the graph.
        prefetch_input_elements: written into the graph.
    """

    def apply(dataset: Dataset) -> Dataset:
        function, spec = dataset_function(
            map_func, "tf.data.experimental.parallel_interleave()", dataset.element_spec
        )
        cycle = number(cycle_length, "cycle_length")
        block = number(block_length, "block_length")
        ahead = number(
            buffer_output_elements, "buffer_output_elements", 2 * (constant_value(block) or 1)
        )
        waiting = number(
            prefetch_input_elements, "prefetch_input_elements", 2 * (constant_value(cycle) or 1)
        )
        found = made(
            "LegacyParallelInterleaveDatasetV2",
            spec,
            input_dataset=dataset._variant_tensor,
            other_arguments=function.captured,
            cycle_length=cycle,
            block_length=block,
            buffer_output_elements=ahead,
            prefetch_input_elements=waiting,
            f=function.function,
            deterministic=told(None if sloppy is None else not sloppy),
        )
        return with_options_of(keeping_cardinality(found), dataset)

    return apply


@public("data.experimental.unbatch")
def unbatch() -> Transformation:
    """The rows of each element: `Dataset.unbatch`."""
    return lambda dataset: dataset.unbatch()


@public("data.experimental.ignore_errors")
def ignore_errors(log_warning: bool = False) -> Transformation:
    """The elements that can be computed: `Dataset.ignore_errors`."""
    return lambda dataset: dataset.ignore_errors(log_warning)


@public("data.experimental.enumerate_dataset")
def enumerate_dataset(start: Any = 0) -> Transformation:
    """Pairs of a number and an element: `Dataset.enumerate`."""
    return lambda dataset: dataset.enumerate(start)


@public("data.experimental.take_while")
def take_while(predicate: Callable[..., Any]) -> Transformation:
    """The elements up to the first for which a function is false: `Dataset.take_while`."""
    return lambda dataset: dataset.take_while(predicate)


@public("data.experimental.scan")
def scan(initial_state: Any, scan_func: Callable[..., Any]) -> Transformation:
    """The results of a function of a state and each element: `Dataset.scan`."""
    return lambda dataset: dataset.scan(initial_state, scan_func)


@public("data.experimental.group_by_window")
def group_by_window(
    key_func: Callable[..., Any],
    reduce_func: Callable[..., Any],
    window_size: Any = None,
    window_size_func: Callable[..., Any] | None = None,
) -> Transformation:
    """The elements of the datasets that a function makes of elements with one key: `Dataset.group_by_window`."""
    return lambda dataset: dataset.group_by_window(
        key_func, reduce_func, window_size, window_size_func
    )


@public("data.experimental.bucket_by_sequence_length")
def bucket_by_sequence_length(
    element_length_func: Callable[..., Any],
    bucket_boundaries: Any,
    bucket_batch_sizes: Any,
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: bool = False,
) -> Transformation:
    """Batches of elements of similar length.

    Args:
        element_length_func: takes an element as for `map`, returns its length, an int32 scalar.
        bucket_boundaries: the lengths at which buckets begin, in order; the first begins at 0.
        bucket_batch_sizes: the size of a batch of each bucket, one more than there are boundaries.
        padded_shapes: as for `padded_batch`.
        padding_values: as for `padded_batch`.
        pad_to_bucket_boundary: whether unknown sizes are padded to the longest length of a bucket; longer elements fail.
        no_padding: whether elements are batched as they are; then they must have one shape.
        drop_remainder: whether smaller batches at the end are left out.

    Raises:
        ValueError: the numbers of sizes and of boundaries do not fit.
    """
    return lambda dataset: dataset.bucket_by_sequence_length(
        element_length_func,
        bucket_boundaries,
        bucket_batch_sizes,
        padded_shapes,
        padding_values,
        pad_to_bucket_boundary,
        no_padding,
        drop_remainder,
    )


@public("data.experimental.cardinality")
def cardinality(dataset: Dataset) -> Tensor:
    """The number of elements of a dataset: `Dataset.cardinality`."""
    return dataset.cardinality()


@public("data.experimental.get_single_element")
def get_single_element(dataset: Dataset) -> Any:
    """The one element of a dataset: `Dataset.get_single_element`."""
    return dataset.get_single_element()


@public("data.experimental.Counter")
def counter(start: Any = 0, step: Any = 1, dtype: Any = int64) -> Dataset:
    """Numbers without end, in steps.

    Args:
        start: the first.
        step: how far the next one is.
        dtype: their type.
    """
    return keeping_cardinality(Dataset.counter(start, step, dtype), False)


@public("data.experimental.RandomDataset")
def random_dataset(seed: Any = None) -> Dataset:
    """Random numbers without end: `Dataset.random`."""
    return keeping_cardinality(Dataset.random(seed), False)


@public("data.experimental.unique")
def unique() -> Transformation:
    """Each element the first time it comes: `Dataset.unique`."""
    return lambda dataset: dataset.unique()


@public("data.experimental.sample_from_datasets")
def sample_from_datasets(
    datasets: Sequence[Dataset],
    weights: Any = None,
    seed: Any = None,
    stop_on_empty_dataset: bool = False,
) -> Dataset:
    """Elements of several datasets, drawn at random: `Dataset.sample_from_datasets`."""
    found = Dataset.sample_from_datasets(datasets, weights, seed, stop_on_empty_dataset)
    return with_options_of(Dataset(found._variant_tensor, found.element_spec), found)


@public("data.experimental.choose_from_datasets")
def choose_from_datasets(
    datasets: Sequence[Dataset], choice_dataset: Dataset, stop_on_empty_dataset: bool = False
) -> Dataset:
    """Elements of several datasets, chosen by numbers: `Dataset.choose_from_datasets`, where datasets that end are passed over."""
    found = Dataset.choose_from_datasets(datasets, choice_dataset, stop_on_empty_dataset)
    return with_options_of(Dataset(found._variant_tensor, found.element_spec), found)


@public("data.experimental.rejection_resample")
def rejection_resample(
    class_func: Callable[..., Any], target_dist: Any, initial_dist: Any = None, seed: Any = None
) -> Transformation:
    """Elements of classes as frequent as is wanted: `Dataset.rejection_resample`."""
    return lambda dataset: dataset.rejection_resample(class_func, target_dist, initial_dist, seed)


@public("data.experimental.dense_to_ragged_batch")
def dense_to_ragged_batch(
    batch_size: Any, drop_remainder: Any = False, row_splits_dtype: Any = int64
) -> Transformation:
    """Several elements at a time, as ragged tensors where sizes are not known: `Dataset.ragged_batch`."""
    return lambda dataset: dataset.ragged_batch(batch_size, drop_remainder, row_splits_dtype)


@public("data.experimental.dense_to_sparse_batch")
def dense_to_sparse_batch(batch_size: Any, row_shape: Any) -> Transformation:
    """Several elements at a time, as sparse tensors: `Dataset.sparse_batch`."""
    return lambda dataset: dataset.sparse_batch(batch_size, row_shape)


@public("data.experimental.from_list")
def from_list(elements: Any, name: str | None = None) -> Dataset:
    """The elements of a list, which may have several shapes.

    Args:
        elements: structures of dense tensors, or of what converts to them, or datasets.
        name: accepted; it has no effect.

    Raises:
        ValueError: it is no list, empty, or structures differ.
        TypeError: types differ, or components are sparse or ragged.
    """
    if not elements:
        raise ValueError("Invalid `elements`. `elements` should not be empty.")
    if not isinstance(elements, list):
        raise ValueError("Invalid `elements`. `elements` must be a list.")
    values = [normalized(element) for element in elements]
    specs = [spec_of(value) for value in values]
    common = specs[0]
    for spec in specs[1:]:
        nest.assert_same_structure(specs[0], spec)
        common = nest.map_structure(_common, common, spec)
    for spec in nest.flatten(common):
        if not isinstance(spec, (TensorSpec, DatasetSpec)):
            raise TypeError(
                f"elements of `from_list` must be dense tensors or datasets, not {spec}"
            )
    tensors = [tensor for spec, value in zip(specs, values) for tensor in to_tensors(spec, value)]
    return keeping_cardinality(made("ListDataset", common, tensors=tensors))


def _common(one: TypeSpec, other: TypeSpec) -> TypeSpec:
    found = one.most_specific_common_supertype([other])
    if found is None:
        raise TypeError(f"elements of `from_list` must be of one type, not {one} and {other}")
    return found


@public("data.experimental.pad_to_cardinality")
def pad_to_cardinality(cardinality: Any, mask_key: str = "valid") -> Transformation:
    """The elements, mappings, and zeros after them until there are so many; one more component tells which are elements.

    As in TensorFlow, a dataset whose number of elements is not known counts as one of -2 elements.

    Args:
        cardinality: how many there shall be.
        mask_key: the key of the component that is true for elements.

    Raises:
        ValueError: elements are no mappings.
    """

    def valid(element: Any) -> Any:
        element[mask_key] = True
        return element

    def apply(dataset: Dataset) -> Dataset:
        spec = dataset.element_spec
        if not isinstance(spec, Mapping):
            raise ValueError("`pad_to_cardinality` requires its input dataset to be a dictionary.")
        missing = cardinality - dataset.cardinality()
        filler = nest.map_structure(lambda item: zeros(item.shape, item.dtype), spec)
        filler[mask_key] = False
        padding = Dataset.from_tensors(filler).repeat(missing)
        return dataset.map(valid).concatenate(padding)

    return apply


@public("data.experimental.copy_to_device")
def copy_to_device(target_device: Any, source_device: Any = "/cpu:0") -> Transformation:
    """The elements, on another device.  There is one device here, so that they stay where they are.

    The graph has no operation that copies, and `cardinality` stays known; TensorFlow's goes through remote calls.

    Args:
        target_device: the name of a device, a CPU.
        source_device: the name of the device of the dataset, a CPU.

    Raises:
        ValueError: a device is none, or no CPU.
    """
    for name in (target_device, source_device):
        kind = DeviceSpec.from_string(name).device_type
        if kind not in (None, "CPU"):
            raise ValueError(f"elements must stay on a CPU, not on {name!r}")
    return lambda dataset: dataset.with_options(Options())


@public("data.experimental.prefetch_to_device")
def prefetch_to_device(device: Any, buffer_size: Any = None) -> Transformation:
    """The elements, computed ahead on a device: `copy_to_device`, then `Dataset.prefetch`.

    Args:
        device: the name of a device, a CPU.
        buffer_size: written into the graph.

    Raises:
        ValueError: it is none, or no CPU.
    """
    copied = copy_to_device(device)
    ahead = AUTOTUNE if buffer_size is None else buffer_size
    return lambda dataset: dataset.apply(copied).prefetch(ahead)


@public("data.experimental.assert_cardinality")
def assert_cardinality(expected_cardinality: Any) -> Transformation:
    """The elements, of which there must be so many: a run fails if there are more or fewer, and `cardinality` is known.

    Args:
        expected_cardinality: their number, or INFINITE_CARDINALITY.
    """

    def apply(dataset: Dataset) -> Dataset:
        expected = number(expected_cardinality, "expected_cardinality")
        found = dataset._next("AssertCardinalityDataset", cardinality=expected)
        return keeping_cardinality(found)

    return apply


@public("data.experimental.to_variant")
def to_variant(dataset: Dataset) -> Tensor:
    """The variant tensor that holds a dataset."""
    return dataset._variant_tensor


@public("data.experimental.from_variant")
def from_variant(variant: Tensor, structure: Any) -> Dataset:
    """The dataset that a variant tensor holds.

    Args:
        variant: the tensor.
        structure: a structure of the TypeSpecs of elements.
    """
    return keeping_cardinality(Dataset(variant, structure))
