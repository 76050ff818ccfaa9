"""Unpacks a module's archive: a tar, plain or gzipped, of regular files and folders.

An archive is a stranger's data. Python's tarfile ends silently at a damaged header and at a missing end, and never checks the
checksum of a gzip stream; so the stream is read here, header by header:

- gzip streams are read to their end, with checksum and length; several may follow one another, nothing else may;
- every header's checksum holds, two zero blocks end the archive, only zeros follow;
- only regular files and folders are made; a link, device or pipe ends the unpacking with an error;
- the bytes made, their ratio to the bytes read and the number of headers are capped;
- owner, times and special mode bits are ignored.

`tree` says which names are refused. The caller unpacks into a new folder and drops it if there was an error.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from minihub.errors import InvalidModuleError, StorageError, TruncatedModuleError
from minihub.handle import shown
from minihub.resolve.structure import open_regular
from minihub.resolve.tree import Limits, StoredFile, Tree, invalid, too_many
from minihub_runtime.errors import clip

__all__ = ["unpack"]

_BLOCK = 512
_CHUNK = 1 << 20
_ZEROS = bytes(_BLOCK)
_REGULAR = (b"0", b"\0", b"7")
_FOLDER = b"5"
_GZIP = b"\x1f\x8b"
_FOREIGN = {b"PK": "a zip", b"BZ": "a bzip2", b"\xfd7": "an xz", b"(\xb5": "a zstd"}


def unpack(
    path: str, directory: str, *, source: str, limits: Limits | None = None, gzips: int = 1
) -> list[StoredFile]:
    """Unpacks the archive at `path` into `directory`, which must be empty, and makes everything durable.

    Args:
        path: the archive.
        directory: a folder that nobody else writes to.
        source: what the user calls the archive, for messages.
        limits: caps; the usual ones if None.
        gzips: how many gzip layers may lie around the tar; two where a server said that it compressed the transfer.

    Returns:
        The files written, in the archive's order.

    Raises:
        TruncatedModuleError: the archive ends too early.
        InvalidModuleError: it is no archive, is damaged, or has a member that a module must not have.
        StorageError: it holds more than the caps allow.
        OSError: reading or writing failed.
    """
    limits = limits or Limits()
    with open_regular(path) as file:
        stream = _Stream(file, source, limits, gzips)
        tree = Tree(directory, source, limits)
        for member in _members(stream, source, limits):
            if member.folder:
                tree.add_folder(member.name)
            else:
                tree.add_file(member.name, member.size, stream.read)
                stream.skip_padding(member.size)
        tree.sync()
        return tree.files


# --- the byte stream ------------------------------------------------------------------------------------------------


class _Stream:
    """The tar inside a file: decompressed, counted, capped."""

    def __init__(self, file: BinaryIO, source: str, limits: Limits, gzips: int) -> None:
        self._source = source
        self._limits = limits
        self._file = file
        self._taken = 0
        self._made = 0
        self.most = limits.ratio * os.fstat(file.fileno()).st_size + limits.slack
        read: Callable[[int], bytes] = self._take
        for _ in range(gzips):
            start = _fill(read, 2)
            if not self._taken:
                raise TruncatedModuleError(invalid(source, "it is empty"))
            if start in _FOREIGN:
                raise InvalidModuleError(
                    invalid(
                        source, f"it is {_FOREIGN[start]} file; a tar, plain or gzipped, is wanted"
                    )
                )
            read = _joined(start, read)
            if start != _GZIP:
                break
            read = _gunzip(read, source)
        self._read = read

    def _take(self, size: int) -> bytes:
        data = self._file.read(size)
        self._taken += len(data)
        return data

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        data = self._read(size)
        self._made += len(data)
        limits = self._limits
        if self._made > limits.total:
            raise StorageError(
                f"{shown(self._source)} must unpack to at most {limits.total} bytes; it holds more"
            )
        if self._made > limits.ratio * self._taken + limits.slack:
            raise StorageError(
                f"{shown(self._source)} must unpack to at most {limits.ratio} times its size; {self._taken} bytes gave {self._made}"
            )
        return data

    def exactly(self, size: int, what: str) -> bytes:
        """`size` bytes, or an error that says that `what` is cut off."""
        data = _fill(self.read, size)
        if len(data) < size:
            raise TruncatedModuleError(
                invalid(
                    self._source, f"{what} must have {size} bytes, but only {len(data)} are left"
                )
            )
        return data

    def skip_padding(self, size: int) -> None:
        """Steps over what fills the last block of a member of `size` bytes."""
        self.exactly(-size % _BLOCK, "the padding of a member")


def _fill(read: Callable[[int], bytes], size: int) -> bytes:
    parts = []
    while size > 0:
        data = read(size)
        if not data:
            break
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


def _joined(start: bytes, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """A reader of `start` and then of what `read` gives."""
    held = bytearray(start)

    def joined(size: int) -> bytes:
        if held:
            data = bytes(held[:size])
            del held[:size]
            return data
        return read(size)

    return joined


def _gunzip(read: Callable[[int], bytes], source: str) -> Callable[[int], bytes]:
    """A reader of the decompressed bytes of all gzip members in a stream, each checked to its end."""
    state: Any = zlib.decompressobj(wbits=31)
    pending = b""

    def gunzipped(size: int) -> bytes:
        nonlocal state, pending
        while True:
            if state.eof:
                rest = state.unused_data or read(_CHUNK)
                while rest and not rest.strip(b"\0"):
                    rest = read(_CHUNK)
                if not rest:
                    return b""
                rest += _fill(read, 2 - len(rest)) if len(rest) < 2 else b""
                if not rest.startswith(_GZIP):
                    raise InvalidModuleError(invalid(source, "other bytes follow its gzip stream"))
                state, pending = zlib.decompressobj(wbits=31), rest
            if not pending:
                pending = read(1 << 16)
                if not pending:
                    raise TruncatedModuleError(invalid(source, "its gzip stream is cut off"))
            try:
                data: bytes = state.decompress(pending, size)
            except zlib.error as error:
                raise InvalidModuleError(
                    invalid(source, f"its gzip stream is damaged ({error})")
                ) from error
            pending = state.unconsumed_tail
            if data:
                return data

    return gunzipped


# --- headers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Member:
    name: str
    size: int
    folder: bool


@dataclass
class _Extended:
    """What extended headers say about the next member."""

    name: bytes | None = None
    size: int | None = None
    given: bool = False


def _members(stream: _Stream, source: str, limits: Limits) -> Iterator[_Member]:
    """The members of a tar; the caller reads the data of a file before it asks for the next."""
    extended = _Extended()
    count = 0
    first = True
    while True:
        block = stream.exactly(_BLOCK, "a header" if first else "the next header, or the end mark,")
        if block == _ZEROS:
            _check_end(stream, source)
            if extended.given:
                raise TruncatedModuleError(invalid(source, "it ends after an extended header"))
            return
        _check_sum(block, source, first)
        first = False
        kind, size = block[156:157], _number(block[124:136], "size", source)
        count += 1
        # Extended headers count too, or a stream of them would never end.
        if count > 4 * limits.members:
            raise StorageError(too_many(source, limits))
        if kind in {b"L", b"K", b"x", b"g"}:
            if size > limits.header:
                raise StorageError(
                    f"an extended header in {shown(source)} must have at most {limits.header} bytes, not {size}"
                )
            data = stream.exactly(size, "an extended header")
            stream.skip_padding(size)
            _read_extended(kind, data, extended, source)
            continue
        if extended.size is not None:
            size = extended.size
        name = _text(extended.name if extended.name is not None else _header_name(block), source)
        extended = _Extended()
        # A V7 tar marks a folder by the slash at its name's end.
        folder = kind == _FOLDER or (kind == b"\0" and name.endswith("/"))
        if not folder and kind not in _REGULAR:
            raise InvalidModuleError(f"Unexpected object type in tar archive: {kind!r}")
        if folder and size:
            raise InvalidModuleError(
                invalid(source, f"the folder {clip(name)!r} must have no data, not {size} bytes")
            )
        if size > limits.total:
            raise StorageError(
                f"{clip(name)!r} in {shown(source)} must have at most {limits.total} bytes, not {size}"
            )
        if size > stream.most:
            raise StorageError(
                f"{clip(name)!r} in {shown(source)} must have at most {limits.ratio} times its size, not {size} bytes"
            )
        yield _Member(name, size, folder)


def _check_end(stream: _Stream, source: str) -> None:
    if stream.exactly(_BLOCK, "the end mark") != _ZEROS:
        raise InvalidModuleError(invalid(source, "a block of zeros stands between its members"))
    while rest := stream.read(_CHUNK):
        if rest.strip(b"\0"):
            raise InvalidModuleError(invalid(source, "other bytes follow its end"))


def _check_sum(block: bytes, source: str, first: bool) -> None:
    fields = block[:148] + b" " * 8 + block[156:]
    stored = _octal(block[148:156])
    # Old tars summed signed characters.
    if stored is None or stored not in (sum(fields), sum(b - 256 * (b > 127) for b in fields)):
        raise InvalidModuleError(
            invalid(source, "it is not a tar archive" if first else "a header is damaged")
        )


def _octal(text: bytes) -> int | None:
    text = text.strip(b"\0 ")
    return int(text, 8) if re.fullmatch(rb"[0-7]+", text) else (0 if not text else None)


def _number(text: bytes, what: str, source: str) -> int:
    value = int.from_bytes(text[1:], "big") if text[0] == 0x80 else _octal(text)
    if value is None or text[0] == 0xFF:
        raise InvalidModuleError(invalid(source, f"the {what} {text!r} of a member is no number"))
    return value


def _header_name(block: bytes) -> bytes:
    name = block[:100].split(b"\0")[0]
    # In GNU's own format the field of the prefix holds other things.
    prefix = block[345:500].split(b"\0")[0] if block[257:265] == b"ustar\x0000" else b""
    return prefix + b"/" + name if prefix else name


def _read_extended(kind: bytes, data: bytes, extended: _Extended, source: str) -> None:
    if kind == b"K":
        return
    if kind == b"L":
        extended.name, extended.given = data.split(b"\0")[0], True
        return
    for key, value in _records(data, source):
        if key.startswith(b"GNU.sparse"):
            raise InvalidModuleError(invalid(source, "it has a sparse file"))
        if kind == b"g" and key in {b"path", b"size", b"linkpath"}:
            raise InvalidModuleError(
                invalid(source, f"a global header sets {key.decode()!r} for all members")
            )
        if key == b"path":
            extended.name = value
        elif key == b"size":
            if not re.fullmatch(rb"[0-9]{1,20}", value):
                raise InvalidModuleError(
                    invalid(source, f"the size {clip(repr(value))} of a member is no number")
                )
            extended.size = int(value)
    extended.given = extended.given or kind == b"x"


def _records(data: bytes, source: str) -> Iterator[tuple[bytes, bytes]]:
    """The `<length> <key>=<value>\\n` records of an extended header."""
    position = 0
    while position < len(data):
        found = re.compile(rb"([0-9]{1,9}) ([^=]+)=").match(data, position)
        end = position + int(found[1]) if found else 0
        if found is None or not found.end() < end <= len(data) or data[end - 1 : end] != b"\n":
            raise InvalidModuleError(invalid(source, "an extended header is damaged"))
        yield found[2], data[found.end() : end - 1]
        position = end


def _text(name: bytes, source: str) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidModuleError(
            invalid(source, f"the name {clip(repr(name))} is not UTF-8")
        ) from error
