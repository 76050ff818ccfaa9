"""Summaries of numbers and tensors: serialised Summary protos that event files hold."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from minihub_runtime.codec import as_bytes, shape_to_proto
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.registry import ANY, REALS, Array, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.ops.windows import widen
from minihub_runtime.protos import HistogramProto, Summary, TensorProto

__all__ = ["serialized", "tag_of"]

_LARGEST = sys.float_info.max


def serialized(summary: Summary) -> Array:
    """The bytes of a proto as a scalar string tensor."""
    result = np.empty((), object)
    result[()] = summary.SerializeToString(deterministic=True)
    return result


def tag_of(tag: Any) -> str:
    """A tag as a proto takes it.

    Raises:
        InvalidArgumentError: it is not UTF-8.
    """
    try:
        return as_bytes(tag).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidArgumentError(f"tag must be UTF-8, not {tag!r}") from None


@op(
    "ScalarSummary(tags: string, values: T) -> summary: string",
    T=REALS,
    source="core/kernels/summary_op.cc",
    shape=scalar,
)
def scalar_summary(tags: Array, values: Array) -> Array:
    """A value for each tag.

    Shapes: `s, s -> []`.
    Raises: InvalidArgumentError for shapes that differ, and tags that are not UTF-8.
    """
    require(
        tags.shape == values.shape,
        f"tags and values not the same shape: {list(tags.shape)} != {list(values.shape)}"
        + (f" (tag {tag_of(tags.reshape(-1)[0])!r})" if tags.size == 1 else ""),
    )
    summary = Summary()
    with np.errstate(over="ignore"):
        numbers = widen(values).astype(np.float32).reshape(-1).tolist()
    for tag, number in zip(tags.reshape(-1), numbers, strict=True):
        summary.value.add(tag=tag_of(tag), simple_value=number)
    return serialized(summary)


@functools.cache
def _bucket_limits() -> Array:
    """Where buckets end: each is a tenth wider than the one before, from 1e-12 to 1e20, on both sides of zero."""
    positive, limit = [], 1.0e-12
    while limit < 1.0e20:
        positive.append(limit)
        limit *= 1.1
    positive.append(_LARGEST)
    return np.array([*(-n for n in reversed(positive)), 0.0, *positive])


@op(
    "HistogramSummary(tag: string, values: T) -> summary: string",
    T=REALS.default_to("float32"),
    source="core/lib/histogram/histogram.cc",
    shape=scalar,
)
def histogram_summary(ctx: Any, tag: Array, values: Array) -> Array:
    """How many values lie in each of many buckets; empty buckets beside each other are one.

    Shapes: `[], any -> []`.
    Raises: InvalidArgumentError for infinite values and NaN, and a tag that is not a scalar of UTF-8.
    """
    require_scalar(tag, "tags")
    numbers = widen(values).astype(np.float64).reshape(-1)
    require(not np.isnan(numbers).any(), f"Nan in summary histogram for: {ctx.node}")
    require(np.isfinite(numbers).all(), f"Infinity in summary histogram for: {ctx.node}")
    summary = Summary()
    value = summary.value.add(tag=tag_of(tag.item()))
    value.histo.CopyFrom(_histogram(numbers))
    return serialized(summary)


def _histogram(numbers: Array) -> HistogramProto:
    limits = _bucket_limits()
    places = np.searchsorted(limits, numbers, side="right").clip(max=limits.size - 1)
    counts = np.bincount(places, minlength=limits.size).astype(np.float64)
    # Of a run of empty buckets only the last is kept.
    kept = (counts > 0) | np.append(counts[1:] > 0, True)
    histogram = HistogramProto(
        min=numbers.min(initial=_LARGEST),
        max=numbers.max(initial=-_LARGEST),
        num=numbers.size,
        sum=_sum(numbers),
        sum_squares=_sum(numbers * numbers),
    )
    histogram.bucket_limit.extend(limits[kept].tolist())
    histogram.bucket.extend(counts[kept].tolist())
    return histogram


def _sum(numbers: Array) -> float:
    """The sum as a loop adds it, to the last bit."""
    return float(np.add.accumulate(numbers)[-1]) if numbers.size else 0.0


@op(
    "MergeSummary(inputs: N * string) -> summary: string",
    source="core/kernels/summary_op.cc",
    shape=scalar,
)
def merge_summary(inputs: Sequence[Array]) -> Array:
    """The values of all summaries in one.

    Shapes: any each -> `[]`.
    Raises: InvalidArgumentError for bytes that are no Summary, and a tag that comes twice.
    """
    merged, tags = Summary(), set()
    for part in inputs:
        for data in part.reshape(-1):
            try:
                summary = Summary.FromString(as_bytes(data))
            except DecodeError:
                raise InvalidArgumentError("Could not parse one of the summary inputs") from None
            for value in summary.value:
                require(
                    not value.tag or value.tag not in tags,
                    f"Duplicate tag {value.tag} found in summary inputs",
                )
                tags.add(value.tag)
            merged.value.extend(summary.value)
    return serialized(merged)


def _tensor_proto(tensor: Array) -> TensorProto:
    """A proto whose content is raw bytes, but for strings."""
    dtype = as_dtype(tensor.dtype)
    proto = TensorProto(dtype=dtype.as_datatype_enum, tensor_shape=shape_to_proto(tensor.shape))
    if dtype.name == "string":
        proto.string_val.extend(as_bytes(item) for item in tensor.reshape(-1))
    else:
        proto.tensor_content = tensor.astype(tensor.dtype.newbyteorder("<"), copy=False).tobytes()
    return proto


@op(
    "TensorSummary(tensor: T) -> summary: string",
    T=ANY,
    source="core/kernels/summary_tensor_op.cc",
    shape=scalar,
)
def tensor_summary(
    ctx: Any,
    tensor: Array,
    *,
    description: str = "",
    labels: list[str] = [],
    display_name: str = "",
) -> Array:
    """A tensor under the name of its node.

    Shapes: any -> `[]`.
    """
    summary = Summary()
    summary.value.add(node_name=ctx.node, tensor=_tensor_proto(tensor))
    return serialized(summary)


@op(
    "TensorSummaryV2(tag: string, tensor: T, serialized_summary_metadata: string) -> summary: string",
    T=ANY,
    source="core/kernels/summary_tensor_op.cc",
    shape=scalar,
)
def tensor_summary_v2(tag: Array, tensor: Array, serialized_summary_metadata: Array) -> Array:
    """A tensor under a tag, with metadata that say which plugin of TensorBoard shows it.

    Shapes: `[], any, [] -> []`.
    Raises: InvalidArgumentError for a tag or metadata that are no scalars, and a tag that is not UTF-8.
    """
    require_scalar(tag, "tag")
    require_scalar(serialized_summary_metadata, "serialized_summary_metadata")
    summary = Summary()
    value = summary.value.add(tag=tag_of(tag.item()), tensor=_tensor_proto(tensor))
    try:
        value.metadata.MergeFromString(as_bytes(serialized_summary_metadata.item()))
    except DecodeError:
        raise InvalidArgumentError(
            "serialized_summary_metadata must be a serialised SummaryMetadata"
        ) from None
    return serialized(summary)
