"""Arithmetic on quantised tensors: 8-bit levels with 32-bit sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType, bits, from_bits
from minihub_runtime.errors import UnimplementedError
from minihub_runtime.ops.checking import allocatable, require, require_rank, require_scalar
from minihub_runtime.ops.quantization import (
    QUANTIZED,
    eigen_dequantize,
    eigen_quantize,
    float_of,
    level_of,
    limits,
    one_range,
    range_of_products,
    unclamped_level_of,
)
from minihub_runtime.ops.registry import ANY, INDEX, Array, at_least, op
from minihub_runtime.ops.sparse import with_rank
from minihub_runtime.shapes import Shape, Spec, broadcast, concrete, dims, merge, size

__all__ = ["SUM", "needs", "scalars", "sums", "zero"]

_F = np.float32
SUM = QUANTIZED.default_to("qint32")


def needs(found: DType, allowed: str, what: str) -> None:
    """Raise UnimplementedError unless TensorFlow has a kernel for the type."""
    if found.name not in allowed.split():
        raise UnimplementedError(f"{what} of {found.name}; TensorFlow has it for {allowed}")


def sums(values: Array) -> Array:
    """int64 sums as qint32, wrapped around like C++'s."""
    return from_bits(np.asarray(values).astype(np.int32), dtypes.qint32)


def _ordered(low: Array, high: Array, names: str) -> tuple[np.float32, np.float32]:
    found = one_range(low, high, names)
    if not found[1] > found[0]:
        first, second = names.split()
        require(False, f"{second} must be larger than {first}, not {found[1]} and {found[0]}")
    return found


def zero(ends: tuple[np.float32, np.float32], dtype: DType) -> int:
    """The level of 0.0, which may lie outside the type; it wraps around to 32 bits."""
    return int(unclamped_level_of(0.0, *ends, limits(dtype)).astype(np.int32))


def scalars(*bounds: Spec) -> None:
    """Raise unless the static shapes of the ends of ranges are those of scalars."""
    for bound in bounds:
        with_rank(bound, 0, "the ends of a range")


def _activation(name: str, ceiling: float | None) -> None:
    """Register QuantizedRelu or QuantizedRelu6."""

    def kernel(
        features: Array,
        min_features: Array,
        max_features: Array,
        *,
        Tinput: DType,
        out_type: DType,
    ) -> tuple[Array, Array, Array]:
        needs(Tinput, "quint8 qint32", name)
        needs(out_type, Tinput.name, f"{name} with a result")
        low, high = one_range(min_features, max_features, "min_features max_features")
        with np.errstate(all="ignore"):
            kind = limits(Tinput)
            levels = np.maximum(bits(features), int(level_of(0.0, low, high, kind)))
            if ceiling is not None:
                levels = np.minimum(levels, int(level_of(ceiling, low, high, kind)))
        levels = np.asarray(levels, dtype=features.dtype[0])
        return from_bits(levels, out_type), min_features, max_features

    kernel.__doc__ = f"The levels of `features`, not below that of 0{'' if ceiling is None else ' nor above that of 6'}."
    op(
        f"{name}(features: Tinput, min_features: float32, max_features: float32) "
        "-> activations: out_type, min_activations: float32, max_activations: float32",
        Tinput=QUANTIZED,
        out_type=QUANTIZED.default_to("quint8"),
        views=True,
        source="core/kernels/quantized_activation_ops.cc",
        shape=_activation_shape,
    )(kernel)


def _activation_shape(features: Spec, min_features: Spec, max_features: Spec) -> list[Shape]:
    scalars(min_features, max_features)
    return [features.shape, (), ()]


_activation("QuantizedRelu", None)
_activation("QuantizedRelu6", 6.0)


def _completed(wanted: Sequence[int], count: int) -> tuple[int, ...]:
    """A shape for `count` elements; one size may be -1."""
    unknown = [place for place, n in enumerate(wanted) if n == -1]
    known = size(n for n in wanted if n != -1)
    fits = len(unknown) <= 1 and all(n >= -1 for n in wanted)
    fits = fits and (known == count if not unknown else known > 0 and count % known == 0)
    if not fits:
        require(False, f"shape must have {count} elements, not {list(wanted)}")
    return tuple(count // known if n == -1 else n for n in wanted)


@op(
    "QuantizedReshape(tensor: T, shape: Tshape, input_min: float32, input_max: float32) "
    "-> output: T, output_min: float32, output_max: float32",
    T=ANY,
    Tshape=INDEX.default_to("int32"),
    views=True,
    source="core/kernels/quantized_reshape_op.cc",
    ranks={"shape": 1},
)
def quantized_reshape(
    tensor: Array, shape: Array, input_min: Array, input_max: Array
) -> tuple[Array, Array, Array]:
    """`tensor` in another shape, with its range."""
    require_rank(shape, 1, "shape")
    require_scalar(input_min, "input_min")
    require_scalar(input_max, "input_max")
    return tensor.reshape(_completed(shape.tolist(), tensor.size)), input_min, input_max


@quantized_reshape.shape
def quantized_reshape_shape(
    tensor: Spec, shape: Spec, input_min: Spec, input_max: Spec
) -> list[Shape]:
    """What `shape` says."""
    scalars(input_min, input_max)
    known = concrete(tensor.shape)
    if shape.value is not None and known is not None:
        return [_completed(shape.value.reshape(-1).tolist(), size(known)), (), ()]
    if shape.value is not None:
        return [dims(shape.value), (), ()]
    length = shape.shape[0] if shape.shape else None
    if length == 1 and known is not None:
        return [(size(known),), (), ()]
    return [None if length is None else (None,) * length, (), ()]


@op(
    "QuantizedMatMul(a: T1, b: T2, min_a: float32, max_a: float32, min_b: float32, "
    "max_b: float32) -> out: Toutput, min_out: float32, max_out: float32",
    T1=QUANTIZED,
    T2=QUANTIZED,
    Toutput=SUM,
    Tactivation=QUANTIZED.default_to("quint8"),
    source="core/kernels/quantized_matmul_op.cc",
)
def quantized_mat_mul(
    a: Array,
    b: Array,
    min_a: Array,
    max_a: Array,
    min_b: Array,
    max_b: Array,
    *,
    T1: DType,
    T2: DType,
    Toutput: DType,
    transpose_a: bool = False,
    transpose_b: bool = False,
) -> tuple[Array, Array, Array]:
    """The matrix product of levels, less those of zero, as 32-bit sums with their range."""
    for dtype in (T1, T2):
        needs(dtype, "quint8", "QuantizedMatMul")
    needs(Toutput, "qint32", "QuantizedMatMul with a result")
    a_ends = _ordered(min_a, max_a, "min_a max_a")
    b_ends = _ordered(min_b, max_b, "min_b max_b")
    require_rank(a, 2, "a")
    require_rank(b, 2, "b")
    left = bits(a).astype(np.float64) - zero(a_ends, T1)
    right = bits(b).astype(np.float64) - zero(b_ends, T2)
    left, right = left.T if transpose_a else left, right.T if transpose_b else right
    if left.shape[1] != right.shape[0]:
        require(False, f"b must have {left.shape[1]} rows, not {right.shape[0]}")
    with np.errstate(all="ignore"):
        low, high = range_of_products(a_ends, limits(T1), b_ends, limits(T2), limits(Toutput))
    return sums((left @ right).astype(np.int64)), low, high


@quantized_mat_mul.shape
def quantized_mat_mul_shape(
    a: Spec,
    b: Spec,
    min_a: Spec,
    max_a: Spec,
    min_b: Spec,
    max_b: Spec,
    transpose_a: bool,
    transpose_b: bool,
) -> list[Shape]:
    """Rows of `a` and columns of `b`."""
    scalars(min_a, max_a, min_b, max_b)
    left, right = with_rank(a, 2, "a"), with_rank(b, 2, "b")
    left, right = left[::-1] if transpose_a else left, right[::-1] if transpose_b else right
    merge(left[1:], right[:1])
    return [(left[0], right[1]), (), ()]


@op(
    "QuantizedBiasAdd(input: T1, bias: T2, min_input: float32, max_input: float32, "
    "min_bias: float32, max_bias: float32) -> output: out_type, min_out: float32, "
    "max_out: float32",
    T1=QUANTIZED,
    T2=QUANTIZED,
    out_type=QUANTIZED,
    source="core/kernels/quantized_bias_add_op.cc",
)
def quantized_bias_add(
    input: Array,
    bias: Array,
    min_input: Array,
    max_input: Array,
    min_bias: Array,
    max_bias: Array,
    *,
    T1: DType,
    T2: DType,
    out_type: DType,
) -> tuple[Array, Array, Array]:
    """`bias` added along the last dimension, as 32-bit levels of a range with much room."""
    needs(T1, "quint8 qint8", "QuantizedBiasAdd")
    needs(T2, T1.name, f"QuantizedBiasAdd of {T1.name} and a bias")
    needs(out_type, "qint32", "QuantizedBiasAdd with a result")
    ends = one_range(min_input, max_input, "min_input max_input")
    bias_ends = one_range(min_bias, max_bias, "min_bias max_bias")
    require(input.ndim >= 2, f"input must have rank >= 2, not {input.ndim}")
    require_rank(bias, 1, "bias")
    require(len(bias) > 0, "bias must not be empty")
    if len(bias) != input.shape[-1]:
        require(False, f"bias must have {input.shape[-1]} elements, not {len(bias)}")
    kind = limits(out_type)
    with np.errstate(all="ignore"):
        high = max(ends[1], -ends[0], bias_ends[1], -bias_ends[0]) * _F(1 << 17)
        low = -high
        parts = [
            eigen_quantize(eigen_dequantize(bits(part), *part_ends, limits(dtype)), low, high, kind)
            for part, part_ends, dtype in ((input, ends, T1), (bias, bias_ends, T2))
        ]
        middle = int(level_of(0.0, low, high, kind))
    return sums(parts[0] + (parts[1] + middle)), np.asarray(low), np.asarray(high)


@quantized_bias_add.shape
def quantized_bias_add_shape(
    input: Spec, bias: Spec, min_input: Spec, max_input: Spec, min_bias: Spec, max_bias: Spec
) -> list[Shape]:
    """The shape of the input."""
    scalars(min_input, max_input, min_bias, max_bias)
    (length,) = with_rank(bias, 1, "bias")
    if input.shape is None:
        return [None, (), ()]
    require(len(input.shape) >= 2, f"input must have rank >= 2, not {len(input.shape)}")
    last = merge(input.shape[-1:], (length,)) or ()
    return [(*input.shape[:-1], *last), (), ()]


@op(
    "QuantizedConcat(concat_dim: int32, values: N * T, input_mins: N * float32, "
    "input_maxes: N * float32) -> output: T, output_min: float32, output_max: float32",
    N=at_least(2),
    T=ANY,
    source="core/kernels/quantized_concat_op.cc",
    ranks={"concat_dim": 0},
)
def quantized_concat(
    concat_dim: Array,
    values: Sequence[Array],
    input_mins: Sequence[Array],
    input_maxes: Sequence[Array],
    *,
    T: DType,
) -> tuple[Array, Array, Array]:
    """Tensors joined, each brought to the range that holds all of them and zero."""
    needs(T, "quint8 qint32", "QuantizedConcat")
    require_scalar(concat_dim, "concat_dim")
    axis, rank = int(concat_dim), values[0].ndim
    require(0 <= axis < rank, f"concat_dim must lie in [0, {rank}), not {axis}")
    rest = {part.shape[:axis] + part.shape[axis + 1 :] for part in values}
    if len(rest) > 1 or any(part.ndim != rank for part in values):
        shown = [list(part.shape) for part in values]
        require(False, f"values must agree in all dimensions but {axis}, not {shown}")
    ends = [
        one_range(low, high, "input_mins input_maxes")
        for low, high in zip(input_mins, input_maxes, strict=True)
    ]
    kind = limits(T)
    low = min(_F(0), *(pair[0] for pair in ends))
    high = max(pair[1] for pair in ends)
    if kind.low:
        high = max(abs(low), abs(high))
        low = -high
    parts = []
    with np.errstate(all="ignore"):
        for part, pair in zip(values, ends, strict=True):
            levels = bits(part)
            if pair != (low, high):
                moved = eigen_dequantize(levels, *pair, kind)
                levels = eigen_quantize(moved, low, high, kind).astype(levels.dtype)
            parts.append(levels)
    return from_bits(np.concatenate(parts, axis=axis), T), np.asarray(low), np.asarray(high)


@quantized_concat.shape
def quantized_concat_shape(
    concat_dim: Spec, values: list[Spec], input_mins: list[Spec], input_maxes: list[Spec]
) -> list[Shape]:
    """The sum along the joined dimension."""
    scalars(*input_mins, *input_maxes)
    shapes = [spec.shape for spec in values]
    known = [shape for shape in shapes if shape is not None]
    if not known:
        return [None, (), ()]
    rank = len(known[0])
    require(all(len(shape) == rank for shape in known), f"values must have one rank, not {known}")
    if concat_dim.value is None:
        return [(None,) * rank, (), ()]
    require(concat_dim.value.ndim == 0, f"concat_dim must be a scalar, not {concat_dim.shape}")
    axis = int(concat_dim.value)
    require(0 <= axis < rank, f"concat_dim must lie in [0, {rank}), not {axis}")
    merged: Shape = None
    total: int | None = 0
    for shape in shapes:
        length = shape[axis] if shape is not None else None
        total = None if total is None or length is None else total + length
        if shape is not None:
            merged = merge(merged, (*shape[:axis], None, *shape[axis + 1 :]))
    found = merged or (None,) * rank
    return [(*found[:axis], total, *found[axis + 1 :]), (), ()]


def _binary(name: str, source: str, combine: Callable[..., Any]) -> None:
    """Register QuantizedAdd or QuantizedMul."""

    def kernel(
        x: Array,
        y: Array,
        min_x: Array,
        max_x: Array,
        min_y: Array,
        max_y: Array,
        *,
        T1: DType,
        T2: DType,
        Toutput: DType,
    ) -> tuple[Array, Array, Array]:
        for dtype in (T1, T2):
            needs(dtype, "quint8", name)
        needs(Toutput, "qint32", f"{name} with a result")
        x_ends = _ordered(min_x, max_x, "min_x max_x")
        y_ends = _ordered(min_y, max_y, "min_y max_y")
        if x.size != y.size and 0 in (x.size, y.size) and 1 not in (x.size, y.size):
            require(False, f"x and y must not be empty, not {list(x.shape)} and {list(y.shape)}")
        allocatable(concrete(broadcast(x.shape, y.shape)) or (), np.dtype(np.int64), "z")
        with np.errstate(all="ignore"):
            values, low, high = combine(bits(x), bits(y), x_ends, y_ends)
        return sums(values), np.asarray(low), np.asarray(high)

    kernel.__doc__ = (
        f"{name} of levels, as 32-bit levels with their range.\n\n"
        "    Differs: broadcasting is NumPy's; TensorFlow repeats the shorter operand along the last\n"
        "    dimensions, whatever its shape, and has no more than that.\n    "
    )
    op(
        f"{name}(x: T1, y: T2, min_x: float32, max_x: float32, min_y: float32, max_y: float32) "
        "-> z: Toutput, min_z: float32, max_z: float32",
        T1=QUANTIZED,
        T2=QUANTIZED,
        Toutput=SUM,
        source=source,
        shape=_binary_shape,
    )(kernel)


_Ends: TypeAlias = tuple[np.float32, np.float32]


def _product(x: Array, y: Array, x_ends: _Ends, y_ends: _Ends) -> tuple[Any, Any, Any]:
    kind = dtypes.quint8
    low, high = range_of_products(x_ends, limits(kind), y_ends, limits(kind), limits(dtypes.qint32))
    return (
        (x.astype(np.int64) - zero(x_ends, kind)) * (y.astype(np.int64) - zero(y_ends, kind)),
        low,
        high,
    )


def _added(x: Array, y: Array, x_ends: _Ends, y_ends: _Ends) -> tuple[Any, Any, Any]:
    low, high = min(x_ends[0], y_ends[0]), max(x_ends[1], y_ends[1])
    high = max(abs(low), abs(high)) * _F(1 << 14)
    low = -high
    narrow, kind = limits(dtypes.quint8), limits(dtypes.qint32)

    def moved(levels: Array, ends: _Ends, alone: bool) -> Array:
        if alone:
            # A single value goes through its float; many are steps of one whole number.
            return np.asarray(level_of(float_of(levels, *ends, narrow), low, high, kind))
        first = int(unclamped_level_of(float_of(0, *ends, narrow), low, high, kind))
        second = int(unclamped_level_of(float_of(1, *ends, narrow), low, high, kind))
        return np.clip(first + levels.astype(np.int64) * (second - first), kind.low, kind.high)

    one_x, one_y = x.size == 1, y.size == 1 and x.size != 1
    return moved(x, x_ends, one_x) + moved(y, y_ends, one_y), low, high


def _binary_shape(
    x: Spec, y: Spec, min_x: Spec, max_x: Spec, min_y: Spec, max_y: Spec
) -> list[Shape]:
    scalars(min_x, max_x, min_y, max_y)
    return [broadcast(x.shape, y.shape), (), ()]


_binary("QuantizedAdd", "core/kernels/quantized_add_op.cc", _added)
_binary("QuantizedMul", "core/kernels/quantized_mul_op.cc", _product)
