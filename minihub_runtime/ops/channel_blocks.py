"""Sums over the channels of images, and arithmetic with vectors over them, in flat blocks that fit the cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.registry import Array
from minihub_runtime.threads import num_threads

__all__ = ["ChannelBlocks"]

#: Elements of a block, long enough that threads seldom wait for each other between kernels, and of the rows that are added up at
#: a time.
FLAT = 1 << 18
LONG_ROW = 512


class ChannelBlocks:
    """Channels-last arrays of one shape in flat blocks that fit the cache.

    NumPy takes half the time where both operands of an operation are flat and equally long, so vectors over the channels are
    repeated until they are as long as a block.

    Attributes:
        channels: how many there are.
    """

    def __init__(self, channels: int, size: int) -> None:
        self.channels = channels
        #: Elements that are added up to a row of channels in one product.
        self._row = channels * max(1, min(size, LONG_ROW) // channels)
        rows = -(-size // self._row)
        # As many blocks for each thread, of one length.
        self._length = self._row * max(
            1, *(high - low for low, high in runs(rows, FLAT // self._row))
        )
        self._ones = np.ones(self._length // self._row, np.float32)

    def parts(self, size: int) -> Sequence[tuple[int, int]]:
        """Ranges of elements for the threads to share: whole blocks, in order."""
        count = -(-size // self._length)
        ranges = runs(count, max(1, -(-count // num_threads())))
        return [(low * self._length, min(high * self._length, size)) for low, high in ranges]

    def of(self, part: tuple[int, int], *arrays: Array) -> Iterator[list[Array]]:
        """The blocks of a part of contiguous arrays."""
        flat = [array.reshape(-1) for array in arrays]
        for start in range(*part, self._length):
            yield [array[start : min(start + self._length, part[1])] for array in flat]

    def repeated(self, vector: Array) -> Array:
        """A vector over the channels, as long as a block."""
        return np.tile(vector, self._length // self.channels)

    def add_up(self, total: Array, block: Array) -> None:
        """Add the elements of a block to the total of each channel, in float64: there may be millions of elements.

        A product with ones adds rows several times as fast as NumPy's sum does.
        """
        whole = block.size // self._row
        if whole:
            rows = block[: whole * self._row].reshape(whole, self._row)
            sums = self._ones[:whole].astype(block.dtype, copy=False) @ rows
            total += sums.reshape(-1, self.channels).sum(axis=0, dtype=np.float64)
        rest = block[whole * self._row :]
        if rest.size:
            total += rest.reshape(-1, self.channels).sum(axis=0, dtype=np.float64)
