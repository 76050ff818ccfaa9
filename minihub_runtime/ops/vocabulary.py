"""Files of one entry a line that fill lookup tables.

Lines end with LF; a CR before it is dropped.  A last line without an end counts.

Source: tensorflow/core/kernels/lookup_util.cc:TextFileLineIterator, tsl/lib/io/inputbuffer.cc.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, OutOfRangeError, clip
from minihub_runtime.ops.registry import Array
from minihub_runtime.text.word_index import WordIndex

__all__ = ["LINE", "LINE_NUMBER", "index_lines", "line_count", "read_vocabulary"]

LINE_NUMBER = -1
LINE = -2

_BLANKS = rb"[ \t\n\v\f\r]*"
_INTEGER = re.compile(_BLANKS + rb"-?[0-9]+" + _BLANKS)
_FLOAT = re.compile(
    _BLANKS + rb"[+-]?(?:inf|nan|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)" + _BLANKS,
    re.IGNORECASE,
)


def read_vocabulary(
    data: bytes,
    filename: bytes,
    key: tuple[int, DType],
    value: tuple[int, DType],
    *,
    vocab_size: int = -1,
    delimiter: str = "\t",
    offset: int = 0,
) -> tuple[Array, Array]:
    """Keys and values of a vocabulary file.

    Args:
        data: the content of the file.
        filename: for messages.
        key: where the key of a line is (a column, LINE_NUMBER or LINE), and its type.
        value: the same for the value.
        vocab_size: the number of lines wanted, -1 for all.
        delimiter: what separates columns; one byte.
        offset: the number of the first line.

    Raises:
        InvalidArgumentError: a line is empty or has too few columns or no number, or there are fewer lines than
            `vocab_size`.
        OutOfRangeError: there are no lines.
    """
    shown = clip(filename.decode("utf-8", "replace"))
    if len(delimiter.encode("utf-8", "surrogateescape")) != 1:
        raise InvalidArgumentError(f"delimiter must be one byte, not {delimiter!r}")
    for index, dtype in (key, value):
        _check_type(index, dtype)
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if vocab_size != -1:
        if len(lines) < vocab_size:
            raise InvalidArgumentError(
                f"Invalid vocab_size in {shown}: expected {vocab_size} but got {len(lines)}"
            )
        lines = lines[:vocab_size]
    if not lines:
        raise OutOfRangeError(f"{shown} must have at least one line")
    if b"\r" in data:
        lines = [line.removesuffix(b"\r") for line in lines]
    if not all(lines):
        raise InvalidArgumentError(
            f"Invalid content in {shown}: empty line found at line {lines.index(b'')}"
        )
    columns: list[list[bytes]] = []
    if key[0] >= 0 or value[0] >= 0:
        separator = delimiter.encode("utf-8", "surrogateescape")
        columns = [line.split(separator) for line in lines]
        _check_columns(columns, max(key[0], value[0]), shown)
    return (
        _column(lines, columns, *key, offset, shown),
        _column(lines, columns, *value, offset, shown),
    )


def index_lines(data: bytes, vocab_size: int = -1) -> WordIndex | None:
    """The numbers of the lines of a vocabulary file by the lines; None if it is one that `read_vocabulary` must look at.

    Those are files with lines that are empty, repeated or missing, or with a CR.

    Args:
        data: the content of the file.
        vocab_size: the number of lines wanted, -1 for all.
    """
    content = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(content == ord("\n"))
    if content.size and content[-1] != ord("\n"):
        ends = np.append(ends, content.size)
    if vocab_size != -1:
        if ends.size < vocab_size:
            return None
        ends = ends[:vocab_size]
    starts = np.zeros_like(ends)
    starts[1:] = ends[:-1] + 1
    lengths = ends - starts
    if not ends.size or b"\r" in data or not lengths.min():
        return None
    index = WordIndex(content, starts, lengths)
    return index if index.first_repeated is None else None


def line_count(data: bytes, vocab_size: int = -1) -> int:
    """How many entries a vocabulary file has; the caller's `vocab_size` counts if it is given."""
    if vocab_size != -1:
        return vocab_size
    return data.count(b"\n") + bool(data and not data.endswith(b"\n"))


def _check_type(index: int, dtype: DType) -> None:
    if index == LINE_NUMBER and dtype.name != "int64":
        raise InvalidArgumentError(f"a line number must be int64, not {dtype.name}")
    if index == LINE and dtype.name != "string" and not dtype.is_integer:
        raise InvalidArgumentError(f"a whole line must be a string or an integer, not {dtype.name}")


def _check_columns(columns: list[list[bytes]], index: int, shown: str) -> None:
    for number, row in enumerate(columns):
        if len(row) <= index:
            raise InvalidArgumentError(
                f"Invalid number of columns in {shown} line {number} : expected {index + 1} "
                f"got {len(row)}"
            )


def _column(
    lines: list[bytes],
    columns: list[list[bytes]],
    index: int,
    dtype: DType,
    offset: int,
    shown: str,
) -> Array:
    if index == LINE_NUMBER:
        return np.arange(offset, offset + len(lines), dtype=np.int64)
    words = lines if index == LINE else [row[index] for row in columns]
    if dtype.name == "string":
        result = np.empty(len(words), dtype=object)
        result[:] = words
        return result
    return np.array([_number(word, dtype, shown, n) for n, word in enumerate(words)], dtype.numpy)


def _number(word: bytes, dtype: DType, shown: str, line: int) -> Any:
    """The number a field holds, by TensorFlow's grammar: no underscores, no digits beyond ASCII."""
    if dtype.is_floating and _FLOAT.fullmatch(word):
        return float(word)
    # Longer numbers than these are no int64, and costly to read.
    if dtype.is_integer and len(word) < 1000 and _INTEGER.fullmatch(word):
        number = int(word)
        if dtype.min <= number <= dtype.max:
            return number
    raise InvalidArgumentError(
        f"{shown} line {line}: {clip(word.decode('utf-8', 'replace'))!r} must be a valid {dtype.name}"
    )
