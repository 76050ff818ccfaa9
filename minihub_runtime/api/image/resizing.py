"""Images of other sizes.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elementwise import round
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.image.checking import (
    as_batch,
    assert_that,
    check_at_least_3d,
    image_dimensions,
)
from minihub_runtime.api.image.cropping import maximum, pad_to_bounding_box
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.static_values import constant_value_as_shape
from minihub_runtime.dtypes import float32, int32
from minihub_runtime.public import public

__all__ = ["ResizeMethod", "resize_image_with_pad", "resize_images"]


@public("image.ResizeMethod")
class ResizeMethod:
    """How pixels are computed."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


#: Method, by number or by name → op.
_OPS: dict[Any, str] = {
    ResizeMethod.BILINEAR: "ResizeBilinear",
    "bilinear": "ResizeBilinear",
    ResizeMethod.NEAREST_NEIGHBOR: "ResizeNearestNeighbor",
    "nearest": "ResizeNearestNeighbor",
    ResizeMethod.BICUBIC: "ResizeBicubic",
    "bicubic": "ResizeBicubic",
    ResizeMethod.AREA: "ResizeArea",
    "area": "ResizeArea",
}


@public("image.resize_images", "image.resize")
def resize_images(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> Any:
    """Images of another size.

    Args:
        images: an image or a batch.
        size: height and width, two integers or an int32 tensor of two.
        method: a ResizeMethod, or `"bilinear"`, `"nearest"`, `"bicubic"` or `"area"`.
        align_corners: whether the centres of the corner pixels stay where they are.
        preserve_aspect_ratio: whether the images are as large as fit into `size` with height and width as before.
        name: a name of the operations.

    Returns:
        float32, but of the type of `images` for nearest neighbours and where the size stays the same.

    Raises:
        ValueError: an argument has another form, or there is no such method.
    """

    def resize(batch: Any, new_size: Any) -> Any:
        if method not in _OPS:
            raise ValueError(f"Resize method is not implemented: {method}")
        return build(_OPS[method], images=batch, size=new_size, align_corners=align_corners)

    with name_scope(name, "resize", [images, size]):
        images = convert_to_tensor(images, name="images")
        ndims = images.shape.ndims
        if ndims is None:
            raise ValueError("'images' contains no shape.")
        if ndims not in (3, 4):
            raise ValueError("'images' must have either 3 or 4 dimensions.")
        batch = expand_dims(images, 0) if ndims == 3 else images
        _, height, width, _ = batch.shape.as_list()
        try:
            size = convert_to_tensor(size, int32, "size")
        except (TypeError, ValueError):
            raise ValueError("'size' must be a 1-D int32 Tensor") from None
        if not size.shape.is_compatible_with([2]):
            raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
        if preserve_aspect_ratio:
            size = _size_within(size, batch)
        wanted = constant_value_as_shape(size)
        new_height, new_width = wanted[0].value, wanted[1].value
        same = None not in (height, width) and (height, width) == (new_height, new_width)
        if not same:
            batch = resize(batch, size)
            batch.set_shape([None, new_height, new_width, None])
        return squeeze(batch, axis=[0]) if ndims == 3 else batch


def _size_within(size: Any, batch: Any) -> Any:
    """The largest size of the same proportions that fits."""
    _, height, width, _ = image_dimensions(batch, rank=4)
    scales = [
        cast(size[place], float32) / cast(now, float32) for place, now in enumerate((height, width))
    ]
    scale = build("Minimum", x=scales[0], y=scales[1])
    scaled = [cast(round(scale * cast(now, float32)), int32) for now in (height, width)]
    return convert_to_tensor(scaled, int32, "size")


@public("image.resize_image_with_pad")
def resize_image_with_pad(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
) -> Any:
    """Images of another size, with the proportions of before and zeros around them.

    Args:
        image: an image or a batch.
        target_height: the height of the result.
        target_width: the width of the result.
        method: as for `resize_images`.
        align_corners: as for `resize_images`.

    Raises:
        ValueError: a size is not positive, or the image has neither 3 nor 4 dimensions.
    """
    with name_scope(None, "resize_image_with_pad", [image]):
        image, is_batch = as_batch(convert_to_tensor(image, name="image"))
        checks = check_at_least_3d(image)
        checks += assert_that(target_width > 0, "target_width must be > 0.")
        checks += assert_that(target_height > 0, "target_height must be > 0.")
        image = with_dependencies(checks, image)
        _, height, width, _ = image_dimensions(image, rank=4)
        f_height, f_width, f_target_height, f_target_width = (
            cast(size, float32) for size in (height, width, target_height, target_width)
        )
        ratio = maximum(f_width / f_target_width, f_height / f_target_height)
        new_height, new_width = f_height / ratio, f_width / ratio
        size = [_floor(new_height), _floor(new_width)]
        gap_height = (f_target_height - new_height) / 2
        gap_width = (f_target_width - new_width) / 2
        gaps = [build("Floor", x=gap_height), build("Floor", x=gap_width)]
        above, left = (maximum(0, cast(gap, int32)) for gap in gaps)
        resized = resize_images(image, size, method, align_corners=align_corners)
        padded = pad_to_bounding_box(resized, above, left, target_height, target_width)
        if padded.shape.ndims is None:
            raise ValueError("padded contains no shape.")
        image_dimensions(padded, rank=4)
        return padded if is_batch else squeeze(padded, axis=[0])


def _floor(x: Any) -> Any:
    return cast(build("Floor", x=x), int32)
