"""CRC-32C (Castagnoli) in NumPy, and the masked form that tables and bundles store.

A CRC is the remainder of a polynomial over GF(2), so it is linear in the bytes.  Three methods follow from that,
each for its range of lengths:

- up to a few hundred bytes, the textbook loop over a table of 256 entries;
- up to some ten kilobytes, rows of 64 bytes become four bytes each by a table for every position in the row, and
  again, until four bytes are left;
- beyond, the data are folded: x^6777 ≡ x^484 + x^100 + 1 modulo the polynomial, and squaring keeps such a relation, so
  with exponents times 8·STRIDE each *byte* can be replaced by three bytes 6293, 6677 and 6777 strides later.
  That is nothing but XOR of long runs, at the speed of the cache; with a stride of a cache line every run begins at one.

Megabytes are cut into lanes for several threads: a lane before others counts as if zeros followed it.

Source: tensorflow/tsl/lib/hash/crc32c.h; RFC 3720, appendix B.4 (test vectors).
"""

from __future__ import annotations

import functools
import mmap
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.threads import num_threads, scratch, spread

__all__ = ["Data", "crc32c", "crc32c_of_each", "mask", "masked_crc32c", "unmask"]

Data: TypeAlias = "bytes | bytearray | memoryview | mmap.mmap | NDArray[Any]"
_Bytes: TypeAlias = NDArray[np.uint8]
_Words: TypeAlias = NDArray[np.uint32]

# The polynomial without its highest term, bits reversed as in the register.
_POLYNOMIAL = 0x82F63B78
# Distances at which a byte reappears, in strides, nearest first; the last is the degree of the relation.
_SHIFTS = (6293, 6677, 6777)
_LINE = 64
_STRIDES = (_LINE, 8, 1)
# What is worth a thread of its own.
_LANE_BYTES = 1 << 23
# Bytes that one thread takes in a nanosecond, those of a map that it touches for the first time.
_SPEED = 4
_ROW = 64
_PER_ROW = _ROW // 4
_LOOP_LIMIT = 200
_MASK_DELTA = 0xA282EAD8
_OFFSETS = np.arange(_ROW) * 256


def _byte_table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [(entry >> 1) ^ (_POLYNOMIAL if entry & 1 else 0) for entry in table]
    return table


_TABLE = _byte_table()


def crc32c(data: Data, value: int = 0) -> int:
    """The CRC-32C of `data`, a C-contiguous buffer.

    Args:
        data: the bytes.
        value: the CRC of what precedes `data`, so that a long stream can be taken in pieces.
    """
    register = value ^ 0xFFFFFFFF
    # A memoryview with a zero in its shape cannot be cast.
    buffer: Any = data
    view = memoryview(buffer).cast("B") if memoryview(buffer).nbytes else b""
    if len(view) <= _LOOP_LIMIT:
        return _by_bytes(view, register) ^ 0xFFFFFFFF
    array: _Bytes = np.frombuffer(view, np.uint8)
    lanes = min(num_threads(), array.size // _LANE_BYTES)
    if lanes > 1:
        return _by_lanes(array, register, lanes) ^ 0xFFFFFFFF
    return _by_folds(array, register) ^ 0xFFFFFFFF


def crc32c_of_each(pieces: Sequence[NDArray[np.uint8]]) -> list[int]:
    """The CRC-32C of each piece, faster for many small ones than one by one.

    Args:
        pieces: arrays of one dimension and at least 4 bytes.
    """
    if not pieces:
        return []
    sizes = np.array([piece.size for piece in pieces])
    counts = -(-sizes // _ROW)
    starts = np.cumsum(counts) * _ROW - sizes
    padded = np.zeros(counts.sum() * _ROW, np.uint8)
    for piece, start in zip(pieces, starts.tolist(), strict=True):
        padded[start : start + piece.size] = piece
    padded[starts[:, np.newaxis] + np.arange(4)] ^= 0xFF
    level = 0
    words = _row_registers(padded, level)
    while words.size > len(pieces):
        # As in `_by_rows`, each piece in rows of its own.  A piece that is down to one register stays as it is, for the last
        # place in a row adds nothing.
        level += 1
        rows = -(-counts // _PER_ROW)
        shifts = np.cumsum(rows) * _PER_ROW - np.cumsum(counts)
        registers = np.zeros(rows.sum() * _PER_ROW, "<u4")
        registers[np.arange(words.size) + np.repeat(shifts, counts)] = words
        words = _row_registers(registers.view(np.uint8), level)
        counts = rows
    crcs: list[int] = (words ^ np.uint32(0xFFFFFFFF)).tolist()
    return crcs


def mask(crc: int) -> int:
    """`crc` as it is stored: a CRC of bytes that hold CRCs would be weak."""
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF


def unmask(stored: int) -> int:
    """The CRC that `mask` turned into `stored`."""
    rotated = (stored - _MASK_DELTA) & 0xFFFFFFFF
    return ((rotated >> 17) | (rotated << 15)) & 0xFFFFFFFF


def masked_crc32c(data: Data, value: int = 0) -> int:
    """`mask(crc32c(data, value))`."""
    return mask(crc32c(data, value))


def _by_lanes(data: _Bytes, register: int, count: int) -> int:
    """The register after `data`, which threads take in so many pieces."""
    cuts = [data.size * lane // count for lane in range(count + 1)]
    registers = [register] + [0] * (count - 1)

    def run(lane: int) -> None:
        registers[lane] = _by_folds(data[cuts[lane] : cuts[lane + 1]], registers[lane])

    spread(run, range(count), data.size // _SPEED)
    result = np.zeros(1, np.uint32)
    for lane, found in enumerate(registers):
        zeros = cuts[lane + 1] - cuts[lane]
        for power in range(zeros.bit_length()):
            if zeros >> power & 1:
                result = _after_zeros(result, power)
        result ^= np.uint32(found)
    return int(result[0])


def _by_folds(data: _Bytes, register: int) -> int:
    """The register after `data`, of more than `_LOOP_LIMIT` bytes, starting from `register`."""
    for stride in _STRIDES:
        if data.size > 2 * _SHIFTS[-1] * stride:
            if stride == _LINE:
                ahead = -data.ctypes.data % _LINE
                register = _by_bytes(data[:ahead].data, register)
                data = data[ahead:]
            data = _fold(data, register, stride)
            register = 0
    return _by_rows(data, register)


def _by_bytes(data: memoryview | bytes, register: int) -> int:
    """The register after a few bytes."""
    table = _TABLE
    for byte in data:
        register = table[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register


def _fold(data: _Bytes, register: int, stride: int) -> _Bytes:
    """`6777 * stride` bytes whose CRC from a register of 0 is that of `data` from `register`."""
    near, middle, far = (shift * stride for shift in _SHIFTS)
    # What is folded so far lies before `end`; `far` bytes of it suffice to go on, zeros at the start.
    window = _aligned("crc32c", far + 4 * near)
    window[:far] = 0
    end = far
    stop = data.size - far
    for start in range(0, stop, near):
        count = min(near, stop - start)
        if end + count > window.size:
            window[:far] = window[end - far : end]
            end = far
        block = window[end : end + count]
        np.bitwise_xor(
            data[start : start + count], window[end - far : end - far + count], out=block
        )
        block ^= window[end - middle : end - middle + count]
        block ^= window[end - near : end - near + count]
        if start == 0:
            block[:4] ^= np.frombuffer(register.to_bytes(4, "little"), np.uint8)
        end += count
    rest: _Bytes = data[stop:].copy()
    for shift in (near, middle, far):
        rest[:shift] ^= window[end - shift : end]
    return rest


def _aligned(purpose: str, count: int) -> _Bytes:
    """Scratch memory that begins at a line of the cache."""
    memory: _Bytes = scratch(purpose, (count + _LINE,), np.uint8)
    ahead = -memory.ctypes.data % _LINE
    return memory[ahead : ahead + count]


def _by_rows(data: _Bytes, register: int) -> int:
    """The register after `data`, of at least 4 bytes, starting from `register`."""
    # Zeros in front of a register of 0 change nothing.
    padded = np.zeros(-(-data.size // _ROW) * _ROW, np.uint8)
    start = padded.size - data.size
    padded[start:] = data
    padded[start : start + 4] ^= np.frombuffer(register.to_bytes(4, "little"), np.uint8)
    level = 0
    words = _row_registers(padded, level)
    while words.size > 1:
        # The register of a row, little-endian, stands for the row: the next level works on rows of registers.
        level += 1
        registers = np.zeros(-(-words.size // _PER_ROW) * _PER_ROW, "<u4")
        registers[-words.size :] = words
        words = _row_registers(registers.view(np.uint8), level)
    return int(words[0])


def _row_registers(padded: _Bytes, level: int) -> _Words:
    """The register after each row, starting from 0."""
    indices = np.add(padded.reshape(-1, _ROW), _OFFSETS, dtype=np.intp)
    registers: _Words = np.bitwise_xor.reduce(_row_table(level).take(indices), axis=1)
    return registers


@functools.cache
def _row_table(level: int) -> _Words:
    """Entry `256 * position + value`: what a byte adds to the register of its row.

    At level 0 a row is 64 bytes of data; at level n it is 16 registers, each standing for a row of level n - 1.
    """
    if level == 0:
        table, span = np.array(_TABLE, np.uint32), 1
    else:
        table, span = _single_bytes(), _ROW * _PER_ROW ** (level - 1)
    # What a byte adds depends on its distance from the end of the row.
    while table.size < 256 * _ROW:
        table = np.concatenate([_after_zeros(table, span.bit_length() - 1), table])
        span *= 2
    return table


def _single_bytes() -> _Words:
    """Entry `256 * i + value`: a register whose byte `i` is `value`."""
    return np.concatenate([np.arange(256, dtype=np.uint32) << np.uint32(8 * i) for i in range(4)])


def _after_zeros(registers: _Words, power: int) -> _Words:
    """Each register after `2 ** power` zero bytes."""
    lanes = registers.astype("<u4").view(np.uint8).reshape(-1, 4)
    after: _Words = np.bitwise_xor.reduce(_zeros_table(power).take(lanes + _OFFSETS[:4]), axis=1)
    return after


@functools.cache
def _zeros_table(power: int) -> _Words:
    """Entry `256 * i + value`: a register whose byte `i` is `value`, after `2 ** power` zero bytes."""
    registers = _single_bytes()
    if power:
        return _after_zeros(_after_zeros(registers, power - 1), power - 1)
    table: _Words = np.array(_TABLE, np.uint32)
    after: _Words = table[registers & 0xFF] ^ (registers >> np.uint32(8))
    return after
