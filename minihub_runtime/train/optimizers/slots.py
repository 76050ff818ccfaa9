"""Slots: variables beside the variable they belong to, under its name, cut as it is.

Source: tensorflow/python/training/slot_creator.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.cond import cond
from minihub_runtime.api.contexts import colocate_with
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.variables.base import SaveSliceInfo, Variable
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.store import get_variable

__all__ = ["create_slot", "create_zeros_slot"]


def create_slot(
    primary: Any,
    initial: Any,
    name: str,
    shape: Any = None,
    dtype: Any = None,
    colocate_with_primary: bool = True,
) -> Any:
    """Make a slot.

    Args:
        primary: the variable, or tensor, it belongs to.
        initial: its first value: a tensor, or an initialiser, which needs `shape` and `dtype`.
        name: its name below that of `primary`; numbered if it is taken.
        shape: its shape, where `initial` is an initialiser.
        dtype: its type, where `initial` is an initialiser.
        colocate_with_primary: note that it belongs on the device of `primary`.

    Returns:
        The variable, not trainable; by handle or by reference as `primary` is.
    """
    is_variable = isinstance(primary, Variable)
    prefix = primary._shared_name if is_variable else primary.op.name
    known = initial.shape if shape is None else shape
    with variable_scope(None, f"{prefix}/{name}"):
        scope = get_variable_scope()
        partitioner = scope.partitioner
        # A part of a variable has a slot of its own, which is not cut again.
        scope.set_partitioner(None)
        arguments = {
            "initializer": initial,
            "trainable": False,
            "use_resource": primary.is_resource if is_variable else None,
            "shape": shape if callable(initial) else None,
            "dtype": dtype,
            "validate_shape": known.is_fully_defined(),
        }
        if colocate_with_primary:
            with colocate_with(primary):
                slot = get_variable("", **arguments)
        else:
            slot = get_variable("", **arguments)
        scope.set_partitioner(partitioner)
    whole = primary._get_save_slice_info() if is_variable else None
    rank = slot.shape.ndims
    if whole is not None and rank != 0:
        # As in TensorFlow by length, which inside a variable scope cuts elsewhere than at the slash.
        below = slot.name[len(f"{primary.op.name}/") : -len(":0")]
        slot._set_save_slice_info(
            SaveSliceInfo(
                f"{whole.full_name}/{below}",
                whole.full_shape[:rank],
                whole.var_offset[:rank],
                whole.var_shape[:rank],
            )
        )
    return slot


def create_zeros_slot(
    primary: Any, name: str, dtype: Any = None, colocate_with_primary: bool = True
) -> Any:
    """A slot of zeros, of the shape of `primary` and, unless `dtype` is given, of its type; see `create_slot`."""
    dtype = primary.dtype if dtype is None else dtype
    if primary.shape.is_fully_defined():
        return create_slot(primary, Zeros(), name, primary.shape, dtype, colocate_with_primary)
    sizes = shape_of(
        cond(primary.is_initialized(), primary.read_value, lambda: primary.initial_value)
        if isinstance(primary, Variable)
        else primary
    )
    return create_slot(
        primary, zeros(sizes, dtype), name, colocate_with_primary=colocate_with_primary
    )
