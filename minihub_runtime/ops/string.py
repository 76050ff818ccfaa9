"""Joining, splitting, trimming, measuring and cutting strings, and base64."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from minihub_runtime.errors import InvalidArgumentError, OutOfRangeError, UnimplementedError
from minihub_runtime.ops.checking import (
    allocatable,
    indices_in_range,
    require,
    require_rank,
    require_scalar,
)
from minihub_runtime.ops.registry import INDEX, Array, at_least, op, without_gradient
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import Shape, Spec, broadcast, concrete, merge, show
from minihub_runtime.text.arrays import as_bytes, flat_strings, joined, string_array
from minihub_runtime.text.case import lower_utf8, upper_utf8

SPLIT_RESULT: list[Shape] = [(None, 2), (None,), (2,)]


@op(
    "StringJoin(inputs: N * string) -> output: string",
    N=at_least(0),
    source="core/kernels/string_join_op.cc",
)
def string_join(inputs: Sequence[Array], *, separator: str = "") -> Array:
    """The strings of all inputs at one place, with `separator` between.

    Shapes: scalars and tensors of one shape `s` -> `s`. Raises: InvalidArgumentError for two other shapes.
    """
    shapes = {array.shape for array in inputs if array.ndim}
    if len(shapes) > 1:
        found = " and ".join(str(list(shape)) for shape in sorted(shapes))
        require(False, f"inputs that are not scalars must have one shape, not {found}")
    shape = shapes.pop() if shapes else ()
    between = as_bytes(separator)
    if not shape:
        return string_array([between.join(array.item() for array in inputs)], shape)
    count = int(np.prod(shape))
    columns = [flat_strings(array) if array.ndim else [array.item()] * count for array in inputs]
    return string_array([between.join(row) for row in zip(*columns)], shape)


@string_join.shape
def _string_join_shape(inputs: list[Spec]) -> Shape:
    if all(spec.rank == 0 for spec in inputs):
        return ()
    shape: Shape = None
    for spec in inputs:
        if spec.rank:
            shape = merge(shape, spec.shape)
    return shape


@op(
    "ReduceJoin(inputs: string, reduction_indices: int32) -> output: string",
    source="core/kernels/reduce_join_op.cc",
)
def reduce_join(
    inputs: Array, reduction_indices: Array, *, keep_dims: bool = False, separator: str = ""
) -> Array:
    """The strings along some axes joined, the last named axis outermost; no axes leave everything as it is.

    Raises: OutOfRangeError for an axis outside [-rank, rank), InvalidArgumentError for one named twice.
    """
    axes = _reduced_axes(reduction_indices, inputs.ndim)
    kept = [axis for axis in range(inputs.ndim) if axis not in axes]
    shape = [inputs.shape[axis] for axis in kept]
    inner = int(np.prod([inputs.shape[axis] for axis in axes], dtype=np.int64))
    rows = inputs.transpose(kept + axes[::-1]).reshape(int(np.prod(shape, dtype=np.int64)), inner)
    if keep_dims:
        shape = [1 if axis in axes else n for axis, n in enumerate(inputs.shape)]
    return string_array(map(as_bytes(separator).join, rows.tolist()), shape)


def _reduced_axes(reduction_indices: Array, rank: int) -> list[int]:
    if reduction_indices.ndim > 1:
        require(
            False,
            f"reduction_indices must have rank <= 1, not shape {list(reduction_indices.shape)}",
        )
    axes: list[int] = []
    for axis in reduction_indices.reshape(-1).tolist():
        if not -rank <= axis < rank:
            raise OutOfRangeError(f"reduction_indices must lie in [{-rank}, {rank}), not {axis}")
        axes.append(axis % rank)
        require(axes.count(axes[-1]) == 1, f"reduction_indices must differ, not {axis} twice")
    return axes


@reduce_join.shape
def _reduce_join_shape(inputs: Spec, reduction_indices: Spec, keep_dims: bool) -> Shape:
    require(
        (reduction_indices.rank or 0) <= 1,
        f"reduction_indices must have rank <= 1, not shape {show(reduction_indices.shape)}",
    )
    if inputs.shape is None:
        return None
    if reduction_indices.value is None:
        return (None,) * len(inputs.shape) if keep_dims else None
    axes = _reduced_axes(reduction_indices.value, len(inputs.shape))
    if keep_dims:
        return tuple(1 if axis in axes else n for axis, n in enumerate(inputs.shape))
    return tuple(n for axis, n in enumerate(inputs.shape) if axis not in axes)


@op(
    "UnsortedSegmentJoin(inputs: string, segment_ids: Tindices, num_segments: Tnumsegments)"
    " -> output: string",
    Tindices=INDEX,
    Tnumsegments=INDEX.default_to("int32"),
    source="core/kernels/unsorted_segment_join_op.cc",
)
def unsorted_segment_join(
    inputs: Array, segment_ids: Array, num_segments: Array, *, separator: str = ""
) -> Array:
    """The strings of each segment joined in their order.

    Shapes: `s + t`, `s` of rank >= 1, `[]` -> `[num_segments] + t`. As in TensorFlow a separator stands only after
    something: empty strings at the begin of a segment leave none, and the separator ends at its first NUL.
    Raises: InvalidArgumentError for ids outside [0, num_segments), OutOfRangeError for ids of a higher rank.
    """
    require_scalar(num_segments, "num_segments")
    require(segment_ids.ndim > 0, "segment_ids must have rank >= 1, not 0")
    if segment_ids.ndim > inputs.ndim:
        raise OutOfRangeError(
            f"segment_ids must have rank <= {inputs.ndim}, that of inputs, not {segment_ids.ndim}"
        )
    rank = segment_ids.ndim
    if inputs.shape[:rank] != segment_ids.shape:
        require(
            False,
            f"inputs must begin with the shape of segment_ids, {list(segment_ids.shape)}, "
            f"not {list(inputs.shape)}",
        )
    count = int(num_segments)
    shape = allocatable((count, *inputs.shape[rank:]), object)
    indices_in_range(segment_ids, count, "segment_ids")
    inner = int(np.prod(shape[1:], dtype=np.int64))
    between = as_bytes(separator).split(b"\0")[0]
    parts: dict[int, list[bytes]] = {}
    ids = segment_ids.reshape(-1).tolist()
    for segment, row in zip(ids, inputs.reshape(len(ids), inner).tolist()):
        for place, string in enumerate(row, segment * inner):
            if string or place in parts:
                parts.setdefault(place, []).append(string)
    result = np.empty(count * inner, dtype=object)
    result.fill(b"")
    for place, strings in parts.items():
        result[place] = between.join(strings)
    return result.reshape(shape)


@unsorted_segment_join.shape
def _unsorted_segment_join_shape(inputs: Spec, segment_ids: Spec, num_segments: Spec) -> Shape:
    if num_segments.rank not in (None, 0):
        raise InvalidArgumentError(
            f"num_segments must be a scalar, not of shape {show(num_segments.shape)}"
        )
    if inputs.shape is None or segment_ids.shape is None:
        return None
    rank = len(segment_ids.shape)
    merge(inputs.shape[:rank], segment_ids.shape)
    first = None
    if num_segments.value is not None:
        first = int(num_segments.value)
        require(first >= 0, f"num_segments must be >= 0, not {first}")
    return (first, *inputs.shape[rank:])


def _sparse(rows: list[list[bytes]]) -> tuple[Array, Array, Array]:
    """The rows of a ragged list of strings as a sparse tensor."""
    if len(rows) == 1:
        indices = np.zeros((len(rows[0]), 2), dtype=np.int64)
        indices[:, 1] = np.arange(len(rows[0]))
        return indices, string_array(rows[0], [len(rows[0])]), np.array([1, len(rows[0])], np.int64)
    counts = np.fromiter(map(len, rows), np.int64, len(rows))
    total = int(counts.sum())
    starts = np.cumsum(counts) - counts
    indices = np.empty((total, 2), dtype=np.int64)
    indices[:, 0] = np.repeat(np.arange(len(rows)), counts)
    indices[:, 1] = np.arange(total) - np.repeat(starts, counts)
    values = string_array(list(itertools.chain.from_iterable(rows)), [total])
    return indices, values, np.array([len(rows), counts.max(initial=0)], dtype=np.int64)


@op(
    "StringSplit(input: string, delimiter: string) -> indices: int64, values: string, shape: int64",
    source="core/kernels/string_split_op.cc",
)
def string_split(
    input: Array, delimiter: Array, *, skip_empty: bool = True
) -> tuple[Array, Array, Array]:
    """Pieces between any of the bytes of `delimiter`; an empty delimiter makes every byte a piece.

    Shapes: `[n]`, `[]` -> `[k, 2], [k], [2]`, a sparse tensor. An empty string has no pieces, not even an empty one.
    """
    require_rank(input, 1, "input")
    require_scalar(delimiter, "delimiter")
    marks: bytes = delimiter.item()
    strings = input.tolist()
    if not marks:
        return _sparse([[s[i : i + 1] for i in range(len(s))] for s in strings])
    split: Callable[[bytes], list[bytes]]
    if len(marks) == 1:
        rows = [s.split(marks) if s else [] for s in strings]
    else:
        split = re.compile(b"[" + re.escape(marks) + b"]").split
        rows = [split(s) if s else [] for s in strings]
    if skip_empty:
        rows = [list(filter(None, row)) for row in rows]
    return _sparse(rows)


@string_split.shape
def _string_split_shape(input: Spec, delimiter: Spec) -> list[Shape]:
    merge(input.shape, (None,))
    merge(delimiter.shape, ())
    return list(SPLIT_RESULT)


@op(
    "StringSplitV2(input: string, sep: string) -> indices: int64, values: string, shape: int64",
    source="core/kernels/string_split_op.cc",
)
def string_split_v2(input: Array, sep: Array, *, maxsplit: int = -1) -> tuple[Array, Array, Array]:
    """Pieces between each `sep`, or between runs of white space where `sep` is empty, as Python's split does.

    Shapes: `[n]`, `[]` -> `[k, 2], [k], [2]`, a sparse tensor. Other than in Python, `maxsplit` = 0 keeps the string
    with all its blanks, and after the last split of white space the rest is a piece even if it is empty.
    """
    require_rank(input, 1, "input")
    require_scalar(sep, "sep")
    mark: bytes = sep.item()
    strings = input.tolist()
    if maxsplit == 0:
        return _sparse([[s] for s in strings])
    if mark:
        return _sparse([s.split(mark, maxsplit) for s in strings])
    rows = [s.split(None, maxsplit) for s in strings]
    if maxsplit > 0:
        for row in rows:
            if len(row) == maxsplit:
                row.append(b"")
    return _sparse(rows)


@string_split_v2.shape
def _string_split_v2_shape(input: Spec, sep: Spec) -> list[Shape]:
    merge(input.shape, (None,))
    merge(sep.shape, ())
    return list(SPLIT_RESULT)


@op(
    "StringStrip(input: string) -> output: string",
    source="core/kernels/string_strip_op.cc",
    shape=same,
)
def string_strip(input: Array) -> Array:
    """Strings without ASCII white space at both ends."""
    return string_array([s.strip() for s in flat_strings(input)], input.shape)


def _check_encoding(encoding: str) -> None:
    require(
        encoding in ("", "utf-8"), f"attribute 'encoding' must be '' or 'utf-8', not {encoding!r}"
    )


@op(
    "StringLower(input: string) -> output: string",
    source="core/kernels/string_lower_op.cc",
    shape=same,
)
def string_lower(input: Array, *, encoding: str = "") -> Array:
    """Lower case: of ASCII letters, or with `encoding` = "utf-8" of all letters, up to the first NUL."""
    _check_encoding(encoding)
    lower = lower_utf8 if encoding else bytes.lower
    return string_array(map(lower, flat_strings(input)), input.shape)


@op(
    "StringUpper(input: string) -> output: string",
    source="core/kernels/string_upper_op.cc",
    shape=same,
)
def string_upper(input: Array, *, encoding: str = "") -> Array:
    """Upper case: of ASCII letters, or with `encoding` = "utf-8" of all letters, up to the first NUL."""
    _check_encoding(encoding)
    upper = upper_utf8 if encoding else bytes.upper
    return string_array(map(upper, flat_strings(input)), input.shape)


@op(
    "StringLength(input: string) -> output: int32",
    source="core/kernels/string_length_op.cc",
    shape=same,
)
def string_length(input: Array, *, unit: Literal["BYTE", "UTF8_CHAR"] = "BYTE") -> Array:
    """Lengths in bytes, or in UTF-8 characters: the bytes that do not continue one."""
    strings = flat_strings(input)
    if unit == "BYTE":
        return np.fromiter(map(len, strings), np.int32, len(strings)).reshape(input.shape)
    data, offsets = joined(strings)
    before = np.zeros(len(data) + 1, dtype=np.int64)
    np.cumsum((data & 0xC0) != 0x80, out=before[1:])
    return np.diff(before[offsets]).astype(np.int32).reshape(input.shape)


@op(
    "Substr(input: string, pos: T, len: T) -> output: string",
    T=INDEX,
    source="core/kernels/substr_op.cc",
)
def substr(
    input: Array, pos: Array, len: Array, *, unit: Literal["BYTE", "UTF8_CHAR"] = "BYTE"
) -> Array:
    """`len` bytes or UTF-8 characters from `pos` on, which counts from the end if negative; less at the end.

    Shapes: `s`, `[]` or `s` twice -> `s`; else `s` and `t` broadcast, to rank 1 or 2. A negative `len` in bytes
    means all the rest, in characters nothing, and nothing at all after a negative `pos` is right.
    Raises: InvalidArgumentError for a `pos` outside the string, UnimplementedError for a higher rank.
    """
    if pos.shape != len.shape:
        require(
            False,
            f"pos and len must have one shape, not {list(pos.shape)} and {list(len.shape)}",
        )
    if pos.ndim and pos.shape != input.shape:
        input = _broadcast_strings(input, pos.shape)
    cut = _cut_bytes if unit == "BYTE" else _cut_characters
    strings = flat_strings(input)
    if pos.ndim == 0:
        at, count = int(pos), int(len)
        return string_array([cut(s, at, count) for s in strings], input.shape)
    places = np.broadcast_to(pos, input.shape).reshape(-1).tolist()
    counts = np.broadcast_to(len, input.shape).reshape(-1).tolist()
    return string_array(map(cut, strings, places, counts), input.shape)


def _broadcast_strings(strings: Array, shape: tuple[int, ...]) -> Array:
    result = concrete(broadcast(strings.shape, shape)) or ()
    if len(result) > 2:
        raise UnimplementedError(
            f"input, pos and len that broadcast must have rank <= 2, not shape {list(result)}"
        )
    return np.broadcast_to(strings, allocatable(result, object))


def _outside(pos: int, string: bytes) -> InvalidArgumentError:
    shown = string if len(string) <= 40 else string[:40] + b"..."
    return InvalidArgumentError(f"pos must lie inside of the string {shown!r}, not be {pos}")


def _cut_bytes(string: bytes, pos: int, count: int) -> bytes:
    size = len(string)
    start = pos + size if pos < 0 else pos
    if not 0 <= start <= size:
        raise _outside(pos, string)
    return string[start:] if count < 0 else string[start : start + count]


#: Any byte at the begin, then all that continue it: what TensorFlow counts as a character, well-formed or not.
_CHARACTER = rb"[\x00-\xff][\x80-\xbf]*"


def _cut_characters(string: bytes, pos: int, count: int) -> bytes:
    if string.isascii():
        starts: Sequence[int] = range(len(string) + 1)
    else:
        starts = [match.start() for match in re.finditer(_CHARACTER, string)]
        starts.append(len(string))
    size = len(starts) - 1
    if pos < 0:
        if -pos > size or count < 0:
            raise _outside(pos, string)
        pos += size
    if pos > size:
        raise _outside(pos, string)
    return string[starts[pos] : starts[min(pos + max(count, 0), size)]]


@substr.shape
def _substr_shape(input: Spec, pos: Spec, len: Spec) -> Shape:
    merge(pos.shape, len.shape)
    return broadcast(input.shape, pos.shape)


@op(
    "EncodeBase64(input: string) -> output: string",
    source="core/platform/base64.cc",
    shape=same,
)
def encode_base64(input: Array, *, pad: bool = False) -> Array:
    """Strings in web-safe base64, with `=` at the end only if `pad`."""
    coded = map(base64.urlsafe_b64encode, flat_strings(input))
    return string_array(coded if pad else [s.rstrip(b"=") for s in coded], input.shape)


_BASE64 = rb"[A-Za-z0-9_-]*"


@op(
    "DecodeBase64(input: string) -> output: string",
    source="core/platform/base64.cc",
    shape=same,
)
def decode_base64(input: Array) -> Array:
    """Strings out of web-safe base64; `=` may fill up the last four characters.

    Raises: InvalidArgumentError for other characters (also `+` and `/`), or a length of 1 modulo 4.
    """
    return string_array(map(_decode_base64, flat_strings(input)), input.shape)


def _decode_base64(string: bytes) -> bytes:
    if len(string) % 4 == 0 and string.endswith(b"="):
        string = string[:-2] if string.endswith(b"==") else string[:-1]
    if len(string) % 4 == 1:
        require(False, f"a base64 string's length must not be 1 modulo 4, as it is: {len(string)}")
    if re.fullmatch(_BASE64, string) is None:
        require(False, "a base64 string must have only A-Z, a-z, 0-9, '-' and '_' before padding")
    return base64.urlsafe_b64decode(string + b"=" * (-len(string) % 4))


without_gradient("DecodeBase64", "EncodeBase64", "ReduceJoin", "StringJoin", "StringSplit")
