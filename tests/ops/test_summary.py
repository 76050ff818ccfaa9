"""Summaries of images hold TensorFlow's pixels, and event files are what TensorBoard reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import Summary
from tests.golden import outputs
from tests.samples import Sample, b, f32
from tests.samples.summary_media import SAMPLES

IMAGES = [sample for sample in SAMPLES if sample.op == "ImageSummary" and not sample.error]


def pixels_and_rest(data: bytes) -> tuple[list[Any], Summary]:
    """The decoded images of a summary, and the summary without them."""
    summary = Summary.FromString(data)
    pixels = []
    for value in summary.value:
        pixels.append(REGISTRY["DecodePng"](b(value.image.encoded_image_string)))
        value.image.encoded_image_string = b""
    return pixels, summary


@pytest.mark.parametrize("sample", IMAGES, ids=str)
def test_images_have_tensorflows_pixels(sample: Sample) -> None:
    ours, our_rest = pixels_and_rest(REGISTRY[sample.op](**sample.inputs, **sample.attrs)[()])
    theirs, their_rest = pixels_and_rest(outputs(sample.key)[0][()])
    assert our_rest == their_rest
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_tags_are_text() -> None:
    with pytest.raises(InvalidArgumentError, match="tag must be UTF-8"):
        REGISTRY["ScalarSummary"](tags=b(b"\xff"), values=f32(1))
