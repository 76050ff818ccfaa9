"""Tensors as TensorFlow shows them: `[[1 2]\\n [3 4]]`.

Source: core/framework/tensor.cc:SummarizeValue, core/platform/numbers.cc.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.dtypes import DType, bits, to_float

__all__ = ["escape", "shortest_double", "shortest_float", "summarize_value"]

Array = NDArray[Any]

_NAMED = {10: b"\\n", 13: b"\\r", 9: b"\\t", 34: b'\\"', 39: b"\\'", 92: b"\\\\"}
_UNSAFE = re.compile(rb"[\x00-\x1f\"'\\\x7f]")


def escape(string: bytes) -> bytes:
    """`string` with C escapes for quotes and ASCII control characters; other bytes stay."""
    return _UNSAFE.sub(lambda match: _escape(match[0][0]), string)


def _escape(byte: int) -> bytes:
    return _NAMED.get(byte) or b"\\%03o" % byte


def shortest_float(value: float) -> bytes:
    """A float32 in 6 digits where they are enough to read it back, else 9."""
    if not math.isfinite(value):
        return _special(value)
    text = f"{value:.6g}"
    try:
        back = struct.unpack("f", struct.pack("f", float(text)))[0]
    except OverflowError:
        back = math.inf
    return (text if back == value else f"{value:.9g}").encode()


def shortest_double(value: float) -> bytes:
    """A float64 in 15 digits where they are enough to read it back, else 17."""
    if not math.isfinite(value):
        return _special(value)
    text = f"{value:.15g}"
    return (text if float(text) == value else f"{value:.17g}").encode()


def _special(value: float) -> bytes:
    sign = b"-" if math.copysign(1, value) < 0 else b""
    return sign + (b"nan" if math.isnan(value) else b"inf")


def _quote(string: bytes) -> bytes:
    return b'"%s"' % escape(string)


def _integer(value: int) -> bytes:
    return b"%d" % value


def summarize_value(value: Array, dtype: DType, limit: int) -> bytes:
    """The summary of a tensor: `limit` elements at both ends of each axis, all if negative."""
    values = np.asarray(value)
    count = values.size if limit < 0 else min(limit, values.size)
    show: Callable[[Any], bytes]
    if dtype.name == "string":
        show = _quote
    elif dtype.name == "float64":
        show = shortest_double
    elif dtype.is_floating:
        values, show = to_float(values), shortest_float
    elif dtype.is_integer or dtype.is_bool or dtype.is_quantized:
        values, show = bits(values), _integer
    else:
        return _opaque(values, count)
    if values.ndim == 0:
        return show(values.item()) if count else b"..."
    parts: list[bytes] = []
    _summarize(values, 0, values.size if limit < 0 else count, show, parts)
    return b"".join(parts)


def _opaque(values: Array, count: int) -> bytes:
    """Types whose elements TensorFlow does not print."""
    shown = b" ".join([b"?"] * count) + (b"..." if count < values.size else b"")
    return b"[" + shown + b"]" if values.ndim else shown


def _summarize(
    values: Array, axis: int, ends: int, show: Callable[[Any], bytes], parts: list[bytes]
) -> None:
    rank = axis + values.ndim
    gap = b" " if values.ndim == 1 else b"\n" * (rank - axis - 1) + b" " * (axis + 1)
    parts.append(b"[")
    length = len(values)
    places: list[int | None] = list(range(min(ends, length)))
    if length > 2 * ends:
        places.append(None)
    places += range(max(ends, length - ends), length)
    for number, place in enumerate(places):
        if number or place is None:
            parts.append(gap)
        if place is None:
            parts.append(b"...")
        elif values.ndim == 1:
            parts.append(show(values[place].item() if values.dtype != object else values[place]))
        else:
            _summarize(values[place], axis + 1, ends, show, parts)
    parts.append(b"]")
