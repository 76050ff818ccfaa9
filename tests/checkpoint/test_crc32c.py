from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minihub_runtime import threads
from minihub_runtime.checkpoint import crc32c as module
from minihub_runtime.checkpoint.crc32c import crc32c, crc32c_of_each, mask, masked_crc32c, unmask
from minihub_runtime.threads import num_threads, set_num_threads


def bit_by_bit(data: bytes, value: int = 0) -> int:
    register = value ^ 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


TABLE = [bit_by_bit(bytes([value]), 0xFFFFFFFF) ^ 0xFFFFFFFF for value in range(256)]


def byte_by_byte(data: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in data:
        register = TABLE[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_known_vectors(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected
    assert bit_by_bit(data) == expected


# Around the lengths where one method gives way to the next.
@pytest.mark.parametrize(
    "length",
    [
        1,
        3,
        199,
        200,
        201,
        255,
        256,
        1000,
        4099,
        13554,
        13555,
        20000,
        108432,
        108433,
        162648,
        433729,
        867456,
        867457,
        1_400_000,
    ],
)
def test_methods_agree(length: int) -> None:
    data = np.random.default_rng(length).integers(0, 256, length, np.uint8)
    assert crc32c(data) == byte_by_byte(data.tobytes())
    half = length // 2
    assert crc32c(data[half:], crc32c(data[:half])) == crc32c(data)


@pytest.mark.parametrize("ahead", [0, 1, 4, 63])
def test_data_may_begin_anywhere(ahead: int) -> None:
    data = np.random.default_rng(ahead).integers(0, 256, 1_000_000, np.uint8)
    memory = np.empty(data.size + 128, np.uint8)
    start = -memory.ctypes.data % 64 + ahead
    memory[start : start + data.size] = data
    moved = memory[start : start + data.size]
    assert crc32c(moved, 5) == crc32c(data[500_000:], crc32c(data[:500_000], 5))


@pytest.mark.parametrize("length", [1999, 3001, 100_000, 1_000_003])
def test_lanes_are_put_together(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = np.random.default_rng(length).integers(0, 256, length, np.uint8)
    expected = crc32c(data, 7)
    before = num_threads()
    monkeypatch.setattr(module, "_LANE_BYTES", 500)
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    set_num_threads(3)
    try:
        assert crc32c(data, 7) == expected
    finally:
        set_num_threads(before)


@given(st.binary(max_size=600), st.binary(max_size=600), st.integers(0, 2**32 - 1))
def test_continues(first: bytes, second: bytes, value: int) -> None:
    assert crc32c(second, crc32c(first, value)) == bit_by_bit(first + second, value)


@given(st.integers(0, 2**32 - 1))
def test_mask_is_undone(crc: int) -> None:
    assert unmask(mask(crc)) == crc


def test_masked() -> None:
    assert masked_crc32c(b"123456789") == mask(0xE3069283) != 0xE3069283


def test_relation_behind_folding() -> None:
    """X^6777 = x^484 + x^100 + 1 modulo the polynomial, hence the same with exponents times powers of two."""
    powers = [1]
    for _ in range(6777):
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0x11EDC6F41 if doubled >> 32 else doubled)
    degree = module._SHIFTS[-1]
    low = [degree - shift for shift in module._SHIFTS]
    assert low == [484, 100, 0]
    assert powers[degree] == powers[484] ^ powers[100] ^ powers[0]


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, lambda b: np.frombuffer(b, "<u2")])
def test_any_buffer(make: object) -> None:
    data = bytes(range(256)) * 2
    assert crc32c(make(data)) == bit_by_bit(data)  # type: ignore[operator]
    assert crc32c(np.zeros((0, 3))) == 0


@given(
    st.lists(
        st.one_of(st.binary(min_size=4, max_size=150), st.integers(4, 6000).map(bytes)), max_size=12
    )
)
def test_of_each(pieces: list[bytes]) -> None:
    rng = np.random.default_rng(len(pieces))
    arrays = [rng.integers(0, 256, len(piece), np.uint8) for piece in pieces]
    assert crc32c_of_each(arrays) == [crc32c(array) for array in arrays]
