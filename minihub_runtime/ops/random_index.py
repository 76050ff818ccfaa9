"""Where one index goes when a range is shuffled, without shuffling it.

A small block cipher, Simon with few rounds, permutes the numbers of a power of two; what falls beyond the range is
permuted again.

Source: tensorflow/core/kernels/random_index_shuffle.cc.
"""

from __future__ import annotations

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.registry import Array, op, types
from minihub_runtime.shapes import Shape, Spec, merge, show

__all__: list[str] = []

_KINDS = types("int32 uint32 int64 uint64")
_CONSTANTS = 0x7369F885192C0EF5
_MINIMUM_BITS = 16


class _Cipher:
    """One permutation for each row, of the numbers below 2**(2 * bits[row]).

    Attributes:
        bits: half the size of a row's blocks.
        mask: the numbers of one half.
        keys: a row of round keys for each round.
    """

    def __init__(self, seeds: Array, maxima: Array, rounds: int) -> None:
        # The logarithm of the largest numbers is that of the float64 next to them.
        size = np.ceil(np.log2(np.maximum(maxima, np.uint64(1)).astype(np.float64))).astype(
            np.int64
        )
        size = np.clip(size + size % 2, _MINIMUM_BITS, 64)
        self.bits = (size // 2).astype(np.uint64)
        self.mask = (np.uint64(1) << self.bits) - np.uint64(1)
        self.keys = [(column & self.mask) for column in seeds.T]
        for number in range(3, rounds):
            # A word has as many bits of the constant as it has itself.
            bit = np.uint64(_CONSTANTS >> (number - 3) & 1) * (self.bits > number - 3)
            constant = np.uint64(0xFFFFFFFC) ^ bit
            turned = self._right(self.keys[-1], 3) ^ self._right(self.keys[-1], 4)
            self.keys.append((constant & self.mask) ^ self.keys[-3] ^ turned)

    def _left(self, x: Array, by: int) -> Array:
        return (x << np.uint64(by) | x >> self.bits - np.uint64(by)) & self.mask

    def _right(self, x: Array, by: int) -> Array:
        return (x >> np.uint64(by) | x << self.bits - np.uint64(by)) & self.mask

    def _mix(self, x: Array) -> Array:
        return self._left(x, 1) & self._left(x, 8) ^ self._left(x, 2)

    def apply(self, numbers: Array) -> Array:
        """The permuted number of each row."""
        left, right = numbers >> self.bits & self.mask, numbers & self.mask
        for first, second in zip(self.keys[::2], self.keys[1::2], strict=True):
            left = left ^ self._mix(right) ^ first
            right = right ^ self._mix(left) ^ second
        return left << self.bits | right


def _walk(cipher: _Cipher, start: Array, maxima: Array) -> Array:
    """The first number on each row's way that is in its range, or one beyond it where there is none."""
    found = cipher.apply(start)
    while True:
        beyond = (found > maxima) & (found != start)
        if not beyond.any():
            return found
        found = np.where(beyond, cipher.apply(found), found)


def _jump(seed: Array, maximum: Array, rounds: int, start: Array) -> Array:
    """`_walk` where all rows share one small permutation: each turn doubles the length of all ways."""
    every = np.arange(1 << _MINIMUM_BITS, dtype=np.uint64)
    following = _Cipher(seed[None], maximum[None], rounds).apply(every)
    for _ in range(_MINIMUM_BITS):
        # A way that has come into the range stays there.
        following = np.where(following > maximum, following[following], following)
    return following[start]


def _shuffled(indices: Array, seeds: Array, maxima: Array, rounds: int) -> Array:
    """The place of each index; all are uint64."""
    cipher = _Cipher(seeds, maxima, rounds)
    # The shifts of a whole word are 0 in C++'s bitsets, and undefined in NumPy.
    domain = (cipher.mask << cipher.bits) | cipher.mask
    start = indices & domain
    alike = (seeds == seeds[0]).all() and (maxima == maxima[0]).all()
    if alike and maxima[0] < 1 << _MINIMUM_BITS:
        found = _jump(seeds[0], maxima[0], rounds, start)
    else:
        found = _walk(cipher, start, maxima)
    endless = found > maxima
    if endless.any():
        raise InvalidArgumentError(
            f"index must lie in [0, {maxima[endless][0]}], not {indices[endless][0]}"
        )
    return found


def _static(index: Spec, seed: Spec, max_index: Spec) -> Shape:
    if seed.shape is not None and (not seed.shape or seed.shape[-1] not in (None, 3)):
        raise InvalidArgumentError(f"seed must have shape [3] or [n,3], not {show(seed.shape)}")
    if index.shape is None or seed.shape is None or max_index.shape is None:
        return None
    for name, spec, rank in (("index", index, 1), ("seed", seed, 2), ("max_index", max_index, 1)):
        require(
            len(spec.shape or ()) <= rank,
            f"{name} must have rank <= {rank}, not {show(spec.shape)}",
        )
    shape: Shape = ()
    for part in (index.shape, seed.shape[:-1], max_index.shape):
        if part:
            shape = merge(shape, part) if shape else part
    return shape


@op(
    "RandomIndexShuffle(index: dtype, seed: Tseed, max_index: dtype) -> output: dtype",
    dtype=_KINDS,
    Tseed=_KINDS,
    source="core/kernels/random_index_shuffle_ops.cc",
    shape=_static,
)
def random_index_shuffle(index: Array, seed: Array, max_index: Array, *, rounds: int = 4) -> Array:
    """The place of each index in a random permutation of [0, max_index].

    Shapes: `[] or [n], [3] or [n, 3], [] or [n] -> [n]`, or a scalar from scalars and one seed.
    Raises: InvalidArgumentError for other shapes, and for rounds that are not even or fewer than 4.
    Differs: an index beyond the range that no round brings back is refused, where TensorFlow tries for ever.
    """
    require(rounds >= 4 and rounds % 2 == 0, f"rounds must be even and >= 4, not {rounds}")
    require(rounds <= 64, f"rounds must be at most 64, not {rounds}")
    count = max(index.size, max_index.size, seed.size // 3)
    for name, array in (("index", index), ("max_index", max_index)):
        if array.shape not in ((), (count,)):
            require(
                False, f"{name} must be a scalar or have shape [{count}], not {show(array.shape)}"
            )
    if seed.shape not in ((3,), (count, 3)):
        require(False, f"seed must have shape [3] or [{count},3], not {show(seed.shape)}")
    indices, maxima = (np.broadcast_to(x, count).astype(np.uint64) for x in (index, max_index))
    seeds = np.broadcast_to(seed, (count, 3)).astype(np.uint32).astype(np.uint64)
    found = np.zeros(count, np.uint64)
    moving = maxima > 0
    if moving.any():
        found[moving] = _shuffled(indices[moving], seeds[moving], maxima[moving], rounds)
    scalar = not index.ndim and not max_index.ndim and seed.ndim == 1
    return found.astype(index.dtype).reshape(() if scalar else (count,))
