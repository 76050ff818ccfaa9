"""`tf.contrib.slim.summaries`: summaries of tensors under their own names.

Source: tf_slim/summaries.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.nn.moments import zero_fraction
from minihub_runtime.api.summary.operations import histogram, image, scalar
from minihub_runtime.public import public

__all__ = [
    "add_histogram_summary",
    "add_image_summary",
    "add_scalar_summary",
    "add_zero_fraction_summary",
]


def _public(name: str) -> Callable[[Any], Any]:
    return public(f"contrib.slim.summaries.{name}")


def _name(tensor: Any, name: str | None, prefix: str | None, end: str | None = None) -> str:
    """The name of a summary: that of the tensor, or another, between two more."""
    return "/".join(part for part in (prefix, name or tensor.op.name, end) if part)


def _added(make: Callable[..., Any], name: str, tensor: Any, print_summary: bool) -> Any:
    """A summary; one that is printed when it is made takes its place in the collection."""
    made = make(name, tensor, collections=[] if print_summary else None)
    if print_summary:
        made = build("Print", input=made, data=[tensor], message=name)
        get_default_graph().add_to_collection(GraphKeys.SUMMARIES, made)
    return made


@_public("add_histogram_summary")
def add_histogram_summary(tensor: Any, name: str | None = None, prefix: str | None = None) -> Any:
    """A histogram of a tensor.

    Args:
        tensor: the tensor.
        name: the name; that of the tensor by default.
        prefix: what stands before the name.
    """
    return histogram(_name(tensor, name, prefix), tensor)


@_public("add_image_summary")
def add_image_summary(
    tensor: Any, name: str | None = None, prefix: str | None = None, print_summary: bool = False
) -> Any:
    """A summary of images; see `add_histogram_summary`.

    Args:
        tensor: a batch of images.
        name: see there.
        prefix: see there.
        print_summary: whether the tensor is printed, too.
    """
    return _added(image, _name(tensor, name, prefix), tensor, print_summary)


@_public("add_scalar_summary")
def add_scalar_summary(
    tensor: Any, name: str | None = None, prefix: str | None = None, print_summary: bool = False
) -> Any:
    """A summary of a number; see `add_image_summary`."""
    return _added(scalar, _name(tensor, name, prefix), tensor, print_summary)


@_public("add_zero_fraction_summary")
def add_zero_fraction_summary(
    tensor: Any, name: str | None = None, prefix: str | None = None, print_summary: bool = False
) -> Any:
    """A summary of what part of a tensor is zero; see `add_image_summary`."""
    name = _name(tensor, name, prefix, "Fraction_of_Zero_Values")
    return _added(scalar, name, zero_fraction(tensor), print_summary)


@_public("add_histogram_summaries")
def add_histogram_summaries(tensors: Iterable[Any], prefix: str | None = None) -> list[Any]:
    """`add_histogram_summary` of several tensors."""
    return [add_histogram_summary(tensor, prefix=prefix) for tensor in tensors]


@_public("add_image_summaries")
def add_image_summaries(tensors: Iterable[Any], prefix: str | None = None) -> list[Any]:
    """`add_image_summary` of several tensors."""
    return [add_image_summary(tensor, prefix=prefix) for tensor in tensors]


@_public("add_scalar_summaries")
def add_scalar_summaries(
    tensors: Iterable[Any], prefix: str | None = None, print_summary: bool = False
) -> list[Any]:
    """`add_scalar_summary` of several tensors."""
    return [
        add_scalar_summary(tensor, prefix=prefix, print_summary=print_summary) for tensor in tensors
    ]


@_public("add_zero_fraction_summaries")
def add_zero_fraction_summaries(tensors: Iterable[Any], prefix: str | None = None) -> list[Any]:
    """`add_zero_fraction_summary` of several tensors."""
    return [add_zero_fraction_summary(tensor, prefix=prefix) for tensor in tensors]
