"""`tf.gfile.GFile`: a file that is opened when it is first read or written.

Source: tensorflow/python/lib/io/file_io.py:FileIO, python/platform/gfile.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from minihub_runtime.api.gfile import Path, local_path, stat
from minihub_runtime.errors import InvalidArgumentError, PermissionDeniedError
from minihub_runtime.files import system_errors
from minihub_runtime.public import public

__all__ = ["FastGFile", "FileIO", "GFile"]

_READING = frozenset({"r", "r+", "a+", "w+"})
_WRITING = frozenset({"w", "a", "r+", "a+", "w+"})


class FileIO:
    """A file of text, or of bytes if there is a `b` in its mode.

    Reading and writing have a place each.  Both take and give text or bytes: what is written is encoded, what is read
    decoded, as the mode says.

    Args:
        name: its path.
        mode: `r`, `w` or `a`, with `+` and `b` as for `open`; `r+` and `w+` empty the file at the first write.
        encoding: of text.

    Raises:
        InvalidArgumentError: another mode.
    """

    def __init__(self, name: Path, mode: str, encoding: str = "utf-8") -> None:
        self._name = name
        self._mode = mode
        self._encoding = encoding
        self._bare = mode.replace("b", "")
        if self._bare not in _READING | _WRITING:
            raise InvalidArgumentError("mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'")
        self._reader: BinaryIO | None = None
        self._writer: BinaryIO | None = None

    @property
    def name(self) -> Path:
        """Its path."""
        return self._name

    @property
    def mode(self) -> str:
        """Its mode."""
        return self._mode

    @property
    def _reading(self) -> BinaryIO:
        if self._reader is None:
            if self._bare not in _READING:
                raise PermissionDeniedError("File isn't open for reading")
            self._reader = self._opened("rb")
        return self._reader

    @property
    def _writing(self) -> BinaryIO:
        if self._writer is None:
            if self._bare not in _WRITING:
                raise PermissionDeniedError("File isn't open for writing")
            self._writer = self._opened("ab" if "a" in self._bare else "wb")
        return self._writer

    def _opened(self, mode: str) -> BinaryIO:
        path = local_path(self._name)
        with system_errors(path):
            return open(path, mode)  # type: ignore[return-value]  # binary by its mode

    def _given(self, data: bytes) -> Any:
        return data if "b" in self._mode else data.decode(self._encoding)

    def size(self) -> int:
        """The bytes in the file, without those that wait to be written.

        Raises:
            NotFoundError: there is no such file.
        """
        return stat(self._name).length

    def write(self, file_content: str | bytes) -> None:
        """Write text or bytes."""
        if isinstance(file_content, str):
            file_content = file_content.encode(self._encoding)
        with system_errors(local_path(self._name)):
            self._writing.write(file_content)

    def read(self, n: int = -1) -> Any:
        """The next `n` bytes, or all that are left."""
        with system_errors(local_path(self._name)):
            return self._given(self._reading.read(n))

    def readline(self) -> Any:
        """The next line with its end; empty at the end of the file."""
        with system_errors(local_path(self._name)):
            return self._given(self._reading.readline())

    def readlines(self) -> list[Any]:
        """The lines that are left."""
        return list(self)

    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Read on from another place.

        Args:
            offset: bytes from the beginning, for `whence` 1 from here, for 2 from the end.
            whence: see above.
            position: the old name of `offset`.

        Raises:
            TypeError: none or both of `offset` and `position` are given.
            InvalidArgumentError: another `whence`.
        """
        reader = self._reading
        if offset is None and position is None:
            raise TypeError("seek(): offset argument required")
        if offset is not None and position is not None:
            raise TypeError("seek(): offset and position may not be set simultaneously.")
        if whence not in (0, 1, 2):
            raise InvalidArgumentError(
                f"Invalid whence argument: {whence}. Valid values are 0, 1, or 2."
            )
        with system_errors(local_path(self._name)):
            reader.seek(position if offset is None else offset, whence)  # type: ignore[arg-type]

    def tell(self) -> int:
        """The place where reading goes on; where writing does, in a file that cannot be read."""
        return (self._reading if self._bare in _READING else self._writing).tell()

    def flush(self) -> None:
        """Hand what was written to the system."""
        if self._writer is not None:
            with system_errors(local_path(self._name)):
                self._writer.flush()

    def close(self) -> None:
        """Close the file; it is opened anew if it is used again."""
        files = [file for file in (self._reader, self._writer) if file is not None]
        self._reader = self._writer = None
        for file in files:
            with system_errors(local_path(self._name)):
                file.close()

    def seekable(self) -> bool:
        """True."""
        return True

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # `GFile(path).read()` is how many programs read a file.
        if self.__dict__.keys() >= {"_reader", "_writer"}:
            self.close()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def next(self) -> Any:
        """The next line."""
        return next(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {os.fsdecode(self._name)!r} mode={self._mode!r}>"


@public("gfile.GFile", "gfile.Open", "io.gfile.GFile")
class GFile(FileIO):
    """A file; see `FileIO`."""

    def __init__(self, name: Path, mode: str = "r") -> None:
        super().__init__(name, mode)


@public("gfile.FastGFile")
class FastGFile(FileIO):
    """A file; see `FileIO`."""

    def __init__(self, name: Path, mode: str = "r") -> None:
        super().__init__(name, mode)
