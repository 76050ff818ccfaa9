"""Signals cut into frames, and frames put together again.

Source: tensorflow/python/ops/signal/shape_ops.py, reconstruction_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minihub_runtime as tf
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.public import public

__all__ = ["as_number", "frame", "overlap_and_add", "with_one_outer_axis"]


def as_number(value: Any, what: str) -> Any:
    """An integer that is known now, or an integer scalar.

    Raises:
        ValueError: it is no integer, or no scalar.
    """
    tensor = convert_to_tensor(value, name=what)
    if not tensor.dtype.is_integer:
        raise ValueError(f"{what} must be an integer. Got {tensor.dtype.name}")
    tensor.shape.assert_has_rank(0)
    known = constant_value(tensor)
    return tensor if known is None else int(known)


def with_one_outer_axis(function: Callable[[Tensor], Tensor], tensor: Tensor, inner: int) -> Tensor:
    """`function` of a tensor of unknown rank: all axes but the last `inner` are one for it, and stand in its result again."""
    shape = tf.shape(tensor)
    outer = shape[:-inner]
    flat = tf.reshape(tensor, tf.concat([[tf.reduce_prod(outer)], shape[-inner:]], 0))
    flat.set_shape([None] * (inner + 1))
    found = function(flat)
    result: Tensor = tf.reshape(found, tf.concat([outer, tf.shape(found)[1:]], 0))
    return result


def _size_along(tensor: Tensor, axis: int) -> Any:
    """The size along an axis: a number if it is known, else a scalar."""
    known = tensor.shape.as_list()[axis]
    return tf.shape(tensor)[axis] if known is None else known


def _at_least_zero(value: Any) -> Any:
    return max(value, 0) if isinstance(value, int) else tf.maximum(value, 0)


@public("signal.frame")
def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: Any = -1,
    name: str | None = None,
) -> Tensor:
    """Overlapping frames of a signal along one axis.

    Args:
        signal: [..., samples, ...].
        frame_length: samples of a frame.
        frame_step: samples from the start of one frame to the start of the next.
        pad_end: pad the end, so that every sample stands at the start of a frame or behind one.
        pad_value: with what.
        axis: which axis the samples lie along.
        name: of the scope.

    Returns:
        [..., frames, frame_length, ...].

    Raises:
        ValueError: lengths are no integer scalars.
    """
    with name_scope(name, "frame", [signal, frame_length, frame_step, pad_value]):
        signal = convert_to_tensor(signal, name="signal")
        length, step = as_number(frame_length, "frame_length"), as_number(frame_step, "frame_step")
        place = as_number(axis, "axis")
        rank = signal.shape.with_rank_at_least(1).rank
        if rank is None or not isinstance(place, int):
            shape = tf.shape(signal)
            place = tf.range(tf.rank(signal))[place]
            outer, inner = shape[:place], shape[place + 1 :]
            flat = [tf.reduce_prod(outer), shape[place], tf.reduce_prod(inner)]
            frames = frame(tf.reshape(signal, flat), length, step, pad_end, pad_value, axis=1)
            whole: Tensor = tf.reshape(frames, tf.concat([outer, tf.shape(frames)[1:3], inner], 0))
            whole.set_shape(None if rank is None else [None] * (rank + 1))
            return whole
        place = range(rank)[place]
        samples = _size_along(signal, place)
        if pad_end:
            count = -(-samples // step)
            missing = _at_least_zero(length + step * (count - 1) - samples)
            paddings = [[0, missing if d == place else 0] for d in range(rank)]
            signal = tf.pad(
                signal, paddings, constant_values=convert_to_tensor(pad_value, signal.dtype)
            )
        else:
            count = _at_least_zero(1 + (samples - length) // step)
        starts = tf.expand_dims(tf.range(count) * step, 1)
        frames = tf.gather(signal, starts + tf.expand_dims(tf.range(length), 0), axis=place)
        sizes = [size if isinstance(size, int) else None for size in (count, length)]
        known = signal.shape.as_list()
        frames.set_shape([*known[:place], *sizes, *known[place + 1 :]])
        result: Tensor = frames
        return result


@public("signal.overlap_and_add")
def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Tensor:
    """The sum of frames, each `frame_step` samples behind the one before it.

    Args:
        signal: [..., frames, frame_length].
        frame_step: an integer.
        name: of the scope.

    Returns:
        [..., (frames - 1) * frame_step + frame_length].

    Raises:
        ValueError: `frame_step` is no integer scalar, or the rank of the signal is less than 2.
    """
    with name_scope(name, "overlap_and_add", [signal, frame_step]):
        signal = convert_to_tensor(signal, name="signal")
        step = as_number(frame_step, "frame_step")
        rank = signal.shape.with_rank_at_least(2).rank
        if rank is None:
            return with_one_outer_axis(lambda flat: overlap_and_add(flat, step), signal, 2)
        frames, length = _size_along(signal, -2), _size_along(signal, -1)
        # Each frame is cut into pieces of one step; piece j of frame i adds to place i + j of the result.
        pieces = -(-length // step)
        ends = [[0, 0]] * (rank - 1) + [[0, pieces * step - length]]
        outer = [_size_along(signal, d) for d in range(rank - 2)]
        cut = tf.reshape(tf.pad(signal, ends), [*outer, frames, pieces, step])
        order = [rank - 2, rank - 1, *range(rank - 2), rank]
        rows = tf.reshape(tf.transpose(cut, order), [frames * pieces, *outer, step])
        places = tf.expand_dims(tf.range(frames), 1) + tf.expand_dims(tf.range(pieces), 0)
        total = tf.unsorted_segment_sum(rows, tf.reshape(places, [-1]), frames + pieces - 1)
        back = tf.transpose(total, [*range(1, rank - 1), 0, rank - 1])
        joined = tf.reshape(back, [*outer, (frames + pieces - 1) * step])
        result: Tensor = joined[..., : (frames - 1) * step + length]
        return result
