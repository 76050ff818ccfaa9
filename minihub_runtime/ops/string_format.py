"""Numbers as text, templates, and n-grams."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import ResourceExhaustedError
from minihub_runtime.ops.checking import MEMORY_LIMIT, require, require_rank
from minihub_runtime.ops.registry import (
    ANY_LIST,
    INDEX,
    Array,
    at_least,
    op,
    types,
    without_gradient,
)
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import Shape, Spec, merge, size
from minihub_runtime.text.arrays import as_bytes, flat_strings, string_array
from minihub_runtime.text.printing import summarize_value

_FLOATING = frozenset(["float16", "bfloat16", "float32", "float64", "complex64", "complex128"])


@op(
    "AsString(input: T) -> output: string",
    T=types(
        "float32 float64 int32 uint8 int16 int8 int64 bfloat16 uint16 float16 uint32 uint64 "
        "complex64 complex128 bool variant string"
    ),
    source="core/kernels/as_string_op.cc",
    shape=same,
)
def as_string(
    input: Array,
    *,
    T: DType,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
) -> Array:
    """Each element as C's printf writes it with the flag `fill`, `width`, `precision` and %f, %e or %g; %d or %s.

    Bool is `true` and `false` whatever the attributes say; a complex number `(re,im)`. Strings stay as they are
    unless `width` is positive, and then end at a NUL.
    Raises: InvalidArgumentError for float attributes with another dtype, another flag than ` +-0#`.
    Differs: ResourceExhaustedError where `width` and `precision` would make more than MEMORY_LIMIT bytes.
    """
    name = T.name
    if name not in _FLOATING and name != "string":
        require(not (scientific or shortest), f"scientific and shortest must be false for {name}")
        require(precision < 0, f"precision must be negative for {name}, not {precision}")
    require(not (scientific and shortest), "scientific and shortest must not both be true")
    flag = as_bytes(fill).decode("latin-1")
    require(
        len(flag) <= 1 and flag in " +-0#",
        f"attribute 'fill' must be '' or one of ' ', '+', '-', '0', '#', not {fill!r}",
    )
    require(name != "variant", "input must have numbers, bools or strings, not variants")
    if size(input.shape) * max(width, precision, 0) > MEMORY_LIMIT:
        raise ResourceExhaustedError(
            f"width and precision must leave {input.size} strings below {MEMORY_LIMIT} bytes, "
            f"not be {width} and {precision}"
        )
    if name == "bool":
        words = (b"false", b"true")
        return string_array([words[value] for value in input.reshape(-1).tolist()], input.shape)
    length = str(width) if width >= 0 else ""
    digits = f".{precision}" if precision >= 0 else ""
    if name == "string":
        if width <= 0:
            return input.copy()
        end = precision if precision >= 0 else None
        align = bytes.ljust if flag == "-" else bytes.rjust
        cut = (s.split(b"\0", 1)[0][:end] for s in flat_strings(input))
        return string_array([align(s, width) for s in cut], input.shape)
    if name not in _FLOATING:
        # C has no sign to show for unsigned numbers.
        if input.dtype.kind == "u" and flag in ("+", " "):
            flag = ""
        return _print(f"%{flag}{length}d", input.reshape(-1).tolist(), input.shape)
    letter = "g" if shortest else "e" if scientific else "f"
    values = dtypes.to_float(input).reshape(-1)
    if values.dtype.kind == "c":
        values = np.ascontiguousarray(values).view(values.real.dtype)
    texts = _print_floats(flag, length, f"{digits}{letter}", values)
    if T.is_complex:
        texts = [b"(%s,%s)" % pair for pair in zip(texts[::2], texts[1::2])]
    return string_array(texts, input.shape)


def _print(form: str, values: Sequence[Any], shape: Sequence[int]) -> Array:
    # One long format is several times as fast as one per number.
    text = (form + "\n") * len(values) % tuple(values)
    return string_array(text.encode().split(b"\n")[:-1], shape)


def _print_floats(flag: str, length: str, rest: str, values: Array) -> list[bytes]:
    numbers = values.tolist()
    texts: list[bytes] = flat_strings(_print(f"%{flag}{length}{rest}", numbers, [len(numbers)]))
    finite = np.isfinite(values)
    if not finite.all():
        # Python hides the sign of NaN and fills up infinities with zeros; C does neither.
        negative = np.signbit(values)
        plain = "" if flag in ("0", "#") else flag
        width = int(length or "0")
        for place in np.flatnonzero(~finite).tolist():
            word = "nan" if math.isnan(numbers[place]) else "inf"
            sign = "-" if negative[place] else plain if plain in ("+", " ") else ""
            text = (sign + word).encode()
            texts[place] = text.ljust(width) if flag == "-" else text.rjust(width)
    return texts


@op(
    "StringFormat(inputs: T) -> output: string",
    T=ANY_LIST,
    source="core/kernels/string_format_op.cc",
)
def string_format(
    inputs: Sequence[Array],
    *,
    T: list[DType],
    template: str = "%s",
    placeholder: str = "%s",
    summarize: int = 3,
) -> Array:
    """`template` with each `placeholder` replaced by the summary of one input, in order.

    A summary shows `summarize` elements at both ends of each axis, all if negative. As in TensorFlow, a piece of the
    template ends at its first NUL. Raises: InvalidArgumentError unless there are as many inputs as placeholders.
    """
    pieces = [piece.split(b"\0", 1)[0] for piece in _pieces(template, placeholder, len(inputs))]
    result = [pieces[0]]
    for value, dtype, piece in zip(inputs, T, pieces[1:]):
        result += [summarize_value(value, dtype, summarize), piece]
    return string_array([b"".join(result)], ())


def _pieces(template: str, placeholder: str, count: int) -> list[bytes]:
    """What stands between the placeholders, of which there must be `count`."""
    text, mark = as_bytes(template), as_bytes(placeholder)
    # An empty mark cuts between all bytes.
    pieces = text.split(mark) if mark else [bytes([byte]) for byte in text] or [b""]
    if len(pieces) != count + 1:
        require(
            False, f"template must have one placeholder per input, {count}, not {len(pieces) - 1}"
        )
    return pieces


@string_format.shape
def string_format_shape(inputs: Sequence[Spec], template: str, placeholder: str) -> Shape:
    """A scalar."""
    _pieces(template, placeholder, len(inputs))
    return ()


@op(
    "StringNGrams(data: string, data_splits: Tsplits) -> ngrams: string, ngrams_splits: Tsplits",
    ngram_widths=at_least(0),
    Tsplits=INDEX.default_to("int64"),
    source="core/kernels/string_ngrams_op.cc",
)
def string_ngrams(
    data: Array,
    data_splits: Array,
    *,
    separator: str,
    ngram_widths: list[int],
    left_pad: str,
    right_pad: str,
    pad_width: int,
    preserve_short_sequences: bool,
) -> tuple[Array, Array]:
    """All runs of `ngram_widths` neighbours of each row of a ragged tensor, joined, row by row and width by width.

    Rows are padded with min(`pad_width`, width - 1) pads at both ends, width - 1 if negative.
    Raises: InvalidArgumentError for a width < 1, or splits that do not run from 0 up to the size of `data`.
    """
    if min(ngram_widths, default=1) < 1:
        require(False, f"ngram_widths must be positive, not {ngram_widths}")
    require_rank(data, 1, "data")
    require_rank(data_splits, 1, "data_splits")
    splits = data_splits.tolist()
    strings = flat_strings(data)
    _check_splits(splits, len(strings))
    if not strings or not splits:
        nothing = np.full(data.shape, b"", dtype=object)
        return nothing, np.zeros_like(data_splits)
    _check_size(splits, ngram_widths, pad_width)
    sep, left, right = as_bytes(separator), as_bytes(left_pad), as_bytes(right_pad)
    pads = [(w, w - 1 if pad_width < 0 else min(pad_width, w - 1)) for w in ngram_widths]
    result: list[bytes] = []
    ends = [0]
    for begin, end in itertools.pairwise(splits):
        row = strings[begin:end]
        before = len(result)
        for width, pad in pads:
            padded = [left] * pad + row + [right] * pad if pad else row
            if width == 1:
                result += padded
            elif width == 2:
                result += map(sep.join, itertools.pairwise(padded))
            else:
                places = range(len(padded) - width + 1)
                result += [sep.join(padded[place : place + width]) for place in places]
        if preserve_short_sequences and row and len(result) == before:
            if pad_width < 0:
                require(
                    False,
                    "pad_width must be >= 0 to preserve short sequences without ngram_widths, "
                    f"not {pad_width}",
                )
            result.append(sep.join([left] * pad_width + row + [right] * pad_width))
        ends.append(len(result))
    return string_array(result, [len(result)]), np.array(ends, dtype=data_splits.dtype)


def _check_splits(splits: list[int], limit: int) -> None:
    if not splits:
        return
    require(splits[0] == 0, f"data_splits must begin with 0, not {splits[0]}")
    for before, split in itertools.pairwise(splits):
        if not before <= split <= limit:
            require(False, f"data_splits must lie in [{before}, {limit}] there, not be {split}")
    require(
        splits[-1] == limit,
        f"data_splits must end with the size of data, {limit}, not {splits[-1]}",
    )


def _check_size(splits: list[int], widths: list[int], pad_width: int) -> None:
    """Raise where the padding alone takes too much memory: a string is joined from `width` pieces."""
    pieces = 0
    for width in widths:
        pad = width - 1 if pad_width < 0 else min(pad_width, width - 1)
        for begin, end in itertools.pairwise(splits):
            pieces += max(0, end - begin + 2 * pad - width + 1) * width
    pieces += 2 * max(pad_width, 0) * len(splits)
    if pieces * 8 > MEMORY_LIMIT:
        raise ResourceExhaustedError(
            f"n-grams must have at most {MEMORY_LIMIT // 8} pieces together, not {pieces}"
        )


@string_ngrams.shape
def _string_ngrams_shape(data: Spec, data_splits: Spec) -> list[Shape]:
    merge(data.shape, (None,))
    return [(None,), merge(data_splits.shape, (None,))]


without_gradient("AsString")
