"""Frames, windows, transforms, spectrograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, results

WAVE = (np.sin(np.arange(40) * 0.7) + 0.3 * np.cos(np.arange(40) * 2.1)).astype(np.float32)


def run(tf: Any, fetches: Any, feeds: Any = None) -> Any:
    """Values, and the static shapes they were announced with."""
    with tf.Session() as session:
        return session.run(fetches, feeds)


@results
def frames(tf: Any) -> Any:
    two = tf.constant(np.stack([WAVE, -WAVE]))
    found = {
        "plain": tf.signal.frame(two, 8, 5),
        "padded": tf.signal.frame(two, 8, 5, pad_end=True, pad_value=9.0),
        "axis": tf.signal.frame(tf.transpose(two), 16, 20, axis=0),
        "short": tf.signal.frame(two, 50, 3),
        "ints": tf.signal.frame(tf.range(7), 3, 2),
    }
    shapes = {key: value.shape.as_list() for key, value in found.items()}
    return run(tf, found), shapes


@results
def frames_of_unknown_length(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, None])
    step = tf.placeholder(tf.int32, [])
    found = [
        tf.signal.frame(x, 6, 4),
        tf.signal.frame(x, 6, 4, pad_end=True),
        tf.signal.frame(x, 6, step),
        tf.signal.overlap_and_add(tf.signal.frame(x, 6, 4), 3),
    ]
    feeds = {x: [WAVE, -WAVE], step: 7}
    return run(tf, found, feeds), [tensor.shape.as_list() for tensor in found]


@results
def signals_of_unknown_rank(tf: Any) -> Any:
    x = tf.placeholder(tf.float32)
    axis = tf.placeholder_with_default(-2, [])
    spectra = tf.signal.stft(x, 6, 4)
    found = [
        tf.signal.frame(x, 6, 4),
        tf.signal.frame(x, 6, 4, pad_end=True, pad_value=9.0),
        tf.signal.frame(x, 1, 1, axis=0),
        tf.signal.frame(tf.ensure_shape(x, [2, None]), 2, 1, axis=axis),
        tf.signal.overlap_and_add(x, 3),
        tf.abs(spectra),
        tf.signal.inverse_stft(spectra, 6, 4),
        tf.signal.irfft(tf.cast(x, tf.complex64), [90]),
        tf.abs(tf.signal.rfft2d(x, [3, 50])),
        tf.signal.dct(x),
        tf.signal.idct(x),
    ]
    shapes = [str(tensor.shape) for tensor in found]
    return run(tf, found, {x: [WAVE, -WAVE]}), shapes


@results
def frames_added(tf: Any) -> Any:
    x = tf.constant(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    return run(tf, [tf.signal.overlap_and_add(x, step) for step in (1, 2, 3, 4, 5)])


@results
def windows(tf: Any) -> Any:
    length = tf.placeholder(tf.int32, [])
    found = [
        tf.signal.hann_window(8),
        tf.signal.hann_window(7),
        tf.signal.hann_window(8, periodic=False),
        tf.signal.hamming_window(6, dtype=tf.float64),
        tf.signal.hann_window(1),
        tf.signal.hann_window(length),
        tf.signal.vorbis_window(8),
        tf.signal.kaiser_window(9, 8.0),
        tf.signal.kaiser_window(1),
        tf.signal.kaiser_bessel_derived_window(8),
    ]
    return run(tf, found, {length: 6})


@results
def real_transforms(tf: Any) -> Any:
    x = tf.constant(WAVE.reshape(5, 8))
    unknown = tf.placeholder(tf.float32, [None, None])
    spectrum = tf.signal.rfft(x)
    plane = tf.signal.rfft2d(x)
    found = {
        "rfft": spectrum,
        "cut": tf.signal.rfft(x, [5]),
        "padded": tf.signal.rfft(x, [11]),
        "unknown": tf.signal.rfft(unknown, [11]),
        "back": tf.signal.irfft(spectrum),
        "odd": tf.signal.irfft(spectrum, [7]),
        "longer": tf.signal.irfft(spectrum, [12]),
        "plane": plane,
        "plane back": tf.signal.irfft2d(plane, [5, 8]),
        "cube": tf.signal.rfft3d(tf.reshape(x, [2, 5, 4])),
        "shift": tf.signal.fftshift(x),
        "one axis": tf.signal.fftshift(x, 1),
        "axes": tf.signal.ifftshift(x, [0, -1]),
    }
    return run(tf, found, {unknown: WAVE.reshape(5, 8)})


@results
def cosine_transforms(tf: Any) -> Any:
    x = tf.constant(WAVE.reshape(4, 10))
    unknown = tf.placeholder(tf.float32, [None, None])
    found = [tf.signal.dct(x, kind) for kind in (1, 2, 3, 4)]
    found += [tf.signal.dct(x, kind, norm="ortho") for kind in (2, 3, 4)]
    found += [tf.signal.idct(x, kind, norm="ortho") for kind in (2, 3, 4)]
    found += [tf.signal.dct(x, 2, n=6), tf.signal.dct(x, 2, n=13), tf.signal.dct(unknown, 3)]
    return run(tf, found, {unknown: WAVE.reshape(4, 10)})


@results
def spectrograms(tf: Any) -> Any:
    x = tf.constant(np.stack([WAVE, WAVE[::-1]]))
    spectra = tf.signal.stft(x, 8, 4)
    window = tf.signal.inverse_stft_window_fn(4)
    folded = tf.signal.mdct(x, 8)
    found = {
        "stft": spectra,
        "no window": tf.signal.stft(x, 8, 4, window_fn=None, pad_end=True),
        "longer": tf.signal.stft(x, 6, 3, fft_length=9),
        "back": tf.signal.inverse_stft(spectra, 8, 4, window_fn=window),
        "cut": tf.signal.inverse_stft(spectra, 6, 4),
        "padded": tf.signal.inverse_stft(spectra, 12, 4, fft_length=8),
        "mdct": folded,
        "mdct back": tf.signal.inverse_mdct(folded),
        "ortho": tf.signal.inverse_mdct(tf.signal.mdct(x, 8, norm="ortho"), norm="ortho"),
        "mdct without window": tf.signal.mdct(x, 8, window_fn=None),
    }
    return run(tf, found), {
        key: value.shape.as_list() for key, value in found.items() if "mdct" not in key
    }


@results
def mel_scales(tf: Any) -> Any:
    weights = tf.signal.linear_to_mel_weight_matrix(5, 17, 8000, 100.0, 3500.0)
    logs = tf.log(tf.constant(np.arange(1, 11, dtype=np.float32).reshape(2, 5)))
    return run(tf, [weights, tf.signal.mfccs_from_log_mel_spectrograms(logs)])


@results
def what_is_refused(tf: Any) -> Any:
    x = tf.constant(WAVE)
    return [
        message(lambda: tf.signal.rfft(tf.constant([1, 2]))),
        message(lambda: tf.signal.dct(x, 5)),
        message(lambda: tf.signal.dct(x, 2, n=0)),
        message(lambda: tf.signal.dct(x, 1, norm="ortho")),
        message(lambda: tf.signal.dct(x, norm="other")),
        message(lambda: tf.signal.mdct(x, 6)),
        message(lambda: tf.signal.linear_to_mel_weight_matrix(0)),
        message(lambda: tf.signal.linear_to_mel_weight_matrix(upper_edge_hertz=100.0)),
        message(lambda: tf.signal.linear_to_mel_weight_matrix(sample_rate=1000)),
    ]
