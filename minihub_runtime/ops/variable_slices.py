"""Giving a slice of a variable a value: `variable[1:, ...].assign(value)`."""

from __future__ import annotations

from typing import Any

from minihub_runtime.ops.checking import require
from minihub_runtime.ops.registry import ANY, INDEX, REGISTRY, Array, op, without_gradient
from minihub_runtime.ops.shape_rules import nothing, same
from minihub_runtime.ops.variable import existing
from minihub_runtime.ops.variable_rows import variable_of

SOURCE = "core/kernels/strided_slice_op.cc:StridedSliceAssignOp"


@op(
    "StridedSliceAssign(ref: Ref(T), begin: Index, end: Index, strides: Index, value: T) "
    "-> output_ref: Ref(T)",
    T=ANY,
    Index=INDEX,
    source=SOURCE,
    shape=same,
)
def strided_slice_assign(
    ref: Any,
    begin: Array,
    end: Array,
    strides: Array,
    value: Array,
    *,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Any:
    """The reference, after giving the slice of the variable `value`; see TensorStridedSliceUpdate."""
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    variable = variable_of(ref)
    variable.update(lambda old: _updated(old, begin, end, strides, value, masks))
    return variable


@op(
    "ResourceStridedSliceAssign(ref: resource, begin: Index, end: Index, strides: Index, value: T)",
    T=ANY,
    Index=INDEX,
    stateful=True,
    source=SOURCE,
    shape=nothing,
)
def resource_strided_slice_assign(
    ref: Any,
    begin: Array,
    end: Array,
    strides: Array,
    value: Array,
    *,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> tuple[()]:
    """Nothing, after giving the slice of the variable `value`; see TensorStridedSliceUpdate."""
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    existing(ref).update(lambda old: _updated(old, begin, end, strides, value, masks))
    return ()


def _updated(
    old: Array, begin: Array, end: Array, strides: Array, value: Array, masks: tuple[int, ...]
) -> Array:
    require(value.dtype == old.dtype, "value must have the variable's type")
    begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask = masks
    new: Array = REGISTRY["TensorStridedSliceUpdate"](
        old,
        begin,
        end,
        strides,
        value,
        begin_mask=begin_mask,
        end_mask=end_mask,
        ellipsis_mask=ellipsis_mask,
        new_axis_mask=new_axis_mask,
        shrink_axis_mask=shrink_axis_mask,
    )
    return new


without_gradient("StridedSliceAssign", "ResourceStridedSliceAssign")
