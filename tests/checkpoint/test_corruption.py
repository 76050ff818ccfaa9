"""Bytes from strangers: whatever is wrong with them, the answer is an error or the value, never garbage."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minihub_runtime.checkpoint import CheckpointReader
from minihub_runtime.checkpoint.slices import TensorSlice, slice_key
from minihub_runtime.errors import NotFoundError, OpError
from tests.checkpoint.corruptions import CASES, TENSORS, Files
from tests.checkpoint.shared import shared


def same(a: Any, b: Any) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and bool(np.all(a == b))


def read_all(prefix: Path, names: list[str], **options: Any) -> dict[str, Any]:
    """The value or the error of each tensor."""
    found: dict[str, Any] = {}
    try:
        reader = CheckpointReader(prefix, **options)
    except OpError as error:
        return dict.fromkeys(names, error)
    with reader:
        for name in names:
            try:
                found[name] = reader.read(name)
            except OpError as error:
                found[name] = error
    return found


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_case(name: str, verify: bool, tmp_path: Path) -> None:
    case = CASES[name]
    files = Files(tmp_path)
    try:
        case.build(files)
    except OSError as error:
        pytest.skip(f"the file system cannot hold the case: {error}")
    found = read_all(files.prefix, case.read or list(TENSORS), verify=verify)
    errors = {name: value for name, value in found.items() if isinstance(value, OpError)}
    if case.expect == "error":
        assert errors
        others = found.keys() - errors.keys()
        assert all(same(found[tensor], TENSORS[tensor]) for tensor in others)
    elif case.expect == "value":
        assert not errors
        assert all(same(value, TENSORS[name]) for name, value in found.items())
    elif case.expect == "value_swapped" and not verify:
        assert errors.keys() == {"s"}
        assert same(found["w"], TENSORS["w"].byteswap())
        assert same(found["h"], TENSORS["h"].byteswap())
        assert same(found["part"], TENSORS["part"].byteswap())
        assert same(found["flag"], TENSORS["flag"])
    for error in errors.values():
        assert len(str(error)) < 1000


def test_cases_are_those_of_the_corpus() -> None:
    lines = shared("faults", "ckpt_cases.jsonl").read_text().splitlines()
    corpus = {line["id"]: line for line in map(json.loads, lines)}
    assert CASES.keys() == corpus.keys()
    for name, case in CASES.items():
        assert case.expect == corpus[name]["expect"], name
        read = corpus[name]["read"]
        assert (case.read or "all") == read, name


def test_aliased_range_is_read_as_it_is_stored(tmp_path: Path) -> None:
    files = Files(tmp_path)
    CASES["ent_alias"].build(files)
    assert same(read_all(files.prefix, ["b"])["b"], np.arange(4, dtype=np.float32))


def test_bool_bytes_are_normalised(tmp_path: Path) -> None:
    files = Files(tmp_path)
    CASES["bool_bytes"].build(files)
    flag = read_all(files.prefix, ["flag"])["flag"]
    assert flag.view(np.uint8).tolist() == [1, 1]


@pytest.mark.parametrize("xor", [0x01, 0x80, 0xFF])
def test_every_byte_of_the_index(xor: int, tmp_path: Path) -> None:
    files = Files(tmp_path)
    good = files.index
    padding = 0
    for position in range(len(good)):
        changed = bytearray(good)
        changed[position] ^= xor
        files.index = bytes(changed)
        found = read_all(files.prefix, list(TENSORS))
        bad = [name for name, value in found.items() if isinstance(value, OpError)]
        assert bad or all(same(value, TENSORS[name]) for name, value in found.items()), position
        padding += not bad
    # Only the zeros between the handles and the magic number say nothing.
    assert padding <= 40


def test_every_byte_of_the_data(tmp_path: Path) -> None:
    files = Files(tmp_path)
    good = files.data
    for position in range(len(good)):
        changed = bytearray(good)
        changed[position] ^= 0x10
        files.data = bytes(changed)
        found = read_all(files.prefix, list(TENSORS))
        bad = [name for name, value in found.items() if isinstance(value, OpError)]
        assert len(bad) == 1, position
        with pytest.raises(OpError, match=r"checksum|strings in"):
            CheckpointReader(files.prefix, verify=True)


def test_every_length_of_the_index(tmp_path: Path) -> None:
    files = Files(tmp_path)
    good = files.index
    for length in range(len(good)):
        files.index = good[:length]
        with pytest.raises(OpError):
            CheckpointReader(files.prefix)


@pytest.mark.parametrize("part", ["index", "data"])
def test_only_regular_files(part: str, tmp_path: Path) -> None:
    files = Files(tmp_path)
    path = files.index_path if part == "index" else files.data_path()
    target = tmp_path / "target"
    path.rename(target)
    path.symlink_to(target)
    error = read_all(files.prefix, ["w"])["w"]
    assert "must be a regular file, not a symbolic link" in str(error)
    path.unlink()
    assert isinstance(read_all(files.prefix, ["w"])["w"], NotFoundError)


def test_pipe_for_data_does_not_block(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.data_path().unlink()
    os.mkfifo(files.data_path())
    found: dict[str, Any] = {}
    thread = threading.Thread(
        target=lambda: found.update(read_all(files.prefix, ["w"])), daemon=True
    )
    thread.start()
    thread.join(60)
    assert "not a pipe" in str(found["w"])


def test_slices_that_share_bytes(tmp_path: Path) -> None:
    """A tensor of 4000 rows from a file with two of them."""
    files = Files(tmp_path)
    entries = files.entries
    stored = entries[slice_key(b"part", TensorSlice((0, 0), (2, 2)))]
    entry = files.entry("part")
    entry.shape.dim[0].size = 4000
    del entry.slices[:]
    for start in range(0, 4000, 2):
        extents = entry.slices.add().extent
        extents.add(start=start, length=2)
        extents.add(start=0, length=2)
        entries[slice_key(b"part", TensorSlice((start, 0), (2, 2)))] = stored
    entries[b"part"] = entry.SerializeToString()
    files.entries = entries
    assert "must lie beside each other" in str(read_all(files.prefix, ["part"])["part"])
