"""The cache folder: what lies in it, how an entry is judged, how one comes to be.

Beside each other lie, for a module whose handle has the SHA-1 `<key>`:

    <key>/                   the module, as its publisher packed it
    <key>.descriptor.txt     for people: handle, time, host (tensorflow_hub writes the same)
    <key>.manifest.json      name, size, SHA-256 and time of each file; handle, source, ETag (only ours)
    <key>.lock               while somebody downloads
    <key>.<uid>.tmp/         one attempt: the archive, and the module while it is unpacked

tensorflow_hub 0.14 uses the same names, so that either finds what the other stored. It judges an entry by being there and not empty;
here an entry counts if its files have the names and sizes of the manifest (and the contents, where a time differs or `verify` is
asked for), or, without a manifest, if `structure.problem` finds nothing. Whatever else is there is replaced as a whole.

An attempt works in a folder of its own, with mode 0700, in the cache: archive, unpacked files, checks. Every file is synced, then descriptor and
manifest are written, then one rename makes the entry. So a process killed at any point leaves the entry absent or whole, and a
temporary folder that the next download removes. Reading takes no lock and writes nothing, so a cache on a read-only disk serves.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import hashlib
import logging
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from minihub.errors import (
    CacheNotWritableError,
    InvalidModuleError,
    NotFoundError,
    OpError,
    StorageError,
)
from minihub.handle import parse_handle, shown
from minihub.resolve.lock import Lock, alive, make_uid, owner_of, release, remove_stale, system_lock
from minihub.resolve.manifest import Manifest, Stored, compare
from minihub.resolve.settings import Settings
from minihub.resolve.structure import module_root, open_regular, problem
from minihub.resolve.tree import sync_folder, write_all

__all__ = ["Cache", "Entry", "list_entries", "remove", "verify"]

_log = logging.getLogger("minihub")
_KEY = re.compile(r"[0-9a-f]{40}")
_DAY = 86400.0
_MOST_MANIFEST_BYTES = 64 << 20
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


@dataclass(frozen=True)
class Entry:
    """An entry of the cache.

    Attributes:
        key: name of its folder.
        handle: as typed, or None if nothing tells it.
        path: the module's folder.
        bytes: size of its files.
        time: when it was stored, in seconds since the epoch.
        state: `whole` (as its manifest says), `unverified` (no manifest; looks whole) or `broken`.
        problem: what is broken, or None.
        source: where it came from, or None.
    """

    key: str
    handle: str | None
    path: str
    bytes: int
    time: float
    state: str
    problem: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class _Judgement:
    problem: str | None
    manifest: Manifest | None = None
    absent: bool = field(default=False)


class Cache:
    """A folder of modules.

    Args:
        settings: says where it is, and how long foreign locks are waited for.
    """

    def __init__(self, settings: Settings) -> None:
        self.directory = settings.cache_dir
        self._settings = settings

    def path(self, key: str) -> str:
        """The folder of the entry `key`, there or not."""
        return os.path.join(self.directory, key)

    def judge(self, key: str, *, contents: bool = False) -> _Judgement:
        """Whether the entry is whole; `contents` compares every byte, as far as there is a manifest."""
        path = self.path(key)
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return _Judgement("it is not there", absent=True)
        except OSError as error:
            return _Judgement(f"it cannot be read: {error}")
        if not stat.S_ISDIR(status.st_mode):
            return _Judgement("it is not a folder")
        try:
            manifest = self._manifest(key)
        except (OSError, ValueError) as error:
            return _Judgement(f"its manifest cannot be used: {error}")
        if manifest is None:
            try:
                return _Judgement(problem(path))
            except OSError as error:
                return _Judgement(f"it cannot be read: {error}")
        wrong, moved = compare(path, manifest, contents=contents)
        if moved and wrong is None:
            self._note_times(key, manifest)
        return _Judgement(wrong, manifest)

    def obtain(
        self,
        key: str,
        handle: str,
        fetch: Callable[[str], Stored],
        *,
        wanted: Callable[[Manifest | None], bool] = lambda manifest: True,
        contents: bool = False,
    ) -> str:
        """The folder of an entry, fetched if it is absent, broken or not `wanted`.

        Args:
            key: names the entry.
            handle: for descriptor and messages.
            fetch: puts the module into the temporary folder it is given.
            wanted: whether an entry with that manifest will do.
            contents: compare every byte of an entry that is there.
        """

        def usable(*, every_byte: bool) -> bool:
            found = self.judge(key, contents=every_byte)
            return found.problem is None and wanted(found.manifest)

        if usable(every_byte=contents):
            return self.path(key)
        self._prepare()
        uid = make_uid()
        lock = Lock(self.path(key), uid, shown(handle), self._settings.lock_timeout)
        with lock.held():
            if usable(every_byte=contents):
                return self.path(key)
            with self._temporary(key, uid) as temporary, self._explained(handle):
                if lock.problem:
                    _log.warning(
                        "downloading without a lock: %s cannot be locked (%s)",
                        lock.path,
                        lock.problem,
                    )
                self._remove_leftovers()
                self._publish(key, handle, fetch(temporary), temporary, wanted)
        return self.path(key)

    def _manifest(self, key: str) -> Manifest | None:
        path = self.path(key) + ".manifest.json"
        try:
            with open_regular(path) as file:
                data = file.read(_MOST_MANIFEST_BYTES + 1)
        except FileNotFoundError:
            return None
        if len(data) > _MOST_MANIFEST_BYTES:
            raise ValueError("too large")
        return Manifest.from_json(data.decode("utf-8"))

    def _note_times(self, key: str, manifest: Manifest) -> None:
        """Writes the times of files whose contents were found right, so that the next hit need not read them all."""
        path = self.path(key)
        with contextlib.suppress(OSError):
            files = [
                replace(file, mtime_ns=os.lstat(os.path.join(path, file.name)).st_mtime_ns)
                for file in manifest.files
            ]
            self._write(
                path + ".manifest.json", replace(manifest, files=files).to_json(), make_uid()
            )

    def _prepare(self) -> None:
        """Makes the cache folder."""
        with self._writable():
            os.makedirs(self.directory, exist_ok=True)
            status = os.stat(self.directory)
        if hasattr(os, "geteuid"):
            foreign = status.st_uid not in {0, os.geteuid()}
            if foreign or status.st_mode & 0o1002 == 0o002:
                _log.warning(
                    "the module cache %s %s, who could put modules of their own there",
                    self.directory,
                    "belongs to another user" if foreign else "can be changed by all users",
                )

    @contextlib.contextmanager
    def _temporary(self, key: str, uid: str) -> Iterator[str]:
        """A folder for one attempt, locked while this process lives, removed at the end."""
        path = f"{self.path(key)}.{uid}.tmp"
        owner: int | None = None
        try:
            with self._writable():
                os.mkdir(path, 0o700)
                owner = os.open(
                    os.path.join(path, "owner"), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600
                )
            # A file system without locks leaves the age of the folder to judge it by.
            with contextlib.suppress(OSError):
                system_lock(owner)
            yield path
        finally:
            if owner is not None:
                release(owner)
            shutil.rmtree(path, ignore_errors=True)

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        """Turns refusals of the system into one error that says what to do."""
        try:
            yield
        except OSError as error:
            if isinstance(error, OpError):
                raise
            if error.errno in _FULL:
                raise self._full(error) from error
            raise CacheNotWritableError(
                f"the module cache {self.directory} must be a folder that can be written, but: {error.strerror or error} "
                "(the variable TFHUB_CACHE_DIR names another)"
            ) from error

    @contextlib.contextmanager
    def _explained(self, handle: str) -> Iterator[None]:
        """Says of errors of the disk where and for what they arose."""
        try:
            yield
        except OSError as error:
            if isinstance(error, OpError):
                raise
            if error.errno in _FULL:
                raise self._full(error, handle) from error
            raise OSError(
                error.errno,
                f"{error.strerror or error} (while storing {shown(handle)})",
                self.directory,
            ) from error

    def _full(self, error: OSError, handle: str = "a module") -> StorageError:
        return StorageError(
            f"the disk of the module cache {self.directory} must have room for {shown(handle)}, but: {error.strerror}; "
            f"{_free(self.directory)} bytes are free"
        )

    def _publish(
        self,
        key: str,
        handle: str,
        stored: Stored,
        temporary: str,
        wanted: Callable[[Manifest | None], bool],
    ) -> None:
        """Makes a stored module the entry; if another process was faster and its entry is whole, that one stays."""
        root = module_root(stored.directory)
        wrong = problem(root)
        if wrong:
            raise InvalidModuleError(
                f"{shown(handle)} does not appear to be a valid module. ({wrong})"
            )
        inner = os.path.relpath(root, stored.directory).replace(os.sep, "/")
        start = "" if inner == "." else inner + "/"
        created = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        manifest = replace(
            stored.manifest,
            files=[
                replace(file, name=file.name.removeprefix(start))
                for file in stored.manifest.files
                if file.name.startswith(start)
            ],
            created=created,
        )

        def settled() -> bool:
            now = self.judge(key, contents=True)
            return now.problem is None and wanted(now.manifest)

        if settled():
            return
        path = self.path(key)
        uid = temporary.rsplit(".", 2)[1]
        self._write(path + ".descriptor.txt", _descriptor(handle), uid)
        self._write(path + ".manifest.json", manifest.to_json(), uid)
        for attempt in range(3):
            try:
                os.rename(root, path)
                break
            except OSError as error:
                # A folder that is not empty, or a file, is in the way: another process was faster, or a broken entry is there.
                if attempt == 2 or error.errno not in {
                    errno.EEXIST,
                    errno.ENOTEMPTY,
                    errno.ENOTDIR,
                    errno.EACCES,
                    errno.EPERM,
                }:
                    raise
                if settled():
                    return
                os.rename(path, os.path.join(temporary, f"old{attempt}"))
        sync_folder(self.directory)

    def _write(self, path: str, text: str, uid: str) -> None:
        """Writes a small file beside the entries, as a whole or not at all."""
        temporary = f"{path}.{uid}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(temporary, flags, 0o644)
            try:
                write_all(descriptor, text.encode("utf-8", "backslashreplace"))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(temporary, path)
        finally:
            with contextlib.suppress(OSError):
                os.remove(temporary)

    def _remove_leftovers(self) -> None:
        """Removes what dead processes left: known by their number on this host, or by being a day old."""
        for name in os.listdir(self.directory):
            found = re.fullmatch(
                r"[0-9a-f]{40}(\.descriptor\.txt|\.manifest\.json)?\.([0-9A-Za-z-]+)\.tmp", name
            )
            path = os.path.join(self.directory, name)
            if re.fullmatch(r"[0-9a-f]{40}\.lock", name):
                remove_stale(path)
            if found is None:
                continue
            with contextlib.suppress(OSError):
                if _is_left_over(path, found[2]):
                    if os.path.isdir(path) and not os.path.islink(path):
                        shutil.rmtree(path, ignore_errors=True)
                    else:
                        os.remove(path)


def list_entries(cache_dir: str | None = None) -> list[Entry]:
    """The entries of a cache, oldest first; names and sizes are compared, not contents.

    Args:
        cache_dir: the folder; that of the environment if None.
    """
    cache = Cache(Settings.read(cache_dir=cache_dir))
    try:
        names = os.listdir(cache.directory)
    except FileNotFoundError:
        return []
    entries = [_entry(cache, name) for name in names if _KEY.fullmatch(name)]
    return sorted(entries, key=lambda entry: (entry.time, entry.key))


def verify(entry: Entry) -> Entry:
    """`entry` judged anew, with the contents of all its files compared to the manifest."""
    return _entry(
        Cache(Settings.read(cache_dir=os.path.dirname(entry.path))), entry.key, contents=True
    )


def remove(handle: str, cache_dir: str | None = None) -> int:
    """Removes an entry.

    Args:
        handle: the module's handle as typed, or the key of the entry.
        cache_dir: the folder; that of the environment if None.

    Returns:
        The bytes that became free.

    Raises:
        NotFoundError: there is no such entry.
    """
    cache = Cache(Settings.read(cache_dir=cache_dir))
    key = _key_of(cache, handle)
    path = cache.path(key) if key else ""
    if not key or not os.path.lexists(path):
        raise NotFoundError(f"the module cache {cache.directory} has no entry for {shown(handle)}")
    size = _entry(cache, key).bytes
    uid = make_uid()
    # The module goes in one step; what is killed after it leaves a temporary folder for the next download to remove.
    with (
        Lock(path, uid, shown(handle), cache._settings.lock_timeout).held(),
        cache._writable(),
        cache._temporary(key, uid) as temporary,
    ):
        if os.path.lexists(path):
            os.rename(path, os.path.join(temporary, "module"))
        for suffix in (".manifest.json", ".descriptor.txt"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(path + suffix)
    return size


def _key_of(cache: Cache, handle: str) -> str | None:
    if _KEY.fullmatch(handle):
        return handle
    for entry in list_entries(cache.directory):
        if handle in {entry.handle, entry.path}:
            return entry.key
    try:
        return parse_handle(handle).key
    except OpError:
        # A local archive that is gone keeps the name under which it was stored.
        return hashlib.sha1(
            handle.encode("utf-8", "surrogatepass"), usedforsecurity=False
        ).hexdigest()


def _entry(cache: Cache, key: str, *, contents: bool = False) -> Entry:
    path = cache.path(key)
    found = cache.judge(key, contents=contents)
    size = 0
    for folder, _, files in os.walk(path):
        for name in files:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(folder, name)).st_size
    try:
        when = os.lstat(path).st_mtime
    except OSError:
        when = 0.0
    manifest = found.manifest
    if manifest is not None and manifest.created:
        with contextlib.suppress(ValueError):
            when = datetime.datetime.fromisoformat(manifest.created).timestamp()
    state = "broken" if found.problem else ("unverified" if manifest is None else "whole")
    return Entry(
        key=key,
        handle=manifest.handle if manifest else _described(path),
        path=path,
        bytes=size,
        time=when,
        state=state,
        problem=found.problem,
        source=manifest.source if manifest else None,
    )


def _described(path: str) -> str | None:
    """The handle that a descriptor tells."""
    try:
        with open_regular(path + ".descriptor.txt") as file:
            first = file.readline(1 << 16).decode("utf-8", "replace")
    except OSError:
        return None
    return first.removeprefix("Module: ").rstrip("\n") if first.startswith("Module: ") else None


def _descriptor(handle: str) -> str:
    import socket

    now = datetime.datetime.now()
    return f"Module: {handle}\nDownload Time: {now}\nDownloader Hostname: {socket.gethostname()} (PID:{os.getpid()})"


def _is_left_over(path: str, uid: str) -> bool:
    """Whether nobody works in a temporary folder, or on a temporary file, any more."""
    newest = os.lstat(path).st_mtime
    with contextlib.suppress(OSError):
        newest = max([newest, *(e.stat(follow_symlinks=False).st_mtime for e in os.scandir(path))])
    pid = owner_of(uid)
    dead = pid is not None and not alive(pid)
    # A time in the future says nothing about age.
    old = abs(time.time() - newest) > _DAY
    return (dead or old) and not _is_owned(os.path.join(path, "owner"))


def _is_owned(path: str) -> bool:
    """Whether a living process, perhaps of another container or host, holds the lock on `path`."""
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return False
    try:
        return not system_lock(descriptor)
    except OSError:
        return False
    finally:
        release(descriptor)


def _free(path: str) -> int | str:
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return "unknown"
