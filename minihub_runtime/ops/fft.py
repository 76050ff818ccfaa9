"""Discrete Fourier transforms."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.gradient_rules import Ops, Term, product, sizes_of
from minihub_runtime.ops.registry import COMPLEX, REGISTRY, ROUNDING, Array, Op, op, types
from minihub_runtime.shapes import Shape, Spec, show

__all__: list[str] = []

_SOURCE = "core/kernels/fft_ops.cc"


def _require_rank(shape: tuple[Any, ...], rank: int) -> None:
    if len(shape) < rank:
        raise InvalidArgumentError(f"input must have rank >= {rank}, not shape {show(shape)}")


def _complex_transform(name: str, rank: int, function: Any) -> Op:
    """Register a transform of complex numbers along the last `rank` axes."""

    def kernel(input: Array) -> Array:
        _require_rank(input.shape, rank)
        if input.size == 0:
            return input.copy()
        axes = tuple(range(-rank, 0))
        with np.errstate(all="ignore"):
            # NumPy 1.26 computes in complex128 whatever the input is.
            return np.asarray(function(input, axes=axes)).astype(input.dtype, copy=False)

    def shape(input: Spec) -> Shape:
        if input.shape is not None:
            _require_rank(input.shape, rank)
        return input.shape

    kind = "inverse, divided by the number of elements, " if name[0] == "I" else ""
    kernel.__doc__ = (
        f"The discrete Fourier transform {kind}along the last {rank} axes.\n\n"
        "    Raises: InvalidArgumentError for a lower rank.\n"
    )
    return op(
        f"{name}(input: Tcomplex) -> output: Tcomplex",
        Tcomplex=COMPLEX.default_to("complex64"),
        precision=ROUNDING,
        source=_SOURCE,
        shape=shape,
    )(kernel)


def _real_shape(rank: int, inverse: bool) -> Any:
    def shape(input: Spec, fft_length: Spec) -> Shape:
        if fft_length.shape is not None and fft_length.shape not in ((rank,), (None,)):
            raise InvalidArgumentError(
                f"fft_length must have shape [{rank}], not {show(fft_length.shape)}"
            )
        if input.shape is None:
            return None
        _require_rank(input.shape, rank)
        if fft_length.value is None:
            return (*input.shape[:-rank], *(None,) * rank)
        lengths = [int(n) for n in fft_length.value]
        if any(n < 0 for n in lengths):
            raise InvalidArgumentError(f"fft_length must not be negative, found {lengths}")
        if not inverse:
            # An empty last axis stays empty.
            lengths[-1] = lengths[-1] // 2 + 1 if lengths[-1] else 0
        return (*input.shape[:-rank], *lengths)

    return shape


def _lengths(input: Array, fft_length: Array, rank: int, inverse: bool) -> list[int]:
    """The lengths of the transform, checked: the input must have at least as much along each axis."""
    _require_rank(input.shape, rank)
    if fft_length.shape != (rank,):
        raise InvalidArgumentError(
            f"fft_length must have shape [{rank}], not {show(fft_length.shape)}"
        )
    lengths = [int(n) for n in fft_length]
    if any(n < 0 for n in lengths):
        raise InvalidArgumentError(f"fft_length must not be negative, found {lengths}")
    for place, length in enumerate(lengths):
        axis = place - rank
        needed = length // 2 + 1 if inverse and axis == -1 else length
        have = input.shape[axis]
        if have < needed and have > 0:
            raise InvalidArgumentError(
                f"input must have at least {needed} elements along axis {axis}, not {have}"
            )
    return lengths


def _crop(input: Array, lengths: list[int], inverse: bool) -> Array:
    """The corner of `input` that a transform of these lengths reads."""
    kept = list(lengths)
    if inverse:
        kept[-1] = kept[-1] // 2 + 1
    parts: tuple[Any, ...] = (Ellipsis, *(slice(n) for n in kept))
    return input[parts]


def _real_transform(name: str, rank: int, inverse: bool) -> Op:
    """Register a transform between reals and the first half of their spectrum."""
    function: Any = np.fft.irfftn if inverse else np.fft.rfftn

    def run(input: Array, fft_length: Array, target: DType) -> Array:
        wanted = "real" if inverse else "complex"
        if (target.size == 2 * input.dtype.itemsize) == inverse or target.size == input.itemsize:
            raise InvalidArgumentError(
                f"the result must be the {wanted} type of {as_dtype(input.dtype).name}, not {target.name}"
            )
        lengths = _lengths(input, fft_length, rank, inverse)
        shape = _real_shape(rank, inverse)(
            Spec(as_dtype(input.dtype), input.shape),
            Spec(as_dtype(fft_length.dtype), fft_length.shape, fft_length),
        )
        if input.size == 0 or 0 in shape:
            return np.zeros(shape, dtype=target.numpy)
        axes = tuple(range(-rank, 0))
        with np.errstate(all="ignore"):
            result = function(_crop(input, lengths, inverse), s=lengths, axes=axes)
            return np.asarray(result).astype(target.numpy, copy=False)

    if inverse:

        def kernel(input: Array, fft_length: Array, *, Treal: DType) -> Array:
            return run(input, fft_length, Treal)
    else:

        def kernel(input: Array, fft_length: Array, *, Tcomplex: DType) -> Array:  # type: ignore[misc]
            return run(input, fft_length, Tcomplex)

    what = (
        "The reals whose spectrum starts with" if inverse else "The first half of the spectrum of"
    )
    kernel.__doc__ = (
        f"{what} `input`, along the last {rank} axes, of the lengths `fft_length`; longer input is cut.\n\n"
        "    Raises: InvalidArgumentError for a lower rank, input that is too short, or a result of another precision.\n"
    )
    source, target = ("Tcomplex", "Treal") if inverse else ("Treal", "Tcomplex")
    return op(
        f"{name}(input: {source}, fft_length: int32) -> output: {target}",
        Treal=types("float32 float64", default="float32"),
        Tcomplex=COMPLEX.default_to("complex64"),
        precision=ROUNDING,
        source=_SOURCE,
        shape=_real_shape(rank, inverse),
    )(kernel)


for _rank, _suffix in ((1, ""), (2, "2D"), (3, "3D")):
    _complex_transform(f"FFT{_suffix}", _rank, np.fft.fftn)
    _complex_transform(f"IFFT{_suffix}", _rank, np.fft.ifftn)
    _real_transform(f"RFFT{_suffix}", _rank, inverse=False)
    _real_transform(f"IRFFT{_suffix}", _rank, inverse=True)


def _transform_gradient(
    ops: Ops, grad: Term, inverse: str = "", rank: int = 1, divided: bool = False
) -> Term:
    """The gradient of a complex transform: the inverse one, but for the factor that one of the two has."""
    count = ops.Cast(product(ops, sizes_of(ops, grad)[-rank:]), DstT=grad.dtype)
    back = getattr(ops, inverse)(grad)
    return back / count if divided else back * count


for _rank, _suffix in ((1, ""), (2, "2D"), (3, "3D")):
    REGISTRY[f"FFT{_suffix}"].gradient(
        functools.partial(_transform_gradient, inverse=f"IFFT{_suffix}", rank=_rank)
    )
    REGISTRY[f"IFFT{_suffix}"].gradient(
        functools.partial(_transform_gradient, inverse=f"FFT{_suffix}", rank=_rank, divided=True)
    )


def _signs(ops: Ops, length: Any, dtype: Any) -> Term:
    """Numbers that are 1 and -1 in turn."""
    return ops.Cast(1 - ops.Range(0, length, 1) % 2 * 2, DstT=dtype)


def _dropped(ops: Ops, grad: Term, sizes: Any, column: Term, rank: int) -> Term:
    """What a column of the half that a real transform keeps contributes a second time."""
    if rank == 1:
        return column
    # Column by column the other axis is transformed: by a matrix of the powers of one root of unity.
    length = sizes[-2]
    numbers = ops.Range(0, length, 1)
    powers = ops.Cast(ops.ExpandDims(numbers, 0) * ops.ExpandDims(numbers, 1), DstT=grad.dtype)
    roots = ops.Exp(powers * (-2j * np.pi) / ops.Cast(length, DstT=grad.dtype))
    return ops.BatchMatMulV2(roots, ops.Conj(column))


def _real_transform_gradient(
    ops: Ops, grad: Term, input: Term, fft_length: Term, inverse: str = "", rank: int = 1
) -> tuple[Term, None]:
    sizes = sizes_of(ops, input)
    even = ops.Cast(1 - fft_length[-1] % 2, DstT=grad.dtype)
    first, last = (
        _dropped(ops, grad, sizes, column, rank) for column in (grad[..., 0:1], grad[..., -1:])
    )
    extra = first + even * last * _signs(ops, sizes[-1], grad.dtype)
    real = input.dtype
    back = getattr(ops, inverse)(grad, fft_length, Treal=real)
    count = ops.Cast(product(ops, sizes[-rank:]), DstT=real)
    return 0.5 * (back * count + ops.Real(extra, Tout=real)), None


def _inverse_real_transform_gradient(
    ops: Ops, grad: Term, input: Term, fft_length: Term, forward: str = "", rank: int = 1
) -> tuple[Term, None]:
    odd = fft_length[-1] % 2
    one, two = ops.constant(1, grad.dtype), ops.constant(2, grad.dtype)
    inner = ops.Reshape(sizes_of(ops, input)[-1] - 2 + odd, [1])
    # All columns but the first, and the last of an even length, stand for two.
    mask = ops.ConcatV2([[one], ops.Fill(inner, two), ops.Fill(ops.Reshape(1 - odd, [1]), one)], 0)
    share = ops.Reciprocal(ops.Cast(product(ops, sizes_of(ops, grad)[-rank:]), DstT=grad.dtype))
    spectrum = getattr(ops, forward)(grad, fft_length, Tcomplex=input.dtype)
    return spectrum * ops.Cast(share * mask, DstT=input.dtype), None


for _rank, _suffix in ((1, ""), (2, "2D")):
    REGISTRY[f"RFFT{_suffix}"].gradient(
        functools.partial(_real_transform_gradient, inverse=f"IRFFT{_suffix}", rank=_rank)
    )
    REGISTRY[f"IRFFT{_suffix}"].gradient(
        functools.partial(_inverse_real_transform_gradient, forward=f"RFFT{_suffix}", rank=_rank)
    )
