"""Parts of images, and images with borders.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.image.checking import (
    as_batch,
    assert_at_least_3d,
    assert_that,
    check_at_least_3d,
    image_dimensions,
    is_tensor,
)
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import reshape, squeeze
from minihub_runtime.api.padding import pad
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import float64, int32
from minihub_runtime.public import public

__all__ = [
    "central_crop",
    "crop_to_bounding_box",
    "maximum",
    "pad_to_bounding_box",
    "resize_image_with_crop_or_pad",
]


@public("image.central_crop")
def central_crop(image: Any, central_fraction: Any) -> Any:
    """The middle of images.

    Args:
        image: an image or a batch.
        central_fraction: how much of height and width is kept, more than 0 and up to 1.

    Raises:
        ValueError: the fraction is out of range, or the image has neither 3 nor 4 dimensions.
    """
    with name_scope(None, "central_crop", [image]):
        image = convert_to_tensor(image, name="image")
        known = constant_value(central_fraction)
        message = "central_fraction must be within (0, 1]"
        if known is not None:
            if known <= 0.0 or known > 1.0:
                raise ValueError(message)
            if known == 1.0:
                return image
        else:
            # TensorFlow's own condition: it holds for every number.
            either = build("LogicalOr", x=central_fraction > 0.0, y=central_fraction <= 1.0)
            image = with_dependencies(assert_that(either, message), image)
        assert_at_least_3d(image)
        ndims = image.shape.ndims
        if ndims not in (3, 4):
            raise ValueError(
                f"`image` should either be a Tensor with rank = 3 or rank = 4. Had rank = {ndims}."
            )
        row = ndims - 3
        sizes = [_size(image, row), _size(image, row + 1)]
        starts = [_start(size, central_fraction, known) for size in sizes]
        kept = [size - start * 2 for size, start in zip(sizes, starts)]
        batch_start, batch_size = ([], []) if row == 0 else ([0], [-1])
        begin = stack([*batch_start, *starts, 0])
        size = stack([*batch_size, *kept, -1])
        result = slice(image, begin, size)
        static = [None if is_tensor(count) else count for count in kept]
        result.set_shape([*image.shape[:row], *static, image.shape[-1]])
        return result


def _size(image: Any, axis: int) -> Any:
    known = image.shape[axis].value
    return shape(image)[axis] if known is None else known


def _start(size: Any, fraction: Any, known: Any) -> Any:
    """Where the middle begins."""
    if known is not None and not is_tensor(size):
        return int((float(size) - float(size) * float(known)) / 2)
    whole = cast(size, float64)
    return cast((whole - whole * cast(fraction, float64)) / 2, int32)


@public("image.pad_to_bounding_box")
def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """Images with zeros around them.

    Args:
        image: an image or a batch.
        offset_height: how many rows are put above.
        offset_width: how many columns are put to the left.
        target_height: the height of the result.
        target_width: the width of the result.

    Raises:
        ValueError: an offset is negative, the image does not fit, or it has neither 3 nor 4 dimensions.
    """
    with name_scope(None, "pad_to_bounding_box", [image]):
        image, is_batch = as_batch(convert_to_tensor(image, name="image"))
        batch, height, width, depth = image_dimensions(image, rank=4)
        right = target_width - offset_width - width
        below = target_height - offset_height - height
        checks = check_at_least_3d(image)
        checks += assert_that(offset_height >= 0, "offset_height must be >= 0")
        checks += assert_that(offset_width >= 0, "offset_width must be >= 0")
        checks += assert_that(right >= 0, "width must be <= target - offset")
        checks += assert_that(below >= 0, "height must be <= target - offset")
        image = with_dependencies(checks, image)
        borders = stack([0, 0, offset_height, below, offset_width, right, 0, 0])
        padded = pad(image, reshape(borders, [4, 2]))
        sizes = (batch, target_height, target_width, depth)
        padded.set_shape([None if is_tensor(size) else size for size in sizes])
        return padded if is_batch else squeeze(padded, axis=[0])


@public("image.crop_to_bounding_box")
def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """A part of images.

    Args:
        image: an image or a batch.
        offset_height: the first row.
        offset_width: the first column.
        target_height: the height of the result.
        target_width: the width of the result.

    Raises:
        ValueError: a number is out of range, or the image has neither 3 nor 4 dimensions.
    """
    with name_scope(None, "crop_to_bounding_box", [image]):
        image, is_batch = as_batch(convert_to_tensor(image, name="image"))
        checks = check_at_least_3d(image)
        batch, height, width, depth = image_dimensions(image, rank=4)
        checks += assert_that(offset_width >= 0, "offset_width must be >= 0.")
        checks += assert_that(offset_height >= 0, "offset_height must be >= 0.")
        checks += assert_that(target_width > 0, "target_width must be > 0.")
        checks += assert_that(target_height > 0, "target_height must be > 0.")
        checks += assert_that(
            width >= target_width + offset_width, "width must be >= target + offset."
        )
        checks += assert_that(
            height >= target_height + offset_height, "height must be >= target + offset."
        )
        image = with_dependencies(checks, image)
        begin = stack([0, offset_height, offset_width, 0])
        size = stack([shape(image)[0], target_height, target_width, shape(image)[3]])
        cropped = slice(image, begin, size)
        sizes = (batch, target_height, target_width, depth)
        cropped.set_shape([None if is_tensor(count) else count for count in sizes])
        return cropped if is_batch else squeeze(cropped, axis=[0])


@public("image.resize_with_crop_or_pad", "image.resize_image_with_crop_or_pad")
def resize_image_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Any:
    """Images cut in the middle, or with zeros around them, to a size.

    Args:
        image: an image or a batch.
        target_height: the height of the result.
        target_width: the width of the result.

    Raises:
        ValueError: a size is not positive, or the image has neither 3 nor 4 dimensions.
    """
    with name_scope(None, "resize_image_with_crop_or_pad", [image]):
        image, is_batch = as_batch(convert_to_tensor(image, name="image"))
        checks = check_at_least_3d(image)
        checks += assert_that(target_width > 0, "target_width must be > 0.")
        checks += assert_that(target_height > 0, "target_height must be > 0.")
        image = with_dependencies(checks, image)
        if is_tensor(target_height):
            target_height = with_dependencies(checks, target_height)
        if is_tensor(target_width):
            target_width = with_dependencies(checks, target_width)
        _, height, width, _ = image_dimensions(image, rank=4)
        wider = target_width - width
        crop_width, pad_width = maximum(-wider // 2, 0), maximum(wider // 2, 0)
        higher = target_height - height
        crop_height, pad_height = maximum(-higher // 2, 0), maximum(higher // 2, 0)
        cropped = crop_to_bounding_box(
            image,
            crop_height,
            crop_width,
            _minimum(target_height, height),
            _minimum(target_width, width),
        )
        resized = pad_to_bounding_box(cropped, pad_height, pad_width, target_height, target_width)
        if resized.shape.ndims is None:
            raise ValueError("resized contains no shape.")
        _, found_height, found_width, _ = image_dimensions(resized, rank=4)
        checks = assert_that(_equal(found_height, target_height), "resized height is not correct.")
        checks += assert_that(_equal(found_width, target_width), "resized width is not correct.")
        resized = with_dependencies(checks, resized)
        return resized if is_batch else squeeze(resized, axis=[0])


def maximum(x: Any, y: Any) -> Any:
    """The larger of two numbers, of which one may be a tensor."""
    return build("Maximum", x=x, y=y) if is_tensor(x) or is_tensor(y) else max(x, y)


def _minimum(x: Any, y: Any) -> Any:
    return build("Minimum", x=x, y=y) if is_tensor(x) or is_tensor(y) else min(x, y)


def _equal(x: Any, y: Any) -> Any:
    return build("Equal", x=x, y=y) if is_tensor(x) or is_tensor(y) else x == y
