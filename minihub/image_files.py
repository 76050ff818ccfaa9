"""Image files as inputs of modules, where Pillow is installed."""

from __future__ import annotations

import struct
import warnings
from typing import Any

import numpy as np

from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError

__all__ = ["IMAGE_SUFFIXES", "WrongSizeError", "is_image_input", "read_image"]

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
#: The tag of the orientation in EXIF.
_ORIENTATION = 0x0112
#: Orientation → what brings the picture upright: names in Pillow's `Transpose`.
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


class WrongSizeError(InvalidArgumentError):
    """An image is not of the size that a module takes."""


def is_image_input(info: ParsedTensorInfo) -> bool:
    """Whether an input takes batches of images: [batch, height, width, channels] of uint8 or float32."""
    return (
        info.kind == "dense"
        and info.dtype.name in ("uint8", "float32")
        and info.shape is not None
        and len(info.shape) == 4
        and info.shape[3] in (None, *_MODES)
    )


def read_image(
    path: str, info: ParsedTensorInfo, size: tuple[int, int] | None, *, resize: bool
) -> Any:
    """The pixels of an image file: [height, width, channels], in [0, 1] if the input is of float32.

    The picture is upright: turned as its EXIF orientation says, by which cameras tell how they were held.

    Args:
        path: the file.
        info: the input.
        size: height and width that the module says it expects, None if it says nothing.
        resize: bring an image of another size to the one expected.

    Raises:
        FailedPreconditionError: Pillow is not installed.
        WrongSizeError: it has another size, and is not to be resized.
        InvalidArgumentError: the file is no image.
        OSError: it cannot be opened.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise FailedPreconditionError(
            f"{path}: reading images needs Pillow; install it with: pip install 'minihub[images]'"
        ) from None
    assert info.shape is not None
    height, width = (
        info.shape[1] or (size or (None, None))[0],
        info.shape[2] or (size or (0, None))[1],
    )
    with open(path, "rb") as file, warnings.catch_warnings():
        # Pillow warns of images so large that they may be an attack; here that is an error.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file) as opened:
                image = _eight_bits(_upright(opened)).convert(_MODES[info.shape[3] or 3])
        except UnidentifiedImageError:
            raise InvalidArgumentError(
                f"{path} must be an image: what it holds is of no known format"
            ) from None
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning) as error:
            raise InvalidArgumentError(f"{path} must be an image: {error}") from None
    found = (image.height, image.width)
    wanted = (height or found[0], width or found[1])
    if found != wanted:
        if not resize:
            raise WrongSizeError(
                f"{path} must be {wanted[0]} pixels high and {wanted[1]} wide, not {found[0]} by {found[1]}"
            )
        image = image.resize((wanted[1], wanted[0]), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, np.uint8).reshape(*wanted, -1)
    return pixels if info.dtype.name == "uint8" else pixels.astype(np.float32) / np.float32(255)


def _upright(image: Any) -> Any:
    """An image turned as its metadata says; metadata that cannot be read turns nothing.

    What is turned, and how, is as in Pillow's `exif_transpose`.  That also writes the metadata of the turned image, which fails
    for some that cameras write, and is not wanted here.
    """
    from PIL import Image

    # Errors of the pixels are raised here, so that below there are those of the metadata only.
    image.load()
    with warnings.catch_warnings():
        # Pillow warns of metadata that it passes over, of which only the orientation matters.
        warnings.simplefilter("ignore")
        try:
            orientation = image.getexif().get(_ORIENTATION)
        except (SyntaxError, ValueError, TypeError, struct.error):
            return image
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(Image.Transpose[turn])


def _eight_bits(image: Any) -> Any:
    """A grey image of 16 bits as its upper 8, as TensorFlow decodes it; Pillow would take all above 255 for white."""
    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    from PIL import Image

    return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
