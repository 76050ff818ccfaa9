"""Reading files that a stranger may have put there."""

from __future__ import annotations

import os
import stat

from minihub_runtime.errors import (
    FailedPreconditionError,
    NotFoundError,
    PermissionDeniedError,
    clip,
)

__all__ = ["open_regular_file", "read_regular_file"]


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
