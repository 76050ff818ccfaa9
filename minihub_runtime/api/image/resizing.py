"""Images of other sizes.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

import minihub_runtime as tf
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.image.batches import Batch, as_batch, require
from minihub_runtime.api.image.geometry import pad_to_bounding_box
from minihub_runtime.api.static_values import constant_value_as_shape
from minihub_runtime.public import public

__all__ = ["ResizeMethod", "crop_and_resize", "resize_image_with_pad", "resize_images"]


@public("image.ResizeMethod")
class ResizeMethod:
    """How the pixels of a resized image are made of those around them."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


_OPS: dict[Any, str] = {
    ResizeMethod.BILINEAR: "ResizeBilinear",
    ResizeMethod.NEAREST_NEIGHBOR: "ResizeNearestNeighbor",
    ResizeMethod.BICUBIC: "ResizeBicubic",
    ResizeMethod.AREA: "ResizeArea",
    "bilinear": "ResizeBilinear",
    "nearest": "ResizeNearestNeighbor",
    "bicubic": "ResizeBicubic",
    "area": "ResizeArea",
}


@public("image.resize", "image.resize_images")
def resize_images(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> Tensor:
    """Images of another size, float32 but for the nearest-neighbour method.

    Args:
        images: [height, width, channels] or [batch, height, width, channels].
        size: int32 [2], the new height and width.
        method: one of ResizeMethod, or `bilinear`, `nearest`, `bicubic` or `area`.
        align_corners: whether the middles of corner pixels stay in the corners.
        preserve_aspect_ratio: take the largest size within `size` that keeps the proportions.
        name: of the scope.

    Returns:
        The images; those that have the size already as they are.

    Raises:
        ValueError: the rank, the size or the method is not one of these.
    """
    if method not in _OPS:
        raise ValueError(f"Resize method is not implemented: {method}")
    with name_scope(name, "resize", [images, size]):
        tensor = convert_to_tensor(images, name="images")
        if tensor.shape.rank is None:
            raise ValueError("'images' contains no shape.")
        if tensor.shape.rank not in (3, 4):
            raise ValueError("'images' must have either 3 or 4 dimensions.")
        batch = as_batch(tensor, "images")
        wanted = _size(size)
        if preserve_aspect_ratio:
            wanted = _within(wanted, batch)
        sizes = constant_value_as_shape(wanted).as_list()
        if batch.images.shape.as_list()[1:3] == sizes and None not in sizes:
            return batch.give_back(batch.images)
        resized = build(_OPS[method], images=batch.images, size=wanted, align_corners=align_corners)
        resized.set_shape([None, *sizes, None])
        return batch.give_back(resized)


def _size(size: Any) -> Tensor:
    try:
        tensor = convert_to_tensor(size, tf.int32, "size")
    except (TypeError, ValueError):
        raise ValueError("'size' must be a 1-D int32 Tensor") from None
    if not tensor.shape.is_compatible_with([2]):
        raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    return tensor


def _within(size: Tensor, batch: Batch) -> Tensor:
    """The largest size within `size` that has the proportions of the images."""
    now = [tf.cast(length, tf.float32) for length in batch.sizes[1:3]]
    factor = tf.minimum(*(tf.cast(size[i], tf.float32) / now[i] for i in range(2)))
    rounded = [tf.cast(tf.round(factor * length), tf.int32) for length in now]
    return convert_to_tensor(rounded, tf.int32, "size")


@public("image.resize_image_with_pad")
def resize_image_with_pad(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = ResizeMethod.BILINEAR,
    align_corners: bool = False,
) -> Tensor:
    """Images resized to fit into a size with their proportions, in the middle of zeros.

    Args:
        image: [height, width, channels] or [batch, height, width, channels].
        target_height: rows.
        target_width: columns.
        method: as for `resize_images`.
        align_corners: as there.

    Raises:
        ValueError: a target is not positive.
    """
    with name_scope(None, "resize_image_with_pad", [image]):
        batch = as_batch(image)
        require(target_width > 0, "target_width must be > 0.")
        require(target_height > 0, "target_height must be > 0.")
        _, height, width, _ = (
            size if isinstance(size, int) else tf.cast(size, tf.float32) for size in batch.sizes
        )
        ratio = tf.maximum(
            tf.cast(width, tf.float32) / tf.cast(target_width, tf.float32),
            tf.cast(height, tf.float32) / tf.cast(target_height, tf.float32),
        )
        exact = [tf.cast(length, tf.float32) / ratio for length in (height, width)]
        rows, columns = (tf.cast(tf.floor(length), tf.int32) for length in exact)
        above, left = (
            tf.maximum(0, tf.cast(tf.floor((tf.cast(target, tf.float32) - length) / 2), tf.int32))
            for target, length in zip((target_height, target_width), exact, strict=True)
        )
        resized = resize_images(batch.images, tf.stack([rows, columns]), method, align_corners)
        padded = pad_to_bounding_box(resized, above, left, target_height, target_width)
        return batch.give_back(padded)


@public("image.crop_and_resize")
def crop_and_resize(
    image: Any,
    boxes: Any,
    box_ind: Any = None,
    crop_size: Any = None,
    method: str = "bilinear",
    extrapolation_value: float = 0,
    name: str | None = None,
    box_indices: Any = None,
) -> Tensor:
    """Parts of images, resized to one size.

    Args:
        image: [batch, height, width, channels].
        boxes: float32 [n, 4], y1, x1, y2, x2 in [0, 1].
        box_ind: int32 [n], the image of each.
        crop_size: int32 [2], height and width.
        method: `bilinear` or `nearest`.
        extrapolation_value: what stands outside the images.
        name: of the operation.
        box_indices: the newer name of `box_ind`.

    Returns:
        float32 [n, height, width, channels].
    """
    indices = deprecated_argument_lookup("box_indices", box_indices, "box_ind", box_ind)
    result: Tensor = build(
        "CropAndResize",
        name=name,
        image=image,
        boxes=boxes,
        box_ind=indices,
        crop_size=crop_size,
        method=method,
        extrapolation_value=extrapolation_value,
    )
    return result
