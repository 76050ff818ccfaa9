"""Spectrograms and back, mel scales, cepstra.

Source: tensorflow/python/ops/signal/spectral_ops.py, mel_ops.py, mfcc_ops.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import minihub_runtime as tf
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.signal.framing import (
    as_number,
    frame,
    overlap_and_add,
    with_one_outer_axis,
)
from minihub_runtime.api.signal.transforms import dct, irfft, rfft
from minihub_runtime.api.signal.windows import hann_window, vorbis_window
from minihub_runtime.dtypes import as_dtype, float32
from minihub_runtime.public import public

__all__ = [
    "inverse_mdct",
    "inverse_stft",
    "inverse_stft_window_fn",
    "linear_to_mel_weight_matrix",
    "mdct",
    "mfccs_from_log_mel_spectrograms",
    "stft",
]

Window = Callable[..., Any]

#: The mel scale bends at this frequency …
MEL_BREAK_HERTZ = 700.0
#: … and rises by this many mel for each factor e above it.
MEL_HIGH_Q = 1127.0


def _power_of_two(value: Any) -> Any:
    """The least power of two that is not below `value`."""
    if isinstance(value, int):
        return 1 << max(value - 1, 0).bit_length()
    exponent = tf.ceil(tf.log(tf.cast(value, tf.float32)) / math.log(2.0))
    return tf.cast(tf.pow(2.0, exponent), value.dtype)


@public("signal.stft")
def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window | None = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Tensor:
    """The short-time Fourier transform of real signals.

    Args:
        signals: float32 or float64 [..., samples].
        frame_length: samples of a frame.
        frame_step: samples from frame to frame.
        fft_length: samples of a transform; by default the power of two that holds a frame.
        window_fn: from a length and a dtype to a window, or None for none.
        pad_end: pad the end with zeros, so that no sample is left out.
        name: of the scope.

    Returns:
        complex [..., frames, fft_length / 2 + 1].
    """
    with name_scope(name, "stft", [signals, frame_length, frame_step]):
        signals = convert_to_tensor(signals, name="signals")
        length = as_number(frame_length, "frame_length")
        step = as_number(frame_step, "frame_step")
        size = _power_of_two(length) if fft_length is None else as_number(fft_length, "fft_length")
        frames = frame(signals, length, step, pad_end=pad_end)
        if window_fn is not None:
            frames = frames * window_fn(length, dtype=frames.dtype)
        return rfft(frames, [size])


@public("signal.inverse_stft_window_fn")
def inverse_stft_window_fn(
    frame_step: Any, forward_window_fn: Window = hann_window, name: str | None = None
) -> Window:
    """The window with which `inverse_stft` undoes a `stft` that was windowed by `forward_window_fn`.

    Args:
        frame_step: samples from frame to frame.
        forward_window_fn: the window of the transform.
        name: of the scope.

    Returns:
        A function of a length and a dtype.
    """

    def window_fn(frame_length: Any, dtype: Any) -> Tensor:
        with name_scope(name, "inverse_stft_window_fn", [forward_window_fn]):
            step = as_number(frame_step, "frame_step")
            length = as_number(frame_length, "frame_length")
            window = forward_window_fn(length, dtype=dtype)
            overlaps = -(-length // step)
            squares = tf.pad(tf.square(window), [[0, overlaps * step - length]])
            sums = tf.reduce_sum(tf.reshape(squares, [overlaps, step]), 0)
            result: Tensor = window / tf.tile(sums, [overlaps])[:length]
            return result

    return window_fn


@public("signal.inverse_stft")
def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Window | None = hann_window,
    name: str | None = None,
) -> Tensor:
    """Signals whose short-time Fourier transforms are given; see `inverse_stft_window_fn` for exact ones.

    Args:
        stfts: complex [..., frames, fft_length / 2 + 1].
        frame_length: samples of a frame.
        frame_step: samples from frame to frame.
        fft_length: samples of a transform; by default the power of two that holds a frame.
        window_fn: by what frames are multiplied before they are added, or None for nothing.
        name: of the scope.

    Returns:
        float [..., samples].
    """
    with name_scope(name, "inverse_stft", [stfts]):
        stfts = convert_to_tensor(stfts, name="stfts")
        length = as_number(frame_length, "frame_length")
        step = as_number(frame_step, "frame_step")
        size = _power_of_two(length) if fft_length is None else as_number(fft_length, "fft_length")
        rank = stfts.shape.with_rank_at_least(2).rank
        if rank is None:
            return with_one_outer_axis(
                lambda flat: inverse_stft(flat, length, step, size, window_fn), stfts, 2
            )
        frames = irfft(stfts, [size])[..., :length]
        missing = (
            max(length - size, 0)
            if isinstance(length, int) and isinstance(size, int)
            else tf.maximum(length - size, 0)
        )
        if not isinstance(missing, int) or missing:
            frames = tf.pad(frames, [[0, 0]] * (rank - 1) + [[0, missing]])
        if isinstance(length, int):
            frames.set_shape([None] * (rank - 1) + [length])
        if window_fn is not None:
            frames = frames * window_fn(length, dtype=stfts.dtype.real_dtype)
        return overlap_and_add(frames, step)


@public("signal.mdct")
def mdct(
    signals: Any,
    frame_length: Any,
    window_fn: Window | None = vorbis_window,
    pad_end: bool = False,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The modified discrete cosine transform, in frames that overlap by half.

    Args:
        signals: float [..., samples].
        frame_length: a multiple of 4.
        window_fn: from a length and a dtype to a window, or None for a constant one.
        pad_end: pad the end with zeros.
        norm: None or `ortho`.
        name: of the scope.

    Returns:
        [..., frames, frame_length / 2].

    Raises:
        ValueError: the length is no multiple of 4.
    """
    with name_scope(name, "mdct", [signals, frame_length]):
        signals = convert_to_tensor(signals, name="signals")
        length = as_number(frame_length, "frame_length")
        if isinstance(length, int) and length % 4:
            raise ValueError("The frame length must be a multiple of 4.")
        frames = frame(signals, length, length // 2, pad_end=pad_end)
        if window_fn is None:
            frames = frames * math.sqrt(0.5)
        else:
            frames = frames * window_fn(length, dtype=frames.dtype)
        a, b, c, d = tf.split(frames, 4, axis=-1)
        folded = tf.concat((-tf.reverse(c, [-1]) - d, a - tf.reverse(b, [-1])), axis=-1)
        return dct(folded, type=4, norm=norm)


@public("signal.inverse_mdct")
def inverse_mdct(
    mdcts: Any,
    window_fn: Window | None = vorbis_window,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The signals [..., samples] whose modified cosine transforms are [..., frames, n]; arguments as for `mdct`."""
    with name_scope(name, "inverse_mdct", [mdcts]):
        mdcts = convert_to_tensor(mdcts, name="mdcts")
        half = mdcts.shape.with_rank_at_least(2).as_list()[-1]
        if half is None:
            raise ValueError("the number of coefficients must be known")
        unfolded = dct(mdcts, type=4, norm=norm)
        if norm is None:
            unfolded = unfolded * (0.5 / half)
        first, second = tf.split(unfolded, 2, axis=-1)
        parts = (second, -tf.reverse(second, [-1]), -tf.reverse(first, [-1]), -first)
        frames = tf.concat(parts, axis=-1)
        if window_fn is None:
            frames = frames * math.sqrt(0.5)
        else:
            frames = frames * window_fn(2 * half, dtype=mdcts.dtype)
        return overlap_and_add(frames, half)


def _mel(hertz: Any) -> Any:
    return MEL_HIGH_Q * tf.log(1.0 + hertz / MEL_BREAK_HERTZ)


@public("signal.linear_to_mel_weight_matrix")
def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: float = 125.0,
    upper_edge_hertz: float = 3800.0,
    dtype: Any = float32,
    name: str | None = None,
) -> Tensor:
    """By what spectrograms [frames, num_spectrogram_bins] are multiplied to have mel bins, triangles that overlap by half.

    Args:
        num_mel_bins: how many.
        num_spectrogram_bins: fft_length / 2 + 1.
        sample_rate: samples a second.
        lower_edge_hertz: where the first triangle begins.
        upper_edge_hertz: where the last one ends.
        dtype: a float type.
        name: of the result.

    Returns:
        [num_spectrogram_bins, num_mel_bins]; the bin of frequency zero counts for nothing.

    Raises:
        ValueError: an argument is out of its range.
    """
    kind = as_dtype(dtype)
    with name_scope(name, "linear_to_mel_weight_matrix") as scope:
        if isinstance(sample_rate, Tensor):
            known = constant_value(sample_rate)
            sample_rate = sample_rate if known is None else known
        _check_mel(num_mel_bins, sample_rate, lower_edge_hertz, upper_edge_hertz, kind)
        rate = tf.cast(sample_rate, kind)
        zero = tf.zeros([], kind)
        frequencies = tf.linspace(zero, rate / 2.0, num_spectrogram_bins)[1:]
        bins = tf.expand_dims(_mel(frequencies), 1)
        edges = [_mel(tf.constant(hertz, kind)) for hertz in (lower_edge_hertz, upper_edge_hertz)]
        corners = tf.linspace(*edges, num_mel_bins + 2)
        lower, center, upper = (
            tf.expand_dims(corners[start : start + num_mel_bins], 0) for start in range(3)
        )
        rising = (bins - lower) / (center - lower)
        falling = (upper - bins) / (upper - center)
        weights = tf.maximum(zero, tf.minimum(rising, falling))
        result: Tensor = tf.pad(weights, [[1, 0], [0, 0]], name=scope)
        return result


def _check_mel(bins: Any, rate: Any, lower: float, upper: float, kind: Any) -> None:
    if bins <= 0:
        raise ValueError(f"num_mel_bins must be positive. Got: {bins}")
    if lower < 0.0:
        raise ValueError(f"lower_edge_hertz must be non-negative. Got: {lower}")
    if lower >= upper:
        raise ValueError(f"lower_edge_hertz {lower:.1f} >= upper_edge_hertz {upper:.1f}")
    if not isinstance(rate, Tensor):
        if rate <= 0.0:
            raise ValueError(f"sample_rate must be positive. Got: {rate}")
        if upper > rate / 2:
            raise ValueError(
                "upper_edge_hertz must not be larger than the Nyquist frequency (sample_rate / 2). "
                f"Got {upper} for sample_rate: {rate}"
            )
    if not kind.is_floating:
        raise ValueError(f"dtype must be a floating point type. Got: {kind}")


@public("signal.mfccs_from_log_mel_spectrograms")
def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Tensor:
    """Mel-frequency cepstral coefficients [..., bins] of the logarithms of mel spectrograms [..., bins].

    Raises:
        ValueError: there are no bins.
    """
    with name_scope(name, "mfccs_from_log_mel_spectrograms", [log_mel_spectrograms]):
        spectrograms = convert_to_tensor(log_mel_spectrograms)
        bins = spectrograms.shape.as_list()[-1] if spectrograms.shape.rank else None
        if bins == 0:
            raise ValueError(f"num_mel_bins must be positive. Got: {spectrograms}")
        count = tf.shape(spectrograms)[-1] if bins is None else bins
        cosines = dct(spectrograms, type=2)
        result: Tensor = cosines * tf.rsqrt(tf.cast(count, cosines.dtype) * 2.0)
        return result
