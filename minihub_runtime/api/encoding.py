"""Indices and lengths as vectors and masks.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.sizes import rank
from minihub_runtime.dtypes import as_dtype, bool_, float32, int32
from minihub_runtime.public import public

__all__ = ["all_dimensions", "one_hot", "sequence_mask"]


@public("one_hot")
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """Vectors that have `on_value` at the place that an index names, and `off_value` elsewhere.

    Args:
        indices: integers; one out of range gives a vector of `off_value`.
        depth: the length of the vectors.
        on_value: 1 by default.
        off_value: 0 by default.
        axis: the dimension of the result along which the vectors lie, the last by default.
        dtype: the type, by default that of the values, or float32.
        name: wanted name.

    Raises:
        TypeError: the types of the values differ, or are not `dtype`.
    """
    values = [indices, depth, on_value, off_value, axis, dtype]
    with name_scope(name, "one_hot", values) as scope:
        wanted = None if dtype is None else as_dtype(dtype)
        pair = [
            None if value is None else convert_to_tensor(value, preferred_dtype=wanted)
            for value in (on_value, off_value)
        ]
        types = [None if value is None else value.dtype.base_dtype for value in pair]
        for kind, role in zip(types, ("on_value", "off_value"), strict=True):
            if wanted is not None and kind not in (None, wanted):
                raise TypeError(f"dtype {kind} of {role} does not match dtype parameter {wanted}")
        wanted = wanted or types[0] or types[1] or float32
        on, off = pair
        if on is None:
            on = convert_to_tensor(1, wanted, "on_value")
        if off is None:
            off = convert_to_tensor(0, wanted, "off_value")
        if on.dtype.base_dtype is not off.dtype.base_dtype:
            raise TypeError(
                f"dtype {on.dtype} of on_value does not match dtype {off.dtype} of off_value"
            )
        result: Tensor = build(
            "OneHot",
            name=scope,
            indices=indices,
            depth=depth,
            on_value=on,
            off_value=off,
            axis=axis,
        )
        return result


def all_dimensions(x: Any) -> Tensor:
    """The numbers of all dimensions: a constant where the rank is known."""
    known = None
    if isinstance(x, SparseTensor):
        length = x.dense_shape.shape.as_tuple()
        known = length[0] if length else None
    elif isinstance(x, Tensor):
        known = x.shape.ndims
    if known is not None:
        return constant(np.arange(known), int32)
    result: Tensor = build("Range", start=0, limit=rank(x), delta=1)
    return result


@public("sequence_mask")
def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = bool_, name: str | None = None
) -> Any:
    """Masks whose first `lengths[…]` elements hold.

    Args:
        lengths: integers of any shape.
        maxlen: the length of the masks, by default the largest of `lengths`.
        dtype: the type of the result.
        name: wanted name.

    Returns:
        `lengths.shape + [maxlen]`.

    Raises:
        ValueError: `maxlen` is no scalar.
    """
    with name_scope(name, "SequenceMask", [lengths, maxlen]):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            longest = build("Max", input=lengths, reduction_indices=all_dimensions(lengths))
            maxlen = build("Maximum", x=constant(0, longest.dtype), y=longest)
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.shape.ndims not in (None, 0):
            raise ValueError(
                f"Argument `maxlen` must be scalar for sequence_mask, received `maxlen` = {maxlen} "
                f"with shape '{maxlen.shape}' instead"
            )
        kind = maxlen.dtype
        places = build("Range", start=constant(0, kind), limit=maxlen, delta=constant(1, kind))
        ends = build("Cast", x=expand_dims(lengths, -1), DstT=kind)
        result = places < ends
        if dtype is None or as_dtype(dtype) is bool_:
            return result
        return build("Cast", x=result, DstT=dtype)
