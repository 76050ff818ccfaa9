"""Texts as code points and characters.

Source: tensorflow/python/ops/ragged/ragged_string_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.ragged.shaping import expand_dims
from minihub_runtime.api.ragged.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = [
    "unicode_decode",
    "unicode_decode_with_offsets",
    "unicode_encode",
    "unicode_split",
    "unicode_split_with_offsets",
]


@public("strings.unicode_encode")
def unicode_encode(
    input: Any,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> Any:
    """Texts of code points.

    Args:
        input: int32 `[..., characters]`, a tensor or a ragged one.
        output_encoding: `"UTF-8"`, `"UTF-16-BE"` or `"UTF-32-BE"`.
        errors: what happens with what is no code point: `"replace"`, `"ignore"` or `"strict"`.
        replacement_char: what it is replaced by.
        name: a name of the operations.

    Returns:
        string `[...]`.

    Raises:
        ValueError: the rank is 0 or not known.
    """
    how = (output_encoding, errors, replacement_char)
    with name_scope(name, "UnicodeEncode", [input]):
        points = convert_to_tensor_or_ragged_tensor(input)
        rank = points.shape.ndims
        if rank is None:
            raise ValueError("Rank of input_tensor must be statically known.")
        if isinstance(points, RaggedTensor):
            return _encode_rows(points, *how)
        if rank == 0:
            raise ValueError("input_tensor's rank must be at least 1.")
        if rank == 2:
            return unicode_encode(RaggedTensor.from_tensor(points), *how)
        if rank > 2:
            flat = reshape(points, stack([-1, shape(points)[-1]]))
            return reshape(unicode_encode(flat, *how), points.shape[:-1])
        ends = stack([0, shape(points, out_type=int32)[0]])
        row = RaggedTensor.from_row_splits(points, ends, validate=False)
        return reshape(unicode_encode(row, *how), [])


def _encode_rows(points: RaggedTensor, encoding: str, errors: str, replacement: int) -> Any:
    how = (encoding, errors, replacement)
    if points.flat_values.shape.ndims > 1:
        return points.with_flat_values(unicode_encode(points.flat_values, *how))
    if points.ragged_rank > 1:
        return points.with_values(unicode_encode(points.values, *how))
    return build(
        "UnicodeEncode",
        input_values=points.values,
        input_splits=points.row_splits,
        output_encoding=encoding,
        errors=errors,
        replacement_char=replacement,
    )


@public("strings.unicode_decode")
def unicode_decode(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """The code points of texts.

    Args:
        input: texts, a tensor or a ragged one.
        input_encoding: how they are encoded.
        errors: what happens with bytes that are no character: `"replace"`, `"ignore"` or `"strict"`.
        replacement_char: what they are replaced by.
        replace_control_characters: whether control characters are replaced, too.
        name: a name of the operations.

    Returns:
        int32, a RaggedTensor with one dimension more; a vector for one text.

    Raises:
        ValueError: the rank is not known.
    """
    with name_scope(name, "UnicodeDecode", [input]):
        return _decode(
            input, input_encoding, errors, replacement_char, replace_control_characters, False
        )[0]


@public("strings.unicode_decode_with_offsets")
def unicode_decode_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> tuple[Any, Any]:
    """As `unicode_decode`, and the byte at which each character begins, int64."""
    with name_scope(name, "UnicodeDecodeWithOffsets", [input]):
        points, offsets = _decode(
            input, input_encoding, errors, replacement_char, replace_control_characters, True
        )
        return points, offsets


@public("strings.unicode_split")
def unicode_split(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> Any:
    """The characters of texts.

    Args:
        input: texts, a tensor or a ragged one.
        input_encoding: how they are encoded, and the characters of the result.
        errors: what happens with bytes that are no character: `"replace"`, `"ignore"` or `"strict"`.
        replacement_char: what they are replaced by.
        name: a name of the operations.

    Returns:
        string, a RaggedTensor with one dimension more; a vector for one text.

    Raises:
        ValueError: the rank is not known.
    """
    with name_scope(name, "UnicodeSplit", [input]):
        (points,) = _decode(input, input_encoding, errors, replacement_char, False, False)
        return unicode_encode(expand_dims(points, -1), input_encoding, errors, replacement_char)


@public("strings.unicode_split_with_offsets")
def unicode_split_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> tuple[Any, Any]:
    """As `unicode_split`, and the byte at which each character begins, int64."""
    with name_scope(name, "UnicodeSplitWithOffsets", [input]):
        points, offsets = _decode(input, input_encoding, errors, replacement_char, False, True)
        chars = unicode_encode(expand_dims(points, -1), input_encoding, errors, replacement_char)
        return chars, offsets


def _decode(
    input: Any,
    encoding: str,
    errors: str,
    replacement: int,
    replace_control: bool,
    with_offsets: bool,
) -> tuple[Any, ...]:
    """Code points, and offsets if they are wanted."""
    input = convert_to_tensor_or_ragged_tensor(input, name="input")
    rank = input.shape.ndims
    if rank is None:
        raise ValueError("Rank of `input` must be statically known.")
    if rank > 1:
        if not isinstance(input, RaggedTensor):
            input = RaggedTensor.from_tensor(input, ragged_rank=rank - 1)
        elif input.ragged_rank < rank - 1:
            depth = rank - input.ragged_rank - 1
            flat = RaggedTensor.from_tensor(input.flat_values, ragged_rank=depth)
            input = input.with_flat_values(flat)
    flat = input.flat_values if isinstance(input, RaggedTensor) else input
    splits, *parts = build(
        "UnicodeDecodeWithOffsets" if with_offsets else "UnicodeDecode",
        input=reshape(flat, [-1]),
        input_encoding=encoding,
        errors=errors,
        replacement_char=replacement,
        replace_control_characters=replace_control,
    )
    if rank == 0:
        return tuple(parts)
    rows = [RaggedTensor.from_row_splits(part, splits, validate=False) for part in parts]
    return tuple(input.with_flat_values(row) if rank > 1 else row for row in rows)
