"""Samples of `ops/audio.py`."""

import struct

import numpy as np

from tests.samples import Sample, b, f32, i32, normal, uniform


def wav(samples, channels=1, rate=16000, junk=b"", tail=b"", fmt=16, **wrong):
    """A WAV file; `wrong` replaces parts of its header."""
    data = np.asarray(samples, "<i2").tobytes()
    parts = dict(
        riff=b"RIFF",
        wave=b"WAVE",
        coding=1,
        channels=channels,
        rate=rate,
        byte_rate=2 * channels * rate,
        frame=2 * channels,
        depth=16,
        size=len(data),
        name=b"data",
    )
    p = {**parts, **wrong}
    head = p["riff"] + struct.pack("<I", 36 + len(data)) + p["wave"] + junk
    head += b"fmt " + struct.pack(
        "<IHHIIHH",
        fmt,
        p["coding"],
        p["channels"],
        p["rate"],
        p["byte_rate"],
        p["frame"],
        p["depth"],
    )
    head += bytes(fmt - 16)
    return head + p["name"] + struct.pack("<I", p["size"]) + data + tail


MONO = wav([0, 1, -1, 32767, -32768, 1000])
STEREO = wav(np.arange(-6, 6) * 2500, 2, 44100)
JUNK = b"JUNK" + struct.pack("<I", 4) + b"\0\0\0\0"
LIST = b"LIST" + struct.pack("<I", 4) + b"abcd"


def decode(label, contents, error=None, **attrs):
    inputs = dict(contents=b(contents) if isinstance(contents, bytes) else contents)
    return Sample("DecodeWav", label, inputs, attrs, error=error)


def encode(label, audio, rate=16000, error=None):
    return Sample("EncodeWav", label, dict(audio=f32(audio), sample_rate=i32(rate)), error=error)


def spectrogram(label, audio, window, stride, error=None, **attrs):
    attrs = dict(window_size=window, stride=stride, **attrs)
    return Sample("AudioSpectrogram", label, dict(input=audio), attrs, error=error, loose=10)


def mfcc(label, spectrum, rate=16000, error=None, **attrs):
    inputs = dict(spectrogram=f32(spectrum), sample_rate=i32(rate))
    return Sample("Mfcc", label, inputs, attrs, error=error, loose=10)


NOISE = normal(60, 2)
POWER = uniform(1, 2, 65, high=4)
LAST = f32([[-2, -1, -0.99998, -0.5, 0.00001, 0.000015, 0.5, 0.99998, 1, 3]]).T

SAMPLES = [
    decode("mono", MONO),
    decode("stereo", STEREO),
    decode("more_channels", STEREO, desired_channels=4),
    decode("fewer_channels", STEREO, desired_channels=1),
    decode("no_channels", STEREO, desired_channels=0),
    decode("more_samples", STEREO, desired_samples=9),
    decode("fewer_samples", STEREO, desired_samples=2, desired_channels=2),
    decode("no_samples", wav([])),
    decode("junk_first", wav([1, 2], junk=JUNK)),
    decode("list_after", wav([1, 2], tail=LIST)),
    decode("long_format", wav([1, 2], fmt=18)),
    decode("odd_size", wav([1, 2, 3], 1, size=5)[:-1], "must have 4 bytes"),
    decode("vector", b([MONO]), "contents must be a scalar"),
    decode("empty", b"", "a WAV file must have 4 bytes"),
    decode("not_riff", wav([1], riff=b"RIFX"), "must have b'RIFF'"),
    decode("not_wave", wav([1], wave=b"AIFF"), "must have b'WAVE'"),
    decode("no_format", wav([1], junk=b"abcd"), "must have a format chunk"),
    decode("format_size", wav([1], fmt=20), "16 or 18 bytes"),
    decode("float_samples", wav([1], coding=3), "must hold PCM"),
    decode("zero_channels", wav([1], channels=0, frame=0), "must have channels"),
    decode("eight_bits", wav([1], depth=8), "16 bits a sample"),
    decode("frame", wav([1], frame=3), "a frame must have"),
    decode("byte_rate", wav([1], byte_rate=3), "a second must have"),
    decode("truncated", MONO[:-3], "a WAV file must have 12 bytes"),
    decode("huge_chunk", wav([1], size=2**32 - 1), "less than 2\\^31"),
    decode("no_data", wav([1], name=b"date"), "must have a data chunk"),
    decode("two_data", MONO + MONO[36:], "one data chunk"),
    decode("negative_channels", MONO, "desired_channels must be", desired_channels=-2),
    decode("negative_samples", MONO, "desired_samples must be", desired_samples=-2),
    encode("mono", LAST),
    encode("stereo", normal(5, 2) / 3, 44100),
    encode("no_samples", np.zeros((0, 1))),
    encode("rank1", [1, 2], error="audio must have rank 2"),
    encode("no_channels", np.zeros((3, 0)), error="1 to 65535 channels"),
    encode("rate_zero", LAST, 0, "sample_rate must be positive"),
    encode("rate_vector", LAST, [1], "sample_rate must be a scalar"),
    spectrogram("power_of_two", NOISE, 16, 8),
    spectrogram("odd_window", NOISE, 11, 3),
    spectrogram("squared", NOISE, 16, 5, magnitude_squared=True),
    spectrogram("gaps", NOISE, 8, 20),
    spectrogram("smallest", NOISE, 2, 7),
    spectrogram("exactly_one", NOISE, 60, 1),
    spectrogram("too_short", NOISE, 61, 1),
    spectrogram("no_samples", NOISE[:0], 4, 1),
    spectrogram("no_channels", NOISE[:, :0], 4, 1),
    spectrogram("rank1", NOISE[:, 0], 4, 1, "input must have rank 2"),
    spectrogram("window_one", NOISE, 1, 1, "window_size must be > 1"),
    spectrogram("stride_zero", NOISE, 4, 0, "stride must be > 0"),
    mfcc("plain", POWER),
    mfcc("low_rate", POWER, 8000),
    mfcc("few_bands", POWER, filterbank_channel_count=5, dct_coefficient_count=5),
    mfcc("narrow", POWER, lower_frequency_limit=300.0, upper_frequency_limit=3000.0),
    mfcc("limit_above_bins", POWER, 4000),
    mfcc("silence", np.zeros((1, 1, 65))),
    mfcc("negative", -POWER),
    mfcc("two_bins", uniform(1, 1, 2), 16000, upper_frequency_limit=7999.0),
    mfcc("no_windows", np.zeros((2, 0, 65))),
    mfcc("rank2", POWER[0], error="spectrogram must have rank 3"),
    mfcc("rate_zero", POWER, 0, "sample_rate must be positive"),
    mfcc("one_bin", POWER[..., :1], error="2 or more bins"),
    mfcc("low_above_high", POWER, error="upper_frequency_limit must", upper_frequency_limit=10.0),
    mfcc("low_negative", POWER, error="lower_frequency_limit", lower_frequency_limit=-1.0),
    mfcc("no_bands", POWER, error="filterbank_channel_count", filterbank_channel_count=0),
    mfcc("coefficients", POWER, error="dct_coefficient_count", dct_coefficient_count=41),
    mfcc(
        "advisory",
        [[[1.38, 6.32, 5.75, 9.51]]],
        2,
        "filterbank_channel_count must be <= 2\\^20",
        upper_frequency_limit=5.0,
        lower_frequency_limit=1.0,
        filterbank_channel_count=2**31 - 1,
        dct_coefficient_count=1,
    ),
]
