"""Parts of tensors and of variables: `x[1:, ..., None]`, slices and strided slices.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

import builtins
import numbers
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.api.tensor_shape import Dimension
from minihub_runtime.dtypes import DType, as_dtype, int16, int32, int64
from minihub_runtime.public import public

__all__ = ["get_item", "newaxis", "slice", "strided_slice"]

#: `x[tf.newaxis]` adds a dimension of size one.
newaxis = public("newaxis")(None)

INDEX_TYPES = (int16, int32, int64)


@public("slice")
def slice(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor:
    """The part of a tensor that begins at `begin` and has the shape `size`; -1 is all that is left."""
    result: Tensor = build("Slice", name=name, input=input_, begin=begin, size=size)
    return result


@public("strided_slice")
def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Tensor:
    """The part of a tensor that a Python index would give; `x[...]` is the readable form.

    Args:
        input_: what is sliced.
        begin: int32 or int64, where each dimension begins.
        end: where each dimension ends.
        strides: the steps, by default ones.
        begin_mask: bit i leaves `begin[i]` out of account.
        end_mask: bit i leaves `end[i]` out of account.
        ellipsis_mask: the bit of the one place that stands for all dimensions not listed.
        new_axis_mask: bit i adds a dimension of size one.
        shrink_axis_mask: bit i takes the single index `begin[i]` and removes the dimension.
        var: the variable that `input_` is the value of; the result then has a method `assign`.
        name: wanted name.
    """
    if strides is None:
        from minihub_runtime.api.filling import ones_like

        strides = ones_like(begin)
    masks = {
        "begin_mask": begin_mask,
        "end_mask": end_mask,
        "ellipsis_mask": ellipsis_mask,
        "new_axis_mask": new_axis_mask,
        "shrink_axis_mask": shrink_axis_mask,
    }
    result: Tensor = build(
        "StridedSlice", name=name, input=input_, begin=begin, end=end, strides=strides, **masks
    )
    if var is not None:
        sliced_as = name

        def assign(val: Any, name: str | None = None) -> Any:
            """The variable, or its new value, after giving this part of it a value."""
            return var._strided_slice_assign(
                begin=begin,
                end=end,
                strides=strides,
                value=val,
                name=f"{sliced_as}_assign" if name is None else name,
                **masks,
            )

        result.assign = assign  # type: ignore[attr-defined]
    return result


def get_item(tensor: Any, key: Any, var: Any = None) -> Tensor:
    """`tensor[key]`.

    Args:
        tensor: what is indexed.
        key: numbers, slices, None, an ellipsis, scalar tensors, or several of these; or a mask of truth values.
        var: the variable that `tensor` is the value of.

    Raises:
        TypeError: something else is among the indices.
    """
    tensor = convert_to_tensor(tensor)
    if _is_mask(key):
        from minihub_runtime.api.gathering import boolean_mask

        return boolean_mask(tensor, key)
    places = _Places()
    for item in key if isinstance(key, (list, tuple)) else [key]:
        places.add(item)
    parts = (places.begin, places.end, places.strides)
    with name_scope(None, "strided_slice", [tensor, *parts[0], *parts[1], *parts[2]]) as scope:
        if places.begin:
            begin, end, strides = _of_one_type([stack(part) for part in parts])
        else:
            begin = end = strides = constant([], int32)
        return strided_slice(tensor, begin, end, strides, var=var, name=scope, **places.masks)


def _is_mask(key: Any) -> bool:
    if isinstance(key, Tensor):
        return key.dtype.base_dtype.is_bool
    return isinstance(key, bool) or (isinstance(key, np.ndarray) and key.dtype == bool)


def _of_one_type(parts: list[Tensor]) -> list[Tensor]:
    """The parts as int64 if one of them is."""
    if all(part.dtype is not int64 for part in parts):
        return parts
    return [part if part.dtype is int64 else build("Cast", x=part, DstT=int64) for part in parts]


class _Places:
    """What an index means, place by place, as StridedSlice takes it."""

    def __init__(self) -> None:
        self.begin: list[Any] = []
        self.end: list[Any] = []
        self.strides: list[Any] = []
        self.masks = dict.fromkeys(
            ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0
        )

    def add(self, item: Any) -> None:
        """Add one place."""
        if isinstance(item, builtins.slice):
            dtype = _type_of_bounds(item)
            begin = self._bound(item.start, 0, dtype, "begin_mask")
            end = self._bound(item.stop, 0, dtype, "end_mask")
            self._add(begin, end, self._bound(item.step, 1, dtype, None))
        elif item is Ellipsis:
            self._add(0, 0, 1, "ellipsis_mask")
        elif item is None:
            self._add(0, 0, 1, "new_axis_mask")
        else:
            _check_index(item)
            end = item + 1
            typed = isinstance(item, Tensor) and item.dtype in (int16, int64)
            self._add(item, end, constant(1, item.dtype) if typed else 1, "shrink_axis_mask")

    def _add(self, begin: Any, end: Any, stride: Any, mask: str | None = None) -> None:
        if mask is not None:
            self.masks[mask] |= 1 << len(self.begin)
        self.begin.append(begin)
        self.end.append(end)
        self.strides.append(stride)

    def _bound(self, value: Any, default: int, dtype: DType | None, mask: str | None) -> Any:
        """One of the three numbers of a slice; an absent one sets its bit."""
        if value is not None and not (isinstance(value, Dimension) and value.value is None):
            _check_index(value)
            return value
        if mask is not None:
            self.masks[mask] |= 1 << len(self.begin)
        return default if dtype is None else constant(default, dtype)


def _type_of_bounds(item: builtins.slice) -> DType | None:
    """The widest type of the tensors among the numbers of a slice."""
    types = {
        bound.dtype for bound in (item.start, item.stop, item.step) if isinstance(bound, Tensor)
    }
    return next((dtype for dtype in (int64, int32, int16) if dtype in types), None)


def _check_index(index: Any) -> None:
    """Raise TypeError unless this can stand for one index."""
    if isinstance(index, (numbers.Integral, Dimension)):
        return
    dtype = getattr(index, "dtype", None)
    if dtype is None or as_dtype(dtype).base_dtype not in INDEX_TYPES or _is_vector(index):
        raise TypeError(
            "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
            f"tf.int32/tf.int64 tensors are valid indices, got {index!r}"
        )


def _is_vector(index: Any) -> bool:
    return bool(index.shape) and len(index.shape) == 1
