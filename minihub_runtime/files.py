"""Reading files that a stranger may have put there, and what the system says of files."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator
from typing import Any, BinaryIO

from minihub_runtime.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnknownError,
    clip,
)

__all__ = [
    "is_there",
    "open_regular_file",
    "read_regular_file",
    "stream_regular_file",
    "system_errors",
]

_CLASSES: dict[int, type[OpError]] = {
    errno.EACCES: PermissionDeniedError,
    errno.EEXIST: AlreadyExistsError,
    errno.EINVAL: InvalidArgumentError,
    errno.EISDIR: FailedPreconditionError,
    errno.ELOOP: InvalidArgumentError,
    errno.ENAMETOOLONG: InvalidArgumentError,
    errno.ENOENT: NotFoundError,
    errno.ENOSPC: ResourceExhaustedError,
    errno.ENOTDIR: FailedPreconditionError,
    errno.ENOTEMPTY: FailedPreconditionError,
    errno.EPERM: PermissionDeniedError,
    errno.EROFS: PermissionDeniedError,
}


@contextlib.contextmanager
def system_errors(path: str) -> Iterator[None]:
    """What the system says of a path, as TensorFlow's errors say it."""
    try:
        yield
    except OpError:
        raise
    except OSError as error:
        kind = _CLASSES.get(error.errno or 0, UnknownError)
        raise kind(f"{clip(path)}; {error.strerror or error}") from error
    except ValueError as error:
        # A path with a zero byte in it.
        raise InvalidArgumentError(f"{clip(path)}; {error}") from error


def is_there(path: str | os.PathLike[str]) -> bool:
    """Whether there is something at `path`, a link to nowhere included.

    Raises:
        PermissionDeniedError: the system does not let it be seen; what is hidden is not taken for absent.
    """
    try:
        os.lstat(path)
    except PermissionError as error:
        raise PermissionDeniedError(f"{clip(os.fspath(path))}: {error.strerror}") from None
    except (OSError, ValueError):
        return False
    return True


def open_regular_file(path: str | os.PathLike[str]) -> int:
    """A descriptor of a regular file, for reading.

    A FIFO or device would block for ever or never end, so nothing but a regular file is opened.

    Raises:
        NotFoundError: there is no such file.
        FailedPreconditionError: it is a folder, a FIFO, a device or a socket.
        PermissionDeniedError: the system refuses.
    """
    name = os.fspath(path)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(name, flags | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        raise NotFoundError(f"{clip(name)}; No such file or directory") from None
    except IsADirectoryError:
        raise FailedPreconditionError(f"{clip(name)} must be a file, not a folder") from None
    except PermissionError as error:
        if os.path.isdir(name):
            raise FailedPreconditionError(f"{clip(name)} must be a file, not a folder") from None
        raise PermissionDeniedError(f"{clip(name)}: {error.strerror}") from None
    except OSError as error:
        raise FailedPreconditionError(f"{clip(name)}: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FailedPreconditionError(f"{clip(name)} must be a regular file")
    return descriptor


def read_regular_file(path: str | os.PathLike[str]) -> bytes:
    """The content of a regular file; errors as for `open_regular_file`."""
    with os.fdopen(open_regular_file(path), "rb") as file:
        return file.read()


def stream_regular_file(path: str | os.PathLike[str]) -> BinaryIO:
    """A regular file, open for reading, that who leaves it in the middle need not close; errors as for `open_regular_file`."""
    return io.BufferedReader(_Descriptor(open_regular_file(path)))


class _Descriptor(io.RawIOBase):
    """A file that is closed without a warning when nobody has it any more."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def readinto(self, buffer: Any) -> int:
        data = os.read(self._descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return os.lseek(self._descriptor, offset, whence)

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()
