"""`tf.contrib.slim.tfexample_decoder`: decoders of serialised examples; they parse features and make items of them.

Source: tf_slim/data/tfexample_decoder.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from minihub_runtime.api.layout import reshape
from minihub_runtime.api.parsing.examples import (
    parse_single_example,
    parse_single_sequence_example,
)
from minihub_runtime.api.parsing.features import FixedLenFeature
from minihub_runtime.train.contrib.slim_data.item_handlers import ItemHandler, public_handler
from minihub_runtime.train.contrib.slim_data.specifications import DataDecoder

__all__ = ["TFExampleDecoder", "TFSequenceExampleDecoder"]


def _reshape(parsed: dict[str, Any], features: Mapping[str, Any]) -> None:
    """Give parsed features the shapes that they must have."""
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, FixedLenFeature):
            parsed[key] = reshape(parsed[key], feature.shape)


class _Decoder(DataDecoder):
    """What both decoders have in common."""

    _items_to_handlers: Mapping[str, ItemHandler]

    def list_items(self) -> Collection[str]:
        return list(self._items_to_handlers)

    def _items(self, parsed: Mapping[str, Any], items: Sequence[str] | None) -> list[Any]:
        handlers = [self._items_to_handlers[item] for item in items or self._items_to_handlers]
        return [
            handler.tensors_to_item({key: parsed[key] for key in handler.keys})
            for handler in handlers
        ]


@public_handler
class TFExampleDecoder(_Decoder):
    """Makes items of a serialised Example.

        decoder = slim.tfexample_decoder.TFExampleDecoder(
            {"label": tf.FixedLenFeature([], tf.int64)}, {"label": slim.tfexample_decoder.Tensor("label")}
        )
        [label] = decoder.decode(serialized, ["label"])

    Args:
        keys_to_features: key → VarLenFeature, FixedLenFeature or the like.
        items_to_handlers: item → ItemHandler.
    """

    def __init__(
        self, keys_to_features: Mapping[str, Any], items_to_handlers: Mapping[str, ItemHandler]
    ) -> None:
        self._keys_to_features = keys_to_features
        self._items_to_handlers = items_to_handlers

    def decode(self, serialized_example: Any, items: Sequence[str] | None = None) -> list[Any]:
        """The tensors of some items, or of all, of an Example."""
        parsed = parse_single_example(serialized_example, self._keys_to_features)
        _reshape(parsed, self._keys_to_features)
        return self._items(parsed, items)


@public_handler
class TFSequenceExampleDecoder(_Decoder):
    """Makes items of a serialised SequenceExample.

    Args:
        keys_to_context_features: key → VarLenFeature, FixedLenFeature or the like.
        keys_to_sequence_features: key → VarLenFeature, FixedLenSequenceFeature or the like.
        items_to_handlers: item → ItemHandler.

    Raises:
        ValueError: a key is among both.
    """

    def __init__(
        self,
        keys_to_context_features: Mapping[str, Any],
        keys_to_sequence_features: Mapping[str, Any],
        items_to_handlers: Mapping[str, ItemHandler],
    ) -> None:
        if set(keys_to_context_features) & set(keys_to_sequence_features):
            raise ValueError(
                f"Context and sequence keys are not unique. \n Context keys: {list(keys_to_context_features)} \n "
                f"Sequence keys: {list(keys_to_sequence_features)}"
            )
        self._keys_to_context_features = keys_to_context_features
        self._keys_to_sequence_features = keys_to_sequence_features
        self._items_to_handlers = items_to_handlers

    def decode(self, serialized_example: Any, items: Sequence[str] | None = None) -> list[Any]:
        """The tensors of some items, or of all, of a SequenceExample."""
        context, sequences = parse_single_sequence_example(
            serialized_example, self._keys_to_context_features, self._keys_to_sequence_features
        )
        _reshape(context, self._keys_to_context_features)
        return self._items({**sequences, **context}, items)
