"""What datasets, decoders and providers are: `tf.contrib.slim.dataset`, `data_decoder` and `data_provider`.

Source: tf_slim/data/dataset.py, data_decoder.py, data_provider.py.
"""

from __future__ import annotations

import abc
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from minihub_runtime.public import public

__all__ = ["DataDecoder", "DataProvider", "Dataset"]


@public("contrib.slim.dataset.Dataset")
class Dataset:
    """What a DatasetDataProvider needs to know of a dataset.

    Args:
        data_sources: the files, or patterns of their names.
        reader: makes a reader, such as `tf.TFRecordReader`.
        decoder: a DataDecoder.
        num_samples: how many examples there are.
        items_to_descriptions: item → what it is.
        **kwargs: other attributes.
    """

    def __init__(
        self,
        data_sources: Any,
        reader: Any,
        decoder: Any,
        num_samples: Any,
        items_to_descriptions: Any,
        **kwargs: Any,
    ) -> None:
        self.data_sources = data_sources
        self.reader = reader
        self.decoder = decoder
        self.num_samples = num_samples
        self.items_to_descriptions = items_to_descriptions
        vars(self).update(kwargs)


@public("contrib.slim.data_decoder.DataDecoder")
class DataDecoder(abc.ABC):
    """Makes tensors of what a reader gives."""

    @abc.abstractmethod
    def decode(self, data: Any, items: Any) -> Any:
        """The tensors of some items, in their order."""

    @abc.abstractmethod
    def list_items(self) -> Any:
        """The names of the items that it can make."""


@public("contrib.slim.data_provider.DataProvider")
class DataProvider:
    """Gives tensors by the names of items.

    Args:
        items_to_tensors: item → tensor.
        num_samples: how many examples there are.
    """

    def __init__(self, items_to_tensors: Mapping[str, Any], num_samples: Any) -> None:
        self._items_to_tensors = items_to_tensors
        self._num_samples = num_samples

    def get(self, items: Sequence[str]) -> list[Any]:
        """The tensors of some items, in their order.

        Raises:
            ValueError: they are not in a list or tuple, or there is none of a name.
        """
        self._validate_items(items)
        return [self._items_to_tensors[item] for item in items]

    def list_items(self) -> Collection[str]:
        """The names of the items."""
        return self._items_to_tensors.keys()

    def num_samples(self) -> Any:
        """How many examples there are."""
        return self._num_samples

    def _validate_items(self, items: Any) -> None:
        if not isinstance(items, (list, tuple)):
            raise ValueError("items must be a list or tuple")
        known = self.list_items()
        for item in items:
            if item not in known:
                raise ValueError(f"Item [{item}] is invalid. Valid entries include: {known}")
