"""TF.Text's tokenizer by a vocabulary of word pieces."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError
from minihub_runtime.ops.checking import require_rank
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.tables import Table
from minihub_runtime.shapes import Shape, Spec, merge
from minihub_runtime.text.arrays import as_bytes, string_array
from minihub_runtime.text.encodings import decode

__all__: list[str] = []

#: What TF.Text asks the table for; an entry with this value counts as absent.
_ABSENT = np.array(-1, np.int64)


class _Pieces:
    """The pieces of one batch of words, one word after the other."""

    def __init__(self, table: Table, suffix: bytes, unknown: bytes | None) -> None:
        self.table = table
        self.suffix = suffix
        self.unknown = unknown
        self.values: list[bytes] = []
        self.starts: list[int] = []
        self.limits: list[int] = []

    def longest(self, word: bytes, start: int, ends: list[int]) -> int | None:
        """The last of `ends` at which a piece of the vocabulary ends, None if there is none."""
        mark = self.suffix if start else b""
        keys = [mark + word[start:end] for end in ends]
        found = self.table.find(string_array(keys, [len(keys)]), _ABSENT)
        places = np.flatnonzero(found != _ABSENT)
        return ends[places[-1]] if places.size else None

    def add(self, value: bytes, start: int, limit: int) -> None:
        """Append one piece."""
        self.values.append(value)
        self.starts.append(start)
        self.limits.append(limit)

    def split(self, word: bytes, ends: list[int], most: int, split_unknown: bool) -> None:
        """Append the pieces of one word, whose characters end at `ends`."""
        before = len(self.values)
        place = start = 0
        while place < len(ends):
            reach = ends[place : place + most] if most > 0 else ends[place:]
            limit = self.longest(word, start, reach)
            mark = self.suffix if start else b""
            if limit is not None:
                self.add(mark + word[start:limit], start, limit)
            elif split_unknown:
                limit = ends[place]
                own = word[start:limit] if self.unknown is None else self.unknown
                self.add(mark + own, start, limit)
            else:
                del self.values[before:], self.starts[before:], self.limits[before:]
                self.add(word if self.unknown is None else self.unknown, 0, len(word))
                return
            place += reach.index(limit) + 1
            start = limit


@op(
    "WordpieceTokenizeWithOffsets(input_values: string, vocab_lookup_table: resource)"
    " -> output_values: string, output_row_lengths: int64, start_values: int64, limit_values: int64",
    stateful=True,
    source="tensorflow_text/core/kernels/wordpiece_kernel.cc",
)
def wordpiece_tokenize_with_offsets(
    ctx: Context,
    input_values: Array,
    vocab_lookup_table: Any,
    *,
    suffix_indicator: str,
    max_bytes_per_word: int,
    max_chars_per_token: int = 0,
    use_unknown_token: bool,
    unknown_token: str,
    split_unknown_characters: bool = False,
    output_row_partition_type: Literal["row_lengths", "row_splits"] = "row_lengths",
) -> tuple[Array, Array, Array, Array]:
    """Each word as the longest pieces of the vocabulary, from its begin on; pieces within it carry the suffix mark.

    A word that leaves a rest, or is too long, is one unknown token (or itself), or with
    `split_unknown_characters` each character that is left is one.  Offsets are bytes of the word.
    Raises: InvalidArgumentError for words in other than a vector, or a table that is no filled vocabulary.
    """
    require_rank(input_values, 1, "input_values")
    if not isinstance(vocab_lookup_table, Table):
        raise InvalidArgumentError("vocab_lookup_table must be a table")
    unknown = as_bytes(unknown_token) if use_unknown_token else None
    pieces = _Pieces(vocab_lookup_table, as_bytes(suffix_indicator), unknown)
    words: list[bytes] = input_values.tolist()
    decoded = decode(words, "UTF-8")
    bounds = np.cumsum(decoded.counts).tolist()
    sizes = decoded.sizes.tolist()
    splits = [0]
    first = 0
    for word, bound in zip(words, bounds, strict=True):
        ctx.check()
        if len(word) > max_bytes_per_word:
            # The limit is that of the unknown token itself.
            pieces.add(*((word, 0, len(word)) if unknown is None else (unknown, 0, len(unknown))))
        else:
            ends = np.cumsum(sizes[first:bound]).tolist()
            try:
                pieces.split(word, ends, max_chars_per_token, split_unknown_characters)
            except FailedPreconditionError as error:
                raise InvalidArgumentError(str(error)) from error
        first = bound
        splits.append(len(pieces.values))
    rows = np.array(splits, np.int64)
    return (
        string_array(pieces.values, [len(pieces.values)]),
        rows if output_row_partition_type == "row_splits" else np.diff(rows),
        np.array(pieces.starts, np.int64),
        np.array(pieces.limits, np.int64),
    )


@wordpiece_tokenize_with_offsets.shape
def wordpiece_tokenize_with_offsets_shape(
    input_values: Spec, output_row_partition_type: str
) -> list[Shape]:
    shape = merge(input_values.shape, (None,))
    count = shape[0] if shape else None
    if count is not None and output_row_partition_type == "row_splits":
        count += 1
    return [(None,), (count,), (None,), (None,)]
