"""What heads say of classes: numbers, names, and the labels they come from.

Source: tensorflow_estimator/python/estimator/canned/head.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.lookup.factories import (
    index_table_from_tensor,
    index_to_string_table_from_tensor,
)
from minihub_runtime.api.ranges import range as numbers_below
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import string
from minihub_runtime.train.estimator.export_outputs import ClassificationOutput
from minihub_runtime.train.estimator.heads.checking import checked_range

__all__ = [
    "Vocabulary",
    "all_class_ids",
    "all_classes",
    "class_names",
    "classification_output",
    "label_ids",
    "looked_up",
]

Vocabulary = Sequence[Any] | None


def _for_each(values: Any, like: Any) -> Any:
    """One row for each example of a batch."""
    count = shape(like)[0]
    return build("Tile", input=expand_dims(values, axis=0), multiples=[count, 1])


def all_class_ids(logits: Any, n_classes: int) -> Any:
    """`[batch, n_classes]`: the numbers of the classes."""
    return _for_each(numbers_below(n_classes), logits)


def all_classes(logits: Any, n_classes: int, vocabulary: Vocabulary) -> Any:
    """`[batch, n_classes]`: the names of the classes, their numbers as text without a vocabulary."""
    return _for_each(
        list(vocabulary) if vocabulary else build("AsString", input=numbers_below(n_classes)),
        logits,
    )


def class_names(class_ids: Any, vocabulary: Vocabulary) -> Any:
    """The names of classes."""
    if not vocabulary:
        return build("AsString", input=class_ids, name="str_classes")
    table = index_to_string_table_from_tensor(vocabulary, name="class_string_lookup")
    return table.lookup(class_ids)


def looked_up(labels: Any, vocabulary: Sequence[Any]) -> Any:
    """The numbers of classes from their names."""
    return index_table_from_tensor(tuple(vocabulary), name="class_id_lookup").lookup(labels)


def label_ids(labels: Any, n_classes: int, vocabulary: Vocabulary) -> Any:
    """The numbers of classes from labels that are numbers or names; all must be known when the graph runs.

    Raises:
        ValueError: names are no strings, or numbers no integers.
    """
    if vocabulary is None:
        if not labels.dtype.is_integer:
            raise ValueError(f"Labels dtype should be integer. Instead got {labels.dtype}.")
    elif labels.dtype is not string:
        raise ValueError(
            f"Labels dtype should be string if there is a vocabulary. Instead got {labels.dtype}"
        )
    else:
        labels = looked_up(labels, vocabulary)
    return checked_range(labels, n_classes)


def classification_output(scores: Any, n_classes: int, vocabulary: Vocabulary) -> Any:
    """The output of a signature that classifies."""
    return ClassificationOutput(scores, all_classes(scores, n_classes, vocabulary))
