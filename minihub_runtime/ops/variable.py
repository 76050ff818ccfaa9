"""Variables: resource handles and references.

Both kinds of variables are one object that travels along the edges.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype, bits, from_bits
from minihub_runtime.errors import InvalidArgumentError, NotFoundError, clip
from minihub_runtime.ops.array import zeros
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import ANY, NUMBERS, Array, Op, op, without_gradient
from minihub_runtime.ops.shape_rules import nothing, same, scalar
from minihub_runtime.ops.variables import Variable, existing, resource_of
from minihub_runtime.shapes import Shape, Spec, concrete, merge, show

__all__: list[str] = []

RESOURCE = "core/kernels/resource_variable_ops.cc"
DENSE = "core/kernels/dense_update_ops.cc"


@op(
    "VarHandleOp() -> resource: resource",
    dtype=ANY,
    stateful=True,
    source=RESOURCE,
    shape=scalar,
)
def var_handle_op(
    ctx: Context,
    *,
    container: str = "",
    shared_name: str = "",
    debug_name: str = "",
    dtype: DType,
    shape: Shape,
    allowed_devices: list[str] = [],
) -> Variable:
    """The handle of the variable of that name."""
    name = shared_name or ctx.node
    return ctx.resource(container, f"variable {name}", lambda: Variable(name, dtype, shape))


@op(
    "VarIsInitializedOp(resource: resource) -> is_initialized: bool",
    stateful=True,
    source=RESOURCE,
    shape=scalar,
)
def var_is_initialized_op(resource: Any) -> Array:
    """Whether the variable has a value."""
    return np.array(resource_of(resource).initialized)


def _matching(variable: Variable, dtype: DType) -> Variable:
    if variable.dtype is not dtype:
        raise InvalidArgumentError(
            f"variable {clip(variable.name)!r} must be read as {variable.dtype.name}, "
            f"not {dtype.name}"
        )
    return variable


@op(
    "ReadVariableOp(resource: resource) -> value: dtype",
    dtype=ANY,
    stateful=True,
    source=RESOURCE,
    views=True,
    shape=lambda resource: resource.shape_behind,
)
def read_variable_op(resource: Any, *, dtype: DType) -> Array:
    """The value of the variable.

    Raises: FailedPreconditionError if it has none.
    """
    return _matching(resource_of(resource), dtype).read()


def _assignable(resource: Spec, value: Spec) -> list[Shape]:
    """No outputs; the value must fit the variable."""
    merge(resource.shape_behind, value.shape)
    return []


@op(
    "AssignVariableOp(resource: resource, value: dtype)",
    dtype=ANY,
    stateful=True,
    source=RESOURCE,
    shape=_assignable,
)
def assign_variable_op(resource: Any, value: Array, *, validate_shape: bool = False) -> tuple[()]:
    """Nothing, after giving the variable a value, which may have another shape than the handle says.

    Raises: InvalidArgumentError if the shape is not that of the value before, and `validate_shape` is set.
    """
    resource_of(resource).assign(value, validate_shape=False, keep_shape=validate_shape)
    return ()


def _same_shape(variable: Variable, old: Array, value: Array) -> None:
    if old.shape != value.shape:
        require(
            False,
            f"variable {clip(variable.name)!r} of shape {show(old.shape)} must get a value of the "
            f"same shape, not {show(value.shape)}",
        )


def _number(value: Array) -> Array:
    """A 0-d array where NumPy gives a scalar."""
    return np.asarray(value)


def _combined(ufunc: Any, variable: Variable, value: Array) -> Array:
    """The variable's new value `ufunc(old, value)`."""

    def change(old: Array) -> Array:
        _same_shape(variable, old, value)
        if old.dtype.names is not None:
            from minihub_runtime.dtypes import float_to_bfloat16, to_float

            if as_dtype(old.dtype).name == "bfloat16":
                return float_to_bfloat16(ufunc(to_float(old), to_float(value)))
            return from_bits(_number(ufunc(bits(old), bits(value))), as_dtype(old.dtype))
        return _number(ufunc(old, value))

    return variable.update(change)


@op(
    "AssignAddVariableOp(resource: resource, value: dtype)",
    dtype=ANY,
    stateful=True,
    source=RESOURCE,
    shape=_assignable,
)
def assign_add_variable_op(resource: Any, value: Array) -> tuple[()]:
    """Nothing, after adding to the variable."""
    _combined(np.add, existing(resource), value)
    return ()


@op(
    "AssignSubVariableOp(resource: resource, value: dtype)",
    dtype=ANY,
    stateful=True,
    source=RESOURCE,
    shape=_assignable,
)
def assign_sub_variable_op(resource: Any, value: Array) -> tuple[()]:
    """Nothing, after subtracting from the variable."""
    _combined(np.subtract, existing(resource), value)
    return ()


@op(
    "DestroyResourceOp(resource: resource)",
    stateful=True,
    source="core/kernels/resource_variable_ops.cc:DestroyResourceOp",
    shape=nothing,
)
def destroy_resource_op(resource: Any, *, ignore_lookup_error: bool = True) -> tuple[()]:
    """Nothing, after forgetting the value of the variable.

    Raises: NotFoundError if it has none, unless `ignore_lookup_error` holds.
    """
    (resource_of if ignore_lookup_error else existing)(resource).clear()
    return ()


@op("DisableCopyOnRead(resource: resource)", stateful=True, source=RESOURCE, shape=nothing)
def disable_copy_on_read(resource: Any) -> tuple[()]:
    """Nothing: values are never copied when they are read."""
    resource_of(resource).read()
    return ()


@op(
    "VariableShape(input: resource) -> output: out_type",
    out_type=ANY._replace(names=("int32", "int64"), default="int32"),
    stateful=True,
    source=RESOURCE,
    shape=lambda input: (input.behind.rank if input.behind else None,),
)
def variable_shape(input: Any, *, out_type: DType) -> Array:
    """The shape of the variable's value."""
    return np.array(existing(input).read().shape, out_type.numpy)


def _reference(
    ctx: Context, shape: Shape, dtype: DType, container: str, shared_name: str
) -> Variable:
    name = shared_name or ctx.node
    found = ctx.resource(container, f"variable {name}", lambda: Variable(name, dtype, shape))
    return _matching(found, dtype)


@op(
    "VariableV2() -> ref: Ref(dtype)",
    dtype=ANY,
    stateful=True,
    source="core/kernels/variable_ops.cc",
    shape=lambda shape: shape,
)
def variable_v2(
    ctx: Context, *, shape: Shape, dtype: DType, container: str = "", shared_name: str = ""
) -> Variable:
    """A reference to the variable of that name."""
    return _reference(ctx, shape, dtype, container, shared_name)


@op(
    "Variable() -> ref: Ref(dtype)",
    dtype=ANY,
    stateful=True,
    source="core/kernels/variable_ops.cc",
    shape=lambda shape: shape or None,
)
def variable(
    ctx: Context, *, shape: Shape, dtype: DType, container: str = "", shared_name: str = ""
) -> Variable:
    """A reference to the variable of that name; an empty shape stands for an unknown one."""
    return _reference(ctx, shape or None, dtype, container, shared_name)


@op(
    "IsVariableInitialized(ref: Ref(dtype)) -> is_initialized: bool",
    dtype=ANY,
    source="core/kernels/variable_ops.cc",
    shape=scalar,
)
def is_variable_initialized(ref: Any) -> Array:
    """Whether the variable has a value."""
    return np.array(resource_of(ref).initialized)


def _assigned(ref: Spec, value: Spec, validate_shape: bool) -> Shape:
    return merge(ref.shape, value.shape) if validate_shape else value.shape


@op(
    "Assign(ref: Ref(T), value: T) -> output_ref: Ref(T)",
    T=ANY,
    source=DENSE,
    shape=_assigned,
)
def assign(
    ref: Any, value: Array, *, validate_shape: bool = True, use_locking: bool = True
) -> Variable:
    """The reference, after giving the variable a value.

    Raises: InvalidArgumentError if the shape is not that of the value before, or what it must be, and `validate_shape`
        holds.
    """
    target = resource_of(ref)
    target.assign(value, validate_shape, validate_shape)
    return target


def _updating(name: str, ufunc: Any) -> Op:
    """AssignAdd and AssignSub."""

    def kernel(ref: Any, value: Array, *, use_locking: bool = False) -> Variable:
        target = resource_of(ref)
        _combined(ufunc, target, value)
        return target

    kernel.__doc__ = f"The reference, after the {ufunc.__name__} of the variable and `value`."
    return op(
        f"{name}(ref: Ref(T), value: T) -> output_ref: Ref(T)",
        T=NUMBERS,
        source=DENSE,
        shape=_both,
    )(kernel)


def _both(ref: Spec, value: Spec) -> Shape:
    return merge(ref.shape, value.shape)


assign_add = _updating("AssignAdd", np.add)
assign_sub = _updating("AssignSub", np.subtract)


class _Temporary(Variable):
    """A variable of one step.

    Attributes:
        ended: whether its last value was taken.
    """

    __slots__ = ("ended",)

    def __init__(self, name: str, dtype: DType, shape: Shape) -> None:
        super().__init__(name, dtype, shape)
        self.ended = False


@op(
    "TemporaryVariable() -> ref: Ref(dtype)",
    dtype=ANY,
    stateful=True,
    source="core/kernels/state_ops.cc:TemporaryVariableOp",
    shape=lambda shape: shape,
)
def temporary_variable(ctx: Context, *, shape: Shape, dtype: DType, var_name: str = "") -> Variable:
    """A reference to a new variable of zeros, which DestroyTemporaryVariable ends.

    Raises: InvalidArgumentError for a shape with unknown sizes.
    Differs: TensorFlow leaves the values as the memory has them, and refuses two of one name at a time.
    """
    sizes = concrete(shape or ())
    if sizes is None:
        raise InvalidArgumentError(f"shape must have known sizes, not {show(shape)}")
    made = _Temporary(var_name or ctx.node, dtype, sizes)
    made.assign(zeros(sizes, dtype))
    return made


@op(
    "DestroyTemporaryVariable(ref: Ref(T)) -> value: T",
    T=ANY,
    source="core/kernels/state_ops.cc:DestroyTemporaryVariableOp",
    shape=same,
)
def destroy_temporary_variable(ref: Any, *, var_name: str) -> Array:
    """The last value of a temporary variable, after ending it.

    Raises: NotFoundError if it has ended, or has another name.
    """
    variable = resource_of(ref)
    with variable.lock:
        if not isinstance(variable, _Temporary) or variable.ended or variable.name != var_name:
            raise NotFoundError(f"there must be a temporary variable {clip(var_name)!r}")
        variable.ended = True
        return variable.read()


without_gradient("Assign", "AssignAdd", "AssignSub", "VarIsInitializedOp", "VariableShape")


@read_variable_op.gradient
def read_variable_op_gradient(ops: Ops, grad: Term) -> Term:
    # The gradient of a handle is that of the value behind it.
    return grad
