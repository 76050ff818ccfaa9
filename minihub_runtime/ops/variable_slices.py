"""Changing a slice of a variable."""

from __future__ import annotations

from typing import Any

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.registry import ANY, INDEX, Array, op
from minihub_runtime.ops.shape_rules import nothing
from minihub_runtime.ops.slicing import tensor_strided_slice_update
from minihub_runtime.ops.variables import Variable, existing

__all__: list[str] = []

_SOURCE = "core/kernels/strided_slice_op.cc:StridedSliceAssignOp"


def _assign(variable: Variable, value: Array, *spec: Array, **masks: int) -> None:
    """Put a value into the slice."""

    def change(old: Array) -> Array:
        if old.dtype != value.dtype:
            require(
                False,
                f"value must be {as_dtype(old.dtype).name}, not {as_dtype(value.dtype).name}",
            )
        found: Array = tensor_strided_slice_update.kernel(old, *spec, value, **masks)
        return found

    variable.update(change)


@op(
    "ResourceStridedSliceAssign(ref: resource, begin: Index, end: Index, strides: Index, value: T)",
    T=ANY,
    Index=INDEX,
    stateful=True,
    source=_SOURCE,
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
    """Nothing, after `value` went into the slice of the variable, to which it broadcasts.

    Raises: InvalidArgumentError where StridedSlice does, for another type, and unless `value` broadcasts.
    """
    _assign(
        existing(ref),
        value,
        begin,
        end,
        strides,
        begin_mask=begin_mask,
        end_mask=end_mask,
        ellipsis_mask=ellipsis_mask,
        new_axis_mask=new_axis_mask,
        shrink_axis_mask=shrink_axis_mask,
    )
    return ()


@op(
    "StridedSliceAssign(ref: Ref(T), begin: Index, end: Index, strides: Index, value: T)"
    " -> output_ref: Ref(T)",
    T=ANY,
    Index=INDEX,
    source=_SOURCE,
    shape=lambda ref: ref.shape,
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
) -> Variable:
    """The reference, after `value` went into the slice of the variable, to which it broadcasts.

    Raises: InvalidArgumentError where StridedSlice does, and unless `value` broadcasts.
    """
    target = existing(ref)
    _assign(
        target,
        value,
        begin,
        end,
        strides,
        begin_mask=begin_mask,
        end_mask=end_mask,
        ellipsis_mask=ellipsis_mask,
        new_axis_mask=new_axis_mask,
        shrink_axis_mask=shrink_axis_mask,
    )
    return target
