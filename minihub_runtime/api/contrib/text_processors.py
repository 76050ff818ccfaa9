"""`tf.contrib.learn.preprocessing`: documents as rows of numbers of their words or bytes.

Source: tensorflow/contrib/learn/python/learn/preprocessing/text.py (release 1.15).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.api.contrib import vocabulary_files
from minihub_runtime.api.contrib.categorical_vocabulary import CategoricalVocabulary
from minihub_runtime.api.contrib.vocabulary_files import CLASSES, Counts, Global, Instance
from minihub_runtime.api.gfile_object import GFile
from minihub_runtime.errors import DataLossError
from minihub_runtime.public import public

__all__ = ["ByteProcessor", "VocabularyProcessor", "tokenizer"]

Tokenizer = Callable[[Iterable[Any]], Iterable[Iterable[Any]]]

#: Capitals that no small letter follows, a capitalised word before another, or letters, digits, `_`, `'` and `-`.
_TOKENS = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z][a-z]+(?=[A-Z])|[\'\w\-]+", re.UNICODE)


@public("contrib.learn.preprocessing.tokenizer")
def tokenizer(iterator: Iterable[str]) -> Iterator[list[str]]:
    """The words of each text: letters, digits, `_`, `'` and `-`; words written together are parted at capitals.

    Args:
        iterator: texts.
    """
    for value in iterator:
        yield _TOKENS.findall(value)


@public("contrib.learn.preprocessing.ByteProcessor")
class ByteProcessor:
    """Documents as the numbers of their bytes.

    Args:
        max_document_length: how many bytes each row has; longer documents are cut, shorter ones filled with 0.
    """

    def __init__(self, max_document_length: int) -> None:
        self.max_document_length = max_document_length

    def fit(self, x: Any) -> None:
        """Nothing: there is nothing to learn."""

    def fit_transform(self, x: Iterable[str | bytes]) -> Iterator[NDArray[np.uint8]]:
        """As `transform`."""
        return self.transform(x)

    def transform(self, x: Iterable[str | bytes]) -> Iterator[NDArray[np.uint8]]:
        """A row of uint8 for each document.

        Args:
            x: texts, which become UTF-8, or bytes.
        """
        for document in x:
            data = document.encode() if isinstance(document, str) else document
            row = np.zeros(self.max_document_length, np.uint8)
            found = np.frombuffer(memoryview(data)[: self.max_document_length], np.uint8)
            row[: len(found)] = found
            yield row

    def reverse(self, x: Iterable[NDArray[Any]]) -> Iterator[str]:
        """The text of each row; empty if the row is not UTF-8.

        Args:
            x: rows of integers, such as `transform` gives.
        """
        for data in x:
            document = np.trim_zeros(np.asarray(data).astype(np.uint8), trim="b").tobytes()
            try:
                yield document.decode()
            except UnicodeDecodeError:
                yield ""


@public("contrib.learn.preprocessing.VocabularyProcessor")
class VocabularyProcessor:
    """Documents as the numbers of their words.

    Args:
        max_document_length: how many words each row has; longer documents are cut, shorter ones filled with 0.
        min_frequency: `fit` forgets words that it has seen so often or less, if this is above 0.
        vocabulary: a CategoricalVocabulary to begin with; an empty one if left out.
        tokenizer_fn: texts → words of each; `tokenizer` if left out.

    Attributes:
        vocabulary_: the CategoricalVocabulary.
    """

    def __init__(
        self,
        max_document_length: int,
        min_frequency: int = 0,
        vocabulary: CategoricalVocabulary | None = None,
        tokenizer_fn: Tokenizer | None = None,
    ) -> None:
        self.max_document_length = max_document_length
        self.min_frequency = min_frequency
        self.vocabulary_ = vocabulary or CategoricalVocabulary()
        self._tokenizer: Tokenizer = tokenizer_fn or tokenizer

    def fit(self, raw_documents: Iterable[Any], unused_y: Any = None) -> VocabularyProcessor:
        """Learn the words of some texts; other words have number 0 from then on.

        Args:
            raw_documents: the texts.
            unused_y: not used.

        Returns:
            This processor.
        """
        for tokens in self._tokenizer(raw_documents):
            for token in tokens:
                self.vocabulary_.add(token)
        if self.min_frequency > 0:
            self.vocabulary_.trim(self.min_frequency)
        self.vocabulary_.freeze()
        return self

    def fit_transform(
        self, raw_documents: Iterable[Any], unused_y: Any = None
    ) -> Iterator[NDArray[np.int64]]:
        """`fit`, then `transform`; the texts are gone through twice, so that a generator is empty the second time."""
        self.fit(raw_documents)
        return self.transform(raw_documents)

    def transform(self, raw_documents: Iterable[Any]) -> Iterator[NDArray[np.int64]]:
        """A row of int64 for each text, `[max_document_length]`.

        Args:
            raw_documents: the texts.
        """
        for tokens in self._tokenizer(raw_documents):
            row = np.zeros(self.max_document_length, np.int64)
            # Words that are cut off get no number either where the vocabulary is not frozen.
            for place, token in zip(range(self.max_document_length), tokens):
                row[place] = self.vocabulary_.get(token)
            yield row

    def reverse(self, documents: Iterable[Iterable[int]]) -> Iterator[str]:
        """The words of each row with blanks between.

        Args:
            documents: rows of numbers.

        Raises:
            ValueError: the vocabulary was made without `support_reverse`.
            IndexError: there is no such number.
        """
        for item in documents:
            yield " ".join(self.vocabulary_.reverse(class_id) for class_id in item)

    def save(self, filename: str | os.PathLike[str]) -> None:
        """Write a file that `restore` reads, here and in TensorFlow 1.

        A tokenizer of one's own is written by its module and name.

        Args:
            filename: its path.

        Raises:
            TypeError: the vocabulary has something other than text and integers, or is no CategoricalVocabulary.
        """
        if type(self.vocabulary_) is not CategoricalVocabulary:
            raise TypeError(
                f"The vocabulary of a file must be a CategoricalVocabulary, not {self.vocabulary_!r}"
            )
        vocabulary = {**vars(self.vocabulary_), "_freq": Counts(self.vocabulary_._freq)}
        state = {
            "max_document_length": self.max_document_length,
            "min_frequency": self.min_frequency,
            "vocabulary_": Instance(CLASSES["vocabulary"], vocabulary),
            "_tokenizer": _name_of(self._tokenizer),
        }
        data = vocabulary_files.write(Instance(CLASSES["processor"], state))
        with GFile(filename, "wb") as file:
            file.write(data)

    @classmethod
    def restore(
        cls, filename: str | os.PathLike[str], tokenizer_fn: Tokenizer | None = None
    ) -> VocabularyProcessor:
        """The processor of a file that `save` wrote, here or in TensorFlow 1.

        Such a file is a pickle.  It is read as data: nothing that it names is imported or called, which is why a
        tokenizer other than `tokenizer` must be given again.

        Args:
            filename: its path.
            tokenizer_fn: what the processor was made with, if it was made with one.

        Raises:
            NotFoundError: there is no such file.
            DataLossError: it has something other than a processor.
            ValueError: the processor was made with a `tokenizer_fn`, and none is given.
        """
        with GFile(filename, "rb") as file:
            state = vocabulary_files.read(file.read()).state
        used = state.get("_tokenizer")
        if used != CLASSES["tokenizer"] and tokenizer_fn is None:
            raise ValueError(
                f"tokenizer_fn must be given: {os.fspath(filename)} is of a processor made with {vocabulary_files.shown(used)}, "
                "and files name no functions that are called"
            )
        vocabulary = _restored(state)
        return cls(state["max_document_length"], state["min_frequency"], vocabulary, tokenizer_fn)


def _name_of(function: Any) -> Global:
    """What a file calls a tokenizer."""
    if function is tokenizer:
        return CLASSES["tokenizer"]
    name = f"{getattr(function, '__module__', None)}.{getattr(function, '__qualname__', function)}"
    return Global(re.sub(r"[^!-~]", "_", name))


def _restored(state: dict[str, Any]) -> CategoricalVocabulary:
    """The vocabulary of a file.

    Raises:
        DataLossError: attributes of it or of the processor are missing or of other types.
    """
    for name, kind in {
        "max_document_length": int,
        "min_frequency": int,
        "vocabulary_": Instance,
    }.items():
        _require(state, name, kind)
    vocabulary = state["vocabulary_"].state
    _require(vocabulary, "_mapping", dict)
    _require(vocabulary, "_freq", dict)
    _require(vocabulary, "_support_reverse", (bool, int))
    if vocabulary["_support_reverse"]:
        _require(vocabulary, "_reverse_mapping", list)
    result = CategoricalVocabulary(
        vocabulary.get("_unknown_token"), bool(vocabulary["_support_reverse"])
    )
    result.freeze(bool(vocabulary.get("_freeze")))
    result._mapping, result._freq = vocabulary["_mapping"], vocabulary["_freq"]
    if result._support_reverse:
        result._reverse_mapping = vocabulary["_reverse_mapping"]
    for found in (result._mapping, result._freq):
        if not all(isinstance(number, int) for number in found.values()):
            raise DataLossError("Vocabularies must have integers for all words")
    return result


def _require(state: dict[str, Any], name: str, kind: Any) -> None:
    if not isinstance(state.get(name), kind):
        raise DataLossError(
            f"The file of a vocabulary processor must have {name}, not {vocabulary_files.shown(state.get(name))} for it"
        )
