"""Summaries in graphs: operations that make serialised Summary protos, and collections of them.

Source: tensorflow/python/summary/summary.py, tensorflow/python/ops/summary_op_util.py.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf import json_format

from minihub_runtime import protos
from minihub_runtime.api import logger
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import (
    GraphKeys,
    Tensor,
    add_to_collection,
    get_collection,
    name_scope,
)
from minihub_runtime.dtypes import float32, string
from minihub_runtime.public import public

__all__ = [
    "Event",
    "HistogramProto",
    "LogMessage",
    "SessionLog",
    "Summary",
    "SummaryDescription",
    "SummaryMetadata",
    "TaggedRunMetadata",
    "audio",
    "get_summary_description",
    "histogram",
    "image",
    "merge",
    "merge_all",
    "scalar",
    "tensor_summary",
    "text",
]

Event = public("Event", "summary.Event")(protos.Event)
HistogramProto = public("HistogramProto")(protos.HistogramProto)
LogMessage = public("LogMessage")(protos.LogMessage)
SessionLog = public("SessionLog", "summary.SessionLog")(protos.SessionLog)
Summary = public("Summary", "summary.Summary")(protos.Summary)
SummaryDescription = public("summary.SummaryDescription")(protos.SummaryDescription)
SummaryMetadata = public("SummaryMetadata")(protos.SummaryMetadata)
TaggedRunMetadata = public("summary.TaggedRunMetadata")(protos.TaggedRunMetadata)

_NOT_IN_TAGS = re.compile(r"[^-/\w\.]")


def _clean(name: str | None) -> str | None:
    """A name with what no operation's name may hold replaced by underscores."""
    if name is None:
        return None
    cleaned = _NOT_IN_TAGS.sub("_", name).lstrip("/")
    if cleaned != name:
        logger.info("Summary name %s is illegal; using %s instead.", name, cleaned)
    return cleaned


@contextlib.contextmanager
def _summary_scope(
    name: str | None, family: str | None, values: Any, default_name: str | None = None
) -> Iterator[tuple[str, str]]:
    """The tag and the scope of a summary; the tag is the scope, which is unique, below the family."""
    name, family = _clean(name), _clean(family)
    with name_scope(name if family is None else f"{family}/{name}", default_name, values) as scope:
        tag = scope.rstrip("/")
        yield tag if family is None else f"{family}/{tag}", scope


def _collect(
    summary: Tensor,
    collections: Iterable[Any] | None,
    default: Iterable[Any] = (GraphKeys.SUMMARIES,),
) -> None:
    for key in default if collections is None else collections:
        add_to_collection(key, summary)


@public("summary.scalar")
def scalar(
    name: str, tensor: Any, collections: Iterable[Any] | None = None, family: str | None = None
) -> Tensor:
    """A summary of one number.

    Args:
        name: its name, which is the last part of its tag.
        tensor: a scalar.
        collections: the collections it is added to; by default that of `merge_all`.
        family: the first part of the tag, which TensorBoard groups by.

    Returns:
        A string scalar, the serialised Summary.
    """
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        made: Tensor = build("ScalarSummary", name=scope, tags=tag, values=tensor)
        _collect(made, collections)
    return made


@public("summary.image")
def image(
    name: str,
    tensor: Any,
    max_outputs: int = 3,
    collections: Iterable[Any] | None = None,
    family: str | None = None,
) -> Tensor:
    """A summary of the first images of a batch.

    Args:
        name: its name, which is the last part of its tag.
        tensor: `[batch, height, width, 1, 3 or 4]`, bytes, or floats that are scaled.
        max_outputs: how many images there are at most.
        collections: the collections it is added to; by default that of `merge_all`.
        family: the first part of the tag.

    Returns:
        A string scalar, the serialised Summary.
    """
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        made: Tensor = build(
            "ImageSummary", name=scope, tag=tag, tensor=tensor, max_images=max_outputs
        )
        _collect(made, collections)
    return made


@public("summary.histogram")
def histogram(
    name: str, values: Any, collections: Iterable[Any] | None = None, family: str | None = None
) -> Tensor:
    """A summary of the distribution of numbers, which must be finite.

    Args:
        name: its name, which is the last part of its tag.
        values: any numbers.
        collections: the collections it is added to; by default that of `merge_all`.
        family: the first part of the tag.

    Returns:
        A string scalar, the serialised Summary.
    """
    with _summary_scope(name, family, [values], "HistogramSummary") as (tag, scope):
        made: Tensor = build("HistogramSummary", name=scope, tag=tag, values=values)
        _collect(made, collections)
    return made


@public("summary.audio")
def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Iterable[Any] | None = None,
    family: str | None = None,
) -> Tensor:
    """A summary of the first sounds of a batch.

    Args:
        name: its name, which is the last part of its tag.
        tensor: float32, `[batch, frames]` or `[batch, frames, channels]`, from -1 to 1.
        sample_rate: frames in a second.
        max_outputs: how many sounds there are at most.
        collections: the collections it is added to; by default that of `merge_all`.
        family: the first part of the tag.

    Returns:
        A string scalar, the serialised Summary.
    """
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        rate = convert_to_tensor(sample_rate, dtype=float32, name="sample_rate")
        made: Tensor = build(
            "AudioSummaryV2",
            name=scope,
            tag=tag,
            tensor=tensor,
            max_outputs=max_outputs,
            sample_rate=rate,
        )
        _collect(made, collections)
    return made


@public("summary.text")
def text(name: str, tensor: Any, collections: Iterable[Any] | None = None) -> Tensor:
    """A summary of texts, which TensorBoard shows as Markdown.

    Raises:
        ValueError: `tensor` does not hold strings.
    """
    if tensor.dtype != string:
        raise ValueError(f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype}")
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    return tensor_summary(
        name=name, tensor=tensor, summary_metadata=metadata, collections=collections
    )


@public("summary.tensor_summary")
def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: str | None = None,
    collections: Iterable[Any] | None = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Tensor:
    """A summary of any tensor.

    Args:
        name: its name, which is the last part of its tag.
        tensor: any tensor.
        summary_description: a text about it, in Markdown.
        collections: the collections it is added to; by default that of `merge_all`.
        summary_metadata: a SummaryMetadata, which says what plugin of TensorBoard shows it.
        family: the first part of the tag.
        display_name: the name that is shown.

    Returns:
        A string scalar, the serialised Summary.
    """
    metadata = SummaryMetadata() if summary_metadata is None else summary_metadata
    if summary_description is not None:
        metadata.summary_description = summary_description
    if display_name is not None:
        metadata.display_name = display_name
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        made: Tensor = build(
            "TensorSummaryV2",
            name=scope,
            tensor=tensor,
            tag=tag,
            serialized_summary_metadata=metadata.SerializeToString(),
        )
        _collect(made, collections)
    return made


@public("summary.merge")
def merge(inputs: Any, collections: Iterable[Any] | None = None, name: str | None = None) -> Tensor:
    """A summary of all values of several, whose tags must differ.

    Args:
        inputs: a list of string tensors, serialised Summary protos.
        collections: the collections it is added to, by default none.
        name: wanted name.
    """
    name = _clean(name)
    with name_scope(name, "Merge", inputs):
        made: Tensor = build("MergeSummary", inputs=inputs, name=name)
        _collect(made, collections, ())
    return made


@public("summary.merge_all")
def merge_all(
    key: Any = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None
) -> Tensor | None:
    """`merge` of the summaries of a collection; None if there are none.

    Args:
        key: the collection.
        scope: a pattern that names of summaries must match from the start.
        name: wanted name.
    """
    found = get_collection(key, scope=scope)
    return merge(found, name=name) if found else None


@public("summary.get_summary_description")
def get_summary_description(node_def: Any) -> Any:
    """The SummaryDescription in the node of a TensorSummary.

    Raises:
        ValueError: the node is of another op.
    """
    if node_def.op != "TensorSummary":
        raise ValueError(f"Can't get_summary_description on {node_def.op}")
    text = node_def.attr["description"].s.decode("utf-8")
    return json_format.Parse(text, SummaryDescription())
