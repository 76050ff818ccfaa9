"""Functions of texts, of ragged tensors.

Source: tensorflow/python/ops/ragged/ragged_string_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.map_fn import map_fn
from minihub_runtime.api.ragged.elementwise import map_flat_values
from minihub_runtime.api.ragged.reductions import reduce_aggregate
from minihub_runtime.api.ragged.tensor import (
    convert_to_tensor_or_ragged_tensor,
    is_ragged,
    nrows,
)
from minihub_runtime.api.strings.matching import reduce_join as reduce_join_dense
from minihub_runtime.api.strings.matching import regex_replace
from minihub_runtime.api.strings.matching import string_format as format_dense
from minihub_runtime.api.type_spec import TensorSpec
from minihub_runtime.dtypes import string

__all__ = ["reduce_join", "string_format", "string_join"]


def string_join(inputs: Sequence[Any], separator: str = "", name: str | None = None) -> Any:
    """`tf.strings.join` of ragged tensors of the same rows."""
    with name_scope(name, "RaggedStringJoin", inputs):
        return map_flat_values(_join, list(inputs), separator)


def _join(inputs: Any, separator: str) -> Any:
    return build("StringJoin", inputs=inputs, separator=separator)


def reduce_join(
    inputs: Any,
    axis: Any = None,
    keep_dims: Any = None,
    separator: str = "",
    name: str | None = None,
    reduction_indices: Any = None,
    keepdims: Any = None,
) -> Any:
    """`tf.strings.reduce_join` of a ragged tensor."""
    keepdims = deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
    axis = deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)

    def reduce(texts: Any, axis: Any, keepdims: Any, name: str | None) -> Any:
        return reduce_join_dense(texts, axis, keepdims=keepdims, name=name, separator=separator)

    def combine(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
        return build(
            "UnsortedSegmentJoin",
            name=name,
            inputs=data,
            segment_ids=segment_ids,
            num_segments=num_segments,
            separator=separator,
        )

    return reduce_aggregate(reduce, combine, inputs, axis, keepdims, name or "RaggedSegmentJoin")


def string_format(
    template: str,
    inputs: Any,
    placeholder: str = "{}",
    summarize: int = 3,
    name: str | None = None,
) -> Tensor:
    """`tf.strings.format` of tensors of which some are ragged.

    Raises:
        ValueError: there are not as many tensors as gaps.
    """
    if not isinstance(inputs, (list, tuple)):
        inputs = [inputs]
    pieces = template.split(placeholder)
    if len(inputs) != len(pieces) - 1:
        raise ValueError(
            f"num placeholders in template and num inputs must match: {len(pieces) - 1} vs "
            f"{len(inputs)}"
        )
    with name_scope(name, "StringFormat", [inputs]):
        output: list[Any] = [constant(pieces[0])]
        for item, piece in zip(inputs, pieces[1:]):
            if is_ragged(item):
                output.append(_printed(item, summarize))
            else:
                output.append(format_dense("{}", [item], summarize=summarize))
            output.append(constant(piece))
        if len(output) == 1:
            only: Tensor = output[0]
            return only
        joined: Tensor = reduce_join_dense(output)
        return joined


def _printed(tensor: Any, summarize: Any) -> Any:
    """A ragged tensor as nested lists."""
    if summarize not in (None, -1) and not (isinstance(summarize, int) and summarize > 0):
        raise ValueError(f"Expected summarize to be -1 or a positive int, got {summarize!r}")
    with name_scope(None, "AsString", [tensor]):
        tensor = convert_to_tensor_or_ragged_tensor(tensor)
        if tensor.shape.ndims is None:
            raise ValueError("RaggedTensor to_string requires that rt.shape.rank is not None.")
        if tensor.dtype == string:
            escaped = regex_replace(tensor.flat_values, r"(['\\])", r"\\\1")
            texts = tensor.with_flat_values("'" + escaped + "'")
        else:
            texts = tensor.with_flat_values(build("AsString", input=tensor.flat_values))
        return _lists(texts, summarize)


def _lists(texts: Any, summarize: Any) -> Any:
    pieces = texts
    if texts.shape.ndims != 1:
        pieces = map_fn(
            lambda row: _lists(row, summarize),
            texts,
            fn_output_signature=TensorSpec(None, string),
        )
    if summarize not in (-1, None):
        short = nrows(texts) <= 2 * summarize
        all_pieces = pieces
        pieces = cond(
            short,
            lambda: all_pieces,
            lambda: concat([all_pieces[:summarize], ["..."], all_pieces[-summarize:]], axis=0),
        )
    return "[" + reduce_join_dense(pieces, separator=", ") + "]"
