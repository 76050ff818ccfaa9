"""TF.Text's tokenizers by white space, script and regular expression.

Offsets count code points where code points come in, and bytes where strings do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.registry import INDEX, Array, op
from minihub_runtime.ops.shape_rules import vector
from minihub_runtime.ops.string_unicode import unicode_script
from minihub_runtime.shapes import Shape, Spec, merge
from minihub_runtime.text.arrays import string_array
from minihub_runtime.text.regex import compile_regex

#: The characters with Unicode's property White_Space.
WHITE_SPACE = np.array(
    [
        *b"\t\n\v\f\r \x85\xa0",
        0x1680,
        *range(0x2000, 0x200B),
        0x2028,
        0x2029,
        0x202F,
        0x205F,
        0x3000,
    ],
    dtype=np.int32,
)

Tokens = tuple[Array, Array, Array, Array, Array]


def _tokens(
    values: Array, splits: Array, kinds: NDArray[np.int32], dropped: NDArray[np.bool_]
) -> Tokens:
    """The runs of one kind in each row without what is dropped: values, inner splits, starts, limits, outer splits."""
    rows = splits.astype(np.int64)
    require(rows.size > 0, "input_splits must not be empty")
    require(
        rows[0] == 0 and rows[-1] == values.size and bool((np.diff(rows) >= 0).all()),
        f"input_splits must rise from 0 to the number of input_values, {values.size}",
    )
    begins = np.ones(values.size, dtype=np.bool_)
    begins[1:] = kinds[1:] != kinds[:-1]
    begins[rows[rows < values.size]] = True
    places = np.flatnonzero(~dropped)
    runs = np.cumsum(begins)[places]
    firsts = np.flatnonzero(np.diff(runs, prepend=0))
    inner = np.append(firsts, places.size).astype(splits.dtype)
    starts = places[firsts]
    limits = places[np.append(firsts[1:], places.size)[: firsts.size] - 1] + 1
    outer = np.searchsorted(starts, rows).astype(splits.dtype)
    before = rows[np.searchsorted(rows, starts, side="right") - 1]
    return values[places], inner, starts - before, limits - before, outer


def _tokens_shape(input_values: Spec, input_splits: Spec) -> list[Shape]:
    merge(input_values.shape, (None,))
    merge(input_splits.shape, (None,))
    return [vector()] * 5


@op(
    "WhitespaceTokenizeWithOffsets(input_values: int32, input_splits: Tsplits)"
    " -> output_values: int32, output_values_inner_splits: Tsplits,"
    " output_offset_starts: int64, output_offset_limits: int64, output_outer_splits: Tsplits",
    Tsplits=INDEX.default_to("int64"),
    source="tensorflow_text/core/kernels/whitespace_tokenize_kernel.cc",
    shape=_tokens_shape,
)
def whitespace_tokenize_with_offsets(input_values: Array, input_splits: Array) -> Tokens:
    """The runs of code points without white space in each row of a ragged tensor.

    Raises: InvalidArgumentError for splits that do not rise from 0 to the number of values; TensorFlow reads
    beside the tensor.
    """
    require_rank(input_values, 1, "input_values")
    require_rank(input_splits, 1, "input_splits")
    white = np.isin(input_values, WHITE_SPACE)
    return _tokens(input_values, input_splits, white.astype(np.int32), white)


@op(
    "UnicodeScriptTokenizeWithOffsets(input_values: int32, input_splits: Tsplits)"
    " -> output_values: int32, output_values_inner_splits: Tsplits,"
    " output_offset_starts: int64, output_offset_limits: int64, output_outer_splits: Tsplits",
    Tsplits=INDEX.default_to("int64"),
    source="tensorflow_text/core/kernels/unicode_script_tokenize_kernel.cc",
    shape=_tokens_shape,
)
def unicode_script_tokenize_with_offsets(
    input_values: Array, input_splits: Array, *, keep_whitespace: bool = False
) -> Tokens:
    """The runs of code points of one script in each row of a ragged tensor, by Unicode 13.

    White space is in runs of its own if it is kept. If not, it only separates what its script, mostly Common,
    separates, as in TensorFlow: "1 2" is one token of two code points.
    Raises: as WhitespaceTokenizeWithOffsets.
    """
    require_rank(input_values, 1, "input_values")
    require_rank(input_splits, 1, "input_splits")
    kinds = unicode_script.kernel(input_values)
    white = np.isin(input_values, WHITE_SPACE)
    if keep_whitespace:
        return _tokens(input_values, input_splits, 2 * kinds + white, np.zeros_like(white))
    return _tokens(input_values, input_splits, kinds, white)


@op(
    "RegexSplitWithOffsets(input: string, delim_regex_pattern: string,"
    " keep_delim_regex_pattern: string)"
    " -> tokens: string, begin_offsets: int64, end_offsets: int64, row_splits: int64",
    source="tensorflow_text/core/kernels/regex_split.cc",
)
def regex_split_with_offsets(
    input: Array, delim_regex_pattern: Array, keep_delim_regex_pattern: Array
) -> tuple[Array, Array, Array, Array]:
    """The pieces between matches of a pattern, of which group 1 is the delimiter; without groups there are none.

    Delimiters that match `keep_delim_regex_pattern`, if it is not empty, are pieces too.
    Raises: InvalidArgumentError for a pattern that RE2 does not take, or a match that is empty or has no group 1;
    TensorFlow does not come to an end there.
    """
    require_rank(input, 1, "input")
    require_scalar(delim_regex_pattern, "delim_regex_pattern")
    require_scalar(keep_delim_regex_pattern, "keep_delim_regex_pattern")
    delimiter = compile_regex(delim_regex_pattern.item())
    kept = compile_regex(keep_delim_regex_pattern.item())
    keeps = bool(keep_delim_regex_pattern.item())
    tokens: list[bytes] = []
    begins: list[int] = []
    ends: list[int] = []
    rows = [0]
    for string in input.tolist():
        last = 0
        spans: list[tuple[int, int]] = []
        for end, (begin, until) in delimiter.consume(string):
            if begin < 0 or end == last:
                raise InvalidArgumentError(
                    "delim_regex_pattern must match something, with its group 1"
                )
            if begin > last:
                spans.append((last, begin))
            if keeps and kept.full_match([string[begin:until]])[0]:
                spans.append((begin, until))
            last = end
        if last < len(string):
            spans.append((last, len(string)))
        tokens += [string[begin:end] for begin, end in spans]
        begins += [begin for begin, _ in spans]
        ends += [end for _, end in spans]
        rows.append(len(tokens))
    return (
        string_array(tokens, [len(tokens)]),
        np.array(begins, dtype=np.int64),
        np.array(ends, dtype=np.int64),
        np.array(rows, dtype=np.int64),
    )


@regex_split_with_offsets.shape
def _regex_split_with_offsets_shape(
    input: Spec, delim_regex_pattern: Spec, keep_delim_regex_pattern: Spec
) -> list[Shape]:
    merge(input.shape, (None,))
    merge(delim_regex_pattern.shape, ())
    merge(keep_delim_regex_pattern.shape, ())
    return [vector()] * 4
