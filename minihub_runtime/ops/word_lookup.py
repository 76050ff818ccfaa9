"""From sentences to the numbers of their words in one step: what `passes.fuse_word_lookup` makes of text pre-processing.

All sentences are joined, and what is worked out about words are arrays of where they begin and how long they are: no
word becomes an object of its own.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require_rank
from minihub_runtime.ops.registry import ANY, Array, op
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.tables import Table
from minihub_runtime.text.arrays import as_bytes
from minihub_runtime.text.regex import Translation, compile_regex
from minihub_runtime.threads import num_threads, pays, spread

__all__ = ["STEPS", "translation_of"]

#: Up to so many sentences are split one by one.
FEW = 64
#: What one thread takes for a sentence of many, outside the interpreter, about.
NANOSECONDS = 400
#: Stands between joined sentences that have none themselves.
MARK = 0
_BETWEEN = bytes([MARK])
#: The ops that may come before the splitting, as they stand in the attribute `steps`.
STEPS = {"StringLower": "lower", "StringUpper": "upper"}


@functools.cache
def translation_of(step: str) -> Translation | None:
    """What a step does to bytes: `lower`, `upper`, or a pattern, a NUL and what matches become; None if it does more."""
    if step == "lower":
        return Translation(bytes(range(256)).lower(), b"")
    if step == "upper":
        return Translation(bytes(range(256)).upper(), b"")
    pattern, rewrite = step.split("\0")
    return compile_regex(as_bytes(pattern)).translation(as_bytes(rewrite))


@functools.lru_cache(maxsize=64)
def _translations(
    steps: tuple[str, ...],
) -> tuple[list[Translation | None], list[Translation] | None, bool]:
    """What each step does to bytes; the same if all do only that; and whether one of them is so for ASCII alone."""
    found = [translation_of(step) for step in steps]
    known = [translation for translation in found if translation is not None]
    of_ascii = any(translation.of_ascii for translation in known)
    return found, known if len(known) == len(found) else None, of_ascii


def _prepared(
    sentences: list[bytes], steps: Sequence[str]
) -> tuple[list[bytes], Sequence[Translation]]:
    """Sentences and the translations that are still to be done, which are right for them."""
    found, translations, of_ascii = _translations(tuple(steps))
    if translations is not None and (not of_ascii or all(map(bytes.isascii, sentences))):
        return sentences, translations
    for step, translation in zip(steps, found, strict=True):
        if translation is not None and not translation.of_ascii:
            sentences = [s.translate(translation.table, translation.deleted) for s in sentences]
        else:
            pattern, rewrite = step.split("\0")
            sentences = compile_regex(as_bytes(pattern)).replace(sentences, as_bytes(rewrite), True)
    return sentences, []


@op(
    "_SplitAndLookup(input: string, table: resource, default_value: Tout) "
    "-> indices: int64, ids: Tout",
    Tout=ANY,
    stateful=True,
    source="core/kernels/string_split_op.cc",
    shape=unknown,
)
def split_and_lookup(
    input: Array,
    table: Any,
    default_value: Array,
    *,
    steps: list[str],
    delimiter: str,
    fill: list[str],
    size_for_default: bool = False,
) -> tuple[Array, Array]:
    """Place and number of each word of sentences, which are changed by `steps` and split at `delimiter`, one byte.

    A sentence without words has the one in `fill`, if there is one.  With `size_for_default` a word that is not there has
    the size of the table for its number.

    Shapes: `[n]`, `[]`, `[]` -> `[k, 2], [k]`.
    Raises: InvalidArgumentError unless `input` is a vector and `table` a table of strings.
    """
    require_rank(input, 1, "input")
    if not isinstance(table, Table) or table.key_dtype.name != "string" or table.value_shape:
        raise InvalidArgumentError(f"table must be one of strings, not {table!r}")
    mark, filler = as_bytes(delimiter), [as_bytes(word) for word in fill]
    sentences, translations = _prepared(input.tolist(), steps)
    if len(sentences) > FEW:
        found = _find_many(sentences, translations, mark, filler, table, default_value)
        if found is not None:
            indices, ids = found
            return indices, _sized(ids, default_value, table) if size_for_default else ids
    texts = _translated(sentences, translations)
    words = mark.join(texts).split(mark)
    if all(words):
        marks = list(map(bytes.count, texts, itertools.repeat(mark)))
        counts = [count + 1 for count in marks]
    else:
        rows = [list(filter(None, text.split(mark))) or filler for text in texts]
        words, counts = list(itertools.chain.from_iterable(rows)), [*map(len, rows)]
    if counts.count(counts[0] if counts else 0) == len(counts):
        indices = _even_indices(len(counts), counts[0] if counts else 0)
    else:
        indices = _indices(np.array(counts, np.int64))
    ids = table.find_list(words, default_value)
    return indices, _sized(ids, default_value, table) if size_for_default else ids


def _find_many(
    sentences: list[bytes],
    translations: Sequence[Translation],
    delimiter: bytes,
    filler: Sequence[bytes],
    table: Table,
    default: Array,
) -> tuple[Array, Array] | None:
    """Place and number of each word of many sentences, by arrays of all their bytes; None if these cannot be joined."""
    count = len(sentences)
    cost = count * NANOSECONDS
    parts = num_threads() if pays(cost) else 1
    cuts = [count * part // parts for part in range(parts + 1)]
    found: list[tuple[Array, Array] | None] = [None] * parts

    def find(part: int) -> None:
        some = sentences[cuts[part] : cuts[part + 1]]
        split = _split_joined(some, translations, delimiter, filler)
        if split is not None:
            indices, data, starts, lengths = split
            found[part] = indices, table.find_flat(data, starts, lengths, default)

    spread(find, range(parts), cost)
    whole = [one for one in found if one is not None]
    if len(whole) < parts:
        return None
    if parts == 1:
        return whole[0]
    for (indices, _), first in zip(whole, cuts, strict=False):
        indices[:, 0] += first
    places, ids = zip(*whole, strict=True)
    return np.concatenate(places), np.concatenate(ids)


def _sized(ids: Array, default: Array, table: Table) -> Array:
    """The numbers of words, the table's size in the place of `default`."""
    np.copyto(ids, table.size(), where=ids == default)
    return ids


def _even_indices(sentences: int, words: int) -> Array:
    """Row and column of each word of sentences with as many words."""
    indices = np.empty((sentences * words, 2), np.int64)
    if indices.size:
        places = indices.reshape(sentences, words, 2)
        places[..., 0] = np.arange(sentences)[:, None]
        places[..., 1] = np.arange(words)
    return indices


def _indices(counts: Array) -> Array:
    """Row and column of each word of sentences with so many."""
    if len(counts) and (counts == counts[0]).all():
        return _even_indices(len(counts), int(counts[0]))
    ends = np.cumsum(counts)
    indices = np.empty((int(ends[-1]) if len(ends) else 0, 2), np.int64)
    indices[:, 0] = np.repeat(np.arange(len(counts)), counts)
    indices[:, 1] = np.arange(len(indices))
    indices[:, 1] -= np.repeat(ends - counts, counts)
    return indices


def _translated(sentences: list[bytes], translations: Sequence[Translation]) -> list[bytes]:
    """The sentences after some translations."""
    joined = _joined(sentences, translations) if len(sentences) > 1 else None
    if joined is not None:
        return joined.split(_BETWEEN)
    for table, deleted, _ in translations:
        sentences = [sentence.translate(table, deleted) for sentence in sentences]
    return sentences


def _joined(sentences: list[bytes], translations: Sequence[Translation]) -> bytes | None:
    """All sentences with the mark between them, after some translations.

    None where that is ambiguous: a sentence has the mark, or a step changes it or makes it.
    """
    joined = _BETWEEN.join(sentences)
    if joined.count(_BETWEEN) != len(sentences) - 1:
        return None
    for table, deleted, _ in translations:
        if MARK in deleted or (table is not None and table.find(_BETWEEN) != MARK):
            return None
        if table is not None and table.count(_BETWEEN) > 1:
            return None
        joined = joined.translate(table, deleted)
    return joined


def _split_joined(
    sentences: list[bytes],
    translations: Sequence[Translation],
    delimiter: bytes,
    filler: Sequence[bytes],
) -> tuple[Array, Array, Array, Array] | None:
    """Row and column of each word, all bytes, and where each word begins and how long it is.

    None where the sentences cannot be joined: one has the mark, or a step changes it.
    """
    joined = _joined(sentences, translations) if delimiter != _BETWEEN else None
    if joined is None:
        return None
    data = np.frombuffer(joined + _BETWEEN + b"".join(filler), np.uint8)
    text = data[: len(joined) + 1]
    marks = text == MARK
    outside = marks | (text == delimiter[0])
    # A word begins where what lies outside of words ends.
    edges = np.flatnonzero(outside[1:] != outside[:-1])
    edges += 1
    if not outside[0]:
        edges = np.concatenate((np.zeros(1, edges.dtype), edges))
    starts, lengths = edges[::2], edges[1::2] - edges[::2]
    ends = np.flatnonzero(marks)
    firsts = np.searchsorted(starts, ends)
    counts = np.diff(firsts, prepend=0)
    empty = np.flatnonzero(counts == 0)
    if empty.size and filler:
        starts = np.insert(starts, firsts[empty], len(joined) + 1)
        lengths = np.insert(lengths, firsts[empty], len(filler[0]))
        counts[empty] = 1
    return _indices(counts), data, starts, lengths
