from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minihub_runtime.checkpoint.snappy import decompress
from minihub_runtime.checkpoint.table import read_table
from minihub_runtime.checkpoint.varint import read_varint, varint
from minihub_runtime.errors import DataLossError, InvalidArgumentError
from tests.checkpoint.corruptions import assembled, block, framed, sealed, table


@given(
    st.dictionaries(st.binary(max_size=40), st.binary(max_size=60), max_size=80),
    st.integers(1, 500),
)
def test_round_trip(entries: dict[bytes, bytes], block_size: int) -> None:
    wanted = sorted(entries.items())
    assert read_table(table(wanted, block_size), "it") == wanted


@given(st.binary(max_size=200))
def test_noise(data: bytes) -> None:
    with pytest.raises(DataLossError, match=r"^it is not a readable table: "):
        read_table(data, "it")


@given(st.binary(max_size=60))
def test_noise_with_right_checksums(data: bytes) -> None:
    """A stranger can compute checksums too."""
    for bad in (assembled(data), assembled(block(), [data]), framed(data) + sealed(data)):
        with contextlib.suppress(DataLossError):
            read_table(bad, "it")


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**32, 2**63, 2**64 - 1])
def test_varint(number: int) -> None:
    code = varint(number)
    assert read_varint(code + b"\xff", 0, len(code)) == (number, len(code))
    with pytest.raises(DataLossError, match="past the end"):
        read_varint(code, 0, len(code) - 1)


@pytest.mark.parametrize("code", [b"\xff" * 9 + b"\x02", b"\x80" * 10 + b"\0"])
def test_varint_beyond_64_bits(code: bytes) -> None:
    with pytest.raises(DataLossError, match="64 bits"):
        read_varint(code, 0, len(code))


def test_keys_must_increase() -> None:
    with pytest.raises(InvalidArgumentError, match="b'a' follows b'b'"):
        table([(b"b", b""), (b"a", b"")])
    with pytest.raises(DataLossError, match="b'a' follows b'a'"):
        read_table(assembled(block((0, b"a", b""), (1, b"", b""))), "it")


def test_overlapping_blocks() -> None:
    data = block((0, b"a", b""))
    handles = [varint(0) + varint(len(data)), varint(1) + varint(len(data))]
    with pytest.raises(DataLossError, match="blocks must follow each other"):
        read_table(assembled(data, handles), "it")


def test_compressed_blocks_are_read() -> None:
    plain = block((0, b"abcabcabc", b"x" * 40), (0, b"b", b""))
    literal = bytes([60 << 2, len(plain) - 1]) + plain
    assert read_table(assembled(varint(len(plain)) + literal, kind=1), "it") == [
        (b"abcabcabc", b"x" * 40),
        (b"b", b""),
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\0", b""),
        (b"\5\x10hello", b"hello"),
        (b"\x0a\x04ab" + bytes([(4 << 2) | 1, 2]), b"ababababab"),
        (b"\x08\x0cabcd" + bytes([(3 << 2) | 2, 4, 0]), b"abcdabcd"),
        (b"\x08\x0cabcd" + bytes([(3 << 2) | 3, 4, 0, 0, 0]), b"abcdabcd"),
    ],
    ids=["empty", "literal", "overlapping", "two_byte_offset", "four_byte_offset"],
)
def test_snappy(data: bytes, expected: bytes) -> None:
    assert decompress(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\5\x10hell",
        b"\5\x0chell",
        b"\x05\x04ab\x05",
        b"\x04\x01\x00",
        b"\xff\xff\xff\xff\x0f\0a",
        b"\1\xfc\xff",
    ],
    ids=["nothing", "cut", "short", "cut_copy", "copy_from_nothing", "huge", "cut_length"],
)
def test_snappy_that_is_none(data: bytes) -> None:
    with pytest.raises(DataLossError):
        decompress(data)
