"""Image files: photos are upright."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minihub.image_files import read_image
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.dtypes import uint8
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.graph.ir import Ref

pil_image = pytest.importorskip("PIL.Image")

ORIENTATION = 0x0112


def read(path: Path, channels: int = 3) -> Any:
    """The pixels of a file, of the size it has."""
    info = ParsedTensorInfo("dense", uint8, (None, None, None, channels), (Ref("x"),))
    return read_image(str(path), info, None, resize=False)


def held(orientation: int) -> Any:
    """EXIF of a camera that was held so."""
    exif = pil_image.Exif()
    exif[ORIENTATION] = orientation
    return exif


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_photos_are_turned_as_pillow_turns_them(
    tmp_path: Path, suffix: str, orientation: int
) -> None:
    from PIL import ImageOps

    pixels = np.random.default_rng(0).integers(256, size=(8, 6, 3), dtype=np.uint8)
    path = tmp_path / f"x.{suffix}"
    pil_image.fromarray(pixels).save(path, exif=held(orientation))
    with pil_image.open(path) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened))
    assert expected.shape == ((6, 8, 3) if 5 <= orientation <= 8 else (8, 6, 3))
    np.testing.assert_array_equal(read(path), expected)


def test_grey_photos_of_16_bits_are_turned(tmp_path: Path) -> None:
    greys = np.array([[0, 256], [0x80FF, 0xFFFF], [512, 768]], np.uint16)
    pil_image.fromarray(greys).save(tmp_path / "grey.png", exif=held(6))
    assert read(tmp_path / "grey.png", 1)[..., 0].tolist() == [[2, 128, 0], [3, 255, 1]]


@pytest.mark.parametrize("metadata", [b"no TIFF header", b"MM\0*\0\0\0\x08\xff\xff", b""])
def test_metadata_that_cannot_be_read_turns_nothing(tmp_path: Path, metadata: bytes) -> None:
    pixels = np.arange(36, dtype=np.uint8).reshape(4, 3, 3)
    path = tmp_path / "x.png"
    pil_image.fromarray(pixels).save(path, exif=b"Exif\0\0" + metadata)
    np.testing.assert_array_equal(read(path), pixels)
    # Pixels that are cut short stay an error.
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"IDAT") + 10])
    with pytest.raises(InvalidArgumentError, match="must be an image"):
        read(path)
