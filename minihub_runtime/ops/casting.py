"""Changes of the element type."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType, as_dtype, bits, float_to_bfloat16, from_bits, to_float
from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.gradient_rules import Gradient, Ops, Term
from minihub_runtime.ops.registry import ANY, NUMBERS, Array, op
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import Shape, Spec, concrete, show

__all__: list[str] = []

#: Bits of the significand that a truncating cast drops, by source and destination.
_DROPPED = {
    ("float64", "float32"): 29,
    # TensorFlow counts no bits for a complex type, and so cuts into the exponent.
    ("float64", "complex64"): 53,
    ("float64", "float16"): 42,
    ("float32", "float16"): 13,
    ("float32", "bfloat16"): 16,
    ("complex128", "float32"): 29,
    ("complex128", "complex64"): 29,
    ("complex128", "float16"): 42,
    ("complex64", "float16"): 13,
}

#: The characters of the types that whole numbers become as NumPy converts them, without a warning.
_WIDE = "bBhHiIlLqQfd"


def _truncate(x: Array, dropped: int) -> Array:
    """`x` with the last bits of its significands cleared, NaN kept."""
    real = x.real.dtype
    parts = np.array(x, copy=True, order="C").reshape(-1).view(real)
    carrier = parts.view(np.dtype(f"u{real.itemsize}"))
    mask = carrier.dtype.type((1 << (8 * real.itemsize)) - (1 << dropped))
    np.bitwise_and(carrier, mask, out=carrier, where=~np.isnan(parts))
    return parts.view(x.dtype).reshape(x.shape)


def _float_to_signed(x: Array, carrier: Any) -> Array:
    """`x` rounded to zero; what does not fit, NaN included, is the smallest integer."""
    limit = 2.0 ** (8 * np.dtype(carrier).itemsize - 1)
    if x.size == 0 or (x.min() >= -limit and x.max() < limit):
        return x.astype(carrier)
    fits = (x >= -limit) & (x < limit)
    return np.where(fits, np.where(fits, x, 0).astype(carrier), np.iinfo(carrier).min)


def _float_to_integer(x: Array, target: np.dtype[Any]) -> Array:
    """`x` rounded to zero, out of range as x86 processors convert in bulk.

    Types narrower than 32 bits are saturated, 32- and 64-bit ones become the smallest integer; unsigned ones
    are put together from two signed conversions.
    """
    size = target.itemsize
    if target.kind == "i" and size >= 4:
        return _float_to_signed(x, target)
    if size < 4:
        limits = np.iinfo(target)
        if x.size and x.min() >= limits.min and x.max() <= limits.max:
            return x.astype(target)
        return np.clip(_float_to_signed(x, np.int32), limits.min, limits.max).astype(target)
    signed = np.dtype(f"i{size}")
    half = x.dtype.type(2.0 ** (8 * size - 1))
    low = _float_to_signed(x, signed)
    if not (low < 0).any():
        return low.astype(target)
    high = _float_to_signed(x - half, signed)
    return (low | (high & (low >> signed.type(8 * size - 1)))).view(target)


def _convert(x: Array, target: DType) -> Array:
    """`x` as plain numbers of `target`, which is not quantised."""
    if target.name == "bool":
        return np.not_equal(x.real if x.dtype.kind == "c" else x, 0)
    if x.dtype.kind == "c" and not target.is_complex:
        x = x.real
    if target.name == "bfloat16":
        return float_to_bfloat16(np.asarray(x.astype(np.float32)))
    if target.name == "float16":
        return x.astype(np.float32).astype(np.float16)
    if target.is_integer and x.dtype.kind == "f":
        wide = x.astype(np.float32) if x.dtype == np.float16 else x
        return _float_to_integer(wide, target.numpy)
    return x.astype(target.numpy)


@op(
    "Cast(x: SrcT) -> y: DstT",
    SrcT=ANY,
    DstT=ANY,
    source="core/kernels/cast_op.cc",
    shape=same,
)
def cast(x: Array, *, SrcT: DType, DstT: DType, Truncate: bool = False) -> Array:
    """`x` in the element type `DstT`.

    Floats become integers by rounding to zero, bool by comparing with 0, complex numbers become reals by
    dropping the imaginary part; float64 and integers reach the 16-bit floats through float32. With
    `Truncate` floats that get shorter are cut instead of rounded. Quantised types count as their integers.

    Differs: TensorFlow's result for floats outside the range of a narrow integer type depends on the
        position in the tensor; here every element is converted as those are that it converts in bulk.
    Raises: UnimplementedError from or to strings, resources and variants.
    """
    source = SrcT.base_dtype
    target = DstT.base_dtype
    if source is target:
        return x.copy() if isinstance(x, np.ndarray) else x
    if x.dtype.kind in "biu" and target.numpy.char in _WIDE:
        return x.astype(target.numpy)
    for dtype in (source, target):
        if dtype.numpy == np.dtype(object):
            raise UnimplementedError(
                f"Cast must be between numbers, not from {source.name} to {target.name}"
            )
    dropped = _DROPPED.get((source.name, target.name)) if Truncate else None
    with np.errstate(all="ignore"):
        plain = to_float(x) if source is dtypes.bfloat16 else bits(x)
        if dropped is not None:
            plain = _truncate(plain, dropped)
        if target.is_quantized:
            carrier = as_dtype(target.numpy[0])
            return from_bits(np.asarray(_convert(plain, carrier)), target)
        return np.asarray(_convert(plain, target))


def _bitcast_shape(input: Spec, type: DType) -> Shape:
    """`input.shape` with a last dimension added, dropped or kept, as the sizes of the types ask."""
    shape, old, new = input.shape, input.dtype.size, type.size
    if shape is None or old == new:
        return shape
    if old > new:
        return (*shape, old // new)
    if not shape or shape[-1] not in (None, new // old):
        raise InvalidArgumentError(
            f"the last dimension must be {new // old} to cast {input.dtype.name} to {type.name}, "
            f"not shape {show(shape)}"
        )
    return shape[:-1]


@op(
    "Bitcast(input: T) -> output: type",
    T=NUMBERS,
    type=NUMBERS,
    views=True,
    source="core/kernels/bitcast_op.cc",
    shape=_bitcast_shape,
)
def bitcast(input: Array, *, T: DType, type: DType) -> Array:
    """The same bytes read as elements of `type`.

    Shapes: `s` -> `s` for types of one size, `s + [k]` for one k times smaller, `s + [k]` -> `s` for larger.
    Raises: InvalidArgumentError where the last dimension does not make up the larger type.
    """
    shape = concrete(_bitcast_shape(Spec(T, input.shape), type)) or ()
    if input.size == 0:
        return np.empty(shape, dtype=type.numpy)
    flat = np.ascontiguousarray(input).reshape(-1)
    return flat.view(type.numpy).reshape(shape)


@cast.gradient
def cast_gradient(ops: Ops, grad: Term, SrcT: DType) -> Gradient:
    if not (SrcT.is_floating or SrcT.is_complex):
        return None
    return grad.map_values(lambda values: ops.Cast(values, DstT=SrcT))
