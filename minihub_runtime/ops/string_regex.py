"""Regular expressions of RE2.

Scripts and categories are those of Unicode 15, like those of TensorFlow's RE2.
Differs: groups nest at most 100 deep, and a pattern is too large by a measure of our own, 87000 steps.
"""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.checking import require_scalar
from minihub_runtime.ops.registry import Array, op, without_gradient
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import Shape, Spec, merge
from minihub_runtime.text.arrays import as_bytes, flat_strings, string_array
from minihub_runtime.text.regex import compile_regex


def _replace(input: Array, pattern: bytes, rewrite: bytes, everywhere: bool) -> Array:
    regex = compile_regex(pattern)
    return string_array(regex.replace(flat_strings(input), rewrite, everywhere), input.shape)


def _full_match(input: Array, pattern: bytes) -> Array:
    found = compile_regex(pattern).full_match(flat_strings(input))
    return np.array(found, dtype=np.bool_).reshape(input.shape)


@op(
    "RegexReplace(input: string, pattern: string, rewrite: string) -> output: string",
    source="core/kernels/regex_replace_op.cc",
)
def regex_replace(
    input: Array, pattern: Array, rewrite: Array, *, replace_global: bool = True
) -> Array:
    r"""Matches of `pattern` replaced by `rewrite`, in which `\\1` is the text of group 1; all or the first only.

    Shapes: `s`, `[]`, `[]` -> `s`. Raises: InvalidArgumentError for a pattern that RE2 does not take.
    """
    require_scalar(pattern, "pattern")
    require_scalar(rewrite, "rewrite")
    return _replace(input, pattern.item(), rewrite.item(), replace_global)


@regex_replace.shape
def _regex_replace_shape(input: Spec, pattern: Spec, rewrite: Spec) -> Shape:
    merge(pattern.shape, ())
    merge(rewrite.shape, ())
    return input.shape


@op(
    "StaticRegexReplace(input: string) -> output: string",
    source="core/kernels/regex_replace_op.cc",
    shape=same,
)
def static_regex_replace(
    input: Array, *, pattern: str, rewrite: str, replace_global: bool = True
) -> Array:
    """As RegexReplace, with pattern and rewrite as attributes."""
    return _replace(input, as_bytes(pattern), as_bytes(rewrite), replace_global)


@op(
    "RegexFullMatch(input: string, pattern: string) -> output: bool",
    source="core/kernels/regex_full_match_op.cc",
)
def regex_full_match(input: Array, pattern: Array) -> Array:
    """Whether each string matches `pattern` as a whole.

    Shapes: `s`, `[]` -> `s`. Raises: InvalidArgumentError for a pattern that RE2 does not take.
    """
    require_scalar(pattern, "pattern")
    return _full_match(input, pattern.item())


@regex_full_match.shape
def _regex_full_match_shape(input: Spec, pattern: Spec) -> Shape:
    merge(pattern.shape, ())
    return input.shape


@op(
    "StaticRegexFullMatch(input: string) -> output: bool",
    source="core/kernels/regex_full_match_op.cc",
    shape=same,
)
def static_regex_full_match(input: Array, *, pattern: str) -> Array:
    """As RegexFullMatch, with the pattern as an attribute."""
    return _full_match(input, as_bytes(pattern))


without_gradient("RegexReplace")
