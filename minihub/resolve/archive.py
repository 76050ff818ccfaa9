"""Unpacks a module's archive: a tar, plain or gzipped, of regular files and folders.

An archive is a stranger's data. Python's tarfile ends silently at a damaged header and at a missing end, and never checks the
checksum of a gzip stream; so the stream is read here, header by header:

- gzip streams are read to their end, with checksum and length; several may follow one another, nothing else may;
- every header's checksum holds, two zero blocks end the archive, only zeros follow;
- only regular files and folders are made; a link, device or pipe ends the unpacking with an error;
- names are UTF-8 and checked part by part; what would leave the folder, a name twice (also in other letter case or another
  Unicode form) and a file used as a folder are refused;
- the number of members, the bytes written and their ratio to the bytes read are capped while writing;
- owner, times and special mode bits are ignored; folders that have no header are made; empty files are written.

The caller unpacks into a new folder and drops it if there was an error.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from minihub.errors import InvalidModuleError, StorageError, TruncatedModuleError
from minihub.handle import shown
from minihub.resolve.structure import open_regular
from minihub_runtime.errors import clip

__all__ = ["Limits", "StoredFile", "Tree", "split_name", "sync_folder", "unpack", "write_all"]

_BLOCK = 512
_CHUNK = 1 << 20
_ZEROS = bytes(_BLOCK)
_REGULAR = (b"0", b"\0", b"7")
_FOLDER = b"5"
_GZIP = b"\x1f\x8b"
_FOREIGN = {b"PK": "a zip", b"BZ": "a bzip2", b"\xfd7": "an xz", b"(\xb5": "a zstd"}


@dataclass(frozen=True)
class Limits:
    """Caps on what an archive may hold.

    Attributes:
        members: files and folders.
        total: bytes of the unpacked stream.
        ratio: bytes unpacked for each byte read, beyond the first `slack` bytes.
        slack: see `ratio`; small archives of zeros are no threat.
        header: bytes of one extended header.
    """

    members: int = 10_000
    total: int = 20_000_000_000
    ratio: int = 1000
    slack: int = 16 << 20
    header: int = 1 << 20


@dataclass(frozen=True)
class StoredFile:
    """A file as it was written.

    Attributes:
        name: path below the module's folder, with `/`.
        size: bytes.
        sha256: hexadecimal.
        mtime_ns: time of last change, as the file system tells it.
    """

    name: str
    size: int
    sha256: str
    mtime_ns: int


def unpack(
    path: str, directory: str, *, source: str, limits: Limits = Limits(), gzips: int = 1
) -> list[StoredFile]:
    """Unpacks the archive at `path` into `directory`, which must be empty, and makes everything durable.

    Args:
        path: the archive.
        directory: a folder that nobody else writes to.
        source: what the user calls the archive, for messages.
        limits: caps.
        gzips: how many gzip layers may lie around the tar; two where a server said that it compressed the transfer.

    Returns:
        The files written, in the archive's order.

    Raises:
        TruncatedModuleError: the archive ends too early.
        InvalidModuleError: it is no archive, is damaged, or has a member that a module must not have.
        StorageError: it holds more than the caps allow.
        OSError: reading or writing failed.
    """
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
                raise TruncatedModuleError(_invalid(source, "it is empty"))
            if start in _FOREIGN:
                raise InvalidModuleError(
                    _invalid(
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
                _invalid(
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
                    raise InvalidModuleError(_invalid(source, "other bytes follow its gzip stream"))
                state, pending = zlib.decompressobj(wbits=31), rest
            if not pending:
                pending = read(1 << 16)
                if not pending:
                    raise TruncatedModuleError(_invalid(source, "its gzip stream is cut off"))
            try:
                data: bytes = state.decompress(pending, size)
            except zlib.error as error:
                raise InvalidModuleError(
                    _invalid(source, f"its gzip stream is damaged ({error})")
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
                raise TruncatedModuleError(_invalid(source, "it ends after an extended header"))
            return
        _check_sum(block, source, first)
        first = False
        kind, size = block[156:157], _number(block[124:136], "size", source)
        count += 1
        # Extended headers count too, or a stream of them would never end.
        if count > 4 * limits.members:
            raise StorageError(_too_many(source, limits))
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
                _invalid(source, f"the folder {clip(name)!r} must have no data, not {size} bytes")
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
        raise InvalidModuleError(_invalid(source, "a block of zeros stands between its members"))
    while rest := stream.read(_CHUNK):
        if rest.strip(b"\0"):
            raise InvalidModuleError(_invalid(source, "other bytes follow its end"))


def _check_sum(block: bytes, source: str, first: bool) -> None:
    fields = block[:148] + b" " * 8 + block[156:]
    stored = _octal(block[148:156])
    # Old tars summed signed characters.
    if stored is None or stored not in (sum(fields), sum(b - 256 * (b > 127) for b in fields)):
        raise InvalidModuleError(
            _invalid(source, "it is not a tar archive" if first else "a header is damaged")
        )


def _octal(text: bytes) -> int | None:
    text = text.strip(b"\0 ")
    return int(text, 8) if re.fullmatch(rb"[0-7]+", text) else (0 if not text else None)


def _number(text: bytes, what: str, source: str) -> int:
    value = int.from_bytes(text[1:], "big") if text[0] == 0x80 else _octal(text)
    if value is None or text[0] == 0xFF:
        raise InvalidModuleError(_invalid(source, f"the {what} {text!r} of a member is no number"))
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
            raise InvalidModuleError(_invalid(source, "it has a sparse file"))
        if kind == b"g" and key in {b"path", b"size", b"linkpath"}:
            raise InvalidModuleError(
                _invalid(source, f"a global header sets {key.decode()!r} for all members")
            )
        if key == b"path":
            extended.name = value
        elif key == b"size":
            if not re.fullmatch(rb"[0-9]{1,20}", value):
                raise InvalidModuleError(
                    _invalid(source, f"the size {clip(repr(value))} of a member is no number")
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
            raise InvalidModuleError(_invalid(source, "an extended header is damaged"))
        yield found[2], data[found.end() : end - 1]
        position = end


def _text(name: bytes, source: str) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidModuleError(
            _invalid(source, f"the name {clip(repr(name))} is not UTF-8")
        ) from error


# --- names and files ------------------------------------------------------------------------------------------------


def split_name(name: str, source: str) -> tuple[str, ...]:
    """The parts of a member's name; none for the folder itself.

    `.` and `..` are worked out on the text, which is safe as no links are ever made.

    Raises:
        InvalidModuleError: the name is absolute, leaves the folder, or has a part that some file system takes for something else.
    """
    parts: list[str] = []
    for part in name.split("/"):
        if part in {"", "."}:
            continue
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            raise InvalidModuleError(f"Relative path {clip(name)!r} is invalid.")
    wrong = None
    if name.startswith("/"):
        wrong = "is absolute"
    elif re.search(r"[\x00-\x1f\x7f\\:]", name):
        wrong = "has a control character, backslash or colon"
    elif any(len(os.fsencode(part)) > 255 for part in parts) or len(name) > 4096:
        wrong = "is too long"
    elif os.name == "nt" and any(_odd_on_windows(part) for part in parts):
        wrong = "means something else on Windows"
    if wrong:
        raise InvalidModuleError(_invalid(source, f"the name {clip(name)!r} {wrong}"))
    return tuple(parts)


def _odd_on_windows(part: str) -> bool:
    device = re.fullmatch(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", part)
    return bool(device) or part[-1] in " ." or bool(re.search(r'[<>"|?*]', part))


@dataclass
class Tree:
    """The files of one module, as they are written below `directory`."""

    directory: str
    source: str
    limits: Limits
    files: list[StoredFile] = field(default_factory=list)
    _seen: dict[str, tuple[str, bool]] = field(default_factory=dict)
    _folders: list[str] = field(default_factory=list)

    def add_folder(self, name: str) -> None:
        """Makes a folder, and those above it, unless they are there."""
        self._make_folders(split_name(name, self.source))

    def add_file(self, name: str, size: int | None, read: Callable[[int], bytes]) -> StoredFile:
        """Writes a file, durably.

        Args:
            name: its path in the module.
            size: its bytes; None if it ends where `read` does.
            read: gives at most as many bytes as asked for, none at the end.

        Raises:
            InvalidModuleError: the name must not be, or is taken.
            TruncatedModuleError: `read` ends before `size` bytes.
        """
        parts = split_name(name, self.source)
        if not parts:
            raise InvalidModuleError(f"Relative path {clip(name)!r} is invalid.")
        self._make_folders(parts[:-1])
        self._enter(parts, folder=False)
        path = os.path.join(self.directory, *parts)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        for flag in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
            flags |= getattr(os, flag, 0)
        digest = hashlib.sha256()
        done = 0
        descriptor = os.open(path, flags, 0o644)
        try:
            while size is None or done < size:
                data = read(_CHUNK if size is None else min(_CHUNK, size - done))
                if not data:
                    break
                digest.update(data)
                write_all(descriptor, data)
                done += len(data)
            if size is not None and done < size:
                raise TruncatedModuleError(
                    _invalid(
                        self.source,
                        f"{clip(name)!r} must have {size} bytes, but only {done} are left",
                    )
                )
            os.fsync(descriptor)
            # Windows settles the time of last change when the file is closed.
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        mtime = os.stat(path).st_mtime_ns if os.name == "nt" else status.st_mtime_ns
        stored = StoredFile("/".join(parts), done, digest.hexdigest(), mtime)
        self.files.append(stored)
        return stored

    def sync(self) -> None:
        """Makes the names of all files and folders durable."""
        for folder in reversed(self._folders):
            sync_folder(folder)
        sync_folder(self.directory)

    def _make_folders(self, parts: tuple[str, ...]) -> None:
        for depth in range(1, len(parts) + 1):
            if self._enter(parts[:depth], folder=True):
                path = os.path.join(self.directory, *parts[:depth])
                os.mkdir(path, 0o755)
                self._folders.append(path)

    def _enter(self, parts: tuple[str, ...], *, folder: bool) -> bool:
        """Notes a name; whether it is new. Names that some file system takes for one another are one name."""
        name = "/".join(parts)
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        known = self._seen.get(folded)
        if known is None:
            self._seen[folded] = (name, folder)
            if len(self._seen) > self.limits.members:
                raise StorageError(_too_many(self.source, self.limits))
            return True
        if known[0] != name or not (folder and known[1]):
            raise InvalidModuleError(
                _invalid(self.source, f"{clip(name)!r} and {clip(known[0])!r} are one name")
            )
        return False


def write_all(descriptor: int, data: bytes) -> None:
    """Writes all of `data`, in as many calls as it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_folder(path: str) -> None:
    """Makes the names in a folder durable, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _invalid(source: str, why: str) -> str:
    return f"{shown(source)} does not appear to be a valid module. ({why})"


def _too_many(source: str, limits: Limits) -> str:
    return f"{shown(source)} must have at most {limits.members} files and folders; it has more"
