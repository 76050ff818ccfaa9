"""What passes its input on, and what the caller feeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.dtypes import (
    DType,
)
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.array import shape_of
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import ANY, REGISTRY, Array, op, types_list, without_gradient
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import Shape, Spec, compatible, merge, show

__all__: list[str] = []


@op("Placeholder() -> output: dtype", dtype=ANY, source="core/kernels/constant_op.cc")
def placeholder(ctx: Context, *, dtype: DType, shape: Shape = None) -> Array:
    """A tensor that the caller feeds.

    Raises: InvalidArgumentError when it runs, since then nothing was fed.
    """
    raise InvalidArgumentError(
        f"You must feed a value for placeholder tensor {ctx.node!r} "
        f"with dtype {dtype.name} and shape {show(shape)}"
    )


@placeholder.shape
def placeholder_shape(shape: Shape) -> Shape:
    return shape


@op("PlaceholderV2() -> output: dtype", dtype=ANY, like=placeholder)
def placeholder_v2(ctx: Context, *, dtype: DType, shape: Shape) -> Array:
    """A tensor that the caller feeds.

    Raises: InvalidArgumentError when it runs, since then nothing was fed.
    """
    result: Array = placeholder.kernel(ctx, dtype=dtype, shape=shape)
    return result


@op(
    "PlaceholderWithDefault(input: dtype) -> output: dtype",
    dtype=ANY,
    views=True,
    source="core/kernels/identity_op.cc",
)
def placeholder_with_default(input: Array, *, shape: Shape) -> Array:
    """`input`, unless the caller feeds another value."""
    return input


@placeholder_with_default.shape
def placeholder_with_default_shape(input: Spec, shape: Shape) -> Shape:
    merge(input.shape, shape)
    return shape


def _register_identities() -> None:
    """One kernel under all the names that pass their input on."""
    for spec, source in {
        "Identity(input: T) -> output: T": "identity_op.cc",
        "StopGradient(input: T) -> output: T": "identity_op.cc",
        "Snapshot(input: T) -> output: T": "snapshot_op.cc",
        "GuaranteeConst(input: T) -> output: T": "guarantee_const_op.cc",
    }.items():

        def kernel(input: Any) -> Any:
            """`input` itself, whatever object it is."""
            return input

        stateful = spec.startswith("GuaranteeConst")
        op(spec, T=ANY, views=True, shape=same, stateful=stateful, source=f"core/kernels/{source}")(
            kernel
        )


_register_identities()


@op(
    "PreventGradient(input: T) -> output: T",
    T=ANY,
    views=True,
    shape=same,
    source="core/kernels/identity_op.cc",
)
def prevent_gradient(input: Any, *, message: str = "") -> Any:
    """`input` itself; `message` is for whoever differentiates it."""
    return input


@op(
    "Copy|CopyHost(input: T) -> output: T",
    T=ANY,
    views=True,
    shape=same,
    source="core/kernels/debug_ops.h",
)
def copy(input: Any, *, tensor_name: str = "", debug_ops_spec: list[str] = []) -> Any:
    """`input`; what the debugger would send is not sent."""
    return input


@op(
    "DebugIdentity(input: T) -> output: T",
    T=ANY,
    views=True,
    shape=same,
    source="core/kernels/debug_ops.h",
)
def debug_identity(
    input: Any,
    *,
    device_name: str = "",
    tensor_name: str = "",
    debug_urls: list[str] = [],
    gated_grpc: bool = False,
) -> Any:
    """`input`; nothing is sent to `debug_urls`.

    Differs: TensorFlow publishes the tensor to the URLs; a graph of a stranger shall not write anywhere.
    """
    return input


@op(
    "IdentityN(input: T) -> output: T",
    T=types_list(minimum=1),
    views=True,
    source="core/kernels/identity_n_op.cc",
)
def identity_n(input: Sequence[Any]) -> tuple[Any, ...]:
    """The inputs themselves."""
    return tuple(input)


@identity_n.shape
def identity_n_shape(input: Sequence[Spec]) -> list[Shape]:
    return [spec.shape for spec in input]


@op(
    "DeepCopy(x: T) -> y: T",
    T=ANY,
    stateful=True,
    shape=same,
    source="core/kernels/inplace_ops.cc",
)
def deep_copy(x: Array) -> Array:
    """A copy that shares no memory with `x`."""
    return x.copy()


@op(
    "EnsureShape(input: T) -> output: T",
    T=ANY,
    views=True,
    source="core/kernels/shape_ops.cc",
)
def ensure_shape(input: Any, *, shape: Shape) -> Any:
    """`input`, if it has `shape`.

    Raises: InvalidArgumentError if it has another.
    """
    found = shape_of(input)
    if not compatible(found, shape):
        raise InvalidArgumentError(f"the tensor must have shape {show(shape)}, not {show(found)}")
    return input


@ensure_shape.shape
def ensure_shape_shape(input: Spec, shape: Shape) -> Shape:
    return merge(input.shape, shape)


def _pass_on(ops: Ops, grad: Term) -> Term:
    return grad


for _name in ("EnsureShape", "Identity", "PlaceholderWithDefault"):
    REGISTRY[_name].gradient(_pass_on)


@identity_n.gradient
def identity_n_gradient(ops: Ops, grads: list[Term]) -> list[Term]:
    return grads


@prevent_gradient.gradient
def prevent_gradient_gradient(ops: Ops, message: str) -> Term:
    raise LookupError(f"Gradient explicitly disabled. Reason: {message}")


without_gradient("StopGradient")
