"""The rows that depthwise convolutions read, and sums over their taps.

An output row is a sum over taps of an input row times a row of weights.  Zeros are put around the rows, columns `stride` apart
stored side by side, and the weights of few channels repeated for several columns, so that the sum runs over long contiguous
rows; `einsum` keeps each output row in the cache while it adds up the taps.  What depends on sizes alone is found out once.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.ops.blocks import part_of, runs
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.unwrapped import einsum
from minihub_runtime.ops.windows import Window, overlap
from minihub_runtime.threads import scratch

__all__ = [
    "ColumnPhase",
    "Lines",
    "Piece",
    "joined_columns",
    "lines_of",
    "pieces_of",
    "row_weights",
]

#: Elements of a row, at least and at most, that NumPy's inner loop should be long: each costs a call, and the weights of all taps
#: should stay in the nearest cache.
LONG = 1536
LONGEST = 4096
#: Channels from which on a row of a single column is long enough, so that columns `stride` apart may lie apart.
MANY = 200
#: Bytes that are zeroed as a whole sooner than around what lies inside.
SMALL = 1 << 16


class Piece(NamedTuple):
    """Some outputs: rows of one image, or all rows of several.

    Attributes:
        images: the images.
        low: the first row.
        high: the one after the last.
        part: the window that has these rows alone.
    """

    images: slice
    low: int
    high: int
    part: Window


class ColumnPhase(NamedTuple):
    """The column taps that see one phase: which taps, where the first one starts, and how far apart they see.

    Attributes:
        number: the phase.
        taps: the column taps.
        offset: the column of the phase that the first tap sees first.
        step: columns of the phase from one tap to the next.
        stride: columns of the phase from one output to the next.
    """

    number: int
    taps: slice
    offset: int
    step: int
    stride: int


class _View(NamedTuple):
    """What the taps of a phase see: `(row taps, column taps, images, rows, runs of columns, run)`."""

    taps: slice
    shape: tuple[int, ...]
    offset: int
    strides: tuple[int, ...]


class Lines:
    """How the rows that windows see of some images are laid out: `(phases, images, rows, columns of a phase, wide)`.

    Args:
        count: number of images.
        rows: the window of rows.
        columns: the window of columns.
        wide: channels of the result.
        itemsize: bytes of an element.
        split: whether columns `stride` apart lie side by side.

    Attributes:
        seen: the rows of an image that are laid out.
        plain: whether these rows are what they are laid out to.
        shape: of all lines.
        phases: which taps see which phase.
    """

    def __init__(
        self, count: int, rows: Window, columns: Window, wide: int, itemsize: int, split: bool
    ) -> None:
        phases = columns.stride if split else 1
        self._down, self.seen = overlap(-rows.before, 1, rows.reach, rows.size)
        whole = self.seen.stop - self.seen.start == rows.reach
        self.plain = phases == 1 and whole and not columns.padded
        each = columns.size if self.plain else -(-columns.reach // phases)
        across = [
            overlap(phase - columns.before, phases, each, columns.size) for phase in range(phases)
        ]
        self.shape = (phases, count, rows.reach, each, wide)
        self._places = [(n, there, here) for n, (there, here) in enumerate(across)]
        self._zeros = list(self._surroundings(across))
        self.phases = _phases_of(columns, split)
        self._views = [self._view(phase, rows, columns, itemsize) for phase in self.phases]

    def _surroundings(self, across: list[tuple[slice, slice]]) -> Any:
        """Where there are zeros, as indices."""
        _, _, reach, each, _ = self.shape
        everywhere = slice(None)
        if self._down.start:
            yield (everywhere, everywhere, slice(0, self._down.start))
        if self._down.stop < reach:
            yield (everywhere, everywhere, slice(self._down.stop, reach))
        for phase, (there, _) in enumerate(across):
            for empty in (slice(0, there.start), slice(there.stop, each)):
                if empty.start < empty.stop:
                    yield (phase, everywhere, self._down, empty)

    def _view(self, phase: ColumnPhase, rows: Window, columns: Window, itemsize: int) -> _View:
        _, count, reach, each, wide = self.shape
        joined = joined_columns(columns.outputs, wide) if phase.stride == 1 else 1
        along = wide * itemsize
        down = each * along
        image = reach * down
        return _View(
            phase.taps,
            (
                rows.taps,
                len(range(*phase.taps.indices(columns.taps))),
                count,
                rows.outputs,
                columns.outputs // joined,
                joined * wide,
            ),
            phase.number * count * image + phase.offset * along,
            (
                rows.dilation * down,
                phase.step * along,
                image,
                rows.stride * down,
                phase.stride * joined * along,
                itemsize,
            ),
        )

    def lay_out(self, images: Array, first: int = 0) -> Array:
        """The lines of some images, a view of them or memory that the next call reuses.

        Args:
            images: `(images, rows, columns, channels)`; the channels of the result are as many, or a multiple.
            first: the row of whole images that comes first in these.
        """
        seen = images[:, self.seen.start - first : self.seen.stop - first]
        wide = self.shape[-1]
        if self.plain and images.shape[-1] == wide and seen.flags.c_contiguous:
            return seen[np.newaxis]
        lines = self.room(images.dtype)
        if lines.nbytes <= SMALL:
            lines.fill(0)
        else:
            self.surround(lines)
        if images.shape[-1] == wide:
            for columns, place in self.places(lines):
                place[...] = seen[:, :, columns]
            return lines
        # Each channel stands there several times.
        parted = lines.reshape(*self.shape[:-1], images.shape[-1], -1)
        for columns, place in self.places(parted):
            place[...] = seen[:, :, columns, :, np.newaxis]
        return lines

    def room(self, dtype: Any) -> Array:
        """Memory for lines, with any content, which the next call uses again."""
        return scratch("lines", self.shape, dtype)

    def places(self, lines: Array) -> Iterator[tuple[slice, Array]]:
        """Columns of the input, and where they lie."""
        for phase, there, here in self._places:
            yield here, lines[phase, :, self._down, there]

    def surround(self, lines: Array) -> None:
        """Put zeros around what lies inside."""
        for place in self._zeros:
            lines[place] = 0

    def sum_taps(self, lines: Array, weights: Array, target: Array) -> None:
        """Set `target`, `(images, rows, columns, wide)`, to the sum over all taps.

        Args:
            lines: contiguous.
            weights: `row_weights` of the filter.
            target: contiguous.
        """
        for number, view in enumerate(self._views):
            sums = scratch("sums", target.shape, target.dtype) if number else target
            seen: Array = np.ndarray(view.shape, lines.dtype, lines, view.offset, view.strides)
            chosen = weights[:, view.taps, : view.shape[-1]]
            einsum("abnrcw,abw->nrcw", seen, chosen, out=sums.reshape(view.shape[2:]))
            if number:
                with np.errstate(over="ignore", invalid="ignore"):
                    np.add(target, sums, out=target)


@functools.lru_cache(maxsize=4096)
def pieces_of(
    count: int, rows: Window, row: int, most: int, least: int, threads: int
) -> tuple[Piece, ...]:
    """All outputs in pieces.

    Args:
        count: number of images.
        rows: the window of rows.
        row: bytes that a row of outputs needs.
        most: bytes of a piece, if that is a row or more.
        least: bytes of a piece, at least, where several threads share them.
        threads: how many share them.
    """
    image = row * rows.outputs
    found = []
    if count > 1 and image <= most:
        for start, stop in runs(count, most // image, -(-least // image), threads):
            found.append(Piece(slice(start, stop), 0, rows.outputs, rows))
        return tuple(found)
    for number in range(count):
        alone = threads if count < threads else 1
        for low, high in runs(rows.outputs, most // row, -(-least // row), alone):
            found.append(Piece(slice(number, number + 1), low, high, part_of(rows, low, high)))
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def lines_of(
    count: int, rows: Window, columns: Window, wide: int, itemsize: int, split: bool | None = None
) -> Lines:
    """The `Lines` of these sizes; columns are split into phases where channels are few."""
    if split is None:
        split = columns.stride > 1 and wide < MANY
    return Lines(count, rows, columns, wide, itemsize, split)


@functools.lru_cache(maxsize=1024)
def _phases_of(columns: Window, split: bool) -> tuple[ColumnPhase, ...]:
    if not split:
        return (ColumnPhase(0, slice(0, columns.taps), 0, columns.dilation, columns.stride),)
    common = math.gcd(columns.dilation, columns.stride)
    every = columns.stride // common
    found = []
    for first in range(min(every, columns.taps)):
        offset, number = divmod(first * columns.dilation, columns.stride)
        taps = slice(first, columns.taps, every)
        found.append(ColumnPhase(number, taps, offset, columns.dilation // common, 1))
    return tuple(found)


@functools.lru_cache(maxsize=1024)
def joined_columns(outputs: int, wide: int) -> int:
    """How many columns are treated as one, so that rows are long, but not too long; a divisor of their number."""
    fitting = [n for n in range(1, outputs + 1) if outputs % n == 0 and n * wide <= LONGEST] or [1]
    return next((n for n in fitting if n * wide >= LONG), fitting[-1])


def row_weights(filter: Array, outputs: int) -> Array:
    """The weights of a filter as rows are multiplied with them, for so many columns: `(row taps, column taps, run)`.

    Those of few channels are there for several columns, side by side.
    """
    rows, taps, channels, multiplier = filter.shape
    wide = channels * multiplier
    times = joined_columns(outputs, wide)
    if times == 1:
        return filter.reshape(rows, taps, wide)
    found = np.empty((rows, taps, times, wide), filter.dtype)
    found[:] = filter.reshape(rows, taps, 1, wide)
    return found.reshape(rows, taps, times * wide)
