"""`tf.contrib.layers.summarize_…`: summaries of what collections hold.

Source: tf_slim/layers/summaries.py.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.reduction import reduce_mean
from minihub_runtime.api.summary.operations import histogram, scalar
from minihub_runtime.dtypes import bool_, float32, string
from minihub_runtime.public import public

__all__ = [
    "summarize_activation",
    "summarize_activations",
    "summarize_collection",
    "summarize_tensor",
    "summarize_tensors",
]


def _public(name: str) -> Callable[[Any], Any]:
    return public(f"contrib.layers.{name}", f"contrib.slim.{name}")


def _part(op: str, tensor: Any, limit: float, tag: str) -> None:
    """A summary of which part of a tensor is beyond a limit."""
    beyond = build(op, x=tensor, y=cast(limit, tensor.dtype))
    scalar(tag, reduce_mean(cast(beyond, float32, name="ToFloat")))


@_public("summarize_activation")
def summarize_activation(op: Any) -> Any:
    """A histogram of an activation, and what part of it is cut off, for those that cut.

    Args:
        op: the output of an activation.

    Returns:
        The histogram's summary.
    """
    made = op.op
    if made.type in ("Relu", "Softplus", "Relu6"):
        # What goes in tells it exactly.
        _part("Less", made.inputs[0], 0.0, f"{made.name}/zeros")
    if made.type == "Relu6":
        _part("Greater", made.inputs[0], 6.0, f"{made.name}/sixes")
    return histogram(f"{made.name}/activation", op)


@_public("summarize_tensor")
def summarize_tensor(tensor: Any, tag: str | None = None) -> Any:
    """A summary of a tensor: its value if it is a scalar, else a histogram.

    Args:
        tensor: the tensor.
        tag: the tag; its name by default.

    Returns:
        The summary; None for strings and truth values.
    """
    if tensor.dtype.base_dtype in (string, bool_):
        return None
    tag = tag or f"{tensor.op.name}_summary"
    return scalar(tag, tensor) if tensor.shape.ndims == 0 else histogram(tag, tensor)


@_public("summarize_tensors")
def summarize_tensors(
    tensors: Iterable[Any], summarizer: Callable[[Any], Any] = summarize_tensor
) -> list[Any]:
    """The summaries of several tensors."""
    return [summarizer(tensor) for tensor in tensors]


@_public("summarize_collection")
def summarize_collection(
    collection: Any,
    name_filter: str | None = None,
    summarizer: Callable[[Any], Any] = summarize_tensor,
) -> list[Any]:
    """The summaries of the tensors of a collection.

    Args:
        collection: its key.
        name_filter: a regular expression that names start with; None for all.
        summarizer: what makes a summary.
    """
    found = [
        tensor
        for tensor in get_default_graph().get_collection(collection)
        if name_filter is None or re.match(name_filter, tensor.op.name)
    ]
    return [summarizer(tensor) for tensor in found]


for _name, _key in (
    ("summarize_variables", GraphKeys.GLOBAL_VARIABLES),
    ("summarize_weights", GraphKeys.WEIGHTS),
    ("summarize_biases", GraphKeys.BIASES),
):
    _public(_name)(functools.partial(summarize_collection, _key))


@_public("summarize_activations")
def summarize_activations(
    name_filter: str | None = None, summarizer: Callable[[Any], Any] = summarize_activation
) -> list[Any]:
    """The summaries of the collection of activations; see `summarize_collection`."""
    made: list[Any] = summarize_collection(GraphKeys.ACTIVATIONS, name_filter, summarizer)
    return made
