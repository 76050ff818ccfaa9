from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from minihub_runtime.checkpoint import CheckpointReader, reader, verified, write_checkpoint
from minihub_runtime.errors import DataLossError

LARGE = np.arange(100_000, dtype=np.float32)
SMALL = np.arange(3, dtype=np.int64)


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(verified, "_files", OrderedDict())
    prefix = str(tmp_path / "model")
    write_checkpoint(prefix, {"large": LARGE, "small": SMALL, "text": np.array([b"a", b"bc"])})
    return prefix


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what is compared with its checksum."""
    sizes: list[int] = []
    one, each = reader.masked_crc32c, reader.crc32c_of_each

    def of_one(data: np.ndarray) -> int:
        sizes.append(data.size)
        return one(data)

    def of_each(pieces: list[np.ndarray]) -> list[int]:
        sizes.extend(piece.size for piece in pieces)
        return each(pieces)

    monkeypatch.setattr(reader, "masked_crc32c", of_one)
    monkeypatch.setattr(reader, "crc32c_of_each", of_each)
    return sizes


def read_all(prefix: str) -> None:
    with CheckpointReader(prefix) as opened:
        np.testing.assert_array_equal(opened.read("large"), LARGE)
        np.testing.assert_array_equal(opened.read("small"), SMALL)
        assert opened.read("text").tolist() == [b"a", b"bc"]


def test_another_reader_of_the_same_file_compares_nothing_again(
    prefix: str, compared: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verified, "_SETTLED_NANOSECONDS", -(2**62))
    read_all(prefix)
    assert sorted(compared) == [SMALL.nbytes, LARGE.nbytes]
    read_all(prefix)
    assert len(compared) == 2


def test_a_reader_asked_to_verify_compares_again(
    prefix: str, compared: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verified, "_SETTLED_NANOSECONDS", -(2**62))
    read_all(prefix)
    CheckpointReader(prefix, verify=True).close()
    assert sorted(compared) == [SMALL.nbytes] * 2 + [LARGE.nbytes] * 2


def test_a_file_that_changes_is_compared_again(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verified, "_SETTLED_NANOSECONDS", -(2**62))
    path = f"{prefix}.data-00000-of-00001"
    os.utime(path, ns=(10**18, 10**18))
    read_all(prefix)
    with open(path, "r+b") as file:
        file.write(b"\xff")
    with CheckpointReader(prefix) as opened, pytest.raises(DataLossError, match="checksum"):
        opened.read("large")


def test_a_file_changed_a_moment_ago_is_not_remembered(prefix: str, compared: list[int]) -> None:
    read_all(prefix)
    read_all(prefix)
    assert len(compared) == 4


def test_a_tensor_that_was_wrong_is_wrong_again(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verified, "_SETTLED_NANOSECONDS", -(2**62))
    with open(f"{prefix}.data-00000-of-00001", "r+b") as file:
        file.write(b"\xff")
    for _ in range(2):
        with CheckpointReader(prefix) as opened, pytest.raises(DataLossError, match="checksum"):
            opened.read("large")


def test_few_files_are_remembered(
    prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verified, "_SETTLED_NANOSECONDS", -(2**62))
    monkeypatch.setattr(verified, "_MAX_FILES", 2)
    for number in range(4):
        other = str(tmp_path / f"other-{number}")
        write_checkpoint(other, {"small": SMALL})
        with CheckpointReader(other) as opened:
            opened.read("small")
    assert len(verified._files) == 2
