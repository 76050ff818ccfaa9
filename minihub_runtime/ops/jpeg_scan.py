"""The entropy coding of JPEG files: Huffman codes of coefficients, in one pass or in several."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minihub_runtime.errors import InvalidArgumentError

__all__ = ["Component", "decode_scan", "lookup_table"]

# Natural order of the 64 places of the zigzag; places beyond are those of broken files.
_ORDER = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63, *[63] * 16,
]  # fmt: skip


class Component:
    """One colour plane.

    Attributes:
        name: its number in the file.
        quantizer: the number of its table of steps.
        expand: how often a sample stands in the image, down and across.
        size: height and width of the plane.
        units: blocks of a coding unit, down and across.
        blocks: rows and columns of blocks, up to whole coding units.
        coefficients: 64 for each block, in natural order.
    """

    def __init__(
        self,
        name: int,
        quantizer: int,
        across: int,
        down: int,
        image: tuple[int, int],
        most: tuple[int, int],
    ) -> None:
        self.name, self.quantizer = name, quantizer
        self.units = down, across
        self.expand = most[0] // down, most[1] // across
        self.size = -(-image[0] * down // most[0]), -(-image[1] * across // most[1])
        self.coding_units = -(-image[0] // (8 * most[0])), -(-image[1] // (8 * most[1]))
        self.blocks = self.coding_units[0] * down, self.coding_units[1] * across
        self.coefficients = [0] * (64 * self.blocks[0] * self.blocks[1])


def lookup_table(counts: bytes, symbols: bytes) -> list[int]:
    """For every 16 bits the code they begin with, as 256 * length + symbol; 0 where there is none.

    Raises:
        InvalidArgumentError: the codes do not fit 16 bits.
    """
    lengths = np.repeat(np.arange(1, 17), np.frombuffer(counts, np.uint8))
    spans = 1 << (16 - lengths)
    if len(lengths) != len(symbols) or int(spans.sum()) > 1 << 16:
        raise InvalidArgumentError("a JPEG file's codes must fit 16 bits")
    entries = np.repeat(lengths * 256 + np.frombuffer(symbols, np.uint8), spans)
    return [*entries.tolist(), *[0] * ((1 << 16) - len(entries))]


class _Bits:
    """Bits of one segment between restarts, read at any position.

    Attributes:
        windows: 32 bits from each byte on.
        position: the next bit.
        count: how many bits there are.
    """

    def __init__(self, segment: bytes) -> None:
        data = np.frombuffer(segment + bytes(1024), np.uint8).astype(np.uint32)
        wide = (data[:-3] << 24) | (data[1:-2] << 16) | (data[2:-1] << 8) | data[3:]
        self.windows: list[int] = wide.tolist()
        self.position = 0
        self.count = 8 * len(segment)

    def symbol(self, table: list[int]) -> int:
        """The next Huffman code's symbol."""
        place = self.position
        entry = table[(self.windows[place >> 3] >> (16 - (place & 7))) & 0xFFFF]
        if entry == 0:
            raise InvalidArgumentError("a JPEG file's bits must be codes of its tables")
        self.position = place + (entry >> 8)
        return entry & 255

    def bits(self, count: int) -> int:
        """The next bits as a number."""
        place = self.position
        self.position = place + count
        return (self.windows[place >> 3] >> (32 - (place & 7) - count)) & ((1 << count) - 1)

    def number(self, size: int) -> int:
        """The next number of `size` bits, of which a leading 0 means a negative one."""
        value = self.bits(size)
        return value if value >> (size - 1) else value - (1 << size) + 1

    def check(self) -> None:
        """Raise InvalidArgumentError if more was read than there is."""
        if self.position > self.count:
            raise InvalidArgumentError("a JPEG file's scan must be complete")


Chosen = list[tuple[Component, "list[int] | None", "list[int] | None"]]


def _units(chosen: Chosen) -> Iterator[list[tuple[int, int]]]:
    """For each coding unit of a scan, which component's block at which coefficient it holds."""
    if len(chosen) == 1:
        component = chosen[0][0]
        rows, columns = (-(-n // 8) for n in component.size)
        for row in range(rows):
            for column in range(columns):
                yield [(0, 64 * (row * component.blocks[1] + column))]
        return
    rows, columns = chosen[0][0].coding_units
    for row in range(rows):
        for column in range(columns):
            yield [
                (which, 64 * ((row * down + y) * component.blocks[1] + column * across + x))
                for which, (component, _, _) in enumerate(chosen)
                for down, across in [component.units]
                for y in range(down)
                for x in range(across)
            ]


def decode_scan(
    chosen: Chosen,
    segments: list[bytes],
    restart: int,
    spectrum: tuple[int, int, int, int] | None,
) -> None:
    """Read one scan's coefficients into its components.

    Args:
        chosen: each component with its tables for the first and for the other coefficients.
        segments: the bits between restart markers.
        restart: coding units between restarts, 0 for none.
        spectrum: for progressive files the first and last coefficient, and the bit read before and now.
    """
    remaining = iter(segments)
    bits = _Bits(next(remaining))
    last = [0] * len(chosen)
    run = 0
    for number, unit in enumerate(_units(chosen)):
        if restart and number and number % restart == 0:
            bits.check()
            bits = _Bits(next(remaining, b""))
            last = [0] * len(chosen)
            run = 0
        for which, base in unit:
            component, first_table, table = chosen[which]
            values = component.coefficients
            if spectrum is None:
                last[which] = _whole_block(
                    bits, values, base, first_table or [], table or [], last[which]
                )
            elif spectrum[0] == 0:
                last[which] = _first_coefficient(
                    bits, values, base, first_table or [], last[which], spectrum
                )
            elif spectrum[2] == 0:
                run = _other_coefficients(bits, values, base, table or [], run, spectrum)
            else:
                run = _refine(bits, values, base, table or [], run, spectrum)
        if bits.position > bits.count:
            bits.check()


def _whole_block(
    bits: _Bits, values: list[int], base: int, first: list[int], table: list[int], last: int
) -> int:
    """All coefficients of a block; the first is a difference to the block before, and is returned."""
    size = bits.symbol(first)
    if size:
        last += bits.number(size)
    values[base] = last
    # What follows is `symbol` and `number` written out: most of the time goes here.
    windows, position = bits.windows, bits.position
    place = 1
    while place < 64:
        entry = table[(windows[position >> 3] >> (16 - (position & 7))) & 0xFFFF]
        if entry == 0:
            raise InvalidArgumentError("a JPEG file's bits must be codes of its tables")
        position += entry >> 8
        size = entry & 15
        if size:
            place += (entry >> 4) & 15
            value = (windows[position >> 3] >> (32 - (position & 7) - size)) & ((1 << size) - 1)
            position += size
            values[base + _ORDER[place]] = value if value >> (size - 1) else value - (1 << size) + 1
            place += 1
        elif entry & 0xF0 == 0xF0:
            place += 16
        else:
            break
    bits.position = position
    return last


def _first_coefficient(
    bits: _Bits,
    values: list[int],
    base: int,
    table: list[int],
    last: int,
    spectrum: tuple[int, int, int, int],
) -> int:
    """The upper bits of the first coefficient, or one more bit of it."""
    low = spectrum[3]
    if spectrum[2]:
        if bits.bits(1):
            values[base] |= 1 << low
        return last
    size = bits.symbol(table)
    if size:
        last += bits.number(size)
    values[base] = last << low
    return last


def _other_coefficients(
    bits: _Bits,
    values: list[int],
    base: int,
    table: list[int],
    run: int,
    spectrum: tuple[int, int, int, int],
) -> int:
    """The upper bits of some coefficients; how many blocks of zeros follow is returned."""
    if run:
        return run - 1
    place, end, _, low = spectrum
    while place <= end:
        zeros, size = divmod(bits.symbol(table), 16)
        if size:
            place += zeros
            values[base + _ORDER[place]] = bits.number(size) << low
            place += 1
        elif zeros == 15:
            place += 16
        else:
            return (1 << zeros) + (bits.bits(zeros) if zeros else 0) - 1
    return 0


def _refine(
    bits: _Bits,
    values: list[int],
    base: int,
    table: list[int],
    run: int,
    spectrum: tuple[int, int, int, int],
) -> int:
    """One more bit of the coefficients that are not zero, and new ones between them."""
    place, end, _, low = spectrum
    step = 1 << low

    def more(spot: int) -> None:
        if bits.bits(1) and not abs(values[spot]) & step:
            values[spot] += step if values[spot] > 0 else -step

    while place <= end and not run:
        zeros, size = divmod(bits.symbol(table), 16)
        value = 0
        if size:
            value = step if bits.bits(1) else -step
        elif zeros < 15:
            run = (1 << zeros) + (bits.bits(zeros) if zeros else 0)
            break
        while place <= end:
            spot = base + _ORDER[place]
            if values[spot]:
                more(spot)
            elif zeros:
                zeros -= 1
            else:
                break
            place += 1
        if value and place <= end:
            values[base + _ORDER[place]] = value
        place += 1
    if run:
        for rest in range(place, end + 1):
            if values[base + _ORDER[rest]]:
                more(base + _ORDER[rest])
        return run - 1
    return 0
