"""Baseline and progressive JPEG without a library, bit for bit as libjpeg with TensorFlow's settings.

Pillow cannot be told to use the fast transform, which is TensorFlow's default, nor to leave colour planes coarse.  The
entropy decoding is a Python loop, some microseconds a byte; transforms, colours and planes are whole-array operations.

Source: ITU-T T.81; libjpeg's jidctfst.c, jidctint.c, jdsample.c, jdcolor.c.
"""

from __future__ import annotations

import re
import struct
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.jpeg_scan import Component, decode_scan, lookup_table
from minihub_runtime.ops.registry import Array

__all__ = ["decode_jpeg_planes"]

_ZIGZAG = np.array(
    sorted(
        range(64),
        key=lambda n: (n // 8 + n % 8, n // 8 if (n // 8 + n % 8) % 2 else n % 8),
    )
)


# Encoders make about ten; each takes time for the whole image, however few bytes it has.
_MAX_SCANS = 100


class _Jpeg:
    """The parts of a JPEG file.

    Attributes:
        height, width: of the image.
        components: the colour planes, with their coefficients once the scans are read.
        quantizers: 64 steps by table number.
        jfif: whether a JFIF header says that colours are YCbCr.
        adobe: the colour transform of an Adobe marker, or None.
    """

    def __init__(self, data: bytes) -> None:
        self.height = self.width = 0
        self.components: list[Component] = []
        self.quantizers: dict[int, Array] = {}
        self.jfif = False
        self.adobe: int | None = None
        self._progressive = False
        self._tables: dict[int, list[int]] = {}
        self._restart = 0
        self._scans = 0
        self._read(data)

    def _read(self, data: bytes) -> None:
        offset = 2
        while True:
            while data[offset] == 0xFF and data[offset + 1] == 0xFF:
                offset += 1
            if data[offset] != 0xFF:
                raise InvalidArgumentError(f"a JPEG file must have a marker at byte {offset}")
            marker = data[offset + 1]
            if marker == 0xD9:
                break
            length = struct.unpack_from(">H", data, offset + 2)[0]
            body = data[offset + 4 : offset + 2 + length]
            offset += 2 + length
            if marker == 0xDB:
                self._read_quantizers(body)
            elif marker == 0xC4:
                self._read_tables(body)
            elif marker in (0xC0, 0xC1, 0xC2):
                self._read_frame(body, marker == 0xC2)
            elif marker in range(0xC3, 0xD0) and marker != 0xC8:
                raise UnimplementedError(f"JPEG files of kind {marker:#x}")
            elif marker == 0xDD:
                self._restart = struct.unpack(">H", body)[0]
            elif marker == 0xE0 and body[:5] == b"JFIF\0":
                self.jfif = True
            elif marker == 0xEE and body[:5] == b"Adobe":
                self.adobe = body[11]
            elif marker == 0xDA:
                offset = self._read_scan(data, body, offset)

    def _read_quantizers(self, body: bytes) -> None:
        place = 0
        while place < len(body):
            wide, number = divmod(body[place], 16)
            kind = np.dtype(">u2" if wide else "u1")
            table = np.zeros(64, np.int32)
            table[_ZIGZAG] = np.frombuffer(body, kind, 64, place + 1)
            self.quantizers[number] = table
            place += 1 + 64 * kind.itemsize

    def _read_tables(self, body: bytes) -> None:
        place = 0
        while place < len(body):
            counts = body[place + 1 : place + 17]
            end = place + 17 + sum(counts)
            self._tables[body[place]] = lookup_table(counts, body[place + 17 : end])
            place = end

    def _read_frame(self, body: bytes, progressive: bool) -> None:
        depth, self.height, self.width, count = struct.unpack_from(">BHHB", body)
        if self.components or depth != 8 or not self.height or not self.width:
            raise UnimplementedError("JPEG files of other than 8 bits, or of several frames")
        parts = [body[6 + 3 * i : 9 + 3 * i] for i in range(count)]
        if count not in (1, 3):
            raise UnimplementedError(f"JPEG files of {count} colours")
        sampling = [divmod(part[1], 16) for part in parts]
        across, down = (max(pair[i] for pair in sampling) for i in (0, 1))
        if any(h == 0 or v == 0 or across % h or down % v for h, v in sampling):
            raise UnimplementedError(f"JPEG files with colour planes of sizes {sampling}")
        self._progressive = progressive
        self.components = [
            Component(part[0], part[2], h, v, (self.height, self.width), (down, across))
            for part, (h, v) in zip(parts, sampling, strict=True)
        ]

    def _read_scan(self, data: bytes, body: bytes, offset: int) -> int:
        """Decode one scan; the offset of the marker behind it."""
        self._scans += 1
        if self._scans > _MAX_SCANS:
            raise InvalidArgumentError(f"a JPEG file must have at most {_MAX_SCANS} scans")
        by_name = {component.name: component for component in self.components}
        chosen = []
        for i in range(body[0]):
            name, tables = body[1 + 2 * i], body[2 + 2 * i]
            chosen.append(
                (by_name[name], self._tables.get(tables >> 4), self._tables.get(16 + tables % 16))
            )
        first, last, bits = body[1 + 2 * body[0] : 4 + 2 * body[0]]
        end = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL).search(data, offset)
        stop = end.start() if end else len(data)
        segments = re.split(rb"\xff[\xd0-\xd7]", data[offset:stop])
        plain = [segment.replace(b"\xff\x00", b"\xff") for segment in segments]
        spectrum = (first, last, bits >> 4, bits & 15) if self._progressive else None
        decode_scan(chosen, plain, self._restart, spectrum)
        return stop

    def is_rgb(self) -> bool:
        """Whether three planes are red, green and blue, not YCbCr."""
        if self.jfif:
            return False
        if self.adobe is not None:
            return self.adobe == 0
        return bytes(c.name for c in self.components) == b"RGB"


def _fast_pass(x: list[Array]) -> list[Array]:
    """One dimension of the fast inverse transform: eight inputs, eight outputs; products drop their lower bits."""
    even = x[0] + x[4], x[0] - x[4]
    sum_26 = x[2] + x[6]
    rest_26 = ((x[2] - x[6]) * 362 >> 8) - sum_26
    t = [even[0] + sum_26, even[1] + rest_26, even[1] - rest_26, even[0] - sum_26]
    z13, z10, z11, z12 = x[5] + x[3], x[5] - x[3], x[1] + x[7], x[1] - x[7]
    t7 = z11 + z13
    z5 = (z10 + z12) * 473 >> 8
    t6 = (z10 * -669 >> 8) + z5 - t7
    t5 = ((z11 - z13) * 362 >> 8) - t6
    t4 = (z12 * 277 >> 8) - z5 + t5
    return [
        t[0] + t7, t[1] + t6, t[2] + t5, t[3] - t4,
        t[3] + t4, t[2] - t5, t[1] - t6, t[0] - t7,
    ]  # fmt: skip


def _accurate_pass(x: list[Array], shift: int) -> list[Array]:
    """One dimension of the accurate inverse transform, rounded."""
    z1 = (x[2] + x[6]) * 4433
    t2, t3 = z1 - x[6] * 15137, z1 + x[2] * 6270
    t0, t1 = (x[0] + x[4]) << 13, (x[0] - x[4]) << 13
    even = [t0 + t3, t1 + t2, t1 - t2, t0 - t3]
    z3, z4 = x[7] + x[3], x[5] + x[1]
    z5 = (z3 + z4) * 9633
    z1, z2 = (x[7] + x[1]) * -7373, (x[5] + x[3]) * -20995
    z3, z4 = z3 * -16069 + z5, z4 * -3196 + z5
    odd = [
        x[1] * 12299 + z1 + z4,
        x[3] * 25172 + z2 + z3,
        x[5] * 16819 + z2 + z4,
        x[7] * 2446 + z1 + z3,
    ]
    half = 1 << (shift - 1)
    first = [(e + o + half) >> shift for e, o in zip(even, odd, strict=True)]
    last = [(e - o + half) >> shift for e, o in zip(even, odd, strict=True)]
    return first + last[::-1]


_SCALES = np.array([1, *(np.cos(k * np.pi / 16) * np.sqrt(2) for k in range(1, 8))])
_FAST_SCALES = np.rint(np.outer(_SCALES, _SCALES) * (1 << 14)).astype(np.int64).reshape(64)


def _inverse_transform(blocks: Array, quantizer: Array, fast: bool) -> Array:
    """[n, 64] coefficients -> [n, 8, 8] samples 0 to 255."""
    steps = (quantizer * _FAST_SCALES + (1 << 11)) >> 12 if fast else quantizer
    values = (blocks * steps.astype(np.int32)).reshape(-1, 8, 8)
    if not fast:
        values = values.astype(np.int64)
    columns = [values[:, i, :] for i in range(8)]
    tall = _fast_pass(columns) if fast else _accurate_pass(columns, 11)
    rows = np.stack(tall, axis=1)
    parts = [rows[:, :, i] for i in range(8)]
    wide = _fast_pass(parts) if fast else _accurate_pass(parts, 18)
    samples = np.stack(wide, axis=2)
    return np.clip((samples >> 5 if fast else samples) + 128, 0, 255).astype(np.int32)


def _shifted(x: Array, axis: int, step: int) -> Array:
    """Each place's neighbour, the edge its own."""
    index = np.clip(np.arange(x.shape[axis]) + step, 0, x.shape[axis] - 1)
    return x.take(index, axis=axis)


def _interleave(first: Array, second: Array, axis: int) -> Array:
    shape = list(first.shape)
    shape[axis] *= 2
    return np.stack([first, second], axis=axis + 1).reshape(shape)


def _widen(plane: Array, down: int, across: int, fancy: bool) -> Array:
    """A coarse plane repeated, or mixed three to one with the nearer neighbours."""
    if fancy and (down, across) == (1, 2) and plane.shape[1] > 2:
        even = (3 * plane + _shifted(plane, 1, -1) + 1) >> 2
        odd = (3 * plane + _shifted(plane, 1, 1) + 2) >> 2
        return _interleave(even, odd, 1)
    if fancy and (down, across) == (2, 1):
        upper = (3 * plane + _shifted(plane, 0, -1) + 1) >> 2
        lower = (3 * plane + _shifted(plane, 0, 1) + 2) >> 2
        return _interleave(upper, lower, 0)
    if fancy and (down, across) == (2, 2) and plane.shape[1] > 2:
        upper, lower = (3 * plane + _shifted(plane, 0, step) for step in (-1, 1))
        tall = _interleave(upper, lower, 0)
        even = (3 * tall + _shifted(tall, 1, -1) + 8) >> 4
        odd = (3 * tall + _shifted(tall, 1, 1) + 7) >> 4
        return _interleave(even, odd, 1)
    return plane.repeat(down, axis=0).repeat(across, axis=1)


def _to_rgb(planes: list[Array]) -> Array:
    luma, blue, red = planes[0], planes[1] - 128, planes[2] - 128
    half = 1 << 15
    result = np.stack(
        [
            luma + ((91881 * red + half) >> 16),
            luma + ((-22554 * blue - 46802 * red + half) >> 16),
            luma + ((116130 * blue + half) >> 16),
        ],
        axis=-1,
    )
    return np.clip(result, 0, 255).astype(np.uint8)


def decode_jpeg_planes(data: bytes, channels: int, fast: bool, fancy: bool) -> Array:
    """[height, width, channels] uint8 of a JPEG file; `channels` 0 for as many as it has.

    Args:
        data: the file.
        channels: 0, 1 or 3.
        fast: the fast inverse transform instead of the accurate one.
        fancy: whether coarse colour planes are smoothed.

    Raises:
        InvalidArgumentError: the file is broken or incomplete.
        UnimplementedError: a kind of JPEG that is rare: arithmetic coding, 12 bits, four inks.
    """
    try:
        file = _Jpeg(data)
        channels = channels or len(file.components)
        wanted = file.components
        if channels == 1 and not file.is_rgb():
            wanted = wanted[:1]
        planes = [_plane(file, component, fast, fancy) for component in wanted]
    except (IndexError, KeyError, ValueError, TypeError, struct.error) as error:
        if isinstance(error, InvalidArgumentError):
            raise
        message: Any = f"contents must be a whole JPEG file: {error}"
        raise InvalidArgumentError(message) from error
    if not planes:
        raise InvalidArgumentError("contents must be a JPEG file with a frame header")
    if len(planes) == 1:
        return planes[0].astype(np.uint8)[..., None].repeat(channels, axis=-1)
    if not file.is_rgb():
        return _to_rgb(planes)
    rgb = np.stack(planes, axis=-1)
    if channels == 1:
        grey = (rgb * np.array([19595, 38470, 7471])).sum(axis=-1, keepdims=True) + (1 << 15)
        return (grey >> 16).astype(np.uint8)
    return rgb.astype(np.uint8)


def _plane(file: _Jpeg, component: Component, fast: bool, fancy: bool) -> Array:
    """[height, width] samples of one colour of the whole image."""
    coefficients = np.array(component.coefficients, np.int32).reshape(-1, 64)
    samples = _inverse_transform(coefficients, file.quantizers[component.quantizer], fast)
    rows, columns = component.blocks
    plane = samples.reshape(rows, columns, 8, 8).swapaxes(1, 2).reshape(8 * rows, 8 * columns)
    height, width = component.size
    wide = _widen(plane[:height, :width], *component.expand, fancy)
    return wide[: file.height, : file.width]
