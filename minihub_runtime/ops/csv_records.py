"""The records of a CSV text that comes in pieces: lines of fields, of which quoted ones may hold delimiters and line ends.

Source: tensorflow/core/kernels/data/experimental/csv_dataset_op.cc.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from minihub_runtime.ops.checking import allocatable

__all__ = ["Layout", "Records"]

#: A line that is longer is not split at once, for its fields may take many times its memory.
_LONG = 1 << 20

#: A field, or what is wrong with it.
_Field = bytes | str
#: A field, where the next one begins, and whether the record ends between.
_Found = tuple[_Field, int, bool]


class Layout:
    """How fields are told apart, and which columns count.

    Args:
        delimiter: the byte between fields.
        quotes: whether double quotes enclose fields.
        count: how many columns count.
        selected: these columns, in order; all if there are none.
        excluded: the columns that do not count, where none are selected.
    """

    def __init__(
        self,
        delimiter: bytes,
        quotes: bool,
        count: int,
        selected: Sequence[int] = (),
        excluded: Sequence[int] = (),
    ) -> None:
        self.delimiter = delimiter
        self.quotes = quotes
        self.count = count
        self.selected = selected
        self.excluded = frozenset(excluded)
        self.chosen = frozenset(selected)
        #: Columns after that many tell nothing more; a line that is split at once has no more than it has bytes.
        self.most = min(selected[-1] + 1 if selected else count + len(excluded), _LONG + 1)
        # A line can be split at once unless its end is also the delimiter.
        self.plain = delimiter not in b"\r\n"
        self.end = re.compile(b"[\r\n" + re.escape(delimiter) + b"]")

    def counts(self, column: int) -> bool:
        """Whether a column counts."""
        return column in self.chosen if self.chosen else column not in self.excluded


_LINE_END = re.compile(rb"[\r\n]")


class Records(Iterator[list[_Field]]):
    """The fields that count of each record; if one of the record is wrong, it comes last, as what is wrong with it.

    Of more fields than `layout.count` only the first is there.

    Args:
        read: returns the next piece, which is empty at the end.
        layout: what fields are.
        check: raises if it is time to stop; nothing is lost then.
    """

    def __init__(
        self, read: Callable[[], bytes], layout: Layout, check: Callable[[], None]
    ) -> None:
        self._read = read
        self._layout = layout
        self._check = check
        self._text = b""
        self._place = 0
        self._ended = False

    def __next__(self) -> list[_Field]:
        while True:
            if self._place < len(self._text):
                found = self._line()
                if found is not None:
                    fields, self._place = found
                    return fields
            elif self._ended:
                raise StopIteration
            self._fill()

    def _fill(self) -> None:
        """Read on, at least as much as there is already, so that a long record is not looked at too often."""
        self._check()
        pieces = [self._text[self._place :]]
        total = len(pieces[0])
        wanted = 2 * total + 1
        while total < wanted and not self._ended:
            pieces.append(self._read())
            total += len(pieces[-1])
            self._ended = not pieces[-1]
            # A record of a compressed file may be far longer than the file.
            allocatable([total], np.uint8, "a record")
        self._text, self._place = b"".join(pieces), 0

    def _line(self) -> tuple[list[_Field], int] | None:
        """The fields of a record, and where the next one begins; None if it goes on in what is not read yet."""
        text, start, layout = self._text, self._place, self._layout
        match = _LINE_END.search(text, start)
        if match is None and not self._ended:
            return None
        end = len(text) if match is None else match.start()
        quoted = layout.quotes and text.find(b'"', start, end) >= 0
        if quoted or not layout.plain or end - start > _LONG:
            return self._record()
        following = self._after(end)
        if following is None:
            return None
        fields: list[_Field] = [*text[start:end].split(layout.delimiter, layout.most)]
        if layout.selected:
            fields = [fields[column] for column in layout.selected if column < len(fields)]
        elif layout.excluded:
            fields = [field for column, field in enumerate(fields) if layout.counts(column)]
        return fields, following

    def _after(self, end: int) -> int | None:
        """Where the record after a line end begins; None if that cannot be told yet."""
        text = self._text
        if text[end : end + 1] == b"\r":
            if end + 1 == len(text) and not self._ended:
                return None
            if text[end + 1 : end + 2] == b"\n":
                return end + 2
        return min(end + 1, len(text))

    def _record(self) -> tuple[list[_Field], int] | None:
        """As `_line`, field by field."""
        layout, place = self._layout, self._place
        fields: list[_Field] = []
        column, ended, wrong = 0, False, False
        while not ended:
            quoted = layout.quotes and self._text[place : place + 1] == b'"'
            found = self._quoted(place) if quoted else self._unquoted(place)
            if found is None:
                return None
            field, place, ended = found
            failed = isinstance(field, str)
            if not wrong and (failed or (len(fields) <= layout.count and layout.counts(column))):
                fields.append(field)
            wrong = wrong or failed
            column += 1
        return fields, place

    def _unquoted(self, start: int) -> _Found | None:
        text, layout = self._text, self._layout
        match = layout.end.search(text, start)
        if match is None:
            if not self._ended:
                return None
            end = following = len(text)
            ended = True
        else:
            end = match.start()
            ended = match[0] != layout.delimiter
            after = self._after(end) if ended else end + 1
            if after is None:
                return None
            following = after
        if layout.quotes and text.find(b'"', start, end) >= 0:
            return "Unquoted fields cannot have quotes inside", following, ended
        return text[start:end], following, ended

    def _quoted(self, start: int) -> _Found | None:
        text, delimiter = self._text, self._layout.delimiter
        wrong = False
        place = start + 1
        while True:
            quote = text.find(b'"', place)
            if not self._ended and (quote < 0 or quote + 1 == len(text)):
                return None
            if quote < 0:
                message = "Reached end of file without closing quoted field in record"
                return message, len(text), True
            place = quote + 2
            following = text[quote + 1 : place]
            ended = following in (b"", b"\r", b"\n") and following != delimiter
            if ended or following == delimiter:
                break
            wrong = wrong or following != b'"'
        after = self._after(quote + 1) if ended else place
        if after is None:
            return None
        if wrong:
            return "Quote inside a string has to be escaped by another quote", after, ended
        return text[start + 1 : quote].replace(b'""', b'"'), after, ended
