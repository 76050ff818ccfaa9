"""Patterns, formats, and conversions with arguments under older names.

Source: tensorflow/python/ops/string_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.ranges import range
from minihub_runtime.api.sizes import rank
from minihub_runtime.dtypes import float32, int32
from minihub_runtime.public import public

__all__ = [
    "reduce_join",
    "regex_full_match",
    "regex_replace",
    "string_format",
    "string_to_hash_bucket",
    "string_to_number",
]


@public("strings.regex_full_match")
def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Any:
    """Whether each text matches a pattern, RE2 syntax, from beginning to end; bool of the same shape.

    Args:
        input: texts.
        pattern: text, or a string tensor of one.
        name: a name of the operation.
    """
    op = "StaticRegexFullMatch" if isinstance(pattern, (str, bytes)) else "RegexFullMatch"
    return build(op, name=name, input=input, pattern=pattern)


@public("strings.regex_replace", "regex_replace")
def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Any:
    r"""Texts with what matches a pattern replaced.

    Args:
        input: texts.
        pattern: text, RE2 syntax, or a string tensor of one.
        rewrite: text, with `\1` for the first group, or a string tensor of one.
        replace_global: whether all matches are replaced, or the first only.
        name: a name of the operation.
    """
    known = isinstance(pattern, (str, bytes)) and isinstance(rewrite, (str, bytes))
    return build(
        "StaticRegexReplace" if known else "RegexReplace",
        name=name,
        input=input,
        pattern=pattern,
        rewrite=rewrite,
        replace_global=replace_global,
    )


@public("strings.format")
def string_format(
    template: str,
    inputs: Any,
    placeholder: str = "{}",
    summarize: int = 3,
    name: str | None = None,
) -> Tensor:
    """A template with tensors printed in its gaps.

    Args:
        template: text.
        inputs: a tensor, or a list of as many tensors as the template has gaps.
        placeholder: how a gap is written.
        summarize: how many elements at the beginning and the end of each dimension are printed; -1 for all.
        name: a name of the operation.

    Raises:
        ValueError: there are not as many tensors as gaps.
    """
    if isinstance(inputs, Tensor) or hasattr(inputs, "_dense_value"):
        inputs = [inputs]
    gaps = template.count(placeholder)
    if gaps != len(inputs):
        raise ValueError(
            f"The template expects {gaps} tensors, but the inputs only has {len(inputs)}. Please "
            "ensure the number of placeholders in template matches inputs length."
        )
    result: Tensor = build(
        "StringFormat",
        name=name,
        inputs=inputs,
        template=template,
        placeholder=placeholder,
        summarize=summarize,
    )
    return result


@public("strings.reduce_join", "reduce_join")
def reduce_join(
    inputs: Any,
    axis: Any = None,
    keep_dims: Any = None,
    separator: str = "",
    name: str | None = None,
    reduction_indices: Any = None,
    keepdims: Any = None,
) -> Any:
    """The texts along dimensions, joined.

    Args:
        inputs: texts.
        axis: which dimensions, in the order of joining; by default all, the last first.
        keep_dims: the older name of `keepdims`.
        separator: what stands between two texts.
        name: a name of the operation.
        reduction_indices: the older name of `axis`.
        keepdims: whether the dimensions are kept with size 1.

    Raises:
        ValueError: an argument is given under both its names.
    """
    keepdims = deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
    axis = deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
    with name_scope(None, "ReduceJoin", [inputs, axis]):
        texts = convert_to_tensor(inputs)
        if axis is None:
            count = texts.shape.ndims
            if count is not None:
                axis = constant(np.arange(count - 1, -1, -1), int32)
            else:
                axis = range(rank(texts) - 1, -1, -1)
        return build(
            "ReduceJoin",
            name=name,
            inputs=texts,
            reduction_indices=axis,
            keep_dims=keepdims,
            separator=separator,
        )


@public("strings.to_number", "string_to_number")
def string_to_number(
    string_tensor: Any = None, out_type: Any = float32, name: str | None = None, input: Any = None
) -> Any:
    """The numbers that texts are.

    Args:
        string_tensor: texts.
        out_type: float32, float64, int32 or int64.
        name: a name of the operation.
        input: another name of `string_tensor`.

    Raises:
        ValueError: the texts are given under both names.
    """
    texts = deprecated_argument_lookup("input", input, "string_tensor", string_tensor)
    return build("StringToNumber", name=name, string_tensor=texts, out_type=out_type)


@public("strings.to_hash_bucket", "string_to_hash_bucket")
def string_to_hash_bucket(
    string_tensor: Any = None,
    num_buckets: int | None = None,
    name: str | None = None,
    input: Any = None,
) -> Any:
    """Numbers less than `num_buckets` by the hash of texts, int64; the hash may change between versions of TensorFlow.

    Args:
        string_tensor: texts.
        num_buckets: how many numbers there are.
        name: a name of the operation.
        input: another name of `string_tensor`.

    Raises:
        ValueError: the texts are given under both names.
    """
    texts = deprecated_argument_lookup("input", input, "string_tensor", string_tensor)
    return build("StringToHashBucket", name=name, string_tensor=texts, num_buckets=num_buckets)
