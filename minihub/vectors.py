"""Files of word vectors, read in blocks: GloVe, word2vec (text and binary) and fastText, plain or gzipped.

    GloVe            <word> <x> <x> …                       one word a line, no header; also several spaces, or tabs
    word2vec         <count> <dimension>, then as GloVe     also fastText's .vec
    word2vec binary  <count> <dimension>, then <word> <float32 …>

A file is read from its start to its end and never held in memory.

Source: the formats of github.com/stanfordnlp/GloVe, code.google.com/archive/p/word2vec and fasttext.cc.
"""

from __future__ import annotations

import codecs
import contextlib
import dataclasses
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.errors import DataLossError, InvalidArgumentError, clip
from minihub_runtime.files import open_regular_file

__all__ = ["FORMATS", "Format", "VectorFile", "open_vectors"]

Format = Literal["glove", "word2vec", "word2vec-binary"]
FORMATS: tuple[Format, ...] = ("glove", "word2vec", "word2vec-binary")

#: Rows of a block.
_ROWS = 4096
#: A first line longer than this is not of any of the formats.
_MAX_LINE = 1 << 20
_MAX_DIMENSION = 1 << 16
_GZIP = b"\x1f\x8b"

Block = tuple[list[bytes], NDArray[np.float32]]


@dataclasses.dataclass(frozen=True)
class VectorFile:
    """A file of word vectors.

    Attributes:
        path: where it is.
        format: how it is written.
        dimension: numbers of each vector.
        count: words that the header announces, None where there is no header.
        size: bytes on the disk.
    """

    path: str
    format: Format
    dimension: int
    count: int | None
    size: int

    def blocks(self, on_bytes: Callable[[int], None] | None = None) -> Iterator[Block]:
        """The words and their vectors, float32 [rows, dimension], some thousand rows at a time.

        Args:
            on_bytes: is told how many bytes of the file on the disk were read since it was told last.

        Raises:
            DataLossError: a line or a record is not of the format, has numbers that are not finite, or the file ends too early.
        """
        with _opened(self.path) as (stream, raw):
            reader = _binary_blocks if self.format == "word2vec-binary" else _text_blocks
            before = 0
            for block in reader(self, stream):
                if on_bytes is not None:
                    now = raw.tell()
                    on_bytes(now - before)
                    before = now
                yield block


def open_vectors(path: str | os.PathLike[str], format: Format | None = None) -> VectorFile:
    """Look at the start of a file of word vectors.

    Args:
        path: the file.
        format: how it is written; found out if left out.

    Raises:
        NotFoundError, PermissionDeniedError: it cannot be read.
        InvalidArgumentError: it is empty, or of none of the formats.
        DataLossError: it is not the gzip file it begins as.
    """
    name = os.fspath(path)
    with _opened(name) as (stream, _):
        start = stream.read(_MAX_LINE)
    first, found, rest = start.partition(b"\n")
    if not start.strip():
        raise InvalidArgumentError(f"{clip(name)} must hold word vectors, but is empty")
    if not found and len(start) == _MAX_LINE:
        raise InvalidArgumentError(f"{clip(name)} must begin with a line, but has none")
    header = _header(first)
    if format is None:
        format = "glove" if header is None else _kind_of_body(rest, header[1])
    count: int | None = None
    if format == "glove":
        dimension = _glove_dimension(first, name)
    elif header is None:
        raise InvalidArgumentError(
            f"a {format} file must begin with a line of two numbers, how many words and how many "
            f"numbers each; {clip(name)} begins with {clip(first[:60].decode('utf-8', 'replace'))!r}"
        )
    else:
        count, dimension = header
    if not 1 <= dimension <= _MAX_DIMENSION:
        raise InvalidArgumentError(
            f"vectors must have from 1 to {_MAX_DIMENSION} numbers, not {dimension} ({clip(name)})"
        )
    return VectorFile(name, format, dimension, count, os.path.getsize(name))


@contextlib.contextmanager
def _opened(path: str) -> Iterator[tuple[Any, Any]]:
    """The uncompressed stream, and the file itself, whose position tells how far reading is."""
    with os.fdopen(open_regular_file(path), "rb") as raw:
        packed = raw.peek(2)[:2] == _GZIP
        stream: Any = io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 18) if packed else raw
        try:
            # A byte order mark is how some programs begin a UTF-8 file, not text.
            if stream.peek(len(codecs.BOM_UTF8)).startswith(codecs.BOM_UTF8):
                stream.read(len(codecs.BOM_UTF8))
            yield stream, raw
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataLossError(f"{clip(path)} must be a whole gzip file: {error}") from error


def _header(line: bytes) -> tuple[int, int] | None:
    """Count and dimension, if a line has just these."""
    fields = line.split()
    if len(fields) == 2 and all(field.isdigit() and len(field) < 12 for field in fields):
        return int(fields[0]), int(fields[1])
    return None


def _kind_of_body(rest: bytes, dimension: int) -> Format:
    """Text if the line after the header is a word and `dimension` numbers in text; there may be no words at all."""
    line = rest.partition(b"\n")[0]
    fields = line.rsplit(None, dimension)
    if not rest.strip():
        return "word2vec"
    try:
        for field in fields[1:]:
            float(field)
    except ValueError:
        return "word2vec-binary"
    return "word2vec" if len(fields) == dimension + 1 else "word2vec-binary"


def _glove_dimension(line: bytes, name: str) -> int:
    fields = line.split()
    numbers = 0
    for field in reversed(fields[1:]):
        try:
            float(field)
        except ValueError:
            break
        numbers += 1
    if not numbers:
        raise InvalidArgumentError(
            f"a line of word vectors must be a word and numbers, separated by spaces; {clip(name)} "
            f"begins with {clip(line[:60].decode('utf-8', 'replace'))!r}"
        )
    return numbers


def _text_blocks(file: VectorFile, stream: Any) -> Iterator[Block]:
    number = 0
    if file.count is not None:
        stream.readline()
        number = 1
    words_seen = 0
    while True:
        lines = []
        for line in stream:
            lines.append(line)
            if len(lines) == _ROWS:
                break
        if not lines:
            break
        block = _parse_lines(lines, file, number)
        number += len(lines)
        words_seen += len(block[0])
        if block[0]:
            yield block
    _check_count(file, words_seen)


def _parse_lines(lines: list[bytes], file: VectorFile, before: int) -> Block:
    """The words and numbers of some lines; empty lines count for nothing."""
    kept = [line.rstrip() for line in lines]
    pairs = [line.split(b" ", 1) for line in kept if line]
    if all(len(pair) == 2 for pair in pairs):
        values = _numbers([pair[1] for pair in pairs])
        if (
            values is not None
            and values.shape[1] == file.dimension
            and bool(np.isfinite(values).all())
        ):
            return [pair[0] for pair in pairs], values
    # Some words of GloVe's largest files have spaces in them, other files have several spaces or tabs between numbers:
    # these are taken from the right, line by line.
    words, rows = [], []
    for number, line in enumerate(kept, before + 1):
        if not line:
            continue
        # A line that begins with a space is one of the empty word.
        word, *fields = (b"\0" + line).rsplit(None, file.dimension)
        word = word[1:]
        row = _numbers([b" ".join(fields)])
        if row is None or row.shape[1] != file.dimension:
            raise DataLossError(
                f"line {number} of {clip(file.path)} must be a word and {file.dimension} numbers, not "
                f"{clip(line[:80].decode('utf-8', 'replace'))!r}"
            )
        _check_finite(row[0], word, f"line {number} of {clip(file.path)}")
        words.append(word)
        rows.append(row)
    return words, np.concatenate([np.empty((0, file.dimension), np.float32), *rows])


def _numbers(rows: list[bytes]) -> NDArray[np.float32] | None:
    """Lines of equally many numbers as an array, None if there is something else in them."""
    if not all(rows):
        return None
    try:
        return np.loadtxt(io.BytesIO(b"\n".join(rows)), np.float32, comments=None, ndmin=2)
    except ValueError:
        return None


def _check_finite(vector: NDArray[np.float32], word: bytes, where: str) -> None:
    """Raise if a vector has what would make every sentence with its word, and every training on it, worthless."""
    wrong = np.flatnonzero(~np.isfinite(vector))
    if len(wrong):
        raise DataLossError(
            f"{where}: the vector of {clip(word.decode('utf-8', 'replace'))!r} must have finite numbers of single precision, "
            f"but number {wrong[0] + 1} is {vector[wrong[0]]}"
        )


def _binary_blocks(file: VectorFile, stream: Any) -> Iterator[Block]:
    stream.readline()
    size = 4 * file.dimension
    assert file.count is not None
    done = 0
    while done < file.count:
        words: list[bytes] = []
        rows = np.empty((min(_ROWS, file.count - done), file.dimension), "<f4")
        for row in rows:
            word = _binary_word(stream, file, done + len(words))
            data = stream.read(size)
            if len(data) < size:
                raise _ends_early(file, done + len(words))
            row[:] = np.frombuffer(data, "<f4")
            words.append(word)
        if not np.isfinite(rows).all():
            for index, (word, row) in enumerate(zip(words, rows, strict=True), done):
                _check_finite(row, word, f"word {index} of {clip(file.path)}")
        done += len(words)
        yield words, rows.astype(np.float32, copy=False)
    if stream.read(2).strip():
        raise DataLossError(
            f"{clip(file.path)} must end after {file.count} words as its header says, but goes on"
        )


def _binary_word(stream: Any, file: VectorFile, index: int) -> bytes:
    """The bytes up to a space; some writers put a line break before each word."""
    word = bytearray()
    while True:
        # `peek` gives what is buffered, so that a word is not read byte by byte.
        ahead = stream.peek(256)[:256]
        if not ahead:
            raise _ends_early(file, index)
        end = ahead.find(b" ")
        word += stream.read(len(ahead) if end < 0 else end + 1)
        if end >= 0:
            return bytes(word[:-1].lstrip(b"\n"))
        if len(word) > _MAX_LINE:
            raise DataLossError(f"word {index} of {clip(file.path)} must end with a space")


def _ends_early(file: VectorFile, index: int) -> DataLossError:
    return DataLossError(
        f"{clip(file.path)} must hold {file.count} words as its header says, but ends in word {index}"
    )


def _check_count(file: VectorFile, found: int) -> None:
    if file.count is not None and found != file.count:
        raise DataLossError(
            f"{clip(file.path)} must hold {file.count} words as its header says, but holds {found}"
        )
