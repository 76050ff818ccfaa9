"""`tf.compat`: text and bytes, kinds of numbers, dimensions in both their forms.

Source: tensorflow/python/util/compat.py, tensorflow/python/compat/compat.py, tensorflow/python/framework/tensor_shape.py.
"""

from __future__ import annotations

import codecs
import datetime
import numbers
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minihub_runtime.api.tensor_shape import Dimension, TensorShape
from minihub_runtime.public import public

__all__ = [
    "as_bytes",
    "as_str_any",
    "as_text",
    "bytes_or_text_types",
    "complex_types",
    "dimension_at_index",
    "dimension_value",
    "forward_compatibility_horizon",
    "forward_compatible",
    "integral_types",
    "path_to_str",
    "real_types",
]

integral_types = public("compat.integral_types")((numbers.Integral, np.integer))
real_types = public("compat.real_types")((numbers.Real, np.integer, np.floating))
complex_types = public("compat.complex_types")((numbers.Complex, np.number))
bytes_or_text_types = public("compat.bytes_or_text_types")((bytes, str))

#: What TensorFlow 2.15.1 had before this day may be used.
_RELEASED = datetime.date(2023, 10, 10)
_horizon = _RELEASED


@public("compat.as_bytes")
def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Bytes: text encoded, bytes as they are.

    Raises:
        TypeError: it is neither.
        LookupError: there is no such encoding.
    """
    encoding = codecs.lookup(encoding).name
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, (bytes, bytearray)):
        return bytes(bytes_or_text)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@public("compat.as_text", "compat.as_str")
def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Text: bytes decoded, text as it is.

    Raises:
        TypeError: it is neither.
        LookupError: there is no such encoding.
    """
    encoding = codecs.lookup(encoding).name
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@public("compat.as_str_any")
def as_str_any(value: Any, encoding: str = "utf-8") -> str:
    """Bytes decoded, anything else by `str`."""
    return as_text(value, encoding) if isinstance(value, bytes) else str(value)


@public("compat.path_to_str")
def path_to_str(path: Any) -> Any:
    """A path object as text, anything else as it is."""
    return as_str_any(path.__fspath__()) if hasattr(path, "__fspath__") else path


@public("compat.dimension_value", "dimension_value")
def dimension_value(dimension: Any) -> int | None:
    """The size of a Dimension, or the integer or None that is one already."""
    if isinstance(dimension, Dimension):
        return dimension.value
    size: int | None = dimension
    return size


@public("compat.dimension_at_index", "dimension_at_index")
def dimension_at_index(shape: TensorShape, index: int) -> Dimension:
    """The dimension of a shape at an index, unknown if the rank is."""
    return Dimension(None) if shape.ndims is None else Dimension(shape[index])


@public("compat.forward_compatible")
def forward_compatible(year: int, month: int, day: int) -> bool:
    """Whether ops and attributes that TensorFlow added on that day may be used."""
    return datetime.date(year, month, day) < _horizon


@public("compat.forward_compatibility_horizon")
@contextmanager
def forward_compatibility_horizon(year: int, month: int, day: int) -> Iterator[None]:
    """A context in which a later day counts for `forward_compatible`; an earlier one changes nothing."""
    global _horizon
    before = _horizon
    _horizon = max(_RELEASED, datetime.date(year, month, day))
    try:
        yield
    finally:
        _horizon = before
