"""Sequences of numbers.

Source: tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import zeros_like
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.sizes import convert_to_int_tensor, shape
from minihub_runtime.api.slicing import slice
from minihub_runtime.dtypes import DType, as_dtype, int64
from minihub_runtime.public import public

__all__ = ["linspace", "range"]


@public("range")
def range(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range"
) -> Tensor:
    """The numbers from `start` to before `limit` in steps of `delta`; one number alone is the limit.

    Args:
        start: the first number, 0 if there is no limit.
        limit: the end, which does not belong to it.
        delta: the step.
        dtype: the type, by default the widest of the three.
        name: wanted name.
    """
    if limit is None:
        start, limit = 0, start
    with name_scope(name, "Range", [start, limit, delta]) as scope:
        wanted = None if dtype is None else as_dtype(dtype)
        parts = [
            part if isinstance(part, Tensor) else convert_to_tensor(part, wanted, key)
            for part, key in ((start, "start"), (limit, "limit"), (delta, "delta"))
        ]
        if wanted is None:
            types = [part.dtype.base_dtype for part in parts]
            wanted = max(types, key=_rank_of)
        start, limit, delta = (cast(part, wanted) for part in parts)
        result: Tensor = build("Range", name=scope, start=start, limit=limit, delta=delta)
        return result


def _rank_of(dtype: DType) -> int:
    """The place of a type among those that the numbers of a range may have."""
    hierarchy = ("int32", "int64", "float32", "float64")
    if dtype.name not in hierarchy:
        raise AssertionError(f"a range without dtype must be of one of {hierarchy}, not {dtype}")
    return hierarchy.index(dtype.name)


@public("lin_space", "linspace")
def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Tensor:
    """`num` numbers from `start` to `stop`, both included, at even distances.

    Args:
        start: the first number, or a tensor of first numbers.
        stop: the last number.
        num: how many.
        name: wanted name.
        axis: the new dimension along which the numbers lie.
    """
    with name_scope(name, "linspace", [start, stop]):
        start = convert_to_tensor(start, name="start")
        stop = convert_to_tensor(stop, start.dtype, "stop")
        count: Any = convert_to_int_tensor(num, "num")
        cast(count, start.dtype)
        whole = build("BroadcastArgs", s0=shape(start), s1=shape(stop))
        start = build("BroadcastTo", input=start, shape=whole)
        stop = build("BroadcastTo", input=stop, shape=whole)
        first: Any = expand_dims(start, axis=axis)
        last: Any = expand_dims(stop, axis=axis)
        sizes: Any = shape(first)
        rank = shape(sizes)[0]
        place: Any = where_v2(axis >= 0, axis, rank + axis)
        inner = build("Maximum", x=count - 2, y=0)
        steps = build("Maximum", x=count - 1, y=1)
        delta = (last - first) / cast(steps, last.dtype)
        first, last = cast(first, delta.dtype), cast(last, delta.dtype)
        end = where_v2(count >= 0, steps, -1)
        numbers: Any = cast(range(1, end, dtype=int64), delta.dtype)
        mask = build("Equal", x=place, y=range(rank))
        numbers = reshape(numbers, where_v2(mask, inner, 1))
        middle = first + delta * numbers
        joined = concat((first, middle, last), axis=place)
        begin = zeros_like(sizes)
        size = concat((sizes[0:place], reshape(count, [1]), sizes[place + 1 :]), axis=0)
        return slice(joined, begin, size)
