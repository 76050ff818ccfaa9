"""Locks that keep processes from downloading the same module twice, and from training in the same folder.

For downloads a lock is a convenience: correctness comes from temporary folders with unique names and a rename. So a lock that cannot be
made is a warning, and a lock whose owner died never blocks: the operating system frees it (`flock`, on Windows `LockFile`).

The lock file is tensorflow_hub's, `<entry>.lock` with `<host>.<pid>.<uid>`, and its mere existence keeps tensorflow_hub waiting. A file without
a system lock belongs to a tensorflow_hub process: it is waited for while that process lives on this host or its temporary folder
`<entry>.<uid>.tmp` grows, and taken over otherwise. The uids of this package start with `minihub-`.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Lock", "alive", "make_uid", "owner_of", "release", "remove_stale", "system_lock"]

_log = logging.getLogger("minihub")
_UID_START = "minihub-"
# Far beyond the text of the file, as Windows keeps others from reading what is locked.
_WINDOWS_OFFSET = 1 << 30
#: In the way is one who had the lock, and took the file away just now.
_GONE = "a process that is done"
_held: set[int] = set()
_fork_hook = False


def make_uid() -> str:
    """A name for one attempt to store a module; tells the process on this host that made it."""
    return f"{_UID_START}{_host_mark()}-{os.getpid()}-{secrets.token_hex(6)}"


def owner_of(uid: str) -> int | None:
    """The process id in a uid that `make_uid` made on this host, else None."""
    found = re.fullmatch(rf"{_UID_START}{_host_mark()}-([0-9]+)-[0-9a-f]+", uid)
    return int(found[1]) if found else None


def _host_mark() -> str:
    import hashlib
    import socket

    name = socket.gethostname().encode("utf-8", "replace")
    return hashlib.sha256(name).hexdigest()[:8]


def alive(pid: int) -> bool:
    """Whether a process with that number runs on this host."""
    if sys.platform == "win32":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)
        if not handle:
            return bool(ctypes.windll.kernel32.GetLastError() == 5)
        code = ctypes.c_ulong()
        ctypes.windll.kernel32.GetExitCodeProcess(handle, ctypes.byref(code))
        ctypes.windll.kernel32.CloseHandle(handle)
        return code.value == 259
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def system_lock(descriptor: int) -> bool:
    """Takes the operating system's lock on an open file; False if somebody else has it.

    Raises:
        OSError: the file system has no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _WINDOWS_OFFSET, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK}:
            return False
        raise
    _hold(descriptor)
    return True


def _hold(descriptor: int) -> None:
    """Notes a locked file, which a forked child closes, so that the lock ends with this process alone."""
    global _fork_hook
    if not _fork_hook and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_close_held)
        _fork_hook = True
    _held.add(descriptor)


def _close_held() -> None:
    for descriptor in _held:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _held.clear()


def release(descriptor: int) -> None:
    """Closes a file, which ends its lock."""
    _held.discard(descriptor)
    # A lock file holds nothing that an error here could lose.
    with contextlib.suppress(OSError):
        os.close(descriptor)


@dataclass
class _Progress:
    """What a foreign owner of a lock has done so far, and when it last did something."""

    content: bytes = b""
    size: int = -1
    since: float = 0.0


class Lock:
    """The lock of one cache entry, or of a folder that one training works in.

    Args:
        entry: path of the entry's folder; the lock is the file `<entry>.lock`.
        uid: of this attempt; names the temporary folder too.
        what: the handle, for messages.
        timeout: seconds without progress after which a foreign lock is taken over.

    Attributes:
        problem: why there is no lock after `acquire` or `try_acquire`, or None.
    """

    def __init__(self, entry: str, uid: str, what: str, timeout: float) -> None:
        self.path = entry + ".lock"
        self.problem: OSError | None = None
        self._entry = entry
        self._uid = uid
        self._what = what
        self._timeout = timeout
        self._descriptor: int | None = None
        self._signed = False
        self._announced = False

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The lock for the time of a `with` block."""
        try:
            self.acquire()
            yield
        finally:
            self.free()

    def acquire(self) -> None:
        """Waits for the lock; returns without it, `problem` set, if it cannot be had at all."""
        foreign = _Progress(since=time.monotonic())
        wait = 0.02
        while True:
            owner = self._attempt(foreign)
            if owner is None:
                return
            if not self._announced and wait > 0.1:
                self._announced = True
                _log.warning("waiting for %s that downloads %s", owner, self._what)
            time.sleep(wait)
            wait = min(wait * 1.5, 0.5)

    def try_acquire(self) -> bool:
        """Takes the lock if nobody has it; whether that is so.

        True too, with `problem` set, if there can be no lock at all.
        """
        foreign = _Progress(since=time.monotonic())
        while True:
            owner = self._attempt(foreign)
            if owner is None:
                return True
            if owner != _GONE:
                return False

    def owner(self) -> tuple[str, int] | None:
        """Host and number of the process that signed the lock file, if it can be read."""
        with contextlib.suppress(OSError), open(self.path, "rb") as file:
            found = re.fullmatch(rb"(.*)\.([0-9]{1,10})\.[0-9a-z-]+", file.read(512))
            if found is not None:
                return found[1].decode("utf-8", "replace"), int(found[2])
        return None

    def _attempt(self, foreign: _Progress) -> str | None:
        """Takes the lock; None if there is no more to do, else who is in the way."""
        try:
            self._descriptor = self._open()
            if not system_lock(self._descriptor):
                owner = "another process"
            elif not self._is_at_path(self._descriptor):
                owner = _GONE
            elif self._ours(self._descriptor, foreign):
                return None
            else:
                owner = "a process of tensorflow_hub"
        except OSError as error:
            self.problem = error
            self.free()
            return None
        self.free()
        return owner

    def free(self) -> None:
        """Gives the lock back, if there is one."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        signed, self._signed = self._signed, False
        try:
            # An open file cannot be removed on Windows.
            if signed and os.name != "nt" and self._is_at_path(descriptor):
                os.remove(self.path)
        except OSError as error:
            _log.warning("%s cannot be removed (%s)", self.path, error)
        finally:
            release(descriptor)
        if signed and os.name == "nt":
            # A process that took the lock between the two steps keeps the file open, and so keeps it.
            with contextlib.suppress(OSError):
                os.remove(self.path)

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT
        for flag in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_BINARY"):
            flags |= getattr(os, flag, 0)
        descriptor = os.open(self.path, flags, 0o644)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "it is not a regular file")
        return descriptor

    def _ours(self, descriptor: int, foreign: _Progress) -> bool:
        """Whether the file, whose system lock we have, is owned by nobody else; then it is signed."""
        os.lseek(descriptor, 0, os.SEEK_SET)
        content = os.read(descriptor, 512)
        if self._foreign_and_alive(content, foreign):
            return False
        import socket

        self._signed = True
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"{socket.gethostname()}.{os.getpid()}.{self._uid}".encode())
        return True

    def _is_at_path(self, descriptor: int) -> bool:
        try:
            there = os.stat(self.path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(descriptor))

    def _foreign_and_alive(self, content: bytes, seen: _Progress) -> bool:
        """Whether the content is that of a tensorflow_hub process which still works."""
        found = re.fullmatch(rb"(.+)\.([0-9]{1,10})\.([0-9a-f]{32})", content)
        if found is None:
            return False
        import socket

        if found[1].decode("utf-8", "replace") == socket.gethostname() and not alive(int(found[2])):
            return False
        size = _folder_size(f"{self._entry}.{found[3].decode()}.tmp")
        if (content, size) != (seen.content, seen.size):
            seen.content, seen.size, seen.since = content, size, time.monotonic()
            return True
        if time.monotonic() - seen.since < self._timeout:
            return True
        _log.warning(
            "%s has made no progress for %.0f s and is taken over", self.path, self._timeout
        )
        return False


def remove_stale(path: str) -> None:
    """Removes the lock file of a process of this package that is dead; any other stays."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with contextlib.suppress(OSError):
        descriptor = os.open(path, flags)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not system_lock(descriptor):
                return
            os.lseek(descriptor, 0, os.SEEK_SET)
            content = os.read(descriptor, 512)
            # Whoever has opened the file meanwhile sees that it is no longer at its path.
            if not content or re.fullmatch(rb".+\.[0-9]+\.minihub-[0-9a-z-]+", content):
                os.remove(path)
        finally:
            release(descriptor)


def _folder_size(path: str) -> int:
    total = 0
    for folder, _, files in os.walk(path):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(folder, name)).st_size
    return total
