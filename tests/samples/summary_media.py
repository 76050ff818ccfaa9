"""Samples of `ops/summary_media.py`."""

import numpy as np

from tests.samples import Sample, b, f16, f32, f64, normal, u8, uniform

#: Files that hold the same pixels in other bytes; `tests/ops/test_summary.py` compares the pixels.
PNG = "PNG files are not byte for byte TensorFlow's"


def image(label, tensor, tag="i", error=None, **attrs):
    differs = None if error else PNG
    inputs = dict(tag=b(tag), tensor=tensor)
    return Sample("ImageSummary", label, inputs, attrs, error=error, differs=differs)


def audio(label, tensor, rate=16000.0, tag="a", error=None, **attrs):
    attrs = dict(sample_rate=rate, **attrs)
    inputs = dict(tag=b(tag), tensor=tensor)
    return Sample("AudioSummary", label, inputs, attrs, error=error, producer=14)


def audio_v2(label, tensor, rate=16000.0, tag="a", error=None, **attrs):
    inputs = dict(tag=b(tag), tensor=tensor, sample_rate=f32(rate))
    return Sample("AudioSummaryV2", label, inputs, attrs, error=error)


HOLES = f32([[[[1, 2, 3], [np.nan, 1, 1]], [[np.inf, 0, 0], [-1, 0, 1]]]])
POSITIVE = uniform(1, 5, 6, 1, high=7)
SOUND = uniform(4, 10, 2, low=-1.2, high=1.2)

SAMPLES = [
    image("bytes", uniform(2, 5, 6, 3, high=256, dtype="uint8")),
    image("bytes_grey", uniform(1, 5, 6, 1, high=256, dtype="uint8")),
    image("bytes_alpha", uniform(1, 5, 6, 4, high=256, dtype="uint8")),
    image("signed", normal(4, 5, 6, 3)),
    image("one", normal(4, 5, 6, 3), max_images=1),
    image("positive", POSITIVE),
    image("float16", f16(POSITIVE)),
    image("float16_signed", f16(normal(2, 5, 6, 4))),
    image("float64", f64(normal(1, 5, 6, 3))),
    image("holes", HOLES),
    image("holes_of_another_color", HOLES, bad_color=u8([1, 2, 3])),
    image("no_finite_pixel", f32(np.full((1, 2, 2, 1), np.nan))),
    image("black", f32(np.zeros((1, 2, 2, 1)))),
    image("dark", f32(np.full((1, 2, 2, 1), 5e-7))),
    image("no_images", f32(np.zeros((0, 2, 2, 1)))),
    image("no_pixels", f32(np.zeros((1, 0, 2, 1))), error="PNG encoding failed"),
    image("two_channels", f32(np.zeros((1, 2, 2, 2))), error="Tensor must be 4-D with last dim"),
    image("rank", f32(np.zeros((2, 2, 1))), error="Tensor must be 4-D"),
    image("tags", POSITIVE, tag=["a", "b"], error="Tags must be"),
    image("few_colors", HOLES, bad_color=u8([1, 2]), error="expected depth <= bad_color.size"),
    audio("stereo", SOUND),
    audio("mono", uniform(2, 10, low=-1, high=1), rate=44100.5),
    audio("one", SOUND, max_outputs=1),
    audio("slow", SOUND, rate=0.25),
    audio("rank", f32([1, 2]), error="Tensor must be 3-D or 2-D"),
    audio("rate", SOUND, rate=-1.0, error="sample_rate must be > 0"),
    audio("tags", SOUND, tag=["a", "b"], error="Tag must be"),
    audio_v2("stereo", SOUND),
    audio_v2("mono", uniform(2, 10, low=-1, high=1), rate=2.5),
    audio_v2("one", SOUND, max_outputs=1),
    audio_v2("nothing", f32(np.zeros((0, 10)))),
    audio_v2("rank", f32(np.zeros((1, 2, 3, 4))), error="Tensor must be 3-D or 2-D"),
    audio_v2("rate", SOUND, rate=0.0, error="sample_rate must be > 0"),
]
