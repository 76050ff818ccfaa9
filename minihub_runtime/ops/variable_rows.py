"""Reading and changing parts of variables: gathers and scatters on resources and references.

An update of rows changes the array itself where nobody else holds it, else a copy: whoever holds the old value keeps it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype, float_to_bfloat16, to_float
from minihub_runtime.errors import InvalidArgumentError, OutOfRangeError, clip
from minihub_runtime.ops.checking import indices_in_range, require
from minihub_runtime.ops.gradient_rules import Ops, Slices, Term
from minihub_runtime.ops.registry import (
    ANY,
    EXACT,
    INDEX,
    NUMBERS,
    REGISTRY,
    ROUNDING,
    Array,
    TypeSet,
    op,
    types,
    without_gradient,
)
from minihub_runtime.ops.scatter import check_scatter
from minihub_runtime.ops.variables import Variable, existing
from minihub_runtime.shapes import Shape, Spec, merge, show, size

RESOURCE = "core/kernels/resource_variable_ops.cc"
SCATTER = "core/kernels/scatter_op.cc"
SCATTER_ND = "core/kernels/scatter_nd_op.cc"


def variable_of(value: Any) -> Variable:
    """The variable that a handle or reference stands for.

    Raises:
        InvalidArgumentError: it stands for something else.
    """
    if not isinstance(value, Variable):
        raise InvalidArgumentError(f"resource must be a variable, not {type(value).__name__}")
    return value


def _gathered(resource: Spec, indices: Spec, batch_dims: int) -> Shape:
    if resource.behind is None or resource.behind.shape is None or indices.shape is None:
        return None
    return (*indices.shape, *resource.behind.shape[1 + batch_dims :])


@op(
    "ResourceGather(resource: resource, indices: Tindices) -> output: dtype",
    dtype=ANY,
    Tindices=INDEX,
    stateful=True,
    source=RESOURCE + ":ResourceGatherOp",
    shape=_gathered,
)
def resource_gather(
    resource: Any,
    indices: Array,
    *,
    batch_dims: int = 0,
    validate_indices: bool = True,
    dtype: DType,
) -> Array:
    """Rows of the variable.

    Shapes: `v`, `i` -> `i + v[1:]` for batch_dims = 0.
    Raises: InvalidArgumentError for an index outside the variable or a scalar variable.
    """
    params = existing(resource).read()
    require(params.ndim >= 1, "params must be at least 1 dimensional")
    require(
        as_dtype(params.dtype) is dtype,
        f"the variable must be {dtype.name}, not {as_dtype(params.dtype).name}",
    )
    if batch_dims == 0:
        indices_in_range(indices, params.shape[0])
        return np.take(params, indices, axis=0)
    gathered: Array = REGISTRY["GatherV2"](
        params, indices, np.array(batch_dims, np.int32), batch_dims=batch_dims
    )
    return gathered


def _gathered_slices(resource: Spec, indices: Spec) -> Shape:
    if resource.behind is None or resource.behind.shape is None or not indices.shape:
        return None
    depth = indices.shape[-1]
    return None if depth is None else (*indices.shape[:-1], *resource.behind.shape[depth:])


@op(
    "ResourceGatherNd(resource: resource, indices: Tindices) -> output: dtype",
    dtype=ANY,
    Tindices=INDEX,
    stateful=True,
    source=RESOURCE + ":ResourceGatherNdOp",
    shape=_gathered_slices,
)
def resource_gather_nd(resource: Any, indices: Array, *, dtype: DType) -> Array:
    """Slices of the variable; see GatherNd."""
    gathered: Array = REGISTRY["GatherNd"](variable_of(resource).read(), indices)
    return gathered


Update = Callable[[Array, Any, Array], None]


def _set(target: Array, places: Any, values: Array) -> None:
    target[places] = values


def _with(ufunc: Any) -> Update:
    def update(target: Array, places: Any, values: Array) -> None:
        if target.dtype.names is not None:
            _one_by_one(ufunc, target, places, values)
        else:
            order = places.argsort(kind="stable")
            together = places.take(order)
            if (together[1:] != together[:-1]).all():
                target[places] = ufunc(target[places], values)
                return
            # The time that `ufunc.at` takes grows with its target: so it gets the rows alone.
            rows, where = np.unique(places, return_inverse=True)
            changed = target[rows]
            ufunc.at(changed, where, values)
            target[rows] = changed

    return update


def _one_by_one(ufunc: Any, target: Array, places: Any, values: Array) -> None:
    """An update of bfloat16, where each step rounds."""
    each = np.broadcast_to(values, (len(places), *target.shape[1:]))
    for place, value in zip(places.tolist(), each, strict=True):
        target[place] = float_to_bfloat16(
            ufunc(to_float(target[place : place + 1])[0], to_float(value))
        )


def _extreme(ufunc: Any, neutral: float) -> Update:
    """Minimum or maximum; an update that is NaN changes nothing."""
    plain = _with(ufunc)

    def update(target: Array, places: Any, values: Array) -> None:
        if target.dtype.kind == "f" or target.dtype.names is not None:
            numbers = to_float(values)
            replaced = np.where(np.isnan(numbers), neutral, numbers)
            values = (
                float_to_bfloat16(replaced.astype(np.float32))
                if target.dtype.names is not None
                else replaced.astype(target.dtype)
            )
        plain(target, places, values)

    return update


def _divide(target: Array, places: Any, values: Array) -> None:
    if target.dtype.kind not in "iu":
        _with(np.divide)(target, places, values)
        return
    require(np.all(values != 0), "updates must not be zero: integers are divided by them")
    each = np.broadcast_to(values, (len(places), *target.shape[1:]))
    for place, value in zip(places.tolist(), each, strict=True):
        old = target[place]
        quotient = old // value
        # Division rounds towards zero.
        inexact = (quotient * value != old) & ((old < 0) != (value < 0))
        target[place] = quotient + inexact.astype(target.dtype)


UPDATES: dict[str, tuple[Update, TypeSet]] = {
    "Update": (_set, ANY),
    "Add": (_with(np.add), NUMBERS),
    "Sub": (_with(np.subtract), NUMBERS),
    "Mul": (_with(np.multiply), NUMBERS),
    "Div": (_divide, NUMBERS),
    "Min": (_extreme(np.minimum, np.inf), types("float16 bfloat16 float32 float64 int32 int64")),
    "Max": (_extreme(np.maximum, -np.inf), types("float16 bfloat16 float32 float64 int32 int64")),
}


def scatter_rows(variable: Variable, indices: Array, updates: Array, update: Update) -> None:
    """Change rows of a variable.

    Args:
        variable: shape `v` of rank >= 1.
        indices: shape `i`, rows of the variable.
        updates: shape `i + v[1:]`, or a scalar.
        update: what happens to the rows.

    Raises:
        InvalidArgumentError: shapes or indices do not fit.
    """
    with variable.lock:
        old = variable.read()
        shape, dtype = old.shape, old.dtype
        # So that the variable is alone with its value.
        del old
        require(len(shape) >= 1, f"variable {clip(variable.name)!r} must not be a scalar")
        wanted = (*indices.shape, *shape[1:])
        if updates.ndim and updates.shape != wanted:
            raise InvalidArgumentError(
                "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], "
                f"got updates.shape {show(updates.shape)}, indices.shape {show(indices.shape)}, "
                f"params.shape {show(shape)}"
            )
        require(as_dtype(updates.dtype) is as_dtype(dtype), "updates must have the variable's type")
        indices_in_range(indices, shape[0])
        flat = updates if not updates.ndim else updates.reshape(indices.size, *shape[1:])
        with variable.changing() as value:
            update(value, indices.reshape(-1), flat)


def scatter_slices(variable: Variable, given: Array, updates: Array, update: Update) -> None:
    """Change slices of a variable, at places that the rows of `given` are the coordinates of.

    Raises:
        InvalidArgumentError: shapes or indices do not fit.
    """

    def change(old: Array) -> Array:
        require(given.ndim >= 1, "indices must have rank >= 1, not 0")
        # Source: core/kernels/scatter_nd_op.cc:PrepareAndValidateInputs, for which a vector is a column.
        indices = given[:, np.newaxis] if given.ndim == 1 else given
        require(updates.ndim >= 1, "updates must have rank >= 1, not 0")
        depth = indices.shape[-1]
        require(
            depth <= old.ndim,
            f"indices must have at most {old.ndim} coordinates, not {depth}",
        )
        wanted = (*indices.shape[:-1], *old.shape[depth:])
        if updates.shape != wanted:
            raise InvalidArgumentError(
                f"updates must have shape {show(wanted)}, not {show(updates.shape)}"
            )
        rows = indices.reshape(-1, depth)
        for axis in range(depth):
            indices_in_range(rows[:, axis], old.shape[axis], f"indices[..., {axis}]")
        slices = old.reshape(size(old.shape[:depth]), *old.shape[depth:]).copy()
        places = (
            np.ravel_multi_index(tuple(rows.T), old.shape[:depth])
            if depth and len(rows)
            else np.zeros(len(rows), np.intp)
        )
        update(slices, places, updates.reshape(len(rows), *old.shape[depth:]))
        return slices.reshape(old.shape)

    variable.update(change)


def _require_rows(variable: Shape, indices: Spec, updates: Spec) -> None:
    """Raise unless the updates may be rows of a variable, one for each index, or one number for all."""
    if variable is not None and not variable:
        raise InvalidArgumentError("the variable must have rank >= 1, not shape []")
    if variable is not None and indices.shape is not None and updates.shape != ():
        merge(updates.shape, (*indices.shape, *variable[1:]))


def _resource_rows_shape(resource: Spec, indices: Spec, updates: Spec) -> list[Shape]:
    _require_rows(resource.shape_behind, indices, updates)
    return []


def _rows_shape(ref: Spec, indices: Spec, updates: Spec) -> Shape:
    _require_rows(ref.shape, indices, updates)
    return ref.shape


def _register_rows(name: str, update: Update, kinds: TypeSet) -> None:
    def by_handle(resource: Any, indices: Array, updates: Array) -> tuple[()]:
        """Nothing, after changing rows of the variable."""
        if name == "Div":
            require(np.all(updates != np.zeros((), updates.dtype)), "updates must not be zero")
        scatter_rows(existing(resource), indices, updates, update)
        return ()

    op(
        f"ResourceScatter{name}(resource: resource, indices: Tindices, updates: dtype)",
        dtype=kinds if name == "Update" else NUMBERS,
        Tindices=INDEX,
        stateful=True,
        source=RESOURCE + ":ResourceScatterUpdateOp",
        precision=ROUNDING if name == "Div" else EXACT,
        shape=_resource_rows_shape,
    )(by_handle)

    locking = name == "Update"

    def by_reference(
        ref: Any, indices: Array, updates: Array, *, use_locking: bool = locking
    ) -> Variable:
        """The reference, after changing rows of the variable."""
        scatter_rows(variable_of(ref), indices, updates, update)
        return variable_of(ref)

    op(
        f"Scatter{name}(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T)",
        T=kinds,
        Tindices=INDEX,
        source=SCATTER,
        precision=ROUNDING if name == "Div" else EXACT,
        shape=_rows_shape,
    )(by_reference)


for _name, (_update, _kinds) in UPDATES.items():
    _register_rows(_name, _update, _kinds)


def _require_slices(variable: Shape, indices: Spec, updates: Spec) -> None:
    """Raise unless the updates may be slices of a variable, one for each index."""
    require(updates.shape != (), "updates must have rank >= 1, not 0")
    check_scatter(indices.shape, updates.shape, variable)


def _resource_slices_shape(ref: Spec, indices: Spec, updates: Spec) -> list[Shape]:
    _require_slices(ref.shape_behind, indices, updates)
    return []


def _slices_shape(ref: Spec, indices: Spec, updates: Spec) -> Shape:
    _require_slices(ref.shape, indices, updates)
    return ref.shape


def _register_slices(name: str) -> None:
    update = UPDATES[name][0]
    kinds = ANY if name == "Update" else NUMBERS

    def by_handle(
        ref: Any, indices: Array, updates: Array, *, use_locking: bool = True
    ) -> tuple[()]:
        """Nothing, after changing slices of the variable."""
        scatter_slices(variable_of(ref), indices, updates, update)
        return ()

    op(
        f"ResourceScatterNd{name}(ref: resource, indices: Tindices, updates: T)",
        T=ANY,
        Tindices=INDEX,
        stateful=True,
        source=SCATTER_ND,
        shape=_resource_slices_shape,
    )(by_handle)

    locking = name == "Update"

    def by_reference(
        ref: Any, indices: Array, updates: Array, *, use_locking: bool = locking
    ) -> Variable:
        """The reference, after changing slices of the variable."""
        scatter_slices(variable_of(ref), indices, updates, update)
        return variable_of(ref)

    op(
        f"ScatterNd{name}(ref: Ref(T), indices: Tindices, updates: T) -> output_ref: Ref(T)",
        T=kinds,
        Tindices=INDEX,
        source=SCATTER_ND,
        shape=_slices_shape,
    )(by_reference)


for _name in ("Update", "Add", "Sub", "Min", "Max"):
    _register_slices(_name)


def _count(variable: Variable, limit: int) -> Array:
    """The variable's value, after adding one to it."""
    before: list[Array] = []

    def change(old: Array) -> Array:
        require(old.ndim == 0, "a counter must be a scalar")
        if int(old) >= limit:
            raise OutOfRangeError(f"Reached limit of {limit}")
        before.append(old.copy())
        return np.asarray(old + old.dtype.type(1))

    variable.update(change)
    return before[0]


@op(
    "CountUpTo(ref: Ref(T)) -> output: T",
    T=INDEX,
    source="core/kernels/count_up_to_op.cc",
    shape=lambda ref: (),
)
def count_up_to(ref: Any, *, limit: int) -> Array:
    """The value of a counter, after adding one to it.

    Raises: OutOfRangeError at `limit`.
    """
    return _count(variable_of(ref), limit)


@op(
    "ResourceCountUpTo(resource: resource) -> output: T",
    T=INDEX,
    stateful=True,
    source="core/kernels/count_up_to_op.cc",
    shape=lambda resource: (),
)
def resource_count_up_to(resource: Any, *, limit: int, T: DType) -> Array:
    """The value of a counter, after adding one to it.

    Raises: OutOfRangeError at `limit`; NotFoundError if it has no value.
    """
    variable = existing(resource)
    require(
        variable.dtype is T,
        f"the variable must be {T.name}, not {variable.dtype.name}",
    )
    return _count(variable, limit)


without_gradient(
    "ScatterAdd",
    "ScatterDiv",
    "ScatterMul",
    "ScatterNdAdd",
    "ScatterNdSub",
    "ScatterNdUpdate",
    "ScatterSub",
)


@resource_gather.gradient
def _resource_gather_gradient(
    ops: Ops, grad: Term, resource: Term, indices: Term
) -> tuple[Slices, None]:
    shape = ops.VariableShape(resource)
    flat = ops.Reshape(indices, [-1])
    values = ops.Reshape(grad, ops.ConcatV2([ops.Shape(flat), shape[1:]], 0))
    return Slices(values, flat, shape), None


@resource_gather_nd.gradient
def _resource_gather_nd_gradient(
    ops: Ops, grad: Term, resource: Term, indices: Term
) -> tuple[Term, None]:
    shape = ops.VariableShape(resource, out_type=indices.dtype)
    if indices.shape is not None and len(indices.shape) == 2 and indices.shape[-1] == 1:
        return Slices(grad, ops.Squeeze(indices, squeeze_dims=[-1]), shape), None
    return ops.ScatterNd(indices, grad, shape), None
