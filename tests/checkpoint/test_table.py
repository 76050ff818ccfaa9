from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minihub_runtime.checkpoint.table import read_table, read_varint, varint
from minihub_runtime.errors import DataLossError, InvalidArgumentError, UnimplementedError
from tests.checkpoint.corruptions import assembled, block, framed, sealed, table


@given(
    st.dictionaries(st.binary(max_size=40), st.binary(max_size=60), max_size=80),
    st.integers(1, 500),
)
@settings(deadline=None)
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
        with contextlib.suppress(DataLossError, UnimplementedError):
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


def test_snappy_is_refused_by_name() -> None:
    with pytest.raises(UnimplementedError, match="Snappy"):
        read_table(assembled(b"\0", kind=1), "it")
