"""Work is shared among threads: all of it is done, errors come back, settings hold."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime import blas, threads
from minihub_runtime.errors import InvalidArgumentError


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    before = threads.num_threads()
    threads.set_num_threads(3)
    yield
    threads.set_num_threads(before)


@pytest.mark.parametrize("products", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
def test_each_part_is_done_once(count: int, products: bool) -> None:
    done: list[int] = []
    threads.spread(done.append, range(count), 1 << 30, products)
    assert sorted(done) == list(range(count))


def test_all_threads_work_side_by_side() -> None:
    # Each part waits for the two others, so they must run at the same time.
    together = threading.Barrier(3)
    seen: set[int] = set()

    def task(_: int) -> None:
        together.wait(timeout=30)
        seen.add(threading.get_ident())

    threads.spread(task, range(3), 1 << 30)
    assert len(seen) == 3


def test_small_work_stays_in_one_thread() -> None:
    seen: list[tuple[int, int]] = []
    threads.spread(lambda i: seen.append((i, threading.get_ident())), range(9), 1000)
    assert seen == [(i, threading.get_ident()) for i in range(9)]


def test_errors_come_back_and_end_the_work() -> None:
    done: list[int] = []

    def task(part: int) -> None:
        if part == 5:
            raise InvalidArgumentError("five")
        if part > 5:
            # However late this machine lets the thread that raises go on, parts are left.
            time.sleep(0.001)
        done.append(part)

    with pytest.raises(InvalidArgumentError, match="five"):
        threads.spread(task, range(100000), 1 << 30)
    assert len(done) < 99999
    again: list[int] = []
    threads.spread(again.append, range(5), 1 << 30)
    assert sorted(again) == [0, 1, 2, 3, 4]


def test_work_inside_work_ends() -> None:
    done: list[tuple[int, int]] = []

    def outer(i: int) -> None:
        threads.spread(lambda j: done.append((i, j)), range(4), 1 << 30, products=True)

    threads.spread(outer, range(4), 1 << 30, products=True)
    assert sorted(done) == [(i, j) for i in range(4) for j in range(4)]


@pytest.mark.parametrize("asker_is_done", [False, True])
def test_who_is_done_helps_with_what_is_left(asker_is_done: bool) -> None:
    threads.set_num_threads(2)
    here = threading.get_ident()
    begun, together = threading.Barrier(2), threading.Barrier(2)
    seen: set[int] = set()

    def inner(_: int) -> None:
        together.wait(timeout=30)
        seen.add(threading.get_ident())

    def outer(_: int) -> None:
        begun.wait(timeout=30)
        if (threading.get_ident() == here) == asker_is_done:
            return
        while not threads.can_share():
            time.sleep(0.001)
        threads.spread(inner, range(2), 1 << 30, products=True)

    threads.side_by_side(outer, range(2))
    assert len(seen) == 2


def test_work_that_was_begun_alone_is_shared_once_others_are_done() -> None:
    threads.set_num_threads(2)
    here = threading.get_ident()
    begun, other_is_done, seen = threading.Barrier(2), threading.Barrier(2), []

    def inner(number: int) -> None:
        if number == 0:
            other_is_done.wait(timeout=30)
            while not threads.can_share():
                time.sleep(0.001)
        seen.append((number, threading.get_ident()))

    def outer(_: int) -> None:
        begun.wait(timeout=30)
        if threading.get_ident() == here:
            threads.spread(inner, range(200), 1 << 40)
        else:
            other_is_done.wait(timeout=30)

    threads.side_by_side(outer, range(2))
    assert sorted(number for number, _ in seen) == list(range(200))
    assert seen[0] == (0, here)


def test_a_single_part_keeps_its_work_to_its_thread() -> None:
    shared: list[bool] = []
    threads.side_by_side(lambda _: shared.append(threads.can_share()), [0])
    assert shared == [False]
    assert threads.can_share()


def test_errors_of_work_that_others_help_with_come_back() -> None:
    threads.set_num_threads(2)

    def inner(number: int) -> None:
        if number == 150:
            raise InvalidArgumentError("inside")

    def outer(number: int) -> None:
        if number == 0:
            while not threads.can_share():
                time.sleep(0.001)
            threads.spread(inner, range(200), 1 << 40)

    with pytest.raises(InvalidArgumentError, match="inside"):
        threads.side_by_side(outer, range(2))
    assert threads.can_share()


def test_one_thread_does_all_in_order() -> None:
    threads.set_num_threads(1)
    done: list[tuple[int, int]] = []
    threads.spread(lambda i: done.append((i, threading.get_ident())), range(9), 1 << 30)
    assert done == [(i, threading.get_ident()) for i in range(9)]


def test_a_system_without_room_for_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = threading.Thread.start, []

    def refuse(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    for count, left in ((3, 2), (3, 1)):
        threads.set_num_threads(count)
        for _ in range(2):
            done: list[int] = []
            threads.spread(done.append, range(50), 1 << 40)
            assert sorted(done) == list(range(50))
            assert threads.num_threads() == left


def test_products_inside_run_in_one_thread_and_afterwards_as_before() -> None:
    control = blas._control()
    if control is None:
        pytest.skip("NumPy's matrix products are of a library whose threads cannot be set")
    blas.limit(2)
    found: list[int] = []
    threads.spread(lambda _: found.append(control.get()), range(6), 1 << 30, products=True)
    assert found == [1] * 6
    assert control.get() == 2
    with blas.single():
        blas.limit(3)
        assert control.get() == 1
    assert control.get() == 3


def test_where_products_cannot_be_told_parts_run_one_after_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blas, "_control", lambda: None)
    seen: list[tuple[int, int]] = []
    threads.spread(
        lambda i: seen.append((i, threading.get_ident())), range(6), 1 << 30, products=True
    )
    assert seen == [(i, threading.get_ident()) for i in range(6)]


def test_floating_point_flags_do_not_warn_in_other_threads() -> None:
    together = threading.Barrier(3)

    def task(_: int) -> None:
        together.wait(timeout=30)
        np.log(np.zeros(3, np.float32))

    with np.errstate(all="ignore"):
        threads.spread(task, range(3), 1 << 30)


def test_memory_of_a_thread_is_its_own_and_stays() -> None:
    here = threads.scratch("test", (4, 5), np.float32)
    assert here.shape == (4, 5)
    assert here.dtype == np.float32
    assert np.shares_memory(here, threads.scratch("test", (3,), np.float64))
    assert not np.shares_memory(here, threads.scratch("another", (4, 5), np.float32))
    together = threading.Barrier(3)
    found: list[np.ndarray] = []

    def task(_: int) -> None:
        together.wait(timeout=30)
        found.append(threads.scratch("test", (4, 5), np.float32))

    threads.spread(task, range(3), 1 << 30)
    for i, one in enumerate(found):
        assert not any(np.shares_memory(one, other) for other in found[i + 1 :])
    large = (threads.KEPT_BYTES + 1,)
    assert not np.shares_memory(
        threads.scratch("test", large, np.uint8), threads.scratch("test", large, np.uint8)
    )


def test_the_public_setting() -> None:
    tf.config.threading.set_intra_op_parallelism_threads(2)
    assert tf.config.threading.get_intra_op_parallelism_threads() == 2
    assert threads.num_threads() == 2
    tf.config.threading.set_intra_op_parallelism_threads(0)
    assert tf.config.threading.get_intra_op_parallelism_threads() == 0
    assert threads.num_threads() == threads.cores()
    with pytest.raises(InvalidArgumentError, match="must not be negative, not -1"):
        tf.config.threading.set_intra_op_parallelism_threads(-1)


def environment(text: str) -> subprocess.CompletedProcess[str]:
    code = "from minihub_runtime import threads; print(threads.num_threads())"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "MINIHUB_NUM_THREADS": text},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_environment_says_how_many() -> None:
    assert environment("5").stdout == "5\n"
    assert environment("").stdout == f"{threads.cores()}\n"
    refused = environment("many")
    assert refused.returncode != 0
    assert "MINIHUB_NUM_THREADS must be a number of threads, not 'many'" in refused.stderr


def test_control_groups_limit_the_cores(tmp_path: Path) -> None:
    own = tmp_path / "cgroup"
    own.write_text("2:cpu,cpuacct:/one/two\n3:memory:/one\n0::/three\n")
    inner = tmp_path / "cpu,cpuacct" / "one" / "two"
    inner.mkdir(parents=True)
    (inner / "cpu.cfs_quota_us").write_text("150000\n")
    (inner / "cpu.cfs_period_us").write_text("100000\n")
    (inner.parent / "cpu.cfs_quota_us").write_text("-1\n")
    (inner.parent / "cpu.cfs_period_us").write_text("100000\n")
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "cpu.max").write_text("max 100000\n")
    (tmp_path / "cpu.max").write_text("400000 100000\n")
    assert threads._quotas(tmp_path, own) == [1.5, 4.0]
    assert threads._quotas(tmp_path, tmp_path / "absent") == []


def _sum_in_child(queue: multiprocessing.SimpleQueue[int]) -> None:
    done: list[int] = []
    threads.spread(done.append, range(8), 1 << 30, products=True)
    queue.put(sum(done))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own() -> None:
    threads.spread(lambda _: None, range(8), 1 << 30, products=True)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_sum_in_child, args=(queue,))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert queue.get() == 28
