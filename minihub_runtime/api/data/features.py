"""Datasets of the features of serialised `tf.train.Example`s.

Source: tensorflow/python/data/experimental/ops/parsing_ops.py, readers.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.data.base import AUTOTUNE, keeping_cardinality, made, told
from minihub_runtime.api.data.dataset import Dataset
from minihub_runtime.api.data.experimental import parallel_interleave
from minihub_runtime.api.data.functions import ElementFunction
from minihub_runtime.api.data.options import Options
from minihub_runtime.api.data.readers import TFRecordDataset
from minihub_runtime.api.parsing.examples import OF_EXAMPLE, with_steps
from minihub_runtime.api.parsing.features import RaggedFeature, SparseFeature
from minihub_runtime.api.parsing.parameters import Parameters
from minihub_runtime.api.parsing.partitions import compose_features
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.type_spec import RaggedTensorSpec, SparseTensorSpec, TensorSpec
from minihub_runtime.dtypes import string
from minihub_runtime.public import public

__all__ = ["make_batched_features_dataset", "parse_example_dataset"]


@public("data.experimental.parse_example_dataset")
def parse_example_dataset(
    features: Mapping[str, Any] | None,
    num_parallel_calls: Any = 1,
    deterministic: bool | None = None,
) -> Callable[[Dataset], Dataset]:
    """The features of vectors of serialised `tf.train.Example`s, as dicts.

    Args:
        features: name → what is expected, as for `tf.io.parse_example`.
        num_parallel_calls: written into the graph; elements are computed one after the other.
        deterministic: the order is always that of the elements.

    Raises:
        ValueError: no features are told, or what is expected of one contradicts itself.
        TypeError: elements are no vectors of text.
    """
    if features is None:
        raise ValueError("Argument `features` is required, but not specified.")

    def apply(dataset: Dataset) -> Dataset:
        parsed = _parsed(dataset, features, num_parallel_calls, told(deterministic))
        if any(isinstance(item, (SparseFeature, RaggedFeature)) for item in features.values()):
            return parsed.map(
                lambda x: compose_features(features, x), num_parallel_calls=num_parallel_calls
            )
        return parsed

    return apply


def _parsed(
    dataset: Dataset, features: Mapping[str, Any], calls: Any, deterministic: str
) -> Dataset:
    """The features as the operation gives them."""
    spec = dataset.element_spec
    if not isinstance(spec, TensorSpec) or not spec.is_compatible_with(TensorSpec([None], string)):
        raise TypeError(
            f"Input dataset should be a dataset of vectors of strings. Instead it is `{spec}`."
        )
    parameters = Parameters(with_steps(features), OF_EXAMPLE)
    rows = TensorShape(spec.shape)
    found: dict[str, Any] = {}
    for key, dtype in parameters.sparse.items():
        found[key] = SparseTensorSpec(rows.concatenate([None]), dtype)
    for key, (shape, dtype) in parameters.dense.items():
        found[key] = TensorSpec(rows.concatenate(shape), dtype)
    for key, (dtype, splits) in parameters.ragged.items():
        found[key] = RaggedTensorSpec(rows.concatenate([None]), dtype, 1, splits)
    made_of_them = made(
        "ParseExampleDatasetV2",
        found,
        input_dataset=dataset._variant_tensor,
        num_parallel_calls=calls,
        dense_defaults=parameters.default_tensors(),
        sparse_keys=list(parameters.sparse),
        dense_keys=list(parameters.dense),
        sparse_types=list(parameters.sparse.values()),
        dense_shapes=[shape for shape, _ in parameters.dense.values()],
        deterministic=deterministic,
        ragged_keys=list(parameters.ragged),
        ragged_value_types=[types[0] for types in parameters.ragged.values()],
        ragged_split_types=[types[1] for types in parameters.ragged.values()],
    )
    return keeping_cardinality(made_of_them)


@public("data.experimental.make_batched_features_dataset")
def make_batched_features_dataset(
    file_pattern: Any,
    batch_size: Any,
    features: Mapping[str, Any],
    reader: Callable[..., Any] | None = None,
    label_key: str | None = None,
    reader_args: Sequence[Any] | None = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: Any = 10000,
    shuffle_seed: Any = None,
    prefetch_buffer_size: Any = None,
    reader_num_threads: int | None = None,
    parser_num_threads: int | None = None,
    sloppy_ordering: bool = False,
    drop_final_batch: bool = False,
) -> Dataset:
    """Batches of the features of the `tf.train.Example`s in files, as dicts.

    Args:
        file_pattern: a pattern of names of files, or a list of patterns; files are looked for when this is called.
        batch_size: examples of a batch.
        features: name → what is expected, as for `tf.io.parse_example`.
        reader: takes the name of a file, a string scalar, and `reader_args`; returns a dataset of serialised examples, or of
            pairs of a key and an example.  `tf.data.TFRecordDataset` by default.
        label_key: the feature that is the label: elements are pairs of a dict without it and its values then.
        reader_args: what `reader` takes beside a name.
        num_epochs: how often examples are repeated; without end by default, in whole batches then.
        shuffle: whether files and examples come in random order.
        shuffle_buffer_size: as for `Dataset.shuffle`.
        shuffle_seed: the seed of both orders.
        prefetch_buffer_size: written into the graph.
        reader_num_threads: how many files are read in turn; by default one after the other.
        parser_num_threads: written into the graph, 2 by default.
        sloppy_ordering: written into the graph; the order is always that of turns.
        drop_final_batch: whether a smaller batch at the end is left out.

    Raises:
        InvalidArgumentError: no file matches.
        TypeError: `reader` returns no dataset.
        ValueError: what is expected of a feature contradicts itself, or the label is none of them.
    """
    read = TFRecordDataset if reader is None else reader
    arguments = [] if reader_args is None else reader_args
    threads = 1 if reader_num_threads is None else reader_num_threads
    dataset: Dataset = Dataset.list_files(file_pattern, shuffle, shuffle_seed)
    if threads == AUTOTUNE:
        dataset = dataset.interleave(
            lambda filename: read(filename, *arguments), num_parallel_calls=threads
        )
        options = Options()
        options.deterministic = not sloppy_ordering
        dataset = dataset.with_options(options)
    else:
        dataset = dataset.apply(
            parallel_interleave(
                lambda filename: read(filename, *arguments),
                cycle_length=threads,
                block_length=1,
                sloppy=sloppy_ordering,
            )
        )
    if dataset.output_types == (string, string):
        dataset = _values(dataset)
    if shuffle:
        dataset = dataset.shuffle(shuffle_buffer_size, shuffle_seed)
    if num_epochs != 1:
        dataset = dataset.repeat(num_epochs)
    # Whole batches have a static shape; those of examples without end are all whole.
    dataset = dataset.batch(batch_size, drop_final_batch or num_epochs is None)
    calls = 2 if parser_num_threads is None else parser_num_threads
    dataset = dataset.apply(parse_example_dataset(features, calls))
    if label_key:
        if label_key not in features:
            raise ValueError(
                f"The `label_key` provided ({label_key}) must be one of the `features` keys: "
                f"{features.keys()}."
            )
        dataset = dataset.map(lambda x: (x, x.pop(label_key)))
    ahead = AUTOTUNE if prefetch_buffer_size is None else prefetch_buffer_size
    return dataset.prefetch(ahead)


def _values(pairs: Dataset) -> Dataset:
    """The second parts of pairs."""
    function = ElementFunction(lambda _, v: v, "Dataset.map()", pairs.element_spec)
    found = made(
        "MapDataset",
        function.output_spec,
        input_dataset=pairs._variant_tensor,
        other_arguments=function.captured,
        f=function.function,
        use_inter_op_parallelism=False,
        preserve_cardinality=True,
    )
    return keeping_cardinality(found)
