"""Good and hostile archives, built header by header, under the names of the public fault corpus.

Each is a module of two files with one thing odd about it. `expect` says what is right: `value` (accepted, with these
files), `error`, or `either` where both are defensible; then `ours` is what is done here.
"""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

BLOCK = 512
END = bytes(2 * BLOCK)
MODEL = b"\x08\x01"
VOCAB = b"one\n" * 75
GOOD = {"saved_model.pb": MODEL, "assets/vocab.txt": VOCAB}


def header(
    name: bytes,
    size: int | bytes = 0,
    kind: bytes = b"0",
    link: bytes = b"",
    *,
    checksum: int | None = None,
) -> bytes:
    """One tar header, in GNU format."""
    length = size if isinstance(size, bytes) else b"%011o\0" % size
    fields = [
        name.ljust(100, b"\0"),
        b"0000644\0",
        b"0000000\0",
        b"0000000\0",
        length,
        b"%011o\0" % 0,
    ]
    start = b"".join(fields)
    end = kind + link.ljust(100, b"\0") + b"ustar  \0"
    block = (start + b" " * 8 + end).ljust(BLOCK, b"\0")
    total = sum(block) if checksum is None else checksum
    return block[:148] + b"%06o\0 " % total + block[156:]


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def member(name: str | bytes, data: bytes = b"", kind: bytes = b"0", link: bytes = b"") -> bytes:
    raw = name.encode() if isinstance(name, str) else name
    return header(raw, len(data), kind, link) + padded(data)


def pax(kind: bytes = b"x", **records: str) -> bytes:
    """An extended header."""
    data = b""
    for key, value in records.items():
        body = f" {key.replace('__', '.')}={value}\n".encode()
        length = len(body) + 1
        while len(str(length)) + len(body) != length:
            length += 1
        data += str(length).encode() + body
    return member("PaxHeaders/x", data, kind)


FOLDER = member("assets/", kind=b"5")
FILES = FOLDER + b"".join(member(name, data) for name, data in GOOD.items())


def packed(tar: bytes) -> bytes:
    return gzip.compress(tar, mtime=0)


def with_member(name: str | bytes, data: bytes = b"evil") -> bytes:
    return packed(FILES + member(name, data) + END)


def with_kind(kind: bytes, link: bytes = b"") -> bytes:
    return packed(FILES + member("odd", b"", kind, link) + END)


def _gzip_with(crc: int = 0, size: int = 0) -> bytes:
    data = packed(FILES + END)
    stored_crc, stored_size = struct.unpack("<II", data[-8:])
    return data[:-8] + struct.pack("<II", stored_crc ^ crc, stored_size ^ size)


def _bomb() -> bytes:
    """A member said to be 4 GiB of zeros, of which 16 MiB follow."""
    size = 1 << 32
    compressor = zlib.compressobj(9, wbits=31)
    data = compressor.compress(
        FILES + header(b"zeros.bin", size.to_bytes(12, "big").replace(b"\0", b"\x80", 1))
    )
    zeros = bytes(1 << 20)
    for _ in range(16):
        data += compressor.compress(zeros)
    return data + compressor.flush()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("saved_model.pb", MODEL)
    return buffer.getvalue()


@dataclass(frozen=True)
class Case:
    """An archive and what is right about it."""

    build: Callable[[], bytes]
    expect: str
    files: dict[str, bytes] | None = None
    """The files that come out; None where the archive is refused."""
    message: str = ""


def _value(tar: bytes, files: dict[str, bytes] | None = None, expect: str = "value") -> Case:
    return Case(lambda: tar, expect, GOOD if files is None else files)


def _refused(message: str, build: bytes | Callable[[], bytes], expect: str = "error") -> Case:
    return Case(build if callable(build) else lambda: build, expect, None, message)


_ACUTE, _COMBINED = "assets/é", "assets/é"
_HALF = member("saved_model.pb", MODEL)

CASES: dict[str, Case] = {
    "ok_plain": _value(FILES + END),
    "ok_nodirs": _value(packed(b"".join(member(n, d) for n, d in GOOD.items()) + END)),
    "ok_pax": _value(
        packed(
            FOLDER
            + pax(path="saved_model.pb", comment="x=y")
            + member("cut", MODEL)
            + pax(mtime="1.5")
            + member("assets/vocab.txt", VOCAB)
            + END
        )
    ),
    "path_dotdot": _refused(r"Relative path '\.\./evil' is invalid\.", with_member("../evil")),
    "path_dotdot_inside": _value(
        with_member("assets/../saved_model2.pb"), GOOD | {"saved_model2.pb": b"evil"}
    ),
    "path_absolute": _refused("is absolute", with_member("/tmp/adv_evil"), "either"),
    "path_dotdotname": _value(with_member("..evil"), GOOD | {"..evil": b"evil"}),
    "path_tilde": _value(with_member("~/evil"), GOOD | {"~/evil": b"evil"}, "either"),
    "path_trail_space": _value(with_member("a "), GOOD | {"a ": b"evil"}, "either"),
    "path_con": _value(with_member("CON"), GOOD | {"CON": b"evil"}, "either"),
    "path_pax_dotdot": _refused(
        r"Relative path '\.\./evil' is invalid\.",
        packed(FILES + pax(path="../evil") + member("innocent", b"evil") + END),
    ),
    "path_nonutf8": _refused("is not UTF-8", with_member(b"\xff\xfe"), "either"),
    "dup_same": _refused("are one name", with_member("saved_model.pb")),
    "dup_case": _refused("are one name", with_member("assets/VOCAB.txt"), "either"),
    "dup_unicode": _refused(
        "are one name",
        packed(FILES + member(_ACUTE, b"1") + member(_COMBINED, b"2") + END),
        "either",
    ),
    "file_as_parent": _refused(
        "are one name", packed(FILES + member("q", b"1") + member("q/r", b"2") + END)
    ),
    "sym_in": _refused(
        r"Unexpected object type in tar archive: b'2'", with_kind(b"2", b"saved_model.pb")
    ),
    "sym_out": _refused(
        r"Unexpected object type in tar archive: b'2'", with_kind(b"2", b"/etc/hostname")
    ),
    "hard_in": _refused(
        r"Unexpected object type in tar archive: b'1'", with_kind(b"1", b"saved_model.pb")
    ),
    "blk": _refused(r"Unexpected object type in tar archive: b'4'", with_kind(b"4")),
    "fifo": _refused(r"Unexpected object type in tar archive: b'6'", with_kind(b"6")),
    "type_unknown": _refused(
        r"Unexpected object type in tar archive: b'Z'", with_kind(b"Z"), "either"
    ),
    "size_2_63": _refused(
        "must have at most",
        packed(FILES + header(b"big", b"\x80" + (1 << 63).to_bytes(11, "big")) + END),
    ),
    "size_garbage": _refused(
        "is no number", packed(FILES + header(b"big", b"zzzz" + bytes(8)) + END)
    ),
    "hdr_checksum": _refused(
        "a header is damaged",
        packed(_HALF + header(b"assets/vocab.txt", len(VOCAB), checksum=1) + padded(VOCAB) + END),
    ),
    "no_end": _refused("the next header, or the end mark,", packed(FILES), "either"),
    "cut_at_member": _refused("the next header, or the end mark,", packed(_HALF)),
    "one_zero_block": _refused(
        "a block of zeros stands between",
        packed(_HALF + bytes(BLOCK) + member("assets/vocab.txt", VOCAB) + END),
        "either",
    ),
    "concat": _refused("other bytes follow its end", packed(FILES + END + FILES + END), "either"),
    "pax_global": _refused(
        "a global header sets 'path'", packed(pax(b"g", path="../evil") + FILES + END)
    ),
    "longname_cut": _refused(
        "an extended header must have",
        packed(FILES + header(b"././@LongLink", 400, b"L") + b"a" * 100),
    ),
    "many_files": _refused(
        "must have at most 1000 files",
        lambda: packed(FILES + b"".join(header(b"f%d" % n) for n in range(20_000)) + END),
    ),
    "gz_crc": _refused("incorrect data check", _gzip_with(crc=1)),
    "gz_isize": _refused("incorrect length check", _gzip_with(size=1)),
    "gz_multi": _value(packed(FILES[:700]) + packed(FILES[700:] + END)),
    "bz2": _refused("it is a bzip2 file", bz2.compress(FILES + END), "either"),
    "bomb_gz": _refused("must have at most 1000 times its size", _bomb),
    "zip": _refused("it is a zip file", _zip),
    "empty": _refused("it is empty", b""),
    "zeros": _refused("neither saved_model.pb nor", packed(bytes(10_240))),
    "no_model": _refused("neither saved_model.pb nor", packed(member("readme.txt", b"x") + END)),
    "pb_is_dir": _refused(
        "saved_model.pb is not a regular file", packed(member("saved_model.pb/", kind=b"5") + END)
    ),
}
