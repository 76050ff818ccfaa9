"""Opening, mapping and replacing files with care.

A name in a folder of strangers' files may be a pipe (opening it would wait for ever), a device or a link to a file
that is none of the module's; only regular files are read.  A file is replaced by a rename, so that a reader sees the old
one or the new one, whole.

Several files that belong together, a checkpoint's, cannot be renamed at once.  Where they replace others, each takes a name of
its own first, `<path>.next`, the last one last: from then on all is there, and what is left of a crash is completed by
`finish_interrupted`.  A crash before leaves the old files as they were.

What replaces something is brought to the disk before it takes the name, so that not even a power cut loses both.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO

from minihub_runtime.errors import (
    DataLossError,
    FailedPreconditionError,
    NotFoundError,
    OpError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnknownError,
    clip,
)

__all__ = [
    "NEXT",
    "let_go",
    "map_file",
    "read_file",
    "replacing",
    "sync_files",
    "take_names",
    "translated",
]

#: What stands behind the path of a file that replaces another together with others.
NEXT = ".next"

_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_file(path: str, limit: int) -> bytes:
    """The bytes of a regular file.

    Raises:
        ResourceExhaustedError: it is larger than `limit`.
        DataLossError: it shrinks while it is read.
        OpError: it cannot be opened, or is not a regular file; see `_open`.
    """
    with os.fdopen(_open(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise ResourceExhaustedError(
                f"{clip(path)} must have at most {limit} bytes, not {size}"
            )
        data = file.read(size)
    if len(data) != size:
        raise DataLossError(f"{clip(path)} must have {size} bytes, but reading gave {len(data)}")
    return data


def map_file(path: str, limit: int) -> tuple[mmap.mmap | bytes, os.stat_result]:
    """A read-only map of a regular file, and what the system says of the file when it is mapped.

    The file is unmapped when nothing refers to the map any more.  An empty file cannot be mapped and gives `b""`; one of at
    most `limit` bytes on a file system without maps is read.

    Raises:
        ResourceExhaustedError: the address space cannot hold it.
        OpError: it cannot be opened, or is not a regular file; see `_open`.
    """
    descriptor = _open(path)
    try:
        status = os.fstat(descriptor)
        if status.st_size == 0:
            return b"", status
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ), status
    except (OSError, ValueError, OverflowError) as error:
        if getattr(error, "errno", None) not in (errno.ENODEV, errno.EINVAL):
            raise ResourceExhaustedError(f"{clip(path)} cannot be mapped: {error}") from error
    finally:
        os.close(descriptor)
    # Some network file systems cannot map.
    return read_file(path, limit), status


def let_go(mapped: object, start: int, count: int) -> None:
    """Let the memory of bytes of a map go, where the system can; they are there again when they are next read."""
    while isinstance(mapped, memoryview):
        mapped = mapped.obj
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        # A page that is not wholly among them stays.
        first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
        length = (start + count) // mmap.PAGESIZE * mmap.PAGESIZE - first
        if length > 0:
            mapped.madvise(mmap.MADV_DONTNEED, first, length)


def _open(path: str) -> int:
    """A descriptor of a regular file, without following a link in its last place and without waiting.

    Raises:
        NotFoundError: there is no such file.
        PermissionDeniedError: it may not be read.
        FailedPreconditionError: it is not a regular file.
        UnknownError: the system gives another reason.
    """
    try:
        # Systems without O_NOFOLLOW, and those that refuse to open a directory, are asked first.
        _check_regular(path, os.lstat(path))
        flags = os.O_RDONLY
        for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY", "O_CLOEXEC", "O_NOCTTY"):
            flags |= getattr(os, name, 0)
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        if isinstance(error, OpError):
            raise
        raise translated(error, path, "read") from error
    try:
        _check_regular(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        found = next((name for test, name in _KINDS if test(status.st_mode)), "something else")
        raise FailedPreconditionError(f"{clip(path)} must be a regular file, not {found}")


def translated(error: OSError | ValueError, path: str, done: str) -> OpError:
    """An error of the system under TensorFlow's name; `done` is what was tried: `read` or `written`."""
    code = getattr(error, "errno", None) or 0
    if code in (errno.ENOENT, errno.ENOTDIR):
        return NotFoundError(f"{clip(path)} must exist to be {done}, but: {error}")
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return PermissionDeniedError(f"{clip(path)} must be allowed to be {done}, but: {error}")
    if code in (errno.ENOSPC, getattr(errno, "EDQUOT", None), errno.EFBIG):
        return ResourceExhaustedError(f"{clip(path)} must have space to be {done}, but: {error}")
    if code == errno.ELOOP:
        return FailedPreconditionError(f"{clip(path)} must be a regular file, not a symbolic link")
    return UnknownError(f"{clip(path)} cannot be {done}: {error}")


@contextlib.contextmanager
def replacing(
    durable: bool = True,
) -> Iterator[Callable[[str], AbstractContextManager[BinaryIO]]]:
    """Write several files, and only at the end give them their names, in the order they were written.

    The value is a function from a path to a context whose value is the file to write; everything written vanishes if the
    block raises.

    Args:
        durable: whether to wait for the disk also where nothing is replaced; if not, the system writes new files when it
            likes, and a power cut within a minute may lose them.

    Raises:
        ResourceExhaustedError: there is no space left.
        OpError: the system gives another reason.
    """
    import tempfile  # only writing needs it, and it loads much

    #: Where each file is now, and the name it is to take.
    written: list[tuple[str, str]] = []
    path = ""

    @contextlib.contextmanager
    def new_file(wanted: str) -> Iterator[BinaryIO]:
        nonlocal path
        path = wanted
        folder, name = os.path.split(path)
        os.makedirs(folder or ".", exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(
            prefix=f".{name[:100]}.", suffix=".new", dir=folder or "."
        )
        written.append((temporary, path))
        with os.fdopen(descriptor, "wb") as file:
            if hasattr(os, "fchmod"):
                # mkstemp makes private files; these get the mode that `open` would have given.
                os.fchmod(descriptor, 0o666 & ~_umask())
            yield file
            if durable:
                file.flush()
                os.fsync(descriptor)

    try:
        yield new_file
        paths = [path for _, path in written]
        replaces = any(os.path.lexists(path) for path in paths)
        if replaces and not durable:
            for temporary, _ in written:
                _sync_file(temporary)
        together = replaces and len(paths) > 1
        for number, (temporary, path) in enumerate(written):
            target = f"{path}{NEXT}" if together else path
            os.replace(temporary, target)
            written[number] = (target, path)
        # From here on all is there.
        written = []
        if durable or replaces:
            for folder in {os.path.dirname(path) for path in paths}:
                _sync_directory(folder)
        if together:
            take_names(paths)
    except BaseException as error:
        for place, _ in written:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(place)
        if isinstance(error, OSError) and not isinstance(error, OpError):
            raise translated(error, path, "written") from error
        raise


def take_names(paths: Sequence[str]) -> None:
    """Let the files that were written together replace those of their names, the last one last.

    Somebody else may do the same at the same time.

    Raises:
        OSError: the system refuses.
    """
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{NEXT}", path)
    for folder in {os.path.dirname(path) for path in paths}:
        _sync_directory(folder)


def _umask() -> int:
    # There is no way to ask without setting it.
    current = os.umask(0o077)
    os.umask(current)
    return current


def sync_files(paths: Sequence[str]) -> None:
    """Wait until files and their names are on the disk.

    Raises:
        OpError: a file is not there, or the system gives another reason.
    """
    for path in paths:
        try:
            _sync_file(path)
            _sync_directory(os.path.dirname(path))
        except OSError as error:
            raise translated(error, path, "written") from error


def _sync_file(path: str) -> None:
    # Windows brings only files to the disk that are open for writing; elsewhere a file may be one that nobody may write.
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_directory(path: str) -> None:
    """Make the renames in a folder last through a power cut, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
