"""Windows, strides, dilations and paddings as people give them, and as the ops take them.

Source: tensorflow/python/ops/nn_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape

__all__ = ["channel_axis", "explicit_paddings", "per_dimension", "squeeze_batch_dims"]


def channel_axis(data_format: str, spatial_rank: int) -> int:
    """The axis of the channels: 1 for `NC…`, else the last."""
    return 1 if data_format.startswith("NC") else spatial_rank + 1


def per_dimension(value: Any, spatial_rank: int, channel_index: int, name: str) -> list[Any]:
    """A number for every dimension of a batch, with 1 for batch and channels.

    Args:
        value: one number, one for each spatial dimension, one for each dimension, or None for ones.
        spatial_rank: how many spatial dimensions there are.
        channel_index: the axis of the channels.
        name: what the value is, for the message.

    Raises:
        ValueError: it has another length.
    """
    if value is None:
        return [1] * (spatial_rank + 2)
    values = list(value) if isinstance(value, Sized) else [value]  # type: ignore[call-overload]
    if len(values) == spatial_rank + 2:
        return values
    if len(values) == 1:
        values = values * spatial_rank
    elif len(values) != spatial_rank:
        raise ValueError(
            f"{name} should be of length 1, {spatial_rank} or {spatial_rank + 2}. "
            f"Received: {name}={value} of length {len(values)}"
        )
    return [1, 1, *values] if channel_index == 1 else [1, *values, 1]


def explicit_paddings(padding: Any, expected_length: int = 4) -> tuple[Any, list[Any]]:
    """The attributes `padding` and `explicit_paddings` of a padding that is a word or a list of pairs.

    Raises:
        ValueError: the list is not one of `expected_length` pairs.
    """
    if isinstance(padding, str) and padding == "EXPLICIT":
        raise ValueError(
            "'EXPLICIT' is not a valid value for `padding`. To use explicit padding, `padding` must "
            "be a list."
        )
    if not isinstance(padding, (list, tuple)):
        return padding, []
    pairs: list[Any] = []
    for place, pair in enumerate(padding):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            what = f"size {len(pair)}" if isinstance(pair, (list, tuple)) else f"type {type(pair)}"
            raise ValueError(
                "When `padding` is a list, each element of `padding` must be a list/tuple of size 2. "
                f"Received: padding={padding} with element at index {place} of {what}"
            )
        pairs.extend(pair)
    if len(padding) != expected_length:
        raise ValueError(
            f"When padding is a list, it must be of size {expected_length}. "
            f"Received: padding={padding} of size {len(padding)}"
        )
    return "EXPLICIT", pairs


def squeeze_batch_dims(
    inp: Any, op: Callable[[Tensor], Tensor], inner_rank: int, name: str | None = None
) -> Tensor:
    """Apply an op for one batch dimension to an input that has several.

    Args:
        inp: `batch… + inner`.
        op: a function of `[n] + inner`.
        inner_rank: how many dimensions are not of the batch.
        name: wanted name of the scope.

    Returns:
        The result with the batch dimensions of `inp`.
    """
    with name_scope(name, "squeeze_batch_dims", [inp]):
        inp = convert_to_tensor(inp, name="input")
        inner: Any = inp.shape[-inner_rank:]
        if not inner.is_fully_defined():
            inner = shape(inp)[-inner_rank:]
        batch: Any = inp.shape[:-inner_rank]
        if not batch.is_fully_defined():
            batch = shape(inp)[:-inner_rank]
        if isinstance(inner, TensorShape):
            flat = reshape(inp, [-1, *inner.as_list()])
        else:
            flat = reshape(inp, concat([[-1], inner], -1))
        result = op(flat)
        outer: Any = result.shape[-inner_rank:]
        if not outer.is_fully_defined():
            outer = shape(result)[-inner_rank:]
        out: Tensor = reshape(result, concat((batch, outer), -1))
        out.set_shape(inp.shape[:-inner_rank].concatenate(out.shape[-inner_rank:]))
        return out
