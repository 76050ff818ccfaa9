"""Sorted values, and places in them.

Source: tensorflow/python/ops/sort_ops.py, array_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, constant_value, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.ranges import range
from minihub_runtime.api.sizes import rank, shape, shape_internal
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["argsort", "searchsorted", "sort"]

DIRECTIONS = ("ASCENDING", "DESCENDING")


@public("sort", "contrib.framework.sort")
def sort(values: Any, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None) -> Any:
    """The values in order along a dimension.

    Args:
        values: numbers.
        axis: the dimension.
        direction: `ASCENDING` or `DESCENDING`.
        name: wanted name.

    Raises:
        ValueError: there is no such direction, or the dimension is no constant.
    """
    with name_scope(name, "sort"):
        return _sorted(values, axis, direction, False)


@public("argsort", "contrib.framework.argsort")
def argsort(
    values: Any,
    axis: Any = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Any:
    """The places from which `sort` takes the values.

    Args:
        values: numbers.
        axis: the dimension.
        direction: `ASCENDING` or `DESCENDING`.
        stable: accepted; equal values keep their order anyway.
        name: wanted name.

    Raises:
        ValueError: there is no such direction, or the dimension is no constant.
    """
    with name_scope(name, "argsort"):
        return _sorted(values, axis, direction, True)


def _sorted(values: Any, axis: Any, direction: str, places: bool) -> Any:
    if direction not in DIRECTIONS:
        raise ValueError(
            f"Argument `direction` should be one of {', '.join(DIRECTIONS)}. Received: "
            f"direction={direction}"
        )
    axis = convert_to_tensor(axis, name="axis")
    known = constant_value(axis)
    if axis.shape.ndims not in (None, 0) or known is None:
        raise ValueError(f"Argument `axis` must be a constant scalar. Received: axis={axis}.")
    values = convert_to_tensor(values, name="values")
    if direction == "DESCENDING":
        return _descending(values, int(known), places)
    # TopK gives the largest; what turns the order around must not overflow.
    dtype = values.dtype
    if dtype.is_unsigned:
        found = _descending(dtype.max - values, int(known), places)
        return found if places else dtype.max - found
    if dtype.is_integer:
        found = _descending(-values - 1, int(known), places)
        return found if places else -found - 1
    found = _descending(-values, int(known), places)
    return found if places else -found


def _descending(values: Tensor, axis: int, places: bool) -> Any:
    count = shape(values)[axis]
    dims = rank(values)
    known = values.shape.ndims
    order: Any = None
    if axis != -1 and axis + 1 != known:
        place: Any = axis + (known or dims) if axis < 0 else axis
        if known is not None:
            order = constant(
                np.r_[np.arange(place), [known - 1], np.arange(place + 1, known - 1), [place]],
                name="transposition",
            )
        else:
            order = build(
                "TensorScatterUpdate",
                tensor=range(dims),
                indices=[[place], [dims - 1]],
                updates=[dims - 1, place],
            )
        values = transpose(values, order)
    result = build("TopKV2", input=values, k=count)[1 if places else 0]
    return result if order is None else transpose(result, order)


@public("searchsorted")
def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = int32,
    name: str | None = None,
) -> Tensor:
    """Where values would have to stand in sorted sequences.

    Args:
        sorted_sequence: `[…, n]`, ascending along the last dimension.
        values: `[…, m]`.
        side: `left`: before equal values; `right`: behind them.
        out_type: int32 or int64.
        name: wanted name.

    Returns:
        A place for each of `values`.

    Raises:
        ValueError: there is no such side.
    """
    length = shape_internal(sorted_sequence)[-1]
    count = shape_internal(values)[-1]
    rows = reshape(sorted_sequence, [-1, length])
    wanted = reshape(values, [-1, count])
    if side not in ("left", "right"):
        raise ValueError(
            f"Argument `side` must be either 'right' or 'left'. Received: `side` = '{side}'."
        )
    op = "UpperBound" if side == "right" else "LowerBound"
    found = build(op, name=name, sorted_inputs=rows, values=wanted, out_type=out_type)
    return reshape(found, shape_internal(values))
