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
        value: an array; of anything else, such as a table, only the type is told.

    Returns:
        `dtype`, `shape`, `elements` (the first ones), `truncated`; for numbers also `range` (least, greatest), `mean`, `deviation`,
        `zeros` (part of all), `not_finite` (how many), `bars` (how many numbers lie in each of the equal parts of the range);
        where it can be seen as pictures, `pictures`.
    """
    if not isinstance(value, np.ndarray):
        return {"dtype": type(value).__name__.lstrip("_")}
    told: dict[str, Any] = {"dtype": _name(value.dtype), "shape": [int(n) for n in value.shape]}
    if value.dtype == object and not all(isinstance(v, bytes) for v in value.ravel()[:1]):
        return told
    told["elements"] = [_element(v) for v in to_float(value.ravel()[:_ELEMENTS])]
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


def _element(value: Any) -> Any:
    if isinstance(value, bytes):
        text = value.decode("utf-8", "backslashreplace")
        return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
    if isinstance(value, (np.bool_, np.integer)):
        return value.item()
    return f"{value:.6g}" if isinstance(value, np.floating) else str(value)


def _spread(numbers: _Array) -> dict[str, Any]:
    """How numbers are spread."""
    flat = numbers.ravel()

    def finite() -> Iterator[_Array]:
        for at in range(0, flat.size, _PART):
            part = flat[at : at + _PART].astype(np.float64)
            yield part[np.isfinite(part)]

    count = sum(part.size for part in finite())
    zeros = sum(np.count_nonzero(part == 0) for part in finite())
    told: dict[str, Any] = {"zeros": zeros / flat.size, "not_finite": flat.size - count}
    if count:
        least = min(float(part.min(initial=math.inf)) for part in finite())
        most = max(float(part.max(initial=-math.inf)) for part in finite())
        # The greatest numbers have no sum.
        mean = sum(float(np.sum(part / count)) for part in finite())
        told["range"], told["mean"], told["deviation"] = [least, most], mean, None
        if most - least < 1e100:
            squares = sum(float(np.sum((part - mean) ** 2)) for part in finite())
            told["deviation"] = math.sqrt(squares / count)
        # Neighbouring numbers leave no room for bars between them.
        if most - least < math.inf and np.all(np.diff(np.linspace(least, most, _BARS + 1)) > 0):
            bars = [np.histogram(part, _BARS, (least, most))[0] for part in finite()]
            told["bars"] = np.sum(bars, axis=0).tolist()
    return told


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
