"""Fourier transforms of real signals, and cosine transforms.

Source: tensorflow/python/ops/signal/fft_ops.py, dct_ops.py.
"""

from __future__ import annotations

import math
from typing import Any

import minihub_runtime as tf
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.signal.framing import with_one_outer_axis
from minihub_runtime.dtypes import complex64, float32, int32
from minihub_runtime.public import public

__all__ = [
    "dct",
    "fftshift",
    "idct",
    "ifftshift",
    "irfft",
    "irfft2d",
    "irfft3d",
    "rfft",
    "rfft2d",
    "rfft3d",
]


def _sizes(tensor: Tensor, rank: int) -> list[Any]:
    """The sizes of the last dimensions: numbers where they are known, else scalars."""
    shape = tensor.shape.with_rank_at_least(rank)
    known = [None] * rank if shape.rank is None else shape.as_list()[-rank:]
    if None not in known:
        return known
    dynamic = tf.shape(tensor)
    return [dynamic[place - rank] if size is None else size for place, size in enumerate(known)]


def _lengths(fft_length: Any, default: list[Any]) -> list[Any]:
    """What the dimensions are cut or padded to."""
    if fft_length is None:
        return default
    lengths = convert_to_tensor(fft_length, int32, "fft_length")
    known = constant_value(lengths)
    if known is None:
        return [lengths[place] for place in range(len(default))]
    return [int(size) for size in known.reshape(-1)]


def _padded(tensor: Tensor, wanted: list[Any]) -> Tensor:
    """At least the wanted sizes in the last dimensions; the operations cut what is more."""
    found = _sizes(tensor, len(wanted))
    if tensor.shape.rank is not None and 0 in tensor.shape.as_list():
        return tensor
    missing = [
        max(want - have, 0)
        if isinstance(want, int) and isinstance(have, int)
        else tf.maximum(want - have, 0)
        for want, have in zip(wanted, found, strict=True)
    ]
    if all(isinstance(pad, int) and not pad for pad in missing):
        return tensor
    if tensor.shape.rank is None:
        return with_one_outer_axis(lambda flat: _padded(flat, wanted), tensor, len(wanted))
    outer = [[0, 0]] * (tensor.shape.rank - len(wanted))
    result: Tensor = tf.pad(tensor, [*outer, *([0, pad] for pad in missing)])
    return result


def _real_transform(
    op: str, rank: int, input_tensor: Any, fft_length: Any, name: str | None
) -> Tensor:
    with name_scope(name, op.lower(), [input_tensor, fft_length]) as scope:
        tensor = convert_to_tensor(input_tensor, preferred_dtype=float32)
        if tensor.dtype.name not in ("float32", "float64"):
            raise ValueError(f"RFFT requires tf.float32 or tf.float64 inputs, got: {tensor}")
        lengths = _lengths(fft_length, _sizes(tensor, rank))
        kind = "complex64" if tensor.dtype is float32 else "complex128"
        result: Tensor = build(
            op, name=scope, input=_padded(tensor, lengths), fft_length=lengths, Tcomplex=kind
        )
        return result


def _real_inverse(
    op: str, rank: int, input_tensor: Any, fft_length: Any, name: str | None
) -> Tensor:
    with name_scope(name, op.lower(), [input_tensor, fft_length]) as scope:
        tensor = convert_to_tensor(input_tensor, preferred_dtype=complex64)
        if not tensor.dtype.is_complex:
            raise ValueError(f"IRFFT requires tf.complex64 or tf.complex128 inputs, got: {tensor}")
        *outer, last = _sizes(tensor, rank)
        full = 2 * (last - 1)
        full = max(full, 0) if isinstance(full, int) else tf.maximum(full, 0)
        lengths = _lengths(fft_length, [*outer, full])
        halves = [*lengths[:-1], lengths[-1] // 2 + 1]
        result: Tensor = build(
            op,
            name=scope,
            input=_padded(tensor, halves),
            fft_length=lengths,
            Treal=tensor.dtype.real_dtype,
        )
        return result


@public("signal.rfft", "spectral.rfft")
def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The Fourier transform [..., n / 2 + 1] of real signals [..., n]; shorter ones are padded to `fft_length` [1]."""
    return _real_transform("RFFT", 1, input_tensor, fft_length, name)


@public("signal.rfft2d", "spectral.rfft2d")
def rfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The Fourier transform over the last two dimensions of real signals; `fft_length` is [2]."""
    return _real_transform("RFFT2D", 2, input_tensor, fft_length, name)


@public("signal.rfft3d", "spectral.rfft3d")
def rfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The Fourier transform over the last three dimensions of real signals; `fft_length` is [3]."""
    return _real_transform("RFFT3D", 3, input_tensor, fft_length, name)


@public("signal.irfft", "spectral.irfft")
def irfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The real signals [..., n] whose Fourier transforms are [..., n / 2 + 1]; n is even unless `fft_length` [1] says else."""
    return _real_inverse("IRFFT", 1, input_tensor, fft_length, name)


@public("signal.irfft2d", "spectral.irfft2d")
def irfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The inverse of `rfft2d`."""
    return _real_inverse("IRFFT2D", 2, input_tensor, fft_length, name)


@public("signal.irfft3d", "spectral.irfft3d")
def irfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The inverse of `rfft3d`."""
    return _real_inverse("IRFFT3D", 3, input_tensor, fft_length, name)


@public("signal.fftshift")
def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Frequency zero moved to the middle of `axes`, by default all."""
    return _shifted(x, axes, name, "fftshift", 1)


@public("signal.ifftshift")
def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """The inverse of `fftshift`."""
    return _shifted(x, axes, name, "ifftshift", -1)


def _shifted(x: Any, axes: Any, name: str | None, default: str, sign: int) -> Tensor:
    with name_scope(name, default) as scope:
        x = convert_to_tensor(x)
        if axes is None:
            if x.shape.rank is None:
                raise ValueError("axes must be given where the rank is not known")
            axes = list(range(x.shape.rank))
        places = [axes] if isinstance(axes, int) else axes
        shift = tf.gather(tf.shape(x), tf.mod(places, tf.rank(x))) // 2
        result: Tensor = tf.roll(x, sign * shift, places, name=scope)
        return result


def _check(tensor: Tensor, kind: int, n: Any, axis: int, norm: str | None) -> None:
    if axis != -1:
        raise NotImplementedError(f"axis must be -1. Got: {axis}")
    if n is not None and n < 1:
        raise ValueError("n should be a positive integer or None")
    if kind not in (1, 2, 3, 4):
        raise ValueError("Types I, II, III and IV (I)DCT are supported.")
    if norm not in (None, "ortho"):
        raise ValueError(f"Unknown normalization. Expected None or 'ortho', got: {norm}")
    if kind == 1:
        if norm == "ortho":
            raise ValueError("Normalization is not supported for the Type-I DCT.")
        last = tensor.shape.as_list()[-1] if tensor.shape.rank else None
        if last is not None and last < 2:
            raise ValueError("Type-I DCT requires the dimension to be greater than one.")


@public("signal.dct", "spectral.dct")
def dct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The discrete cosine transform of the last dimension.

    Args:
        input: float32 or float64 [..., samples].
        type: I to IV.
        n: cut or pad the samples to this number.
        axis: -1.
        norm: `ortho` for an orthogonal transform.
        name: of the scope.

    Raises:
        ValueError: an argument is not one of these.
        NotImplementedError: another axis.
    """
    tensor = convert_to_tensor(input)
    _check(tensor, type, n, axis, norm)
    with name_scope(name, "dct", [tensor]):
        return _cosine_transform(tensor, type, n, norm)


@public("signal.idct", "spectral.idct")
def idct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The inverse of `dct` but for a factor, unless `norm` is `ortho`; arguments as there."""
    tensor = convert_to_tensor(input)
    _check(tensor, type, n, axis, norm)
    with name_scope(name, "idct", [tensor]):
        return _cosine_transform(tensor, {1: 1, 2: 3, 3: 2, 4: 4}[type], n, norm)


def _cosine_transform(x: Tensor, kind: int, n: int | None, norm: str | None) -> Tensor:
    """By the Fourier transform of twice as many samples."""
    if n is not None:
        x = _padded(x, [n])[..., :n]
    (size,) = _sizes(x, 1)
    result: Tensor
    if kind == 1:
        result = tf.real(rfft(tf.concat([x, x[..., -2:0:-1]], axis=-1)))
        return result
    if kind == 4:
        odd = _cosine_transform(x, 2, 2 * size, None)[..., 1::2]
        result = odd if norm is None else odd * (math.sqrt(0.5) * tf.rsqrt(tf.cast(size, x.dtype)))
        return result
    count = tf.cast(size, x.dtype)
    zero = tf.zeros([], x.dtype)
    angle = tf.range(count) * (math.pi * 0.5) / count
    if kind == 2:
        turn = 2 * tf.exp(tf.complex(zero, -angle))
        result = tf.real(rfft(x, [2 * size])[..., :size] * turn)
        return (
            result if norm is None else result * _weights(0.5 * tf.rsqrt(count), math.sqrt(2), size)
        )
    turn = 2 * tf.exp(tf.complex(zero, angle))
    x = x * (count if norm is None else _weights(tf.sqrt(count), math.sqrt(0.5), size))
    result = irfft(turn * tf.complex(x, zero), [2 * size])[..., :size]
    return result


def _weights(first: Tensor, factor: float, size: Any) -> Any:
    """The first weight, then `factor` times it for all others."""
    return tf.concat([[first], tf.fill([size - 1], first * factor)], 0)
