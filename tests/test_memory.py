"""Large arrays get the memory of others that are gone, and never that of others that are there."""

from __future__ import annotations

import gc
import os
import platform
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime import memory

LARGE = (3, memory.LEAST // 4)


def address(array: Any) -> int:
    found: int = array.__array_interface__["data"][0]
    return found


@pytest.fixture(autouse=True)
def nothing_is_held(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(memory, "SLAB", 16 * memory.LEAST)
    gc.collect()
    memory.release()
    yield
    memory.release()


def test_memory_is_used_again_when_the_last_view_is_gone() -> None:
    first = memory.empty(LARGE, np.float32)
    where, view = address(first), first[1:].T
    del first
    second = memory.empty(LARGE, np.float32)
    assert address(second) != where
    del view
    third = memory.empty((2, memory.LEAST // 4), np.int32)
    assert address(third) == where
    assert not np.shares_memory(second, third)


@pytest.mark.parametrize("size", [memory.LINED, memory.LEAST - 4, memory.LEAST, 5 * memory.LEAST])
def test_what_is_not_small_begins_with_a_line_of_the_cache(size: int) -> None:
    kept = [memory.empty((size // 4,), np.float32) for _ in range(3)]
    kept += [memory.zeros((2, size // 8), np.int32)]
    assert [address(array) % memory.LINE for array in kept] == [0] * 4
    for number, array in enumerate(kept):
        array[...] = number
    assert [float(array.min()) for array in kept] == [float(array.max()) for array in kept]


@pytest.mark.parametrize("shape", [(), (0, 3), (7,), (5, 3, 2)])
def test_small_arrays_can_begin_with_one_too(shape: tuple[int, ...]) -> None:
    for dtype in (np.float32, np.int8, np.complex128):
        array = memory.aligned(shape, dtype)
        assert (array.shape, array.dtype) == (shape, dtype)
        assert array.flags.writeable
        assert array.flags.c_contiguous
        assert address(array) % memory.LINE == 0


def test_what_is_moved_to_a_line_keeps_its_values() -> None:
    whole = memory.aligned((65,), np.float32)
    whole[...] = np.arange(65)
    assert memory.on_lines(whole) is whole
    moved = memory.on_lines(whole[1:])
    assert address(moved) % memory.LINE == 0
    assert not np.shares_memory(moved, whole)
    np.testing.assert_array_equal(moved, whole[1:])
    turned = memory.on_lines(whole[:64].reshape(8, 8).T)
    np.testing.assert_array_equal(turned, whole[:64].reshape(8, 8).T)
    large = memory.empty((memory.LEAST // 2,), np.float32)
    assert np.shares_memory(memory.on_lines(large[1:]), large), "it would take its memory twice"


def test_arrays_are_as_numpy_makes_them() -> None:
    for shape, dtype in (
        (LARGE, np.float32),
        ((2, 3), np.int8),
        ((), np.float64),
        (LARGE, np.bool_),
    ):
        array = memory.empty(shape, dtype)
        assert (array.shape, array.dtype) == (shape, dtype)
        assert array.flags.writeable
        assert array.flags.c_contiguous
        array.fill(1)
        del array
        zeros = memory.zeros(shape, dtype)
        assert zeros.shape == shape
        assert not zeros.any()


def test_small_arrays_and_objects_are_numpys_own() -> None:
    assert memory.empty((memory.LINED // 4 - 1,), np.float32).flags.owndata
    assert memory.empty((memory.LEAST,), object).flags.owndata


def test_contiguous_copies_only_what_is_not() -> None:
    array = np.arange(memory.LEAST, dtype=np.float32).reshape(2, -1)
    assert memory.contiguous(array) is array
    turned = memory.contiguous(array.T)
    assert turned.flags.c_contiguous
    np.testing.assert_array_equal(turned, array.T)


def test_parts_that_are_given_back_become_one() -> None:
    arrays = [memory.empty(LARGE, np.float32) for _ in range(5)]
    where = address(arrays[1])
    for place in (1, 3, 2):
        arrays[place] = None
    assert address(memory.empty((9, memory.LEAST // 4), np.float32)) == where


def test_memory_that_was_in_use_is_used_before_other() -> None:
    first = memory.empty((12, memory.LEAST // 4), np.float32)
    second = memory.empty(LARGE, np.float32)
    where = address(first)
    del first
    # What is left of the slab would fit as well, but nobody has touched it.
    assert memory.SLAB - 15 * memory.LEAST == memory.LEAST
    assert address(memory.empty((memory.LEAST // 4,), np.float32)) == where
    assert second.size


def test_nothing_is_held_after_a_release() -> None:
    array = memory.empty(LARGE, np.float32)
    assert memory.held() == memory.SLAB - array.nbytes
    memory.release()
    assert memory.held() == memory.SLAB - array.nbytes
    del array
    memory.release()
    assert memory.held() == 0


def test_no_more_is_held_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LIMIT", memory.SLAB // 2)
    array = memory.empty(LARGE, np.float32)
    del array
    assert memory.held() == 0


def test_closing_a_session_lets_go() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        session.run(tf.nn.relu6(x), {x: np.ones(memory.LEAST)})
        assert memory.held() > 0
    assert memory.held() == 0


def test_no_two_arrays_share_memory_whoever_makes_them() -> None:
    failures: list[str] = []

    def work(seed: int) -> None:
        choose, kept = random.Random(seed), []
        for number in range(200):
            array = memory.empty((choose.randrange(1 << 18, 1 << 19),), np.float32)
            array[[0, -1]] = seed * 1000 + number
            kept.append((array, seed * 1000 + number))
            if len(kept) > 5:
                array, expected = kept.pop(choose.randrange(len(kept)))
                if not array[0] == array[-1] == expected:
                    failures.append(f"{expected} became {array[0]} and {array[-1]}")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_small_system_has_no_room_for_large_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    class Small(memory._Slab):
        def __init__(self, size: int) -> None:
            made.append(size)
            if size > 2 * memory.LEAST:
                raise MemoryError(size)
            super().__init__(size)

    memory.release()
    monkeypatch.setattr(memory, "_Slab", Small)
    monkeypatch.setattr(memory, "_KEEPER", memory._Keeper())
    found = memory.empty((memory.LEAST,), np.uint8)
    assert found.nbytes == memory.LEAST
    assert made == [memory.SLAB, memory.LEAST]


def test_a_quarter_of_what_the_process_may_use_is_kept(tmp_path: Path) -> None:
    limit, none = tmp_path / "limit", tmp_path / "none"
    limit.write_text("536870912\n")
    none.write_text("max\n")
    assert memory._share_of_memory([none, limit]) == 1 << 27
    assert 0 < memory._share_of_memory([none, tmp_path / "absent"]) <= 1 << 32


#: Makes and drops 32 MiB of small arrays, and prints how many pages each time took from the system: the first and the second time as the
#: heap is, and the second time after it was told to keep what it has.
_SMALL_ARRAYS = """
import resource
import numpy as np
from minihub_runtime.memory import keep_heap

def pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    arrays = [np.ones(1 << 16, np.uint8) for _ in range(512)]
    del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

fresh, again = pages(), pages()
keep_heap()
pages()
print(fresh, again, pages())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heap is glibc's")
def test_the_heap_keeps_what_a_step_leaves() -> None:
    command = [sys.executable, "-c", _SMALL_ARRAYS]
    settings = {
        name: text
        for name, text in os.environ.items()
        if "MALLOC" not in name and name != "GLIBC_TUNABLES"
    }
    ran = subprocess.run(command, env=settings, check=True, capture_output=True)
    fresh, again, kept = map(int, ran.stdout.split())
    # How many pages there are depends on the system; those of the first time are what it takes to have the memory anew.
    assert again > fresh / 2
    assert kept < fresh / 8
