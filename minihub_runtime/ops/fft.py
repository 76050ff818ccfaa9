"""Discrete Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.registry import COMPLEX, ROUNDING, Array, Op, op, types
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
