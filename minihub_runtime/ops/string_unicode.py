"""Transcoding, code points, and scripts.

Differs: encodings besides Unicode, ASCII, ISO 8859, Windows 125x, the usual IBM PC ones, KOI8, Mac and the double-byte
ones of East Asia raise UnimplementedError; the last have no user-defined characters. Each string of UTF-16 or UTF-32
tells its own byte order; TensorFlow may go on with that of the string before.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.dtypes import DType
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.registry import INDEX, Array, op
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import Shape, Spec, concrete, merge, size
from minihub_runtime.text.arrays import flat_strings, string_array
from minihub_runtime.text.code_points import LAST
from minihub_runtime.text.encodings import check_encoding, decode, encode, is_utf8
from minihub_runtime.text.unicode_tables import script_codes

Errors = Literal["strict", "replace", "ignore"]
OutputEncoding = Literal["UTF-8", "UTF-16-BE", "UTF-32-BE"]


def _check_replacement(replacement_char: int) -> None:
    require(
        0 <= replacement_char <= LAST,
        f"replacement_char must lie in [0, {LAST}], not {replacement_char}",
    )


@op(
    "UnicodeTranscode(input: string) -> output: string",
    source="core/kernels/unicode_ops.cc",
    shape=same,
)
def unicode_transcode(
    input: Array,
    *,
    input_encoding: str,
    output_encoding: OutputEncoding,
    errors: Errors = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
) -> Array:
    """Strings in another encoding; wrong bytes, and U+0000 to U+001F if asked for, replaced, dropped or refused.

    Raises: InvalidArgumentError for an unknown encoding, or in mode `strict` for anything to replace.
    """
    _check_replacement(replacement_char)
    check_encoding(input_encoding)
    strings = flat_strings(input)
    plain = output_encoding == "UTF-8" and not replace_control_characters
    if plain and is_utf8(strings, input_encoding):
        return input.copy()
    codes, _, wrong, counts = decode(strings, input_encoding)
    if replace_control_characters:
        wrong = wrong | (codes <= 0x1F)
    if wrong.any():
        require(errors != "strict", "input must be well-formed in mode 'strict', and it is not")
        codes, counts = _replace(codes, wrong, counts, errors, replacement_char)
    return string_array(encode(codes, counts.tolist(), output_encoding), input.shape)


def _replace(
    codes: NDArray[np.int32],
    wrong: NDArray[np.bool_],
    counts: NDArray[np.int64],
    errors: str,
    replacement_char: int,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Code points and their counts with the wrong ones replaced or dropped."""
    if errors != "ignore":
        return np.where(wrong, np.int32(replacement_char), codes), counts
    kept = np.concatenate([[0], np.cumsum(~wrong)])
    ends = np.concatenate([[0], np.cumsum(counts)])
    return codes[~wrong], np.diff(kept[ends])


def _decode(
    input: Array,
    input_encoding: str,
    errors: str,
    replacement_char: int,
    replace_control_characters: bool,
    splits: DType,
) -> tuple[Array, Array, Array]:
    """Row splits, code points, and where in its string each begins."""
    _check_replacement(replacement_char)
    check_encoding(input_encoding)
    codes, sizes, wrong, counts = decode(flat_strings(input), input_encoding)
    require(
        errors != "strict" or not wrong.any(),
        "input must be well-formed in mode 'strict', and it is not",
    )
    ends = np.cumsum(sizes)
    firsts = np.concatenate([[0], np.cumsum(counts)])[:-1]
    before = np.concatenate([[0], ends])[firsts]
    starts = ends - sizes - np.repeat(before, counts)
    if replace_control_characters:
        wrong = wrong | (codes <= 0x1F)
    if wrong.any():
        codes, counts = _replace(codes, wrong, counts, errors, replacement_char)
        if errors == "ignore":
            starts = starts[~wrong]
    row_splits = np.zeros(counts.size + 1, dtype=splits.numpy)
    np.cumsum(counts, out=row_splits[1:])
    return row_splits, codes, starts.astype(np.int64)


def _decode_shape(input: Spec) -> list[Shape]:
    known = concrete(input.shape)
    return [(None if known is None else size(known) + 1,), (None,)]


@op(
    "UnicodeDecode(input: string) -> row_splits: Tsplits, char_values: int32",
    Tsplits=INDEX.default_to("int64"),
    source="core/kernels/unicode_ops.cc",
    shape=_decode_shape,
)
def unicode_decode(
    input: Array,
    *,
    Tsplits: DType,
    input_encoding: str,
    errors: Errors = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
) -> tuple[Array, Array]:
    """The code points of each string, as a ragged tensor over the flat input.

    Raises: InvalidArgumentError for an unknown encoding, or in mode `strict` for wrong bytes.
    """
    return _decode(
        input,
        input_encoding,
        errors,
        replacement_char,
        replace_control_characters,
        Tsplits,
    )[:2]


@op(
    "UnicodeDecodeWithOffsets(input: string)"
    " -> row_splits: Tsplits, char_values: int32, char_to_byte_starts: int64",
    Tsplits=INDEX.default_to("int64"),
    source="core/kernels/unicode_ops.cc",
)
def unicode_decode_with_offsets(
    input: Array,
    *,
    Tsplits: DType,
    input_encoding: str,
    errors: Errors = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
) -> tuple[Array, Array, Array]:
    """As UnicodeDecode, and the byte of its string where each code point begins."""
    return _decode(
        input,
        input_encoding,
        errors,
        replacement_char,
        replace_control_characters,
        Tsplits,
    )


@unicode_decode_with_offsets.shape
def _unicode_decode_with_offsets_shape(input: Spec) -> list[Shape]:
    return [*_decode_shape(input), (None,)]


@op(
    "UnicodeEncode(input_values: int32, input_splits: Tsplits) -> output: string",
    Tsplits=INDEX.default_to("int64"),
    source="core/kernels/unicode_ops.cc",
)
def unicode_encode(
    input_values: Array,
    input_splits: Array,
    *,
    errors: Errors = "replace",
    output_encoding: OutputEncoding,
    replacement_char: int = 65533,
) -> Array:
    """Strings from a ragged tensor of code points; surrogates and noncharacters are replaced, or refused.

    Shapes: `[k]`, `[n + 1]` -> `[n]`. In mode `ignore` only what lies outside of Unicode is dropped, as in
    TensorFlow; the rest stays.
    Raises: InvalidArgumentError for splits that do not rise from 0 to k, or in mode `strict` for such code points.
    """
    _check_replacement(replacement_char)
    require_rank(input_values, 1, "input_values")
    require_rank(input_splits, 1, "input_splits")
    splits = input_splits.astype(np.int64)
    require(splits.size > 0, "input_splits must not be empty")
    counts = np.diff(splits)
    require(
        splits[0] == 0 and splits[-1] == input_values.size and (counts >= 0).all(),
        f"input_splits must rise from 0 to the number of input_values, {input_values.size}",
    )
    codes = input_values
    outside = (codes < 0) | (codes > LAST)
    if errors == "ignore":
        if outside.any():
            codes, counts = _replace(codes, outside, counts, errors, replacement_char)
    else:
        odd = outside | ((codes & 0xFFFE) == 0xFFFE)
        for low, high in ((0xD800, 0xDFFF), (0xFDD0, 0xFDEF)):
            odd |= (codes >= low) & (codes <= high)
        if odd.any():
            require(
                errors == "replace",
                "input_values must be Unicode characters in mode 'strict', "
                f"not {int(codes[odd.argmax()])}",
            )
            codes = np.where(odd, np.int32(replacement_char), codes)
    return string_array(encode(codes, counts.tolist(), output_encoding), [counts.size])


@unicode_encode.shape
def _unicode_encode_shape(input_values: Spec, input_splits: Spec) -> Shape:
    merge(input_values.shape, (None,))
    splits = merge(input_splits.shape, (None,))
    count = splits[0] if splits else None
    require(count != 0, "input_splits must not be empty")
    return (None if count is None else count - 1,)


@op(
    "UnicodeScript(input: int32) -> output: int32",
    source="core/kernels/unicode_script_op.cc",
    shape=same,
)
def unicode_script(input: Array) -> Array:
    """ICU's number of the script of each code point, by Unicode 13; -1 for what is no code point."""
    starts, codes = script_codes()
    found = codes[np.searchsorted(starts, input, side="right") - 1]
    return np.where((input < 0) | (input > LAST), np.int32(-1), found).astype(np.int32)
