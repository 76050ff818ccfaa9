"""N-grams of words.

Source: tensorflow/python/ops/ragged/ragged_string_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.ragged.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import string
from minihub_runtime.public import public

__all__ = ["ngrams"]


@public("strings.ngrams")
def ngrams(
    data: Any,
    ngram_width: Any,
    separator: str = " ",
    pad_values: Any = None,
    padding_width: int | None = None,
    preserve_short_sequences: bool = False,
    name: str | None = None,
) -> Any:
    """All runs of consecutive words, joined.

    Args:
        data: words `[..., n]`, a tensor or a ragged one.
        ngram_width: how many words a run has, or a list of such numbers.
        separator: what stands between the words of a run.
        pad_values: what is put before and after the words: a text, or two; None for nothing.
        padding_width: how often, at most one less than a run has words; that by default.
        preserve_short_sequences: whether words too few for a run are one.
        name: a name of the operations.

    Returns:
        The runs, in the place of the words: ragged if the words are.

    Raises:
        TypeError: `pad_values` is of another kind.
        ValueError: a number is out of range, or the rank is 0 or not known.
    """
    with name_scope(name, "StringNGrams", [data]):
        left, right = _padding(pad_values, padding_width)
        data = convert_to_tensor_or_ragged_tensor(data, name="data", dtype=string)
        dense_shape = None
        if isinstance(data, Tensor):
            dense_shape = concat([shape(data)[:-1], [-1]], axis=0)
            rank = data.shape.ndims
            if rank is None:
                raise ValueError("Rank of data must be known.")
            if rank == 0:
                raise ValueError("Data must have rank>0")
            if rank == 1:
                data = RaggedTensor.from_row_starts(data, [0], validate=False)
                return ngrams(
                    data,
                    ngram_width,
                    separator,
                    pad_values,
                    padding_width,
                    preserve_short_sequences,
                    name,
                )[0]
            data = RaggedTensor.from_tensor(data, ragged_rank=rank - 1)
        if data.ragged_rank > 1:
            inner = ngrams(
                data.values,
                ngram_width,
                separator,
                pad_values,
                padding_width,
                preserve_short_sequences,
                name,
            )
            output = data.with_values(inner)
        else:
            if pad_values is None:
                padding_width = 0
            elif padding_width is None:
                padding_width = -1
            runs, splits = build(
                "StringNGrams",
                data=data.flat_values,
                data_splits=data.row_splits,
                separator=separator,
                ngram_widths=_widths(ngram_width),
                left_pad=left,
                right_pad=right,
                pad_width=padding_width,
                preserve_short_sequences=preserve_short_sequences,
            )
            output = RaggedTensor.from_row_splits(runs, splits, validate=False)
        return output if dense_shape is None else reshape(output.flat_values, dense_shape)


def _padding(pad_values: Any, padding_width: int | None) -> tuple[Any, Any]:
    """What is put before and after the words."""
    if pad_values is None:
        pads = ("", "")
    elif isinstance(pad_values, (list, tuple)):
        pads = (pad_values[0], pad_values[1])
    else:
        pads = (pad_values, pad_values)
    if not all(isinstance(pad, (str, bytes)) for pad in pads):
        raise TypeError("pad_values must be a string, tuple of strings, or None.")
    if padding_width is not None and padding_width < 1:
        raise ValueError("padding_width must be greater than 0.")
    if padding_width is not None and pad_values is None:
        raise ValueError("pad_values must be provided if padding_width is set.")
    return pads


def _widths(ngram_width: Any) -> list[int]:
    widths = list(ngram_width) if isinstance(ngram_width, (list, tuple)) else [ngram_width]
    if any(width < 1 for width in widths):
        raise ValueError(f"All ngram_widths must be greater than 0. Got {ngram_width}")
    return widths
