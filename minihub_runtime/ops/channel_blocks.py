"""Sums over the channels of images, and arithmetic with vectors over them, in blocks that fit the cache."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.unwrapped import einsum
from minihub_runtime.threads import num_threads, scratch

__all__ = ["ChannelBlocks", "blocks_of"]

#: Elements of a block, long enough that threads seldom wait for each other between kernels; of a vector over the channels that is
#: repeated, which the nearest cache keeps; and of the rows that are added up at a time, half of it at least: NumPy does not release
#: the interpreter's lock in products of 500 elements or fewer, however long they take.
FLAT = 1 << 18
REPEATED = 1 << 13
LONG_ROW = 1 << 10
#: As many as blocks have rows to add up.
_ONES = np.ones(1 << 10, np.float32)


class ChannelBlocks:
    """Channels-last arrays of one shape in blocks that fit the cache: some rows, each of all channels of as many places.

    NumPy takes twice as long where its inner loops are as short as the channels are few.

    Attributes:
        channels: how many there are.
    """

    def __init__(self, channels: int, size: int) -> None:
        self.channels = channels
        #: Elements that are added up to a row of channels in one product.
        self._row = channels * max(1, min(size, LONG_ROW) // channels)
        #: Elements of a row of a block.
        self._wide = self._row * max(1, min(size, REPEATED) // self._row)
        rows = -(-size // self._wide)
        # As many blocks for each thread, of one length.
        most = max(1, *(high - low for low, high in runs(rows, FLAT // self._wide)))
        self._length = self._wide * most

    def parts(self, size: int) -> Sequence[tuple[int, int]]:
        """Ranges of elements for the threads to share: whole blocks, in order."""
        count = -(-size // self._length)
        ranges = runs(count, max(1, -(-count // num_threads())))
        return [(low * self._length, min(high * self._length, size)) for low, high in ranges]

    def of(self, part: tuple[int, int], *arrays: Array) -> Iterator[list[Array]]:
        """The blocks of a part of contiguous arrays, as matrices; the last may be a single shorter row."""
        start, stop = part
        end = stop - (stop - start) % self._wide
        flat = [array.reshape(-1) for array in arrays]
        if start < end:
            matrices = [array[start:end].reshape(-1, self._wide) for array in flat]
            most = self._length // self._wide
            for low in range(0, len(matrices[0]), most):
                yield [matrix[low : low + most] for matrix in matrices]
        if end < stop:
            yield [array[np.newaxis, end:stop] for array in flat]

    def repeated(self, vector: Array) -> Array:
        """A vector over the channels, or one number for all, as long as the rows of blocks."""
        found = np.empty((self._wide // self.channels, self.channels), vector.dtype)
        found[:] = vector
        return found.reshape(-1)

    def centered(self, block: Array, centers: Array | None) -> Array:
        """A block less centers that are as long as its rows, in memory that the next call uses again; as it is without any."""
        if centers is None:
            return block
        room = scratch("centered", block.shape, block.dtype)
        return np.subtract(block, centers[: block.shape[1]], out=room)

    def add_up(self, sums: list[Array], block: Array) -> None:
        """Add up the elements of a block, for `total`: append the sums of channels, several places side by side.

        A product with ones adds rows several times as fast as NumPy's sum does.
        """
        for rows in self._rows_of(block):
            count = len(rows)
            ones = _ONES[:count] if count <= len(_ONES) else np.ones(count, np.float32)
            sums.append(ones @ rows)

    def add_up_products(self, sums: list[Array], block: Array, other: Array) -> None:
        """Add up the products of the elements of two blocks; see `add_up`."""
        for rows, others in zip(self._rows_of(block), self._rows_of(other), strict=True):
            sums.append(einsum("rc,rc->c", rows, others))

    def _rows_of(self, block: Array) -> tuple[Array, ...]:
        """Rows that are added up together, and what is left of a short block."""
        if block.size % self._row == 0:
            return (block.reshape(-1, self._row),)
        flat = block.reshape(-1)
        whole = flat.size // self._row * self._row
        rest = flat[np.newaxis, whole:]
        return (flat[:whole].reshape(-1, self._row), rest) if whole else (rest,)

    def total(self, sums: Iterable[list[Array]]) -> Array:
        """The sums of all parts in each channel, in float64: there may be millions of elements."""
        every = [each.reshape(-1, self.channels) for part in sums for each in part]
        if not every:
            return np.zeros(self.channels, np.float64)
        found: Array = np.concatenate(every).sum(axis=0, dtype=np.float64)
        return found


def blocks_of(channels: int, size: int) -> ChannelBlocks:
    """The blocks of arrays of so many channels and elements, of both of which there are some."""
    return _blocks_of(channels, size, num_threads())


@functools.lru_cache(maxsize=1024)
def _blocks_of(channels: int, size: int, threads: int) -> ChannelBlocks:
    return ChannelBlocks(channels, size)
