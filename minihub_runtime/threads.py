"""Work that is cut into parts for a few threads.

    spread(lambda part: kernel(x[part], out=result[part]), parts, cost)

The thread that asks works too, so a busy pool delays nobody, and work inside work ends.  There are as many threads as the
process may use cores, or as MINIHUB_NUM_THREADS says.  Kernels of NumPy release the interpreter's lock, so that long ones run
side by side; short ones wait for each other, and small work stays in one thread.
"""

from __future__ import annotations

import contextvars
import functools
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np

from minihub_runtime import blas
from minihub_runtime.errors import InvalidArgumentError, InvalidSettingError, clip
from minihub_runtime.memory import aligned

__all__ = [
    "can_share",
    "num_threads",
    "pays",
    "scratch",
    "set_num_threads",
    "side_by_side",
    "spread",
    "works_alone",
]

T = TypeVar("T")

#: Work of fewer nanoseconds is not shared: to wake a thread that sleeps takes up to some hundred thousand.
WORTHWHILE = 250_000

#: Memory that each thread keeps for `scratch`; more is given back.
KEPT_BYTES = 16 << 20


class _Memory(threading.local):
    """What this thread keeps.

    Attributes:
        kept: memory for each purpose of `scratch`.
        beside: the work of which this thread does a long part, while others do theirs.
    """

    def __init__(self) -> None:
        self.kept: dict[str, np.ndarray[Any, Any]] = {}
        self.beside: _Work | None = None


class _Pool:
    """The threads beside those that ask.

    Attributes:
        count: how many threads work on one piece of work, the one that asks included; fewer than were asked for once the
            system refuses one.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.waiting: SimpleQueue[_Work | None] = SimpleQueue()
        self._started = 0
        self._lock = threading.Lock()

    def offer(self, work: _Work, helpers: int) -> None:
        """Ask threads for help; also the one that waits for this thread, if there is one."""
        beside = _memory.beside
        if beside is not None and beside.ask(work):
            helpers -= 1
        if self._started < self.count - 1:
            with self._lock:
                while self._started < self.count - 1:
                    name = f"minihub-{self._started + 1}"
                    try:
                        threading.Thread(target=self._serve, name=name, daemon=True).start()
                    except RuntimeError:
                        # A limit of the container, or the interpreter is about to end: those there are do the work.
                        self.count = self._started + 1
                    else:
                        self._started += 1
        for _ in range(min(helpers, self.count - 1)):
            self.waiting.put(work)

    def _serve(self) -> None:
        # What kernels are run in; a setting of each thread.
        with np.errstate(all="ignore"):
            while (work := self.waiting.get()) is not None:
                work.help()
                del work

    def close(self) -> None:
        """Let the threads end, once they have nothing to do."""
        for _ in range(self._started):
            self.waiting.put(None)


class _Work:
    """Parts that threads take one after another, until there are none or one fails."""

    def __init__(self, task: Callable[[Any], None], parts: Iterable[Any]) -> None:
        self._task = task
        self._parts = deque(parts)
        self._several = len(self._parts) > 1
        self._lock = threading.Lock()
        self._helpers = 0
        #: What the thread that asks takes from once it waits for the others: work to help with, and None in the end.
        self._asked: SimpleQueue[_Work | None] | None = None
        self._error: BaseException | None = None

    def help(self) -> None:
        """Work beside the thread that asks, until all parts are taken."""
        with self._lock:
            if not self._parts:
                return
            self._helpers += 1
        self._take_parts()
        with self._lock:
            self._helpers -= 1
            if self._asked is not None and not self._helpers:
                self._asked.put(None)

    def _take_parts(self) -> None:
        task, take = self._task, self._parts.popleft
        try:
            while True:
                try:
                    part = take()
                except IndexError:
                    return
                task(part)
        except BaseException as error:
            self._parts.clear()
            self._error = self._error or error

    def finish(self) -> None:
        """Work, help the others with what they do, wait for them, and raise what one of them raised."""
        self._take_parts()
        with self._lock:
            if self._helpers:
                self._asked = SimpleQueue()
        if self._asked is not None:
            while (work := self._asked.get()) is not None:
                work.help()
        if self._error is not None:
            raise self._error

    def ask(self, work: _Work) -> bool:
        """Ask the thread that waits for this one to help with some work; whether there is one."""
        asked = self._asked
        if asked is None:
            return False
        asked.put(work)
        return True

    def leaves_idle(self, count: int) -> bool:
        """Whether one of so many threads has nothing to do any more; never where there was a single part."""
        busy = self._helpers + (self._asked is None)
        return self._several and not self._parts and busy < count


def spread(
    task: Callable[[T], None], parts: Iterable[T], cost: int, products: bool = False
) -> None:
    """Call `task` with each part, on all threads if that pays.

    Args:
        task: may run in any thread, in any order.
        parts: what it is called with.
        cost: how long one thread takes for all, in nanoseconds, about.
        products: whether it multiplies matrices; products of one of several parts stay in its thread, those of a single part
            may use all.

    Raises:
        BaseException: what the first task that failed raised; parts that no thread had begun are left out.
    """
    todo = list(parts)
    if len(todo) < 2:
        for part in todo:
            task(part)
        return
    if not products:
        _call_each(task, todo, cost)
        return
    with blas.single() as possible:
        _call_each(task, todo, cost if possible else 0)


def pays(cost: int) -> bool:
    """Whether there are threads to share work of so many nanoseconds, and it is long enough."""
    return cost >= WORTHWHILE and can_share()


def can_share() -> bool:
    """Whether there are threads to share work: this one works alone, or others that worked beside it have nothing left to do."""
    count, beside = _pool.count, _memory.beside
    return count > 1 and (beside is None or beside.leaves_idle(count))


def works_alone() -> bool:
    """Whether there are other threads, and none works beside this one."""
    return _pool.count > 1 and _memory.beside is None


def side_by_side(task: Callable[[T], None], parts: Iterable[T]) -> None:
    """Call `task` with each part, on all threads, where each part is long and keeps its thread busy by itself.

    Args:
        task: may run in any thread; work that it would share stays in its thread, as long as the others have parts to do.
        parts: what it is called with, the longest first.  A single one keeps all it does to its thread.

    Whoever asks helps with the work of the parts that are left, once its own are done, so what it has in `scratch` is lost.

    Raises:
        BaseException: what the first task that failed raised.
    """

    def call(function: Callable[[], None]) -> None:
        before, _memory.beside = _memory.beside, work
        try:
            function()
        finally:
            _memory.beside = before

    # Each part sees what the run is in: its deadline, and the functions that are being called.
    todo = [functools.partial(contextvars.copy_context().run, task, part) for part in parts]
    work = _Work(call, todo)
    with blas.single():
        _share(work, len(todo))


def _call_each(task: Callable[[Any], None], parts: list[Any], cost: int) -> None:
    """Call `task` with each part, which takes so many nanoseconds for all; threads may come to share them later."""
    count = len(parts)
    for number in range(count - 1):
        if pays(cost * (count - number) // count):
            left = parts[number:]
            _share(_Work(task, left), len(left))
            return
        task(parts[number])
    task(parts[-1])


def _share(work: _Work, count: int) -> None:
    """Do work of so many parts on all threads."""
    pool = _pool
    pool.offer(work, min(pool.count, count) - 1)
    work.finish()


def scratch(purpose: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
    """Memory with any content that belongs to this thread until it asks for the same purpose again."""
    kind = np.dtype(dtype)
    wanted = math.prod(shape) * kind.itemsize
    if wanted > KEPT_BYTES or kind.hasobject:
        return np.empty(shape, kind)
    found = _memory.kept.get(purpose)
    if found is None or found.nbytes < wanted:
        found = _memory.kept[purpose] = aligned((wanted,), np.uint8)
    # A view of a view would take several times as long.
    part: np.ndarray[Any, Any] = np.ndarray(shape, kind, found)
    return part


def num_threads() -> int:
    """How many threads work on one kernel."""
    return _pool.count


def set_num_threads(count: int) -> None:
    """Let kernels use so many threads, and NumPy's matrix products no more; 0 stands for the cores of the process.

    Raises:
        InvalidArgumentError: the number is negative.
    """
    global _pool
    if count < 0:
        raise InvalidArgumentError(f"the number of threads must not be negative, not {count}")
    count = count or cores()
    old, _pool = _pool, _Pool(count)
    old.close()
    blas.limit(count)


def cores() -> int:
    """How many cores the process may use: those it is bound to, and what its control group has."""
    affinity = getattr(os, "sched_getaffinity", None)
    found = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return max(1, min(found, *(math.ceil(limit) for limit in _quotas()), found))


def _quotas(
    root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")
) -> list[float]:
    """The cores that the control groups of this process have, of those with a limit."""
    try:
        lines = own.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        folder = root / controllers if controllers else root
        parts = path.strip("/").split("/")
        for depth in range(len(parts) + 1):
            group = folder.joinpath(*parts[:depth])
            quota = _quota(group)
            if quota is not None:
                found.append(quota)
    return found


def _quota(group: Path) -> float | None:
    """The cores that one control group has; None without a limit."""
    for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            words = " ".join((group / name).read_text(encoding="ascii") for name in names).split()
            quota, period = (int(word) for word in words)
        except (OSError, ValueError):
            # There is no such file, or it says `max`.
            continue
        if quota > 0 and period > 0:
            return quota / period
    return None


def _asked() -> int:
    """The number that the environment asks for; 0 if it asks for none.

    Raises:
        InvalidSettingError: it asks for something else.
    """
    text = os.environ.get("MINIHUB_NUM_THREADS", "").strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()):
        raise InvalidSettingError(
            f"MINIHUB_NUM_THREADS must be a number of threads, not {clip(text)!r}"
        )
    return int(text)


def _start_anew() -> None:
    """A child of a fork has none of its parent's threads."""
    global _pool, _memory
    _pool, _memory = _Pool(_pool.count), _Memory()


_memory = _Memory()
_pool = _Pool(_asked() or cores())
if _asked():
    blas.limit(_pool.count)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
