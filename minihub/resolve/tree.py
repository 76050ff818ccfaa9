"""Writes the files of one module, below a folder, under names that strangers chose.

Names are checked part by part; what would leave the folder, a name twice (also in other letter case or another Unicode form) and
a file used as a folder are refused. Folders that nobody named are made, empty files are written, every file is synced.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from minihub.errors import InvalidModuleError, StorageError, TruncatedModuleError
from minihub.handle import shown
from minihub_runtime.errors import clip

__all__ = [
    "Limits",
    "StoredFile",
    "Tree",
    "invalid",
    "split_name",
    "sync_folder",
    "too_many",
    "write_all",
]

_CHUNK = 1 << 20


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
        raise InvalidModuleError(invalid(source, f"the name {clip(name)!r} {wrong}"))
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
                    invalid(
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
                raise StorageError(too_many(self.source, self.limits))
            return True
        if known[0] != name or not (folder and known[1]):
            raise InvalidModuleError(
                invalid(self.source, f"{clip(name)!r} and {clip(known[0])!r} are one name")
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


def invalid(source: str, why: str) -> str:
    """The message that what `source` names is no module, and why."""
    return f"{shown(source)} does not appear to be a valid module. ({why})"


def too_many(source: str, limits: Limits) -> str:
    """The message that there are more members than the caps allow."""
    return f"{shown(source)} must have at most {limits.members} files and folders; it has more"
