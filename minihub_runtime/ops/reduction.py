"""Sums, means, extremes and other reductions along axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.broadcasting import narrow, require_kernel, widen
from minihub_runtime.ops.checking import axis_in_range, require, require_scalar
from minihub_runtime.ops.gradient_rules import (
    Ops,
    Term,
    concat,
    conjugate,
    inverse_of,
    product,
    rank_of,
    reduced_shape,
    sizes_of,
)
from minihub_runtime.ops.products import sum_rows
from minihub_runtime.ops.registry import (
    EXACT,
    FLOATS,
    INDEX,
    NUMBERS,
    REGISTRY,
    ROUNDING,
    Array,
    Precision,
    TypeSet,
    op,
    types,
    without_gradient,
)
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape, Spec

__all__: list[str] = []

_ORDERED = types(
    "float32 float64 int32 uint8 int16 int8 int64 bfloat16 uint16 float16 uint32 uint64 qint8 quint8 "
    "qint32 qint16 quint16"
)


#: So many rows of so many elements are summed up by a product.
MANY = 16
LONG = 16

# NumPy's stubs have no overload for a `keepdims` that only the run decides.
_add: Any = np.add.reduce
_multiply: Any = np.multiply.reduce
_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce
_and: Any = np.logical_and.reduce
_or: Any = np.logical_or.reduce


def _axes(reduction_indices: Array, rank: int) -> tuple[int, ...]:
    """The axes to reduce, each once."""
    given = reduction_indices.reshape(-1).tolist()
    if len(given) == 1 and 0 <= given[0] < rank:
        return (given[0],)
    found: list[int] = []
    for index in given:
        axis = axis_in_range(index, rank, "reduction_indices")
        if axis in found:
            raise InvalidArgumentError(f"reduction_indices must be distinct, axis {axis} is twice")
        found.append(axis)
    return tuple(found)


def _reduced_shape(input: Spec, reduction_indices: Spec, keep_dims: bool) -> Shape:
    shape = input.shape
    if reduction_indices.rank not in (0, 1, None):
        require(False, f"reduction_indices must have rank <= 1, not {reduction_indices.rank}")
    if shape is None:
        return None
    if reduction_indices.value is None:
        return (None,) * len(shape) if keep_dims else None
    axes = {
        axis_in_range(index, len(shape), "reduction_indices")
        for index in reduction_indices.value.reshape(-1)
    }
    if keep_dims:
        return tuple(1 if axis in axes else n for axis, n in enumerate(shape))
    return tuple(n for axis, n in enumerate(shape) if axis not in axes)


def _count(x: Array, axes: tuple[int, ...]) -> int:
    """How many elements one result stands for."""
    count = 1
    for axis in axes:
        count *= x.shape[axis]
    return count


def _are_long_rows(x: Array, axes: tuple[int, ...]) -> bool:
    """Whether many long rows are summed up, of each matrix of a contiguous stack."""
    if not axes or x.dtype.char not in "fd":
        return False
    first, last = min(axes), max(axes)
    return (
        last + 1 < x.ndim
        and last - first + 1 == len(axes)
        and x.flags.c_contiguous
        and math.prod(x.shape[last + 1 :]) >= LONG
        and _count(x, axes) >= MANY
    )


def _sum(x: Array, axes: tuple[int, ...], keep: bool) -> Any:
    wide = widen(x)
    if _are_long_rows(wide, axes):
        first, last = min(axes), max(axes)
        before, after = wide.shape[:first], wide.shape[last + 1 :]
        found = sum_rows(wide.reshape(math.prod(before), _count(wide, axes), math.prod(after)))
        return found.reshape(*before, *(1,) * len(axes) * keep, *after)
    return _add(wide, axis=axes, dtype=wide.dtype, keepdims=keep)


def _mean(x: Array, axes: tuple[int, ...], keep: bool) -> Any:
    count = _count(x, axes)
    if x.dtype.kind in "iu":
        wide = np.int64 if x.dtype.kind == "i" else np.uint64
        total = np.asarray(_add(x, axis=axes, dtype=wide, keepdims=keep))
        if count == 0:
            return np.zeros_like(total)
        # Rounded to zero, as C divides.
        return (total - np.fmod(total, wide(count))) // wide(count)
    total = np.asarray(_sum(x, axes, keep))
    if x.dtype == np.float16:
        # The sum is a float16 of its own and may overflow.
        total = total.astype(np.float16)
    return np.divide(total, total.dtype.type(count))


def _product(x: Array, axes: tuple[int, ...], keep: bool) -> Any:
    wide = widen(x)
    return _multiply(wide, axis=axes, dtype=wide.dtype, keepdims=keep)


def _limits(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    if dtype.kind == "f":
        return -np.inf, np.inf
    return np.iinfo(dtype).min, np.iinfo(dtype).max


def _largest(x: Array, axes: tuple[int, ...], keep: bool) -> Any:
    wide = widen(x)
    if _count(x, axes):
        return _maximum(wide, axis=axes, keepdims=keep)
    return _maximum(wide, axis=axes, keepdims=keep, initial=_limits(wide.dtype)[0])


def _smallest(x: Array, axes: tuple[int, ...], keep: bool) -> Any:
    wide = widen(x)
    if _count(x, axes):
        return _minimum(wide, axis=axes, keepdims=keep)
    return _minimum(wide, axis=axes, keepdims=keep, initial=_limits(wide.dtype)[1])


def _length(x: Array, axes: tuple[int, ...], keep: bool) -> Any:
    if x.dtype == np.float16:
        # Squares are float16 and may overflow, unlike their sum.
        squares = np.multiply(x, x).astype(np.float32)
        return np.sqrt(_add(squares, axis=axes, keepdims=keep).astype(np.float16))
    wide = widen(x)
    squares = np.multiply(wide, np.conjugate(wide))
    total = _add(squares, axis=axes, dtype=wide.dtype, keepdims=keep)
    return np.sqrt(total.astype(np.float64) if wide.dtype.kind in "iu" else total)


def _reduction(
    name: str,
    function: Callable[[Array, tuple[int, ...], bool], Any],
    kinds: TypeSet | None,
    doc: str,
    *,
    precision: Precision = EXACT,
    numpy_kinds: str = "iufc",
    source: str = "",
    views: bool = False,
) -> None:
    """Register an op that reduces `input` along `reduction_indices`; with `views`, along none it is `input` itself."""

    def kernel(input: Array, reduction_indices: Array, *, keep_dims: bool = False) -> Array:
        require_kernel(input.dtype, numpy_kinds, name)
        axes = _axes(reduction_indices, input.ndim)
        if views and not axes:
            return input
        return narrow(function(input, axes, keep_dims), input.dtype)

    kernel.__doc__ = (
        doc + "\n\n    Raises: InvalidArgumentError for an axis out of range or twice.\n"
    )
    element = "bool" if kinds is None else "T"
    type_attrs: dict[str, Any] = {} if kinds is None else {"T": kinds}
    op(
        f"{name}(input: {element}, reduction_indices: Tidx) -> output: {element}",
        **type_attrs,
        Tidx=INDEX.default_to("int32"),
        precision=precision,
        views=views,
        source=source or f"core/kernels/reduction_ops_{name.lower()}.cc",
        shape=_reduced_shape,
    )(kernel)


_reduction(
    "Sum",
    _sum,
    NUMBERS,
    "Sums along axes; 16-bit floats are summed in float32.",
    precision=ROUNDING,
    views=True,
)
_reduction(
    "Mean",
    _mean,
    NUMBERS,
    "Means along axes: integers rounded to zero, NaN of no floats, 0 of no integers.",
    precision=ROUNDING,
)
_reduction(
    "Prod",
    _product,
    NUMBERS,
    "Products along axes; 16-bit floats are multiplied in float32.",
    precision=ROUNDING,
)
_reduction(
    "Max",
    _largest,
    _ORDERED,
    "The largest along axes: NaN if there is one, the lowest number of the type if there is nothing.",
    numpy_kinds="iuf",
)
_reduction(
    "Min",
    _smallest,
    _ORDERED,
    "The smallest along axes: NaN if there is one, the highest number of the type if there is nothing.",
    numpy_kinds="iuf",
)
_reduction(
    "EuclideanNorm",
    _length,
    NUMBERS,
    "Square roots of the sums of squares along axes.",
    precision=ROUNDING,
    source="core/kernels/reduction_ops_euclidean.cc",
)
_reduction(
    "All",
    lambda x, axes, keep: _and(x, axis=axes, keepdims=keep),
    None,
    "Whether all elements along axes are true.",
    numpy_kinds="b",
)
_reduction(
    "Any",
    lambda x, axes, keep: _or(x, axis=axes, keepdims=keep),
    None,
    "Whether any element along axes is true.",
    numpy_kinds="b",
)


def _arg_shape(input: Spec, dimension: Spec) -> Shape:
    if dimension.shape is not None and dimension.shape != ():
        raise InvalidArgumentError(f"dimension must be a scalar, not of shape {dimension.shape}")
    if input.shape is None:
        return None
    if len(input.shape) <= 1:
        return ()
    if dimension.value is None:
        return (None,) * (len(input.shape) - 1)
    axis = axis_in_range(dimension.value, len(input.shape), "dimension")
    return (*input.shape[:axis], *input.shape[axis + 1 :])


def _arg_extreme(
    input: Array, dimension: Array, output_type: DType, name: str, find: Any, worst: float
) -> Array:
    require_kernel(input.dtype, "biuf", name)
    require_scalar(dimension, "dimension")
    axis = axis_in_range(dimension, input.ndim, "dimension")
    if input.ndim > 7:
        raise InvalidArgumentError(f"input must have rank <= 7, not {input.ndim}")
    if input.shape[axis] == 0:
        raise InvalidArgumentError(f"axis {axis} must not be empty in shape {list(input.shape)}")
    values = widen(input) if input.dtype.names is not None else input
    places = np.asarray(find(values, axis=axis))
    if values.dtype.kind == "f" and values.size:
        chosen = np.take_along_axis(values, np.expand_dims(places, axis), axis)
        if np.isnan(chosen).any():
            # NumPy finds the first NaN, TensorFlow passes over all of them.
            cleaned = np.where(np.isnan(values), values.dtype.type(worst), values)
            places = np.asarray(find(cleaned, axis=axis))
    return places.astype(output_type.numpy)


@op(
    "ArgMax(input: T, dimension: Tidx) -> output: output_type",
    T=types(" ".join(_ORDERED.names) + " bool"),
    Tidx=types("int16 int32 int64", default="int32"),
    output_type=types("int16 uint16 int32 int64", default="int64"),
    source="core/kernels/argmax_op.cc",
    shape=_arg_shape,
)
def arg_max(input: Array, dimension: Array, *, output_type: DType) -> Array:
    """The place of the first largest element along an axis; NaN counts as the lowest number.

    Raises: InvalidArgumentError if the axis is out of range or empty, or the rank above 7.
    """
    return _arg_extreme(input, dimension, output_type, "ArgMax", np.argmax, -np.inf)


@op(
    "ArgMin(input: T, dimension: Tidx) -> output: output_type",
    T=types(" ".join(_ORDERED.names) + " bool"),
    Tidx=INDEX.default_to("int32"),
    output_type=INDEX.default_to("int64"),
    source="core/kernels/argmax_op.cc",
    shape=_arg_shape,
)
def arg_min(input: Array, dimension: Array, *, output_type: DType) -> Array:
    """The place of the first smallest element along an axis; NaN counts as the highest number.

    Raises: InvalidArgumentError if the axis is out of range or empty, or the rank above 7.
    """
    return _arg_extreme(input, dimension, output_type, "ArgMin", np.argmin, np.inf)


@op(
    "L2Loss(t: T) -> output: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/l2loss_op.cc",
    shape=scalar,
)
def l2_loss(t: Array) -> Array:
    """Half the sum of squares."""
    flat = widen(t).reshape(-1)
    with np.errstate(all="ignore"):
        return narrow(np.dot(flat, flat) * flat.dtype.type(0.5), t.dtype)


@l2_loss.gradient
def l2_loss_gradient(ops: Ops, grad: Term, t: Term) -> Term:
    return t * grad


def _kept(ops: Ops, x: Term, input: Term, reduction_indices: Term, keep_dims: bool) -> Term:
    """`x`, which has the shape of the reduction of `input`, with the reduced axes kept."""
    return x if keep_dims else ops.Reshape(x, reduced_shape(ops, input, reduction_indices))


def _sum_gradient(
    ops: Ops, grad: Term, input: Term, reduction_indices: Term, keep_dims: bool
) -> tuple[Term, None]:
    kept = _kept(ops, grad, input, reduction_indices, keep_dims)
    return ops.BroadcastTo(kept, sizes_of(ops, input)), None


def _mean_gradient(
    ops: Ops, grad: Term, input: Term, reduction_indices: Term, keep_dims: bool
) -> tuple[Term, None]:
    total, _ = _sum_gradient(ops, grad, input, reduction_indices, keep_dims)
    sizes, rank, axes = sizes_of(ops, input), rank_of(ops, input), reduction_indices.value
    if isinstance(sizes, np.ndarray) and axes is not None:
        count: Any = int(product(ops, sizes[axes.reshape(-1)]))
    else:
        reduced = (ops.Reshape(ops.Cast(reduction_indices, DstT="int32"), [-1]) + rank) % rank
        count = ops.Cast(product(ops, ops.GatherV2(sizes, reduced, 0)), DstT=grad.dtype)
    return total / count, None


def _extreme_gradient(
    ops: Ops, grad: Term, input: Term, reduction_indices: Term, output: Term, keep_dims: bool
) -> tuple[Term, None]:
    """Elements that are equally large share the gradient."""
    value = _kept(ops, output, input, reduction_indices, keep_dims)
    chosen = ops.Cast(ops.Equal(value, input), DstT=grad.dtype)
    count = ops.Sum(chosen, reduction_indices, keep_dims=True)
    return chosen / count * _kept(ops, grad, input, reduction_indices, keep_dims), None


def _prod_gradient(
    ops: Ops, grad: Term, input: Term, reduction_indices: Term, keep_dims: bool
) -> tuple[Term, None]:
    """The product of all others, as of those before and those after, so that zeros do no harm."""
    sizes, rank = sizes_of(ops, input), rank_of(ops, input)
    whole = ops.BroadcastTo(_kept(ops, grad, input, reduction_indices, keep_dims), sizes)
    reduced = (ops.Reshape(ops.Cast(reduction_indices, DstT="int32"), [-1]) + rank) % rank
    others, _ = ops.ListDiff(ops.Range(0, rank, 1), reduced)
    order = concat(ops, [reduced, others])
    moved = ops.Transpose(input, order)
    counts = [product(ops, ops.GatherV2(sizes, axes, 0)) for axes in (reduced, others)]
    rows = ops.Reshape(moved, counts)
    before = ops.Cumprod(rows, 0, exclusive=True)
    after = ops.Cumprod(rows, 0, exclusive=True, reverse=True)
    rest = ops.Reshape(conjugate(ops, before) * conjugate(ops, after), ops.Shape(moved))
    back = ops.Transpose(rest, inverse_of(ops, order))
    return ops.Reshape(whole * back, sizes), None


def _euclidean_norm_gradient(
    ops: Ops, grad: Term, input: Term, reduction_indices: Term, output: Term, keep_dims: bool
) -> tuple[Term, None]:
    length = _kept(ops, output, input, reduction_indices, keep_dims)
    return input / (length / _kept(ops, grad, input, reduction_indices, keep_dims)), None


_RULES: dict[str, Callable[..., Any]] = {
    "EuclideanNorm": _euclidean_norm_gradient,
    "Max": _extreme_gradient,
    "Mean": _mean_gradient,
    "Min": _extreme_gradient,
    "Prod": _prod_gradient,
    "Sum": _sum_gradient,
}
for _name, _rule in _RULES.items():
    REGISTRY[_name].gradient(_rule)

without_gradient("All", "Any", "ArgMax", "ArgMin")
