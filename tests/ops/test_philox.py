"""Philox against its published answers, and its positions."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minihub_runtime.ops.philox import Philox, WordStream

ONES = (1 << 64) - 1


def test_published_answers() -> None:
    """The known-answer tests of Random123, the generator's first implementation."""
    for key, counter, expected in (
        (0, 0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (ONES, (1 << 128) - 1, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            0x299F31D0_A4093822,
            0x03707344_13198A2E_85A308D3_243F6A88,
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ):
        words = Philox.at(key, counter).words(4)
        assert words.dtype == np.uint32
        assert [f"{word:08x}" for word in words] == expected.split()


def test_seeds_are_key_and_upper_counter() -> None:
    generator = Philox(-1, -2)
    assert (generator.key, generator.counter) == (ONES, (ONES - 1) << 64)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**128 - 1), st.integers(0, 40))
def test_blocks_at_once_are_blocks_one_by_one(key: int, counter: int, blocks: int) -> None:
    at_once = Philox.at(key, counter)
    single = Philox.at(key, counter)
    words = [single.words(4) for _ in range(blocks)]
    np.testing.assert_array_equal(
        at_once.words(4 * blocks), np.concatenate([np.zeros(0, np.uint32), *words])
    )
    assert at_once.counter == single.counter == (counter + blocks) % (1 << 128)


@given(st.integers(-20, 20))
def test_blocks_across_the_carry(offset: int) -> None:
    start = (7 << 64) + (1 << 64) - 10 + offset
    words = Philox.at(3, start).words(80).reshape(20, 4)
    for number, row in enumerate(words):
        np.testing.assert_array_equal(row, Philox.at(3, start + number).words(4))


def test_reserved_blocks_are_not_drawn_again() -> None:
    generator = Philox(1, 2)
    first = generator.reserve(3)
    np.testing.assert_array_equal(first.words(10), Philox(1, 2).words(10))
    assert generator.counter == Philox(1, 2).counter + 3


def test_no_seeds_are_random_seeds() -> None:
    assert Philox.from_seeds(0, 0).key != Philox.from_seeds(0, 0).key
    assert Philox.from_seeds(0, 5).counter == 5 << 64


def test_single_draws() -> None:
    stream = WordStream(Philox(1, 2))
    words = Philox(1, 2).words(1200)
    assert [stream.word() for _ in range(1200)] == words.tolist()
    floats = WordStream(Philox(1, 2))
    assert all(0 <= floats.uniform_float() < 1 for _ in range(1000))
    limited = WordStream(Philox(1, 2))
    drawn = [limited.below(n) for n in (1, 7, 8, 1000, 3 << 30)]
    assert all(0 <= x < n for x, n in zip(drawn, (1, 7, 8, 1000, 3 << 30), strict=True))
    assert limited.below(0) == 0
