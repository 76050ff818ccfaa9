"""Checkpoints that are wrong in one way each, and a few that look wrong and are right.

`CASES` maps an id to the case; ids, expectations and tensors are those of the fault corpus (shared/faults/ckpt_cases.jsonl).
"""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minihub_runtime.checkpoint import Sliced, write_checkpoint
from minihub_runtime.checkpoint.crc32c import mask, masked_crc32c
from minihub_runtime.checkpoint.slices import TensorSlice, slice_key
from minihub_runtime.checkpoint.table import MAGIC, read_table, write_table
from minihub_runtime.checkpoint.varint import read_varint, varint
from minihub_runtime.protos import BundleEntryProto, BundleHeaderProto
from tests.checkpoint.tensors import strings

GRID = np.arange(100, 108, dtype=np.float32).reshape(4, 2)

TENSORS: dict[str, Any] = {
    "w": np.arange(12, dtype=np.float32).reshape(3, 4),
    "b": np.ones(4, np.float32),
    "flag": np.array([True, False]),
    "h": np.array([0.5, 1.5], np.float16),
    "i": np.arange(5, dtype=np.int64),
    "part": GRID,
    "s": strings([b"hello", b"", b"world"], (3,)),
    "step": np.array(7, np.int64),
}

CASES: dict[str, Case] = {}


@dataclasses.dataclass
class Case:
    """One checkpoint.

    Attributes:
        expect: `error`, `value`, `either` (an error or any value, but no crash) or `value_swapped`.
        read: the tensors it is about, None for all.
        build: makes the files from good ones.
    """

    expect: str
    read: list[str] | None
    build: Callable[[Files], None]


class Files:
    """A good checkpoint, to be spoilt."""

    def __init__(
        self, folder: Path, num_shards: int = 1, tensors: dict[str, Any] | None = None
    ) -> None:
        self.prefix = folder / "v"
        self.num_shards = num_shards
        values = dict(TENSORS if tensors is None else tensors)
        values["part"] = Sliced(
            (4, 2), [((0, 0), values["part"][:2]), ((2, 0), values["part"][2:])]
        )
        write_checkpoint(self.prefix, values, num_shards=num_shards)

    @property
    def index_path(self) -> Path:
        return Path(f"{self.prefix}.index")

    def data_path(self, shard: int = 0) -> Path:
        return Path(f"{self.prefix}.data-{shard:05d}-of-{self.num_shards:05d}")

    @property
    def index(self) -> bytes:
        return self.index_path.read_bytes()

    @index.setter
    def index(self, data: bytes) -> None:
        self.index_path.write_bytes(data)

    @property
    def data(self) -> bytes:
        return self.data_path().read_bytes()

    @data.setter
    def data(self, data: bytes) -> None:
        self.data_path().write_bytes(data)

    @property
    def entries(self) -> dict[bytes, bytes]:
        return dict(read_table(self.index, "index"))

    @entries.setter
    def entries(self, entries: dict[bytes, bytes]) -> None:
        self.index = table(sorted(entries.items()))

    def entry(self, name: str) -> Any:
        return BundleEntryProto.FromString(self.entries[name.encode()])

    def change(self, name: str, **fields: Any) -> None:
        """Set fields of an entry."""
        entry = self.entry(name)
        for field, value in fields.items():
            setattr(entry, field, value)
        self.put(name, entry)

    def put(self, name: str, entry: Any) -> None:
        entries = self.entries
        entries[name.encode()] = entry if isinstance(entry, bytes) else entry.SerializeToString()
        self.entries = entries

    def reshape(self, *shape: int) -> None:
        """Set the shape of w."""
        entry = self.entry("w")
        del entry.shape.dim[:]
        for n in shape:
            entry.shape.dim.add(size=n)
        self.put("w", entry)

    def header(self, **fields: Any) -> None:
        """Set fields of the header."""
        header = BundleHeaderProto.FromString(self.entries[b""])
        for field, value in fields.items():
            setattr(
                header.version if field in ("producer", "min_consumer") else header, field, value
            )
        self.put("", header)

    def replace(self, name: str, data: bytes, crc: int | None = None) -> None:
        """Store other bytes for a tensor, at the end of the data file, with the right checksum."""
        offset = len(self.data)
        self.data += data
        stored = masked_crc32c(data) if crc is None else mask(crc)
        self.change(name, offset=offset, size=len(data), crc32c=stored)


def table(entries: list[tuple[bytes, bytes]], block_size: int = 262144) -> bytes:
    """A table file."""
    file = io.BytesIO()
    write_table(file, entries, block_size)
    return file.getvalue()


def framed(contents: bytes, kind: int = 0) -> bytes:
    """A block with its type and checksum."""
    return contents + bytes([kind]) + masked_crc32c(contents + bytes([kind])).to_bytes(4, "little")


def block(*entries: tuple[int, bytes, bytes], restarts: int = 1, own: int | None = None) -> bytes:
    """The contents of a block, entries given as (shared, rest of the key, value)."""
    made = b"".join(
        varint(shared)
        + varint(len(rest) if own is None else own)
        + varint(len(value))
        + rest
        + value
        for shared, rest, value in entries
    )
    return made + bytes(4) + restarts.to_bytes(4, "little")


def assembled(data_block: bytes, index_values: list[bytes] | None = None, kind: int = 0) -> bytes:
    """A table of one data block, its index as told."""
    first = framed(data_block, kind)
    handle = varint(0) + varint(len(data_block))
    values = [handle] if index_values is None else index_values
    metaindex = block()
    index = block(*((0, bytes([0x7A + i]), value) for i, value in enumerate(values)))
    footer = varint(len(first)) + varint(len(metaindex))
    footer += varint(len(first) + len(metaindex) + 5) + varint(len(index))
    return first + framed(metaindex) + framed(index) + sealed(footer)


def sealed(footer: bytes) -> bytes:
    """A footer from its handles."""
    return footer.ljust(40, b"\0")[:40] + MAGIC.to_bytes(8, "little")


def case(
    name: str, expect: str = "error", read: list[str] | None = None
) -> Callable[[Callable[[Files], None]], Callable[[Files], None]]:
    """Register a case."""

    def register(build: Callable[[Files], None]) -> Callable[[Files], None]:
        CASES[name] = Case(expect, read, build)
        return build

    return register


def _uncompressed(files: Files) -> bytes:
    """The one data block of the index."""
    entries = sorted(files.entries.items())
    return block(*((0, key, value) for key, value in entries))


@case("rebuilt_small_blocks", "value")
def _(files: Files) -> None:
    files.index = table(sorted(files.entries.items()), block_size=40)
    assert len(files.index) > 450


for _count in (1, 48, 358):

    @case(f"idx_trunc_{_count}")
    def _(files: Files, count: int = _count) -> None:
        files.index = files.index[:count]


@case("idx_is_data")
def _(files: Files) -> None:
    files.index, files.data = files.data, files.index


_FLIPS = {
    0: 68,
    1: 130,
    4: 107,
    5: 249,
    6: 199,
    10: 162,
    12: 277,
    13: 195,
    16: 224,
    19: 112,
    20: 148,
    21: 213,
}
for _name, _position in [
    ("idx_flip_footer_handle", 313),
    ("idx_flip_data_first", 0),
    *((f"idx_flip_rnd{number}", position) for number, position in _FLIPS.items()),
]:

    @case(_name)
    def _(files: Files, position: int = _position) -> None:
        index = bytearray(files.index)
        assert len(index) == 359
        index[position] ^= 0x80
        files.index = bytes(index)


@case("idx_fifo")
def _(files: Files) -> None:
    files.index_path.unlink()
    os.mkfifo(files.index_path)


def _index_handle(files: Files, offset: int | None = None, size: int | None = None) -> None:
    good = files.index
    position = len(good) - 48
    handles = []
    for _ in range(4):
        number, position = read_varint(good, position, len(good))
        handles.append(number)
    handles[2] = handles[2] if offset is None else offset
    handles[3] = handles[3] if size is None else size
    files.index = good[:-48] + sealed(b"".join(map(varint, handles)))


for _name, _fields in {
    "size_2_63": {"size": 1 << 63},
    "size_2_40": {"size": 1 << 40},
    "size_1g": {"size": 1 << 30},
    "off_2_63": {"offset": 1 << 63},
}.items():

    @case(f"tbl_idx_handle_{_name}")
    def _(files: Files, fields: dict[str, int] = _fields) -> None:
        _index_handle(files, **fields)


@case("tbl_handle_11byte")
def _(files: Files) -> None:
    files.index = files.index[:-48] + sealed(b"\x80" * 11 + b"\1" + bytes(3))


@case("tbl_block_type2")
def _(files: Files) -> None:
    files.index = assembled(_uncompressed(files), kind=2)


@case("tbl_snappy_copyfar")
def _(files: Files) -> None:
    # A length of 100, one literal byte, then a copy of 4 bytes from 1000 bytes before.
    files.index = assembled(varint(100) + b"\0a" + bytes([0x0E, 0xE8, 0x03]), kind=1)


@case("tbl_restarts_huge")
def _(files: Files) -> None:
    files.index = assembled(_uncompressed(files)[:-4] + b"\xff" * 4)


@case("tbl_shared")
def _(files: Files) -> None:
    entries = files.entries
    files.index = assembled(block((0, b"", entries[b""]), (5, b"w", entries[b"w"])))


@case("tbl_nonshared")
def _(files: Files) -> None:
    files.index = assembled(block((0, b"", files.entries[b""]), own=1 << 31))


@case("tbl_idx_overlap", "value")
def _(files: Files) -> None:
    data = _uncompressed(files)
    handle = varint(0) + varint(len(data))
    files.index = assembled(data, [handle, handle])


@case("tbl_idx_badhandle")
def _(files: Files) -> None:
    files.index = assembled(_uncompressed(files), [b"\x80"])


@case("tbl_empty")
def _(files: Files) -> None:
    files.index = table([])


@case("hdr_missing")
def _(files: Files) -> None:
    entries = files.entries
    del entries[b""]
    files.entries = entries


for _name, _fields in {
    "shards_neg": {"num_shards": -1},
    "shards_2": {"num_shards": 2},
    "min_consumer": {"min_consumer": 99},
    "producer_neg": {"producer": -1},
}.items():

    @case(f"hdr_{_name}")
    def _(files: Files, fields: dict[str, int] = _fields) -> None:
        files.header(**fields)


@case("hdr_big_endian", "value_swapped")
def _(files: Files) -> None:
    files.header(endianness=1)


@case("ent_garbage", read=["w"])
def _(files: Files) -> None:
    files.put("w", b"\xff" * 11)


for _name, _expect, _dtype in [
    ("9999", "error", 9999),
    ("resource", "error", 20),
    ("int32_same_width", "either", 3),
    ("qint8", "error", 11),
]:

    @case(f"ent_dtype_{_name}", _expect, ["w"])
    def _(files: Files, dtype: int = _dtype) -> None:
        files.change("w", dtype=dtype)


for _name, _expect, _shape in [
    ("neg", "error", (-3, 4)),
    ("overflow", "error", (1 << 62, 1 << 62)),
    ("other_same_count", "either", (4, 3)),
    ("bigger", "error", (3, 5)),
]:

    @case(f"ent_shape_{_name}", _expect, ["w"])
    def _(files: Files, shape: tuple[int, ...] = _shape) -> None:
        files.reshape(*shape)


for _name, _fields in {
    "size_neg": {"size": -1},
    "size_2_62": {"size": 1 << 62},
    "off_2_62": {"offset": 1 << 62},
    "off_plus1": {"offset": 120},
    "shard_max": {"shard_id": (1 << 31) - 1},
    "crc_wrong": {"crc32c": 3696600790},
}.items():

    @case(f"ent_{_name}", read=["w"])
    def _(files: Files, fields: dict[str, int] = _fields) -> None:
        files.change("w", **fields)


@case("ent_alias", "either", ["b"])
def _(files: Files) -> None:
    files.change(
        "b", offset=files.entry("w").offset, crc32c=masked_crc32c(TENSORS["w"].tobytes()[:16])
    )


@case("ent_alias_20000", "either", ["a0000000"])
def _(files: Files) -> None:
    entries = files.entries
    for number in range(20_000):
        entries[b"a%07d" % number] = entries[b"w"]
    files.entries = entries


@case("ent_bomb_2_40", read=["w"])
def _(files: Files) -> None:
    os.truncate(files.data_path(), 1 << 40)
    files.change("w", offset=0, size=1 << 40)
    files.reshape(1 << 38)


def _slices(files: Files, *extents: list[tuple[int, int]]) -> None:
    entry = files.entry("part")
    del entry.slices[:]
    for extent in extents:
        made = entry.slices.add().extent
        for start, length in extent:
            made.add(start=start, length=length)
    files.put("part", entry)


for _name, _expect, _extents in [
    ("none", "error", []),
    ("gap", "error", [[(0, 2), (0, 2)]]),
    ("neg", "error", [[(-1, 2), (0, 2)], [(2, 2), (0, 2)]]),
    ("overflow", "error", [[(1 << 62, 1 << 62), (0, 2)]]),
    ("dup", "either", [[(0, 2), (0, 2)], [(0, 2), (0, 2)]]),
]:

    @case(f"sl_{_name}", _expect, ["part"])
    def _(files: Files, extents: list[list[tuple[int, int]]] = _extents) -> None:
        _slices(files, *extents)


@case("sl_entry_missing", read=["part"])
def _(files: Files) -> None:
    entries = files.entries
    del entries[slice_key(b"part", TensorSlice((2, 0), (2, 2)))]
    files.entries = entries


@case("dat_empty")
def _(files: Files) -> None:
    files.data = b""


@case("dat_half")
def _(files: Files) -> None:
    files.data = files.data[: len(files.data) // 2]


@case("dat_dir")
def _(files: Files) -> None:
    files.data_path().unlink()
    files.data_path().mkdir()


for _name in ("w", "flag"):

    @case(f"dat_flip_{_name}", read=[_name])
    def _(files: Files, name: str = _name) -> None:
        data = bytearray(files.data)
        data[files.entry(name).offset + 1] ^= 0xFF
        files.data = bytes(data)


def _lengths(files: Files, lengths: list[int]) -> None:
    """String lengths as told over the ten bytes of s, with checksums that are right for them."""
    payload = b"helloworld"
    integers = b"".join(n.to_bytes(4 if n < 1 << 32 else 8, "little") for n in lengths)
    stored = masked_crc32c(integers).to_bytes(4, "little")
    head = b"".join(map(varint, lengths)) + stored
    files.replace("s", head + payload)
    files.change("s", crc32c=masked_crc32c(integers + stored + payload))


for _name, _expect, _numbers in [
    ("ok", "value", [5, 0, 5]),
    ("sum_more", "error", [5, 0, 50]),
    ("huge", "error", [1 << 62, 0, 5]),
    ("more", "error", [5, 0, 5, 0]),
]:

    @case(f"str_lens_{_name}", _expect, ["s"])
    def _(files: Files, numbers: list[int] = _numbers) -> None:
        _lengths(files, numbers)


@case("bool_bytes", "either", ["flag"])
def _(files: Files) -> None:
    files.replace("flag", b"\x02\xff")


@case("two_shards_ok", "value")
def _(files: Files) -> None:
    _two_shards(files)


@case("two_shards_swapped")
def _(files: Files) -> None:
    _two_shards(files)
    first, second = files.data_path(0), files.data_path(1)
    a, b = first.read_bytes(), second.read_bytes()
    first.write_bytes(b)
    second.write_bytes(a)


@case("two_shards_second_empty")
def _(files: Files) -> None:
    _two_shards(files)
    files.data_path(1).write_bytes(b"")


@case("two_shards_other_ckpt")
def _(files: Files) -> None:
    other = files.index_path.parent / "other"
    later = {
        name: value + 1 if value.dtype.kind in "fi" else value for name, value in TENSORS.items()
    }
    second = Files(other, 2, later)
    _two_shards(files)
    assert files.data_path(1).stat().st_size == second.data_path(1).stat().st_size
    files.data_path(1).write_bytes(second.data_path(1).read_bytes())


def _two_shards(files: Files) -> None:
    files.data_path().unlink()
    Files.__init__(files, files.index_path.parent, 2)


@case("key_dots", "value")
def _(files: Files) -> None:
    entries = files.entries
    entries[b"../../x"] = entries[b"w"]
    files.entries = entries
