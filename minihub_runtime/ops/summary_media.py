"""Summaries of images and sounds."""

from __future__ import annotations

import numpy as np

from minihub_runtime.errors import InternalError
from minihub_runtime.ops.audio import encode_wav
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.png import write_png
from minihub_runtime.ops.registry import Array, at_least, op, types
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.ops.summary import serialized, tag_of
from minihub_runtime.protos import Summary

__all__: list[str] = []

#: Images whose largest value is below this are black.
_DARKEST = np.float32(1e-6)


@op(
    "ImageSummary(tag: string, tensor: T) -> summary: string",
    max_images=at_least(1),
    T=types("uint8 float32 float16 float64", default="float32"),
    source="core/kernels/summary_image_op.cc",
    shape=scalar,
)
def image_summary(
    tag: Array,
    tensor: Array,
    *,
    max_images: int = 3,
    bad_color: Array = np.array([255, 0, 0, 255], np.uint8),  # noqa: B008
) -> Array:
    """The first images of a batch as PNG files.

    Numbers that are no bytes are scaled: to 255 if none is negative, else from -127 to 127 around 128; pixels with
    infinite values and NaN get the bad colour.

    Shapes: `[], [batch, height, width, 1, 3 or 4] -> []`.
    Differs: PNG files are not byte for byte TensorFlow's.
    Raises: InvalidArgumentError for other shapes and a colour with too few channels; InternalError for an image without
        pixels.
    """
    require_scalar(tag, "Tags")
    require(
        tensor.ndim == 4 and tensor.shape[3] in (1, 3, 4),
        f"Tensor must be 4-D with last dim 1, 3, or 4, not {list(tensor.shape)}",
    )
    batch, height, width, depth = tensor.shape
    require(height * width < 1 << 29, f"Tensor too large for summary {list(tensor.shape)}")
    require(
        bad_color.dtype == np.uint8 and bad_color.ndim == 1,
        f"bad_color must be a vector of uint8, not of shape {list(bad_color.shape)}",
    )
    if tensor.dtype != np.uint8:
        require(
            bad_color.size >= depth,
            f"expected depth <= bad_color.size, got depth = {depth}, bad_color.size = "
            f"{bad_color.size}",
        )
    if batch and not height * width:
        raise InternalError("PNG encoding failed: there are no pixels")
    summary, base = Summary(), tag_of(tag.item())
    for place, image in enumerate(tensor[:max_images]):
        value = summary.value.add(
            tag=f"{base}/image/{place}" if max_images > 1 else f"{base}/image"
        )
        pixels = image if image.dtype == np.uint8 else _as_bytes(image, bad_color[:depth])
        value.image.height, value.image.width, value.image.colorspace = height, width, depth
        value.image.encoded_image_string = write_png(pixels, -1)
    return serialized(summary)


def _as_bytes(image: Array, bad_color: Array) -> Array:
    """Pixels scaled to bytes; the arithmetic is that of the image's type."""
    good = np.isfinite(image).all(axis=-1, keepdims=True)
    with np.errstate(all="ignore"):
        narrow = image.astype(np.float32)
        lowest = narrow.min(initial=np.inf, where=good)
        highest = narrow.max(initial=-np.inf, where=good)
        limit, target, offset = highest, np.float32(255), 0
        if lowest < 0:
            limit, target, offset = max(-lowest, abs(highest)), np.float32(127), 128
        scale = np.float32(0) if limit < _DARKEST else target / limit
        scaled = image * scale.astype(image.dtype) + image.dtype.type(offset)
        return np.where(good, scaled.astype(np.uint8), bad_color)


def _audio(tag: Array, tensor: Array, sample_rate: float, max_outputs: int) -> Array:
    require_scalar(tag, "Tag")
    require(tensor.ndim in (2, 3), f"Tensor must be 3-D or 2-D, got: {list(tensor.shape)}")
    require(sample_rate > 0, f"sample_rate must be > 0, not {sample_rate}")
    sounds = tensor[..., np.newaxis] if tensor.ndim == 2 else tensor
    _, frames, channels = sounds.shape
    summary, base = Summary(), tag_of(tag.item())
    # Halves go to the even neighbour, as from lrintf.
    rate = np.int32(max(1, np.rint(sample_rate)))
    for place, sound in enumerate(sounds[:max_outputs]):
        name = f"{base}/audio/{place}" if max_outputs > 1 else f"{base}/audio"
        value = summary.value.add(tag=name)
        value.audio.sample_rate = sample_rate
        value.audio.num_channels, value.audio.length_frames = channels, frames
        value.audio.content_type = "audio/wav"
        value.audio.encoded_audio_string = encode_wav.kernel(sound, np.asarray(rate))[()]
    return serialized(summary)


@op(
    "AudioSummary(tag: string, tensor: float32) -> summary: string",
    max_outputs=at_least(1),
    source="core/kernels/summary_audio_op.cc",
    shape=scalar,
)
def audio_summary(tag: Array, tensor: Array, *, sample_rate: float, max_outputs: int = 3) -> Array:
    """The first sounds of a batch as WAV files of 16 bits.

    Shapes: `[], [batch, frames] or [batch, frames, channels] -> []`.
    Raises: InvalidArgumentError for other shapes and rates that are not positive.
    """
    return _audio(tag, tensor, sample_rate, max_outputs)


@op(
    "AudioSummaryV2(tag: string, tensor: float32, sample_rate: float32) -> summary: string",
    max_outputs=at_least(1),
    source="core/kernels/summary_audio_op.cc",
    shape=scalar,
)
def audio_summary_v2(
    tag: Array, tensor: Array, sample_rate: Array, *, max_outputs: int = 3
) -> Array:
    """AudioSummary whose rate is an input.

    Shapes: `[], [batch, frames] or [batch, frames, channels], [] -> []`.
    Raises: InvalidArgumentError for other shapes and rates that are not positive.
    """
    require_scalar(sample_rate, "sample_rate")
    return _audio(tag, tensor, float(sample_rate), max_outputs)
