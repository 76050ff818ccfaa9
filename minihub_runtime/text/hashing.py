"""The hashes of the string ops, for many strings at once.

Strings lie joined in one buffer, and words are read at any byte of it.  Long strings are sorted by their number of
blocks, so that those with a next block are always the first ones.

Source: FarmHash (farmhashna::Hash64, the frozen Fingerprint64), core/platform/hash.cc (Hash64),
highwayhash/sip_hash.h (SipHash-2-4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.text.arrays import ByteWords, flat_strings, joined

__all__ = ["fingerprint64", "fingerprint64_flat", "hash64", "strong_hash"]

Array = NDArray[Any]
Words: TypeAlias = NDArray[np.uint64]
Places: TypeAlias = NDArray[np.int64]

_K0 = np.uint64(0xC3A5C85C97CB3127)
_K1 = np.uint64(0xB492B66FBE98F273)
_K2 = np.uint64(0x9AE16A3B2F90404F)
_MURMUR = np.uint64(0xC6A4A7935BD1E995)
_SEED = np.uint64(0xDECAFCAFFE)
_BLOCK = 64


def fingerprint64(strings: Array) -> Words:
    """FarmHash's Fingerprint64 of each string of a tensor, in its shape."""
    data, offsets = joined(flat_strings(strings))
    return fingerprint64_flat(data, offsets).reshape(strings.shape)


def fingerprint64_flat(data: Array, offsets: Places) -> Words:
    """FarmHash's Fingerprint64 of each string: bytes offsets[i] to offsets[i + 1] of the uint8 array `data`."""
    buffer = ByteWords(data)
    starts, lengths = offsets[:-1], np.diff(offsets)
    result = np.full(lengths.size, _K2, dtype=np.uint64)
    ranges = ((1, 4, _farm_1), (4, 8, _farm_4), (8, 17, _farm_8), (17, 33, _farm_17))
    for low, high, method in (*ranges, (33, 65, _farm_33)):
        chosen = np.flatnonzero((lengths >= low) & (lengths < high))
        if chosen.size:
            result[chosen] = method(buffer, starts[chosen], lengths[chosen])
    chosen = np.flatnonzero(lengths > _BLOCK)
    if chosen.size:
        result[chosen] = _farm_long(buffer, starts[chosen], lengths[chosen])
    return result


def _rotate(x: Words, count: int) -> Words:
    return (x >> np.uint64(count)) | (x << np.uint64(64 - count))


def _shift_mix(x: Words) -> Words:
    return x ^ (x >> np.uint64(47))


def _mix(u: Words, v: Words, factor: Words) -> Words:
    a = _shift_mix((u ^ v) * factor)
    return _shift_mix((v ^ a) * factor) * factor


def _factor(lengths: Places) -> Words:
    return lengths.astype(np.uint64) * np.uint64(2) + _K2


def _farm_1(buffer: ByteWords, s: Places, n: Places) -> Words:
    y = buffer.byte(s) + (buffer.byte(s + (n >> 1)) << np.uint64(8))
    z = n.astype(np.uint64) + (buffer.byte(s + n - 1) << np.uint64(2))
    return _shift_mix(y * _K2 ^ z * _K0) * _K2


def _farm_4(buffer: ByteWords, s: Places, n: Places) -> Words:
    first = n.astype(np.uint64) + (buffer.half(s) << np.uint64(3))
    return _mix(first, buffer.half(s + n - 4), _factor(n))


def _farm_8(buffer: ByteWords, s: Places, n: Places) -> Words:
    factor = _factor(n)
    a = buffer.word(s) + _K2
    b = buffer.word(s + n - 8)
    return _mix(_rotate(b, 37) * factor + a, (_rotate(a, 25) + b) * factor, factor)


def _farm_17(buffer: ByteWords, s: Places, n: Places) -> Words:
    factor = _factor(n)
    a = buffer.word(s) * _K1
    b = buffer.word(s + 8)
    c = buffer.word(s + n - 8) * factor
    d = buffer.word(s + n - 16) * _K2
    first = _rotate(a + b, 43) + _rotate(c, 30) + d
    return _mix(first, a + _rotate(b + _K2, 18) + c, factor)


def _farm_33(buffer: ByteWords, s: Places, n: Places) -> Words:
    factor = _factor(n)
    a = buffer.word(s) * _K2
    b = buffer.word(s + 8)
    c = buffer.word(s + n - 8) * factor
    d = buffer.word(s + n - 16) * _K2
    y = _rotate(a + b, 43) + _rotate(c, 30) + d
    z = _mix(y, a + _rotate(b + _K2, 18) + c, factor)
    e = buffer.word(s + 16) * factor
    f = buffer.word(s + 24)
    g = (y + buffer.word(s + n - 32)) * factor
    h = (z + buffer.word(s + n - 24)) * factor
    return _mix(_rotate(e + f, 43) + _rotate(g, 30) + h, e + _rotate(f + a, 18) + g, factor)


def _weak(buffer: ByteWords, s: Places, a: Words, b: Words) -> tuple[Words, Words]:
    """The two sums over 32 bytes."""
    w, x, y, z = (buffer.word(s + at) for at in (0, 8, 16, 24))
    a = a + w
    total = a + x + y
    return total + z, _rotate(b + a + z, 21) + _rotate(total, 44) + a


def _farm_step(
    buffer: ByteWords, s: Places, state: Sequence[Words], factor: Any, ninefold: Any
) -> list[Words]:
    """The state after 64 bytes; `ninefold` is 9 for the last ones, else 1."""
    x, y, z, v1, v2, w1, w2 = state
    x = _rotate(x + y + v1 + buffer.word(s + 8), 37) * factor
    y = _rotate(y + v2 + buffer.word(s + 48), 42) * factor
    x = x ^ (w2 * ninefold)
    y = y + v1 * ninefold + buffer.word(s + 40)
    z = _rotate(z + w1, 33) * factor
    v1, v2 = _weak(buffer, s, v2 * factor, x + w1)
    w1, w2 = _weak(buffer, s + 32, z + w2, y + buffer.word(s + 16))
    return [z, y, x, v1, v2, w1, w2]


def _farm_long(buffer: ByteWords, s: Places, n: Places) -> Words:
    blocks = (n - 1) // _BLOCK
    order = np.argsort(-blocks, kind="stable")
    s, n, blocks = s[order], n[order], blocks[order]
    start = np.full(s.size, 81, dtype=np.uint64)
    y = start * _K1 + np.uint64(113)
    z = _shift_mix(y * _K2 + np.uint64(113)) * _K2
    x = start * _K2 + buffer.word(s)
    state = [x, y, z, *(np.zeros(s.size, dtype=np.uint64) for _ in range(4))]
    for number, live in _prefixes(blocks):
        stepped = _farm_step(
            buffer,
            s[:live] + number * _BLOCK,
            [part[:live] for part in state],
            _K1,
            np.uint64(1),
        )
        for part, new in zip(state, stepped):
            part[:live] = new
    x, y, z, v1, v2, w1, w2 = state
    factor = _K1 + ((z & np.uint64(0xFF)) << np.uint64(1))
    w1 = w1 + ((n - 1) & 63).astype(np.uint64)
    v1 = v1 + w1
    w1 = w1 + v1
    last = [x, y, z, v1, v2, w1, w2]
    x, y, z, v1, v2, w1, w2 = _farm_step(buffer, s + n - _BLOCK, last, factor, np.uint64(9))
    result = np.empty(s.size, dtype=np.uint64)
    result[order] = _mix(
        _mix(v1, w1, factor) + _shift_mix(y) * _K0 + z, _mix(v2, w2, factor) + x, factor
    )
    return result


def _prefixes(blocks: Places) -> Iterator[tuple[int, int]]:
    """For each block number how many strings have it, where `blocks` falls."""
    rising = -blocks
    for number in range(int(blocks.max(initial=0))):
        yield number, int(np.searchsorted(rising, -number, side="left"))


def hash64(strings: Array) -> Words:
    """TensorFlow's own Hash64 (a MurmurHash2) of each string of a tensor, in its shape."""
    data, offsets = joined(flat_strings(strings))
    buffer = ByteWords(data)
    lengths = np.diff(offsets)
    order = np.argsort(-(lengths // 8), kind="stable")
    s, n = offsets[:-1][order], lengths[order]
    h = _SEED ^ (n.astype(np.uint64) * _MURMUR)
    for number, live in _prefixes(n // 8):
        k = buffer.word(s[:live] + 8 * number) * _MURMUR
        h[:live] = (h[:live] ^ (_shift_mix(k) * _MURMUR)) * _MURMUR
    rest = n % 8
    tail = np.flatnonzero(rest)
    h[tail] = (h[tail] ^ _last_bytes(buffer, (s + n)[tail], rest[tail])) * _MURMUR
    result = np.empty(n.size, dtype=np.uint64)
    result[order] = _shift_mix(_shift_mix(h) * _MURMUR)
    return result.reshape(strings.shape)


def _last_bytes(buffer: ByteWords, ends: Places, counts: Places) -> Words:
    """The last `counts` < 8 bytes before `ends` as a word, zeros above them."""
    words = buffer.word(ends - counts)
    return words & ((np.uint64(1) << (counts * 8).astype(np.uint64)) - np.uint64(1))


def strong_hash(strings: Array, key: Sequence[int]) -> Words:
    """SipHash-2-4 with a key of two integers of each string of a tensor, in its shape."""
    data, offsets = joined(flat_strings(strings))
    buffer = ByteWords(data)
    lengths = np.diff(offsets)
    order = np.argsort(-(lengths // 8), kind="stable")
    s, n = offsets[:-1][order], lengths[order]
    k0, k1 = (np.uint64(part & 0xFFFFFFFFFFFFFFFF) for part in key)
    begin = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
    state = [np.full(n.size, np.uint64(b) ^ k) for b, k in zip(begin, (k0, k1, k0, k1))]
    for number, live in _prefixes(n // 8):
        stepped = _absorb([part[:live] for part in state], buffer.word(s[:live] + 8 * number))
        for part, new in zip(state, stepped):
            part[:live] = new
    last = _last_bytes(buffer, s + n, n % 8) | (n.astype(np.uint64) << np.uint64(56))
    state = _absorb(state, last)
    state[2] = state[2] ^ np.uint64(0xFF)
    for _ in range(4):
        state = _sip_round(state)
    result = np.empty(n.size, dtype=np.uint64)
    result[order] = state[0] ^ state[1] ^ state[2] ^ state[3]
    return result.reshape(strings.shape)


def _absorb(state: Sequence[Words], words: Words) -> list[Words]:
    v0, v1, v2, v3 = state
    v0, v1, v2, v3 = _sip_round(_sip_round([v0, v1, v2, v3 ^ words]))
    return [v0 ^ words, v1, v2, v3]


def _sip_round(state: Sequence[Words]) -> list[Words]:
    v0, v1, v2, v3 = state
    v0 = v0 + v1
    v1 = _rotate(v1, 64 - 13) ^ v0
    v0 = _rotate(v0, 32)
    v2 = v2 + v3
    v3 = _rotate(v3, 64 - 16) ^ v2
    v0 = v0 + v3
    v3 = _rotate(v3, 64 - 21) ^ v0
    v2 = v2 + v1
    v1 = _rotate(v1, 64 - 17) ^ v2
    return [v0, v1, _rotate(v2, 32), v3]
