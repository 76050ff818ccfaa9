"""`tf.gfile` and `tf.io.gfile`: the files of this machine, with TensorFlow's errors.

Paths are text, bytes or `os.PathLike`; `file://` may stand before them.  Other schemes (`gs://`, `hdfs://` …) are refused by
name: there are no file systems but the local one.

Source: tensorflow/python/lib/io/file_io.py, tsl/platform/default/posix_file_system.cc.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat as status
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from minihub_runtime.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    NotFoundError,
    OpError,
    UnimplementedError,
    clip,
)
from minihub_runtime.files import system_errors
from minihub_runtime.ops.file_patterns import matching_paths
from minihub_runtime.public import public

__all__ = [
    "FileStatistics",
    "Path",
    "copy",
    "exists",
    "get_registered_schemes",
    "isdir",
    "join",
    "listdir",
    "local_path",
    "makedirs",
    "mkdir",
    "remove",
    "rename",
    "rmtree",
    "stat",
    "walk",
]

Path: TypeAlias = "str | bytes | os.PathLike[str] | os.PathLike[bytes]"

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class FileStatistics(NamedTuple):
    """What `stat` knows of a file.

    Attributes:
        length: its size in bytes.
        mtime_nsec: when it was changed last, in nanoseconds since 1970.
        is_directory: whether it is a folder.
    """

    length: int
    mtime_nsec: int
    is_directory: bool


def local_path(path: Path) -> str:
    """A path as text, without `file://`.

    Raises:
        UnimplementedError: it is on another file system.
        TypeError: it is no path.
    """
    text = os.fsdecode(path)
    scheme = _SCHEME.match(text)
    if scheme is None:
        return text
    if scheme[1] != "file":
        raise UnimplementedError(
            f"File system scheme '{scheme[1]}' not implemented (file: '{clip(text)}')"
        )
    return text[scheme.end() :]


@public("gfile.Exists")
def _exists(filename: Path) -> bool:
    """Whether there is a file or folder of that name."""
    return exists(filename)


@public("io.gfile.exists")
def exists(path: Path) -> bool:
    """Whether there is a file or folder of that name."""
    return os.path.exists(local_path(path))


@public("gfile.Remove")
def _remove(filename: Path) -> None:
    """Delete a file; see `remove`."""
    remove(filename)


@public("io.gfile.remove")
def remove(path: Path) -> None:
    """Delete a file.

    Raises:
        NotFoundError: there is none.
        FailedPreconditionError: it is a folder.
        OpError: the system refuses.
    """
    name = local_path(path)
    with system_errors(name):
        os.unlink(name)


@public("gfile.Glob")
def _glob(filename: Any) -> list[str]:
    """The files and folders that match a pattern or several; see `tf.io.gfile.glob`."""
    return matching(filename)


@public("io.gfile.glob")
def matching(pattern: Any) -> list[str]:
    """The files and folders whose paths match.

    Args:
        pattern: a pattern with `*`, `?` and `[…]`, or several; see `matching_paths`.

    Returns:
        The paths, those of each pattern sorted, where TensorFlow leaves them in the system's order; `./` stands before those of
        a pattern without a folder.
    """
    patterns = [pattern] if isinstance(pattern, (str, bytes, os.PathLike)) else pattern
    return [name for one in patterns for name in matching_paths(local_path(one))]


@public("gfile.MkDir")
def _mkdir(dirname: Path) -> None:
    """Make a folder; see `mkdir`."""
    mkdir(dirname)


@public("io.gfile.mkdir")
def mkdir(path: Path) -> None:
    """Make a folder in one that is there; where there is something of that name, nothing happens.

    Raises:
        NotFoundError: the folder above is not there.
        OpError: the system refuses.
    """
    name = local_path(path)
    with system_errors(name), contextlib.suppress(FileExistsError):
        os.mkdir(name)


@public("gfile.MakeDirs")
def _makedirs(dirname: Path) -> None:
    """Make a folder and those above it; see `makedirs`."""
    makedirs(dirname)


@public("io.gfile.makedirs")
def makedirs(path: Path) -> None:
    """Make a folder and those above it; one that is there is left as it is.

    Raises:
        FailedPreconditionError: there is a file of that name.
        OpError: the system refuses.
    """
    name = local_path(path)
    if name:
        if os.path.lexists(name) and not os.path.isdir(name):
            raise FailedPreconditionError(f"{name} is not a directory")
        with system_errors(name):
            os.makedirs(name, exist_ok=True)


@public("gfile.Copy")
def _copy(oldpath: Path, newpath: Path, overwrite: bool = False) -> None:
    """Copy a file; see `copy`."""
    copy(oldpath, newpath, overwrite)


@public("io.gfile.copy")
def copy(src: Path, dst: Path, overwrite: bool = False) -> None:
    """Copy the content of a file.

    Raises:
        AlreadyExistsError: there is a file `dst`, and `overwrite` is not set.
        NotFoundError: there is no file `src`.
        OpError: the system refuses.
    """
    _onto(_copy_content, src, dst, overwrite)


@public("gfile.Rename")
def _rename(oldname: Path, newname: Path, overwrite: bool = False) -> None:
    """Rename a file or folder; see `rename`."""
    rename(oldname, newname, overwrite)


@public("io.gfile.rename")
def rename(src: Path, dst: Path, overwrite: bool = False) -> None:
    """Rename a file or folder.

    Raises:
        AlreadyExistsError: there is a file `dst`, and `overwrite` is not set.
        NotFoundError: there is no `src`.
        OpError: the system refuses.
    """
    _onto(os.replace, src, dst, overwrite)


def _copy_content(source: str, target: str) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        # The error names the path that is at fault, be it the target.
        with system_errors(target if error.filename == target else source):
            raise


def _onto(act: Callable[[str, str], Any], src: Path, dst: Path, overwrite: bool) -> None:
    source, target = local_path(src), local_path(dst)
    if not overwrite and os.path.exists(target):
        raise AlreadyExistsError(f"{clip(target)}; file already exists")
    with system_errors(source):
        act(source, target)


@public("gfile.DeleteRecursively")
def _rmtree(dirname: Path) -> None:
    """Delete a folder with all in it; see `rmtree`."""
    rmtree(dirname)


@public("io.gfile.rmtree")
def rmtree(path: Path) -> None:
    """Delete a folder with all in it, or a file; links are deleted, not followed.

    Raises:
        NotFoundError: there is none.
        OpError: the system refuses.
    """
    name = local_path(path)
    with system_errors(name):
        if status.S_ISDIR(os.lstat(name).st_mode):
            shutil.rmtree(name)
        else:
            os.unlink(name)


@public("gfile.IsDirectory")
def _isdir(dirname: Path) -> bool:
    """Whether there is a folder of that name."""
    return isdir(dirname)


@public("io.gfile.isdir")
def isdir(path: Path) -> bool:
    """Whether there is a folder of that name; other file systems have none."""
    try:
        return os.path.isdir(local_path(path))
    except UnimplementedError:
        return False


@public("gfile.ListDirectory")
def _listdir(dirname: Path) -> list[str]:
    """The names in a folder; see `listdir`."""
    return listdir(dirname)


@public("io.gfile.listdir")
def listdir(path: Path) -> list[str]:
    """The names in a folder, sorted.

    Raises:
        NotFoundError: there is no such folder.
        OpError: the system refuses.
    """
    if not isdir(path):
        raise NotFoundError(f"Could not find directory {clip(os.fsdecode(path))}")
    name = local_path(path)
    with system_errors(name):
        return sorted(os.listdir(name))


@public("gfile.Walk")
def _walk(top: Path, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """All folders below one; see `walk`."""
    return walk(top, in_order)


@public("io.gfile.walk")
def walk(
    top: Path, topdown: bool = True, onerror: Callable[[OpError], None] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """All folders below one, itself included.

    Args:
        top: where to begin.
        topdown: whether a folder comes before those in it.
        onerror: what to call with the error for a folder that cannot be listed; those are left out.

    Yields:
        The folder, the names of the folders in it, the names of the files in it.
    """
    folder = os.fsdecode(top)
    try:
        names = listdir(folder)
    except OpError as error:
        if onerror is not None:
            onerror(error)
        return
    folders = [name for name in names if isdir(os.path.join(folder, name))]
    files = [name for name in names if name not in set(folders)]
    if topdown:
        yield folder, folders, files
    for name in folders:
        yield from walk(os.path.join(folder, name), topdown, onerror)
    if not topdown:
        yield folder, folders, files


@public("gfile.Stat")
def _stat(filename: Path) -> FileStatistics:
    """Size, time and kind of a file; see `stat`."""
    return stat(filename)


@public("io.gfile.stat")
def stat(path: Path) -> FileStatistics:
    """Size, time and kind of a file or folder.

    Raises:
        NotFoundError: there is none.
        OpError: the system refuses.
    """
    name = local_path(path)
    with system_errors(name):
        found = os.stat(name)
    return FileStatistics(found.st_size, found.st_mtime_ns, status.S_ISDIR(found.st_mode))


@public("io.gfile.join")
def join(path: Path, *paths: Path) -> str:
    """`os.path.join`; the parts after a URL are joined by slashes."""
    text = os.fsdecode(path)
    parts = [os.fsdecode(part) for part in paths]
    if "://" not in text[1:]:
        return os.path.join(text, *parts)
    for part in parts:
        text = part if "://" in part else f"{text.rstrip('/')}/{part.lstrip('/')}"
    return text


@public("io.gfile.get_registered_schemes")
def get_registered_schemes() -> list[str]:
    """The schemes of the file systems there are: none, and `file`."""
    return ["", "file"]
