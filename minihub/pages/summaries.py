"""What there is to see of a tensor: type, shape, some elements, how its numbers are spread, and pictures of it."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.dtypes import as_dtype, to_float

__all__ = ["summarize"]

_Array: TypeAlias = NDArray[Any]

#: Elements that are shown, and letters of each.
_ELEMENTS, _LETTERS = 12, 80
_BARS = 32
#: Numbers that are looked at together.
_PART = 1 << 18
#: Pictures of a tensor, and how wide and high they are at most.
_PICTURES, _SIDE, _COLOURED_SIDE = 12, 32, 112
#: What is too small for a picture says more as numbers.
_SMALLEST = 3


def summarize(value: Any) -> dict[str, Any]:
    """What a page tells of a value.

    Args:
        value: an array; of anything else, such as a table, only the type is told, and of variants also the shape.

    Returns:
        `dtype`, `shape`, `elements` (the first ones), `truncated`; for numbers also `range` (least, greatest), `mean`, `deviation`,
        `zeros` (part of all), `not_finite` (how many), `bars` (how many numbers lie in each of the equal parts of the range);
        where it can be seen as pictures, `pictures`.
    """
    if not isinstance(value, np.ndarray):
        return {"dtype": type(value).__name__.lstrip("_")}
    told: dict[str, Any] = {"dtype": _name(value.dtype), "shape": [int(n) for n in value.shape]}
    if value.dtype == object and not all(isinstance(v, bytes) for v in value.flat[:1]):
        return {**told, "dtype": "variant"}
    told["elements"] = _elements(to_float(value.flat[:_ELEMENTS]))
    told["truncated"] = value.size > _ELEMENTS
    if value.dtype == object or not value.size:
        return told
    numbers = to_float(value)
    if numbers.dtype.kind not in "fiub":
        return told
    told.update(_spread(numbers))
    if "range" in told and (pictures := _pictures(numbers)) is not None:
        told["pictures"] = pictures
    return told


def _name(dtype: np.dtype[Any]) -> str:
    try:
        return as_dtype(dtype).name
    except TypeError:
        return str(dtype)


def _elements(values: _Array) -> list[Any]:
    if values.dtype.kind == "f":
        return [f"{value:.6g}" for value in values.tolist()]
    if values.dtype.kind in "iub":
        listed: list[Any] = values.tolist()
        return listed
    return [_text(value) for value in values]


def _text(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(value)
    text = value.decode("utf-8", "backslashreplace")
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"


def _spread(numbers: _Array) -> dict[str, Any]:
    """How numbers are spread."""
    flat = numbers.ravel("K")
    # Graphs may have tens of thousands of small tensors, whose only part is kept for the second look.
    kept = [*_finite(flat)] if flat.size <= _PART else None
    count, zeros, mean, squares = 0, 0, 0.0, 0.0
    least, most = math.inf, -math.inf
    for part in kept or _finite(flat):
        if not part.size:
            continue
        zeros += part.size - int(np.count_nonzero(part))
        low, high = float(part.min()), float(part.max())
        least, most = min(least, low), max(most, high)
        before, count = count, count + part.size
        # The greatest numbers have no sum, and that of their parts may be rounded beyond them.
        own = min(max(float(np.add.reduce(part / part.size)), low), high)
        away, apart = part - own, own - mean
        # What parts tell is put together as Chan, Golub and LeVeque do.
        squares += float(np.dot(away, away)) + apart * apart * part.size * (before / count)
        mean = mean * (before / count) + own * (part.size / count)
    told: dict[str, Any] = {"zeros": zeros / flat.size, "not_finite": flat.size - count}
    if not count:
        return told
    width = most - least
    told["range"], told["mean"] = [least, most], _rounded(mean)
    # Squares of the greatest numbers are none.
    told["deviation"] = _rounded(math.sqrt(squares / count)) if squares < math.inf else None
    # Neighbouring numbers leave no room for bars between them.
    if math.ulp(max(abs(least), abs(most))) < width / _BARS < math.inf:
        bars = np.zeros(_BARS, np.intp)
        for part in kept or _finite(flat):
            places = ((part - least) / width * _BARS).astype(np.intp)
            bars += np.bincount(np.minimum(places, _BARS - 1), minlength=_BARS)
        told["bars"] = bars.tolist()
    return told


def _rounded(value: float) -> float:
    return float(f"{value:.7g}")


def _finite(flat: _Array) -> Iterator[_Array]:
    """The numbers that are finite, part by part."""
    for at in range(0, flat.size, _PART):
        part = flat[at : at + _PART].astype(np.float64)
        finite = np.isfinite(part)
        yield part if finite.all() else part[finite]


def _pictures(numbers: _Array) -> dict[str, Any] | None:
    """The first example as pictures, in shades from the least to the greatest number of all.

    Returns:
        `count` (pictures that there are), `height`, `width`, `channels` (3 for colours), `shades` (bytes of all that are shown, one picture after
        another, in base64); None where there is nothing to see.
    """
    maps, channels = _maps(numbers)
    if maps is None or min(maps.shape[1:3]) < _SMALLEST:
        return None
    side = _COLOURED_SIDE if channels > 1 else _SIDE
    rows, columns = (max(1, -(-n // side)) for n in maps.shape[1:3])
    shown = maps[:_PICTURES, ::rows, ::columns].astype(np.float64)
    finite = np.isfinite(shown)
    if not finite.any():
        return None
    least, most = shown[finite].min(), shown[finite].max()
    if not 0 < most - least < math.inf:
        return None
    shades = np.nan_to_num((shown - least) / (most - least) * 255, nan=0, posinf=255, neginf=0)
    return {
        "count": len(maps),
        "height": shown.shape[1],
        "width": shown.shape[2],
        "channels": channels,
        "shades": base64.b64encode(shades.round().astype(np.uint8).tobytes()).decode("ascii"),
    }


def _maps(numbers: _Array) -> tuple[_Array | None, int]:
    """Pictures `[count, height, width]`, or with colours in the end, and how many channels they have."""
    shape = numbers.shape
    if len(shape) == 5:
        # The first frame stands for all.
        return _maps(numbers[:, 0])
    if len(shape) == 4 and shape[0]:
        first = numbers[0]
        if shape[3] == 3:
            return first[np.newaxis], 3
        # As many rows as columns after something else: weights of attention, or channels that come first.
        if shape[2] == shape[3] != shape[1]:
            return first, 1
        return np.moveaxis(first, 2, 0), 1
    if len(shape) == 3 and shape[0]:
        return numbers[:1], 1
    return None, 1
