"""WAV files, spectrograms and cepstral coefficients."""

from __future__ import annotations

import struct

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.image_shapes import exact_rank, require_output
from minihub_runtime.ops.registry import ROUNDING, Array, op
from minihub_runtime.shapes import Shape, Spec

# What writers put between the file's head and its format.
_SKIPPED = {b"JUNK", b"bext", b"iXML", b"qlty", b"mext", b"levl", b"link", b"axml"}

# The largest window; its transform must fit memory whatever the attribute says.
_MAX_WINDOW = 1 << 26
_MAX_BANDS = 1 << 20
_FRAMES_AT_ONCE = 1 << 22


class _Wav:
    """A reader of WAV bytes that never reads past their end."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.offset = 0

    def take(self, count: int) -> bytes:
        end = self.offset + count
        if end > len(self.content):
            raise InvalidArgumentError(
                f"a WAV file must have {count} bytes at offset {self.offset}, "
                f"not {len(self.content) - self.offset}"
            )
        piece = self.content[self.offset : end]
        self.offset = end
        return piece

    def expect(self, text: bytes) -> None:
        found = self.take(len(text))
        require(found == text, f"a WAV file must have {text!r} here, not {found!r}")

    def number(self, form: str) -> int:
        return int(struct.unpack("<" + form, self.take(struct.calcsize(form)))[0])

    def format(self) -> tuple[int, int]:
        """Channels and sample rate; the offset moves to the chunks after the format."""
        self.expect(b"RIFF")
        self.take(4)
        self.expect(b"WAVE")
        name = self.take(4)
        while name != b"fmt ":
            require(name in _SKIPPED, f"a WAV file must have a format chunk, not {name!r}")
            self.take(self.number("I"))
            name = self.take(4)
        size = self.number("I")
        require(size in (16, 18), f"the format chunk must have 16 or 18 bytes, not {size}")
        coding, channels = self.number("H"), self.number("H")
        require(coding == 1, f"a WAV file must hold PCM (1), not {coding}")
        require(channels >= 1, f"a WAV file must have channels, not {channels}")
        rate, byte_rate = self.number("I"), self.number("I")
        frame, depth = self.number("H"), self.number("H")
        require(depth == 16, f"a WAV file must have 16 bits a sample, not {depth}")
        require(frame == 2 * channels, f"a frame must have {2 * channels} bytes, not {frame}")
        expected = frame * rate & 0xFFFFFFFF
        require(byte_rate == expected, f"a second must have {expected} bytes, not {byte_rate}")
        self.offset += size - 16
        return channels, rate

    def samples(self, channels: int) -> Array:
        """[samples, channels] of the data chunk."""
        found: Array | None = None
        while self.offset < len(self.content):
            name, size = self.take(4), self.number("I")
            require(size < 1 << 31, f"chunk {name!r} must have less than 2^31 bytes, not {size}")
            if name == b"data":
                require(found is None, "a WAV file must have one data chunk, not more")
                count = size // (2 * channels)
                raw = self.take(2 * channels * count)
                found = np.frombuffer(raw, "<i2").reshape(count, channels)
            else:
                self.offset += size
        require(found is not None, "a WAV file must have a data chunk")
        return np.asarray(found)


@op(
    "DecodeWav(contents: string) -> audio: float32, sample_rate: int32",
    source="core/lib/wav/wav_io.cc",
)
def decode_wav(
    contents: Array, *, desired_channels: int = -1, desired_samples: int = -1
) -> tuple[Array, Array]:
    """The samples of a 16-bit PCM WAV file in [-1, 1), and its rate.

    More samples than there are become zeros, more channels copies of the last one.

    Shapes: `[]` -> `[samples, channels]`, `[]`.
    Raises: InvalidArgumentError for another format or truncated content.
    """
    require_scalar(contents, "contents")
    reader = _Wav(contents.item())
    channels, rate = reader.format()
    decoded = reader.samples(channels)
    require(desired_channels >= -1, f"desired_channels must be >= -1, not {desired_channels}")
    require(desired_samples >= -1, f"desired_samples must be >= -1, not {desired_samples}")
    rows = len(decoded) if desired_samples == -1 else desired_samples
    columns = channels if desired_channels == -1 else desired_channels
    audio = np.zeros(require_output((rows, columns), 4), np.float32)
    kept = min(rows, len(decoded))
    audio[:kept, :channels] = decoded[:kept, :columns] * np.float32(1 / (1 << 15))
    if columns > channels:
        audio[:kept, channels:] = audio[:kept, channels - 1 : channels]
    return audio, np.asarray(rate, np.uint32).astype(np.int32)


@decode_wav.shape
def _decode_wav_shape(contents: Spec, desired_channels: int, desired_samples: int) -> list[Shape]:
    exact_rank(contents, 0, "contents")
    for name, value in (("channels", desired_channels), ("samples", desired_samples)):
        require(value >= -1, f"desired_{name} must be >= -1, not {value}")
    sizes = (desired_samples, desired_channels)
    return [tuple(None if n == -1 else n for n in sizes), ()]


@op(
    "EncodeWav(audio: float32, sample_rate: int32) -> contents: string",
    source="core/lib/wav/wav_io.cc",
)
def encode_wav(audio: Array, sample_rate: Array) -> Array:
    """A 16-bit PCM WAV file; samples outside [-1, 1) are clipped.

    Shapes: `[samples, channels]`, `[]` -> `[]`.
    Raises: InvalidArgumentError for other shapes, and a rate or number of channels that the format cannot hold.
    """
    require_rank(audio, 2, "audio")
    require_scalar(sample_rate, "sample_rate")
    count, channels = audio.shape
    rate = int(sample_rate)
    require(rate > 0, f"sample_rate must be positive, not {rate}")
    require(0 < channels < 1 << 16, f"audio must have 1 to 65535 channels, not {channels}")
    size = 2 * channels * count
    require(44 + size < 1 << 32, f"a WAV file must have less than 2^32 bytes, not {44 + size}")
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.asarray(audio * np.float32(1 << 15), np.float64)
        # Halves go away from zero.  NaN goes to the bottom, as from std::max.
        rounded = np.trunc(scaled + np.copysign(0.5, scaled))
        rounded = np.clip(np.nan_to_num(rounded, nan=-32768), -32768, 32767)
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + size,
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        rate,
        2 * channels * rate & 0xFFFFFFFF,
        2 * channels,
        16,
        b"data",
        size,
    )
    result = np.empty((), object)
    result[()] = head + rounded.astype("<i2").tobytes()
    return result


@encode_wav.shape
def _encode_wav_shape(audio: Spec, sample_rate: Spec) -> Shape:
    exact_rank(audio, 2, "audio")
    exact_rank(sample_rate, 0, "sample_rate")
    return ()


def _frequencies(window_size: int) -> int:
    """How many frequencies the transform of a window has."""
    return 1 + (1 << (window_size - 1).bit_length()) // 2


def _check_window(window_size: int, stride: int) -> None:
    require(window_size > 1, f"window_size must be > 1, not {window_size}")
    require(window_size <= _MAX_WINDOW, f"window_size must be <= 2^26, not {window_size}")
    require(stride > 0, f"stride must be > 0, not {stride}")


@op(
    "AudioSpectrogram(input: float32) -> spectrogram: float32",
    source="core/kernels/spectrogram.cc",
    precision=ROUNDING,
)
def audio_spectrogram(
    input: Array, *, window_size: int, stride: int, magnitude_squared: bool = False
) -> Array:
    """Magnitudes of the Fourier transform of Hann windows, padded to a power of two.

    Shapes: `[samples, channels]` -> `[channels, windows, 1 + 2^k / 2]`.
    Raises: InvalidArgumentError for another rank, a window of less than 2 samples or a stride that is not positive.
    """
    _check_window(window_size, stride)
    require_rank(input, 2, "input")
    samples, channels = input.shape
    windows = 1 + (samples - window_size) // stride if samples >= window_size else 0
    bins = _frequencies(window_size)
    result = np.empty(require_output((channels, windows, bins), 4), np.float32)
    if result.size == 0:
        return result
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window_size) / window_size)
    step = max(1, _FRAMES_AT_ONCE // (2 * bins))
    with np.errstate(over="ignore", invalid="ignore"):
        for channel in range(channels):
            line = np.ascontiguousarray(input[:, channel])
            frames = np.lib.stride_tricks.sliding_window_view(line, window_size)[::stride]
            for start in range(0, windows, step):
                spectrum = np.fft.rfft(frames[start : start + step] * hann, 2 * bins - 2, axis=-1)
                power = spectrum.real**2 + spectrum.imag**2
                result[channel, start : start + step] = power
        if not magnitude_squared:
            np.sqrt(result, out=result)
    return result


@audio_spectrogram.shape
def _audio_spectrogram_shape(input: Spec, window_size: int, stride: int) -> Shape:
    _check_window(window_size, stride)
    samples, channels = exact_rank(input, 2, "input")
    windows = None
    if samples is not None:
        windows = 1 + (samples - window_size) // stride if samples >= window_size else 0
    return (channels, windows, _frequencies(window_size))


def _mel(frequency: Array) -> Array:
    return 1127.0 * np.log1p(frequency / 700.0)


def _filterbank(bins: int, rate: int, low: float, high: float, channels: int) -> Array | None:
    """[bins, channels] weights of triangles that are evenly spaced in mel; None if the bins end below `high`."""
    bin_width = 0.5 * rate / (bins - 1)
    first = int(1.5 + low / bin_width)
    last = int(min(high / bin_width, 2**31))
    if last >= bins:
        return None
    bottom = float(_mel(np.asarray(low)))
    spacing = (float(_mel(np.asarray(high))) - bottom) / (channels + 1)
    centers = bottom + spacing * np.arange(1, channels + 2)
    place = np.arange(first, last + 1)
    mel = _mel(place * bin_width)
    # A bin lies on the falling side of one triangle and on the rising side of the next.
    band = np.minimum(np.searchsorted(centers, mel, side="left"), channels) - 1
    left = np.where(band >= 0, centers[np.maximum(band, 0)], bottom)
    right = centers[band + 1]
    falling = (right - mel) / (right - left)
    weights = np.zeros((bins, channels + 2))
    weights[place, band + 1] = falling
    weights[place, band + 2] = 1 - falling
    return weights[:, 1 : channels + 1]


@op(
    "Mfcc(spectrogram: float32, sample_rate: int32) -> output: float32",
    source="core/kernels/mfcc.cc",
    precision=ROUNDING,
)
def mfcc(
    spectrogram: Array,
    sample_rate: Array,
    *,
    upper_frequency_limit: float = 4000.0,
    lower_frequency_limit: float = 20.0,
    filterbank_channel_count: int = 40,
    dct_coefficient_count: int = 13,
) -> Array:
    """Mel-frequency cepstral coefficients of squared magnitudes: the cosine transform of log energies of mel bands.

    Shapes: `[channels, windows, bins]`, `[]` -> `[channels, windows, dct_coefficient_count]`.
    Raises: InvalidArgumentError for other shapes, frequencies out of order, or more coefficients than bands.
    """
    require_rank(spectrogram, 3, "spectrogram")
    require_scalar(sample_rate, "sample_rate")
    audio_channels, windows, bins = spectrogram.shape
    rate, bands, count = int(sample_rate), filterbank_channel_count, dct_coefficient_count
    low, high = (float(np.float32(f)) for f in (lower_frequency_limit, upper_frequency_limit))
    require(bands >= 1, f"filterbank_channel_count must be positive, not {bands}")
    require(1 <= count <= bands, f"dct_coefficient_count must lie in [1, {bands}], not {count}")
    require(rate > 0, f"sample_rate must be positive, not {rate}")
    require(bins >= 2, f"spectrogram must have 2 or more bins, not {bins}")
    require(low >= 0, f"lower_frequency_limit must be >= 0, not {low}")
    require(high > low, f"upper_frequency_limit must be above {low}, not {high}")
    require(bands <= _MAX_BANDS, f"filterbank_channel_count must be <= 2^20, not {bands}")
    require_output((bins + count, bands + 2), 8)
    result = np.empty(require_output((audio_channels, windows, count), 4), np.float32)
    bank = _filterbank(bins, rate, low, high, bands)
    if bank is None:
        # TensorFlow says in its log that the input is too short, and goes on with no energies at all.
        result[...] = 0
        return result
    angles = np.arange(count)[:, None] * (np.pi / bands) * (np.arange(bands) + 0.5)
    cosines = np.sqrt(2.0 / bands) * np.cos(angles)
    with np.errstate(over="ignore", invalid="ignore"):
        energies = np.sqrt(spectrogram.astype(np.float64)) @ bank
        result[...] = np.log(np.where(energies < 1e-12, 1e-12, energies)) @ cosines.T
    return result


@mfcc.shape
def _mfcc_shape(spectrogram: Spec, sample_rate: Spec, dct_coefficient_count: int) -> Shape:
    channels, windows, _ = exact_rank(spectrogram, 3, "spectrogram")
    exact_rank(sample_rate, 0, "sample_rate")
    return (channels, windows, dct_coefficient_count)
