"""`tf.contrib.learn.preprocessing.CategoricalVocabulary`: a number for each word that is seen.

Source: tensorflow/contrib/learn/python/learn/preprocessing/categorical_vocabulary.py (release 1.15).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from minihub_runtime.public import public

__all__ = ["CategoricalVocabulary"]


@public("contrib.learn.preprocessing.CategoricalVocabulary")
class CategoricalVocabulary:
    """Categories, such as words, in the order they are seen in; 0 is what is not known.

    Programs read `_mapping`, category → number, `_reverse_mapping`, the categories by number, and `_freq`, category → count.

    Differs: after `trim` new categories can be added, which TensorFlow fails for with KeyError, and the counts left are
    those of the categories left, also with a `max_frequency`.

    Args:
        unknown_token: what number 0 is called.
        support_reverse: whether `reverse` is wanted.
    """

    def __init__(self, unknown_token: Hashable = "<UNK>", support_reverse: bool = True) -> None:
        self._unknown_token = unknown_token
        self._support_reverse = support_reverse
        self._freq: dict[Any, int] = {}
        self._freeze = False
        self._number([])

    def _number(self, categories: list[Any]) -> None:
        """Gives categories the numbers from 1 on."""
        known = [self._unknown_token, *categories]
        self._mapping: dict[Any, int] = {category: number for number, category in enumerate(known)}
        if self._support_reverse:
            self._reverse_mapping: list[Any] = known

    def __len__(self) -> int:
        """How many numbers there are, that of unknown categories included."""
        return len(self._mapping)

    def freeze(self, freeze: bool = True) -> None:
        """Let new categories have number 0 from now on.

        Args:
            freeze: False to give them numbers of their own again.
        """
        self._freeze = freeze

    def get(self, category: Hashable) -> int:
        """The number of a category; a new one gets the next number, or 0 if the vocabulary is frozen."""
        if category not in self._mapping:
            if self._freeze:
                return 0
            self._mapping[category] = len(self._mapping)
            if self._support_reverse:
                self._reverse_mapping.append(category)
        return self._mapping[category]

    def add(self, category: Hashable, count: int = 1) -> None:
        """Count a category, which gets a number if it has none and the vocabulary is not frozen.

        Args:
            category: what is counted.
            count: how often it is seen.
        """
        if self.get(category) > 0:
            self._freq[category] = self._freq.get(category, 0) + count

    def trim(self, min_frequency: int, max_frequency: int = -1) -> None:
        """Forget rare categories and number the others anew, frequent ones first, equally frequent ones by alphabet.

        Args:
            min_frequency: categories that are seen so often or less are forgotten.
            max_frequency: those that are seen so often or more are, too, if this is above 0.
        """
        by_name = sorted(self._freq.items(), key=lambda item: (isinstance(item[0], str), item[0]))
        kept = {
            category: count
            for category, count in sorted(by_name, key=lambda item: item[1], reverse=True)
            if count > min_frequency and (max_frequency <= 0 or count < max_frequency)
        }
        self._freq = kept
        self._number(list(kept))

    def reverse(self, class_id: int) -> Any:
        """The category of a number.

        Raises:
            ValueError: the vocabulary was made without `support_reverse`.
            IndexError: there is no such number.
        """
        if not self._support_reverse:
            raise ValueError(
                "This vocabulary wasn't initialized with support_reverse to support reverse() function."
            )
        if not 0 <= class_id < len(self._reverse_mapping):
            raise IndexError(
                f"class_id must be in [0, {len(self._reverse_mapping)}), not {class_id}"
            )
        return self._reverse_mapping[class_id]
