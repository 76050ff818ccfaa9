"""Where tensors come from, and what is known about them: constants, shapes, fills, ranges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import (
    DType,
    as_dtype,
    bfloat16,
    float_to_bfloat16,
    from_bits,
    int32,
    string,
    to_float,
    variant,
)
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import allocatable, require, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import (
    ANY,
    FLOATS,
    INDEX,
    ROUNDING,
    Array,
    op,
    types,
    without_gradient,
)
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import Shape, Spec, merge, size

__all__ = ["filled", "scalar_of", "shape_of", "zeros"]


def shape_of(tensor: Any) -> tuple[int, ...]:
    """The shape of what an edge carries; a bare object, for example a resource, is a scalar."""
    return tensor.shape if isinstance(tensor, np.ndarray) else ()


def scalar_of(value: Any) -> Array:
    """What an edge carries as an array; a bare object, for example a resource, as a scalar."""
    if isinstance(value, np.ndarray):
        return value
    held: Array = np.empty((), dtype=object)
    held[()] = value
    return held


def zeros(shape: Iterable[Any], dtype: DType) -> Array:
    """An array of zeros, or of empty strings."""
    checked = allocatable(shape, dtype.numpy)
    if dtype is string:
        return np.full(checked, b"", dtype=object)
    if dtype is variant:
        raise InvalidArgumentError("zeros must have a type with a zero, not variant")
    return np.zeros(checked, dtype=dtype.numpy)


def filled(shape: Iterable[Any], value: Array) -> Array:
    """An array of copies of the scalar `value`."""
    sizes = allocatable(shape, value.dtype)
    if value.dtype.kind in "biufc" and not any(value.tobytes()):
        # The system gives zeros for nothing until they are touched; a table that is filled later costs no memory twice.
        return np.zeros(sizes, value.dtype)
    result: Array = np.empty(sizes, dtype=value.dtype)
    # `value` as an array: the item of an object array may be a sequence itself.
    result[...] = value
    return result


@op("Const() -> output: dtype", dtype=ANY, source="core/kernels/constant_op.cc")
def const(*, dtype: DType, value: Array) -> Array:
    """The attribute `value`.

    Raises: InvalidArgumentError if it is not of the type `dtype`.
    """
    found = as_dtype(value.dtype)
    if found is not dtype and value.dtype != dtype.numpy:
        raise InvalidArgumentError(f"value must be {dtype.name}, not {found.name}")
    return value


@const.shape
def const_shape(value: Array) -> Shape:
    return value.shape


def _as_numbers(values: Any, out_type: DType) -> Array:
    """Sizes as a tensor of `out_type`, which must be able to hold them."""
    largest = max(values, default=0) if isinstance(values, tuple) else values
    if out_type is int32 and largest > 0x7FFFFFFF:
        raise InvalidArgumentError(f"sizes must fit int32, not {values}; use out_type int64")
    return np.asarray(values, dtype=out_type.numpy)


@op(
    "Shape(input: T) -> output: out_type",
    T=ANY,
    out_type=INDEX.default_to("int32"),
    source="core/kernels/shape_ops.h",
)
def shape_(input: Any, *, out_type: DType) -> Array:
    """The shape of `input` as a vector."""
    return _as_numbers(shape_of(input), out_type)


@shape_.shape
def shape_shape(input: Spec) -> Shape:
    return (input.rank,)


@op(
    "ShapeN(input: N * T) -> output: N * out_type",
    T=ANY,
    out_type=INDEX.default_to("int32"),
    source="core/kernels/shape_ops.h",
)
def shape_n(input: Sequence[Any], *, out_type: DType) -> tuple[Array, ...]:
    """The shape of each input as a vector."""
    return tuple(_as_numbers(shape_of(x), out_type) for x in input)


@shape_n.shape
def shape_n_shape(input: Sequence[Spec]) -> list[Shape]:
    return [(spec.rank,) for spec in input]


@op(
    "Size(input: T) -> output: out_type",
    T=ANY,
    out_type=INDEX.default_to("int32"),
    source="core/kernels/shape_ops.h",
    shape=lambda input: (),
)
def size_(input: Any, *, out_type: DType) -> Array:
    """The number of elements of `input`."""
    return _as_numbers(size(shape_of(input)), out_type)


@op(
    "Rank(input: T) -> output: int32",
    T=ANY,
    source="core/kernels/shape_ops.h",
    shape=lambda input: (),
)
def rank(input: Any) -> Array:
    """The number of dimensions of `input`."""
    return np.asarray(len(shape_of(input)), dtype=np.int32)


@op(
    "Fill(dims: index_type, value: T) -> output: T",
    T=ANY,
    index_type=INDEX.default_to("int32"),
    source="core/kernels/constant_op.cc",
    ranks={"dims": 1, "value": 0},
)
def fill(dims: Array, value: Any) -> Array:
    """An array of shape `dims` full of `value`.

    Raises: InvalidArgumentError unless `dims` is a vector (or scalar) of sizes >= 0 and `value` a scalar.
    """
    if dims.ndim > 1:
        require(False, f"dims must be a vector, not of shape {list(dims.shape)}")
    held = scalar_of(value)
    require_scalar(held, "value")
    return filled(dims.reshape(-1).tolist(), held)


@fill.shape
def fill_shape(dims: Spec, value: Spec) -> Shape:
    if dims.value is not None and dims.value.min(initial=0) < 0:
        require(False, f"dims must be >= 0, not {dims.value.tolist()}")
    return dims.as_shape


@op(
    "Empty(shape: int32) -> output: dtype",
    dtype=ANY,
    stateful=True,
    source="core/kernels/inplace_ops.cc",
    ranks={"shape": 1},
)
def empty(shape: Array, *, dtype: DType, init: bool = False) -> Array:
    """An array of `shape`.

    Differs: TensorFlow leaves the memory as it is unless `init`; here it always holds zeros.
    Raises: InvalidArgumentError unless `shape` is a vector (or scalar) of sizes >= 0.
    """
    require(shape.ndim <= 1, f"shape must be a vector, not of shape {list(shape.shape)}")
    return zeros(shape.reshape(-1), dtype)


@empty.shape
def empty_shape(shape: Spec) -> Shape:
    return shape.as_shape


@op("ZerosLike(x: T) -> y: T", T=ANY, shape=same, source="core/kernels/constant_op.cc")
def zeros_like(x: Array, *, T: DType) -> Array:
    """Zeros, empty strings or False in the shape of `x`; of a variant, its own kind of zero.

    Raises: InvalidArgumentError for a resource and for a variant that has no zero.
    """
    if T is variant:
        result: Array = np.empty(shape_of(x), dtype=object)
        for index in np.ndindex(result.shape):
            item = np.asarray(x)[index]
            if not hasattr(item, "zeros_like"):
                raise InvalidArgumentError(f"{type(item).__name__} must have a zero; it has none")
            result[index] = item.zeros_like()
        return result
    require(isinstance(x, np.ndarray), "x must be of a type with a zero, not a resource")
    return zeros(x.shape, T)


@op(
    "OnesLike(x: T) -> y: T",
    T=types(
        "bfloat16 float16 float32 float64 int8 uint8 int16 uint16 int32 uint32 int64 uint64 "
        "complex64 complex128 bool"
    ),
    shape=same,
    source="core/kernels/constant_op.cc",
)
def ones_like(x: Array, *, T: DType) -> Array:
    """Ones in the shape of `x`."""
    if T is bfloat16:
        return from_bits(np.full(x.shape, 0x3F80, dtype=np.uint16), T)
    return np.ones(x.shape, dtype=x.dtype)


def _range_size(start: Any, limit: Any, delta: Any) -> int:
    """The number of values of a range.

    Raises: InvalidArgumentError if `delta` is zero or leads away from `limit`.
    """
    require(delta != 0, "delta must not be 0")
    if delta > 0:
        require(start <= limit, f"start must be <= limit if delta > 0, not {start} > {limit}")
    else:
        require(start >= limit, f"start must be >= limit if delta < 0, not {start} < {limit}")
    if isinstance(delta, int):
        return -(-abs(limit - start) // abs(delta))
    steps = np.ceil(np.abs((limit - start) / delta))
    require(np.isfinite(steps) and steps < 2.0**63, f"a range must be finite, not {steps} values")
    return int(steps)


@op(
    "Range(start: Tidx, limit: Tidx, delta: Tidx) -> output: Tidx",
    Tidx=types(
        "bfloat16 float16 float32 float64 int8 int16 int32 int64 uint16 uint32", default="int32"
    ),
    source="core/kernels/sequence_ops.cc",
)
def range_(start: Array, limit: Array, delta: Array) -> Array:
    """start, start + delta, … before `limit`.

    Differs: a range of 2**63 or more values is refused; TensorFlow's size overflows and it returns fewer.
    Raises: InvalidArgumentError if `delta` is zero or leads away from `limit`, or an input is no scalar.
    """
    for array, name in ((start, "start"), (limit, "limit"), (delta, "delta")):
        require(array.size == 1 and array.ndim <= 1, f"{name} must be a scalar")
    kind = start.dtype
    if kind.kind in "iu":
        low, high, step = start.item(), limit.item(), delta.item()
        count = _range_size(low, high, step)
        allocatable([count], kind, "the range")
        values = np.arange(count, dtype=np.int64)
        if step != 1:
            values *= step
        if low:
            values += low
        return values.astype(kind, copy=False)
    low, high, step = (to_float(x).reshape(-1)[0] for x in (start, limit, delta))
    with np.errstate(all="ignore"):
        count = _range_size(low, high, step)
        allocatable([count], kind, "the range")
        floats = low + np.arange(count).astype(low.dtype) * step
    return float_to_bfloat16(floats) if kind.names else floats.astype(kind, copy=False)


@range_.shape
def range_shape(start: Spec, limit: Spec, delta: Spec) -> Shape:
    for spec in (start, limit, delta):
        merge(spec.shape, ())
    if start.value is None or limit.value is None or delta.value is None:
        return (None,)
    known = (start.value, limit.value, delta.value)
    values = [to_float(value).reshape(-1)[0] for value in known]
    if start.dtype.is_integer:
        values = [int(value) for value in values]
    with np.errstate(all="ignore"):
        return (_range_size(*values),)


@op(
    "LinSpace(start: T, stop: T, num: Tidx) -> output: T",
    T=FLOATS,
    Tidx=INDEX.default_to("int32"),
    precision=ROUNDING,
    source="core/kernels/sequence_ops.cc",
)
def lin_space(start: Array, stop: Array, num: Array) -> Array:
    """`num` values from `start` to `stop`, both included.

    Raises: InvalidArgumentError unless all are scalars and `num` > 0.
    """
    for array, name in ((start, "start"), (stop, "stop"), (num, "num")):
        require_scalar(array, name)
    count = int(num)
    require(count > 0, f"num must be > 0, not {count}")
    allocatable([count], start.dtype, "the result")
    first, last = to_float(start), to_float(stop)
    with np.errstate(all="ignore"):
        values = np.arange(count).astype(first.dtype)
        if count > 1:
            values *= (last - first) / first.dtype.type(count - 1)
        values += first
    if count > 1:
        values[-1] = last
    return float_to_bfloat16(values) if start.dtype.names else values


@lin_space.shape
def lin_space_shape(start: Spec, stop: Spec, num: Spec) -> Shape:
    for spec in (start, stop, num):
        merge(spec.shape, ())
    if num.value is None:
        return (None,)
    require(int(num.value) > 0, f"num must be > 0, not {int(num.value)}")
    return (int(num.value),)


@fill.gradient
def fill_gradient(ops: Ops, grad: Term) -> tuple[None, Term]:
    return None, ops.Sum(grad, ops.Range(0, ops.Rank(grad), 1))


without_gradient(
    "Const",
    "Empty",
    "LinSpace",
    "OnesLike",
    "Range",
    "Rank",
    "Shape",
    "ShapeN",
    "Size",
    "ZerosLike",
)
