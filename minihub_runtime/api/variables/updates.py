"""Functions that change variables: `tf.assign`, `tf.scatter_add` and their like.

Each takes a reference or a variable of either kind; it returns the reference, or the variable after the change.

Source: tensorflow/python/ops/state_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.sizes import shape
from minihub_runtime.public import public

__all__ = ["assign", "assign_add", "assign_sub", "batch_scatter_update", "count_up_to"]


@public("assign")
def assign(
    ref: Any,
    value: Any,
    validate_shape: bool | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> Any:
    """Give a variable a value.

    Args:
        ref: a variable or a reference.
        value: the new value.
        validate_shape: for a reference, whether the shape must stay; by default it must.
        use_locking: accepted; assignments never interrupt each other.
        name: wanted name.
    """
    if ref.dtype.is_ref:
        return build(
            "Assign",
            name=name,
            ref=ref,
            value=value,
            validate_shape=validate_shape,
            use_locking=use_locking,
        )
    return ref.assign(value, name=name)


@public("assign_add")
def assign_add(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Add to a variable; the name counts for references only."""
    if ref.dtype.is_ref:
        return build("AssignAdd", name=name, ref=ref, value=value, use_locking=use_locking)
    return ref.assign_add(value)


@public("assign_sub")
def assign_sub(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Subtract from a variable; the name counts for references only."""
    if ref.dtype.is_ref:
        return build("AssignSub", name=name, ref=ref, value=value, use_locking=use_locking)
    return ref.assign_sub(value)


@public("count_up_to")
def count_up_to(ref: Any, limit: int, name: str | None = None) -> Tensor:
    """Add one to a variable unless it has reached `limit`, which is an OutOfRangeError; the value before."""
    counted: Tensor
    if ref.dtype.is_ref:
        counted = build("CountUpTo", name=name, ref=ref, limit=limit)
    else:
        counted = build(
            "ResourceCountUpTo", name=name, resource=ref.handle, limit=limit, T=ref.dtype
        )
    return counted


def _scatter(change: str, what: str, default_locking: bool = False) -> Callable[..., Any]:
    """A function that changes rows of a variable."""
    name_of = f"scatter_{change.lower()}"

    def scatter(
        ref: Any,
        indices: Any,
        updates: Any,
        use_locking: bool = default_locking,
        name: str | None = None,
    ) -> Any:
        if ref.dtype.is_ref:
            return build(
                f"Scatter{change}",
                name=name,
                ref=ref,
                indices=indices,
                updates=updates,
                use_locking=use_locking,
            )
        tensor = convert_to_tensor(updates, ref.dtype)
        return ref._lazy_read(
            build(
                f"ResourceScatter{change}",
                name=name,
                resource=ref.handle,
                indices=indices,
                updates=tensor,
            )
        )

    scatter.__doc__ = f"""{what} the rows of a variable.

    Args:
        ref: a variable or a reference.
        indices: int32 or int64, the rows.
        updates: shape `indices.shape + ref.shape[1:]`, or a scalar.
        use_locking: accepted; changes never interrupt each other.
        name: wanted name.
    """
    scatter.__name__ = scatter.__qualname__ = name_of
    return public(name_of)(scatter)


def _scatter_nd(change: str, what: str, default_locking: bool = False) -> Callable[..., Any]:
    """A function that changes elements or slices of a variable."""
    name_of = f"scatter_nd_{change.lower()}"

    def scatter_nd(
        ref: Any,
        indices: Any,
        updates: Any,
        use_locking: bool = default_locking,
        name: str | None = None,
    ) -> Any:
        if ref.dtype.is_ref:
            return build(
                f"ScatterNd{change}",
                name=name,
                ref=ref,
                indices=indices,
                updates=updates,
                use_locking=use_locking,
            )
        tensor = convert_to_tensor(updates, ref.dtype)
        return ref._lazy_read(
            build(
                f"ResourceScatterNd{change}",
                name=name,
                ref=ref.handle,
                indices=indices,
                updates=tensor,
            )
        )

    scatter_nd.__doc__ = f"""{what} elements or slices of a variable.

    Args:
        ref: a variable or a reference.
        indices: int32 or int64 [..., k], the places.
        updates: shape `indices.shape[:-1] + ref.shape[k:]`.
        use_locking: accepted; changes never interrupt each other.
        name: wanted name.
    """
    scatter_nd.__name__ = scatter_nd.__qualname__ = name_of
    return public(name_of)(scatter_nd)


scatter_add = _scatter("Add", "Add to")
scatter_div = _scatter("Div", "Divide")
scatter_max = _scatter("Max", "Keep the larger of what is given and")
scatter_min = _scatter("Min", "Keep the smaller of what is given and")
scatter_mul = _scatter("Mul", "Multiply")
scatter_sub = _scatter("Sub", "Subtract from")
scatter_update = _scatter("Update", "Replace", default_locking=True)
scatter_nd_add = _scatter_nd("Add", "Add to")
scatter_nd_sub = _scatter_nd("Sub", "Subtract from")
scatter_nd_update = _scatter_nd("Update", "Replace", default_locking=True)


@public("batch_scatter_update")
def batch_scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Replace slices of a variable along the last axis of `indices`, for each place along the axes before.

    Args:
        ref: a variable or a reference.
        indices: int32 or int64 of known rank; its leading dimensions are those of the variable.
        updates: shape `indices.shape + ref.shape[rank of indices:]`.
        use_locking: accepted; changes never interrupt each other.
        name: wanted name of the scope.

    Raises:
        ValueError: the rank of `indices` is not known.
    """
    with name_scope(name):
        indices = convert_to_tensor(indices, name="indices")
        sizes = shape(indices)
        rank = indices.shape.ndims
        if rank is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        places = expand_dims(indices, axis=-1)
        parts = []
        for dimension in range(rank - 1):
            size = sizes[dimension]
            form: list[Any] = [1] * (rank + 1)
            form[dimension] = size
            along = reshape(build("Range", start=0, limit=size, delta=1), form)
            if along.dtype.base_dtype is not places.dtype.base_dtype:
                along = build("Cast", x=along, DstT=places.dtype)
            parts.append(along * ones_like(places))
        parts.append(places)
        return scatter_nd_update(ref, concat(parts, axis=-1), updates, use_locking=use_locking)
