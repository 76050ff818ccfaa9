"""`tf.contrib.data`: the older place of `tf.data.experimental`.

Source: tensorflow_core/contrib/data/__init__.py (release 1.15).
"""

from __future__ import annotations

from typing import Any

# What these define is looked up by its public name.
from minihub_runtime.api.data import (  # noqa: F401
    base,
    csv_dataset,
    experimental,
    features,
    optional,
    reducing,
)
from minihub_runtime.public import EXPORTED, public

for _name in (
    "AUTOTUNE",
    "Counter",
    "CsvDataset",
    "Optional",
    "RandomDataset",
    "Reducer",
    "bucket_by_sequence_length",
    "choose_from_datasets",
    "copy_to_device",
    "dense_to_sparse_batch",
    "enumerate_dataset",
    "get_next_as_optional",
    "get_single_element",
    "group_by_reducer",
    "group_by_window",
    "ignore_errors",
    "make_batched_features_dataset",
    "make_csv_dataset",
    "map_and_batch",
    "parallel_interleave",
    "parse_example_dataset",
    "prefetch_to_device",
    "rejection_resample",
    "sample_from_datasets",
    "scan",
    "shuffle_and_repeat",
    "unbatch",
    "unique",
):
    public(f"contrib.data.{_name}")(EXPORTED[f"data.experimental.{_name}"])


@public("contrib.data.batch_and_drop_remainder")
def batch_and_drop_remainder(batch_size: Any) -> experimental.Transformation:
    """Several elements at a time; fewer at the end are left out."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


@public("contrib.data.padded_batch_and_drop_remainder")
def padded_batch_and_drop_remainder(
    batch_size: Any, padded_shapes: Any, padding_values: Any = None
) -> experimental.Transformation:
    """Several elements at a time, padded to one shape; fewer at the end are left out.  See `Dataset.padded_batch`."""
    return lambda dataset: dataset.padded_batch(
        batch_size, padded_shapes, padding_values, drop_remainder=True
    )
